package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// The place is the one that MLflow's own client would use in the same directory, if
// there is anything in it, and what is read there is what it has under the address
// that MLflow gives it.
func TestUsualPlaceIsMLflowsOwn(t *testing.T) {
	database := filepath.Join(stack.Filled(t, stack.Setup{}), databaseName)
	files := stack.FileStore(t)
	const realFiles = "the file store" // its folders; other entries are empty files, mlflow.db is the database
	layouts := map[string][]string{
		"empty":                 nil,
		"database":              {"mlflow.db"},
		"files":                 {realFiles},
		"both":                  {realFiles, "mlflow.db"},
		"a b?#%41é":             {realFiles},
		"c d?#%41é":             {"mlflow.db"},
		"meta-only":             {"mlruns/0/meta.yaml", "mlflow.db"},
		"long-id":               {"mlruns/123456789012345678/meta.yaml"},
		"other-digits":          {"mlruns/٣/meta.yaml", "mlflow.db"},
		"no-experiment":         {"mlruns/models/m/meta.yaml", "mlflow.db"},
		"trash-only":            {"mlruns/.trash/1/meta.yaml", "mlflow.db"},
		"no-meta":               {"mlruns/0/x", "mlflow.db"},
		"meta-is-a-folder":      {"mlruns/0/meta.yaml/x", "mlflow.db"},
		"a-file":                {"mlruns", "mlflow.db"},
		"letters":               {"mlruns/0a/meta.yaml", "mlruns/abc/meta.yaml", "mlflow.db"},
		"signs":                 {"mlruns/-1/meta.yaml", "mlruns/1.5/meta.yaml", "mlruns/1 2/meta.yaml", "mlflow.db"},
		"files-only-no-runs":    {"mlruns/models/x"},
		"digit-that-is-a-file":  {"mlruns/0", "mlflow.db"},
		"database-of-that-name": {"mlflow.db/x"},
	}
	root := t.TempDir()
	link := func(dir, name, target string) {
		t.Helper()
		name = filepath.Join(root, dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.Symlink(target, name)); err != nil {
			t.Fatal(err)
		}
	}
	dirs := []string{"linked-experiment", "linked-store", "linked-nowhere", "linked-meta", "empty-store"}
	link("linked-experiment", "mlruns/1", filepath.Join(files, "1"))
	link("linked-store", "mlruns", files)
	link("linked-nowhere", "mlruns/1", "nowhere")
	link("linked-nowhere", "mlflow.db", database)
	link("linked-meta", "mlruns/1/meta.yaml", "nowhere")
	if err := os.MkdirAll(filepath.Join(root, "empty-store", "mlruns"), 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	for name, entries := range layouts {
		dirs = append(dirs, name)
		dir := filepath.Join(root, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			file := filepath.Join(dir, filepath.FromSlash(entry))
			content := []byte(nil)
			switch entry {
			case realFiles:
				if err := os.CopyFS(filepath.Join(dir, fileStoreName), os.DirFS(files)); err != nil {
					t.Fatal(err)
				}
				continue
			case databaseName:
				content = data
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := untouched.Take(t, root)
	const script = `
import json, os, sys, mlflow
answers = {}
for d in sys.argv[2:]:
    os.chdir(os.path.join(sys.argv[1], d))
    answers[d] = mlflow.get_tracking_uri()
print(json.dumps(answers))`
	cmd := exec.CommandContext(t.Context(), stack.Python(t), append([]string{"-c", script, root}, dirs...)...)
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
	chosen, listed := 0, 0
	for _, name := range dirs {
		dir := filepath.Join(root, name)
		usual, theirs := usualIn(dir), pathOf(t, answers[name])
		_, err := os.Stat(theirs)
		switch {
		case usual == nil && err == nil && name != "database-of-that-name": // with that MLflow fails
			t.Errorf("%s: nothing, and MLflow uses %s", name, answers[name])
			continue
		case usual == nil:
			continue
		case usual.uri != theirs:
			t.Errorf("%s: %s, and MLflow uses %s", name, usual.uri, answers[name])
			continue
		}
		chosen++
		here := process{dir: dir}
		args := []string{"runs", "--limit", "0", "-o", "csv"}
		want := here.run(t, append(args, "--tracking-uri", answers[name])...)
		got := here.run(t, args...)
		line := "evalctl: reading ./" + filepath.Base(theirs) + ", as MLflow would here"
		if name == "both" || strings.HasPrefix(name, "meta") || name == "other-digits" {
			line += ", and not ./mlflow.db"
		}
		line += "; --tracking-uri names another place\n"
		if diff := cmp.Diff(outcome{want.status, want.stdout, line + want.stderr}, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%s (-by MLflow's address +without):\n%s", name, diff)
		}
		if quiet := here.run(t, append(args, "--quiet")...); quiet != want {
			t.Errorf("%s, --quiet: %+v, want %+v", name, quiet, want)
		}
		if strings.Count(want.stdout, "\n") > 1 {
			listed++
		}
	}
	// Of the others MLflow has no runs either, but for linked-experiment: links out of a
	// store are not followed.
	if chosen != 19 || listed != 14 {
		t.Errorf("%d places, %d with runs", chosen, listed)
	}
	if usualIn("") != nil {
		t.Error("a place without a directory")
	}
	before.Check(t)
}

func pathOf(t *testing.T, uri string) string {
	t.Helper()
	if rest, ok := strings.CutPrefix(uri, "sqlite:///"); ok {
		plain, err := url.PathUnescape(rest)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.FromSlash(plain)
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
