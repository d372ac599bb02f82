package kind

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/render"
)

// keyColumns say what a line of the main table is about: task and score.
const keyColumns = 2

// sideBySide is the main table, with all sides. Where names of scores would be
// cut, tasks stand above their scores.
func (d *comparisonScreen) sideBySide(wide bool) []render.Block {
	table := d.rows(wide)
	if len(table.Rows) == 0 {
		return nil
	}
	table.Keys = keyColumns
	if wide {
		return []render.Block{table}
	}
	return []render.Block{render.Alternatives{{table}, {byTask(table)}}}
}

// oneByOne is a table for each candidate.
func (d *comparisonScreen) oneByOne(wide bool) []render.Block {
	var blocks []render.Block
	for i := range d.c.Sides[1:] {
		pair := d.pair(i + 1)
		if i > 0 {
			// What no side has a headline for is said once.
			pair.warnings = nil
		}
		blocks = append(blocks, pair.sideBySide(wide)...)
		d.notes = pair.notes
	}
	return blocks
}

// runtimes are the tables of runtime measures, one a candidate.
func (d *comparisonScreen) runtimes() []render.Block {
	var blocks []render.Block
	for i := range d.c.Sides[1:] {
		if pair := d.pair(i + 1); len(pair.c.Runtime) > 0 {
			table := pair.runtime()
			blocks = append(blocks, render.Alternatives{{table}, {byTask(table)}})
		}
	}
	return blocks
}

// pair is the comparison of the baseline with one candidate, by its place.
func (d *comparisonScreen) pair(candidate int) comparisonScreen {
	pair := *d
	side := d.c.Sides[candidate]
	pair.many = len(d.c.Sides) > 2
	pair.c.Sides = []compare.SideSummary{d.c.Sides[0], side}
	pair.c.Rows, pair.c.Averages, pair.c.Runtime = nil, nil, nil
	for _, row := range d.c.Rows {
		if row.Cand.Side == side.Label {
			pair.c.Rows = append(pair.c.Rows, row)
		}
	}
	for _, average := range d.c.Averages {
		if average.Cand.Side == side.Label {
			pair.c.Averages = append(pair.c.Averages, average)
		}
	}
	for _, runtime := range d.c.Runtime {
		if runtime.Cand.Side == side.Label {
			pair.c.Runtime = append(pair.c.Runtime, runtime)
		}
	}
	return pair
}

// byTask is a table whose first two columns are a task and something of it, with a
// line for each task above what it has, which then has the room of both columns.
// Lines after a blank one are not of a task: they begin with both.
func byTask(t render.Table) render.Table {
	out := render.Table{Columns: slices.Clone(t.Columns[1:])}
	out.Columns[0].Middle = true
	task, below := "", false
	for _, row := range t.Rows {
		if len(row) < keyColumns {
			out.Rows = append(out.Rows, row)
			task, below = "", true
			continue
		}
		score := row[1]
		switch {
		case below:
			score = render.Cell{Text: row[0].Text + " " + score.Text, Tone: row[0].Tone}
		case row[0].Text != task:
			task = row[0].Text
			out.Rows = append(out.Rows, render.Row{row[0]})
			fallthrough
		default:
			score.Text = "  " + score.Text
		}
		out.Rows = append(out.Rows, append(render.Row{score}, row[keyColumns:]...))
	}
	return out
}
