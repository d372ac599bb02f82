package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// assessment is what the best evidence says of one score on two sides. Its numbers
// are unrounded: verdicts are made on them.
type assessment struct {
	evidence string
	scope    string
	method   string

	// estimate is of candidate − baseline, in the scale of the row.
	estimate infer.Estimate
	// shifted tests the hypothesis that the goodness change is −margin or worse, the
	// margin in the scale of the row; nil where the estimate's own distribution
	// serves.
	shifted func(margin decimal.Decimal) infer.MarginTest
	// confirm is the exact p-value that must be small too; nil if none must.
	confirm *float64
	// strict is the estimate with unanswered questions counted as wrong; nil if
	// every question was answered on both sides.
	strict *infer.Estimate
	// detectable is the smallest difference that is found with power 0.8; nil for
	// that of the standard error.
	detectable *float64

	questions int // behind the estimate; 0 if unknown
	runs      int // of the side that has fewer, where runs are the evidence

	settled  Verdict // where no test may decide: no_inference, insufficient_data or inconclusive
	reasons  []string
	warnings []nemo.Warning

	described  Inference // what is said beside the estimate
	base, cand measuredSide
}

// measuredSide is what the evidence adds to one side of a row.
type measuredSide struct {
	n, k    *int
	nSource string
	ci      *infer.Interval
	method  string // of ci
}

// Reasons of rows, beside those of package infer and the comparability keys.
const (
	reasonTooFewPairs      = "too_few_pairs"      // below 10 questions on both sides
	reasonWithinRunNoise   = "within_run_noise"   // the single run lies in the prediction interval of the others
	reasonOutsideRunNoise  = "outside_run_noise"  // it does not
	reasonChangedExactly   = "changed_exactly"    // every run of a side has the same value, another one than the other side's
	reasonIdentical        = "identical"          // every run of both sides has the same value
	reasonMissingItems     = "missing_items"      // the verdict would be another with unanswered questions as wrong
	reasonTestsDisagree    = "tests_disagree"     // the exact test does not confirm
	reasonDirectionUnknown = "direction_unknown"  // so increased and decreased, not better and worse
	reasonScopeUnavailable = "scope_unavailable"  // the evidence cannot answer --scope
	reasonMethodInapt      = "method_unavailable" // the evidence does not serve --method
	reasonSameRun          = "same_run"           // a run is on both sides, so nothing is to be learnt from their difference
	reasonMixedScopes      = "mixed_scopes"       // of an average: its tasks answer different questions
)

// minimumPairs is the floor below which paired outcomes give no verdict.
const minimumPairs = 10

// smallSample is the number of questions below which SMALL_N is said.
const smallSample = 30

// assess takes the best evidence there is for the difference of two cells that may
// be compared and have values. Options may exclude a level.
func assess(base, cand *cell, row Row, options Options) assessment {
	levels := []func(base, cand *cell, row Row, options Options) (assessment, bool){
		assessRunPairs, assessPairedItems, assessRepeatedRuns, assessProportions, assessReportedStderrs,
	}
	excluded := ""
	var warnings []nemo.Warning
	for _, level := range levels {
		a, ok := level(base, cand, row, options)
		switch {
		case !ok:
			warnings = append(warnings, a.warnings...)
		case options.Method != nil && a.method != *options.Method:
			excluded = reasonMethodInapt
		case options.Scope != nil && a.scope != *options.Scope:
			excluded = reasonScopeUnavailable
		default:
			a.warnings = append(warnings, a.warnings...)
			return a
		}
	}
	a := assessment{evidence: EvidenceValueOnly, settled: NoInference, described: noInference(), warnings: warnings}
	switch {
	case excluded != "":
		a.reasons = []string{excluded}
	case options.Method != nil:
		a.reasons = []string{reasonMethodInapt}
	case options.Scope != nil:
		a.reasons = []string{reasonScopeUnavailable}
	}
	a.base, a.cand = sizeOf(base, options), sizeOf(cand, options)
	return a
}

