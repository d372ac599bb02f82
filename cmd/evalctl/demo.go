package main

import (
	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
)

func newDemo(a *app, global *globalFlags) *cobra.Command {
	f := &compareFlags{}
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "A real comparison, with no server",
		GroupID: groupOther,
		Long: `demo compares two evaluations that are inside the program: real output of real
harnesses for two versions of a pretended model, one of them quantised. Every verb
takes their ids as demo:ID; evalctl invocations --tracking-uri demo: lists them.

It is short for: evalctl compare bf16=demo:c0bd961e nvfp4=demo:ce963eed

` + exitStatusesHelp,
		Example: `  evalctl demo
  evalctl demo -o brief
  evalctl show demo:c0bd961e`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.compare(cmd.Context(), global, f, []string{"bf16=demo:c0bd961e", "nvfp4=demo:ce963eed"})
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&f.scores, "scores", "primary", "which rows: primary, all, or a pattern")
	f.register(cmd)
	global.output.register(cmd, kind.Comparison)
	return cmd
}
