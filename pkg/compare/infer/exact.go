package infer

import (
	"math"
	"math/big"
	"slices"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// rational returns d as a fraction that the caller may change.
func rational(d decimal.Decimal) *big.Rat {
	if places, ends := d.Places(); ends {
		r, _ := new(big.Rat).SetString(d.Fixed(places))
		return r
	}
	// The continued fraction of a rational number ends; its convergents rebuild
	// numerator and denominator.
	var terms []*big.Int
	for rest := d; ; {
		floor := floorOf(rest)
		terms = append(terms, floor)
		inverse, ok := decimal.FromInt(1).Quo(rest.Sub(decimalOf(new(big.Rat).SetInt(floor))))
		if !ok {
			break
		}
		rest = inverse
	}
	r := new(big.Rat)
	for i, term := range slices.Backward(terms) {
		if i < len(terms)-1 {
			r.Inv(r)
		}
		r.Add(r, new(big.Rat).SetInt(term))
	}
	return r
}

func floorOf(d decimal.Decimal) *big.Int {
	floor, _ := new(big.Int).SetString(d.Fixed(0), 10)
	if decimalOf(new(big.Rat).SetInt(floor)).Cmp(d) > 0 {
		floor.Sub(floor, big.NewInt(1))
	}
	return floor
}

// decimalOf is the inverse of [rational].
func decimalOf(r *big.Rat) decimal.Decimal {
	quotient, _ := decimalOfInt(r.Num()).Quo(decimalOfInt(r.Denom()))
	return quotient
}

func decimalOfInt(n *big.Int) decimal.Decimal {
	if n.IsInt64() {
		return decimal.FromInt(n.Int64())
	}
	limb := big.NewInt(1e18)
	high, low := new(big.Int).QuoRem(n, limb, new(big.Int))
	return decimalOfInt(high).Mul(decimal.FromInt(1e18)).Add(decimal.FromInt(low.Int64()))
}

// integers brings values to one denominator: values[g][i] = ints[g][i]/denominator,
// exactly. Order, sums and ties of the integers are those of the values.
func integers(groups ...[]decimal.Decimal) (ints [][]*big.Int, denominator *big.Int) {
	denominator = big.NewInt(1)
	fractions := make([][]*big.Rat, len(groups))
	for g, group := range groups {
		fractions[g] = make([]*big.Rat, len(group))
		for i, value := range group {
			fractions[g][i] = rational(value)
			denominator = commonMultiple(denominator, fractions[g][i].Denom())
		}
	}
	ints = make([][]*big.Int, len(groups))
	for g, group := range fractions {
		ints[g] = make([]*big.Int, len(group))
		for i, fraction := range group {
			factor := new(big.Int).Quo(denominator, fraction.Denom())
			ints[g][i] = factor.Mul(factor, fraction.Num())
		}
	}
	return ints, denominator
}

func commonMultiple(a, b *big.Int) *big.Int {
	if new(big.Int).Rem(a, b).Sign() == 0 {
		return a
	}
	divisor := new(big.Int).GCD(nil, nil, a, b)
	return new(big.Int).Mul(a, new(big.Int).Quo(b, divisor))
}

// ratio returns a/b.
func ratio(a, b int) *big.Rat { return big.NewRat(int64(a), int64(b)) }

// float returns the float64 nearest to r, or nil if it overflows.
func float(r *big.Rat) *float64 {
	f, _ := r.Float64()
	return finite(f)
}

// finite returns a pointer to x, or nil for NaN and the infinities.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// root returns the square root of r >= 0 rounded once, whatever the size of r:
// going through float64 first would turn a variance of 1e-400 into 0.
func root(r *big.Rat) *float64 {
	if r.Sign() < 0 {
		return nil
	}
	f, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetRat(r)).Float64()
	return finite(f)
}

// signedRoot returns sign·sqrt(square).
func signedRoot(sign int, square *big.Rat) *float64 {
	magnitude := root(square)
	if magnitude == nil || sign >= 0 {
		return magnitude
	}
	return finite(-*magnitude)
}

// sum adds finite floats exactly and rounds once, so order does not matter.
func sum(values ...float64) float64 {
	// Enough bits to hold the largest and the smallest float64 in one number.
	total := new(big.Float).SetPrec(2200)
	var term big.Float
	for _, value := range values {
		total.Add(total, term.SetFloat64(value))
	}
	f, _ := total.Float64()
	return f
}

// square returns x², rounded, so that it is never fused with an addition.
func square(x float64) float64 { return float64(x * x) }
