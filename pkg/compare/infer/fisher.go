package infer

import (
	"math"
	"math/big"
)

// FisherExact returns the two-sided p-value of Fisher's exact test: the sum over
// the tables with the same margins that are not more probable than the observed
// one, counted in integers. For reference: it is conservative and knows no margin.
// It is nil unless the counts are proportions, and above 10,000 trials.
func FisherExact(counts TwoProportions) *float64 {
	const most = 10_000
	if !counts.valid() || counts.N1 > most || counts.N2 > most-counts.N1 {
		return nil
	}
	n1, n2, s := counts.N1, counts.N2, counts.X1+counts.X2
	weight := func(x int) *big.Int {
		w := new(big.Int).Binomial(int64(n1), int64(x))
		return w.Mul(w, new(big.Int).Binomial(int64(n2), int64(s-x)))
	}
	observed := weight(counts.X1)
	extreme := new(big.Int)
	least := max(0, s-n2)
	term := weight(least)
	for x := least; x <= min(n1, s); x++ {
		if term.Cmp(observed) <= 0 {
			extreme.Add(extreme, term)
		}
		// C(n₁, x+1)·C(n₂, s−x−1) from C(n₁, x)·C(n₂, s−x).
		term.Mul(term, big.NewInt(int64(n1-x)*int64(s-x)))
		term.Quo(term, big.NewInt(int64(x+1)*int64(n2-s+x+1)))
	}
	return float(new(big.Rat).SetFrac(extreme, new(big.Int).Binomial(int64(n1+n2), int64(s))))
}

// PooledZ returns the pooled z test of two independent proportions without
// continuity correction, d/sqrt(p̄(1−p̄)(1/n₁+1/n₂)), for reference. Equal outcomes
// throughout give a nil statistic and p = 1.
func PooledZ(counts TwoProportions) (z, p *float64) {
	d, ok := counts.Delta()
	if !ok {
		return nil, nil
	}
	if counts.same() {
		return nil, finite(1)
	}
	pooled := float64(counts.X1+counts.X2) / float64(counts.N1+counts.N2)
	variance := float64(float64(pooled*(1-pooled)) * (1/float64(counts.N1) + 1/float64(counts.N2)))
	z = finite(d.Float64() / math.Sqrt(variance))
	return z, twoSided(z, nil)
}
