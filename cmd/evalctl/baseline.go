package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

func newBaseline(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "baseline",
		Short:   "Names for runs, pinned with a digest of their numbers",
		GroupID: groupAnswer,
		Long: `baseline gives runs a name that is a selector: @NAME. It is written to the
project's .evalctl.yaml, so that a repository can share it, or with --global to
the user's configuration; of two with the same name the project's counts.

A baseline is pinned: to the ids of the runs that its selector stands for now, the
address of their store without credentials, and for each run a SHA-256 of its
numbers. A later export changes nothing in silence: if a pinned run has other
numbers the warning BASELINE_CHANGED says so wherever the name is used, and if
one of its jobs was exported again to another run, BASELINE_REEXPORTED does.
--assert and gate are then inconclusive at best, and baseline show --assert fails.

` + exitStatusesHelp,
		Example: `  evalctl baseline set main c0bd961e50124ab3
  evalctl compare @main ce963eed5b5b91b0
  evalctl baseline ls`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBaselineSet(a, global), newBaselineLs(a, global), newBaselineShow(a, global), newBaselineRm(a, global))
	return cmd
}

func newBaselineSet(a *app, global *globalFlags) *cobra.Command {
	var toUser bool
	cmd := &cobra.Command{
		Use:   "set NAME SELECTOR",
		Short: "Pin a name to the runs behind a selector",
		Long: `set finds the runs, reads their numbers and writes both down; a baseline of the same
name in the same file is replaced. Runs that are not finished cannot be pinned,
nor runs without any results.

What else is in the file stays as it is, to the byte. Processes that change it at
the same time wait for one another.

` + chooserHelp + `

` + exitStatusesHelp,
		Example: `  evalctl baseline set main c0bd961e50124ab3
  evalctl baseline set nightly @latest --experiment 'nightly/*'
  evalctl baseline set repeats c0bd961e,f5653898,722c --global`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := query.CheckBaselineName(args[0]); err != nil {
				return err
			}
			place, err := a.placeOf(toUser)
			if err != nil {
				return err
			}
			baseline, warnings, err := a.pin(cmd.Context(), global, place, args[0], args[1])
			if err != nil {
				return err
			}
			if err := settings.Edit(cmd.Context(), place, func(d *settings.Document) error { return d.SetBaseline(baseline) }); err != nil {
				return err
			}
			entry := a.baselineEntry(baseline)
			entry.State = kind.BaselineUnchanged
			for i := range entry.Runs {
				entry.Runs[i].Now = &entry.Runs[i].SHA256
			}
			return a.print(cmd.Context(), kind.BaselineDocument(oneBaseline(entry), warnings), global.output)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return a.baselineNames(), cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeSelectors(global)(cmd, args, word)
		},
	}
	cmd.Flags().BoolVar(&toUser, "global", false, "in the user's configuration")
	global.search.registerChooser(cmd, a, global)
	global.output.register(cmd, kind.Baseline)
	return cmd
}

