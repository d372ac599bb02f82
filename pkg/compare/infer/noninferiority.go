package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Noninferiority is a gate's view of one goodness change g: is it shown to be no
// worse than the margin, is the margin shown to be broken, is g shown to be
// negligible?
type Noninferiority struct {
	Estimate                   // of g, its interval deciding
	Margin          MarginTest // of H0: g <= −margin
	Equivalence     *float64   // two one-sided tests
	EquivalenceCI   *Interval  // the 1−2α interval that Equivalence is dual to
	Gate            GateResult
	Verdict         Verdict
	VerdictReason   Reason
	SmallestMargin  *float64 // the margin that this standard error can certify
	MarginUndefined bool     // the margin is negative, so only the estimate stands
}

// NoninferiorityZ takes two reported values as independent and normal.
func NoninferiorityZ(base, cand Reported, margin decimal.Decimal, direction Direction, confidence float64) Noninferiority {
	return noninferiority(func(level float64) Estimate {
		return direction.Goodness(ZFromStderrs(base, cand, level))
	}, margin, confidence)
}

// NoninferiorityWelch takes two samples of runs.
func NoninferiorityWelch(base, cand Moments, margin decimal.Decimal, direction Direction, confidence float64) Noninferiority {
	return noninferiority(func(level float64) Estimate {
		return direction.Goodness(Welch(base, cand, level))
	}, margin, confidence)
}

// NoninferiorityPaired takes differences over the same items.
func NoninferiorityPaired(differences Moments, margin decimal.Decimal, direction Direction, confidence float64) Noninferiority {
	return noninferiority(func(level float64) Estimate {
		return direction.Goodness(PairedT(differences, level))
	}, margin, confidence)
}

func noninferiority(estimate func(level float64) Estimate, margin decimal.Decimal, confidence float64) Noninferiority {
	result := Noninferiority{Estimate: estimate(confidence)}
	if margin.Sign() < 0 {
		result.MarginUndefined = true
		return result
	}
	result.Margin = Margin(result.Estimate, margin)
	result.Equivalence = Equivalence(result.Estimate, margin)
	if alpha, ok := Alpha(confidence); ok && alpha < 0.5 {
		if level, ok := Alpha(2 * alpha); ok {
			result.EquivalenceCI = estimate(level).CI
		}
		power := Power{Alpha: alpha, Power: DefaultPower().Power, Sided: 2}
		if result.SE != nil {
			result.SmallestMargin = power.DetectableEffect(*result.SE)
		}
	}
	result.Gate = Gate(result.CI, margin)
	result.Verdict, result.VerdictReason = Judge(result.Estimate, result.P, &margin)
	return result
}

// RatioStderr returns the standard error of R = cand/base by the delta method,
// sqrt(se_c² + R²·se_b² − 2R·cov)/|base|; cov is 0 unpaired and
// (se_b² + se_c² − se_Δ²)/2 paired. It is nil if base is 0 or a standard error is
// negative.
func RatioStderr(base, cand Reported, covariance decimal.Decimal) *float64 {
	r, ok := cand.Value.Quo(base.Value)
	if !ok || base.Stderr.Sign() < 0 || cand.Stderr.Sign() < 0 {
		return nil
	}
	variance := squareOf(cand.Stderr)
	ofBase := squareOf(base.Stderr)
	variance.Add(variance, ofBase.Mul(ofBase, squareOf(r)))
	cross := rational(r.Mul(covariance))
	variance.Sub(variance, cross.Mul(cross, big.NewRat(2, 1)))
	return root(variance.Quo(variance, squareOf(base.Value)))
}
