package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Judge decides by a policy on a candidate, sides[0], or on a baseline and a
// candidate, in this order. Options gives confidence, evidence and catalog; what the
// policy says of settings, directions, margins and scores replaces what is there.
// Errors are a [*PolicyError] for what the policy cannot demand of such sides, and a
// [*compare.OverlapError].
func Judge(sides []compare.Side, policy *Policy, options compare.Options) (Answer, []nemo.Warning, error) {
	if err := policy.Check(options.Catalog); err != nil {
		return Answer{}, nil, err
	}
	if len(sides) == 1 {
		if err := policy.Standalone(); err != nil {
			return Answer{}, nil, err
		}
	}
	g := &gate{policy: policy, sides: sides, options: policy.apply(options)}
	g.answer = Answer{
		Policy:  PolicyFile{Path: policy.Path, Version: policy.Version, SHA256: policy.SHA256},
		Reasons: []string{}, Rows: []Row{}, Bounds: []BoundResult{}, Missing: []compare.Missing{}, NotJudged: []NotJudged{},
		Notes: []string{}, Explanations: []Explanation{},
		Settings: Settings{
			Decision: policy.Decision, Confidence: options.Confidence, Allow: g.options.Allow, Seed: options.Seed,
		},
	}
	judge := g.alone
	if len(sides) == 2 {
		judge = g.against
	}
	if err := judge(); err != nil {
		return Answer{}, nil, err
	}
	if err := g.bounds(); err != nil {
		return Answer{}, nil, err
	}
	g.conclude()
	return g.answer, g.warnings, nil
}

// gate is one decision on its way.
type gate struct {
	policy   *Policy
	sides    []compare.Side
	options  compare.Options
	answer   Answer
	warnings []nemo.Warning
	jobs     []nemo.Job // of the candidate, that count
	names    []string   // of the tasks that a side has results of
}

// candidate is the side that is judged.
func (g *gate) candidate() compare.Side { return g.sides[len(g.sides)-1] }

// apply writes what a policy says into the options of the comparison behind it. Any
// difference in settings counts unless the policy allows it, and no mean is made of
// part of the tasks.
func (p *Policy) apply(options compare.Options) compare.Options {
	options.Strict, options.OnMissing = true, compare.Refuse
	options.Allow = p.Allow
	options.Margin, options.Margins = nil, nil
	if p.Defaults.Direction != "" {
		options.Catalog = options.Catalog.WithDirection("", p.Defaults.Direction)
	}
	for _, b := range p.Benchmarks {
		if b.Direction != "" {
			options.Catalog = options.Catalog.WithDirection(b.Name, b.Direction)
		}
	}
	known := options.Catalog
	options.Scores = compare.ScoresWhere(func(row compare.Row) bool {
		rules := p.rulesOf(p.benchmark(nemo.Text(row.Harness), row.Task, known))
		return row.Primary || rules.Metric != "" && nameOf(row).matches(rules.Metric)
	})
	return options
}

// scoreName is what a policy may call a score by.
type scoreName struct {
	task, section, name, metric, score string
	primary                            bool
}

func nameOf(row compare.Row) scoreName {
	return scoreName{row.Task, row.Section, row.Name, row.Metric, row.Score, row.Primary}
}

// matches reports whether METRIC, METRIC/SCORE, SCORE or NAME/METRIC/SCORE is this
// score. lm-evaluation-harness joins a score and its filter ("exact_match__strict-match");
// either part will do.
func (s scoreName) matches(text string) bool {
	name, filter, filtered := strings.Cut(s.score, "__")
	return text == s.metric || text == s.metric+"/"+s.score || text == s.score || text == s.name+"/"+s.metric+"/"+s.score ||
		filtered && (text == name || text == filter)
}

// rank orders the scores that one name matches: the headline first, then the score of
// the whole task, then the one named like its metric.
func (s scoreName) rank() int {
	switch {
	case s.primary:
		return 0
	case s.name == s.task && s.section == nemo.Groups:
		return 1
	case s.name == s.task:
		return 2
	}
	return 3
}

