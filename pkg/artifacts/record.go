package artifacts

import (
	"context"
	"encoding/json"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// recorder is a store whose answers are kept for a time without it.
type recorder struct {
	query.Store
	cache     *Cache
	workspace string
}

// Record returns a remote store that keeps what it answers: searches with the
// records of their runs, listings of FINISHED runs, and which files those do not
// have. Values of tags and parameters that look like credentials are left out, and
// so are searches for one. What is kept is never taken in place of the store's own
// answer; it is for [Cache.Offline]. The workspace is part of what was asked.
func (c *Cache) Record(store query.Store, workspace string) query.Store {
	if c == nil || c.Dir == "" || !store.Remote() {
		return store
	}
	return &recorder{store, c, workspace}
}

// maxRecorded bounds the runs of a search that are kept: what is larger is for a
// server.
const maxRecorded = 2000

// remembered is an answer of a store: one of those below.
type remembered struct {
	Seen        time.Time // when; what was written later is never of an earlier time
	Search      *searchRecord
	Registry    *registryRecord
	Experiments []query.Experiment
}

// searchRecord is a search and its answer: the first runs, or all of them.
type searchRecord struct {
	Filter      query.Filter
	Any         []query.Filter
	Raw         string
	Experiments []string
	View        query.View
	RunID       string // not a search but one run, by id; there may be none

	Complete bool
	Runs     []runRecord
}

// runRecord is a run; metrics are text, which can be any number.
type runRecord struct {
	query.Run
	Metrics  map[string]string
	Redacted []string // fields whose values are not kept: tags.NAME, params.NAME
}

func recordOf(run query.Run) runRecord {
	r := runRecord{Run: run, Metrics: map[string]string{}}
	for key, value := range run.Metrics {
		r.Metrics[key] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	r.Run.Metrics = nil
	r.ArtifactURI = withoutLogin(run.ArtifactURI)
	var tags, params []string
	r.Tags, tags = withoutSecrets(query.Tag, run.Tags)
	r.Params, params = withoutSecrets(query.Param, run.Params)
	r.Redacted = slices.Concat(tags, params)
	return r
}

// run is the recorded run; a metric that is no number is a damaged record.
func (r runRecord) run() (query.Run, error) {
	run := r.Run
	run.Metrics = make(map[string]float64, len(r.Metrics))
	for key, text := range r.Metrics {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return run, errDamaged
		}
		run.Metrics[key] = value
	}
	run.StartTime, run.EndTime = inUTC(run.StartTime), inUTC(run.EndTime)
	return run, nil
}

func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// searchFolder is where the searches of a store are.
func (c *Cache) searchFolder(store query.Store, workspace string) string {
	return filepath.Join(c.Folder(), searchesFolder, digestOf(store.URI(), workspace)[:32])
}

// answerFile is the entry for the answer to a question.
func (c *Cache) answerFile(store query.Store, workspace string, asked any) string {
	key, err := json.Marshal(asked)
	if err != nil {
		return ""
	}
	return filepath.Join(c.searchFolder(store, workspace), digestOf(string(key)))
}

// lastSeen is what the entry that has the time of the last answer is of.
const lastSeen = "last seen"

// remember keeps an answer of a store under what was asked. A cache that cannot be
// written costs what is known without the store, not the answer.
func (r *recorder) remember(asked any, answer remembered) {
	r.cache.clock.Lock()
	defer r.cache.clock.Unlock()
	keep := func(name, path string, answer remembered) {
		if content, err := json.Marshal(answer); err == nil && name != "" {
			_ = r.cache.keep(name, label{Store: r.URI(), Path: path}, content)
		}
	}
	// Clocks are set back; the order of answers must not be.
	var last remembered
	if r.cache.Now != nil {
		answer.Seen = r.cache.Now()
	}
	name := r.cache.answerFile(r.Store, r.workspace, lastSeen)
	if content, ok := r.cache.read(name); ok && json.Unmarshal(content, &last) == nil && !answer.Seen.After(last.Seen) {
		answer.Seen = last.Seen.Add(1)
	}
	keep(name, lastSeen, remembered{Seen: answer.Seen})
	keep(r.cache.answerFile(r.Store, r.workspace, asked), "", answer)
}

func (r *recorder) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		record, whole := askedBy(search), true
		for run, err := range r.Store.Search(ctx, search) {
			if err != nil {
				yield(run, err)
				return
			}
			if whole = len(record.Runs) < maxRecorded; whole {
				record.Runs = append(record.Runs, recordOf(run))
			}
			if !yield(run, nil) {
				r.rememberSearch(search, record)
				return
			}
		}
		record.Complete = whole && (search.Limit == 0 || len(record.Runs) < search.Limit)
		r.rememberSearch(search, record)
	}
}

// rememberSearch keeps an answer beside those that have more of it, or less.
func (r *recorder) rememberSearch(search query.Search, record searchRecord) {
	if asksForSecret(search) {
		return
	}
	asked := struct {
		searchRecord
		First int // of an answer of which there may be more
	}{searchRecord: askedBy(search)}
	if !record.Complete {
		asked.First = len(record.Runs)
	}
	r.remember(asked, remembered{Search: &record})
}

// askedBy is a search without an answer. How many runs were wanted is no part of
// it.
func askedBy(search query.Search) searchRecord {
	return searchRecord{Filter: search.Filter, Any: search.Any, Raw: search.Raw, Experiments: slices.Sorted(slices.Values(search.Experiments)), View: search.View}
}

func (r *recorder) Run(ctx context.Context, id string) (query.Run, error) {
	run, err := r.Store.Run(ctx, id)
	record := searchRecord{RunID: id, Complete: true}
	switch {
	case err == nil:
		record.Runs = []runRecord{recordOf(run)}
	case !query.HasCode(err, query.NotFound):
		return run, err
	}
	r.remember(searchRecord{RunID: id}, remembered{Search: &record})
	return run, err
}

func (r *recorder) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	experiments, err := r.Store.Experiments(ctx, view)
	if err == nil {
		r.remember(experimentsAsked(view), remembered{Experiments: experiments})
	}
	return experiments, err
}

func experimentsAsked(view query.View) string { return "experiments " + strconv.Itoa(int(view)) }

func (r *recorder) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	files, err := r.Store.List(ctx, run, dir)
	if err != nil {
		return files, err
	}
	name := r.cache.runEntry(listingsFolder, r.Store, run, dir)
	for _, file := range r.cache.listing(name) {
		if !slices.ContainsFunc(files, func(f query.File) bool { return f.Path == file.Path }) {
			remove(r.cache.entry(r.Store, run, file.Path)) // what was kept of it is of the past
		}
	}
	if content, err := json.Marshal(files); err == nil {
		_ = r.cache.keep(name, ofRun(r.Store, run, dir), content)
	}
	return files, nil
}

// listing is a list of files that was kept; nil if there is none.
func (c *Cache) listing(name string) []query.File {
	var files []query.File
	if content, ok := c.read(name); !ok || json.Unmarshal(content, &files) != nil {
		return nil
	}
	return files
}

func (r *recorder) Open(ctx context.Context, run query.Run, path string) (query.Content, error) {
	content, err := r.Store.Open(ctx, run, path)
	if query.HasCode(err, query.NotFound) {
		r.cache.putAbsent(r.Store, run, path)
	}
	return content, err
}
