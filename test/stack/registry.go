package stack

import (
	"path/filepath"
	"slices"
	"testing"
)

// Registry fills the model registry of a store with a version of MLflow's client, as
// test/registry does, and returns what that client then finds there, for
// [conformance.Registry]. The tracking URI is a server's, a database's or a file
// store's; database is the file behind it, "" for a file store. The stores hold
// test/data, which the versions of some models name.
func Registry(tb testing.TB, version Version, uri, database string) string {
	tb.Helper()
	tests, err := folder()
	if err != nil {
		tb.Fatal(err)
	}
	args := []string{"-B", filepath.Join(tests, "registry", "registry.py"), uri, database}
	all := Invocations(tb)
	for _, name := range []string{"A1", "A2", "A3", "B1"} {
		at := slices.IndexFunc(all, func(i Invocation) bool { return i.Name == name })
		args = append(args, all[at].ID)
	}
	return FileStoreClient(tb, version, "", args...)
}
