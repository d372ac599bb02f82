package infer

import (
	"math"
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// TwoProportions are the counts of two independent samples: X1 of N1 and X2 of N2.
// Estimates are of d = X1/N1 − X2/N2, so the first is the candidate.
type TwoProportions struct {
	X1, N1, X2, N2 int
}

func (t TwoProportions) valid() bool { return isCount(t.X1, t.N1) && isCount(t.X2, t.N2) }

// Delta returns d exactly; ok is false unless the counts are proportions.
func (t TwoProportions) Delta() (d decimal.Decimal, ok bool) {
	if !t.valid() {
		return decimal.Decimal{}, false
	}
	return decimalOf(new(big.Rat).Sub(ratio(t.X1, t.N1), ratio(t.X2, t.N2))), true
}

func (t TwoProportions) swap() TwoProportions { return TwoProportions{t.X2, t.N2, t.X1, t.N1} }

// same reports whether every trial of both samples had the same outcome, where
// the score statistic at 0 is 0/0.
func (t TwoProportions) same() bool {
	return t.X1 == 0 && t.X2 == 0 || t.X1 == t.N1 && t.X2 == t.N2
}

// MiettinenNurminen compares two independent proportions by the score statistic of
// Miettinen & Nurminen (1985, eq. 2–8): the test of d = 0 and the interval of all
// δ with |z(δ)| <= z. SE is the unpooled n−1 standard error, for information: the
// interval does not come from it. With equal outcomes throughout, Stat is nil and
// P is 1.
func MiettinenNurminen(counts TwoProportions, confidence float64) Estimate {
	d, ok := counts.Delta()
	if !ok {
		return undefined(nil, ReasonOutOfRange)
	}
	e := Estimate{Value: &d}
	if counts.N1 > 1 && counts.N2 > 1 {
		v := binaryVariance(counts.X1, counts.N1, counts.N1-1)
		e.SE = root(v.Add(v, binaryVariance(counts.X2, counts.N2, counts.N2-1)))
	}
	if counts.same() {
		e.P = finite(1)
	} else {
		e.Stat = shifted(d, counts.pooledVariance())
		e.P = twoSided(e.Stat, nil)
	}
	z := critical(confidence, nil)
	if z == nil {
		e.Reason = ReasonOutOfRange
		return e
	}
	// The lower limit is the upper one of the samples swapped, so that exchanging
	// the sides negates the interval exactly.
	e.CI = interval(confidence, -counts.swap().upper(*z), counts.upper(*z))
	return e
}

// MiettinenNurminenMargin tests H0: d <= −margin by z(−margin); P is P(Z >= z).
// Outcomes that are the same throughout tell nothing about a margin of 0: Stat is
// nil and P is 1. Both are nil unless 0 <= margin < 1.
func MiettinenNurminenMargin(counts TwoProportions, margin decimal.Decimal) MarginTest {
	if !counts.valid() || !isShareMargin(margin) {
		return MarginTest{Reason: ReasonOutOfRange}
	}
	if margin.Sign() == 0 && counts.same() {
		return MarginTest{P: finite(1)}
	}
	return marginTest(finite(counts.score(-margin.Float64())), nil)
}

// pooledVariance returns the variance of z(0), where p̃₁ = p̃₂ = (x₁+x₂)/N, exactly.
func (t TwoProportions) pooledVariance() *big.Rat {
	n := t.N1 + t.N2
	variance := binaryVariance(t.X1+t.X2, n, 1)
	variance.Mul(variance, new(big.Rat).Add(ratio(1, t.N1), ratio(1, t.N2)))
	return variance.Mul(variance, ratio(n, n-1))
}

// upper returns the largest δ with z(δ) >= −z.
func (t TwoProportions) upper(z float64) float64 {
	d := float64(t.X1)/float64(t.N1) - float64(t.X2)/float64(t.N2)
	if t.X1 == t.N1 && t.X2 == 0 {
		return 1
	}
	return solve(func(delta float64) float64 {
		if delta <= d {
			return z
		}
		if delta >= 1 {
			return math.Inf(-1)
		}
		return t.score(delta) + z
	}, d, 1)
}

// score returns z(δ) = (p̂₁ − p̂₂ − δ)/sqrt([p̃₁(1−p̃₁)/n₁ + p̃₂(1−p̃₂)/n₂]·N/(N−1)).
func (t TwoProportions) score(delta float64) float64 {
	n1, n2 := float64(t.N1), float64(t.N2)
	p2 := t.constrained(delta)
	p1 := min(1, max(0, p2+delta))
	variance := float64(p1*(1-p1))/n1 + float64(p2*(1-p2))/n2
	variance *= (n1 + n2) / (n1 + n2 - 1)
	return (float64(t.X1)/n1 - float64(t.X2)/n2 - delta) / math.Sqrt(variance)
}

// constrained returns p̃₂, the maximum likelihood estimate of p₂ under
// p₁ − p₂ = δ. The closed form of the paper, a root of a cubic, loses half the
// digits where two roots meet; the likelihood equation
// x₁/p₁ − (n₁−x₁)/(1−p₁) + x₂/p₂ − (n₂−x₂)/(1−p₂) = 0
// decreases in p₂ and gives all of them.
func (t TwoProportions) constrained(delta float64) float64 {
	n1, x1, n2, x2 := float64(t.N1), float64(t.X1), float64(t.N2), float64(t.X2)
	return solve(func(p2 float64) float64 {
		p1 := p2 + delta
		return share(x1, p1) + share(x2, p2) - share(n1-x1, 1-p1) - share(n2-x2, 1-p2)
	}, max(0, -delta), min(1, 1-delta))
}

// share is count/p, with 0 of anything being nothing, and without the negative p
// that rounding can leave at a bound.
func share(count, p float64) float64 {
	if count == 0 {
		return 0
	}
	return count / max(0, p)
}
