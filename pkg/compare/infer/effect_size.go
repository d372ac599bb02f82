package infer

import (
	"math"
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// EffectSizes are differences of two independent groups on scales of their own.
type EffectSizes struct {
	CohenD     *float64 // difference / pooled sd
	J          *float64 // Hedges' correction for small samples; nil below ν = 2
	HedgesG    *float64 // J·d (Hedges 1981)
	CliffDelta *float64 // (#(y>x) − #(y<x))/(k_x·k_y) (Cliff 1993)
}

// IndependentEffects returns the effect sizes of cand over base. J uses the gamma
// function, Γ(ν/2)/(sqrt(ν/2)·Γ((ν−1)/2)) with ν = k_x+k_y−2; the usual
// approximation 1 − 3/(4ν−1) is poor for a few runs.
func IndependentEffects(base, cand []decimal.Decimal) EffectSizes {
	var result EffectSizes
	kx, ky := len(base), len(cand)
	if kx == 0 || ky == 0 {
		return result
	}
	result.CliffDelta = cliffDelta(base, cand)
	nu := kx + ky - 2
	if nu >= 2 {
		above, _ := math.Lgamma(float64(nu) / 2)
		below, _ := math.Lgamma(float64(nu-1) / 2)
		result.J = finite(math.Exp(above-below) / math.Sqrt(float64(nu)/2))
	}
	x, y := MomentsOf(base), MomentsOf(cand)
	pooled := new(big.Rat).Add(x.deviations(), y.deviations())
	if nu < 1 || pooled.Sign() == 0 {
		return result
	}
	meanX, _ := x.Mean()
	meanY, _ := y.Mean()
	result.CohenD = shifted(meanY.Sub(meanX), pooled.Quo(pooled, ratio(nu, 1)))
	if result.CohenD != nil && result.J != nil {
		result.HedgesG = finite(*result.J * *result.CohenD)
	}
	return result
}

func cliffDelta(base, cand []decimal.Decimal) *float64 {
	groups, _ := integers(base, cand)
	u := doubleU(groups[1], groups[0]) // 2·#(y>x) + #(y=x)
	pairs := int64(len(base)) * int64(len(cand))
	return float(new(big.Rat).SetFrac(new(big.Int).Sub(u, big.NewInt(pairs)), big.NewInt(pairs)))
}

// PairedEffect returns d_z = d̄/s_d, nil if the differences do not vary.
func PairedEffect(differences Moments) *float64 {
	mean, ok := differences.Mean()
	if !ok {
		return nil
	}
	return shifted(mean, differences.variance())
}
