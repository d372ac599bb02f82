package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// caveat is what a number's origin means for it.
type caveat struct {
	warning nemo.Warning
	holds   func(cell) bool
}

func caveats() []caveat {
	return []caveat{
		{nemo.Warning{
			Code:    "SCORES_FROM_METRICS",
			Message: "the run has no results.yml; its scores are MLflow's metrics, which have no n and no standard error",
		}, func(c cell) bool { return c.fromMetrics }},
		{nemo.Warning{
			Code:    "SCORE_ROUNDED",
			Message: "nel-next gives this score to 4 decimals (a mean is exact where its results.jsonl is beside it); a difference of 0.0001 can be rounding",
		}, func(c cell) bool { return c.rounded }},
	}
}

// provenance warns of a row whose numbers are not, or not all, exact ones from a
// file; with the side where it is one of the two.
func provenance(base, cand *cell, baseLabel, candLabel string) []nemo.Warning {
	var list []nemo.Warning
	for _, caveat := range caveats() {
		w := caveat.warning
		var sides []string
		for _, side := range []struct {
			cell  *cell
			label string
		}{{base, baseLabel}, {cand, candLabel}} {
			if side.cell == nil || !caveat.holds(*side.cell) {
				continue
			}
			sides = append(sides, side.label)
			for _, source := range side.cell.sources {
				w.RunIDs = append(w.RunIDs, source.RunID)
			}
		}
		if len(sides) == 0 {
			continue
		}
		if slices.Sort(w.RunIDs); len(sides) == 1 {
			w.Side = sides[0]
		}
		w.RunIDs = slices.Compact(w.RunIDs)
		list = append(list, w)
	}
	return list
}

// taskProvenance warns of each task of a side by itself, where it is the headline
// that it is about, or, without one, any score.
func taskProvenance(tasks []task, label string) []nemo.Warning {
	var list []nemo.Warning
	for _, caveat := range caveats() {
		for _, t := range tasks {
			if head := t.headline(); head != nil && !caveat.holds(*head) || !slices.ContainsFunc(t.cells, caveat.holds) {
				continue
			}
			w := caveat.warning
			w.Side, w.Task = label, t.name
			for _, job := range t.jobs {
				w.RunIDs = append(w.RunIDs, job.Run.RunID)
			}
			slices.Sort(w.RunIDs)
			w.RunIDs = slices.Compact(w.RunIDs)
			list = append(list, w)
		}
	}
	return list
}
