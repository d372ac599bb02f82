package infer

import "math/big"

// The exact tests below share one engine: the distribution of a sum of integers
// under all sign flips, or over all splits into two groups. It grows value by
// value as a sorted list of outcomes in which equal sums merge, so data with ties
// stays small whatever the number of splits.

// scalar is an exact integer: an int64 where sums fit, else a big.Int.
type scalar[T any] interface {
	plus(T) T
	minus(T) T
	times(int64) T
	compare(T) int
	abs() T
}

type small int64

func (a small) plus(b small) small  { return a + b }
func (a small) minus(b small) small { return a - b }
func (a small) times(n int64) small { return a * small(n) }
func (a small) abs() small          { return max(a, -a) }
func (a small) compare(b small) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type large struct{ *big.Int }

func (a large) plus(b large) large  { return large{new(big.Int).Add(a.Int, b.Int)} }
func (a large) minus(b large) large { return large{new(big.Int).Sub(a.Int, b.Int)} }
func (a large) times(n int64) large { return large{new(big.Int).Mul(a.Int, big.NewInt(n))} }
func (a large) abs() large          { return large{new(big.Int).Abs(a.Int)} }
func (a large) compare(b large) int { return a.Cmp(b.Int) }

// smalls converts values if no sum of any of them, nor twice it, can overflow.
func smalls(values []*big.Int) ([]small, bool) {
	bound := new(big.Int)
	for _, value := range values {
		bound.Add(bound, new(big.Int).Abs(value))
	}
	if bound.BitLen() > 61 {
		return nil, false
	}
	converted := make([]small, len(values))
	for i, value := range values {
		converted[i] = small(value.Int64())
	}
	return converted, true
}

func larges(values []*big.Int) []large {
	converted := make([]large, len(values))
	for i, value := range values {
		converted[i] = large{value}
	}
	return converted
}

// outcome is one value of a sum with its weight: a probability or a count.
type outcome[T scalar[T]] struct {
	sum    T
	weight float64
}

// maxOutcomes bounds how many outcomes the engine holds, and maxSteps how many it
// makes in all; beyond, an exact answer would take minutes.
const (
	maxOutcomes = 1 << 22
	maxSteps    = 1 << 27
)

// merge joins two sorted lists, the second shifted and both scaled, adding the
// weights of equal sums.
func merge[T scalar[T]](a []outcome[T], b []outcome[T]) []outcome[T] {
	merged := make([]outcome[T], 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch a[0].sum.compare(b[0].sum) {
		case -1:
			merged = append(merged, a[0])
			a = a[1:]
		case 1:
			merged = append(merged, b[0])
			b = b[1:]
		default:
			merged = append(merged, outcome[T]{a[0].sum, a[0].weight + b[0].weight})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// shift returns the outcomes with by added to each sum and each weight scaled.
func shift[T scalar[T]](list []outcome[T], by T, scale float64) []outcome[T] {
	shifted := make([]outcome[T], len(list))
	for i, o := range list {
		shifted[i] = outcome[T]{o.sum.plus(by), o.weight * scale}
	}
	return shifted
}

// flips returns the distribution of Σ±v over all equally likely signs; ok is false
// where that is too large.
func flips[T scalar[T]](values []T) (distribution []outcome[T], ok bool) {
	var zero T
	if len(values) > 0 {
		zero = values[0].minus(values[0])
	}
	distribution = []outcome[T]{{zero, 1}}
	steps := 0
	for _, value := range values {
		up := value.abs()
		if up.compare(zero) == 0 {
			continue
		}
		steps += 2 * len(distribution)
		if 2*len(distribution) > maxOutcomes || steps > maxSteps {
			return nil, false
		}
		distribution = merge(shift(distribution, zero.minus(up), 0.5), shift(distribution, up, 0.5))
	}
	return distribution, true
}

// splits returns the distribution of the sum of choose of the values over all
// equally likely choices, weighted by their number; ok is false where that is too
// large.
func splits[T scalar[T]](values []T, choose int) (distribution []outcome[T], ok bool) {
	if len(values) > 1000 { // the number of splits may overflow a float64
		return nil, false
	}
	zero := values[0].minus(values[0])
	chosen := make([][]outcome[T], choose+1) // by how many were chosen so far
	chosen[0] = []outcome[T]{{zero, 1}}
	steps := 0
	for i, value := range values {
		// Of i+1 values at least choose − (those still to come) must be chosen.
		least := max(1, choose-(len(values)-i-1))
		held := 0
		for j := min(choose, i+1); j >= least; j-- {
			chosen[j] = merge(chosen[j], shift(chosen[j-1], value, 1))
			held += len(chosen[j])
		}
		for j := range least - 1 {
			chosen[j] = nil
		}
		steps += held
		if held > maxOutcomes || steps > maxSteps {
			return nil, false
		}
	}
	return chosen[choose], true
}

// tails holds the weights of the outcomes that are at least as extreme as the
// observed one, as shares of all.
type tails struct {
	twoSided float64 // |sum − centre| >= |observed − centre|, centre being the mean
	greater  float64 // sum >= observed
	less     float64 // sum <= observed
}

// tailsOf compares integers only, so an outcome is never taken for more or less
// extreme than its equal.
func tailsOf[T scalar[T]](distribution []outcome[T], observed, centre T) tails {
	var t tails
	var all float64
	extreme := observed.minus(centre).abs()
	for _, o := range distribution {
		all += o.weight
		if o.sum.minus(centre).abs().compare(extreme) >= 0 {
			t.twoSided += o.weight
		}
		if o.sum.compare(observed) >= 0 {
			t.greater += o.weight
		}
		if o.sum.compare(observed) <= 0 {
			t.less += o.weight
		}
	}
	t.twoSided = min(1, t.twoSided/all)
	t.greater = min(1, t.greater/all)
	t.less = min(1, t.less/all)
	return t
}
