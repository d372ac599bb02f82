package infer

import (
	"math/big"
	"slices"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// RankSum is the Mann–Whitney test of two groups.
type RankSum struct {
	U        *float64 // #(x>y) + ½·#(x=y)
	TwoSided *float64 // P(|U − EU| >= |u − EU|)
	Less     *float64 // P(U <= u)
	Greater  *float64 // P(U >= u)
	Reason   Reason
}

// MannWhitneyExact counts the null distribution over all splits of the pooled
// values, ties included (Mann & Whitney 1947). The two-sided value is not twice the
// smaller tail, which differs when ties skew the distribution. It is undefined if a
// group is empty, and where the rank sums are too many to hold.
func MannWhitneyExact(x, y []decimal.Decimal) RankSum {
	if len(x) == 0 || len(y) == 0 {
		return RankSum{Reason: ReasonTooFew}
	}
	groups, _ := integers(x, y)
	u := doubleU(groups[0], groups[1])
	result := RankSum{U: float(new(big.Rat).SetFrac(u, big.NewInt(2)))}
	ranks, _ := smalls(doubleRanks(slices.Concat(groups[0], groups[1])))
	distribution, ok := splits(ranks, len(x))
	if !ok {
		result.Reason = ReasonTooLarge
		return result
	}
	// The doubled rank sum of x has the mean k_x·(N+1) and moves with U.
	t := tailsOf(distribution, total(ranks[:len(x)]), small(len(x)*(len(ranks)+1)))
	result.TwoSided, result.Less, result.Greater = finite(t.twoSided), finite(t.less), finite(t.greater)
	return result
}
