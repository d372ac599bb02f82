package rundir

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// records are what a program wrote down of where its output is: the launcher in its
// job database, nel-next in an index of runs.
type records interface {
	// jobs finds the jobs that may be asked for and are on this machine; it notes
	// the others.
	jobs(ctx context.Context, t tree, search query.Search, aside *asideLog) ([]job, error)
}

// openRecords is a store of records that are at a path.
func openRecords(file, scheme string, of func(name string) records) (*Store, error) {
	real, err := filepath.Abs(file)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil, runfolder.Failure(err, file)
	}
	volume := filepath.VolumeName(real) + string(filepath.Separator)
	t := tree{fsys: os.DirFS(volume), prefix: filepath.ToSlash(volume)}
	name := filepath.ToSlash(strings.TrimPrefix(real, volume))
	return &Store{tree: t, uri: scheme + ":" + filepath.ToSlash(real), opened: place{records: of(name)}}, nil
}

// name is a path of this machine as the tree has it; false if it is not absolute or
// on another volume.
func (t tree) name(file string) (string, bool) {
	if !filepath.IsAbs(file) {
		return "", false
	}
	name, ok := strings.CutPrefix(filepath.ToSlash(filepath.Clean(file)), t.prefix)
	return name, ok && name != ""
}

// maxRecords bounds what is read of one file of records.
const maxRecords = 1 << 30

// readRecords reads a file of records whole.
func (t tree) readRecords(name string) ([]byte, error) {
	info, err := fs.Stat(t.fsys, name) // opening a pipe would wait for a writer
	if err != nil {
		return nil, runfolder.Failure(err, t.show(name))
	}
	if !info.Mode().IsRegular() || info.Size() > maxRecords {
		return nil, runfolder.Failure(fmt.Errorf("not a regular file of at most %d bytes", maxRecords), t.show(name))
	}
	file, err := t.fsys.Open(name)
	if err != nil {
		return nil, runfolder.Failure(err, t.show(name))
	}
	defer file.Close() // read only
	data, err := io.ReadAll(io.LimitReader(file, maxRecords))
	if err != nil {
		return nil, runfolder.Failure(err, t.show(name))
	}
	return data, nil
}
