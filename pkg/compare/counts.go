package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

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
