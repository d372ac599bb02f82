package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Values of Options.Overlap: what several sources of one side are to each other
// where not all of them ran a task, or ran it with other settings. The zero value
// takes equal settings for repeats and refuses different ones.
const (
	OverlapRepeat = "repeat" // repeats, whatever the settings
	OverlapLatest = "latest" // of each task only the newest source counts
	OverlapRefuse = "error"  // an error, also where only the tasks differ
)

// OverlapError says that the sources of one side are no repeats of each other.
type OverlapError struct {
	Side string
	Task string
	Keys []string // the settings that differ; nil if only some sources have the task
}

// Error names the difference.
func (e *OverlapError) Error() string {
	if len(e.Keys) == 0 {
		return fmt.Sprintf("side %s: not all of its sources have results of %s", e.Side, e.Task)
	}
	return fmt.Sprintf("side %s: its sources ran %s with different settings (%s), so they are no repeats of each other",
		e.Side, e.Task, strings.Join(e.Keys, ", "))
}

// prepare settles the overlaps of every side and makes its tasks. The error is an
// [*OverlapError].
func prepare(given []Side, options Options) (sides []Side, tasks [][]task, err error) {
	sides, tasks = make([]Side, len(given)), make([][]task, len(given))
	for i, side := range given {
		switch options.Overlap {
		case OverlapLatest:
			side = latest(side, options.Catalog)
		case OverlapRefuse:
			if err := sameTasks(side, options.Catalog); err != nil {
				return nil, nil, err
			}
		}
		sides[i] = side
		if tasks[i], err = cells(side, options); err != nil {
			return nil, nil, err
		}
	}
	return sides, tasks, nil
}

// sourceOf tells the sources of a side apart: by invocation, so that two jobs of
// one that were named separately belong together, else by position.
func sourceOf(job nemo.Job) string {
	if id := nemo.Text(job.Run.InvocationID); id != "" {
		return id
	}
	return "source " + strconv.Itoa(job.SourceIndex)
}

// bySource sorts a side's jobs with results by task and source.
func bySource(side Side, known *catalog.Catalog) map[string]map[string][]nemo.Job {
	tasks := map[string]map[string][]nemo.Job{}
	for _, job := range side.Jobs {
		if job.Results == nil {
			continue
		}
		name := known.Canonical(taskOf(job))
		if tasks[name] == nil {
			tasks[name] = map[string][]nemo.Job{}
		}
		tasks[name][sourceOf(job)] = append(tasks[name][sourceOf(job)], job)
	}
	return tasks
}

// sameTasks is the error of a side whose sources do not all have the same tasks.
func sameTasks(side Side, known *catalog.Catalog) error {
	tasks := bySource(side, known)
	sources := map[string]bool{}
	for _, found := range tasks {
		for source := range found {
			sources[source] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		if len(tasks[name]) < len(sources) {
			return &OverlapError{Side: side.Label, Task: name}
		}
	}
	return nil
}

// latest keeps of each task the jobs of the newest source: the one whose runs
// started last, of equal times the one named last.
func latest(side Side, known *catalog.Catalog) Side {
	tasks := bySource(side, known)
	newest := map[string]string{}
	overlaps := 0
	for name, sources := range tasks {
		if len(sources) > 1 {
			overlaps++
		}
		for source, jobs := range sources {
			if best, ok := newest[name]; !ok || isNewer(jobs, sources[best]) {
				newest[name] = source
			}
		}
	}
	side.newest = newest
	if overlaps == 0 {
		return side
	}
	var kept []nemo.Job
	var runs []string
	for _, job := range side.Jobs {
		if job.Results != nil && newest[known.Canonical(taskOf(job))] != sourceOf(job) {
			side.aside = append(side.aside[:len(side.aside):len(side.aside)], job)
			runs = append(runs, job.Run.RunID)
			continue
		}
		kept = append(kept, job)
	}
	slices.Sort(runs)
	side.Jobs = kept
	side.Warnings = slices.Concat(side.Warnings, []nemo.Warning{{
		Code: "OVERLAP_LATEST", Message: "several sources ran " + plural(overlaps, "task", "tasks") + ", of which only the newest counts",
		RunIDs: slices.Compact(runs),
	}})
	return side
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// isNewer reports whether the runs of one source started after those of another.
func isNewer(jobs, than []nemo.Job) bool {
	newest := func(jobs []nemo.Job) nemo.Job {
		return slices.MaxFunc(jobs, byAge)
	}
	return byAge(newest(jobs), newest(than)) > 0
}

// byAge orders jobs by their start, an unknown one first, then by the position of
// their source.
func byAge(a, b nemo.Job) int {
	x, y := a.Run.StartedAt, b.Run.StartedAt
	switch {
	case x != nil && y != nil && !x.Equal(y.Time):
		return x.Compare(y.Time)
	case (x == nil) != (y == nil):
		if x == nil {
			return -1
		}
		return 1
	}
	return a.SourceIndex - b.SourceIndex
}

// pool makes one task of several that differ in these settings.
func pool(group []task, keys []string) task {
	pooled := group[0]
	pooled.jobs = nil
	for _, t := range group {
		pooled.jobs = append(pooled.jobs, t.jobs...)
	}
	pooled.mixed = keys
	return pooled
}

// overlapInPart reports whether differently set jobs come from different
// sources. Sources that each ran all the variants are repeats of them.
func overlapInPart(group []task) bool {
	first := group[0].sources()
	return slices.ContainsFunc(group[1:], func(t task) bool { return !maps.Equal(first, t.sources()) })
}

func (t *task) sources() map[string]bool {
	sources := map[string]bool{}
	for _, job := range t.jobs {
		sources[sourceOf(job)] = true
	}
	return sources
}

// differences are the settings in which the two tasks of a pair differ; of pooled
// jobs all that any two of them differ in.
func (p pair) differences() []difference {
	first := func(t *task) []nemo.Job {
		if len(t.mixed) == 0 {
			return t.jobs[:1] // the others are equal
		}
		return t.jobs
	}
	var found []difference
	for _, base := range first(p.base) {
		for _, cand := range first(p.cand) {
			for _, d := range differences(base.Settings, cand.Settings) {
				i := slices.IndexFunc(found, func(other difference) bool { return other.key == d.key })
				if i < 0 {
					found = append(found, d)
					continue
				}
				found[i].unknown = found[i].unknown && d.unknown
			}
		}
	}
	slices.SortFunc(found, func(a, b difference) int { return strings.Compare(a.key, b.key) })
	return found
}

// pooledWarnings says of which tasks runs with different settings were pooled.
func pooledWarnings(side Side, tasks []task) []nemo.Warning {
	var warnings []nemo.Warning
	for _, t := range tasks {
		if len(t.mixed) > 0 {
			warnings = append(warnings, nemo.Warning{
				Code: "OVERLAP_REPEAT", Message: fmt.Sprintf("runs of %s with different settings are taken for repeats: %s", t.name, strings.Join(t.mixed, ", ")),
				Side: side.Label, Task: t.name, Keys: t.mixed,
			})
		}
	}
	return warnings
}
