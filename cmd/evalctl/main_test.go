package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/evalctl/evalctl/test/untouched"
)

// Tests of this package read test/data itself, and write nothing there.
func TestMain(m *testing.M) {
	suite := untouched.Suite{Tests: m, Dirs: []string{filepath.Join(moduleRoot, "test", "data")}}
	testscript.Main(suite, map[string]func(){"evalctl": main})
}

// process is what evalctl believes it runs in.
type process struct {
	env    map[string]string
	width  int    // of the terminal that stdout is; 0: a pipe
	errors bool   // stderr is a terminal too
	dir    string // the working directory; "": testdata/settings
}

// outcome is what one call left behind.
type outcome struct {
	status         int
	stdout, stderr string
}

// run calls evalctl in this process. There is no cache unless the environment
// names one.
func (p process) run(tb testing.TB, args ...string) outcome {
	tb.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{
		stdout: &stdout, stderr: &stderr,
		getenv: func(name string) string { return p.env[name] },
		terminal: func(w io.Writer) (int, bool) {
			terminal := p.width > 0 && (w == &stdout || p.errors)
			return p.width, terminal
		},
		cacheDir: func() (string, error) {
			if len(args) > 0 && args[0] == "cache" {
				return filledCache(tb), nil
			}
			return "", errors.New("no cache in tests")
		},
		now:       func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) },
		workDir:   func() (string, error) { return firstSet(p.dir, "testdata/settings"), nil },
		configDir: func() (string, error) { return "testdata/settings/user", nil },
		version:   "1.2.3", commit: "abc",
	}
	status := run(tb.Context(), a, args)
	return outcome{status, stdout.String(), stderr.String()}
}

// answer is [process.run] for a call that must succeed and say nothing on stderr.
func (p process) answer(tb testing.TB, args ...string) string {
	tb.Helper()
	got := p.run(tb, args...)
	if got.status != exitOK || got.stderr != "" {
		tb.Fatalf("evalctl %q: status %d, stderr %q", args, got.status, got.stderr)
	}
	return got.stdout
}

// decode reads JSON with numbers as their text.
func decode[T any](tb testing.TB, text string) T {
	tb.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		tb.Fatalf("%v in %.200s", err, text)
	}
	return value
}
