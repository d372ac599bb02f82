package compare_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// metricsJob is a job whose run has no results.yml.
func metricsJob(id, harness, task string, metrics map[string]float64) nemo.Job {
	job := spec{id: id, harness: harness, task: task}.without("")
	job.Results = &nemo.Results{Scores: nemo.MetricScores(task, metrics)}
	job.Settings = nemo.Settings{Values: map[string]nemo.Setting{}}
	return job
}

// stripped is the job as a run without files would have it: its scores as the
// exporter of a format makes metrics of them.
func stripped(t *testing.T, job nemo.Job, format nemo.KeyFormat) nemo.Job {
	t.Helper()
	metrics := map[string]float64{}
	for _, s := range job.Results.Scores {
		if key, ok := format.MetricKey(s); ok && s.Value != nil {
			metrics[key] = s.Value.Float64()
		}
	}
	job.Results = &nemo.Results{Scores: nemo.MetricScores(nemo.Text(job.Run.Task), metrics)}
	job.ResultsFile = nemo.File{}
	job.Settings = nemo.Settings{Values: map[string]nemo.Setting{}}
	return job
}

// What a results.yml says and what the launcher makes of it in MLflow are the same
// scores: against each other nothing differs, whatever the harness, on either side,
// and the headline is the same.
func TestFact06ExampleEvaluationsAgainstTheirOwnMetrics(t *testing.T) {
	headlines := 0
	for name, whole := range exampleSides(t) {
		for _, job := range whole.Jobs {
			bare := stripped(t, job, nemo.Keys127)
			for _, sides := range [][]compare.Side{
				{side("a", job), side("b", bare)},
				{side("a", bare), side("b", job)},
				{side("a", bare), side("b", bare)},
			} {
				c, _ := compared(t, sides, scores(t, "all"))
				for _, row := range c.Rows {
					if row.Delta == nil || row.Delta.Sign() != 0 {
						t.Errorf("%s: %s", name, rowLines([]compare.Row{row}))
					}
					if row.Primary {
						headlines++
					}
					if len(row.Warnings) == 0 || row.Warnings[0].Code != "SCORES_FROM_METRICS" {
						t.Errorf("%s: warnings %v of %s", name, warningLines(row.Warnings), rowLines([]compare.Row{row}))
					}
				}
				if len(c.Rows) != len(job.Results.Scores) {
					t.Errorf("%s %s: %d rows of %d scores", name, nemo.Text(job.Run.Task), len(c.Rows), len(job.Results.Scores))
				}
				want, _ := versus(t, job, job)
				if got, _ := compared(t, sides); len(got.Rows) != len(want.Rows) || len(want.Rows) == 1 && got.Rows[0].Scale != want.Rows[0].Scale {
					t.Errorf("%s %s: headline %v of scale %v, want %v", name, nemo.Text(job.Run.Task), rowLines(got.Rows), got.Averages, rowLines(want.Rows))
				}
			}
		}
	}
	if headlines < 30 {
		t.Errorf("%d headlines: the examples are not there", headlines)
	}
}

