package kind

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// ConfigDiffDocument draws what differs in how sides were configured.
func ConfigDiffDocument(d compare.ConfigDiff, warnings []nemo.Warning) render.Document {
	return render.Document{
		Kind: ConfigDiff, Data: d, Warnings: warnings,
		Items: items(d.Keys), ItemKind: "key", Summary: nil,
		Screen: configDiffScreen(d, warnings),
		Wide:   configDiffScreen(d, warnings),
		Brief:  configDiffBrief(d, warnings),
		Tables: []render.Records{configKeyRecords(d), configValueRecords(d), missingRecords(d.Missing)},
	}
}

// keyLine is a key with the same values in several tasks.
type keyLine struct {
	compare.ConfigKey
	tasks []string
}

// keyLines joins the keys that say the same of several tasks, by tier.
func keyLines(d compare.ConfigDiff) []keyLine {
	var lines []keyLine
	for _, key := range d.Keys {
		name := withVariant(key.Task, key.Variant)
		i := slices.IndexFunc(lines, func(l keyLine) bool { return sameKey(l.ConfigKey, key) })
		if i < 0 {
			lines = append(lines, keyLine{key, []string{name}})
			continue
		}
		lines[i].tasks = append(lines[i].tasks, name)
	}
	if slices.IsSortedFunc(d.Keys, asMade) { // else they were sorted by something else
		slices.SortStableFunc(lines, func(a, b keyLine) int { return byTier(a.ConfigKey, b.ConfigKey) })
	}
	return lines
}

func byTier(a, b compare.ConfigKey) int {
	order := []compare.Tier{compare.Hard, compare.Soft, compare.Free}
	return cmp.Or(
		cmp.Compare(slices.Index(order, tierOf(a)), slices.Index(order, tierOf(b))),
		cmp.Compare(a.Key, b.Key),
	)
}

// asMade is the order in which keys are made.
func asMade(a, b compare.ConfigKey) int {
	return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)), byTier(a, b))
}

func tierOf(key compare.ConfigKey) compare.Tier {
	if key.Tier == nil {
		return ""
	}
	return *key.Tier
}

func sameKey(a, b compare.ConfigKey) bool {
	return a.Key == b.Key && tierOf(a) == tierOf(b) && a.Status == b.Status &&
		slices.EqualFunc(a.Values, b.Values, func(x, y compare.ConfigValue) bool { return valueText(x) == valueText(y) })
}

// valueText is a side's value in words.
func valueText(v compare.ConfigValue) string {
	if v.State == "several" {
		parts := make([]string, len(v.Several))
		for i, one := range v.Several {
			parts[i] = stateText(one.State, one.Value)
		}
		return strings.Join(parts, " | ")
	}
	return stateText(v.State, v.Value)
}

func stateText(state string, value *string) string {
	if value == nil {
		return words(state)
	}
	return *value
}

func configDiffScreen(d compare.ConfigDiff, warnings []nemo.Warning) []render.Block {
	notes := &footnotes{}
	blocks := []render.Block{sidesTable(d.Sides)}
	table := render.Table{Columns: []render.Column{{Title: "tier"}, {Title: "key"}}}
	for _, side := range d.Sides {
		table.Columns = append(table.Columns, render.Column{Title: side.Label, Flexible: true})
	}
	table.Columns = append(table.Columns, render.Column{Title: "tasks", Flexible: true})
	tasks := map[string]bool{}
	for _, key := range d.Keys {
		tasks[withVariant(key.Task, key.Variant)] = true
	}
	for _, line := range keyLines(d) {
		cells := render.Row{tierCell(line.ConfigKey), plain(line.Key)}
		for _, v := range line.Values {
			cell := plain(valueText(v))
			if v.State != "set" && v.State != "several" {
				cell = muted(words(v.State))
			}
			cells = append(cells, cell)
		}
		names := strings.Join(line.tasks, ", ")
		if len(line.tasks) == len(tasks) && len(tasks) > 1 {
			names = fmt.Sprintf("all %d", len(tasks))
		}
		if line.Status == compare.ConfigUnknown {
			names += notes.mark("only one side records this setting")
		}
		table.Rows = append(table.Rows, append(cells, plain(names)))
	}
	if len(table.Rows) > 0 {
		blocks = append(blocks, table)
	}
	lines := render.Paragraph{muted(configSummary(d))}
	for _, line := range missingLines(d.Missing, d.Sides) {
		lines = append(lines, render.Cell{Text: line, Tone: render.Caution})
	}
	blocks = append(blocks, lines)
	notes.rest(warnings)
	return append(blocks, notes.blocks()...)
}

