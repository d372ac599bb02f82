package sqlite

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

const hintArtifacts = runfolder.HintCopied

// clientFolder is where MLflow's client puts the files of runs by default, beside the
// database that it makes.
const clientFolder = "mlruns"

// List returns the entries of one folder of a run. Links to folders are left out,
// since one to a folder above would make the tree endless, as are devices and pipes.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	root, err := s.root(ctx, run)
	if err != nil {
		return nil, err
	}
	if root != nil {
		defer root.Close() // read only
	}
	return runfolder.List(ctx, root, dir)
}

// Open reads one file of a run. Of one that grows meanwhile, no more is read.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	root, err := s.root(ctx, run)
	if err != nil {
		return query.Content{}, err
	}
	if root != nil {
		defer root.Close() // the file outlives it
	}
	return runfolder.Open(ctx, root, run, name)
}

// root opens the folder of a run's files; nil if the run has none. Nothing is read at
// an address that is not one of this run's files, whatever the database says, and
// nothing that is opened through the root is outside.
func (s *Store) root(ctx context.Context, run query.Run) (*os.Root, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	if !runfolder.IsName(run.ID) || !runfolder.IsName(run.ExperimentID) {
		return nil, &query.Error{Code: query.NotFound, Message: "no run has the id " + clip(run.ID)}
	}
	if s.options.ArtifactsDir != "" {
		return runfolder.Copied(s.options.ArtifactsDir, run)
	}
	address, beside := runfolder.ParseAddress(run.ArtifactURI), filepath.Dir(s.path)
	var places []runfolder.Place
	named, isPlace := address.Place(run, beside)
	if isPlace {
		places = append(places, named)
	}
	isPath := address.Scheme == runfolder.Local || address.Scheme == runfolder.Drive
	if isPath && address.IsOf(run) { // it may have been moved together with the database
		places = append(places, runfolder.Place{
			Base: filepath.Join(beside, clientFolder), Below: path.Join(run.ExperimentID, run.ID, runfolder.Artifacts),
		})
	}
	for _, place := range places {
		if root, err := place.Open(); root != nil || err != nil {
			return root, err
		}
	}
	switch {
	case !isPlace && len(places) == 0:
		return nil, s.elsewhere(run)
	case isPlace && (named.HasExperiment() || s.isUsual(named)):
		return nil, nil
	case address.IsIn(clientFolder, run) && places[len(places)-1].HasExperiment():
		return nil, nil
	case isPlace && address.Scheme == runfolder.Local:
		return nil, runfolder.NotHere(run, named)
	default:
		return nil, s.elsewhere(run)
	}
}

// isUsual reports whether a place is in a folder that MLflow makes beside the database
// by default: there an experiment has a folder only if one of its runs has files.
func (s *Store) isUsual(place runfolder.Place) bool {
	for _, folder := range []string{place.Base, filepath.Dir(place.Base)} {
		info, err := os.Stat(folder)
		if err != nil || !info.IsDir() {
			continue
		}
		for _, name := range []string{clientFolder, runfolder.ServedFolder} {
			if usual, err := os.Stat(filepath.Join(filepath.Dir(s.path), name)); err == nil && os.SameFile(info, usual) {
				return true
			}
		}
	}
	return false
}

// validPath reports whether a name is a path below a run, slashes between.
func validPath(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsRune(name, 0)
}

// elsewhere is the error for files that no path leads to.
func (s *Store) elsewhere(run query.Run) error {
	where := runfolder.WithoutLogin(run.ArtifactURI)
	if run.ArtifactURI == "" {
		where = "a place that the database does not name"
	}
	return &query.Error{
		Code:    query.Usage,
		Message: "the files of run " + run.ID + " are in " + where + ", and " + s.path + " does not say where that is on this machine",
		Hint:    hintArtifacts + ";\nwith --tracking-uri http://SERVER the server hands them out",
	}
}
