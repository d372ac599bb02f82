package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/render"
)

// outputFlags choose how an answer is printed, and where. Every verb that answers
// with a document has them.
type outputFlags struct {
	outputs   []string // FORMAT or FORMAT=FILE
	jq        string
	noHeaders bool
	table     string
	columns   []string
	sortBy    string
}

// kindOf is the annotation of a command that names the kind it answers with; it
// is empty where that depends on what is read.
const kindOf = "kind"

// register adds the flags to a command that answers with documents of one kind. A
// command whose store sorts has defined its own --sort-by before.
func (o *outputFlags) register(cmd *cobra.Command, kindName string) {
	cmd.Annotations = map[string]string{kindOf: kindName}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.outputs, "output", "o", nil,
		"how to print, as `FORMAT[=FILE]`, repeatable: "+strings.Join(formatNames(), ", ")+" (default table)")
	flags.StringVar(&o.jq, "jq", "", "print what a jq expression selects of the JSON")
	flags.StringSliceVar(&o.columns, "columns", nil, "columns of a table and their order, named as -o csv names them")
	// Registering a completion cannot fail for a flag that was just defined.
	_ = cmd.RegisterFlagCompletionFunc("columns", completeColumns(kindName))
	if flags.Lookup("sort-by") == nil {
		flags.StringVar(&o.sortBy, "sort-by", "", "sort the main list by a column, as -o csv names it; -`NAME` is descending")
		_ = cmd.RegisterFlagCompletionFunc("sort-by", completeSort(kindName))
	}
	flags.BoolVar(&o.noHeaders, "no-headers", false, "leave headings out, and the sentence that counts a list")
	flags.StringVar(&o.table, "table", "", "which table table, wide, csv, tsv and md print")
	_ = cmd.RegisterFlagCompletionFunc("output", completeOutput)
	_ = cmd.RegisterFlagCompletionFunc("jq", cobra.NoFileCompletions)
}

func formatNames() []string {
	names := make([]string, 0, len(render.Formats()))
	for _, format := range render.Formats() {
		names = append(names, string(format))
	}
	return names
}

// target is one of the outputs that were asked for.
type target struct {
	format render.Format
	file   string // "": stdout
	jq     bool   // what the expression selects
}

func parseTarget(text string) (target, error) {
	name, file, toFile := strings.Cut(text, "=")
	format, err := render.ParseFormat(name)
	switch {
	case err != nil:
		return target{}, err
	case toFile && file == "":
		return target{}, &usageError{message: "-o " + text + " names no file", hint: "-o " + name + "=FILE, or -o " + name + " for standard output"}
	case file == "-":
		file = ""
	}
	return target{format: format, file: file}, nil
}

// targets lists the outputs: at most one to stdout, and the table there if none
// was asked for. --jq takes the place of JSON on stdout.
func (o *outputFlags) targets() ([]target, error) {
	var targets []target
	toStdout := false
	for _, text := range o.outputs {
		parsed, err := parseTarget(text)
		if err != nil {
			return nil, err
		}
		if parsed.file == "" {
			if toStdout {
				return nil, &usageError{message: "two formats for standard output", hint: "-o FORMAT=FILE writes one of them to a file"}
			}
			if o.jq != "" && parsed.format != render.FormatJSON {
				return nil, usagef("--jq selects from JSON and cannot be combined with -o %s", parsed.format)
			}
			toStdout = true
			parsed.jq = o.jq != ""
		}
		targets = append(targets, parsed)
	}
	switch {
	case toStdout:
	case o.jq != "":
		targets = append(targets, target{format: render.FormatJSON, jq: true})
	case len(targets) == 0:
		targets = append(targets, target{format: render.FormatTable})
	}
	return targets, nil
}

// elementsOnly is the first format asked for that has the elements of a list and
// nothing beside them; "" if there is none.
func (o *outputFlags) elementsOnly() render.Format {
	targets, err := o.targets()
	if err != nil {
		return ""
	}
	bare := []render.Format{render.FormatName, render.FormatCSV, render.FormatTSV}
	for _, t := range targets {
		if slices.Contains(bare, t.format) {
			return t.format
		}
	}
	return ""
}

// options are those of one of several outputs: what is asked of tables is nothing
// to JSON beside them. For a single output it is, and a mistake.
func (o *outputFlags) options(format render.Format, among []target) render.Options {
	options := render.Options{NoHeaders: o.noHeaders, Table: o.table, Columns: o.columns}
	takes := func(takes func(render.Format) bool) bool {
		return takes(format) || !slices.ContainsFunc(among, func(t target) bool { return takes(t.format) })
	}
	if !takes(render.Format.HasHeaders) {
		options.NoHeaders = false
	}
	if !takes(render.Format.HasTables) {
		options.Table, options.Columns = "", nil
	}
	return options
}

