// Package sqlite is a tracking store over the database file of an MLflow server or
// of MLflow's client, read directly and without a server. It opens the file read
// only, also while a server writes to it, and never changes anything beside it:
// no journal, no write-ahead log and no index of one is made, opened to write or
// deleted, also when a writer comes or goes at that moment.
//
// The tables are those of MLflow's models (mlflow/store/tracking/dbmodels), which
// have not changed for runs since MLflow 1.30; what a later version adds is not
// looked at. Filters become SQL with bound parameters.
package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Options say how to read a database.
type Options struct {
	Path string // of the file
	// ArtifactsDir has the files of runs in <experiment id>/<run id>/artifacts, in
	// place of where the database says that they are; "" is where it says.
	ArtifactsDir string
	Workspace    string // of MLflow 3.10 and later; "" is all of them
	// Patience is how long a writer may hold the file before reading fails; 0 is 10 s.
	Patience time.Duration
}

// Writers of MLflow are done in milliseconds; they wait for 20 s themselves.
const defaultPatience = 10 * time.Second

// Store reads one database. It is safe for concurrent use.
type Store struct {
	path    string // absolute
	options Options
	notes   []string
	schema  schema
	wait    func(context.Context, time.Duration) // between two looks at the file

	mu     sync.Mutex
	handle *handle  // nil until it is needed
	file   *os.File // the same file; nil until it is needed

	remembered remembered
}

var _ query.Store = (*Store)(nil)

// Open opens a database and checks that it is MLflow's. The error is NotFound if
// there is no such file, Corrupt if it is damaged or no database, Usage if it is
// another program's or too old, Timeout if it stays locked, and IO if it cannot be
// read.
func Open(ctx context.Context, options Options) (*Store, error) {
	path, err := filepath.Abs(options.Path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, fileFailure(err, options.Path)
	}
	if options.ArtifactsDir != "" {
		info, err := os.Stat(options.ArtifactsDir)
		if err != nil {
			return nil, fileFailure(err, options.ArtifactsDir)
		}
		if !info.IsDir() {
			return nil, &query.Error{Code: query.Usage, Message: options.ArtifactsDir + " is no directory", Hint: hintArtifacts}
		}
	}
	s := &Store{path: path, options: options, wait: pause}
	if err := s.inspect(ctx); err != nil {
		_ = s.Close() // it has only read
		return nil, err
	}
	return s, nil
}

// Close lets go of the file. A store that was closed opens it again when asked.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.handle != nil {
		s.handle.users.Wait()
		err = s.handle.db.Close()
		s.handle = nil
	}
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
		s.file = nil
	}
	return err
}

// URI is the tracking URI of the database: sqlite:////absolute/path.
func (s *Store) URI() string {
	return "sqlite:///" + filepath.ToSlash(s.path)
}

// Notes say what was noticed when the database was opened, for people: that it is
// of a version which is not known.
func (s *Store) Notes() []string { return s.notes }

// Remote is false: the files are at hand.
func (s *Store) Remote() bool { return false }

// RunURL returns "": a file has no pages.
func (s *Store) RunURL(query.Run) string { return "" }

// magic begins every database of SQLite.
const magic = "SQLite format 3\x00"

// IsDatabase reports whether a path names a file that is a database of SQLite or is
// called like one, so that opening it tells what is wrong with it.
func IsDatabase(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".db", ".sqlite", ".sqlite3":
		return true
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, len(magic))
	n, _ := file.Read(start)
	return string(start[:n]) == magic
}
