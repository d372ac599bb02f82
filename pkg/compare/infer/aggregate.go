package infer

import (
	"math/big"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// MacroFixed is the macro mean of task deltas with the tasks as given: ΣΔ_t/m,
// exact, with SE = sqrt(Σse_t²)/m and the normal distribution. stderrs holds one
// for each delta, nil where a task has none; then only Value is defined.
func MacroFixed(deltas []decimal.Decimal, stderrs []*decimal.Decimal, confidence float64) Estimate {
	mean, ok := decimal.Mean(deltas)
	if !ok {
		return undefined(nil, ReasonTooFew)
	}
	if len(stderrs) != len(deltas) {
		return undefined(&mean, ReasonMissing)
	}
	variance := new(big.Rat)
	for _, se := range stderrs {
		switch {
		case se == nil:
			return undefined(&mean, ReasonMissing)
		case se.Sign() < 0:
			return undefined(&mean, ReasonStderrInvalid)
		}
		variance.Add(variance, squareOf(*se))
	}
	m := ratio(len(deltas), 1)
	return located(mean, variance.Quo(variance, m.Mul(m, m)), nil, confidence)
}

// MacroFixedT is [MacroFixed] where the standard errors of some tasks rest on few
// degrees of freedom: Student's t with ν = (Σse²)²/Σ(se⁴/ν_t) (Satterthwaite 1946), to
// which a task with df nil adds nothing. Without any df it is MacroFixed.
func MacroFixedT(deltas []decimal.Decimal, stderrs []*decimal.Decimal, df []*float64, confidence float64) Estimate {
	e := MacroFixed(deltas, stderrs, confidence)
	if e.Stat == nil || len(df) != len(deltas) {
		return e
	}
	var total, parts float64
	for i, se := range stderrs {
		square := squareFloat(se)
		total += square
		if df[i] != nil && *df[i] > 0 {
			parts += float64(square*square) / *df[i]
		}
	}
	if parts == 0 {
		return e
	}
	variance := new(big.Rat)
	for _, se := range stderrs {
		variance.Add(variance, squareOf(*se))
	}
	m := ratio(len(deltas), 1)
	return located(*e.Value, variance.Quo(variance, m.Mul(m, m)), finite(float64(total*total)/parts), confidence)
}

func squareFloat(d *decimal.Decimal) float64 {
	x := d.Float64()
	return float64(x * x)
}

// leastTasks is the least number of tasks that say something about other tasks.
const leastTasks = 3

// MacroRandom is the macro mean of task deltas with the tasks as a sample of all
// tasks that one might have used: SE = sd(Δ_t)/√m, t_{m−1}. Below 3 tasks only
// Value is defined.
func MacroRandom(deltas []decimal.Decimal, confidence float64) Estimate {
	m := MomentsOf(deltas)
	if m.n < leastTasks {
		e := undefined(nil, ReasonTooFew)
		if mean, ok := m.Mean(); ok {
			e.Value = &mean
		}
		return e
	}
	return PairedT(m, confidence)
}

// MicroMean returns Σn_t·v_t/N, exactly; ok is false unless every size is known
// (>= 0) and one is positive.
func MicroMean(values []decimal.Decimal, sizes []int) (mean decimal.Decimal, ok bool) {
	if len(values) != len(sizes) {
		return decimal.Decimal{}, false
	}
	var weighted, all decimal.Decimal
	for i, value := range values {
		if sizes[i] < 0 {
			return decimal.Decimal{}, false
		}
		size := decimal.FromInt(int64(sizes[i]))
		weighted = weighted.Add(value.Mul(size))
		all = all.Add(size)
	}
	return weighted.Quo(all)
}

// StratifiedStderr returns the standard error of a micro mean, sqrt(Σ(n_t·se_t)²)/N;
// nil unless every standard error is known and every size is positive.
func StratifiedStderr(stderrs []*decimal.Decimal, sizes []int) *float64 {
	if len(stderrs) != len(sizes) || len(sizes) == 0 {
		return nil
	}
	variance, all := new(big.Rat), new(big.Rat)
	for i, se := range stderrs {
		if se == nil || se.Sign() < 0 || sizes[i] < 1 {
			return nil
		}
		n := ratio(sizes[i], 1)
		all.Add(all, n)
		variance.Add(variance, n.Mul(n, n).Mul(n, squareOf(*se)))
	}
	return root(variance.Quo(variance, all.Mul(all, all)))
}

// Proportion is K of N.
type Proportion struct{ K, N int }

// GroupStderrs are standard errors of a group of 0/1 tasks. Stratified belongs to
// the micro mean and Macro to the macro mean; the other two are what tools print.
type GroupStderrs struct {
	Stratified   *float64 // sqrt(Σ(n_t·se_t)²)/N
	Macro        *float64 // sqrt(Σse_t²)/m
	Pooled       *float64 // sqrt(Σ(n_t−1)s_t²/(N−m)/N): of the micro mean only if subtask variances agree
	Concatenated *float64 // of all items as one sample
}

// StderrsOfGroup returns the standard errors of a group, nil where a task has fewer
// than 2 items or counts that do not fit.
func StderrsOfGroup(tasks []Proportion) GroupStderrs {
	var result GroupStderrs
	stratified, macro, pooled := new(big.Rat), new(big.Rat), new(big.Rat)
	items, right, small := 0, 0, len(tasks) == 0
	for _, task := range tasks {
		if !isCount(task.K, task.N) {
			return result
		}
		items += task.N
		right += task.K
		if task.N < 2 {
			small = true
			continue
		}
		n := ratio(task.N, 1)
		variance := binaryVariance(task.K, task.N, task.N-1)
		macro.Add(macro, variance)
		// (n−1)s² = n(n−1)·se²
		spread := new(big.Rat).Mul(variance, ratio(task.N-1, 1))
		pooled.Add(pooled, spread.Mul(spread, n))
		stratified.Add(stratified, variance.Mul(variance, n).Mul(variance, n))
	}
	if items >= 2 {
		result.Concatenated = root(binaryVariance(right, items, items-1))
	}
	if small {
		return result
	}
	all, m := ratio(items, 1), ratio(len(tasks), 1)
	result.Stratified = root(stratified.Quo(stratified, new(big.Rat).Mul(all, all)))
	result.Macro = root(macro.Quo(macro, m.Mul(m, m)))
	pooled.Quo(pooled, ratio(items-len(tasks), 1))
	result.Pooled = root(pooled.Quo(pooled, all))
	return result
}

// Normalize returns 100(v − lb)/(1 − lb), the score on a scale where guessing is 0
// and perfect is 100, and 0 with clamped = true below guessing. lowerBound is
// 1/choices, exactly; ok is false unless it is below 1.
func Normalize(value, lowerBound decimal.Decimal) (normalized decimal.Decimal, clamped, ok bool) {
	one := decimal.FromInt(1)
	if lowerBound.Cmp(one) >= 0 {
		return decimal.Decimal{}, false, false
	}
	if value.Cmp(lowerBound) < 0 {
		return decimal.Decimal{}, true, true
	}
	normalized, ok = value.Sub(lowerBound).Mul(decimal.FromInt(100)).Quo(one.Sub(lowerBound))
	return normalized, false, ok
}

// NormalizedStderr returns se·100/(1 − lb), the standard error of a score that
// [Normalize] did not clamp; nil for a negative one or lb >= 1.
func NormalizedStderr(se, lowerBound decimal.Decimal) *float64 {
	rest := decimal.FromInt(1).Sub(lowerBound)
	if se.Sign() < 0 || rest.Sign() <= 0 {
		return nil
	}
	scaled, _ := se.Mul(decimal.FromInt(100)).Quo(rest)
	return finite(scaled.Float64())
}

// Record counts in how many tasks the candidate is better, worse, or equal.
type Record struct {
	Wins, Losses, Ties int
}

// RecordOf counts the signs of deltas in the good direction.
func RecordOf(deltas []decimal.Decimal, direction Direction) Record {
	var r Record
	for _, delta := range deltas {
		sign := delta.Sign()
		if direction == LowerIsBetter {
			sign = -sign
		}
		switch {
		case sign > 0:
			r.Wins++
		case sign < 0:
			r.Losses++
		default:
			r.Ties++
		}
	}
	return r
}

// leastModels is the least number of models among which a win rate says more than
// a difference does.
const leastModels = 3

// MeanWinRates returns for each model the mean over columns of
// (#strictly worse + (ties−1)/2)/(models−1), ties including itself (Liang et al.
// 2022). scores[model][column] has directions[column]. ok is false for fewer than
// 3 models, no column or a ragged table. The rate depends on which models are
// present and ignores by how much one wins.
func MeanWinRates(scores [][]decimal.Decimal, directions []Direction) (rates []decimal.Decimal, ok bool) {
	if len(scores) < leastModels || len(directions) == 0 {
		return nil, false
	}
	for _, row := range scores {
		if len(row) != len(directions) {
			return nil, false
		}
	}
	for _, row := range scores {
		doubled := int64(0)
		for column, direction := range directions {
			for _, other := range scores {
				sign := row[column].Cmp(other[column])
				if direction == LowerIsBetter {
					sign = -sign
				}
				doubled += int64(1 + sign) // 2 for each worse model, 1 for a tie
			}
			doubled-- // the tie with itself
		}
		rate, _ := decimal.FromInt(doubled).Quo(decimal.FromInt(int64(2 * (len(scores) - 1) * len(directions))))
		rates = append(rates, rate)
	}
	return rates, true
}
