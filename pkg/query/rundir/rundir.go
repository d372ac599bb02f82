// Package rundir is a tracking store over what nemo-evaluator-launcher leaves in
// its output directory, read through [fs.FS]: a directory tree needs no server,
// and the same code serves data embedded in the program.
//
//	<output_dir>/<YYYYmmdd_HHMMSS>-<invocation id>/<task>.<n>/artifacts/results.yml
//
// Output of nel-next is read too; each of its bundles is a run:
//
//	<output_dir>/<benchmark>/eval-<YYYYmmddTHHMMSSZ>-<benchmark>.json
//
// Each job directory is a run, finished or not; a tracking server only knows the
// jobs that have results. Names of directories supply the ids, run_config.yml
// and metadata.yaml what the launcher's exporter would have set as tags. No file
// time is used: what the store says does not depend on how the tree was copied.
package rundir

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// Store reads one launcher output tree, or a part of one. It is safe for
// concurrent use and keeps nothing but what it warns of: each call sees the tree as
// it is.
type Store struct {
	tree   tree
	uri    string
	opened place
	aside  asideLog
}

var (
	_ query.Store  = (*Store)(nil)
	_ query.Warner = (*Store)(nil)
)

// Open returns the store at a path inside fsys: a directory of invocations, one
// invocation, one job, its artifacts, or its results.yml; or an output directory
// of nel-next, one benchmark's, or a bundle. Ids come from the
// names of the directories on the path, those above what it names included. uri
// names the store. The error is NotFound if the path does not exist or holds no
// launcher output, and IO if it cannot be read.
func Open(fsys fs.FS, path, uri string) (*Store, error) {
	return open(tree{fsys: fsys}, path, uri)
}

// OpenPath is [Open] for a path of the operating system. Symbolic links on the
// path are followed first, so that a link called latest has the id of the
// invocation that it leads to.
func OpenPath(path string) (*Store, error) {
	real, err := filepath.Abs(path)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil, runfolder.Failure(err, path)
	}
	volume := filepath.VolumeName(real) + string(filepath.Separator)
	name := filepath.ToSlash(strings.TrimPrefix(real, volume))
	if name == "" {
		name = "."
	}
	slashed := filepath.ToSlash(real)
	if !strings.HasPrefix(slashed, "/") { // a drive letter: file:///C:/evals
		slashed = "/" + slashed
	}
	uri := url.URL{Scheme: "file", Path: slashed}
	return open(tree{fsys: os.DirFS(volume), prefix: filepath.ToSlash(volume)}, name, uri.String())
}

func open(t tree, name, uri string) (*Store, error) {
	if !fs.ValidPath(name) {
		return nil, &query.Error{Code: query.NotFound, Message: "not a path inside the tree: " + name}
	}
	opened, err := t.locate(name)
	if err != nil {
		return nil, err
	}
	return &Store{tree: t, uri: uri, opened: opened}, nil
}

// URI names what was opened.
func (s *Store) URI() string { return s.uri }

// Experiments returns none: directories know no experiments.
func (s *Store) Experiments(ctx context.Context, _ query.View) ([]query.Experiment, error) {
	return []query.Experiment{}, query.Stopped(ctx)
}

// Remote is false: the files are at hand.
func (s *Store) Remote() bool { return false }

// RunURL returns "": a directory has no page.
func (s *Store) RunURL(query.Run) string { return "" }

// tree is a file system and how people call its root.
type tree struct {
	fsys   fs.FS
	prefix string // before a name in fsys, to show it: "/", "C:/", ""
}

// show is a name in the file system as a person would type it.
func (t tree) show(name string) string {
	if name == "." && t.prefix != "" {
		return t.prefix
	}
	return t.prefix + path.Clean(name)
}
