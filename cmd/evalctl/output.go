package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/render"
)

// outputFlags choose how an answer is printed. Every verb that answers with a
// document has them.
type outputFlags struct {
	format    string
	jq        string
	noHeaders bool
	table     string
}

// kindOf is the annotation of a command that names the kind it answers with.
const kindOf = "kind"

// register adds the flags to a command that answers with documents of one kind.
func (o *outputFlags) register(cmd *cobra.Command, kindName string) {
	cmd.Annotations = map[string]string{kindOf: kindName}
	names := make([]string, 0, len(render.Formats()))
	for _, format := range render.Formats() {
		names = append(names, string(format))
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.format, "output", "o", string(render.FormatTable), "how to print: "+strings.Join(names, ", "))
	flags.StringVar(&o.jq, "jq", "", "print what a jq expression selects of the JSON")
	flags.BoolVar(&o.noHeaders, "no-headers", false, "leave headings out")
	flags.StringVar(&o.table, "table", "", "which table csv, tsv and md print")
	// The function only lists names; registering it cannot fail for a flag that
	// was defined one line above.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("jq", cobra.NoFileCompletions)
}

// check validates the flags before anything is fetched.
func (o *outputFlags) check(cmd *cobra.Command) error {
	at := slices.IndexFunc(kind.All(), func(k kind.Kind) bool { return k.Name == cmd.Annotations[kindOf] })
	changed := slices.ContainsFunc([]string{"output", "jq", "no-headers", "table"}, cmd.Flags().Changed)
	if at < 0 || !changed {
		return nil // no document, or nothing that was asked of it
	}
	format, err := render.ParseFormat(o.format)
	if err != nil {
		return err
	}
	if o.jq != "" && cmd.Flags().Changed("output") && format != render.FormatJSON {
		return usagef("--jq selects from JSON and cannot be combined with -o %s", format)
	}
	if o.jq != "" {
		if err := render.CheckQuery(o.jq); err != nil {
			return err
		}
		format = render.FormatJSON
	}
	options := render.Options{NoHeaders: o.noHeaders, Table: o.table}
	return render.Encode(io.Discard, kind.All()[at].Blank(), format, options)
}

// isJSON reports whether answers, and so errors, are for programs.
func (o *outputFlags) isJSON() bool {
	return o.jq != "" || o.format == string(render.FormatJSON) || o.format == string(render.FormatJSONL)
}

// print writes a document to stdout as the flags say.
func (a *app) print(ctx context.Context, doc render.Document, o outputFlags) error {
	face := a.face(a.stdout)
	if o.jq != "" {
		return a.written(render.Query(ctx, a.stdout, doc, o.jq, face))
	}
	format, err := render.ParseFormat(o.format)
	if err != nil {
		return err
	}
	return a.written(render.Encode(a.stdout, doc, format, render.Options{
		Face: face, NoHeaders: o.noHeaders, Table: o.table, Indent: face.Terminal,
	}))
}

// written explains an error of writing; a request that makes no sense keeps its
// class.
func (a *app) written(err error) error {
	if err == nil || classify(err).ExitStatus == exitUsage {
		return err
	}
	return fmt.Errorf("writing the answer: %w", err)
}
