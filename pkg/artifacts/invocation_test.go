package artifacts_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// wholeInvocation is the run that launcher 0.1.x makes of runs of single jobs:
// no tags but the invocation, one folder a job, one configuration.
func wholeInvocation(runs []fakemlflow.Run, folder func(fakemlflow.Run) string) fakemlflow.Run {
	whole := fakemlflow.Run{
		Name:   "eval-" + a1,
		Tags:   map[string]string{query.TagInvocation: a1},
		Params: map[string]string{"jobs_count": "3"},
		Files:  map[string]string{"config.yaml": "evaluation: {tasks: [byob_arith.arith, lm-evaluation-harness.story, bfclv2_ast, ifbench]}"},
	}
	for _, run := range runs {
		for _, name := range []string{resultsYML, metricsJSON} {
			whole.Files[folder(run)+"/"+name] = run.Files[folderOf(run)+"/"+name]
		}
	}
	return whole
}

// listedFolder is the folder of a task that the launcher lists.
func listedFolder(run fakemlflow.Run) string {
	harness := run.Tags[query.TagHarness]
	return harness + "." + nemo.TaskName(harness, run.Tags[query.TagTask]) + "/artifacts"
}

func TestWholeInvocationIsSeveralJobs(t *testing.T) {
	for name, folder := range map[string]func(fakemlflow.Run) string{
		"listed tasks":   listedFolder,
		"unlisted tasks": folderOf,
		"0.1.12":         func(run fakemlflow.Run) string { return path.Dir(listedFolder(run)) },
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, wholeInvocation(exported(t, "A1"), folder))
			evaluation := mustLoad(t, open(t, server), a1)[0]
			if diff := cmp.Diff(a1Jobs, texts(evaluation.Jobs)); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
			if got := taskNames(evaluation.Launches[0]); len(got) != 4 {
				t.Errorf("tasks %q", got)
			}
			if len(evaluation.Warnings) > 0 {
				t.Errorf("warnings %+v", evaluation.Warnings)
			}
			for _, job := range evaluation.Jobs {
				if job.Runtime == nil || !strings.HasPrefix(job.ResultsFile.Path, nemo.Text(job.Run.Harness)) {
					t.Errorf("%s: file %s, runtime %v", *job.Run.JobID, job.ResultsFile.Path, job.Runtime)
				}
			}
			files, _ := asked(t, server)
			if len(files) != 7 {
				t.Errorf("asked for %q", files)
			}
		})
	}
}

func TestDamageInAWholeInvocation(t *testing.T) {
	whole := wholeInvocation(exported(t, "A1"), listedFolder)
	whole.Files["lm-evaluation-harness.story/artifacts/results.yml"] = "["
	evaluation := mustLoad(t, open(t, serve(t, whole)), a1)[0]
	want := []string{a1Jobs[0], a1 + ".1 lm-evaluation-harness story unreadable", a1Jobs[2]}
	if diff := cmp.Diff(want, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}

	for _, fault := range []fakemlflow.Fault{internal, notFound} {
		server := serve(t, whole)
		server.Fault(at(fault, "bfclv2_ast/artifacts/results.yml"))
		_, err := load(t, open(t, server), a1)
		wantCode(t, err, query.Unreachable, "bfclv2_ast/artifacts/results.yml")

		whole.Status = query.StatusFailed
		server = serve(t, whole)
		server.Fault(at(fault, "bfclv2_ast/artifacts/results.yml"))
		evaluation = mustLoad(t, open(t, server), a1)[0]
		want[2] = a1 + ".2 bfcl bfclv2_ast failed"
		if diff := cmp.Diff(want, texts(evaluation.Jobs)); diff != "" {
			t.Errorf("jobs of a failed run (-want +got):\n%s", diff)
		}
		whole.Status = query.StatusFinished
	}
}

