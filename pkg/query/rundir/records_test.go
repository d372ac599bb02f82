package rundir_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
)

// launched is the launcher's real job database, of jobs whose output is in a copy of
// test/data.
func launched(t *testing.T) (file, output string) {
	t.Helper()
	data := stack.Data(t)
	text, err := os.ReadFile(filepath.Join(data, "launcher-home", "exec-db", "exec.v1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	output = filepath.Join(dir, "evals")
	if err := os.CopyFS(output, os.DirFS(filepath.Join(data, "launcher-output"))); err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(filepath.ToSlash(output))
	if err != nil {
		t.Fatal(err)
	}
	here := strings.ReplaceAll(string(text), "/workspace/evals", strings.Trim(string(quoted), `"`))
	return written(t, filepath.Join(dir, "exec.v1.jsonl"), here), output
}

func written(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func openExecDB(t *testing.T, file string) *rundir.Store {
	t.Helper()
	store, err := rundir.OpenExecDB(file)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestExecDBConformance(t *testing.T) {
	file, output := launched(t)
	store := openExecDB(t, file)
	conformance.Run(t, func(*testing.T) query.Store { return store }, conformance.Options{Tree: os.DirFS(output)})
	if warnings := store.Warnings(); len(warnings) > 0 {
		t.Error(warnings)
	}
}

// TestExecDBAsDirectory holds the runs of the database to those of the directory.
func TestExecDBAsDirectory(t *testing.T) {
	file, output := launched(t)
	want, err := query.All(openPath(t, output).Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := query.All(openExecDB(t, file).Search(t.Context(), query.Search{}))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-directory +database):\n%s", err, diff)
	}
}

// TestExecDBLines has a line of every kind. OUT is a directory with output.
func TestExecDBLines(t *testing.T) {
	const one, two = "71f3f3199ea5e1f0", "82a4a4200bb6f2a1"
	job := func(id, executor, data string) string {
		invocation, _, _ := strings.Cut(id, ".")
		return `{"invocation_id": "` + invocation + `", "job_id": "` + id + `", "timestamp": 1.5, "executor": "` + executor + `", "data": ` + data + `, "config": {"a": {}}}`
	}
	local := func(id, dir string) string {
		return job(id, "local", `{"output_dir": "OUT/`+dir+`", "container": "c", "eval_image": "i"}`)
	}
	elsewhere := func(ids []string, said ...string) []nemo.Warning {
		return []nemo.Warning{{Code: "OUTPUT_ELSEWHERE", RunIDs: ids, Message: strings.Join(said, "|")}}
	}
	unreadable := func(lines []string, said ...string) []nemo.Warning {
		return []nemo.Warning{{Code: "RECORDS_UNREADABLE", Keys: lines, Message: strings.Join(said, "|")}}
	}
	results := []string{"artifacts/results.yml"}
	for name, test := range map[string]struct {
		lines  []string
		files  map[string][]string // by directory of OUT
		filter query.Filter
		want   []string
		warned []nemo.Warning // Message: parts that must be in it
	}{
		"since 0.2.5": {
			lines: []string{local(one+".0", "20261121_031638-"+one+"/a.b.0"), local(one+".1", "20261121_031638-"+one+"/a.b.1")},
			files: map[string][]string{"20261121_031638-" + one + "/a.b.0": results, "20261121_031638-" + one + "/a.b.1": results},
			want:  []string{one + ".0", one + ".1"},
		},
		"before": {
			lines: []string{local(one+".0", "20261121_031638-"+one+"/a.b"), local(one+".1", "20261121_031638-"+one+"/c")},
			files: map[string][]string{"20261121_031638-" + one + "/a.b": results, "20261121_031638-" + one + "/c": {"run.sh", "logs/stage.running"}},
			want:  []string{one + ".0", one + ".1"},
		},
		"before, two tasks of one name": {
			lines: []string{local(one+".0", "20261121_031638-"+one+"/a.b"), local(one+".1", "20261121_031638-"+one+"/a.b")},
			files: map[string][]string{"20261121_031638-" + one + "/a.b": results},
			want:  []string{"OUT/20261121_031638-" + one + "/a.b"},
		},
		"a directory that was renamed by hand in the record too": {
			lines: []string{local(one+".0", "mine")}, files: map[string][]string{"mine": results}, want: []string{one + ".0"},
		},
		"the last line counts": {
			lines: []string{local(one+".0", "gone"), local(one+".0", "mine")}, files: map[string][]string{"mine": results}, want: []string{one + ".0"},
		},
		"only the last line": {
			lines: []string{local(one+".0", "mine"), local(one+".0", "gone")}, files: map[string][]string{"mine": results},
			want: nil, warned: elsewhere([]string{one + ".0"}, "local, OUT/gone", "1 recorded job is"),
		},
		"an id like an invocation's": {
			lines: []string{local(one, "20261121_031638-"+one+"/a.b.0")}, files: map[string][]string{"20261121_031638-" + one + "/a.b.0": results},
			want: []string{one + ".0"},
		},
		"capitals": {
			lines: []string{strings.ToUpper(one[:0]) + strings.ReplaceAll(local(one+".0", "mine"), `"invocation_id": "`+one, `"invocation_id": "`+strings.ToUpper(one))},
			files: map[string][]string{"mine": results}, want: []string{one + ".0"},
		},
		"another invocation's directory": {
			lines: []string{local(two+".0", "20261121_031638-"+one+"/a.b.0")}, files: map[string][]string{"20261121_031638-" + one + "/a.b.0": results},
			want: nil, warned: elsewhere([]string{two + ".0"}, "local, OUT/"),
		},
		"slurm": {
			lines: []string{job(one+".0", "slurm", `{"slurm_job_id": "7", "remote_rundir_path": "/lustre/evals/x", "hostname": "login.corp", "username": "me"}`)},
			want:  nil, warned: elsewhere([]string{one + ".0"}, "slurm, login.corp:/lustre/evals/x"),
		},
		"slurm, mounted here": {
			lines: []string{job(one+".0", "slurm", `{"remote_rundir_path": "OUT/mine", "hostname": "login.corp"}`)},
			files: map[string][]string{"mine": results}, want: []string{one + ".0"},
		},
		"a relative path": {
			lines: []string{job(one+".0", "local", `{"output_dir": "evals/x"}`)}, want: nil, warned: elsewhere([]string{one + ".0"}, "local, evals/x"),
		},
		"no path": {
			lines: []string{job(one+".0", "lepton", `{}`)}, want: nil, warned: elsewhere([]string{one + ".0"}, "lepton, no directory is recorded"),
		},
		"an empty directory": {
			lines: []string{local(one+".0", "mine")}, files: map[string][]string{"mine": nil}, want: nil, warned: elsewhere([]string{one + ".0"}, "local, OUT/mine"),
		},
		"others are not asked for": {
			lines: []string{local(one+".0", "mine"), local(two+".0", "gone")}, files: map[string][]string{"mine": results},
			filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix, Value: "71f3"}}, want: []string{one + ".0"},
		},
		"damaged lines": {
			lines: []string{"", local(one+".0", "mine"), "{", `{"invocation_id": "x"}`, "[]", `{"invocation_id": "71f3f3199e`},
			files: map[string][]string{"mine": results}, want: []string{one + ".0"},
			warned: unreadable([]string{"DB line 3", "DB line 4", "DB line 5", "DB line 6"}, "4 records left out", "DB line 3: unexpected end of JSON input", "and 1 more"),
		},
		"empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.ToSlash(filepath.Join(dir, "out"))
			for folder, files := range test.files {
				if err := os.MkdirAll(filepath.Join(dir, "out", folder), 0o755); err != nil {
					t.Fatal(err)
				}
				for _, file := range files {
					written(t, filepath.Join(dir, "out", folder, file), "")
				}
			}
			file := written(t, filepath.Join(dir, "exec.v1.jsonl"), strings.ReplaceAll(strings.Join(test.lines, "\n"), "OUT", out))
			place := strings.NewReplacer("OUT", out, "DB", file)
			store := openExecDB(t, file)
			runs, err := query.All(store.Search(t.Context(), query.Search{Filter: test.filter}))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{}
			for _, id := range test.want {
				want = append(want, place.Replace(id))
			}
			if got := ids(runs); !slices.Equal(got, want) {
				t.Errorf("runs %s, want %s", got, want)
			}
			for _, run := range runs {
				if again, err := store.Run(t.Context(), run.ID); err != nil || again.ID != run.ID {
					t.Errorf("run %s: %v", run.ID, err)
				}
				if test.filter == nil && run.InvocationID() != one {
					t.Errorf("run %s is of invocation %s", run.ID, run.InvocationID())
				}
			}
			checkWarnings(t, store, test.warned, place)
		})
	}
}

