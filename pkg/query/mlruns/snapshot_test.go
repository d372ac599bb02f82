package mlruns_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is every entry below a folder: its kind, size, time of change, and content.
type tree map[string]string

func snapshot(t *testing.T, dir string) tree {
	t.Helper()
	all := tree{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		said := fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			said += " " + string(content)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			said += " " + target
		}
		all[name] = said
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// check compares a folder with what it was.
func (before tree) check(t *testing.T, dir string) {
	t.Helper()
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("reading has changed the store (-before +after):\n%s", diff)
	}
}