func TestMetricsAgainstResults(t *testing.T) {
	gpqa := func(metric string) nemo.Job {
		return skills("a.0", "gpqa_diamond", metric, "symbolic_correct", "70").job(t)
	}
	for _, test := range []struct {
		name    string
		base    nemo.Job
		metrics map[string]float64
		scores  string
		want    []string
	}{
		{
			"the key of the headline", gpqa("pass@1[avg-of-16]"),
			map[string]float64{"gpqa_diamond_pass_at_1_avg-of-16_symbolic_correct": 71.5, "gpqa_diamond_pass_at_1_avg-of-16_gen_seconds": 3},
			"primary",
			[]string{"gpqa_diamond pass@1[avg-of-16]/symbolic_correct b: 70 -> 71.5 = 1.5 no_inference"},
		},
		{
			"another number of repeats is another setting", gpqa("pass@1[avg-of-16]"),
			map[string]float64{"gpqa_pass_at_1_avg-of-8_symbolic_correct": 71.5, "gpqa_pass_at_1_avg-of-4_symbolic_correct": 1},
			"primary",
			[]string{"gpqa_diamond pass@1[avg-of-16]/symbolic_correct b: 70 -> 71.5 = 1.5 no_inference"},
		},
		{
			"another score is another question", gpqa("pass@1[avg-of-16]"),
			map[string]float64{"gpqa_majority_16_symbolic_correct": 71.5},
			"primary",
			[]string{"gpqa_diamond pass@1[avg-of-16]/symbolic_correct b: 70 -> 71.5 = 1.5 not_comparable metric_name"},
		},
		{
			"before 0.1.27", spec{id: "a.0", harness: "lm-evaluation-harness", task: "arc", results: `{tasks: {arc: {metrics: {acc: {scores: {acc: {value: 0.5}}}, acc_norm: {scores: {acc_norm: {value: 0.6}}}}}}}`}.job(t),
			map[string]float64{"arc_acc_acc": 0.75, "arc_acc_norm_acc_norm": 0.5},
			"all",
			[]string{"arc acc/acc b: 0.5 -> 0.75 = 0.25 no_inference", "arc acc_norm/acc_norm b: 0.6 -> 0.5 = -0.1 no_inference"},
		},
		{
			"two scores of one key are not joined", spec{id: "a.0", harness: "h", task: "x", results: `{tasks: {x: {metrics: {f1: {scores: {f1: {value: 1}}}, a: {scores: {b__c: {value: 1}, b_c: {value: 2}}}}}}}`}.job(t),
			map[string]float64{"x_a_b_c": 2, "x_f1": 1},
			"all",
			[]string{
				"x x_a_b_c/x_a_b_c b: - -> 2 = - not_comparable absent_on_side,metric_key_ambiguous",
				"x a/b__c b: 1 -> - = - not_comparable absent_on_side,metric_key_ambiguous",
				"x a/b_c b: 2 -> - = - not_comparable absent_on_side,metric_key_ambiguous",
				"x f1/f1 b: 1 -> 1 = 0 no_inference",
			},
		},
		{
			"nor a headline, though its key could be guessed", spec{id: "a.0", harness: "h", task: "x", results: `{tasks: {x: {metrics: {exact_match__strict: {scores: {exact_match__strict: {value: 1}}}, exact_match_strict: {scores: {exact_match_strict: {value: 2}}}}}}}`}.job(t),
			map[string]float64{"x_exact_match_strict": 1},
			"primary",
			[]string{"x exact_match__strict/exact_match__strict b: 1 -> - = - not_comparable absent_on_side,metric_key_ambiguous"},
		},
	} {
		bare := metricsJob("b.0", nemo.Text(test.base.Run.Harness), nemo.Text(test.base.Run.Task), test.metrics)
		c, _ := versus(t, test.base, bare, scores(t, test.scores))
		if diff := cmp.Diff(test.want, rowLines(c.Rows)); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
		if turned, _ := versus(t, bare, test.base, scores(t, test.scores)); len(turned.Rows) != len(c.Rows) {
			t.Errorf("%s: turned around, rows %v", test.name, rowLines(turned.Rows))
		}
	}
}