func newBaselineLs(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the baselines of the project and of the user",
		Long:  "ls reads the settings files and nothing else: whether a run has changed is for show.\n\n" + exitStatusesHelp,
		Example: `  evalctl baseline ls
  evalctl baseline ls -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			read, err := a.settings()
			if err != nil {
				return err
			}
			value := kind.BaselineValue{Baselines: []kind.BaselineEntry{}}
			for _, b := range read.Baselines {
				value.Baselines = append(value.Baselines, a.baselineEntry(b))
			}
			slices.SortStableFunc(value.Baselines, func(x, y kind.BaselineEntry) int { return strings.Compare(x.Name, y.Name) })
			value.Listing = kind.NewListing(len(value.Baselines), false)
			return a.print(cmd.Context(), kind.BaselineDocument(value, []nemo.Warning{}), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Baseline)
	return cmd
}

// assertUnchanged is the one demand of baseline show.
const assertUnchanged = "unchanged"

func newBaselineShow(a *app, global *globalFlags) *cobra.Command {
	var assert string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "The runs of a baseline, and whether their numbers are still the same",
		Long: `show reads the pinned runs and compares the digest of their numbers with the one
that was written down. The digest is the SHA-256 of the line "evalctl scores 1" and
one line for each score, sorted: harness, task, section, name, metric, score, value,
count, mean, variance, stddev and stderr as Go string literals with a blank
between them; numbers are exact, and what is not there is "".

A server is asked for the numbers, whatever the cache has. show exits 0 whatever
it finds, unless --assert unchanged demands something: then a changed run exits 3,
and a run of a server 6 with --offline.

` + verdictStatusesHelp,
		Example: `  evalctl baseline show main
  evalctl baseline show main --assert unchanged -o brief`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if assert != "" && assert != assertUnchanged {
				return usagef("--assert is %s, not %q", assertUnchanged, assert)
			}
			value, warnings, verified, err := a.showBaseline(cmd.Context(), global, strings.TrimPrefix(args[0], "@"))
			if err != nil {
				return err
			}
			if err := a.print(cmd.Context(), kind.BaselineDocument(value, warnings), global.output); err != nil {
				return err
			}
			switch {
			case assert == "":
				return nil
			case !verified:
				return &verdictError{"--assert unchanged is inconclusive: the server of @" + value.Baselines[0].Name + " was not asked", exitInconclusive}
			case value.Baselines[0].State != kind.BaselineUnchanged:
				return &verdictError{"--assert unchanged failed: @" + value.Baselines[0].Name + " has other numbers than were pinned", exitFailed}
			}
			return nil
		},
		ValidArgsFunction: a.completeBaselines,
	}
	cmd.Flags().StringVar(&assert, "assert", "", "turn the finding into the exit status: "+assertUnchanged)
	_ = cmd.RegisterFlagCompletionFunc("assert", cobra.FixedCompletions([]string{assertUnchanged}, cobra.ShellCompDirectiveNoFileComp))
	global.output.register(cmd, kind.Baseline)
	return cmd
}

func newBaselineRm(a *app, global *globalFlags) *cobra.Command {
	var ofUser bool
	cmd := &cobra.Command{
		Use:   "rm NAME",
		Short: "Take a baseline out of the settings",
		Long:  "rm removes the name; the runs stay as they are.\n\n" + exitStatusesHelp,
		Example: `  evalctl baseline rm main
  evalctl baseline rm main --global`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.TrimPrefix(args[0], "@")
			place, err := a.placeOf(ofUser)
			if err != nil {
				return err
			}
			read, err := a.settings()
			if err != nil {
				return err
			}
			here := func(b settings.Baseline) bool { return b.Place.Scope == place.Scope }
			at := slices.IndexFunc(read.Baselines, func(b settings.Baseline) bool { return here(b) && b.Name == name })
			if at < 0 {
				return noBaseline(name, read)
			}
			if err := settings.Edit(cmd.Context(), place, func(d *settings.Document) error {
				_, err := d.RemoveBaseline(name)
				return err
			}); err != nil {
				return err
			}
			entry := a.baselineEntry(read.Baselines[at])
			entry.State = kind.BaselineRemoved
			return a.print(cmd.Context(), kind.BaselineDocument(oneBaseline(entry), []nemo.Warning{}), global.output)
		},
		ValidArgsFunction: a.completeBaselines,
	}
	cmd.Flags().BoolVar(&ofUser, "global", false, "of the user's configuration")
	global.output.register(cmd, kind.Baseline)
	return cmd
}

func oneBaseline(entry kind.BaselineEntry) kind.BaselineValue {
	return kind.BaselineValue{Baselines: []kind.BaselineEntry{entry}, Listing: kind.NewListing(1, false)}
}

// placeOf is the settings file of the user or of the project.
func (a *app) placeOf(user bool) (settings.Place, error) {
	files := settings.Find(folder(a.configDir), folder(a.workDir))
	if user {
		if files.User == "" {
			return settings.Place{}, usagef("there is no folder for the user's configuration")
		}
		return settings.Place{Scope: settings.User, File: files.User}, nil
	}
	if files.Project == "" {
		return settings.Place{}, usagef("there is no working directory")
	}
	return settings.Place{Scope: settings.Project, File: files.Project}, nil
}

// noBaseline is the error for a name that no baseline has.
func noBaseline(name string, read settings.Settings) error {
	return unknownName("baseline", name, read.BaselineNames(), "evalctl baseline set "+name+" SELECTOR   makes one")
}

// showBaseline reads the runs of a baseline; verified is false if what it says of
// some is from the cache.
func (a *app) showBaseline(ctx context.Context, global *globalFlags, name string) (value kind.BaselineValue, warnings []nemo.Warning, verified bool, err error) {
	if err := query.CheckBaselineName(name); err != nil {
		return value, nil, false, err
	}
	read, err := a.settings()
	if err != nil {
		return value, nil, false, err
	}
	b, ok := read.Baseline(name)
	if !ok {
		return value, nil, false, noBaseline(name, read)
	}
	resolutions, err := a.resolve(ctx, global, []string{"@" + name})
	if err != nil {
		return value, nil, false, err
	}
	evaluation, warnings, err := a.loadOne(ctx, global, resolutions, name)
	if err != nil {
		return value, nil, false, err
	}
	entry := a.baselineEntry(b)
	entry.State = kind.BaselineUnchanged
	for i := range entry.Runs {
		run := &entry.Runs[i]
		now := nemo.ScoreDigest(jobsOf(evaluation, run.Source, pinnedID(resolutions[0].Found[run.Source].Store, run.RunID)))
		if run.Now = &now; now != run.SHA256 {
			entry.State = kind.BaselineChanged
		}
	}
	verified = !slices.ContainsFunc(resolutions[0].Found, func(f query.Found) bool { return artifacts.IsOffline(f.Store) })
	return oneBaseline(entry), warnings, verified, nil
}

func (a *app) baselineEntry(b settings.Baseline) kind.BaselineEntry {
	entry := kind.BaselineEntry{
		Name: b.Name, Scope: string(b.Place.Scope), File: a.shownFile(b.Place), Selector: nemo.Optional(b.Selector),
		State: kind.BaselineNotChecked, Runs: []kind.BaselineRun{},
	}
	for i, source := range b.Sources {
		for _, run := range source.Runs {
			entry.Runs = append(entry.Runs, kind.BaselineRun{
				RunID: run.ID, JobID: nemo.Optional(run.Job), Task: nemo.Optional(run.Task), Source: i, Store: source.Store, SHA256: run.SHA256,
			})
		}
	}
	return entry
}

// shownFile is the name of a settings file: a project's from the working directory.
func (a *app) shownFile(place settings.Place) string {
	if place.Scope == settings.Project {
		if relative, err := filepath.Rel(folder(a.workDir), place.File); err == nil {
			return filepath.ToSlash(relative)
		}
	}
	return place.File
}

// baselineNames are those that there are; none if the settings cannot be read.
func (a *app) baselineNames() []string {
	read, err := a.settings()
	if err != nil {
		return nil
	}
	return read.BaselineNames()
}

func (a *app) completeBaselines(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.baselineNames(), cobra.ShellCompDirectiveNoFileComp
}
