package infer

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// dice makes test data from a fixed seed.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 1))} }

// decimals returns n numbers in [low, high) with places digits after the point.
func (d dice) decimals(n int, low, high float64, places int) []decimal.Decimal {
	values := make([]decimal.Decimal, n)
	for i := range values {
		values[i] = decimal.MustParse(strconv.FormatFloat(low+(high-low)*d.Float64(), 'f', places, 64))
	}
	return values
}

// shuffled returns values in another order.
func shuffled[T any](d dice, values []T) []T {
	copied := append([]T(nil), values...)
	d.Shuffle(len(copied), func(i, j int) { copied[i], copied[j] = copied[j], copied[i] })
	return copied
}

// normal returns a normal deviate to four decimals.
func (d dice) normal(mean, sd float64) decimal.Decimal {
	return decimal.MustParse(strconv.FormatFloat(mean+sd*d.NormFloat64(), 'f', 4, 64))
}

func scaled(values []decimal.Decimal, factor int64) []decimal.Decimal {
	result := make([]decimal.Decimal, len(values))
	for i, value := range values {
		result[i] = value.Mul(decimal.FromInt(factor))
	}
	return result
}

func negated(values []decimal.Decimal) []decimal.Decimal { return scaled(values, -1) }

// value dereferences a result that must be defined.
func value(t *testing.T, x *float64) float64 {
	t.Helper()
	if x == nil {
		t.Fatal("undefined")
	}
	return *x
}
