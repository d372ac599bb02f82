package artifacts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Saved is a file that lies on disk.
type Saved struct {
	Size   int64
	SHA256 string // hexadecimal
	Cached bool   // taken from the cache or already there, not transferred
}

// Save downloads one file of a run to name below root, streaming it: the file
// appears under its name whole and of the right length, or not at all. A file
// that an earlier call saved for the same export of the run is kept; force fetches
// it again. How many files are wanted is for the caller to tell the progress.
//
// Names come from a server: root keeps them, and links in them, inside.
func (f *Fetcher) Save(ctx context.Context, store query.Store, run query.Run, file query.File, root *os.Root, name string, force bool) (Saved, error) {
	if !savable(name) {
		return Saved{}, &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("the store has a file named %q, which cannot be saved", name)}
	}
	saved, err := f.save(ctx, store, run, file, root, filepath.FromSlash(name), force)
	if err == nil && f.progress != nil {
		f.progress.Got(file.Path, saved.Size)
	}
	return saved, err
}

// savable reports whether a name is one of a file inside a folder, on this system
// too.
func savable(name string) bool {
	return name != "." && fs.ValidPath(name) && !strings.ContainsRune(name, 0) && filepath.IsLocal(filepath.FromSlash(name))
}

func (f *Fetcher) save(ctx context.Context, store query.Store, run query.Run, file query.File, root *os.Root, name string, force bool) (Saved, error) {
	if !force {
		if saved, ok := alreadySaved(root, name, file.Size, run.EndTime); ok {
			return saved, nil
		}
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return Saved{}, err
	}
	if kept := f.cache.find(store, run, file.Path); kept != nil && kept.size == file.Size && !force {
		saved, err := writeStream(root, name, run.EndTime, func(w io.Writer) error {
			entry, err := kept.open()
			if err != nil {
				return err
			}
			_, err = io.Copy(w, entry)
			return errors.Join(err, entry.Close())
		})
		// Another process may have cleared the cache in between.
		if saved.Cached = true; !errors.Is(err, fs.ErrNotExist) {
			return saved, err
		}
	}
	d := f.folder(store, run)
	var saved Saved
	var err error
	for range tries {
		saved, err = writeStream(root, name, run.EndTime, func(w io.Writer) error {
			return d.stream(ctx, file, w)
		})
		if !isCutShort(err) || ctx.Err() != nil {
			break
		}
	}
	if query.HasCode(err, query.Uncertain) || store.Remote() && query.HasCode(err, query.NotFound) {
		return Saved{}, undeliverable(file.Path, err)
	}
	return saved, d.broken(err)
}

// stream copies a file to w and checks its length.
func (d *folder) stream(ctx context.Context, file query.File, w io.Writer) error {
	release, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	body, err := d.store.Open(ctx, d.run, file.Path)
	if err != nil {
		return err
	}
	written, err := io.Copy(w, body)
	closeErr := body.Close()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &cutShortError{path: file.Path, got: written, want: file.Size, err: err}
	case closeErr != nil:
		return closeErr
	case written != file.Size:
		return &cutShortError{path: file.Path, got: written, want: file.Size}
	}
	return nil
}

// alreadySaved recognises a file by its length and by the time that Save gave it:
// the end of the run, which a re-export moves.
func alreadySaved(root *os.Root, name string, size int64, end time.Time) (Saved, bool) {
	info, err := root.Stat(name)
	if err != nil || end.IsZero() || !info.Mode().IsRegular() || info.Size() != size || !info.ModTime().Equal(end) {
		return Saved{}, false
	}
	file, err := root.Open(name)
	if err != nil {
		return Saved{}, false
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	if errors.Join(err, file.Close()) != nil {
		return Saved{}, false
	}
	return Saved{Size: size, SHA256: checksum(sum), Cached: true}, true
}

func checksum(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// writeStream lets write fill a temporary file beside name and renames it.
func writeStream(root *os.Root, name string, modified time.Time, write func(io.Writer) error) (saved Saved, err error) {
	temporary := filepath.Join(filepath.Dir(name), ".partial-"+rand.Text())
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return Saved{}, err
	}
	defer func() {
		if err != nil {
			if removeErr := root.Remove(temporary); !errors.Is(removeErr, fs.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
	}()
	sum := sha256.New()
	target := &target{w: io.MultiWriter(file, sum)}
	if err = write(target); target.err != nil {
		err = target.err // a full disk is no broken transfer
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return Saved{}, err
	}
	if !modified.IsZero() {
		if err = root.Chtimes(temporary, modified, modified); err != nil {
			return Saved{}, err
		}
	}
	if err = root.Rename(temporary, name); err != nil {
		return Saved{}, err
	}
	return Saved{Size: target.n, SHA256: checksum(sum)}, nil
}

// target counts what was written and remembers why no more could be.
type target struct {
	w   io.Writer
	n   int64
	err error
}

func (t *target) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.n += int64(n)
	if err != nil {
		t.err = err
	}
	return n, err
}
