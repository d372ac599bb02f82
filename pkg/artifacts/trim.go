package artifacts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A cache is not measured at every use. The file growth has a line for each process
// that wrote to it, with the bytes; the first is what was there when the cache was
// last measured.
const growthName = "growth"

const (
	// maxGrowth bounds that file.
	maxGrowth = 64 << 10
	// justUsed is how long an entry stays whatever the size: a process may be about
	// to read it.
	justUsed = 10 * time.Minute
	// abandoned is the age at which a file that was being written is nobody's.
	abandoned = 24 * time.Hour
)

// grown counts what was written, and looks at the size now and then.
func (c *Cache) grown(bytes int64) error {
	if total := c.written.Add(bytes); c.Limit > 0 && total > c.Limit/8 {
		return c.Trim()
	}
	return nil
}

// Trim removes the entries that were used least recently if the cache has outgrown
// its limit. What was used in the last ten minutes stays. It is called at the end
// of a process that may have written; it looks into the cache only if there is
// reason to.
func (c *Cache) Trim() error {
	if c == nil || c.Dir == "" || c.Limit <= 0 || c.Now == nil || !c.trimming.TryLock() {
		return nil
	}
	defer c.trimming.Unlock()
	written := c.written.Swap(0)
	if written == 0 {
		return nil
	}
	name := c.growthFile()
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() < maxGrowth && appendLine(name, written) == nil {
		if total, ok := sumOf(name); ok && total <= c.Limit {
			return nil
		}
	}
	_, err := c.shrink(c.Limit, c.Now().Add(-justUsed))
	return err
}

func (c *Cache) growthFile() string { return filepath.Join(c.Folder(), growthName) }

func appendLine(name string, n int64) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%d\n", n)
	return errors.Join(err, file.Close())
}

func sumOf(name string) (int64, bool) {
	data, err := readRegular(name, 2*maxGrowth)
	if err != nil {
		return 0, false
	}
	var total int64
	for line := range strings.Lines(string(data)) {
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil || n < 0 {
			return 0, false
		}
		total += n
	}
	return total, true
}

// Removed is what was taken out of a cache.
type Removed struct {
	Entries int
	Bytes   int64
}

// shrink removes entries that were last used before a moment, the least recently
// used first, until the cache has nine tenths of a limit; 0 removes all of them.
func (c *Cache) shrink(limit int64, before time.Time) (Removed, error) {
	var removed Removed
	entries, err := c.walk()
	if err != nil {
		return removed, err
	}
	var total int64
	for _, e := range entries {
		total += e.size
	}
	slices.SortFunc(entries, func(a, b cached) int {
		if d := a.used.Compare(b.used); d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	target := limit / 10 * 9
	for _, e := range entries {
		if limit > 0 && total <= limit && removed.Entries == 0 || total <= target || !e.used.Before(before) {
			break
		}
		if removed.add(e) {
			total -= e.size
		}
	}
	// On a full disk it cannot be written; without it the next process measures.
	if c.owned() && WriteFile(c.growthFile(), []byte(strconv.FormatInt(total, 10)+"\n")) != nil {
		remove(c.growthFile())
	}
	return removed, nil
}

// Prune removes what is damaged, and what was used least recently until the cache is
// not larger than its limit.
func (c *Cache) Prune() (Removed, error) {
	var removed Removed
	entries, err := c.walk()
	if err != nil {
		return removed, err
	}
	for _, e := range entries {
		if _, err := checkEntry(e.name); err == nil || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		removed.add(e)
	}
	if c.Limit <= 0 || c.Now == nil {
		return removed, nil
	}
	more, err := c.shrink(c.Limit, c.Now().Add(time.Hour))
	return Removed{removed.Entries + more.Entries, removed.Bytes + more.Bytes}, err
}

// add removes an entry; what another process removed, or holds, is not counted.
func (r *Removed) add(e cached) bool {
	if os.Remove(e.name) != nil {
		return false
	}
	r.Entries++
	r.Bytes += e.size
	return true
}

// Clear removes every entry. What else is in the folder stays, and so does the
// folder, marked as the cache's: another process may be about to write.
func (c *Cache) Clear() (Removed, error) {
	var removed Removed
	entries, err := c.walk()
	if err != nil {
		return removed, err
	}
	for _, e := range entries {
		removed.add(e)
	}
	if !c.owned() {
		return removed, nil
	}
	for _, l := range layouts() {
		dirs, err := c.dirs(l)
		if err != nil {
			return removed, err
		}
		for _, dir := range append(dirs, filepath.Join(c.Folder(), l.folder)) {
			if isFolder(dir) {
				remove(dir) // if it is empty
			}
		}
	}
	remove(c.growthFile())
	return removed, nil
}

// CacheLine is what a cache holds of one run, or of the searches in one store.
type CacheLine struct {
	Store string
	RunID string // "" for searches
	JobID string
	Files int // of a run: contents; of a store: searches
	Bytes int64
}

// List tells what a cache holds, by store, job and run. Entries that cannot be read
// are left out.
func (c *Cache) List() ([]CacheLine, error) {
	entries, err := c.walk()
	if err != nil {
		return nil, err
	}
	lines := map[[2]string]*CacheLine{}
	for _, e := range entries {
		l, ok := labelOf(e.name)
		if !ok {
			continue
		}
		key := [2]string{l.Store, l.RunID}
		if lines[key] == nil {
			lines[key] = &CacheLine{Store: l.Store, RunID: l.RunID, JobID: l.JobID}
		}
		lines[key].Bytes += e.size
		if e.folder == filesFolder || e.folder == searchesFolder && l.Path == "" {
			lines[key].Files++
		}
	}
	all := make([]CacheLine, 0, len(lines))
	for _, line := range lines {
		all = append(all, *line)
	}
	slices.SortFunc(all, func(a, b CacheLine) int {
		for _, pair := range [][2]string{{a.Store, b.Store}, {a.JobID, b.JobID}} {
			if d := strings.Compare(pair[0], pair[1]); d != 0 {
				return d
			}
		}
		return strings.Compare(a.RunID, b.RunID)
	})
	return all, nil
}

// labelOf reads the label of an entry, and nothing of its content.
func labelOf(name string) (label, bool) {
	file, err := openRegular(name)
	if err != nil {
		return label{}, false
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, int64(labelStart+maxLabel)))
	if err != nil {
		return label{}, false
	}
	l, _, _, err := readHead(head)
	return l, err == nil
}
