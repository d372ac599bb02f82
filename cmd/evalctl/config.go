package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

func newConfig(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "How runs were configured, and what differs between sides",
		GroupID: groupAnswer,
		Long: `config reads the configuration that each run left beside its results: resolved
settings, or with --unresolved the file as the user wrote it. Credentials, commands,
environment variables and the exporter's settings are taken out of what is printed.

` + exitStatusesHelp,
		Example: `  evalctl config show c0bd961e50124ab3 --task arith
  evalctl config diff c0bd961e50124ab3 ce963eed5b5b91b0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigShow(a, global), newConfigDiff(a, global))
	return cmd
}

// configFlags are shared by both commands.
type configFlags struct {
	unresolved bool
	task       string
}

func (f *configFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.unresolved, "unresolved", false, "launcher_unresolved_config.yaml, as the user wrote it, where it was exported")
	cmd.Flags().StringVar(&f.task, "task", "", "this task only")
	_ = cmd.RegisterFlagCompletionFunc("task", cobra.NoFileCompletions)
}

// sides reads the configuration of the runs behind words.
func (f *configFlags) sides(ctx context.Context, a *app, global *globalFlags, words []string) ([]compare.Side, compare.Options, error) {
	options, err := a.comparisonOptions()
	if err != nil {
		return nil, options, err
	}
	// --task leaves tasks out of the answer here, and no runs out of a choice.
	global.search.given = slices.DeleteFunc(global.search.given, func(flag string) bool { return flag == "--task" })
	load := (*artifacts.Fetcher).Configurations
	if f.unresolved {
		load = (*artifacts.Fetcher).Unresolved
	}
	sides, err := a.readSides(ctx, global, words, load)
	if err != nil || f.task == "" {
		return sides, options, err
	}
	var names []string
	found := false
	isWanted := func(task string) bool { return options.Catalog.Canonical(task) == options.Catalog.Canonical(f.task) }
	for i := range sides {
		for _, job := range sides[i].Jobs {
			names = append(names, nemo.Text(job.Run.Task))
		}
		sides[i].Jobs = slices.DeleteFunc(slices.Clone(sides[i].Jobs), func(job nemo.Job) bool { return !isWanted(nemo.Text(job.Run.Task)) })
		found = found || len(sides[i].Jobs) > 0
		sides[i].Launches = slices.Clone(sides[i].Launches)
		for k := range sides[i].Launches {
			launch := &sides[i].Launches[k]
			launch.Tasks = slices.DeleteFunc(slices.Clone(launch.Tasks), func(task nemo.ConfiguredTask) bool { return !isWanted(task.Task) })
		}
	}
	if !found {
		slices.Sort(names)
		return nil, options, &query.Error{
			Code: query.NotFound, Message: "no run of task " + f.task, Hint: "there are " + strings.Join(slices.Compact(names), ", "),
		}
	}
	return sides, options, nil
}

func newConfigShow(a *app, global *globalFlags) *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:   "show SELECTOR",
		Short: "The resolved settings of each run",
		Long: `show lists what the files of each run say of its configuration, file by file: the
settings that comparisons look at under their names there (temperature, judge.model_id),
everything else under its path. "not set" is what a file says was not set; what no
file records is not listed.

` + chooserHelp + `

` + exitStatusesHelp,
		Example: `  evalctl config show c0bd961e50124ab3 --task arith
  evalctl config show 7a217bdc --unresolved
  evalctl config show demo:c0bd961e.0 --jq '.data.runs[0].values.temperature'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sides, _, err := f.sides(cmd.Context(), a, global, args)
			if err != nil {
				return err
			}
			configs, warnings := compare.ConfigsOf(sides[0])
			return a.print(cmd.Context(), kind.ConfigDocument(configs, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	f.register(cmd)
	global.search.registerChooser(cmd, a, global)
	global.output.register(cmd, kind.Config)
	return cmd
}

func newConfigDiff(a *app, global *globalFlags) *cobra.Command {
	var f configFlags
	all := false
	cmd := &cobra.Command{
		Use:   "diff BASE CANDIDATE…",
		Short: "The settings in which sides differ, by what that means",
		Long: `diff compares the configuration of the first side with that of each other one, task
by task.

hard  another question was asked: compare leaves the task out of averages
soft  the same question under other conditions: compare warns
free  what scores cannot see (seeds, caching, addresses, hardware), and the model

A setting is a value, not set, or unknown (no file records it). Runs of one side that
do not agree are listed with a bar between their values. --unresolved compares what
users wrote; that has no tiers. diff is a read: it exits 0 whatever it finds.

` + chooserHelp + `

` + exitStatusesHelp,
		Example: `  evalctl config diff c0bd961e50124ab3 ce963eed5b5b91b0
  evalctl config diff c0bd961e 7a217bdc --task arith --all
  evalctl config diff demo:c0bd961e demo:7a217bdc --jq '.data.keys[] | select(.tier == "hard")'`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			sides, options, err := f.sides(cmd.Context(), a, global, args)
			if err != nil {
				return err
			}
			diff, warnings := compare.DiffConfigs(sides, options, all, !f.unresolved)
			return a.print(cmd.Context(), kind.ConfigDiffDocument(diff, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	f.register(cmd)
	global.search.registerChooser(cmd, a, global)
	cmd.Flags().BoolVar(&all, "all", false, "also the settings that are equal")
	global.output.register(cmd, kind.ConfigDiff)
	return cmd
}
