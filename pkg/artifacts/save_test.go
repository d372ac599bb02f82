package artifacts_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// openRoot makes a folder to save to.
func openRoot(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	})
	return root, dir
}

// save downloads the file "f" of a store as name.
func save(t *testing.T, store *memory, run query.Run, root *os.Root, name string, force bool) (artifacts.Saved, error) {
	t.Helper()
	file := query.File{Path: "f", Size: int64(len(store.files["f"]))}
	return artifacts.NewFetcher(nil, nil, 0).Save(t.Context(), store, run, file, root, name, force)
}

func wantFile(t *testing.T, name, content string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q, error %v, want %q", name, got, err, content)
	}
}

func TestSave(t *testing.T) {
	for _, content := range []string{"content\n", "", strings.Repeat("0123456789", 100_000)} {
		root, dir := openRoot(t)
		store := &memory{files: map[string]string{"f": content}}
		saved, err := save(t, store, finished(), root, "job.0/a/f", false)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(content))
		if want := (artifacts.Saved{Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}); saved != want {
			t.Errorf("saved %+v, want %+v", saved, want)
		}
		name := filepath.Join(dir, "job.0", "a", "f")
		wantFile(t, name, content)
		info, err := os.Stat(name)
		if err != nil || !info.ModTime().Equal(finished().EndTime) {
			t.Errorf("modified %v, error %v", info.ModTime(), err)
		}
		if got := entries(t, dir); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
	}
}

func TestSavedFileIsKept(t *testing.T) {
	end := finished().EndTime
	for name, tt := range map[string]struct {
		content  string // what lies there
		modified time.Time
		run      func(*query.Run)
		force    bool
		kept     bool
	}{
		"the same":                 {"content", end, nil, false, true},
		"only its size and time":   {"CONTENT", end, nil, false, true},
		"force":                    {"CONTENT", end, nil, true, false},
		"another length":           {"conten", end, nil, false, false},
		"another time":             {"CONTENT", end.Add(time.Second), nil, false, false},
		"exported again":           {"CONTENT", end, func(r *query.Run) { r.EndTime = end.Add(time.Hour) }, false, false},
		"a run that did not end":   {"CONTENT", end, func(r *query.Run) { r.EndTime, r.Status = time.Time{}, query.StatusRunning }, false, false},
		"a failed run that did":    {"CONTENT", end, func(r *query.Run) { r.Status = query.StatusFailed }, false, true},
		"empty where it is not so": {"", end, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			root, dir := openRoot(t)
			file := filepath.Join(dir, "f")
			if err := os.WriteFile(file, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, tt.modified, tt.modified); err != nil {
				t.Fatal(err)
			}
			run := finished()
			if tt.run != nil {
				tt.run(&run)
			}
			store := &memory{files: map[string]string{"f": "content"}}
			saved, err := save(t, store, run, root, "f", tt.force)
			if err != nil {
				t.Fatal(err)
			}
			want := "content"
			if tt.kept {
				want = tt.content
			}
			wantFile(t, file, want)
			sum := sha256.Sum256([]byte(want))
			if saved.SHA256 != hex.EncodeToString(sum[:]) || saved.Size != int64(len(want)) {
				t.Errorf("saved %+v", saved)
			}
			if saved.Cached != tt.kept || (len(store.opened) == 0) != tt.kept {
				t.Errorf("cached %t, fetched %d times", saved.Cached, len(store.opened))
			}
		})
	}
}

func TestSaveFromTheCache(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	cache := artifacts.OpenCache(t.TempDir())
	fetcher := artifacts.NewFetcher(cache, nil, 0)
	if _, err := fetcher.Read(t.Context(), store, finished(), "f"); err != nil {
		t.Fatal(err)
	}
	root, dir := openRoot(t)
	for i, force := range []bool{false, true} {
		file := query.File{Path: "f", Size: 7}
		saved, err := fetcher.Save(t.Context(), store, finished(), file, root, "f", force)
		if err != nil {
			t.Fatal(err)
		}
		if saved.Cached == force || len(store.opened) != i+1 {
			t.Errorf("force %t: %+v, %d requests", force, saved, len(store.opened))
		}
		wantFile(t, filepath.Join(dir, "f"), "content")
	}
}

