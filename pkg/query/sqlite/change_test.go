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
