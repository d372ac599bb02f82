package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// GateDocument draws a gate's answer.
func GateDocument(a gate.Answer, warnings []nemo.Warning) render.Document {
	draw := gateScreen{a: a, warnings: warnings}
	return render.Document{
		Kind: Gate, Data: a, Warnings: warnings,
		Items: items(a.Rows), ItemKind: "row", Summary: gateSummary{a.Verdict, a.Counts, a.Bounds, a.NotJudged},
		Screen: draw.blocks(false), Wide: draw.blocks(true), Brief: draw.brief(),
		Tables: []render.Records{gateRecords(a), boundRecords(a), missingRecords(a.Missing), notJudgedRecords(a)},
		Report: draw.report(),
	}
}

// gateSummary closes JSON Lines.
type gateSummary struct {
	Verdict gate.Result `json:"verdict"`
	gate.Counts
	Bounds    []gate.BoundResult `json:"bounds"`
	NotJudged []gate.NotJudged   `json:"not_judged"`
}

// gateScreen draws for people.
type gateScreen struct {
	a        gate.Answer
	warnings []nemo.Warning
	notes    footnotes
}

func (d gateScreen) blocks(wide bool) []render.Block {
	blocks := []render.Block{
		render.Paragraph{{Text: d.verdict(), Tone: gateTone(d.a.Verdict, true)}},
		sidesTable(d.a.Sides),
	}
	if len(d.a.Rows) > 0 {
		blocks = append(blocks, d.rows(wide))
	}
	if len(d.a.Bounds) > 0 {
		blocks = append(blocks, d.bounds(wide))
	}
	if prose := d.prose(); len(prose) > 0 {
		blocks = append(blocks, prose)
	}
	if len(d.a.Explanations) > 0 {
		blocks = append(blocks, d.explanations())
	}
	said := []string{"NOT_JUDGED"}
	if len(d.a.Sides) > 1 {
		said = append(said, "NO_PRIMARY_SCORE") // a row, a note of its own, or not judged
	}
	d.notes.rest(d.warnings, said...)
	return append(blocks, d.notes.blocks()...)
}

// report is the screen for a comment: who is judged in words, as there are no tables
// without headings.
func (d gateScreen) report() []render.Block {
	blocks := d.blocks(false)
	var sides render.Paragraph
	for _, row := range sidesTable(d.a.Sides).Rows {
		var parts []string
		for _, cell := range row {
			if cell.Text != "" {
				parts = append(parts, cell.Text)
			}
		}
		sides = append(sides, plain(strings.Join(parts, " · ")))
	}
	blocks[1] = sides
	return blocks
}

