// Package memstore is a tracking store in memory. It is the contract of
// [query.Store] written down as code: what it does in the plainest way, every store
// has to do.
package memstore

import (
	"cmp"
	"context"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
)

// Store holds runs. It is safe for concurrent use as long as nobody changes it.
type Store struct {
	Name   string             // its URI
	Groups []query.Experiment // by id; none of a store that knows none
	Runs   []query.Run        // in any order
	Files  map[string]Files   // by run id
}

// Files are the contents of a run's files by path.
type Files map[string]string

var _ query.Store = (*Store)(nil)

// URI is the name.
func (s *Store) URI() string { return s.Name }

// Remote is false: nothing crosses a network.
func (s *Store) Remote() bool { return false }

// RunURL returns "": there are no pages.
func (s *Store) RunURL(query.Run) string { return "" }

// Experiments lists those that a view shows.
func (s *Store) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	return slices.DeleteFunc(slices.Clone(s.Groups), func(e query.Experiment) bool { return e.Deleted && view == query.Active }), stopped(ctx)
}

// Search looks at every run.
func (s *Store) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		raw, err := filterlang.Parse(search.Raw)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		found := 0
		for _, run := range slices.SortedFunc(slices.Values(s.Runs), order) {
			if err := stopped(ctx); err != nil {
				yield(query.Run{}, err)
				return
			}
			if !s.shows(search, run) || !search.Match(run) || !raw.Match(filterlang.Record{Run: run}) {
				continue
			}
			if found++; !yield(run, nil) || found == search.Limit {
				return
			}
		}
	}
}

// order is the newest start first, then by id.
func order(a, b query.Run) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime), strings.Compare(a.ID, b.ID))
}

// shows reports whether a run is where a search looks: what is deleted, or in an
// experiment that is, is there for those who ask for it.
func (s *Store) shows(search query.Search, run query.Run) bool {
	if search.Experiments != nil && !slices.Contains(search.Experiments, run.ExperimentID) {
		return false
	}
	gone := func(e query.Experiment) bool { return e.ID == run.ExperimentID && e.Deleted }
	return search.View == query.WithDeleted || !run.Deleted && !slices.ContainsFunc(s.Groups, gone)
}

// Run finds a run by its id, deleted or not.
func (s *Store) Run(ctx context.Context, id string) (query.Run, error) {
	at := slices.IndexFunc(s.Runs, func(run query.Run) bool { return run.ID == id })
	if at < 0 {
		return query.Run{}, cmp.Or(stopped(ctx), notFound("run "+id))
	}
	return s.Runs[at], stopped(ctx)
}

// List derives folders from the paths of files.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	entries := map[string]query.File{}
	for name, content := range s.Files[run.ID] {
		rest, below := name, true
		if dir != "" {
			rest, below = strings.CutPrefix(name, dir+"/")
		}
		first, _, isDir := strings.Cut(rest, "/")
		entry := query.File{Path: path.Join(dir, first), IsDir: isDir}
		if !isDir {
			entry.Size = int64(len(content))
		}
		if below {
			entries[entry.Path] = entry
		}
	}
	return slices.SortedFunc(maps.Values(entries), func(a, b query.File) int { return strings.Compare(a.Path, b.Path) }), stopped(ctx)
}

// Open knows whether a file is there.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	if err := stopped(ctx); err != nil {
		return query.Content{}, err
	}
	content, ok := s.Files[run.ID][name]
	if !ok {
		return query.Content{}, notFound("file " + name)
	}
	return query.Content{ReadCloser: io.NopCloser(strings.NewReader(content)), Size: int64(len(content))}, nil
}

// Copy takes the runs out of another store, deleted ones included, and the files of
// those that are finished: of others there may be none, in a place that is none.
func Copy(ctx context.Context, from query.Store) (*Store, error) {
	s := &Store{Name: "memory:" + from.URI(), Files: map[string]Files{}}
	var err error
	if s.Groups, err = from.Experiments(ctx, query.WithDeleted); err != nil {
		return nil, err
	}
	if s.Runs, err = query.All(from.Search(ctx, query.Search{View: query.WithDeleted})); err != nil {
		return nil, err
	}
	for _, run := range s.Runs {
		if run.Status != query.StatusFinished {
			continue
		}
		files := Files{}
		if err := files.fill(ctx, from, run, ""); err != nil {
			return nil, err
		}
		s.Files[run.ID] = files
	}
	return s, nil
}

// fill reads every file in a folder of a run.
func (f Files) fill(ctx context.Context, from query.Store, run query.Run, dir string) error {
	entries, err := from.List(ctx, run, dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir {
			if err := f.fill(ctx, from, run, entry.Path); err != nil {
				return err
			}
			continue
		}
		content, err := from.Open(ctx, run, entry.Path)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(content)
		_ = content.Close() // it was only read
		if err != nil {
			return err
		}
		f[entry.Path] = string(data)
	}
	return nil
}

func notFound(what string) error {
	return &query.Error{Code: query.NotFound, Message: "no " + what}
}

// stopped is the error of a context that has ended, or nil.
func stopped(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &query.Error{Code: query.IO, Message: "reading was stopped", Err: err}
	}
	return nil
}
