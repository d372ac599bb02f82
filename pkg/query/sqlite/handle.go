package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// handle is the open database, in the way that suits what is beside the file.
type handle struct {
	db   *sql.DB
	path string
	file *os.File // the store's
	how  access
	seen state // of the file when it was opened

	users sync.WaitGroup
}

// retire closes the database when nobody reads it any more.
func (h *handle) retire() {
	go func() {
		h.users.Wait()
		_ = h.db.Close() // it has only read
	}()
}

// access is how a database can be read without writing anything.
type access int

const (
	// locking: the file is all there is; SQLite's locks keep writers away.
	locking access = iota
	// logged: a write-ahead log is in use; its index is read and not written.
	logged
	// still: the file is made for a write-ahead log, and there is none: nobody
	// writes. SQLite would make a log to read it with locks, so it is told that
	// nothing changes, and this package looks whether that is so.
	still
)

// state tells whether a file is as it was.
type state struct {
	size     int64
	modified time.Time
	info     fs.FileInfo // identifies the file
	changes  uint32      // that SQLite counts, without a log
	forLog   bool        // it is made for a write-ahead log

	// Of the write-ahead log beside it, -1 if there is none.
	logSize     int64
	logModified time.Time
	index       bool // of the log: there is one
}

var errChanged = errors.New("it was changed while it was read")

// look tells the state of a file, of which the caller has opened what is there now.
func look(path string, file *os.File) (state, error) {
	info, err := os.Stat(path)
	if err != nil {
		return state{}, err
	}
	now := state{size: info.Size(), modified: info.ModTime(), info: info, logSize: -1}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		beside, err := os.Stat(path + suffix)
		if err != nil {
			continue
		}
		if !beside.Mode().IsRegular() { // opening a pipe would wait for a writer
			return state{}, notFileBeside(path, suffix)
		}
		switch suffix {
		case "-wal":
			now.logSize, now.logModified = beside.Size(), beside.ModTime()
		case "-shm":
			now.index = true
		}
	}
	var header [28]byte
	if _, err := file.ReadAt(header[:], 0); err == nil {
		const wal = 2
		now.forLog = header[18] == wal || header[19] == wal
		now.changes = binary.BigEndian.Uint32(header[24:])
	}
	return now, nil
}

func (s state) same(other state) bool {
	return s.size == other.size && s.modified.Equal(other.modified) && os.SameFile(s.info, other.info) &&
		s.changes == other.changes && s.forLog == other.forLog &&
		s.logSize == other.logSize && s.logModified.Equal(other.logModified) && s.index == other.index
}

// access is how the file can be read as it is. The error is errNoIndex.
func (s state) access() (access, error) {
	switch {
	case !s.forLog && s.logSize <= 0:
		return locking, nil
	case s.logSize < 0 || s.logSize == 0 && !s.index:
		return still, nil
	case !s.index: // a writer that comes or goes, or a copy
		return 0, errNoIndex
	}
	return logged, nil
}

// open opens the file in the way that suits it. The caller holds the mutex.
func (s *Store) open() (*handle, error) {
	path := s.path
	if _, err := s.header(); err != nil {
		return nil, err
	}
	seen, err := look(path, s.file)
	if err != nil {
		return nil, err
	}
	how, err := seen.access()
	if err != nil {
		return nil, err
	}
	if err := registerReadOnly(); err != nil {
		return nil, err
	}
	h := &handle{path: path, file: s.file, seen: seen, how: how}
	values := url.Values{
		"vfs": {readOnlyName}, "mode": {"ro"}, "readonly_shm": {"1"}, "_query_only": {"1"}, "_defensive": {"1"}, "_busy_timeout": {strconv.FormatInt(cmp.Or(s.options.Patience, defaultPatience).Milliseconds(), 10)},
		// MLflow's LIKE tells cases apart; sorting needs no files.
		"_pragma": {"case_sensitive_like(1)", "temp_store(2)", "trusted_schema(0)"},
	}
	if how == still {
		values.Set("immutable", "1")
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // a drive letter: file:///C:/evals
		slashed = "/" + slashed
	}
	name := "file://" + (&url.URL{Path: slashed}).EscapedPath() + "?" + values.Encode()
	if h.db, err = sql.Open("sqlite", name); err != nil {
		return nil, err
	}
	const connections = 4 // each has a cache of 2 MB
	h.db.SetMaxOpenConns(connections)
	return h, nil
}

