package compare

import (
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Knobs are the settings of a comparison, as used.
type Knobs struct {
	Confidence        decimal.Decimal            `json:"confidence"` // of intervals, in (0, 1)
	Adjust            string                     `json:"adjust"`     // holm, bh or none
	Margin            *decimal.Decimal           `json:"margin"`     // of the scale fraction; a hundredth of it is a point
	OnMissing         string                     `json:"on_missing"` // "intersect" or "refuse"
	Allow             []string                   `json:"allow"`      // globs of comparability keys
	Seed              int64                      `json:"seed"`       // of randomization tests
	Margins           map[string]decimal.Decimal `json:"margins"`    // by scale, in its own unit
	Scope             *string                    `json:"scope"`      // nil is what the best evidence answers
	Method            *string                    `json:"method"`     // nil is the best that the evidence allows
	PairBy            string                     `json:"pair_by"`    // item, seed or none
	AssumeCorrelation *decimal.Decimal           `json:"assume_correlation"`
	Questions         map[string]int             `json:"n"` // by task, "" for every task
}

// Values of Knobs.PairBy: the same questions, runs with the same seed, or nothing.
const (
	PairByItem = "item"
	PairBySeed = "seed"
	PairByNone = "none"
)

// DefaultKnobs are the settings of a comparison that was not told otherwise.
func DefaultKnobs() Knobs {
	return Knobs{
		Confidence: decimal.MustParse("0.95"), Adjust: "holm", OnMissing: Intersect, Allow: []string{}, Seed: 1,
		Margins: map[string]decimal.Decimal{}, PairBy: PairByItem, Questions: map[string]int{},
	}
}

// questions is the number of questions that the user gives for a task. named tells
// one for this very task, which counts more than what a file says, from one for
// every task, which fills in where no file says anything.
func (k Knobs) questions(task string) (n int, named, ok bool) {
	if n, ok := k.Questions[task]; ok && task != "" {
		return n, true, true
	}
	n, ok = k.Questions[""]
	return n, false, ok
}

// MarginOn is the margin on a scale, in its unit; nil if there is none. A margin of
// 0.01 is one hundredth of the width of a bounded scale.
func (k Knobs) MarginOn(scale catalog.Scale) *decimal.Decimal {
	if own, ok := k.Margins[string(scale)]; ok {
		return &own
	}
	w, ok := ScaleWidth(scale)
	if k.Margin == nil || !ok {
		return nil
	}
	margin := k.Margin.Mul(w)
	return &margin
}

// ScaleWidth is the distance between the ends of a bounded scale; ok is false for
// one without ends, on which a margin needs a unit of its own.
func ScaleWidth(scale catalog.Scale) (width decimal.Decimal, ok bool) {
	switch scale {
	case catalog.Fraction:
		return decimal.FromInt(1), true
	case catalog.Percent:
		return decimal.FromInt(100), true
	case catalog.Rating10:
		return decimal.FromInt(9), true // 1 to 10
	case catalog.Signed100:
		return decimal.FromInt(200), true
	}
	return decimal.Decimal{}, false
}

// fill replaces lists that were not given by empty ones.
func (k *Knobs) fill() {
	if k.Allow == nil {
		k.Allow = []string{}
	}
	if k.Margins == nil {
		k.Margins = map[string]decimal.Decimal{}
	}
	if k.Questions == nil {
		k.Questions = map[string]int{}
	}
}

// wants reports whether the user asked for this method.
func (k Knobs) wants(method string) bool { return k.Method != nil && *k.Method == method }

// asks reports whether the user asked for this scope.
func (k Knobs) asks(scope string) bool { return k.Scope != nil && *k.Scope == scope }
