package infer

import "github.com/evalctl/evalctl/pkg/decimal"

// Verdict is the answer to "is it better, by more than noise?" on the interval of
// a goodness change g.
type Verdict string

// The verdicts that an interval can give.
const (
	Improved     Verdict = "improved"
	Regressed    Verdict = "regressed"
	Equivalent   Verdict = "equivalent"
	Inconclusive Verdict = "inconclusive"
	NoInference  Verdict = "no_inference"
)

// Judge gives the verdict on an estimate of g: significant by the adjusted p-value
// and on one side of 0, or inside ±margin, or inconclusive, with its reason. A
// margin of nil asks for no equivalence. Without an interval, or with one of zero
// width, which is no evidence, it is [NoInference].
func Judge(g Estimate, adjusted *float64, margin *decimal.Decimal) (Verdict, Reason) {
	if g.CI == nil || g.P == nil || adjusted == nil {
		return NoInference, ReasonNoUncertainty
	}
	if !(g.CI.Hi > g.CI.Lo) {
		return NoInference, ReasonZeroVariance
	}
	alpha, _ := Alpha(g.CI.Level)
	significant := *adjusted <= alpha
	switch {
	case significant && g.CI.Lo > 0:
		return Improved, ""
	case significant && g.CI.Hi < 0:
		return Regressed, ""
	case margin != nil && -margin.Float64() < g.CI.Lo && g.CI.Hi < margin.Float64():
		return Equivalent, ""
	case *g.P <= alpha && !significant:
		return Inconclusive, ReasonNotSignificant
	}
	return Inconclusive, ReasonCIIncludesZero
}

// Position says where a regression lies relative to the margin.
type Position string

// The positions.
const (
	PositionBeyond    Position = "beyond"    // U < −M
	PositionWithin    Position = "within"    // L >= −M: real but tolerable
	PositionStraddles Position = "straddles" // neither
)

// MarginPosition places an interval of g relative to −margin.
func MarginPosition(ci Interval, margin decimal.Decimal) Position {
	limit := -margin.Float64()
	switch {
	case ci.Hi < limit:
		return PositionBeyond
	case ci.Lo >= limit:
		return PositionWithin
	}
	return PositionStraddles
}

// GateResult is the answer to "may this ship?" for one row.
type GateResult string

// The results that an interval can give.
const (
	GatePass         GateResult = "pass"
	GateFail         GateResult = "fail"
	GateInconclusive GateResult = "inconclusive"
)

// Gate decides on the unrounded interval of g: pass if L >= −margin, fail if
// U < −margin, else inconclusive, as also without an interval or with one of zero
// width.
func Gate(ci *Interval, margin decimal.Decimal) GateResult {
	if ci == nil || !(ci.Hi > ci.Lo) {
		return GateInconclusive
	}
	switch MarginPosition(*ci, margin) {
	case PositionWithin:
		return GatePass
	case PositionBeyond:
		return GateFail
	}
	return GateInconclusive
}