func TestWholeInvocationWithoutFiles(t *testing.T) {
	whole := wholeInvocation(nil, nil)
	whole.Files = nil
	evaluation := mustLoad(t, open(t, serve(t, whole)), a1)[0]
	if diff := cmp.Diff([]string{"   no_results"}, texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

// An export more is no repeat.
func TestWholeInvocationExportedAgain(t *testing.T) {
	single := exported(t, "A1")
	whole := wholeInvocation(single, listedFolder)
	changed := wholeInvocation(single, listedFolder)
	changed.Files["byob_arith.arith/artifacts/results.yml"] = "results: {tasks: {x: {metrics: {m: {scores: {s: {value: 7}}}}}}}"
	again := append([]string{a1 + ".0 byob_arith arith 7"}, a1Jobs[1:]...)
	failed := changed
	failed.Status = query.StatusFailed
	empty := failed
	empty.Files = nil
	damaged := single[1]
	damaged.Files = map[string]string{folderOf(single[1]) + "/" + resultsYML: "["}

	for name, tt := range map[string]struct {
		runs  []fakemlflow.Run
		want  []string
		aside string // last digits of run ids
	}{
		"the newest counts":          {[]fakemlflow.Run{whole, changed}, again, "1"},
		"finished before failed":     {[]fakemlflow.Run{whole, failed}, a1Jobs, "2"},
		"results before none":        {[]fakemlflow.Run{failed, empty}, again, ""},
		"single jobs before wholes":  {append(slices.Clone(single), changed), a1Jobs, "4"},
		"what single jobs lack":      {[]fakemlflow.Run{single[0], single[2], changed}, a1Jobs, "3"},
		"results before a damaged":   {[]fakemlflow.Run{single[0], damaged, single[2], changed}, a1Jobs, "24"},
		"single jobs are left alone": {single, a1Jobs, ""},
	} {
		t.Run(name, func(t *testing.T) {
			evaluation := mustLoad(t, open(t, serve(t, tt.runs...)), a1)[0]
			got := texts(slices.DeleteFunc(evaluation.Jobs, func(job nemo.Job) bool { return job.Run.Task == nil }))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
			aside := ""
			for _, warning := range evaluation.Warnings {
				if warning.Code != "DUPLICATE_RUNS" {
					t.Errorf("warning %+v", warning)
				}
				for _, id := range warning.RunIDs {
					aside += id[len(id)-1:]
				}
			}
			if aside != tt.aside {
				t.Errorf("set aside %q, want %q: %+v", aside, tt.aside, evaluation.Warnings)
			}
		})
	}
}

// One benchmark twice in an invocation is two jobs, not one exported twice.
func TestTwoJobsOfOneTask(t *testing.T) {
	evaluation := mustLoad(t, open(t, serve(t, exported(t, "TWICE")...)), "5262219b2ed44899")[0]
	if len(evaluation.Jobs) != 2 || len(evaluation.Warnings) != 0 {
		t.Errorf("jobs %q, warnings %+v", texts(evaluation.Jobs), evaluation.Warnings)
	}
}

func TestNameOfFolder(t *testing.T) {
	for dir, want := range map[string][2]string{
		"":                                   {"", ""},
		"artifacts":                          {"", ""},
		"simple_evals.gpqa/artifacts":        {"simple_evals", "gpqa"},
		"simple_evals.gpqa":                  {"simple_evals", "gpqa"},
		"ns_gpqa":                            {"", "ns_gpqa"},
		"bfcl.bfcl.bfclv2_ast/artifacts":     {"bfcl", "bfclv2_ast"},
		"None.gpqa/artifacts":                {"", "gpqa"},
		"unknown.gpqa/artifacts":             {"", "gpqa"},
		"lm-evaluation-harness.a.b":          {"lm-evaluation-harness", "a.b"},
		"deep/down/simple_evals.x/artifacts": {"simple_evals", "x"},
	} {
		harness, task := artifacts.NameOfFolder(dir)
		if got := [2]string{harness, task}; got != want {
			t.Errorf("%q: %q, want %q", dir, got, want)
		}
	}
}
