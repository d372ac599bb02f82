package infer

import (
	"math/big"
	"slices"
	"sort"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Quantile returns the p-quantile of type 7 (Hyndman & Fan 1996), exactly: with
// h = (n−1)p it lies between order statistics ⌊h⌋+1 and ⌊h⌋+2, linearly. ok is
// false without values, or unless 0 <= p <= 1.
func Quantile(values []decimal.Decimal, p decimal.Decimal) (quantile decimal.Decimal, ok bool) {
	one := decimal.FromInt(1)
	if len(values) == 0 || p.Sign() < 0 || p.Cmp(one) > 0 {
		return decimal.Decimal{}, false
	}
	sorted := slices.SortedFunc(slices.Values(values), decimal.Decimal.Cmp)
	h := p.Mul(decimal.FromInt(int64(len(sorted) - 1)))
	floor := floorOf(h)
	i := int(floor.Int64())
	if i == len(sorted)-1 {
		return sorted[i], true
	}
	part := h.Sub(decimal.FromInt(int64(i)))
	return sorted[i].Add(part.Mul(sorted[i+1].Sub(sorted[i]))), true
}

// MedianRanks are the order statistics, counted from 1, that bound the median.
type MedianRanks struct {
	Lo, Hi   int
	Achieved float64 // the coverage of x_(Lo) … x_(Hi), at least the confidence
}

// MedianInterval returns the ranks (l, n+1−l) with the largest l >= 1 such that
// 1 − 2·P(Bin(n, ½) <= l−1) >= confidence, for any continuous distribution. It is
// nil where even the range of the sample is too narrow, as for n < 6 at 95 %.
func MedianInterval(n int, confidence float64) *MedianRanks {
	alpha, ok := Alpha(confidence)
	if !ok || n < 1 {
		return nil
	}
	exact, err := decimal.FromFloat(alpha)
	if err != nil {
		return nil
	}
	limit := rational(exact)
	within := func(k int) bool { // 2·P(X <= k) <= α
		if n > exactTrials {
			return 2*halfBinomialTail(k, n) <= alpha
		}
		twice := new(big.Int).Lsh(binomialSum(k, n), 1)
		return new(big.Rat).SetFrac(twice, new(big.Int).Lsh(big.NewInt(1), uint(n))).Cmp(limit) <= 0
	}
	// l−1 is the last k that is within; beyond the middle none is.
	l := sort.Search((n+1)/2, func(k int) bool { return !within(k) })
	if l < 1 {
		return nil
	}
	return &MedianRanks{Lo: l, Hi: n + 1 - l, Achieved: 1 - 2*halfBinomialTail(l-1, n)}
}
