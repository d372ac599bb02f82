package kind

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
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
		Tables: []render.Records{sideAverageRecords(a), partRecords(a), missingRecords(a.Missing)},
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
	blocks := []render.Block{sidesTable(a.Sides), averagesTable(ranked(a.Averages, a.Sides), notes)}
	if lines := commonLines(a); len(lines) > 0 {
		blocks = append(blocks, lines)
	}
	if wide {
		if parts := partsTable(a.Averages); len(parts.Rows) > 0 {
			blocks = append(blocks, parts)
		}
	}
	for _, note := range withoutMicro(a.Averages) {
		notes.mark(note)
	}
	for _, w := range warnings {
		if w.Count > 0 {
			notes.mark(countedNote(w))
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

// countedNote is a warning about rows that are not shown.
func countedNote(w nemo.Warning) string {
	note := w.Message
	if len(w.Keys) > 0 {
		note += ": " + strings.Join(w.Keys, ", ")
	}
	return fmt.Sprintf("%s (%s)", note, plural(w.Count, "row"))
}

// averageKey is what averages of several sides have in common.
type averageKey struct {
	kind      string
	scale     catalog.Scale
	direction catalog.Direction
}

func keyOf(a compare.SideAverage) averageKey { return averageKey{a.Kind, a.Scale, a.Direction} }

// ranked puts the sides of each average in the order of their ranks; those without
// one follow as they were given. An order that --sort-by made stays.
func ranked(averages []compare.SideAverage, sides []compare.SideSummary) []compare.SideAverage {
	for i, a := range averages {
		if len(sides) > 0 && a.Side != sides[i%len(sides)].Label {
			return averages
		}
	}
	position := map[averageKey]int{}
	for i, a := range averages {
		if _, ok := position[keyOf(a)]; !ok {
			position[keyOf(a)] = i
		}
	}
	rank := func(a compare.SideAverage) int {
		if a.Rank == nil {
			return len(averages) + 1
		}
		return *a.Rank
	}
	sorted := slices.Clone(averages)
	slices.SortStableFunc(sorted, func(a, b compare.SideAverage) int {
		return cmp.Or(cmp.Compare(position[keyOf(a)], position[keyOf(b)]), cmp.Compare(rank(a), rank(b)))
	})
	return sorted
}

// shown are the averages that have a line of their own: not a micro average that
// could not be made, of which a note tells, nor one that says for every side what
// the macro average says.
func shown(averages []compare.SideAverage) []compare.SideAverage {
	macro := func(a compare.SideAverage) *decimal.Decimal {
		for _, other := range averages {
			if other.Kind == compare.Macro && other.Side == a.Side && other.Scale == a.Scale && other.Direction == a.Direction {
				return other.Value
			}
		}
		return nil
	}
	own := map[averageKey]bool{}
	for _, a := range averages {
		if m := macro(a); a.Kind == compare.Macro || a.Value != nil && (m == nil || !m.Equal(*a.Value)) {
			own[keyOf(a)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(averages), func(a compare.SideAverage) bool { return !own[keyOf(a)] })
}

// averagesTable is a line an average; show uses it too.
func averagesTable(averages []compare.SideAverage, notes *footnotes) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "side"}, {Title: "average"}, {Title: "scale"}, {Title: "value", Align: render.Point}, {Title: "over"},
	}}
	standings := slices.ContainsFunc(averages, func(a compare.SideAverage) bool { return a.Rank != nil })
	if standings {
		table.Columns = append([]render.Column{{Title: "rank", Align: render.Right}}, table.Columns...)
		table.Columns = slices.Insert(table.Columns, 5, render.Column{Title: "won", Align: render.Right},
			render.Column{Title: "lost", Align: render.Right}, render.Column{Title: "tied", Align: render.Right})
	}
	for _, a := range shown(averages) {
		over := fmt.Sprintf("%d of %s", a.Tasks, plural(a.Of, "task"))
		if len(a.Dropped) > 0 {
			parts := make([]string, len(a.Dropped))
			for i, d := range a.Dropped {
				parts[i] = fmt.Sprintf("%s (%s)", withVariant(d.Task, d.Variant), absenceWords(d.Reason))
			}
			over += notes.mark("left out: " + strings.Join(parts, ", "))
		}
		if slices.Contains(a.Reasons, "missing_tasks") {
			over += notes.mark("withheld: --on-missing refuse makes no mean of part of the tasks")
		}
		var values []*decimal.Decimal
		for _, p := range a.Parts {
			values = append(values, p.Value)
		}
		cells := render.Row{
			strong(a.Side), plain(a.Kind), plain(scaleName(a.Scale, a.Direction)),
			strong(fixed(a.Value, max(placesOf(a.Scale, values, nil), meanPlaces(a.Scale)))), plain(over),
		}
		if standings {
			cells = append(render.Row{plain(orDash(counted(a.Rank)))}, cells...)
			cells = slices.Insert(cells, 5, plain(orDash(counted(a.Wins))), plain(orDash(counted(a.Losses))), plain(orDash(counted(a.Ties))))
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// absenceWords says why a task is in no average of several sides.
func absenceWords(reason string) string {
	if reason == nemo.ReasonAbsentOnSide {
		return "not on every side"
	}
	return reasonWords(reason)
}

// scaleName is a scale, and which way is better where that is not up.
func scaleName(scale catalog.Scale, direction catalog.Direction) string {
	if direction == catalog.Lower {
		return string(scale) + ", lower is better"
	}
	return string(scale)
}

// withVariant names a task and, where there are several, the variant.
func withVariant(task string, variant *string) string {
	if variant == nil {
		return task
	}
	return task + " " + *variant
}

// commonLines says of several sides which tasks their means are over, a line a
// scale.
func commonLines(a compare.Averages) render.Paragraph {
	var lines render.Paragraph
	if len(a.Sides) < 2 {
		return lines
	}
	for _, average := range a.Averages {
		if average.Kind != compare.Macro || average.Side != a.Sides[0].Label {
			continue
		}
		all := fmt.Sprintf("all %d sides have", len(a.Sides))
		if len(a.Sides) == 2 {
			all = "both sides have"
		}
		line := fmt.Sprintf("Of %s of scale %s there is none that %s, asked the same question.", plural(average.Of, "task"), average.Scale, all)
		if len(average.Parts) > 0 {
			names := make([]string, len(average.Parts))
			for i, p := range average.Parts {
				names[i] = withVariant(p.Task, p.Variant)
			}
			line = fmt.Sprintf("Over %d of %s of scale %s, those that %s and that asked the same question: %s.",
				average.Tasks, plural(average.Of, "task"), average.Scale, all, strings.Join(names, ", "))
		}
		lines = append(lines, muted(line))
	}
	return lines
}

// withoutMicro says why there is no mean over questions, a line a scale.
func withoutMicro(averages []compare.SideAverage) []string {
	var notes []string
	for _, a := range averages {
		if a.Kind != compare.Micro || a.Value != nil {
			continue
		}
		for _, reason := range a.Reasons {
			var note string
			switch reason {
			case "n_unknown":
				var names []string
				for _, p := range a.Parts {
					if p.N == nil || p.N.Sign() <= 0 {
						names = append(names, withVariant(p.Task, p.Variant))
					}
				}
				if len(names) == 0 { // another side's
					continue
				}
				note = fmt.Sprintf("no micro mean of scale %s: n is not recorded for %s", a.Scale, strings.Join(names, ", "))
			case "n_differs":
				note = fmt.Sprintf("no micro mean of scale %s: the sides answered different numbers of questions", a.Scale)
			default:
				continue // said at the macro average
			}
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return notes
}

func partsTable(averages []compare.SideAverage) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "side"}, {Title: "task", Flexible: true}, {Title: "value", Align: render.Point}, {Title: "n", Align: render.Right}, {Title: "runs", Align: render.Right},
	}}
	for _, a := range averages {
		if a.Kind != compare.Macro {
			continue // the same parts
		}
		for _, p := range a.Parts {
			table.Rows = append(table.Rows, render.Row{
				plain(a.Side), plain(withVariant(p.Task, p.Variant)), plain(fixed(p.Value, placesOf(a.Scale, []*decimal.Decimal{p.Value}, nil))),
				plain(whole(p.N)), plain(strconv.Itoa(p.Repeats)),
			})
		}
	}
	return table
}

// averagesBrief is the averages, and what they leave out without saying so.
func averagesBrief(a compare.Averages, warnings []nemo.Warning) []string {
	lines := make([]string, 0, len(a.Averages))
	for _, average := range shown(ranked(a.Averages, a.Sides)) {
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
	for _, w := range briefly(warnings) {
		line := warningLine(w)
		if w.Count > 0 {
			line += countedNote(w)
		} else {
			line += w.Message
		}
		lines = append(lines, line)
	}
	return lines
}

// averageLine is one average in a line of prose.
func averageLine(a compare.SideAverage, named bool) string {
	over := fmt.Sprintf("%d of %s", a.Tasks, plural(a.Of, "task"))
	line := fmt.Sprintf("%s %s %s (%s)", meanName(a.Kind), a.Scale, compact(a.Value), over)
	if a.Value == nil {
		line = fmt.Sprintf("%s %s: none (%s)", meanName(a.Kind), a.Scale, over)
	}
	if named {
		line = a.Side + ": " + line
		if a.Rank != nil {
			line = fmt.Sprintf("%s. %s; %s won, %s lost, %s tied", counted(a.Rank), line, counted(a.Wins), counted(a.Losses), counted(a.Ties))
		}
	}
	if len(a.Dropped) > 0 {
		line += "; left out " + strings.Join(droppedNames(a.Dropped), ", ")
	}
	return line
}

// counted is the text of an optional count; "" for none.
func counted(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// meanName is what a kind of average is called in prose.
func meanName(kind string) string {
	if kind == compare.Macro {
		return "mean"
	}
	return kind + " mean"
}

// partRecords is what each average is made of, as a table.
func partRecords(a compare.Averages) render.Records {
	records := render.Records{
		Name:    "parts",
		Columns: []string{"side", "kind", "scale", "direction", "task", "variant", "value", "n", "repeats"},
		Numeric: []bool{false, false, false, false, false, false, true, true, true},
	}
	for _, average := range a.Averages {
		for _, p := range average.Parts {
			records.Rows = append(records.Rows, []string{
				average.Side, average.Kind, string(average.Scale), string(average.Direction), p.Task, nemo.Text(p.Variant),
				text(p.Value), text(p.N), strconv.Itoa(p.Repeats),
			})
		}
	}
	return records
}

func sideAverageRecords(a compare.Averages) render.Records {
	records := render.Records{
		Name:    "averages",
		Columns: []string{"side", "kind", "scale", "direction", "value", "exact", "tasks", "of", "dropped", "verdict", "wins", "losses", "ties", "rank", "reasons"},
		Numeric: []bool{false, false, false, false, true, false, true, true, false, false, true, true, true, true, false},
	}
	for _, average := range a.Averages {
		exact := ""
		if average.Exact != nil {
			exact = strconv.FormatBool(*average.Exact)
		}
		records.Rows = append(records.Rows, []string{
			average.Side, average.Kind, string(average.Scale), string(average.Direction), text(average.Value), exact,
			strconv.Itoa(average.Tasks), strconv.Itoa(average.Of), droppedText(average.Dropped), string(average.Verdict),
			counted(average.Wins), counted(average.Losses), counted(average.Ties), counted(average.Rank), strings.Join(average.Reasons, " "),
		})
	}
	return records
}
