package compare

import (
	"bytes"
	"math"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// outcomes are the per-sample values of one cell: a list for each of its runs.
type outcomes struct {
	runs     [][]nemo.Answer // each sorted by ID, then Repeat
	removed  [][][16]byte    // questions without a finite value in a run, each list sorted
	joinedBy string
	unscored int
	files    []nemo.Source
}

// outcomesOf collects the sample values of one score over the runs of a cell; nil
// and the reason where a run has none.
func outcomesOf(repeats []measured) (*outcomes, string) {
	found := &outcomes{files: []nemo.Source{}}
	for _, m := range repeats {
		if m.job.Samples == nil {
			return nil, m.job.SamplesReason
		}
		of := m.job.Samples.Of(m.score.Name, m.score.Metric, m.score.Score)
		if of == nil {
			return nil, m.job.Samples.WhyNot(m.score.Name, m.score.Metric, m.score.Score)
		}
		if found.joinedBy != "" && found.joinedBy != of.JoinedBy {
			return nil, "its runs identify questions in different ways"
		}
		found.joinedBy = of.JoinedBy
		found.runs = append(found.runs, of.Answers)
		if len(of.Removed) > 0 {
			found.removed = append(found.removed, of.Removed)
		}
		found.unscored += of.Unscored
		for _, file := range m.job.Samples.Files {
			found.files = append(found.files, nemo.Source{RunID: m.job.Run.RunID, Path: file.Path, SHA256: file.SHA256})
		}
	}
	return found, ""
}

// question is what the runs of one side answered to one question.
type question struct {
	id     [16]byte
	values []float64 // valid until the cursor moves on
}

// cursor walks the questions of one side in the order of their ids.
type cursor struct {
	runs   [][]nemo.Answer // what is left of each
	values []float64
}

func newCursor(o *outcomes) *cursor {
	return &cursor{runs: append([][]nemo.Answer(nil), o.runs...)}
}

// next returns the question with the smallest id that is left.
func (c *cursor) next() (question, bool) {
	first := -1
	for i, run := range c.runs {
		if len(run) > 0 && (first < 0 || bytes.Compare(run[0].ID[:], c.runs[first][0].ID[:]) < 0) {
			first = i
		}
	}
	if first < 0 {
		return question{}, false
	}
	q := question{id: c.runs[first][0].ID}
	c.values = c.values[:0]
	for i := range c.runs {
		for len(c.runs[i]) > 0 && c.runs[i][0].ID == q.id {
			c.values = append(c.values, c.runs[i][0].Value)
			c.runs[i] = c.runs[i][1:]
		}
	}
	q.values = c.values
	return q, true
}

// leftOut walks the questions that count on neither side because one of their
// answers has no finite value (§3), in the order of their ids.
type leftOut struct {
	lists [][][16]byte // what is left of each
	n     int64        // distinct questions passed
}

// passes moves on to id, and reports whether that is one of them.
func (l *leftOut) passes(id [16]byte) (met bool) {
	for {
		first := -1
		for i, list := range l.lists {
			if len(list) > 0 && (first < 0 || bytes.Compare(list[0][:], l.lists[first][0][:]) < 0) {
				first = i
			}
		}
		if first < 0 || bytes.Compare(l.lists[first][0][:], id[:]) > 0 {
			return met
		}
		next := l.lists[first][0]
		for i, list := range l.lists {
			if len(list) > 0 && list[0] == next {
				l.lists[i] = list[1:]
			}
		}
		l.n++
		met = next == id
	}
}

// lastID is no less than any id.
func lastID() (id [16]byte) {
	for i := range id {
		id[i] = math.MaxUint8
	}
	return id
}

// tally is the content of one pair, for counting equal pairs together: a sum of
// zeros and ones or one value, and of how many answers, a side.
type tally struct {
	base, baseOf, cand, candOf float64
}

// pairing joins the questions of two sides in one pass and constant memory.
type pairing struct {
	n, nBase, nCand      int64 // on both sides, and on each
	nonFinite            int64 // questions that were left out of these and all below but allBase, allCand and shares
	mostBase, mostCand   int   // answers to one question
	leastBase, leastCand int
	binary               bool              // every value is 0 or 1, one a question
	shares               bool              // every value is in [0, 1]
	table                infer.PairedTable // of the paired questions
	strictTable          infer.PairedTable // unanswered questions as wrong
	base, cand, change   infer.Moments     // of paired questions: means over repeats, and their difference
	allBase, allCand     infer.Moments     // of all questions of a side
	strict               infer.Moments     // differences with unanswered questions as 0
	counted              map[tally]int64
	changes              []decimal.Decimal   // differences of paired questions, of the first maxFlipped+1
	baseRows, candRows   [][]decimal.Decimal // repeats of paired questions, if wanted
	baseOnes, candOnes   int                 // questions answered right, if binary
}

// maxCounted bounds how many different pairs are counted before they are added up.
const maxCounted = 4096

// pairUp joins two sides. keepRepeats keeps the answers of each paired question.
func pairUp(base, cand *outcomes, keepRepeats bool) pairing {
	p := pairing{binary: true, shares: true, counted: map[tally]int64{}, leastBase: math.MaxInt, leastCand: math.MaxInt}
	left, right := newCursor(base), newCursor(cand)
	out := leftOut{lists: slices.Concat(base.removed, cand.removed)}
	x, moreX := left.next()
	y, moreY := right.next()
	for moreX || moreY {
		order := 0
		switch {
		case !moreY:
			order = -1
		case !moreX:
			order = 1
		default:
			order = bytes.Compare(x.id[:], y.id[:])
		}
		switch {
		case order < 0:
			p.take(x.values, nil, out.passes(x.id), false)
			x, moreX = left.next()
		case order > 0:
			p.take(nil, y.values, out.passes(y.id), false)
			y, moreY = right.next()
		default:
			p.take(x.values, y.values, out.passes(x.id), keepRepeats)
			x, moreX = left.next()
			y, moreY = right.next()
		}
	}
	p.flush()
	out.passes(lastID())
	p.nonFinite = out.n
	return p
}

// take counts the answers to one question. One that is left out because of the
// other side is still in the value that this side reports.
func (p *pairing) take(base, cand []float64, leftOut, keep bool) {
	if !leftOut {
		p.add(base, cand, keep)
		return
	}
	p.value(&p.allBase, base)
	p.value(&p.allCand, cand)
}

// value counts answers that are in one side's value and in nothing else.
func (p *pairing) value(all *infer.Moments, values []float64) {
	if m := meanOf(values); m != nil {
		all.Add(*m, 1)
	}
	for _, v := range values {
		p.shares = p.shares && v >= 0 && v <= 1
	}
}

func (p *pairing) add(base, cand []float64, keep bool) {
	if base != nil {
		p.nBase++
		p.mostBase, p.leastBase = max(p.mostBase, len(base)), min(p.leastBase, len(base))
	}
	if cand != nil {
		p.nCand++
		p.mostCand, p.leastCand = max(p.mostCand, len(cand)), min(p.leastCand, len(cand))
	}
	if base != nil && cand != nil {
		p.n++
	}
	b, bits := p.look(base)
	c, more := p.look(cand)
	if keep {
		p.baseRows = append(p.baseRows, decimals(base))
		p.candRows = append(p.candRows, decimals(cand))
	}
	if !bits || !more { // other values, repeated: their sum may have no float64
		p.sum(meanOf(base), meanOf(cand), 1)
		return
	}
	key := tally{b, float64(len(base)), c, float64(len(cand))}
	if _, seen := p.counted[key]; !seen && len(p.counted) >= maxCounted {
		p.flush()
	}
	p.counted[key]++
}

// look returns the sum of one side's values; exact reports whether that is the
// exact sum.
func (p *pairing) look(values []float64) (sum float64, exact bool) {
	exact = true
	for _, v := range values {
		if v < 0 || v > 1 {
			p.shares = false
		}
		if v != 0 && v != 1 {
			p.binary = false
			exact = len(values) == 1
		}
		sum += v
	}
	if len(values) > 1 {
		p.binary = false
	}
	return sum, exact
}

// flush adds up what was counted. The order in which a map is walked changes
// nothing: the sums are exact.
func (p *pairing) flush() {
	for key, times := range p.counted {
		p.sum(mean(key.base, key.baseOf), mean(key.cand, key.candOf), times)
	}
	clear(p.counted)
}

// sum adds pairs; nil is an unanswered question.
func (p *pairing) sum(base, cand *decimal.Decimal, times int64) {
	zero := decimal.Decimal{}
	b, c := zero, zero
	if base != nil {
		b = *base
		p.allBase.Add(b, times)
	}
	if cand != nil {
		c = *cand
		p.allCand.Add(c, times)
	}
	p.strict.Add(c.Sub(b), times)
	countPair(&p.strictTable, b, c, int(times))
	if b.Sign() != 0 {
		p.baseOnes += int(times)
	}
	if c.Sign() != 0 {
		p.candOnes += int(times)
	}
	if base == nil || cand == nil {
		return
	}
	p.base.Add(b, times)
	p.cand.Add(c, times)
	change := c.Sub(b)
	p.change.Add(change, times)
	for range min(times, int64(maxFlipped+1-len(p.changes))) {
		p.changes = append(p.changes, change)
	}
	countPair(&p.table, b, c, int(times))
}

// countPair counts a pair of zeros and ones.
func countPair(t *infer.PairedTable, base, cand decimal.Decimal, times int) {
	switch {
	case base.Sign() != 0 && cand.Sign() != 0:
		t.Both += times
	case base.Sign() != 0:
		t.BaseOnly += times
	case cand.Sign() != 0:
		t.CandOnly += times
	default:
		t.Neither += times
	}
}

// mean is sum/of as a decimal; nil if of is 0.
func mean(sum, of float64) *decimal.Decimal {
	if of == 0 {
		return nil
	}
	d, err := decimal.FromFloat(sum)
	if err != nil {
		return nil
	}
	if of > 1 {
		d, _ = d.Quo(decimal.FromInt(int64(of)))
	}
	return &d
}

func meanOf(values []float64) *decimal.Decimal {
	if m, ok := decimal.Mean(decimals(values)); ok {
		return &m
	}
	return nil
}

func decimals(values []float64) []decimal.Decimal {
	list := make([]decimal.Decimal, 0, len(values))
	for _, v := range values {
		if d, err := decimal.FromFloat(v); err == nil {
			list = append(list, d)
		}
	}
	return list
}

// factor is what turns sample values into the scale of the row: 100 where the files
// record shares of a score that is reported in percent. ok is false where the
// samples do not have the mean that was reported.
func (p *pairing) factor(base, cand *cell, scale catalog.Scale) (decimal.Decimal, bool) {
	factors := []decimal.Decimal{decimal.FromInt(1)}
	if w, ok := width(scale); ok && p.shares && !w.Equal(factors[0]) {
		factors = []decimal.Decimal{w, factors[0]}
	}
	for _, factor := range factors {
		if agrees(p.allBase, base, factor) && agrees(p.allCand, cand, factor) {
			return factor, true
		}
	}
	return decimal.Decimal{}, false
}

// agrees reports whether the samples of a side have its reported value as their
// mean, within the rounding of that. Answers that were left out make the two
// differ, and are told otherwise.
func agrees(all infer.Moments, c *cell, factor decimal.Decimal) bool {
	m, ok := all.Mean()
	if !ok || c.value == nil {
		return false
	}
	if len(c.outcomes.removed) > 0 || c.outcomes.unscored > 0 {
		return true
	}
	gap := m.Mul(factor).Sub(*c.value).Abs()
	tolerance := decimal.MustParse("0.000000001")
	// A value of few digits was rounded: half of its last place, or a whole one
	// where it was cut.
	if places, ends := c.value.Places(); ends && places <= 6 {
		tolerance = decimal.MustParse("1")
		for range max(places, 2) {
			tolerance, _ = tolerance.Quo(decimal.FromInt(10))
		}
	}
	return gap.Cmp(tolerance) <= 0
}

// assessPairedItems compares the answers to the same questions (§7d).
func assessPairedItems(base, cand *cell, row Row, options Options) (assessment, bool) {
	if base.outcomes == nil || cand.outcomes == nil || options.PairBy == PairByNone || options.PairBy == PairBySeed {
		return assessment{}, false
	}
	a := assessment{evidence: EvidencePairedItems, described: noInference()}
	if base.outcomes.joinedBy != cand.outcomes.joinedBy {
		a.warnings = append(a.warnings, nemo.Warning{
			Code:    "SAMPLES_NOT_JOINED",
			Message: "the sides identify questions in different ways: " + base.outcomes.joinedBy + ", " + cand.outcomes.joinedBy,
		})
		return a, false
	}
	fixedItems := options.asks(ScopeFixedItems) || options.wants(MethodFixedItems)
	p := pairUp(base.outcomes, cand.outcomes, fixedItems)
	if p.n == 0 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "SAMPLES_NOT_JOINED", Message: "no question has an answer on both sides"})
		return a, false
	}
	factor, ok := p.factor(base, cand, row.Scale)
	if !ok {
		a.warnings = append(a.warnings, nemo.Warning{
			Code: "SAMPLES_DISAGREE", Message: "the sample files do not have the reported value as their mean, so they are not used",
		})
		return a, false
	}
	a.scope, a.questions = ScopeItemPopulation, int(p.n)
	a.describePairing(p, base, cand, factor)
	switch {
	case fixedItems:
		if p.leastBase < 2 || p.leastCand < 2 {
			return a, false
		}
		a.scope, a.method, a.runs = ScopeFixedItems, MethodFixedItems, min(p.leastBase, p.leastCand)
		a.estimate = scaled(infer.PairedFixedItems(p.baseRows, p.candRows, options.level()), factor)
		if !varies(p.baseRows) || !varies(p.candRows) {
			// Copies, such as cached answers, say nothing of another run.
			a.settled = NoInference
			a.reasons = []string{string(infer.ReasonZeroVariance)}
			a.warnings = append(a.warnings, nemo.Warning{Code: "ZERO_SEED_VARIANCE", Message: "all repeats of a side have the same values"})
		}
	case p.binary && !options.wants(MethodPairedT):
		a.tango(p, row, factor, options)
	default:
		a.pairedT(p, factor, options)
	}
	if (p.n < max(p.nBase, p.nCand) || p.nonFinite > 0) && elsewhere(a.estimate, base, cand) {
		a.settled, a.reasons = Inconclusive, []string{reasonMissingItems}
	}
	if p.n < minimumPairs {
		a.settled, a.reasons = InsufficientData, []string{reasonTooFewPairs}
	}
	a.warnings = append(a.warnings, smallN(int(p.n))...)
	return a, true
}

