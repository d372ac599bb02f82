//go:build unix

package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
)

// A checkout can hold what blocks or never ends in place of its settings.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	for _, test := range []struct {
		name, message string
		make          func(file string) error
	}{
		{"a device", "is no regular file", func(file string) error { return os.Symlink("/dev/zero", file) }},
		{"a pipe", "is no regular file", func(file string) error { return syscall.Mkfifo(file, 0o600) }},
		{"a folder", "is a directory", func(file string) error { return os.Mkdir(file, 0o700) }},
		{"a long file", "more than 1048576 bytes", func(file string) error {
			return errors.Join(os.WriteFile(file, nil, 0o600), os.Truncate(file, 1<<40))
		}},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, settings.ProjectFile)
		if err := test.make(file); err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Load("", dir); err == nil || !strings.HasSuffix(err.Error(), settings.ProjectFile+": "+test.message) {
			t.Errorf("%s: %v, want %s", test.name, err, test.message)
		}
		place := settings.Place{Scope: settings.Project, File: file}
		if err := settings.Edit(t.Context(), place, func(d *settings.Document) error { return d.SetCurrent("x") }); err == nil {
			t.Errorf("%s was changed", test.name)
		}
	}
}

// A change keeps the file's mode, whatever the process would give it, and its links.
func TestEditKeepsModeAndLinks(t *testing.T) {
	dir := t.TempDir()
	place := settings.Place{Scope: settings.User, File: filepath.Join(dir, "config.yaml")}
	if err := errors.Join(os.WriteFile(place.File, nil, 0o600), os.Chmod(place.File, 0o666)); err != nil {
		t.Fatal(err)
	}
	edit(t, place, use("a"))
	if info, err := os.Stat(place.File); err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	place.File = filepath.Join(dir, "link")
	target := filepath.Join(dir, "dotfiles", "config.yaml")
	if err := os.Symlink(filepath.Join("dotfiles", "config.yaml"), place.File); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"made", "changed"} {
		edit(t, place, use(name))
		if to, err := os.Readlink(place.File); err != nil || to == "" {
			t.Errorf("the link is none: %v", err)
		}
		if data, err := os.ReadFile(target); err != nil || string(data) != "current-context: "+name+"\n" {
			t.Errorf("%q, %v", data, err)
		}
	}
	// A checkout does not say which file is made.
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	place.Scope = settings.Project
	if err := settings.Edit(t.Context(), place, use("a")); err == nil || !strings.Contains(err.Error(), "is a link to ") {
		t.Errorf("a checkout's link: %v", err)
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("it was made")
	}
}
