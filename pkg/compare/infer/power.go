package infer

import (
	"math"
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Power is what a planned test is asked for.
type Power struct {
	Alpha float64 // type I error, in (0, 1)
	Power float64 // chance to find the effect, in (0, 1)
	Sided int     // 1 or 2
}

// DefaultPower is two-sided at 5 % with a power of 80 %.
func DefaultPower() Power { return Power{Alpha: 0.05, Power: 0.8, Sided: 2} }

// factor returns z_{1−α/sided} + z_{power}, by which a standard error becomes a
// detectable effect; nil outside the ranges, or where it would not be positive.
func (p Power) factor() *float64 {
	if p.Sided != 1 && p.Sided != 2 {
		return nil
	}
	below, above := NormalQuantile(p.Alpha/float64(p.Sided)), NormalQuantile(p.Power)
	if below == nil || above == nil || !(p.Alpha < 1) || *above-*below <= 0 {
		return nil
	}
	return finite(*above - *below)
}

// DetectableEffect returns the smallest true difference that a test with this
// standard error finds with the power asked for: (z_{1−α/2} + z_{power})·SE,
// 2.801585·SE by default. A standard error of 0 detects nothing: nil.
func (p Power) DetectableEffect(se float64) *float64 {
	factor := p.factor()
	if factor == nil || !(se > 0) {
		return nil
	}
	return finite(*factor * se)
}

// DetectableEffectT is [Power.DetectableEffect] of a test by Student's t with df
// degrees of freedom: (t_{1−α/2,ν} + t_{power,ν})·SE, close to what the noncentral
// distribution gives and never below the normal one.
func (p Power) DetectableEffectT(se, df float64) *float64 {
	if p.Sided != 1 && p.Sided != 2 || !(se > 0) {
		return nil
	}
	significant, found := StudentQuantile(1-p.Alpha/float64(p.Sided), df), StudentQuantile(p.Power, df)
	if significant == nil || found == nil || *significant+*found <= 0 {
		return nil
	}
	return finite((*significant + *found) * se)
}

// DetectableFlips is [Power.DetectableEffect] for paired 0/1 outcomes, with
// SE = √(b+c)/n under the hypothesis of no difference; nil unless
// 1 <= discordant <= n.
func (p Power) DetectableFlips(discordant, n int) *float64 {
	if discordant < 1 || discordant > n {
		return nil
	}
	return p.DetectableEffect(math.Sqrt(float64(discordant)) / float64(n))
}

// Design is a paired evaluation of n items with K_A and K_B repeats. Variances are
// in squared score units: Omega2 = Var x_A + Var x_B − 2Cov over items, SigmaA2 and
// SigmaB2 within an item between repeats.
type Design struct {
	Omega2, SigmaA2, SigmaB2 decimal.Decimal
	KA, KB                   int
}

// variance returns ω² + σ_A²/K_A + σ_B²/K_B, nil unless it is positive and its
// parts are in range.
func (d Design) variance() *big.Rat {
	if d.KA < 1 || d.KB < 1 || d.Omega2.Sign() < 0 || d.SigmaA2.Sign() < 0 || d.SigmaB2.Sign() < 0 {
		return nil
	}
	a, b := rational(d.SigmaA2), rational(d.SigmaB2)
	v := rational(d.Omega2)
	v.Add(v, a.Quo(a, ratio(d.KA, 1))).Add(v, b.Quo(b, ratio(d.KB, 1)))
	if v.Sign() == 0 {
		return nil
	}
	return v
}

// SampleSize returns the number of items that find a true difference of delta:
// n = (z_{1−α/2}+z_{power})²·(ω² + σ_A²/K_A + σ_B²/K_B)/δ² (Miller 2024, eq. 9), not
// rounded; nil if delta or the variance is 0.
func (p Power) SampleSize(d Design, delta decimal.Decimal) *float64 {
	factor, variance := p.factor(), d.variance()
	if factor == nil || variance == nil || delta.Sign() == 0 {
		return nil
	}
	perEffect := float(variance.Quo(variance, squareOf(delta)))
	if perEffect == nil {
		return nil
	}
	return finite(square(*factor) * *perEffect)
}

// DetectableDifference returns (z_{1−α/2}+z_{power})·sqrt((ω² + σ_A²/K_A + σ_B²/K_B)/n)
// (Miller 2024, eq. 10); nil if n < 1 or the variance is 0.
func (p Power) DetectableDifference(d Design, n int) *float64 {
	variance := d.variance()
	if variance == nil || n < 1 {
		return nil
	}
	se := root(variance.Quo(variance, ratio(n, 1)))
	if se == nil {
		return nil
	}
	return p.DetectableEffect(*se)
}

// RequiredItems returns ⌈n·((z_{1−α/2} + z_{power})·SE/margin)²⌉, how many items
// would show that a candidate without a true change keeps the margin, given the
// standard error from n items; nil if SE or margin is not positive.
func (p Power) RequiredItems(n int, se, margin float64) *float64 {
	effect := p.DetectableEffect(se)
	if effect == nil || n < 1 || !(margin > 0) {
		return nil
	}
	return finite(math.Ceil(float64(n) * square(*effect/margin)))
}
