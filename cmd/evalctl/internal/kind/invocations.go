package kind

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// InvocationsValue is the value of the kind "invocations".
type InvocationsValue struct {
	Invocations []Invocation `json:"invocations"`
	Listing
}

// Invocation is one launch, seen through its runs.
type Invocation struct {
	InvocationID string         `json:"invocation_id"`
	Models       []string       `json:"models"`
	Experiments  []string       `json:"experiments"`
	Tasks        []string       `json:"tasks"`
	Jobs         int            `json:"jobs"`     // distinct jobs
	Statuses     map[string]int `json:"statuses"` // of the runs, duplicates of a job included
	StartedAt    *nemo.Time     `json:"started_at"`
	EndedAt      *nemo.Time     `json:"ended_at"`
}

// NewInvocation sums up the runs of one invocation.
func NewInvocation(id string, runs []nemo.Run) Invocation {
	inv := Invocation{InvocationID: id, Models: []string{}, Experiments: []string{}, Tasks: []string{}, Statuses: map[string]int{}}
	add := func(list *[]string, value *string) {
		if v := nemo.Text(value); v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	jobs := map[string]bool{}
	for _, run := range runs {
		add(&inv.Models, run.Model)
		add(&inv.Experiments, run.Experiment)
		add(&inv.Tasks, run.Task)
		inv.Statuses[run.Status]++
		job := nemo.Text(run.JobID)
		if job == "" {
			job = run.RunID
		}
		jobs[job] = true
		if run.StartedAt != nil && (inv.StartedAt == nil || run.StartedAt.Before(inv.StartedAt.Time)) {
			inv.StartedAt = run.StartedAt
		}
		if run.EndedAt != nil && (inv.EndedAt == nil || run.EndedAt.After(inv.EndedAt.Time)) {
			inv.EndedAt = run.EndedAt
		}
	}
	inv.Jobs = len(jobs)
	slices.Sort(inv.Models)
	slices.Sort(inv.Experiments)
	slices.Sort(inv.Tasks)
	return inv
}

// InvocationsDocument draws a list of invocations.
func InvocationsDocument(v InvocationsValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	for _, inv := range v.Invocations {
		names = append(names, inv.InvocationID)
	}
	return render.Document{
		Kind: Invocations, Data: v, Warnings: warnings,
		Items: items(v.Invocations), ItemKind: "invocation", Summary: v.Listing,
		Screen: invocationsScreen(v, warnings, false), Wide: invocationsScreen(v, warnings, true),
		Brief: invocationsBrief(v), Tables: []render.Records{invocationRecords(v)}, Names: names,
	}
}

func invocationsScreen(v InvocationsValue, warnings []nemo.Warning, wide bool) []render.Block {
	table := render.Table{Columns: []render.Column{
		{Title: "invocation"}, {Title: "model", Flexible: true}, {Title: "jobs", Align: render.Right}, {Title: "tasks", Flexible: true}, {Title: "exported"},
	}}
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: "runs by status"}, render.Column{Title: "experiments"})
	}
	for _, inv := range v.Invocations {
		cells := render.Row{
			strong(inv.InvocationID), plain(orDash(strings.Join(inv.Models, ", "))), plain(strconv.Itoa(inv.Jobs)),
			plain(strings.Join(inv.Tasks, ", ")), muted(minute(inv.EndedAt)),
		}
		if wide {
			cells = append(cells, plain(statuses(inv.Statuses)), plain(strings.Join(inv.Experiments, ", ")))
		}
		table.Rows = append(table.Rows, cells)
	}
	return listScreen(table, v.sentence("invocation"), warnings)
}

func statuses(counts map[string]int) string {
	parts := make([]string, 0, len(counts))
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[status], status))
	}
	return strings.Join(parts, ", ")
}

func invocationsBrief(v InvocationsValue) []string {
	lines := []string{strings.TrimSuffix(v.sentence("invocation"), ".")}
	for i, inv := range v.Invocations {
		if i == briefList {
			break
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s (%s)", inv.InvocationID, orDash(strings.Join(inv.Models, ", ")), strings.Join(inv.Tasks, ", "), statuses(inv.Statuses)))
	}
	return lines
}

func invocationRecords(v InvocationsValue) render.Records {
	records := render.Records{
		Name:    "invocations",
		Columns: []string{"invocation_id", "models", "experiments", "tasks", "jobs", "finished", "other_runs", "started_at", "ended_at"},
		Numeric: []bool{false, false, false, false, true, true, true, false, false},
	}
	for _, inv := range v.Invocations {
		total := 0
		for _, n := range inv.Statuses {
			total += n
		}
		finished := inv.Statuses[query.StatusFinished]
		records.Rows = append(records.Rows, []string{
			inv.InvocationID, strings.Join(inv.Models, " "), strings.Join(inv.Experiments, " "), strings.Join(inv.Tasks, " "),
			strconv.Itoa(inv.Jobs), strconv.Itoa(finished), strconv.Itoa(total - finished), instant(inv.StartedAt), instant(inv.EndedAt),
		})
	}
	return records
}
