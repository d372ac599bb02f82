package mlruns

import (
	"context"
	"os"
	"path"
	"path/filepath"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// List returns the entries of one folder of a run's artifacts. Links to folders
// are left out, since a link to a folder above would make the tree endless, as are
// links that lead out, devices and pipes.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	root, err := s.artifacts(ctx, run)
	if err != nil {
		return nil, err
	}
	if root != nil {
		defer root.Close() // read only
	}
	return runfolder.List(ctx, root, dir)
}

// Open reads one artifact. Size is the file's at this moment: of one that grows
// meanwhile, no more is read.
func (s *Store) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	root, err := s.artifacts(ctx, run)
	if err != nil {
		return query.Content{}, err
	}
	if root != nil {
		defer root.Close() // read only; the file stays open
	}
	return runfolder.Open(ctx, root, run, name)
}

// artifacts opens the folder with a run's artifacts; nil if the run has none. The
// address in meta.yaml is that of the moment of writing: trees are moved, and come
// from CI. So what lies in the run's own folder counts, then what is at the
// address, then what a server that was started beside the store would have kept.
// Nothing is read at an address that is not one of this run's artifacts, whatever
// it names.
func (s *Store) artifacts(ctx context.Context, run query.Run) (*os.Root, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	own, err := s.ownFolder(ctx, run)
	if err != nil {
		return nil, err
	}
	run.ExperimentID, run.ID = idOf(path.Dir(own)), idOf(own)
	if s.artifactsDir != "" {
		return runfolder.Copied(s.artifactsDir, run)
	}
	if root, err := runfolder.Below(s.root, join(own, artifactsFolder)); root != nil || err != nil {
		return root, err
	}
	address := runfolder.ParseAddress(run.ArtifactURI)
	place, isPlace := address.Place(run, filepath.Dir(s.dir))
	if isPlace {
		if root, err := place.Open(); root != nil || err != nil {
			return root, err
		}
	}
	// The run has none, then, if its experiment has a folder at that place, or if
	// that was this very folder before the tree was moved.
	if run.ArtifactURI == "" || isPlace && place.HasExperiment() || s.wasHere(address, run) {
		return nil, nil
	}
	return nil, s.elsewhere(run)
}

// wasHere reports whether an address names the run's own folder, as it is now or was
// before the store was moved.
func (s *Store) wasHere(address runfolder.Address, run query.Run) bool {
	isPath := address.Scheme == runfolder.Local || address.Scheme == runfolder.Drive
	return isPath && (address.IsIn(usualName, run) || address.IsIn(filepath.Base(s.dir), run))
}

// usualName is that of a store's folder.
const usualName = "mlruns"

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

func (s *Store) elsewhere(run query.Run) error {
	return &query.Error{
		Code: query.Usage, Message: "the files of run " + run.ID + " are at " + runfolder.WithoutLogin(run.ArtifactURI) + ", and not with the store " + s.dir,
		Hint: runfolder.HintCopied + ";\nwith --tracking-uri http://SERVER the server hands them out",
	}
}
