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
