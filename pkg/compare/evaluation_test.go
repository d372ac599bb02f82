package compare_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestEvaluate(t *testing.T) {
	s := configured(side(
		"s",
		byob("s.0", "arith", "0.5", "{temperature: 0.0}").job(t),
		byob("s.1", "arith", ".nan", "{temperature: 1.0}").job(t),
		spec{id: "s.2", harness: "bfcl", task: "bf", results: "{groups: {bfcl: {metrics: {b_acc: {scores: {b_acc: {value: 5, stats: {stderr: -1}}}}, a_acc: {scores: {a_acc: {value: 6}}}}}}}"}.job(t),
		byob("s.3", "lost", "0", "").without(nemo.ReasonFailed),
	), "s", "byob_arith.arith", "byob_arith.arith", "bf", "lost", "never")
	s.Selectors = []string{"s", "./other"}
	e, warnings, err := compare.Evaluate(s, options(t))
	if err != nil {
		t.Fatal(err)
	}
	var scores []string
	for _, score := range e.Scores {
		scores = append(scores, fmt.Sprintf("%s[%s] %s %s primary=%v %s %s", score.Task, nemo.Text(score.Variant), score.Metric, text(score.Value), score.Primary, score.Scale, score.Direction))
	}
	wantLines(
		t, "scores", scores,
		"arith[temperature=0.0] pass@1 0.5 primary=true fraction higher",
		"arith[temperature=1.0] pass@1 - primary=true fraction higher",
		"bf[] a_acc 6 primary=false percent higher",
		"bf[] b_acc 5 primary=false percent higher",
	)
	wantLines(t, "averages", sideAverageLines(e.Averages), "s fraction 1 of 2: 0.5 +arith[temperature=0.0] 0.5 -arith[temperature=1.0]:nan")
	wantLines(t, "missing", missingLines(e.Missing), "s lost s.3: failed", "s never s.4: no_run")
	wantLines(t, "warnings", warningLines(warnings), "NO_PRIMARY_SCORE bf a_acc,b_acc", "NOT_A_NUMBER ×1", "STDERR_INVALID ×1")
	if len(e.Runs) != 4 || len(e.Configured) != 5 || e.Selector != "s,./other" || !cmp.Equal(e.Invocations, []string{"s"}) {
		t.Errorf("%d runs, %d configured, selector %s, %v", len(e.Runs), len(e.Configured), e.Selector, e.Invocations)
	}
	if got := e.Configured[0]; nemo.Text(got.Harness) != "byob_arith" || nemo.Text(got.Task) != "arith" || nemo.Text(got.JobID) != "s.0" {
		t.Errorf("%+v", got)
	}

	unknown, _, err := compare.Evaluate(side("u"), options(t))
	if err != nil {
		t.Fatal(err)
	}
	if unknown.Configured != nil || unknown.Runs == nil || unknown.Scores == nil || unknown.Averages == nil || unknown.Runtime == nil || unknown.Missing == nil {
		t.Errorf("%+v", unknown)
	}
}

func TestSideSummaries(t *testing.T) {
	model := func(job nemo.Job, name string) nemo.Job {
		job.Run.Model = nemo.Optional(name)
		return job
	}
	a := side(
		"a", model(byob("a1.0", "x", "0.5", "").job(t), "m2"), model(byob("a2.0", "x", "0.5", "").job(t), "m1"),
		model(byob("a1.1", "y", "0.5", "").without(nemo.ReasonFailed), "m2"))
	a.Selectors = nil
	c, _ := compared(t, []compare.Side{a, side("b", byob("b.0", "x", "0.5", "").job(t))})
	two := 2
	want := compare.SideSummary{
		Label: "a", Role: compare.Baseline, Selectors: []string{}, Invocations: []string{"a1", "a2"}, Models: []string{"m1", "m2"},
		Runs: []string{"run of a1.0", "run of a2.0", "run of a1.1"}, Repeats: 2, Tasks: 1,
	}
	if diff := cmp.Diff(want, c.Sides[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Sides[1].Role != compare.Candidate {
		t.Errorf("role %s", c.Sides[1].Role)
	}
	a = configured(configured(a, "a1", "x", "y"), "a2", "x")
	c, _ = compared(t, []compare.Side{a, a})
	if diff := cmp.Diff(&two, c.Sides[0].Configured); diff != "" {
		t.Errorf("configured (-want +got):\n%s", diff)
	}
}

func TestWarningsOfTheSidesFiles(t *testing.T) {
	a, b := byob("a.0", "x", "0.5", "{temperature: 0}").job(t), byob("b.0", "x", "0.5", "{temperature: 1}").job(t)
	a.Warnings = []nemo.Warning{{Code: "RUN_NOT_FINISHED", Task: "x"}}
	sides := []compare.Side{side("a", a), side("b", b)}
	sides[1].Warnings = []nemo.Warning{{Code: "SOMETHING"}}
	_, warnings := compared(t, sides)
	wantLines(t, "warnings", warningLines(warnings), "CONFIG_DIFFERS ×1", "RUN_NOT_FINISHED side a x", "SOMETHING side b")
}

func TestRuntime(t *testing.T) {
	with := func(job nemo.Job, stats string) nemo.Job {
		parsed, err := nemo.ParseRuntimeStats([]byte(stats))
		if err != nil {
			t.Fatal(err)
		}
		job.Runtime = parsed
		return job
	}
	a := with(byob("a.0", "x", "0.5", "").job(t), `{"response_stats": {"count": 206, "avg_latency_ms": 3}, "evaluation": {"scoring_time_seconds": 0.0}}`)
	b := with(byob("b.0", "x", "0.5", "").job(t), `{"response_stats": {"count": 103, "max_latency_ms": 7}, "evaluation": {"scoring_time_seconds": 0.5}}`)
	lines := func(changes []compare.RuntimeChange) []string {
		var list []string
		for _, c := range changes {
			list = append(list, fmt.Sprintf("%s[%s] %s %s -> %s = %s ×%s", c.Task, nemo.Text(c.Variant), c.Measure, text(c.Base.Value), text(c.Cand.Value), text(c.Delta), text(c.Ratio)))
		}
		return list
	}
	c, _ := versus(t, a, b)
	wantLines(
		t, "both sides", lines(c.Runtime),
		"x[] responses 206 -> 103 = -103 ×0.5",
		"x[] scoring_seconds 0 -> 0.5 = 0.5 ×-",
		"x[] avg_latency_ms 3 -> - = - ×-",
		"x[] max_latency_ms - -> 7 = - ×-",
	)
	other := byob("c.0", "y", "0.5", "").job(t)
	c, _ = versus(t, a, other)
	wantLines(t, "one-sided", lines(c.Runtime), "x[] responses 206 -> - = - ×-", "x[] scoring_seconds 0 -> - = - ×-", "x[] avg_latency_ms 3 -> - = - ×-")

	repeat := with(byob("a2.0", "x", "0.5", "").job(t), `{"response_stats": {"count": 200}}`)
	c, _ = compared(t, []compare.Side{side("a", a, repeat), side("b", b)})
	wantLines(
		t, "the mean over repeats, where all recorded it", lines(c.Runtime),
		"x[] responses 203 -> 103 = -100 ×0.507389162562", "x[] scoring_seconds - -> 0.5 = - ×-", "x[] max_latency_ms - -> 7 = - ×-")

	e, _, err := compare.Evaluate(side("a", a, other), options(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Runtime) != 1 || nemo.Text(e.Runtime[0].JobID) != "a.0" || text(e.Runtime[0].Responses) != "206" {
		t.Errorf("%+v", e.Runtime)
	}
}
