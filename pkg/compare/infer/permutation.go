package infer

import (
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// exactSplits is up to how many splits [Permutation] counts all: C(20, 10).
const exactSplits = 184_756

// Permutation tests the difference of the means of two groups over all ways to
// split the pooled values: exactly up to 184,756 splits, beyond by 99,999 draws
// that seed fixes. Two-sided counts |T| >= |t|, T having the mean 0. It is
// undefined if a group is empty.
func Permutation(base, cand []decimal.Decimal, seed uint64) Randomized {
	if len(base) == 0 || len(cand) == 0 {
		return Randomized{Reason: ReasonTooFew}
	}
	n, choose := int64(len(base)+len(cand)), int64(min(len(base), len(cand)))
	if n <= 1000 && new(big.Int).Binomial(n, choose).Cmp(big.NewInt(exactSplits)) <= 0 {
		return PermutationExact(base, cand)
	}
	pooled := centred(base, cand)
	if converted, ok := smalls(pooled); ok {
		return drawSplits(converted, len(base), seed)
	}
	return drawSplits(larges(pooled), len(base), seed)
}

// PermutationExact counts all splits. It is undefined if a group is empty, and
// where the sums are too many to hold.
func PermutationExact(base, cand []decimal.Decimal) Randomized {
	if len(base) == 0 || len(cand) == 0 {
		return Randomized{Reason: ReasonTooFew}
	}
	pooled := centred(base, cand)
	if converted, ok := smalls(pooled); ok {
		return countSplits(converted, len(base))
	}
	return countSplits(larges(pooled), len(base))
}

// centred returns the values of both groups as integers with the sum 0. The
// difference of the means is then a multiple of the sum of one group.
func centred(base, cand []decimal.Decimal) []*big.Int {
	groups, _ := integers(base, cand)
	pooled := slices.Concat(groups[0], groups[1])
	n, sum := big.NewInt(int64(len(pooled))), new(big.Int)
	for _, value := range pooled {
		sum.Add(sum, value)
	}
	for i, value := range pooled {
		value = new(big.Int).Mul(value, n)
		pooled[i] = value.Sub(value, sum)
	}
	return pooled
}

func countSplits[T scalar[T]](pooled []T, sizeBase int) Randomized {
	zero := pooled[0].minus(pooled[0])
	cand := pooled[sizeBase:]
	distribution, ok := splits(pooled, len(cand))
	if !ok {
		return Randomized{Reason: ReasonTooLarge}
	}
	t := tailsOf(distribution, total(cand), zero)
	return Randomized{TwoSided: finite(t.twoSided), Greater: finite(t.greater)}
}

func drawSplits[T scalar[T]](pooled []T, sizeBase int, seed uint64) Randomized {
	zero := pooled[0].minus(pooled[0])
	observed := total(pooled[sizeBase:])
	// Drawing the smaller group from sorted values makes the result independent of
	// the order of runs and, two-sided, of which side is which.
	sizeCand := len(pooled) - sizeBase
	choose, ofBase := sizeCand, false
	if sizeBase < sizeCand {
		choose, ofBase = sizeBase, true
	}
	values := slices.Clone(pooled)
	slices.SortFunc(values, func(a, b T) int { return a.compare(b) })
	random := rand.New(rand.NewPCG(seed, 0))
	extreme, greater := 0, 0
	for range Draws {
		sum := zero
		for i := range choose {
			j := i + random.IntN(len(values)-i)
			values[i], values[j] = values[j], values[i]
			sum = sum.plus(values[i])
		}
		if ofBase {
			sum = zero.minus(sum)
		}
		if sum.abs().compare(observed.abs()) >= 0 {
			extreme++
		}
		if sum.compare(observed) >= 0 {
			greater++
		}
	}
	return Randomized{TwoSided: drawn(extreme), Greater: drawn(greater), Draws: Draws}
}
