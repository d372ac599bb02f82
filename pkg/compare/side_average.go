package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

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
	Standing
	Verdict   Verdict   `json:"verdict"`
	Reasons   []string  `json:"reasons"`
	Inference Inference `json:"inference"`
}

// Part is one task's contribution to an average.
type Part struct {
	Task    string           `json:"task"`
	Variant *string          `json:"variant"`
	Value   *decimal.Decimal `json:"value"`
	Exact   *bool            `json:"exact"` // false for a mean of repeats whose decimals do not end
	N       *decimal.Decimal `json:"n"`
	Repeats int              `json:"repeats"`
}

// Averages is the value of the kind "averages".
type Averages struct {
	Sides    []SideSummary `json:"sides"`
	Averages []SideAverage `json:"averages"`
	Missing  []Missing     `json:"missing"`
}

// AverageSides averages the primary scores of every side: for each scale and
// direction the macro averages of all sides, then the micro averages. Several
// sides are averaged over the tasks that all of them have and that are comparable
// with the first side's, so that the means answer the same question. The error is
// an [*OverlapError].
func AverageSides(sides []Side, options Options) (Averages, []nemo.Warning, error) {
	sides, tasks, err := prepare(sides, options)
	if err != nil {
		return Averages{}, nil, err
	}
	absent := missing(sides, tasks, options.Catalog, true)
	why := reasons(absent, options.Catalog)
	result := Averages{
		Sides: summaries(sides, tasks, absent, options.Catalog), Averages: []SideAverage{}, Missing: absent,
	}
	var rows []Row // of the warnings
	var lines []*line
	for _, l := range lineups(tasks, options.Catalog) {
		one := &line{values: make([]*Value, len(sides))}
		for i := range sides {
			// A lone side against itself gives its own tasks; each other against the
			// first side, what both have and whether it is comparable.
			if i == 0 && len(sides) > 1 {
				continue
			}
			row, ok := pair{base: l.tasks[0], cand: l.tasks[i], variant: l.variant}.headlines(sides[0].Label, sides[i].Label, options)
			if !ok {
				continue
			}
			if i > 0 {
				rows = append(rows, row)
			}
			one.add(i, row, why)
		}
		if one.row.Task != "" {
			lines = append(lines, one)
		}
	}
	var primary []Row
	for _, l := range lines {
		primary = append(primary, l.row)
	}
	keys, _ := byScale(primary)
	for _, key := range keys {
		used, dropped := common(key, lines)
		for _, kind := range []string{Macro, Micro} {
			first := len(result.Averages)
			for i, side := range sides {
				a := SideAverage{
					Kind: kind, Scale: key.scale, Direction: key.direction, Side: side.Label,
					Tasks: len(used), Of: len(used) + len(dropped), Dropped: slices.Clone(dropped),
					Parts: []Part{}, Verdict: NoInference, Reasons: []string{}, Inference: noInference(),
				}
				a.fill(used, i, options.OnMissing)
				result.Averages = append(result.Averages, a)
			}
			stand(result.Averages[first:], used)
		}
	}
	warnings := withKeys(envelope(sides, tasks, rows, options), rows)
	if len(sides) == 1 {
		warnings = append(warnings, taskProvenance(tasks[0], sides[0].Label)...)
	}
	return result, warnings, nil
}

// withKeys adds to the warnings that count rows the settings that these name:
// averages show no rows.
func withKeys(warnings []nemo.Warning, rows []Row) []nemo.Warning {
	for i := range warnings {
		w := &warnings[i]
		if w.Count == 0 {
			continue
		}
		for _, row := range rows {
			for _, of := range row.Warnings {
				if of.Code == w.Code {
					w.Keys = append(w.Keys, of.Keys...)
				}
			}
		}
		slices.Sort(w.Keys)
		w.Keys = slices.Compact(w.Keys)
	}
	return warnings
}

// headlines is the row of a pair's primary scores; false if it has none.
func (p pair) headlines(baseLabel, candLabel string, options Options) (Row, bool) {
	p = p.throughKeys()
	base, cand := p.base.headline(), p.cand.headline()
	if base == nil && cand == nil {
		return Row{}, false
	}
	row := p.row(base, cand, true, baseLabel, candLabel, options).Row
	if n, named, ok := options.questions(options.Catalog.Canonical(row.Task)); ok {
		for _, v := range []*Value{&row.Base, &row.Cand} {
			if v.Repeats > 0 && (named || v.N == nil) {
				v.N, v.NSource = ptr(decimal.FromInt(int64(n))), ptr(nSourceFlag)
			}
		}
	}
	return row, true
}

// line is one task over all sides.
type line struct {
	row     Row      // for its name, scale and direction
	values  []*Value // one a side; nil where a side has none
	dropped string   // why it is in no average; "" if it is
}

func (l *line) add(side int, row Row, why reasonFor) {
	if l.row.Task == "" {
		l.row = row
	}
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

// common sorts the tasks of one scale into those that count for every side, and
// the others with the reason.
func common(key scaleKey, lines []*line) (used []*line, dropped []Dropped) {
	dropped = []Dropped{}
	for _, l := range lines {
		if l.row.Scale != key.scale || l.row.Direction != key.direction {
			continue
		}
		reason := l.dropped
		if reason == "" && slices.ContainsFunc(l.values, func(v *Value) bool { return v == nil || v.Value == nil }) {
			reason = nemo.ReasonAbsentOnSide
		}
		if reason != "" {
			dropped = append(dropped, Dropped{Task: l.row.Task, Variant: l.row.Variant, Reason: reason})
			continue
		}
		used = append(used, l)
	}
	sortDropped(dropped)
	return used, dropped
}

// fill takes the mean of one side's values of the tasks that count.
func (a *SideAverage) fill(used []*line, side int, onMissing string) {
	var values, ns []decimal.Decimal
	for _, l := range used {
		v := l.values[side]
		values = append(values, *v.Value)
		a.Parts = append(a.Parts, Part{
			Task: l.row.Task, Variant: l.row.Variant, Value: v.Value, Exact: v.Exact, N: v.N, Repeats: v.Repeats,
		})
		if a.Kind == Micro {
			n, reason := weights(l.values...)
			if reason != "" && !slices.Contains(a.Reasons, reason) {
				a.Reasons = append(a.Reasons, reason)
			}
			ns = append(ns, n)
		}
	}
	if onMissing == Refuse && len(a.Dropped) > 0 {
		a.Reasons = []string{reasonRefused}
	}
	var mean decimal.Decimal
	ok := false
	switch {
	case len(a.Reasons) > 0:
	case a.Kind == Micro:
		mean, ok = weighted(values, ns)
	default:
		mean, ok = decimal.Mean(values)
	}
	if !ok {
		a.Verdict = NotComparable
		return
	}
	a.Value, a.Exact = &mean, terminates(mean)
}
