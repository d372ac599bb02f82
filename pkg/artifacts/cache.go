// Package artifacts finds, fetches, verifies and caches the files of runs through
// the [query.Store] interface, and loads one side of a comparison: its runs with
// their decoded files. It is the second stage of the flow
// query → artifacts → compare → render and knows neither HTTP nor statistics.
package artifacts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Cache keeps files of FINISHED runs on disk, and what is needed to find them
// without their store ([Cache.Record], [Cache.Offline]). A file is known by its
// store, run id, the run's end time (a re-export moves it) and path; an entry
// carries the checksum of its content, so that a damaged one is fetched again,
// never used. Many processes may share one folder. The zero value and nil keep
// nothing.
type Cache struct {
	CacheOptions

	written  atomic.Int64 // bytes, since the last look at the size
	trimming sync.Mutex
	clock    sync.Mutex // see moment
}

// CacheOptions say where a cache is and how large it may become.
type CacheOptions struct {
	// Dir is where the cache makes a folder of its own when the first entry is kept
	// ([Cache.Folder]); "" keeps nothing.
	Dir   string
	Limit int64 // bytes; 0 is no limit
	// Refresh is for a cache that nothing is taken from and everything is put in.
	Refresh bool
	// Now is the clock by which entries are used; nil leaves them as they were
	// written, so that the oldest go first.
	Now func() time.Time
}

// NewCache returns a cache. It touches nothing.
func NewCache(options CacheOptions) *Cache { return &Cache{CacheOptions: options} }

// OpenCache is [NewCache] for the folder dir without a limit.
func OpenCache(dir string) *Cache { return NewCache(CacheOptions{Dir: dir}) }

// name is the file of the cache for what these words identify together.
func (c *Cache) name(folder string, words ...string) string {
	sum := digestOf(words...)
	return filepath.Join(c.Folder(), folder, sum[:2], sum[2:])
}

func digestOf(words ...string) string {
	key := sha256.New()
	for _, word := range words {
		fmt.Fprintf(key, "%d:%s", len(word), word)
	}
	return hex.EncodeToString(key.Sum(nil))
}

// keeps reports whether files of a run may be cached.
func (c *Cache) keeps(store query.Store, run query.Run) bool {
	return c != nil && c.Dir != "" && store.Remote() && run.Status == query.StatusFinished && !run.EndTime.IsZero()
}

// runEntry is the file of the cache for something of a run; "" if it may not be
// cached.
func (c *Cache) runEntry(folder string, store query.Store, run query.Run, path string) string {
	if !c.keeps(store, run) {
		return ""
	}
	return c.name(folder, store.URI(), run.ID, strconv.FormatInt(run.EndTime.UnixMilli(), 10), path)
}

// entry is the file of the cache that holds a run's file; "" if it may not be
// cached.
func (c *Cache) entry(store query.Store, run query.Run, path string) string {
	return c.runEntry(filesFolder, store, run, path)
}

// get returns a file's content, or false if it is not there or damaged.
func (c *Cache) get(store query.Store, run query.Run, path string) ([]byte, bool) {
	return c.load(c.entry(store, run, path))
}

// put keeps a file. An entry appears whole or not at all. A cache that cannot be
// written must not fail the command: the error is for whoever wants to say so.
func (c *Cache) put(store query.Store, run query.Run, path string, content []byte) error {
	err := c.keep(c.entry(store, run, path), ofRun(store, run, path), content)
	if err == nil {
		remove(c.runEntry(absentFolder, store, run, path))
	}
	return err
}

// putAbsent notes that a run does not have a file, which it may have had.
func (c *Cache) putAbsent(store query.Store, run query.Run, path string) {
	_ = c.keep(c.runEntry(absentFolder, store, run, path), ofRun(store, run, path), nil)
	remove(c.entry(store, run, path))
}

// remove takes an entry out; one that is not there, or cannot be removed, costs
// nothing but room.
func remove(name string) {
	if name != "" {
		_ = os.Remove(name)
	}
}

// load returns the content of an entry, or false if it is not there or damaged.
func (c *Cache) load(name string) ([]byte, bool) {
	if name == "" || c.Refresh {
		return nil, false
	}
	content, ok := c.read(name)
	if ok {
		c.use(name)
	}
	return content, ok
}

// read is load of a cache that something is taken from, and no use.
func (c *Cache) read(name string) ([]byte, bool) {
	data, err := readRegular(name, maxEntry)
	if err != nil {
		return nil, false
	}
	_, content, err := openEntry(data)
	return content, err == nil
}

// keep writes an entry, unless it alone would fill the cache.
func (c *Cache) keep(name string, label label, content []byte) error {
	if name == "" || c.Limit > 0 && int64(len(content)) > c.Limit {
		return nil
	}
	if err := c.makeFolder(filepath.Dir(name)); err != nil {
		return err
	}
	if err := WriteFile(name, append(entryHead(label, sha256.Sum256(content)), content...)); err != nil {
		return err
	}
	c.use(name)
	return c.grown(int64(len(content)))
}

// use notes that an entry was used now. That it cannot be noted changes no answer.
func (c *Cache) use(name string) {
	if c.Now != nil {
		_ = os.Chtimes(name, time.Time{}, c.Now())
	}
}

// WriteFile writes a file so that it appears under its name whole or not at all,
// and makes the folders above it. Nobody else can read them.
func WriteFile(name string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(name), partial+rand.Text())
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			if removeErr := os.Remove(temporary); !errors.Is(removeErr, fs.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, name)
}
