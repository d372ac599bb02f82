package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// runOrders are the keys of runs --sort-by.
var runOrders = [...]string{"started_at", "ended_at", "duration_seconds", "status", "model", "task", "harness", "experiment", "job_id"}

func newRuns(a *app, global *globalFlags) *cobra.Command {
	list := &listFlags{}
	cmd := &cobra.Command{
		Use:     "runs [SELECTOR…]",
		Short:   "Search runs, or list those behind selectors",
		GroupID: groupAnswer,
		Long: `runs lists the evaluation runs of all experiments, newest first, each export of
a job by itself: runs of the launcher, with the tag or the parameter
invocation_id, and of nel-next, whose job_id begins with eval-. With selectors
it lists the runs that answer for them: one a job, the newest finished export, the
others set aside and named; filters then say what model:NAME and @latest choose
from.

` + patternHelp + `

` + timeHelp + `

The model of a run is its tag "model", else a parameter, else what a file in the
cache says. What only a file on the server knows is not shown, and --model cannot
find it: a warning says of how many runs. --deep fetches those files.

--sort-by reads all runs before it cuts the list, --count before it says how many
there are.

` + exitStatusesHelp,
		Example: `  evalctl runs
  evalctl runs --model 'acme/falcon-*' --task gsm8k --since 2w
  evalctl runs --status FAILED --status RUNNING --experiment 'nightly/*'
  evalctl runs --tag temperature=0.6 --sort-by -duration_seconds --limit 5
  evalctl runs --filter "metrics.story_acc > 0.7" -o name
  evalctl runs --model '/-(bf16|fp8)$/' --count
  evalctl runs c0bd961e50124ab3 -o wide`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := list.check(cmd, "runs", runOrders[:], global.output.elementsOnly()); err != nil {
				return err
			}
			value, warnings, err := a.runs(cmd.Context(), global, args, list)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.RunsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	global.search.registerList(cmd, a, global)
	list.register(cmd, runOrders[:])
	global.output.register(cmd, kind.Runs)
	return cmd
}

func (a *app) runs(ctx context.Context, global *globalFlags, words []string, list *listFlags) (kind.RunsValue, []nemo.Warning, error) {
	value := kind.RunsValue{Runs: []nemo.Run{}}
	var warnings []nemo.Warning
	complete := true
	var err error
	if len(words) == 0 {
		value.Runs, complete, warnings, err = a.searchRuns(ctx, global, list)
	} else {
		value.Runs, warnings, err = a.selectedRuns(ctx, global, words)
	}
	if err != nil {
		return kind.RunsValue{}, nil, err
	}
	sortBy(value.Runs, list.sortBy, compareRuns())
	value.Listing = list.cut(len(value.Runs), complete)
	value.Runs = value.Runs[:value.Shown]
	return value, append(warnings, modelUnknown(value.Runs, global.search.deep)...), nil
}

// searchRuns finds the runs that the flags leave; complete says that all were read.
func (a *app) searchRuns(ctx context.Context, global *globalFlags, list *listFlags) (found []nemo.Run, complete bool, warnings []nemo.Warning, err error) {
	resolver, done, err := a.resolver(global)
	if err != nil {
		return nil, false, nil, err
	}
	defer done()
	store, err := resolver.Stores.Default(ctx)
	if err != nil {
		return nil, false, nil, err
	}
	var runs []query.Run
	complete = true
	tally := query.Tally{}
	for run, err := range query.Find(ctx, store, resolver.Selection, list.wants(), resolver.Models, &tally) {
		if err != nil {
			return nil, false, nil, err
		}
		if runs = append(runs, run); len(runs) == list.wants() {
			complete = false
			break
		}
	}
	if err := query.DescribeModels(ctx, store, runs[:list.described(len(runs))], resolver.Models); err != nil {
		return nil, false, nil, err
	}
	if len(runs) == 0 {
		a.hintNearMiss(ctx, store, resolver)
	}
	found = []nemo.Run{}
	var ids []string
	for _, run := range runs {
		found = append(found, query.Describe(store, run))
		ids = append(ids, run.ID)
	}
	warnings = append(filteredHere(store, resolver.Selection), tally.Warnings()...)
	return found, complete, slices.Concat(warnings, query.WarningsOf(store), offlineNotes(store, ids), leftOutOffline(global)), nil
}

// selectedRuns are the runs behind words.
func (a *app) selectedRuns(ctx context.Context, global *globalFlags, words []string) ([]nemo.Run, []nemo.Warning, error) {
	resolutions, err := a.resolve(ctx, global, words)
	if err != nil {
		return nil, nil, err
	}
	models, done, err := a.models(global)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	runs, warnings := []nemo.Run{}, []nemo.Warning{}
	labels := sideLabels(resolutions)
	for i, resolution := range resolutions {
		for _, found := range resolution.Found {
			if err := query.DescribeModels(ctx, found.Store, found.Runs, models); err != nil {
				return nil, nil, err
			}
			for _, run := range found.Runs {
				runs = append(runs, query.Describe(found.Store, run))
			}
		}
		warnings = append(warnings, resolution.Warnings(labels[i])...)
	}
	return runs, warnings, nil
}

// compareRuns are the orders of [runOrders].
func compareRuns() map[string]order[nemo.Run] {
	return map[string]order[nemo.Run]{
		"started_at": byTime(func(r nemo.Run) *nemo.Time { return r.StartedAt }),
		"ended_at":   byTime(func(r nemo.Run) *nemo.Time { return r.EndedAt }),
		"status":     {compare: func(a, b nemo.Run) int { return cmp.Compare(a.Status, b.Status) }},
		"model":      byText(func(r nemo.Run) *string { return r.Model }),
		"task":       byText(func(r nemo.Run) *string { return r.Task }),
		"harness":    byText(func(r nemo.Run) *string { return r.Harness }),
		"experiment": byText(func(r nemo.Run) *string { return r.Experiment }),
		"job_id":     byText(func(r nemo.Run) *string { return r.JobID }),
		"duration_seconds": {
			func(r nemo.Run) bool { return r.DurationSeconds != nil },
			func(a, b nemo.Run) int {
				if a.DurationSeconds == nil || b.DurationSeconds == nil {
					return 0
				}
				return a.DurationSeconds.Cmp(*b.DurationSeconds)
			},
		},
	}
}

// evaluationRuns matches the runs that the launcher's exporter made, among
// whatever else a server holds.
func evaluationRuns() query.Filter {
	return query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}
}

// modelUnknown says of how many runs the store does not know the model.
func modelUnknown(runs []nemo.Run, deep bool) []nemo.Warning {
	unknown := 0
	for _, run := range runs {
		if run.Model == nil {
			unknown++
		}
	}
	if unknown == 0 {
		return nil
	}
	message := "the model of " + countOf(unknown, "run") + " is in no tag, parameter or cached file; --deep fetches the files that tell it"
	if deep {
		message = "the model of " + countOf(unknown, "run") + " is in no tag, parameter or file"
	}
	return []nemo.Warning{{Code: "MODEL_UNKNOWN", Message: message}}
}
