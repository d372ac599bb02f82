package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// envelope is the warnings about the whole: those given, those of the sides' files, each
// task without a headline, and each code of the rows once with its count.
func envelope(sides []Side, tasks [][]task, rows []Row, options Options) []nemo.Warning {
	warnings := append([]nemo.Warning{}, options.Warnings...)
	for i, side := range sides {
		warnings = append(warnings, pooledWarnings(side, tasks[i])...)
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
	warnings = append(warnings, headless(tasks, options.Catalog)...)
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

// headless warns of each task that has scores and no headline on any side that
// ran it.
func headless(tasks [][]task, known *catalog.Catalog) []nemo.Warning {
	keys := map[string][]string{}
	names := map[string]string{}
	for _, list := range tasks {
		for _, t := range list {
			if t.primary >= 0 || !headlessEverywhere(t, tasks, known) {
				continue
			}
			id := known.Canonical(t.name)
			if _, ok := names[id]; !ok {
				names[id] = t.name
			}
			for _, c := range t.cells {
				key := c.metric
				if c.metric != c.score {
					key += "/" + c.score
				}
				if !slices.Contains(keys[id], key) {
					keys[id] = append(keys[id], key)
				}
			}
		}
	}
	var warnings []nemo.Warning
	for id, name := range names {
		slices.Sort(keys[id])
		noun := "scores"
		if len(keys[id]) == 1 {
			noun = "score"
		}
		warnings = append(warnings, nemo.Warning{
			Code: "NO_PRIMARY_SCORE", Message: fmt.Sprintf("%s has %d %s and no headline", name, len(keys[id]), noun),
			Task: name, Keys: keys[id],
		})
	}
	return warnings
}
