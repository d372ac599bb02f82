package compare

import (
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Measured is one score of one side with the unrounded confidence interval of its
// value.
type Measured struct {
	Score
	Repeats int
	CI      *infer.Interval // nil where nothing tells
	Method  string          // of CI: wilson, student_t (of runs), paired_t (of questions), z_stderr, welch_stderr
	Invalid []string        // why there is no value
	// OffScale says that the value is not on its scale: a fraction above 1.
	OffScale bool
}

// Measurement is one side by itself: what a bound can be judged on.
type Measurement struct {
	Summary  SideSummary // as a candidate
	Scores   []Measured  // sorted as in [Evaluate]
	Missing  []Missing   // what was configured and has no results
	Jobs     []nemo.Job  // that count
	Coverage *Coverage   // nil if no file tells what was configured
}

// Measure describes one side with the best interval of every score that the side
// alone allows. The error is an [*OverlapError].
func Measure(side Side, options Options) (Measurement, error) {
	settled, prepared, err := prepare([]Side{side}, options)
	if err != nil {
		return Measurement{}, err
	}
	absent := missing(settled, prepared, options.Catalog, false)
	m := Measurement{Summary: summaries(settled, prepared, absent, options.Catalog)[0], Scores: []Measured{}, Missing: absent, Jobs: settled[0].Jobs}
	m.Coverage = coverageOf(settled[0], options.Catalog)
	m.Summary.Role = Candidate
	for _, t := range prepared[0] {
		for i := range t.cells {
			c := &t.cells[i]
			score := Measured{Repeats: c.repeats, Invalid: c.invalid, OffScale: c.offScale, Score: Score{
				Harness: nemo.Optional(t.harness), Task: t.name, Variant: nemo.Optional(t.variant),
				Section: c.section, Name: c.name, Metric: c.metric, Score: c.score,
				Value: c.value, Exact: exactness(c.value), N: c.n, Stderr: c.stderr, Stddev: c.stddev,
				Primary: i == t.primary, Scale: c.scale, Direction: c.direction, Sources: c.sources,
			}}
			if c.value != nil && !c.offScale {
				score.CI, score.Method = c.interval(options)
			}
			m.Scores = append(m.Scores, score)
		}
	}
	slices.SortStableFunc(m.Scores, func(a, b Measured) int {
		return cmp.Or(
			cmp.Compare(a.Task, b.Task), cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)),
			cmp.Compare(a.Section, b.Section), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Score.Score, b.Score.Score),
		)
	})
	return m, nil
}

// interval is the best interval of one cell's value: of the answers themselves, of
// repeated runs, of right answers of a known number, of the reported standard error.
func (c *cell) interval(options Options) (*infer.Interval, string) {
	if ci, method := c.intervalOfAnswers(options); ci != nil {
		return ci, method
	}
	if c.repeats > 1 {
		return wide(infer.Summarize(c.values, options.level()).CI), "student_t"
	}
	size := sizeOf(c, options)
	if size.ci != nil {
		return size.ci, size.method
	}
	n := 0
	if size.n != nil {
		n = *size.n
	}
	se := usableStderr(c, n)
	if se == nil {
		return nil, ""
	}
	of := infer.Reported{Value: *c.value, Stderr: *se, N: n}
	// Against an exact zero, the difference of two reported values is this one.
	estimate := infer.FromStderrs(infer.Reported{N: n}, of, options.level())
	method := MethodZStderr
	if estimate.DF != nil {
		method = MethodWelchStderr
	}
	return wide(estimate.CI), method
}

// intervalOfAnswers is the interval of the mean over questions.
func (c *cell) intervalOfAnswers(options Options) (*infer.Interval, string) {
	if c.outcomes == nil {
		return nil, ""
	}
	p := pairUp(c.outcomes, c.outcomes, false)
	factor, ok := p.factor(c, c, c.scale)
	switch {
	case !ok || p.n == 0:
		return nil, ""
	case p.binary:
		return scaledInterval(infer.Wilson(p.baseOnes, int(p.nBase), options.level()), factor.Float64()), "wilson"
	case p.nBase < minimumPairs:
		return nil, ""
	}
	return wide(scaled(infer.PairedT(p.allBase, options.level()), factor).CI), MethodPairedT
}

// wide is an interval that has a width; one of zero width is no evidence.
func wide(ci *infer.Interval) *infer.Interval {
	if ci == nil || !(ci.Hi > ci.Lo) {
		return nil
	}
	return ci
}

// Rounded is an interval as answers print it.
func Rounded(ci *infer.Interval, level decimal.Decimal) *Interval { return intervalOf(ci, level) }

// Derived is a computed number as answers print it: 12 significant digits.
func Derived(x *float64) *decimal.Decimal { return derived(x) }
