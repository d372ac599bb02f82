package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Content is what a server holds.
type Content int

// Contents.
const (
	Evaluations Content = iota // test/data, exported by the launcher (test/load)
	Shapes                     // a run of every shape that exporters ever made (test/shapes)
)

// filler is the program that fills a server, relative to the test folder, the files
// that it depends on, and its arguments after the server's URL.
func (c Content) filler(tests, dir string) (program string, sources, args []string) {
	if c == Shapes {
		shapes := filepath.Join(tests, "shapes")
		return filepath.Join(shapes, "shapes.py"),
			[]string{filepath.Join(shapes, "shapes.py"), filepath.Join(shapes, "exporters.py"), filepath.Join(shapes, "answers.py")},
			[]string{filepath.Join(dir, "key.json")}
	}
	load, data := filepath.Join(tests, "load", "load.py"), filepath.Join(tests, "data")
	return load, []string{load, filepath.Join(data, "truths.json"), filepath.Join(data, "launcher-output")}, []string{data}
}

// template returns a folder with the database and the artifacts of a server that
// has been filled. Servers run on copies of it; filling one takes as long as all
// tests together. It is made again when anything that goes into it changes. The
// client is always the current one, whatever the server's version.
func template(ctx context.Context, interpreter string, content Content) (string, error) {
	tests, err := folder()
	if err != nil {
		return "", err
	}
	client, err := Interpreter(ctx)
	if err != nil {
		return "", err
	}
	_, sources, _ := content.filler(tests, "")
	parts := [][]byte{[]byte(interpreter), []byte(client)}
	for _, source := range sources {
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
		program, _, args := content.filler(tests, dir)
		if err := run(ctx, client, append([]string{"-B", program, server.URL}, args...)...); err != nil {
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
