package artifacts

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Offline answers in place of remote stores with what a cache has of them. What it
// does not have is an error of code Offline and counted; a run that was not at its
// end when it was last seen is never told of.
type Offline struct {
	cache *Cache

	mu       sync.Mutex
	searches map[string]bool // that the cache lacks
	files    map[string]bool
	leftOut  map[string]bool // runs of lists that were not at their end
}

// Offline returns what answers from the cache alone.
func (c *Cache) Offline() *Offline {
	return &Offline{cache: c, searches: map[string]bool{}, files: map[string]bool{}, leftOut: map[string]bool{}}
}

// Lacks lists what was asked for and is not in the cache, sorted. Files are what an
// answer that was made all the same may be wrong without.
func (o *Offline) Lacks() (all, files []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	files = slices.Sorted(maps.Keys(o.files))
	return append(slices.Sorted(maps.Keys(o.searches)), files...), files
}

// LeftOut lists the runs that lists do not have as they were not at their end.
func (o *Offline) LeftOut() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.leftOut))
}

func (o *Offline) lack(set map[string]bool, what string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	set[what] = true
	return &query.Error{Code: query.Offline, Message: "the cache lacks " + what}
}

// Store answers for a remote store, of which only what needs no network is used.
func (o *Offline) Store(store query.Store, workspace string) query.Store {
	return &replay{Store: store, offline: o, workspace: workspace}
}

// replay is a store as a cache remembers it.
type replay struct {
	query.Store
	offline   *Offline
	workspace string

	once     sync.Once
	searches []searchRecord
}

// IsOffline reports whether a store answers from the cache.
func IsOffline(store query.Store) bool {
	_, ok := store.(*replay)
	return ok
}

// atEnd reports whether nothing more will happen to a run.
func atEnd(run query.Run) bool {
	return run.Status != query.StatusRunning && run.Status != query.StatusScheduled
}

// recall returns what was remembered under a question.
func (r *replay) recall(asked, into any) bool {
	key, err := json.Marshal(asked)
	if err != nil {
		return false
	}
	c := r.offline.cache
	content, ok := c.load(filepath.Join(c.searchFolder(r.Store, r.workspace), digestOf(string(key))))
	return ok && json.Unmarshal(content, into) == nil
}

// all are the searches of the store that are remembered, by the names of their
// entries.
func (r *replay) all() []searchRecord {
	r.once.Do(func() {
		dir := r.offline.cache.searchFolder(r.Store, r.workspace)
		entries, err := os.ReadDir(dir) // sorted
		if err != nil {
			return
		}
		for _, entry := range entries {
			var record searchRecord
			content, ok := r.offline.cache.load(filepath.Join(dir, entry.Name()))
			if ok && json.Unmarshal(content, &record) == nil && (record.Runs != nil || record.Complete) {
				r.searches = append(r.searches, record)
			}
		}
	})
	return r.searches
}

func (r *replay) Experiments(_ context.Context, view query.View) ([]query.Experiment, error) {
	var record experimentsRecord
	if !r.recall(experimentsAsked(view), &record) {
		return nil, r.offline.lack(r.offline.searches, "the experiments of "+r.URI())
	}
	return record.Experiments, nil
}

// Search answers a search that was asked before, or one whose runs a wider one has
// that was read to its end. Of an invocation or job by the beginning of its id it
// also answers from what is known of it whole.
func (r *replay) Search(_ context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		runs, complete, ok := r.known(search)
		if !ok {
			yield(query.Run{}, r.offline.lack(r.offline.searches, describeSearch(search)+" in "+r.URI()))
			return
		}
		byID := namesRuns(search)
		for i, run := range runs {
			switch {
			case search.Limit > 0 && i == search.Limit:
				return
			case !atEnd(run) && byID:
				yield(query.Run{}, r.running(run))
				return
			case !atEnd(run):
				r.offline.mu.Lock()
				r.offline.leftOut[run.ID] = true
				r.offline.mu.Unlock()
			case !yield(run, nil):
				return
			}
		}
		if !complete && (search.Limit == 0 || len(runs) < search.Limit) {
			yield(query.Run{}, r.offline.lack(r.offline.searches, describeSearch(search)+" in "+r.URI()+" after the newest "+strconv.Itoa(len(runs))))
		}
	}
}

