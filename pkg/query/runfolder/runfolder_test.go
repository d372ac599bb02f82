package runfolder_test

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// write writes files below a folder; what ends in a slash is a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(place), 0o755)
		if err == nil && strings.HasSuffix(name, "/") {
			err = os.MkdirAll(place, 0o755)
		} else if err == nil {
			err = os.WriteFile(place, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() }) // read only
	return root
}

func TestParseAddress(t *testing.T) {
	for uri, want := range map[string]runfolder.Address{
		"":                                 {},
		"/a/1/R/artifacts":                 {Path: "/a/1/R/artifacts"},
		"./a//1/./R/artifacts/":            {Path: "a/1/R/artifacts"},
		"/a/1/R/artifacts/../x":            {Path: "/a/1/R/x"},
		"/a%20b/R/artifacts":               {Path: "/a b/R/artifacts"},
		"file:///a%20b/%2e%2e/R/artifacts": {Path: "/R/artifacts"},
		"file:a/R/artifacts":               {Path: "a/R/artifacts"},
		"file://localhost/a":               {Path: "/a"},
		"file://host/a":                    {Scheme: "file on host", Path: "/a"},
		"file:///C:/a/R/artifacts":         {Scheme: runfolder.Drive, Path: "/a/R/artifacts"},
		`C:\a\1\R\artifacts`:               {Scheme: runfolder.Drive, Path: "/a/1/R/artifacts"},
		"d:/a/R/artifacts":                 {Scheme: runfolder.Drive, Path: "/a/R/artifacts"},
		"mlflow-artifacts:/1/R/artifacts":  {Scheme: runfolder.Served, Path: "1/R/artifacts"},
		"mlflow-artifacts://h:5/../1/R":    {Scheme: runfolder.Served, Path: "1/R"},
		"s3://bucket/1/R/artifacts":        {Scheme: "s3", Path: "/1/R/artifacts"},
	} {
		if diff := cmp.Diff(want, runfolder.ParseAddress(uri)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", uri, diff)
		}
	}
}

