package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// savedFile is an output that goes to a file.
type savedFile struct {
	name    string
	content []byte
}

// checkFiles refuses files that could not be written, or that would be written
// twice. It says so before anything is fetched.
func checkFiles(targets []target) error {
	type named struct {
		name, absolute string
		info           fs.FileInfo // nil: not there yet
	}
	var files []named
	for _, t := range targets {
		if t.file == "" {
			continue
		}
		info, err := os.Stat(t.file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return usagef("%v", err)
		}
		if os.IsPathSeparator(t.file[len(t.file)-1]) || err == nil && info.IsDir() {
			return usagef("%s is a directory, not a file to write", t.file)
		}
		if parent, err := os.Stat(filepath.Dir(t.file)); err != nil || !parent.IsDir() {
			return &usageError{message: t.file + " cannot be written: there is no directory " + filepath.Dir(t.file), hint: "mkdir -p " + filepath.Dir(t.file)}
		}
		file := named{name: t.file, info: info}
		if file.absolute, err = filepath.Abs(t.file); err != nil {
			return err
		}
		for _, other := range files {
			if other.absolute == file.absolute || other.info != nil && info != nil && os.SameFile(other.info, info) {
				return usagef("%s and %s are the same file", other.name, file.name)
			}
		}
		files = append(files, file)
	}
	return nil
}

// saveFiles writes files so that each appears under its name whole or not at all:
// all of them beside their places first, then each takes its name.
func saveFiles(files []savedFile) (err error) {
	var waiting []pendingFile
	defer func() {
		for _, file := range waiting {
			if removeErr := os.Remove(file.temporary); err != nil && !errors.Is(removeErr, fs.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
	}()
	for _, file := range files {
		pending, err := prepare(file)
		if err != nil {
			return err
		}
		if pending.temporary != "" {
			waiting = append(waiting, pending)
		}
	}
	for len(waiting) > 0 {
		if err := os.Rename(waiting[0].temporary, waiting[0].name); err != nil {
			return err
		}
		waiting = waiting[1:]
	}
	return nil
}

// pendingFile is a file that is whole and does not have its name yet.
type pendingFile struct{ temporary, name string }

// prepare writes a file beside its place. What a link points to is replaced, not
// the link; a device or a pipe is written to and leaves nothing to rename.
func prepare(file savedFile) (pending pendingFile, err error) {
	mode := fs.FileMode(0o666) // less the umask
	if info, err := os.Stat(file.name); err == nil {
		if !info.Mode().IsRegular() {
			return pendingFile{}, writeInto(file)
		}
		mode = info.Mode().Perm()
	}
	name := file.name
	if behind, err := filepath.EvalSymlinks(name); err == nil {
		name = behind
	}
	temporary := filepath.Join(filepath.Dir(name), ".partial-"+rand.Text())
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return pendingFile{}, fmt.Errorf("%s: %w", file.name, err)
	}
	_, err = out.Write(file.content)
	if err == nil && mode != 0o666 {
		err = out.Chmod(mode) // as it was, whatever the umask
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return pendingFile{}, errors.Join(fmt.Errorf("%s: %w", file.name, err), os.Remove(temporary))
	}
	return pendingFile{temporary, name}, nil
}

func writeInto(file savedFile) error {
	out, err := os.OpenFile(file.name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = out.Write(file.content)
	return errors.Join(err, out.Close())
}
