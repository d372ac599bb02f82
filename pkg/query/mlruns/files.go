package mlruns

import (
	"errors"
	"io"
	"io/fs"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

const (
	// maxEntries bounds how many keys of a run are taken into memory.
	maxEntries    = 1_000_000
	entriesAtOnce = 1000
	// maxMeta bounds meta.yaml, which has half a kilobyte.
	maxMeta = 1 << 20
	// maxValue bounds a tag, a parameter and the history of a metric. MLflow's
	// own bounds on what may be logged are lower for the first two.
	maxValue = 64 << 20
)

var errTooLarge = errors.New("too large")

// read returns a file below the root; ok is false if there is none, or a folder of
// that name. The error is a [damage].
func (s *Store) read(name string, limit int64) (data []byte, ok bool, err error) {
	file, info, err := runfolder.OpenRegular(s.root, name)
	switch {
	case runfolder.Absent(err), errors.Is(err, runfolder.ErrIsFolder):
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

// folders lists the folders in a folder, links to folders included, sorted by
// name. Links that lead out are among them: whoever enters one learns why not.
func (s *Store) folders(name string) ([]string, error) {
	all, err := runfolder.Entries(s.root, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range all {
		isFolder := entry.IsDir()
		if entry.Type()&fs.ModeSymlink != 0 {
			info, err := s.root.Stat(join(name, entry.Name()))
			isFolder = err == nil && info.IsDir() || err != nil && !runfolder.Absent(err)
		}
		if isFolder {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// rootError is the error for a store that cannot be listed at all.
func (s *Store) rootError(err error) error {
	if runfolder.Absent(err) {
		return &query.Error{Code: query.NotFound, Message: s.dir + " does not exist"}
	}
	return &query.Error{Code: query.IO, Message: "cannot read " + s.dir, Err: runfolder.Reason(err)}
}