func tierCell(key compare.ConfigKey) render.Cell {
	tier := tierOf(key)
	switch {
	case key.Status == compare.ConfigEqual || tier == compare.Free || tier == "":
		return muted(orDash(string(tier)))
	case tier == compare.Hard:
		return render.Cell{Text: string(tier), Tone: render.Bad}
	default:
		return render.Cell{Text: string(tier), Tone: render.Caution}
	}
}

// configSummary counts the keys that differ, by tier, each once for every task.
func configSummary(d compare.ConfigDiff) string {
	if d.Tasks == 0 {
		return "No task has a configuration on both sides."
	}
	over := "Over " + plural(d.Tasks, "task") + ", "
	differing := 0
	byTier := map[compare.Tier]int{}
	for _, key := range d.Keys {
		if key.Status != compare.ConfigEqual {
			differing++
			byTier[tierOf(key)]++
		}
	}
	if differing == 0 {
		return over + "no setting differs and " + areEqual(d.Equal) + " equal."
	}
	line := fmt.Sprintf("%d settings differ", differing)
	if differing == 1 {
		line = "1 setting differs"
	}
	var parts []string
	for _, tier := range []compare.Tier{compare.Hard, compare.Soft, compare.Free} {
		if byTier[tier] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", byTier[tier], tier))
		}
	}
	if len(parts) > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	return over + line + " and " + areEqual(d.Equal) + " equal."
}

func areEqual(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

func configDiffBrief(d compare.ConfigDiff, warnings []nemo.Warning) []string {
	lines := []string{configSummary(d)}
	shown := 0
	for _, line := range keyLines(d) {
		if line.Status == compare.ConfigEqual {
			continue
		}
		if shown++; shown > briefTasks {
			continue
		}
		values := make([]string, len(line.Values))
		for i, v := range line.Values {
			values[i] = valueText(v)
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s (%s)", orDash(string(tierOf(line.ConfigKey))), line.Key, strings.Join(values, " -> "), strings.Join(line.tasks, ", ")))
	}
	if shown > briefTasks {
		lines = append(lines, fmt.Sprintf("and %d more", shown-briefTasks))
	}
	lines = append(lines, missingLines(d.Missing, d.Sides)...)
	for _, w := range briefly(warnings) {
		lines = append(lines, warningLine(w)+w.Message)
	}
	return append(lines, more)
}

// configKeyRecords is a line a key; the candidates' values are joined by a slash.
func configKeyRecords(d compare.ConfigDiff) render.Records {
	records := render.Records{
		Name:    "keys",
		Columns: []string{"task", "variant", "key", "tier", "status", "base", "cand"},
		Numeric: []bool{false, false, false, false, false, false, false},
	}
	for _, key := range d.Keys {
		values := make([]string, len(key.Values))
		for i, v := range key.Values {
			values[i] = valueText(v)
		}
		records.Rows = append(records.Rows, []string{
			key.Task, nemo.Text(key.Variant), key.Key, string(tierOf(key)), key.Status, first(values), strings.Join(values[min(1, len(values)):], " / "),
		})
	}
	return records
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// configValueRecords is a line a key and side.
func configValueRecords(d compare.ConfigDiff) render.Records {
	records := render.Records{
		Name:    "values",
		Columns: []string{"task", "variant", "key", "tier", "status", "side", "state", "value"},
		Numeric: []bool{false, false, false, false, false, false, false, false},
	}
	for _, key := range d.Keys {
		for _, v := range key.Values {
			value := nemo.Text(v.Value)
			if v.State == "several" {
				value = valueText(v)
			}
			records.Rows = append(records.Rows, []string{
				key.Task, nemo.Text(key.Variant), key.Key, string(tierOf(key)), key.Status, v.Side, v.State, value,
			})
		}
	}
	return records
}
