package infer

import (
	"math/big"
	"slices"
)

// doubleRanks returns twice the mid-ranks of values, which are integers: tied
// values share the mean of their ranks.
func doubleRanks(values []*big.Int) []*big.Int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return values[a].Cmp(values[b]) })
	ranks := make([]*big.Int, len(values))
	for first := 0; first < len(order); {
		last := first
		for last+1 < len(order) && values[order[last+1]].Cmp(values[order[first]]) == 0 {
			last++
		}
		// Ranks count from 1: first+1 … last+1 have the doubled mean first+last+2.
		for _, i := range order[first : last+1] {
			ranks[i] = big.NewInt(int64(first + last + 2))
		}
		first = last + 1
	}
	return ranks
}

// doubleU returns 2·#(x>y) + #(x=y) over all pairs, from the ranks of x among both.
func doubleU(x, y []*big.Int) *big.Int {
	u := big.NewInt(-int64(len(x)) * int64(len(x)+1))
	for _, rank := range doubleRanks(slices.Concat(x, y))[:len(x)] {
		u.Add(u, rank)
	}
	return u
}
