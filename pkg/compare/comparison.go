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
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
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

// Knobs are the settings of a comparison, as used.
type Knobs struct {
	Confidence decimal.Decimal  `json:"confidence"`
	Adjust     string           `json:"adjust"`
	Margin     *decimal.Decimal `json:"margin"`
	OnMissing  string           `json:"on_missing"` // "intersect" or "refuse"
	Allow      []string         `json:"allow"`      // globs of comparability keys
	Seed       int64            `json:"seed"`
}

// DefaultKnobs are the settings of a comparison that was not told otherwise.
func DefaultKnobs() Knobs {
	return Knobs{Confidence: decimal.MustParse("0.95"), Adjust: "holm", OnMissing: Intersect, Allow: []string{}, Seed: 1}
}

// Values of Knobs.OnMissing: average over what all sides have, or not at all.
const (
	Intersect = "intersect"
	Refuse    = "refuse"
)

// Side is one column of a comparison.
type Side struct {
	Label     string
	Selectors []string // as typed
	nemo.Evaluation
}

// Roles of a side.
const (
	Baseline  = "baseline"
	Candidate = "candidate"
)

// SideSummary is what the answer says of a side.
type SideSummary struct {
	Label       string   `json:"label"`
	Role        string   `json:"role"`
	Selectors   []string `json:"selectors"`
	Invocations []string `json:"invocations"`
	Models      []string `json:"models"`
	Runs        []string `json:"runs"`
	Repeats     int      `json:"repeats"`    // the most runs that one of its values pools
	Tasks       int      `json:"tasks"`      // (task, variant) pairs with results
	Configured  *int     `json:"configured"` // those and the tasks that were configured without results; nil if no file tells
}

// Options steer a comparison.
type Options struct {
	Knobs
	Catalog *catalog.Catalog
	Strict  bool   // soft differences count as hard
	Scores  Scores // which rows are wanted; averages are over primary rows always
}

// Counts are the totals of a comparison. A pair is a (task, variant) on any side.
type Counts struct {
	Tasks            int `json:"tasks"`
	Matched          int `json:"matched"` // results on both sides
	Missing          int `json:"missing"`
	NoPrimary        int `json:"no_primary"`
	Improved         int `json:"improved"`
	Regressed        int `json:"regressed"`
	Increased        int `json:"increased"`
	Decreased        int `json:"decreased"`
	Equivalent       int `json:"equivalent"`
	Inconclusive     int `json:"inconclusive"`
	InsufficientData int `json:"insufficient_data"`
	NoInference      int `json:"no_inference"`
	NotComparable    int `json:"not_comparable"`
}

