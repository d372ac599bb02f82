package infer

import "math"

// Wilson returns the score interval of a proportion of k in n (Wilson 1927):
// (p̂ + z²/2n ± z·sqrt(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n). It is exactly 0 below
// k = 0 and exactly 1 above k = n, and never has zero width. It is nil unless
// 0 <= k <= n and n >= 1.
func Wilson(k, n int, confidence float64) *Interval {
	z := critical(confidence, nil)
	if z == nil || !isCount(k, n) {
		return nil
	}
	lo, hi := wilsonLimits(float64(k), float64(n), *z)
	return interval(confidence, lo, hi)
}

func wilsonLimits(k, n, z float64) (lo, hi float64) {
	p := k / n
	zz := square(z) / n
	centre := p + zz/2
	half := float64(z * math.Sqrt((float64(p*(1-p))+zz/4)/n))
	if k > 0 {
		lo = max(0, (centre-half)/(1+zz))
	}
	hi = 1
	if k < n {
		hi = min(1, (centre+half)/(1+zz))
	}
	return lo, hi
}

// isCount reports whether k of n is a proportion.
func isCount(k, n int) bool { return n >= 1 && k >= 0 && k <= n }
