package artifacts_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// withMetrics is the arith job of A1 with metrics, as every run has them.
func withMetrics(t *testing.T) fakemlflow.Run {
	run := exported(t, "A1")[0]
	run.Metrics = map[string]float64{"arith_pass_at_1_correct": 0.5, "arith_pass_at_1_answer_chars": 3.25}
	return run
}

// Metrics stand for the results of a run that was listed and has no results.yml:
// never for one that is damaged, empty, or failed to come, nor while an export is
// under way.
func TestMetricsStandOnlyForAbsentResults(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*fakemlflow.Run)
		fault  *fakemlflow.Fault
		want   string // the reason, or where the scores are from
	}{
		{"results", func(*fakemlflow.Run) {}, nil, "file"},
		{"no files", func(r *fakemlflow.Run) { r.Files = nil }, nil, "metrics"},
		{"no files, failed", func(r *fakemlflow.Run) { r.Files, r.Status = nil, query.StatusFailed }, nil, "metrics"},
		{"no files, killed", func(r *fakemlflow.Run) { r.Files, r.Status = nil, query.StatusKilled }, nil, "metrics"},
		{"no results.yml", func(r *fakemlflow.Run) { delete(r.Files, folderOf(*r)+"/"+resultsYML) }, nil, "metrics"},
		{"neither files nor metrics", func(r *fakemlflow.Run) { r.Files, r.Metrics = nil, nil }, nil, nemo.ReasonNoResults},
		{"under way", func(r *fakemlflow.Run) { r.Files, r.Status = nil, query.StatusRunning }, nil, nemo.ReasonRunning},
		{"damaged", func(r *fakemlflow.Run) { r.Files[folderOf(*r)+"/"+resultsYML] = "results: [" }, nil, nemo.ReasonUnreadable},
		{"without scores", func(r *fakemlflow.Run) { r.Files[folderOf(*r)+"/"+resultsYML] = "results: {}" }, nil, nemo.ReasonNoResults},
		{"elsewhere", func(r *fakemlflow.Run) { r.Tags[query.TagHarness] = "mine" }, nil, "file"},
		{"failed, and the store too", func(r *fakemlflow.Run) { r.Status = query.StatusFailed }, new(at(internal, "/"+resultsYML)), nemo.ReasonFailed},
		{"failed, and nothing is listed", func(r *fakemlflow.Run) { r.Files, r.Status = nil, query.StatusFailed }, &fakemlflow.Fault{Path: "/artifacts/list", Status: http.StatusForbidden}, nemo.ReasonFailed},
		{"a whole invocation", func(r *fakemlflow.Run) {
			r.Files, r.Params = nil, map[string]string{"jobs_count": "3"}
			r.Tags = map[string]string{query.TagInvocation: a1}
		}, nil, nemo.ReasonNoResults},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := withMetrics(t)
			test.change(&run)
			server := serve(t, run)
			if test.fault != nil {
				server.Fault(*test.fault)
			}
			job := mustLoad(t, open(t, server), a1)[0].Jobs[0]
			got := job.Reason
			switch {
			case job.HasResultsFile():
				got += "file"
			case job.Results != nil:
				got += "metrics"
				if v := job.Results.Scores[1].Value.String(); v != "0.5" || job.Results.Scores[1].Name != nemo.Text(job.Run.Task) {
					t.Errorf("scores %+v", job.Results.Scores)
				}
			}
			if got != test.want {
				t.Errorf("%q, want %q: %s", got, test.want, job.Problem)
			}
		})
	}
}

// A results.yml that a finished run lists and does not deliver fails the command,
// though there are metrics.
func TestMetricsDoNotHideAFailedDownload(t *testing.T) {
	for _, fault := range []fakemlflow.Fault{internal, {Path: "", Drop: true}, {Status: http.StatusForbidden}} {
		server := serve(t, withMetrics(t))
		server.Fault(at(fault, "/"+resultsYML))
		if evaluations, err := load(t, open(t, server), a1); err == nil {
			t.Errorf("%+v: %v", fault, texts(evaluations[0].Jobs))
		}
	}
}

// What a run without results.yml does have is read: statistics and settings.
func TestOtherFilesOfARunWithoutResults(t *testing.T) {
	whole, run := withMetrics(t), withMetrics(t)
	delete(run.Files, folderOf(run)+"/"+resultsYML)
	want := mustLoad(t, open(t, serve(t, whole)), a1)[0].Jobs[0]
	job := mustLoad(t, open(t, serve(t, run)), a1)[0].Jobs[0]
	if diff := cmp.Diff(want.Runtime, job.Runtime); diff != "" || job.Runtime == nil {
		t.Errorf("runtime (-with results.yml +without):\n%s", diff)
	}
	for _, key := range slices.Concat(want.Settings.Keys(), job.Settings.Keys()) {
		if a, b := want.Settings.Get(key), job.Settings.Get(key); !a.Same(b) {
			t.Errorf("%s: %+v without results.yml, %+v with it", key, b, a)
		}
	}
	if len(job.Settings.Values) < 5 {
		t.Errorf("settings %v", job.Settings.Values)
	}
	if got, want := nemo.Text(job.Run.Container), nemo.Text(want.Run.Container); got != want {
		t.Errorf("container %q, want %q", got, want)
	}
}

// Of two runs of one task the one with a results.yml counts, though the other is
// finished, newer and of one job.
func TestResultsGoBeforeMetrics(t *testing.T) {
	runs := exported(t, "A1")
	bare := withMetrics(t)
	bare.Files = nil
	evaluation := mustLoad(t, open(t, serve(t, wholeInvocation(runs, listedFolder), bare)), a1)[0]
	i := slices.IndexFunc(evaluation.Jobs, func(j nemo.Job) bool { return nemo.Text(j.Run.Task) == "arith" })
	if i < 0 || !evaluation.Jobs[i].HasResultsFile() {
		t.Errorf("jobs %q", texts(evaluation.Jobs))
	}
}
