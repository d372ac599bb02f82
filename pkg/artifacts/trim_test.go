package artifacts_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
)

// clock is a clock that moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// kept tells which of the files f0, f1, … are in a cache.
func kept(t *testing.T, cache *artifacts.Cache, n int) string {
	t.Helper()
	var names []string
	for i := range n {
		name := fmt.Sprintf("f%d", i)
		store := &memory{}
		blob, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), store, finished(), name)
		if err == nil && blob.Cached {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func filled(t *testing.T, cache *artifacts.Cache, at *clock, n, size int) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("f%d", i)
		store := &memory{files: map[string]string{name: strings.Repeat("x", size)}}
		if _, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), store, finished(), name); err != nil {
			t.Fatal(err)
		}
		at.wait(time.Minute)
	}
}

// The least recently used go first; what was just used stays.
func TestTheCacheIsBounded(t *testing.T) {
	at := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	open := func(limit int64) *artifacts.Cache {
		return artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Limit: limit, Now: at.time})
	}
	filled(t, open(1_000_000), at, 8, 10_000)
	at.wait(time.Hour)
	// f2 is used again, so f0, f1 and f3 are now the oldest.
	if _, err := artifacts.NewFetcher(open(0), nil, 0).Read(t.Context(), &memory{}, finished(), "f2"); err != nil {
		t.Fatal(err)
	}
	small := open(65_000)
	store := &memory{files: map[string]string{"new": strings.Repeat("x", 1000)}}
	if _, err := artifacts.NewFetcher(small, nil, 0).Read(t.Context(), store, finished(), "new"); err != nil {
		t.Fatal(err)
	}
	if err := small.Trim(); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, open(0), 8); got != "f2 f4 f5 f6 f7" {
		t.Errorf("kept %s", got)
	}
	// All of them were used just now: none may go, but if that is asked for.
	tiny := open(20_000)
	store = &memory{files: map[string]string{"newer": "x"}}
	if _, err := artifacts.NewFetcher(tiny, nil, 0).Read(t.Context(), store, finished(), "newer"); err != nil {
		t.Fatal(err)
	}
	if err := tiny.Trim(); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, open(0), 8); got != "f2 f4 f5 f6 f7" {
		t.Errorf("kept %s, and all were in use", got)
	}
	removed, err := tiny.Prune()
	if err != nil || removed.Entries < 4 || removed.Bytes < 40_000 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	lines, err := open(0).List()
	var bytes int64
	for _, line := range lines {
		bytes += line.Bytes
	}
	if err != nil || bytes > 20_000 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
}

// A file that is larger than the cache is not kept.
func TestTooLargeForTheCache(t *testing.T) {
	at := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: t.TempDir(), Limit: 1000, Now: at.time})
	filled(t, cache, at, 1, 2000)
	if got := kept(t, cache, 1); got != "" {
		t.Errorf("kept %s", got)
	}
}

