package settings_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
)

func pinned(name string) settings.Baseline {
	return settings.Baseline{Name: name, Selector: "c0bd961e", Sources: []settings.BaselineSource{{
		Store: "https://mlflow.corp", Whole: true, Runs: []settings.BaselineRun{{ID: "1e5", Job: "c0bd961e.0", Task: "arith", SHA256: "00"}},
	}}}
}

func edit(t *testing.T, place settings.Place, change func(*settings.Document) error) {
	t.Helper()
	if err := settings.Edit(t.Context(), place, change); err != nil {
		t.Fatal(err)
	}
}

// What is not changed keeps its comments and its order; ids that look like numbers
// stay text.
func TestEditKeepsTheRest(t *testing.T) {
	place := settings.Place{Scope: settings.User, File: filepath.Join(t.TempDir(), "below", "config.yaml")}
	if err := os.MkdirAll(filepath.Dir(place.File), 0o755); err != nil {
		t.Fatal(err)
	}
	before := `# ours
tasks: # of the team
  # the new one
  x: {scale: percent} # since May

  y:
    scale: elo
baselines:
  # before the release
  old:
    selector: aaaa
    sources:
      - store: 'demo:'
        runs:
          - {id: "1", sha256: "2"} # by hand
current-context: prod # mine
`
	if err := os.WriteFile(place.File, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	edit(t, place, func(d *settings.Document) error { return d.SetBaseline(pinned("main")) })
	edit(t, place, func(d *settings.Document) error { return d.SetCurrent("other") })
	got, err := os.ReadFile(place.File)
	if err != nil {
		t.Fatal(err)
	}
	want := `# ours
tasks: # of the team
  # the new one
  x: {scale: percent} # since May

  y:
    scale: elo
baselines:
  # before the release
  old:
    selector: aaaa
    sources:
      - store: 'demo:'
        runs:
          - {id: "1", sha256: "2"} # by hand
  main:
    selector: c0bd961e
    sources:
      - store: https://mlflow.corp
        whole: true
        runs:
          - id: "1e5"
            job: c0bd961e.0
            task: arith
            sha256: "00"
current-context: other # mine
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if info, err := os.Stat(place.File); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	edit(t, place, func(d *settings.Document) error {
		for _, name := range []string{"main", "old", "old"} {
			if _, err := d.RemoveBaseline(name); err != nil {
				return err
			}
		}
		return d.SetCurrent("")
	})
	want, _, _ = strings.Cut(before, "  old:")
	if got, err := os.ReadFile(place.File); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(place.File), "*")); err != nil || len(left) != 1 {
		t.Errorf("left behind %q", left)
	}
}

// A file that is not there, is empty, or has comments only.
func TestEditMakesTheFile(t *testing.T) {
	for _, before := range []string{"", "# only a comment\n", "baselines:\n", "baselines: {} # none\n", "null\n"} {
		place := settings.Place{Scope: settings.Project, File: filepath.Join(t.TempDir(), "new", settings.ProjectFile)}
		if before != "" {
			if err := os.MkdirAll(filepath.Dir(place.File), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(place.File, []byte(before), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		edit(t, place, func(d *settings.Document) error { return d.SetBaseline(pinned("main")) })
		got, err := os.ReadFile(place.File)
		if err != nil {
			t.Fatal(err)
		}
		if comment := strings.Contains(before, "# "); comment != strings.Contains(string(got), "# ") {
			t.Errorf("%q became\n%s", before, got)
		}
		read, err := settings.Parse(got, place)
		if err != nil {
			t.Fatal(err)
		}
		want := pinned("main")
		want.Place = place
		if found, _ := read.Baseline("main"); !cmp.Equal(found, want) {
			t.Errorf("%q: %s", before, cmp.Diff(want, found))
		}
	}
}

// Of changes at the same time none is lost, and readers see a whole file.
func TestEditsAtTheSameTime(t *testing.T) {
	place := settings.Place{Scope: settings.Project, File: filepath.Join(t.TempDir(), settings.ProjectFile)}
	edit(t, place, func(d *settings.Document) error { return d.SetBaseline(pinned("first")) })
	const writers = 20
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			name := fmt.Sprintf("b%d", i)
			if err := settings.Edit(context.Background(), place, func(d *settings.Document) error { return d.SetBaseline(pinned(name)) }); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			data, err := os.ReadFile(place.File)
			if err == nil {
				var s settings.Settings
				if s, err = settings.Parse(data, place); err == nil && len(s.Baselines) == 0 {
					t.Error("an empty file was seen")
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	data, err := os.ReadFile(place.File)
	if err != nil {
		t.Fatal(err)
	}
	s, err := settings.Parse(data, place)
	if err != nil || len(s.BaselineNames()) != writers+1 {
		t.Errorf("%d baselines, %v", len(s.BaselineNames()), err)
	}
}

// A file with a mistake is not written again, nor is one that would have one.
func TestEditRefuses(t *testing.T) {
	place := settings.Place{Scope: settings.Project, File: filepath.Join(t.TempDir(), settings.ProjectFile)}
	const broken = "tasks: [\n"
	if err := os.WriteFile(place.File, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := settings.Edit(t.Context(), place, func(d *settings.Document) error { return d.SetCurrent("x") }); err == nil {
		t.Error("a broken file was changed")
	}
	if data, err := os.ReadFile(place.File); err != nil || string(data) != broken {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.Remove(place.File); err != nil {
		t.Fatal(err)
	}
	secret := settings.Context{Name: "x", URI: "https://host", TokenCommand: "print token"}
	err := settings.Edit(t.Context(), place, func(d *settings.Document) error { return d.SetContext(secret) })
	if err == nil || !strings.Contains(err.Error(), "cannot run commands") {
		t.Errorf("a command in a project's file: %v", err)
	}
	if _, err := os.Stat(place.File); err == nil {
		t.Error("it was written")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.WriteFile(place.File+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := settings.Edit(ctx, place, func(*settings.Document) error { return nil }); err == nil {
		t.Error("a lock was ignored")
	}
}
