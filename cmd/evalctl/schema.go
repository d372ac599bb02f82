package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/docs/schema"
)

func newSchema(a *app) *cobra.Command {
	names := make([]string, 0, len(kind.All())+1)
	for _, k := range kind.All() {
		names = append(names, k.Name)
	}
	names = append(names, kind.Error)
	cmd := &cobra.Command{
		Use:     "schema [KIND]",
		Short:   "The JSON Schema of what verbs print",
		GroupID: groupOther,
		Long: `schema prints the JSON Schema (2020-12) of one kind of answer, or, without a
kind, the names of all. Every answer of -o json validates against the schema that
its key "kind" names.

Kinds:
  ` + strings.Join(names, "\n  ") + "\n\n" + exitStatusesHelp,
		Example: `  evalctl schema
  evalctl schema comparison > comparison.schema.json`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := a.stdout.Write([]byte(strings.Join(names, "\n") + "\n"))
				return a.written(err)
			}
			text, err := schema.Read(args[0])
			if err != nil {
				return &usageError{message: err.Error(), hint: "one of " + strings.Join(names, ", ")}
			}
			return a.show(text)
		},
	}
	return cmd
}
