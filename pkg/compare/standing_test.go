package compare_test

import (
	"fmt"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// standingLines prints "side value: rank, wins-losses-ties".
func standingLines(averages []compare.SideAverage) []string {
	lines := []string{}
	number := func(n *int) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	for _, a := range averages {
		if a.Value != nil {
			lines = append(lines, fmt.Sprintf("%s %s: %s, %s-%s-%s", a.Side, text(a.Value), number(a.Rank), number(a.Wins), number(a.Losses), number(a.Ties)))
		}
	}
	return lines
}

func TestStandings(t *testing.T) {
	of := func(label string, values ...string) compare.Side {
		var jobs []nemo.Job
		for i, value := range values {
			jobs = append(jobs, byob(fmt.Sprintf("%s.%d", label, i), string(rune('x'+i)), value, "").job(t))
		}
		return side(label, jobs...)
	}
	a, _ := averaged(t, []compare.Side{of("a", "0.5", "0.7"), of("b", "0.4", "0.8"), of("c", "0.9", "0.9"), of("d", "0.1", "0.10")})
	wantLines(
		t, "higher is better, two share a rank", standingLines(a.Averages),
		"a 0.6: 2, 3-3-0", "b 0.6: 2, 3-3-0", "c 0.9: 1, 6-0-0", "d 0.1: 4, 0-6-0",
	)
	a, _ = averaged(t, []compare.Side{of("a", "0.5"), of("b", "0.50")})
	wantLines(t, "a tie", standingLines(a.Averages), "a 0.5: 1, 0-0-1", "b 0.5: 1, 0-0-1")
	a, _ = averaged(t, []compare.Side{of("a", "0.5")})
	wantLines(t, "one side", standingLines(a.Averages), "a 0.5: -, -----")

	seconds := func(label, value string) compare.Side {
		return side(label, skills(label+".0", "x", "pass@1", "gen_seconds", value).job(t))
	}
	a, _ = averaged(t, []compare.Side{seconds("a", "5"), seconds("b", "3")})
	wantLines(t, "timings are no headline", standingLines(a.Averages))
	hallucination := func(label, value string) compare.Side {
		return side(label, skills(label+".0", "x", "pass@1", "judge_omni_hallucination", value).job(t))
	}
	a, _ = averaged(t, []compare.Side{hallucination("a", "5"), hallucination("b", "3")})
	wantLines(t, "lower is better", standingLines(a.Averages), "a 5: 2, 0-1-0", "b 3: 1, 1-0-0")
}

// A plain job stands for each variant that any other side has: a third side
// without variants does not take the task away.
func TestThreeSidesOfWhichOneHasVariants(t *testing.T) {
	at := func(id, temperature, value string) nemo.Job {
		return byob(id, "x", value, "{temperature: "+temperature+"}").job(t)
	}
	a, _ := averaged(t, []compare.Side{
		side("p", at("p.0", "0.6", "0.89")),
		side("v", at("v.0", "0.0", "0.83"), at("v.1", "1.0", "0.85")),
		side("q", at("q.0", "0.6", "0.8")),
	})
	wantLines(
		t, "averages", sideAverageLines(a.Averages),
		"p fraction 2 of 2: 0.89 +x[temperature=0.0] 0.89 +x[temperature=1.0] 0.89",
		"v fraction 2 of 2: 0.84 +x[temperature=0.0] 0.83 +x[temperature=1.0] 0.85",
		"q fraction 2 of 2: 0.8 +x[temperature=0.0] 0.8 +x[temperature=1.0] 0.8",
	)
	wantLines(t, "missing", missingLines(a.Missing))
	a, _ = averaged(t, []compare.Side{
		side("v", at("v.0", "0.0", "0.83"), at("v.1", "1.0", "0.85")),
		side("w", at("w.0", "0.0", "0.7"), at("w.1", "0.5", "0.7")),
		side("p", at("p.0", "0.6", "0.89"), byob("p.1", "y", "0.1", "").job(t)),
	})
	wantLines(
		t, "what not all have", sideAverageLines(a.Averages),
		"v fraction 1 of 4: 0.83 +x[temperature=0.0] 0.83 -x[temperature=0.5]:absent_on_side -x[temperature=1.0]:absent_on_side -y:absent_on_side",
		"w fraction 1 of 4: 0.7 +x[temperature=0.0] 0.7 -x[temperature=0.5]:absent_on_side -x[temperature=1.0]:absent_on_side -y:absent_on_side",
		"p fraction 1 of 4: 0.89 +x[temperature=0.0] 0.89 -x[temperature=0.5]:absent_on_side -x[temperature=1.0]:absent_on_side -y:absent_on_side",
	)
	// Sides of an average are compared with each other, not with the first only.
	wantLines(
		t, "missing", missingLines(a.Missing),
		"v x[temperature=0.5] -: absent_on_side", "v y -: absent_on_side",
		"w x[temperature=1.0] -: absent_on_side", "w y -: absent_on_side",
	)
}

// A mean of repeats that does not end says so wherever it stands.
func TestMeansOfRepeatsSayWhetherTheyEnd(t *testing.T) {
	three := side("t", byob("a.0", "x", "0.1", "").job(t), byob("b.0", "x", "0.1", "").job(t), byob("c.0", "x", "0.2", "").job(t))
	c, _ := compared(t, []compare.Side{three, side("o", byob("o.0", "x", "0.5", "").job(t))})
	if row := c.Rows[0]; *row.Base.Exact || !*row.Cand.Exact || *row.Exact {
		t.Errorf("%+v", row)
	}
	a, _ := averaged(t, []compare.Side{three})
	if part := a.Averages[0].Parts[0]; *part.Exact || text(part.Value) != "0.1333333333333333333333333333333333" {
		t.Errorf("%+v", part)
	}
	e, _, err := compare.Evaluate(three, options(t))
	if err != nil || *e.Scores[0].Exact {
		t.Errorf("%+v, %v", e.Scores, err)
	}
}
