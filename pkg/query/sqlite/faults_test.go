package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// unchanged fails if reading changed anything below a folder.
func unchanged(t *testing.T, dir string, read func()) {
	t.Helper()
	before := untouched.Take(t, dir)
	read()
	before.Check(t)
}

// names are those of the runs that a search finds.
func names(t *testing.T, store query.Store, search query.Search) []string {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), search))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, run := range runs {
		names = append(names, run.Name)
	}
	return names
}

// everything asks a store all there is to ask.
func everything(t *testing.T, path string) {
	t.Helper()
	store := open(t, path)
	runs, err := query.All(store.Search(t.Context(), query.Search{View: query.WithDeleted}))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) < 30 {
		t.Errorf("%d runs", len(runs))
	}
	for _, run := range runs {
		if _, err := store.Run(t.Context(), run.ID); err != nil {
			t.Error(err)
		}
		files, err := store.List(t.Context(), run, run.Folder)
		// One experiment is where nothing can be written.
		if err != nil && !strings.HasPrefix(run.ArtifactURI, "file:///dev/null/") {
			t.Error(err)
		}
		for _, file := range files {
			content, err := store.Open(t.Context(), run, file.Path)
			if err != nil {
				continue // a folder
			}
			if _, err := io.Copy(io.Discard, content); err != nil {
				t.Error(err)
			}
			content.Close()
		}
	}
	if _, err := store.Experiments(t.Context(), query.WithDeleted); err != nil {
		t.Error(err)
	}
	models, err := store.Models(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, model := range models {
		if _, err := store.Model(t.Context(), model.Name); err != nil {
			t.Error(err)
		}
		if _, err := store.Versions(t.Context(), model.Name); err != nil {
			t.Error(err)
		}
	}
}

// writer is another program that has a database open.
type writer struct {
	t     *testing.T
	stdin io.Writer
	lines *bufio.Reader
	cmd   *exec.Cmd
}

func startWriter(t *testing.T, path, mode string) *writer {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), stack.Python(t), filepath.Join("testdata", "writer.py"), path, mode)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // some were killed
	})
	return &writer{t: t, stdin: stdin, lines: bufio.NewReader(stdout), cmd: cmd}
}

func (w *writer) run(statement string) {
	w.t.Helper()
	fmt.Fprintln(w.stdin, statement)
	if line, err := w.lines.ReadString('\n'); err != nil || line != "done\n" {
		w.t.Fatalf("%s: %q %v", statement, line, err)
	}
}

func (w *writer) kill() {
	fmt.Fprintln(w.stdin, "!")
	_ = w.cmd.Wait()
}

// insert is a run that is newer than all others.
func insert(name string, later int) string {
	return fmt.Sprintf("INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, artifact_uri, experiment_id)"+
		" VALUES ('%032d', '%s', 'RUNNING', %d, 'active', 'mlflow-artifacts:/1/%032[1]d/artifacts', 1)", later, name, 4e12+later)
}

func newest(t *testing.T, store query.Store) string {
	t.Helper()
	return names(t, store, query.Search{Limit: 1})[0]
}

func TestNothingIsWritten(t *testing.T) {
	dir := stack.Filled(t, stack.Setup{})
	path := filepath.Join(dir, "mlflow.db")
	t.Run("at rest", func(t *testing.T) { unchanged(t, dir, func() { everything(t, path) }) })
	t.Run("while a program has it open", func(t *testing.T) {
		w := startWriter(t, path, "")
		w.run(insert("first", 1))
		store := open(t, path)
		unchanged(t, dir, func() {
			if got := newest(t, store); got != "first" {
				t.Errorf("newest is %s", got)
			}
		})
		w.run("BEGIN IMMEDIATE")
		w.run(insert("not yet", 2))
		unchanged(t, dir, func() {
			if got := newest(t, store); got != "first" {
				t.Errorf("newest is %s", got)
			}
			everything(t, path)
		})
		w.run("COMMIT")
		if got := newest(t, store); got != "not yet" {
			t.Errorf("newest is %s", got)
		}
	})
	t.Run("with a log", func(t *testing.T) {
		w := startWriter(t, path, "WAL")
		w.run(insert("in the log", 3))
		store := open(t, path)
		unchanged(t, dir, func() {
			if got := newest(t, store); got != "in the log" {
				t.Errorf("newest is %s", got)
			}
			everything(t, path)
		})
		w.run(insert("later", 4))
		if got := newest(t, store); got != "later" {
			t.Errorf("newest is %s", got)
		}
		w.run("PRAGMA wal_checkpoint(TRUNCATE)")
		w.run(insert("after a checkpoint", 5))
		if got := newest(t, store); got != "after a checkpoint" {
			t.Errorf("newest is %s", got)
		}

		crashed := t.TempDir()
		for _, name := range []string{"mlflow.db", "mlflow.db-wal", "mlflow.db-shm"} {
			copyFile(t, filepath.Join(dir, name), filepath.Join(crashed, name))
		}
		w.kill()
		unchanged(t, crashed, func() {
			if got := newest(t, open(t, filepath.Join(crashed, "mlflow.db"))); got != "after a checkpoint" {
				t.Errorf("newest is %s", got)
			}
		})
		if err := os.Remove(filepath.Join(crashed, "mlflow.db-shm")); err != nil {
			t.Fatal(err)
		}
		unchanged(t, crashed, func() { refuses(t, filepath.Join(crashed, "mlflow.db"), query.IO, "has no index") })
	})
}

