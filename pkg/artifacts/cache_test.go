package artifacts_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// entries are the files below a folder, less the mark of a cache.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() && entry.Name() != "CACHEDIR.TAG" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// asks reads a file with a new fetcher and reports whether the store was
// asked for it.
func asks(t *testing.T, dir string, store *memory, run query.Run, name string) bool {
	t.Helper()
	before := len(store.opened)
	blob, err := artifacts.NewFetcher(artifacts.OpenCache(dir), nil, 0).Read(t.Context(), store, run, name)
	if err != nil {
		t.Fatal(err)
	}
	if string(blob.Content) != store.files[name] {
		t.Fatalf("read %q, want %q", blob.Content, store.files[name])
	}
	asked := len(store.opened) > before
	if blob.Cached == asked {
		t.Errorf("asked %t, but cached %t", asked, blob.Cached)
	}
	return asked
}

func TestWarmLoadAsksForNoFile(t *testing.T) {
	server := serve(t, append(exported(t, "A1"), exported(t, "B1")...)...)
	store, cache := open(t, server), artifacts.OpenCache(t.TempDir())
	for _, want := range []int{14, 0} {
		found := resolve(t, store, a1, b1)
		server.ForgetRequests()
		evaluations, err := artifacts.NewFetcher(cache, nil, 0).Load(t.Context(), found)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(server.Requests()); got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
		if len(evaluations[0].Jobs) != 3 || len(evaluations[1].Launches[0].Tasks) != 4 {
			t.Errorf("jobs %q, launches %+v", texts(evaluations[0].Jobs), evaluations[1].Launches)
		}
	}
}

// The results of a FINISHED run can be written again without moving its end.
func TestFreshResultsAreReadPastTheCache(t *testing.T) {
	runs := exported(t, "A1")
	server := serve(t, runs...)
	store, cache := open(t, server), artifacts.OpenCache(t.TempDir())
	results := func(fresh bool, requests int) string {
		t.Helper()
		found := resolve(t, store, a1)
		found[0].Found[0].Fresh = fresh
		server.ForgetRequests()
		evaluations, err := artifacts.NewFetcher(cache, nil, 0).Load(t.Context(), found)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(server.Requests()); got != requests {
			t.Errorf("%d requests, want %d", got, requests)
		}
		return nemo.ScoreDigest(evaluations[0].Jobs)
	}
	results(false, 7)
	name := folderOf(runs[0]) + "/" + resultsYML
	runs[0].Files[name] = strings.ReplaceAll(runs[0].Files[name], "0.", "0.0")
	before := results(false, 0)
	now := results(true, 3)
	if now == before {
		t.Errorf("the results of the cache: %s", now)
	}
	if kept := results(false, 0); kept != now {
		t.Errorf("kept %s, want %s", kept, now)
	}
}

func TestCacheKnowsAFileByEachPartOfItsKey(t *testing.T) {
	dir := t.TempDir()
	store := &memory{files: map[string]string{"f": "one", "g": "two"}}
	run := finished()
	if !asks(t, dir, store, run, "f") || asks(t, dir, store, run, "f") {
		t.Fatal("the file was not kept")
	}
	if !asks(t, dir, store, run, "g") {
		t.Error("another path is the same file")
	}
	exported := run
	exported.EndTime = run.EndTime.Add(time.Millisecond)
	if !asks(t, dir, store, exported, "f") {
		t.Error("a run that was exported again is the same")
	}
	other := run
	other.ID = strings.Repeat("0", 32)
	if !asks(t, dir, store, other, "f") {
		t.Error("another run is the same")
	}
	store.uri = "elsewhere"
	if !asks(t, dir, store, run, "f") {
		t.Error("another store is the same")
	}
	elsewhere := run
	elsewhere.EndTime = run.EndTime.In(time.FixedZone("", 3600))
	if asks(t, dir, store, elsewhere, "f") {
		t.Error("the same moment elsewhere is another")
	}
}

