package infer

import "math"

// NewcombeIndependent is the square-and-add interval of a difference of two
// independent proportions (Newcombe 1998a, method 10), a cross-check of
// [MiettinenNurminen]: d − sqrt((p̂₁−l₁)² + (u₂−p̂₂)²), d + sqrt((u₁−p̂₁)² + (p̂₂−l₂)²)
// with Wilson limits l, u. It is nil unless the counts are proportions.
func NewcombeIndependent(counts TwoProportions, confidence float64) *Interval {
	z := critical(confidence, nil)
	if z == nil || !counts.valid() {
		return nil
	}
	below := func(t TwoProportions) float64 {
		x1, n1, x2, n2 := float64(t.X1), float64(t.N1), float64(t.X2), float64(t.N2)
		l1, _ := wilsonLimits(x1, n1, *z)
		_, u2 := wilsonLimits(x2, n2, *z)
		return x1/n1 - x2/n2 - math.Sqrt(square(x1/n1-l1)+square(u2-x2/n2))
	}
	return interval(confidence, below(counts), -below(counts.swap()))
}

// PairedTable counts pairs of 0/1 outcomes on the same items.
type PairedTable struct {
	Both     int // both sides right
	BaseOnly int // b: baseline right, candidate wrong
	CandOnly int // c: candidate right, baseline wrong
	Neither  int
}

func (t PairedTable) valid() bool {
	return t.Both >= 0 && t.BaseOnly >= 0 && t.CandOnly >= 0 && t.Neither >= 0 && t.N() > 0
}

// N returns the number of pairs.
func (t PairedTable) N() int { return t.Both + t.BaseOnly + t.CandOnly + t.Neither }

// margins returns right and wrong counts of the candidate and of the baseline.
func (t PairedTable) margins() (candRight, candWrong, baseRight, baseWrong float64) {
	return float64(t.Both + t.CandOnly), float64(t.BaseOnly + t.Neither),
		float64(t.Both + t.BaseOnly), float64(t.CandOnly + t.Neither)
}

// Correlation returns the correlation of the two sides' outcomes over items (φ),
// (ae − bc)/sqrt of the product of the margins; nil where a side is constant.
func (t PairedTable) Correlation() *float64 {
	if !t.valid() {
		return nil
	}
	candRight, candWrong, baseRight, baseWrong := t.margins()
	spread := float64(math.Sqrt(candRight*candWrong) * math.Sqrt(baseRight*baseWrong))
	if spread == 0 {
		return nil
	}
	return finite(t.cross() / spread)
}

// cross returns ae − bc.
func (t PairedTable) cross() float64 {
	return float64(float64(t.Both)*float64(t.Neither)) - float64(float64(t.BaseOnly)*float64(t.CandOnly))
}

// NewcombePaired is the square-and-add interval of Δ = (c − b)/n (Newcombe 1998b,
// method 10), a cross-check of [Tango]. It is nil unless the table holds a pair.
func NewcombePaired(table PairedTable, confidence float64) *Interval {
	z := critical(confidence, nil)
	if z == nil || !table.valid() {
		return nil
	}
	n := float64(table.N())
	candRight, candWrong, baseRight, baseWrong := table.margins()
	phi := 0.0
	if spread := float64(math.Sqrt(candRight*candWrong) * math.Sqrt(baseRight*baseWrong)); spread > 0 {
		w := table.cross()
		if w > 0 {
			w = max(w-n/2, 0)
		}
		phi = w / spread
	}
	// below is how far the lower limit lies under (x − y)/n.
	below := func(x, y float64) float64 {
		lx, _ := wilsonLimits(x, n, *z)
		_, uy := wilsonLimits(y, n, *z)
		low, high := x/n-lx, uy-y/n
		return math.Sqrt(max(0, square(low)-float64(2*phi*float64(low*high))+square(high)))
	}
	delta := float64(table.CandOnly-table.BaseOnly) / n
	return interval(confidence, delta-below(candRight, baseRight), delta+below(baseRight, candRight))
}
