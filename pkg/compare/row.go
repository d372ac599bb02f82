package compare

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Row is one score of one task on the baseline and one candidate.
type Row struct {
	Harness     *string           `json:"harness"`
	Task        string            `json:"task"`
	Variant     *string           `json:"variant"`
	Section     string            `json:"section"`
	Name        string            `json:"name"`
	Metric      string            `json:"metric"`
	Score       string            `json:"score"`
	Primary     bool              `json:"primary"`
	Scale       catalog.Scale     `json:"scale"`
	Direction   catalog.Direction `json:"direction"`
	Base        Value             `json:"base"`
	Cand        Value             `json:"cand"`
	Delta       *decimal.Decimal  `json:"delta"`        // candidate − baseline, exact
	Exact       *bool             `json:"exact"`        // whether Delta ends
	DeltaPoints *decimal.Decimal  `json:"delta_points"` // in percentage points; nil on other scales
	Relative    *decimal.Decimal  `json:"relative"`     // delta / |base|, 12 digits; nil if base is 0
	Verdict     Verdict           `json:"verdict"`
	Reasons     []string          `json:"reasons"`
	Warnings    []nemo.Warning    `json:"warnings"`
	Inference   Inference         `json:"inference"`
}

// Value is one side of a row. Without a value everything but Side is nil, 0 or
// empty.
type Value struct {
	Side    string           `json:"side"`
	Value   *decimal.Decimal `json:"value"`
	Exact   *bool            `json:"exact"` // false for a mean of repeats whose decimals do not end
	N       *decimal.Decimal `json:"n"`     // distinct questions
	K       *decimal.Decimal `json:"k"`     // right answers; nil where the value is no share of them
	NSource *string          `json:"n_source"`
	Stderr  *decimal.Decimal `json:"stderr"` // as the harness reports it
	Stddev  *decimal.Decimal `json:"stddev"` // as reported; over several repeats, between runs
	Repeats int              `json:"repeats"`
	CI      *SideInterval    `json:"ci"`
	Sources []nemo.Source    `json:"sources"`
}

// StderrOfRepeats is the code of the warning of a row whose reported standard errors
// take repeats of a question for different questions.
const StderrOfRepeats = "STDERR_OF_REPEATS"

// SideInterval is the confidence interval of one side's value: wilson of a
// proportion, student_t of the mean of runs.
type SideInterval struct {
	Interval
	Method string `json:"method"`
}

// Scores says which rows are wanted.
type Scores struct {
	all     bool
	pattern *regexp.Regexp
	where   func(Row) bool
}

// ScoresWhere wants the rows for which the function is true.
func ScoresWhere(want func(Row) bool) Scores { return Scores{where: want} }

// ParseScores reads --scores: "primary", "all", or a glob over METRIC,
// METRIC/SCORE and NAME/METRIC/SCORE, in which "*" also crosses "/".
func ParseScores(text string) (Scores, error) {
	switch text {
	case "", "primary":
		return Scores{}, nil
	case "all":
		return Scores{all: true}, nil
	}
	pattern, err := glob(text)
	return Scores{pattern: pattern}, err
}

// Want reports whether a row is wanted.
func (s Scores) Want(row Row) bool {
	switch {
	case s.all:
		return true
	case s.where != nil:
		return s.where(row)
	case s.pattern != nil:
		return s.pattern.MatchString(row.Metric) || s.pattern.MatchString(row.Metric+"/"+row.Score) ||
			s.pattern.MatchString(row.Name+"/"+row.Metric+"/"+row.Score)
	default:
		return row.Primary
	}
}

// glob compiles "*" and "?"; everything else, brackets included, is literal:
// names such as pass@1[avg-of-16] contain them.
func glob(text string) (*regexp.Regexp, error) {
	expression := "^"
	for _, r := range text {
		switch r {
		case '*':
			expression += ".*"
		case '?':
			expression += "."
		default:
			expression += regexp.QuoteMeta(string(r))
		}
	}
	return regexp.Compile(expression + "$")
}

// pair is a task on the baseline and on a candidate; one of the two may be nil.
type pair struct {
	base, cand *task
	variant    string
	ambiguous  map[string]bool // keys of cells that could not be joined through MLflow keys
}

