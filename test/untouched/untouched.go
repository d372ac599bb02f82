// Package untouched finds out whether files were changed by those who were to read
// them only.
package untouched

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Tree is a folder as it was: of every entry its mode, size, time of change, and a
// digest of what is in it.
type Tree struct {
	dir     string
	entries map[string]string // by path below dir
}

// Take looks at a folder.
func Take(tb testing.TB, dir string) Tree {
	tb.Helper()
	tree, err := take(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return tree
}

// Check fails the test if the folder is not what it was.
func (t Tree) Check(tb testing.TB) {
	tb.Helper()
	if diff, err := t.diff(); diff != "" || err != nil {
		tb.Errorf("reading has changed %s: %v (-before +after):\n%s", t.dir, err, diff)
	}
}

func (t Tree) diff() (string, error) {
	now, err := take(t.dir)
	return cmp.Diff(t.entries, now.entries), err
}

func take(dir string) (Tree, error) {
	entries := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		said := fmt.Sprint(info.Mode(), " ", info.Size(), " ", info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			said += fmt.Sprintf(" %x", sha256.Sum256(content))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			said += " " + target
		}
		name, err := filepath.Rel(dir, path)
		entries[name] = said
		return err
	})
	return Tree{dir, entries}, err
}

// Suite is the tests of a package that share folders, for its TestMain: they fail if
// one of the folders is not the same after them.
type Suite struct {
	Tests interface{ Run() int } // the *testing.M
	Dirs  []string
}

// Run runs the tests and returns the exit status.
func (s Suite) Run() int {
	var trees []Tree
	for _, dir := range s.Dirs {
		tree, err := take(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		trees = append(trees, tree)
	}
	status := s.Tests.Run()
	for _, tree := range trees {
		if diff, err := tree.diff(); diff != "" || err != nil {
			fmt.Fprintf(os.Stderr, "FAIL: the tests have changed %s: %v (-before +after):\n%s", tree.dir, err, diff)
			status = 1
		}
	}
	return status
}
