package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/evalctl/evalctl/test/stack"
)

// launcherHome makes a home folder with the launcher's real job database, of jobs
// whose output is in a directory.
func launcherHome(t *testing.T, output string) string {
	t.Helper()
	const file = "exec-db/exec.v1.jsonl"
	text, err := os.ReadFile(filepath.Join(stack.Data(t), "launcher-home", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(filepath.ToSlash(output))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	name := filepath.Join(home, ".nemo-evaluator", filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	here := strings.ReplaceAll(string(text), "/workspace/evals", strings.Trim(string(quoted), `"`))
	if err := os.WriteFile(name, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	return home
}

// oddFileStore writes a file store of MLflow: two runs, one that is deleted, one
// whose meta.yaml is empty, and an experiment, a registered model and a version with
// such a one.
func oddFileStore(write func(name, text string)) {
	write("1/meta.yaml", "experiment_id: '1'\nname: nightly\n")
	write("2/meta.yaml", "")
	write("models/m/meta.yaml", "creation_timestamp: 1800000000000\nname: m\n")
	write("models/m/aliases/champion", "1")
	write("models/m/version-1/meta.yaml", "creation_timestamp: 1800000000000\ncurrent_stage: None\nname: m\nstatus: READY\nversion: 1\n")
	write("models/m/version-2/meta.yaml", "")
	write("models/n/meta.yaml", "")
	for i, invocation := range []string{"71f3f3199ea5e1f0", "82a4a4200bb6f2a1", "93b5b5311cc7a3b2", "71f3f3199ea5e1f0"} {
		run := fmt.Sprintf("1/%032d/", i+1)
		stage := "active"
		if i == 2 {
			stage = "deleted"
		}
		meta := fmt.Sprintf("experiment_id: '1'\nlifecycle_stage: %s\nrun_id: '%032d'\nstart_time: %d\nstatus: 3\nuser_id: me\n", stage, i+1, 1_800_000_000_000+i)
		if i == 3 {
			meta = ""
		}
		write(run+"meta.yaml", meta)
		write(run+"metrics/acc", fmt.Sprintf("1800000000000 0.%d5 0\n", 2+i*3))
		for key, value := range map[string]string{"invocation_id": invocation, "job_id": invocation + ".0", "task_name": "h.t", "harness": "h", "model": "m"} {
			write(run+"tags/"+key, value)
		}
	}
}

// oddRecords writes, into a home folder, what the launcher and nel-next would: a job
// database of one job in evals, one of slurm and a damaged line, and an index with
// one run, in out.
func oddRecords(evals, out string, write func(name, text string)) {
	line := func(job, executor, data string) string {
		invocation, _, _ := strings.Cut(job, ".")
		return fmt.Sprintf(`{"invocation_id": %q, "job_id": %q, "timestamp": 1.5, "executor": %q, "data": %s, "config": {}}`+"\n", invocation, job, executor, data)
	}
	write(".nemo-evaluator/exec-db/exec.v1.jsonl",
		line("c0bd961e50124ab3.0", "local", fmt.Sprintf(`{"output_dir": "%s/20261121_031638-c0bd961e50124ab3/byob_arith.arith.0"}`, filepath.ToSlash(evals)))+
			line("5555555555555555.0", "slurm", `{"remote_rundir_path": "/lustre/x", "hostname": "login.corp"}`)+"{\n")
	write(".local/share/nel/runs/20260402_120000_0badcafe/nel_run.json",
		fmt.Sprintf(`{"run_id": "20260402_120000_0badcafe", "executor": "local", "output_dir": %q, "details": {}}`, filepath.ToSlash(out)))
}

// filestore DIR makes the odd file store.
func filestore(ts *testscript.TestScript, _ bool, args []string) { oddFileStore(writer(ts, args[0])) }

// records HOME makes the odd records, of output in evals and out.
func records(ts *testscript.TestScript, _ bool, args []string) {
	oddRecords(ts.MkAbs("evals"), ts.MkAbs("out"), writer(ts, args[0]))
}

// writer writes files below a folder of a script.
func writer(ts *testscript.TestScript, dir string) func(name, text string) {
	return func(name, text string) {
		name = filepath.Join(ts.MkAbs(dir), filepath.FromSlash(name))
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
		ts.Check(os.WriteFile(name, []byte(text), 0o644))
	}
}
