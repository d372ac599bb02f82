package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// tools is a BFCL job of which some categories were run, so that it has no headline.
func tools() job {
	return job{task: "tools", results: "{groups: {bfcl: {metrics: {live_overall_acc: {scores: {live_overall_acc: {value: 1.6}}}, " +
		"multi_turn_overall_acc: {scores: {multi_turn_overall_acc: {value: 0}}}, " +
		"multiple_ast_non_live: {scores: {multiple_ast_non_live: {value: 80.5}}}}}}, tasks: {}}"}
}

// lose takes the results from the jobs of a task.
func lose(side compare.Side, task, reason string) compare.Side {
	side.Jobs = slices.Clone(side.Jobs)
	for i := range side.Jobs {
		if nemo.Text(side.Jobs[i].Run.Task) == task {
			side.Jobs[i].Results, side.Jobs[i].Reason, side.Jobs[i].Problem = nil, reason, "results.yml: cut short"
		}
	}
	return side
}

// leftOut is what an answer says of tasks that no rule was applied to.
func leftOut(a gate.Answer) string {
	var parts []string
	for _, n := range a.NotJudged {
		parts = append(parts, n.Task+" "+n.Reason)
	}
	return strings.Join(parts, ", ")
}

// brief is the sketch of an answer without a reason of no interest here.
func brief(a gate.Answer) string { return strings.ReplaceAll(sketch(a), " ci_includes_zero", "") }

// A task that one side was told to run counts, whatever became of its results.
func TestTasksWithoutResults(t *testing.T) {
	good := job{task: "good", value: "0.9", stats: "count: 1000"}
	quiz := job{task: "quiz", value: "0.9", stats: "count: 1000"}
	type side []job
	for _, test := range []struct {
		name       string
		base, cand side
		lost       string // which sides' quiz has no results: b, c, bc
		reason     string
		policy     string
		want, left string
	}{
		{"unreadable on the baseline", side{good, quiz}, side{good, quiz}, "b", nemo.ReasonUnreadable, onePoint, "fail; good max_drop inconclusive ci_straddles; quiz - missing absent_on_side", ""},
		{"none on the baseline", side{good, quiz}, side{good, quiz}, "b", nemo.ReasonNoResults, onePoint, "fail; good max_drop inconclusive ci_straddles; quiz - missing absent_on_side", ""},
		{"failed on the baseline", side{good, quiz}, side{good, quiz}, "b", nemo.ReasonFailed, onePoint, "fail; good max_drop inconclusive ci_straddles; quiz - missing absent_on_side", ""},
		{"running on the candidate", side{good, quiz}, side{good, quiz}, "c", nemo.ReasonRunning, onePoint, "fail; good max_drop inconclusive ci_straddles; quiz - missing absent_on_side", ""},
		{"unreadable on both", side{good, quiz}, side{good, quiz}, "bc", nemo.ReasonUnreadable, "defaults: {max_drop: 0.1}", "fail; good max_drop pass; quiz - missing unreadable", ""},
		{"unreadable on both, advisory", side{good, quiz}, side{good, quiz}, "bc", nemo.ReasonUnreadable, "defaults: {max_drop: 0.1}\nbenchmarks: {quiz: {tier: advisory}}", "pass; good max_drop pass; quiz - missing absent_on_side", ""},
		{"failed on both", side{good, quiz}, side{good, quiz}, "bc", nemo.ReasonFailed, "defaults: {max_drop: 0.1}", "pass; good max_drop pass", "quiz no_results"},
		{"failed on both, listed", side{good, quiz}, side{good, quiz}, "bc", nemo.ReasonFailed, "defaults: {max_drop: 0.1}\nbenchmarks: {quiz: {}}", "fail; good max_drop pass; quiz - missing absent_on_side", ""},
		{"failed on the one that ran it", side{good}, side{good, quiz}, "c", nemo.ReasonFailed, "defaults: {max_drop: 0.1}", "pass; good max_drop pass", "quiz no_results"},
		{"new", side{good}, side{good, quiz}, "", "", "defaults: {max_drop: 0.1}", "pass; good max_drop pass", "quiz absent_on_side"},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, cand := sideOf(t, "b", test.base...), sideOf(t, "c", test.cand...)
			if strings.Contains(test.lost, "b") {
				base = lose(base, "quiz", test.reason)
			}
			if strings.Contains(test.lost, "c") {
				cand = lose(cand, "quiz", test.reason)
			}
			a := judge(t, test.policy, base, cand)
			if diff := cmp.Diff([]string{test.want, test.left}, []string{brief(a), leftOut(a)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if a.Counts.NotJudged != len(a.NotJudged) {
				t.Errorf("%d counted of %d", a.Counts.NotJudged, len(a.NotJudged))
			}
			a.Explain()
		})
	}
}

