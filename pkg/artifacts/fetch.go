package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// Progress is told how many more files are wanted, and of each of them when it is
// there or turns out to be missing. Methods are called from several goroutines.
type Progress interface {
	Want(files int)
	Got(path string, bytes int64)
}

// Fetcher reads files of runs, several at a time.
type Fetcher struct {
	Samples SampleMode // what Load does about per-sample files

	cache    *Cache
	progress Progress
	slots    chan struct{} // bounds what is under way
	decoders chan struct{} // bounds how many jobs' samples are decoded
	maxFile  int64         // bounds what is read into memory; what is saved is streamed
}

// DefaultParallel is how many requests are under way at most; MLflow's server
// answers some 40 at a time, and other people use it too.
const DefaultParallel = 8

// defaultMaxFile is far above what any file to be decoded has.
const defaultMaxFile = 256 << 20

// tries is how often a transfer that broke is begun; the store has its own
// retries of requests that were refused.
const tries = 3

// NewFetcher returns a Fetcher; cache and progress may be nil, parallel 0 is
// [DefaultParallel].
func NewFetcher(cache *Cache, progress Progress, parallel int) *Fetcher {
	if parallel <= 0 {
		parallel = DefaultParallel
	}
	return &Fetcher{
		cache: cache, progress: progress, slots: make(chan struct{}, parallel),
		decoders: make(chan struct{}, runtime.GOMAXPROCS(0)), maxFile: defaultMaxFile,
	}
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

// folder is one run's files. Each is read at most once, as is each listing,
// however many ask for it at the same time.
type folder struct {
	*Fetcher
	store query.Store
	run   query.Run

	withoutRuntime bool // statistics are not asked for
	fresh          bool // results are asked for even if the cache has some

	blobs    answers[Blob]
	listings answers[[]query.File]
	trees    answers[[]query.File] // one, under the key ""
}

func (f *Fetcher) folder(store query.Store, run query.Run) *folder {
	return &folder{Fetcher: f, store: store, run: run}
}

// finished reports whether the run promises that its files are there.
func (d *folder) finished() bool { return d.run.Status == query.StatusFinished }

// acquire waits for a place among the requests under way.
func (f *Fetcher) acquire(ctx context.Context) (release func(), err error) {
	select {
	case f.slots <- struct{}{}:
		return func() { <-f.slots }, nil
	default:
	}
	select {
	case f.slots <- struct{}{}:
		return func() { <-f.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read returns one file by its path; the error is NotFound if the run has none.
func (d *folder) read(ctx context.Context, name string) (Blob, error) {
	return d.blobs.get(ctx, name, func() (Blob, error) {
		if d.progress == nil {
			return d.fetch(ctx, name)
		}
		d.progress.Want(1)
		blob, err := d.fetch(ctx, name)
		d.progress.Got(name, int64(len(blob.Content)))
		return blob, err
	})
}

// fetch takes a file from the cache or the store. A server that answers 500 for a
// missing file is asked for a listing.
func (d *folder) fetch(ctx context.Context, name string) (Blob, error) {
	if !d.past(name) {
		if content, ok := d.cache.get(d.store, d.run, name); ok {
			return Blob{Path: name, Content: content, Cached: true}, nil
		}
	}
	var content []byte
	var verified bool
	var err error
	for range tries {
		content, verified, err = d.transfer(ctx, name)
		if !isCutShort(err) || ctx.Err() != nil {
			break
		}
	}
	if query.HasCode(err, query.Uncertain) {
		err = d.settle(ctx, name, err)
	}
	switch {
	case query.HasCode(err, query.NotFound):
		remove(d.cache.entry(d.store, d.run, name)) // what was kept of it is of the past
		return Blob{}, err
	case err != nil:
		return Blob{}, d.broken(err)
	}
	if verified {
		// A cache that cannot be written costs time, not the answer.
		_ = d.cache.put(d.store, d.run, name, content)
	}
	return Blob{Path: name, Content: content}, nil
}

// past reports whether a file is read past the cache: a server keeps no run from
// having other results at the same end.
func (d *folder) past(name string) bool {
	base := path.Base(name)
	return d.fresh && !IsOffline(d.store) && (base == resultsName || nemo.IsBundleID(base))
}

// settle decides by a listing whether an error that can mean either is a missing
// file.
func (d *folder) settle(ctx context.Context, name string, cause error) error {
	files, err := d.list(ctx, path.Dir(name))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(files, func(f query.File) bool { return f.Path == name && !f.IsDir }) {
		return undeliverable(name, cause)
	}
	return &query.Error{Code: query.NotFound, Message: "no file " + name}
}

// undeliverable is the error for a file that a listing has and the store does not
// give: that is no missing file.
func undeliverable(name string, cause error) error {
	return &query.Error{
		Code: query.Unreachable, Message: "the server lists " + name + " and cannot deliver it", Err: cause,
		Hint: "its artifact store may be down or not readable for the server",
	}
}

// errTooLarge is the cause of an error about a file that is not read into memory.
var errTooLarge = errors.New("too large to be read into memory")

func (d *folder) tooLarge(name string) error {
	return &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("%s has more than %d bytes", name, d.maxFile), Err: errTooLarge}
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

func isCutShort(err error) bool {
	_, ok := errors.AsType[*cutShortError](err)
	return ok
}

// broken gives a transfer that stayed broken after its retries its code.
func (d *folder) broken(err error) error {
	cut, ok := errors.AsType[*cutShortError](err)
	if !ok {
		return err
	}
	if cause, ok := errors.AsType[*query.Error](cut.err); ok {
		return cause
	}
	if !d.store.Remote() {
		return &query.Error{Code: query.IO, Message: cut.Error()}
	}
	return &query.Error{
		Code: query.Unreachable, Message: cut.Error(),
		Hint: "a proxy between here and the server may cut transfers; try again",
	}
}

// transfer reads a file once and checks its length; verified is false if nothing
// tells the length.
func (d *folder) transfer(ctx context.Context, name string) (content []byte, verified bool, err error) {
	release, err := d.acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	body, err := d.store.Open(ctx, d.run, name)
	if err != nil {
		release()
		return nil, false, err
	}
	if body.Size <= d.maxFile {
		content, err = io.ReadAll(io.LimitReader(body, d.maxFile+1))
	}
	closeErr := body.Close()
	release()
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case err != nil:
		return nil, false, &cutShortError{path: name, got: int64(len(content)), want: body.Size, err: err}
	case closeErr != nil:
		return nil, false, closeErr
	case max(body.Size, int64(len(content))) > d.maxFile:
		return nil, false, d.tooLarge(name)
	}
	size, known := body.Size, body.Size >= 0
	if !known {
		if size, known, err = d.listedSize(ctx, name); err != nil {
			return nil, false, err
		}
	}
	if got := int64(len(content)); known && got != size {
		return nil, false, &cutShortError{path: name, got: got, want: size}
	}
	return content, known, nil
}

// listedSize looks up a file's length in its folder's listing, for transfers that
// promise none: a chunked body that a proxy cut short looks complete. It is not
// known if the store does not list the file.
func (d *folder) listedSize(ctx context.Context, name string) (size int64, known bool, err error) {
	files, err := d.list(ctx, path.Dir(name))
	if err != nil {
		return 0, false, err
	}
	for _, file := range files {
		if file.Path == name && !file.IsDir {
			return file.Size, true, nil
		}
	}
	return 0, false, nil
}

// list returns one level of the run's tree.
func (d *folder) list(ctx context.Context, dir string) ([]query.File, error) {
	if dir == "." {
		dir = ""
	}
	return d.listings.get(ctx, dir, func() ([]query.File, error) {
		release, err := d.acquire(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		return d.store.List(ctx, d.run, dir)
	})
}

// Bounds on a run's tree: a listing that never ends must not either.
const (
	maxTreeDepth = 32
	maxTreeFiles = 200_000
)

// walk lists the run's whole tree, files and folders, sorted by path.
func (d *folder) walk(ctx context.Context) ([]query.File, error) {
	return d.trees.get(ctx, "", func() ([]query.File, error) {
		var tree []query.File
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
			for _, file := range slices.Concat(listings...) {
				tree = append(tree, file)
				if file.IsDir {
					level = append(level, file.Path)
				}
			}
		}
		slices.SortFunc(tree, func(a, b query.File) int { return strings.Compare(a.Path, b.Path) })
		return tree, nil
	})
}

// Tree lists a run's whole tree, files and folders, sorted by path.
func (f *Fetcher) Tree(ctx context.Context, store query.Store, run query.Run) ([]query.File, error) {
	return f.folder(store, run).walk(ctx)
}

// Read returns one file of a run by its path; the error is NotFound if the run has
// none.
func (f *Fetcher) Read(ctx context.Context, store query.Store, run query.Run, name string) (Blob, error) {
	d := f.folder(store, run)
	blob, err := d.read(ctx, name)
	if store.Remote() && query.HasCode(err, query.NotFound) {
		return blob, d.settle(ctx, name, err)
	}
	return blob, err
}
