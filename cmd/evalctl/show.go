package main

import (
	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
)

func newShow(a *app, global *globalFlags) *cobra.Command {
	var overlap overlapFlag
	cmd := &cobra.Command{
		Use:     "show SELECTOR",
		Short:   "What one evaluation scored, how its requests went, what is missing",
		GroupID: groupAnswer,
		Long: `show lists the primary score of every task; -o wide and -o json have all scores.
Below it the exact averages, the tasks that were configured and have no results,
and how the requests went: how many failed, and how many answers were cut at the
token limit.

` + chooserHelp + `

` + overlapHelp + `

` + exitStatusesHelp,
		Example: `  evalctl show c0bd961e50124ab3
  evalctl show c0bd961e50124ab3.0 -o wide
  evalctl show @latest --experiment 'nightly/*'
  evalctl show c0bd961e,f5653898 --overlap latest
  evalctl show demo:ce963eed --jq '.data.scores[] | select(.primary) | [.task, .value, .n]'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.comparisonOptions()
			if err != nil {
				return err
			}
			if err := overlap.check(); err != nil {
				return err
			}
			options.Overlap = string(overlap)
			sides, err := a.loadSides(cmd.Context(), global, args)
			if err != nil {
				return err
			}
			evaluation, warnings, err := compare.Evaluate(sides[0], options)
			if err != nil {
				return err
			}
			evaluation.Selector = args[0]
			return a.print(cmd.Context(), kind.EvaluationDocument(evaluation, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	global.search.registerChooser(cmd, a, global)
	overlap.register(cmd)
	global.output.register(cmd, kind.Evaluation)
	return cmd
}