func (r *replay) running(run query.Run) error {
	return r.offline.lack(r.offline.searches, "how run "+run.ID+" ended, which was "+run.Status)
}

// known finds the runs of a search.
func (r *replay) known(search query.Search) (runs []query.Run, complete, ok bool) {
	asked, _ := json.Marshal(askedBy(search))
	var best searchRecord
	for _, record := range r.all() {
		if key, _ := json.Marshal(askedBy(record.search())); record.RunID == "" && string(key) == string(asked) || covers(record, search) {
			some, readable := runsOf(record, search)
			if readable && (!ok || record.Complete && !complete || record.Complete == complete && record.Seen.After(best.Seen)) {
				runs, complete, ok, best = some, record.Complete, true, record
			}
		}
	}
	if ok {
		return runs, complete, true
	}
	if !namesRuns(search) {
		return nil, false, false
	}
	seen := map[string]time.Time{}
	byRun := map[string]query.Run{}
	for _, record := range r.all() {
		if !record.Complete || record.RunID != "" || record.View != search.View || !namesRuns(query.Search{Filter: record.Filter, Any: record.Any}) {
			continue
		}
		some, readable := runsOf(record, search)
		for _, run := range some {
			if at, there := seen[run.ID]; readable && (!there || record.Seen.After(at)) {
				seen[run.ID], byRun[run.ID] = record.Seen, run
			}
		}
	}
	runs = slices.Collect(maps.Values(byRun))
	slices.SortFunc(runs, newestFirst)
	return runs, true, len(runs) > 0
}

// runsOf are the runs of a record that a search is about; false if the record is
// damaged.
func runsOf(record searchRecord, search query.Search) ([]query.Run, bool) {
	runs := []query.Run{}
	for _, r := range record.Runs {
		run, err := r.run()
		if err != nil {
			return nil, false
		}
		if search.Match(run) && (search.Experiments == nil || slices.Contains(search.Experiments, run.ExperimentID)) {
			runs = append(runs, run)
		}
	}
	return runs, true
}

// search is what was asked.
func (r searchRecord) search() query.Search {
	return query.Search{Filter: r.Filter, Any: r.Any, Raw: r.Raw, Experiments: r.Experiments, View: r.View}
}

// covers reports whether every run of a search is among those of a record.
func covers(record searchRecord, search query.Search) bool {
	if !record.Complete || record.RunID != "" || record.View != search.View || record.Raw != "" || search.Raw != "" || len(record.Any) > 0 {
		return false
	}
	if len(record.Experiments) > 0 {
		wanted := func(id string) bool { return slices.Contains(record.Experiments, id) }
		if len(search.Experiments) == 0 || slices.ContainsFunc(search.Experiments, func(id string) bool { return !wanted(id) }) {
			return false
		}
	}
	for _, wide := range record.Filter {
		if !slices.ContainsFunc(search.Filter, func(narrow query.Condition) bool { return implies(narrow, wide) }) {
			return false
		}
	}
	return true
}

// implies reports whether each run that meets one condition meets another.
func implies(narrow, wide query.Condition) bool {
	if narrow == wide {
		return true
	}
	if invocation, _, found := strings.Cut(narrow.Value, "."); found && narrow.Entity == query.Tag && narrow.Key == query.TagJob && narrow.Op == query.Equal {
		// The id of a job begins with that of its invocation.
		narrow = query.Condition{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: invocation}
	}
	if narrow.Entity != wide.Entity || narrow.Key != wide.Key {
		return false
	}
	switch {
	case narrow == wide:
		return true
	case wide.Op == query.HasPrefix:
		return (narrow.Op == query.Equal || narrow.Op == query.HasPrefix) && strings.HasPrefix(narrow.Value, wide.Value)
	case wide.Op == query.AtLeast || wide.Op == query.Before:
		n, nErr := strconv.ParseInt(narrow.Value, 10, 64)
		w, wErr := strconv.ParseInt(wide.Value, 10, 64)
		return nErr == nil && wErr == nil && narrow.Op == wide.Op && (wide.Op == query.AtLeast && n >= w || wide.Op == query.Before && n <= w)
	}
	return false
}

