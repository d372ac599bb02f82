package compare

import (
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Missing is a task of which one side has no results, and why.
type Missing struct {
	Side    string  `json:"side"`
	Harness *string `json:"harness"`
	Task    *string `json:"task"`
	Variant *string `json:"variant"`
	JobID   *string `json:"job_id"`
	Reason  string  `json:"reason"`
	Detail  *string `json:"detail"` // the file and line of what is unreadable; nil if the reason says all
}

// missing lists, side by side, the configured tasks without results, the jobs
// without results, and what a side that it is compared with has results of and
// this one never configured: candidates are compared with the baseline only, peers
// with each other.
func missing(sides []Side, tasks [][]task, known *catalog.Catalog, peers bool) []Missing {
	list := []Missing{}
	for i, side := range sides {
		entries := unfulfilled(side, known)
		configured := map[string]bool{}
		for _, m := range entries {
			configured[known.Canonical(nemo.Text(m.Task))] = true
		}
		list = append(list, entries...)
		list = append(list, absent(i, side.Label, configured, tasks, known, peers)...)
	}
	return list
}

// absent lists what the sides that one side is compared with have results of and
// it never configured: whole tasks, and single variants.
func absent(side int, label string, configured map[string]bool, tasks [][]task, known *catalog.Catalog, peers bool) []Missing {
	var list []Missing
	listed := map[string]bool{}
	for other := range tasks {
		if other == side || !peers && side > 0 && other > 0 {
			continue
		}
		for _, p := range join(tasks[side], tasks[other], known) {
			if p.base != nil {
				continue
			}
			name := known.Canonical(p.cand.name)
			if id := name + "\x00" + p.variant; !configured[name] && !listed[id] {
				listed[id] = true
				list = append(list, Missing{
					Side: label, Harness: nemo.Optional(p.cand.harness), Task: nemo.Optional(p.cand.name),
					Variant: nemo.Optional(p.variant), Reason: nemo.ReasonAbsentOnSide,
				})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(nemo.Text(a.Task), nemo.Text(b.Task)), cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)))
	})
	return list
}

// unfulfilled lists a side's jobs without results and configured tasks without
// jobs, by invocation and job index. Configured tasks match jobs by index, by name
// only where a job has none.
func unfulfilled(side Side, known *catalog.Catalog) []Missing {
	type entry struct {
		Missing
		launch, index int
	}
	var entries []entry
	byIndex := func(invocation string, index int) string { return invocation + "." + itoa(index) }
	byName := func(invocation, task string) string { return invocation + "/" + known.Canonical(task) }
	matched := map[string]bool{}
	for _, job := range slices.Concat(side.Jobs, side.aside) {
		invocation := nemo.Text(job.Run.InvocationID)
		if job.Index >= 0 {
			matched[byIndex(invocation, job.Index)] = true
		} else {
			matched[byName(invocation, nemo.Text(job.Run.Task))] = true
		}
		if job.Results != nil {
			continue
		}
		launch := slices.IndexFunc(side.Launches, func(l nemo.Launch) bool { return l.InvocationID == invocation })
		detail := nemo.Optional(job.Problem)
		if job.Reason != nemo.ReasonUnreadable {
			detail = nil
		}
		entries = append(entries, entry{Missing{
			Side: side.Label, Harness: job.Run.Harness, Task: job.Run.Task, JobID: job.Run.JobID,
			Reason: job.Reason, Detail: detail,
		}, launch, job.Index})
	}
	for i, launch := range side.Launches {
		for _, configured := range launch.Tasks {
			if matched[byIndex(launch.InvocationID, configured.Index)] || matched[byName(launch.InvocationID, configured.Task)] {
				continue
			}
			entries = append(entries, entry{Missing{
				Side: side.Label, Harness: nemo.Optional(configured.Harness), Task: nemo.Optional(configured.Task),
				JobID: nemo.Optional(launch.JobID(configured.Index)), Reason: nemo.ReasonNoRun,
			}, i, configured.Index})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.launch, b.launch), cmp.Compare(a.index, b.index))
	})
	list := make([]Missing, len(entries))
	for i, e := range entries {
		list[i] = e.Missing
	}
	return list
}

// reasons looks up why a side has no results of a task.
func reasons(list []Missing, known *catalog.Catalog) reasonFor {
	return func(side, task string) string {
		for _, m := range list {
			if m.Side == side && known.Canonical(nemo.Text(m.Task)) == known.Canonical(task) {
				return m.Reason
			}
		}
		return ""
	}
}
