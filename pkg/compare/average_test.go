package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// sideAverageLines prints averages of sides: side scale tasks of all, value, the
// parts, and what was dropped and why. A micro average is called so, and left out
// where it has no value.
func sideAverageLines(averages []compare.SideAverage) []string {
	lines := []string{}
	for _, a := range averages {
		if a.Kind == compare.Micro && a.Value == nil {
			continue
		}
		line := fmt.Sprintf("%s %s %d of %d: %s", a.Side, a.Scale, a.Tasks, a.Of, text(a.Value))
		if a.Kind != compare.Macro {
			line = a.Kind + " " + line
		}
		for _, p := range a.Parts {
			line += fmt.Sprintf(" +%s %s", named(p.Task, p.Variant), text(p.Value))
		}
		for _, d := range a.Dropped {
			line += " -" + named(d.Task, d.Variant) + ":" + d.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func averaged(t testing.TB, sides []compare.Side, change ...func(*compare.Options)) (compare.Averages, []nemo.Warning) {
	t.Helper()
	a, warnings, err := compare.AverageSides(sides, options(t, change...))
	if err != nil {
		t.Fatal(err)
	}
	return a, warnings
}

// mixed is two sides with tasks on two scales, and one of each reason to be left
// out.
func mixed(t testing.TB) []compare.Side {
	t.Helper()
	unreadable := byob("b.6", "unreadable", "0", "").without(nemo.ReasonUnreadable)
	unreadable.Problem = "results.yml: line 3: cut short"
	a := side(
		"a",
		byob("a.0", "one", "0.1", "").job(t), byob("a.1", "two", "0.2", "").job(t), byob("a.2", "three", "0.3", "").job(t),
		skills("a.3", "pct", "pass@1", "accuracy", "50").job(t),
		byob("a.4", "limited", "0.9", "").job(t), byob("a.5", "nan", "0.9", "").job(t), byob("a.6", "unreadable", "0.9", "").job(t),
		byob("a.7", "failed", "0.9", "").job(t), byob("a.8", "unrun", "0.9", "").job(t),
		spec{id: "a.9", harness: "h", task: "unscaled", results: "{tasks: {unscaled: {metrics: {acc: {scores: {acc: {value: 5}}}}}}}"}.job(t),
		spec{id: "a.10", harness: "bfcl", task: "headless", results: "{groups: {bfcl: {metrics: {overall_acc: {scores: {overall_acc: {value: 5}}}}}}}"}.job(t),
	)
	b := side(
		"b",
		byob("b.0", "one", "0.2", "").job(t), byob("b.1", "two", "0.2", "").job(t), byob("b.2", "three", "0.2", "").job(t),
		skills("b.3", "pct", "pass@1", "accuracy", "51").job(t),
		byob("b.4", "limited", "0.8", "{limit_samples: 5}").job(t), byob("b.5", "nan", ".nan", "").job(t), unreadable,
		byob("b.7", "failed", "0", "").without(nemo.ReasonFailed),
		spec{id: "b.9", harness: "h", task: "unscaled", results: "{tasks: {unscaled: {metrics: {acc: {scores: {acc: {value: 6}}}}}}}"}.job(t),
		spec{id: "b.10", harness: "bfcl", task: "headless", results: "{groups: {bfcl: {metrics: {overall_acc: {scores: {overall_acc: {value: 5}}}}}}}"}.job(t),
	)
	b = configured(b, "b", "byob_one.one", "byob_two.two", "byob_three.three", "pct", "limited", "nan", "unreadable", "failed", "byob_unrun.unrun", "unscaled", "headless")
	return []compare.Side{a, b}
}

func TestAverages(t *testing.T) {
	c, warnings := compared(t, mixed(t))
	const dropped = " -failed:failed -limited:limit_samples -nan:nan -unreadable:unreadable -unrun:no_run"
	wantLines(
		t, "averages", averageLines(c.Averages),
		"b fraction higher 3 of 8: 0.2 -> 0.2 = 0"+dropped,
		"b percent higher 1 of 1: 50 -> 51 = 1",
	)
	fraction := c.Averages[0]
	if fraction.Wins != 1 || fraction.Losses != 1 || fraction.Ties != 1 || fraction.Kind != compare.Macro || fraction.Verdict != compare.NoInference || strings.Join(fraction.Reasons, " ") != "no_uncertainty" {
		t.Errorf("%+v", fraction)
	}
	for _, a := range c.Averages {
		if a.Of != a.Tasks+len(a.Dropped) {
			t.Errorf("%s: %d of %d, %d dropped", a.Scale, a.Tasks, a.Of, len(a.Dropped))
		}
	}
	wantLines(
		t, "missing", missingLines(c.Missing),
		"b unreadable b.6: unreadable", "b failed b.7: failed", "b unrun b.8: no_run")
	if got := nemo.Text(c.Missing[0].Detail); got != "results.yml: line 3: cut short" {
		t.Errorf("detail %q", got)
	}
	if c.Missing[1].Detail != nil || c.Missing[2].Detail != nil {
		t.Errorf("details of %+v", c.Missing[1:])
	}
	wantLines(t, "warnings", warningLines(warnings), "NOT_A_NUMBER ×1", "NO_PRIMARY_SCORE headless overall_acc")
	want := compare.Counts{Tasks: 11, Matched: 8, Missing: 3, NoPrimary: 1, NoInference: 5, NotComparable: 5}
	if c.Counts != want {
		t.Errorf("counts %+v, want %+v", c.Counts, want)
	}
	if got := c.Sides[1]; got.Tasks != 8 || got.Configured == nil || *got.Configured != 11 {
		t.Errorf("%d of %v tasks", got.Tasks, got.Configured)
	}
	if got := c.Sides[0]; got.Tasks != 11 || got.Configured != nil {
		t.Errorf("%d of %v tasks", got.Tasks, got.Configured)
	}
}

func TestAveragesAreOverHeadlinesWhateverIsShown(t *testing.T) {
	primary, _ := compared(t, mixed(t))
	for _, pattern := range []string{"all", "nothing"} {
		c, _ := compared(t, mixed(t), scores(t, pattern))
		wantLines(t, pattern, averageLines(c.Averages), averageLines(primary.Averages)...)
		if c.Counts != primary.Counts || c.Verdict != primary.Verdict {
			t.Errorf("%s: %s %+v", pattern, c.Verdict, c.Counts)
		}
	}
}

func TestRefuse(t *testing.T) {
	c, _ := compared(t, mixed(t), refuse)
	wantLines(
		t, "averages", averageLines(c.Averages),
		"b fraction higher 3 of 8: - -> - = - -failed:failed -limited:limit_samples -nan:nan -unreadable:unreadable -unrun:no_run",
		"b percent higher 1 of 1: 50 -> 51 = 1",
	)
	refused := c.Averages[0]
	if refused.Verdict != compare.NotComparable || strings.Join(refused.Reasons, ",") != "missing_tasks" || refused.Exact != nil || refused.Base.Exact != nil {
		t.Errorf("%+v", refused)
	}
	a, _ := averaged(t, mixed(t), refuse)
	for _, average := range a.Averages[:2] {
		if average.Value != nil || average.Exact != nil || average.Verdict != compare.NotComparable || strings.Join(average.Reasons, ",") != "missing_tasks" {
			t.Errorf("%+v", average)
		}
	}
}

func TestAverageOfNothing(t *testing.T) {
	c, _ := versus(t, byob("a.0", "x", "0.5", "").job(t), byob("b.0", "x", "0.5", "{limit_samples: 5}").job(t))
	a := c.Averages[0]
	if a.Tasks != 0 || a.Of != 1 || a.Base.Value != nil || a.Exact != nil || a.Verdict != compare.NotComparable || len(a.Reasons) != 0 {
		t.Errorf("%+v", a)
	}
	c, _ = compared(t, []compare.Side{side("a"), side("b")})
	if len(c.Averages) != 0 || len(c.Rows) != 0 || c.Verdict != compare.NotComparable || c.Counts != (compare.Counts{}) {
		t.Errorf("%+v", c)
	}
}

func TestAveragesOfThreeSides(t *testing.T) {
	sides := []compare.Side{
		side("a", byob("a.0", "x", "0.5", "").job(t), byob("a.1", "y", "0.7", "").job(t)),
		side("b", byob("b.0", "x", "0.6", "").job(t), byob("b.1", "y", "0.8", "").job(t)),
		side("c", byob("c.0", "x", "0.9", "").job(t)),
	}
	c, _ := compared(t, sides)
	wantLines(
		t, "against the baseline", averageLines(c.Averages),
		"b fraction higher 2 of 2: 0.6 -> 0.7 = 0.1",
		"c fraction higher 1 of 2: 0.5 -> 0.9 = 0.4 -y:absent_on_side",
	)
	a, _ := averaged(t, sides)
	wantLines(
		t, "over what all have", sideAverageLines(a.Averages),
		"a fraction 1 of 2: 0.5 +x 0.5 -y:absent_on_side",
		"b fraction 1 of 2: 0.6 +x 0.6 -y:absent_on_side",
		"c fraction 1 of 2: 0.9 +x 0.9 -y:absent_on_side",
	)
}

func TestAverageSides(t *testing.T) {
	a, warnings := averaged(t, mixed(t)[:1])
	wantLines(
		t, "one side", sideAverageLines(a.Averages),
		"a fraction 8 of 8: 0.6375 +failed 0.9 +limited 0.9 +nan 0.9 +one 0.1 +three 0.3 +two 0.2 +unreadable 0.9 +unrun 0.9",
		"a percent 1 of 1: 50 +pct 50",
	)
	wantLines(t, "warnings", warningLines(warnings), "NO_PRIMARY_SCORE headless overall_acc")
	if average := a.Averages[0]; average.Wins != nil || average.Verdict != compare.NoInference || !*average.Exact {
		t.Errorf("%+v", average)
	}

	const dropped = " -failed:failed -limited:limit_samples -nan:nan -unreadable:unreadable -unrun:no_run"
	a, _ = averaged(t, mixed(t))
	wantLines(
		t, "two sides", sideAverageLines(a.Averages),
		"a fraction 3 of 8: 0.2 +one 0.1 +three 0.3 +two 0.2"+dropped,
		"b fraction 3 of 8: 0.2 +one 0.2 +three 0.2 +two 0.2"+dropped,
		"a percent 1 of 1: 50 +pct 50",
		"b percent 1 of 1: 51 +pct 51",
	)
	a, _ = averaged(t, []compare.Side{side("n", byob("n.0", "x", ".nan", "").job(t), byob("n.1", "y", "0.5", "").job(t))})
	wantLines(t, "one side with a NaN", sideAverageLines(a.Averages), "n fraction 1 of 2: 0.5 +y 0.5 -x:nan")
}

// A plain job counts once for each variant of the other side, as in a comparison.
func TestAverageSidesOfVariants(t *testing.T) {
	at := func(id, temperature, value string) nemo.Job {
		return byob(id, "x", value, "{temperature: "+temperature+"}").job(t)
	}
	plain, two := side("p", at("p.0", "0.6", "0.89")), side("v", at("v.0", "0.0", "0.83"), at("v.1", "1.0", "0.85"))
	for _, sides := range [][]compare.Side{{plain, two}, {two, plain}} {
		a, _ := averaged(t, sides)
		for _, average := range a.Averages {
			if average.Kind == compare.Micro {
				continue // without n
			}
			want := "p fraction 2 of 2: 0.89 +x[temperature=0.0] 0.89 +x[temperature=1.0] 0.89"
			if average.Side == "v" {
				want = "v fraction 2 of 2: 0.84 +x[temperature=0.0] 0.83 +x[temperature=1.0] 0.85"
			}
			wantLines(t, "average", sideAverageLines([]compare.SideAverage{average}), want)
		}
	}
}

func TestAverageIsExact(t *testing.T) {
	sides := []compare.Side{
		side("a", byob("a.0", "x", "0.1", "").job(t), byob("a.1", "y", "0.2", "").job(t), byob("a.2", "z", "0.3", "").job(t)),
		side("b", byob("b.0", "x", "0.1", "").job(t), byob("b.1", "y", "0.2", "").job(t), byob("b.2", "z", "0.7", "").job(t)),
	}
	c, _ := compared(t, sides)
	a := c.Averages[0]
	if text(a.Base.Value) != "0.2" || !*a.Base.Exact {
		t.Errorf("the mean of 0.1, 0.2 and 0.3 is %s", a.Base.Value)
	}
	if text(a.Cand.Value) != "0.3333333333333333333333333333333333" || *a.Cand.Exact {
		t.Errorf("1/3 is %s, exact %v", a.Cand.Value, *a.Cand.Exact)
	}
	if text(a.Delta) != "0.1333333333333333333333333333333333" || *a.Exact {
		t.Errorf("2/15 is %s, exact %v", a.Delta, *a.Exact)
	}
}
