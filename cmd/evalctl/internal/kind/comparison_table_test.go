package kind

import (
	"bytes"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/render"
)

// What a reason says of a number is no setting that differs.
func TestNotComparableNamesOnlySettings(t *testing.T) {
	zero, half := decimal.FromInt(0), decimal.FromInt(5)
	row := compare.Row{
		Task: "quiz", Metric: "acc", Score: "acc", Primary: true, Verdict: compare.NotComparable,
		Base: compare.Value{Side: "a", Value: &zero, Repeats: 1}, Cand: compare.Value{Side: "b", Value: &half, Repeats: 1}, Delta: &half,
	}
	for _, test := range []struct {
		reasons     []string
		table, line string
	}{
		{[]string{"limit_samples", "params.task", "base_zero"}, "not comparable (limit_samples, params.task differ)", "not comparable: limit_samples, params.task"},
		{[]string{"limit_samples", "base_zero"}, "not comparable (limit_samples differs)", "not comparable: limit_samples"},
	} {
		row.Reasons = test.reasons
		comparison := compare.Comparison{
			Sides: []compare.SideSummary{{Label: "a", Role: compare.Baseline}, {Label: "b", Role: compare.Candidate}}, Rows: []compare.Row{row},
		}
		for format, want := range map[render.Format]string{render.FormatTable: test.table, render.FormatBrief: test.line} {
			var out bytes.Buffer
			if err := render.Encode(&out, ComparisonDocument(comparison, nil), format, render.Options{}); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "base_zero") {
				t.Errorf("%v as %v:\n%s\nwant %q", test.reasons, format, got, want)
			}
		}
	}
}
