package mlruns

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// List returns the entries of one folder of a run's artifacts. Links to folders
// are left out, since a link to a folder above would make the tree endless, as are
// links that lead out, devices and pipes.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	files := []query.File{}
	if dir == "" {
		dir = "."
	}
	if !fs.ValidPath(dir) {
		return nil, notInside(dir)
	}
	root, err := s.artifacts(ctx, run)
	if err != nil || root == nil {
		return files, err
	}
	defer root.Close() // read only
	info, err := root.Stat(dir)
	if absent(err) || err == nil && !info.IsDir() {
		return files, nil
	}
	shown := filepath.Join(root.Name(), filepath.FromSlash(dir))
	if err != nil {
		return nil, failure(err, shown)
	}
	found, err := entries(root, dir)
	if err != nil {
		return nil, failure(err, shown)
	}
	for _, entry := range found {
		if err := stopped(ctx); err != nil {
			return nil, err
		}
		name := join(dir, entry.Name())
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

// Open reads one artifact. Size is the file's at this moment: of one that grows
// meanwhile, no more is read.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	if !fs.ValidPath(name) || name == "." {
		return query.Content{}, notInside(name)
	}
	root, err := s.artifacts(ctx, run)
	if err != nil {
		return query.Content{}, err
	}
	if root == nil {
		return query.Content{}, &query.Error{Code: query.NotFound, Message: "run " + run.ID + " has no file " + name}
	}
	defer root.Close() // read only; the file stays open
	shown := filepath.Join(root.Name(), filepath.FromSlash(name))
	file, info, err := open(root, name)
	switch {
	case errors.Is(err, errIsFolder):
		return query.Content{}, &query.Error{Code: query.NotFound, Message: shown + " is a folder"}
	case err != nil:
		return query.Content{}, failure(err, shown)
	}
	return query.Content{ReadCloser: reader{ctx, io.LimitReader(file, info.Size()), file}, Size: info.Size()}, nil
}

func notInside(name string) error {
	return &query.Error{Code: query.Usage, Message: "not a path inside a run: " + name}
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

// artifacts opens the folder with a run's artifacts; nil if the run has none. The
// address in meta.yaml is that of the moment of writing: trees are moved, and come
// from CI. So what lies in the run's own folder counts, then what is at the
// address, then what a server that was started beside the store would have kept.
// Nothing is read at an address that is not one of this run's artifacts, whatever
// it names.
func (s *Store) artifacts(ctx context.Context, run query.Run) (*os.Root, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	own, err := s.ownFolder(ctx, run)
	if err != nil {
		return nil, err
	}
	sibling := filepath.Join(s.dir, filepath.FromSlash(own), artifactsFolder)
	address := parseAddress(run.ArtifactURI)
	if s.artifactsDir != "" {
		return s.copied(own, address)
	}
	if root, err := openFilled(sibling); root != nil || err != nil {
		return root, err
	}
	if !address.isOf(run) {
		return nil, s.elsewhere(run)
	}
	switch address.scheme {
	case "":
		place := address.path
		if !filepath.IsAbs(place) {
			place = filepath.Join(filepath.Dir(s.dir), place)
		}
		if place != sibling {
			if root, err := openFilled(place); root != nil || err != nil {
				return root, err
			}
		}
	case "mlflow-artifacts":
		place := filepath.Join(filepath.Dir(s.dir), "mlartifacts", filepath.FromSlash(path.Clean("/"+address.path)))
		if root, err := openFilled(place); root != nil || err != nil {
			return root, err
		}
		return nil, s.elsewhere(run)
	}
	if run.ArtifactURI == "" || address.scheme == "" && strings.HasSuffix(filepath.ToSlash(address.path), "/"+run.ExperimentID+"/"+run.ID+"/"+artifactsFolder) {
		return nil, nil // this very place, here or where the tree was before
	}
	return nil, s.elsewhere(run)
}

// copied opens the folder with a run's artifacts below the one that was named for
// all of them: as they lie in a store, or as a server's address has them.
func (s *Store) copied(own string, address address) (*os.Root, error) {
	usual := filepath.Join(filepath.FromSlash(strings.TrimPrefix(own, trashFolder+"/")), artifactsFolder)
	places := []string{usual}
	if address.scheme == "mlflow-artifacts" {
		places = append(places, filepath.FromSlash(strings.TrimPrefix(path.Clean("/"+address.path), "/")))
	}
	for _, place := range places {
		if root, err := openFilled(filepath.Join(s.artifactsDir, place)); root != nil || err != nil {
			return root, err
		}
	}
	if _, err := os.Stat(s.artifactsDir); err != nil { // of no run then: that is not what NotFound says
		return nil, &query.Error{Code: query.IO, Message: "cannot read " + s.artifactsDir, Err: reason(err)}
	}
	return nil, nil
}

// ownFolder is the folder of a run, below the root.
func (s *Store) ownFolder(ctx context.Context, run query.Run) (string, error) {
	if isID(run.ExperimentID, longestExperimentID) && isID(run.ID, longestRunID) {
		for _, folder := range []string{join(run.ExperimentID, run.ID), join(trashFolder, run.ExperimentID, run.ID)} {
			if info, err := s.root.Stat(folder); err == nil && info.IsDir() {
				return folder, nil
			}
		}
	}
	_, folder, _, err := s.find(ctx, run.ID)
	return folder, err
}

// openFilled opens a folder that has entries; nil if there is none, or nothing in it.
func openFilled(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, failure(err, dir)
	}
	file, err := root.Open(".")
	if err == nil {
		var some []fs.DirEntry
		if some, err = file.ReadDir(1); err == nil && len(some) > 0 {
			return root, file.Close()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		err = errors.Join(err, file.Close())
	}
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, failure(err, dir)
	}
	return nil, nil
}

