package kind

import (
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// comparisonRecords is the comparison as the contract's CSV: a line a row, the
// exact text of every number.
func comparisonRecords(c compare.Comparison) render.Records {
	records := render.Records{
		Name: "rows",
		Columns: []string{
			"harness", "task", "variant", "name", "metric", "score", "scale", "direction", "base", "cand_side", "cand",
			"delta", "relative", "n_base", "n_cand", "se", "ci_lo", "ci_hi", "p", "p_adj", "method", "verdict", "warnings",
		},
		Numeric: []bool{
			false, false, false, false, false, false, false, false, true, false, true,
			true, true, true, true, true, true, true, true, true, false, false, false,
		},
	}
	for _, row := range c.Rows {
		codes := make([]string, len(row.Warnings))
		for i, w := range row.Warnings {
			codes[i] = w.Code
		}
		var lo, hi, p, adjusted *decimal.Decimal
		if row.Inference.CI != nil {
			lo, hi = row.Inference.CI.Lo, row.Inference.CI.Hi
		}
		if row.Inference.Test != nil {
			p, adjusted = row.Inference.Test.P, row.Inference.Test.PAdj
		}
		records.Rows = append(records.Rows, []string{
			nemo.Text(row.Harness), row.Task, nemo.Text(row.Variant), row.Name, row.Metric, row.Score,
			string(row.Scale), string(row.Direction), text(row.Base.Value), row.Cand.Side, text(row.Cand.Value),
			text(row.Delta), text(row.Relative), text(row.Base.N), text(row.Cand.N),
			text(row.Inference.SE), text(lo), text(hi), text(p), text(adjusted), nemo.Text(row.Inference.Method),
			string(row.Verdict), strings.Join(codes, " "),
		})
	}
	return records
}

// averageRecords is the averages of a comparison as a table.
func averageRecords(c compare.Comparison) render.Records {
	records := render.Records{
		Name:    "averages",
		Columns: []string{"kind", "scale", "direction", "tasks", "of", "base", "cand_side", "cand", "delta", "wins", "losses", "ties", "verdict", "dropped"},
		Numeric: []bool{false, false, false, true, true, true, false, true, true, true, true, true, false, false},
	}
	for _, a := range c.Averages {
		records.Rows = append(records.Rows, []string{
			a.Kind, string(a.Scale), string(a.Direction), strconv.Itoa(a.Tasks), strconv.Itoa(a.Of), text(a.Base.Value),
			a.Cand.Side, text(a.Cand.Value), text(a.Delta), strconv.Itoa(a.Wins), strconv.Itoa(a.Losses), strconv.Itoa(a.Ties),
			string(a.Verdict), droppedText(a.Dropped),
		})
	}
	return records
}

// droppedText names what an average leaves out: "task:reason task[variant]:reason".
func droppedText(dropped []compare.Dropped) string { return strings.Join(droppedNames(dropped), " ") }

func droppedNames(dropped []compare.Dropped) []string {
	parts := make([]string, len(dropped))
	for i, d := range dropped {
		parts[i] = d.Task
		if d.Variant != nil {
			parts[i] += "[" + *d.Variant + "]"
		}
		parts[i] += ":" + d.Reason
	}
	return parts
}

// missingRecords is what has no results, as a table.
func missingRecords(missing []compare.Missing) render.Records {
	records := render.Records{
		Name:    "missing",
		Columns: []string{"side", "harness", "task", "variant", "job_id", "reason", "detail"},
		Numeric: []bool{false, false, false, false, false, false, false},
	}
	for _, m := range missing {
		records.Rows = append(records.Rows, []string{
			m.Side, nemo.Text(m.Harness), nemo.Text(m.Task), nemo.Text(m.Variant), nemo.Text(m.JobID), m.Reason, nemo.Text(m.Detail),
		})
	}
	return records
}
