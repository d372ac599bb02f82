package main

import (
	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// byModel is what average --by can be.
const byModel = "model"

func newAverage(a *app, global *globalFlags) *cobra.Command {
	f := &compareFlags{}
	by := ""
	cmd := &cobra.Command{
		Use:     "average SELECTOR… | average --by model",
		Short:   "Averages over tasks, with their denominators",
		GroupID: groupAnswer,
		Long: `average takes the exact mean of the primary scores of a side, one mean for each
scale: fractions and percents are never mixed. Several sources of one side
(A,B,C) are repeats: their scores are averaged first.

` + overlapHelp + `

macro   every task weighs the same
micro   every question weighs the same; only where the n of every task is known (from
        its files, or --n) and the same on all sides, else the answer says why not

Of several sides, each mean is over the tasks that all of them have and that asked
the same question; what is left out is named. Sides are ranked by their mean, equal
means share a rank. Won, lost and tied count the pairings of a side with each other
one on each of these tasks, by the sign of the exact difference: nothing is tested.

--by model makes a side of each model that the filters leave: for each task the
newest finished run of that model, as model:NAME does.

` + chooserHelp + `

` + exitStatusesHelp,
		Example: `  evalctl average c0bd961e50124ab3
  evalctl average bf16=c0bd,f565,722c nvfp4=ce96,03f4,3926
  evalctl average --by model --model 'acme/*' --since 4w
  evalctl average c0bd961e ce963eed 7a217bdc --on-missing refuse
  evalctl average demo:c0bd961e --jq '.data.averages[0] | [.value, .tasks, .of]'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if by == "" {
				return cobra.MinimumNArgs(1)(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != "" && by != byModel {
				return usagef("--by is model, not %q", by)
			}
			if by == byModel && len(args) > 0 {
				return usagef("--by model makes the sides: %s is one too many", args[0])
			}
			options, err := f.options(a)
			if err != nil {
				return err
			}
			var sides []compare.Side
			var chosen []nemo.Warning
			if by == byModel {
				sides, chosen, err = a.modelSides(cmd.Context(), global)
			} else {
				sides, err = a.loadSides(cmd.Context(), global, args)
			}
			if err != nil {
				return err
			}
			if err := checkAllow(options, sides); err != nil {
				return err
			}
			averages, warnings, err := compare.AverageSides(sides, options)
			if err != nil {
				return err
			}
			warnings = append(warnings, chosen...)
			return a.print(cmd.Context(), kind.AveragesDocument(averages, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	cmd.Flags().StringVar(&by, "by", "", "make the sides: model makes one of each model")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{byModel}, cobra.ShellCompDirectiveNoFileComp))
	f.register(cmd)
	global.search.registerChooser(cmd, a, global)
	global.output.register(cmd, kind.Averages)
	return cmd
}