func TestWhatIsNotKept(t *testing.T) {
	unfinished := func(status string) query.Run {
		run := finished()
		run.Status = status
		return run
	}
	endless := finished()
	endless.EndTime = time.Time{}
	for name, tt := range map[string]struct {
		local bool
		run   query.Run
	}{
		"running":   {false, unfinished(query.StatusRunning)},
		"failed":    {false, unfinished(query.StatusFailed)},
		"killed":    {false, unfinished(query.StatusKilled)},
		"scheduled": {false, unfinished(query.StatusScheduled)},
		"no status": {false, unfinished("")},
		"no end":    {false, endless},
		"local":     {true, finished()},
	} {
		dir := filepath.Join(t.TempDir(), "cache")
		store := &memory{local: tt.local, files: map[string]string{"f": "content"}}
		for range 2 {
			if !asks(t, dir, store, tt.run, "f") {
				t.Errorf("%s: taken from the cache", name)
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a cache was made", name)
		}
	}
}

// A directory needs no cache, whoever asks.
func TestDirectoriesAreNotCached(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	fetcher := artifacts.NewFetcher(artifacts.OpenCache(dir), nil, 0)
	if _, err := fetcher.Load(t.Context(), resolve(t, nil, invocation(t, "A1").Dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a cache was made")
	}
}

// A file whose length nothing confirms may be half of one.
func TestUnverifiedFilesAreNotKept(t *testing.T) {
	dir := t.TempDir()
	store := &memory{files: map[string]string{"f": "content"}, hidden: map[string]bool{"f": true}}
	store.open = func(_ context.Context, _, content string) (query.Content, error) { return chunked(content), nil }
	for range 2 {
		if !asks(t, dir, store, finished(), "f") {
			t.Error("taken from the cache")
		}
	}
}

func TestFilesThatFailedAreNotKept(t *testing.T) {
	dir := t.TempDir()
	store := &memory{files: map[string]string{"f": "content"}}
	store.open = func(context.Context, string, string) (query.Content, error) {
		content := chunked("conten")
		content.Size = 7
		return content, nil
	}
	if _, err := artifacts.NewFetcher(artifacts.OpenCache(dir), nil, 0).Read(t.Context(), store, finished(), "f"); err == nil {
		t.Fatal("a file that was cut short was read")
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("kept %q", got)
	}
}

func TestDamagedEntryIsFetchedAgain(t *testing.T) {
	for _, content := range []string{"metrics: {a: 1}\n", ""} {
		dir := t.TempDir()
		store := &memory{files: map[string]string{"f": content}}
		asks(t, dir, store, finished(), "f")
		kept := entries(t, dir)
		if len(kept) != 1 {
			t.Fatalf("kept %q", kept)
		}
		good, err := os.ReadFile(kept[0])
		if err != nil {
			t.Fatal(err)
		}
		damaged := [][]byte{append(good[:len(good):len(good)], 0), []byte(content)}
		for i := range good {
			flipped := append([]byte(nil), good...)
			flipped[i] ^= 1
			damaged = append(damaged, flipped, good[:i])
		}
		for _, bytes := range damaged {
			if err := os.WriteFile(kept[0], bytes, 0o644); err != nil {
				t.Fatal(err)
			}
			if !asks(t, dir, store, finished(), "f") {
				t.Fatalf("%q was used, of %q", bytes, good)
			}
			if asks(t, dir, store, finished(), "f") {
				t.Fatalf("%q was not replaced", bytes)
			}
		}
		if got := entries(t, dir); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
	}
}

// A cache that cannot be written costs time, not the answer.
func TestCacheThatCannotBeWritten(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/dev/null/cache", "\x00"} {
		for range 2 {
			if !asks(t, dir, store, finished(), "f") {
				t.Errorf("%q: taken from the cache", dir)
			}
		}
	}

	// Something else under the entry's name.
	dir := t.TempDir()
	asks(t, dir, store, finished(), "f")
	entry := entries(t, dir)[0]
	if err := os.Remove(entry); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(entry, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	asks(t, dir, store, finished(), "f")
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestManyWriteTheSameEntry(t *testing.T) {
	dir := t.TempDir()
	content := strings.Repeat("0123456789", 20_000)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 10 {
				store := &memory{files: map[string]string{"f": content}}
				cache := artifacts.OpenCache(dir)
				blob, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), store, finished(), "f")
				if err != nil || string(blob.Content) != content {
					t.Errorf("read %d bytes, error %v", len(blob.Content), err)
				}
			}
		})
	}
	group.Wait()
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	if asks(t, dir, &memory{files: map[string]string{"f": content}}, finished(), "f") {
		t.Error("what stayed is damaged")
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a", "b", "f")
	for _, content := range []string{"first, which is longer", "second", ""} {
		if err := artifacts.WriteFile(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != content {
			t.Errorf("read %q, error %v", got, err)
		}
	}
	if err := artifacts.WriteFile(filepath.Join(dir, "a"), []byte("x")); err == nil {
		t.Error("a folder was written over")
	}
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// Many may write one file: it is always what one of them wrote.
func TestManyWriteOneFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	if err := artifacts.WriteFile(name, nil); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		content := strings.Repeat(string(rune('a'+i)), 20_000*(i+1))
		group.Go(func() {
			for range 20 {
				if err := artifacts.WriteFile(name, []byte(content)); err != nil {
					t.Error(err)
				}
				got, err := os.ReadFile(name)
				if err != nil || len(got) == 0 || len(got) != 20_000*int(got[0]-'a'+1) || strings.Trim(string(got), string(got[:1])) != "" {
					t.Errorf("read %d bytes, error %v", len(got), err)
				}
			}
		})
	}
	group.Wait()
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}
