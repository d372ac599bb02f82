package artifacts_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

const (
	a1 = "c0bd961e50124ab3"
	b1 = "ce963eed5b5b91b0"
)

// load reads what selectors name, without a cache.
func load(t *testing.T, store query.Store, words ...string) ([]nemo.Evaluation, error) {
	t.Helper()
	return artifacts.NewFetcher(nil, nil, 0).Load(t.Context(), resolve(t, store, words...))
}

func mustLoad(t *testing.T, store query.Store, words ...string) []nemo.Evaluation {
	t.Helper()
	evaluations, err := load(t, store, words...)
	if err != nil {
		t.Fatal(err)
	}
	return evaluations
}

// a1Jobs are the jobs of A1 that have results, as [texts] writes them.
var a1Jobs = []string{
	a1 + ".0 byob_arith arith 4.16",
	a1 + ".1 lm-evaluation-harness story 0.7933333333333333",
	a1 + ".2 bfcl bfclv2_ast 1.6",
}

// notFound is MLflow's answer where there is no file.
var notFound = fakemlflow.Fault{Status: http.StatusNotFound, Body: `{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact"}`}

// internal is what an older server, or one before object storage, says instead.
var internal = fakemlflow.Fault{Status: http.StatusInternalServerError, Body: `{"error_code": "INTERNAL_ERROR", "message": "boom"}`}

func at(fault fakemlflow.Fault, path string) fakemlflow.Fault {
	fault.Path = path
	return fault
}

