package infer

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ClopperPearson returns the exact interval of a proportion of k in n (Clopper &
// Pearson 1934): the α/2 quantile of Beta(k, n−k+1) and the 1−α/2 quantile of
// Beta(k+1, n−k), 0 at k = 0 and 1 at k = n. It is conservative. It is nil unless
// 0 <= k <= n and 1 <= n <= 10⁶.
func ClopperPearson(k, n int, confidence float64) *Interval {
	alpha, ok := Alpha(confidence)
	if !ok || !isCount(k, n) || n > maxBeta {
		return nil
	}
	lo, hi := 0.0, 1.0
	if k > 0 {
		lo = betaQuantile(alpha/2, float64(k), float64(n-k+1))
	}
	if k < n {
		hi = betaUpperQuantile(alpha/2, float64(k+1), float64(n-k))
	}
	return interval(confidence, lo, hi)
}

// UniformCredible returns the central credible interval of a proportion of k in n
// under a uniform prior, the α/2 and 1−α/2 quantiles of Beta(1+k, 1+n−k). n = 0 is
// the prior itself. It is nil unless 0 <= k <= n <= 10⁶.
func UniformCredible(k, n int, confidence float64) *Interval {
	alpha, ok := Alpha(confidence)
	if !ok || k < 0 || k > n || n > maxBeta {
		return nil
	}
	a, b := float64(1+k), float64(1+n-k)
	return interval(confidence, betaQuantile(alpha/2, a, b), betaUpperQuantile(alpha/2, a, b))
}

// maxBeta is up to how many trials gonum's incomplete beta function keeps 10 digits.
const maxBeta = 1_000_000

func betaQuantile(p, a, b float64) float64 {
	return distuv.Beta{Alpha: a, Beta: b}.Quantile(p)
}

// betaUpperQuantile returns the x with P(X >= x) = p. The upper tail of Beta(a, b)
// is the lower tail of Beta(b, a), which has more digits where x is near 1.
func betaUpperQuantile(p, a, b float64) float64 {
	if a < b {
		return betaQuantile(1-p, a, b)
	}
	return 1 - betaQuantile(p, b, a)
}

// ProbSuperior returns P(θ_B > θ_A) for independent proportions with uniform
// priors, exactly but for rounding:
// Σ_{i<a_B} B(a_A+i, b_A+b_B) / ((b_B+i)·B(1+i, b_B)·B(a_A, b_A)) with a = 1+k,
// b = 1+n−k. It is nil unless 0 <= k <= n on both sides, and for n above 10⁶.
func ProbSuperior(kA, nA, kB, nB int) *float64 {
	if kA < 0 || kA > nA || kB < 0 || kB > nB || nA > maxBeta || nB > maxBeta {
		return nil
	}
	aA, bA := float64(1+kA), float64(1+nA-kA)
	aB, bB := float64(1+kB), float64(1+nB-kB)
	// The first term is Π (b_A+j)/(a_A+b_A+j) over j < b_B, each next one follows by
	// a ratio. Exponents are kept apart, as the first term may be far below the
	// smallest float64 and the sum not.
	term, exponent := 1.0, 0
	multiply := func(factor float64) {
		fraction, shift := math.Frexp(term * factor)
		term, exponent = fraction, exponent+shift
	}
	for j := 0.0; j < bB; j++ {
		multiply((bA + j) / (aA + bA + j))
	}
	total, scale := 0.0, exponent
	for i := 0.0; i < aB; i++ {
		if exponent > scale {
			total, scale = math.Ldexp(total, scale-exponent), exponent
		}
		total += math.Ldexp(term, exponent-scale)
		multiply(float64((aA+i)*(bB+i)) / float64((aA+i+bA+bB)*(1+i)))
	}
	return finite(min(1, math.Ldexp(total, scale)))
}
