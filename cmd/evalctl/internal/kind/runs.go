package kind

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// RunsValue is the value of the kind "runs".
type RunsValue struct {
	Runs []nemo.Run `json:"runs"`
	Listing
}

// RunsDocument draws a list of runs.
func RunsDocument(v RunsValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	for _, run := range v.Runs {
		names = append(names, run.RunID)
	}
	return render.Document{
		Kind: Runs, Data: v, Warnings: warnings,
		Items: items(v.Runs), ItemKind: "run", Summary: v.Listing,
		Screen: runsScreen(v, warnings, false), Wide: runsScreen(v, warnings, true),
		Brief: runsBrief(v), Tables: []render.Records{runRecords(v)}, Names: names,
	}
}

func runsScreen(v RunsValue, warnings []nemo.Warning, wide bool) []render.Block {
	table := render.Table{Columns: []render.Column{
		{Title: "job"}, {Title: "task", Flexible: true}, {Title: "model", Flexible: true}, {Title: "status"}, {Title: "started"},
	}}
	// A job may have been exported to several experiments.
	experiments := wide || slices.ContainsFunc(v.Runs, func(run nemo.Run) bool {
		return nemo.Text(run.Experiment) != nemo.Text(v.Runs[0].Experiment)
	})
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: "harness"})
	}
	if experiments {
		table.Columns = append(table.Columns, render.Column{Title: "experiment", Flexible: !wide})
	}
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: "run"})
	}
	for _, run := range v.Runs {
		status := plain(run.Status)
		if run.Status != "FINISHED" {
			status.Tone = render.Caution
		}
		cells := render.Row{
			strong(orDash(nemo.Text(run.JobID))), plain(orDash(nemo.Text(run.Task))), plain(orDash(nemo.Text(run.Model))),
			status, muted(second(run.StartedAt)),
		}
		if wide {
			cells = append(cells, plain(orDash(nemo.Text(run.Harness))))
		}
		if experiments {
			cells = append(cells, plain(orDash(nemo.Text(run.Experiment))))
		}
		if wide {
			cells = append(cells, muted(run.RunID))
		}
		table.Rows = append(table.Rows, cells)
	}
	return listScreen(table, v.sentence("run"), warnings)
}

// listScreen is a table, how much of the list it is, and the warnings.
func listScreen(table render.Table, sentence string, warnings []nemo.Warning) []render.Block {
	var blocks []render.Block
	if len(table.Rows) > 0 {
		blocks = append(blocks, table)
	}
	blocks = append(blocks, render.Count(sentence))
	notes := &footnotes{}
	notes.rest(warnings)
	return append(blocks, notes.blocks()...)
}

// minute is a time as people read it: UTC, to the minute.
func minute(t *nemo.Time) string {
	if t == nil {
		return dash
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// second is a time as people read it, to the second: exports of one job lie close
// together.
func second(t *nemo.Time) string {
	if t == nil {
		return dash
	}
	return t.UTC().Format(time.DateTime)
}

// briefList bounds how many elements of a list brief names.
const briefList = 10

func runsBrief(v RunsValue) []string {
	lines := []string{strings.TrimSuffix(v.sentence("run"), ".")}
	for i, run := range v.Runs {
		if i == briefList {
			break
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", orDash(nemo.Text(run.JobID)), orDash(nemo.Text(run.Task)), orDash(nemo.Text(run.Model)), run.Status))
	}
	return lines
}

func runRecords(v RunsValue) render.Records {
	records := render.Records{
		Name: "runs",
		Columns: []string{
			"run_id", "invocation_id", "job_id", "experiment_id", "experiment", "harness", "task", "model", "status",
			"started_at", "ended_at", "duration_seconds", "executor", "container", "evaluator_version", "launcher_version", "git_hash", "url",
		},
		Numeric: []bool{11: true, 17: false},
	}
	for _, run := range v.Runs {
		records.Rows = append(records.Rows, []string{
			run.RunID, nemo.Text(run.InvocationID), nemo.Text(run.JobID), nemo.Text(run.ExperimentID), nemo.Text(run.Experiment),
			nemo.Text(run.Harness), nemo.Text(run.Task), nemo.Text(run.Model), run.Status,
			instant(run.StartedAt), instant(run.EndedAt), text(run.DurationSeconds), nemo.Text(run.Executor), nemo.Text(run.Container),
			nemo.Text(run.EvaluatorVersion), nemo.Text(run.LauncherVersion), nemo.Text(run.GitHash), nemo.Text(run.URL),
		})
	}
	return records
}

func instant(t *nemo.Time) string {
	if t == nil {
		return ""
	}
	return t.String()
}