// A configured task without any run counts as one that failed.
func TestTaskThatNeverRanOnTheBaseline(t *testing.T) {
	good := job{task: "good", value: "0.9", stats: "count: 1000"}
	quiz := job{task: "quiz", value: "0.9", stats: "count: 1000"}
	base, cand := sideOf(t, "b", good), sideOf(t, "c", good, quiz)
	base.Launches = []nemo.Launch{{InvocationID: "b", Known: true, Tasks: []nemo.ConfiguredTask{{Index: 0, Task: "good"}, {Index: 1, Task: "quiz"}}}}
	a := judge(t, "defaults: {max_drop: 0.1}", base, cand)
	if got, want := brief(a), "fail; good max_drop pass; quiz - missing absent_on_side"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := nemo.Text(a.Rows[1].Detail); got != "nothing on b (no run)" {
		t.Errorf("detail %q", got)
	}
}

// A task that was run and has no headline does not pass by being passed over.
func TestTasksWithoutHeadline(t *testing.T) {
	good := job{task: "good", value: "0.9", stats: "count: 1000"}
	const wide = "defaults: {max_drop: 0.1}\n"
	both, one := []job{good, tools()}, []job{good}
	for _, test := range []struct {
		name, policy string
		base, cand   []job
		want, left   string
	}{
		{"unlisted", wide, both, both, "inconclusive; good max_drop pass; tools - inconclusive no_headline", "tools no_headline"},
		{"advisory", wide + "benchmarks: {tools: {tier: advisory}}", both, both, "pass; good max_drop pass; tools - missing no_headline", ""},
		{"advisory by default", "defaults: {max_drop: 0.1, tier: advisory}\nbenchmarks: {good: {tier: critical}}", both, both, "pass; good max_drop pass", "tools no_headline"},
		{"listed", wide + "benchmarks: {tools: {}}", both, both, "fail; good max_drop pass; tools - missing no_headline", ""},
		{
			"with a metric", wide + "decision: point\nbenchmarks: {tools: {metric: multiple_ast_non_live, max_drop: {unknown: 1}, direction: higher_is_better}}", both, both,
			"pass; good max_drop pass; tools max_drop pass", "",
		},
		{"bounded", wide + "bounds: {tools/multiple_ast_non_live: '>=80'}", both, both, "pass; good max_drop pass; tools/multiple_ast_non_live tools pass 80.5", ""},
		{
			"bounded, advisory", wide + "bounds: {tools/multiple_ast_non_live: {bound: '>=80', tier: advisory}}", both, both,
			"inconclusive; good max_drop pass; tools - inconclusive no_headline; tools/multiple_ast_non_live tools pass 80.5", "tools no_headline",
		},
		{"on the baseline only", wide, both, one, "fail; good max_drop pass; tools - missing absent_on_side", ""},
		{"new", wide, one, both, "pass; good max_drop pass", "tools absent_on_side"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := judge(t, test.policy, sideOf(t, "b", test.base...), sideOf(t, "c", test.cand...))
			if diff := cmp.Diff([]string{test.want, test.left}, []string{brief(a), leftOut(a)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What was left out is warned of, too.
func TestNotJudgedIsWarnedOf(t *testing.T) {
	sides := []compare.Side{sideOf(t, "b", tools()), sideOf(t, "c", tools())}
	_, warnings, err := gate.Judge(sides, policy(t, onePoint), options(t))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(warnings, func(w nemo.Warning) bool { return w.Code == "NOT_JUDGED" && w.Task == "tools" })
	if i < 0 || warnings[i].Message != "tools is not judged: no headline; name a metric in the policy" {
		t.Errorf("%+v", warnings)
	}
}

// A policy to begin with lists what has no headline, suggests a category that was run,
// and says what it could not read.
func TestTemplateNamesEveryTask(t *testing.T) {
	bfcl := tools()
	quiz := job{task: "quiz", value: "0.85", stats: "count: 200"}
	side := lose(sideOf(t, "b", bfcl, quiz, job{task: "lost", value: "1"}), "lost", nemo.ReasonUnreadable)
	harness := "bfcl"
	side.Jobs[0].Run.Harness = &harness
	text, err := gate.Template(side, options(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  tools: {tier: advisory}\n", "such as {metric: multiple_ast_non_live},",
		"  # lost is not listed: the baseline has no results of it (unreadable: results.yml: cut short)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	p, err := gate.Parse("init.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Benchmarks) != 2 {
		t.Errorf("%+v", p.Benchmarks)
	}
}
