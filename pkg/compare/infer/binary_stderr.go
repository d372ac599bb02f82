package infer

import "math/big"

// BinaryStderr holds the standard error of the mean of k ones among n zeros and
// ones, by both conventions in use.
type BinaryStderr struct {
	SampleSD     *float64 // sqrt(p̂(1−p̂)/(n−1)): sample sd / √n; nil for n = 1
	PopulationSD *float64 // sqrt(p̂(1−p̂)/n): population sd / √n
}

// StderrOfBinaryMean returns the standard errors of a proportion of k in n; both
// are nil unless 0 <= k <= n and n >= 1.
func StderrOfBinaryMean(k, n int) BinaryStderr {
	if !isCount(k, n) {
		return BinaryStderr{}
	}
	result := BinaryStderr{PopulationSD: root(binaryVariance(k, n, n))}
	if n > 1 {
		result.SampleSD = root(binaryVariance(k, n, n-1))
	}
	return result
}

// binaryVariance returns p̂(1−p̂)/divisor for p̂ = k/n, exactly.
func binaryVariance(k, n, divisor int) *big.Rat {
	p := ratio(k, n)
	v := new(big.Rat).Sub(big.NewRat(1, 1), p)
	return v.Mul(v, p).Quo(v, ratio(divisor, 1))
}
