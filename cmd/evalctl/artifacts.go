package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

func newArtifacts(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "artifacts",
		Short:   "List, download and print the files of runs",
		GroupID: groupAnswer,
		Long: `artifacts works on the files that the exporter stored with each run. Which there
are depends on how a run was exported: by default only results.yml,
eval_factory_metrics.json and the configuration.

` + chooserHelp + `

` + exitStatusesHelp,
		Example: `  evalctl artifacts ls c0bd961e50124ab3
  evalctl artifacts cat c0bd961e50124ab3.0 results.yml
  evalctl artifacts get ce963eed '*.jsonl' --dir ./samples`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newArtifactsLs(a, global), newArtifactsGet(a, global), newArtifactsCat(a, global))
	return cmd
}

// stored is a file together with the run that it belongs to.
type stored struct {
	store     query.Store
	run       query.Run
	described nemo.Run
	file      query.File
}

// trees lists every file of the runs behind words.
func (a *app) trees(ctx context.Context, global *globalFlags, fetcher *artifacts.Fetcher, words []string) ([]stored, []nemo.Warning, error) {
	resolutions, err := a.resolve(ctx, global, words)
	if err != nil {
		return nil, nil, err
	}
	warnings := []nemo.Warning{}
	labels := sideLabels(resolutions)
	var runs []stored // without a file
	for i, resolution := range resolutions {
		warnings = append(warnings, resolution.Warnings(labels[i])...)
		for _, found := range resolution.Found {
			for _, run := range found.Runs {
				runs = append(runs, stored{store: found.Store, run: run, described: query.Describe(found.Store, run)})
			}
		}
	}
	lists := make([][]stored, len(runs))
	group, ctx := errgroup.WithContext(ctx)
	for i, of := range runs {
		group.Go(func() error {
			files, err := fetcher.Tree(ctx, of.store, of.run)
			if err != nil {
				return err
			}
			lists[i] = make([]stored, len(files))
			for k, file := range files {
				of.file = file
				lists[i][k] = of
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return slices.Concat(lists...), warnings, nil
}

func newArtifactsLs(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ls SELECTOR…",
		Short: "List the files of runs",
		Long:  "ls lists every file and folder of the runs behind the selectors.\n\n" + exitStatusesHelp,
		Example: `  evalctl artifacts ls c0bd961e50124ab3
  evalctl artifacts ls demo:c0bd961e.0 -o name`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fetcher, bar, err := a.fetcher(global)
			if err != nil {
				return err
			}
			defer bar.done()
			files, warnings, err := a.trees(cmd.Context(), global, fetcher, args)
			if err != nil {
				return err
			}
			value := kind.ArtifactsValue{Artifacts: []kind.Artifact{}, Listing: kind.NewListing(len(files), false)}
			for _, f := range files {
				entry := kind.Artifact{RunID: f.run.ID, JobID: f.described.JobID, Task: f.described.Task, Path: f.file.Path, IsDir: f.file.IsDir}
				if !f.file.IsDir {
					entry.Size = &f.file.Size
				}
				value.Artifacts = append(value.Artifacts, entry)
			}
			bar.done()
			return a.print(cmd.Context(), kind.ArtifactsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	global.search.registerChooser(cmd, a, global)
	global.output.register(cmd, kind.Artifacts)
	return cmd
}

func newArtifactsGet(a *app, global *globalFlags) *cobra.Command {
	dir, force := ".", false
	cmd := &cobra.Command{
		Use:   "get SELECTOR [PATTERN…]",
		Short: "Download files of runs",
		Long: `get saves the files of the runs behind a selector, several at a time, as
DIR/JOB/PATH. Patterns choose files: without a slash they match the name of a
file, with one the whole path; "**" crosses folders.

Each file is checked against the length that the store states, and appears under
its name only when it is whole. Called again, get fetches what is not there yet.

` + exitStatusesHelp,
		Example: `  evalctl artifacts get c0bd961e50124ab3
  evalctl artifacts get ce963eed 'samples_*.jsonl' --dir ./samples
  evalctl artifacts get ce963eed.2 '**/score/**'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			value, warnings, err := a.download(cmd.Context(), global, args[0], args[1:], dir, force)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.DownloadsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", ".", "where to save")
	cmd.Flags().BoolVar(&force, "force", false, "fetch again what is already there")
	_ = cmd.MarkFlagDirname("dir")
	global.search.registerChooser(cmd, a, global)
	global.output.register(cmd, kind.Downloads)
	return cmd
}

func (a *app) download(ctx context.Context, global *globalFlags, word string, patterns []string, dir string, force bool) (kind.DownloadsValue, []nemo.Warning, error) {
	matchers, err := compilePatterns(patterns)
	if err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	fetcher, bar, err := a.fetcher(global)
	if err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	defer bar.done()
	files, warnings, err := a.trees(ctx, global, fetcher, []string{word})
	if err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	files = slices.DeleteFunc(files, func(f stored) bool { return f.file.IsDir || !matches(matchers, f.file.Path) })
	if len(files) == 0 {
		return kind.DownloadsValue{}, nil, &query.Error{
			Code: query.NotFound, Message: "no file matches " + strings.Join(patterns, " "),
			Hint: "evalctl artifacts ls " + word + "   lists what there is",
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	defer func() { _ = root.Close() }() // nothing was written through the handle itself
	bar.Want(len(files))
	downloads := make([]kind.Download, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(artifacts.DefaultParallel)
	for i, f := range files {
		group.Go(func() error {
			name := path.Join(cmp.Or(nemo.Text(f.described.JobID), f.run.ID), f.file.Path)
			saved, err := fetcher.Save(ctx, f.store, f.run, f.file, root, name, force)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			downloads[i] = kind.Download{
				RunID: f.run.ID, JobID: f.described.JobID, Task: f.described.Task, Path: f.file.Path,
				Size: saved.Size, File: filepath.Join(dir, filepath.FromSlash(name)), SHA256: saved.SHA256, Cached: saved.Cached,
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return kind.DownloadsValue{}, nil, err
	}
	return kind.DownloadsValue{Downloads: downloads, Listing: kind.NewListing(len(downloads), false)}, warnings, nil
}

// pattern matches paths, or base names where it has no slash.
type pattern struct {
	expression *regexp.Regexp
	base       bool
}

// compilePatterns reads "*", "?" (both within a folder's name) and "**".
func compilePatterns(texts []string) ([]pattern, error) {
	patterns := make([]pattern, len(texts))
	for i, text := range texts {
		if text == "" {
			return nil, usagef("an empty pattern")
		}
		expression := regexp.QuoteMeta(text)
		expression = strings.ReplaceAll(expression, `\*\*/`, `(.*/)?`)
		expression = strings.ReplaceAll(expression, `\*\*`, `.*`)
		expression = strings.ReplaceAll(expression, `\*`, `[^/]*`)
		expression = strings.ReplaceAll(expression, `\?`, `[^/]`)
		compiled, err := regexp.Compile("^" + expression + "$")
		if err != nil {
			return nil, usagef("pattern %q: %v", text, err)
		}
		patterns[i] = pattern{compiled, !strings.Contains(text, "/")}
	}
	return patterns, nil
}

func matches(patterns []pattern, file string) bool {
	if len(patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(patterns, func(p pattern) bool {
		if p.base {
			return p.expression.MatchString(path.Base(file))
		}
		return p.expression.MatchString(file)
	})
}

func newArtifactsCat(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cat SELECTOR PATH",
		Short: "Print one file of a run",
		Long: `cat prints one file, whole or not at all. PATH is the path that ls prints, or its
end, such as results.yml, if only one file of the selector has it.

On a terminal, control sequences in the file are taken out; a pipe gets its bytes.

` + exitStatusesHelp,
		Example: `  evalctl artifacts cat c0bd961e50124ab3.0 results.yml
  evalctl artifacts cat demo:c0bd961e.1 eval_factory_metrics.json | jq .response_stats`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.cat(cmd.Context(), global, args[0], args[1])
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	global.search.registerChooser(cmd, a, global)
	return cmd
}

func (a *app) cat(ctx context.Context, global *globalFlags, word, wanted string) error {
	fetcher, bar, err := a.fetcher(global)
	if err != nil {
		return err
	}
	defer bar.done()
	files, _, err := a.trees(ctx, global, fetcher, []string{word})
	if err != nil {
		return err
	}
	var found, exact []stored
	for _, f := range files {
		switch {
		case f.file.IsDir:
		case f.file.Path == wanted:
			exact = append(exact, f)
		case strings.HasSuffix(f.file.Path, "/"+wanted):
			found = append(found, f)
		}
	}
	if len(exact) > 0 {
		found = exact
	}
	switch len(found) {
	case 0:
		return &query.Error{
			Code: query.NotFound, Message: "no file " + wanted + " in " + word,
			Hint: "evalctl artifacts ls " + word + "   lists what there is",
		}
	case 1:
	default:
		candidates := make([]string, len(found))
		for i, f := range found {
			candidates[i] = cmp.Or(nemo.Text(f.described.JobID), f.run.ID) + " " + f.file.Path
		}
		return &query.Error{
			Code: query.Ambiguous, Message: countOf(len(found), "file") + " end in " + wanted,
			Hint: "name one job (ID.N), or more of the path", Candidates: candidates,
		}
	}
	f := found[0]
	blob, err := fetcher.Read(ctx, f.store, f.run, f.file.Path)
	if err != nil {
		return err
	}
	bar.done()
	content := blob.Content
	if _, terminal := a.terminal(a.stdout); terminal {
		content = []byte(render.SanitizeLines(string(content)))
	}
	return a.show(content)
}
