package settings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// How long a change waits for others, and between two looks.
const (
	lockPatience = 10 * time.Second
	lockInterval = 5 * time.Millisecond
)

// lock makes a file that only one process can make, beside the one to be changed.
// One that was left behind is not taken over: whoever holds it may be slow.
func lock(ctx context.Context, file string) (unlock func() error, err error) {
	name := file + ".lock"
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	ticker := time.NewTicker(lockInterval)
	defer ticker.Stop()
	for {
		held, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return func() error { return os.Remove(name) }, held.Close()
		}
		// Windows denies access to a file that is being removed.
		if !errors.Is(err, fs.ErrExist) && !(errors.Is(err, fs.ErrPermission) && exists(name)) {
			return nil, err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("%s is there: another process changes the file, or one that did ended early; then remove it", name)
		}
	}
}
