package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// ItemRepeats separates the two variances of items answered several times: between
// items and, within an item, between repeats.
type ItemRepeats struct {
	Mean         *decimal.Decimal
	VarItemMeans *float64          // of the item means, divisor n − 1; nil for one item
	Within       *float64          // σ̂² = Σ_iΣ_r(s_ir − s̄_i)²/(n(K−1)); nil for one repeat
	VarX         *float64          // Var(item means) − σ̂²/K, not clamped at 0; nil with either
	SEItems      *float64          // sqrt(Var(item means)/n): for other items
	SEFixedItems *float64          // sqrt(σ̂²/(K·n)): for these items again
	RunMeans     []decimal.Decimal // one for each repeat
	SeedSD       *float64          // sd of the run means; nil for one repeat
	Reason       Reason
}

// RepeatsByItem takes one row for each item with its repeats in columns. Nothing is
// defined without values, or if rows differ in length ([ReasonMissing]).
func RepeatsByItem(rows [][]decimal.Decimal) ItemRepeats {
	n := len(rows)
	if n == 0 || len(rows[0]) == 0 {
		return ItemRepeats{Reason: ReasonTooFew}
	}
	k := len(rows[0])
	var items, runs Moments
	within := new(big.Rat)
	columns := make([]Moments, k)
	for _, row := range rows {
		if len(row) != k {
			return ItemRepeats{Reason: ReasonMissing}
		}
		repeats := MomentsOf(row)
		mean, _ := repeats.Mean()
		items.Add(mean, 1)
		within.Add(within, repeats.deviations())
		for r, score := range row {
			columns[r].Add(score, 1)
		}
	}
	result := ItemRepeats{}
	for _, column := range columns {
		mean, _ := column.Mean()
		result.RunMeans = append(result.RunMeans, mean)
		runs.Add(mean, 1)
	}
	mean, _ := items.Mean()
	result.Mean = &mean
	result.SeedSD = runs.StdDev()
	result.SEItems = items.StdErr()
	between := items.variance()
	if between != nil {
		result.VarItemMeans = float(between)
	}
	if n < 2 || k < 2 {
		result.Reason = ReasonTooFew
	}
	if k < 2 {
		return result
	}
	within.Quo(within, ratio(n, 1)).Quo(within, ratio(k-1, 1))
	result.Within = float(within)
	perItem := new(big.Rat).Quo(within, ratio(k, 1))
	if between != nil {
		result.VarX = float(new(big.Rat).Sub(between, perItem))
	}
	result.SEFixedItems = root(perItem.Quo(perItem, ratio(n, 1)))
	if result.Reason == "" && (result.VarX == nil || result.Within == nil || result.VarItemMeans == nil) {
		result.Reason = ReasonOutOfRange // squares that no float64 holds
	}
	return result
}

// PairedFixedItems estimates the mean difference over the same items, each with
// repeats on both sides, for a re-run on these items:
// SE = sqrt(Σ_i(σ̂²_Ai/K_A + σ̂²_Bi/K_B))/n with unbiased σ̂² and the normal
// distribution. base[i] and cand[i] are the repeats of item i; every item needs 2
// on each side, else only Value is defined. For other items of the same kind, take
// [PairedT] of the differences of item means.
func PairedFixedItems(base, cand [][]decimal.Decimal, confidence float64) Estimate {
	if len(base) != len(cand) || len(base) == 0 {
		return undefined(nil, ReasonTooFew)
	}
	var differences Moments
	variance, enough := new(big.Rat), true
	for i := range base {
		b, c := MomentsOf(base[i]), MomentsOf(cand[i])
		x, okX := b.Mean()
		y, okY := c.Mean()
		if !okX || !okY {
			return undefined(nil, ReasonMissing)
		}
		differences.Add(y.Sub(x), 1)
		if b.n < 2 || c.n < 2 {
			enough = false
			continue
		}
		variance.Add(variance, b.meanVariance()).Add(variance, c.meanVariance())
	}
	mean, _ := differences.Mean()
	if !enough {
		return undefined(&mean, ReasonTooFew)
	}
	n := ratio(len(base), 1)
	return located(mean, variance.Quo(variance, n.Mul(n, n)), nil, confidence)
}
