package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// template returns a folder with the database and the artifacts of a server that
// load.py has filled. Servers run on copies of it; filling one takes as long as
// all tests together. It is made again when anything that goes into it changes.
func template(ctx context.Context, interpreter string) (string, error) {
	tests, err := folder()
	if err != nil {
		return "", err
	}
	load := filepath.Join(tests, "load", "load.py")
	data := filepath.Join(tests, "data")
	parts := [][]byte{[]byte(interpreter)}
	for _, source := range []string{load, filepath.Join(data, "truths.json"), filepath.Join(data, "launcher-output")} {
		content, err := contents(source)
		if err != nil {
			return "", err
		}
		parts = append(parts, content...)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}

	dir := filepath.Join(cache, "mlflow-"+digest(parts...))
	err = once(dir, func(dir string) error {
		server, err := launch(ctx, interpreter, dir, 1, nil)
		if err != nil {
			return err
		}
		if err := run(ctx, interpreter, load, server.URL, data); err != nil {
			return errors.Join(fmt.Errorf("fill MLflow: %w", err), server.Close())
		}
		return errors.Join(server.Close(), os.Remove(filepath.Join(dir, "server.log")))
	})
	if err != nil {
		return "", err
	}
	return dir, nil
}

// contents lists the name and the text of a file, or of every file in a folder.
func contents(root string) ([][]byte, error) {
	var parts [][]byte
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		parts = append(parts, []byte(name), text)
		return err
	})
	return parts, err
}
