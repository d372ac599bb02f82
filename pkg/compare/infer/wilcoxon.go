package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// SignedRank is Wilcoxon's signed-rank test.
type SignedRank struct {
	V        float64 // rank sum of the positive differences
	TwoSided *float64
	Greater  *float64
	Reason   Reason
}

// WilcoxonExact is Wilcoxon's signed-rank test (1945): zeros are dropped, tied
// sizes share their mean rank, and the null distribution counts all signs. Without
// a difference other than 0, V is 0 and p is 1.
func WilcoxonExact(differences []decimal.Decimal) SignedRank {
	groups, _ := integers(differences)
	var sizes []*big.Int
	var signs []int
	for _, d := range groups[0] {
		if d.Sign() != 0 {
			sizes = append(sizes, new(big.Int).Abs(d))
			signs = append(signs, d.Sign())
		}
	}
	if len(sizes) == 0 {
		return SignedRank{TwoSided: finite(1), Greater: finite(1)}
	}
	// V − EV is half the signed rank sum, so flipping signs of ranks tests V.
	ranks := doubleRanks(sizes)
	var doubled int64
	for i, rank := range ranks {
		if signs[i] > 0 {
			doubled += rank.Int64()
		} else {
			rank.Neg(rank)
		}
	}
	test := flipTest(ranks)
	return SignedRank{V: float64(doubled) / 2, TwoSided: test.TwoSided, Greater: test.Greater, Reason: test.Reason}
}
