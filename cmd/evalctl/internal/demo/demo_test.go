package demo_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/demo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/conformance"
)

const tree = "../../../../test/data/launcher-output"

var invocations = []string{demo.Baseline, demo.Candidate, "5262219b2ed44899", "7a217bdca5a31fce"}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) query.Store {
		store, err := demo.Open()
		if err != nil {
			t.Fatal(err)
		}
		return store
	}, conformance.Options{Invocations: invocations, Tree: os.DirFS(tree)})
}

func TestURI(t *testing.T) {
	store, err := demo.Open()
	if err != nil {
		t.Fatal(err)
	}
	if store.URI() != "demo:" {
		t.Errorf("URI %q", store.URI())
	}
}

// TestUnaltered compares every embedded file with the tree it was taken from,
// and that tree with what is embedded of each job.
func TestUnaltered(t *testing.T) {
	embedded, err := demo.FS()
	if err != nil {
		t.Fatal(err)
	}
	source := os.DirFS(tree)
	total := 0
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		got, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		want, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not the file that the launcher wrote", name)
		}
		total += len(got)
		return nil
	}
	if err := fs.WalkDir(embedded, ".", walk); err != nil {
		t.Fatal(err)
	}
	if total > 1_000_000 {
		t.Errorf("%d bytes of demo data; the program carries them everywhere", total)
	}

	wanted := []string{"results.yml", "eval_factory_metrics.json", "run_config.yml", "metadata.yaml"}
	for _, id := range invocations {
		files, err := fs.Glob(source, "*-"+id+"/*/artifacts/*")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", id, err)
		}
		for _, name := range files {
			if !slices.Contains(wanted, path.Base(name)) {
				continue
			}
			if _, err := fs.Stat(embedded, name); err != nil {
				t.Errorf("left out: %v", err)
			}
		}
	}
}
