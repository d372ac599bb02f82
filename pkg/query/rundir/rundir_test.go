package rundir_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/test/conformance"
)

const (
	data = "../../../test/data"
	tree = data + "/launcher-output"

	a1    = "20261121_031638-c0bd961e50124ab3"
	arith = "byob_arith.arith.0"
)

func TestConformance(t *testing.T) {
	options := conformance.Options{Tree: os.DirFS(tree)}
	t.Run("path", func(t *testing.T) {
		conformance.Run(t, func(t *testing.T) query.Store { return openPath(t, tree) }, options)
	})
	t.Run("fs", func(t *testing.T) {
		conformance.Run(t, func(t *testing.T) query.Store { return open(t, os.DirFS(data), "launcher-output") }, options)
	})
	t.Run("one invocation", func(t *testing.T) {
		options := conformance.Options{Tree: os.DirFS(tree), Invocations: []string{"c0bd961e50124ab3"}}
		conformance.Run(t, func(t *testing.T) query.Store { return openPath(t, tree+"/"+a1) }, options)
	})
}

func open(t *testing.T, fsys fs.FS, path string) *rundir.Store {
	t.Helper()
	store, err := rundir.Open(fsys, path, "test:")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func openPath(t *testing.T, path string) *rundir.Store {
	t.Helper()
	store, err := rundir.OpenPath(path)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func search(t *testing.T, store query.Store, filter ...query.Condition) []query.Run {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), query.Search{Filter: filter}))
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func ids(runs []query.Run) []string {
	ids := []string{}
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	return ids
}

// absolute is where a name in the example data is, as the store shows it.
func absolute(t *testing.T, name string) string {
	t.Helper()
	full, err := filepath.Abs(name)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(full)
}

// TestTruths compares every run of the example trees with what was noted when
// they were made.
func TestTruths(t *testing.T) {
	var truths struct {
		Invocations map[string]struct {
			ID        string `json:"invocation_id"`
			Directory string
			Model     string
			Jobs      map[string]struct {
				Directory string
				ExitCode  int `json:"exit_code"`
				Results   bool
			}
		}
	}
	text, err := os.ReadFile(data + "/truths.json")
	if err == nil {
		err = json.Unmarshal(text, &truths)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(truths.Invocations) != 13 {
		t.Errorf("truths.json has %d invocations, want 13", len(truths.Invocations))
	}

	got := map[string]query.Run{}
	for _, run := range search(t, openPath(t, tree)) {
		got[run.ID] = run
	}
	jobs := 0
	for name, invocation := range truths.Invocations {
		for id, job := range invocation.Jobs {
			jobs++
			run, ok := got[id]
			if !ok {
				t.Errorf("%s: no run %s", name, id)
				continue
			}
			if finished := run.Status == query.StatusFinished; finished != job.Results || finished != (job.ExitCode == 0) {
				t.Errorf("%s: %s is %s; exit code %d, results %t", name, id, run.Status, job.ExitCode, job.Results)
			}
			if run.InvocationID() != invocation.ID || run.JobID() != id {
				t.Errorf("%s: %s has invocation %q, job %q", name, id, run.InvocationID(), run.JobID())
			}
			if name != "NOSTART" && run.Model != invocation.Model {
				t.Errorf("%s: %s has model %q, want %q", name, id, run.Model, invocation.Model)
			}
			if want := absolute(t, path.Join(tree, invocation.Directory, job.Directory)); run.ArtifactURI != want {
				t.Errorf("%s: %s is at %q, want %q", name, id, run.ArtifactURI, want)
			}
		}
	}
	if jobs != len(got) || jobs != 31 {
		t.Errorf("%d jobs in truths.json, %d runs; want 31 of each", jobs, len(got))
	}
}

// TestRecord checks whole records: a finished job, one that failed in the
// harness, and one that died before it wrote any configuration.
func TestRecord(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	want := []query.Run{
		{
			ID: "2c7c61198ad8e9c8.0", Name: "eval-2c7c61198ad8e9c8-bfclv2_ast", Status: "FINISHED",
			StartTime: at("2026-11-21T03:25:06Z"), EndTime: at("2026-11-21T03:25:20Z"),
			ArtifactURI: "launcher-output/20261121_032505-2c7c61198ad8e9c8/bfclv2_ast.0",
			Folder:      "artifacts", Model: "acme/falcon-8b-nvfp4",
			Tags: map[string]string{
				"invocation_id": "2c7c61198ad8e9c8", "job_id": "2c7c61198ad8e9c8.0",
				"task_name": "bfclv2_ast", "benchmark": "bfclv2_ast", "harness": "bfcl", "executor": "local",
			},
		},
		{
			ID: "c0bd961e50124ab3.3", Name: "eval-c0bd961e50124ab3-ifbench.ifbench", Status: "FAILED",
			StartTime: at("2026-11-21T03:17:19Z"), EndTime: at("2026-11-21T03:17:26Z"),
			ArtifactURI: "launcher-output/" + a1 + "/ifbench.ifbench.3",
			Folder:      "artifacts", Model: "acme/falcon-8b-bf16",
			Tags: map[string]string{
				"invocation_id": "c0bd961e50124ab3", "job_id": "c0bd961e50124ab3.3",
				"task_name": "ifbench.ifbench", "benchmark": "ifbench.ifbench", "harness": "ifbench", "executor": "local",
			},
		},
		{
			ID: "768a79ce93fda59e.0", Name: "eval-768a79ce93fda59e-byob_arith.arith", Status: "FAILED",
			StartTime: at("2026-11-21T03:10:21Z"), EndTime: at("2026-11-21T03:10:22Z"),
			ArtifactURI: "launcher-output/20261121_031020-768a79ce93fda59e/byob_arith.arith.0",
			Folder:      "artifacts",
			Tags: map[string]string{
				"invocation_id": "768a79ce93fda59e", "job_id": "768a79ce93fda59e.0",
				"task_name": "byob_arith.arith", "benchmark": "byob_arith.arith", "harness": "byob_arith",
			},
		},
	}
	store := open(t, os.DirFS(data), "launcher-output")
	for _, want := range want {
		got, err := store.Run(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.ID, diff)
		}
	}
}

