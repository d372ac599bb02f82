//go:build unix

package rundir_test

import (
	"os"
	"path"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
)

// TestLink opens an invocation through a link with a name of its own, and a tree
// whose invocations are links.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	latest := filepath.Join(dir, "latest")
	link(t, absolute(t, path.Join(tree, a1)), latest)
	if got := search(t, openPath(t, latest)); len(got) != 4 || got[0].InvocationID() != "c0bd961e50124ab3" {
		t.Errorf("through a link: %v", got)
	}

	link(t, absolute(t, path.Join(tree, a1)), filepath.Join(dir, a1))
	link(t, filepath.Join(dir, "gone"), filepath.Join(dir, "20261121_031638-00000000"))
	if got := search(t, openPath(t, dir)); len(got) != 4 {
		t.Errorf("of a linked invocation: %s", ids(got))
	}

	loop := filepath.Join(dir, "loop")
	link(t, "loop", loop)
	if _, err := rundir.OpenPath(loop); !query.HasCode(err, query.IO) {
		t.Errorf("a link to itself: %v, want IO", err)
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// TestPipe has pipes where files are expected: opening one would wait for ever.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	job := filepath.Join(dir, "20251106_120000-71f3f319", "a.0")
	for _, folder := range []string{"artifacts", "logs"} {
		if err := os.MkdirAll(filepath.Join(job, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(job, "run.sh"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"artifacts/results.yml", "artifacts/run_config.yml", "artifacts/metadata.yaml", "logs/stage.running", "logs/stage.exit",
	} {
		if err := syscall.Mkfifo(filepath.Join(job, filepath.FromSlash(name)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store := openPath(t, dir)
	runs := search(t, store)
	if len(runs) != 1 || runs[0].Status != query.StatusFailed {
		t.Fatalf("runs %v", runs)
	}
	if listed, err := store.List(t.Context(), runs[0], "artifacts"); err != nil || len(listed) != 0 {
		t.Errorf("listed %v, %v", listed, err)
	}
	if _, err := store.Open(t.Context(), runs[0], "artifacts/results.yml"); !query.HasCode(err, query.IO) {
		t.Errorf("opening a pipe: %v", err)
	}
}
