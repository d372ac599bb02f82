package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var fileStore = sync.OnceValues(func() (string, error) { return filledFileStore(context.Background()) })

// FileStore returns a private copy of a file store that holds test/data: the folder
// mlruns as MLflow and the launcher's exporter wrote it, in another place than they
// did.
func FileStore(tb testing.TB) string {
	tb.Helper()
	filled, err := fileStore()
	if err != nil {
		tb.Fatalf("the file store that this test needs: %v", err)
	}
	dir := filepath.Join(tb.TempDir(), "mlruns")
	if err := os.CopyFS(dir, os.DirFS(filled)); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// FileStoreClient runs a Python program with a version of MLflow that may use a file
// store, which it has refused unless told otherwise since 3.13, and returns what it
// prints.
func FileStoreClient(tb testing.TB, version Version, input string, args ...string) string {
	tb.Helper()
	interpreter, err := environment(tb.Context(), version.requirements())
	if err != nil {
		tb.Fatalf("the Python environment that this test needs: %v", err)
	}
	cmd := command(tb.Context(), interpreter, args...)
	cmd.Env = append(cmd.Env, allowFileStore)
	var out, said strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &said
	if err := cmd.Run(); err != nil {
		tb.Fatalf("python %q: %v\n%s", args, err, tail(said.String()))
	}
	return out.String()
}

const allowFileStore = "MLFLOW_ALLOW_FILE_STORE=true"

// filledFileStore returns the folder mlruns of a store that load.py has filled. It is
// made again when anything that goes into it changes.
func filledFileStore(ctx context.Context) (string, error) {
	tests, err := folder()
	if err != nil {
		return "", err
	}
	interpreter, err := Interpreter(ctx)
	if err != nil {
		return "", err
	}
	load, data := filepath.Join(tests, "load", "load.py"), filepath.Join(tests, "data")
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
	dir := filepath.Join(cache, "mlruns-"+digest(parts...))
	err = once(dir, func(dir string) error {
		cmd := command(ctx, interpreter, "-B", load, "file://"+filepath.Join(dir, "mlruns"), data)
		cmd.Env = append(cmd.Env, allowFileStore)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("fill a file store: %w", errors.Join(err, errors.New(tail(string(out)))))
		}
		return nil
	})
	return filepath.Join(dir, "mlruns"), err
}
