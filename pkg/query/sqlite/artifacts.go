package sqlite

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/evalctl/evalctl/pkg/query"
)

const hintArtifacts = "--artifacts-uri DIR names a folder that has them in <experiment id>/<run id>/artifacts"

// validPath reports whether a name is a path below a run, slashes between.
func validPath(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, "\x00")
}

// folders are those where the files of a run may be, the best first, and a
// folder above the first that is there if the run merely has none.
func (s *Store) folders(run query.Run) (candidates []string, above string, err error) {
	beside := filepath.Dir(s.path)
	usual := filepath.Join(run.ExperimentID, run.ID, "artifacts")
	scheme, rest, _ := strings.Cut(run.ArtifactURI, ":")
	isURI := len(scheme) > 1 && rest != run.ArtifactURI && !strings.ContainsAny(scheme, `/\`) && strings.Contains(run.ArtifactURI, ":")
	within := "" // below the destination of a server that hands artifacts out
	if isURI && scheme == "mlflow-artifacts" {
		parsed, err := url.Parse(run.ArtifactURI)
		if err == nil && validPath(strings.Trim(parsed.Path, "/")) {
			within = filepath.FromSlash(strings.Trim(parsed.Path, "/"))
		}
	}
	switch {
	case s.options.ArtifactsDir != "":
		base := s.options.ArtifactsDir
		return []string{filepath.Join(base, cmp.Or(within, usual)), filepath.Join(base, usual)}, base, nil
	case isURI && scheme == "file":
		local, ok := filePath(run.ArtifactURI)
		if !ok {
			return nil, "", s.elsewhere(run)
		}
		return []string{local, filepath.Join(beside, "mlruns", usual)}, filepath.Dir(filepath.Dir(filepath.Dir(local))), nil
	case isURI && scheme == "mlflow-artifacts":
		// The server's default destination is in the folder where it runs, as is
		// its default database.
		base := filepath.Join(beside, "mlartifacts")
		if _, err := os.Stat(base); err != nil {
			return nil, "", s.elsewhere(run)
		}
		return []string{filepath.Join(base, cmp.Or(within, usual))}, base, nil
	case isURI || run.ArtifactURI == "":
		return nil, "", s.elsewhere(run)
	default: // a path; MLflow's client writes relative ones from where it runs
		local := filepath.FromSlash(run.ArtifactURI)
		if !filepath.IsAbs(local) {
			local = filepath.Join(beside, local)
		}
		return []string{local, filepath.Join(beside, "mlruns", usual)}, filepath.Dir(filepath.Dir(filepath.Dir(local))), nil
	}
}

// filePath is the path of a file: URI of this machine.
func filePath(uri string) (string, bool) {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Host != "" && parsed.Host != "localhost" {
		return "", false
	}
	local := cmp.Or(parsed.Path, parsed.Opaque)
	if drive := strings.TrimPrefix(local, "/"); filepath.VolumeName(filepath.FromSlash(drive)) != "" {
		local = drive
	}
	return filepath.FromSlash(local), local != ""
}

// elsewhere is the error for files that no path leads to.
func (s *Store) elsewhere(run query.Run) error {
	where := run.ArtifactURI
	if where == "" {
		where = "a place that the database does not name"
	}
	return &query.Error{
		Code:    query.Usage,
		Message: "the files of run " + run.ID + " are in " + where + ", and " + s.path + " does not say where that is on this machine",
		Hint:    hintArtifacts + ";\nwith --tracking-uri http://SERVER the server hands them out",
	}
}

// root opens the folder of a run's files; nil if the run has none. Nothing that is
// opened through it is outside, whatever links there are.
func (s *Store) root(run query.Run) (*os.Root, error) {
	if !validPath(run.ID) || strings.Contains(run.ID, "/") || run.ExperimentID != "" && !validPath(run.ExperimentID) {
		return nil, &query.Error{Code: query.NotFound, Message: "no run has the id " + clip(run.ID)}
	}
	candidates, above, err := s.folders(run)
	if err != nil {
		return nil, err
	}
	for _, dir := range slices.Compact(candidates) {
		root, err := os.OpenRoot(dir)
		if err == nil {
			return root, nil
		}
		if !absent(err) {
			return nil, fileFailure(err, dir)
		}
	}
	if _, err := os.Stat(above); err != nil {
		return nil, &query.Error{
			Code: query.IO, Message: "the files of run " + run.ID + " are not here: there is no " + candidates[0],
			Hint: "they may have been moved, or are on another machine; " + hintArtifacts,
		}
	}
	return nil, nil
}

// absent reports whether there is nothing of that name: below a file, Unix says
// "not a directory".
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// List returns the entries of one folder of a run. Links to folders are left out,
// since one to a folder above would make the tree endless, as are devices and pipes.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		dir = "."
	} else if !validPath(dir) {
		return nil, &query.Error{Code: query.Usage, Message: "not a path inside a run: " + dir}
	}
	root, err := s.root(run)
	if err != nil || root == nil {
		return []query.File{}, err
	}
	defer root.Close() // read only
	info, err := root.Stat(filepath.FromSlash(dir))
	if err != nil && absent(err) || err == nil && !info.IsDir() {
		return []query.File{}, nil
	}
	if err != nil {
		return nil, fileFailure(err, filepath.Join(root.Name(), dir))
	}
	entries, err := fs.ReadDir(root.FS(), dir) // sorted
	if err != nil {
		return nil, fileFailure(err, filepath.Join(root.Name(), dir))
	}
	files := []query.File{}
	for _, entry := range entries {
		if err := stopped(ctx); err != nil {
			return nil, err
		}
		name := path.Join(dir, entry.Name())
		info, err := root.Stat(filepath.FromSlash(name))
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

// Open reads one file of a run. Of one that grows meanwhile, no more is read.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	if err := stopped(ctx); err != nil {
		return query.Content{}, err
	}
	if !validPath(name) {
		return query.Content{}, &query.Error{Code: query.Usage, Message: "not a path inside a run: " + name}
	}
	root, err := s.root(run)
	if err != nil {
		return query.Content{}, err
	}
	missing := &query.Error{Code: query.NotFound, Message: "run " + run.ID + " has no file " + name}
	if root == nil {
		return query.Content{}, missing
	}
	defer root.Close() // the file outlives it
	local, shown := filepath.FromSlash(name), filepath.Join(root.Name(), name)
	info, err := root.Stat(local)
	switch {
	case err != nil && absent(err), err == nil && info.IsDir():
		return query.Content{}, missing
	case err != nil:
		return query.Content{}, fileFailure(err, shown)
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return query.Content{}, fileFailure(errors.New("not a regular file"), shown)
	}
	file, err := root.Open(local)
	if err != nil {
		return query.Content{}, fileFailure(err, shown)
	}
	return query.Content{ReadCloser: reader{ctx, io.LimitReader(file, info.Size()), file}, Size: info.Size()}, nil
}

// reader stops with its context.
type reader struct {
	ctx context.Context
	io.Reader
	io.Closer
}

func (r reader) Read(p []byte) (int, error) {
	if err := stopped(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
