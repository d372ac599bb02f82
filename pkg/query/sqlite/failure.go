package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/evalctl/evalctl/pkg/query"
)

var (
	errNotFile     = errors.New("it is no file")
	errEmpty       = errors.New("it is empty")
	errNotDatabase = errors.New("it is no SQLite database")
	errCutShort    = errors.New("it is cut short")
	errNoIndex     = errors.New("its write-ahead log (-wal) has no index (-shm)")
)

// stopped is [query.Stopped].
func stopped(ctx context.Context) error { return query.Stopped(ctx) }

// fileFailure turns an error of the file system into one that names the path.
func fileFailure(err error, path string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &query.Error{Code: query.NotFound, Message: path + " does not exist"}
	}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return &query.Error{Code: query.IO, Message: "cannot read " + path, Err: err}
}

// notFileBeside is the error for a journal, a log or an index that is none.
func notFileBeside(path, suffix string) error {
	return &query.Error{
		Code: query.IO, Message: "cannot read " + path, Err: errors.New("its " + suffix + " is no file"),
		Hint: "SQLite would take " + path + suffix + " for what a writer left: move it away",
	}
}

// code is SQLite's result code of an error, extended, and its low byte; 0 for other
// errors.
func code(err error) (extended, base int) {
	if found, ok := errors.AsType[*sqlite.Error](err); ok {
		return found.Code(), found.Code() & 0xff
	}
	return 0, 0
}

// worthAnotherLook reports whether an error may be gone when the file is opened
// again: the log beside it came or went, with its index first or last, or another
// file took its place.
func worthAnotherLook(err error) bool {
	extended, base := code(err)
	return errors.Is(err, errChanged) || errors.Is(err, errNoIndex) || base == sqlite3.SQLITE_CANTOPEN || base == sqlite3.SQLITE_PROTOCOL ||
		extended == sqlite3.SQLITE_READONLY_CANTINIT || extended == sqlite3.SQLITE_READONLY_RECOVERY
}

// failure is an error of reading for a person.
func (s *Store) failure(err error) error {
	if already, ok := errors.AsType[*query.Error](err); ok {
		return already
	}
	failed := &query.Error{Code: query.IO, Message: "cannot read " + s.path, Err: err}
	_, isPath := errors.AsType[*fs.PathError](err)
	extended, base := code(err)
	switch {
	case isPath:
		return fileFailure(err, s.path)
	case errors.Is(err, errNotFile):
		failed.Code, failed.Hint = query.Usage, "name the database file, such as mlflow.db"
	case errors.Is(err, errEmpty), errors.Is(err, errNotDatabase), base == sqlite3.SQLITE_NOTADB:
		failed.Code, failed.Hint = query.Corrupt, hintKinds
	case errors.Is(err, errCutShort):
		failed.Code, failed.Hint = query.Corrupt, hintCopy
	case errors.Is(err, errNoIndex):
		failed.Hint = "some of what was written is in the log alone, and only a program that may write can read it;\n" +
			"let MLflow or the sqlite3 program open the file once, or copy it with sqlite3 FILE '.backup COPY'"
	case errors.Is(err, errChanged):
		failed.Hint = "something writes to it without SQLite's locks, such as a copy or a synchronisation; try again when that is done"
	case base == sqlite3.SQLITE_BUSY, base == sqlite3.SQLITE_LOCKED:
		failed.Code, failed.Err = query.Timeout, nil
		failed.Message = s.path + " is locked by a program that writes to it"
		failed.Hint = "try again, or copy it with sqlite3 FILE '.backup COPY' and read the copy"
	case extended == sqlite3.SQLITE_READONLY_ROLLBACK:
		failed.Err = errors.New("a writer was interrupted, and what it left (-journal) must be undone first")
		failed.Hint = "evalctl writes nothing: let MLflow or the sqlite3 program open the file once"
	case base == sqlite3.SQLITE_CORRUPT:
		failed.Code, failed.Hint = query.Corrupt, hintCopy
		if have, want, short := s.lengths(); short {
			failed.Err = fmt.Errorf("it is cut short: %d of %d bytes", have, want)
		}
	}
	return failed
}

const (
	hintKinds = "a tracking store is an MLflow server (http://, https://), its database (sqlite:///FILE or a path), its file store (mlruns), or a launcher output directory"
	hintCopy  = "copy it again: of a database that is in use with sqlite3 FILE '.backup COPY'"
)

// lengths are those that the file has and, by its header, should have.
func (s *Store) lengths() (have, want int64, short bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start, err := s.header()
	if err != nil {
		return 0, 0, false
	}
	info, err := s.file.Stat()
	if err != nil {
		return 0, 0, false
	}
	page := int64(binary.BigEndian.Uint16(start[16:]))
	if page == 1 {
		page = 65536
	}
	want = page * int64(binary.BigEndian.Uint32(start[28:]))
	return info.Size(), want, info.Size() < want
}
