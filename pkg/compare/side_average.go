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
		Dropped: []Dropped{}, Parts: []Part{}, Verdict: NoInference, Reasons: []string{}, Inference: noInference(),
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
