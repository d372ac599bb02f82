package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/stack"
)

// TestChangedWhileRead lets another program overwrite the file in the middle of a
// transaction, which no lock prevents.
func TestChangedWhileRead(t *testing.T) {
	path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	store, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	overwrite := func() {
		if err := os.WriteFile(path, append(data, make([]byte, 4096)...), 0o644); err != nil {
			t.Fatal(err)
		}
		data = append(data, make([]byte, 4096)...)
	}
	times := 0
	err = store.read(t.Context(), func(*sql.Tx) error {
		times++
		overwrite()
		return nil
	})
	if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "changed while it was read") || times < 2 {
		t.Errorf("after %d times: %v", times, err)
	}
	times = 0
	err = store.read(t.Context(), func(*sql.Tx) error {
		if times++; times == 1 {
			overwrite()
		}
		return nil
	})
	if err != nil || times != 2 {
		t.Errorf("changed once, read %d times: %v", times, err)
	}
	err = store.read(t.Context(), func(*sql.Tx) error {
		if times++; times == 3 {
			replaced := filepath.Join(t.TempDir(), "new.db")
			if err := os.WriteFile(replaced, data, 0o644); err != nil {
				t.Fatal(err)
			}
			return os.Rename(replaced, path)
		}
		return nil
	})
	if err != nil || times != 4 {
		t.Errorf("replaced once, read %d times: %v", times-2, err)
	}
}

// TestRemembered asks for the same tag again and again while the file changes.
func TestRemembered(t *testing.T) {
	path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	store, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	find := func(value string) int {
		t.Helper()
		runs, err := query.All(store.Search(t.Context(), query.Search{Filter: query.Filter{{Entity: query.Tag, Key: query.TagHarness, Op: query.Equal, Value: value}}}))
		if err != nil {
			t.Fatal(err)
		}
		return len(runs)
	}
	before := find("bfcl")
	for range 3 {
		if got := find("bfcl"); got != before || before == 0 {
			t.Errorf("%d runs, %d at first", got, before)
		}
	}
	if find("none") != 0 || len(store.remembered.keys[query.TagHarness].runs) < 2 {
		t.Error("nothing is remembered")
	}
	for _, mode := range []string{"DELETE", "WAL"} {
		writer, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		writer.SetMaxOpenConns(1)
		for i, statement := range []string{"PRAGMA journal_mode = " + mode, "UPDATE tags SET value = 'gone' WHERE value = 'bfcl'", "UPDATE tags SET value = 'bfcl' WHERE value = 'gone'"} {
			if _, err := writer.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if got, want := find("bfcl"), map[bool]int{true: 0, false: before}[i == 1]; got != want {
				t.Errorf("%s: %d runs, want %d", statement, got, want)
			}
			if got := find("gone"); got != before && i == 1 {
				t.Errorf("%s: %d runs with the new value", statement, got)
			}
		}
		writer.Close()
	}
}
