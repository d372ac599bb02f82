package gate_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

const onePoint = "version: 1\ndefaults: {max_drop: 0.01}\n"

// The cases that gates in the field get wrong.
func TestPairedAnswers(t *testing.T) {
	for _, test := range []struct {
		name             string
		n, wrong, right  int
		drop             string
		verdict          compare.Verdict
		want             gate.Result
		wantReason       string
		differsFromOther string // code of the explanation
	}{
		{"30 lost, 10 won of 500, a margin of 1 point", 500, 30, 10, "0.01", compare.Regressed, gate.Fail, "", ""},
		{"the same, 5 points", 500, 30, 10, "0.05", compare.Regressed, gate.Inconclusive, "ci_straddles", ""},
		{"the same, 10 points", 500, 30, 10, "0.1", compare.Regressed, gate.Pass, "", ""},
		{"no flip in 12 pairs", 12, 0, 0, "0.01", compare.Inconclusive, gate.Inconclusive, "ci_straddles", "zero_width_pass"},
		{"no flip in 198 pairs", 198, 0, 0, "0.01", compare.Inconclusive, gate.Inconclusive, "ci_straddles", "zero_width_pass"},
		{"no flip in 500 pairs", 500, 0, 0, "0.01", compare.Inconclusive, gate.Pass, "", ""},
		{"40 won, 5 lost of 500", 500, 5, 40, "0.01", compare.Improved, gate.Pass, "", ""},
		{"40 won, 5 lost of 500, no margin", 500, 5, 40, "0", compare.Improved, gate.Pass, "", ""},
		{"3 lost, 3 won of 198", 198, 3, 3, "0.01", compare.Inconclusive, gate.Inconclusive, "ci_straddles", ""},
		{"9 pairs, all lost", 9, 9, 0, "0.01", compare.InsufficientData, gate.Inconclusive, "too_few_pairs", ""},
		{"5 lost, 40 won of 500, reversed", 500, 40, 5, "0", compare.Regressed, gate.Fail, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, cand := flips(test.n, test.wrong, test.right)
			a := judge(t, "version: 1\ndefaults: {max_drop: "+test.drop+"}\n", sideOf(t, "b", base), sideOf(t, "c", cand))
			if len(a.Rows) != 1 {
				t.Fatal(sketch(a))
			}
			row := a.Rows[0]
			if row.Verdict != test.verdict || row.Result != test.want || a.Verdict != test.want {
				t.Errorf("%s, compared as %s; want %s, %s", sketch(a), row.Verdict, test.want, test.verdict)
			}
			reason := nemo.Text(row.Rules[0].Reason)
			if reason != test.wantReason {
				t.Errorf("reason %q, want %q", reason, test.wantReason)
			}
			a.Explain()
			var codes []string
			for _, e := range a.Explanations {
				codes = append(codes, e.Code)
			}
			if test.differsFromOther != "" && !strings.Contains(strings.Join(codes, " "), test.differsFromOther) {
				t.Errorf("explained %v, want %s", codes, test.differsFromOther)
			}
		})
	}
}

// 12 pairs without a flip are compatible with a change of ±0.2425 (V33).
func TestIntervalOfNoFlips(t *testing.T) {
	base, cand := flips(12, 0, 0)
	a := judge(t, onePoint, sideOf(t, "b", base), sideOf(t, "c", cand))
	z := 1.959963984540054
	want := z * z / (12 + z*z)
	if hi := a.Rows[0].Rules[0].Hi.Float64(); math.Abs(hi-want) > 1e-9 {
		t.Errorf("upper limit %v, want %v", hi, want)
	}
}

