package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// Marks of verdicts. Without Unicode the first three are spelled better, worse and
// same.
const (
	markBetter    = "▲"
	markWorse     = "▼"
	markSame      = "≈"
	markUndecided = "~"
	markNoTest    = "?"
)

// verdictMark is the one sign that a row has for its verdict; none where the sides
// may not be compared, which a note explains.
func verdictMark(v compare.Verdict) string {
	switch v {
	case compare.Improved, compare.Increased:
		return markBetter
	case compare.Regressed, compare.Decreased:
		return markWorse
	case compare.Equivalent:
		return markSame
	case compare.Inconclusive, compare.InsufficientData:
		return markUndecided
	case compare.NoInference:
		return markNoTest
	case compare.NotComparable:
	}
	return ""
}

// legend explains the marks that the rows use.
func legend(rows []compare.Row, averages []compare.Average) string {
	entries := []struct{ mark, meaning string }{
		{markBetter, "up by more than noise"},
		{markWorse, "down by more than noise"},
		{markSame, "inside the margin"},
		{markUndecided, "undecided"},
		{markNoTest, "nothing to test with"},
	}
	used := map[string]bool{}
	directed := true // no mark is of a score of which nobody says which way is good
	for _, row := range rows {
		used[verdictMark(row.Verdict)] = true
		directed = directed && row.Verdict != compare.Increased && row.Verdict != compare.Decreased
	}
	for _, average := range averages {
		used[verdictMark(average.Verdict)] = true
	}
	if directed {
		entries[0].meaning, entries[1].meaning = "improved by more than noise", "regressed by more than noise"
	}
	var parts []string
	for _, entry := range entries {
		if used[entry.mark] {
			parts = append(parts, entry.mark+" = "+entry.meaning)
		}
	}
	return strings.Join(parts, "   ")
}

// intervalText is "−0.089 +0.004", rounded as the differences are.
func intervalText(ci *compare.Interval, places int) string {
	if ci == nil || ci.Lo == nil || ci.Hi == nil {
		return ""
	}
	return end(*ci.Lo, places) + "  " + end(*ci.Hi, places)
}

func end(d decimal.Decimal, places int) string {
	shown := d.Fixed(places)
	if d.Round(places).Sign() > 0 {
		return "+" + shown
	}
	return minus(shown)
}

// pText is p as people read it: three decimals, never 0.000.
func pText(p *decimal.Decimal) string {
	switch {
	case p == nil:
		return ""
	case p.Cmp(decimal.MustParse("0.001")) < 0:
		return "<0.001"
	default:
		return p.Fixed(3)
	}
}

// percentText is a confidence as a percentage: "95 %".
func percentText(level decimal.Decimal) string {
	return level.Mul(decimal.FromInt(100)).String() + " %"
}