// sameRun is the assessment of a score of which a run stands on both sides.
func sameRun(base, cand *cell, options Options) assessment {
	return assessment{
		settled: NoInference, described: noInference(), reasons: []string{reasonSameRun},
		base: sizeOf(base, options), cand: sizeOf(cand, options),
	}
}

// shareRun reports whether a run is among both lists.
func shareRun(base, cand []nemo.Job) bool {
	return slices.ContainsFunc(base, func(b nemo.Job) bool {
		return slices.ContainsFunc(cand, func(c nemo.Job) bool { return b.Run.RunID == c.Run.RunID && b.Run.Store == c.Run.Store })
	})
}

// level of confidence as a float.
func (k Knobs) level() float64 { return k.Confidence.Float64() }

// alpha is 1 − confidence.
func (k Knobs) alpha() float64 {
	alpha, _ := infer.Alpha(k.level())
	return alpha
}

// power is what detectable effects are computed for.
func (k Knobs) power() infer.Power {
	power := infer.DefaultPower()
	power.Alpha = k.alpha()
	return power
}

// width is how wide a scale of shares is: 1 for fractions, 100 for percent. ok is
// false for a scale on which a value is no share of something.
func width(scale catalog.Scale) (decimal.Decimal, bool) {
	switch scale {
	case catalog.Fraction:
		return decimal.FromInt(1), true
	case catalog.Percent:
		return decimal.FromInt(100), true
	}
	return decimal.Decimal{}, false
}

// share is a value as a fraction of its scale.
func share(value decimal.Decimal, scale catalog.Scale) (decimal.Decimal, bool) {
	w, ok := width(scale)
	if !ok {
		return decimal.Decimal{}, false
	}
	return value.Quo(w)
}

// scaled multiplies an estimate: from shares to the scale of a row.
func scaled(e infer.Estimate, factor decimal.Decimal) infer.Estimate {
	f := factor.Float64()
	if e.Value != nil {
		value := e.Value.Mul(factor)
		e.Value = &value
	}
	if e.SE != nil {
		se := *e.SE * f
		e.SE = &se
	}
	e.CI = scaledInterval(e.CI, f)
	return e
}

func scaledInterval(ci *infer.Interval, factor float64) *infer.Interval {
	if ci == nil {
		return nil
	}
	return &infer.Interval{Level: ci.Level, Lo: ci.Lo * factor, Hi: ci.Hi * factor}
}

// directionOf is the direction for package infer; an unknown one counts as higher,
// and the verdict says increased instead of improved.
func directionOf(d catalog.Direction) infer.Direction {
	if d == catalog.Lower {
		return infer.LowerIsBetter
	}
	return infer.HigherIsBetter
}

// addWarning appends a warning unless its code is there.
func addWarning(warnings []nemo.Warning, w nemo.Warning) []nemo.Warning {
	if slices.ContainsFunc(warnings, func(other nemo.Warning) bool { return other.Code == w.Code }) {
		return warnings
	}
	return append(warnings, w)
}

func smallN(n int) []nemo.Warning {
	if n >= smallSample {
		return nil
	}
	return []nemo.Warning{{Code: "SMALL_N", Message: "so few questions that the interval is rough"}}
}

func ptr[T any](x T) *T { return &x }

// disagreeing warns where the exact test and the primary one lie on different sides
// of alpha.
func (a *assessment) disagreeing(exact *float64, options Options) {
	if exact == nil || a.estimate.P == nil || (*exact <= options.alpha()) == (*a.estimate.P <= options.alpha()) {
		return
	}
	a.warnings = addWarning(a.warnings, testsDisagree())
}

func testsDisagree() nemo.Warning {
	return nemo.Warning{Code: "TESTS_DISAGREE", Message: "the primary and the exact test disagree"}
}
