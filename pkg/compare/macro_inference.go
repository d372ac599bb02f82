package compare

import (
	"math"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// givesStderr reports whether a row's standard error is one of the difference that
// is averaged: it was tested, above the floor, over the questions that were reported.
func (a *assessment) givesStderr(row Row) bool {
	if a == nil || a.settled != "" || a.estimate.SE == nil || !(*a.estimate.SE > 0) || a.estimate.P == nil {
		return false
	}
	if slices.Contains(row.Reasons, reasonMissingItems) {
		return false
	}
	return a.strict == nil || a.estimate.Value == nil || a.estimate.Value.Sub(*row.Delta).Abs().Cmp(decimal.MustParse("0.000001")) <= 0
}

// inferMacro says whether a macro mean of deltas is more than noise, with the tasks
// as given: sqrt(Σse_t²)/m, only where every task has a standard error and all
// answer the same question (§8). Of one task it is that task's own inference.
func (a *Average) inferMacro(rows []Assessed, options Options) {
	a.inferMean(rows, nil, MethodMacroZ, options)
}

// dependent widens the standard errors of rows of one task. Variants of a task ask
// the same questions, and one plain job may stand for several of them, so their
// deltas are not independent and how much they go together is not known. Their
// standard errors are added as if they did entirely, which is never too narrow.
func dependent(rows []Assessed, stderrs []*decimal.Decimal) []*decimal.Decimal {
	total := map[string]decimal.Decimal{}
	members := map[string]int{}
	for i, row := range rows {
		total[row.Task] = total[row.Task].Add(*stderrs[i])
		members[row.Task]++
	}
	widened := make([]*decimal.Decimal, len(stderrs))
	for i, row := range rows {
		widened[i] = stderrs[i]
		if m := members[row.Task]; m > 1 {
			// The squares of m such values add up to the square of the sum.
			se := total[row.Task].Float64() / math.Sqrt(float64(m))
			if d, err := decimal.FromFloat(se); err == nil {
				widened[i] = &d
			}
		}
	}
	return widened
}

// inferMean is inferMacro of a mean in which each task has a weight; all weigh 1 if
// there are none. The weights add up to the number of tasks.
func (a *Average) inferMean(rows []Assessed, weights []decimal.Decimal, method string, options Options) {
	deltas := make([]decimal.Decimal, 0, len(rows))
	stderrs := make([]*decimal.Decimal, 0, len(rows))
	tasks := make([]infer.TaskDelta, 0, len(rows))
	scopes := map[string]bool{}
	freedom := make([]*float64, len(rows)) // nil: a normal or a score method
	for i, row := range rows {
		weight := decimal.FromInt(1)
		if weights != nil {
			weight = weights[i]
		}
		deltas = append(deltas, row.Delta.Mul(weight))
		var se *decimal.Decimal
		if row.found.givesStderr(row.Row) {
			if d, err := decimal.FromFloat(*row.found.estimate.SE); err == nil {
				se = ptr(d.Mul(weight))
				tasks = append(tasks, infer.TaskDelta{Delta: *row.Delta, Stderr: d})
				scopes[row.found.scope] = true
				freedom[i] = row.found.estimate.DF
			}
		}
		stderrs = append(stderrs, se)
	}
	a.PSign = derived(infer.SignTest(a.Wins, a.Losses))
	switch {
	case len(rows) == 1:
		a.Verdict, a.Inference = rows[0].Verdict, rows[0].Inference
		return
	case len(tasks) < len(rows):
		a.Reasons = append(a.Reasons, string(infer.ReasonNoUncertainty))
		return
	case len(scopes) > 1:
		a.Reasons = append(a.Reasons, reasonMixedScopes)
		return
	}
	found := assessment{
		scope: ScopeFixedTasks, method: method,
		estimate:  infer.MacroFixedT(deltas, dependent(rows, stderrs), freedom, options.level()),
		described: noInference(),
	}
	if len(rows) >= 3 {
		spread := infer.Heterogeneous(tasks)
		a.Q, a.I2 = derived(spread.Q), derived(spread.I2)
	}
	margin := options.MarginOn(a.Scale)
	if slices.ContainsFunc(rows, func(row Assessed) bool { return slices.Contains(row.found.described.Flags, flagBoundedSE) }) {
		margin = nil // a bound shows what is there, not what is not
	}
	var reasons []string
	a.Verdict, reasons = found.verdict(a.Direction, found.estimate.P, margin, options)
	for _, reason := range reasons {
		if reason != "" {
			a.Reasons = append(a.Reasons, reason)
		}
	}
	of := Row{Direction: a.Direction, Delta: a.Delta, Verdict: a.Verdict}
	a.Inference = found.inference(of, found.estimate.P, string(infer.AdjustNone), 1, margin, options)
}
