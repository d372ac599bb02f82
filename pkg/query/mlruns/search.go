package mlruns

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// parallel is how many runs are read at once: shared file systems answer slowly,
// but many at a time.
const parallel = 16

// Search yields the runs that match. Of a run that does not match, no more files
// are read than it takes to tell: one tag, mostly. Where all matches are wanted,
// the filter comes first; where few are, the start times do, and the filter is
// asked from the newest run on until there are enough. Tags, parameters and
// metrics in full are read of runs that match, shortly before their turn.
func (s *Store) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		raw, err := filterlang.Parse(search.Raw)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		few := search.Limit > 0 || search.Expected > 0
		first, rest := newPlan(search, raw, few), plan{}
		if few {
			first, rest = first.described(), first
		}
		records, err := s.records(ctx, search, first)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		// What the file system took for a name may not be that name.
		isMatch := func(r *record, run query.Run) bool {
			return search.Match(run) && raw.Match(filterlang.Record{Run: run, UserID: r.meta.user, Inputs: r.known.Inputs})
		}
		s.finish(ctx, records, rest, search.Limit, isMatch)(yield)
	}
}

// records finds the runs that meet a plan, newest first.
func (s *Store) records(ctx context.Context, search query.Search, p plan) ([]*record, error) {
	experiments, err := s.experiments(ctx, search.View, search.Experiments)
	if err != nil {
		return nil, err
	}
	lists := make([][]*record, len(experiments))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range experiments {
		group.Go(func() (err error) {
			lists[i], err = s.list(groupCtx, &experiments[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	records, err := s.sift(ctx, slices.Concat(lists...), func(ctx context.Context, r *record) (bool, error) {
		if ok, err := s.decide(ctx, r, p); err != nil || !ok {
			return false, err
		}
		there, err := s.describe(ctx, r)
		return err == nil && there && (search.View == query.WithDeleted || !r.meta.deleted), err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(records, func(a, b *record) int {
		return cmp.Or(b.meta.start.Compare(a.meta.start), strings.Compare(a.meta.id, b.meta.id))
	})
	return records, nil
}

// sift returns the records that keep wants. Runs that cannot be read are not among
// them, and are noted.
func (s *Store) sift(ctx context.Context, records []*record, keep func(context.Context, *record) (bool, error)) ([]*record, error) {
	wanted := make([]bool, len(records))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	together := min(32, len(records)/parallel+1)
	for start := 0; start < len(records); start += together {
		group.Go(func() error {
			for i, r := range records[start:min(start+together, len(records))] {
				if err := query.Stopped(ctx); err != nil {
					return err
				}
				ok, err := keep(ctx, r)
				wanted[start+i] = ok && err == nil
				if err := s.damage.takeRun(r.folder, err); err != nil {
					return err
				}
				r.forget()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var kept []*record
	for i, r := range records {
		if wanted[i] {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// list names what may be the runs of an experiment.
func (s *Store) list(ctx context.Context, in *experiment) ([]*record, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	names, err := s.folders(in.folder)
	if err != nil {
		if runfolder.Absent(err) {
			return nil, nil // deleted meanwhile
		}
		return nil, s.damage.takeExperiment(in.folder, unreadable(in.folder, err))
	}
	records := make([]*record, 0, len(names))
	for _, name := range names {
		if !isReserved(name) {
			records = append(records, &record{in: in, folder: join(in.folder, name)})
		}
	}
	return records, nil
}

// finish yields the runs of those records that meet what is left of a plan. It
// decides on some records together, and reads no more runs in full than are wanted.
func (s *Store) finish(ctx context.Context, records []*record, rest plan, limit int, isMatch func(*record, query.Run) bool) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		wanted := cmp.Or(max(limit, 0), len(records))
		for some := range slices.Chunk(records, parallel) {
			some, err := s.sift(ctx, some, func(ctx context.Context, r *record) (bool, error) { return s.decide(ctx, r, rest) })
			for err == nil && len(some) > 0 {
				n := min(len(some), wanted)
				var runs []*query.Run
				if runs, err = s.loadAll(ctx, some[:n]); err != nil {
					break
				}
				for i, run := range runs {
					if run == nil || !isMatch(some[i], *run) {
						continue
					}
					if wanted--; !yield(*run, nil) || wanted == 0 {
						return
					}
				}
				some = some[n:]
			}
			if err != nil {
				yield(query.Run{}, err)
				return
			}
		}
	}
}

// loadAll reads runs in full, side by side; nil for one that cannot be read.
func (s *Store) loadAll(ctx context.Context, records []*record) ([]*query.Run, error) {
	runs := make([]*query.Run, len(records))
	group, ctx := errgroup.WithContext(ctx)
	for i, r := range records {
		group.Go(func() error {
			run, err := s.load(ctx, r.in, r.folder, r.meta)
			if err == nil {
				runs[i] = &run
			}
			return s.damage.takeRun(r.folder, err)
		})
	}
	return runs, group.Wait()
}

// Run returns the run with this id, deleted or not.
func (s *Store) Run(ctx context.Context, id string) (query.Run, error) {
	in, folder, m, err := s.find(ctx, id)
	if err != nil {
		return query.Run{}, err
	}
	run, err := s.load(ctx, in, folder, m)
	return run, s.whole(id, err)
}

// whole turns a damage of a run that was asked for by its id into an error.
func (s *Store) whole(id string, err error) error {
	found, ok := asDamageOf(err)
	if !ok {
		return err
	}
	return &query.Error{Code: query.Corrupt, Message: "run " + id + " cannot be read: " + s.show(found.path), Err: found.err}
}

// find looks for a run in every experiment, the deleted ones too.
func (s *Store) find(ctx context.Context, id string) (*experiment, string, *meta, error) {
	missing := &query.Error{Code: query.NotFound, Message: "no run " + quoted(id) + " in " + s.uri}
	if !isID(id, longestRunID) || isReserved(id) {
		return nil, "", nil, missing
	}
	folders, err := s.experimentFolders(ctx, true)
	if err != nil {
		return nil, "", nil, err
	}
	metas := make([]*meta, len(folders))
	damages := make([]error, len(folders))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, folder := range folders {
		group.Go(func() (err error) {
			if err = query.Stopped(groupCtx); err == nil {
				metas[i], err = s.runMeta(groupCtx, idOf(folder), join(folder, id))
			}
			if err == nil && metas[i] == nil {
				err = s.strayed(join(folder, id))
			}
			if _, ok := asDamageOf(err); ok {
				damages[i], err = err, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, "", nil, err
	}
	for i, m := range metas {
		if m == nil {
			continue
		}
		in, err := s.experiment(ctx, folders[i])
		if err := s.damage.takeExperiment(folders[i], err); err != nil {
			return nil, "", nil, err
		}
		if in == nil { // its meta.yaml is gone; the run is whole
			in = &experiment{Experiment: query.Experiment{ID: idOf(folders[i])}, folder: folders[i]}
		}
		return in, join(folders[i], id), m, nil
	}
	for i, err := range damages {
		// A folder that cannot be entered at all may hold anything.
		if found, ok := asDamageOf(err); ok {
			if _, statErr := s.root.Lstat(join(folders[i], id)); statErr == nil {
				return nil, "", nil, s.whole(id, found)
			}
			missing.Hint = fmt.Sprintf("%s could not be looked into: %v", s.show(folders[i]), found.err)
		}
	}
	return nil, "", nil, missing
}
