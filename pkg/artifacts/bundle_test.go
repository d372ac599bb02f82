package artifacts_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

const (
	bundleID    = "eval-20260402T120000Z-math_3.5"
	bundlePath  = "math_3.5/" + bundleID + ".json"
	rewardsPath = "math_3.5/results.jsonl"
)

// nelNext is a run as nel-next exports it: 3 problems, one of them solved.
func nelNext(change ...func(*fakemlflow.Run)) fakemlflow.Run {
	run := fakemlflow.Run{
		Name: "eval-" + bundleID,
		Tags: map[string]string{
			query.TagJob: bundleID, query.TagBenchmark: "math/3.5", "config_hash": "sha256:ab", "sdk_version": "0.4.0",
		},
		Metrics: map[string]float64{"pass_at_1": 0.3333},
		Files: map[string]string{
			bundlePath: `{"run_id": "` + bundleID + `", "sdk_version": "0.4.0", "config": {"model": "m", "repeats": 1, "max_problems": 3},
				"benchmark": {"name": "math/3.5", "samples": 3, "repeats": 1, "scores": {"pass@1": {"value": 0.3333},
				"runtime": {"elapsed_seconds": 2}, "failures": {"total_steps": 3, "total_failures": 1}}}}`,
			rewardsPath: strings.Join([]string{
				`{"problem_idx": 0, "reward": 0.0, "prompt": "?"}`, `{"problem_idx": 1, "reward": 1.0}`,
				`{"problem_idx": 2, "reward": 1.0}`, `{"problem_idx": 2, "reward": 0.0}`, "",
			}, "\n"),
		},
	}
	for _, c := range change {
		c(&run)
	}
	return run
}

func loadRun(t *testing.T, fetcher *artifacts.Fetcher, server *fakemlflow.Server) (nemo.Evaluation, error) {
	t.Helper()
	store := open(t, server)
	runs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	evaluations, err := fetcher.Load(t.Context(), resolve(t, store, runs[0].ID))
	if err != nil {
		return nemo.Evaluation{}, err
	}
	return evaluations[0], nil
}

func codesOf(warnings []nemo.Warning) []string {
	list := []string{}
	for _, w := range warnings {
		list = append(list, w.Code)
	}
	return list
}

func TestNelNextRun(t *testing.T) {
	server := serve(t, nelNext())
	evaluation, err := loadRun(t, artifacts.NewFetcher(nil, nil, 0), server)
	if err != nil {
		t.Fatal(err)
	}
	job := evaluation.Jobs[0]
	if len(evaluation.Jobs) != 1 || job.Results == nil {
		t.Fatalf("%d jobs, %s", len(evaluation.Jobs), job.Problem)
	}
	third := "0.3333333333333333333333333333333333"
	if s := job.Results.Scores[0]; s.Value.String() != third || s.Rounded || s.Stats.Count.String() != "3" {
		t.Errorf("%+v", s)
	}
	source := job.Source(job.Results.Scores[0])
	if source.Path != rewardsPath || len(source.SHA256) != 64 || source.Key != "" {
		t.Errorf("source %+v", source)
	}
	if job.ResultsFile.Path != bundlePath || job.Index != -1 {
		t.Errorf("file %s, index %d", job.ResultsFile.Path, job.Index)
	}
	run := job.Run
	if got := fmt.Sprint(nemo.Text(run.Task), nemo.Text(run.Model), nemo.Text(run.EvaluatorVersion), run.InvocationID, run.Harness); got != "math/3.5m0.4.0<nil> <nil>" {
		t.Error(got)
	}
	if job.Runtime.RuntimeSeconds.String() != "2" || job.Settings.Get(nemo.KeyLimitSamples).Value != "3" {
		t.Errorf("runtime %+v, settings %+v", job.Runtime, job.Settings)
	}
	if diff := cmp.Diff([]string{"FAILED_STEPS"}, codesOf(job.Warnings)); diff != "" || !strings.HasPrefix(job.Warnings[0].Message, "1 of 3 steps failed") {
		t.Errorf("%s %v", diff, job.Warnings)
	}
	if named := mustLoad(t, open(t, server), bundleID)[0]; len(named.Jobs) != 1 || named.Jobs[0].Run.RunID != job.Run.RunID || len(named.Warnings) != 0 {
		t.Errorf("by its id: %d jobs, warnings %v", len(named.Jobs), named.Warnings)
	}
	files, listings := asked(t, server)
	if len(files) != 4 || len(listings) != 2 {
		t.Errorf("asked for %q and %q", files, listings)
	}
}

