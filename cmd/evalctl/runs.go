package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// listLimit is how many elements a list has unless --limit says otherwise.
const listLimit = 20

func newRuns(a *app, global *globalFlags) *cobra.Command {
	limit := listLimit
	cmd := &cobra.Command{
		Use:     "runs [SELECTOR…]",
		Short:   "The newest runs, or the runs behind selectors",
		GroupID: groupAnswer,
		Long: `runs lists the evaluation runs of all active experiments, newest first, each
export of a job by itself. With selectors it lists the runs that answer for them:
one a job, the newest finished export, the others set aside and named.

No file is fetched: what only a file knows, such as the model of a run without
the tag "model", is not shown.

` + exitStatusesHelp,
		Example: `  evalctl runs
  evalctl runs c0bd961e50124ab3 -o wide
  evalctl runs --limit 0 -o csv
  evalctl runs demo:c0bd961e -o name`,
		RunE: func(cmd *cobra.Command, args []string) error {
			value, warnings, err := a.runs(cmd.Context(), global, args, limit)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.RunsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	cmd.Flags().IntVar(&limit, "limit", listLimit, "at most so many; 0 is all")
	global.output.register(cmd, kind.Runs)
	return cmd
}

func (a *app) runs(ctx context.Context, global *globalFlags, words []string, limit int) (kind.RunsValue, []nemo.Warning, error) {
	if limit < 0 {
		return kind.RunsValue{}, nil, usagef("--limit is a number of runs, not %d", limit)
	}
	value := kind.RunsValue{Runs: []nemo.Run{}}
	warnings := []nemo.Warning{}
	more := false
	if len(words) == 0 {
		store, err := a.stores(global).Default(ctx)
		if err != nil {
			return kind.RunsValue{}, nil, err
		}
		search := query.Search{Filter: evaluationRuns()}
		if limit > 0 {
			search.Limit = limit + 1 // one more than is shown tells whether there are more
		}
		runs, err := query.All(store.Search(ctx, search))
		if err != nil {
			return kind.RunsValue{}, nil, err
		}
		for _, run := range runs {
			value.Runs = append(value.Runs, query.Describe(store, run))
		}
	} else {
		selectors, err := parseSelectors(words)
		if err != nil {
			return kind.RunsValue{}, nil, err
		}
		resolutions, err := query.Resolve(ctx, a.stores(global), selectors)
		if err != nil {
			return kind.RunsValue{}, nil, err
		}
		labels := sideLabels(resolutions)
		for i, resolution := range resolutions {
			for _, found := range resolution.Found {
				for _, run := range found.Runs {
					value.Runs = append(value.Runs, query.Describe(found.Store, run))
				}
				warnings = append(warnings, found.Warnings(labels[i])...)
			}
		}
	}
	total := len(value.Runs)
	if limit > 0 && total > limit {
		value.Runs, more = value.Runs[:limit], true
	}
	value.Listing = kind.NewListing(len(value.Runs), more)
	if len(words) > 0 { // all of them were read
		value.Total = &total
	}
	return value, append(warnings, modelUnknown(value.Runs)...), nil
}

// evaluationRuns matches the runs that the launcher's exporter made, among
// whatever else a server holds.
func evaluationRuns() query.Filter {
	return query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}
}

// modelUnknown says of how many runs the store does not know the model.
func modelUnknown(runs []nemo.Run) []nemo.Warning {
	unknown := 0
	for _, run := range runs {
		if run.Model == nil {
			unknown++
		}
	}
	if unknown == 0 {
		return nil
	}
	return []nemo.Warning{{
		Code:    "MODEL_UNKNOWN",
		Message: "the model of " + countOf(unknown, "run") + " is in no tag or parameter; evalctl show reads it from the files",
	}}
}