// pick returns the index of the one score that a name means, -1 if there is none, and
// those that it could mean where they are several.
func pick(names []scoreName, text string) (int, []string) {
	var found []int
	for i, name := range names {
		if name.matches(text) {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return -1, nil
	}
	slices.SortStableFunc(found, func(a, b int) int { return cmp.Compare(names[a].rank(), names[b].rank()) })
	best := slices.DeleteFunc(slices.Clone(found), func(i int) bool { return names[i].rank() != names[found[0]].rank() })
	if len(best) == 1 {
		return best[0], nil
	}
	// A metric with several scores has one that is called like it.
	for _, i := range best {
		if names[i].score == names[i].metric {
			return i, nil
		}
	}
	var could []string
	for _, i := range best {
		could = append(could, names[i].name+"/"+names[i].metric+"/"+names[i].score)
	}
	return -1, could
}

// alone prepares the answer for a candidate without baseline.
func (g *gate) alone() error {
	evaluation, warnings, err := compare.Evaluate(g.sides[0], g.options)
	if err != nil {
		return err
	}
	measurement, err := compare.Measure(g.sides[0], g.options)
	if err != nil {
		return err
	}
	g.answer.Sides, g.answer.Missing, g.warnings = []compare.SideSummary{measurement.Summary}, evaluation.Missing, warnings
	return nil
}

// against judges the rows of a baseline and a candidate.
func (g *gate) against() error {
	comparison, assessed, warnings, err := compare.Assess(g.sides, g.options)
	if err != nil {
		return err
	}
	g.answer.Sides, g.answer.Missing = comparison.Sides, comparison.Missing
	g.answer.Counts.NoPrimary = comparison.Counts.NoPrimary
	g.warnings = warnings
	groups, names := tasksOf(assessed)
	g.names = names
	var deciding []*judged
	var rows []Row
	listed := map[string]bool{}
	for _, group := range groups {
		first := group[0]
		b := g.policy.benchmark(nemo.Text(first.Harness), first.Task, g.options.Catalog)
		if b != nil {
			listed[b.Name] = true
		}
		rules := g.policy.rulesOf(b)
		row, assessed := g.choose(group, rules, b != nil)
		if row == nil {
			continue
		}
		row.Tier, row.Required, row.listed = rules.Tier, rules.Tier != Advisory, b != nil
		var j *judged
		if row.Result == "" {
			j = &judged{Assessed: *assessed, rules: rules}
			j.apply(g.policy.Decision, g.options.Knobs)
		}
		deciding, rows = append(deciding, j), append(rows, *row)
	}
	holm(slices.DeleteFunc(slices.Clone(deciding), func(j *judged) bool { return j == nil }), g.options.Knobs)
	for i, j := range deciding {
		if j != nil {
			rows[i].decide(j, g.options.Knobs)
		}
	}
	for i := range g.policy.Benchmarks {
		if b := &g.policy.Benchmarks[i]; !listed[b.Name] {
			rows = append(rows, g.unmatched(b, names))
		}
	}
	rows = append(rows, g.withoutResults()...)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)))
	})
	g.answer.Rows = append(g.answer.Rows, rows...)
	g.sayNotJudged()
	g.recount()
	return nil
}

// tasksOf groups rows by task and variant, in their order, and lists the names of the
// tasks.
func tasksOf(assessed []compare.Assessed) ([][]compare.Assessed, []string) {
	var groups [][]compare.Assessed
	var names []string
	at := map[string]int{}
	for _, row := range assessed {
		key := row.Task + "\x00" + nemo.Text(row.Variant)
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
			if !slices.Contains(names, row.Task) {
				names = append(names, row.Task)
			}
		}
		groups[i] = append(groups[i], row)
	}
	return groups, names
}

// choose returns the row of a task that the policy judges, with a result where no rule
// can be applied to it; nil where the policy demands nothing of the task.
func (g *gate) choose(group []compare.Assessed, rules Rules, listed bool) (*Row, *compare.Assessed) {
	at := slices.IndexFunc(group, func(row compare.Assessed) bool { return row.Primary })
	if rules.Metric != "" {
		names := make([]scoreName, len(group))
		for i, row := range group {
			names[i] = nameOf(row.Row)
		}
		found, could := pick(names, rules.Metric)
		switch {
		case found >= 0:
			at = found
		case len(could) > 0:
			return absentRow(g, group[0].Row, reasonAmbiguous, rules.Metric+" may be "+listing(could)), nil
		case !standsForHeadline(rules.Metric) || at < 0:
			return absentRow(g, group[0].Row, reasonNoSuchScore, "no score of it is called "+rules.Metric+didYouMean(rules.Metric, metricsOf(names))), nil
		}
	}
	if at < 0 {
		if !listed {
			return g.headless(group, rules), nil
		}
		names := make([]scoreName, len(group))
		for i, row := range group {
			names[i] = nameOf(row.Row)
		}
		return absentRow(g, group[0].Row, reasonNoHeadline, "it has no headline; metric: may be "+listing(metricsOf(names))), nil
	}
	chosen := &group[at]
	row := newRow(chosen.Row)
	switch {
	case !listed && g.isNew(group):
		g.leaveOut(group[0].Row, nemo.ReasonAbsentOnSide, "new in the candidate")
		return nil, nil
	case chosen.Base.Repeats == 0 || chosen.Cand.Repeats == 0:
		row.Result, row.Detail = Missing, ptr(g.absence(chosen.Row))
	case chosen.Base.Value == nil || chosen.Cand.Value == nil:
		row.Result, row.Detail = Missing, ptr("no finite number: "+strings.Join(chosen.Reasons, ", "))
	case chosen.OffScale:
		row.Result, row.Detail = NotComparable, ptr("a value is not on the scale "+string(chosen.Scale)+", so no margin applies")
		row.Reasons = append(row.Reasons, reasonScaleMismatch)
	case chosen.Verdict == compare.NotComparable:
		row.Result, row.Detail = NotComparable, ptr("other settings: "+strings.Join(chosen.Reasons, ", ")+"; comparability: {allow: […]} in the policy accepts them")
	}
	return row, chosen
}