// header reads the first bytes of the database (sqlite.org/fileformat2.html). The
// caller holds the mutex. The file stays open: closing it would end the locks that
// SQLite has on it in this process (sqlite.org/howtocorrupt.html, 2.2).
func (s *Store) header() ([]byte, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, errNotFile
	}
	if s.file != nil {
		if held, err := s.file.Stat(); err != nil || !os.SameFile(held, info) {
			_ = s.file.Close() // of a file that was replaced
			s.file = nil
		}
	}
	if s.file == nil {
		if s.file, err = os.Open(s.path); err != nil {
			return nil, err
		}
	}
	start := make([]byte, 100)
	n, err := s.file.ReadAt(start, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case n == 0:
		return nil, errEmpty
	case n < len(magic) || string(start[:len(magic)]) != magic:
		return nil, errNotDatabase
	case n < len(start):
		return nil, errCutShort
	}
	return start, nil
}

// look tells the state of the file now.
func (s *Store) look() (state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return state{}, fs.ErrClosed
	}
	return look(s.path, s.file)
}

// read calls f with a transaction that sees one state of the database, and again
// from the start if the file was replaced or its log came or went meanwhile.
func (s *Store) read(ctx context.Context, f func(*sql.Tx) error) error {
	const tries = 5
	for try := 1; ; try++ {
		if err := stopped(ctx); err != nil {
			return err
		}
		h, err := s.current()
		if err == nil {
			err = h.read(ctx, f)
			h.users.Done()
		}
		if err == nil {
			return nil
		}
		if ended := stopped(ctx); ended != nil {
			return ended
		}
		if try == tries || !worthAnotherLook(err) {
			return s.failure(err)
		}
		if h != nil {
			s.drop(h)
		}
		s.wait(ctx, time.Millisecond<<(2*(try-1))) // 85 ms in all
	}
}

// pause lets a while pass, for whoever changes the file to be done.
func pause(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// current is the open database, with one user more, as long as what is beside the
// file is read in the same way; without locks only as long as nobody has changed it.
func (s *Store) current() (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle != nil {
		if s.handle.fits() {
			s.handle.users.Add(1)
			return s.handle, nil
		}
		s.handle.retire()
		s.handle = nil
	}
	h, err := s.open()
	if err != nil {
		return nil, err
	}
	h.users.Add(1)
	s.handle = h
	return h, nil
}

// fits reports whether the open database is still the way to read the file.
func (h *handle) fits() bool {
	now, err := look(h.path, h.file)
	if err != nil || !os.SameFile(now.info, h.seen.info) {
		return false
	}
	how, err := now.access()
	return err == nil && how == h.how && (how != still || now.same(h.seen))
}

// drop makes the next call open the file again.
func (s *Store) drop(h *handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle == h {
		h.retire()
		s.handle = nil
	}
}

// read is one try of [Store.read].
func (h *handle) read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	before := h.seen
	err = func() error {
		// The first statement takes the lock. From here on no writer of SQLite touches
		// the file, unless it keeps a log.
		var tables int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
		now, err := look(h.path, h.file)
		if err != nil {
			return err
		}
		if how, err := now.access(); err != nil || how != h.how {
			return cmp.Or(err, errChanged)
		}
		if h.how != still {
			before = now
		}
		return f(tx)
	}()
	if err != nil && h.how != still {
		return err
	}
	after, lookErr := look(h.path, h.file)
	switch {
	case lookErr != nil:
		return cmp.Or(err, lookErr)
	case h.how == logged && os.SameFile(before.info, after.info):
		return nil // the log was written back
	case !before.same(after):
		return errChanged // and whatever it looked like in between
	}
	return err
}