// elsewhere reports whether the reported difference lies outside the interval of the
// paired questions: then it is of the questions that were not paired.
func elsewhere(e infer.Estimate, base, cand *cell) bool {
	if e.CI == nil {
		return false
	}
	reported := cand.value.Sub(*base.value).Float64()
	return reported < e.CI.Lo || reported > e.CI.Hi
}

// varies reports whether any question has answers that differ.
func varies(rows [][]decimal.Decimal) bool {
	return slices.ContainsFunc(rows, func(values []decimal.Decimal) bool {
		return slices.ContainsFunc(values, func(v decimal.Decimal) bool { return !v.Equal(values[0]) })
	})
}

// describePairing says how the sides were joined.
func (a *assessment) describePairing(p pairing, base, cand *cell, factor decimal.Decimal) {
	paired := &Paired{
		N: p.n, NBase: p.nBase, NCand: p.nCand, RepeatsBase: int64(p.mostBase), RepeatsCand: int64(p.mostCand),
		NonFinite: p.nonFinite, JoinedBy: base.outcomes.joinedBy,
		Files: append(append([]nemo.Source{}, base.outcomes.files...), cand.outcomes.files...),
	}
	coverage, _ := decimal.FromInt(p.n).Quo(decimal.FromInt(max(p.nBase, p.nCand)))
	paired.Coverage = derivedExact(coverage)
	if delta, ok := p.change.Mean(); ok {
		paired.Delta = ptr(delta.Mul(factor))
	}
	paired.Correlation = derived(infer.CorrelationOfMoments(p.base, p.cand, p.change))
	if p.binary {
		paired.Both, paired.BaseOnly = ptr(int64(p.table.Both)), ptr(int64(p.table.BaseOnly))
		paired.CandOnly, paired.Neither = ptr(int64(p.table.CandOnly)), ptr(int64(p.table.Neither))
		exact := infer.McNemarExact(p.table.BaseOnly, p.table.CandOnly).TwoSided
		paired.PExact = derived(exact)
	}
	a.described.Paired = paired
	a.described.Effect = &Effect{DZ: derived(infer.PairedEffect(p.change))}
	if coverage.Cmp(decimal.MustParse("0.95")) < 0 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "LOW_COVERAGE", Message: "fewer than 95 % of the questions have an answer on both sides"})
	}
	if paired.NonFinite > 0 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "SAMPLES_NOT_FINITE", Message: "questions with an answer whose value is no finite number were left out on both sides"})
	}
	if base.outcomes.joinedBy == nemo.JoinPosition {
		a.warnings = append(a.warnings, nemo.Warning{Code: "JOINED_BY_POSITION", Message: "the sample files have no id of a question; they were joined line by line"})
	}
	a.base, a.cand = answeredOf(p.nBase, p.baseOnes, p.binary), answeredOf(p.nCand, p.candOnes, p.binary)
}

