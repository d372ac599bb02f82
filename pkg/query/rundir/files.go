package rundir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// List returns the entries of one folder of a job's directory. Links to folders
// are left out, since a link to a folder above would make the tree endless, as
// are devices, pipes and the file of secrets.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	root, err := s.root(ctx, run)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		dir = "."
	}
	full, info, err := s.tree.stat(root, dir)
	if query.HasCode(err, query.NotFound) || err == nil && !info.IsDir() {
		return []query.File{}, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := s.tree.entries(full)
	if err != nil {
		return nil, err
	}
	files := []query.File{}
	for _, entry := range entries {
		if err := query.Stopped(ctx); err != nil {
			return nil, err
		}
		name := path.Join(dir, entry.Name())
		_, info, err := s.tree.stat(root, name)
		if err != nil { // a broken link, one that leads out, or the secrets
			continue
		}
		switch {
		case entry.IsDir():
			files = append(files, query.File{Path: name, IsDir: true})
		case info.Mode().IsRegular():
			files = append(files, query.File{Path: name, Size: info.Size()})
		}
	}
	return files, nil
}

// Open reads one file of a job's directory. Size is the file's at this moment:
// of a log that grows meanwhile, no more is read.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	root, err := s.root(ctx, run)
	if err != nil {
		return query.Content{}, err
	}
	file, size, err := s.tree.open(root, name)
	if err != nil {
		return query.Content{}, err
	}
	return query.Content{ReadCloser: runfolder.Reader(ctx, io.LimitReader(file, size), file), Size: size}, nil
}

// root is a run's directory in the file system.
func (s *Store) root(ctx context.Context, run query.Run) (string, error) {
	if err := query.Stopped(ctx); err != nil {
		return "", err
	}
	if root, ok := strings.CutPrefix(run.ArtifactURI, s.tree.prefix); ok && root != "" && fs.ValidPath(root) {
		return root, nil
	}
	found, err := s.job(ctx, run.ID) // a record that was kept without its place
	return found.dir, err
}

// read returns a small file of a job; ok is false if there is no regular file of
// that name or if it is longer than limit.
func (t tree) read(root, name string, limit int64) (data []byte, ok bool, err error) {
	has, err := t.hasFile(root, name)
	if err != nil || !has {
		return nil, false, err
	}
	file, size, err := t.open(root, name)
	if err != nil {
		return nil, false, err
	}
	defer file.Close() // read only
	if size > limit {
		return nil, false, nil
	}
	if data, err = io.ReadAll(io.LimitReader(file, limit)); err != nil {
		return nil, false, runfolder.Failure(err, t.show(path.Join(root, name)))
	}
	return data, true, nil
}

// hasFile reports whether a job has a regular file of this name.
func (t tree) hasFile(root, name string) (bool, error) {
	_, info, err := t.stat(root, name)
	if query.HasCode(err, query.NotFound) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular(), err
}

// open opens a regular file of a job. Anything else is refused unopened: opening
// a pipe would wait for a writer.
func (t tree) open(root, name string) (fs.File, int64, error) {
	full, info, err := t.stat(root, name)
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, &query.Error{Code: query.NotFound, Message: t.show(full) + " is a folder"}
	}
	if !info.Mode().IsRegular() {
		return nil, 0, runfolder.Failure(runfolder.ErrNotRegular, t.show(full))
	}
	file, err := t.fsys.Open(full)
	if err != nil {
		return nil, 0, runfolder.Failure(err, t.show(full))
	}
	return file, info.Size(), nil
}

// stat finds a file below a job's directory and where it really is.
func (t tree) stat(root, name string) (full string, info fs.FileInfo, err error) {
	if !fs.ValidPath(name) {
		return "", nil, &query.Error{Code: query.Usage, Message: "not a path inside a run: " + name}
	}
	if full, err = t.resolve(root, name); err != nil {
		return "", nil, runfolder.Failure(err, t.show(path.Join(root, name)))
	}
	// Some file systems do not tell case apart.
	if strings.EqualFold(path.Base(full), secretsFile) {
		return "", nil, &query.Error{Code: query.Forbidden, Message: t.show(full) + " holds secrets and is never read"}
	}
	if info, err = fs.Stat(t.fsys, full); err != nil {
		return "", nil, runfolder.Failure(err, t.show(full))
	}
	return full, info, nil
}

// maxLinks bounds the symbolic links on one path, as systems do.
const maxLinks = 40

var (
	errLeadsOut     = errors.New("a symbolic link leads out of the job's directory")
	errTooManyLinks = errors.New("too many symbolic links")
)

// resolve follows the symbolic links on a path below root itself, so that none
// leads out of root: the files of a job may come from anybody. A file system
// that does not show its links has none to follow.
func (t tree) resolve(root, name string) (string, error) {
	links, ok := t.fsys.(fs.ReadLinkFS)
	if !ok || name == "." {
		return path.Join(root, name), nil
	}
	done, rest, followed := "", strings.Split(name, "/"), 0
	for len(rest) > 0 {
		next := path.Join(done, rest[0])
		full := path.Join(root, next)
		rest = rest[1:]
		info, err := links.Lstat(full)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if followed++; followed > maxLinks {
			return "", errTooManyLinks
		}
		target, err := links.ReadLink(full)
		if err != nil {
			return "", err
		}
		if target = filepath.ToSlash(target); path.IsAbs(target) || filepath.IsAbs(target) {
			return "", errLeadsOut
		}
		if target = path.Join(done, target); !fs.ValidPath(target) {
			return "", errLeadsOut
		}
		done = ""
		if target != "." {
			rest = append(strings.Split(target, "/"), rest...)
		}
	}
	return path.Join(root, done), nil
}