// checkWarnings compares warnings; the wanted messages are parts, with "|" between.
func checkWarnings(t *testing.T, store *rundir.Store, want []nemo.Warning, place *strings.Replacer) {
	t.Helper()
	got := store.Warnings()
	if len(got) != len(want) {
		t.Errorf("warnings %+v, want %+v", got, want)
		return
	}
	for i, w := range want {
		for k := range w.Keys {
			w.Keys[k] = place.Replace(w.Keys[k])
		}
		if got[i].Code != w.Code || !slices.Equal(got[i].RunIDs, w.RunIDs) || !slices.Equal(got[i].Keys, w.Keys) {
			t.Errorf("warning %+v, want %+v", got[i], w)
		}
		for part := range strings.SplitSeq(w.Message, "|") {
			if !strings.Contains(got[i].Message, place.Replace(part)) {
				t.Errorf("warning %q has no %q", got[i].Message, part)
			}
		}
	}
}

func TestNoRecords(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if _, err := rundir.OpenExecDB(gone); !query.HasCode(err, query.NotFound) {
		t.Errorf("a database that is not there: %v", err)
	}
	if _, err := rundir.OpenRunIndex(gone); !query.HasCode(err, query.NotFound) {
		t.Errorf("an index that is not there: %v", err)
	}
	folder := openExecDB(t, t.TempDir())
	if _, err := query.All(folder.Search(t.Context(), query.Search{})); !query.HasCode(err, query.IO) {
		t.Errorf("a database that is a folder: %v", err)
	}
}

