package artifacts_test

import (
	"context"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// memory is a store of one run's files, for what no server does on request.
type memory struct {
	uri    string
	local  bool
	files  map[string]string
	hidden map[string]bool // not in listings

	// open, if set, stands between a file and its reader.
	open func(ctx context.Context, name, content string) (query.Content, error)

	mu     sync.Mutex
	opened []string
	listed []string
}

var _ query.Store = (*memory)(nil)

func (m *memory) URI() string {
	if m.uri == "" {
		return "memory"
	}
	return m.uri
}

func (m *memory) Remote() bool            { return !m.local }
func (m *memory) RunURL(query.Run) string { return "" }

func (m *memory) Experiments(context.Context, query.View) ([]query.Experiment, error) {
	return nil, nil
}

func (m *memory) Search(context.Context, query.Search) iter.Seq2[query.Run, error] {
	return func(func(query.Run, error) bool) {}
}

func (m *memory) Run(context.Context, string) (query.Run, error) {
	return query.Run{}, &query.Error{Code: query.NotFound}
}

func (m *memory) List(ctx context.Context, _ query.Run, dir string) ([]query.File, error) {
	m.mu.Lock()
	m.listed = append(m.listed, dir)
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, &query.Error{Code: query.IO, Message: "interrupted", Err: err}
	}
	entries := map[string]query.File{}
	for name, content := range m.files {
		rest := name
		if dir != "" {
			var below bool
			if rest, below = strings.CutPrefix(name, dir+"/"); !below {
				continue
			}
		}
		first, _, isDir := strings.Cut(rest, "/")
		file := query.File{Path: path.Join(dir, first), IsDir: isDir}
		if !isDir {
			file.Size = int64(len(content))
		}
		if !m.hidden[file.Path] {
			entries[file.Path] = file
		}
	}
	var files []query.File
	for _, file := range entries {
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b query.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func (m *memory) Open(ctx context.Context, _ query.Run, name string) (query.Content, error) {
	m.mu.Lock()
	m.opened = append(m.opened, name)
	m.mu.Unlock()
	content, ok := m.files[name]
	if !ok {
		return query.Content{}, &query.Error{Code: query.NotFound, Message: "no file " + name}
	}
	if m.open != nil {
		return m.open(ctx, name, content)
	}
	return whole(content), nil
}

// whole is a file as it should come.
func whole(content string) query.Content {
	return query.Content{ReadCloser: io.NopCloser(strings.NewReader(content)), Size: int64(len(content))}
}

// chunked is a body whose length nothing tells.
func chunked(content string) query.Content {
	return query.Content{ReadCloser: io.NopCloser(strings.NewReader(content)), Size: -1}
}

// brokenReader ends with an error.
type brokenReader struct {
	io.Reader
	err error
}

func (r brokenReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = r.err
	}
	return n, err
}

// finished is a run of which files may be kept.
func finished() query.Run {
	return query.Run{
		ID: "0123456789abcdef0123456789abcdef", Status: query.StatusFinished,
		EndTime: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC),
	}
}