func TestNamesThatAreNotSaved(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	for _, name := range []string{
		"", ".", "..", "../f", "a/../../f", "a/../f", "a/..", "/f", "/etc/passwd", "a//f", "a/", "./f", "a/./f", "f\x00", "f\x00.txt", "a\x00/f",
	} {
		root, dir := openRoot(t)
		_, err := save(t, store, finished(), root, name, true)
		wantCode(t, err, query.Corrupt, "cannot be saved")
		if got := entries(t, filepath.Dir(dir)); len(got) > 0 {
			t.Errorf("%q wrote %q", name, got)
		}
	}
	if len(store.opened) > 0 {
		t.Errorf("fetched %q for nothing", store.opened)
	}
}

// What is odd and harmless on this system stays inside.
func TestOddNames(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	for _, name := range []string{`C:\f`, `C:f`, `..\f`, `\\host\share\f`, "f...", "...", "a /f ", "CON", "-rf", "\x1b[2J", ".partial-x"} {
		root, dir := openRoot(t)
		_, err := save(t, store, finished(), root, name, false)
		if filepath.IsLocal(filepath.FromSlash(name)) != (err == nil) {
			t.Errorf("%q: error %v", name, err)
		}
		for _, file := range entries(t, filepath.Dir(dir)) {
			if !strings.HasPrefix(file, dir+string(filepath.Separator)) {
				t.Errorf("%q wrote %s", name, file)
			}
		}
	}
}

func TestLinksDoNotLeadOut(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("SECRET!"), 0o644); err != nil {
		t.Fatal(err)
	}
	end := finished().EndTime
	if err := os.Chtimes(secret, end, end); err != nil {
		t.Fatal(err)
	}
	root, dir := openRoot(t)
	for link, target := range map[string]string{"folder": outside, "file": secret, "relative": "../" + filepath.Base(outside)} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"folder/secret", "folder/new/f", "relative/f"} {
		if _, err := save(t, store, finished(), root, name, false); err == nil {
			t.Errorf("%s was saved", name)
		}
	}
	// The name of a link is a name: the file takes its place, its target stays.
	saved, err := save(t, store, finished(), root, "file", false)
	if err != nil || saved.Cached {
		t.Errorf("saved %+v, error %v", saved, err)
	}
	wantFile(t, filepath.Join(dir, "file"), "content")
	wantFile(t, secret, "SECRET!")
	if got := entries(t, outside); len(got) != 1 {
		t.Errorf("outside there is %q", got)
	}
}