// conclusion is the verdict on one candidate in words: what regressed first.
func conclusion(rows []compare.Row, noPrimary int, meanWorse bool) string {
	count := map[compare.Verdict]int{}
	for _, row := range rows {
		count[row.Verdict]++
	}
	worse, better := count[compare.Regressed], count[compare.Improved]
	undecided := count[compare.Inconclusive] + count[compare.InsufficientData]
	if len(rows) == 0 {
		return "nothing compared"
	}
	if count[compare.NoInference] == len(rows) {
		return untested(rows)
	}
	if count[compare.NotComparable] == len(rows) {
		return "nothing comparable"
	}
	start := "no regression shown"
	if meanWorse {
		start = "no single task shown worse"
	}
	switch {
	case worse > 0:
		start = plural(worse, "task") + " worse"
	case better > 0 && worse+undecided+count[compare.NoInference]+count[compare.NotComparable] == 0:
		start = "improved"
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(better, "better")
	add(count[compare.Equivalent], "equivalent")
	add(count[compare.Increased], "up")
	add(count[compare.Decreased], "down")
	add(undecided, "undecided")
	add(count[compare.NoInference], "without a test")
	add(count[compare.NotComparable], "not comparable")
	add(noPrimary, "without headline")
	if worse > 0 && len(parts) > 0 {
		return start + ", " + strings.Join(parts, ", ")
	}
	if len(parts) > 0 {
		start += ": " + strings.Join(parts, ", ")
	}
	return start
}

// untested says why no row was tested.
func untested(rows []compare.Row) string {
	all := func(reason string) bool {
		return !slices.ContainsFunc(rows, func(r compare.Row) bool { return !slices.Contains(r.Reasons, reason) })
	}
	has := func(reason string) bool {
		return slices.ContainsFunc(rows, func(r compare.Row) bool { return slices.Contains(r.Reasons, reason) })
	}
	switch {
	case all("same_run"):
		return "nothing to test: the same runs are on both sides"
	case all("scope_unavailable"):
		return "nothing tested: the data cannot answer for --scope"
	case all("method_unavailable"):
		return "nothing tested: the data does not serve --method"
	case has("outside_run_noise"):
		return "no verdict from one run against several; outside the spread of the several in part"
	case has("within_run_noise"):
		return "no verdict from one run against several; within the spread of the several"
	}
	return "exact differences; nothing says whether they are noise"
}

// scopeWords says which question a row answers.
func scopeWords(scope *string) string {
	switch nemo.Text(scope) {
	case compare.ScopeItemPopulation:
		return "for new questions of the kind"
	case compare.ScopeFixedItems:
		return "for a re-run of these questions"
	}
	return ""
}

// adjustedLine names the rows that are undecided only because several were tested.
func adjustedLine(rows []compare.Row) string {
	var names []string
	family := 0
	for _, row := range rows {
		if slices.ContainsFunc(row.Reasons, func(r string) bool { return strings.HasPrefix(r, "not_significant_after_") }) && row.Inference.Test != nil {
			names = append(names, fmt.Sprintf("%s (p %s, adjusted %s)", taskName(row), pText(row.Inference.Test.P), pText(row.Inference.Test.PAdj)))
			family = row.Inference.Test.Family
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("Undecided because %d tasks were tested together: %s.", family, strings.Join(names, ", "))
}

// meanWorse reports whether a mean of a candidate is worse by more than noise.
func (d comparisonScreen) meanWorse(label string) bool {
	return slices.ContainsFunc(d.c.Averages, func(a compare.Average) bool {
		return a.Cand.Side == label && a.Verdict == compare.Regressed
	})
}

// meanLines say what the means of one candidate come to, with their intervals.
func (d comparisonScreen) meanLines(label string) []render.Cell {
	var lines []render.Cell
	for _, a := range d.c.Averages {
		in := a.Inference
		if a.Cand.Side != label || a.Tasks < 2 || in.CI == nil || in.Test == nil {
			continue
		}
		name := "The mean"
		if a.Kind != compare.Macro {
			name = "The " + a.Kind + " mean"
		}
		places := meanPlaces(a.Scale)
		text := fmt.Sprintf("%s of %s, %s: %s, %s interval %s to %s, p %s: %s.", name, plural(a.Tasks, "task"), a.Scale,
			signed(a.Delta, places), percentText(d.c.Settings.Confidence), end(*in.CI.Lo, places), end(*in.CI.Hi, places), pText(in.Test.P), meanWords(a.Verdict))
		if len(d.c.Sides) > 2 {
			text = label + ": " + text
		}
		lines = append(lines, render.Cell{Text: text, Tone: toneOf(a.Verdict)})
	}
	return lines
}

func meanWords(v compare.Verdict) string {
	switch v {
	case compare.Improved:
		return "better by more than noise"
	case compare.Regressed:
		return "worse by more than noise"
	case compare.Equivalent:
		return "inside the margin"
	case compare.Increased, compare.Decreased:
		return string(v) + " by more than noise"
	}
	return "undecided"
}

// methodWords says how a row was tested.
func methodWords(in compare.Inference) string {
	switch nemo.Text(in.Method) {
	case compare.MethodTango:
		return "paired by question (Tango score)"
	case compare.MethodPairedT:
		return "paired by question (t)"
	case compare.MethodFixedItems:
		return "repeats of the same questions"
	case compare.MethodRunPairs:
		return "runs paired by seed (t)"
	case compare.MethodPrediction:
		return "one run against the spread of several (no test)"
	case compare.MethodWelch:
		return "repeated runs (Welch t)"
	case compare.MethodMiettinenNurminen:
		return "two proportions (Miettinen–Nurminen score)"
	case compare.MethodWelchStderr, compare.MethodZStderr:
		if slices.Contains(in.Flags, "bounded_se") {
			return "largest possible standard errors"
		}
		return "reported standard errors"
	case compare.MethodCorrelatedZ:
		return "reported standard errors with the assumed correlation"
	case compare.MethodMacroZ:
		return "standard errors of all tasks"
	}
	return ""
}

// methodLine names the methods of the rows, each with its tasks where there are
// several.
func methodLine(rows []compare.Row) string {
	var order []string
	tasks := map[string][]string{}
	for _, row := range rows {
		words := methodWords(row.Inference)
		if words == "" {
			continue
		}
		if scope := scopeWords(row.Inference.Scope); scope != "" && row.Inference.Test != nil {
			words += ", " + scope
		}
		if tasks[words] == nil {
			order = append(order, words)
		}
		if !slices.Contains(tasks[words], row.Task) {
			tasks[words] = append(tasks[words], row.Task)
		}
	}
	parts := make([]string, len(order))
	for i, words := range order {
		parts[i] = words
		if len(order) > 1 && len(tasks[words]) <= 3 {
			parts[i] += ": " + strings.Join(tasks[words], ", ")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	line := strings.Join(parts, "; ")
	return "Tested as " + line + "."
}

// detectableLines say what would have been found in the undecided tasks, and how
// much data would find a difference as large as the one seen.
func detectableLines(rows []compare.Row) []string {
	var found, needed []string
	for _, row := range rows {
		mde := row.Inference.MDE
		if row.Verdict != compare.Inconclusive || mde == nil || mde.Value == nil {
			continue
		}
		if len(found) == 3 {
			found = append(found, "…")
			break
		}
		found = append(found, points(*mde.Value, row.Scale)+" in "+taskName(row))
		switch {
		case mde.NRequired != nil:
			needed = append(needed, fmt.Sprintf("%s questions of %s", mde.NRequired, taskName(row)))
		case mde.RunsRequired != nil:
			needed = append(needed, fmt.Sprintf("%s runs a side of %s", mde.RunsRequired, taskName(row)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	lines := []string{"Would likely have been seen: a change of " + strings.Join(found, ", ") + "."}
	if len(needed) > 0 {
		lines = append(lines, "To decide a difference like this one: "+strings.Join(needed, ", ")+".")
	}
	return lines
}

// taskName is a task with its variant.
func taskName(row compare.Row) string {
	if row.Variant != nil {
		return row.Task + " " + *row.Variant
	}
	return row.Task
}

// points writes a size in percentage points, or in the scale's own unit.
func points(size decimal.Decimal, scale catalog.Scale) string {
	switch scale {
	case catalog.Fraction:
		size = size.Mul(decimal.FromInt(100))
		return size.Round(1).String() + " points"
	case catalog.Percent:
		return size.Round(1).String() + " points"
	}
	return size.RoundSignificant(2).String()
}

// whyUnpaired is the reason that the rows give for not pairing questions.
func whyUnpaired(rows []compare.Row) string {
	for _, row := range rows {
		for _, w := range row.Warnings {
			if w.Code == unpairedCode {
				return strings.ToUpper(w.Message[:1]) + w.Message[1:] + "."
			}
		}
	}
	return ""
}

const unpairedCode = "UNPAIRED_SAME_ITEMS"

// of returns the headline rows of one candidate.
func (d comparisonScreen) of(label string) []compare.Row {
	var rows []compare.Row
	for _, row := range d.c.Rows {
		if row.Primary && row.Cand.Side == label {
			rows = append(rows, row)
		}
	}
	return rows
}

// inferred is the lines below the table: the verdict on each candidate, how it was
// reached, and what could not have been seen.
func (d comparisonScreen) inferred() []render.Cell {
	var lines []render.Cell
	for _, side := range d.c.Sides[1:] {
		rows := d.of(side.Label)
		line := conclusion(rows, d.c.Counts.NoPrimary, d.meanWorse(side.Label))
		if len(d.c.Sides) > 2 {
			line = side.Label + ": " + line
		} else {
			line = strings.ToUpper(line[:1]) + line[1:]
		}
		lines = append(lines, render.Cell{Text: line + ".", Tone: toneOf(d.c.Verdict)})
		lines = append(lines, d.meanLines(side.Label)...)
	}
	how := []string{adjustedLine(d.c.Rows), methodLine(d.c.Rows), whyUnpaired(d.c.Rows)}
	if len(d.c.Sides) == 2 {
		how = append(how, detectableLines(d.of(d.c.Sides[1].Label))...)
	}
	for _, line := range how {
		if line != "" {
			lines = append(lines, plain(line))
		}
	}
	explained := legend(d.c.Rows, d.c.Averages)
	if slices.ContainsFunc(d.c.Rows, func(r compare.Row) bool { return standardError(r.Base) != nil }) {
		if explained != "" {
			explained += "   "
		}
		explained += "± = standard error, in units of the last digit"
	}
	if explained != "" {
		lines = append(lines, muted(explained))
	}
	return lines
}

// pOf is the adjusted p-value of a row, as people read it.
func pOf(in compare.Inference) string {
	if in.Test == nil {
		return ""
	}
	return pText(in.Test.PAdj)
}
