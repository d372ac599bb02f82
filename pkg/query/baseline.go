package query

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Pinned is one source of a named baseline: runs of one store, by id.
type Pinned struct {
	Store Store
	Runs  []PinnedRun
	Whole bool // as in [Found]
}

// PinnedRun is a run of a baseline. What was digested, and how, is for the caller
// to know.
type PinnedRun struct {
	ID     string
	Digest string
}

// Baselines finds what a name behind "@" stands for. The error is NotFound if
// nothing has that name.
type Baselines func(ctx context.Context, name string) ([]Pinned, error)

// baseline finds the runs that @NAME is pinned to: one Found for each of its
// sources.
func (r Resolver) baseline(ctx context.Context, source Source) ([]Found, error) {
	if r.Baselines == nil {
		return nil, &Error{Code: NotFound, Message: "no baseline " + source.Baseline}
	}
	pinned, err := r.Baselines(ctx, source.Baseline)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(pinned))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, p := range pinned {
		found[i] = Found{Source: source, Store: p.Store, Whole: p.Whole, Runs: make([]Run, len(p.Runs)), Digests: map[string]string{}, Fresh: true}
		for k, run := range p.Runs {
			found[i].Digests[run.ID] = run.Digest
			group.Go(func() (err error) {
				found[i].Runs[k], err = p.Store.Run(groupCtx, run.ID)
				if HasCode(err, NotFound) {
					return &Error{
						Code: NotFound, Message: fmt.Sprintf("no run %s in %s, to which %s is pinned", run.ID, p.Store.URI(), source.Text),
						Hint: "evalctl baseline set " + source.Baseline + " SELECTOR   pins it again",
					}
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range found {
		slices.SortFunc(found[i].Runs, byJobIndex)
		if found[i].Notes, err = r.exportedSince(ctx, found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// exportedSince warns of runs that would now stand for jobs of a baseline in place
// of the pinned ones.
func (r Resolver) exportedSince(ctx context.Context, found Found) ([]nemo.Warning, error) {
	pinned, asked := map[string]Run{}, map[string]bool{}
	for _, run := range found.Runs {
		if run.JobID() != "" {
			pinned[run.JobID()] = run
		}
	}
	var jobs []string
	var newer []Run
	for _, run := range found.Runs {
		condition := Condition{Tag, TagInvocation, Equal, run.InvocationID()}
		if condition.Value == "" {
			condition = Condition{Tag, TagJob, Equal, run.JobID()}
		}
		if condition.Value == "" || asked[condition.Value] {
			continue
		}
		asked[condition.Value] = true
		runs, err := All(found.Store.Search(ctx, Search{Filter: Filter{condition}, View: r.Selection.View}))
		if HasCode(err, Offline) {
			continue // nobody can tell
		}
		if err != nil {
			return nil, err
		}
		for _, other := range runs {
			// One that is older stands for the job where the pinned run was deleted, and
			// was there when that was pinned.
			was, ok := pinned[other.JobID()]
			if ok && other.ID != was.ID && preferred(other, was) < 0 && other.StartTime.After(was.StartTime) {
				newer, jobs = append(newer, other), append(jobs, other.JobID())
			}
		}
	}
	if len(newer) == 0 {
		return nil, nil
	}
	slices.Sort(jobs)
	return []nemo.Warning{{
		Code: "BASELINE_REEXPORTED",
		Message: fmt.Sprintf("%s of %s was exported again since it was pinned; the pinned runs count",
			plural(len(slices.Compact(jobs)), "job", "jobs"), found.Source.Text),
		RunIDs: runIDs(newer), Keys: slices.Compact(jobs),
	}}, nil
}
