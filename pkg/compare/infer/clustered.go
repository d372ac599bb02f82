package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Clustered is the mean of values whose items come in clusters, such as several
// questions about one text. Estimate is the method to use:
// SE = (1/n)·sqrt(G/(G−1)·Σ_c(Σ_{i∈c}(d_i − d̄))²) with t_{G−1}. The other fields
// are variants of the literature. With one cluster only the naive SE is defined.
type Clustered struct {
	Estimate
	G           int
	SENaive     *float64 // s/√n, as if items were independent
	SENoSmallG  *float64 // without the factor G/(G−1)
	SEMillerEq4 *float64 // Miller 2024, eq. 4
	Smallest    int      // items in the smallest cluster
	Largest     int
}

// ClusteredMean takes the cluster of each value; lengths must agree, else nothing
// is defined. The labels only tell clusters apart.
func ClusteredMean(values []decimal.Decimal, clusters []string, confidence float64) Clustered {
	if len(values) != len(clusters) || len(values) == 0 {
		return Clustered{Estimate: undefined(nil, ReasonTooFew)}
	}
	groups, unit := integers(values)
	type cluster struct {
		n     int
		total *big.Int
	}
	members := map[string]*cluster{}
	n, total, squares := big.NewInt(int64(len(values))), new(big.Int), new(big.Int)
	for i, x := range groups[0] {
		c, known := members[clusters[i]]
		if !known {
			c = &cluster{total: new(big.Int)}
			members[clusters[i]] = c
		}
		c.n++
		c.total.Add(c.total, x)
		total.Add(total, x)
		squares.Add(squares, new(big.Int).Mul(x, x))
	}
	// In units of 1/(n·unit): the deviation of a cluster's sum is n·Σx − n_c·total.
	between := new(big.Int)
	result := Clustered{G: len(members), Smallest: len(values)}
	for _, c := range members {
		deviation := new(big.Int).Mul(n, c.total)
		deviation.Sub(deviation, new(big.Int).Mul(big.NewInt(int64(c.n)), total))
		between.Add(between, deviation.Mul(deviation, deviation))
		result.Smallest = min(result.Smallest, c.n)
		result.Largest = max(result.Largest, c.n)
	}
	scale := new(big.Int).Mul(n, unit)
	scale.Mul(scale, scale)
	// betweenVariance = Σ_c(…)²/n², the squared SE without the factor G/(G−1).
	betweenVariance := new(big.Rat).SetFrac(between, scale)
	betweenVariance.Quo(betweenVariance, new(big.Rat).SetInt(new(big.Int).Mul(n, n)))
	// within = Σ(x − x̄)²
	within := new(big.Int).Mul(n, squares)
	within.Sub(within, new(big.Int).Mul(total, total))
	deviations := new(big.Rat).SetFrac(within.Mul(within, n), scale)

	mean := decimalOf(new(big.Rat).SetFrac(total, new(big.Int).Mul(n, unit)))
	size := len(values)
	if size >= 2 {
		naive := new(big.Rat).Quo(deviations, ratio(size, 1))
		result.SENaive = root(naive.Quo(naive, ratio(size-1, 1)))
	}
	if result.G < 2 {
		result.Estimate = undefined(&mean, ReasonTooFew)
		return result
	}
	result.SENoSmallG = root(betweenVariance)
	// SE_CLT² + Σ_c Σ_{i≠j} d_i d_j/n², which is between + Σd²/(n²(n−1)).
	miller := new(big.Rat).Quo(deviations, ratio(size, 1))
	miller.Quo(miller, ratio(size, 1)).Quo(miller, ratio(size-1, 1))
	result.SEMillerEq4 = root(miller.Add(miller, betweenVariance))
	betweenVariance.Mul(betweenVariance, ratio(result.G, result.G-1))
	result.Estimate = located(mean, betweenVariance, finite(float64(result.G-1)), confidence)
	if result.Reason == "" && (result.SENaive == nil || result.SEMillerEq4 == nil) {
		result.Reason = ReasonOutOfRange // squares that no float64 holds
	}
	return result
}
