// Package runfolder reads the files of a run that lie in a folder of this machine.
// Stores differ in how they know that folder; what is read of it, and what of the
// places that a run names is never entered, is the same for all.
//
// A run comes with an address that anybody may have written. Nothing is read there
// that is not by its name a run's own ([Address.IsOf]), and nothing below is entered
// through a symbolic link that leads out ([Place]).
package runfolder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// Artifacts is the name of the folder, in that of a run, that has its files.
const Artifacts = "artifacts"

// List returns the entries of one folder below the root, sorted by name, as
// [query.Store] has it; a nil root has none. Links to folders are left out, since one
// to a folder above would make the tree endless, as are links that lead out, devices
// and pipes.
func List(ctx context.Context, root *os.Root, dir string) ([]query.File, error) {
	files := []query.File{}
	if dir = strings.TrimSuffix(dir, "/"); dir == "" {
		dir = "."
	}
	if !isPath(dir) {
		return nil, notInside(dir)
	}
	if root == nil {
		return files, query.Stopped(ctx)
	}
	info, err := root.Stat(dir)
	if Absent(err) || err == nil && !info.IsDir() {
		return files, nil
	}
	if err != nil {
		return nil, Failure(err, show(root, dir))
	}
	entries, err := Entries(root, dir)
	if err != nil {
		return nil, Failure(err, show(root, dir))
	}
	for _, entry := range entries {
		if err := query.Stopped(ctx); err != nil {
			return nil, err
		}
		name := path.Join(dir, entry.Name())
		info, err := root.Stat(name)
		switch {
		case err != nil: // a broken link, or one that leads out
		case entry.IsDir():
			files = append(files, query.File{Path: name, IsDir: true})
		case info.Mode().IsRegular():
			files = append(files, query.File{Path: name, Size: info.Size()})
		}
	}
	return files, nil
}

// Open reads one file of a run below its root, nil if it has no files. Size is the
// file's at this moment: of one that grows meanwhile, no more is read.
func Open(ctx context.Context, root *os.Root, run query.Run, name string) (query.Content, error) {
	if !isPath(name) || name == "." {
		return query.Content{}, notInside(name)
	}
	if err := query.Stopped(ctx); err != nil {
		return query.Content{}, err
	}
	missing := &query.Error{Code: query.NotFound, Message: "run " + run.ID + " has no file " + name}
	if root == nil {
		return query.Content{}, missing
	}
	file, info, err := OpenRegular(root, name)
	switch {
	case errors.Is(err, ErrIsFolder), Absent(err):
		return query.Content{}, missing
	case err != nil:
		return query.Content{}, Failure(err, show(root, name))
	}
	return query.Content{ReadCloser: Reader(ctx, io.LimitReader(file, info.Size()), file), Size: info.Size()}, nil
}

// isPath reports whether a name is a path below a root, slashes between.
func isPath(name string) bool { return fs.ValidPath(name) && !strings.ContainsRune(name, 0) }

// IsName reports whether a name is that of one folder and no way to another.
func IsName(name string) bool {
	return isPath(name) && name != "." && !strings.ContainsAny(name, `/\`)
}

func notInside(name string) error {
	return &query.Error{Code: query.Usage, Message: "not a path inside a run: " + name}
}

// show is a name below a root as a person would type it.
func show(root *os.Root, name string) string {
	return filepath.Join(root.Name(), filepath.FromSlash(name))
}

// Reader reads from r until its context ends.
func Reader(ctx context.Context, r io.Reader, c io.Closer) io.ReadCloser { return reader{ctx, r, c} }

type reader struct {
	ctx context.Context
	io.Reader
	io.Closer
}

func (r reader) Read(p []byte) (int, error) {
	if err := query.Stopped(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
