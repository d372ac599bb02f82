package infer

import (
	"math"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Fieller returns the interval of R = cand/base that an uncertain base gives: all R
// for which |cand − R·base| <= q·sqrt(se_c² + R²·se_b² − 2R·cov) (Fieller 1954, JRSS B
// 16:175). q is the quantile, 1.96 for 95 %; cov as in [RatioStderr]. It is nil where
// base is not shown to differ from 0, as then no interval is bounded, and for a
// negative standard error.
func Fieller(base, cand Reported, covariance decimal.Decimal, q, level float64) *Interval {
	b, c := base.Value.Float64(), cand.Value.Float64()
	sb, sc, cov := base.Stderr.Float64(), cand.Stderr.Float64(), covariance.Float64()
	if sb < 0 || sc < 0 {
		return nil
	}
	leading := b*b - q*q*sb*sb
	middle := b*c - q*q*cov
	last := c*c - q*q*sc*sc
	if !(leading > 0) {
		return nil
	}
	// Rounding can make the discriminant of a point slightly negative.
	half := math.Sqrt(max(middle*middle-leading*last, 0))
	return interval(level, (middle-half)/leading, (middle+half)/leading)
}
