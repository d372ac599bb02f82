package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// missingLines tells which sides have no results of which tasks, and why: a line
// for each set of sides and reason.
func missingLines(missing []compare.Missing, sides []compare.SideSummary) []string {
	type absence struct{ task, reason string }
	var order []absence
	where := map[absence][]string{}
	for _, m := range missing {
		a := absence{missingName(m), missingReason(m)}
		if where[a] == nil {
			order = append(order, a)
		}
		if !slices.Contains(where[a], m.Side) {
			where[a] = append(where[a], m.Side)
		}
	}
	type group struct{ on, reason string }
	var groups []group
	tasks := map[group][]string{}
	for _, a := range order {
		on := " on " + strings.Join(where[a], ", ")
		switch {
		case len(sides) == 1:
			on = ""
		case len(where[a]) == len(sides) && len(sides) == 2:
			on = " on both sides"
		case len(where[a]) == len(sides):
			on = " on all sides"
		}
		g := group{on, a.reason}
		if tasks[g] == nil {
			groups = append(groups, g)
		}
		tasks[g] = append(tasks[g], a.task)
	}
	lines := make([]string, len(groups))
	for i, g := range groups {
		lines[i] = fmt.Sprintf("Missing%s: %s (%s).", g.on, strings.Join(tasks[g], ", "), g.reason)
	}
	return lines
}

func missingName(m compare.Missing) string {
	if m.Harness == nil {
		return nemo.Text(m.Task)
	}
	return *m.Harness + "." + nemo.Text(m.Task)
}

func missingReason(m compare.Missing) string {
	switch {
	case m.Detail != nil:
		return words(m.Reason) + ": " + *m.Detail
	case m.Reason == nemo.ReasonNoRun:
		return words(m.Reason) + "; failed jobs are not exported"
	case m.Reason == nemo.ReasonAbsentOnSide:
		return "not configured there"
	default:
		return words(m.Reason)
	}
}

// words turns one of the contract's codes into words.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// reasonWords says why a task is in no average. Anything but a code of the
// contract is a setting, whose name stays as it is.
func reasonWords(reason string) string {
	switch reason {
	case nemo.ReasonAbsentOnSide:
		return "only one side has it"
	case "scale_mismatch":
		return "its value is not on its scale"
	case nemo.ReasonNoRun, nemo.ReasonFailed, nemo.ReasonRunning, nemo.ReasonUnreadable, nemo.ReasonNoResults,
		"absent", "null", "nan", "infinite", "no_data", "not_a_number":
		return words(reason)
	default:
		return reason + " differs"
	}
}
