package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
)

// Progress is told how many files are wanted and which have arrived. Methods are
// called from several goroutines.
type Progress interface {
	Want(files int)
	Got(path string, bytes int64)
}

// Fetcher reads files of runs, several at a time and each at most once per
// process.
type Fetcher struct {
	cache    *Cache
	progress Progress
	slots    chan struct{} // bounds what is under way
}

// DefaultParallel is how many requests are under way at most; MLflow's server
// answers some 40 at a time, and other people use it too.
const DefaultParallel = 8

// maxFile bounds what is read into memory for decoding; files to be saved are
// streamed and not bounded.
const maxFile = 256 << 20

// tries is how often a transfer that broke is begun; the store has its own
// retries of requests that were refused.
const tries = 3

// NewFetcher returns a Fetcher; cache and progress may be nil, parallel 0 is
// [DefaultParallel].
func NewFetcher(cache *Cache, progress Progress, parallel int) *Fetcher {
	if parallel <= 0 {
		parallel = DefaultParallel
	}
	return &Fetcher{cache: cache, progress: progress, slots: make(chan struct{}, parallel)}
}

// Blob is a file that was read whole.
type Blob struct {
	Path    string // from the run's root
	Content []byte
	Cached  bool
}

// SHA256 is the checksum of the content in hexadecimal.
func (b Blob) SHA256() string {
	sum := sha256.Sum256(b.Content)
	return hex.EncodeToString(sum[:])
}

// folder is one run's files, with the listings that were made so far.
type folder struct {
	*Fetcher
	store query.Store
	run   query.Run

	mu       sync.Mutex
	listings map[string][]query.File
	tree     []query.File
	walked   bool
}

func (f *Fetcher) folder(store query.Store, run query.Run) *folder {
	return &folder{Fetcher: f, store: store, run: run, listings: map[string][]query.File{}}
}

// acquire waits for a place among the requests under way.
func (f *Fetcher) acquire(ctx context.Context) (release func(), err error) {
	select {
	case f.slots <- struct{}{}:
		return func() { <-f.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read returns one file by its path; the error is NotFound if the run has none.
// A server that answers 500 for a missing file is asked for a listing.
func (d *folder) read(ctx context.Context, name string) (Blob, error) {
	if content, ok := d.cache.get(d.store, d.run, name); ok {
		return Blob{Path: name, Content: content, Cached: true}, nil
	}
	var content []byte
	var err error
	for range tries {
		content, err = d.transfer(ctx, name)
		if _, cut := errors.AsType[*cutShortError](err); !cut || ctx.Err() != nil {
			break
		}
	}
	if query.HasCode(err, query.Uncertain) {
		return Blob{}, d.settle(ctx, name, err)
	}
	if err != nil {
		return Blob{}, err
	}
	// A cache that cannot be written costs time, not the answer.
	_ = d.cache.put(d.store, d.run, name, content)
	return Blob{Path: name, Content: content}, nil
}

// settle decides by a listing whether an error that can mean either is a missing
// file.
func (d *folder) settle(ctx context.Context, name string, cause error) error {
	files, err := d.list(ctx, path.Dir(name))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(files, func(f query.File) bool { return f.Path == name }) {
		return &query.Error{
			Code: query.Unreachable, Message: "the server lists " + name + " and cannot deliver it", Err: cause,
			Hint: "its artifact store may be down or not readable for the server",
		}
	}
	return &query.Error{Code: query.NotFound, Message: "no file " + name}
}

// cutShortError is a transfer that ended before its promised length, or after it.
type cutShortError struct {
	path string
	got  int64
	want int64
	err  error
}

func (e *cutShortError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%s broke off after %d bytes: %v", e.path, e.got, e.err)
	}
	return fmt.Sprintf("%s has %d bytes, the server promised %d", e.path, e.got, e.want)
}

func (e *cutShortError) Unwrap() error { return e.err }

// transfer reads a file once and checks its length.
func (d *folder) transfer(ctx context.Context, name string) ([]byte, error) {
	release, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	body, err := d.store.Open(ctx, d.run, name)
	if err != nil {
		release()
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(body, maxFile+1))
	closeErr := body.Close()
	release()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &cutShortError{path: name, got: int64(len(content)), want: body.Size, err: err}
	case closeErr != nil:
		return nil, closeErr
	case len(content) > maxFile:
		return nil, &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("%s is larger than %d bytes", name, maxFile)}
	}
	if err := d.checkSize(ctx, name, int64(len(content)), body.Size); err != nil {
		return nil, err
	}
	if d.progress != nil {
		d.progress.Got(name, int64(len(content)))
	}
	return content, nil
}

