package rundir_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
)

// linked is a job with every kind of link in its artifacts.
func linked() fstest.MapFS {
	at := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Mode: fs.ModeSymlink | 0o777, Data: []byte(target)}
	}
	return fstest.MapFS{
		"20251106_120000-71f3f319/other.1/secret.txt":             {Data: []byte("of another job")},
		"20251106_120000-71f3f319/a.0/.secrets.env":               {Data: []byte("API_KEY=x")},
		"20251106_120000-71f3f319/a.0/artifacts/results.yml":      {Data: []byte("results: {}")},
		"20251106_120000-71f3f319/a.0/artifacts/empty":            {},
		"20251106_120000-71f3f319/a.0/artifacts/sub/x.json":       {Data: []byte("{}")},
		"20251106_120000-71f3f319/a.0/artifacts/inside":           at("../artifacts/sub/x.json"),
		"20251106_120000-71f3f319/a.0/artifacts/chain":            at("inside"),
		"20251106_120000-71f3f319/a.0/artifacts/folder":           at("sub"),
		"20251106_120000-71f3f319/a.0/artifacts/up":               at(".."),
		"20251106_120000-71f3f319/a.0/artifacts/out":              at("../../other.1/secret.txt"),
		"20251106_120000-71f3f319/a.0/artifacts/absolute":         at("/etc/passwd"),
		"20251106_120000-71f3f319/a.0/artifacts/sub/absolute":     at("/etc/passwd"),
		"20251106_120000-71f3f319/a.0/artifacts/loop":             at("loop"),
		"20251106_120000-71f3f319/a.0/artifacts/broken":           at("nowhere"),
		"20251106_120000-71f3f319/a.0/artifacts/env":              at("../.secrets.env"),
		"20251106_120000-71f3f319/a.0/artifacts/sub/.SECRETS.env": {Data: []byte("API_KEY=x")},
	}
}

func TestLinksInside(t *testing.T) {
	store := open(t, linked(), ".")
	run, err := store.Run(t.Context(), "71f3f319.0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.List(t.Context(), run, "artifacts")
	if err != nil {
		t.Fatal(err)
	}
	want := []query.File{
		{Path: "artifacts/chain", Size: 2},
		{Path: "artifacts/empty"},
		{Path: "artifacts/inside", Size: 2},
		{Path: "artifacts/results.yml", Size: 11},
		{Path: "artifacts/sub", IsDir: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	if root, err := store.List(t.Context(), run, ""); err != nil || !cmp.Equal(root, []query.File{{Path: "artifacts", IsDir: true}}) {
		t.Errorf("root: %v, %v", root, err)
	}

	for name, want := range map[string]string{
		"artifacts/inside": "{}", "artifacts/chain": "{}", "artifacts/folder/x.json": "{}",
		"artifacts/up/artifacts/results.yml": "results: {}", "artifacts/empty": "",
	} {
		content, err := store.Open(t.Context(), run, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := io.ReadAll(content)
		if err != nil || string(data) != want || content.Size != int64(len(want)) || content.Close() != nil {
			t.Errorf("%s: %q, size %d, %v", name, data, content.Size, err)
		}
	}
	for name, want := range map[string]query.Code{
		"artifacts/out":              query.IO,
		"artifacts/absolute":         query.IO,
		"artifacts/sub/absolute":     query.IO,
		"artifacts/loop":             query.IO,
		"artifacts/broken":           query.NotFound,
		"artifacts/env":              query.Forbidden,
		"artifacts/sub/.SECRETS.env": query.Forbidden,
		".secrets.env":               query.Forbidden,
		"artifacts":                  query.NotFound,
		"artifacts/folder":           query.NotFound,
		"../other.1/secret.txt":      query.Usage,
	} {
		if content, err := store.Open(t.Context(), run, name); !query.HasCode(err, want) {
			t.Errorf("%s: %v, error %v; want %s", name, content, err, want)
		}
	}
}

// TestGrowingFile has a log that grows between opening and reading: the promised
// size is kept.
func TestGrowingFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "client.log")
	for file, text := range map[string]string{name: "one\n", filepath.Join(dir, "results.yml"): ""} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store := openPath(t, dir)
	content, err := store.Open(t.Context(), search(t, store)[0], "client.log")
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if err := os.WriteFile(name, []byte("one\ntwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(content); err != nil || string(data) != "one\n" || content.Size != 4 {
		t.Errorf("read %q, size %d, %v", data, content.Size, err)
	}
}

// TestKeptRecord opens a file of a run that is known by its id alone.
func TestKeptRecord(t *testing.T) {
	store := open(t, linked(), ".")
	files, err := store.List(t.Context(), query.Run{ID: "71f3f319.0"}, "artifacts/sub")
	if err != nil || !cmp.Equal(files, []query.File{{Path: "artifacts/sub/x.json", Size: 2}}) {
		t.Errorf("%v, %v", files, err)
	}
	if _, err := store.List(t.Context(), query.Run{ID: "71f3f319.9"}, ""); !query.HasCode(err, query.NotFound) {
		t.Errorf("an unknown run: %v", err)
	}
}
