package rundir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/test/untouched"
)

// Tests of this package read test/data itself, and write nothing there.
func TestMain(m *testing.M) {
	os.Exit(untouched.Suite{Tests: m, Dirs: []string{filepath.Join("..", "..", "..", "test", "data")}}.Run())
}
