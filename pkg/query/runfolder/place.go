package runfolder

import (
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/evalctl/evalctl/pkg/query"
)

// Place is a folder that may have the files of a run. Its base is entered wherever
// the path leads; no link below the base leads out of it.
type Place struct {
	Base  string // a path of this machine
	Below string // from there, slashes between: …/RUN/artifacts
}

// String is the path of the folder.
func (p Place) String() string { return filepath.Join(p.Base, filepath.FromSlash(p.Below)) }

// Open opens the folder; nil if there is none, or nothing in it.
func (p Place) Open() (*os.Root, error) {
	base, err := p.base()
	if base == nil || err != nil {
		return nil, err
	}
	defer base.Close() // read only
	return Below(base, p.Below)
}

// HasExperiment reports whether there is the folder two above, in which an experiment
// has its runs: then one without a folder merely has no files.
func (p Place) HasExperiment() bool {
	base, err := p.base()
	if base == nil || err != nil {
		return false
	}
	defer base.Close() // read only
	info, err := base.Stat(path.Dir(path.Dir(p.Below)))
	return err == nil && info.IsDir()
}

// base opens the base; nil if there is none.
func (p Place) base() (*os.Root, error) {
	root, err := OpenRoot(p.Base)
	if Absent(err) || errors.Is(err, ErrNotFolder) {
		return nil, nil
	}
	if err != nil {
		return nil, Failure(err, p.Base)
	}
	return root, nil
}

// OpenRoot is [os.OpenRoot], but a pipe does not make it wait for a writer: the error
// is [ErrNotFolder] for whatever is none.
func OpenRoot(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, ErrNotFolder
	}
	return os.OpenRoot(dir)
}

// Below opens a folder below a root; nil if there is none, or nothing in it. A link
// that leads out of the root is an error, as is what is no folder.
func Below(base *os.Root, name string) (*os.Root, error) {
	info, err := base.Stat(name) // opening a pipe would wait for a writer
	switch {
	case Absent(err):
		if _, err := base.Lstat(name); err == nil {
			return nil, Failure(ErrBroken, show(base, name))
		}
		return nil, nil
	case err == nil && !info.IsDir():
		err = ErrNotFolder
	}
	if err != nil {
		return nil, Failure(err, show(base, name))
	}
	root, err := base.OpenRoot(name)
	if err != nil {
		return nil, Failure(err, show(base, name))
	}
	file, err := root.Open(".")
	if err == nil {
		_, err = file.ReadDir(1)
		isEmpty := errors.Is(err, io.EOF)
		if isEmpty {
			err = nil
		}
		if err = errors.Join(err, file.Close()); err == nil && !isEmpty {
			return root, nil
		}
	}
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, Failure(err, show(base, name))
	}
	return nil, nil
}

// HintCopied says how to name a folder for [Copied].
const HintCopied = "--artifacts-uri DIR names a folder that has them in <experiment id>/<run id>/artifacts"

// Copied opens the folder with a run's files below one that was named for all runs: as
// a file store has them, or as a server's address does. It is nil if the run has none
// there though its experiment has a folder; an error of code IO if that is not there
// either: then the folder is not the one that was meant.
func Copied(dir string, run query.Run) (*os.Root, error) {
	if !IsName(run.ExperimentID) || !IsName(run.ID) {
		return nil, &query.Error{Code: query.NotFound, Message: "no run has such an id"}
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, &query.Error{Code: query.IO, Message: "cannot read " + dir, Err: Reason(err)}
	}
	usual := Place{dir, path.Join(run.ExperimentID, run.ID, Artifacts)}
	places := []Place{usual}
	if address := ParseAddress(run.ArtifactURI); address.Scheme == Served && address.IsOf(run) && address.Path != usual.Below {
		places = append(places, Place{dir, address.Path})
	}
	isKnown := false
	for _, place := range places {
		if root, err := place.Open(); root != nil || err != nil {
			return root, err
		}
		isKnown = isKnown || place.HasExperiment()
	}
	if isKnown {
		return nil, nil
	}
	return nil, NotHere(run, usual)
}

// NotHere is the error for files that are not where they should be.
func NotHere(run query.Run, place Place) error {
	return &query.Error{
		Code: query.IO, Message: "the files of run " + run.ID + " are not here: there is no " + place.String(),
		Hint: "they may have been moved, or are on another machine; " + HintCopied,
	}
}
