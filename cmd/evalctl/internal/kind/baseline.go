package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// BaselineValue is the value of the kind "baseline".
type BaselineValue struct {
	Baselines []BaselineEntry `json:"baselines"`
	Listing
}

// BaselineEntry is a named baseline: one of a settings file, or one that was just
// taken out of it.
type BaselineEntry struct {
	Name     string        `json:"name"`
	Scope    string        `json:"scope"` // project, user
	File     string        `json:"file"`
	Selector *string       `json:"selector"` // what was pinned, as it was typed
	State    string        `json:"state"`
	Runs     []BaselineRun `json:"runs"`
}

// BaselineRun is a run that a baseline is pinned to. SHA256 is the digest of its
// numbers as they were then, Now of those that it has now; nil where they were not
// read.
type BaselineRun struct {
	RunID  string  `json:"run_id"`
	JobID  *string `json:"job_id"`
	Task   *string `json:"task"`
	Source int     `json:"source"` // which of the side's sources, from 0
	Store  string  `json:"store"`
	SHA256 string  `json:"sha256"`
	Now    *string `json:"now"`
}

// States of a baseline.
const (
	BaselineNotChecked = "not_checked"
	BaselineUnchanged  = "unchanged"
	BaselineChanged    = "changed" // a run has other numbers now
	BaselineRemoved    = "removed"
)

// BaselineDocument draws named baselines: a line each, and the runs of those that
// were looked at.
func BaselineDocument(v BaselineValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	table := render.Table{Columns: []render.Column{
		{Title: "baseline"}, {Title: "selector", Flexible: true}, {Title: "runs", Align: render.Right}, {Title: "where"}, {Title: "state"},
	}}
	records := render.Records{
		Name: "baselines", Columns: []string{"name", "scope", "file", "selector", "runs", "stores", "state"}, Numeric: []bool{4: true, 6: false},
	}
	runs := render.Table{Columns: []render.Column{{Title: "job"}, {Title: "task", Flexible: true}, {Title: "run"}, {Title: "numbers"}}}
	runRecords := render.Records{
		Name:    "runs",
		Columns: []string{"name", "run_id", "job_id", "task", "source", "store", "sha256", "now"}, Numeric: []bool{4: true, 7: false},
	}
	brief := []string{strings.TrimSuffix(v.sentence("baseline"), ".")}
	for i, b := range v.Baselines {
		names = append(names, "@"+b.Name)
		state := muted(strings.ReplaceAll(b.State, "_", " "))
		switch b.State {
		case BaselineUnchanged:
			state.Tone = render.Good
		case BaselineChanged:
			state.Tone = render.Bad
		}
		var stores []string
		for _, run := range b.Runs {
			if !slices.Contains(stores, run.Store) {
				stores = append(stores, run.Store)
			}
			runRecords.Rows = append(runRecords.Rows, []string{
				b.Name, run.RunID, nemo.Text(run.JobID), nemo.Text(run.Task), strconv.Itoa(run.Source), run.Store, run.SHA256, nemo.Text(run.Now),
			})
			if run.Now == nil {
				continue
			}
			numbers := render.Cell{Text: "as pinned", Tone: render.Good}
			if *run.Now != run.SHA256 {
				numbers = render.Cell{Text: "changed", Tone: render.Bad}
			}
			runs.Rows = append(runs.Rows, render.Row{plain(orDash(nemo.Text(run.JobID))), plain(orDash(nemo.Text(run.Task))), muted(run.RunID), numbers})
		}
		table.Rows = append(table.Rows, render.Row{
			strong("@" + b.Name), plain(orDash(nemo.Text(b.Selector))), plain(strconv.Itoa(len(b.Runs))), muted(b.File), state,
		})
		records.Rows = append(records.Rows, []string{
			b.Name, b.Scope, b.File, nemo.Text(b.Selector), strconv.Itoa(len(b.Runs)), strings.Join(stores, " "), b.State,
		})
		if i < briefList {
			brief = append(brief, fmt.Sprintf("@%s %s %s, %s", b.Name, orDash(nemo.Text(b.Selector)), plural(len(b.Runs), "run"), strings.ReplaceAll(b.State, "_", " ")))
		}
	}
	for _, w := range briefly(warnings) {
		brief = append(brief, warningLine(w)+w.Message)
	}
	screen := listScreen(table, v.sentence("baseline"), warnings)
	if len(runs.Rows) > 0 {
		screen = append([]render.Block{table, runs}, screen[1:]...)
	}
	return render.Document{
		Kind: Baseline, Data: v, Warnings: warnings,
		Items: items(v.Baselines), ItemKind: "baseline", Summary: v.Listing,
		Screen: screen, Brief: brief, Tables: []render.Records{records, runRecords}, Names: names,
	}
}
