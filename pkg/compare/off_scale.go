package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// codeScaleMismatch is the warning of statistics §4, rules 1 and 2.
const codeScaleMismatch = "SCALE_MISMATCH"

// reasonScaleMismatch keeps a value that is not on its scale out of averages.
const reasonScaleMismatch = "scale_mismatch"

// offScale reports whether a value of one of the runs cannot be a fraction, or is a
// hundred times, or a hundredth of, the mean that its own statistics have.
func offScale(scale catalog.Scale, repeats []measured) bool {
	one := decimal.FromInt(1)
	return scale == catalog.Fraction && slices.ContainsFunc(repeats, func(m measured) bool {
		value, mean := m.score.Value, m.score.Stats.Mean
		return value != nil && (value.Sign() < 0 || value.Cmp(one) > 0 || mean != nil && infer.MeanScaleMismatch(*value, *mean))
	})
}

// otherScales reports whether the sides' values of one score that should be a
// fraction cannot be on one scale: 71.2 beside 0.7.
func otherScales(base, cand *cell) bool {
	return base.scale == catalog.Fraction && cand.scale == catalog.Fraction &&
		base.value != nil && cand.value != nil && infer.ScaleMismatch(*base.value, *cand.value)
}

func scaleMismatch() nemo.Warning {
	return nemo.Warning{
		Code: codeScaleMismatch, Message: "a value is not from 0 to 1 as its scale says, so it is in no average",
		Keys: []string{keyScale}, // without it the code is about a standard error
	}
}
