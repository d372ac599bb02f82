package untouched_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/evalctl/evalctl/test/untouched"
)

// doing is tests that do something to a folder.
type doing func() error

func (d doing) Run() int {
	if d() != nil {
		return 2
	}
	return 0
}

func TestSuiteNoticesEveryChange(t *testing.T) {
	for name, test := range map[string]struct {
		change func(dir string) error
		want   int
	}{
		"nothing": {func(string) error { return nil }, 0},
		"reading": {func(dir string) error { _, err := os.ReadFile(filepath.Join(dir, "file")); return err }, 0},
		"content": {func(dir string) error {
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, []byte("b"), 0o600); err != nil {
				return err
			}
			return os.Chtimes(file, time.Unix(1, 0), time.Unix(1, 0))
		}, 1},
		"a time":     {func(dir string) error { return os.Chtimes(filepath.Join(dir, "file"), time.Time{}, time.Now()) }, 1},
		"a mode":     {func(dir string) error { return os.Chmod(filepath.Join(dir, "file"), 0o644) }, 1},
		"a new file": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "mlflow.db-shm"), nil, 0o600) }, 1},
		"a file that came and went": {func(dir string) error {
			file := filepath.Join(dir, "mlflow.db-journal")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				return err
			}
			return os.Remove(file) // the folder's time tells
		}, 1},
		"a link": {func(dir string) error { return os.Symlink("elsewhere", filepath.Join(dir, "link")) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{file, dir} {
				if err := os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
			}
			suite := untouched.Suite{Tests: doing(func() error { return test.change(dir) }), Dirs: []string{dir}}
			if got := suite.Run(); got != test.want {
				t.Errorf("status %d, want %d", got, test.want)
			}
		})
	}
}
