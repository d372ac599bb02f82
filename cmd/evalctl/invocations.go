package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// invocationOrders are the keys of invocations --sort-by.
var invocationOrders = [...]string{"started_at", "ended_at", "invocation_id", "models", "tasks", "experiments", "jobs"}

func newInvocations(a *app, global *globalFlags) *cobra.Command {
	list := &listFlags{}
	cmd := &cobra.Command{
		Use:     "invocations",
		Aliases: []string{"ls"},
		Short:   "Search invocations over all experiments",
		GroupID: groupAnswer,
		Long: `invocations lists launches, newest first, with their models, tasks and number of
jobs, over all experiments. Jobs that are pending, running or failed are not
there: the launcher exports only what succeeded. Filters choose runs; an
invocation is listed, whole, if one of its runs is chosen.

` + patternHelp + `

` + timeHelp + `

The model of a run is its tag "model", else a parameter, else what a file in the
cache says. What only a file on the server knows is not shown, and --model cannot
find it: a warning says of how many runs. --deep fetches those files.

--sort-by reads all runs before it cuts the list, --count before it says how many
there are.

` + exitStatusesHelp,
		Example: `  evalctl invocations
  evalctl invocations --model 'acme/falcon-*' --since 2w
  evalctl invocations --task gsm8k --experiment 'nightly/*' --sort-by models
  evalctl invocations --user alice --count
  evalctl invocations --limit 0 -o csv
  evalctl invocations --tracking-uri demo: -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := list.check(cmd, "invocations", invocationOrders[:], global.output.elementsOnly()); err != nil {
				return err
			}
			value, warnings, err := a.invocations(cmd.Context(), global, list)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.InvocationsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.search.registerList(cmd, a, global)
	list.register(cmd, invocationOrders[:])
	global.output.register(cmd, kind.Invocations)
	return cmd
}

// launches are invocations in the order in which a search came across them.
type launches struct {
	order    []string
	runs     map[string][]query.Run
	without  []string // ids of runs that belong to none
	complete bool     // all runs that are selected were read
}

// invocations reads runs, newest first, until it has seen enough invocations.
// Those may have other runs, older ones or such as the filters leave out, so each
// is then asked for by itself: the numbers of an invocation are always whole.
func (a *app) invocations(ctx context.Context, global *globalFlags, list *listFlags) (kind.InvocationsValue, []nemo.Warning, error) {
	resolver, done, err := a.resolver(global)
	if err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	defer done()
	store, err := resolver.Stores.Default(ctx)
	if err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	tally := query.Tally{}
	seen, err := searchLaunches(ctx, store, resolver, list.wants(), &tally)
	if err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	if len(seen.order) == 0 {
		a.hintNearMiss(ctx, store, resolver)
	}
	warnings := append(filteredHere(store, resolver.Selection), tally.Warnings()...)
	if len(seen.without) > 0 {
		warnings = append(warnings, nemo.Warning{
			Code:    "NO_INVOCATION",
			Message: countOf(len(seen.without), "run") + " without an invocation id (nel-next) left out; evalctl runs lists them",
			RunIDs:  seen.without,
		})
	}
	value := kind.InvocationsValue{Invocations: []kind.Invocation{}, Listing: list.cut(len(seen.order), seen.complete)}
	order := seen.order
	if described := list.described(len(order)); described < len(order) {
		order = order[:described]
	}
	if err := wholeLaunches(ctx, store, resolver, seen, order); err != nil {
		return kind.InvocationsValue{}, nil, err
	}
	warnings = append(warnings, query.WarningsOf(store)...)
	listed := map[string][]nemo.Run{}
	for _, id := range order {
		if err := query.DescribeModels(ctx, store, seen.runs[id], resolver.Models); err != nil {
			return kind.InvocationsValue{}, nil, err
		}
		for _, run := range seen.runs[id] {
			listed[id] = append(listed[id], query.Describe(store, run))
		}
		value.Invocations = append(value.Invocations, kind.NewInvocation(id, listed[id]))
	}
	sortBy(value.Invocations, list.sortBy, compareInvocations())
	value.Invocations = value.Invocations[:value.Shown]
	var all []nemo.Run
	for _, invocation := range value.Invocations {
		all = append(all, listed[invocation.InvocationID]...)
	}
	var ids []string
	for _, run := range all {
		ids = append(ids, run.RunID)
	}
	warnings = append(warnings, modelUnknown(all, global.search.deep)...)
	return value, slices.Concat(warnings, offlineNotes(store, ids), leftOutOffline(global)), nil
}

// searchLaunches reads until it has come across as many invocations as are wanted;
// 0 is all.
func searchLaunches(ctx context.Context, store query.Store, resolver query.Resolver, wanted int, tally *query.Tally) (launches, error) {
	const jobs = 5 // of an invocation, about
	seen := launches{runs: map[string][]query.Run{}, complete: true}
	for run, err := range query.Find(ctx, store, resolver.Selection, wanted*jobs, resolver.Models, tally) {
		if err != nil {
			return launches{}, err
		}
		id := run.InvocationID()
		if id == "" {
			seen.without = append(seen.without, run.ID)
			continue
		}
		if seen.runs[id] == nil {
			if seen.order = append(seen.order, id); len(seen.order) == wanted {
				seen.complete = false
				break
			}
		}
		seen.runs[id] = append(seen.runs[id], run)
	}
	return seen, nil
}

// wholeLaunches asks for all runs of the invocations, several at a time, unless
// they have been read.
func wholeLaunches(ctx context.Context, store query.Store, resolver query.Resolver, seen launches, ids []string) error {
	if seen.complete && !resolver.Selection.Narrows() {
		return nil
	}
	if !store.Remote() {
		found, err := resolver.Launches(ctx, store, ids)
		maps.Copy(seen.runs, found)
		return err
	}
	lists := make([][]query.Run, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(artifacts.DefaultParallel)
	for i, id := range ids {
		group.Go(func() (err error) {
			lists[i], err = resolver.Launch(groupCtx, store, id)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, id := range ids {
		seen.runs[id] = lists[i]
	}
	return nil
}

// compareInvocations are the orders of [invocationOrders].
func compareInvocations() map[string]order[kind.Invocation] {
	return map[string]order[kind.Invocation]{
		"started_at":    byTime(func(i kind.Invocation) *nemo.Time { return i.StartedAt }),
		"ended_at":      byTime(func(i kind.Invocation) *nemo.Time { return i.EndedAt }),
		"invocation_id": {compare: func(a, b kind.Invocation) int { return cmp.Compare(a.InvocationID, b.InvocationID) }},
		"models":        byTexts(func(i kind.Invocation) []string { return i.Models }),
		"tasks":         byTexts(func(i kind.Invocation) []string { return i.Tasks }),
		"experiments":   byTexts(func(i kind.Invocation) []string { return i.Experiments }),
		"jobs":          {compare: func(a, b kind.Invocation) int { return cmp.Compare(a.Jobs, b.Jobs) }},
	}
}

// countOf is a number with its noun.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
