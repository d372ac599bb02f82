package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// maxSaved bounds a saved answer: a comparison of 1000 tasks is about 2 MB.
const maxSaved = 64 << 20

func newRender(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "render [FILE.json]",
		Short:   "A saved JSON answer again, in any format",
		GroupID: groupOther,
		Long: `render prints an answer that was saved with -o json, of any kind, as its verb would
have printed it: as a table, CSV, Markdown… It asks no server and reads no other
file. Without FILE, or with "-", it reads standard input.

Keys that this version does not know are left out, and named on stderr; a file of
a newer schema version is refused, as is one that lacks something.

` + exitStatusesHelp,
		Example: `  evalctl compare c0bd961e ce963eed -o json=out.json -o table
  evalctl render out.json -o md
  evalctl render out.json --columns task,delta,verdict --sort-by delta
  evalctl demo -o json | evalctl render -o yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "-"
			if len(args) > 0 {
				name = args[0]
			}
			doc, err := a.readSaved(name)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), doc, global.output)
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	global.output.register(cmd, "")
	return cmd
}

// readSaved reads and draws a saved answer; "-" is standard input.
func (a *app) readSaved(name string) (render.Document, error) {
	text, err := a.savedText(name)
	if err != nil {
		return render.Document{}, err
	}
	if name == "-" {
		name = "standard input"
	}
	saved, err := kind.Read(text)
	if found, ok := errors.AsType[*query.Error](err); ok {
		return render.Document{}, &query.Error{Code: found.Code, Message: name + ": " + found.Message, Hint: found.Hint}
	}
	if err != nil {
		return render.Document{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(saved.Unknown) > 0 {
		fmt.Fprintf(a.stderr, "evalctl: note: %s has keys that this version does not know and leaves out: %s\n",
			render.Sanitize(name), render.Sanitize(strings.Join(saved.Unknown, ", ")))
	}
	return saved.Document, nil
}

func (a *app) savedText(name string) ([]byte, error) {
	in := a.stdin
	if name != "-" {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &query.Error{Code: query.NotFound, Message: "no file " + name}
		}
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, usagef("%s is a directory, not a saved answer", name)
		}
		in = file
	}
	if in == nil {
		return nil, &usageError{message: "no FILE, and standard input is a terminal", hint: "evalctl demo -o json | evalctl render -o md"}
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSaved+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", cmp.Or(strings.TrimPrefix(name, "-"), "standard input"), err)
	}
	if len(text) > maxSaved {
		return nil, &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("%s is longer than %d MiB, as no answer of evalctl is", name, maxSaved>>20)}
	}
	return text, nil
}