// The rewards are per-sample outcomes too.
func TestNelNextSamples(t *testing.T) {
	fetcher := artifacts.NewFetcher(nil, nil, 0)
	fetcher.Samples = artifacts.SamplesAuto
	evaluation, err := loadRun(t, fetcher, serve(t, nelNext()))
	if err != nil {
		t.Fatal(err)
	}
	job := evaluation.Jobs[0]
	if job.Samples == nil {
		t.Fatal(job.SamplesReason)
	}
	if of := job.Samples.Of("math/3.5", "pass@1", "pass@1"); of == nil || len(of.Answers) != 3 {
		t.Errorf("%+v", job.Samples)
	}
}

func TestNelNextFiles(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*fakemlflow.Run)
		fault  *fakemlflow.Fault
		value  string // of the score, or the reason for none
		codes  []string
	}{
		{"without rewards", func(r *fakemlflow.Run) { delete(r.Files, rewardsPath) }, nil, "0.3333", []string{"FAILED_STEPS"}},
		{"rewards of another run", func(r *fakemlflow.Run) { r.Files[rewardsPath] = `{"problem_idx": 0, "reward": 1}` }, nil, "0.3333", []string{"REWARDS_UNUSABLE", "FAILED_STEPS"}},
		{"damaged rewards", func(r *fakemlflow.Run) { r.Files[rewardsPath] += "{" }, nil, "0.3333", []string{"REWARDS_UNUSABLE", "FAILED_STEPS"}},
		{"tags of somebody else", func(r *fakemlflow.Run) { r.Tags = map[string]string{"model": "x"} }, nil, "0.3333333333333333333333333333333333", []string{"FAILED_STEPS"}},
		{"elsewhere", func(r *fakemlflow.Run) {
			r.Files = map[string]string{"x/y/" + bundleID + ".json": r.Files[bundlePath], "x/y/results.jsonl": r.Files[rewardsPath]}
		}, nil, "0.3333333333333333333333333333333333", []string{"FAILED_STEPS"}},
		{"damaged", func(r *fakemlflow.Run) { r.Files[bundlePath] = "{" }, nil, nemo.ReasonUnreadable, []string{}},
		{"without scores", func(r *fakemlflow.Run) { r.Files[bundlePath] = `{"benchmark": {"name": "x"}}` }, nil, nemo.ReasonNoResults, []string{}},
		{"no files", func(r *fakemlflow.Run) { r.Files = nil }, nil, "0.3333", []string{}},
		{"neither files nor metrics", func(r *fakemlflow.Run) { r.Files, r.Metrics = nil, nil }, nil, nemo.ReasonNoResults, []string{}},
		{"failed", func(r *fakemlflow.Run) { r.Status = query.StatusFailed }, new(at(internal, "/"+rewardsPath)), "0.3333", []string{"RUN_NOT_FINISHED", "REWARDS_UNUSABLE", "FAILED_STEPS"}},
		{"failed, and the bundle too", func(r *fakemlflow.Run) { r.Status = query.StatusFailed }, new(at(internal, "/"+bundlePath)), nemo.ReasonFailed, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, nelNext(test.change))
			if test.fault != nil {
				server.Fault(*test.fault)
			}
			evaluation, err := loadRun(t, artifacts.NewFetcher(nil, nil, 0), server)
			if err != nil {
				t.Fatal(err)
			}
			job := evaluation.Jobs[0]
			got := job.Reason
			if job.Results != nil {
				got += job.Results.Scores[0].Value.String()
			}
			if got != test.value {
				t.Errorf("%q, want %q: %s", got, test.value, job.Problem)
			}
			if diff := cmp.Diff(test.codes, codesOf(job.Warnings)); diff != "" {
				t.Errorf("%s %v", diff, job.Warnings)
			}
		})
	}
}

// What a finished run lists and does not deliver fails the command.
func TestNelNextFileThatDoesNotCome(t *testing.T) {
	for _, name := range []string{bundlePath, rewardsPath} {
		for _, fault := range []fakemlflow.Fault{internal, notFound, {Status: http.StatusForbidden}, {Drop: true}} {
			server := serve(t, nelNext())
			server.Fault(at(fault, "/"+name))
			if _, err := loadRun(t, artifacts.NewFetcher(nil, nil, 0), server); err == nil {
				t.Errorf("%s: %+v is no error", name, fault)
			}
		}
	}
}

