package kind

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// ConfigDocument draws how runs were configured.
func ConfigDocument(c compare.Configs, warnings []nemo.Warning) render.Document {
	return render.Document{
		Kind: Config, Data: c, Warnings: warnings,
		Items: items(c.Runs), ItemKind: "config", Summary: nil,
		Screen: configScreen(c, warnings),
		Wide:   configScreen(c, warnings),
		Brief:  configBrief(c, warnings),
		Tables: []render.Records{configFileRecords(c), configRecords(c)},
	}
}

func configScreen(c compare.Configs, warnings []nemo.Warning) []render.Block {
	notes := &footnotes{}
	var blocks []render.Block
	for _, run := range c.Runs {
		table := render.Table{NoHeader: true, Columns: []render.Column{{}, {Flexible: true}}}
		for _, key := range slices.Sorted(maps.Keys(run.Values)) {
			table.Rows = append(table.Rows, render.Row{muted(key), settingCell(run.Values[key])})
		}
		blocks = append(blocks, render.Paragraph{strong(configTitle(run))}, table)
	}
	if len(c.Runs) == 0 {
		blocks = append(blocks, render.Paragraph{{Text: "No run has a readable file of its configuration.", Tone: render.Caution}})
	}
	notes.rest(warnings)
	return append(blocks, notes.blocks()...)
}

// configTitle names a run and the file: "arith c0bd961e50124ab3.0 artifacts/results.yml".
func configTitle(run compare.RunConfig) string {
	id := run.RunID
	if run.JobID != nil {
		id = *run.JobID
	}
	return fmt.Sprintf("%s  %s  %s", orDash(nemo.Text(run.Task)), id, run.File)
}

// settingCell is a value, or that there is none.
func settingCell(value *string) render.Cell {
	if value == nil {
		return muted("not set")
	}
	return plain(*value)
}

// configBrief says of each file how much it holds: settings are long.
func configBrief(c compare.Configs, warnings []nemo.Warning) []string {
	var lines []string
	for _, run := range c.Runs {
		lines = append(lines, fmt.Sprintf("%s: %s", configTitle(run), plural(len(run.Values), "key")))
	}
	for _, w := range warnings {
		lines = append(lines, "warning "+w.Code+": "+w.Message)
	}
	return append(lines, more)
}

// configFileRecords is a line a file of a run.
func configFileRecords(c compare.Configs) render.Records {
	records := render.Records{
		Name:    "files",
		Columns: []string{"run_id", "job_id", "task", "file", "keys"},
		Numeric: []bool{false, false, false, false, true},
	}
	for _, run := range c.Runs {
		records.Rows = append(records.Rows, []string{
			run.RunID, nemo.Text(run.JobID), nemo.Text(run.Task), run.File, strconv.Itoa(len(run.Values)),
		})
	}
	return records
}

// configRecords is a line a key of a file.
func configRecords(c compare.Configs) render.Records {
	records := render.Records{
		Name:    "values",
		Columns: []string{"run_id", "job_id", "task", "file", "key", "state", "value"},
		Numeric: []bool{false, false, false, false, false, false, false},
	}
	for _, run := range c.Runs {
		for _, key := range slices.Sorted(maps.Keys(run.Values)) {
			state := "set"
			if run.Values[key] == nil {
				state = "not_set"
			}
			records.Rows = append(records.Rows, []string{
				run.RunID, nemo.Text(run.JobID), nemo.Text(run.Task), run.File, key, state, nemo.Text(run.Values[key]),
			})
		}
	}
	return records
}
