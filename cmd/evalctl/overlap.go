package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/pkg/compare"
)

// overlapFlag says what several sources of one side are to each other.
type overlapFlag string

func overlapValues() []string {
	return []string{compare.OverlapRepeat, compare.OverlapLatest, compare.OverlapRefuse}
}

func (o *overlapFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(o), "overlap", "",
		"sources of one side that ran a task with different settings are repeats, or the latest counts, or error (default: equal settings repeat, others error)")
	_ = cmd.RegisterFlagCompletionFunc("overlap", cobra.FixedCompletions(overlapValues(), cobra.ShellCompDirectiveNoFileComp))
}

func (o *overlapFlag) check() error {
	if *o != "" && !slices.Contains(overlapValues(), string(*o)) {
		return usagef("--overlap is %s, not %q", strings.Join(overlapValues(), ", "), string(*o))
	}
	return nil
}

const overlapHelp = `Several sources of one side (A,B) are repeats where they ran a task with equal
settings; otherwise it is an error that names the difference. --overlap latest takes
of each task the newest source only, --overlap repeat pools whatever the settings,
--overlap error also refuses a task that only some of the sources have.`
