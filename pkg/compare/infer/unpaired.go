package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Reported is a value with the standard error that a harness reported for it. N is
// the number of items behind it, 0 if unknown.
type Reported struct {
	Value  decimal.Decimal
	Stderr decimal.Decimal // >= 0
	N      int
}

// smallN is the number of items below which a normal interval is too narrow.
const smallN = 200

// FromStderrs compares two reported values as if they were independent: Δ exact,
// SE = sqrt(se_A² + se_B²). Where both n are known and the smaller is below 200 it
// is [WelchFromStderrs], else [ZFromStderrs].
func FromStderrs(base, cand Reported, confidence float64) Estimate {
	if base.N >= 1 && cand.N >= 1 && min(base.N, cand.N) < smallN {
		return WelchFromStderrs(base, cand, confidence)
	}
	return ZFromStderrs(base, cand, confidence)
}

// ZFromStderrs compares two reported values with the normal distribution.
func ZFromStderrs(base, cand Reported, confidence float64) Estimate {
	delta := cand.Value.Sub(base.Value)
	if base.Stderr.Sign() < 0 || cand.Stderr.Sign() < 0 {
		return undefined(&delta, ReasonStderrInvalid)
	}
	variance := squareOf(base.Stderr)
	return located(delta, variance.Add(variance, squareOf(cand.Stderr)), nil, confidence)
}

// WelchFromStderrs compares two reported values with Student's t and
// ν = (se_A² + se_B²)²/(se_A⁴/(n_A−1) + se_B⁴/(n_B−1)) (Welch 1947). With fewer
// than 2 items on a side only Value, SE and Stat are defined.
func WelchFromStderrs(base, cand Reported, confidence float64) Estimate {
	e := ZFromStderrs(base, cand, confidence)
	if e.Stat == nil {
		return e
	}
	if base.N < 2 || cand.N < 2 {
		e.P, e.CI, e.Reason = nil, nil, ReasonTooFew
		return e
	}
	a, b := squareOf(base.Stderr), squareOf(cand.Stderr)
	df := satterthwaite(a, base.N-1, b, cand.N-1)
	return located(*e.Value, a.Add(a, b), df, confidence)
}

// satterthwaite returns (a+b)²/(a²/dfA + b²/dfB), the degrees of freedom of a sum
// of two independent variance estimates (Welch 1947; Satterthwaite 1946), not
// rounded; nil if both are 0.
func satterthwaite(a *big.Rat, dfA int, b *big.Rat, dfB int) *float64 {
	total := new(big.Rat).Add(a, b)
	if total.Sign() == 0 {
		return nil
	}
	partA := new(big.Rat).Mul(a, a)
	partB := new(big.Rat).Mul(b, b)
	parts := partA.Quo(partA, ratio(dfA, 1)).Add(partA, partB.Quo(partB, ratio(dfB, 1)))
	return float(total.Mul(total, total).Quo(total, parts))
}

// CorrelatedSE returns sqrt(se_A² + se_B² − 2ρ·se_A·se_B), the standard error of a
// difference of values with correlation ρ (Miller 2024, table 5). It is nil for a
// negative standard error or |ρ| > 1.
func CorrelatedSE(seA, seB, rho decimal.Decimal) *float64 {
	if seA.Sign() < 0 || seB.Sign() < 0 || rho.Abs().Cmp(decimal.FromInt(1)) > 0 {
		return nil
	}
	return root(correlatedVariance(seA, seB, rho))
}

func correlatedVariance(seA, seB, rho decimal.Decimal) *big.Rat {
	cross := rational(seA.Mul(seB).Mul(rho).Mul(decimal.FromInt(2)))
	variance := squareOf(seA)
	return variance.Add(variance, squareOf(seB)).Sub(variance, cross)
}

// CorrelatedZ is [ZFromStderrs] under an assumed correlation of the two values.
func CorrelatedZ(base, cand Reported, rho decimal.Decimal, confidence float64) Estimate {
	delta := cand.Value.Sub(base.Value)
	if base.Stderr.Sign() < 0 || cand.Stderr.Sign() < 0 {
		return undefined(&delta, ReasonStderrInvalid)
	}
	if rho.Abs().Cmp(decimal.FromInt(1)) > 0 {
		return undefined(&delta, ReasonOutOfRange)
	}
	return located(delta, correlatedVariance(base.Stderr, cand.Stderr, rho), nil, confidence)
}

// BoundedStderr returns sqrt(v(1−v)/(n−1)), the largest standard error that the
// mean v of n scores in [0, 1] can have, exactly enough to compare with. It is nil
// unless 0 <= v <= 1 and n >= 2.
func BoundedStderr(value decimal.Decimal, n int) *float64 {
	if v := boundedVariance(value, n); v != nil {
		return root(v)
	}
	return nil
}

func boundedVariance(value decimal.Decimal, n int) *big.Rat {
	one := decimal.FromInt(1)
	if n < 2 || value.Sign() < 0 || value.Cmp(one) > 0 {
		return nil
	}
	v := rational(value.Mul(one.Sub(value)))
	return v.Quo(v, ratio(n-1, 1))
}

// FromBounds compares two means of scores in [0, 1], of which only the numbers of
// items are known, with the largest standard errors they can have. What is
// significant here is significant; what is not may only lack data.
func FromBounds(base, cand decimal.Decimal, nBase, nCand int, confidence float64) Estimate {
	delta := cand.Sub(base)
	a, b := boundedVariance(base, nBase), boundedVariance(cand, nCand)
	if a == nil || b == nil {
		return undefined(&delta, ReasonOutOfRange)
	}
	var df *float64
	if min(nBase, nCand) < smallN {
		df = satterthwaite(a, nBase-1, b, nCand-1)
	}
	return located(delta, new(big.Rat).Add(a, b), df, confidence)
}
