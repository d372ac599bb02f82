package runfolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

const (
	// maxEntries bounds how many entries of one folder are taken into memory.
	maxEntries    = 1_000_000
	entriesAtOnce = 1000
)

// Errors of what has another form than it should.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrIsFolder   = errors.New("is a folder")
	ErrNotFolder  = errors.New("not a folder")
	ErrBroken     = errors.New("a symbolic link to nothing")
)

// OpenRegular opens a regular file. A pipe does not make it wait for a writer. The
// error is [ErrIsFolder] or [ErrNotRegular] if the name is something else's.
func OpenRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotRegular
		if info.IsDir() {
			err = ErrIsFolder
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// Entries reads a folder of at most a million entries, sorted by name.
func Entries(root *os.Root, name string) ([]fs.DirEntry, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() // read only
	var all []fs.DirEntry
	for len(all) <= maxEntries {
		some, err := file.ReadDir(entriesAtOnce)
		all = append(all, some...)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil || len(some) == 0 {
			slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
			return all, nil
		}
	}
	return nil, fmt.Errorf("more than %d entries", maxEntries)
}
