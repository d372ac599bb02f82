package infer

import (
	"math"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Pooled is an inverse-variance estimate over tasks. It is a diagnostic and no
// average of benchmarks: precise tasks dominate it.
type Pooled struct {
	Estimate *float64
	SE       *float64
	Reason   Reason
}

// Heterogeneity says how much task deltas differ beyond their standard errors.
type Heterogeneity struct {
	Q      *float64 // Σw_t(Δ_t − fixed effect)²
	I2     *float64 // max(0, (Q−(m−1))/Q), 0 if Q = 0 (Higgins & Thompson 2002); nil for m = 1
	Tau2   *float64 // DerSimonian & Laird (1986); nil for m = 1
	Reason Reason
}

// TaskDelta is the delta of one task with its standard error.
type TaskDelta struct {
	Delta  decimal.Decimal
	Stderr decimal.Decimal
}

// FixedEffect pools deltas with weights w_t = 1/se_t²: Σw·Δ/Σw with SE 1/√Σw. It
// is undefined without tasks or unless every standard error is positive.
func FixedEffect(tasks []TaskDelta) Pooled {
	weights, deltas, ok := precisions(tasks)
	if !ok {
		return Pooled{Reason: ReasonZeroVariance}
	}
	return pool(weights, deltas)
}

// RandomEffects pools deltas with weights 1/(se_t² + τ²), τ² by DerSimonian &
// Laird (1986). It is undefined below 2 tasks or unless every standard error is
// positive.
func RandomEffects(tasks []TaskDelta) Pooled {
	h := Heterogeneous(tasks)
	if h.Tau2 == nil {
		return Pooled{Reason: h.Reason}
	}
	weights, deltas, _ := precisions(tasks)
	for i, w := range weights {
		weights[i] = 1 / (1/w + *h.Tau2)
	}
	return pool(weights, deltas)
}

// Heterogeneous returns Q, I² and τ² of task deltas, undefined without tasks or
// unless every standard error is positive.
func Heterogeneous(tasks []TaskDelta) Heterogeneity {
	weights, deltas, ok := precisions(tasks)
	if !ok {
		return Heterogeneity{Reason: ReasonZeroVariance}
	}
	centre := pool(weights, deltas)
	if centre.Estimate == nil {
		return Heterogeneity{Reason: ReasonOutOfRange}
	}
	terms := make([]float64, len(weights))
	squares := make([]float64, len(weights))
	for i, w := range weights {
		terms[i] = float64(w * square(deltas[i]-*centre.Estimate))
		squares[i] = square(w)
	}
	q := checkedSum(terms)
	if q == nil {
		return Heterogeneity{Reason: ReasonOutOfRange}
	}
	h := Heterogeneity{Q: q}
	if len(tasks) < 2 {
		h.Reason = ReasonTooFew
		return h
	}
	excess := *q - float64(len(tasks)-1)
	h.I2 = finite(0)
	if *q > 0 {
		h.I2 = finite(max(0, excess / *q))
	}
	all, ofSquares := checkedSum(weights), checkedSum(squares)
	if all == nil || ofSquares == nil {
		h.Reason = ReasonOutOfRange
		return h
	}
	h.Tau2 = finite(max(0, excess/(*all - *ofSquares / *all)))
	return h
}

// precisions returns 1/se² and Δ as floats.
func precisions(tasks []TaskDelta) (weights, deltas []float64, ok bool) {
	for _, task := range tasks {
		if task.Stderr.Sign() <= 0 {
			return nil, nil, false
		}
		variance := squareOf(task.Stderr)
		weight, delta := float(variance.Inv(variance)), finite(task.Delta.Float64())
		if weight == nil || *weight == 0 || delta == nil {
			return nil, nil, false
		}
		weights = append(weights, *weight)
		deltas = append(deltas, *delta)
	}
	return weights, deltas, len(tasks) > 0
}

func pool(weights, deltas []float64) Pooled {
	products := make([]float64, len(weights))
	for i, w := range weights {
		products[i] = float64(w * deltas[i])
	}
	all, weighted := checkedSum(weights), checkedSum(products)
	if all == nil || weighted == nil || *all == 0 {
		return Pooled{Reason: ReasonOutOfRange}
	}
	return Pooled{Estimate: finite(*weighted / *all), SE: finite(1 / math.Sqrt(*all))}
}

// checkedSum is [sum], nil if a term or the sum is not finite.
func checkedSum(values []float64) *float64 {
	for _, value := range values {
		if finite(value) == nil {
			return nil
		}
	}
	return finite(sum(values...))
}

// ZOfTask returns z = Δ/se and its two-sided p-value, nil unless se > 0.
func ZOfTask(task TaskDelta) (z, p *float64) {
	if task.Stderr.Sign() <= 0 {
		return nil, nil
	}
	z = shifted(task.Delta, squareOf(task.Stderr))
	return z, twoSided(z, nil)
}
