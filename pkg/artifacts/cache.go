// Package artifacts finds, fetches, verifies and caches the files of runs through
// the [query.Store] interface, and loads one side of a comparison: its runs with
// their decoded files. It is the second stage of the flow
// query → artifacts → compare → render and knows neither HTTP nor statistics.
package artifacts

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/evalctl/evalctl/pkg/query"
)

// Cache keeps files of FINISHED runs on disk. A file is known by its store, run
// id, the run's end time (a re-export moves it) and path; an entry carries the
// checksum of its content, so that a damaged one is fetched again, never used.
// Many processes may share one folder. The zero value and nil keep nothing.
type Cache struct {
	dir string
}

// OpenCache uses the folder dir, which is made when the first file is kept.
func OpenCache(dir string) *Cache { return &Cache{dir: dir} }

// entry is the file of the cache that holds a run's file; "" if it may not be
// cached.
func (c *Cache) entry(store query.Store, run query.Run, path string) string {
	if c == nil || c.dir == "" || !store.Remote() || run.Status != query.StatusFinished || run.EndTime.IsZero() {
		return ""
	}
	key := sha256.New()
	for _, part := range []string{store.URI(), run.ID, strconv.FormatInt(run.EndTime.UnixMilli(), 10), path} {
		fmt.Fprintf(key, "%d:%s", len(part), part)
	}
	name := hex.EncodeToString(key.Sum(nil))
	return filepath.Join(c.dir, "artifacts", name[:2], name[2:])
}

// get returns a file's content, or false if it is not there or damaged.
func (c *Cache) get(store query.Store, run query.Run, path string) ([]byte, bool) {
	entry := c.entry(store, run, path)
	if entry == "" {
		return nil, false
	}
	data, err := os.ReadFile(entry)
	if err != nil || len(data) < sha256.Size {
		return nil, false
	}
	sum, content := data[:sha256.Size], data[sha256.Size:]
	if actual := sha256.Sum256(content); !bytes.Equal(actual[:], sum) {
		return nil, false
	}
	return content, true
}

// put keeps a file. An entry appears whole or not at all. A cache that cannot be
// written must not fail the command: the error is for whoever wants to say so.
func (c *Cache) put(store query.Store, run query.Run, path string, content []byte) error {
	entry := c.entry(store, run, path)
	if entry == "" {
		return nil
	}
	sum := sha256.Sum256(content)
	return WriteFile(entry, append(sum[:], content...))
}

// WriteFile writes a file so that it appears under its name whole or not at all,
// and makes the folders above it.
func WriteFile(name string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(name), ".partial-"+rand.Text())
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
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
