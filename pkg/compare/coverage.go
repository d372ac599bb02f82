package compare

import (
	"strconv"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Coverage counts jobs, each a position in the list of tasks of one launch: those that
// were configured, and those of them that have results. A task that was configured
// twice, in one launch or in two, is two jobs.
type Coverage struct {
	Results    int
	Configured int
}

// coverageOf counts the jobs of a side; nil if no file lists those of some launch. Jobs
// match the list as in [unfulfilled]. Where the newest source of a task stands for the
// others, only its jobs count.
func coverageOf(side Side, known *catalog.Catalog) *Coverage {
	if len(side.Launches) == 0 {
		return nil
	}
	type place struct {
		source, at string // at is an index, or a name after "/"
	}
	byIndex := func(source string, index int) place { return place{source, strconv.Itoa(index)} }
	byName := func(source, task string) place { return place{source, "/" + known.Canonical(task)} }
	ran := map[place]int{} // jobs with results
	for _, job := range side.Jobs {
		switch {
		case job.Results == nil:
		case job.Index >= 0:
			ran[byIndex(sourceOf(job), job.Index)]++
		default:
			ran[byName(sourceOf(job), nemo.Text(job.Run.Task))]++
		}
	}
	var c Coverage
	counted := map[place]bool{}
	for i, launch := range side.Launches {
		if !launch.Known {
			return nil
		}
		source := sourceOf(nemo.Job{Run: nemo.Run{InvocationID: nemo.Optional(launch.InvocationID)}, SourceIndex: i})
		for _, configured := range launch.Tasks {
			at, named := byIndex(source, configured.Index), byName(source, configured.Task)
			newest, found := side.newest[known.Canonical(configured.Task)]
			if counted[at] || found && newest != source {
				continue
			}
			counted[at] = true
			c.Configured++
			// A job without index stands for one position of its name.
			switch {
			case ran[at] > 0:
				c.Results++
			case ran[named] > 0:
				c.Results++
				ran[named]--
			}
		}
	}
	return &c
}
