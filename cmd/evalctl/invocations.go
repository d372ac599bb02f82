package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

func newInvocations(a *app, global *globalFlags) *cobra.Command {
	limit := listLimit
	cmd := &cobra.Command{
		Use:     "invocations",
		Aliases: []string{"ls"},
		Short:   "The newest invocations over all experiments",
		GroupID: groupAnswer,
		Long: `invocations lists launches, newest first, with their models, tasks and number of
jobs, over all active experiments. Jobs that are pending, running or failed are
not there: the launcher exports only what succeeded.

` + exitStatusesHelp,
		Example: `  evalctl invocations
  evalctl invocations --limit 0 -o csv
  evalctl invocations --tracking-uri demo: -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			value, warnings, err := a.invocations(cmd.Context(), global, limit)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.InvocationsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().IntVar(&limit, "limit", listLimit, "at most so many; 0 is all")
	global.output.register(cmd, kind.Invocations)
	return cmd
}

// invocations reads runs, newest first, until it has seen enough invocations.
// Those may have older runs that were not read yet, so each is then asked for by
// itself: the numbers of an invocation are always whole.
func (a *app) invocations(ctx context.Context, global *globalFlags, limit int) (kind.InvocationsValue, []nemo.Warning, error) {
	if limit < 0 {
		return kind.InvocationsValue{}, nil, usagef("--limit is a number of invocations, not %d", limit)
	}
	store, err := a.stores(global).Default(ctx)
	if err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	byID := map[string][]query.Run{}
	var order []string
	more := false
	for run, err := range store.Search(ctx, query.Search{Filter: evaluationRuns()}) {
		if err != nil {
			return kind.InvocationsValue{}, nil, err
		}
		id := run.InvocationID()
		if byID[id] == nil {
			if limit > 0 && len(order) == limit {
				more = true
				break
			}
			order = append(order, id)
		}
		byID[id] = append(byID[id], run)
	}
	lists := make([][]query.Run, len(order))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(artifacts.DefaultParallel)
	for i, id := range order {
		if !more {
			lists[i] = byID[id]
			continue
		}
		group.Go(func() (err error) {
			lists[i], err = query.All(store.Search(ctx, query.Search{
				Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: id}},
			}))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	value := kind.InvocationsValue{Invocations: []kind.Invocation{}, Listing: kind.NewListing(len(order), more)}
	var all []nemo.Run
	for i, id := range order {
		var runs []nemo.Run
		for _, run := range lists[i] {
			runs = append(runs, query.Describe(store, run))
		}
		all = append(all, runs...)
		value.Invocations = append(value.Invocations, kind.NewInvocation(id, runs))
	}
	warnings := append([]nemo.Warning{}, modelUnknown(all)...)
	return value, warnings, nil
}

// countOf is a number with its noun.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
