package artifacts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Everything of a cache is in one folder of its own, which a file marks: what is not
// marked, or has no name that the cache gives, is somebody else's.
const (
	ownFolder = "evalctl-cache-v1"
	// tagName and tagContent are what tools for backups look for
	// (bford.info/cachedir).
	tagName    = "CACHEDIR.TAG"
	tagContent = "Signature: 8a477f597d28d172789f06886806bc55\n# evalctl keeps copies here, and takes them out again.\n"
)

// Folders of a cache.
const (
	filesFolder    = "files"
	listingsFolder = "listings" // of one folder of a run
	absentFolder   = "absent"   // files that a run does not have
	searchesFolder = "searches" // one folder a store
)

// Folder is the folder that the cache makes for itself, whether it is there or not;
// "" if it keeps nothing.
func (c *Cache) Folder() string {
	if c == nil || c.Dir == "" {
		return ""
	}
	return filepath.Join(c.Dir, ownFolder)
}

// owned reports whether the folder is there and marked.
func (c *Cache) owned() bool {
	if !isFolder(c.Folder()) {
		return false
	}
	tag, err := readRegular(filepath.Join(c.Folder(), tagName), int64(len(tagContent)))
	return err == nil && string(tag) == tagContent
}

// isFolder reports whether a name is that of a folder and of no link to one: behind
// a link is what the cache did not make.
func isFolder(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.IsDir()
}

// isEmpty reports whether nothing is in the folder but what is being written.
func (c *Cache) isEmpty() bool {
	entries, err := os.ReadDir(c.Folder())
	for _, entry := range entries {
		if !isPartial(entry.Name()) {
			return false
		}
	}
	return err == nil
}

func (c *Cache) foreign() error {
	return &query.Error{
		Code: query.IO, Message: fmt.Sprintf("%s is not marked as a cache of evalctl's, and left as it is", c.Folder()),
		Hint: "move it away, or name another folder: EVALCTL_CACHE_DIR",
	}
}

// makeFolder makes a folder of the cache, and the cache if it is not there. It does
// not go through links.
func (c *Cache) makeFolder(dir string) error {
	if !c.owned() {
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return err
		}
		if err := os.Mkdir(c.Folder(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Another process may be marking it.
		if !isFolder(c.Folder()) || !c.isEmpty() && !c.owned() {
			return c.foreign()
		}
		if err := WriteFile(filepath.Join(c.Folder(), tagName), []byte(tagContent)); err != nil {
			return err
		}
	}
	below, err := filepath.Rel(c.Folder(), dir)
	if err != nil {
		return err
	}
	at := c.Folder()
	for part := range strings.SplitSeq(below, string(filepath.Separator)) {
		at = filepath.Join(at, part)
		if err := os.Mkdir(at, 0o700); err != nil && !isFolder(at) {
			return err
		}
	}
	return nil
}

// cached is an entry as the folder lists it.
type cached struct {
	folder, name string
	size         int64
	used         time.Time
}

// layout is how long the names of folders and entries are, which are hexadecimal.
type layout struct {
	folder     string
	dir, entry int
}

func layouts() []layout {
	return []layout{{filesFolder, 2, 62}, {listingsFolder, 2, 62}, {absentFolder, 2, 62}, {searchesFolder, 32, 64}}
}

// walk lists all entries, and removes what was left half written long ago. What has
// no name of the cache's is not looked at.
func (c *Cache) walk() ([]cached, error) {
	switch _, err := os.Lstat(c.Folder()); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !c.owned() && isFolder(c.Folder()) && c.isEmpty():
		return nil, nil
	case !c.owned():
		return nil, c.foreign()
	}
	if _, err := c.list("", c.Folder(), -1); err != nil {
		return nil, err
	}
	var all []cached
	for _, l := range layouts() {
		dirs, err := c.dirs(l)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			entries, err := c.list(l.folder, dir, l.entry)
			if err != nil {
				return nil, err
			}
			all = append(all, entries...)
		}
	}
	return all, nil
}

// dirs are the folders that hold the entries of one kind.
func (c *Cache) dirs(l layout) ([]string, error) {
	above := filepath.Join(c.Folder(), l.folder)
	if !isFolder(above) {
		return nil, nil
	}
	entries, err := os.ReadDir(above)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var dirs []string
	for _, entry := range entries {
		if entry.IsDir() && isDigest(entry.Name(), l.dir) {
			dirs = append(dirs, filepath.Join(above, entry.Name()))
		}
	}
	return dirs, nil
}

// list lists the entries in one folder, whose names have so many digits.
func (c *Cache) list(folder, dir string, digits int) ([]cached, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []cached
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		half := isPartial(entry.Name())
		if !half && !isDigest(entry.Name(), digits) {
			continue
		}
		info, err := entry.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular():
		case err != nil:
			return nil, err
		case !half:
			all = append(all, cached{folder, name, info.Size(), info.ModTime()})
		case c.Now != nil && c.Now().Sub(info.ModTime()) > abandoned:
			remove(name)
		}
	}
	return all, nil
}

func isDigest(name string, digits int) bool {
	return len(name) == digits && strings.Trim(name, "0123456789abcdef") == ""
}

// partial begins the names of files that are being written; rand.Text follows.
const partial = ".partial-"

func isPartial(name string) bool {
	text, ok := strings.CutPrefix(name, partial)
	return ok && len(text) == 26 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
