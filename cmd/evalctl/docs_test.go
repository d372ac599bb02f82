package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts and generated files in docs again")

// TestDocs runs every "$ evalctl …" in the console blocks of the documentation and
// compares what it prints with what the page says.
func TestDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, page := range append(pages, "../../README.md") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			got, n := transcribe(t, string(text))
			commands += n
			if *update {
				if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("%s does not say what evalctl prints; go test ./cmd/evalctl -run Docs -update rewrites it (-page +printed):\n%s", page, diff)
			}
		})
	}
	if commands == 0 {
		t.Error("no transcript was found")
	}
}

// transcribe returns the page with the output of its commands as they are now,
// and the number of commands.
func transcribe(t *testing.T, page string) (string, int) {
	t.Helper()
	var out strings.Builder
	commands := 0
	inBlock, skipping := false, false
	for line := range strings.Lines(page) {
		switch {
		case !inBlock && strings.TrimSpace(line) == "```console":
			inBlock = true
		case inBlock && strings.TrimSpace(line) == "```":
			inBlock, skipping = false, false
		case inBlock && strings.HasPrefix(line, "$ evalctl "):
			if skipping {
				out.WriteString("\n")
			}
			skipping = true
			commands++
			out.WriteString(line)
			out.WriteString(printed(t, strings.TrimSpace(strings.TrimPrefix(line, "$ evalctl "))))
			continue
		case inBlock && !skipping:
			t.Fatalf("a console block holds something that is no command: %q", line)
		}
		if !skipping {
			out.WriteString(line)
		}
	}
	return out.String(), commands
}

// printed runs one command line, as a shell without variables would split it.
func printed(t *testing.T, line string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{
		stdout: &stdout, stderr: &stderr, version: "dev",
		getenv:   func(string) string { return "" },
		terminal: func(io.Writer) (int, bool) { return 0, false },
		cacheDir: func() (string, error) { return t.TempDir(), nil },
	}
	if status := run(context.Background(), a, splitWords(t, line)); status != exitOK {
		t.Errorf("evalctl %s: exit status %d\n%s", line, status, stderr.String())
	}
	return stdout.String()
}

// splitWords cuts a command line at blanks outside single quotes.
func splitWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	var word strings.Builder
	quoted, started := false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, started = !quoted, true
		case r == ' ' && !quoted:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quoted {
		t.Fatalf("an open quote in %q", line)
	}
	if started {
		words = append(words, word.String())
	}
	return words
}
