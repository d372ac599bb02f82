package gate

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// codeNotJudged warns of a task that the gate says nothing of.
const codeNotJudged = "NOT_JUDGED"

// leaveOut names a task that no rule is applied to.
func (g *gate) leaveOut(row compare.Row, reason, detail string) {
	g.answer.NotJudged = append(g.answer.NotJudged, NotJudged{
		Harness: row.Harness, Task: row.Task, Variant: row.Variant, Reason: reason, Detail: detail,
	})
}

// sayNotJudged sorts what was left out by task and warns of each.
func (g *gate) sayNotJudged() {
	slices.SortStableFunc(g.answer.NotJudged, func(a, b NotJudged) int {
		return strings.Compare(a.Task+"\x00"+nemo.Text(a.Variant), b.Task+"\x00"+nemo.Text(b.Variant))
	})
	for _, n := range g.answer.NotJudged {
		g.warnings = append(g.warnings, nemo.Warning{
			Code: codeNotJudged, Message: n.Task + " is not judged: " + n.Detail, Task: n.Task,
		})
	}
}

// missingOn is why a side that was told to run a task has no results of it; nil if it
// was not told, or no file tells.
func (g *gate) missingOn(side, task string) *compare.Missing {
	known := g.options.Catalog
	i := slices.IndexFunc(g.answer.Missing, func(m compare.Missing) bool {
		return m.Side == side && m.Reason != nemo.ReasonAbsentOnSide && known.Canonical(nemo.Text(m.Task)) == known.Canonical(task)
	})
	if i < 0 {
		return nil
	}
	return &g.answer.Missing[i]
}

// onSides reports which sides have any score of a task.
func onSides(group []compare.Assessed) (base, cand bool) {
	for _, row := range group {
		base = base || row.Base.Repeats > 0
		cand = cand || row.Cand.Repeats > 0
	}
	return base, cand
}

// isNew reports whether the baseline was never told to run a task, so that there is
// nothing to compare it with. One that it ran and has no results of is not new.
func (g *gate) isNew(group []compare.Assessed) bool {
	base, _ := onSides(group)
	return !base && g.missingOn(group[0].Base.Side, group[0].Task) == nil
}

// headless is the row of a task that the policy does not list and that has no
// headline: missing where one side lacks it, else inconclusive, as what cannot be
// shown does not pass. It is nil where the task is new, where a bound of the policy
// judges it, and where the defaults do not require it.
func (g *gate) headless(group []compare.Assessed, rules Rules) *Row {
	first := group[0].Row
	base, cand := onSides(group)
	switch {
	case g.isNew(group):
		g.leaveOut(first, nemo.ReasonAbsentOnSide, "new in the candidate")
		return nil
	case !base || !cand:
		return absentRow(g, first, nemo.ReasonAbsentOnSide, g.absence(group[0].Row))
	case g.isBounded(first):
		return nil
	}
	const detail = "no headline; name a metric in the policy"
	g.leaveOut(first, reasonNoHeadline, detail)
	if rules.Tier == Advisory {
		return nil
	}
	row := absentRow(g, first, reasonNoHeadline, detail)
	row.Result = Inconclusive
	return row
}

// isBounded reports whether a required bound of the policy names a score of a task.
func (g *gate) isBounded(row compare.Row) bool {
	return slices.ContainsFunc(g.policy.Bounds, func(b Bound) bool {
		if b.of.kind != ofScore || b.Tier == Advisory {
			return false
		}
		for i, r := range b.of.name {
			if r == '/' && isTask(b.of.name[:i], nemo.Text(row.Harness), row.Task, g.options.Catalog) {
				return true
			}
		}
		return false
	})
}

// withoutResults judges the tasks that the policy does not list and that neither side
// has results of. Results that are there and cannot be read are missing; what failed,
// or never ran, is left out.
func (g *gate) withoutResults() []Row {
	known := g.options.Catalog
	seen := map[string]bool{}
	for _, name := range g.names {
		seen[known.Canonical(name)] = true
	}
	var rows []Row
	for _, first := range g.answer.Missing {
		task := nemo.Text(first.Task)
		if task == "" {
			task = nemo.Text(first.JobID)
		}
		id := known.Canonical(task)
		if seen[id] || g.policy.benchmark(nemo.Text(first.Harness), task, known) != nil {
			continue
		}
		seen[id] = true
		var why []string
		damaged := false
		for _, m := range g.answer.Missing {
			if m.Task == nil && nemo.Text(m.JobID) != task || m.Task != nil && known.Canonical(*m.Task) != id {
				continue
			}
			damaged = damaged || m.Reason == nemo.ReasonUnreadable
			why = append(why, m.Side+": "+inWords(m.Reason))
		}
		if !damaged {
			g.leaveOut(compare.Row{Harness: first.Harness, Task: task}, nemo.ReasonNoResults, "no results on either side")
			continue
		}
		row := g.blank(task)
		row.Harness = first.Harness
		row.Tier = g.policy.rulesOf(nil).Tier
		row.Required, row.Result = row.Tier != Advisory, Missing
		row.Reasons = append(row.Reasons, nemo.ReasonUnreadable)
		row.Detail = ptr("no results (" + strings.Join(why, "; ") + ")")
		rows = append(rows, *row)
	}
	return rows
}
