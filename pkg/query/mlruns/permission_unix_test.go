//go:build unix

package mlruns_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
)

// asNobody makes the test binary run a test for a user who is not root, whom no
// permission stops.
const asNobody = "EVALCTL_TEST_AS_NOBODY"

// TestPermissions takes away what reading needs.
func TestPermissions(t *testing.T) {
	if os.Geteuid() == 0 && os.Getenv(asNobody) == "" {
		runAsNobody(t)
		return
	}
	for name, test := range map[string]struct {
		forbid string
		left   []string
		said   string
	}{
		"a tag":           {"RUN/tags/invocation_id", others(), "/tags/invocation_id: permission denied"},
		"a run":           {"RUN", others(), "/tags/invocation_id: permission denied"},
		"a run's meta":    {"RUN/meta.yaml", others(), "/meta.yaml: permission denied"},
		"tags":            {"RUN/tags", others(), "/tags/invocation_id: permission denied"},
		"metrics":         {"RUN/metrics", others(), "/metrics: permission denied"},
		"an experiment":   {"1", []string{}, "1/meta.yaml: permission denied"},
		"its meta":        {"1/meta.yaml", []string{}, "1/meta.yaml: permission denied"},
		"the trash alone": {".trash", append(others()[:3:3], runID(2), runID(1), runID(0)), ".trash: permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.ok(os.Mkdir(s.path(".trash"), 0o755))
			s.forbid(test.forbid)
			store := opened(t, s.dir)
			search := query.Search{View: query.WithDeleted, Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}}
			if got := ids(t, store, search); !slices.Equal(got, test.left) {
				t.Errorf("runs %s, want %s", got, test.left)
			}
			warnings := store.Warnings()
			if len(warnings) != 1 || !strings.Contains(warnings[0].Message, test.said) {
				t.Errorf("warnings %+v", warnings)
			}
			if strings.HasPrefix(test.forbid, "RUN") {
				if _, err := store.Run(t.Context(), runID(2)); !query.HasCode(err, query.Corrupt) || !strings.Contains(err.Error(), "permission denied") {
					t.Errorf("run by its id: %v", err)
				}
			}
		})
	}
	t.Run("the store", func(t *testing.T) {
		s := newSite(t)
		s.forbid(".")
		_, err := mlruns.Open(s.dir, mlruns.Options{})
		if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "cannot read "+s.dir+": permission denied") {
			t.Errorf("opening: %v", err)
		}
	})
	t.Run("the store, once open", func(t *testing.T) {
		s := newSite(t)
		store := opened(t, s.dir)
		s.forbid(".")
		_, err := query.All(store.Search(t.Context(), query.Search{}))
		if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "cannot read "+s.dir+": permission denied") {
			t.Errorf("searching: %v", err)
		}
	})
	t.Run("artifacts", func(t *testing.T) {
		s := newSite(t)
		s.write("RUN/artifacts/a/results.yml", "x")
		s.forbid("RUN/artifacts/a")
		store := opened(t, s.dir)
		run, err := store.Run(t.Context(), runID(2))
		s.ok(err)
		if _, err := store.List(t.Context(), run, "a"); !query.HasCode(err, query.IO) {
			t.Errorf("listing: %v", err)
		}
		if _, err := store.Open(t.Context(), run, "a/results.yml"); !query.HasCode(err, query.IO) {
			t.Errorf("opening: %v", err)
		}
	})
}

func (s site) forbid(name string) {
	s.t.Helper()
	path := s.path(name)
	info, err := os.Stat(path)
	s.ok(err)
	s.ok(os.Chmod(path, 0))
	s.t.Cleanup(func() { s.ok(os.Chmod(path, info.Mode())) })
}

// runAsNobody runs this test again, with a copy of the program in a folder that
// anybody can enter.
func runAsNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "test")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), copied, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asNobody+"=1", "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+"/a_tag") {
		t.Fatal(fmt.Errorf("as nobody: %w\n%s", err, out))
	}
}

// TestPipe has pipes where files are expected: opening one would wait for ever.
func TestPipe(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"RUN/meta.yaml", "RUN/artifacts/results.yml"} {
		s.remove(name)
		s.ok(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
		s.ok(syscall.Mkfifo(s.path(name), 0o644))
	}
	store := opened(t, s.dir)
	if got := ids(t, store, query.Search{}); !slices.Equal(got, others()) {
		t.Errorf("runs %s", got)
	}
	if warnings := store.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0].Message, "meta.yaml: not a regular file") {
		t.Errorf("warnings %v", warnings)
	}
	run := query.Run{ID: runID(2), ExperimentID: "1"}
	if files, err := store.List(t.Context(), run, ""); err != nil || len(files) != 0 {
		t.Errorf("listed %v, %v", files, err)
	}
	if _, err := store.Open(t.Context(), run, "results.yml"); !query.HasCode(err, query.IO) {
		t.Errorf("opening a pipe: %v", err)
	}
}

// TestPipeForFolder has a pipe in place of a run's tags, parameters or metrics, and
// asks for one of them.
func TestPipeForFolder(t *testing.T) {
	for folder, raw := range map[string]string{"tags": "tags.task_name != 'x'", "params": "params.p != 'x'", "metrics": "metrics.m >= 0"} {
		s := newSite(t)
		s.remove("RUN/" + folder)
		s.ok(syscall.Mkfifo(s.path("RUN/"+folder), 0o644))
		for _, search := range []query.Search{{}, {Raw: raw}} {
			store := opened(t, s.dir)
			if got := ids(t, store, search); !slices.Equal(got, others()) {
				t.Errorf("%s: runs %s", folder, got)
			}
			if warnings := store.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0].Message, "/"+folder+": not a folder") {
				t.Errorf("%s: warnings %v", folder, warnings)
			}
		}
	}
}

// TestPipeForArtifacts has a pipe where a run's folder of artifacts is expected.
func TestPipeForArtifacts(t *testing.T) {
	for name, uri := range map[string]string{
		"mlruns/1/RUN/artifacts":      "",
		"else/1/RUN/artifacts":        "else/1/RUN/artifacts",
		"else/1/RUN":                  "else/1/RUN/artifacts",
		"else/1":                      "else/1/RUN/artifacts",
		"mlartifacts":                 "mlflow-artifacts:/1/RUN/artifacts",
		"mlartifacts/1/RUN/artifacts": "mlflow-artifacts:/1/RUN/artifacts",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			of := func(text string) string { return strings.ReplaceAll(text, "RUN", runID(2)) }
			pipe := filepath.Join(filepath.Dir(s.dir), of(name))
			s.ok(os.MkdirAll(filepath.Dir(pipe), 0o755))
			s.ok(syscall.Mkfifo(pipe, 0o644))
			store, failed := opened(t, s.dir), make(chan error)
			go func() {
				_, err := store.List(t.Context(), query.Run{ID: runID(2), ExperimentID: "1", ArtifactURI: of(uri)}, "")
				failed <- err
			}()
			select {
			case err := <-failed:
				if err == nil && name != "else/1/RUN" { // whose experiment has a folder
					t.Error("no error")
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it waits for a writer")
			}
		})
	}
}

// TestPipeForStore names a pipe as a store.
func TestPipeForStore(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "mlruns")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if mlruns.Is(pipe) || mlruns.HasExperiment(pipe) {
			t.Error("a pipe is a store")
		}
		if _, err := mlruns.Open(pipe, mlruns.Options{}); !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "not a folder") {
			t.Errorf("opening a pipe: %v", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a writer")
	}
}
