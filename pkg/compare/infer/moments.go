package infer

import (
	"math/big"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Moments accumulates exact decimals in constant memory and answers for their
// exact mean and variance, whatever their number and order. The zero value is
// empty. A copy shares its sums with the original: add to one of them only.
type Moments struct {
	n       int64
	places  int             // unit is 10^places, or -1: another number
	scale   decimal.Decimal // the unit, as a decimal
	unit    *big.Int        // the common denominator
	total   *big.Int        // Σx·unit
	squares *big.Int        // Σ(x·unit)²
}

// MomentsOf accumulates values.
func MomentsOf(values []decimal.Decimal) Moments {
	var m Moments
	for _, value := range values {
		m.Add(value, 1)
	}
	return m
}

// Add counts value in as if it had been seen times times; times <= 0 adds nothing.
// Callers with few distinct values among many count first and add once each.
func (m *Moments) Add(value decimal.Decimal, times int64) {
	if times <= 0 {
		return
	}
	if m.unit == nil {
		m.scale, m.unit = decimal.FromInt(1), big.NewInt(1)
		m.total, m.squares = new(big.Int), new(big.Int)
	}
	x, count := m.inUnits(value), big.NewInt(times)
	m.n += times
	m.total.Add(m.total, new(big.Int).Mul(x, count))
	m.squares.Add(m.squares, x.Mul(x, x).Mul(x, count))
}

// maxSmallPlaces is up to how many decimals usual values times the unit fit an int64.
const maxSmallPlaces = 15

// inUnits returns value·unit, after making the unit fine enough for it.
func (m *Moments) inUnits(value decimal.Decimal) *big.Int {
	if m.places >= 0 && m.places <= maxSmallPlaces {
		if small, ok := value.Mul(m.scale).Int64(); ok {
			return big.NewInt(small)
		}
	}
	if places, ends := value.Places(); ends && m.places >= 0 {
		if places > m.places {
			m.places = places
			m.rescale(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		}
		digits := strings.Replace(value.Fixed(m.places), ".", "", 1)
		x, _ := new(big.Int).SetString(digits, 10)
		return x
	}
	m.places = -1
	fraction := rational(value)
	m.rescale(commonMultiple(m.unit, fraction.Denom()))
	x := new(big.Int).Quo(m.unit, fraction.Denom())
	return x.Mul(x, fraction.Num())
}

func (m *Moments) rescale(unit *big.Int) {
	factor := new(big.Int).Quo(unit, m.unit)
	m.unit, m.scale = unit, decimalOfInt(unit)
	m.total = new(big.Int).Mul(m.total, factor)
	m.squares = new(big.Int).Mul(m.squares, factor.Mul(factor, factor))
}

// N returns how many values were added.
func (m Moments) N() int64 { return m.n }

// Mean returns the exact mean; ok is false if nothing was added.
func (m Moments) Mean() (mean decimal.Decimal, ok bool) {
	if m.n == 0 {
		return decimal.Decimal{}, false
	}
	return decimalOf(new(big.Rat).SetFrac(m.total, new(big.Int).Mul(m.unit, big.NewInt(m.n)))), true
}

// deviations returns Σ(x − x̄)², exactly; nil if nothing was added.
func (m Moments) deviations() *big.Rat {
	if m.n == 0 {
		return nil
	}
	n := big.NewInt(m.n)
	numerator := new(big.Int).Mul(m.squares, n)
	numerator.Sub(numerator, new(big.Int).Mul(m.total, m.total))
	return new(big.Rat).SetFrac(numerator, n.Mul(n, m.unit).Mul(n, m.unit))
}

// variance returns the sample variance (divisor n − 1), exactly; nil for n < 2.
func (m Moments) variance() *big.Rat {
	if m.n < 2 {
		return nil
	}
	v := m.deviations()
	return v.Quo(v, new(big.Rat).SetInt64(m.n-1))
}

// meanVariance returns s²/n, the squared standard error of the mean; nil for n < 2.
func (m Moments) meanVariance() *big.Rat {
	v := m.variance()
	if v == nil {
		return nil
	}
	return v.Quo(v, new(big.Rat).SetInt64(m.n))
}

// StdDev returns the sample standard deviation, divisor n − 1; nil for n < 2.
func (m Moments) StdDev() *float64 {
	if v := m.variance(); v != nil {
		return root(v)
	}
	return nil
}

// StdErr returns s/√n, the standard error of the mean; nil for n < 2.
func (m Moments) StdErr() *float64 {
	if v := m.meanVariance(); v != nil {
		return root(v)
	}
	return nil
}
