package rundir

import (
	"cmp"
	"context"
	"iter"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// parallel is how many directories are read at once: shared file systems answer
// slowly, but many at a time.
const parallel = 16

// Search yields the jobs that match. Directories of other invocations than the
// filter asks for are not entered, and the configurations of a job are read
// shortly before its turn.
func (s *Store) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		// Runs of a directory are in no experiment.
		if search.Experiments != nil && !slices.Contains(search.Experiments, "") {
			return
		}
		if search.Raw != "" {
			yield(query.Run{}, &query.Error{
				Code: query.Usage, Message: "directories cannot evaluate a filter in MLflow's language",
				Hint: "--model, --task, --harness, --tag, --status, --since and --until work on directories too",
			})
			return
		}
		jobs, err := s.jobs(ctx, search)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		yielded := 0
		for some := range slices.Chunk(jobs, parallel) {
			runs, err := readable(ctx, s, some, s.tree.run)
			if err != nil {
				yield(query.Run{}, err)
				return
			}
			for _, run := range runs {
				if !search.Match(run) {
					continue
				}
				if !yield(run, nil) {
					return
				}
				if yielded++; yielded == search.Limit {
					return
				}
			}
		}
	}
}

// Run returns the job with this id, a job id or the path of a job that has none.
func (s *Store) Run(ctx context.Context, id string) (query.Run, error) {
	found, err := s.job(ctx, id)
	if err != nil {
		return query.Run{}, err
	}
	return s.tree.run(found)
}

func (s *Store) job(ctx context.Context, id string) (job, error) {
	filter := query.Filter{{Entity: query.Attribute, Key: "run_id", Op: query.Equal, Value: id}}
	jobs, err := s.jobs(ctx, query.Search{Filter: filter})
	if err != nil {
		return job{}, err
	}
	for _, j := range jobs {
		if s.tree.runID(j) == id {
			return j, nil
		}
	}
	return job{}, &query.Error{
		Code:    query.NotFound,
		Message: "no job " + id + " in " + s.uri,
		Hint:    "a job id is <invocation id>.<n>, as in the names of the directories",
	}
}

// jobs finds the jobs that may be asked for, in the order of a search.
func (s *Store) jobs(ctx context.Context, search query.Search) ([]job, error) {
	candidates, err := s.candidates(ctx, search)
	if err != nil {
		return nil, err
	}
	jobs, err := readable(ctx, s, candidates, s.tree.settle)
	if err != nil {
		return nil, err
	}
	markCopies(jobs)
	slices.SortStableFunc(jobs, func(a, b job) int {
		return cmp.Or(b.started.Compare(a.started), strings.Compare(s.tree.runID(a), s.tree.runID(b)))
	})
	return jobs, nil
}

// candidates lists the job directories of the invocations that may be asked for.
func (s *Store) candidates(ctx context.Context, search query.Search) ([]job, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	if s.opened.records != nil {
		return s.opened.records.jobs(ctx, s.tree, search, &s.aside)
	}
	if s.opened.bundles != nil {
		return s.opened.bundles, nil // which are in no invocation
	}
	if only := s.opened.job; only != nil {
		if !mayHold(search, only.invocation) {
			return nil, nil
		}
		return []job{*only}, nil
	}
	invocations, err := s.invocations()
	if err != nil {
		return nil, err
	}
	invocations = slices.DeleteFunc(invocations, func(i invocation) bool { return !mayHold(search, i.id) })
	listed, err := each(ctx, invocations, s.listed)
	if err != nil {
		return nil, err
	}
	jobs, err := readable(ctx, s, slices.Concat(listed...), func(j job) (job, error) {
		folder, found, err := s.tree.jobFolder(j.dir)
		if !found {
			return job{}, err
		}
		j.folder = folder
		return j, err
	})
	return slices.DeleteFunc(jobs, func(j job) bool { return j.dir == "" }), err
}

// invocations lists the invocation directories by name. Others are not looked
// into: a directory of invocations is often somebody's working directory.
func (s *Store) invocations() ([]invocation, error) {
	if only := s.opened.invocation; only != nil {
		return []invocation{*only}, nil
	}
	names, broken, err := s.tree.foldersAndBroken(s.opened.dir)
	if err != nil {
		return nil, err
	}
	for name, err := range broken {
		if isInvocationName(name) {
			s.aside.noteJob(s.tree.show(path.Join(s.opened.dir, name)), err)
		}
	}
	var found []invocation
	for _, name := range names {
		if isInvocationName(name) {
			found = append(found, invocationAt(path.Join(s.opened.dir, name)))
		}
	}
	return found, nil
}

