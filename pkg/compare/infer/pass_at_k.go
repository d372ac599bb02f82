package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// maxSamples bounds n in pass@k, where exact binomial coefficients stay cheap.
const maxSamples = 20_000

// PassAtK estimates the probability that one of k samples passes, from c of n that
// did: 1 − C(n−c, k)/C(n, k), which is 1 if n−c < k (Chen et al. 2021). It is
// undefined if n < k.
func PassAtK(n, c, k int) (value *decimal.Decimal, reason Reason) {
	if reason := checkSamples(n, c, k); reason != "" {
		return nil, reason
	}
	pass := decimal.FromInt(1).Sub(choices(n-c, n, k))
	return &pass, ""
}

// PassHatK estimates the probability that all of k samples pass: C(c, k)/C(n, k)
// (Yao et al. 2024, pass^k). It is undefined if n < k.
func PassHatK(n, c, k int) (value *decimal.Decimal, reason Reason) {
	if reason := checkSamples(n, c, k); reason != "" {
		return nil, reason
	}
	pass := choices(c, n, k)
	return &pass, ""
}

func checkSamples(n, c, k int) Reason {
	switch {
	case c < 0 || c > n || k < 0:
		return ReasonOutOfRange
	case n < k:
		return ReasonLessThanK
	case n > maxSamples:
		return ReasonTooLarge
	}
	return ""
}

// choices returns C(of, k)/C(n, k).
func choices(of, n, k int) decimal.Decimal {
	part := new(big.Int).Binomial(int64(of), int64(k))
	return decimalOf(new(big.Rat).SetFrac(part, new(big.Int).Binomial(int64(n), int64(k))))
}