// TestPlaces opens the same job through every path that names it: the record
// must not depend on which.
func TestPlaces(t *testing.T) {
	const id = "c0bd961e50124ab3.0"
	want, err := openPath(t, tree).Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	job := path.Join(tree, a1, arith)
	for _, name := range []string{
		path.Join(tree, a1), job, job + "/", path.Join(job, "artifacts"), path.Join(job, "artifacts/results.yml"),
	} {
		store := openPath(t, name)
		got, err := store.Run(t.Context(), id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if runs := search(t, store); name != path.Join(tree, a1) && len(runs) != 1 {
			t.Errorf("%s: %s, want one run", name, ids(runs))
		}
		if want := "file://" + absolute(t, name); store.URI() != want {
			t.Errorf("URI %s, want %s", store.URI(), want)
		}
	}
}

func TestNotOutput(t *testing.T) {
	odd := fstest.MapFS{
		"project/artifacts/app.zip":              {},
		"project/logs/server.log":                {},
		"empty/20261121_031638-c0bd961e50124ab3": {Mode: fs.ModeDir},
		"file/20261121_031638-c0bd961e50124ab3":  {Data: []byte("not a directory")},
		"named/results.yml":                      {Mode: fs.ModeDir},
	}
	for _, test := range []struct {
		fsys fs.FS
		path string
		hint bool
	}{
		{os.DirFS(data), ".", true},
		{os.DirFS(data), "truths.json", true},
		{os.DirFS(tree), a1 + "/" + arith + "/logs", true},
		{os.DirFS(tree), a1 + "/" + arith + "/artifacts/arith", true},
		{os.DirFS(tree), a1 + "/" + arith + "/artifacts/run_config.yml", true},
		{os.DirFS(tree), "no-such", false},
		{os.DirFS(tree), a1 + "/" + arith + "/artifacts/results.yml/below", false},
		{os.DirFS(tree), "../data", false},
		{os.DirFS(tree), "", false},
		{odd, "project", true},
		{odd, "file", true},
		{odd, "named", true},
		{odd, "named/results.yml", true},
		{odd, "empty/20261121_031638-c0bd961e50124ab3", true},
	} {
		_, err := rundir.Open(test.fsys, test.path, "test:")
		failed, ok := errors.AsType[*query.Error](err)
		if !ok || failed.Code != query.NotFound || (failed.Hint != "") != test.hint {
			t.Errorf("%q: %v, want NotFound, with a hint: %t", test.path, err, test.hint)
		}
	}
	if _, err := rundir.OpenPath(filepath.Join(tree, "no-such")); !query.HasCode(err, query.NotFound) {
		t.Errorf("%v, want NotFound", err)
	}
	// Directories are enough for a directory of invocations: none has to hold a job.
	if runs := search(t, open(t, odd, "empty")); len(runs) != 0 {
		t.Errorf("runs %s of an empty invocation", ids(runs))
	}
}

// recording notes what is opened and looked at.
type recording struct {
	fs.FS
	mu    sync.Mutex
	names map[string]bool
}

func (r *recording) Open(name string) (fs.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[name] = true
	return r.FS.Open(name)
}

// below counts the names in a directory, itself included.
func (r *recording) below(dir string) int {
	count := 0
	for name := range r.names {
		if name == dir || strings.HasPrefix(name, dir+"/") {
			count++
		}
	}
	return count
}

// manyInvocations has n invocations of one finished job, each a second after the
// one before.
func manyInvocations(n int) fstest.MapFS {
	files := fstest.MapFS{}
	for i := range n {
		job := fmt.Sprintf("20261121_%06d-%016x/byob_arith.arith.0/", i, i)
		files[job+"run.sh"] = &fstest.MapFile{}
		files[job+"artifacts/results.yml"] = &fstest.MapFile{}
		files[job+"artifacts/metadata.yaml"] = &fstest.MapFile{Data: []byte("evaluation: {tasks: [{name: byob_arith.arith}]}")}
		files[job+"logs/stage.running"] = &fstest.MapFile{
			Data: []byte(time.Date(2026, 11, 21, 0, 0, i, 0, time.UTC).Format(time.RFC3339)),
		}
	}
	return files
}

// TestStops ends the context while a search is under way: what was read is
// yielded, the rest is not read.
func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	yielded := 0
	var last error
	for _, err := range open(t, manyInvocations(200), ".").Search(ctx, query.Search{}) {
		if last = err; err == nil {
			yielded++
			cancel()
		}
	}
	if yielded == 0 || yielded > 20 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d runs, then %v", yielded, last)
	}
}

