package artifacts

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// isWholeInvocation reports whether the run holds all jobs of an invocation, as
// launcher 0.1.x exports them if it is given an invocation id (nemo-formats §3.2).
func (d *folder) isWholeInvocation() bool {
	return d.run.JobID() == "" && d.run.Params["jobs_count"] != ""
}

// resultsFolders are the folders that hold a job's results, sorted. A results.yml
// below another one's folder is output of a harness.
func resultsFolders(tree []query.File) []string {
	var all []string
	for _, file := range tree {
		if !file.IsDir && path.Base(file.Path) == resultsName {
			dir, _ := path.Split(file.Path)
			all = append(all, strings.TrimSuffix(dir, "/"))
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Clone(all), func(dir string) bool {
		return slices.ContainsFunc(all, func(other string) bool {
			return other != dir && (other == "" || strings.HasPrefix(dir, other+"/"))
		})
	})
}

// nameOfFolder reads harness and task from the name of a job's folder:
// "<harness>.<task>/artifacts" or, before launcher 0.1.13, "<task>", which can
// begin with the harness too. "" is not known.
func nameOfFolder(dir string) (harness, task string) {
	if path.Base(dir) == "artifacts" {
		dir = path.Dir(dir)
	}
	name := path.Base(dir)
	if dir == "" || name == "." {
		return "", ""
	}
	harness, task, dotted := strings.Cut(name, ".")
	switch {
	case !dotted:
		return "", name
	case harness == "None" || harness == "unknown": // what the exporters write for a field without a value
		harness = ""
	}
	return harness, nemo.TaskName(harness, task)
}

// numberJobs gives an invocation's jobs that have no id the index, and with it the
// id, of the one configured task that has their name.
func numberJobs(jobs []nemo.Job, launch nemo.Launch, tasks []nemo.ConfiguredTask) {
	if launch.InvocationID == "" {
		return
	}
	for i := range jobs {
		job := &jobs[i]
		if job.Index >= 0 || job.Run.Task == nil {
			continue
		}
		harness := nemo.Text(job.Run.Harness)
		var same []nemo.ConfiguredTask
		for _, task := range tasks {
			if task.Task == *job.Run.Task && (harness == "" || task.Harness == "" || task.Harness == harness) {
				same = append(same, task)
			}
		}
		if len(same) != 1 {
			continue
		}
		job.Index = same[0].Index
		if job.Run.JobID == nil {
			job.Run.JobID = nemo.Optional(launch.JobID(job.Index))
		}
	}
}

// onePerTask joins the jobs of an invocation's runs. Launcher 0.1.x makes another
// run with each export of a whole invocation, also beside those of its jobs; what
// such a run shares with others counts once, and what was set aside is reported.
// A run with a results.yml goes before, then one of one job, a finished one, the
// newest.
func onePerTask(folders []*folder, jobs [][]nemo.Job) ([]nemo.Job, []nemo.Warning) {
	type held struct {
		*folder
		job nemo.Job
	}
	type task struct{ harness, name string }
	var all []held
	byTask := map[task][]int{}
	for i, d := range folders {
		for _, job := range jobs[i] {
			if job.Run.Task != nil {
				key := task{nemo.Text(job.Run.Harness), *job.Run.Task}
				byTask[key] = append(byTask[key], len(all))
			}
			all = append(all, held{d, job})
		}
	}
	isWhole := func(i int) bool { return all[i].isWholeInvocation() }
	aside := map[int]bool{}
	var runs []string
	for _, same := range byTask {
		if !slices.ContainsFunc(same, isWhole) {
			continue // jobs of their own, such as one benchmark run twice
		}
		best := slices.MinFunc(same, func(a, b int) int {
			return cmp.Or(
				falseFirst(!all[a].job.HasResultsFile(), !all[b].job.HasResultsFile()),
				falseFirst(all[a].job.Results == nil, all[b].job.Results == nil),
				falseFirst(isWhole(a), isWhole(b)),
				falseFirst(!all[a].finished(), !all[b].finished()),
				all[b].run.StartTime.Compare(all[a].run.StartTime),
				cmp.Compare(all[a].run.ID, all[b].run.ID),
			)
		})
		for _, i := range same {
			if i != best && (isWhole(i) || isWhole(best)) {
				aside[i] = true
				runs = append(runs, all[i].run.ID)
			}
		}
	}
	var kept []nemo.Job
	for i, one := range all {
		if !aside[i] {
			kept = append(kept, one.job)
		}
	}
	if len(runs) == 0 {
		return kept, nil
	}
	slices.Sort(runs)
	return kept, []nemo.Warning{{
		Code:    "DUPLICATE_RUNS",
		Message: fmt.Sprintf("%d results of whole-invocation runs are in other runs too; one of each task counts", len(aside)),
		RunIDs:  slices.Compact(runs),
	}}
}

// falseFirst orders truth values.
func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