// namesRuns reports whether a search is for an invocation, a job or a bundle by the
// beginning of its id.
func namesRuns(search query.Search) bool {
	if len(search.Filter) != 1 || len(search.Any) > 0 || search.Raw != "" {
		return false
	}
	c := search.Filter[0]
	id := c.Key == query.TagInvocation || c.Entity == query.Tag && c.Key == query.TagJob
	return id && (c.Op == query.Equal || c.Op == query.HasPrefix && len(c.Value) >= query.MinPrefix)
}

func describeSearch(search query.Search) string {
	if namesRuns(search) {
		return "the runs of " + search.Filter[0].Value
	}
	what, alternatives := "runs", []string(nil)
	for _, filter := range search.Any {
		// How evaluations of odd shapes are told from other runs is many words.
		odd := slices.ContainsFunc(filter, func(c query.Condition) bool { return c.Op == query.Absent })
		if tagged := slices.Equal(filter, query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}); odd || tagged {
			what = "evaluations"
		} else {
			alternatives = append(alternatives, filter.String())
		}
	}
	var parts []string
	for _, part := range []string{search.Filter.String(), strings.Join(alternatives, " OR "), search.Raw} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "a list of all " + what
	}
	return "a list of the " + what + " with " + strings.Join(parts, " AND ")
}

func (r *replay) Run(_ context.Context, id string) (query.Run, error) {
	var best query.Run
	var seen time.Time
	for _, record := range r.all() {
		for _, known := range record.Runs {
			if known.ID != id || best.ID != "" && !record.Seen.After(seen) {
				continue
			}
			if run, err := known.run(); err == nil {
				best, seen = run, record.Seen
			}
		}
	}
	switch {
	case best.ID != "" && atEnd(best):
		return best, nil
	case best.ID != "":
		return query.Run{}, r.running(best)
	}
	return query.Run{}, r.offline.lack(r.offline.searches, "run "+id+" in "+r.URI())
}

func (r *replay) List(_ context.Context, run query.Run, dir string) ([]query.File, error) {
	if files, ok := r.listing(run, dir); ok {
		return files, nil
	}
	return nil, r.offline.lack(r.offline.files, "the list of "+describeFile(run, dir+"/"))
}

func (r *replay) listing(run query.Run, dir string) ([]query.File, bool) {
	if dir == "." {
		dir = ""
	}
	files := []query.File{}
	content, ok := r.offline.cache.load(r.offline.cache.runEntry(listingsFolder, r.Store, run, dir))
	ok = ok && json.Unmarshal(content, &files) == nil
	return files, ok
}

// Open is asked for files that the cache does not have.
func (r *replay) Open(_ context.Context, run query.Run, name string) (query.Content, error) {
	absent := &query.Error{Code: query.NotFound, Message: "no file " + name}
	if _, ok := r.offline.cache.load(r.offline.cache.runEntry(absentFolder, r.Store, run, name)); ok {
		return query.Content{}, absent
	}
	if files, ok := r.listing(run, path.Dir(name)); ok && !slices.ContainsFunc(files, func(f query.File) bool { return f.Path == name }) {
		return query.Content{}, absent
	}
	return query.Content{}, r.offline.lack(r.offline.files, describeFile(run, name))
}

func describeFile(run query.Run, name string) string {
	if run.JobID() != "" {
		return name + " of job " + run.JobID()
	}
	return name + " of run " + run.ID
}