// FuzzPlace holds every address to this: what is opened is a run's folder of
// artifacts, below a base that is an experiment's or a server's.
func FuzzPlace(f *testing.F) {
	const id = "0123456789abcdef0123456789abcdef"
	for _, uri := range []string{
		"/a/1/R/artifacts", "file:///a/R/artifacts", "mlflow-artifacts:/1/R/artifacts", "/R/artifacts", "../R/artifacts", "file:..", "C:/R/artifacts",
		"mlflow-artifacts:/%2e%2e/R/artifacts", "/a\x00/R/artifacts", "R/artifacts", "//R/artifacts",
	} {
		f.Add(strings.ReplaceAll(uri, "R", id), id, "1")
	}
	f.Add("/a/../artifacts", "..", "1")
	f.Add("/home/me/build/artifacts", "build", "1")
	f.Add("/a/b/c/artifacts", "b/c", "")
	f.Fuzz(func(t *testing.T, uri, id, experiment string) {
		run := query.Run{ID: id, ExperimentID: experiment, ArtifactURI: uri}
		address := runfolder.ParseAddress(uri)
		_ = address.IsIn("mlruns", run)
		place, ok := address.Place(run, "/beside")
		if !ok {
			return
		}
		tail := "/" + id + "/artifacts"
		if !strings.HasSuffix("/"+place.Below, tail) || path.Clean(place.Below) != place.Below || strings.HasPrefix(place.Below, "..") || path.IsAbs(place.Below) {
			t.Errorf("%q of %q: below %q", uri, id, place.Below)
		}
		if place.Base == "/" || !strings.HasSuffix(place.String(), tail) || len(id) != 32 || strings.ContainsAny(id, "./") {
			t.Errorf("%q of %q: %q and %q", uri, id, place.Base, place.Below)
		}
	})
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"base/1/R/artifacts/a": "x", "base/1/E/artifacts/": "", "base/1/F/artifacts": "", "away/artifacts/a": "x"})
	for target, name := range map[string]string{"../../../away/artifacts": "1/L", "../R/artifacts": "1/I", "nothing": "1/B"} {
		write(t, dir, map[string]string{"base/" + name + "/": ""})
		if err := os.Symlink(target, filepath.Join(dir, "base", name, "artifacts")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("base", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		base, below   string
		opens, exists bool
		code          query.Code
	}{
		{"base", "1/R/artifacts", true, true, ""},
		{"link", "1/R/artifacts", true, true, ""}, // the base is entered as it is named
		{"base/1", "R/artifacts", true, true, ""},
		{"base", "1/I/artifacts", true, true, ""},
		{"base", "1/E/artifacts", false, true, ""},
		{"base", "1/N/artifacts", false, true, ""},
		{"base", "2/N/artifacts", false, false, ""},
		{"none", "1/R/artifacts", false, false, ""},
		{"base/1/R/artifacts/a", "R/artifacts", false, false, ""},
		{"base", "1/L/artifacts", false, true, query.IO},
		{"base", "1/B/artifacts", false, true, query.IO},
		{"base", "1/F/artifacts", false, true, query.IO},
	} {
		place := runfolder.Place{Base: filepath.Join(dir, test.base), Below: test.below}
		root, err := place.Open()
		if root != nil {
			defer root.Close()
		}
		if (root != nil) != test.opens || (err == nil) != (test.code == "") || err != nil && !query.HasCode(err, test.code) {
			t.Errorf("%s: %v, %v", place, root, err)
		}
		if got := place.HasExperiment(); got != test.exists {
			t.Errorf("%s: its experiment is there: %v", place, got)
		}
	}
}

func TestListAndOpen(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"run/b/c": "xyz", "run/a": "x", "secret": "s"})
	for target, name := range map[string]string{"../secret": "out", "b": "folder", "a": "in", "nothing": "broken"} {
		if err := os.Symlink(target, filepath.Join(dir, "run", name)); err != nil {
			t.Fatal(err)
		}
	}
	root, run := open(t, filepath.Join(dir, "run")), query.Run{ID: "R"}
	for name, want := range map[string][]query.File{
		"":     {{Path: "a", Size: 1}, {Path: "b", IsDir: true}, {Path: "in", Size: 1}},
		"b":    {{Path: "b/c", Size: 3}},
		"b/":   {{Path: "b/c", Size: 3}},
		"a":    {},
		"none": {},
	} {
		got, err := runfolder.List(t.Context(), root, name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for _, name := range []string{"..", "../run", "/a", "a\x00"} {
		if _, err := runfolder.List(t.Context(), root, name); !query.HasCode(err, query.Usage) {
			t.Errorf("listing %q: %v", name, err)
		}
	}
	for name, code := range map[string]query.Code{
		"a": "", "in": "", "b/c": "", "b": query.NotFound, "none": query.NotFound, "a/b": query.NotFound, "broken": query.NotFound,
		"out": query.IO, "../secret": query.Usage, "": query.Usage, ".": query.Usage, "b/": query.Usage,
	} {
		content, err := runfolder.Open(t.Context(), root, run, name)
		if (err == nil) != (code == "") || err != nil && !query.HasCode(err, code) {
			t.Errorf("opening %q: %v", name, err)
		}
		if err == nil {
			data, err := io.ReadAll(content)
			if int64(len(data)) != content.Size || err != nil || content.Close() != nil {
				t.Errorf("%q: %d bytes of %d, %v", name, len(data), content.Size, err)
			}
		}
	}
	if files, err := runfolder.List(t.Context(), nil, ""); err != nil || files == nil || len(files) > 0 {
		t.Errorf("a run without files: %v, %v", files, err)
	}
	if _, err := runfolder.Open(t.Context(), nil, run, "a"); !query.HasCode(err, query.NotFound) {
		t.Errorf("a run without files: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	content, err := runfolder.Open(ctx, root, run, "b/c")
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	stop()
	if _, err := content.Read(make([]byte, 1)); !query.HasCode(err, query.IO) {
		t.Errorf("reading after the end: %v", err)
	}
	if _, err := runfolder.List(ctx, root, ""); !query.HasCode(err, query.IO) {
		t.Errorf("listing after the end: %v", err)
	}
}

func TestWithoutLogin(t *testing.T) {
	for uri, want := range map[string]string{
		"s3://key:secret@bucket/a?token=1": "s3://bucket/a",
		"//me:secret@host/a":               "//host/a",
		`C:\a b`:                           `C:\a b`,
		"/a b":                             "/a b",
		"http://[::1":                      "an address that cannot be read",
	} {
		if got := runfolder.WithoutLogin(uri); got != want {
			t.Errorf("%s: %s, want %s", uri, got, want)
		}
	}
}
