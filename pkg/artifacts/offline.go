package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/evalctl/evalctl/pkg/nemo"
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
	return &replay{Store: store, offline: o, workspace: workspace, prefixes: map[string]bool{}}
}

// replay is a store as a cache remembers it.
type replay struct {
	query.Store
	offline   *Offline
	workspace string

	once sync.Once
	runs *knowledge // see known

	mu       sync.Mutex
	prefixes map[string]bool // beginnings of ids that were taken for those that are known
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
func (r *replay) recall(asked any) (remembered, bool) {
	content, ok := r.offline.cache.load(r.offline.cache.answerFile(r.Store, r.workspace, asked))
	return decodeAnswer(content, ok)
}

func decodeAnswer(content []byte, ok bool) (remembered, bool) {
	var answer remembered
	ok = ok && json.Unmarshal(content, &answer) == nil
	return answer, ok
}

// known is what the searches of the store that are remembered tell.
func (r *replay) known() *knowledge {
	r.once.Do(func() {
		cache := r.offline.cache
		dir := cache.searchFolder(r.Store, r.workspace)
		entries, _ := os.ReadDir(dir) // sorted; what cannot be read is lacking
		var answers []remembered
		for _, entry := range entries {
			if !isDigest(entry.Name(), 2*sha256.Size) {
				continue
			}
			if answer, ok := decodeAnswer(cache.load(filepath.Join(dir, entry.Name()))); ok && answer.Search != nil {
				answers = append(answers, answer)
			}
		}
		r.runs = learn(answers)
	})
	return r.runs
}

func (r *replay) Experiments(_ context.Context, view query.View) ([]query.Experiment, error) {
	answer, ok := r.recall(experimentsAsked(view))
	if !ok {
		return nil, r.offline.lack(r.offline.searches, "the experiments of "+r.URI())
	}
	return answer.Experiments, nil
}

// Search answers from what is known of runs ([knowledge]).
func (r *replay) Search(_ context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		what := describeSearch(search) + " in " + r.URI()
		known, why, ok := r.known().answer(search)
		if !ok && beginsID(search) {
			if known, ok = r.known().byBeginning(search); ok {
				r.mu.Lock()
				r.prefixes[search.Filter[0].Value] = true
				r.mu.Unlock()
			}
		}
		if !ok {
			yield(query.Run{}, r.offline.lack(r.offline.searches, what+why))
			return
		}
		byID := namesRuns(search)
		for i, run := range known.runs {
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
		if !known.complete && (search.Limit == 0 || len(known.runs) < search.Limit) {
			yield(query.Run{}, r.offline.lack(r.offline.searches, what+" after the newest "+strconv.Itoa(len(known.runs))))
		}
	}
}

func (r *replay) running(run query.Run) error {
	return r.offline.lack(r.offline.searches, "how run "+run.ID+" ended, which was "+run.Status)
}

// Warnings say of which beginnings of ids the store itself may know more.
func (r *replay) Warnings() []nemo.Warning {
	r.mu.Lock()
	defer r.mu.Unlock()
	var warnings []nemo.Warning
	for _, prefix := range slices.Sorted(maps.Keys(r.prefixes)) {
		warnings = append(warnings, nemo.Warning{
			Code:    "SHORT_ID_OFFLINE",
			Message: prefix + " begins one id that the cache knows; in " + r.URI() + " it may begin others too",
		})
	}
	return warnings
}

func (r *replay) Run(_ context.Context, id string) (query.Run, error) {
	switch s, ok := r.known().runs[id]; {
	case !ok || s.lost:
		return query.Run{}, r.offline.lack(r.offline.searches, "run "+id+" in "+r.URI())
	case !atEnd(s.run):
		return query.Run{}, r.running(s.run)
	default:
		return s.run, nil
	}
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
