package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// nelNext is a job of a bundle with these scores.
func nelNext(t *testing.T, id, scores string) nemo.Job {
	t.Helper()
	bundle, err := nemo.ParseBundle([]byte(`{"config": {"repeats": 1}, "benchmark": {"name": "swebench-verified", "samples": 500, "scores": ` + scores + `, "categories": {"django": {"mean_reward": 0.5, "n": 100}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	job := spec{id: id, task: "swebench-verified"}.without("")
	job.Run.InvocationID, job.Run.JobID = nil, nil
	job.Results, job.ResultsFile = bundle.Results(), nemo.File{Path: "eval-1.json", SHA256: "ab"}
	job.Settings = bundle.Settings("eval-1.json")
	return job
}

// nel-next's headline is pass@1, or mean_reward, on the 0–1 scale; categories are
// further scores. What its file rounds is said, on the side that has it.
func TestFact15NelNextScoresAreRounded(t *testing.T) {
	base := nelNext(t, "a", `{"pass@1": {"value": 0.412}, "pass@4": {"value": 0.5}, "summary": {"mean": 1}}`)
	cand := nelNext(t, "b", `{"pass@1": {"value": 0.432}, "pass@4": {"value": 0.5}}`)
	exact := cand.Results.Scores[0]
	exact.Rounded = false
	cand.Results.Scores[0] = exact
	c, warnings := versus(t, base, cand, scores(t, "all"))
	wantLines(t, "rows", rowLines(c.Rows),
		"swebench-verified pass@1/pass@1 b: 0.412 -> 0.432 = 0.02 inconclusive ci_includes_zero",
		"swebench-verified pass@4/pass@4 b: 0.5 -> 0.5 = 0 inconclusive ci_includes_zero",
		"swebench-verified mean_reward/mean_reward b: 0.5 -> 0.5 = 0 inconclusive ci_includes_zero")
	for i, row := range c.Rows {
		if row.Scale != catalog.Fraction || row.Direction != catalog.Higher || row.Primary != (i == 0) || row.Section != nemo.Benchmark {
			t.Errorf("%+v", row)
		}
	}
	if diff := cmp.Diff([]string{"SCORE_ROUNDED side a", "UNPAIRED_SAME_ITEMS"}, warningLines(c.Rows[0].Warnings)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"SCORE_ROUNDED", "UNPAIRED_SAME_ITEMS"}, warningLines(c.Rows[1].Warnings)); diff != "" {
		t.Error(diff)
	}
	wantLines(t, "envelope", warningLines(warnings), "SCORE_ROUNDED ×3", "UNPAIRED_SAME_ITEMS ×3")

	_, warnings, err := compare.Evaluate(side("a", base), options(t))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "evaluation", warningLines(warnings), "SCORE_ROUNDED side a swebench-verified")

	reward := nelNext(t, "a", `{"mean_reward": 0.5, "scorer:judge": {"value": 0.25}}`)
	c, _ = versus(t, reward, reward)
	wantLines(t, "rows", rowLines(c.Rows), "swebench-verified mean_reward/mean_reward b: 0.5 -> 0.5 = 0 no_inference same_run")
	c, _ = versus(t, reward, base)
	wantLines(t, "rows", rowLines(c.Rows), "swebench-verified mean_reward/mean_reward b: 0.5 -> 0.412 = -0.088 not_comparable metric_name")
}

// A run of nel-next without its files has the metrics pass_at_1 and the like.
func TestNelNextMetrics(t *testing.T) {
	base := nelNext(t, "a", `{"pass@1": {"value": 0.412}, "pass@4": {"value": 0.5}}`)
	bare := metricsJob("b", "", "swebench-verified", map[string]float64{"pass_at_1": 0.5, "pass_at_4": 0.75})
	for _, sides := range [][]compare.Side{{side("a", base), side("b", bare)}, {side("a", bare), side("b", base)}, {side("a", bare), side("b", bare)}} {
		c, _ := compared(t, sides, scores(t, "pass*"))
		if len(c.Rows) != 2 || !c.Rows[0].Primary || c.Rows[0].Delta == nil || c.Rows[1].Delta == nil || c.Rows[0].Scale != catalog.Fraction {
			t.Errorf("%q %+v", rowLines(c.Rows), c.Rows[0].Scale)
		}
	}
}
