package compare_test

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
)

func TestValuesThatAreNotOnTheirScale(t *testing.T) {
	of := func(id, value, stats string) spec {
		s := byob(id, "x", value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {"+stats+"}", 1)
		return s
	}
	for _, test := range []struct {
		name       string
		base, cand spec
		row        string
		points     string
		warnings   string
		average    string
	}{
		{"in range, bounds too", of("a.0", "0", ""), of("b.0", "1", ""), "0 -> 1 = 1 no_inference base_zero", "100", "", "1 of 1: 0 -> 1 = 1"},
		{"both are percents", of("a.0", "85", ""), of("b.0", "86", ""), "85 -> 86 = 1 no_inference", "-", "SCALE_MISMATCH ×1", "0 of 1: - -> - = - -x:scale_mismatch"},
		{"one is a percent", of("a.0", "85", ""), of("b.0", "0.86", ""), "85 -> 0.86 = -84.14 not_comparable scale", "-", "SCALE_MISMATCH ×1", "0 of 1: - -> - = - -x:scale"},
		{"negative", of("a.0", "-0.1", ""), of("b.0", "0.5", ""), "-0.1 -> 0.5 = 0.6 no_inference", "-", "SCALE_MISMATCH ×1", "0 of 1: - -> - = - -x:scale_mismatch"},
		{"a hundredth of its mean", of("a.0", "0.5", "mean: 50"), of("b.0", "0.6", "mean: 0.6"), "0.5 -> 0.6 = 0.1 no_inference", "-", "SCALE_MISMATCH ×1", "0 of 1: - -> - = - -x:scale_mismatch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := side("a", test.base.job(t)), side("b", test.cand.job(t))
			c, warnings := compared(t, []compare.Side{a, b})
			wantLines(t, "row", rowLines(c.Rows), "x pass@1/correct b: "+test.row)
			if got := text(c.Rows[0].DeltaPoints); got != test.points {
				t.Errorf("%s points, want %s", got, test.points)
			}
			if got := strings.Join(warningLines(warnings), "; "); got != test.warnings {
				t.Errorf("warnings %s, want %s", got, test.warnings)
			}
			wantLines(t, "average", averageLines(c.Averages), "b fraction higher "+test.average)
			alone, _ := averaged(t, []compare.Side{a})
			if isOff := test.base.results != of("a.0", "0", "").results; isOff != (alone.Averages[0].Tasks == 0) {
				t.Errorf("alone: %q", sideAverageLines(alone.Averages))
			}
		})
	}
	e, warnings, err := compare.Evaluate(side("s", of("a.0", "85", "").job(t)), options(t))
	if err != nil || text(e.Scores[0].Value) != "85" {
		t.Errorf("%+v, %v", e.Scores, err)
	}
	wantLines(t, "of one side", warningLines(warnings), "SCALE_MISMATCH ×1 scale")
}
