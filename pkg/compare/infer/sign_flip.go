package infer

import (
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Draws is the number of random draws of a Monte-Carlo test: with the observed
// outcome itself they make 100,000.
const Draws = 99_999

// Randomized is the p-value of a randomization test. Draws is 0 if every outcome
// was counted, else the number of random draws behind it, and the p-values are
// (1 + #)/(1 + draws) (Phipson & Smyth 2010).
type Randomized struct {
	TwoSided *float64
	Greater  *float64 // one-sided, "the candidate is greater"
	Draws    int
	Reason   Reason
}

// exactFlips is up to how many differences [SignFlip] counts all outcomes.
const exactFlips = 20

// SignFlip tests whether differences are symmetric about 0 by their sum: exactly
// up to 20 differences, beyond by 99,999 draws that seed fixes. Neither the order
// of the differences nor exchanging the sides changes the two-sided value.
func SignFlip(differences []decimal.Decimal, seed uint64) Randomized {
	if len(differences) <= exactFlips {
		return SignFlipExact(differences)
	}
	groups, _ := integers(differences)
	if values, ok := smalls(groups[0]); ok {
		return drawFlips(values, seed)
	}
	return drawFlips(larges(groups[0]), seed)
}

// SignFlipExact counts all 2ⁿ sign patterns s: two-sided those with
// |Σs_i·d_i| >= |Σd_i|, greater those with Σs_i·d_i >= Σd_i. It is undefined
// without differences, and where the sums are too many to hold; ties and zeros
// among the differences keep them few.
func SignFlipExact(differences []decimal.Decimal) Randomized {
	if len(differences) == 0 {
		return Randomized{Reason: ReasonTooFew}
	}
	groups, _ := integers(differences)
	return flipTest(groups[0])
}

func flipTest(values []*big.Int) Randomized {
	if converted, ok := smalls(values); ok {
		return countFlips(converted)
	}
	return countFlips(larges(values))
}

func countFlips[T scalar[T]](values []T) Randomized {
	distribution, ok := flips(values)
	if !ok {
		return Randomized{Reason: ReasonTooLarge}
	}
	t := tailsOf(distribution, total(values), values[0].minus(values[0]))
	return Randomized{TwoSided: finite(t.twoSided), Greater: finite(t.greater)}
}

func total[T scalar[T]](values []T) T {
	sum := values[0].minus(values[0])
	for _, value := range values {
		sum = sum.plus(value)
	}
	return sum
}

func drawFlips[T scalar[T]](values []T, seed uint64) Randomized {
	// Differences of one size flip together: the sum over m of them is size·(2B − m)
	// with B heads in m tosses. In sorted order the draws belong to the data and not
	// to the order in which it came.
	type size struct {
		value T
		times int64
	}
	observed := total(values)
	zero := observed.minus(observed)
	sorted := slices.Clone(values)
	for i, value := range sorted {
		sorted[i] = value.abs()
	}
	slices.SortFunc(sorted, func(a, b T) int { return a.compare(b) })
	var sizes []size
	for _, value := range sorted {
		switch last := len(sizes) - 1; {
		case value.compare(zero) == 0:
		case last >= 0 && sizes[last].value.compare(value) == 0:
			sizes[last].times++
		default:
			sizes = append(sizes, size{value, 1})
		}
	}
	tosses := newTosser(seed)
	extreme, greater := 0, 0
	for range Draws {
		sum := zero
		for _, s := range sizes {
			sum = sum.plus(s.value.times(2*tosses.heads(s.times) - s.times))
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

// drawn is the p-value of count extreme outcomes among Draws.
func drawn(count int) *float64 { return finite(float64(1+count) / (1 + Draws)) }

// tosser hands out fair coin tosses, 64 a random number.
type tosser struct {
	source rand.Source
	word   uint64
	left   int64
}

func newTosser(seed uint64) *tosser { return &tosser{source: rand.NewPCG(seed, 0)} }

// heads returns the number of heads in n tosses.
func (t *tosser) heads(n int64) int64 {
	count := 0
	for n > 0 {
		if t.left == 0 {
			t.word, t.left = t.source.Uint64(), 64
		}
		take := min(n, t.left)
		count += bits.OnesCount64(t.word << (64 - take))
		if take < 64 {
			t.word >>= take
		}
		t.left -= take
		n -= take
	}
	return int64(count)
}
