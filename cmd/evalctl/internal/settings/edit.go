package settings

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Edit changes a settings file, which it makes if it is not there. What is not
// changed keeps every byte, and the file its mode. Processes that do so at the same
// time wait for one another, and whoever reads sees the file whole, as it was or as
// it is now. A change that Parse refuses, or that cannot be made without changing
// something else, is not written.
func Edit(ctx context.Context, place Place, change func(*Document) error) (err error) {
	file, err := target(place)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	unlock, err := lock(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	usual := fs.FileMode(0o644)
	if place.Scope == User {
		usual = 0o600
	}
	var mode fs.FileMode // of a file that is there
	data, err := read(file)
	switch info, statErr := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case statErr == nil:
		mode = info.Mode().Perm()
	}
	document, err := open(data, place)
	if err != nil {
		return err
	}
	if err := change(document); err != nil {
		return err
	}
	out, err := document.bytes()
	if err != nil {
		return err
	}
	if err := small(place.File, out); err != nil {
		return err
	}
	if mode != 0 && bytes.Equal(out, data) {
		return nil
	}
	return replace(file, out, mode, usual)
}

// target is the file to write: where a link leads, even to nothing, so that the link
// stays one.
func target(place Place) (string, error) {
	file := place.File
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real, nil
	}
	const most = 40 // links to links, as the system has it
	for range most {
		to, err := os.Readlink(file)
		if err != nil {
			return file, nil
		}
		// A checkout must not say which file elsewhere is made.
		if place.Scope == Project {
			return "", &Error{
				File: place.File, Message: "is a link to " + to + ", which is not there",
				Hint: "make that file, or remove the link",
			}
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(file), to)
		}
		file = to
	}
	return "", &Error{File: place.File, Message: "is a link to a link to a link, without end"}
}

// replace writes a file so that its name always has all of one content. The mode is
// that of the file that was there, 0 if none was.
func replace(file string, data []byte, mode, usual fs.FileMode) (err error) {
	temporary := file + ".partial-" + rand.Text()
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, usual)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	_, err = out.Write(data)
	if mode != 0 { // which the process's own mask would take from
		err = errors.Join(err, out.Chmod(mode))
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}
