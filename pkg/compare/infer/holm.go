package infer

import (
	"cmp"
	"slices"
)

// Adjustment is a correction of p-values for the size of their family.
type Adjustment string

// The adjustments. Holm needs no assumption on dependence; Benjamini–Hochberg
// controls the false discovery rate under independence or positive dependence,
// Benjamini–Yekutieli under any.
const (
	AdjustHolm Adjustment = "holm"
	AdjustBH   Adjustment = "bh"
	AdjustBY   Adjustment = "by"
	AdjustNone Adjustment = "none"
)

// Adjust returns the adjusted p-values in input order and the size of the family:
// the values in [0, 1]. Others, and nil, stay nil and count for nothing. An unknown
// adjustment gives nil throughout.
//
// With p sorted ascending and m of them: Holm (1979) is max_{j<=i} min(1, (m−j+1)·p_(j)),
// Benjamini & Hochberg (1995) min_{j>=i} min(1, m·p_(j)/j), Benjamini & Yekutieli
// (2001) the same with m·Σ1/i in place of m.
func Adjust(method Adjustment, p []*float64) (adjusted []*float64, family int) {
	adjusted = make([]*float64, len(p))
	var order []int
	for i, value := range p {
		if value != nil && *value >= 0 && *value <= 1 {
			order = append(order, i)
		}
	}
	family = len(order)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(*p[a], *p[b]) })
	m := float64(family)
	switch method {
	case AdjustNone:
		for _, i := range order {
			adjusted[i] = finite(*p[i])
		}
	case AdjustHolm:
		running := 0.0
		for j, i := range order {
			running = max(running, min(1, float64(m-float64(j))**p[i]))
			adjusted[i] = finite(running)
		}
	case AdjustBH, AdjustBY:
		if method == AdjustBY {
			harmonic := make([]float64, family)
			for j := range harmonic {
				harmonic[j] = 1 / float64(j+1)
			}
			m = float64(m * sum(harmonic...))
		}
		running := 1.0
		for j, i := range slices.Backward(order) {
			// Dividing m·p by m once more must not end below p.
			running = min(running, max(*p[i], float64(m**p[i])/float64(j+1)))
			adjusted[i] = finite(running)
		}
	}
	return adjusted, family
}