// verdict is the answer in one line.
func (d gateScreen) verdict() string {
	c := d.a.Counts
	line := strings.ToUpper(string(d.a.Verdict))
	if c.Required == 0 {
		return line + ": nothing that the policy requires was evaluated"
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(c.Fail, "failed")
	add(c.Missing, "missing")
	add(c.NotComparable, "not comparable")
	add(c.Inconclusive, "inconclusive")
	add(c.Pass, "passed")
	line += fmt.Sprintf(": %s of %d required", strings.Join(parts, ", "), c.Required)
	if c.Advisory > 0 {
		line += fmt.Sprintf("; %d advisory", c.Advisory)
	}
	if c.NotJudged > 0 {
		line += fmt.Sprintf("; %d not judged", c.NotJudged)
	}
	return line
}

func gateTone(r gate.Result, required bool) render.Tone {
	switch {
	case !required:
		return render.Muted
	case r == gate.Pass:
		return render.Good
	case r == gate.Fail || r == gate.Missing:
		return render.Bad
	}
	return render.Caution
}

func (d *gateScreen) rows(wide bool) render.Table {
	change := "Δ"
	rule := "rule"
	if !wide && d.oneRule() != "" {
		rule = "" // said below the table
	}
	table := render.Table{Columns: []render.Column{
		{Title: "task", Flexible: true},
		{Title: "score", Flexible: true, Middle: true},
		{Title: d.a.Sides[0].Label, Align: render.Point},
		{Title: d.a.Sides[1].Label, Align: render.Point},
		{Title: change, Align: render.Point},
		{Title: percentText(d.a.Settings.Confidence) + " interval", Align: render.Point},
		{Title: rule},
		{Title: "result"},
		{},
	}}
	if wide {
		table.Columns = append(table.Columns,
			render.Column{Title: "tier"}, render.Column{Title: "p", Align: render.Point}, render.Column{Title: "certifiable", Align: render.Point},
			render.Column{Title: "n needed", Align: render.Right}, render.Column{Title: "method"})
	}
	for _, row := range d.a.Rows {
		values := []*decimal.Decimal{row.Base.Value, row.Cand.Value}
		errs := []*decimal.Decimal{standardError(row.Base), standardError(row.Cand)}
		places := placesOf(row.Scale, values, errs)
		score := dash
		if row.Score != "" {
			score = scoreName(row.Row)
		}
		marks := ""
		if row.Detail != nil {
			marks += d.notes.mark(taskName(row.Row) + ": " + *row.Detail)
		}
		for _, w := range row.Warnings {
			if w.Code == unpairedCode {
				continue // said below the table
			}
			note := w.Message
			if len(w.Keys) > 0 {
				note += ": " + strings.Join(w.Keys, ", ")
			}
			marks += d.notes.mark(note)
		}
		shownRule := ruleText(row)
		if rule == "" {
			shownRule = ""
		}
		cells := render.Row{
			plain(taskName(row.Row)), plain(score), plain(fixed(row.Base.Value, places)), plain(fixed(row.Cand.Value, places)),
			{Text: signed(row.Delta, places), Tone: toneOf(row.Verdict)},
			plain(intervalText(row.Inference.CI, places)),
			plain(shownRule),
			{Text: resultText(row.Result, row.Required), Tone: gateTone(row.Result, row.Required)},
			{Text: strings.TrimSpace(marks), Tone: render.Caution},
		}
		if wide {
			certifiable, needed, p := "", "", ""
			if m := row.Inference.Margin; m != nil {
				certifiable, p = marginText(m.SmallestCertifiable, m.Kind), pText(m.PNI)
				needed = text(m.NRequired)
			}
			cells = append(cells, plain(string(row.Tier)), plain(p), plain(certifiable), plain(needed), plain(nemo.Text(row.Inference.Method)))
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// oneRule is the rule that decided every row that any decided, with its margin; "" if
// they are several, or none.
func (d gateScreen) oneRule() string {
	one := ""
	for _, row := range d.a.Rows {
		switch shown := ruleText(row); {
		case row.Rule == nil || shown == one:
		case one != "":
			return ""
		default:
			one = shown
		}
	}
	return one
}

// ruleText is the rule that decided with its margin: "max_drop 0.01".
func ruleText(row gate.Row) string {
	if row.Rule == nil {
		return dash
	}
	for _, ruling := range row.Rules {
		if ruling.Rule != *row.Rule {
			continue
		}
		if ruling.Margin == nil {
			return ruling.Rule
		}
		if ruling.Rule == gate.RuleMaxRelativeDrop {
			return ruling.Rule + " " + percentText(*ruling.Margin)
		}
		return ruling.Rule + " " + ruling.Margin.String()
	}
	return *row.Rule
}

// marginText is a margin to two digits; a relative one in percent.
func marginText(d *decimal.Decimal, kind string) string {
	if d == nil {
		return ""
	}
	if kind == "relative" {
		return percentText(d.RoundSignificant(2))
	}
	return d.RoundSignificant(2).String()
}

func resultText(r gate.Result, required bool) string {
	shown := words(string(r))
	if !required {
		shown = "(" + shown + ")"
	}
	return shown
}

func (d *gateScreen) bounds(wide bool) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "bound", Flexible: true, Middle: true},
		{Title: "task", Flexible: true},
		{Title: "value", Align: render.Point},
		{Title: "limit"},
		{Title: "result"},
		{},
	}}
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: percentText(d.a.Settings.Confidence) + " interval", Align: render.Point},
			render.Column{Title: "tier"}, render.Column{Title: "method"}, render.Column{Title: "job"})
	}
	for _, b := range d.a.Bounds {
		marks := ""
		if b.Detail != nil {
			marks = d.notes.mark(b.Measure + ": " + *b.Detail)
		}
		task := nemo.Text(b.Task)
		if strings.HasPrefix(b.Measure, task+"/") {
			task = "" // the bound names it
		}
		if b.Variant != nil {
			task = strings.TrimSpace(task + " " + *b.Variant)
		}
		value := boundNumber(b.Value)
		if b.Value != nil && b.Unit != nil {
			value += " " + *b.Unit
		}
		interval := ""
		if b.CI != nil && b.CI.Lo != nil && b.CI.Hi != nil {
			interval = boundNumber(b.CI.Lo) + "  " + boundNumber(b.CI.Hi)
			if b.Result == gate.Inconclusive && !wide {
				marks += d.notes.mark(fmt.Sprintf("%s: the limit is inside the %s interval, %s to %s",
					b.Measure, percentText(d.a.Settings.Confidence), boundNumber(b.CI.Lo), boundNumber(b.CI.Hi)))
			}
		}
		cells := render.Row{
			plain(b.Measure), plain(task), plain(value), plain(limitText(b)),
			{Text: resultText(b.Result, b.Required), Tone: gateTone(b.Result, b.Required)},
			{Text: strings.TrimSpace(marks), Tone: render.Caution},
		}
		if wide {
			cells = append(cells, plain(interval), plain(string(b.Tier)), plain(nemo.Text(b.Method)), muted(nemo.Text(b.JobID)))
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// boundNumber is a measure with at most four decimals.
func boundNumber(d *decimal.Decimal) string {
	if d == nil {
		return dash
	}
	return minus(compact(d))
}

// limitText is a bound with its unit: "<= 2 s".
func limitText(b gate.BoundResult) string {
	limit := strings.TrimLeft(b.Bound, "<>=")
	shown := strings.TrimSuffix(b.Bound, limit) + " " + limit
	if b.Unit != nil {
		shown += " " + *b.Unit
	}
	return shown
}

// prose is what cannot stand in a table: how it was tested, what is missing, and what
// would decide what is open.
func (d *gateScreen) prose() render.Paragraph {
	var lines render.Paragraph
	say := func(line string, cell func(string) render.Cell) {
		if line != "" {
			lines = append(lines, cell(line))
		}
	}
	var rows []compare.Row
	for _, row := range d.a.Rows {
		rows = append(rows, row.Row)
	}
	if rule := d.oneRule(); rule != "" {
		say("Rule of every row that one decided: "+rule+".", plain)
	}
	switch {
	case d.a.Settings.Decision == gate.DecidePoint:
		say("Decided on the numbers alone: nothing says whether a difference is noise.", plain)
	case len(rows) > 0:
		say(methodLine(rows), plain)
		say(whyUnpaired(rows), plain)
		for _, line := range d.power() {
			say(line, plain)
		}
	}
	for _, note := range d.a.Notes {
		say(note, muted)
	}
	if left := notJudgedText(d.a.NotJudged, len(d.a.NotJudged)); left != "" {
		lines = append(lines, render.Cell{Text: "Not judged: " + left + ".", Tone: render.Caution})
	}
	for _, entry := range missingLines(d.a.Missing, d.a.Sides) {
		lines = append(lines, render.Cell{Text: entry, Tone: render.Caution})
	}
	lines = append(lines, muted(fmt.Sprintf("Policy %s, SHA-256 %.12s….", d.a.Policy.Path, d.a.Policy.SHA256)))
	return lines
}

// power says which margins the data could certify, and how many questions would
// decide the rows that are open.
func (d *gateScreen) power() []string {
	var certifiable, needed []string
	for _, row := range d.a.Rows {
		m := row.Inference.Margin
		if row.Result != gate.Inconclusive || m == nil || m.SmallestCertifiable == nil {
			continue
		}
		if len(certifiable) == briefTasks/3 {
			certifiable = append(certifiable, "…")
			break
		}
		shown := points(*m.SmallestCertifiable, row.Scale)
		if m.Kind == "relative" {
			shown = marginText(m.SmallestCertifiable, m.Kind)
		}
		certifiable = append(certifiable, shown+" in "+taskName(row.Row))
		if m.NRequired != nil {
			needed = append(needed, fmt.Sprintf("%s questions of %s", m.NRequired, taskName(row.Row)))
		}
	}
	if len(certifiable) == 0 {
		return nil
	}
	lines := []string{"Could likely have been certified: a margin of " + strings.Join(certifiable, ", ") + "."}
	if len(needed) > 0 {
		lines = append(lines, "To pass at the margin if nothing has changed: "+strings.Join(needed, ", ")+".")
	}
	return lines
}

func (d *gateScreen) explanations() render.Table {
	table := render.Table{Columns: []render.Column{{Title: "task"}, {Title: "what decided, and where nel gate would decide otherwise"}}}
	for _, e := range d.a.Explanations {
		table.Rows = append(table.Rows, render.Row{plain(orDash(nemo.Text(e.Task))), plain(e.Text)})
	}
	return table
}

// brief is the answer in a few lines, for agents and chat.
func (d gateScreen) brief() []string {
	lines := []string{"gate " + d.verdict()}
	var parts []string
	rows := slices.Clone(d.a.Rows)
	slices.SortStableFunc(rows, func(a, b gate.Row) int { return gateRank(a.Result, a.Required) - gateRank(b.Result, b.Required) })
	for i, row := range rows {
		if i == briefTasks {
			parts = append(parts, fmt.Sprintf("and %d more", len(rows)-i))
			break
		}
		what := ruleText(row)
		if row.Rule == nil {
			what = nemo.Text(row.Detail)
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s -> %s, %s; %s)", taskName(row.Row), resultText(row.Result, row.Required),
			compact(row.Base.Value), compact(row.Cand.Value), compactSigned(row.Delta), what))
	}
	if len(parts) > 0 {
		lines = append(lines, strings.Join(parts, "; "))
	}
	parts = nil
	bounds := slices.Clone(d.a.Bounds)
	slices.SortStableFunc(bounds, func(a, b gate.BoundResult) int {
		return gateRank(a.Result, a.Required) - gateRank(b.Result, b.Required)
	})
	for i, b := range bounds {
		if i == briefTasks {
			parts = append(parts, fmt.Sprintf("and %d more", len(bounds)-i))
			break
		}
		name := b.Measure
		if b.Task != nil && !strings.HasPrefix(name, *b.Task+"/") {
			name = *b.Task + " " + name
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s, %s)", name, resultText(b.Result, b.Required), compact(b.Value), limitText(b)))
	}
	if len(parts) > 0 {
		lines = append(lines, "bounds: "+strings.Join(parts, "; "))
	}
	if left := notJudgedText(d.a.NotJudged, briefTasks); left != "" {
		lines = append(lines, "not judged: "+left)
	}
	if missing := missingBrief(d.a.Missing); missing != "" {
		lines = append(lines, missing)
	}
	return append(lines, more)
}

