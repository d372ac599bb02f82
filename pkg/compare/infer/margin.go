package infer

import "github.com/evalctl/evalctl/pkg/decimal"

// MarginTest is the one-sided test of H0: g <= −margin, by which a candidate is
// shown to be not worse than the margin.
type MarginTest struct {
	Stat     *float64
	P        *float64 // P(X >= Stat): small if the margin is kept
	Exceeded *float64 // P(X <= Stat): small if the margin is broken
	Reason   Reason
}

func marginTest(stat, df *float64) MarginTest {
	if stat == nil {
		return MarginTest{Reason: ReasonOutOfRange}
	}
	return MarginTest{Stat: stat, P: finite(tail(*stat, df)), Exceeded: finite(tail(-*stat, df))}
}

// isShareMargin reports whether margin is in [0, 1), where a difference of
// proportions can break it.
func isShareMargin(margin decimal.Decimal) bool {
	return margin.Sign() >= 0 && margin.Cmp(decimal.FromInt(1)) < 0
}

// Margin tests H0: g <= −margin by (g + margin)/SE against the estimate's own
// distribution, for estimates whose interval is value ± q·SE (all but
// [MiettinenNurminen] and [Tango], which have score tests of their own). The
// estimate must be of goodness; see [Estimate.Negate]. A negative margin gives nil.
func Margin(g Estimate, margin decimal.Decimal) MarginTest {
	switch {
	case margin.Sign() < 0:
		return MarginTest{Reason: ReasonOutOfRange}
	case g.Value == nil || g.SE == nil:
		return MarginTest{Reason: ReasonMissing}
	case *g.SE == 0:
		return MarginTest{Reason: ReasonZeroVariance}
	}
	return marginTest(finite(g.Value.Add(margin).Float64() / *g.SE), g.DF)
}

// Equivalence is the p-value of two one-sided tests (Schuirmann 1987; Lakens
// 2017): the larger of P(X >= (g+margin)/SE) and P(X <= (g−margin)/SE). At level α
// it is dual to the 1−2α interval lying inside ±margin.
func Equivalence(g Estimate, margin decimal.Decimal) *float64 {
	lower := Margin(g, margin)
	if lower.P == nil {
		return nil
	}
	upper := Margin(g.Negate(), margin)
	if upper.P == nil {
		return nil
	}
	return finite(max(*lower.P, *upper.P))
}

// Direction says which way a metric gets better.
type Direction string

// The directions.
const (
	HigherIsBetter Direction = "higher"
	LowerIsBetter  Direction = "lower"
)

// Goodness returns the estimate of g: itself, or its negation where less is better.
func (d Direction) Goodness(e Estimate) Estimate {
	if d == LowerIsBetter {
		return e.Negate()
	}
	return e
}
