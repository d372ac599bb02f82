package query

import (
	"maps"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Describe turns a store's raw record into the contract's run. What only a file
// knows stays nil.
func Describe(store Store, run Run) nemo.Run {
	harness := run.Tags[TagHarness]
	if harness == "unknown" { // what launcher 0.1.x writes for a task it does not list
		harness = ""
	}
	task := run.Tags[TagTask]
	if task == "" {
		task = run.Tags[TagBenchmark]
	}
	described := nemo.Run{
		RunID:           run.ID,
		InvocationID:    nemo.Optional(run.InvocationID()),
		JobID:           nemo.Optional(run.JobID()),
		ExperimentID:    nemo.Optional(run.ExperimentID),
		Experiment:      nemo.Optional(run.Experiment),
		Harness:         nemo.Optional(harness),
		Task:            nemo.Optional(nemo.TaskName(harness, task)),
		Model:           nemo.Optional(run.Model),
		Status:          run.Status,
		StartedAt:       nemo.NewTime(run.StartTime),
		EndedAt:         nemo.NewTime(run.EndTime),
		DurationSeconds: nemo.Seconds(run.StartTime, run.EndTime),
		Executor:        nemo.Optional(run.Tags[TagExecutor]),
		Tags:            map[string]string{},
		Store:           store.URI(),
		URL:             nemo.Optional(store.RunURL(run)),
	}
	maps.Copy(described.Tags, run.Tags)
	return described
}