// Many processes fill, read and trim one folder: what is read is whole.
func TestManyTrimOneCache(t *testing.T) {
	dir := t.TempDir()
	at := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var group sync.WaitGroup
	for p := range 6 {
		group.Go(func() {
			for i := range 40 {
				cache := artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Limit: 60_000, Now: at.time})
				name := fmt.Sprintf("f%d", (p+i)%20)
				content := strings.Repeat(name, 2000)
				blob, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), &memory{files: map[string]string{name: content}}, finished(), name)
				if err != nil || string(blob.Content) != content {
					t.Errorf("%s: %d bytes, %v", name, len(blob.Content), err)
				}
				at.wait(5 * time.Minute)
				if err := cache.Trim(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if left := slices.DeleteFunc(entries(t, dir), func(name string) bool { return !strings.Contains(name, "partial") }); len(left) > 0 {
		t.Errorf("left behind %q", left)
	}
}

// What a process that was killed left half written goes after a day; what others
// keep in the folder stays.
func TestPruneAndClear(t *testing.T) {
	dir := t.TempDir()
	at := &clock{now: time.Now()}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Limit: 1_000_000, Now: at.time})
	filled(t, cache, at, 2, 10)
	folder := filepath.Dir(entries(t, dir)[0])
	older, newer := filepath.Join(folder, ".partial-"+rand.Text()), filepath.Join(folder, ".partial-"+rand.Text())
	mine := filepath.Join(folder, "mine")
	for name, age := range map[string]time.Duration{older: 48 * time.Hour, newer: 0, mine: 48 * time.Hour} {
		write(t, name)
		if err := os.Chtimes(name, time.Time{}, at.time().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := cache.Prune(); err != nil || removed.Entries != 0 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	for name, want := range map[string]bool{older: false, newer: true, mine: true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if removed, err := cache.Clear(); err != nil || removed.Entries != 2 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if got := entries(t, dir); !cmp.Equal(got, sorted(mine, newer)) {
		t.Errorf("left %q", got)
	}
}

func sorted(names ...string) []string { return slices.Sorted(slices.Values(names)) }

// write makes a file, and the folders above it.
func write(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Nothing of anyone else's is measured, trimmed, pruned or cleared: beside the
// cache's folder, in it, or under its name.
func TestWhatIsNotTheCaches(t *testing.T) {
	at := &clock{now: time.Now().Add(time.Hour)}
	open := func(dir string) *artifacts.Cache {
		return artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Limit: 20_000, Now: at.time})
	}
	all := func(cache *artifacts.Cache) {
		for _, act := range []func() error{
			func() error { _, err := cache.Prune(); return err },
			func() error { _, err := cache.Clear(); return err },
			func() error { _, err := cache.List(); return err },
			cache.Trim,
		} {
			_ = act() // some refuse
		}
	}
	hex := strings.Repeat("0123456789abcdef", 4)
	names := []string{
		"files/thesis/ch1.tex", "files/" + hex[:2] + "/" + hex[2:], "searches/mine.txt", "growth", "absent/a", "listings/00/b", ".partial-x",
	}
	for _, below := range []string{"", "evalctl-cache-v1"} {
		dir := t.TempDir()
		var mine []string
		for _, name := range names {
			mine = append(mine, filepath.Join(dir, below, name))
			write(t, mine[len(mine)-1])
		}
		slices.Sort(mine)
		cache := open(dir)
		filled(t, cache, at, 6, 5_000)
		at.wait(time.Hour)
		all(cache)
		left := entries(t, dir)
		left = slices.DeleteFunc(left, func(name string) bool { return below == "" && name == filepath.Join(cache.Folder(), "growth") })
		if diff := cmp.Diff(mine, left); diff != "" {
			t.Errorf("below %q: -want +got:\n%s", below, diff)
		}
		_, err := cache.Clear()
		if (err == nil) != (below == "") {
			t.Errorf("below %q: clear: %v", below, err)
		}
	}

	// In the cache's own folder, under names that it does not give.
	dir := t.TempDir()
	cache := open(dir)
	filled(t, cache, at, 1, 10)
	var mine []string
	for _, name := range []string{"files/thesis/ch1.tex", "files/00/short", "files/" + hex[2:], "searches/" + hex[:32] + "/mine.txt", "other/" + hex, hex} {
		mine = append(mine, filepath.Join(cache.Folder(), name))
		write(t, mine[len(mine)-1])
	}
	filled(t, cache, at, 6, 5_000)
	at.wait(time.Hour)
	all(cache)
	if diff := cmp.Diff(sorted(mine...), entries(t, dir)); diff != "" {
		t.Errorf("in the folder: -want +got:\n%s", diff)
	}
}

// On a full disk all that is said of room does not stop it from being made.
func TestPruneOnAFullDisk(t *testing.T) {
	at := &clock{now: time.Now()}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: t.TempDir(), Limit: 20_000, Now: at.time})
	filled(t, cache, at, 3, 10_000)
	growth := filepath.Join(cache.Folder(), "growth")
	if err := os.Remove(growth); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	write(t, filepath.Join(growth, "in", "the", "way")) // no file can be written there
	if removed, err := cache.Prune(); err != nil || removed.Entries == 0 {
		t.Errorf("removed %+v, %v", removed, err)
	}
}

// An entry of any size is checked in bounded memory.
func TestPruneStreams(t *testing.T) {
	dir := t.TempDir()
	at := &clock{now: time.Now()}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Now: at.time})
	filled(t, cache, at, 1, 10)
	if err := os.Truncate(entries(t, dir)[0], 200<<20); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	removed, err := cache.Prune()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err != nil || removed.Entries != 1 || used > 10<<20 {
		t.Errorf("removed %+v, %v, with %d bytes of memory", removed, err, used)
	}
}

// Nobody else can read the cache.
func TestTheCacheIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	asks(t, dir, &memory{files: map[string]string{"f": "content"}}, finished(), "f")
	for _, name := range append(entries(t, dir), dir) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 && filepath.Separator == '/' {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
}
