package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// DerivedN is a number of items worked out from a value and its standard error.
type DerivedN struct {
	N, K     *int64
	Raw      *float64 // before rounding
	Verified bool     // N and K are whole to 1e-6, so the metric is 0/1
	Reason   Reason
}

// Convention says which standard error of a 0/1 metric a harness reports.
type Convention int

// The conventions: sqrt(v(1−v)/(n−1)) and sqrt(v(1−v)/n).
const (
	SampleConvention Convention = iota
	PopulationConvention
)

// maxDerivedN is the largest number of items that is believed.
const maxDerivedN = 1e15

// DeriveN recovers the number of items of a 0/1 metric, n = 1 + v(1−v)/se² by the
// sample convention (v(1−v)/se² by the other) and k = v·n, both rounded half away
// from zero. It is undefined for se <= 0 and unless 0 < v < 1: at a bound the
// standard error says nothing about n. A derived n never supports pairing.
func DeriveN(value, stderr decimal.Decimal, convention Convention) DerivedN {
	one := decimal.FromInt(1)
	switch {
	case stderr.Sign() < 0:
		return DerivedN{Reason: ReasonStderrInvalid}
	case stderr.Sign() == 0:
		return DerivedN{Reason: ReasonZeroVariance}
	case value.Sign() <= 0 || value.Cmp(one) >= 0:
		return DerivedN{Reason: ReasonOutOfRange}
	}
	raw, _ := value.Mul(one.Sub(value)).Quo(stderr.Mul(stderr))
	if convention == SampleConvention {
		raw = raw.Add(one)
	}
	result := DerivedN{Raw: finite(raw.Float64())}
	n := raw.Round(0)
	count, ok := n.Int64()
	if !ok || count > maxDerivedN || result.Raw == nil {
		return DerivedN{Raw: result.Raw, Reason: ReasonOutOfRange}
	}
	ones := value.Mul(n)
	k := ones.Round(0)
	right, _ := k.Int64()
	result.N, result.K = &count, &right
	result.Verified = isWhole(raw, n) && isWhole(ones, k) && count >= 1
	return result
}

// isWhole reports |x − rounded| <= 1e-6.
func isWhole(x, rounded decimal.Decimal) bool {
	return rational(x.Sub(rounded).Abs()).Cmp(big.NewRat(1, 1_000_000)) <= 0
}

// CountOf returns k = v·n rounded, and whether it is whole within the rounding of
// v: the written digits of v are those of k/n. ok is false unless 0 <= v <= 1 and
// n >= 1.
func CountOf(value decimal.Decimal, n int) (k int, whole, ok bool) {
	if n < 1 || value.Sign() < 0 || value.Cmp(decimal.FromInt(1)) > 0 {
		return 0, false, false
	}
	size := decimal.FromInt(int64(n))
	right, _ := value.Mul(size).Round(0).Int64()
	places, exact := value.Places()
	proportion, _ := decimal.FromInt(right).Quo(size)
	if !exact {
		return int(right), proportion.Equal(value), true
	}
	// Digits may have been cut as well as rounded, and a value with all digits of a
	// float64 carries the errors of the sum it came from.
	tolerance := big.NewRat(1, 1e12)
	if unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)); unit.Cmp(tolerance) > 0 {
		tolerance = unit
	}
	return int(right), rational(value.Sub(proportion).Abs()).Cmp(tolerance) < 0, true
}

// ScaleMismatch reports whether two values of one score cannot be on one scale of
// fractions: one in (1, 100], the other in [0, 1].
func ScaleMismatch(a, b decimal.Decimal) bool {
	return isFraction(a) && isPercent(b) || isFraction(b) && isPercent(a)
}

func isFraction(d decimal.Decimal) bool { return d.Sign() >= 0 && d.Cmp(decimal.FromInt(1)) <= 0 }

func isPercent(d decimal.Decimal) bool {
	return d.Cmp(decimal.FromInt(1)) > 0 && d.Cmp(decimal.FromInt(100)) <= 0
}

// MeanScaleMismatch reports whether a value and the mean that its own statistics
// give differ by a factor of 100, to ±0.5 %.
func MeanScaleMismatch(value, mean decimal.Decimal) bool {
	quotient, ok := value.Quo(mean)
	if !ok || quotient.Sign() <= 0 {
		return false
	}
	factor := rational(quotient)
	if factor.Cmp(big.NewRat(1, 1)) < 0 {
		factor.Inv(factor)
	}
	// |factor/100 − 1| <= 0.005, on the side where 0.01 has become 100.
	factor.Quo(factor, big.NewRat(100, 1)).Sub(factor, big.NewRat(1, 1))
	return factor.Abs(factor).Cmp(big.NewRat(5, 1000)) <= 0
}

// Bound says how a standard error compares with sqrt(v(1−v)/(n−1)), the largest
// that the mean v of n independent scores in [0, 1] can have.
type Bound string

// The answers of [CheckBound].
const (
	BoundKept     Bound = "kept"
	BoundPercent  Bound = "percent"  // above 10 times the bound, and se/100 fits: the percent scale
	BoundExceeded Bound = "exceeded" // clustered, or between seeds, or n is wrong
)

// CheckBound compares with 1 % to spare; ok is false where there is no bound.
func CheckBound(value, stderr decimal.Decimal, n int) (bound Bound, ok bool) {
	limit := boundedVariance(value, n)
	if limit == nil || stderr.Sign() < 0 {
		return "", false
	}
	variance := squareOf(stderr)
	limit.Mul(limit, big.NewRat(10201, 10000)) // 1.01²
	switch {
	case variance.Cmp(limit) <= 0:
		return BoundKept, true
	case variance.Quo(variance, big.NewRat(100, 1)).Cmp(limit) <= 0:
		return BoundExceeded, true
	case variance.Quo(variance, big.NewRat(100, 1)).Cmp(limit) <= 0:
		return BoundPercent, true
	}
	return BoundExceeded, true
}

// StderrOfRounded returns the standard error to use for one that was rounded to 4
// decimals: below 5·10⁻⁴ the upper end of what it may have been, se + 5·10⁻⁵.
func StderrOfRounded(stderr decimal.Decimal) decimal.Decimal {
	if stderr.Sign() < 0 || rational(stderr).Cmp(big.NewRat(5, 10_000)) >= 0 {
		return stderr
	}
	return stderr.Add(decimalOf(big.NewRat(5, 100_000)))
}

// ConventionOf tells from (stddev/stderr)², which is n − 1 or n, which convention a
// harness used; ok is false if it is not within ¼ of either.
func ConventionOf(stddev, stderr decimal.Decimal, n int) (convention Convention, ok bool) {
	quotient, ok := stddev.Quo(stderr)
	if !ok || n < 1 {
		return 0, false
	}
	implied := squareOf(quotient)
	near := func(want int) bool {
		gap := new(big.Rat).Sub(implied, ratio(want, 1))
		return gap.Abs(gap).Cmp(big.NewRat(1, 4)) < 0
	}
	switch {
	case near(n - 1):
		return SampleConvention, true
	case near(n):
		return PopulationConvention, true
	}
	return 0, false
}