func TestRows(t *testing.T) {
	plain := func(task, value string) job { return job{task: task, value: value} }
	counted := func(task, value string, n int) job {
		return job{task: task, value: value, stats: fmt.Sprintf("count: %d", n)}
	}
	with := func(j job, params string) job { j.params = params; return j }
	for _, test := range []struct {
		name, policy string
		base, cand   []job
		want         string
	}{
		{
			"values alone are inconclusive", onePoint,
			[]job{plain("quiz", "0.5")},
			[]job{plain("quiz", "0.9")},
			"inconclusive; quiz max_drop inconclusive no_uncertainty",
		},
		{
			"an equal value is no evidence either", onePoint,
			[]job{plain("quiz", "0.5")},
			[]job{plain("quiz", "0.5")},
			"inconclusive; quiz max_drop inconclusive no_uncertainty",
		},
		{
			"standard errors of zero are none", onePoint,
			[]job{{task: "quiz", value: "0.5", stats: "stderr: 0"}},
			[]job{{task: "quiz", value: "0.5", stats: "stderr: 0"}},
			"inconclusive; quiz max_drop inconclusive no_uncertainty",
		},
		{
			"a number of questions is evidence", onePoint,
			[]job{counted("quiz", "0.5", 1000)},
			[]job{counted("quiz", "0.9", 1000)},
			"pass; quiz max_drop pass",
		},
		{
			"and shows a drop", onePoint,
			[]job{counted("quiz", "0.9", 1000)},
			[]job{counted("quiz", "0.5", 1000)},
			"fail; quiz max_drop fail",
		},
		{
			"standard errors are", onePoint,
			[]job{{task: "quiz", value: "0.51", stats: "stderr: 0.003"}},
			[]job{{task: "quiz", value: "0.52", stats: "stderr: 0.004"}},
			"pass; quiz max_drop pass",
		},
		{
			"advisory rows never count, and alone are nothing", "defaults: {tier: advisory}",
			[]job{counted("quiz", "0.9", 1000)},
			[]job{counted("quiz", "0.5", 1000)},
			"fail; quiz max_drop fail",
		},
		{
			"advisory beside required", "benchmarks: {quiz: {tier: advisory}}",
			[]job{counted("quiz", "0.9", 1000), counted("sums", "0.5", 1000)},
			[]job{counted("quiz", "0.5", 1000), counted("sums", "0.9", 1000)},
			"pass; quiz max_drop fail; sums max_drop pass",
		},
		{
			"nothing in common", onePoint,
			[]job{counted("quiz", "0.9", 1000)},
			[]job{counted("sums", "0.9", 1000)},
			"fail; quiz - missing absent_on_side",
		},
		{
			"new in the candidate", onePoint,
			[]job{counted("quiz", "0.5", 1000)},
			[]job{counted("quiz", "0.9", 1000), counted("sums", "0.9", 1000)},
			"pass; quiz max_drop pass",
		},
		{
			"listed and new in the candidate", "benchmarks: {sums: {}}",
			[]job{counted("quiz", "0.5", 1000)},
			[]job{counted("quiz", "0.9", 1000), counted("sums", "0.9", 1000)},
			"fail; quiz max_drop pass; sums - missing absent_on_side",
		},
		{
			"nothing at all", onePoint, nil, nil, "fail",
		},
		{
			"a soft difference counts", onePoint,
			[]job{counted("quiz", "0.5", 1000)},
			[]job{with(counted("quiz", "0.9", 1000), "temperature: 0.6")},
			"pass; quiz max_drop pass", // not set against a value: unknown
		},
		{
			"a soft difference is hard", onePoint,
			[]job{with(counted("quiz", "0.5", 1000), "temperature: 0")},
			[]job{with(counted("quiz", "0.9", 1000), "temperature: 0.6")},
			"inconclusive; quiz - not_comparable temperature",
		},
		{
			"unless the policy allows it", "comparability: {allow: [temp*]}",
			[]job{with(counted("quiz", "0.5", 1000), "temperature: 0")},
			[]job{with(counted("quiz", "0.9", 1000), "temperature: 0.6")},
			"pass; quiz max_drop pass",
		},
		{
			"the score is no number", onePoint,
			[]job{counted("quiz", "0.5", 1000)},
			[]job{plain("quiz", ".nan")},
			"fail; quiz - missing nan",
		},
		{
			"relative: the interval decides, not the drop", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1}}",
			[]job{counted("quiz", "0.5", 100)},
			[]job{counted("quiz", "0.44", 100)},
			"inconclusive; quiz max_relative_drop inconclusive ci_includes_zero ci_straddles",
		},
		{
			"relative, shown", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1}}",
			[]job{counted("quiz", "0.5", 10000)},
			[]job{counted("quiz", "0.40", 10000)},
			"fail; quiz max_relative_drop fail",
		},
		{
			"relative, guarded", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1, relative_guard_below: 0.5}}",
			[]job{counted("quiz", "0.5", 10000)},
			[]job{counted("quiz", "0.40", 10000)},
			"pass; quiz max_drop pass",
		},
		{
			"relative to nothing", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1}}",
			[]job{counted("quiz", "0", 1000)},
			[]job{counted("quiz", "0.4", 1000)},
			"inconclusive; quiz max_relative_drop inconclusive base_zero",
		},
		{
			"relative to an uncertain baseline, less is better: fixed it would pass", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 3, direction: lower_is_better}}",
			[]job{counted("quiz", "0.1", 50)},
			[]job{counted("quiz", "0.2", 50)},
			"inconclusive; quiz max_relative_drop inconclusive ci_includes_zero ci_straddles",
		},
		{
			"relative to a baseline that may be nothing", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 3, direction: lower_is_better}}",
			[]job{counted("quiz", "0.02", 50)},
			[]job{counted("quiz", "0.04", 50)},
			"inconclusive; quiz max_relative_drop inconclusive ci_includes_zero no_uncertainty",
		},
		{
			"no drop at all, however uncertain the baseline", "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1}}",
			[]job{counted("quiz", "0.02", 50)},
			[]job{counted("quiz", "0.5", 50)},
			"pass; quiz max_drop pass",
		},
		{
			"off its scale", onePoint,
			[]job{counted("quiz", "80", 1000)},
			[]job{counted("quiz", "82", 1000)},
			"inconclusive; quiz - not_comparable scale_mismatch",
		},
		{
			"an advisory row changes no family", "defaults: {max_drop: 0}\nbenchmarks: {b: {tier: advisory}}",
			[]job{counted("a", "0.5", 1000), counted("b", "0.5", 1000)},
			[]job{counted("a", "0.455", 1000), counted("b", "0.5", 1000)},
			// The comparison has a family of its own, and a reason from it.
			"fail; a max_drop fail not_significant_after_holm; b max_drop inconclusive ci_includes_zero ci_straddles",
		},
		{
			"point: a drop of just the margin is within it", "defaults: {max_drop: 0.015}\ndecision: point",
			[]job{plain("quiz", "0.75")},
			[]job{plain("quiz", "0.735")},
			"pass; quiz max_drop pass",
		},
		{
			"point: the next digit is not", "defaults: {max_drop: 0.015}\ndecision: point",
			[]job{plain("quiz", "0.75")},
			[]job{plain("quiz", "0.7349999999999999")},
			"fail; quiz max_drop fail",
		},
		{
			"lower is better when the policy says so", "benchmarks: {quiz: {direction: lower_is_better}}\ndecision: point",
			[]job{plain("quiz", "0.5")},
			[]job{plain("quiz", "0.4")},
			"pass; quiz max_drop pass",
		},
		{
			"and a rise is a drop", "benchmarks: {quiz: {direction: lower_is_better}}",
			[]job{counted("quiz", "0.4", 1000)},
			[]job{counted("quiz", "0.5", 1000)},
			"fail; quiz max_drop fail",
		},
		{
			"a default direction gives way to what is known", "defaults: {direction: lower_is_better}\ndecision: point",
			[]job{plain("quiz", "0.5")},
			[]job{plain("quiz", "0.6")},
			"pass; quiz max_drop pass",
		},
		{
			"an unknown scale needs its own margin", "defaults: {direction: higher_is_better}",
			[]job{elo("1000")},
			[]job{elo("900")},
			"inconclusive; game max_drop inconclusive margin_unit_unknown",
		},
		{
			"and takes it", "defaults: {direction: higher_is_better, max_drop: {unknown: 50}}",
			[]job{elo("1000")},
			[]job{elo("900")},
			"fail; game max_drop fail",
		},
		{
			"an unknown direction is not guessed", "defaults: {max_drop: {unknown: 50}}",
			[]job{elo("1000")},
			[]job{elo("900")},
			"inconclusive; game max_drop inconclusive direction_unknown",
		},
		{
			"nel's names stand for the headline", "benchmarks: {quiz: {metric: mean_reward}}",
			[]job{counted("quiz", "0.5", 1000)},
			[]job{counted("quiz", "0.9", 1000)},
			"pass; quiz max_drop pass",
		},
		{
			"others do not", "benchmarks: {quiz: {metric: corect}}",
			[]job{counted("quiz", "0.5", 1000)},
			[]job{counted("quiz", "0.9", 1000)},
			"fail; quiz - missing no_such_score",
		},
		{
			"Holm, where no margin is left", "defaults: {max_drop: 0}",
			[]job{counted("a", "0.5", 1000), counted("b", "0.5", 1000), counted("c", "0.5", 1000)},
			[]job{counted("a", "0.455", 1000), counted("b", "0.5", 1000), counted("c", "0.5", 1000)},
			"inconclusive; a max_drop inconclusive not_significant_after_holm; b max_drop inconclusive ci_includes_zero ci_straddles; c max_drop inconclusive ci_includes_zero ci_straddles",
		},
		{
			"and alone", "defaults: {max_drop: 0}",
			[]job{counted("a", "0.5", 1000)},
			[]job{counted("a", "0.455", 1000)},
			"fail; a max_drop fail",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := judge(t, test.policy, sideOf(t, "b", test.base...), sideOf(t, "c", test.cand...))
			if diff := cmp.Diff(test.want, sketch(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			a.Explain() // whatever there is
		})
	}
}

