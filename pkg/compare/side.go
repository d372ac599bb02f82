package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Side is one column of a comparison.
type Side struct {
	Label     string
	Selectors []string // as typed
	nemo.Evaluation

	aside  []nemo.Job        // runs that a newer source's stand for
	newest map[string]string // by task, the source that stands for the others; nil if none does
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
	Configured  *int     `json:"configured"` // those and the tasks of which no configured job has results; nil if no file tells
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