// answeredOf is how many questions one side answered, and how many of them right.
func answeredOf(n int64, right int, binary bool) measuredSide {
	side := measuredSide{n: ptr(int(n)), nSource: nSourceDerived}
	if binary {
		side.k = ptr(right)
	}
	return side
}

// tango tests outcomes of right and wrong.
func (a *assessment) tango(p pairing, row Row, factor decimal.Decimal, options Options) {
	a.method = MethodTango
	flips := p.table.Discordance()
	a.estimate = scaled(infer.Tango(flips, options.level()), factor)
	if row.Direction == catalog.Lower {
		flips.BaseOnly, flips.CandOnly = flips.CandOnly, flips.BaseOnly
	}
	a.shifted = func(margin decimal.Decimal) infer.MarginTest {
		m, _ := margin.Quo(factor)
		return infer.TangoMargin(flips, m)
	}
	discordant := flips.BaseOnly + flips.CandOnly
	if discordant == 0 {
		a.described.Flags = append(a.described.Flags, flagIdentical)
	}
	if discordant < 25 {
		a.confirm = infer.McNemarExact(flips.BaseOnly, flips.CandOnly).TwoSided
	}
	if detectable := options.power().DetectableFlips(discordant, flips.N); detectable != nil {
		a.detectable = ptr(*detectable * factor.Float64())
	}
	if p.n < max(p.nBase, p.nCand) {
		a.strict = ptr(scaled(infer.Tango(p.strictTable.Discordance(), options.level()), factor))
	}
	for _, side := range []*measuredSide{&a.base, &a.cand} {
		side.ci = scaledInterval(infer.Wilson(*side.k, *side.n, options.level()), factor.Float64())
		side.method = "wilson"
	}
}

// maxFlipped bounds for how many questions a sign-flip test is made: 99,999 draws
// over each.
const maxFlipped = 2000

// pairedT tests the mean difference of values other than 0 and 1, or of means over
// repeats.
func (a *assessment) pairedT(p pairing, factor decimal.Decimal, options Options) {
	a.method = MethodPairedT
	a.estimate = scaled(infer.PairedT(p.change, options.level()), factor)
	if len(p.changes) <= maxFlipped {
		flipped := infer.SignFlip(p.changes, uint64(options.Seed)) //nolint:gosec // any bits make a seed
		a.described.PPermutation = derived(flipped.TwoSided)
		a.disagreeing(flipped.TwoSided, options)
	}
	if p.n < max(p.nBase, p.nCand) {
		a.strict = ptr(scaled(infer.PairedT(p.strict, options.level()), factor))
	}
}