func TestTwoInvocationsCostFewRequests(t *testing.T) {
	server := serve(t, append(exported(t, "A1"), exported(t, "B1")...)...)
	found := resolve(t, open(t, server), a1, b1)
	server.ForgetRequests()
	evaluations, err := artifacts.NewFetcher(nil, nil, 0).Load(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	files, listings := asked(t, server)
	want := []string{
		"1:byob_arith.byob_arith.arith/artifacts/" + metricsJSON,
		"1:byob_arith.byob_arith.arith/artifacts/" + metadataYAML,
		"1:byob_arith.byob_arith.arith/artifacts/" + resultsYML,
		"2:lm-evaluation-harness.lm-evaluation-harness.story/artifacts/" + metricsJSON,
		"2:lm-evaluation-harness.lm-evaluation-harness.story/artifacts/" + resultsYML,
		"3:bfcl.bfcl.bfclv2_ast/artifacts/" + metricsJSON,
		"3:bfcl.bfcl.bfclv2_ast/artifacts/" + resultsYML,
		"4:byob_arith.byob_arith.arith/artifacts/" + metricsJSON,
		"4:byob_arith.byob_arith.arith/artifacts/" + metadataYAML,
		"4:byob_arith.byob_arith.arith/artifacts/" + resultsYML,
		"5:lm-evaluation-harness.lm-evaluation-harness.story/artifacts/" + metricsJSON,
		"5:lm-evaluation-harness.lm-evaluation-harness.story/artifacts/" + resultsYML,
		"6:bfcl.bfcl.bfclv2_ast/artifacts/" + metricsJSON,
		"6:bfcl.bfcl.bfclv2_ast/artifacts/" + resultsYML,
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(listings) > 0 {
		t.Errorf("listed %q", listings)
	}
	if got := len(server.Requests()); got != len(want) {
		t.Errorf("%d requests, want %d", got, len(want))
	}
	if diff := cmp.Diff(a1Jobs, texts(evaluations[0].Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	for _, evaluation := range evaluations {
		if launch := evaluation.Launches[0]; !launch.Known || len(launch.Tasks) != 4 {
			t.Errorf("launch %+v, want 4 known tasks", launch)
		}
		for _, job := range evaluation.Jobs {
			if job.Runtime == nil || job.Runtime.Responses == nil {
				t.Errorf("%s has no runtime statistics", *job.Run.JobID)
			}
		}
	}
}

// One reading serves all who name a run, and they do not share what they get.
func TestRunNamedTwiceIsReadOnce(t *testing.T) {
	server := serve(t, exported(t, "A1")...)
	found := resolve(t, open(t, server), a1, a1, a1+".1", a1+".1,"+a1)
	server.ForgetRequests()
	evaluations, err := artifacts.NewFetcher(nil, nil, 0).Load(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	files, listings := asked(t, server)
	if ends(files, resultsYML) != 3 || ends(files, metricsJSON) != 3 || ends(files, metadataYAML) > 2 || len(listings) > 0 {
		t.Errorf("asked for %q and listed %q", files, listings)
	}
	for i := range evaluations {
		if i != 2 {
			if got := len(evaluations[i].Jobs); got != 3 {
				t.Errorf("side %d has %d jobs", i, got)
			}
		}
	}
	evaluations[0].Jobs[0].Settings.Values["mine"] = nemo.Setting{State: nemo.Set}
	evaluations[0].Launches[0].Tasks[0].Name = "mine"
	if _, shared := evaluations[1].Jobs[0].Settings.Values["mine"]; shared || evaluations[1].Launches[0].Tasks[0].Name == "mine" {
		t.Error("two sides share their settings or tasks")
	}
	// A job configures only itself.
	if got := evaluations[2].Launches[0].Tasks; len(got) != 1 || got[0].Index != 1 {
		t.Errorf("job .1 configures %+v", got)
	}
}

// A directory is the same directory whichever path leads there.
func TestDirectoryNamedByTwoPathsCountsOnce(t *testing.T) {
	dir := invocation(t, "A1").Dir
	job := dir + "/byob_arith.arith.0"
	found := resolve(t, nil, strings.Join([]string{dir, job, job + "/artifacts", job + "/artifacts/" + resultsYML, dir + "/../" + dir[strings.LastIndex(dir, "/"):]}, ","))
	evaluations, err := artifacts.NewFetcher(nil, nil, 0).Load(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(a1Jobs), fmt.Sprintf("%s.3 %[2]s %[2]s failed", a1, "ifbench"))
	if diff := cmp.Diff(want, texts(evaluations[0].Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

// So is one whose name tells no id.
func TestDirectoryWithoutAnIDCountsOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(invocation(t, "A1").Dir, "byob_arith.arith.0", "artifacts"))); err != nil {
		t.Fatal(err)
	}
	evaluation := mustLoad(t, nil, dir+","+filepath.Join(dir, resultsYML))[0]
	if diff := cmp.Diff([]string{" byob_arith arith 4.16"}, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestDirectoryAndServerAgree(t *testing.T) {
	server := serve(t, exported(t, "A1")...)
	remote := mustLoad(t, open(t, server), a1)[0]
	local := mustLoad(t, nil, invocation(t, "A1").Dir)[0]
	if len(local.Jobs) != 4 || len(remote.Jobs) != 3 {
		t.Fatalf("%d and %d jobs", len(local.Jobs), len(remote.Jobs))
	}
	for i, job := range remote.Jobs {
		if diff := cmp.Diff(local.Jobs[i].Results.Scores, job.Results.Scores); diff != "" {
			t.Errorf("scores (-directory +server):\n%s", diff)
		}
		if diff := cmp.Diff(local.Jobs[i].Runtime, job.Runtime); diff != "" {
			t.Errorf("runtime (-directory +server):\n%s", diff)
		}
		if local.Jobs[i].ResultsFile.SHA256 != job.ResultsFile.SHA256 || len(job.ResultsFile.SHA256) != 64 {
			t.Errorf("checksums %s and %s", local.Jobs[i].ResultsFile.SHA256, job.ResultsFile.SHA256)
		}
	}
}

// Tags are what a user made of them; the files are where they are.
func TestFact03FilesAreFoundByListing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fakemlflow.Run)
		fault  *fakemlflow.Fault
		task   string
	}{
		{"another harness", func(r *fakemlflow.Run) { r.Tags[query.TagHarness] = "mine" }, nil, "byob_arith.arith"},
		{"another task", func(r *fakemlflow.Run) { r.Tags[query.TagTask] = "my/../task" }, nil, "my/../task"},
		{"no tags", func(r *fakemlflow.Run) {
			delete(r.Tags, query.TagHarness)
			delete(r.Tags, query.TagTask)
			delete(r.Tags, query.TagBenchmark)
		}, nil, "arith"},
		{"a server that says 500", func(r *fakemlflow.Run) { r.Tags[query.TagHarness] = "mine" }, new(at(internal, "/mine.")), "byob_arith.arith"},
		{"a harness with a results.yml of its own", func(r *fakemlflow.Run) {
			r.Files[folderOf(*r)+"/cache/results.yml"] = "results: {}"
			r.Tags[query.TagHarness] = "mine"
		}, nil, "byob_arith.arith"},
		{"results of another job beside it", func(r *fakemlflow.Run) {
			r.Files["x.other/artifacts/results.yml"] = "results: {}"
			delete(r.Tags, query.TagHarness)
			r.Tags[query.TagTask] = "arith"
		}, nil, "arith"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := exported(t, "A1")[0]
			tt.change(&run)
			server := serve(t, run)
			if tt.fault != nil {
				server.Fault(*tt.fault)
			}
			evaluation := mustLoad(t, open(t, server), a1)[0]
			if len(evaluation.Jobs) != 1 || evaluation.Jobs[0].Results == nil {
				t.Fatalf("jobs %q, problem %q", texts(evaluation.Jobs), evaluation.Jobs[0].Problem)
			}
			job := evaluation.Jobs[0]
			if got := nemo.Text(job.Run.Task); got != tt.task {
				t.Errorf("task %q, want %q", got, tt.task)
			}
			if job.ResultsFile.Path != "byob_arith.byob_arith.arith/artifacts/results.yml" || job.Runtime == nil {
				t.Errorf("read %s, runtime %v", job.ResultsFile.Path, job.Runtime)
			}
			if launch := evaluation.Launches[0]; len(launch.Tasks) != 4 {
				t.Errorf("%d tasks: metadata.yaml was not found", len(launch.Tasks))
			}
			files, listings := asked(t, server)
			for i, name := range files {
				if i > 0 && name == files[i-1] {
					t.Errorf("asked twice for %s", name)
				}
			}
			for i, name := range listings {
				if i > 0 && name == listings[i-1] {
					t.Errorf("listed twice: %s", name)
				}
			}
		})
	}
}

func TestOneJobWithSeveralResultsIsNotGuessed(t *testing.T) {
	run := exported(t, "A1")[0]
	run.Tags[query.TagTask] = "neither"
	run.Files["x.other/artifacts/results.yml"] = "results: {}"
	job := mustLoad(t, open(t, serve(t, run)), a1)[0].Jobs[0]
	if job.Reason != nemo.ReasonUnreadable || !strings.Contains(job.Problem, "byob_arith.byob_arith.arith/artifacts, x.other/artifacts") {
		t.Errorf("reason %q: %s", job.Reason, job.Problem)
	}
}

// A file that is listed and does not come is a failure, never a missing file.
func TestListedFileThatDoesNotCome(t *testing.T) {
	for _, name := range []string{resultsYML, metricsJSON, metadataYAML} {
		for _, fault := range []fakemlflow.Fault{internal, notFound} {
			if fault.Status == http.StatusNotFound && name != resultsYML {
				continue // 404 beside the results is believed
			}
			server := serve(t, exported(t, "A1")...)
			server.Fault(at(fault, "/"+name))
			_, err := load(t, open(t, server), a1)
			wantCode(t, err, query.Unreachable, name, "cannot deliver")
		}
	}
}

// A folder of the name of a file is no file.
func TestFolderNamedLikeResults(t *testing.T) {
	run := exported(t, "A1")[0]
	name := folderOf(run) + "/" + resultsYML
	run.Files = map[string]string{name + "/x": "y"}
	server := serve(t, run)
	server.Fault(at(internal, name))
	job := mustLoad(t, open(t, server), a1)[0].Jobs[0]
	if job.Reason != nemo.ReasonNoResults {
		t.Errorf("reason %q: %s", job.Reason, job.Problem)
	}
}

// What is not there of a finished run is a value; what fails is an error.
func TestFinishedRun(t *testing.T) {
	run := exported(t, "A1")[0]
	run.Files = nil
	evaluation := mustLoad(t, open(t, serve(t, run)), a1)[0]
	if job := evaluation.Jobs[0]; job.Reason != nemo.ReasonNoResults || job.Results != nil {
		t.Errorf("reason %q", job.Reason)
	}
	if len(evaluation.Warnings) != 1 || evaluation.Warnings[0].Code != "TASKS_UNKNOWN" {
		t.Errorf("warnings %v, want TASKS_UNKNOWN alone", evaluation.Warnings)
	}
	if evaluation.Launches[0].Known {
		t.Error("a launch without a file is known")
	}
	for name, tt := range map[string]struct {
		fault fakemlflow.Fault
		code  query.Code
	}{
		"forbidden":   {fakemlflow.Fault{Status: http.StatusForbidden}, query.Forbidden},
		"login":       {fakemlflow.Fault{Status: http.StatusUnauthorized}, query.Unauthenticated},
		"unavailable": {fakemlflow.Fault{Status: http.StatusServiceUnavailable}, query.Unreachable},
		"dropped":     {fakemlflow.Fault{Drop: true}, query.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{resultsYML, metricsJSON, metadataYAML} {
				server := serve(t, exported(t, "A1")...)
				server.Fault(at(tt.fault, "story/artifacts/"+file))
				server.Fault(at(tt.fault, "arith/artifacts/"+file))
				_, err := load(t, open(t, server), a1)
				wantCode(t, err, tt.code)
			}
		})
	}
}

// Nothing was promised of a run that is not finished.
func TestUnfinishedRun(t *testing.T) {
	for status, reason := range map[string]string{
		query.StatusFailed: nemo.ReasonFailed, query.StatusKilled: nemo.ReasonFailed,
		query.StatusRunning: nemo.ReasonRunning, query.StatusScheduled: nemo.ReasonRunning,
	} {
		for name, fault := range map[string]fakemlflow.Fault{
			"500":       internal,
			"404":       notFound,
			"403":       {Status: http.StatusForbidden},
			"503":       {Status: http.StatusServiceUnavailable},
			"dropped":   {Drop: true},
			"cut short": {After: 10, Cut: true},
		} {
			t.Run(status+" "+name, func(t *testing.T) {
				runs := exported(t, "A1")
				runs[1].Status = status
				server := serve(t, runs...)
				// Every file of that run, and listings too unless they must work.
				server.Fault(at(fault, "story"))
				if name != "500" && name != "404" {
					fault.Match = func(r fakemlflow.Request) bool {
						return strings.Contains(r.Query, "run_id=00000000000000000000000000000002")
					}
					server.Fault(at(fault, "/artifacts/list"))
				}
				evaluation := mustLoad(t, open(t, server), a1)[0]
				want := []string{a1Jobs[0], a1 + ".1 lm-evaluation-harness story " + reason, a1Jobs[2]}
				if diff := cmp.Diff(want, texts(evaluation.Jobs)); diff != "" {
					t.Errorf("jobs (-want +got):\n%s", diff)
				}
				if evaluation.Jobs[1].Problem == "" {
					t.Error("nothing says what the problem is")
				}
			})
		}
	}
}

func TestUnfinishedRunWithResults(t *testing.T) {
	runs := exported(t, "A1")
	for i := range runs {
		runs[i].Status = query.StatusFailed
	}
	server := serve(t, runs...)
	server.Fault(at(internal, "arith/artifacts/"+metricsJSON))
	server.Fault(at(internal, "arith/artifacts/"+metadataYAML))
	evaluation := mustLoad(t, open(t, server), a1)[0]
	if diff := cmp.Diff(a1Jobs, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	want := [][]string{{"RUNTIME_UNREADABLE", "RUN_NOT_FINISHED"}, {"RUN_NOT_FINISHED"}, {"RUN_NOT_FINISHED"}}
	if diff := cmp.Diff(want, codes(evaluation.Jobs)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if !evaluation.Launches[0].Known {
		t.Error("the next run's metadata.yaml was not tried")
	}
}

// codes are the codes of each job's warnings.
func codes(jobs []nemo.Job) [][]string {
	var all [][]string
	for _, job := range jobs {
		var some []string
		for _, warning := range job.Warnings {
			some = append(some, warning.Code)
		}
		all = append(all, some)
	}
	return all
}

func TestDamagedResults(t *testing.T) {
	runs := exported(t, "A1")
	edit(t, &runs[1], resultsYML, "\nresults:", "\nresults: [\n")
	evaluation := mustLoad(t, open(t, serve(t, runs...)), a1)[0]
	want := []string{a1Jobs[0], a1 + ".1 lm-evaluation-harness story unreadable", a1Jobs[2]}
	if diff := cmp.Diff(want, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	problem := evaluation.Jobs[1].Problem
	if !strings.HasPrefix(problem, folderOf(runs[1])+"/results.yml: line ") {
		t.Errorf("problem %q does not name file and line", problem)
	}
	if evaluation.Jobs[1].ResultsFile.SHA256 == "" || evaluation.Jobs[1].Runtime == nil {
		t.Error("what is readable of the job was lost")
	}
}

func TestResultsWithoutScores(t *testing.T) {
	for content, reason := range map[string]string{
		"":                               nemo.ReasonUnreadable,
		"\x00\xff":                       nemo.ReasonUnreadable,
		"<html>login</html>":             nemo.ReasonUnreadable,
		"results: {}":                    nemo.ReasonNoResults,
		"results: {tasks: , groups: {}}": nemo.ReasonNoResults,
	} {
		runs := exported(t, "A1")
		runs[0].Files[folderOf(runs[0])+"/"+resultsYML] = content
		evaluation := mustLoad(t, open(t, serve(t, runs...)), a1)[0]
		if job := evaluation.Jobs[0]; job.Reason != reason || job.Results != nil || job.Problem == "" {
			t.Errorf("%q: reason %q, problem %q", content, job.Reason, job.Problem)
		}
		if diff := cmp.Diff(a1Jobs[1:], texts(evaluation.Jobs[1:])); diff != "" {
			t.Errorf("the other jobs (-want +got):\n%s", diff)
		}
	}
}

func TestRuntimeStatistics(t *testing.T) {
	runs := exported(t, "A1")
	edit(t, &runs[0], metricsJSON, "{", "{,")
	delete(runs[1].Files, folderOf(runs[1])+"/"+metricsJSON)
	runs[2].Files[folderOf(runs[2])+"/"+metricsJSON] = ""
	evaluation := mustLoad(t, open(t, serve(t, runs...)), a1)[0]
	if diff := cmp.Diff(a1Jobs, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	want := [][]string{{"RUNTIME_UNREADABLE"}, nil, {"RUNTIME_UNREADABLE"}}
	if diff := cmp.Diff(want, codes(evaluation.Jobs)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	for _, job := range evaluation.Jobs {
		if job.Runtime != nil {
			t.Errorf("%s has runtime statistics", *job.Run.JobID)
		}
	}
	message := evaluation.Jobs[0].Warnings[0].Message
	if !strings.HasPrefix(message, folderOf(runs[0])+"/"+metricsJSON+": line 1: ") {
		t.Errorf("message %q does not name file and line", message)
	}
}

// run_config.yml costs a request only where results.yml cannot tell a setting.
func TestRunConfigIsReadForOldCores(t *testing.T) {
	for version, want := range map[string]int{"0.2.8": 0, "0.1.40": 0, "0.1.39": 1, "''": 1} {
		run := exported(t, "A1")[0]
		edit(t, &run, resultsYML, "nemo_evaluator: 0.2.8", "nemo_evaluator: "+version)
		edit(t, &run, resultsYML, "    temperature: 0.6\n", "")
		server := serve(t, run)
		job := mustLoad(t, open(t, server), a1)[0].Jobs[0]
		files, _ := asked(t, server)
		if got := ends(files, runConfigYML); got != want {
			t.Errorf("core %s: run_config.yml was read %d times, want %d", version, got, want)
		}
		setting := job.Settings.Get(nemo.KeyTemperature)
		switch {
		case want == 0 && setting.State != nemo.NotSet:
			t.Errorf("core %s: temperature %+v, which results.yml says is not set", version, setting)
		case want == 1 && (setting.Value != "0.6" || setting.Path != folderOf(run)+"/"+runConfigYML):
			t.Errorf("core %s: temperature %+v, want 0.6 of run_config.yml", version, setting)
		}
	}
}

func TestRunConfigThatDoesNotCome(t *testing.T) {
	run := exported(t, "A1")[0]
	edit(t, &run, resultsYML, "nemo_evaluator: 0.2.8", "nemo_evaluator: 0.1.39")
	server := serve(t, run)
	server.Fault(at(internal, runConfigYML))
	_, err := load(t, open(t, server), a1)
	wantCode(t, err, query.Unreachable, runConfigYML)

	for name, change := range map[string]func(*fakemlflow.Run){
		"missing": func(r *fakemlflow.Run) { delete(r.Files, folderOf(*r)+"/"+runConfigYML) },
		"damaged": func(r *fakemlflow.Run) { r.Files[folderOf(*r)+"/"+runConfigYML] = "[" },
	} {
		changed := exported(t, "A1")[0]
		edit(t, &changed, resultsYML, "nemo_evaluator: 0.2.8", "nemo_evaluator: 0.1.39")
		change(&changed)
		job := mustLoad(t, open(t, serve(t, changed)), a1)[0].Jobs[0]
		if job.Results == nil || job.Settings.Get("params.none").State != nemo.Unknown {
			t.Errorf("%s: results %v, a key that nobody told is not unknown", name, job.Results)
		}
	}
}

func TestInterruptedLoad(t *testing.T) {
	server := serve(t, exported(t, "A1")...)
	found := resolve(t, open(t, server), a1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := artifacts.NewFetcher(nil, nil, 0).Load(ctx, found)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
