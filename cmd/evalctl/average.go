package main

import (
	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
)

func newAverage(a *app, global *globalFlags) *cobra.Command {
	f := &compareFlags{}
	cmd := &cobra.Command{
		Use:     "average SELECTOR…",
		Short:   "Averages over tasks, with their denominators",
		GroupID: groupAnswer,
		Long: `average takes the exact mean of the primary scores of a side, one mean for each
scale: fractions and percents are never mixed. Several sources of one side
(A,B,C) are repeats: their scores are averaged first.

Of several sides, each mean is over the tasks that all of them have and that were
asked in the same way; what is left out is named.

` + exitStatusesHelp,
		Example: `  evalctl average c0bd961e50124ab3
  evalctl average bf16=c0bd,f565,722c nvfp4=ce96,03f4,3926
  evalctl average demo:c0bd961e --jq '.data.averages[0] | [.value, .tasks, .of]'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := f.options()
			if err != nil {
				return err
			}
			sides, err := a.loadSides(cmd.Context(), global, args)
			if err != nil {
				return err
			}
			averages, warnings, err := compare.AverageSides(sides, options)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.AveragesDocument(averages, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	f.register(cmd)
	global.output.register(cmd, kind.Averages)
	return cmd
}
