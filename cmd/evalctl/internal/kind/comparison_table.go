package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// line is the rows of one score: one for each candidate.
type line []compare.Row

// lines groups rows of the same score.
func (d *comparisonScreen) lines() []line {
	var lines []line
	at := map[string]int{}
	for _, row := range d.c.Rows {
		key := strings.Join([]string{row.Task, nemo.Text(row.Variant), row.Section, row.Name, row.Metric, row.Score}, "\x00")
		i, ok := at[key]
		if !ok {
			i = len(lines)
			at[key] = i
			lines = append(lines, make(line, len(d.c.Sides)-1))
		}
		lines[i][d.candidate(row.Cand.Side)] = row
	}
	return lines
}

func (d *comparisonScreen) candidate(label string) int {
	return slices.IndexFunc(d.c.Sides, func(s compare.SideSummary) bool { return s.Label == label }) - 1
}

func (d *comparisonScreen) rows(wide bool) render.Table {
	base := d.c.Sides[0].Label
	table := render.Table{Columns: []render.Column{{Title: "task", Flexible: true}, {Title: "score", Flexible: true}, {Title: base, Align: render.Point}}}
	for i, side := range d.c.Sides[1:] {
		delta := "Δ"
		if len(d.c.Sides) > 2 {
			delta = "Δ" + strconv.Itoa(i+1)
		}
		table.Columns = append(table.Columns,
			render.Column{Title: side.Label, Align: render.Point}, render.Column{Title: delta, Align: render.Point}, render.Column{})
	}
	if len(d.c.Sides) == 2 {
		table.Columns = append(table.Columns, render.Column{Title: percentText(d.c.Settings.Confidence) + " interval", Align: render.Point})
	}
	if wide {
		table.Columns = append(table.Columns,
			render.Column{Title: "p adj", Align: render.Point}, render.Column{Title: "method"}, render.Column{Title: "relative", Align: render.Point}, render.Column{Title: "n", Align: render.Right},
			render.Column{Title: "scale"}, render.Column{Title: "better"})
	}
	places := map[catalog.Scale]int{}
	for _, e := range d.entries() {
		if e.headless != nil {
			mark := d.notes.mark("--scores all shows the scores of a task without headline")
			table.Rows = append(table.Rows, render.Row{
				plain(e.task), muted(plural(len(e.headless.Keys), "score")), muted(dash), muted(dash), muted(dash),
				{Text: strings.TrimSpace(mark), Tone: render.Caution},
			})
			continue
		}
		first := e.line.first()
		cells, p := d.line(e.line, first, wide)
		if first.Primary {
			places[first.Scale] = max(places[first.Scale], p)
		}
		table.Rows = append(table.Rows, cells)
	}
	if averages := d.averages(places, wide); len(averages) > 0 {
		if len(table.Rows) > 0 {
			table.Rows = append(table.Rows, nil)
		}
		table.Rows = append(table.Rows, averages...)
	}
	return table
}

// entry is a line of the table: a score, or a task without headline of which no
// score is shown.
type entry struct {
	task     string
	line     line
	headless *nemo.Warning
}

// entries lists the lines in the order in which they are drawn, so that notes are
// numbered as they are read.
func (d *comparisonScreen) entries() []entry {
	var entries []entry
	shown := map[string]bool{}
	for _, l := range d.lines() {
		task := l.first().Task
		shown[task] = true
		entries = append(entries, entry{task: task, line: l})
	}
	for i, w := range d.warnings {
		if w.Code == "NO_PRIMARY_SCORE" && !shown[w.Task] {
			entries = append(entries, entry{task: w.Task, headless: &d.warnings[i]})
		}
	}
	byTask := func(a, b compare.Row) int { return strings.Compare(a.Task, b.Task) }
	if slices.IsSortedFunc(d.c.Rows, byTask) { // else they were sorted by something else
		slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.task, b.task) })
	}
	return entries
}

// first is the first row of a line that there is.
func (l line) first() compare.Row {
	for _, row := range l {
		if row.Task != "" {
			return row
		}
	}
	return compare.Row{}
}

