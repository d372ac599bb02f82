package artifacts_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// predictions is A1's BYOB sample file, by its path in a run.
func predictions(t *testing.T, run fakemlflow.Run) (name, content string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(invocation(t, "A1").Dir, "byob_arith.arith.0", "artifacts", "arith", "byob_predictions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return folderOf(run) + "/arith/byob_predictions.jsonl", string(text)
}

// loadSamples loads one invocation.
func loadSamples(ctx context.Context, t *testing.T, store query.Store, cache *artifacts.Cache, mode artifacts.SampleMode) ([]nemo.Job, error) {
	t.Helper()
	fetcher := artifacts.NewFetcher(cache, nil, 0)
	fetcher.Samples = mode
	evaluations, err := fetcher.Load(ctx, resolve(t, store, a1))
	if err != nil {
		return nil, err
	}
	return evaluations[0].Jobs, nil
}

func TestSamplesAreAskedForOnlyIfWanted(t *testing.T) {
	run := exported(t, "A1")[0]
	name, content := predictions(t, run)
	run.Files[name] = content
	run.Files[folderOf(run)+"/cache/many"] = "x"
	run.Files[folderOf(run)+"/run_times/runtime_0.json"] = "{}"
	for mode, want := range map[artifacts.SampleMode][]string{
		artifacts.SamplesNever: nil,
		artifacts.SamplesAuto:  {"1:" + folderOf(run), "1:" + folderOf(run) + "/arith"},
	} {
		server := serve(t, run)
		jobs, err := loadSamples(t.Context(), t, open(t, server), nil, mode)
		if err != nil {
			t.Fatal(err)
		}
		files, listings := asked(t, server)
		if diff := cmp.Diff(want, listings); diff != "" || ends(files, "byob_predictions.jsonl") != len(want)/2 {
			t.Errorf("mode %d asked for %q, listings (-want +got):\n%s", mode, files, diff)
		}
		if (jobs[0].Samples != nil) != (want != nil) || jobs[0].SamplesReason != "" {
			t.Errorf("mode %d: %v %q", mode, jobs[0].Samples, jobs[0].SamplesReason)
		}
	}
}

func TestWhyThereAreNoSamples(t *testing.T) {
	for title, test := range map[string]struct {
		edit func(run *fakemlflow.Run, name, content string)
		want string
	}{
		"required files only": {func(*fakemlflow.Run, string, string) {}, "the required files only were exported (only_required=true)"},
		"of no known kind":    {func(run *fakemlflow.Run, name, _ string) { run.Files[name+".txt"] = "x" }, "the run has no per-sample files of a known kind"},
		"damaged":             {func(run *fakemlflow.Run, name, content string) { run.Files[name] = content[:len(content)-20] }, "arith/byob_predictions.jsonl: line 200: ends within a record (cut short?)"},
		"of another run": {func(run *fakemlflow.Run, name, content string) {
			run.Files[name] = strings.Replace(content, `"correct": true`, `"correct": false`, 3)
		}, "the mean of 200 answers is 0.875, results.yml has 0.89"},
		"empty": {func(run *fakemlflow.Run, name, _ string) { run.Files[name] = "" }, "no answer has a number for it"},
		"of another benchmark": {func(run *fakemlflow.Run, name, content string) {
			run.Files[strings.Replace(name, "/arith/", "/algebra/", 1)] = content
		}, "the per-sample files tell of no score of results.yml"},
	} {
		t.Run(title, func(t *testing.T) {
			run := exported(t, "A1")[0]
			name, content := predictions(t, run)
			test.edit(&run, name, content)
			server := serve(t, run)
			jobs, err := loadSamples(t.Context(), t, open(t, server), nil, artifacts.SamplesAuto)
			if err != nil {
				t.Fatal(err)
			}
			reason := jobs[0].SamplesReason
			if title == "of another run" { // one score of three is not what it was
				if excluded := jobs[0].Samples.Excluded; len(excluded) == 1 {
					reason = excluded[0].Reason
				}
			} else if jobs[0].Samples != nil {
				t.Errorf("samples: %v", jobs[0].Samples)
			}
			if !strings.HasSuffix(reason, test.want) {
				t.Errorf("%q, want %q", reason, test.want)
			}
		})
	}
}

func TestSamplesAlways(t *testing.T) {
	run := exported(t, "A1")[0]
	_, err := loadSamples(t.Context(), t, open(t, serve(t, run)), nil, artifacts.SamplesAlways)
	wantCode(t, err, query.NotFound, "no per-sample outcomes for arith of run", "required files only were")

	name, content := predictions(t, run)
	run.Files[name] = content[:100]
	_, err = loadSamples(t.Context(), t, open(t, serve(t, run)), nil, artifacts.SamplesAlways)
	wantCode(t, err, query.Corrupt, "no per-sample outcomes for arith of run", "line 1")

	run.Files[name] = content
	if _, err = loadSamples(t.Context(), t, open(t, serve(t, run)), nil, artifacts.SamplesAlways); err != nil {
		t.Error(err)
	}
}

// A transfer that broke off is begun again, and nothing of it is decoded or kept.
func TestSamplesThatBreakOff(t *testing.T) {
	run := exported(t, "A1")[0]
	name, content := predictions(t, run)
	run.Files[name] = content
	server := serve(t, run)
	fault := at(fakemlflow.Fault{After: 3000, Cut: true}, "byob_predictions.jsonl")
	fault.Times = 2
	server.Fault(fault)
	dir := t.TempDir()
	jobs, err := loadSamples(t.Context(), t, open(t, server), artifacts.OpenCache(dir), artifacts.SamplesAuto)
	if err != nil || jobs[0].Samples == nil || len(jobs[0].Samples.Outcomes) != 3 {
		t.Fatalf("%v, %v", jobs, err)
	}
	if left, err := filepath.Glob(filepath.Join(artifacts.OpenCache(dir).Folder(), "*", "*", ".partial-*")); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}

	fault.Times = 0
	server = serve(t, run)
	server.Fault(fault)
	_, err = loadSamples(t.Context(), t, open(t, server), nil, artifacts.SamplesAuto)
	wantCode(t, err, query.Unreachable, "byob_predictions.jsonl")
	if e, _ := err.(*query.Error); e == nil || !strings.Contains(e.Hint, "--samples never") { //nolint:errorlint // wantCode unwrapped it
		t.Errorf("no hint: %v", err)
	}
}

