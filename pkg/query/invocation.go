package query

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// invocation finds the runs of an invocation, or of one of its jobs: those with its
// id in the tag, and those with it in the parameter where a user's own tag took the
// place of the exporter's, which need not be all. A tag that can be the launcher's
// is believed before a parameter, which stays as it was when a run is exported
// again; only if nothing else has the id, the parameter alone tells.
func (r Resolver) invocation(ctx context.Context, store Store, source Source) ([]Run, error) {
	op := HasPrefix // eight digits can be a whole id, too
	if len(source.ID) == longInvocation {
		op = Equal
	}
	byParam := Search{Filter: Filter{{Param, ParamInvocation, op, source.ID}}, View: r.Selection.View}
	byTag := Search{Filter: Filter{{Tag, TagInvocation, op, source.ID}}, View: r.Selection.View}
	if source.Kind == ByJob && op == Equal {
		byTag.Filter = Filter{{Tag, TagJob, Equal, source.ID + "." + strconv.Itoa(source.Job)}}
	}
	runs, err := searchBoth(ctx, store, byTag, byParam)
	if err != nil {
		return nil, err
	}
	idOf := Run.InvocationID
	told := slices.DeleteFunc(slices.Clone(runs), func(run Run) bool {
		return !strings.HasPrefix(strings.ToLower(run.InvocationID()), source.ID)
	})
	if len(told) == 0 {
		told, idOf = runs, func(run Run) string { return run.Params[ParamInvocation] }
	}
	if runs, err = oneOf(source, told, idOf); err != nil {
		return nil, err
	}
	if source.Kind == ByJob {
		runs = slices.DeleteFunc(runs, func(run Run) bool {
			n, ok := nemo.JobIndex(run.JobID())
			return !ok || n != source.Job
		})
	}
	return runs, nil
}

// searchBoth yields what either search finds, each run once, in the order of a
// search.
func searchBoth(ctx context.Context, store Store, searches ...Search) ([]Run, error) {
	found := make([][]Run, len(searches))
	group, ctx := errgroup.WithContext(ctx)
	for i, search := range searches {
		group.Go(func() (err error) {
			found[i], err = All(store.Search(ctx, search))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	runs := slices.Concat(found...)
	slices.SortFunc(runs, NewestFirst)
	return slices.CompactFunc(runs, func(a, b Run) bool { return a.ID == b.ID }), nil
}

// Launch finds every run of the invocation with this id, newest start first.
func (r Resolver) Launch(ctx context.Context, store Store, id string) ([]Run, error) {
	launches, err := r.Launches(ctx, store, []string{id})
	return launches[id], err
}

// Launches is [Resolver.Launch] for several invocations at once, for stores that go
// through all runs to find those of one.
func (r Resolver) Launches(ctx context.Context, store Store, ids []string) (map[string][]Run, error) {
	byTag, byParam := Search{View: r.Selection.View}, Search{View: r.Selection.View}
	launches := make(map[string][]Run, len(ids))
	switch len(ids) {
	case 0:
		return launches, nil
	case 1: // as a selector asks
		byTag.Filter = Filter{{Tag, TagInvocation, Equal, ids[0]}}
		byParam.Filter = Filter{{Param, ParamInvocation, Equal, ids[0]}}
	default:
		for _, id := range ids {
			byTag.Any = append(byTag.Any, Filter{{Tag, TagInvocation, Equal, id}})
			byParam.Any = append(byParam.Any, Filter{{Param, ParamInvocation, Equal, id}})
		}
	}
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	runs, err := searchBoth(ctx, store, byTag, byParam)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if id := run.InvocationID(); asked[id] {
			launches[id] = append(launches[id], run)
		}
	}
	return launches, nil
}

// evaluationsOf leaves out what other programs logged beside evaluations: the runs of
// experiments that are in no invocation. If none is in one, they are all there is.
func evaluationsOf(runs []Run) []Run {
	evaluations := slices.DeleteFunc(slices.Clone(runs), func(run Run) bool { return run.InvocationID() == "" && run.ExperimentID != "" })
	if len(evaluations) == 0 {
		return runs
	}
	return evaluations
}

// oneOf keeps the runs of the one invocation, or of the one bundle, that is meant:
// whose id is exactly the source's, else the only one there is.
func oneOf(source Source, runs []Run, idOf func(Run) string) ([]Run, error) {
	byID := map[string][]Run{}
	for _, run := range runs {
		id := idOf(run)
		if source.Kind != ByBundle {
			id = strings.ToLower(id)
		}
		byID[id] = append(byID[id], run)
	}
	if exact, ok := byID[source.ID]; ok && source.ID != "" {
		return exact, nil
	}
	if len(byID) <= 1 {
		return runs, nil
	}
	ids := "invocation ids"
	if source.Kind == ByBundle {
		ids = "run ids"
	}
	what := fmt.Sprintf("%q is the beginning of %d %s", source.Text, len(byID), ids)
	hint := "name one with more digits"
	if source.Kind == ByPath {
		what = fmt.Sprintf("%s holds %d invocations", source.Path, len(byID))
		hint = "--tracking-uri " + source.Path + " and an id names one, and so does the folder of one"
	}
	return nil, &Error{Code: Ambiguous, Message: what, Hint: hint, Candidates: sortedKeys(byID)}
}
