package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Welch compares the means of two independent samples (Welch 1947):
// t = (ȳ−x̄)/sqrt(A+B) with A = s_x²/k_x, B = s_y²/k_y and
// ν = (A+B)²/(A²/(k_x−1) + B²/(k_y−1)). With fewer than 2 values on a side only
// Value is defined.
func Welch(base, cand Moments, confidence float64) Estimate {
	x, okX := base.Mean()
	y, okY := cand.Mean()
	if !okX || !okY {
		return undefined(nil, ReasonTooFew)
	}
	delta := y.Sub(x)
	a, b := base.meanVariance(), cand.meanVariance()
	if a == nil || b == nil {
		return undefined(&delta, ReasonTooFew)
	}
	df := satterthwaite(a, int(base.n-1), b, int(cand.n-1))
	return located(delta, new(big.Rat).Add(a, b), df, confidence)
}

// RunSummary describes repeated runs of one side. SD, SE and the intervals are nil
// below 2 runs, the intervals also if all runs agree.
type RunSummary struct {
	K          int
	Mean       *decimal.Decimal
	Min, Max   *decimal.Decimal
	SD         *float64  // divisor k − 1
	SE         *float64  // of the mean
	CI         *Interval // of the mean, t with k − 1 degrees of freedom
	Prediction *Interval // of one further run: x̄ ± t·s·sqrt(1+1/k)
	Reason     Reason
}

// Summarize describes repeated runs.
func Summarize(values []decimal.Decimal, confidence float64) RunSummary {
	if len(values) == 0 {
		return RunSummary{Reason: ReasonTooFew}
	}
	m := MomentsOf(values)
	mean, _ := m.Mean()
	s := RunSummary{K: len(values), Mean: &mean, Min: &values[0], Max: &values[0]}
	for i, value := range values {
		if value.Cmp(*s.Min) < 0 {
			s.Min = &values[i]
		}
		if value.Cmp(*s.Max) > 0 {
			s.Max = &values[i]
		}
	}
	if s.K < 2 {
		s.Reason = ReasonTooFew
		return s
	}
	s.SD = m.StdDev()
	of := located(mean, m.meanVariance(), finite(float64(s.K-1)), confidence)
	s.SE, s.CI, s.Reason = of.SE, of.CI, of.Reason
	// s²(1+1/k) is the variance of the difference between a new run and the mean.
	spread := m.variance()
	spread.Mul(spread, ratio(s.K+1, s.K))
	s.Prediction = located(mean, spread, finite(float64(s.K-1)), confidence).CI
	return s
}

// MinAttainableP returns 2/C(k_b+k_c, k_b), the smallest p-value that a two-sided
// rank test of two groups without ties can give, or a permutation test of equally
// many runs. It is nil unless both have a run.
func MinAttainableP(kBase, kCand int) *float64 {
	// From 1100 on 1/C is below every positive float64.
	if kBase < 1 || kCand < 1 {
		return nil
	}
	if min(kBase, kCand) > 1100 {
		return finite(0)
	}
	splits := new(big.Int).Binomial(int64(kBase)+int64(kCand), int64(min(kBase, kCand)))
	p := float(new(big.Rat).SetFrac(big.NewInt(2), splits))
	return finite(min(1, *p))
}

// MeanStderrOfRuns combines the reported standard errors of k runs with the spread
// of their means into the item-population standard error of the mean of the runs:
// sqrt(mean(SE_r²) − s²(1 − 1/k)), not below s/√k. Since E[SE_r²] = (Var x + Eσ²)/n
// and E[s²] = Eσ²/n, this estimates (Var x + Eσ²/k)/n. It is nil unless k >= 1 and
// neither argument is negative.
func MeanStderrOfRuns(meanSquareSE, seedSD decimal.Decimal, k int) *float64 {
	if v := meanVarianceOfRuns(meanSquareSE, seedSD, k); v != nil {
		return root(v)
	}
	return nil
}

func meanVarianceOfRuns(meanSquareSE, seedSD decimal.Decimal, k int) *big.Rat {
	if k < 1 || meanSquareSE.Sign() < 0 || seedSD.Sign() < 0 {
		return nil
	}
	between := squareOf(seedSD)
	least := new(big.Rat).Quo(between, ratio(k, 1))
	variance := rational(meanSquareSE)
	variance.Sub(variance, between.Mul(between, ratio(k-1, k)))
	if variance.Cmp(least) < 0 {
		return least
	}
	return variance
}