// manyRewards is a file above the length up to which one is read whole.
func manyRewards() string {
	padding := strings.Repeat("x", 8<<10)
	var text strings.Builder
	for i := range 3000 {
		text.WriteString(`{"problem_idx": ` + strconv.Itoa(i) + `, "reward": ` + strconv.Itoa(min(i%3, 1)) + `, "prompt": "` + padding + "\"}\n")
	}
	return text.String()
}

func TestLongRewards(t *testing.T) {
	run := nelNext(func(r *fakemlflow.Run) {
		r.Files[bundlePath] = strings.Replace(r.Files[bundlePath], "0.3333", "0.6667", 1)
		r.Files[rewardsPath] = manyRewards()
	})
	exact := "0.6666666666666666666666666666666667"
	for _, test := range []struct {
		name    string
		fault   *fakemlflow.Fault
		maxFile int64
		value   string // "" is an error
	}{
		{"whole", nil, 0, exact},
		{"cut once", &fakemlflow.Fault{Path: rewardsPath, Cut: true, After: 20 << 20, Times: 1}, 0, exact},
		{"cut always", &fakemlflow.Fault{Path: rewardsPath, Cut: true, After: 20 << 20}, 0, ""},
		{"more than is read", nil, 20 << 20, "0.6667"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, run)
			if test.fault != nil {
				server.Fault(*test.fault)
			}
			fetcher := artifacts.NewFetcher(nil, nil, 0)
			if test.maxFile > 0 {
				fetcher.SetMaxFile(test.maxFile)
			}
			evaluation, err := loadRun(t, fetcher, server)
			if err != nil || test.value == "" {
				if (err != nil) != (test.value == "") {
					t.Error(err)
				}
				return
			}
			if got := evaluation.Jobs[0].Results.Scores[0].Value.String(); got != test.value {
				t.Errorf("%s, want %s: %v", got, test.value, evaluation.Jobs[0].Warnings)
			}
		})
	}
}

// The directory that nel-next wrote, one benchmark of it, and one bundle, are what
// its exporter makes of them.
func TestNelNextDirectories(t *testing.T) {
	run := nelNext()
	dir := t.TempDir()
	for name, text := range run.Files {
		writeFile(t, filepath.Join(dir, "out", filepath.FromSlash(name)), text)
	}
	writeFile(t, filepath.Join(dir, "out/other/eval-20260402T120000Z-other.json"), `{"benchmark": {"name": "other", "scores": {"mean_reward": 0.5}}}`)
	server := serve(t, run)
	remote, err := loadRun(t, artifacts.NewFetcher(nil, nil, 0), server)
	if err != nil {
		t.Fatal(err)
	}
	for path, tasks := range map[string][]string{
		"out": {"math/3.5", "other"}, "out/math_3.5": {"math/3.5"}, "out/" + bundlePath: {"math/3.5"},
	} {
		evaluation := mustLoad(t, nil, filepath.Join(dir, path))[0]
		var names []string
		for _, job := range evaluation.Jobs {
			names = append(names, nemo.Text(job.Run.Task))
		}
		if diff := cmp.Diff(tasks, names); diff != "" {
			t.Errorf("%s: %s", path, diff)
			continue
		}
		local := evaluation.Jobs[0]
		for i, s := range local.Results.Scores {
			got, want := s, remote.Jobs[0].Results.Scores[i]
			got.File.Path, want.File.Path = "", ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-server +directory):\n%s", path, diff)
			}
		}
		if whole := len(evaluation.Warnings) > 0; whole != (path == "out") {
			t.Errorf("%s: warnings %v", path, evaluation.Warnings)
		}
	}
	// A run that is named twice, here and on the server, counts once.
	resolved := resolve(t, open(t, server), strings.Join([]string{filepath.Join(dir, "out", bundlePath), filepath.Join(dir, "out/math_3.5")}, ","))
	if runs := len(resolved[0].Found[0].Runs) + len(resolved[0].Found[1].Runs); runs != 1 {
		t.Errorf("%d runs", runs)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := artifacts.WriteFile(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}
