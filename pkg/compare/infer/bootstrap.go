package infer

import (
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// BootstrapDraws is the number of resamples of [Bootstrap].
const BootstrapDraws = 10_000

// Bootstrapped is a percentile bootstrap interval.
type Bootstrapped struct {
	Estimate *float64 // the statistic of the data itself
	SE       *float64 // standard deviation of the resampled statistics
	CI       *Interval
	Draws    int
	Seed     uint64
	Reason   Reason
}

// Bootstrap resamples units (items, or clusters of items) with replacement and
// takes the percentile interval of a statistic, with quantiles of type 7. The
// statistic gets the indices drawn and says ok = false where it is undefined; a
// paired statistic looks up both sides under one index. Every draw comes from seed.
// For a mean this adds nothing to its standard error: it is for medians, F1, ratios.
// Interval and SE are nil if a resample has no value, and the interval if all agree.
func Bootstrap(units int, statistic func(drawn []int) (value float64, ok bool), seed uint64, confidence float64) Bootstrapped {
	result := Bootstrapped{Draws: BootstrapDraws, Seed: seed}
	alpha, ok := Alpha(confidence)
	if !ok || units < 1 {
		result.Reason = ReasonOutOfRange
		return result
	}
	indices := make([]int, units)
	for i := range indices {
		indices[i] = i
	}
	if value, ok := statistic(indices); ok {
		result.Estimate = finite(value)
	}
	if result.Estimate == nil {
		result.Reason = ReasonUndefinedDraws
		return result
	}
	random := rand.New(rand.NewPCG(seed, 0))
	values := make([]float64, BootstrapDraws)
	for draw := range values {
		for i := range indices {
			indices[i] = random.IntN(units)
		}
		value, ok := statistic(indices)
		if !ok || finite(value) == nil {
			result.Reason = ReasonUndefinedDraws
			return result
		}
		values[draw] = value
	}
	slices.Sort(values)
	moments := Moments{}
	for _, value := range values {
		exact, _ := decimal.FromFloat(value)
		moments.Add(exact, 1)
	}
	result.SE = moments.StdDev()
	lo, hi := quantileOfSorted(values, alpha/2), quantileOfSorted(values, 1-alpha/2)
	if lo == hi {
		result.Reason = ReasonZeroVariance
		return result
	}
	result.CI = interval(confidence, lo, hi)
	return result
}

// quantileOfSorted is [Quantile] on sorted floats.
func quantileOfSorted(sorted []float64, p float64) float64 {
	h := float64(float64(len(sorted)-1) * p)
	i := min(int(h), len(sorted)-1)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + float64((h-float64(i))*(sorted[i+1]-sorted[i]))
}

// MeanResamples is the exact bootstrap distribution of a mean.
type MeanResamples struct {
	SE        *float64   // sqrt(Σ(x−x̄)²/n²), the standard deviation over all resamples
	Resamples *int64     // nⁿ
	Means     []*big.Rat // the distinct means, ascending
	Counts    []int64    // how many resamples have each
	Reason    Reason
}

// maxResampled is the largest n of which nⁿ counts are exact in a float64.
const maxResampled = 13

// BootstrapMeanExact counts all nⁿ resamples of n values. Above 13 values, or with
// too many distinct means, only SE is defined.
func BootstrapMeanExact(values []decimal.Decimal) MeanResamples {
	n := len(values)
	if n == 0 {
		return MeanResamples{Reason: ReasonTooFew}
	}
	variance := MomentsOf(values).deviations()
	result := MeanResamples{SE: root(variance.Quo(variance, ratio(n, 1)).Quo(variance, ratio(n, 1)))}
	if n > maxResampled {
		result.Reason = ReasonTooLarge
		return result
	}
	groups, unit := integers(values)
	denominator := new(big.Int).Mul(unit, big.NewInt(int64(n)))
	// A sum of n draws is at most n times the largest value.
	if _, fits := smalls(slices.Repeat(groups[0], n)); fits {
		addends, _ := smalls(groups[0])
		return resample(result, addends, func(sum small) *big.Rat {
			return new(big.Rat).SetFrac(big.NewInt(int64(sum)), denominator)
		})
	}
	return resample(result, larges(groups[0]), func(sum large) *big.Rat {
		return new(big.Rat).SetFrac(sum.Int, denominator)
	})
}

func resample[T scalar[T]](result MeanResamples, values []T, mean func(sum T) *big.Rat) MeanResamples {
	distribution := []outcome[T]{{values[0].minus(values[0]), 1}}
	for range values {
		var next []outcome[T]
		for _, value := range values {
			next = merge(next, shift(distribution, value, 1))
		}
		if len(next) > 1<<18 {
			result.Reason = ReasonTooLarge
			return result
		}
		distribution = next
	}
	var resamples int64
	for _, o := range distribution {
		result.Means = append(result.Means, mean(o.sum))
		result.Counts = append(result.Counts, int64(o.weight))
		resamples += int64(o.weight)
	}
	result.Resamples = &resamples
	return result
}