// listed names every directory of an invocation as a job; not all need be. Output
// is moved, and linked to: a link that leads nowhere was most likely a job.
func (s *Store) listed(of invocation) ([]job, error) {
	names, broken, err := s.tree.foldersAndBroken(of.dir)
	if err != nil && (s.opened.invocation != nil || runfolder.Exhausted(err)) {
		return nil, err
	}
	if err != nil {
		s.aside.noteJob(s.tree.show(of.dir), err)
	}
	for name, err := range broken {
		s.aside.noteJob(s.tree.show(path.Join(of.dir, name)), err)
	}
	jobs := make([]job, len(names))
	for i, name := range names {
		jobs[i] = jobAt(of, path.Join(of.dir, name), "")
		if jobs[i].task == "" {
			jobs[i].task = name
		}
	}
	return jobs, nil
}

// isJobID reports whether a run id is a job id and not a path.
func isJobID(id string) bool {
	invocation, index, found := strings.Cut(id, ".")
	return found && len(invocation) >= 8 && len(invocation) <= 32 && consistsOf(invocation, hexDigits) && consistsOf(index, digits)
}

// mayHold reports whether an invocation can have a job that is asked for; only its
// id is known.
func mayHold(search query.Search, invocation string) bool {
	return mayMeet(search.Filter, invocation) && (len(search.Any) == 0 ||
		slices.ContainsFunc(search.Any, func(f query.Filter) bool { return mayMeet(f, invocation) }))
}

// mayMeet is mayHold for one filter.
func mayMeet(filter query.Filter, invocation string) bool {
	known := query.Run{Tags: map[string]string{}}
	if invocation != "" {
		known.Tags[query.TagInvocation] = invocation
	}
	for _, c := range filter {
		may := true
		switch {
		case c.Entity == query.Param, // directories have none
			c.Entity == query.Tag && c.Key == query.TagInvocation:
			may = query.Filter{c}.Match(known)
		case c.Entity == query.Tag && c.Key == query.TagJob && c.Op == query.HasPrefix:
			may = strings.HasPrefix(invocation+".", c.Value) || strings.HasPrefix(c.Value, invocation+".")
		case c.Entity == query.Tag && c.Key == query.TagJob && c.Op == query.Equal:
			may = strings.HasPrefix(c.Value, invocation+".")
		case c.Entity == query.Attribute && c.Key == "run_id" && c.Op == query.Equal && isJobID(c.Value):
			may = strings.HasPrefix(c.Value, invocation+".")
		}
		if !may {
			return false
		}
	}
	return true
}

// markCopies gives each job id to one directory, so that ids stay unique: if a
// tree holds an invocation twice, the one whose name sorts last has it, which by
// the launcher's naming is the newest.
func markCopies(jobs []job) {
	owner := map[string]int{}
	for i, j := range jobs {
		id := j.jobID()
		if id == "" {
			continue
		}
		other, taken := owner[id]
		switch {
		case !taken:
			owner[id] = i
		case j.dir > jobs[other].dir:
			jobs[other].copied = true
			owner[id] = i
		default:
			jobs[i].copied = true
		}
	}
}

// each calls f for every element, at most [parallel] at once, and returns the
// results in order. Of several errors it returns the first in that order, so
// that the same tree fails in the same way.
func each[T, R any](ctx context.Context, elements []T, f func(T) (R, error)) ([]R, error) {
	results := make([]R, len(elements))
	errs := make([]error, len(elements))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, element := range elements {
		group.Go(func() error {
			if errs[i] = query.Stopped(ctx); errs[i] == nil {
				results[i], errs[i] = f(element)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// readable is [each] for jobs, without those whose directory cannot be read, which
// are noted; of a store that is one job the error comes back.
func readable[R any](ctx context.Context, s *Store, jobs []job, f func(job) (R, error)) ([]R, error) {
	type outcome struct {
		result R
		err    error
	}
	outcomes, err := each(ctx, jobs, func(j job) (outcome, error) {
		result, err := f(j)
		if err != nil && (s.opened.job != nil || ctx.Err() != nil || runfolder.Exhausted(err)) {
			return outcome{}, err
		}
		return outcome{result, err}, nil
	})
	if err != nil {
		return nil, err
	}
	var results []R
	for i, o := range outcomes {
		if o.err != nil {
			s.aside.noteJob(s.tree.show(jobs[i].dir), o.err)
			continue
		}
		results = append(results, o.result)
	}
	return results, nil
}
