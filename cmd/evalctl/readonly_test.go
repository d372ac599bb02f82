package main

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// reads is every verb that looks into a store, in the store's own folder. A, B and OUT
// are two invocations with all their files and a folder elsewhere; M stands before what only MLflow knows.
var reads = []string{
	"invocations",
	"invocations --limit 0 --include-deleted --deep -o json",
	"invocations --model *falcon* --task arith --since 2020-01-01 --sort-by -started --count",
	"runs --limit 0 -o csv",
	"runs A B --include-deleted",
	"runs @latest --deep",
	"M runs --filter tags.harness='bfcl' -o name",
	"M runs --experiment acme/* -o name",
	"show A",
	"show A.0 -o yaml",
	"show model:acme/falcon-8b-nvfp4 -o brief",
	"compare A.0 B.0 --samples always",
	"compare A B --scores all -o json -o md=OUT/comment.md",
	"compare A B --offline",
	"compare A B --refresh",
	"compare A B --no-cache --assert no-regression --margin 0.2",
	"average A B",
	"average --by model",
	"config show A",
	"config show A --unresolved",
	"config diff A B",
	"gate A B --policy OUT/policy.yml",
	"gate --init A",
	"artifacts ls A",
	"artifacts get A --dir OUT/files",
	"artifacts cat A.0 results.yml",
	"baseline show x",
	"M models",
	"doctor",
	"__complete compare ",
	"__complete runs --experiment ",
	"__complete artifacts get A ",
}

// Nothing is ever written into a store, nor into the home folder for it: no journal,
// lock, index, cache or time of change.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	ids := invocations(t)
	database, logged := stack.Filled(t, stack.Setup{}), filepath.Join(t.TempDir(), "logged")
	leaveALog(t, database, logged)
	home := launcherHome(t, output(t))
	for name, store := range map[string]struct {
		uri, dir string
		launcher bool // it is none of MLflow's
	}{
		"database":                    {"sqlite:///mlflow.db", database, false},
		"database with a log":         {"mlflow.db", logged, false},
		"file store":                  {"./mlruns", filepath.Dir(stack.FileStore(t)), false},
		"what MLflow uses":            {"", database, false},
		"launcher's directories":      {".", output(t), true},
		"the launcher's job database": {"launcher:", home, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			if err := os.WriteFile(filepath.Join(out, "policy.yml"), []byte("version: 1\ndefaults: {max_drop: 0.5}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			evalctl := func(words ...string) (int, string) {
				cmd := exec.CommandContext(t.Context(), "evalctl", words...)
				cmd.Dir = store.dir
				// As a user has it: a cache would be in the home folder.
				cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + out, "MLFLOW_TRACKING_URI=" + store.uri}
				said, err := cmd.CombinedOutput()
				if failed, ok := errors.AsType[*exec.ExitError](err); ok {
					return failed.ExitCode(), string(said)
				}
				if err != nil {
					t.Fatal(err)
				}
				return 0, string(said)
			}
			trees := []untouched.Tree{untouched.Take(t, store.dir), untouched.Take(t, home)}
			// A baseline is in a settings file, which is elsewhere.
			if status, said := evalctl("baseline", "set", "x", ids["B1"].ID, "--global"); status != exitOK {
				t.Errorf("baseline set: status %d\n%s", status, said)
			}
			for _, call := range reads {
				want := []int{exitOK, exitFailed, exitInconclusive}
				rest, ofMLflow := strings.CutPrefix(call, "M ")
				if ofMLflow && store.launcher {
					want = []int{exitUsage, exitNotFound}
				}
				words := strings.Split(rest, " ")
				for i, word := range words {
					words[i] = strings.NewReplacer("OUT", out, "A", ids["B1"].ID, "B", ids["B2"].ID).Replace(word)
				}
				if status, said := evalctl(words...); !slices.Contains(want, status) {
					t.Errorf("evalctl %s: status %d\n%s", rest, status, said)
				}
				for _, tree := range trees {
					tree.Check(t)
				}
				if t.Failed() {
					t.Fatalf("after evalctl %s", rest)
				}
			}
		})
	}
}

// leaveALog copies what a server leaves that was killed while its database had a
// write-ahead log, with a change in it that is not in the file.
func leaveALog(t *testing.T, from, to string) {
	t.Helper()
	running := filepath.Join(t.TempDir(), "running")
	if err := os.CopyFS(running, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(running, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA journal_mode = WAL", "UPDATE runs SET name = name || '.'"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(to, os.DirFS(running)); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(filepath.Join(to, databaseName+end)); err != nil {
			t.Fatal(err)
		}
	}
}
