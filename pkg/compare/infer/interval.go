package infer

import (
	"math"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Interval is a two-sided confidence interval, in the units of its estimate.
type Interval struct {
	Level float64 // nominal coverage, in (0, 1)
	Lo    float64
	Hi    float64
}

// interval returns nil unless both limits are finite.
func interval(level, lo, hi float64) *Interval {
	if finite(lo) == nil || finite(hi) == nil {
		return nil
	}
	return &Interval{level, lo, hi}
}

// Negate returns the interval of the negated estimate, or nil for nil.
func (i *Interval) Negate() *Interval {
	if i == nil {
		return nil
	}
	return &Interval{i.Level, -i.Hi, -i.Lo}
}

// Relative returns the interval as fractions of |base|, which is taken as fixed:
// L/|base|, U/|base|. It is nil if base is 0.
func (i *Interval) Relative(base decimal.Decimal) *Interval {
	if i == nil || base.Sign() == 0 {
		return nil
	}
	scale := base.Abs().Float64()
	return interval(i.Level, i.Lo/scale, i.Hi/scale)
}

// Alpha returns 1 − confidence as the decimal that a person means: 0.05 for 0.95,
// where float64 subtraction gives 0.050000000000000044. ok is false unless
// 0 < confidence < 1.
func Alpha(confidence float64) (alpha float64, ok bool) {
	if !(confidence > 0 && confidence < 1) {
		return 0, false
	}
	exact, err := decimal.FromFloat(confidence)
	if err != nil {
		return 0, false
	}
	return decimal.FromInt(1).Sub(exact).Float64(), true
}

// Estimate is what every primary method answers about one difference: the exact
// estimate, its uncertainty, a two-sided test of 0 and the interval that is dual
// to the test. A part that is undefined is nil, and Reason says why.
type Estimate struct {
	Value  *decimal.Decimal // candidate − baseline unless the method says otherwise
	SE     *float64         // standard error, in units of Value
	DF     *float64         // degrees of freedom of Student's t; nil for the normal
	Stat   *float64         // z or t
	P      *float64         // two-sided
	CI     *Interval
	Reason Reason
}

// Negate returns the estimate of −Value: the goodness change of a metric of which
// less is better.
func (e Estimate) Negate() Estimate {
	if e.Value != nil {
		value := e.Value.Neg()
		e.Value = &value
	}
	if e.Stat != nil {
		e.Stat = finite(0 - *e.Stat)
	}
	e.CI = e.CI.Negate()
	return e
}

// solve finds where the decreasing function f crosses 0 between lo and hi, to the
// last bit. f(lo) <= 0 gives lo, f(hi) >= 0 gives hi.
func solve(f func(float64) float64, lo, hi float64) float64 {
	if f(lo) <= 0 {
		return lo
	}
	if f(hi) >= 0 {
		return hi
	}
	for {
		middle := lo + (hi-lo)/2
		if middle <= lo || middle >= hi {
			return middle
		}
		// Next to 0 halving could go on for a thousand turns to no purpose.
		if max(math.Abs(lo), math.Abs(hi)) < 1e-300 {
			return 0
		}
		if f(middle) > 0 {
			lo = middle
		} else {
			hi = middle
		}
	}
}
