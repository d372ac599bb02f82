package artifacts

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
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
// have. Values of tags and parameters that look like credentials are left out.
// What is kept is never taken in place of the store's own answer; it is for
// [Cache.Offline]. The workspace is part of what was asked.
func (c *Cache) Record(store query.Store, workspace string) query.Store {
	if c == nil || c.Dir == "" || !store.Remote() {
		return store
	}
	return &recorder{store, c, workspace}
}

// maxRecorded bounds the runs of a search that are kept: what is larger is for a
// server.
const maxRecorded = 2000

// searchRecord is a search and its answer: the first runs, or all of them.
type searchRecord struct {
	Filter      query.Filter
	Any         []query.Filter
	Raw         string
	Experiments []string
	View        query.View
	RunID       string // not a search but one run, by id

	Complete bool
	Runs     []runRecord
	Seen     time.Time // when the store said so
}

// experimentsRecord is the answer to what experiments there are.
type experimentsRecord struct{ Experiments []query.Experiment }

// runRecord is a run; metrics are text, which can be any number.
type runRecord struct {
	query.Run
	Metrics map[string]string
}

func recordOf(run query.Run) runRecord {
	r := runRecord{Run: run, Metrics: map[string]string{}}
	for key, value := range run.Metrics {
		r.Metrics[key] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	r.Run.Metrics = nil
	r.Tags, r.Params = withoutSecrets(run.Tags), withoutSecrets(run.Params)
	return r
}

func withoutSecrets(values map[string]string) map[string]string {
	kept := make(map[string]string, len(values))
	for key, value := range values {
		kept[key] = nemo.Redact(key, value)
	}
	return kept
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

// remember keeps a record of a store under what was asked. A cache that cannot be
// written costs what is known without the store, not the answer.
func (r *recorder) remember(asked, record any) {
	if search, ok := record.(searchRecord); ok && r.cache.Now != nil {
		search.Seen = r.cache.Now()
		record = search
	}
	key, err := json.Marshal(asked)
	if err != nil {
		return
	}
	content, err := json.Marshal(record)
	if err != nil {
		return
	}
	name := filepath.Join(r.cache.searchFolder(r.Store, r.workspace), digestOf(string(key)))
	_ = r.cache.keep(name, label{Store: r.URI()}, content)
}

func (r *recorder) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		record, tooMany := askedBy(search), false
		for run, err := range r.Store.Search(ctx, search) {
			if err != nil {
				yield(run, err)
				return
			}
			if len(record.Runs) < maxRecorded {
				record.Runs = append(record.Runs, recordOf(run))
			} else {
				tooMany = true
			}
			if !yield(run, nil) {
				r.remember(askedBy(search), record)
				return
			}
		}
		record.Complete = !tooMany && (search.Limit == 0 || len(record.Runs) < search.Limit)
		r.remember(askedBy(search), record)
	}
}

// askedBy is a search without an answer. How many runs were wanted is no part of
// it.
func askedBy(search query.Search) searchRecord {
	return searchRecord{Filter: search.Filter, Any: search.Any, Raw: search.Raw, Experiments: slices.Sorted(slices.Values(search.Experiments)), View: search.View}
}

func (r *recorder) Run(ctx context.Context, id string) (query.Run, error) {
	run, err := r.Store.Run(ctx, id)
	if err == nil {
		asked := searchRecord{RunID: id}
		r.remember(asked, searchRecord{RunID: id, Complete: true, Runs: []runRecord{recordOf(run)}})
	}
	return run, err
}

func (r *recorder) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	experiments, err := r.Store.Experiments(ctx, view)
	if err == nil {
		r.remember(experimentsAsked(view), experimentsRecord{experiments})
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

// newestFirst is the order of a search.
func newestFirst(a, b query.Run) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime), cmp.Compare(a.ID, b.ID))
}
