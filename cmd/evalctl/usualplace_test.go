package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

// The place is the one that MLflow's own client would use in the same directory, if
// there is anything in it.
func TestUsualPlaceIsMLflowsOwn(t *testing.T) {
	root := t.TempDir()
	layouts := map[string][]string{
		"empty":                nil,
		"database":             {"mlflow.db"},
		"files":                {"mlruns/0/meta.yaml"},
		"both":                 {"mlruns/0/meta.yaml", "mlflow.db"},
		"long-id":              {"mlruns/123456789012345678/meta.yaml"},
		"no-experiment":        {"mlruns/models/m/meta.yaml", "mlruns/.trash/1/meta.yaml", "mlflow.db"},
		"no-meta":              {"mlruns/0/x", "mlflow.db"},
		"a-file":               {"mlruns", "mlflow.db"},
		"letters":              {"mlruns/0a/meta.yaml", "mlflow.db"},
		"files-only-no-runs":   {"mlruns/models/x"},
		"digit-that-is-a-file": {"mlruns/0", "mlflow.db"},
	}
	var dirs []string
	for name, files := range layouts {
		dir := filepath.Join(root, name)
		dirs = append(dirs, dir)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			file = filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	linked := filepath.Join(root, "linked")
	dirs = append(dirs, linked)
	if err := os.MkdirAll(filepath.Join(linked, "mlruns"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "files", "mlruns", "0"), filepath.Join(linked, "mlruns", "0")); err != nil {
		t.Fatal(err)
	}
	const script = `
import json, os, sys, mlflow
answers = {}
for d in sys.argv[1:]:
    os.chdir(d)
    answers[d] = mlflow.get_tracking_uri()
print(json.dumps(answers))`
	cmd := exec.CommandContext(t.Context(), stack.Python(t), append([]string{"-c", script}, dirs...)...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MLFLOW_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string]string
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(dirs) {
		t.Fatalf("%v in %s", err, out)
	}
	found := 0
	for _, dir := range dirs {
		usual := usualIn(dir)
		theirs := pathOf(t, answers[dir])
		switch _, err := os.Stat(theirs); {
		case usual == nil && err == nil:
			t.Errorf("%s: nothing, and MLflow uses %s", dir, answers[dir])
		case usual != nil && pathOf(t, usual.uri) != theirs:
			t.Errorf("%s: %s, and MLflow uses %s", dir, usual.uri, answers[dir])
		case usual != nil:
			found++
			if !strings.HasPrefix(usual.said, "reading ./") {
				t.Errorf("%s: says %q", dir, usual.said)
			}
		}
	}
	if found < 9 {
		t.Errorf("only %d places", found)
	}
	if said := usualIn(filepath.Join(root, "both")).said; !strings.Contains(said, "./mlruns, as MLflow would here, and not ./mlflow.db") {
		t.Errorf("says %q", said)
	}
	if usualIn("") != nil {
		t.Error("a place without a directory")
	}
}

func pathOf(t *testing.T, uri string) string {
	t.Helper()
	if rest, ok := strings.CutPrefix(uri, "sqlite:///"); ok {
		return filepath.FromSlash(rest)
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.FromSlash(u.Path)
}

// The choice is said on stderr, once, and what is asked for explicitly is not.
func TestUsualPlaceIsSaid(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mlflow.db"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const line = "evalctl: reading ./mlflow.db, as MLflow would here; --tracking-uri names another place\n"
	if got := (process{dir: dir}).run(t, "runs"); strings.Count(got.stderr, line) != 1 {
		t.Errorf("stderr %q", got.stderr)
	}
	if got := (process{dir: dir}).run(t, "runs", "-q"); strings.Contains(got.stderr, "reading") {
		t.Errorf("stderr %q", got.stderr)
	}
	process{dir: dir}.answer(t, "runs", "--tracking-uri", "demo:")
	process{dir: dir}.answer(t, "runs", "demo:c0bd961e")
}
