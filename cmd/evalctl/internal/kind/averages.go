package kind

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// AveragesDocument draws the averages of one side or several.
func AveragesDocument(a compare.Averages, warnings []nemo.Warning) render.Document {
	return render.Document{
		Kind: Averages, Data: a, Warnings: warnings,
		Items: averageItems(a.Averages), ItemKind: "average", Summary: nil,
		Screen: averagesScreen(a, warnings, false),
		Wide:   averagesScreen(a, warnings, true),
		Brief:  averagesBrief(a, warnings),
		Tables: []render.Records{sideAverageRecords(a)},
	}
}

// averageItem is an average in JSON Lines, where "kind" says what the line is: the
// kind of average is called "average" there.
type averageItem struct {
	Average string    `json:"average"`
	Kind    *struct{} `json:"kind,omitempty"` // hides the embedded one
	compare.SideAverage
}

func averageItems(averages []compare.SideAverage) []any {
	list := make([]any, len(averages))
	for i, a := range averages {
		list[i] = averageItem{Average: a.Kind, SideAverage: a}
	}
	return list
}

func averagesScreen(a compare.Averages, warnings []nemo.Warning, wide bool) []render.Block {
	notes := &footnotes{}
	blocks := []render.Block{sidesTable(a.Sides), averagesTable(a.Averages, notes)}
	if wide {
		if parts := partsTable(a.Averages); len(parts.Rows) > 0 {
			blocks = append(blocks, parts)
		}
	}
	notes.rest(warnings, "NO_PRIMARY_SCORE")
	for _, w := range warnings {
		if w.Code == "NO_PRIMARY_SCORE" {
			notes.mark(w.Message + ", so it is in no average")
		}
	}
	return append(blocks, notes.blocks()...)
}

// averagesTable is a line an average; show uses it too.
func averagesTable(averages []compare.SideAverage, notes *footnotes) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "side"}, {Title: "average"}, {Title: "scale"}, {Title: "value", Align: render.Point}, {Title: "over"},
	}}
	for _, a := range averages {
		over := fmt.Sprintf("%d of %s", a.Tasks, plural(a.Of, "task"))
		if len(a.Dropped) > 0 {
			parts := make([]string, len(a.Dropped))
			for i, d := range a.Dropped {
				parts[i] = fmt.Sprintf("%s (%s)", d.Task, reasonWords(d.Reason))
			}
			over += notes.mark("left out: " + strings.Join(parts, ", "))
		}
		var values []*decimal.Decimal
		for _, p := range a.Parts {
			values = append(values, p.Value)
		}
		table.Rows = append(table.Rows, render.Row{
			strong(a.Side), plain(a.Kind), plain(string(a.Scale)),
			strong(fixed(a.Value, max(placesOf(a.Scale, values, nil), meanPlaces(a.Scale)))), plain(over),
		})
	}
	return table
}

func partsTable(averages []compare.SideAverage) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "side"}, {Title: "task", Flexible: true}, {Title: "value", Align: render.Point}, {Title: "n", Align: render.Right}, {Title: "runs", Align: render.Right},
	}}
	for _, a := range averages {
		for _, p := range a.Parts {
			table.Rows = append(table.Rows, render.Row{
				plain(a.Side), plain(p.Task), plain(fixed(p.Value, placesOf(a.Scale, []*decimal.Decimal{p.Value}, nil))),
				plain(whole(p.N)), plain(strconv.Itoa(p.Repeats)),
			})
		}
	}
	return table
}

// averagesBrief is the averages, and what they leave out without saying so.
func averagesBrief(a compare.Averages, warnings []nemo.Warning) []string {
	lines := make([]string, 0, len(a.Averages))
	for _, average := range a.Averages {
		lines = append(lines, averageLine(average, len(a.Sides) > 1))
	}
	if len(lines) == 0 {
		lines = append(lines, "no average: no task has a headline of a known scale")
	}
	for _, side := range a.Sides {
		if side.Configured != nil && side.Tasks < *side.Configured {
			lines = append(lines, fmt.Sprintf("missing: %s has results of %d of %s", side.Label, side.Tasks, plural(*side.Configured, "task")))
		}
	}
	for _, w := range warnings {
		line := "warning " + w.Code + ": "
		if w.Side != "" {
			line += w.Side + ": "
		}
		lines = append(lines, line+w.Message)
	}
	return lines
}

// averageLine is one average in a line of prose.
func averageLine(a compare.SideAverage, named bool) string {
	line := fmt.Sprintf("mean %s %s (%d of %d tasks)", a.Scale, compact(a.Value), a.Tasks, a.Of)
	if a.Value == nil {
		line = fmt.Sprintf("mean %s: none (%d of %d tasks)", a.Scale, a.Tasks, a.Of)
	}
	if named {
		line = a.Side + ": " + line
	}
	if len(a.Dropped) > 0 {
		line += "; left out " + strings.ReplaceAll(droppedText(a.Dropped), " ", ", ")
	}
	return line
}

func sideAverageRecords(a compare.Averages) render.Records {
	records := render.Records{
		Name:    "averages",
		Columns: []string{"side", "kind", "scale", "direction", "value", "exact", "tasks", "of", "dropped", "verdict"},
		Numeric: []bool{false, false, false, false, true, false, true, true, false, false},
	}
	for _, average := range a.Averages {
		exact := ""
		if average.Exact != nil {
			exact = strconv.FormatBool(*average.Exact)
		}
		records.Rows = append(records.Rows, []string{
			average.Side, average.Kind, string(average.Scale), string(average.Direction), text(average.Value), exact,
			strconv.Itoa(average.Tasks), strconv.Itoa(average.Of), droppedText(average.Dropped), string(average.Verdict),
		})
	}
	return records
}