// checkSize compares what arrived with what the transfer promised, or, where it
// promised nothing, with the folder's listing: a chunked body that a proxy cut
// short looks complete.
func (d *folder) checkSize(ctx context.Context, name string, got, promised int64) error {
	if promised < 0 {
		files, err := d.list(ctx, path.Dir(name))
		if err != nil {
			return err
		}
		for _, file := range files {
			if file.Path == name && !file.IsDir {
				promised = file.Size
			}
		}
		if promised < 0 {
			return nil // a file that the store does not list has no known length
		}
	}
	if got != promised {
		return &cutShortError{path: name, got: got, want: promised}
	}
	return nil
}

// list returns one level of the run's tree; each level is asked for once.
func (d *folder) list(ctx context.Context, dir string) ([]query.File, error) {
	if dir == "." {
		dir = ""
	}
	d.mu.Lock()
	files, ok := d.listings[dir]
	d.mu.Unlock()
	if ok {
		return files, nil
	}
	release, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	files, err = d.store.List(ctx, d.run, dir)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.listings[dir] = files
	d.mu.Unlock()
	return files, nil
}

// Bounds on a run's tree: a listing that never ends must not either.
const (
	maxTreeDepth = 32
	maxTreeFiles = 200_000
)

// walk lists the run's whole tree, files and folders, sorted by path.
func (d *folder) walk(ctx context.Context) ([]query.File, error) {
	d.mu.Lock()
	tree, walked := d.tree, d.walked
	d.mu.Unlock()
	if walked {
		return tree, nil
	}
	level := []string{""}
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxTreeDepth || len(tree) > maxTreeFiles {
			return nil, &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("run %s: its folders do not end", d.run.ID)}
		}
		listings := make([][]query.File, len(level))
		group, groupCtx := errgroup.WithContext(ctx)
		for i, dir := range level {
			group.Go(func() (err error) {
				listings[i], err = d.list(groupCtx, dir)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		level = nil
		for _, files := range listings {
			for _, file := range files {
				tree = append(tree, file)
				if file.IsDir {
					level = append(level, file.Path)
				}
			}
		}
	}
	slices.SortFunc(tree, func(a, b query.File) int { return comparePaths(a.Path, b.Path) })
	d.mu.Lock()
	d.tree, d.walked = tree, true
	d.mu.Unlock()
	return tree, nil
}

func comparePaths(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// Tree lists a run's whole tree, files and folders, sorted by path.
func (f *Fetcher) Tree(ctx context.Context, store query.Store, run query.Run) ([]query.File, error) {
	return f.folder(store, run).walk(ctx)
}

// Read returns one file of a run by its path.
func (f *Fetcher) Read(ctx context.Context, store query.Store, run query.Run, name string) (Blob, error) {
	blob, err := f.folder(store, run).read(ctx, name)
	return blob, transferError(err)
}

// transferError gives a transfer that stayed broken after its retries its code.
func transferError(err error) error {
	if cut, ok := errors.AsType[*cutShortError](err); ok {
		return &query.Error{
			Code: query.Unreachable, Message: cut.Error(), Err: nil,
			Hint: "a proxy between here and the server may cut transfers; try again",
		}
	}
	return err
}
