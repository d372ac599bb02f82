package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/stack"
)

// other is a program that writes to a database in the usual way.
type other struct {
	t  *testing.T
	db *sql.DB
}

func write(t *testing.T, path string, statements ...string) other {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	o := other{t, db}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return o
}

func (o other) leave() {
	o.t.Helper()
	if err := o.db.Close(); err != nil {
		o.t.Fatal(err)
	}
}

const writeSomething = "UPDATE experiments SET last_update_time = ifnull(last_update_time, 0) + 1"

// beside is what lies beside a database.
func beside(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), filepath.Base(path)); ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}

func searches(t *testing.T, store *Store) {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 3}))
	if err != nil || len(runs) != 3 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}

// TestNoLogIsMade lets another program begin to keep a log, or stop, at each moment
// between this package's looks at the file and SQLite's.
func TestNoLogIsMade(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(t *testing.T, path string) other
		during func(t *testing.T, store *Store, o other)
	}{
		{
			"it begins and leaves", func(t *testing.T, path string) other { return write(t, path) },
			func(t *testing.T, store *Store, _ other) {
				write(t, store.path, "PRAGMA journal_mode = WAL").leave()
			},
		},
		{
			"it kept one and leaves", func(t *testing.T, path string) other {
				return write(t, path, "PRAGMA journal_mode = WAL", writeSomething)
			},
			func(_ *testing.T, store *Store, o other) {
				store.handle.db.SetMaxIdleConns(0) // whoever has the log open keeps the writer from removing it
				o.leave()
			},
		},
	} {
		for _, moment := range []string{"before a search", "before SQLite looks"} {
			t.Run(test.name+" "+moment, func(t *testing.T) {
				path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
				o := test.before(t, path)
				store, err := Open(t.Context(), Options{Path: path})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				if moment == "before a search" {
					if store.handle.db.Stats().OpenConnections == 0 {
						t.Error("nothing is open")
					}
					test.during(t, store, o)
				} else {
					store.handle.db.SetMaxIdleConns(0)
					store.drop(store.handle)
					h, err := store.current() // SQLite opens nothing yet
					if err != nil {
						t.Fatal(err)
					}
					test.during(t, store, o)
					err = h.read(t.Context(), func(*sql.Tx) error { return nil })
					h.users.Done()
					if _, base := code(err); base != sqlite3.SQLITE_CANTOPEN || !worthAnotherLook(err) {
						t.Errorf("error %v, want that there is no log", err)
					}
				}
				if got := beside(t, path); len(got) > 0 {
					t.Errorf("before the search there is %q", got)
				}
				searches(t, store)
				if got := beside(t, path); len(got) > 0 {
					t.Errorf("reading made %q", got)
				}
			})
		}
	}
}

// TestReadOnlyVFS asks SQLite itself to write through it.
func TestReadOnlyVFS(t *testing.T) {
	for range 2 {
		if err := registerReadOnly(); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	through := func(path string) error {
		db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?mode=rwc&vfs="+readOnlyName)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = db.ExecContext(t.Context(), "CREATE TABLE made (x)")
		return err
	}
	missing := filepath.Join(dir, "missing.db")
	if _, base := code(through(missing)); base != sqlite3.SQLITE_CANTOPEN {
		t.Error("a database is made")
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	path := filepath.Join(dir, "there.db")
	write(t, path, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)").leave() // the usual way is as it was
	if _, base := code(through(path)); base != sqlite3.SQLITE_READONLY {
		t.Error("a database is written to")
	}
	if got := beside(t, path); len(got) > 0 {
		t.Errorf("there is %q", got)
	}
	// The log of an empty database is one that SQLite deletes when it reads.
	empty := filepath.Join(dir, "empty.db")
	for _, name := range []string{empty, empty + "-wal"} {
		if err := os.WriteFile(name, []byte(strings.Repeat("x", len(name)-len(empty))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_ = through(empty)
	if got := beside(t, empty); !slices.Equal(got, []string{"-wal"}) {
		t.Errorf("there is %q", got)
	}
}

// TestIndexComesAndGoes reads while a log has no index, as when a program that writes
// begins or ends.
func TestIndexComesAndGoes(t *testing.T) {
	path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	write(t, path, "PRAGMA journal_mode = WAL").leave()
	store, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := os.WriteFile(path+"-wal", []byte("a log"), 0o600); err != nil {
		t.Fatal(err)
	}
	waits := 0
	store.wait = func(_ context.Context, long time.Duration) {
		if waits++; waits == 2 {
			if err := os.Remove(path + "-wal"); err != nil {
				t.Error(err)
			}
		}
		if long <= 0 || long > time.Second {
			t.Errorf("waits for %s", long)
		}
	}
	searches(t, store)
	if waits < 2 {
		t.Errorf("%d waits", waits)
	}
}

// TestNoFileBeside has something beside the database that is no file: a pipe, say,
// which SQLite would wait for.
func TestNoFileBeside(t *testing.T) {
	path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		if err := os.Mkdir(path+suffix, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), Options{Path: path})
		if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "its "+suffix+" is no file") {
			t.Errorf("%s: error %v", suffix, err)
		}
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
	}
	store, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := os.Mkdir(path+"-journal", 0o700); err != nil { // of one that is open
		t.Fatal(err)
	}
	if _, err := store.Experiments(t.Context(), query.Active); !query.HasCode(err, query.IO) {
		t.Errorf("error %v", err)
	}
}