// line draws one score and returns with how many decimals.
func (d *comparisonScreen) line(l line, first compare.Row, wide bool) (render.Row, int) {
	values := []*decimal.Decimal{first.Base.Value}
	errs := []*decimal.Decimal{standardError(first.Base)}
	for _, row := range l {
		values = append(values, row.Cand.Value)
		errs = append(errs, standardError(row.Cand))
	}
	places := placesOf(first.Scale, values, errs)
	task := first.Task
	if first.Variant != nil {
		task += " " + *first.Variant
	}
	cells := render.Row{plain(task), plain(scoreName(first)), plain(withError(first.Base.Value, standardError(first.Base), places))}
	for i, row := range l {
		if row.Task == "" { // this candidate has no such row
			cells = append(cells, muted(dash), muted(dash), plain(""))
			continue
		}
		tone := toneOf(row.Verdict)
		cells = append(cells,
			plain(withError(row.Cand.Value, standardError(row.Cand), places)),
			render.Cell{Text: signed(row.Delta, places), Tone: tone},
			render.Cell{Text: strings.TrimSpace(verdictMark(row.Verdict) + d.marks(row, d.c.Sides[i+1].Label)), Tone: tone})
	}
	if len(d.c.Sides) == 2 {
		cells = append(cells, plain(intervalText(first.Inference.CI, places)))
	}
	if wide {
		row := first
		relative := dash
		if row.Relative != nil {
			percent := row.Relative.Mul(decimal.FromInt(100))
			relative = signed(&percent, 1) + " %"
		}
		cells = append(cells, plain(pOf(row.Inference)), plain(nemo.Text(row.Inference.Method)), plain(relative), plain(pairOf(row.Base.N, row.Cand.N)), plain(string(row.Scale)),
			plain(string(row.Direction)))
	}
	return cells, places
}

// standardError is what is shown behind ±: what the harness reports. The spread
// of several runs is another quantity and is not shown as one.
func standardError(v compare.Value) *decimal.Decimal {
	if v.Repeats > 1 {
		return nil
	}
	return v.Stderr
}

func pairOf(a, b *decimal.Decimal) string {
	switch {
	case a == nil && b == nil:
		return dash
	case a != nil && b != nil && a.Equal(*b):
		return whole(a)
	default:
		return whole(a) + "/" + whole(b)
	}
}

// scoreName is the shortest name that says which score it is: the score, with
// the metric or the name in results.yml where the score alone does not.
func scoreName(row compare.Row) string {
	if row.Primary {
		return headline(row.Metric, row.Score)
	}
	name := row.Metric
	if row.Score != row.Metric {
		name += "/" + row.Score
	}
	if row.Name != row.Task {
		name = row.Name + "/" + name
	}
	return name
}

// headline shortens the name of a primary score: exact_match__strict-match is
// known by its filter, pass@1/correct by its score.
func headline(metric, score string) string {
	if _, filter, found := strings.Cut(score, "__"); found && metric == score {
		return filter
	}
	return score
}

// marks are the footnotes of one row.
func (d *comparisonScreen) marks(row compare.Row, label string) string {
	var marks string
	hasNumbers := row.Base.Value != nil && row.Cand.Value != nil
	oneSided := row.Base.Repeats == 0 || row.Cand.Repeats == 0
	if row.Verdict == compare.NotComparable && (hasNumbers || oneSided) {
		marks += d.notes.mark(d.notComparable(row))
	}
	for _, w := range row.Warnings {
		if w.Code == unpairedCode {
			continue // said once, below
		}
		note := w.Message
		if len(w.Keys) > 0 {
			note += ": " + strings.Join(w.Keys, ", ")
		}
		if len(d.c.Sides) > 2 || d.many {
			note = label + ": " + note
		}
		marks += d.notes.mark(note)
	}
	return marks
}