// Compare compares the first side with each other one. At least two sides are
// needed. The error is an [*OverlapError].
func Compare(sides []Side, options Options) (Comparison, []nemo.Warning, error) {
	tasks := make([][]task, len(sides))
	for i, side := range sides {
		var err error
		if tasks[i], err = cells(side, options.Catalog); err != nil {
			return Comparison{}, nil, err
		}
	}
	c := Comparison{
		Settings: options.Knobs,
		Rows:     []Row{}, Averages: []Average{}, Missing: []Missing{}, Runtime: []RuntimeChange{},
	}
	if c.Settings.Allow == nil {
		c.Settings.Allow = []string{}
	}
	c.Missing = missing(sides, tasks, options.Catalog)
	c.Sides = summaries(sides, tasks, c.Missing, options.Catalog)
	why := reasons(c.Missing, options.Catalog)
	var primary []Row
	for i := 1; i < len(sides); i++ {
		pairs := join(tasks[0], tasks[i], options.Catalog)
		var all []Row
		for _, p := range pairs {
			all = append(all, p.rows(sides[0].Label, sides[i].Label, options)...)
		}
		var heads []Row
		for _, row := range all {
			if row.Primary {
				heads = append(heads, row)
			}
			if options.Scores.Want(row) {
				c.Rows = append(c.Rows, row)
			}
		}
		primary = append(primary, heads...)
		c.Averages = append(c.Averages, averages(heads, sides[0].Label, sides[i].Label, options.Knobs, why)...)
		c.Runtime = append(c.Runtime, runtimeChanges(pairs, sides[0].Label, sides[i].Label)...)
	}
	sortRows(c.Rows, c.Sides)
	c.Verdict = overall(primary)
	c.Counts = count(tasks, c.Missing, primary, options.Catalog)
	return c, envelope(sides, tasks, c.Rows, options.Catalog), nil
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

// count counts pairs and the verdicts of the primary rows.
func count(tasks [][]task, absent []Missing, primary []Row, known *catalog.Catalog) Counts {
	var counts Counts
	type key struct{ task, variant string }
	results := map[key]map[int]bool{} // the sides that have results
	headless := map[key]bool{}
	named := map[string]bool{}
	for side, list := range tasks {
		for _, t := range list {
			for _, variant := range variantsOf(t, tasks, known) {
				at := key{known.Canonical(t.name), variant}
				if results[at] == nil {
					results[at] = map[int]bool{}
				}
				results[at][side] = true
				if t.primary < 0 && headlessEverywhere(t, tasks, known) {
					headless[at] = true
				}
			}
			named[known.Canonical(t.name)] = true
		}
	}
	counts.Tasks = len(results)
	for _, have := range results {
		if len(have) == len(tasks) {
			counts.Matched++
		}
	}
	for _, m := range absent {
		name := known.Canonical(nemo.Text(m.Task))
		if !named[name] {
			named[name] = true
			counts.Tasks++
		}
	}
	counts.Missing = counts.Tasks - counts.Matched
	counts.NoPrimary = len(headless)
	for _, row := range primary {
		switch row.Verdict {
		case Improved:
			counts.Improved++
		case Regressed:
			counts.Regressed++
		case Increased:
			counts.Increased++
		case Decreased:
			counts.Decreased++
		case Equivalent:
			counts.Equivalent++
		case Inconclusive:
			counts.Inconclusive++
		case InsufficientData:
			counts.InsufficientData++
		case NoInference:
			counts.NoInference++
		case NotComparable:
			counts.NotComparable++
		}
	}
	return counts
}

// variantsOf returns the pairs that a task of one side makes: its own variant, or,
// for a plain one, each variant that the other sides have of it.
func variantsOf(t task, tasks [][]task, known *catalog.Catalog) []string {
	if t.variant != "" {
		return []string{t.variant}
	}
	var variants []string
	for _, list := range tasks {
		for _, other := range list {
			if known.Canonical(other.name) == known.Canonical(t.name) && other.variant != "" && !slices.Contains(variants, other.variant) {
				variants = append(variants, other.variant)
			}
		}
	}
	if variants == nil {
		return []string{""}
	}
	return variants
}

func headlessEverywhere(t task, tasks [][]task, known *catalog.Catalog) bool {
	for _, list := range tasks {
		for _, other := range list {
			if known.Canonical(other.name) == known.Canonical(t.name) && other.primary >= 0 {
				return false
			}
		}
	}
	return true
}

func summaries(sides []Side, tasks [][]task, absent []Missing, known *catalog.Catalog) []SideSummary {
	list := make([]SideSummary, len(sides))
	for i, side := range sides {
		s := SideSummary{
			Label: side.Label, Role: Candidate, Selectors: []string{},
			Invocations: []string{}, Models: []string{}, Runs: []string{},
		}
		s.Selectors = append(s.Selectors, side.Selectors...)
		if i == 0 {
			s.Role = Baseline
		}
		for _, launch := range side.Launches {
			if launch.InvocationID != "" && !slices.Contains(s.Invocations, launch.InvocationID) {
				s.Invocations = append(s.Invocations, launch.InvocationID)
			}
		}
		for _, job := range side.Jobs {
			if !slices.Contains(s.Runs, job.Run.RunID) {
				s.Runs = append(s.Runs, job.Run.RunID)
			}
			if model := nemo.Text(job.Run.Model); model != "" && !slices.Contains(s.Models, model) {
				s.Models = append(s.Models, model)
			}
		}
		slices.Sort(s.Models)
		for _, t := range tasks[i] {
			s.Repeats = max(s.Repeats, len(t.jobs))
		}
		s.Tasks = len(tasks[i])
		s.Configured = configuredTasks(side, tasks[i], absent, known)
		list[i] = s
	}
	return list
}

// configuredTasks counts what a side has and what it was told to have.
func configuredTasks(side Side, tasks []task, absent []Missing, known *catalog.Catalog) *int {
	named := map[string]bool{}
	for _, launch := range side.Launches {
		if !launch.Known {
			return nil
		}
	}
	for _, t := range tasks {
		named[known.Canonical(t.name)] = true
	}
	total := len(tasks)
	for _, m := range absent {
		name := known.Canonical(nemo.Text(m.Task))
		if m.Side == side.Label && m.Reason != nemo.ReasonAbsentOnSide && !named[name] {
			named[name] = true
			total++
		}
	}
	return &total
}

// envelope is the warnings about the whole: those of the sides' files, each
// task without a headline, and each code of the rows once with its count.
func envelope(sides []Side, tasks [][]task, rows []Row, known *catalog.Catalog) []nemo.Warning {
	warnings := []nemo.Warning{}
	for _, side := range sides {
		for _, w := range side.Warnings {
			w.Side = side.Label
			warnings = append(warnings, w)
		}
		for _, job := range side.Jobs {
			for _, w := range job.Warnings {
				w.Side = side.Label
				warnings = append(warnings, w)
			}
		}
	}
	warnings = append(warnings, headless(tasks, known)...)
	counted := map[string]*nemo.Warning{}
	for _, row := range rows {
		for _, w := range row.Warnings {
			if counted[w.Code] == nil {
				counted[w.Code] = &nemo.Warning{Code: w.Code, Message: w.Message}
			}
			counted[w.Code].Count++
		}
	}
	for _, w := range counted {
		warnings = append(warnings, *w)
	}
	slices.SortStableFunc(warnings, func(a, b nemo.Warning) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Task, b.Task))
	})
	return warnings
}