func (s *Store) elsewhere(run query.Run) error {
	return &query.Error{
		Code: query.Usage, Message: "the files of run " + run.ID + " are at " + withoutLogin(run.ArtifactURI) + ", and not with the store " + s.dir,
		Hint: "--artifacts-uri DIR names a folder that has them in <experiment id>/<run id>/artifacts;\n" +
			"with --tracking-uri http://SERVER the server hands them out",
	}
}

// withoutLogin is an address that can be shown.
func withoutLogin(address string) string {
	if u, err := url.Parse(address); err == nil {
		u.User, u.RawQuery = nil, ""
		return u.String()
	}
	return "an address that cannot be read"
}

// address is where a run says that its artifacts are.
type address struct {
	scheme string // "" of a path of this machine
	path   string
}

// parseAddress reads an artifact_uri: file:///…, file:…, a path, or anything else
// with a scheme. MLflow decodes %20 in plain paths too.
func parseAddress(uri string) address {
	u, err := url.Parse(uri)
	if err != nil || len(u.Scheme) < 2 { // C:\mlruns
		plain := uri
		if decoded, err := url.PathUnescape(uri); err == nil {
			plain = decoded
		}
		return address{path: plain}
	}
	if u.Scheme != "file" {
		return address{scheme: u.Scheme, path: u.Path}
	}
	if u.Host != "" && u.Host != "localhost" {
		return address{scheme: "file on " + u.Host}
	}
	place := u.Path
	if u.Opaque != "" { // file:mlruns/…
		if place, err = url.PathUnescape(u.Opaque); err != nil {
			place = u.Opaque
		}
	}
	if runtime.GOOS == "windows" && len(place) > 2 && place[0] == '/' && place[2] == ':' {
		place = place[1:]
	}
	return address{path: filepath.FromSlash(place)}
}

// isOf reports whether an address looks like MLflow makes those of a run, or is
// none at all.
func (a address) isOf(run query.Run) bool {
	return a == address{} || strings.HasSuffix(filepath.ToSlash(a.path), "/"+run.ID+"/"+artifactsFolder)
}
