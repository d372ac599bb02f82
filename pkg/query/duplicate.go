package query

import (
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Duplicate is the runs of one job of which only one was kept.
type Duplicate struct {
	JobID string
	Kept  Run
	Aside []Run
}

// OnePerJob keeps one run for each job id: FINISHED before any other status, then
// the newest start, then the smallest run id. Runs without a job id are all kept.
// Runs come back by job index, then run id.
func OnePerJob(runs []Run) ([]Run, []Duplicate) {
	byJob := map[string][]Run{}
	var kept []Run
	for _, run := range runs {
		if run.JobID() == "" {
			kept = append(kept, run)
			continue
		}
		byJob[run.JobID()] = append(byJob[run.JobID()], run)
	}
	var duplicates []Duplicate
	for _, job := range sortedKeys(byJob) {
		same := byJob[job]
		slices.SortFunc(same, preferred)
		kept = append(kept, same[0])
		if len(same) > 1 {
			duplicates = append(duplicates, Duplicate{JobID: job, Kept: same[0], Aside: same[1:]})
		}
	}
	slices.SortFunc(kept, byJobIndex)
	slices.SortFunc(duplicates, func(a, b Duplicate) int { return byJobIndex(a.Kept, b.Kept) })
	return kept, duplicates
}

func preferred(a, b Run) int {
	return cmp.Or(
		cmp.Compare(unfinished(a), unfinished(b)),
		cmp.Compare(deleted(a), deleted(b)),
		b.StartTime.Compare(a.StartTime),
		cmp.Compare(a.ID, b.ID),
	)
}

func unfinished(run Run) int {
	if run.Status == StatusFinished {
		return 0
	}
	return 1
}

// deleted puts what someone threw away behind what they kept.
func deleted(run Run) int {
	if run.Deleted {
		return 1
	}
	return 0
}

func byJobIndex(a, b Run) int {
	first, _ := nemo.JobIndex(a.JobID())
	second, _ := nemo.JobIndex(b.JobID())
	return cmp.Or(
		cmp.Compare(a.InvocationID(), b.InvocationID()),
		cmp.Compare(first, second),
		cmp.Compare(a.ID, b.ID),
	)
}