// join pairs the tasks of two sides by name and variant. A plain task stands for
// each variant of the other side.
func join(base, cand []task, known *catalog.Catalog) []pair {
	byName := func(tasks []task, name string) []*task {
		var found []*task
		for i := range tasks {
			if known.Canonical(tasks[i].name) == name {
				found = append(found, &tasks[i])
			}
		}
		return found
	}
	var names []string
	for _, t := range slices.Concat(base, cand) {
		if name := known.Canonical(t.name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var pairs []pair
	for _, name := range names {
		pairs = append(pairs, joinVariants(byName(base, name), byName(cand, name))...)
	}
	return pairs
}

func joinVariants(base, cand []*task) []pair {
	var pairs []pair
	switch {
	case len(base) == 1 && base[0].variant == "" && len(cand) > 0:
		for _, c := range cand {
			pairs = append(pairs, pair{base: base[0], cand: c, variant: c.variant})
		}
	case len(cand) == 1 && cand[0].variant == "" && len(base) > 0:
		for _, b := range base {
			pairs = append(pairs, pair{base: b, cand: cand[0], variant: b.variant})
		}
	default:
		for _, b := range base {
			i := slices.IndexFunc(cand, func(c *task) bool { return c.variant == b.variant })
			if i < 0 {
				pairs = append(pairs, pair{base: b, variant: b.variant})
				continue
			}
			pairs = append(pairs, pair{base: b, cand: cand[i], variant: b.variant})
		}
		for _, c := range cand {
			if !slices.ContainsFunc(base, func(b *task) bool { return b.variant == c.variant }) {
				pairs = append(pairs, pair{cand: c, variant: c.variant})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.variant, b.variant) })
	return pairs
}

// assess makes the rows of a pair: the primary scores of both sides joined with
// each other, every other score with its namesake. A score that is not wanted, and
// no headline, is compared without inference.
func (p pair) assess(baseLabel, candLabel string, options Options) []Assessed {
	p = p.throughKeys()
	basePrimary, candPrimary := p.base.headline(), p.cand.headline()
	var rows []Assessed
	if basePrimary != nil || candPrimary != nil {
		rows = append(rows, p.row(basePrimary, candPrimary, true, baseLabel, candLabel, options))
	}
	seen := map[string]bool{}
	for _, c := range slices.Concat(p.base.others(), p.cand.others()) {
		if seen[c.key()] {
			continue
		}
		seen[c.key()] = true
		// A namesake may be the other side's headline.
		rows = append(rows, p.row(p.base.cell(c.key()), p.cand.cell(c.key()), false, baseLabel, candLabel, options))
	}
	return rows
}

// headline returns the primary cell of a task; nil if it or the task is absent.
func (t *task) headline() *cell {
	if t == nil || t.primary < 0 {
		return nil
	}
	return &t.cells[t.primary]
}

// others returns the cells that are not primary.
func (t *task) others() []cell {
	if t == nil {
		return nil
	}
	var rest []cell
	for i, c := range t.cells {
		if i != t.primary {
			rest = append(rest, c)
		}
	}
	return rest
}

// cell returns the cell with this key; nil if it or the task is absent.
func (t *task) cell(key string) *cell {
	if t == nil {
		return nil
	}
	i := slices.IndexFunc(t.cells, func(c cell) bool { return c.key() == key })
	if i < 0 {
		return nil
	}
	return &t.cells[i]
}

// row compares one score; one of the cells may be nil.
func (p pair) row(base, cand *cell, primary bool, baseLabel, candLabel string, options Options) Assessed {
	named, of := base, p.base
	if named == nil {
		named, of = cand, p.cand
	}
	row := Row{
		Harness: nemo.Optional(of.harness), Task: of.name, Variant: nemo.Optional(p.variant),
		Section: named.section, Name: named.name, Metric: named.metric, Score: named.score,
		Primary: primary, Scale: named.scale, Direction: named.direction,
		Base: valueOf(base, baseLabel), Cand: valueOf(cand, candLabel),
		Verdict: NoInference, Reasons: []string{}, Warnings: []nemo.Warning{}, Inference: noInference(),
	}
	row.Warnings = append(row.Warnings, provenance(base, cand, baseLabel, candLabel)...)
	if base == nil || cand == nil {
		row.Verdict = NotComparable
		row.Reasons = append(row.Reasons, nemo.ReasonAbsentOnSide)
		if p.ambiguous[named.key()] {
			row.Reasons = append(row.Reasons, reasonAmbiguousKey)
		}
		return Assessed{Row: row}
	}
	found := p.differences()
	if base.n != nil && cand.n != nil && !base.n.Equal(*cand.n) {
		found = append(found, difference{key: keyN})
	}
	if n, named, _ := options.questions(base.task); named && (contradicts(base, n) || contradicts(cand, n)) {
		found = append(found, difference{key: keyN})
	}
	if base.scale != cand.scale || base.direction != cand.direction || otherScales(base, cand) {
		found = append(found, difference{key: keyScale})
	}
	if primary && base.meaning() != cand.meaning() {
		found = append(found, metricNames(*base, *cand))
	}
	judged := judge(found, options)
	row.Reasons = append(row.Reasons, judged.hard...)
	row.Warnings = append(row.Warnings, judged.warnings()...)
	if base.badStderr || cand.badStderr {
		row.Warnings = append(row.Warnings, stderrInvalid())
	}
	if base.repeated && base.stderr != nil || cand.repeated && cand.stderr != nil {
		row.Warnings = append(row.Warnings, nemo.Warning{
			Code: StderrOfRepeats, Message: "the standard error shown takes repeats of a question for different questions; it decides nothing",
		})
	}
	if base.offScale || cand.offScale {
		row.Warnings = append(row.Warnings, scaleMismatch())
	}
	if len(judged.hard) > 0 {
		row.Verdict = NotComparable
	}
	row.subtract(base, cand)
	assessed := Assessed{Row: row, OffScale: base.offScale || cand.offScale}
	if row.Verdict != NotComparable && (primary || options.Scores.Want(row)) {
		found := sameRun(base, cand, options)
		if !shareRun(p.base.jobs, p.cand.jobs) {
			found = assess(base, cand, row, options)
		}
		assessed.found = &found
	}
	return assessed
}

// contradicts reports whether the file says another number of questions than the
// user.
func contradicts(c *cell, n int) bool {
	return c.n != nil && !c.n.Equal(decimal.FromInt(int64(n)))
}

// metricNames classifies two headlines with different names: another number of
// repeats inside the name (avg-of-16, micro_avg_of_4) asks the same question more
// often.
func metricNames(base, cand cell) difference {
	if withoutRepeats(base) == withoutRepeats(cand) {
		return difference{key: nemo.KeyNumRepeats}
	}
	return difference{key: keyMetricName}
}

// meaning is a score's name as its harness has it: "metric/score". A key of MLflow
// stands for itself where it is not known what it means.
func (c cell) meaning() string {
	if c.reading != (catalog.Reading{}) {
		return c.reading.Metric + "/" + c.reading.Score
	}
	return c.metric + "/" + c.score
}

// withoutRepeats is a score's name less the number of repeats in it.
func withoutRepeats(c cell) string {
	name := c.meaning()
	for _, sign := range []string{"avg-of-", "avg_of_"} {
		if before, after, found := strings.Cut(name, sign); found {
			name = before + "avg" + strings.TrimLeft(after, "0123456789")
		}
	}
	return name
}

// subtract fills in the differences. A value that is no number has none.
func (row *Row) subtract(base, cand *cell) {
	if base.value == nil || cand.value == nil {
		row.Verdict = NotComparable
		for _, reason := range slices.Concat(base.invalid, cand.invalid) {
			if !slices.Contains(row.Reasons, reason) {
				row.Reasons = append(row.Reasons, reason)
			}
		}
		row.Warnings = append(row.Warnings, notANumber())
		return
	}
	delta := cand.value.Sub(*base.value)
	row.Delta, row.Exact = &delta, terminates(delta)
	switch {
	case base.offScale || cand.offScale:
	case row.Scale == catalog.Fraction:
		points := delta.Mul(decimal.FromInt(100))
		row.DeltaPoints = &points
	case row.Scale == catalog.Percent:
		row.DeltaPoints = &delta
	}
	if relative, ok := delta.Quo(base.value.Abs()); ok {
		relative = relative.RoundSignificant(derivedDigits)
		row.Relative = &relative
	} else {
		row.Reasons = append(row.Reasons, "base_zero")
	}
}

func notANumber() nemo.Warning {
	return nemo.Warning{Code: "NOT_A_NUMBER", Message: "the file has no finite number here"}
}

func stderrInvalid() nemo.Warning {
	return nemo.Warning{Code: "STDERR_INVALID", Message: "a standard error that is negative or not finite was left out"}
}

func valueOf(c *cell, label string) Value {
	if c == nil {
		return Value{Side: label, Sources: []nemo.Source{}}
	}
	return Value{
		Side: label, Value: c.value, Exact: exactness(c.value), N: c.n, NSource: c.nSource, Stderr: c.stderr, Stddev: c.stddev,
		Repeats: c.repeats, Sources: c.sources,
	}
}

// sortRows orders rows by task, variant, section, name, metric and score, and
// the candidates of each as the sides were given.
func sortRows(rows []Row, sides []SideSummary) {
	position := map[string]int{}
	for i, side := range sides {
		position[side.Label] = i
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(a.Task, b.Task),
			cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)),
			cmp.Compare(a.Section, b.Section),
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Metric, b.Metric),
			cmp.Compare(a.Score, b.Score),
			cmp.Compare(position[a.Cand.Side], position[b.Cand.Side]),
		)
	})
}
