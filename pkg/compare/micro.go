package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Micro is the kind of average that weighs every question the same: Σ n·v / Σ n
// over tasks (statistics §8). It is exact, and there only where every task's n is
// known and the same on all sides.
const Micro = "micro"

// Reasons of a micro average without a value.
const (
	reasonNUnknown = "n_unknown"
	reasonNDiffers = "n_differs"
)

// weights are the numbers of questions of one task on each side, reported or given
// by the user, as one number; the reason if there is none. One that a method
// derived does not count, so that every answer has the same micro averages.
func weights(values ...*Value) (n decimal.Decimal, reason string) {
	for i, v := range values {
		switch {
		case v.N == nil || v.N.Sign() <= 0 || !v.N.IsInt() || nemo.Text(v.NSource) == nSourceDerived:
			return decimal.Decimal{}, reasonNUnknown
		case i > 0 && !v.N.Equal(n):
			return decimal.Decimal{}, reasonNDiffers
		}
		n = *v.N
	}
	return n, ""
}

// weighted is Σ n·v / Σ n.
func weighted(values, ns []decimal.Decimal) (mean decimal.Decimal, ok bool) {
	sizes := make([]int, len(ns))
	for i, n := range ns {
		size, whole := n.Int64()
		if !whole || int64(int(size)) != size {
			return decimal.Decimal{}, false
		}
		sizes[i] = int(size)
	}
	return infer.MicroMean(values, sizes)
}

// micro is the micro average beside a macro average over the same rows; false
// where it has none. Its standard error is the stratified one, sqrt(Σ(n·se)²)/Σn.
func micro(macro Average, rows []Assessed, options Options) (Average, bool) {
	if macro.Base.Value == nil {
		return Average{}, false
	}
	var base, cand, ns []decimal.Decimal
	var total decimal.Decimal
	for _, row := range rows {
		n, reason := weights(&row.Base, &row.Cand)
		if reason != "" {
			return Average{}, false
		}
		base, cand, ns = append(base, *row.Base.Value), append(cand, *row.Cand.Value), append(ns, n)
		total = total.Add(n)
	}
	x, okX := weighted(base, ns)
	y, okY := weighted(cand, ns)
	if !okX || !okY {
		return Average{}, false
	}
	a := macro
	a.Kind, a.Dropped = Micro, slices.Clone(macro.Dropped)
	a.setMeans(x, y)
	a.Verdict, a.Reasons, a.Inference = NoInference, []string{}, noInference()
	shares := make([]decimal.Decimal, len(ns))
	for i, n := range ns {
		shares[i], _ = n.Mul(decimal.FromInt(int64(len(ns)))).Quo(total)
	}
	a.inferMean(rows, shares, MethodMicroZ, options)
	return a, true
}

// setMeans fills in the means of both sides and their difference.
func (a *Average) setMeans(base, cand decimal.Decimal) {
	delta := cand.Sub(base)
	a.Base.Value, a.Base.Exact = &base, terminates(base)
	a.Cand.Value, a.Cand.Exact = &cand, terminates(cand)
	a.Delta, a.Exact = &delta, terminates(delta)
}
