package main

import (
	"errors"
	"io/fs"
	"mime"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/demo"
	"github.com/evalctl/evalctl/test/fakemlflow"
	"github.com/evalctl/evalctl/test/stack"
)

// TestScripts runs testdata/script, the specification of the command line: what
// goes to which stream, and exit statuses.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			tb, ok := env.T().(testing.TB)
			if !ok {
				return errors.New("the script has no test")
			}
			env.Setenv("EVALCTL_CACHE_DIR", env.WorkDir+"/.cache")
			env.Values[siteKey{}] = &site{tb: tb}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "data": data, "examples": examples, "mlflow": mlflow, "export": export, "fault": fault, "requests": requests,
			"database": database, "filestore": filestore, "records": records, "damage": damage,
		},
	})
}

// site is what a script has around it.
type site struct {
	tb     testing.TB
	server *fakemlflow.Server // after mlflow

	experiments map[string]string // ids of those that export added, by name
}

type siteKey struct{}

func siteOf(ts *testscript.TestScript) *site {
	s, ok := ts.Value(siteKey{}).(*site)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	return s
}

// exits STATUS CMD... runs a command and asserts its status.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%s did not run: %v", args[1], err)
		}
		got = failed.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// database DIR makes what a real MLflow server leaves that the launcher's exporter
// has filled: mlflow.db, mlartifacts.
func database(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(stack.Filled(siteOf(ts).tb, stack.Setup{}))))
}

// data DIR makes a launcher's output directory of the built-in data.
func data(ts *testscript.TestScript, _ bool, args []string) {
	files, err := demo.FS()
	ts.Check(err)
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), files))
}

// examples DIR makes a launcher's output directory of A1 and B1 of test/data, with
// their per-sample files.
func examples(ts *testscript.TestScript, _ bool, args []string) {
	root := stack.Data(siteOf(ts).tb)
	for _, name := range []string{"20261121_031638-c0bd961e50124ab3", "20261121_031819-ce963eed5b5b91b0"} {
		ts.Check(os.CopyFS(filepath.Join(ts.MkAbs(args[0]), name), os.DirFS(filepath.Join(root, "launcher-output", name))))
	}
}

// mlflow starts a server that holds what the exporter makes of the built-in data.
// It sets MLFLOW_TRACKING_URI, and ADDRESS to the server's host and port.
func mlflow(ts *testscript.TestScript, _ bool, _ []string) {
	s := siteOf(ts)
	s.server = fakemlflow.New(s.tb)
	s.server.AddExperiment("demo")
	files, err := demo.FS()
	ts.Check(err)
	jobs, err := fs.Glob(files, "*/*/artifacts/results.yml")
	ts.Check(err)
	for _, results := range jobs {
		// <time>-<invocation>/<harness>.<task>.<n>/artifacts/results.yml
		dir := path.Dir(results)
		launch, job, _ := strings.Cut(path.Dir(dir), "/")
		_, invocation, _ := strings.Cut(launch, "-")
		name := strings.TrimSuffix(job, path.Ext(job))
		harness, benchmark, _ := strings.Cut(name, ".")
		run := fakemlflow.Run{Name: job, Files: map[string]string{}, Tags: map[string]string{
			"invocation_id": invocation, "job_id": invocation + path.Ext(job),
			"harness": harness, "task_name": name, "benchmark": benchmark, "executor": "local",
		}}
		entries, err := fs.ReadDir(files, dir)
		ts.Check(err)
		for _, entry := range entries {
			if entry.IsDir() {
				continue // only_required=true
			}
			content, err := fs.ReadFile(files, path.Join(dir, entry.Name()))
			ts.Check(err)
			run.Files[path.Join(harness+"."+name, "artifacts", entry.Name())] = string(content)
		}
		s.server.AddRun(run)
	}
	ts.Setenv("MLFLOW_TRACKING_URI", s.server.URL)
	ts.Setenv("ADDRESS", strings.TrimPrefix(s.server.URL, "http://"))
}

// export KEY=VALUE... adds a run to the server: status, minute (it started after the
// last), experiment (by name, added if it is new), deleted, param.K, file.PATH (a
// file of the script), anything else a tag. old makes the server one before MLflow
// 3.11, drop=EXPERIMENT deletes an experiment.
func export(ts *testscript.TestScript, _ bool, args []string) {
	s := siteOf(ts)
	run := fakemlflow.Run{Tags: map[string]string{}, Params: map[string]string{}, Files: map[string]string{}}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		param, isParam := strings.CutPrefix(key, "param.")
		file, isFile := strings.CutPrefix(key, "file.")
		switch {
		case key == "old":
			s.server.SetOld()
			return
		case key == "drop":
			s.server.DeleteExperiment(s.experiments[value])
			return
		case key == "status":
			run.Status = value
		case key == "deleted":
			run.Deleted = true
		case key == "experiment":
			if s.experiments == nil {
				s.experiments = map[string]string{}
			}
			if s.experiments[value] == "" {
				s.experiments[value] = s.server.AddExperiment(value)
			}
			run.ExperimentID = s.experiments[value]
		case key == "minute":
			minute, err := strconv.Atoi(value)
			ts.Check(err)
			run.StartTime = 1_800_000_000_000 + 60_000*int64(minute) // 2027-01-15T08:00:00Z
		case isParam:
			run.Params[param] = value
		case isFile:
			run.Files[file] = ts.ReadFile(value)
		default:
			run.Tags[key] = value
		}
	}
	s.server.AddRun(run)
}

// fault STATUS|drop|cut PART [BODY] spoils all requests whose path has PART, after
// it has forgotten earlier faults.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	s := siteOf(ts)
	f := fakemlflow.Fault{Path: args[1]}
	switch args[0] {
	case "drop":
		f.Drop = true
	case "cut":
		f.Cut, f.After = true, 10
	default:
		status, err := strconv.Atoi(args[0])
		ts.Check(err)
		f.Status = status
	}
	if len(args) > 2 {
		f.Body = ts.ReadFile(args[2])
		f.Header = map[string]string{"Content-Type": mime.TypeByExtension(path.Ext(args[2]))}
	}
	s.server.ClearFaults()
	s.server.Fault(f)
}

// requests [N] asserts how many requests the server got since the last such line.
func requests(ts *testscript.TestScript, _ bool, args []string) {
	s := siteOf(ts)
	var got strings.Builder
	all := s.server.Requests()
	for _, request := range all {
		got.WriteString("\n" + request.Method + " " + request.Path)
	}
	s.server.ForgetRequests()
	if len(args) > 0 && strconv.Itoa(len(all)) != args[0] {
		ts.Fatalf("%d requests, want %s:%s", len(all), args[0], got.String())
	}
}

// damage DIR changes a byte of every file below a folder.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil || len(content) == 0 {
			return err
		}
		content[len(content)-1] ^= 1
		return os.WriteFile(name, content, 0o600)
	}))
}
