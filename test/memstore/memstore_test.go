package memstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/memstore"
	"github.com/evalctl/evalctl/test/stack"
)

// TestConformance holds the reference to the suite that the real stores pass, with
// runs that the exporter wrote, and with those of the launcher's directories.
func TestConformance(t *testing.T) {
	output := filepath.Join(stack.Data(t), "launcher-output")
	tree := os.DirFS(output)
	exported, err := mlruns.Open(stack.FileStore(t), mlruns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	directories, err := rundir.OpenPath(output)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		from    query.Store
		options conformance.Options
	}{
		"exported":    {exported, conformance.Exported(tree)},
		"directories": {directories, conformance.Options{Tree: tree, Language: true}},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := memstore.Copy(t.Context(), test.from)
			if err != nil {
				t.Fatal(err)
			}
			conformance.Run(t, func(*testing.T) query.Store { return store }, test.options)
		})
	}
}

// TestDeleted is what the example evaluations have none of.
func TestDeleted(t *testing.T) {
	store := &memstore.Store{
		Groups: []query.Experiment{{ID: "1", Name: "kept"}, {ID: "2", Name: "gone", Deleted: true}},
		Runs:   []query.Run{{ID: "a", ExperimentID: "1"}, {ID: "b", ExperimentID: "1", Deleted: true}, {ID: "c", ExperimentID: "2"}},
	}
	for view, want := range map[query.View]struct{ experiments, runs int }{query.Active: {1, 1}, query.WithDeleted: {2, 3}} {
		experiments, err := store.Experiments(t.Context(), view)
		if err != nil || len(experiments) != want.experiments {
			t.Errorf("view %d: experiments %v, %v", view, experiments, err)
		}
		runs, err := query.All(store.Search(t.Context(), query.Search{View: view}))
		if err != nil || len(runs) != want.runs {
			t.Errorf("view %d: runs %v, %v", view, runs, err)
		}
	}
	if run, err := store.Run(t.Context(), "c"); err != nil || run.ID != "c" {
		t.Errorf("a run of a deleted experiment: %v, %v", run, err)
	}
}