func TestSaveThatFailsLeavesNothing(t *testing.T) {
	broken := errors.New("connection reset")
	for name, tt := range map[string]struct {
		content func(string) query.Content
		err     error
		code    query.Code
		tries   int
	}{
		"too short":   {func(s string) query.Content { return chunked(s[:3]) }, nil, query.Unreachable, 3},
		"too long":    {func(s string) query.Content { return chunked(s + "!") }, nil, query.Unreachable, 3},
		"broken":      {func(s string) query.Content { c := chunked(s); c.ReadCloser = brokenBody(s, broken); return c }, nil, query.Unreachable, 3},
		"refused":     {nil, &query.Error{Code: query.Forbidden}, query.Forbidden, 1},
		"not there":   {nil, &query.Error{Code: query.NotFound}, query.Unreachable, 1},
		"not certain": {nil, &query.Error{Code: query.Uncertain}, query.Unreachable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := &memory{files: map[string]string{"f": "content"}}
			store.open = func(_ context.Context, _, content string) (query.Content, error) {
				if tt.err != nil {
					return query.Content{}, tt.err
				}
				return tt.content(content), nil
			}
			root, dir := openRoot(t)
			old := filepath.Join(dir, "old")
			if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, target := range []string{"a/f", "old"} {
				store.opened = nil
				_, err := save(t, store, finished(), root, target, false)
				wantCode(t, err, tt.code)
				if len(store.opened) != tt.tries {
					t.Errorf("%d tries, want %d", len(store.opened), tt.tries)
				}
			}
			wantFile(t, old, "old")
			if got := entries(t, dir); len(got) != 1 {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

func brokenBody(content string, err error) *body {
	return &body{brokenReader{strings.NewReader(content), err}}
}

type body struct{ brokenReader }

func (*body) Close() error { return nil }

func TestSaveAfterFaults(t *testing.T) {
	store := &memory{files: map[string]string{"f": "content"}}
	store.open = func(_ context.Context, _, content string) (query.Content, error) {
		if len(store.opened) < 3 {
			return chunked(content[:len(store.opened)]), nil
		}
		return whole(content), nil
	}
	root, dir := openRoot(t)
	if _, err := save(t, store, finished(), root, "f", false); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "f"), "content")
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// Until the last byte is there, the name is not.
func TestNameAppearsWithTheWholeFile(t *testing.T) {
	root, dir := openRoot(t)
	store := &memory{files: map[string]string{"f": "content"}}
	store.open = func(_ context.Context, _, content string) (query.Content, error) {
		file := whole(content)
		file.ReadCloser = watched{strings.NewReader(content), func() {
			if _, err := os.Stat(filepath.Join(dir, "f")); err == nil {
				t.Error("the file is there before its end")
			}
			if got := entries(t, dir); len(got) != 1 {
				t.Errorf("being written: %q", got)
			}
		}}
		return file, nil
	}
	if _, err := save(t, store, finished(), root, "f", false); err != nil {
		t.Fatal(err)
	}
}

// watched calls a function at each read.
type watched struct {
	*strings.Reader
	look func()
}

func (w watched) Read(p []byte) (int, error) {
	w.look()
	return w.Reader.Read(p[:1])
}

func (watched) WriteTo(w interface{ Write([]byte) (int, error) }) (int64, error) { return 0, nil }

func (watched) Close() error { return nil }

func TestInterruptedSaveLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := strings.Repeat("0123456789", 10_000)
		server := fakemlflow.NewInMemory(t)
		server.AddExperiment("e")
		server.AddRun(fakemlflow.Run{Tags: map[string]string{query.TagInvocation: a1}, Files: map[string]string{"f": content}})
		server.Fault(fakemlflow.Fault{Path: "/artifacts/f", Stall: true, After: 50_000})
		store := open(t, server)
		found := resolve(t, store, a1)[0].Found[0]
		root, dir := openRoot(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		begin := time.Now()
		file := query.File{Path: "f", Size: int64(len(content))}
		_, err := artifacts.NewFetcher(nil, nil, 0).Save(ctx, store, found.Runs[0], file, root, "f", false)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := entries(t, dir); len(got) > 0 {
			t.Errorf("left behind: %q", got)
		}
	})
}

// A name that is a folder is no place for a file.
func TestFolderInTheWay(t *testing.T) {
	root, dir := openRoot(t)
	if err := os.MkdirAll(filepath.Join(dir, "f", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	store := &memory{files: map[string]string{"f": "content"}}
	if _, err := save(t, store, finished(), root, "f", false); err == nil || len(store.opened) != 1 {
		t.Errorf("error %v after %d tries", err, len(store.opened))
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestSaveTellsProgress(t *testing.T) {
	root, _ := openRoot(t)
	store := &memory{files: map[string]string{"a/f": "content"}}
	for range 2 { // fetched, then kept
		progress := &tally{}
		fetcher := artifacts.NewFetcher(nil, progress, 0)
		if _, err := fetcher.Save(t.Context(), store, finished(), query.File{Path: "a/f", Size: 7}, root, "f", false); err != nil {
			t.Fatal(err)
		}
		if progress.got["a/f"] != 7 || progress.want != 0 {
			t.Errorf("progress %+v", progress.got)
		}
	}
}
