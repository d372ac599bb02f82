package compare

import (
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Macro is the kind of average that weighs every task the same.
const Macro = "macro"

// Average is a mean over tasks of one scale and direction, of the baseline and
// one candidate over the same tasks. It always states its denominator: Tasks that
// counted, Of all (task, variant) pairs where any side has such a score, and
// Dropped, the difference.
type Average struct {
	Kind      string            `json:"kind"`
	Scale     catalog.Scale     `json:"scale"`
	Direction catalog.Direction `json:"direction"`
	Tasks     int               `json:"tasks"`
	Of        int               `json:"of"`
	Dropped   []Dropped         `json:"dropped"`
	Base      Mean              `json:"base"`
	Cand      Mean              `json:"cand"`
	Delta     *decimal.Decimal  `json:"delta"` // of the exact means
	Exact     *bool             `json:"exact"` // whether Delta ends
	Wins      int               `json:"wins"`  // signs of the delta in the good direction, without a test
	Losses    int               `json:"losses"`
	Ties      int               `json:"ties"`
	Verdict   Verdict           `json:"verdict"`
	Reasons   []string          `json:"reasons"`
	Inference Inference         `json:"inference"`
	PSign     *decimal.Decimal  `json:"p_sign"` // two-sided sign test of wins against losses
	Q         *decimal.Decimal  `json:"q"`      // heterogeneity of the deltas, from 3 tasks on
	I2        *decimal.Decimal  `json:"i2"`
}

// Dropped is a task that an average leaves out.
type Dropped struct {
	Task    string  `json:"task"`
	Variant *string `json:"variant"`
	Reason  string  `json:"reason"`
}

// Mean is one side's mean; Exact is false where its decimals do not end and
// Value carries 34 digits.
type Mean struct {
	Side  string           `json:"side"`
	Value *decimal.Decimal `json:"value"`
	Exact *bool            `json:"exact"`
}

// reasonRefused is the reason of an average that --on-missing=refuse withholds.
const reasonRefused = "missing_tasks"

type scaleKey struct {
	scale     catalog.Scale
	direction catalog.Direction
}

func (row Row) onScale() scaleKey { return scaleKey{row.Scale, row.Direction} }

// byScale groups the primary rows that can be averaged. Scores of an unknown
// scale are shown and never averaged.
func byScale[R interface{ onScale() scaleKey }](rows []R) ([]scaleKey, map[scaleKey][]R) {
	groups := map[scaleKey][]R{}
	for _, row := range rows {
		if key := row.onScale(); key.scale != catalog.UnknownScale {
			groups[key] = append(groups[key], row)
		}
	}
	keys := make([]scaleKey, 0, len(groups))
	for key := range groups {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b scaleKey) int {
		return cmp.Or(cmp.Compare(a.scale, b.scale), cmp.Compare(a.direction, b.direction))
	})
	return keys, groups
}

// averages makes the averages over the primary rows of one candidate: for each
// scale and direction the macro average, then, where there is one, the micro average.
func averages(rows []Assessed, baseLabel, candLabel string, options Options, why reasonFor) []Average {
	keys, groups := byScale(rows)
	list := make([]Average, 0, len(keys))
	for _, key := range keys {
		a := Average{
			Kind: Macro, Scale: key.scale, Direction: key.direction, Of: len(groups[key]),
			Dropped: []Dropped{}, Base: Mean{Side: baseLabel}, Cand: Mean{Side: candLabel},
			Verdict: NoInference, Reasons: []string{}, Inference: noInference(),
		}
		var base, cand []decimal.Decimal
		var counted []Assessed
		for _, row := range groups[key] {
			if reason := notAveraged(row.Row, why); reason != "" {
				a.Dropped = append(a.Dropped, Dropped{Task: row.Task, Variant: row.Variant, Reason: reason})
				continue
			}
			base = append(base, *row.Base.Value)
			cand = append(cand, *row.Cand.Value)
			counted = append(counted, row)
			a.tally(row.Row)
		}
		a.Tasks = len(base)
		sortDropped(a.Dropped)
		refused := options.OnMissing == Refuse && len(a.Dropped) > 0
		if a.Tasks == 0 || refused {
			a.Verdict = NotComparable
			if refused {
				a.Reasons = append(a.Reasons, reasonRefused)
			}
		} else {
			x, _ := decimal.Mean(base)
			y, _ := decimal.Mean(cand)
			a.setMeans(x, y)
			a.inferMacro(counted, options)
		}
		list = append(list, a)
		if m, ok := micro(a, counted, options); ok {
			list = append(list, m)
		}
	}
	return list
}

func sortDropped(dropped []Dropped) {
	slices.SortStableFunc(dropped, func(x, y Dropped) int {
		return cmp.Or(cmp.Compare(x.Task, y.Task), cmp.Compare(nemo.Text(x.Variant), nemo.Text(y.Variant)))
	})
}

func terminates(d decimal.Decimal) *bool {
	ends := d.Terminates()
	return &ends
}

// exactness is [terminates] of a value that may be nil.
func exactness(d *decimal.Decimal) *bool {
	if d == nil {
		return nil
	}
	return terminates(*d)
}

// tally counts a row as won, lost or tied; without a direction it counts as
// neither.
func (a *Average) tally(row Row) {
	sign := row.Delta.Sign()
	if row.Direction == catalog.Lower {
		sign = -sign
	}
	switch {
	case sign == 0:
		a.Ties++
	case row.Direction == catalog.UnknownDirection:
	case sign > 0:
		a.Wins++
	default:
		a.Losses++
	}
}

// reasonFor tells why a side has no results of a task; "" if it has.
type reasonFor func(side, task string) string

// notAveraged says why a row is in no average; "" if it is in one. A scale that
// differs keeps it out even where --allow lets the two numbers be compared.
func notAveraged(row Row, why reasonFor) string {
	if row.Verdict == NotComparable {
		return droppedReason(row, why)
	}
	for _, w := range row.Warnings {
		switch {
		case !slices.Contains(w.Keys, keyScale):
		case w.Code == codeScaleMismatch:
			return reasonScaleMismatch
		default:
			return keyScale
		}
	}
	return ""
}

// droppedReason is the row's first reason, or, for a one-sided row, why the other
// side has nothing.
func droppedReason(row Row, why reasonFor) string {
	for _, side := range []Value{row.Base, row.Cand} {
		if side.Repeats == 0 {
			if reason := why(side.Side, row.Task); reason != "" {
				return reason
			}
		}
	}
	if len(row.Reasons) == 0 {
		return string(NotComparable)
	}
	return row.Reasons[0]
}
