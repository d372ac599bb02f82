package stack

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOnceBuildsOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "thing")
	second := make(chan error, 1)
	err := once(dir, func(dir string) error {
		go func() {
			second <- once(dir, func(string) error { return errors.New("built twice") })
		}()
		select {
		case err := <-second:
			t.Errorf("another caller did not wait for the builder: %v", err)
			second <- nil
		case <-time.After(200 * time.Millisecond): // it waits
		}
		return os.WriteFile(filepath.Join(dir, "content"), nil, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
	if err := once(dir, func(string) error { return errors.New("built again") }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "content")); err != nil {
		t.Error(err)
	}
}

func TestOnceForgetsFailures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "thing")
	broken := errors.New("broken")
	if err := once(dir, func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failed build left something: %v", err)
	}

	// What a killed builder leaves is a folder that is not complete.
	if err := os.MkdirAll(filepath.Join(dir, "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := once(dir, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "half")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-built folder is still there: %v", err)
	}
}
