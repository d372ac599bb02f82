package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// briefTasks bounds how many tasks brief names: the answer must stay near 500
// tokens whatever the number of tasks.
const briefTasks = 12

// brief is the comparison in a few lines, for agents and chat.
func (d comparisonScreen) brief() []string {
	var lines []string
	base := d.c.Sides[0]
	for _, cand := range d.c.Sides[1:] {
		lines = append(lines, d.briefSide(base, cand)...)
	}
	if missing := missingBrief(d.c.Missing); missing != "" {
		lines = append(lines, missing)
	}
	for _, w := range briefly(d.warnings) {
		if w.Code == "NO_PRIMARY_SCORE" {
			continue // counted in the first line
		}
		line := warningLine(w) + w.Message
		if w.Count > 0 {
			line += fmt.Sprintf(" (%d rows%s)", w.Count, d.keysOf(w.Code))
		}
		lines = append(lines, line)
	}
	return append(lines, more)
}

// briefSide is the lines of one candidate: the verdict with its counts, the
// averages, the tasks.
func (d comparisonScreen) briefSide(base, cand compare.SideSummary) []string {
	var rows []compare.Row
	for _, row := range d.c.Rows {
		if row.Primary && row.Cand.Side == cand.Label {
			rows = append(rows, row)
		}
	}
	lines := []string{fmt.Sprintf("%s vs %s: %s", cand.Label, base.Label, conclusion(rows, d.c.Counts.NoPrimary, d.meanWorse(cand.Label)))}
	for i, a := range d.c.Averages {
		if a.Cand.Side != cand.Label || a.Kind == compare.Micro && i > 0 && sameMeans(a, d.c.Averages[i-1]) {
			continue
		}
		if a.Base.Value == nil {
			lines = append(lines, fmt.Sprintf("%s %s: none (%d of %s)", meanName(a.Kind), a.Scale, a.Tasks, plural(a.Of, "task")))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s %s -> %s (%s, %d of %s; %d up, %d down, %d equal)",
			meanName(a.Kind), a.Scale, compact(a.Base.Value), compact(a.Cand.Value), compactSigned(a.Delta), a.Tasks, plural(a.Of, "task"), a.Wins, a.Losses, a.Ties)+briefMean(a))
	}
	// The largest changes first, so that what is cut matters least.
	slices.SortStableFunc(rows, func(x, y compare.Row) int { return size(y).Cmp(size(x)) })
	parts := make([]string, 0, briefTasks)
	for i, row := range rows {
		if i == briefTasks {
			parts = append(parts, fmt.Sprintf("and %d more", len(rows)-briefTasks))
			break
		}
		parts = append(parts, briefRow(row))
	}
	if len(parts) > 0 {
		lines = append(lines, strings.Join(parts, "; "))
	}
	if failed := d.failedRequests(cand.Label); failed != "" {
		lines = append(lines, failed)
	}
	return lines
}

// briefMean is what a mean comes to, where it was tested.
func briefMean(a compare.Average) string {
	if a.Inference.Test == nil {
		return ""
	}
	return ": " + meanWords(a.Verdict) + ", p " + pText(a.Inference.Test.P)
}

// size is how large a difference is, on the 0–100 scale where there is one.
func size(row compare.Row) decimal.Decimal {
	switch {
	case row.DeltaPoints != nil:
		return row.DeltaPoints.Abs()
	case row.Delta != nil:
		return row.Delta.Abs()
	default:
		return decimal.Decimal{}
	}
}

func briefRow(row compare.Row) string {
	name := row.Task
	if row.Variant != nil {
		name += "[" + *row.Variant + "]"
	}
	name += "/" + headline(row.Metric, row.Score)
	details := compactSigned(row.Delta)
	switch row.Verdict {
	case compare.Regressed:
		details += " worse"
	case compare.Improved:
		details += " better"
	case compare.Equivalent, compare.Increased, compare.Decreased:
		details += " " + string(row.Verdict)
	}
	if n := pairOf(row.Base.N, row.Cand.N); n != dash {
		details += ", n " + n
	}
	if p := pOf(row.Inference); p != "" {
		details += ", p " + p
	}
	if row.Verdict == compare.NotComparable {
		details = "not comparable: " + strings.Join(differences(row), ", ")
		if slices.Contains(row.Reasons, nemo.ReasonAbsentOnSide) {
			details = "only one side has it"
		}
		if row.Delta != nil {
			details = compactSigned(row.Delta) + ", " + details
		}
	}
	return fmt.Sprintf("%s %s -> %s (%s)", name, compact(row.Base.Value), compact(row.Cand.Value), details)
}

func missingBrief(missing []compare.Missing) string {
	if len(missing) == 0 {
		return ""
	}
	parts := make([]string, 0, len(missing))
	for i, m := range missing {
		if i == briefTasks {
			parts = append(parts, fmt.Sprintf("and %d more", len(missing)-briefTasks))
			break
		}
		parts = append(parts, fmt.Sprintf("%s on %s (%s)", nemo.Text(m.Task), m.Side, words(m.Reason)))
	}
	return "missing: " + strings.Join(parts, ", ")
}

// failedRequests compares how many requests had no usable answer.
func (d comparisonScreen) failedRequests(cand string) string {
	var base, other decimal.Decimal
	found := false
	for _, r := range d.c.Runtime {
		// A plain job that stands for several variants would count several times.
		if r.Cand.Side != cand || r.Variant != nil || r.Base.Value == nil || r.Cand.Value == nil {
			continue
		}
		switch r.Measure {
		case "responses":
			base, other, found = base.Add(*r.Base.Value), other.Add(*r.Cand.Value), true
		case "successful":
			base, other = base.Sub(*r.Base.Value), other.Sub(*r.Cand.Value)
		}
	}
	if !found || base.Sign() == 0 && other.Sign() == 0 {
		return ""
	}
	return fmt.Sprintf("failed requests %s -> %s", compact(&base), compact(&other))
}

// keysOf lists the settings that a warning's rows name.
func (d comparisonScreen) keysOf(code string) string {
	var keys []string
	for _, row := range d.c.Rows {
		for _, w := range row.Warnings {
			for _, key := range w.Keys {
				if w.Code == code && !slices.Contains(keys, key) {
					keys = append(keys, key)
				}
			}
		}
	}
	if len(keys) == 0 {
		return ""
	}
	slices.Sort(keys)
	return ": " + strings.Join(keys, ", ")
}

// more ends every brief answer. It names no command: the one that was given, with
// all its flags, is the only one that surely answers for the same thing.
const more = "more: the same command with -o json"
