package artifacts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	for name, age := range map[string]time.Duration{"files/.partial-old": 48 * time.Hour, "files/.partial-new": 0, "mine": 0} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, at.time().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := cache.Prune(); err != nil || removed.Entries != 0 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	for name, want := range map[string]bool{"files/.partial-old": false, "files/.partial-new": true, "mine": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if removed, err := cache.Clear(); err != nil || removed.Entries != 2 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if got := entries(t, dir); len(got) != 1 || filepath.Base(got[0]) != "mine" {
		t.Errorf("left %q", got)
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
