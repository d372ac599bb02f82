package infer

import (
	"math"
	"math/big"
)

// McNemar holds the p-values of McNemar's exact test (1947) on the discordant
// pairs, X ~ Bin(b+c, ½). All are 1 if there is no discordant pair, nil if a count
// is negative.
type McNemar struct {
	TwoSided    *float64 // min(1, 2·P(X <= min(b, c)))
	BaseGreater *float64 // one-sided, "the baseline is better": P(X >= b)
	CandGreater *float64 // one-sided, "the candidate is better": P(X >= c)
	// MidP is 2·P(X <= min(b, c)) − P(X = min(b, c)), and 1 − ½·P(X = b) if b = c
	// (Fagerland, Lydersen & Laake 2013).
	MidP *float64
}

// McNemarExact tests b = baseOnly against c = candOnly.
func McNemarExact(baseOnly, candOnly int) McNemar {
	if baseOnly < 0 || candOnly < 0 {
		return McNemar{}
	}
	n, least := baseOnly+candOnly, min(baseOnly, candOnly)
	if n < 0 { // the sum overflowed
		return McNemar{}
	}
	if n == 0 {
		return McNemar{finite(1), finite(1), finite(1), finite(1)}
	}
	lower := halfBinomialTail(least, n)
	point := lower - halfBinomialTail(least-1, n)
	mid := 2*lower - point
	if baseOnly == candOnly {
		mid = 1 - point/2
	}
	return McNemar{
		TwoSided:    finite(min(1, 2*lower)),
		BaseGreater: finite(halfBinomialTail(candOnly, n)), // P(X >= b) = P(X <= c)
		CandGreater: finite(halfBinomialTail(baseOnly, n)),
		MidP:        finite(min(1, mid)),
	}
}

// SignTest returns the two-sided p-value of wins against losses without ties,
// min(1, 2·P(Bin(w+l, ½) <= min(w, l))), which is McNemar's exact test on signs.
func SignTest(wins, losses int) *float64 { return McNemarExact(losses, wins).TwoSided }

// exactTrials bounds the trials up to which a binomial tail is a sum of integers,
// rounded once, so that p-values such as 1/16 are met exactly.
const exactTrials = 4096

// halfBinomialTail returns P(X <= k) for X ~ Bin(n, ½).
func halfBinomialTail(k, n int) float64 {
	if k < 0 {
		return 0
	}
	if k >= n {
		return 1
	}
	if n > exactTrials {
		return largeHalfBinomialTail(k, n)
	}
	p, _ := new(big.Rat).SetFrac(binomialSum(k, n), new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
	return p
}

// largeHalfBinomialTail sums the tail from its largest term down. The incomplete
// beta function behind gonum's Binomial has 9 digits left at n = 10⁶ and 2 at
// n = 2·10⁷.
func largeHalfBinomialTail(k, n int) float64 {
	if k > (n-1)/2 {
		return 1 - largeHalfBinomialTail(n-k-1, n)
	}
	low, high := float64(k), float64(n-k)
	half := float64(n) / 2
	// P(X = k) by Stirling's series, arranged so that nothing large cancels (Loader
	// 2000, "Fast and accurate computation of binomial probabilities").
	shift := (half - low) / half
	deviance := float64(half * (float64((1-shift)*math.Log1p(-shift)) + float64((1+shift)*math.Log1p(shift))))
	scale := math.Sqrt(half/(math.Pi*low)) / math.Sqrt(high)
	term := math.Exp(stirlingError(float64(n))-stirlingError(low)-stirlingError(high)-deviance) * scale
	if !(term > 0) { // k = 0 and its neighbours, whose probability is below 2⁻⁴⁰⁰⁰
		return 0
	}
	total := 0.0
	for ; term > total*1e-18; low, high = low-1, high+1 {
		total += term
		term = float64(term*low) / (high + 1)
	}
	return total
}

// stirlingError returns log x! minus Stirling's approximation of it, for x > 15.
func stirlingError(x float64) float64 {
	return (1./12 - (1./360-1./1260/square(x))/square(x)) / x
}

// binomialSum returns Σ_{i<=k} C(n, i).
func binomialSum(k, n int) *big.Int {
	total, term := new(big.Int), big.NewInt(1)
	for i := 0; i <= k; i++ {
		total.Add(total, term)
		term.Mul(term, big.NewInt(int64(n-i)))
		term.Quo(term, big.NewInt(int64(i+1)))
	}
	return total
}
