package compare_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// counted is a BYOB job of n questions.
func counted(id, task, value, n string) spec {
	s := byob(id, task, value, "")
	s.results = strings.Replace(s.results, "stats: {}", "stats: {count: "+n+"}", 1)
	return s
}

// The values are fractions of the counts: 1/4 of 4 and 9/10 of 10 are 10 of 14.
func TestMicroIsWeighedByQuestions(t *testing.T) {
	sides := []compare.Side{
		side("a", counted("a.0", "x", "0.25", "4").job(t), counted("a.1", "y", "0.9", "10").job(t), counted("a.2", "z", "0.5", "2").job(t)),
		side("b", counted("b.0", "x", "0.5", "4").job(t), counted("b.1", "y", "0.9", "10").job(t)),
	}
	c, _ := compared(t, sides)
	wantLines(
		t, "of a comparison", averageLines(c.Averages),
		"b fraction higher 2 of 3: 0.575 -> 0.7 = 0.125 -z:absent_on_side",
		"micro b fraction higher 2 of 3: 0.7142857142857142857142857142857143 -> 0.7857142857142857142857142857142857 = 0.07142857142857142857142857142857143 -z:absent_on_side",
	)
	if m := c.Averages[1]; *m.Base.Exact || *m.Cand.Exact || *m.Exact || m.Wins != 1 || m.Ties != 1 || m.Losses != 0 {
		t.Errorf("%+v", m)
	}
	a, _ := averaged(t, sides)
	wantLines(
		t, "of sides", sideAverageLines(a.Averages),
		"a fraction 2 of 3: 0.575 +x 0.25 +y 0.9 -z:absent_on_side",
		"b fraction 2 of 3: 0.7 +x 0.5 +y 0.9 -z:absent_on_side",
		"micro a fraction 2 of 3: 0.7142857142857142857142857142857143 +x 0.25 +y 0.9 -z:absent_on_side",
		"micro b fraction 2 of 3: 0.7857142857142857142857142857142857 +x 0.5 +y 0.9 -z:absent_on_side",
	)
	c, _ = compared(t, sides, refuse)
	if len(c.Averages) != 1 {
		t.Errorf("refused, and %d averages", len(c.Averages))
	}
	a, _ = averaged(t, sides, refuse)
	for _, average := range a.Averages {
		if average.Value != nil || average.Rank != nil || strings.Join(average.Reasons, ",") != "missing_tasks" {
			t.Errorf("refused, and %+v", average)
		}
	}
}

// The standard error of a micro mean is the stratified one.
func TestMicroIsInferred(t *testing.T) {
	reported := func(id, task, value, n, stderr string) nemo.Job {
		s := byob(id, task, value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: "+n+", stderr: "+stderr+"}", 1)
		return s.job(t)
	}
	c, _ := compared(t, []compare.Side{
		side("a", reported("a.0", "x", "0.2", "100", "0.04"), reported("a.1", "y", "0.8", "400", "0.02")),
		side("b", reported("b.0", "x", "0.3", "100", "0.04"), reported("b.1", "y", "0.9", "400", "0.02")),
	})
	m := c.Averages[1]
	if m.Kind != compare.Micro || nemo.Text(m.Inference.Method) != "micro_z" || m.Verdict != compare.Improved {
		t.Fatalf("%+v", m)
	}
	var variance float64
	for _, row := range c.Rows {
		weighted := row.Base.N.Float64() * row.Inference.SE.Float64()
		variance += weighted * weighted
	}
	if want := math.Sqrt(variance) / 500; math.Abs(m.Inference.SE.Float64()-want) > 1e-11 {
		t.Errorf("se %s, want %g", m.Inference.SE, want)
	}
}

// Without the n of one task, or with different ones, there is no micro average,
// and of sides it says why.
func TestNoMicro(t *testing.T) {
	for _, test := range []struct {
		name, nA, nB, reason string
	}{
		{"n unknown on one side", "10", "null", "n_unknown"},
		{"no questions", "0", "0", "n_unknown"},
		{"another n", "10", "20", "n_differs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sides := []compare.Side{
				side("a", counted("a.0", "x", "0.25", "4").job(t), counted("a.1", "y", "0.9", test.nA).job(t)),
				side("b", counted("b.0", "x", "0.5", "4").job(t), counted("b.1", "y", "0.9", test.nB).job(t)),
			}
			c, _ := compared(t, sides, allow("n"))
			if len(c.Averages) != 1 || c.Averages[0].Kind != compare.Macro {
				t.Errorf("averages of a comparison: %q", averageLines(c.Averages))
			}
			a, _ := averaged(t, sides, allow("n"))
			for _, average := range a.Averages[2:] {
				got := fmt.Sprint(average.Kind, text(average.Value), average.Tasks, len(average.Parts), average.Reasons, average.Verdict, average.Rank == nil)
				if want := fmt.Sprint("micro", "-", 2, 2, []string{test.reason}, compare.NotComparable, true); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
}

// The user may know what no file says, and then wins over the files.
func TestMicroOfGivenN(t *testing.T) {
	sides := []compare.Side{
		side("a", byob("a.0", "x", "0.2", "").job(t), counted("a.1", "y", "0.8", "10").job(t)),
		side("b", byob("b.0", "x", "0.4", "").job(t), counted("b.1", "y", "0.8", "10").job(t)),
	}
	given := func(o *compare.Options) { o.Questions = map[string]int{"x": 30} }
	a, _ := averaged(t, sides, given)
	c, _ := compared(t, sides, given)
	wantLines(
		t, "micro", append(sideAverageLines(a.Averages[2:]), averageLines(c.Averages[1:])...),
		"micro a fraction 2 of 2: 0.35 +x 0.2 +y 0.8", "micro b fraction 2 of 2: 0.5 +x 0.4 +y 0.8",
		"micro b fraction higher 2 of 2: 0.35 -> 0.5 = 0.15",
	)
}
