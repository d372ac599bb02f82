package compare

import (
	"math"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Assessed is a row with the unrounded evidence that its verdict was made on.
type Assessed struct {
	Row
	found *assessment // nil where the sides may not be compared, or have no values

	// OffScale says that a value is not on the scale of the row, so that a margin on
	// that scale means nothing.
	OffScale bool
}

// Goodness is the unrounded estimate of the goodness change of a row, in its scale:
// candidate − baseline, or its negation where less is better. ok is false where no
// inference was made.
func (row Assessed) Goodness() (g infer.Estimate, ok bool) {
	if row.found == nil || row.found.tellsNothing() {
		return infer.Estimate{}, false
	}
	return directionOf(row.Direction).Goodness(row.found.estimate), true
}

// MarginTest tests the hypothesis that the goodness change is −margin or worse, the
// margin in the scale of the row, by the statistic of the row's own method (§9).
// Nothing is defined where no inference was made.
func (row Assessed) MarginTest(margin decimal.Decimal) infer.MarginTest {
	g, ok := row.Goodness()
	if !ok {
		return infer.MarginTest{Reason: infer.ReasonNoUncertainty}
	}
	return row.found.marginTest(g, margin)
}

// Unanswered is [Assessed.Goodness] with the questions that one side did not answer
// counted as wrong there; ok is false where every question was answered.
func (row Assessed) Unanswered() (g infer.Estimate, ok bool) {
	if row.found == nil || row.found.strict == nil || row.found.tellsNothing() {
		return infer.Estimate{}, false
	}
	return directionOf(row.Direction).Goodness(*row.found.strict), true
}

// tellsNothing reports whether the estimate must not decide anything: there is none,
// or it is of other questions than the difference that was reported.
func (a *assessment) tellsNothing() bool {
	return a.settled == NoInference || a.settled == Inconclusive
}

// Questions is how many questions are behind the row's inference; 0 if unknown.
func (row Assessed) Questions() int {
	if row.found == nil {
		return 0
	}
	return row.found.questions
}

// judgeRows gives the rows of one candidate their verdicts. P-values of headlines
// are adjusted as one family; those of other scores within their task, by Benjamini
// and Hochberg, and are exploratory (§10).
func judgeRows(rows []Assessed, options Options) {
	family := map[string][]int{}
	for i, row := range rows {
		if row.found == nil {
			continue
		}
		key := ""
		if !row.Primary {
			key = "\x00" + row.Task + "\x00" + nemo.Text(row.Variant)
		}
		family[key] = append(family[key], i)
	}
	for key, members := range family {
		method := infer.Adjustment(options.Adjust)
		if key != "" && method != infer.AdjustNone {
			method = infer.AdjustBH
		}
		p := make([]*float64, len(members))
		for j, i := range members {
			if !rows[i].found.tellsNothing() {
				p[j] = rows[i].found.estimate.P
			}
		}
		adjusted, size := infer.Adjust(method, p)
		for j, i := range members {
			row := &rows[i]
			if key != "" {
				row.found.described.Flags = append(row.found.described.Flags, flagExploratory)
			}
			row.conclude(adjusted[j], string(method), size, options)
		}
	}
}

// conclude writes verdict and inference of a row from its assessment and the
// adjusted p-value.
func (row *Assessed) conclude(adjusted *float64, adjust string, family int, options Options) {
	a := row.found
	margin := options.MarginOn(row.Scale)
	verdict, reasons := a.verdict(row.Direction, adjusted, margin, options)
	row.Verdict = verdict
	for _, reason := range slices.Concat(a.reasons, reasons) {
		if reason != "" && !slices.Contains(row.Reasons, reason) {
			row.Reasons = append(row.Reasons, reason)
		}
	}
	if slices.Contains(reasons, reasonTestsDisagree) {
		a.warnings = addWarning(a.warnings, testsDisagree())
	}
	for _, w := range a.warnings {
		row.Warnings = addWarning(row.Warnings, w)
	}
	row.Base.measure(a.base, options)
	row.Cand.measure(a.cand, options)
	row.Inference = a.inference(row.Row, adjusted, adjust, family, margin, options)
}

// verdict applies the table of §5, first match first.
func (a *assessment) verdict(direction catalog.Direction, adjusted *float64, margin *decimal.Decimal, options Options) (Verdict, []string) {
	if a.settled != "" {
		return a.settled, nil
	}
	g := directionOf(direction).Goodness(a.estimate)
	if slices.Contains(a.described.Flags, flagBoundedSE) {
		margin = nil // a bound shows what is there, not what is not
	}
	judged, reason := infer.Judge(g, adjusted, margin)
	if judged == infer.NoInference {
		if a.estimate.Reason != "" {
			reason = a.estimate.Reason
		}
		return NoInference, []string{string(reason)}
	}
	if judged == infer.Improved || judged == infer.Regressed {
		if a.confirm != nil && !(*a.confirm <= options.alpha()) {
			return Inconclusive, []string{reasonTestsDisagree}
		}
	}
	if a.strict != nil {
		raw, _ := infer.Judge(g, a.estimate.P, margin)
		filled := directionOf(direction).Goodness(*a.strict)
		if other, _ := infer.Judge(filled, filled.P, margin); other != raw {
			return Inconclusive, []string{reasonMissingItems}
		}
	}
	if reason == infer.ReasonNotSignificant && options.Adjust != string(infer.AdjustHolm) {
		reason = infer.Reason("not_significant_after_" + options.Adjust)
	}
	if direction == catalog.UnknownDirection {
		switch judged {
		case infer.Improved:
			return Increased, []string{reasonDirectionUnknown}
		case infer.Regressed:
			return Decreased, []string{reasonDirectionUnknown}
		}
	}
	return Verdict(judged), []string{string(reason)}
}

// measure adds what the evidence knows of a side.
func (v *Value) measure(side measuredSide, options Options) {
	if side.n != nil && (v.N == nil || side.nSource == nSourceFlag) {
		v.N, v.NSource = ptr(decimal.FromInt(int64(*side.n))), ptr(side.nSource)
	}
	if side.k != nil {
		v.K = ptr(decimal.FromInt(int64(*side.k)))
	}
	if ci := intervalOf(side.ci, options.Confidence); ci != nil {
		v.CI = &SideInterval{Interval: *ci, Method: side.method}
	}
}

// inference is the rounded record of an assessment.
func (a *assessment) inference(row Row, adjusted *float64, adjust string, family int, margin *decimal.Decimal, options Options) Inference {
	in := a.described
	in.Evidence, in.Scope, in.Method = nemo.Optional(a.evidence), nemo.Optional(a.scope), nemo.Optional(a.method)
	in.SE, in.DF = derived(a.estimate.SE), derived(a.estimate.DF)
	in.CI = intervalOf(a.estimate.CI, options.Confidence)
	if a.estimate.P != nil {
		in.Test = &Test{
			Stat: derived(a.estimate.Stat), P: derived(a.estimate.P), PAdj: derived(adjusted),
			Adjust: adjust, Family: family, Sided: 2,
		}
		in.DecisionBasis = ptr("ci")
	}
	in.MDE = a.mde(row, options)
	if margin != nil && a.estimate.CI != nil {
		in.Margin = a.marginKept(row, *margin, options)
	}
	return in
}

// mde says what such a comparison can find, and what would decide it.
func (a *assessment) mde(row Row, options Options) *Detectable {
	if a.estimate.SE == nil || a.settled == NoInference {
		return nil
	}
	power := options.power()
	value := a.detectable
	switch {
	case value != nil:
	case a.evidence == EvidenceRepeatedRuns && a.estimate.DF != nil:
		value = power.DetectableEffectT(*a.estimate.SE, *a.estimate.DF)
	default:
		value = power.DetectableEffect(*a.estimate.SE)
	}
	p, _ := decimal.FromFloat(power.Power)
	mde := &Detectable{Power: p, Alpha: decimal.FromInt(1).Sub(options.Confidence), Value: derived(value)}
	if row.Delta == nil || row.Delta.Sign() == 0 {
		return mde
	}
	size := row.Delta.Abs().Float64()
	switch {
	case a.scope == ScopeFixedItems && a.runs > 1:
		mde.RunsRequired = a.runsRequired(power, size)
	case a.scope == ScopeItemPopulation && a.questions > 0:
		mde.NRequired = derived(power.RequiredItems(a.questions, *a.estimate.SE, size))
	}
	return mde
}

// mostRuns bounds how many runs a side are worth asking for.
const mostRuns = 10000

// runsRequired is how many runs a side, or repeats of each question, would find a
// difference of this size: the least k whose t test with k runs a side detects it,
// the spread of both sides being what was seen.
func (a *assessment) runsRequired(power infer.Power, size float64) *decimal.Decimal {
	variance := *a.estimate.SE * *a.estimate.SE * float64(a.runs) // of one run a side
	perRun := 1.0                                                 // degrees of freedom that a further run adds
	if a.estimate.DF != nil && a.runs > 1 {
		perRun = *a.estimate.DF / float64(a.runs-1)
	}
	for k := 2; k <= mostRuns; k++ {
		se := math.Sqrt(variance / float64(k))
		detectable := power.DetectableEffect(se)
		if a.estimate.DF != nil {
			detectable = power.DetectableEffectT(se, perRun*float64(k-1))
		}
		if detectable != nil && *detectable <= size {
			return ptr(decimal.FromInt(int64(k)))
		}
	}
	return nil
}

// marginKept places the goodness change against a margin.
func (a *assessment) marginKept(row Row, margin decimal.Decimal, options Options) *MarginKept {
	g := directionOf(row.Direction).Goodness(a.estimate)
	kept := &MarginKept{Kind: "absolute", Value: margin}
	if row.Verdict == Regressed {
		kept.Position = ptr(string(infer.MarginPosition(*g.CI, margin)))
	}
	kept.PNI = derived(a.marginTest(g, margin).P)
	if a.estimate.SE != nil {
		kept.SmallestCertifiable = derived(options.power().DetectableEffect(*a.estimate.SE))
		if a.questions > 0 && margin.Sign() > 0 {
			kept.NRequired = derived(options.power().RequiredItems(a.questions, *a.estimate.SE, margin.Float64()))
		}
	}
	return kept
}

// marginTest tests H0: g <= −margin by the method's own statistic.
func (a *assessment) marginTest(g infer.Estimate, margin decimal.Decimal) infer.MarginTest {
	if a.shifted != nil {
		return a.shifted(margin)
	}
	return infer.Margin(g, margin)
}