// notComparable says why a row is not: which side has nothing and why, or which
// settings differ.
func (d *comparisonScreen) notComparable(row compare.Row) string {
	if slices.Contains(row.Reasons, nemo.ReasonAbsentOnSide) {
		absent := row.Cand.Side
		if row.Base.Repeats == 0 {
			absent = row.Base.Side
		}
		for _, m := range d.c.Missing {
			if m.Side == absent && nemo.Text(m.Task) == row.Task {
				return "nothing on " + absent + ": " + missingReason(m)
			}
		}
		return absent + " does not have this score"
	}
	keys := differences(row)
	verb := "differ"
	if len(keys) == 1 {
		verb = "differs"
	}
	return fmt.Sprintf("not comparable (%s %s); in no average; --allow accepts a difference", strings.Join(keys, ", "), verb)
}

// differences are the settings that make a row not comparable: its reasons, less
// what they say of its numbers.
func differences(row compare.Row) []string {
	return slices.DeleteFunc(slices.Clone(row.Reasons), func(reason string) bool { return reason == string(infer.ReasonBaseZero) })
}

// averages are the lines below the rows: one a scale and direction.
func (d *comparisonScreen) averages(places map[catalog.Scale]int, wide bool) []render.Row {
	var order []averageKey
	byKey := map[averageKey][]compare.Average{}
	for i, a := range d.c.Averages {
		if a.Kind == compare.Micro && !wide && i > 0 && sameMeans(a, d.c.Averages[i-1]) {
			continue // the tasks weigh the same
		}
		k := averageKey{a.Kind, a.Scale, a.Direction}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], a)
	}
	var rows []render.Row
	for _, k := range order {
		first := byKey[k][0]
		p := max(places[k.scale], meanPlaces(k.scale))
		cells := render.Row{strong(meanName(k.kind)), plain(scaleName(k.scale, k.direction)), strong(fixed(first.Base.Value, p))}
		var over []string // how many tasks, for each candidate
		for _, side := range d.c.Sides[1:] {
			i := slices.IndexFunc(byKey[k], func(a compare.Average) bool { return a.Cand.Side == side.Label })
			if i < 0 {
				cells = append(cells, muted(dash), muted(dash), plain(""))
				continue
			}
			a := byKey[k][i]
			mark := ""
			if len(a.Dropped) > 0 {
				parts := make([]string, len(a.Dropped))
				for j, dropped := range a.Dropped {
					parts[j] = fmt.Sprintf("%s (%s)", withVariant(dropped.Task, dropped.Variant), reasonWords(dropped.Reason))
				}
				mark = d.notes.mark("left out of the mean: " + strings.Join(parts, ", "))
			}
			if a.Of > a.Tasks && a.Tasks > 0 && a.Base.Value == nil {
				mark += d.notes.mark("withheld: --on-missing refuse makes no mean of part of the tasks")
			}
			denominator := fmt.Sprintf("%d of %s%s", a.Tasks, plural(a.Of, "task"), mark)
			if len(d.c.Sides) > 2 && a.Base.Value != nil && first.Base.Value != nil && !a.Base.Value.Equal(*first.Base.Value) {
				denominator += " (base " + fixed(a.Base.Value, p) + ")"
			}
			over = append(over, denominator)
			cells = append(cells, strong(fixed(a.Cand.Value, p)), render.Cell{Text: signed(a.Delta, p), Tone: render.Strong}, render.Cell{Text: verdictMark(a.Verdict), Tone: toneOf(a.Verdict)})
		}
		if distinct := slices.Compact(slices.Clone(over)); len(distinct) == 1 {
			over = distinct // said once
		}
		cells = append(cells, plain(strings.Join(over, "; ")))
		rows = append(rows, cells)
	}
	return rows
}

// sameMeans reports whether two averages say the same of both sides.
func sameMeans(a, b compare.Average) bool {
	same := func(x, y *decimal.Decimal) bool { return x != nil && y != nil && x.Equal(*y) }
	return a.Scale == b.Scale && a.Cand.Side == b.Cand.Side && same(a.Base.Value, b.Base.Value) && same(a.Cand.Value, b.Cand.Value)
}

// meanPlaces is the least number of decimals of a mean: a tenth of a point.
func meanPlaces(scale catalog.Scale) int {
	if scale == catalog.Fraction {
		return 3
	}
	return 1
}