// TestLazy counts what is opened: opening reads names, a search enters only the
// invocations that may match and reads configurations of what it yields.
func TestLazy(t *testing.T) {
	recorded := &recording{FS: manyInvocations(200), names: map[string]bool{}}
	store := open(t, recorded, ".")
	for name := range recorded.names {
		if strings.Contains(name, "-") {
			t.Errorf("opening the directory looked at %s", name)
		}
	}

	clear(recorded.names)
	search(t, store, query.Condition{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: "0000000000000007"})
	all := len(recorded.names)
	if inside := recorded.below("20261121_000007-0000000000000007"); inside == 0 || all != inside+1 {
		t.Errorf("one invocation read %d names, %d of them its own", all, inside)
	}

	clear(recorded.names)
	runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 3}))
	if err != nil || len(runs) != 3 || runs[0].InvocationID() != fmt.Sprintf("%016x", 199) {
		t.Fatalf("the newest three: %s, %v", ids(runs), err)
	}
	configurations := 0
	for name := range recorded.names {
		if path.Base(name) == "metadata.yaml" {
			configurations++
		}
	}
	if configurations < 3 || configurations > 20 {
		t.Errorf("%d configurations read for three runs", configurations)
	}

	clear(recorded.names)
	search(t, store, query.Condition{Entity: query.Param, Key: "invocation_id", Op: query.Equal, Value: "0"})
	if len(recorded.names) > 1 {
		t.Errorf("%d names read for a parameter, which no directory has", len(recorded.names))
	}
}