// notJudgedText names the tasks that no rule was applied to, at most so many, those of
// one reason together.
func notJudgedText(left []gate.NotJudged, most int) string {
	var order []string
	tasks := map[string][]string{}
	for _, n := range left[:min(len(left), most)] {
		name := n.Task
		if n.Variant != nil {
			name += " " + *n.Variant
		}
		if tasks[n.Detail] == nil {
			order = append(order, n.Detail)
		}
		tasks[n.Detail] = append(tasks[n.Detail], name)
	}
	var parts []string
	for _, detail := range order {
		parts = append(parts, strings.Join(tasks[detail], ", ")+" ("+detail+")")
	}
	if more := len(left) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// gateRank puts what kept the gate from passing first.
func gateRank(r gate.Result, required bool) int {
	if !required {
		return 5
	}
	return slices.Index([]gate.Result{gate.Fail, gate.Missing, gate.NotComparable, gate.Inconclusive, gate.Pass}, r)
}

// gateRecords is the rows as CSV: those of a comparison followed by rule, tier,
// required and result.
func gateRecords(a gate.Answer) render.Records {
	var rows []compare.Row
	for _, row := range a.Rows {
		rows = append(rows, row.Row)
	}
	records := comparisonRecords(compare.Comparison{Rows: rows})
	records.Columns = append(records.Columns, "rule", "tier", "required", "result")
	records.Numeric = append(records.Numeric, false, false, false, false)
	for i, row := range a.Rows {
		records.Rows[i] = append(records.Rows[i], nemo.Text(row.Rule), string(row.Tier), fmt.Sprint(row.Required), string(row.Result))
	}
	return records
}

// boundRecords is the bounds as a table.
func boundRecords(a gate.Answer) render.Records {
	records := render.Records{
		Name:    "bounds",
		Columns: []string{"measure", "task", "variant", "value", "bound", "unit", "ci_lo", "ci_hi", "tier", "required", "result", "reason"},
		Numeric: []bool{false, false, false, true, false, false, true, true, false, false, false, false},
	}
	for _, b := range a.Bounds {
		var lo, hi *decimal.Decimal
		if b.CI != nil {
			lo, hi = b.CI.Lo, b.CI.Hi
		}
		records.Rows = append(records.Rows, []string{
			b.Measure, nemo.Text(b.Task), nemo.Text(b.Variant), text(b.Value), b.Bound, nemo.Text(b.Unit), text(lo), text(hi),
			string(b.Tier), fmt.Sprint(b.Required), string(b.Result), nemo.Text(b.Reason),
		})
	}
	return records
}

// notJudgedRecords is the tasks that no rule was applied to, as a table.
func notJudgedRecords(a gate.Answer) render.Records {
	records := render.Records{
		Name:    "not_judged",
		Columns: []string{"harness", "task", "variant", "reason", "detail"},
		Numeric: []bool{false, false, false, false, false},
	}
	for _, n := range a.NotJudged {
		records.Rows = append(records.Rows, []string{nemo.Text(n.Harness), n.Task, nemo.Text(n.Variant), n.Reason, n.Detail})
	}
	return records
}
