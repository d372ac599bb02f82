package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
)

// filled is a private copy of what a real server left that the launcher's exporter
// has filled.
func filled(t *testing.T) string {
	t.Helper()
	return filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestConformance(t *testing.T) {
	path := filled(t)
	tree := os.DirFS(filepath.Join(stack.Data(t), "launcher-output"))
	conformance.Run(t, func(t *testing.T) query.Store { return open(t, path) }, conformance.Exported(tree))
}
