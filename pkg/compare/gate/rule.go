package gate

import (
	"math"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// judged is a row while it is decided.
type judged struct {
	compare.Assessed
	rules   Rules
	rulings []Ruling
	family  *float64 // the two-sided p-value, where the margin is 0 and the interval fails
}

// apply applies the rules on drops to a row that can be compared.
func (j *judged) apply(decision string, knobs compare.Knobs) {
	j.rulings = append(j.rulings, j.maxDrop(decision, knobs))
	if j.rules.MaxRelativeDrop != nil && j.guarded() {
		j.rulings = append(j.rulings, j.maxRelativeDrop(decision, knobs))
	}
}

// maxDrop is the absolute margin in the scale of the row: pass if the whole interval
// of the goodness change is at −M or above, fail if all of it is below.
func (j *judged) maxDrop(decision string, knobs compare.Knobs) Ruling {
	margin := marginOn(j.rules, j.Scale)
	ruling := Ruling{Rule: RuleMaxDrop, Margin: margin, Change: j.change()}
	switch {
	case j.Direction == catalog.UnknownDirection:
		return ruling.open(reasonDirectionUnknown)
	case margin == nil:
		return ruling.open(reasonMarginUnit)
	case decision == DecidePoint:
		return ruling.atPoint(*ruling.Change, *margin)
	}
	g, reason := j.evidence()
	if reason != "" {
		return ruling.open(reason)
	}
	ruling.Lo, ruling.Hi = compare.Derived(&g.CI.Lo), compare.Derived(&g.CI.Hi)
	ruling = ruling.onInterval(g.CI, *margin)
	if filled, ok := j.Unanswered(); ok && resultOf(infer.Gate(filled.CI, *margin)) != ruling.Result {
		return ruling.open(reasonMissingItems)
	}
	if margin.Sign() == 0 {
		j.family = g.P
	}
	return ruling
}

// maxRelativeDrop is the margin as a share of the baseline's value.
func (j *judged) maxRelativeDrop(decision string, knobs compare.Knobs) Ruling {
	margin := *j.rules.MaxRelativeDrop
	ruling := Ruling{Rule: RuleMaxRelativeDrop, Margin: &margin}
	base := *j.Base.Value
	change, ok := j.change().Quo(base.Abs())
	switch {
	case j.Direction == catalog.UnknownDirection:
		return ruling.open(reasonDirectionUnknown)
	case !ok:
		return ruling.open(reasonBaseZero)
	}
	ruling.Change = ptr(change.RoundSignificant(derivedDigits))
	if decision == DecidePoint {
		return ruling.atPoint(change, margin)
	}
	g, reason := j.evidence()
	if reason != "" {
		return ruling.open(reason)
	}
	ci := relativeInterval(g, j.Row, knobs)
	if ci == nil {
		return ruling.open(reasonNoUncertainty)
	}
	ruling.Lo, ruling.Hi = compare.Derived(&ci.Lo), compare.Derived(&ci.Hi)
	ruling = ruling.onInterval(ci, margin)
	if filled, ok := j.Unanswered(); ok && resultOf(infer.Gate(filled.CI.Relative(base), margin)) != ruling.Result {
		return ruling.open(reasonMissingItems)
	}
	return ruling
}

// derivedDigits is the precision of numbers that are not exact.
const derivedDigits = 12

// guarded reports whether the relative rule holds for this baseline.
func (j *judged) guarded() bool {
	guard := j.rules.RelativeGuardBelow
	if guard == nil {
		return true
	}
	width, ok := compare.ScaleWidth(j.Scale)
	return !ok || j.Base.Value.Cmp(guard.Mul(width)) < 0
}

// change is the exact goodness change.
func (j *judged) change() *decimal.Decimal {
	delta := *j.Delta
	if j.Direction == catalog.Lower {
		delta = delta.Neg()
	}
	return &delta
}

// evidence is the goodness change with an interval that may decide, or the reason why
// none may.
func (j *judged) evidence() (infer.Estimate, string) {
	g, ok := j.Goodness()
	switch {
	case ok && j.Verdict == compare.InsufficientData:
		return g, reasonTooFewPairs
	case !ok || g.CI == nil || !(g.CI.Hi > g.CI.Lo):
		return g, reasonNoUncertainty
	}
	return g, ""
}

// marginOn is the absolute margin in the unit of a scale; nil if the policy gives
// none for a scale without width.
func marginOn(rules Rules, scale catalog.Scale) *decimal.Decimal {
	return compare.Knobs{Margin: rules.MaxDrop, Margins: rules.MaxDropOn}.MarginOn(scale)
}

// material is by how much the uncertainty of the baseline must widen the interval of
// the relative change to be reckoned with.
const material = 1.05

// relativeInterval is the interval of the goodness change as a share of the baseline.
// The baseline counts as fixed, unless its own uncertainty makes the standard error of
// the ratio, by the delta method, materially larger: then the interval is Fieller's. A
// change that is no drop at all is none, however uncertain the baseline. nil is none.
func relativeInterval(g infer.Estimate, row compare.Row, knobs compare.Knobs) *infer.Interval {
	fixed := g.CI.Relative(*row.Base.Value)
	if fixed == nil || fixed.Lo >= 0 || g.SE == nil || *g.SE <= 0 {
		return fixed
	}
	base, okBase := uncertain(row.Base, row)
	cand, okCand := uncertain(row.Cand, row)
	if !okBase || !okCand {
		return fixed
	}
	covariance := decimal.Decimal{}
	if nemo.Text(row.Inference.Evidence) == compare.EvidencePairedItems {
		squares := base.Stderr.Mul(base.Stderr).Add(cand.Stderr.Mul(cand.Stderr))
		se, err := decimal.FromFloat(*g.SE)
		if err != nil {
			return fixed
		}
		covariance, _ = squares.Sub(se.Mul(se)).Quo(decimal.FromInt(2))
	}
	ofRatio := infer.RatioStderr(base, cand, covariance)
	ofFixed := *g.SE / row.Base.Value.Abs().Float64()
	if ofRatio == nil || !(*ofRatio > material*ofFixed) {
		return fixed
	}
	q := quantile(g, knobs)
	if q == nil {
		return fixed
	}
	ci := infer.Fieller(base, cand, covariance, *q, g.CI.Level)
	if ci == nil {
		return nil
	}
	// g/|base| is R − 1, turned where the baseline is negative or less is better.
	change := &infer.Interval{Level: ci.Level, Lo: ci.Lo - 1, Hi: ci.Hi - 1}
	if (base.Value.Sign() < 0) != (row.Direction == catalog.Lower) {
		change = change.Negate()
	}
	return change
}

// quantile is by how many standard errors the interval of an estimate reaches.
func quantile(g infer.Estimate, knobs compare.Knobs) *float64 {
	alpha, ok := infer.Alpha(knobs.Confidence.Float64())
	switch {
	case !ok:
		return nil
	case g.DF != nil:
		return infer.StudentQuantile(1-alpha/2, *g.DF)
	}
	return infer.NormalQuantile(1 - alpha/2)
}

// uncertain is the value of a side with its standard error: as reported, or of a
// proportion; ok is false where neither is known. A standard error that takes repeats
// of a question for different questions is not the value's.
func uncertain(v compare.Value, row compare.Row) (infer.Reported, bool) {
	if v.K != nil && v.N != nil {
		k, okK := v.K.Int64()
		n, okN := v.N.Int64()
		width, okW := compare.ScaleWidth(row.Scale)
		if se := infer.StderrOfBinaryMean(int(k), int(n)).SampleSD; okK && okN && okW && se != nil && *se > 0 {
			stderr, err := decimal.FromFloat(*se)
			return infer.Reported{Value: *v.Value, Stderr: stderr.Mul(width)}, err == nil
		}
	}
	ofRepeats := slices.ContainsFunc(row.Warnings, func(w nemo.Warning) bool { return w.Code == compare.StderrOfRepeats })
	if v.Stderr != nil && v.Stderr.Sign() > 0 && v.Repeats == 1 && !ofRepeats {
		return infer.Reported{Value: *v.Value, Stderr: *v.Stderr}, true
	}
	if v.Stddev != nil && v.Stddev.Sign() > 0 && v.Repeats > 1 {
		se, err := decimal.FromFloat(v.Stddev.Float64() / math.Sqrt(float64(v.Repeats)))
		return infer.Reported{Value: *v.Value, Stderr: se}, err == nil
	}
	return infer.Reported{}, false
}

// onInterval decides on an interval of the goodness change.
func (r Ruling) onInterval(ci *infer.Interval, margin decimal.Decimal) Ruling {
	r.Result, r.Basis = resultOf(infer.Gate(ci, margin)), ptr(basisCI)
	if r.Result == Inconclusive {
		r.Reason = ptr(reasonCIStraddles)
	}
	return r
}

// atPoint decides on the exact change alone; a drop of just the margin is within it.
func (r Ruling) atPoint(change, margin decimal.Decimal) Ruling {
	r.Result, r.Basis = Fail, ptr(basisPoint)
	if change.Cmp(margin.Neg()) >= 0 {
		r.Result = Pass
	}
	return r
}

// open is a ruling that nothing could decide.
func (r Ruling) open(reason string) Ruling {
	r.Result, r.Reason = Inconclusive, &reason
	return r
}

func resultOf(g infer.GateResult) Result {
	switch g {
	case infer.GatePass:
		return Pass
	case infer.GateFail:
		return Fail
	case infer.GateInconclusive:
	}
	return Inconclusive
}

// holm demands of rows that fail at a margin of 0 that they do so after adjustment
// for the number of rows with that margin. Advisory rows are a family of their own:
// they never change what counts.
func holm(rows []*judged, knobs compare.Knobs) {
	alpha, _ := infer.Alpha(knobs.Confidence.Float64())
	for _, advisory := range []bool{false, true} {
		var family []*judged
		var p []*float64
		for _, j := range rows {
			if j.family != nil && (j.rules.Tier == Advisory) == advisory {
				family, p = append(family, j), append(p, j.family)
			}
		}
		adjusted, _ := infer.Adjust(infer.AdjustHolm, p)
		for i, j := range family {
			first := &j.rulings[0]
			if first.Result == Fail && !(adjusted[i] != nil && *adjusted[i] <= alpha) {
				*first = first.open(reasonHolm)
			}
		}
	}
}

// deciding is the index of the ruling that decides: the worst, the first of equals.
func deciding(rulings []Ruling) int {
	at := 0
	for i, r := range rulings {
		if severity(r.Result) > severity(rulings[at].Result) {
			at = i
		}
	}
	return at
}

// marginKept is the margin of the deciding rule as the inference of a row records it.
func (j *judged) marginKept(decided Ruling, knobs compare.Knobs) *compare.MarginKept {
	if decided.Margin == nil {
		return nil
	}
	kept := &compare.MarginKept{Kind: "absolute", Value: *decided.Margin}
	inScale := *decided.Margin
	if decided.Rule == RuleMaxRelativeDrop {
		kept.Kind = "relative"
		inScale = inScale.Mul(j.Base.Value.Abs())
	}
	g, ok := j.Goodness()
	if !ok || g.CI == nil {
		return kept
	}
	if j.Verdict == compare.Regressed {
		kept.Position = ptr(string(infer.MarginPosition(*g.CI, inScale)))
	}
	kept.PNI = compare.Derived(j.MarginTest(inScale).P)
	if g.SE == nil {
		return kept
	}
	alpha, _ := infer.Alpha(knobs.Confidence.Float64())
	power := infer.DefaultPower()
	power.Alpha = alpha
	certifiable := power.DetectableEffect(*g.SE)
	if certifiable != nil && decided.Rule == RuleMaxRelativeDrop && j.Base.Value.Sign() != 0 {
		certifiable = ptr(*certifiable / j.Base.Value.Abs().Float64())
	}
	kept.SmallestCertifiable = compare.Derived(certifiable)
	if n := j.Questions(); n > 0 && inScale.Sign() > 0 {
		kept.NRequired = compare.Derived(power.RequiredItems(n, *g.SE, inScale.Float64()))
	}
	return kept
}
