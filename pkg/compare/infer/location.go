package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// located makes the estimate of a method whose statistic is value/SE: the interval
// is value ± q·SE with q from Student's t, or from the normal if df is nil. All
// comes from the exact variance of the estimate, so scaling the data leaves the
// statistic as it is, to the last bit.
func located(value decimal.Decimal, variance *big.Rat, df *float64, confidence float64) Estimate {
	e := Estimate{Value: &value, SE: root(variance)}
	if variance.Sign() <= 0 || e.SE == nil || *e.SE == 0 {
		e.Reason = ReasonZeroVariance
		return e
	}
	e.DF = df
	e.Stat = shifted(value, variance)
	e.P = twoSided(e.Stat, df)
	q := critical(confidence, df)
	if q == nil {
		e.Reason = ReasonOutOfRange
		return e
	}
	half := float64(*q * *e.SE)
	e.CI = interval(confidence, value.Float64()-half, value.Float64()+half)
	if e.CI == nil || e.Stat == nil {
		e.Reason = ReasonOutOfRange
	}
	return e
}

// undefined is the estimate of which only the value may be known.
func undefined(value *decimal.Decimal, reason Reason) Estimate {
	return Estimate{Value: value, Reason: reason}
}

// shifted returns value/sqrt(variance), rounded once; nil if the variance is 0.
func shifted(value decimal.Decimal, variance *big.Rat) *float64 {
	if variance == nil || variance.Sign() <= 0 {
		return nil
	}
	square := rational(value)
	sign := square.Sign()
	square.Mul(square, square)
	return signedRoot(sign, square.Quo(square, variance))
}

// squareOf returns d².
func squareOf(d decimal.Decimal) *big.Rat {
	r := rational(d)
	return r.Mul(r, r)
}