// TestRunIndex has runs of nel-next whose output is here, elsewhere, not finished,
// and one whose record is damaged.
func TestRunIndex(t *testing.T) {
	dir := t.TempDir()
	index, out := filepath.Join(dir, "nel", "runs"), filepath.ToSlash(filepath.Join(dir, "out"))
	record := func(id, executor, output, details string) {
		written(t, filepath.Join(index, id, "nel_run.json"),
			`{"run_id": "`+id+`", "executor": "`+executor+`", "output_dir": "`+output+`", "started_at": "2026-04-02T12:00:00+00:00", "config_summary": "math", "details": `+details+`}`)
	}
	for name, text := range nelNextTree() {
		written(t, filepath.Join(dir, name), text)
	}
	record("20260402_120000_00000001", "local", out, `{"pid": 7}`)
	record("20260402_120000_00000002", "local", out, `{}`) // once more into the same
	record("20260402_120000_00000003", "slurm", "/lustre/out", `{"hostname": "login.corp", "job_ids": ["42"]}`)
	record("20260402_120000_00000004", "local", out+"/new", `{}`)
	record("20260402_120000_00000005", "slurm", "/lustre/out", `{"remote_dir": "`+out+`/math"}`)
	if err := os.Mkdir(filepath.Join(dir, "out", "new"), 0o755); err != nil {
		t.Fatal(err)
	}
	damaged := written(t, filepath.Join(index, "20260402_120000_00000006", "nel_run.json"), "{")
	written(t, filepath.Join(index, "other", "readme"), "")

	store, err := rundir.OpenRunIndex(index)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := query.All(store.Search(t.Context(), query.Search{Filter: query.Filter{{Entity: query.Tag, Key: query.TagJob, Op: query.HasPrefix, Value: "eval-20260402T12"}}}))
	// The fifth run's directory is a part of the first one's.
	if err != nil || !slices.Equal(ids(runs), []string{"eval-20260402T120000Z-math"}) || runs[0].Model != "m" {
		t.Errorf("runs %s, %v", ids(runs), err)
	}
	checkWarnings(t, store, []nemo.Warning{
		{Code: "OUTPUT_ELSEWHERE", RunIDs: []string{"20260402_120000_00000003"}, Message: "slurm, login.corp:/lustre/out"},
		{Code: "RECORDS_UNREADABLE", Keys: []string{damaged}, Message: "1 record left out"},
	}, strings.NewReplacer())
	if runs := search(t, openPath(t, filepath.Join(index, "20260402_120000_00000001"))); len(runs) != 2 {
		t.Errorf("a folder of the index: %s", ids(runs))
	}
	if runs := search(t, openPath(t, filepath.Join(index, "20260402_120000_00000005", "nel_run.json"))); len(runs) != 1 {
		t.Errorf("a file of the index: %s", ids(runs))
	}
	for id, said := range map[string]string{
		"20260402_120000_00000003": "is not on this machine: slurm, login.corp:/lustre/out",
		"20260402_120000_00000004": "it has not finished a benchmark",
	} {
		if _, err := rundir.OpenPath(filepath.Join(index, id)); !query.HasCode(err, query.NotFound) || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := rundir.OpenPath(filepath.Join(index, "20260402_120000_00000006")); !query.HasCode(err, query.IO) {
		t.Errorf("a damaged record: %v", err)
	}
	none, err := query.All(store.Search(t.Context(), query.Search{Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: "71f3f3199ea5e1f0"}}}))
	if err != nil || len(none) > 0 {
		t.Errorf("runs of an invocation: %v, %v", none, err)
	}
}

func FuzzExecDB(f *testing.F) {
	f.Add(`{"invocation_id": "71f3f3199ea5e1f0", "job_id": "71f3f3199ea5e1f0.0", "executor": "local", "data": {"output_dir": "/x"}}` + "\n{")
	f.Fuzz(func(t *testing.T, text string) {
		store := openExecDB(t, written(t, filepath.Join(t.TempDir(), "exec.v1.jsonl"), text))
		if _, err := query.All(store.Search(t.Context(), query.Search{})); err != nil {
			t.Error(err)
		}
	})
}
