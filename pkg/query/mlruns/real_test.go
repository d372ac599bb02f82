package mlruns_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

func opened(t testing.TB, dir string) *mlruns.Store {
	t.Helper()
	store, err := mlruns.Open(dir, mlruns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestConformance holds the store to the contract on what MLflow and the launcher's
// exporter wrote, and checks that reading changes nothing.
func TestConformance(t *testing.T) {
	dir := stack.FileStore(t)
	before := untouched.Take(t, dir)
	tree := os.DirFS(filepath.Join(stack.Data(t), "launcher-output"))
	store := opened(t, dir)
	conformance.Run(t, func(*testing.T) query.Store { return store }, conformance.Exported(tree))
	if warnings := store.Warnings(); len(warnings) > 0 {
		t.Errorf("warnings of a store that is whole: %v", warnings)
	}
	before.Check(t)
}