// standsForHeadline reports whether a metric is one that nel-next computes from the
// rewards of a benchmark, which is what its headline is elsewhere.
func standsForHeadline(metric string) bool { return metric == "mean_reward" || metric == "pass@1" }

func metricsOf(names []scoreName) []string {
	var metrics []string
	for _, name := range names {
		if !slices.Contains(metrics, name.metric) {
			metrics = append(metrics, name.metric)
		}
	}
	return metrics
}

// listing names the first few of a list.
func listing(names []string) string {
	const most = 6
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func newRow(row compare.Row) *Row {
	row.Reasons, row.Warnings = slices.Clone(row.Reasons), slices.Clone(row.Warnings)
	return &Row{Row: row, Rules: []Ruling{}}
}

// absentRow is the row of a task that has no such score.
func absentRow(g *gate, of compare.Row, reason, detail string) *Row {
	row := g.blank(of.Task)
	row.Harness, row.Variant = of.Harness, of.Variant
	row.Reasons = append(row.Reasons, reason)
	row.Result, row.Detail = Missing, &detail
	return row
}

// blank is a row without values.
func (g *gate) blank(task string) *Row {
	value := func(side int) compare.Value {
		return compare.Value{Side: g.answer.Sides[side].Label, Sources: []nemo.Source{}}
	}
	return newRow(compare.Row{
		Task: task, Scale: catalog.UnknownScale, Direction: catalog.UnknownDirection, Base: value(0), Cand: value(1),
		Verdict: compare.NotComparable, Reasons: []string{}, Warnings: []nemo.Warning{},
		Inference: compare.Inference{Flags: []string{}},
	})
}

// unmatched is the row of a benchmark of which no side has results.
func (g *gate) unmatched(b *Benchmark, names []string) Row {
	row := g.blank(b.Name)
	row.Tier = g.policy.rulesOf(b).Tier
	row.Required, row.Result, row.listed = row.Tier != Advisory, Missing, true
	var why []string
	for _, m := range g.answer.Missing {
		if isTask(b.Name, nemo.Text(m.Harness), nemo.Text(m.Task), g.options.Catalog) {
			row.Harness = m.Harness
			why = append(why, m.Side+": "+inWords(m.Reason))
		} else if name := nemo.Text(m.Task); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(why) > 0 {
		row.Reasons = append(row.Reasons, nemo.ReasonAbsentOnSide)
		row.Detail = ptr("no results (" + strings.Join(why, "; ") + ")")
		return *row
	}
	row.Reasons = append(row.Reasons, reasonNoSuchTask)
	row.Detail = ptr("no side has a task of this name" + didYouMean(b.Name, names))
	return *row
}

// absence says which side lacks a row, and why.
func (g *gate) absence(row compare.Row) string {
	side := row.Cand.Side
	if row.Base.Repeats == 0 {
		side = row.Base.Side
	}
	if m := g.missingOn(side, row.Task); m != nil {
		return "nothing on " + side + " (" + inWords(m.Reason) + ")"
	}
	return "nothing on " + side
}

// inWords is the reason for missing results in a sentence.
func inWords(reason string) string {
	if reason == nemo.ReasonAbsentOnSide {
		return "not configured there"
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// decide writes the rulings into a row.
func (r *Row) decide(j *judged, knobs compare.Knobs) {
	r.Rules = j.rulings
	decided := j.rulings[deciding(j.rulings)]
	r.Rule, r.Result = ptr(decided.Rule), decided.Result
	r.Inference.DecisionBasis = decided.Basis
	r.Inference.Margin = j.marginKept(decided, knobs)
	if decided.Reason != nil && !slices.Contains(r.Reasons, *decided.Reason) {
		r.Reasons = append(r.Reasons, *decided.Reason)
	}
	r.Detail = detailOf(decided, r.Row)
	if j.rules.Metric != "" && !nameOf(r.Row).matches(j.rules.Metric) {
		r.Warnings = append(r.Warnings, nemo.Warning{
			Code: "METRIC_STANDS_IN", Message: "the headline stands in for a metric of the policy that the task does not have", Keys: []string{j.rules.Metric},
		})
	}
}

// detailOf says in words what a result without evidence needs.
func detailOf(r Ruling, row compare.Row) *string {
	switch nemo.Text(r.Reason) {
	case reasonDirectionUnknown:
		return ptr("nothing says whether more is better; direction: in the policy does")
	case reasonMarginUnit:
		return ptr(fmt.Sprintf("the scale %s has no width; max_drop: {%s: …} gives a margin in its own unit", row.Scale, row.Scale))
	case reasonNoUncertainty:
		return ptr("nothing says how uncertain the difference is: no samples, repeats, n or standard errors")
	case reasonTooFewPairs:
		return ptr("fewer than 10 questions have an answer on both sides")
	case reasonMissingItems:
		return ptr("another result if unanswered questions count as wrong")
	case reasonHolm:
		return ptr("worse, but not after adjusting for the number of rows with a margin of 0")
	case reasonBaseZero:
		return ptr("a relative drop from 0 is undefined")
	}
	return nil
}

// recount replaces the counts of row warnings by those of the rows that are judged.
func (g *gate) recount() {
	warnings := slices.DeleteFunc(slices.Clone(g.warnings), func(w nemo.Warning) bool { return w.Count > 0 })
	at := map[string]int{}
	for _, row := range g.answer.Rows {
		for _, w := range row.Warnings {
			if _, ok := at[w.Code]; !ok {
				at[w.Code] = len(warnings)
				warnings = append(warnings, nemo.Warning{Code: w.Code, Message: w.Message})
			}
			warnings[at[w.Code]].Count++
		}
	}
	slices.SortStableFunc(warnings, func(a, b nemo.Warning) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Task, b.Task))
	})
	g.warnings = warnings
}

// conclude makes the verdict of the whole.
func (g *gate) conclude() {
	a, c := &g.answer, &g.answer.Counts
	type open struct {
		result Result
		text   string
	}
	var reasons []open
	count := func(required bool, result Result, what string) {
		if !required {
			c.Advisory++
			return
		}
		c.Required++
		switch result {
		case Pass:
			c.Pass++
			return
		case Fail:
			c.Fail++
		case Missing:
			c.Missing++
		case NotComparable:
			c.NotComparable++
		case Inconclusive:
			c.Inconclusive++
		}
		reasons = append(reasons, open{result, what + ": " + strings.ReplaceAll(string(result), "_", " ")})
	}
	for _, row := range a.Rows {
		count(row.Required, row.Result, row.title())
	}
	for _, b := range a.Bounds {
		count(b.Required, b.Result, b.title())
	}
	slices.SortStableFunc(reasons, func(a, b open) int { return cmp.Compare(severity(b.result), severity(a.result)) })
	for _, reason := range reasons {
		a.Reasons = append(a.Reasons, reason.text)
	}
	switch {
	case c.Required == 0:
		a.Verdict = Fail
		a.Reasons = append(a.Reasons, "nothing that the policy requires was evaluated")
	case c.Fail+c.Missing > 0:
		a.Verdict = Fail
	case c.NotComparable+c.Inconclusive > 0:
		a.Verdict = Inconclusive
	default:
		a.Verdict = Pass
	}
	c.NotJudged = len(a.NotJudged)
	tested := slices.DeleteFunc(slices.Clone(a.Rows), func(r Row) bool {
		return !r.Required || nemo.Text(r.Inference.DecisionBasis) != basisCI
	})
	if len(tested) > 1 {
		a.Notes = append(a.Notes, fmt.Sprintf(
			"Each of the %d required rows that were tested must pass, which needs no correction for their number (intersection–union test); the chance that all of them pass falls with it.", len(tested)))
	}
}

// title names a row in a sentence.
func (r Row) title() string {
	title := r.Task
	if r.Variant != nil {
		title += " " + *r.Variant
	}
	if r.Rule != nil {
		title += " " + *r.Rule
	}
	return title
}

// title names a bound in a sentence.
func (b BoundResult) title() string {
	title := b.Measure + " " + b.Bound + nemo.Text(b.Unit)
	if b.Task != nil && !strings.HasPrefix(b.Measure, *b.Task+"/") {
		title = *b.Task + " " + title
	}
	return title
}
