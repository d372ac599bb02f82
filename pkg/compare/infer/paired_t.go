package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Differences returns cand[i] − base[i]; ok is false if the lengths differ.
func Differences(base, cand []decimal.Decimal) (differences []decimal.Decimal, ok bool) {
	if len(base) != len(cand) {
		return nil, false
	}
	differences = make([]decimal.Decimal, len(base))
	for i := range base {
		differences[i] = cand[i].Sub(base[i])
	}
	return differences, true
}

// PairedT tests the mean of differences over items against 0 by Student's t,
// t = d̄/(s_d/√n) with ν = n−1. Below 2 differences only Value is defined.
func PairedT(differences Moments, confidence float64) Estimate {
	mean, ok := differences.Mean()
	if !ok {
		return undefined(nil, ReasonTooFew)
	}
	variance := differences.meanVariance()
	if variance == nil {
		return undefined(&mean, ReasonTooFew)
	}
	return located(mean, variance, finite(float64(differences.n-1)), confidence)
}

// CorrelationOfPairs returns the correlation of two samples over the same items,
// nil if a side is constant or the lengths differ.
func CorrelationOfPairs(base, cand []decimal.Decimal) *float64 {
	if len(base) != len(cand) || len(base) < 2 {
		return nil
	}
	differences, _ := Differences(base, cand)
	return CorrelationOfMoments(MomentsOf(base), MomentsOf(cand), MomentsOf(differences))
}

// CorrelationOfMoments is [CorrelationOfPairs] of values that were accumulated with
// their differences; nil if a side is constant or the numbers of values differ.
func CorrelationOfMoments(x, y, d Moments) *float64 {
	if x.n != y.n || x.n != d.n || x.n < 2 {
		return nil
	}
	xx, yy := x.deviations(), y.deviations()
	if xx.Sign() == 0 || yy.Sign() == 0 {
		return nil
	}
	// 2·Σ(x−x̄)(y−ȳ) = Σ(x−x̄)² + Σ(y−ȳ)² − Σ((x−y)−(x̄−ȳ))², all exact.
	product := new(big.Rat).Add(xx, yy)
	product.Sub(product, d.deviations()).Mul(product, big.NewRat(1, 2))
	sign := product.Sign()
	return signedRoot(sign, product.Mul(product, product).Quo(product, xx.Mul(xx, yy)))
}
