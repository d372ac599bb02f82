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
}

// Dropped is a task that an average leaves out.
type Dropped struct {
	Task   string `json:"task"`
	Reason string `json:"reason"`
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

// byScale groups the primary rows that can be averaged. Scores of an unknown
// scale are shown and never averaged.
func byScale(rows []Row) ([]scaleKey, map[scaleKey][]Row) {
	groups := map[scaleKey][]Row{}
	for _, row := range rows {
		if row.Scale != catalog.UnknownScale {
			key := scaleKey{row.Scale, row.Direction}
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

// averages makes the macro averages over the primary rows of one candidate.
func averages(rows []Row, baseLabel, candLabel string, knobs Knobs, why reasonFor) []Average {
	keys, groups := byScale(rows)
	list := make([]Average, 0, len(keys))
	for _, key := range keys {
		a := Average{
			Kind: Macro, Scale: key.scale, Direction: key.direction, Of: len(groups[key]),
			Dropped: []Dropped{}, Base: Mean{Side: baseLabel}, Cand: Mean{Side: candLabel},
			Verdict: NoInference, Reasons: []string{},
		}
		var base, cand []decimal.Decimal
		for _, row := range groups[key] {
			if reason := notAveraged(row, why); reason != "" {
				a.Dropped = append(a.Dropped, Dropped{Task: row.Task, Reason: reason})
				continue
			}
			base = append(base, *row.Base.Value)
			cand = append(cand, *row.Cand.Value)
			a.tally(row)
		}
		a.Tasks = len(base)
		slices.SortStableFunc(a.Dropped, func(x, y Dropped) int { return cmp.Compare(x.Task, y.Task) })
		refused := knobs.OnMissing == Refuse && len(a.Dropped) > 0
		if a.Tasks == 0 || refused {
			a.Verdict = NotComparable
			if refused {
				a.Reasons = append(a.Reasons, reasonRefused)
			}
		} else {
			x, _ := decimal.Mean(base)
			y, _ := decimal.Mean(cand)
			delta := y.Sub(x)
			a.Base.Value, a.Base.Exact = &x, terminates(x)
			a.Cand.Value, a.Cand.Exact = &y, terminates(y)
			a.Delta, a.Exact = &delta, terminates(delta)
		}
		list = append(list, a)
	}
	return list
}

func terminates(d decimal.Decimal) *bool {
	ends := d.Terminates()
	return &ends
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
	if slices.ContainsFunc(row.Warnings, func(w nemo.Warning) bool { return slices.Contains(w.Keys, keyScale) }) {
		return keyScale
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

// SideAverage is the mean of one side over tasks of one scale and direction.
type SideAverage struct {
	Kind      string            `json:"kind"`
	Scale     catalog.Scale     `json:"scale"`
	Direction catalog.Direction `json:"direction"`
	Tasks     int               `json:"tasks"`
	Of        int               `json:"of"`
	Dropped   []Dropped         `json:"dropped"`
	Side      string            `json:"side"`
	Value     *decimal.Decimal  `json:"value"`
	Exact     *bool             `json:"exact"`
	Parts     []Part            `json:"parts"`
	Wins      *int              `json:"wins"` // nil: an average of one side alone
	Losses    *int              `json:"losses"`
	Ties      *int              `json:"ties"`
	Verdict   Verdict           `json:"verdict"`
	Reasons   []string          `json:"reasons"`
	Inference Inference         `json:"inference"`
}

// Part is one task's contribution to an average.
type Part struct {
	Task    string           `json:"task"`
	Value   *decimal.Decimal `json:"value"`
	N       *decimal.Decimal `json:"n"`
	Repeats int              `json:"repeats"`
}

// Averages is the value of the kind "averages".
type Averages struct {
	Sides    []SideSummary `json:"sides"`
	Averages []SideAverage `json:"averages"`
}

// AverageSides averages the primary scores of every side. Several sides are
// averaged over the tasks that all of them have and that are comparable with the
// first side's, so that the means answer the same question. The error is an
// [*OverlapError].
func AverageSides(sides []Side, options Options) (Averages, []nemo.Warning, error) {
	tasks := make([][]task, len(sides))
	for i, side := range sides {
		var err error
		if tasks[i], err = cells(side, options.Catalog); err != nil {
			return Averages{}, nil, err
		}
	}
	absent := missing(sides, tasks, options.Catalog)
	why := reasons(absent, options.Catalog)
	result := Averages{Sides: summaries(sides, tasks, absent, options.Catalog), Averages: []SideAverage{}}
	var rows []Row // of the warnings
	lines := map[string]*line{}
	var order []string
	for i := range sides {
		// A lone side against itself gives its own tasks; each other against the
		// first side, what both have and whether it is comparable.
		if i == 0 && len(sides) > 1 {
			continue
		}
		for _, p := range join(tasks[0], tasks[i], options.Catalog) {
			for _, row := range p.rows(sides[0].Label, sides[i].Label, options) {
				if !row.Primary {
					continue
				}
				if i > 0 {
					rows = append(rows, row)
				}
				id := options.Catalog.Canonical(row.Task) + "\x00" + nemo.Text(row.Variant)
				if lines[id] == nil {
					lines[id] = &line{row: row, values: make([]*Value, len(sides))}
					order = append(order, id)
				}
				lines[id].add(i, row, why)
			}
		}
	}
	slices.Sort(order)
	var primary []Row
	for _, id := range order {
		primary = append(primary, lines[id].row)
	}
	keys, _ := byScale(primary)
	for _, key := range keys {
		for i, side := range sides {
			result.Averages = append(result.Averages, sideAverage(key, side.Label, i, order, lines, options.Knobs))
		}
	}
	return result, envelope(sides, tasks, rows, options.Catalog), nil
}

// line is one task over all sides.
type line struct {
	row     Row // for its name, scale and direction
	values  []*Value
	dropped string // why it is in no average; "" if it is
}

func (l *line) add(side int, row Row, why reasonFor) {
	if row.Base.Repeats > 0 {
		l.values[0] = &row.Base
	}
	if row.Cand.Repeats > 0 {
		l.values[side] = &row.Cand
	}
	if l.dropped == "" {
		l.dropped = notAveraged(row, why)
	}
}

func sideAverage(key scaleKey, label string, side int, order []string, lines map[string]*line, knobs Knobs) SideAverage {
	a := SideAverage{
		Kind: Macro, Scale: key.scale, Direction: key.direction, Side: label,
		Dropped: []Dropped{}, Parts: []Part{}, Verdict: NoInference, Reasons: []string{},
	}
	var values []decimal.Decimal
	for _, id := range order {
		l := lines[id]
		if l.row.Scale != key.scale || l.row.Direction != key.direction {
			continue
		}
		a.Of++
		dropped := l.dropped
		for _, v := range l.values {
			if dropped == "" && (v == nil || v.Value == nil) {
				dropped = nemo.ReasonAbsentOnSide
			}
		}
		if dropped != "" {
			a.Dropped = append(a.Dropped, Dropped{Task: l.row.Task, Reason: dropped})
			continue
		}
		v := l.values[side]
		values = append(values, *v.Value)
		a.Parts = append(a.Parts, Part{Task: l.row.Task, Value: v.Value, N: v.N, Repeats: v.Repeats})
	}
	a.Tasks = len(values)
	if knobs.OnMissing == Refuse && len(a.Dropped) > 0 {
		a.Verdict, a.Reasons = NotComparable, append(a.Reasons, reasonRefused)
		return a
	}
	if mean, ok := decimal.Mean(values); ok {
		a.Value, a.Exact = &mean, terminates(mean)
	} else {
		a.Verdict = NotComparable
	}
	return a
}