// check validates the flags before anything is fetched.
func (o *outputFlags) check(cmd *cobra.Command) error {
	name, hasOutput := cmd.Annotations[kindOf]
	if !hasOutput || !slices.ContainsFunc([]string{"output", "jq", "no-headers", "table", "columns", "sort-by"}, cmd.Flags().Changed) {
		return nil // no document, or nothing that was asked of it
	}
	if cmd.Flags().Changed("columns") && len(o.columns) == 0 {
		return usagef("--columns names no column")
	}
	targets, err := o.targets()
	if err != nil {
		return err
	}
	if o.jq != "" {
		if err := render.CheckQuery(o.jq); err != nil {
			return err
		}
	}
	if err := checkFiles(targets); err != nil {
		return err
	}
	k, known := kind.Find(name)
	if !known {
		return nil // the document will tell
	}
	blank := k.Blank()
	if o.sortBy != "" {
		if blank, err = k.Sorted(blank, o.sortBy); err != nil {
			return err
		}
	}
	for _, t := range targets {
		if err := render.Encode(io.Discard, blank, t.format, o.options(t.format, targets)); err != nil {
			return err
		}
	}
	return nil
}

// isJSON reports whether answers on stdout, and so errors, are for programs.
func (o *outputFlags) isJSON() bool {
	return o.jq != "" || slices.ContainsFunc(o.outputs, isJSONToStdout)
}

func isJSONToStdout(output string) bool {
	name, file, toFile := strings.Cut(output, "=")
	return (name == string(render.FormatJSON) || name == string(render.FormatJSONL)) && (!toFile || file == "-")
}

// encode makes every output, in memory: nothing is written unless all can be.
func (o *outputFlags) encode(ctx context.Context, doc render.Document, targets []target, face render.Face) ([][]byte, error) {
	encoded := make([][]byte, len(targets))
	for i, t := range targets {
		var out bytes.Buffer
		options := o.options(t.format, targets)
		options.Face, options.Indent = face, face.Terminal
		if t.file != "" {
			options.Face, options.Indent = render.Face{Unicode: true}, false
		}
		var err error
		if t.jq {
			err = render.Query(ctx, &out, doc, o.jq, face)
		} else {
			err = render.Encode(&out, doc, t.format, options)
		}
		if err != nil {
			return nil, err
		}
		encoded[i] = out.Bytes()
	}
	return encoded, nil
}

// print writes a document as the flags say: files first, each whole or not at all,
// then stdout.
func (a *app) print(ctx context.Context, doc render.Document, o outputFlags) error {
	if o.sortBy != "" {
		k, known := kind.Find(doc.Kind)
		if !known {
			return usagef("%s output has no list to sort", doc.Kind)
		}
		var err error
		if doc, err = k.Sorted(doc, o.sortBy); err != nil {
			return err
		}
	}
	targets, err := o.targets()
	if err != nil {
		return err
	}
	encoded, err := o.encode(ctx, doc, targets, a.face(a.stdout))
	if err != nil {
		return a.written(err)
	}
	var files []savedFile
	for i, t := range targets {
		if t.file != "" {
			files = append(files, savedFile{t.file, encoded[i]})
		}
	}
	if err := saveFiles(files); err != nil {
		return a.written(err)
	}
	for i, t := range targets {
		if t.file == "" {
			return a.show(encoded[i])
		}
	}
	return nil
}

// written explains an error of writing; a request that makes no sense keeps its
// class.
func (a *app) written(err error) error {
	if err == nil || classify(err).ExitStatus == exitUsage {
		return err
	}
	return fmt.Errorf("writing the answer: %w", err)
}

// completeOutput offers formats, and files behind "=".
func completeOutput(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(word, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return formatNames(), cobra.ShellCompDirectiveNoFileComp
}

// columnsOf lists the columns of a kind's table, of the main one if none is named.
func columnsOf(kindName, table string) []string {
	k, known := kind.Find(kindName)
	if !known {
		return nil
	}
	for i, records := range k.Blank().Tables {
		if records.Name == table || table == "" && i == 0 {
			return records.Columns
		}
	}
	return nil
}

// completeColumns offers the columns that the word does not have yet.
func completeColumns(kindName string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before := word[:strings.LastIndexByte(word, ',')+1]
		taken := strings.Split(before, ",")
		var offers []string
		for _, column := range columnsOf(kindName, cmd.Flag("table").Value.String()) {
			if !slices.Contains(taken, column) {
				offers = append(offers, before+column)
			}
		}
		return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeSort offers the columns of the main table.
func completeSort(kindName string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		sign := ""
		if strings.HasPrefix(word, "-") {
			sign = "-"
		}
		var offers []string
		for _, column := range columnsOf(kindName, "") {
			offers = append(offers, sign+column)
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
}
