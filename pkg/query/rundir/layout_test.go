package rundir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
)

// files makes a file system of texts by name.
func files(texts map[string]string) fstest.MapFS {
	made := fstest.MapFS{}
	for name, text := range texts {
		made[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return made
}

// brief is what the layout decides about a run.
type brief struct {
	ID, Job, Harness, Task, Model, Status, Folder string
}

func briefs(runs []query.Run) []brief {
	var all []brief
	for _, run := range runs {
		all = append(all, brief{
			run.ID, run.JobID(), run.Tags[query.TagHarness], run.Tags[query.TagTask], run.Model, run.Status, run.Folder,
		})
	}
	return all
}

const (
	runConfig = "framework_name: simple_evals\nconfig: {type: gpqa_diamond}\ntarget: {api_endpoint: {model_id: m}}\n"
	metadata  = "launcher_resolved_config:\n  target: {api_endpoint: {model_id: of/all}}\n  evaluation:\n    tasks:\n" +
		"    - {name: simple_evals.gpqa_diamond, nemo_evaluator_config: {target: {api_endpoint: {model_id: of/task}}}}\n" +
		"    - {name: ns_gpqa}\n    - {name: twice}\n    - {name: twice}\n"
)

func TestLayouts(t *testing.T) {
	const id = "20251106_120000-71f3f319"
	for _, test := range []struct {
		name  string
		files map[string]string
		path  string
		want  []brief
	}{
		{
			name: "before launcher 0.2.5 the position in the task list is the index",
			files: map[string]string{
				id + "/ns_gpqa/artifacts/results.yml":                     "",
				id + "/ns_gpqa/artifacts/metadata.yaml":                   metadata,
				id + "/simple_evals.gpqa_diamond/artifacts/results.yml":   "",
				id + "/simple_evals.gpqa_diamond/artifacts/metadata.yaml": metadata,
			},
			path: ".",
			want: []brief{
				{"71f3f319.0", "71f3f319.0", "simple_evals", "simple_evals.gpqa_diamond", "of/task", "FINISHED", "artifacts"},
				{"71f3f319.1", "71f3f319.1", "", "ns_gpqa", "of/all", "FINISHED", "artifacts"},
			},
		},
		{
			name: "two tasks of one name, a task that is not listed, no list: no job id",
			files: map[string]string{
				id + "/twice/artifacts/results.yml":     "",
				id + "/twice/artifacts/metadata.yaml":   metadata,
				id + "/missing/artifacts/metadata.yaml": metadata,
				id + "/none/artifacts/results.yml":      "",
				id + "/none/artifacts/run_config.yml":   runConfig,
			},
			path: ".",
			want: []brief{
				{id + "/missing", "", "", "missing", "of/all", "FAILED", "artifacts"},
				{id + "/none", "", "simple_evals", "gpqa_diamond", "m", "FINISHED", "artifacts"},
				{id + "/twice", "", "", "twice", "of/all", "FINISHED", "artifacts"},
			},
		},
		{
			name: "a task list that is not of this job is not believed",
			files: map[string]string{
				id + "/other.0/artifacts/results.yml":   "",
				id + "/other.0/artifacts/metadata.yaml": metadata,
			},
			path: ".",
			want: []brief{{"71f3f319.0", "71f3f319.0", "", "other", "of/all", "FINISHED", "artifacts"}},
		},
		{
			name: "damaged configurations leave the names",
			files: map[string]string{
				id + "/simple_evals.mmlu.12/artifacts/results.yml":    "",
				id + "/simple_evals.mmlu.12/artifacts/run_config.yml": "framework_name: [\n",
				id + "/simple_evals.mmlu.12/artifacts/metadata.yaml":  "\x00",
			},
			path: ".",
			want: []brief{{"71f3f319.12", "71f3f319.12", "simple_evals", "simple_evals.mmlu", "", "FINISHED", "artifacts"}},
		},
		{
			name: "results beside the job, as the first exporters put them",
			files: map[string]string{
				"download/simple_evals.mmlu/results.yml":    "",
				"download/simple_evals.mmlu/run_config.yml": runConfig,
				"download/config.yaml":                      "",
			},
			path: "download",
			want: []brief{{"download/simple_evals.mmlu", "", "simple_evals", "gpqa_diamond", "m", "FINISHED", ""}},
		},
		{
			name: "a downloaded invocation whose configuration is called run_config.yml",
			files: map[string]string{
				"download/run_config.yml":                          "evaluation: {tasks: []}",
				"download/simple_evals.mmlu/artifacts/results.yml": "",
			},
			path: "download",
			want: []brief{{"download/simple_evals.mmlu", "", "simple_evals", "simple_evals.mmlu", "", "FINISHED", "artifacts"}},
		},
		{
			name:  "a renamed invocation has no ids",
			files: map[string]string{"baseline/simple_evals.mmlu.3/artifacts/results.yml": ""},
			path:  "baseline",
			want:  []brief{{"baseline/simple_evals.mmlu.3", "", "simple_evals", "simple_evals.mmlu", "", "FINISHED", "artifacts"}},
		},
		{
			name:  "copied artifacts say nothing of the task by their name",
			files: map[string]string{"mine/results.yml": ""},
			path:  "mine",
			want:  []brief{{"mine", "", "", "", "", "FINISHED", ""}},
		},
		{
			name:  "one file at the root of the file system",
			files: map[string]string{"results.yml": "", "metadata.yaml": "evaluation: {tasks: [{name: h.t}]}"},
			path:  "results.yml",
			want:  []brief{{".", "", "h", "h.t", "", "FINISHED", ""}},
		},
		{
			name:  "artifacts at the root of the file system",
			files: map[string]string{"artifacts/results.yml": ""},
			path:  "artifacts",
			want:  []brief{{".", "", "", "", "", "FINISHED", "artifacts"}},
		},
		{
			name: "other directories are passed over",
			files: map[string]string{
				id + "/a.0/artifacts/results.yml":                    "",
				id + "/notes/readme.md":                              "",
				id + "/killed_jobs.txt":                              "",
				"old/b.0/artifacts/results.yml":                      "",
				"20251106_120000-baseline/c.0/artifacts/results.yml": "",
			},
			path: ".",
			want: []brief{{"71f3f319.0", "71f3f319.0", "", "a", "", "FINISHED", "artifacts"}},
		},
		{
			name: "a tree with an invocation twice: the newest directory has the ids",
			files: map[string]string{
				"20251106_120000-71f3f319/a.0/artifacts/results.yml": "",
				"20251107_120000-71f3f319/a.0/artifacts/results.yml": "",
			},
			path: ".",
			want: []brief{
				{"20251106_120000-71f3f319/a.0", "71f3f319.0", "", "a", "", "FINISHED", "artifacts"},
				{"71f3f319.0", "71f3f319.0", "", "a", "", "FINISHED", "artifacts"},
			},
		},
		{
			name: "an id of digits only, and an index that is a part of the task's name",
			files: map[string]string{
				"20251106_120000-12345678/aime.007/artifacts/results.yml": "",
				"20251106_120000-12345678/a.10/run.sub":                   "",
				"20251106_120000-12345678/a.10/logs/slurm-1.log":          "",
			},
			path: ".",
			want: []brief{
				{"12345678.10", "12345678.10", "", "a", "", "FAILED", "artifacts"},
				{"20251106_120000-12345678/aime.007", "", "aime", "aime.007", "", "FINISHED", "artifacts"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := open(t, files(test.files), test.path)
			runs := search(t, store)
			if diff := cmp.Diff(test.want, briefs(runs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, run := range runs {
				again, err := store.Run(t.Context(), run.ID)
				if diff := cmp.Diff(run, again); diff != "" || err != nil {
					t.Errorf("Run(%q): %v\n%s", run.ID, err, diff)
				}
			}
		})
	}
}

func TestStatus(t *testing.T) {
	const started, ended = "2026-11-21T03:10:21Z", "2026-11-21T04:10:22+01:00"
	start, end := time.Date(2026, 11, 21, 3, 10, 21, 0, time.UTC), time.Date(2026, 11, 21, 3, 10, 22, 0, time.UTC)
	for _, test := range []struct {
		name       string
		files      map[string]string
		status     string
		start, end time.Time
	}{
		{"results decide", map[string]string{
			"artifacts/results.yml": "", "logs/stage.running": started, "logs/stage.exit": ended + " 1",
		}, "FINISHED", start, end},
		{"results after an interrupted attempt", map[string]string{
			"artifacts/results.yml": "", "artifacts/.nemo_evaluator_interrupted": "{}",
		}, "FINISHED", time.Time{}, time.Time{}},
		{"exit code", map[string]string{"logs/stage.running": started, "logs/stage.exit": ended + " 137\n"}, "FAILED", start, end},
		{"no results in spite of exit code 0", map[string]string{"logs/stage.exit": ended + " 0"}, "FINISHED", time.Time{}, end},
		{"interrupted", map[string]string{
			"artifacts/.nemo_evaluator_interrupted": "{}", "logs/stage.running": started,
		}, "FAILED", start, time.Time{}},
		{"running", map[string]string{"logs/stage.running": started + "\n"}, "RUNNING", start, time.Time{}},
		{"about to run", map[string]string{"logs/stage.pre-start": started}, "RUNNING", time.Time{}, time.Time{}},
		{"no trace", map[string]string{}, "FAILED", time.Time{}, time.Time{}},
		{"Lepton", map[string]string{"logs/stage.running": "running", "logs/stage.exit": "exit_code: 1"}, "FAILED", time.Time{}, time.Time{}},
		{"an exit file being written", map[string]string{"logs/stage.running": started, "logs/stage.exit": ""}, "FAILED", start, time.Time{}},
		{"not a stage file", map[string]string{"logs/stage.running": strings.Repeat(started, 1000)}, "RUNNING", time.Time{}, time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			const job = "20261121_031020-768a79ce93fda59e/a.b.0/"
			texts := map[string]string{job + "run.sh": "", job + "artifacts/launcher_unresolved_config.yaml": ""}
			for name, text := range test.files {
				texts[job+name] = text
			}
			runs := search(t, open(t, files(texts), "."))
			if len(runs) != 1 {
				t.Fatalf("%d runs", len(runs))
			}
			if run := runs[0]; run.Status != test.status || !run.StartTime.Equal(test.start) || !run.EndTime.Equal(test.end) {
				t.Errorf("%s from %s to %s, want %s from %s to %s",
					run.Status, run.StartTime, run.EndTime, test.status, test.start, test.end)
			}
		})
	}
}

// refusing denies access to one name and what is below it.
type refusing struct {
	fs.FS
	name string
}

func (r refusing) Open(name string) (fs.File, error) {
	if name == r.name || strings.HasPrefix(name, r.name+"/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return r.FS.Open(name)
}

func TestUnreadable(t *testing.T) {
	const open, closed = "20251106_120000-71f3f319", "20251107_120000-81f3f319"
	tree := files(map[string]string{
		open + "/a.0/artifacts/results.yml":    "",
		open + "/a.0/artifacts/run_config.yml": runConfig,
		open + "/a.0/logs/stage.running":       "",
		closed + "/a.0/artifacts/results.yml":  "",
	})
	for _, test := range []struct {
		refused, path, named string
		opens, leaves        bool // all other jobs are found
	}{
		{".", ".", ".", false, false},
		{open, open, open, false, false},
		{open + "/a.0", open, open + "/a.0/artifacts", false, false},
		{open + "/a.0/artifacts", open + "/a.0/artifacts", open + "/a.0/artifacts", false, false},
		{open + "/a.0/artifacts/run_config.yml", open + "/a.0", open + "/a.0/artifacts/run_config.yml", true, false},
		{closed, ".", closed, true, true},
		{open + "/a.0", ".", open + "/a.0/artifacts", true, true},
		{open + "/a.0/artifacts/run_config.yml", ".", open + "/a.0/artifacts/run_config.yml", true, true},
		{open + "/a.0/logs/stage.running", ".", open + "/a.0/logs/stage.running", true, true},
	} {
		store, err := rundir.Open(refusing{tree, test.refused}, test.path, "test:")
		if (err == nil) != test.opens {
			t.Errorf("%s refused: opening %q: %v", test.refused, test.path, err)
		}
		if err == nil {
			var runs []query.Run
			runs, err = query.All(store.Search(t.Context(), query.Search{}))
			if test.leaves {
				warnings := store.Warnings()
				if err != nil || len(runs) != 1 || len(warnings) != 1 || warnings[0].Code != "RUNS_UNREADABLE" ||
					!strings.Contains(warnings[0].Message, "1 job directory cannot be read and is left out: cannot read "+test.named+": permission denied") {
					t.Errorf("%s refused: runs %s, error %v, warnings %+v", test.refused, ids(runs), err, warnings)
				}
				continue
			}
		}
		if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "cannot read "+test.named+": permission denied") {
			t.Errorf("%s refused: %v", test.refused, err)
		}
	}
	// What cannot be read does not matter to a search that does not ask for it.
	store, err := rundir.Open(refusing{tree, closed}, ".", "test:")
	if err != nil {
		t.Fatal(err)
	}
	if runs := search(t, store, query.Condition{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix, Value: "71f3"}); len(runs) != 1 {
		t.Errorf("runs %s", ids(runs))
	}
}

// A job that was moved away with a link left behind, which leads nowhere now, may
// not vanish without a word.
func TestBrokenLinks(t *testing.T) {
	const invocation = "20251106_120000-71f3f319"
	dir := t.TempDir()
	job := filepath.Join(dir, invocation, "a.0", "artifacts")
	if err := os.MkdirAll(job, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(job, "results.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		filepath.Join(invocation, "b.1"): "/nowhere/b.1", filepath.Join(invocation, "c.2"): "c.2",
		"20251107_120000-81f3f319": "/nowhere/else", "latest": "/nowhere/latest",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	store := openPath(t, dir)
	runs := search(t, store)
	warnings := store.Warnings()
	if len(runs) != 1 || len(warnings) != 1 || len(warnings[0].Keys) != 3 ||
		!strings.Contains(warnings[0].Message, "3 job directories cannot be read and are left out: ") ||
		!strings.Contains(warnings[0].Message, "b.1: a symbolic link that leads nowhere") {
		t.Errorf("runs %s, warnings %+v", ids(runs), warnings)
	}
}

// TestManyEntries has a job with more files than are read at once.
func TestManyEntries(t *testing.T) {
	dir := t.TempDir()
	for i := range 2500 {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".json"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "results.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := openPath(t, dir)
	runs := search(t, store)
	if len(runs) != 1 {
		t.Fatalf("runs %s", ids(runs))
	}
	listed, err := store.List(t.Context(), runs[0], "")
	if err != nil || len(listed) != 2501 {
		t.Errorf("%d entries listed, %v", len(listed), err)
	}
}

// endless is a directory that never stops.
type endless struct{ fs.FS }

func (e endless) Open(string) (fs.File, error) { return endlessDir{}, nil }

type endlessDir struct{ fs.ReadDirFile }

func (endlessDir) Close() error               { return nil }
func (endlessDir) Stat() (fs.FileInfo, error) { return fs.Stat(fstest.MapFS{"d/f": {}}, "d") }

func (endlessDir) ReadDir(n int) ([]fs.DirEntry, error) {
	return fs.ReadDir(fstest.MapFS{"a": {}, "b": {}}, ".")
}

func TestEndlessDirectory(t *testing.T) {
	_, err := rundir.Open(endless{}, ".", "test:")
	if !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "more than 100000 entries") {
		t.Errorf("%v", err)
	}
}