// elo is a job of an unknown harness, with a standard error.
func elo(value string) job {
	return job{task: "game", results: fmt.Sprintf("{groups: {}, tasks: {game: {metrics: {rating: {scores: {rating: {value: %s, stats: {stderr: 5}}}}}}}}", value)}
}

func TestMissingTaskHasANearestName(t *testing.T) {
	base, cand := flips(500, 0, 0)
	a := judge(t, "benchmarks: {qiuz: {}}", sideOf(t, "b", base), sideOf(t, "c", cand))
	if got := nemo.Text(a.Rows[0].Detail); got != "no side has a task of this name; did you mean quiz?" || a.Verdict != gate.Fail {
		t.Errorf("%s: %q", sketch(a), got)
	}
}

func TestBounds(t *testing.T) {
	d := func(text string) *decimal.Decimal { return new(decimal.MustParse(text)) }
	good := job{
		task: "quiz", value: "0.85", stats: "count: 1000", logged: map[string]float64{"drift_score": 0.05, "odd": math.NaN()},
		runtime: &nemo.RuntimeStats{
			AvgLatencyMS: d("1999.9"), InferenceSeconds: d("12"), AvgCompletionTokens: d("300"), Retries: d("0"),
			FinishReasons: map[string]decimal.Decimal{"stop": *d("98"), "length": *d("2")},
			StatusCodes:   map[string]decimal.Decimal{"200": *d("100")},
		},
	}
	for _, test := range []struct{ bound, want string }{
		{`quiz/correct: ">=0.80"`, "pass; quiz/correct quiz pass 0.85"},
		{`quiz/correct: ">=80%"`, "pass; quiz/correct quiz pass 85"},
		{`quiz/pass@1/correct: ">=0.80"`, "pass; quiz/pass@1/correct quiz pass 0.85"},
		{`byob_quiz.quiz/correct: ">=0.80"`, "pass; byob_quiz.quiz/correct quiz pass 0.85"},
		{`quiz/correct: ">=0.84"`, "inconclusive; quiz/correct quiz inconclusive 0.85 ci_straddles"},
		{`quiz/correct: ">=0.9"`, "fail; quiz/correct quiz fail 0.85"},
		{`quiz/correct: "<0.9"`, "pass; quiz/correct quiz pass 0.85"},
		{`quiz/correct: "==0.85"`, "pass; quiz/correct quiz pass 0.85"},
		{`quiz/correct: "<=92"`, "inconclusive; quiz/correct quiz not_comparable 0.85 scale_mismatch"},
		{`quiz/correct: ">=1s"`, "inconclusive; quiz/correct quiz not_comparable 0.85 scale_mismatch"},
		{`correct: ">=0.80"`, "pass; correct quiz pass 0.85"},
		{`quiz/corect: ">=0.80"`, "fail; quiz/corect quiz missing no_such_score"},
		{`qiz/correct: ">=0.80"`, "fail; qiz/correct qiz missing no_such_task"},
		{`accuracy: ">=0.92"`, "fail; accuracy  missing no_such_score"},
		{`latency_p95: "<=200ms"`, "fail; latency_p95 quiz missing only_averages_recorded"},
		{`runtime/latency_p95: "<=200ms"`, "fail; runtime/latency_p95 quiz missing only_averages_recorded"},
		{`runtime/avg_latency_ms: "<=2s"`, "pass; runtime/avg_latency_ms quiz pass 1.9999"},
		{`runtime/avg_latency_ms: "<=1999ms"`, "fail; runtime/avg_latency_ms quiz fail 1999.9"},
		{`avg_latency_ms: "<2000"`, "pass; avg_latency_ms quiz pass 1999.9"},
		{`runtime/inference_seconds: "<=12000ms"`, "pass; runtime/inference_seconds quiz pass 12000"},
		{`runtime/avg_completion_tokens: "<=300tokens"`, "pass; runtime/avg_completion_tokens quiz pass 300"},
		{`runtime/retries: "==0"`, "pass; runtime/retries quiz pass 0"},
		{`runtime/tool_calls: "==0"`, "fail; runtime/tool_calls quiz missing not_recorded"},
		{`runtime/finish_reason.length: "<=2%"`, "pass; runtime/finish_reason.length quiz pass 2"},
		{`runtime/finish_reason.length: "<2%"`, "fail; runtime/finish_reason.length quiz fail 2"},
		{`runtime/finish_reason.length: "==0"`, "fail; runtime/finish_reason.length quiz fail 2"},
		{`runtime/finish_reason.content_filter: "==0"`, "pass; runtime/finish_reason.content_filter quiz pass 0"},
		{`runtime/finish_reason.LENGTH: "==0"`, "fail; runtime/finish_reason.LENGTH quiz missing not_recorded"},
		{`runtime/finish_reason.max_tokens: "<=2%"`, "fail; runtime/finish_reason.max_tokens quiz missing not_recorded"},
		{`runtime/status.non_200: "==0"`, "pass; runtime/status.non_200 quiz pass 0"},
		{`runtime/status.429: "==0"`, "pass; runtime/status.429 quiz pass 0"},
		{`coverage: ">=100%"`, "fail; coverage  missing tasks_unknown"},
		{`mlflow:drift_score: "<=0.1"`, "pass; mlflow:drift_score quiz pass 0.05"},
		{`mlflow:drift_score: "<=0.01"`, "fail; mlflow:drift_score quiz fail 0.05"},
		{`mlflow:drift: "<=0.1"`, "fail; mlflow:drift  missing not_recorded"},
		{`mlflow:odd: "<=0.1"`, "fail; mlflow:odd quiz missing not_a_number"},
	} {
		t.Run(test.bound, func(t *testing.T) {
			a := judge(t, "bounds: {"+test.bound+"}", sideOf(t, "c", good))
			if diff := cmp.Diff(test.want, sketch(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			top := judge(t, test.bound, sideOf(t, "c", good)) // as guides write it
			if diff := cmp.Diff(test.want, sketch(top)); diff != "" && !strings.HasPrefix(test.bound, "coverage") {
				t.Errorf("at the top (-want +got):\n%s", diff)
			}
		})
	}
}

// A reason that no endpoint is known to give counts once a run has it, and is 0 in the
// others; a misspelt one is never 0.
func TestFinishReasonsOfTheRuns(t *testing.T) {
	ended := func(reasons map[string]decimal.Decimal) *nemo.RuntimeStats {
		return &nemo.RuntimeStats{FinishReasons: reasons}
	}
	side := sideOf(t, "c",
		job{task: "a", value: "0.5", runtime: ended(map[string]decimal.Decimal{"end_turn": decimal.FromInt(98), "max_tokens": decimal.FromInt(2)})},
		job{task: "b", value: "0.5", runtime: ended(map[string]decimal.Decimal{"end_turn": decimal.FromInt(100)})},
		job{task: "c", value: "0.5", runtime: ended(nil)})
	for measure, want := range map[string]string{
		"max_tokens": "fail; runtime/finish_reason.max_tokens a pass 2; runtime/finish_reason.max_tokens b pass 0; runtime/finish_reason.max_tokens c missing not_recorded",
		"max_token":  "fail; runtime/finish_reason.max_token a missing not_recorded; runtime/finish_reason.max_token b missing not_recorded; runtime/finish_reason.max_token c missing not_recorded",
	} {
		a := judge(t, "bounds: {runtime/finish_reason."+measure+": '<=2%'}", side)
		if diff := cmp.Diff(want, sketch(a)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := nemo.Text(a.Bounds[1].Detail); measure == "max_token" && got != "no answer of any run ended for this reason; did you mean max_tokens?" {
			t.Error(got)
		}
	}
}

// A metric that only some runs recorded says nothing of the others. A run without
// results is missing by itself.
func TestLoggedBySomeRuns(t *testing.T) {
	side := sideOf(t, "c",
		job{task: "x", value: "0.5", logged: map[string]float64{"drift_score": 0.05}},
		job{task: "y", value: "0.5", logged: map[string]float64{"other": 3}},
		job{task: "z", value: "0.5"},
		job{task: "nan", value: "0.5", logged: map[string]float64{"drift_score": math.NaN()}},
		job{task: "failed", value: "0.5"})
	side.Jobs[4].Results, side.Jobs[4].Reason = nil, nemo.ReasonFailed
	want := "fail; mlflow:drift_score nan missing not_a_number; mlflow:drift_score x pass 0.05; " +
		"mlflow:drift_score y missing not_recorded; mlflow:drift_score z missing not_recorded"
	if diff := cmp.Diff(want, sketch(judge(t, "bounds: {'mlflow:drift_score': '<=0.1'}", side))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Coverage counts positions in the lists of tasks, not names.
func TestCoverage(t *testing.T) {
	listed := func(id string, tasks ...string) nemo.Launch {
		launch := nemo.Launch{InvocationID: id, Known: true}
		for i, task := range tasks {
			launch.Tasks = append(launch.Tasks, nemo.ConfiguredTask{Index: i, Name: "byob_" + task + "." + task, Harness: "byob_" + task, Task: task})
		}
		return launch
	}
	ran := func(invocation string, index int, task string, fails bool) nemo.Job {
		j := job{task: task, value: "0.5", params: fmt.Sprintf("temperature: 0.%d", index)}.nemo(t, invocation, index)
		if fails {
			j.Results, j.Reason = nil, nemo.ReasonFailed
		}
		return j
	}
	unlisted := ran("b", 1, "y", false)
	unlisted.Index, unlisted.Run.JobID = -1, nil
	for _, test := range []struct {
		name     string
		overlap  string
		launches []nemo.Launch
		jobs     []nemo.Job
		want     string
	}{
		{"two temperatures, both there", "", []nemo.Launch{listed("a", "x", "x")}, []nemo.Job{ran("a", 0, "x", false), ran("a", 1, "x", false)}, "pass; coverage  pass 100"},
		{"two temperatures, one failed", "", []nemo.Launch{listed("a", "x", "x")}, []nemo.Job{ran("a", 0, "x", false), ran("a", 1, "x", true)}, "fail; coverage  fail 50"},
		{"two temperatures, one without run", "", []nemo.Launch{listed("a", "x", "x")}, []nemo.Job{ran("a", 1, "x", false)}, "fail; coverage  fail 50"},
		{
			"repeats, one lost a task", "",
			[]nemo.Launch{listed("a", "x", "y"), listed("b", "x", "y")},
			[]nemo.Job{ran("a", 0, "x", false), ran("a", 1, "y", false), ran("b", 0, "x", false)},
			"fail; coverage  fail 75",
		},
		{
			"the newest stands for the others", compare.OverlapLatest,
			[]nemo.Launch{listed("a", "x", "y"), listed("b", "y")},
			[]nemo.Job{ran("a", 0, "x", false), ran("a", 1, "y", true), ran("b", 0, "y", false)},
			"pass; coverage  pass 100",
		},
		{
			"two jobs of one launch, named separately", "",
			[]nemo.Launch{listed("a", "x", "y"), listed("a", "x", "y")},
			[]nemo.Job{ran("a", 0, "x", false), ran("a", 1, "y", false)},
			"pass; coverage  pass 100",
		},
		{"a run twice", "", []nemo.Launch{listed("a", "x", "y")}, []nemo.Job{ran("a", 0, "x", false), ran("a", 0, "x", false)}, "fail; coverage  fail 50"},
		{"by name without index", "", []nemo.Launch{listed("b", "x", "y")}, []nemo.Job{ran("b", 0, "x", false), unlisted}, "pass; coverage  pass 100"},
		{"but once", "", []nemo.Launch{listed("b", "y", "y")}, []nemo.Job{unlisted}, "fail; coverage  fail 50"},
		{"one launch unknown", "", []nemo.Launch{listed("a", "x"), {InvocationID: "b"}}, []nemo.Job{ran("a", 0, "x", false), ran("b", 0, "x", false)}, "fail; coverage  missing tasks_unknown"},
		{"nothing configured", "", []nemo.Launch{listed("a")}, nil, "fail; coverage  missing tasks_unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			o.Overlap = test.overlap
			side := compare.Side{Label: "c", Selectors: []string{"c"}, Evaluation: nemo.Evaluation{Jobs: test.jobs, Launches: test.launches}}
			a, _, err := gate.Judge([]compare.Side{side}, policy(t, "bounds: {coverage: '>=100%'}"), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, sketch(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			template, err := gate.Template(side, o)
			if demands := strings.Contains(template, "\n  coverage:"); err != nil || demands != (a.Verdict == gate.Pass) {
				t.Errorf("%v; a policy written for it:\n%s", err, template)
			}
		})
	}
}

func TestBoundsAtPointAndAdvisory(t *testing.T) {
	j := job{task: "quiz", value: "0.85", stats: "count: 1000"}
	for policy, want := range map[string]string{
		"decision: point\nbounds: {quiz/correct: '>=0.84'}":                          "pass; quiz/correct quiz pass 0.85",
		"bounds: {quiz/correct: {bound: '>=0.84', tier: advisory}}":                  "fail; quiz/correct quiz inconclusive 0.85 ci_straddles",
		"benchmarks: {quiz: {min: 0.8}}":                                             "pass; quiz/pass@1/correct quiz pass 0.85",
		"benchmarks: {quiz: {min: 0.8, max: 0.82}}":                                  "fail; quiz/pass@1/correct quiz pass 0.85; quiz/pass@1/correct quiz fail 0.85",
		"benchmarks: {quiz: {metric: nope, min: 0.8}}":                               "fail; min quiz missing no_such_score",
		"benchmarks: {qiuz: {min: 0.8}}":                                             "fail; min qiuz missing no_such_task",
		"benchmarks: {quiz: {min: 0.9, tier: advisory}}\nbounds: {correct: '>=0.1'}": "pass; quiz/pass@1/correct quiz fail 0.85; correct quiz pass 0.85",
		"version: 1":                    "fail",
		"benchmarks: {quiz: {min: 80}}": "inconclusive; quiz/pass@1/correct quiz not_comparable 0.85 scale_mismatch",
	} {
		if got := sketch(judge(t, policy, sideOf(t, "c", j))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", policy, got, want)
		}
	}
}

// A percentage that a bound takes for a fraction must not pass by accident.
func TestScaleOfBounds(t *testing.T) {
	percent := job{task: "tools", results: "{groups: {}, tasks: {tools: {metrics: {accuracy: {scores: {accuracy: {value: 92.5, stats: {}}}}}}}}"}
	o := options(t)
	o.Catalog = o.Catalog.WithScale("tools", "percent")
	for bound, want := range map[string]string{
		">=0.95": "inconclusive; accuracy tools not_comparable 92.5 scale_mismatch",
		">=95%":  "fail; accuracy tools fail 92.5",
		">=90%":  "pass; accuracy tools pass 92.5",
		">=90":   "pass; accuracy tools pass 92.5",
		"<=0.95": "fail; accuracy tools fail 92.5",
	} {
		a, _, err := gate.Judge([]compare.Side{sideOf(t, "c", percent)}, policy(t, "accuracy: '"+bound+"'"), o)
		if err != nil || sketch(a) != want {
			t.Errorf("%s: %s, want %s (%v)", bound, sketch(a), want, err)
		}
	}
}

// On an unknown scale a value above 1 keeps every bound that was meant for a fraction.
func TestBoundsOnAnUnknownScale(t *testing.T) {
	of := func(value string) compare.Side {
		return sideOf(t, "c", job{task: "tools", results: "{groups: {}, tasks: {tools: {metrics: {odd: {scores: {odd: {value: " + value + ", stats: {}}}}}}}}"})
	}
	for _, test := range []struct{ value, policy, want string }{
		{"50", "benchmarks: {tools: {metric: odd, min: 0.72}}", "inconclusive; tools/odd tools not_comparable 50 scale_mismatch"},
		{"50", "odd: '>=0.72'", "inconclusive; odd tools not_comparable 50 scale_mismatch"},
		{"50", "odd: '<=1'", "inconclusive; odd tools not_comparable 50 scale_mismatch"},
		{"50", "odd: '>=0'", "pass; odd tools pass 50"},
		{"50", "odd: '>=40'", "pass; odd tools pass 50"},
		{"0.8", "odd: '>=0.72'", "pass; odd tools pass 0.8"},
		{"1", "odd: '>=0.72'", "pass; odd tools pass 1"},
	} {
		a := judge(t, test.policy, of(test.value))
		if diff := cmp.Diff(test.want, sketch(a)); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", test.value, test.policy, diff)
		}
		const why = "the score is above 1 on an unknown scale, and the bound is not; --scale TASK=SCALE says which scale it is"
		if got := nemo.Text(a.Bounds[0].Detail); a.Verdict == gate.Inconclusive && got != why {
			t.Error(got)
		}
	}
	o := options(t)
	o.Catalog = o.Catalog.WithScale("tools", "ratio")
	a, _, err := gate.Judge([]compare.Side{of("50")}, policy(t, "odd: '>=0.72'"), o)
	if err != nil || a.Verdict != gate.Pass {
		t.Errorf("told the scale: %s, %v", sketch(a), err)
	}
}

// A standard error that takes repeats for questions decides nothing, also not that of
// a baseline.
func TestStderrOfRepeatsIsLeftOut(t *testing.T) {
	interval := func(params, stats string) (string, []nemo.Warning) {
		base := job{task: "quiz", value: "0.1", params: params, stats: stats, answers: make([]float64, 100)}
		cand := job{task: "quiz", value: "0.3", params: params, stats: stats, answers: make([]float64, 100)}
		for i := range 20 {
			base.answers[i] = 0.5
		}
		for i := range 60 {
			cand.answers[i+10] = 0.5
		}
		row := judge(t, "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.1, direction: lower_is_better}}", sideOf(t, "b", base), sideOf(t, "c", cand)).Rows[0]
		r := row.Rules[1]
		return fmt.Sprint(r.Lo, r.Hi, r.Result), row.Warnings
	}
	const repeats = "extra: {n_repeats: 4}"
	without, _ := interval(repeats, "")
	with, warnings := interval(repeats, "stderr: 0.03")
	if with != without || !slices.ContainsFunc(warnings, func(w nemo.Warning) bool { return w.Code == "STDERR_OF_REPEATS" }) {
		t.Errorf("with it %s, without %s; %v", with, without, warnings)
	}
}

// What compares with a baseline cannot be judged without one.
func TestDropRulesNeedABaseline(t *testing.T) {
	for text, want := range map[string]string{
		"defaults: {max_drop: 0.01}":                                    "p.yml:1:12: defaults.max_drop compares with a baseline, and there is none",
		"benchmarks:\n  quiz: {min: 0.5, max_relative_drop: 0.1}":       "p.yml:2:20: quiz.max_relative_drop compares with a baseline, and there is none",
		"benchmarks:\n  quiz: {tier: critical}":                         "p.yml:2:3: quiz has no min or max, so it needs a baseline to be compared with",
		"benchmarks:\n  quiz: {min: 0.5}\nbounds: {coverage: '>=100%'}": "",
	} {
		p, err := gate.Parse("p.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = gate.Judge([]compare.Side{sideOf(t, "c", job{task: "quiz", value: "0.9"})}, p, options(t))
		got := ""
		if wrong, ok := errors.AsType[*gate.PolicyError](err); ok {
			got = wrong.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// pass ⇔ L >= −M, fail ⇔ U < −M, on unrounded limits, whatever the answers.
func TestPassMeansTheWholeIntervalKeepsTheMargin(t *testing.T) {
	seen := map[gate.Result]int{}
	for i := range 400 {
		n := 10 + i*7%300
		wrong, right := i*13%(n/2+1), i*29%(n/2+1)
		margin := decimal.MustParse(fmt.Sprintf("0.%03d", i*37%250+1))
		base, cand := flips(n, wrong, right)
		sides := []compare.Side{sideOf(t, "b", base), sideOf(t, "c", cand)}
		row := judge(t, "defaults: {max_drop: "+margin.String()+"}", sides...).Rows[0]
		_, assessed, _, err := compare.Assess(sides, options(t))
		if err != nil {
			t.Fatal(err)
		}
		g, ok := assessed[0].Goodness()
		if !ok || g.CI == nil {
			t.Fatalf("no evidence for %d of %d and %d", wrong, n, right)
		}
		want := gate.Inconclusive
		switch {
		case g.CI.Lo >= -margin.Float64():
			want = gate.Pass
		case g.CI.Hi < -margin.Float64():
			want = gate.Fail
		}
		seen[want]++
		if row.Result != want {
			t.Errorf("%d lost, %d won of %d, margin %s: %s, want %s of [%v, %v]", wrong, right, n, margin, row.Result, want, g.CI.Lo, g.CI.Hi)
		}
	}
	if len(seen) != 3 {
		t.Errorf("only %v", seen)
	}
}

// What the row records of the margin: the power that the data has.
func TestMarginKept(t *testing.T) {
	base, cand := flips(500, 10, 10)
	row := judge(t, onePoint, sideOf(t, "b", base), sideOf(t, "c", cand)).Rows[0]
	m := row.Inference.Margin
	if m == nil || m.SmallestCertifiable == nil || m.NRequired == nil || m.PNI == nil {
		t.Fatalf("%+v", m)
	}
	se := row.Inference.SE.Float64()
	if want := 2.801585218 * se; math.Abs(m.SmallestCertifiable.Float64()-want) > 1e-8 {
		t.Errorf("certifiable %s, want %v", m.SmallestCertifiable, want)
	}
	ratio := 2.801585218 * se / 0.01
	if want := math.Ceil(500 * ratio * ratio); m.NRequired.Float64() != want {
		t.Errorf("%s questions needed, want %v", m.NRequired, want)
	}
}

// A relative margin is tested in the unit of the row.
func TestRelativeMarginKept(t *testing.T) {
	base, cand := flips(500, 10, 10)
	sides := []compare.Side{sideOf(t, "b", base), sideOf(t, "c", cand)}
	row := judge(t, "benchmarks: {quiz: {max_drop: 1, max_relative_drop: 0.01}}", sides...).Rows[0]
	m := row.Inference.Margin
	if m == nil || m.Kind != "relative" || m.Value.String() != "0.01" || m.PNI == nil || m.NRequired == nil {
		t.Fatalf("%+v of %s", m, *row.Rule)
	}
	margin := decimal.MustParse("0.01").Mul(*row.Base.Value).Float64()
	se := row.Inference.SE.Float64()
	if want := math.Ceil(500 * (2.801585218 * se / margin) * (2.801585218 * se / margin)); m.NRequired.Float64() != want {
		t.Errorf("%s questions needed, want %v", m.NRequired, want)
	}
	if want := 2.801585218 * se / row.Base.Value.Float64(); math.Abs(m.SmallestCertifiable.Float64()-want) > 1e-8 {
		t.Errorf("certifiable %s, want %v", m.SmallestCertifiable, want)
	}
}

// Unanswered questions that would change the result leave it open.
func TestUnansweredQuestions(t *testing.T) {
	right := make([]float64, 500)
	for i := range right {
		right[i] = 1
	}
	for _, test := range []struct {
		answered int
		want     gate.Result
	}{{500, gate.Pass}, {499, gate.Inconclusive}, {480, gate.Inconclusive}} {
		base := job{task: "quiz", value: "1", answers: right}
		cand := job{task: "quiz", value: "1", answers: right[:test.answered]}
		row := judge(t, onePoint, sideOf(t, "b", base), sideOf(t, "c", cand)).Rows[0]
		if row.Result != test.want || test.want != gate.Pass && nemo.Text(row.Rules[0].Reason) != "missing_items" {
			t.Errorf("%d of 500 answered: %s %v, want %s", test.answered, row.Result, row.Reasons, test.want)
		}
	}
}

// What --init writes is a policy.
func TestTemplateLoadsAgain(t *testing.T) {
	odd := job{task: "odd: #task", results: "{groups: {}, tasks: {odd: {metrics: {a: {scores: {b: {value: 1}}}, c: {scores: {d: {value: 2}}}}}}}"}
	for _, jobs := range [][]job{nil, {{task: "quiz", value: "0.85", stats: "count: 200"}, odd}} {
		text, err := gate.Template(sideOf(t, "base\nline", jobs...), options(t))
		if err != nil {
			t.Fatal(err)
		}
		p, err := gate.Parse("init.yml", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if len(jobs) > 0 && (len(p.Benchmarks) != 2 || !strings.Contains(text, "0.85 of 200 questions")) {
			t.Errorf("%+v from\n%s", p.Benchmarks, text)
		}
	}
}
