package mlruns

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/evalctl/evalctl/pkg/query"
)

const (
	// maxEntries bounds how many entries of one folder are taken into memory.
	maxEntries    = 1_000_000
	entriesAtOnce = 1000
	// maxMeta bounds meta.yaml, which has half a kilobyte.
	maxMeta = 1 << 20
	// maxValue bounds a tag, a parameter and the history of a metric. MLflow's
	// own bounds on what may be logged are lower for the first two.
	maxValue = 64 << 20
)

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("too large")
)

// open opens a regular file. A pipe does not make it wait for a writer.
func open(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
		if info.IsDir() {
			err = errIsFolder
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

var errIsFolder = errors.New("is a folder")

// read returns a file below the root; ok is false if there is none, or a folder of
// that name. The error is a [damage].
func (s *Store) read(name string, limit int64) (data []byte, ok bool, err error) {
	file, info, err := open(s.root, name)
	switch {
	case absent(err), errors.Is(err, errIsFolder):
		return nil, false, nil
	case err != nil:
		return nil, false, unreadable(name, err)
	}
	defer file.Close() // read only
	if info.Size() > limit {
		return nil, false, unreadable(name, errTooLarge)
	}
	if data, err = io.ReadAll(io.LimitReader(file, limit)); err != nil {
		return nil, false, unreadable(name, err)
	}
	return data, true, nil
}

// entries reads a folder of bounded size, sorted by name.
func entries(root *os.Root, name string) ([]fs.DirEntry, error) {
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

// folders lists the folders in a folder, links to folders included, sorted by
// name. Links that lead out are among them: whoever enters one learns why not.
func (s *Store) folders(name string) ([]string, error) {
	all, err := entries(s.root, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range all {
		isFolder := entry.IsDir()
		if entry.Type()&fs.ModeSymlink != 0 {
			info, err := s.root.Stat(join(name, entry.Name()))
			isFolder = err == nil && info.IsDir() || err != nil && !absent(err)
		}
		if isFolder {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// rootError is the error for a store that cannot be listed at all.
func (s *Store) rootError(err error) error {
	if absent(err) {
		return &query.Error{Code: query.NotFound, Message: s.dir + " does not exist"}
	}
	return &query.Error{Code: query.IO, Message: "cannot read " + s.dir, Err: reason(err)}
}
