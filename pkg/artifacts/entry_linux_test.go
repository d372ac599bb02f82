package artifacts_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/evalctl/evalctl/pkg/artifacts"
)

// A pipe under the name of an entry, of the mark or of the measure is none of them,
// and nobody waits for its other end.
func TestPipesInTheCache(t *testing.T) {
	dir := t.TempDir()
	store := &memory{files: map[string]string{"f": "content"}}
	asks(t, dir, store, finished(), "f")
	cache := artifacts.OpenCache(dir)
	for _, name := range append(entries(t, dir), filepath.Join(cache.Folder(), "growth"), filepath.Join(cache.Folder(), "CACHEDIR.TAG")) {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), store, finished(), "f"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, _ = cache.List()
		_, _ = cache.Prune()
	}
}

// What lies behind a link would be neither counted nor cleared: nothing is written
// through one.
func TestLinksAreNotFollowed(t *testing.T) {
	for _, link := range []string{"files", "."} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		cache := artifacts.OpenCache(dir)
		at := &clock{}
		name := filepath.Join(cache.Folder(), link)
		if link != "." {
			filled(t, cache, at, 1, 10)
			if _, err := cache.Clear(); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(elsewhere, name); err != nil {
			t.Fatal(err)
		}
		filled(t, cache, at, 2, 10)
		if got := entries(t, elsewhere); len(got) > 0 {
			t.Errorf("%s: written through the link: %q", link, got)
		}
	}
}
