// Package mlruns reads MLflow's file store, the directory that is usually called
// mlruns, without MLflow and without ever writing to it. It is one kind of
// [query.Store].
//
//	<experiment>/meta.yaml
//	<experiment>/<run>/meta.yaml
//	<experiment>/<run>/{tags,params,metrics}/<key>
//	<experiment>/<run>/artifacts/…
//	.trash/<experiment>/…
//	models/<registered model>/meta.yaml
//	models/<registered model>/{tags,aliases}/<key>
//	models/<registered model>/version-<n>/meta.yaml
//	models/<registered model>/version-<n>/tags/<key>
//
// It follows mlflow/store/tracking/file_store.py and
// mlflow/store/model_registry/file_store.py as of MLflow 3.17 and 2.22. A run, an
// experiment, or a model of the registry that cannot be read does not fail a search,
// as it does in MLflow: it is left out, and [Store.Warnings] names it.
package mlruns

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// Names that MLflow gives (file_store.py).
const (
	metaFile        = "meta.yaml"
	trashFolder     = ".trash"
	registryFolder  = "models" // of the root: the model registry; of an experiment: logged models
	tagsFolder      = "tags"
	paramsFolder    = "params"
	metricsFolder   = "metrics"
	artifactsFolder = runfolder.Artifacts
	inputsFolder    = "inputs"
	datasetsFolder  = "datasets"
	tracesFolder    = "traces"
	aliasesFolder   = "aliases"
	versionPrefix   = "version-"
)

// Store is one file store. It is safe for concurrent use and keeps nothing but
// what it warns of: each call sees the tree as it is.
type Store struct {
	// root is where everything but artifacts is read through: no symbolic link
	// leads out of it.
	root *os.Root
	dir  string // the same as an absolute path without links
	uri  string

	artifactsDir string // [Options.ArtifactsDir]

	damage damageLog
}

var (
	_ query.Store    = (*Store)(nil)
	_ query.Registry = (*Store)(nil)
	_ query.Warner   = (*Store)(nil)
)

// Is reports whether a path is a file store and not some other directory: it has an
// experiment, deleted or not, or it is an empty one with the usual name.
func Is(dir string) bool {
	trash := filepath.Join(dir, trashFolder)
	if HasExperiment(dir) || HasExperiment(trash) {
		return true
	}
	info, err := os.Stat(trash)
	return err == nil && info.IsDir() && filepath.Base(dir) == usualName
}

// HasExperiment reports whether a directory holds one as MLflow tells it
// (mlflow/tracking/_tracking_service/utils.py, _has_existing_mlruns_data): a directory
// whose name is digits, of any script, and that has an entry meta.yaml.
func HasExperiment(dir string) bool {
	file, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be a pipe, whose writer never comes
	if err != nil {
		return false
	}
	defer file.Close() // read only
	for {
		entries, err := file.ReadDir(entriesAtOnce)
		for _, entry := range entries {
			if strings.ContainsFunc(entry.Name(), func(r rune) bool { return !unicode.IsDigit(r) }) {
				continue
			}
			path := filepath.Join(dir, entry.Name())
			if info, err := os.Stat(path); err != nil || !info.IsDir() { // a link may lead to one
				continue
			}
			if _, err := os.Lstat(filepath.Join(path, metaFile)); err == nil {
				return true
			}
		}
		if err != nil || len(entries) == 0 {
			return false
		}
	}
}

// Options say what the store itself does not.
type Options struct {
	// ArtifactsDir has the files of runs, in <experiment id>/<run id>/artifacts, in
	// place of where the store says; "" is there.
	ArtifactsDir string
}

// Open returns the store in a directory. Symbolic links on the path are followed
// first. The error is NotFound if there is no such directory.
func Open(dir string, options Options) (*Store, error) {
	real, err := filepath.Abs(dir)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil, runfolder.Failure(err, dir)
	}
	root, err := runfolder.OpenRoot(real)
	if err != nil {
		return nil, runfolder.Failure(err, dir)
	}
	slashed := filepath.ToSlash(real)
	if !strings.HasPrefix(slashed, "/") { // a drive letter: file:///C:/mlruns
		slashed = "/" + slashed
	}
	uri := url.URL{Scheme: "file", Path: slashed}
	return &Store{root: root, dir: real, uri: uri.String(), artifactsDir: options.ArtifactsDir}, nil
}

// URI is the directory's, as file:///….
func (s *Store) URI() string { return s.uri }

// Remote is false: the files are at hand.
func (s *Store) Remote() bool { return false }

// RunURL returns "": a directory has no page.
func (s *Store) RunURL(query.Run) string { return "" }

// Warnings say which runs, experiments, registered models and versions were left out
// so far as they could not be read.
func (s *Store) Warnings() []nemo.Warning { return s.damage.warnings(s.dir) }

// show is a name below the root as a person would type it.
func (s *Store) show(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func consistsOf(text, characters string) bool {
	return text != "" && strings.Trim(text, characters) == ""
}

// Ids as MLflow allows them (mlflow/utils/validation.py).
const (
	longestRunID        = 256
	longestExperimentID = 64
)

// isID reports whether id begins with a letter or digit and goes on with those,
// "_" and "-".
func isID(id string, longest int) bool {
	return id != "" && len(id) <= longest && strings.Contains(letters+digits, id[:1]) && consistsOf(id, letters+digits+"_-")
}

// join is [path.Join] for names below the root.
func join(parts ...string) string { return path.Join(parts...) }
