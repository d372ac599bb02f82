// Package compare joins sides of evaluations into rows: exact differences,
// averages with their denominators, what is missing, and whether two numbers may
// be compared at all. It is pure: no files, no clock, no output. It is the third
// stage of the flow query → artifacts → compare → render.
//
// A comparison is made in four steps, each with a result that can be printed:
// jobs become cells (one a task, variant and score), cells of two sides become
// pairs, pairs become rows, rows become averages.
package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Verdict is what a comparison says of a row, an average or the whole.
type Verdict string

// Verdicts, as the contract names them.
const (
	Improved         Verdict = "improved"
	Regressed        Verdict = "regressed"
	Increased        Verdict = "increased" // direction unknown
	Decreased        Verdict = "decreased"
	Equivalent       Verdict = "equivalent"
	Inconclusive     Verdict = "inconclusive"
	InsufficientData Verdict = "insufficient_data"
	NoInference      Verdict = "no_inference"
	NotComparable    Verdict = "not_comparable"
)

// Comparison is the value of the kind "comparison".
type Comparison struct {
	Verdict  Verdict         `json:"verdict"`
	Settings Knobs           `json:"settings"`
	Sides    []SideSummary   `json:"sides"`
	Rows     []Row           `json:"rows"`
	Averages []Average       `json:"averages"`
	Missing  []Missing       `json:"missing"`
	Runtime  []RuntimeChange `json:"runtime"`
	Counts   Counts          `json:"counts"`
}

// Values of Knobs.OnMissing: average over what all sides have, or not at all.
const (
	Intersect = "intersect"
	Refuse    = "refuse"
)

// Options steer a comparison.
type Options struct {
	Knobs
	Catalog *catalog.Catalog
	Overlap string // what several sources of one side are; see [OverlapRepeat]
	Strict  bool   // soft differences count as hard
	Scores  Scores // which rows are wanted; averages are over primary rows always

	Warnings []nemo.Warning // about the whole, which the answer is to repeat
}

// Compare compares the first side with each other one. At least two sides are
// needed. The error is an [*OverlapError].
func Compare(sides []Side, options Options) (Comparison, []nemo.Warning, error) {
	c, _, warnings, err := Assess(sides, options)
	return c, warnings, err
}

// Assess is [Compare] that also returns every row with the unrounded evidence behind
// it, in the order of the candidates: what a gate decides on. Evidence is weighed
// for headlines and for the scores that Options.Scores wants.
func Assess(sides []Side, options Options) (Comparison, []Assessed, []nemo.Warning, error) {
	sides, tasks, err := prepare(sides, options)
	if err != nil {
		return Comparison{}, nil, nil, err
	}
	c := Comparison{
		Settings: options.Knobs,
		Rows:     []Row{}, Averages: []Average{}, Missing: []Missing{}, Runtime: []RuntimeChange{},
	}
	c.Settings.fill()
	c.Missing = missing(sides, tasks, options.Catalog, false)
	c.Sides = summaries(sides, tasks, c.Missing, options.Catalog)
	why := reasons(c.Missing, options.Catalog)
	var primary []Row
	var every []Assessed
	for i := 1; i < len(sides); i++ {
		pairs := join(tasks[0], tasks[i], options.Catalog)
		var all []Assessed
		for _, p := range pairs {
			all = append(all, p.assess(sides[0].Label, sides[i].Label, options)...)
		}
		judgeRows(all, options)
		every = append(every, all...)
		var heads []Assessed
		for _, row := range all {
			if row.Primary {
				heads = append(heads, row)
				primary = append(primary, row.Row)
			}
			if options.Scores.Want(row.Row) {
				c.Rows = append(c.Rows, row.Row)
			}
		}
		c.Averages = append(c.Averages, averages(heads, sides[0].Label, sides[i].Label, options, why)...)
		c.Runtime = append(c.Runtime, runtimeChanges(pairs, sides[0].Label, sides[i].Label)...)
	}
	sortRows(c.Rows, c.Sides)
	c.Verdict = overall(primary)
	c.Counts = count(tasks, c.Missing, primary, options.Catalog)
	warnings := envelope(sides, tasks, c.Rows, options)
	warnings = append(warnings, unused(tasks, every, options)...)
	if options.Scores.pattern != nil && len(c.Rows) == 0 {
		warnings = append(warnings, nemo.Warning{Code: "NO_SCORE_MATCHES", Message: "no score matches the pattern of --scores"})
	}
	return c, every, warnings, nil
}

// overall is the first verdict that a primary row has, worst first.
func overall(primary []Row) Verdict {
	for _, verdict := range []Verdict{
		Regressed, NotComparable, Inconclusive, Decreased, Increased, InsufficientData, NoInference, Equivalent, Improved,
	} {
		if slices.ContainsFunc(primary, func(row Row) bool { return row.Verdict == verdict }) {
			return verdict
		}
	}
	return NotComparable
}