// A damaged entry of the cache is fetched again.
func TestDamagedSamplesInTheCache(t *testing.T) {
	run := exported(t, "A1")[0]
	name, content := predictions(t, run)
	run.Files[name] = content
	server, dir := serve(t, run), t.TempDir()
	want, err := loadSamples(t.Context(), t, open(t, server), artifacts.OpenCache(dir), artifacts.SamplesAuto)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(artifacts.OpenCache(dir).Folder(), "files", "*", "*"))
	if err != nil || len(entries) < 4 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(entry)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(entry, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		got, err := loadSamples(t.Context(), t, open(t, server), artifacts.OpenCache(dir), artifacts.SamplesAuto)
		if diff := cmp.Diff(want[0].Samples, got[0].Samples); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	files, listings := asked(t, server)
	if ends(files, "byob_predictions.jsonl") != 2 || len(listings) != 4 {
		t.Errorf("asked for %q, listed %q", files, listings)
	}
}

// Folders without end are searched as far as sample files may be.
func TestSamplesInManyFolders(t *testing.T) {
	run := exported(t, "A1")[0]
	for i := range 300 {
		run.Files[folderOf(run)+"/q"+strings.Repeat("q", i%20)+string(rune('a'+i/20))+"/trace.json"] = "{}"
	}
	jobs, err := loadSamples(t.Context(), t, open(t, serve(t, run)), nil, artifacts.SamplesAuto)
	if err != nil {
		t.Fatal(err)
	}
	if want := "no per-sample files in the first 200 folders of the run, which has more"; jobs[0].SamplesReason != want {
		t.Errorf("%q, want %q", jobs[0].SamplesReason, want)
	}
}