// A score from metrics says where it is from and has nothing that MLflow never got.
func TestFact08MetricsHaveNoErrors(t *testing.T) {
	base := byob("a.0", "arith", "0.85", "{temperature: 0.5, limit_samples: null}").job(t)
	bare := metricsJob("b.0", "byob_arith", "arith", map[string]float64{"arith_pass_at_1_correct": 0.87, "arith_pass_at_1_answer_chars": 3.5})
	c, warnings := versus(t, base, bare)
	row := c.Rows[0]
	if row.Name != "arith" || row.Section != nemo.Tasks || row.Scale != catalog.Fraction || text(row.Delta) != "0.02" {
		t.Errorf("%+v", row)
	}
	want := []nemo.Source{{RunID: "run of b.0", Key: "arith_pass_at_1_correct"}}
	if diff := cmp.Diff(want, row.Cand.Sources); diff != "" || row.Cand.N != nil || row.Cand.Stderr != nil {
		t.Errorf("%s n %v", diff, row.Cand.N)
	}
	if diff := cmp.Diff([]string{"SCORES_FROM_METRICS side b", "CONFIG_UNKNOWN temperature"}, warningLines(row.Warnings)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"run of b.0"}, row.Warnings[0].RunIDs); diff != "" {
		t.Error(diff)
	}
	wantLines(t, "envelope", warningLines(warnings), "CONFIG_UNKNOWN ×1", "SCORES_FROM_METRICS ×1")
	if c.Counts.Matched != 1 || len(c.Missing) != 0 {
		t.Errorf("counts %+v, missing %v", c.Counts, c.Missing)
	}

	e, warnings, err := compare.Evaluate(side("b", bare), options(t))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "evaluation", warningLines(warnings), "SCORES_FROM_METRICS side b arith")
	var lines []string
	for _, s := range e.Scores {
		lines = append(lines, fmt.Sprintf("%s %s %s/%s %s %v %s/%s", s.Section, s.Name, s.Metric, s.Score, text(s.Value), s.Primary, s.Scale, s.Direction))
	}
	wantLines(t, "scores", lines,
		"metrics arith arith_pass_at_1_answer_chars/arith_pass_at_1_answer_chars 3.5 false unknown/unknown",
		"metrics arith arith_pass_at_1_correct/arith_pass_at_1_correct 0.87 true fraction/higher")
}

// Two runs without files, of launchers before and since 0.1.27, and of different
// names of the task.
func TestMetricsAgainstMetrics(t *testing.T) {
	base := metricsJob("a.0", "nemo_skills", "ns_gpqa", map[string]float64{"gpqa_pass_at_1_avg-of-4_symbolic_correct": 70, "gpqa_pass_at_4_symbolic_correct": 80})
	cand := metricsJob("b.0", "nemo_skills", "gpqa_diamond", map[string]float64{"gpqa_pass_at_1_avg-of-4_symbolic_correct": 72})
	c, _ := versus(t, base, cand)
	wantLines(t, "rows", rowLines(c.Rows), "ns_gpqa gpqa_pass_at_1_avg-of-4_symbolic_correct/gpqa_pass_at_1_avg-of-4_symbolic_correct b: 70 -> 72 = 2 no_inference")
	if c.Rows[0].Scale != catalog.Percent {
		t.Error(c.Rows[0].Scale)
	}

	older := metricsJob("a.0", "lm-evaluation-harness", "arc", map[string]float64{"arc_acc_acc": 0.5})
	newer := metricsJob("b.0", "lm-evaluation-harness", "arc", map[string]float64{"arc_acc": 0.25})
	c, _ = versus(t, older, newer)
	wantLines(t, "rows", rowLines(c.Rows), "arc arc_acc_acc/arc_acc_acc b: 0.5 -> 0.25 = -0.25 no_inference")
}

// A task is joined with itself under the launcher's name, MLflow's, and that of its
// results.yml, which also begins its MLflow keys.
func TestFact05OneTaskHasSeveralNames(t *testing.T) {
	named := func(id, task, name, value string) nemo.Job {
		job := skills(id, name, "pass@1", "symbolic_correct", value).job(t)
		job.Run.Task = &task
		return job
	}
	base := named("a.0", "ns_gpqa", "gpqa", "70")
	for _, cand := range []nemo.Job{
		named("b.0", "gpqa_diamond", "gpqa", "72"),
		named("b.0", "gpqa", "gpqa_diamond", "72"),
		metricsJob("b.0", "nemo_skills", "gpqa_diamond", map[string]float64{"gpqa_pass_at_1_symbolic_correct": 72}),
		metricsJob("b.0", "nemo_skills", "gpqa", map[string]float64{"gpqa_diamond_pass_at_1_symbolic_correct": 72, "gpqa_diamond_pass_at_1_gen_seconds": 5}),
		metricsJob("b.0", "", "ns_gpqa", map[string]float64{"gpqa_pass_at_1_symbolic_correct": 72, "gpqa_majority_4_symbolic_correct": 5}),
	} {
		c, _ := versus(t, base, cand)
		wantLines(t, nemo.Text(cand.Run.Task), rowLines(c.Rows), "ns_gpqa pass@1/symbolic_correct b: 70 -> 72 = 2 no_inference")
	}
}
