package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// cacheFolder is where environments and filled stores are kept between runs.
func cacheFolder() (string, error) {
	dir := os.Getenv("EVALCTL_TEST_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no place to keep the Python environment, set EVALCTL_TEST_CACHE: %w", err)
		}
		dir = filepath.Join(user, "evalctl-test")
	}
	return filepath.Abs(dir)
}

// once makes the folder dir with build unless an earlier call, in any process,
// has done so. A folder is whole if the file "complete" is in it: an environment
// holds its own path, so that it cannot be made elsewhere and renamed. Other
// callers wait meanwhile.
func once(dir string, build func(dir string) error) (err error) {
	complete := filepath.Join(dir, "complete")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		return err
	}
	defer unlock()

	if _, err := os.Stat(complete); err == nil {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove what an interrupted run left: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := build(dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return os.WriteFile(complete, nil, 0o644)
}
