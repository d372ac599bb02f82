package artifacts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/evalctl/evalctl/pkg/query"
)

// diskCopy is a file of a run that lies on this machine, whole and verified: an
// entry of the cache, or a temporary file.
type diskCopy struct {
	name   string // on this machine
	skip   int64  // bytes before the content
	size   int64  // of the content
	sha256 string
	remove bool
}

func (c *diskCopy) open() (io.ReadCloser, error) {
	file, err := os.Open(c.name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(c.skip, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// discard removes a temporary file. That it could not be removed changes no
// answer.
func (c *diskCopy) discard() {
	if c != nil && c.remove {
		_ = os.Remove(c.name)
	}
}

// find returns the entry of a file without reading it into memory, or nil if it is
// not there or damaged.
func (c *Cache) find(store query.Store, run query.Run, path string) *diskCopy {
	entry := c.entry(store, run, path)
	if entry == "" {
		return nil
	}
	if c.Refresh {
		return nil
	}
	held, err := checkEntry(entry)
	if err != nil {
		return nil
	}
	c.use(entry)
	return &diskCopy{name: entry, skip: held.start, size: held.size, sha256: hex.EncodeToString(held.sum)}
}

// copyToDisk takes a file from the cache or the store, never whole into memory.
func (d *folder) copyToDisk(ctx context.Context, file query.File) (copied *diskCopy, err error) {
	if kept := d.cache.find(d.store, d.run, file.Path); kept != nil && kept.size == file.Size {
		return kept, nil
	}
	for range tries {
		copied, err = d.download(ctx, file)
		if !isCutShort(err) || ctx.Err() != nil {
			break
		}
	}
	if query.HasCode(err, query.Uncertain) || query.HasCode(err, query.NotFound) {
		return nil, undeliverable(file.Path, err)
	}
	return copied, d.broken(err)
}

// download streams a file into a temporary one beside its place in the cache, and
// moves it there if it is whole. Without a place that can be written it stays a
// temporary file of the system.
func (d *folder) download(ctx context.Context, file query.File) (_ *diskCopy, err error) {
	entry := d.cache.entry(d.store, d.run, file.Path)
	temporary, err := d.cache.createBeside(entry)
	if err != nil {
		entry = ""
		if temporary, err = os.CreateTemp("", "evalctl-*"); err != nil {
			return nil, err
		}
	}
	made := &diskCopy{name: temporary.Name(), remove: true}
	defer func() {
		if err != nil {
			made.discard()
		}
	}()
	sum := sha256.New()
	target := &target{w: io.MultiWriter(temporary, sum)}
	head := entryHead(ofRun(d.store, d.run, file.Path), [sha256.Size]byte{})
	_, err = temporary.Write(head)
	if err == nil {
		err = d.stream(ctx, file, target)
	}
	if target.err != nil {
		err = target.err // a full disk is no broken transfer
	}
	if err == nil {
		_, err = temporary.WriteAt(sum.Sum(nil), int64(contentSum))
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return nil, err
	}
	made.skip, made.size, made.sha256 = int64(len(head)), target.n, checksum(sum)
	fits := d.cache != nil && (d.cache.Limit <= 0 || made.size <= d.cache.Limit)
	if entry != "" && fits && os.Rename(made.name, entry) == nil {
		made.name, made.remove = entry, false
		remove(d.cache.runEntry(absentFolder, d.store, d.run, file.Path))
		d.cache.use(entry)
		// A cache that cannot be measured costs room, not the answer.
		_ = d.cache.grown(made.size)
	}
	return made, nil
}

// createBeside creates a file in the folder of an entry, which it makes.
func (c *Cache) createBeside(name string) (*os.File, error) {
	if name == "" {
		return nil, fs.ErrInvalid
	}
	if err := c.makeFolder(filepath.Dir(name)); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(filepath.Dir(name), partial+rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
