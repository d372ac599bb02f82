package infer

import (
	"math"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Discordance is what paired 0/1 outcomes of n items say about their difference
// Δ = (CandOnly − BaseOnly)/N.
type Discordance struct {
	BaseOnly int // b: baseline right, candidate wrong
	CandOnly int // c: candidate right, baseline wrong
	N        int // all pairs
}

func (d Discordance) valid() bool {
	return d.N >= 1 && d.BaseOnly >= 0 && d.CandOnly >= 0 &&
		d.BaseOnly <= d.N && d.CandOnly <= d.N-d.BaseOnly
}

// Discordance drops what the concordant cells say.
func (t PairedTable) Discordance() Discordance {
	return Discordance{t.BaseOnly, t.CandOnly, t.N()}
}

// Delta returns (c − b)/n exactly; ok is false unless the counts fit.
func (d Discordance) Delta() (delta decimal.Decimal, ok bool) {
	if !d.valid() {
		return decimal.Decimal{}, false
	}
	return decimalOf(ratio(d.CandOnly-d.BaseOnly, d.N)), true
}

// Tango compares paired 0/1 outcomes by the score statistic of Tango (1998):
// T(δ) = (c − b − nδ)/sqrt(n(2q̂ + δ(1−δ))). T(0) = (c−b)/√(b+c) is McNemar's test
// without continuity correction, the interval holds all δ with |T(δ)| <= z. SE is
// √(b+c)/n, that of Δ under the hypothesis, and serves detectable effects. With
// b = c = 0 the interval is ±z²/(n+z²), Stat is nil and P is 1.
func Tango(d Discordance, confidence float64) Estimate {
	delta, ok := d.Delta()
	if !ok {
		return undefined(nil, ReasonOutOfRange)
	}
	discordant := float64(d.BaseOnly + d.CandOnly)
	e := Estimate{Value: &delta, SE: finite(math.Sqrt(discordant) / float64(d.N)), P: finite(1)}
	if discordant > 0 {
		e.Stat = finite(float64(d.CandOnly-d.BaseOnly) / math.Sqrt(discordant))
		e.P = twoSided(e.Stat, nil)
	}
	z := critical(confidence, nil)
	if z == nil {
		e.Reason = ReasonOutOfRange
		return e
	}
	// The lower limit is the upper one of the sides exchanged.
	e.CI = interval(confidence, -d.swap().upper(*z), d.upper(*z))
	return e
}

// TangoMargin tests H0: Δ <= −margin by T(−margin). With b = c = 0 and a margin of
// 0 Stat is nil and P is 1. Both are nil unless 0 <= margin < 1.
func TangoMargin(d Discordance, margin decimal.Decimal) MarginTest {
	if !d.valid() || !isShareMargin(margin) {
		return MarginTest{Reason: ReasonOutOfRange}
	}
	if margin.Sign() == 0 && d.BaseOnly == 0 && d.CandOnly == 0 {
		return MarginTest{P: finite(1)}
	}
	return marginTest(finite(d.score(-margin.Float64())), nil)
}

func (d Discordance) swap() Discordance { return Discordance{d.CandOnly, d.BaseOnly, d.N} }

// upper returns the largest δ with T(δ) >= −z.
func (d Discordance) upper(z float64) float64 {
	if d.CandOnly == d.N {
		return 1
	}
	estimate := float64(d.CandOnly-d.BaseOnly) / float64(d.N)
	return solve(func(delta float64) float64 {
		if delta <= estimate {
			return z
		}
		if delta >= 1 {
			return math.Inf(-1)
		}
		return d.score(delta) + z
	}, estimate, 1)
}

// score returns T(δ) for −1 < δ < 1, with q̂ the maximum likelihood estimate of
// the probability of BaseOnly given δ: the larger root of A·q² + B·q + C = 0 with
// A = 2n, B = −(b+c) + (2n − c + b)δ, C = −bδ(1−δ).
func (d Discordance) score(delta float64) float64 {
	b, c, n := float64(d.BaseOnly), float64(d.CandOnly), float64(d.N)
	if delta == 0 {
		return (c - b) / math.Sqrt(b+c)
	}
	slope := float64((float64(2*n) - c + b) * delta)
	linear := slope - (b + c)
	constant := float64(-b * float64(delta*(1-delta)))
	root := math.Sqrt(max(0, square(linear)-float64(8*n*constant)))
	q := (root - linear) / (4 * n)
	variance := float64(n * (float64(2*q) + float64(delta*(1-delta))))
	return (c - b - float64(n*delta)) / math.Sqrt(variance)
}
