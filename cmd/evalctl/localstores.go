package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/pkg/render"
)

// sqlite opens a database of MLflow by a URI as SQLAlchemy has them: sqlite:/// and
// a path, which begins with a slash of its own if it is absolute.
func (s *stores) sqlite(ctx context.Context, uri, workspace string) (query.Store, error) {
	path, found := strings.CutPrefix(uri, databaseScheme)
	path, _, _ = strings.Cut(path, "?") // options of Python's driver
	if !found || path == "" || path == ":memory:" {
		return nil, &query.Error{
			Code: query.Usage, Message: uri + " names no database file",
			Hint: "sqlite:///mlflow.db is a file in this directory, sqlite:////srv/mlflow.db one by its absolute path",
		}
	}
	// SQLAlchemy 2.1 takes escapes in a path for what they stand for, 2.0 for themselves.
	if plain, err := url.PathUnescape(path); err == nil && isFile(plain) {
		path = plain
	}
	return s.database(ctx, path, workspace)
}

// database opens a database of MLflow by its path.
func (s *stores) database(ctx context.Context, path, workspace string) (query.Store, error) {
	workspace = firstSet(workspace, strings.TrimSpace(s.app.getenv("MLFLOW_WORKSPACE")))
	return s.once("sqlite:"+workspace+":"+path, func() (query.Store, error) {
		dir, err := localFolder(s.global.artifactsURI)
		if err != nil {
			return nil, err
		}
		store, err := sqlite.Open(ctx, sqlite.Options{Path: path, ArtifactsDir: dir, Workspace: workspace})
		if err != nil {
			return nil, err
		}
		for _, note := range store.Notes() {
			fmt.Fprintf(s.app.stderr, "evalctl: %s\n", render.Sanitize(note))
		}
		return store, nil
	})
}

// localFolder is the folder that --artifacts-uri names: a path or a file: URI.
func localFolder(uri string) (string, error) {
	scheme, _, found := strings.Cut(uri, ":")
	switch {
	case found && scheme == "file":
		return filePath(uri)
	case found && isScheme(scheme):
		return "", &query.Error{
			Code: query.Usage, Message: "artifacts cannot be read from " + uri,
			Hint: "--artifacts-uri names a folder; a copy of a bucket will do: aws s3 sync s3://BUCKET/PATH DIR",
		}
	}
	return uri, nil
}

// Path opens a file store or a database of MLflow; a launcher output directory, a
// job's directory or a results.yml; output of nel-next; the launcher's job database
// or nel-next's index of runs.
func (s *stores) Path(ctx context.Context, path string) (query.Store, error) {
	return s.path(ctx, path, "")
}

func (s *stores) path(ctx context.Context, path, workspace string) (query.Store, error) {
	path = s.expand(path)
	if sqlite.IsDatabase(path) {
		return s.database(ctx, path, workspace)
	}
	return s.once("path:"+path, func() (query.Store, error) { return s.open(path) })
}

func (s *stores) open(path string) (query.Store, error) {
	if mlruns.Is(path) {
		dir, err := localFolder(s.global.artifactsURI)
		if err != nil {
			return nil, err
		}
		return mlruns.Open(path, mlruns.Options{ArtifactsDir: dir})
	}
	if file, ok := execDBAt(path); ok {
		return rundir.OpenExecDB(file)
	}
	store, err := rundir.OpenPath(path)
	if err == nil {
		return store, nil
	}
	if filepath.Base(path) == filepath.Base(rundir.RunIndexDir) && query.HasCode(err, query.NotFound) {
		if some, globErr := filepath.Glob(filepath.Join(path, "*", "nel_run.json")); globErr == nil && len(some) > 0 {
			return rundir.OpenRunIndex(path)
		}
	}
	if inner := filepath.Join(path, "mlruns"); query.HasCode(err, query.NotFound) && mlruns.Is(inner) {
		return nil, &query.Error{Code: query.NotFound, Message: err.Error(), Hint: inner + " is an MLflow file store: name that"}
	}
	return nil, err
}

// expand puts the user's home in place of "~".
func (s *stores) expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || strings.HasPrefix(rest, "/")) {
		if home := s.home(); home != "" {
			return filepath.Join(home, rest)
		}
	}
	return path
}

func (s *stores) home() string { return firstSet(s.app.getenv("HOME"), s.app.getenv("USERPROFILE")) }

// execDB is where the launcher keeps its job database; "" if that is not known.
func (s *stores) execDB() string {
	if file := s.app.getenv("NEMO_EVALUATOR_EXEC_DB_FILE"); file != "" {
		return file
	}
	if home := s.home(); home != "" {
		return filepath.Join(home, filepath.FromSlash(rundir.ExecDBFile))
	}
	return ""
}

func (s *stores) hasExecDB() bool { return isFile(s.execDB()) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// execDBAt is the launcher's job database that a path names: the file, its folder,
// or the folder above.
func execDBAt(path string) (string, bool) {
	folder, name := filepath.Split(filepath.FromSlash(rundir.ExecDBFile))
	if filepath.Base(path) == name {
		return path, isFile(path)
	}
	for _, file := range []string{filepath.Join(path, name), filepath.Join(path, filepath.Base(folder), name)} {
		if isFile(file) {
			return file, true
		}
	}
	return "", false
}

// runIndex is where nel-next keeps its index of runs; "" if that is not known.
func (s *stores) runIndex() string {
	data := s.app.getenv("XDG_DATA_HOME")
	if home := s.home(); data == "" && home != "" {
		data = filepath.Join(home, ".local", "share")
	}
	if data == "" {
		return ""
	}
	return filepath.Join(data, filepath.FromSlash(rundir.RunIndexDir))
}

var _ query.Records = (*stores)(nil)

// Records opens what the launcher, or nel-next, recorded on this machine.
func (s *stores) Records(_ context.Context, source query.Source) (query.Store, error) {
	if source.Kind == query.ByBundle {
		index := s.runIndex()
		if info, err := os.Stat(index); index == "" || err != nil || !info.IsDir() {
			return nil, nil
		}
		return s.once("nel:", func() (query.Store, error) { return rundir.OpenRunIndex(index) })
	}
	if !s.hasExecDB() {
		return nil, nil
	}
	return s.once("launcher:", func() (query.Store, error) { return rundir.OpenExecDB(s.execDB()) })
}

// filePath is the path in a URI of a file as MLflow writes it: file:///a%20b,
// file:mlruns.
func filePath(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Host != "" && u.Host != "localhost" {
		return "", usagef("%s names no file of this machine: file:///DIR does", uri)
	}
	if u.Opaque == "" {
		return filepath.FromSlash(withoutSlash(u.Path)), nil
	}
	path, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return "", usagef("%s names no file: %v", uri, err)
	}
	return filepath.FromSlash(path), nil
}

// withoutSlash is a path without the slash that URIs have before a drive letter.
func withoutSlash(path string) string {
	if rest := strings.TrimPrefix(path, "/"); filepath.VolumeName(rest) != "" {
		return rest
	}
	return path
}