func TestMadeForALog(t *testing.T) {
	dir := stack.Filled(t, stack.Setup{})
	path := filepath.Join(dir, "mlflow.db")
	rewrite(t, path, "PRAGMA journal_mode = WAL", insert("still", 1))
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Fatal("the log is still there")
	}
	store := open(t, path)
	unchanged(t, dir, func() {
		if got := newest(t, store); got != "still" {
			t.Errorf("newest is %s", got)
		}
		everything(t, path)
	})
	w := startWriter(t, path, "WAL")
	w.run(insert("by a writer that came", 2))
	if got := newest(t, store); got != "by a writer that came" {
		t.Errorf("newest is %s", got)
	}
	w.run(insert("before it went", 3))
	fmt.Fprintln(w.stdin, "PRAGMA journal_mode = DELETE")
	if got, err := w.lines.ReadString('\n'); err != nil {
		t.Fatal(got, err)
	}
	if got := newest(t, store); got != "before it went" {
		t.Errorf("newest is %s", got)
	}
}

// rewrite changes a database and closes it.
func rewrite(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// refuses opens a file that cannot be read.
func refuses(t *testing.T, path string, code query.Code, says string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Patience: 100 * time.Millisecond})
	if err == nil {
		_, err = query.All(store.Search(t.Context(), query.Search{}))
		if err == nil {
			t.Fatalf("%s was read; want an error about %q", path, says)
		}
		store.Close()
	}
	e, ok := errors.AsType[*query.Error](err)
	if !ok || e.Code != code || !strings.Contains(e.Error(), says) || e.Hint == "" && code != query.NotFound {
		t.Errorf("error %q, want %s about %q, with a hint", err, code, says)
	}
}

func TestFaults(t *testing.T) {
	whole := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	file := func(t *testing.T, content []byte) string {
		path := filepath.Join(t.TempDir(), "mlflow.db")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"empty", nil, "it is empty"},
		{"text", []byte("experiment_id: 1\n"), "it is no SQLite database"},
		{"only the magic", data[:16], "it is cut short"},
		{"cut in a page", data[:len(data)/2+100], fmt.Sprintf("it is cut short: %d of %d bytes", len(data)/2+100, len(data))},
		{"cut after a page", data[:4096], "it is cut short"},
		{"zeros at its end", append(append([]byte{}, data[:len(data)/2]...), make([]byte, len(data)-len(data)/2)...), "malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.content)
			unchanged(t, filepath.Dir(path), func() { refuses(t, path, query.Corrupt, test.says) })
		})
	}
	t.Run("missing", func(t *testing.T) {
		refuses(t, filepath.Join(t.TempDir(), "mlflow.db"), query.NotFound, "does not exist")
	})
	t.Run("a folder", func(t *testing.T) { refuses(t, t.TempDir(), query.Usage, "no file") })
	t.Run("another program's", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "places.db")
		rewrite(t, path, "CREATE TABLE runs (id INTEGER)", "CREATE TABLE places (id INTEGER)")
		refuses(t, path, query.Usage, "is no MLflow tracking database: it lacks the table experiments")
	})
	t.Run("of an old MLflow", func(t *testing.T) {
		path := file(t, data)
		rewrite(t, path, "DROP TABLE latest_metrics", "UPDATE alembic_version SET version_num = '451aebb31d03'")
		refuses(t, path, query.Usage, "(451aebb31d03) is none of MLflow 2.9 to 3.17: it lacks the table latest_metrics")
	})
	t.Run("of a new MLflow", func(t *testing.T) {
		path := file(t, data)
		rewrite(t, path, "UPDATE alembic_version SET version_num = 'ffffffffffff'", "ALTER TABLE runs ADD COLUMN colour TEXT")
		store := open(t, path)
		if notes := store.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "newer than MLflow 3.17") {
			t.Errorf("notes %q", notes)
		}
		if len(open(t, whole).Notes()) != 0 {
			t.Error("a known schema has notes")
		}
	})
	t.Run("of a new MLflow without what is needed", func(t *testing.T) {
		path := file(t, data)
		rewrite(t, path, "UPDATE alembic_version SET version_num = 'ffffffffffff'", "ALTER TABLE tags RENAME COLUMN value TO content")
		refuses(t, path, query.Usage, "it lacks the column tags.value")
	})
	t.Run("locked", func(t *testing.T) {
		path := file(t, data)
		startWriter(t, path, "").run("BEGIN EXCLUSIVE")
		refuses(t, path, query.Timeout, "is locked")
	})
	t.Run("left by a writer that died", func(t *testing.T) {
		path := file(t, data)
		w := startWriter(t, path, "")
		w.run("PRAGMA cache_size = 1")
		w.run("BEGIN")
		w.run("UPDATE tags SET value = value || 'x'")
		w.kill()
		if _, err := os.Stat(path + "-journal"); err != nil {
			t.Fatal(err)
		}
		unchanged(t, filepath.Dir(path), func() { refuses(t, path, query.IO, "a writer was interrupted") })
	})
	t.Run("values of another type", func(t *testing.T) {
		path := file(t, data)
		rewrite(t, path, "UPDATE runs SET start_time = 'yesterday' WHERE run_uuid = (SELECT max(run_uuid) FROM runs)")
		refusesRuns(t, path)
	})
}

// refusesRuns opens a database of which one run cannot be read.
func refusesRuns(t *testing.T, path string) {
	t.Helper()
	_, err := query.All(open(t, path).Search(t.Context(), query.Search{}))
	if !query.HasCode(err, query.Corrupt) {
		t.Errorf("error %v", err)
	}
}
