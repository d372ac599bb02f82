package gate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// bounds judges the fixed bounds of the policy on the candidate: those of benchmarks
// first, then the others, each in the order of the file.
func (g *gate) bounds() error {
	measurement, err := compare.Measure(g.candidate(), g.options)
	if err != nil {
		return err
	}
	measured := measurement.Scores
	g.jobs = measurement.Jobs
	for _, b := range g.policy.Benchmarks {
		for _, limit := range b.limits() {
			g.answer.Bounds = append(g.answer.Bounds, g.ofBenchmark(b, limit, measured)...)
		}
	}
	for _, b := range g.policy.Bounds {
		var results []BoundResult
		switch b.of.kind {
		case ofCoverage:
			results = []BoundResult{b.coverage(measurement.Coverage)}
		case ofRuntime, ofFinish, ofStatus, ofLatencyPercentile:
			results = g.runtime(b)
		case ofMLflow:
			results = g.logged(b)
		case ofScore:
			results = g.ofTask(b, measured)
		case ofAny:
			results = g.ofEveryTask(b, measured)
		}
		g.answer.Bounds = append(g.answer.Bounds, results...)
	}
	return nil
}

// limits are the bounds that min and max of a benchmark are.
func (b Benchmark) limits() []Bound {
	var limits []Bound
	if b.Min != nil {
		limits = append(limits, Bound{Place: b.minAt, Measure: RuleMin, Operator: ">=", Limit: *b.Min})
	}
	if b.Max != nil {
		limits = append(limits, Bound{Place: b.maxAt, Measure: RuleMax, Operator: "<=", Limit: *b.Max})
	}
	return limits
}

// result is the answer of a bound before there is a value.
func (b Bound) result() BoundResult {
	return BoundResult{
		Measure: b.Measure, Bound: b.Operator + b.Limit.String(), Unit: nemo.Optional(b.Unit),
		Tier: b.Tier, Required: b.Tier != Advisory,
	}
}

// missing is the answer of a bound that could not be measured.
func (b Bound) missing(reason, detail string) BoundResult {
	r := b.result()
	r.Result, r.Reason, r.Detail = Missing, &reason, nemo.Optional(detail)
	return r
}

// exact decides on a value in the bound's unit.
func (b Bound) exact(value decimal.Decimal) BoundResult {
	r := b.result()
	r.Basis, r.Result = ptr(basisPoint), Fail
	if b.keeps(value) {
		r.Result = Pass
	}
	if !value.Terminates() {
		value = value.RoundSignificant(derivedDigits)
	}
	r.Value = &value
	return r
}

// onInterval decides on the interval of a value, where there is one: pass if all of it
// keeps the bound, fail if none does. No interval lies in a point, so == is decided
// on the value.
func (b Bound) onInterval(value decimal.Decimal, ci *infer.Interval, level decimal.Decimal) BoundResult {
	r := b.exact(value)
	if ci == nil || b.Operator == "==" {
		return r
	}
	lo, errLo := decimal.FromFloat(ci.Lo)
	hi, errHi := decimal.FromFloat(ci.Hi)
	if errLo != nil || errHi != nil {
		return r
	}
	r.Basis, r.CI = ptr(basisCI), compare.Rounded(ci, level)
	switch low, high := b.keeps(lo), b.keeps(hi); {
	case low && high:
		r.Result = Pass
	case !low && !high:
		r.Result = Fail
	default:
		r.Result, r.Reason = Inconclusive, ptr(reasonCIStraddles)
	}
	return r
}

// score decides on one score.
func (g *gate) score(b Bound, m compare.Measured) BoundResult {
	var r BoundResult
	factor, ok := factorOf(b, m.Scale)
	switch {
	case m.Value == nil:
		r = b.missing(reasonNotANumber, strings.Join(m.Invalid, ", "))
	case !ok || m.OffScale || otherScale(b, m):
		r = b.result()
		r.Value, r.Result, r.Reason = m.Value, NotComparable, ptr(reasonScaleMismatch)
		r.Detail = ptr(fmt.Sprintf("the score is on the scale %s; a bound with %% holds on fractions and percentages", m.Scale))
		if b.Unit == "" && m.Scale == catalog.UnknownScale {
			r.Detail = ptr("the score is above 1 on an unknown scale, and the bound is not; --scale TASK=SCALE says which scale it is")
		}
	default:
		ci := m.CI
		if g.policy.Decision == DecidePoint {
			ci = nil
		}
		if ci != nil {
			f := factor.Float64()
			ci = &infer.Interval{Level: ci.Level, Lo: ci.Lo * f, Hi: ci.Hi * f}
		}
		r = b.onInterval(m.Value.Mul(factor), ci, g.options.Confidence)
		if r.CI != nil {
			r.Method = nemo.Optional(m.Method)
		}
	}
	if b.Measure == RuleMin || b.Measure == RuleMax {
		r.Measure = m.Task + "/" + m.Metric
		if m.Score.Score != m.Metric {
			r.Measure += "/" + m.Score.Score
		}
	}
	r.Task, r.Variant = ptr(m.Task), m.Variant
	return r
}

// factorOf is what a score on a scale is multiplied by to be in the unit of a bound;
// ok is false where it cannot be.
func factorOf(b Bound, scale catalog.Scale) (factor decimal.Decimal, ok bool) {
	thousand := decimal.FromInt(1000)
	thousandth, _ := decimal.FromInt(1).Quo(thousand)
	factors := map[string]map[catalog.Scale]decimal.Decimal{
		unitPercent:      {catalog.Fraction: decimal.FromInt(100), catalog.Percent: decimal.FromInt(1)},
		unitMilliseconds: {catalog.Milliseconds: decimal.FromInt(1), catalog.Seconds: thousand},
		unitSeconds:      {catalog.Seconds: decimal.FromInt(1), catalog.Milliseconds: thousandth},
		unitTokens:       {catalog.Tokens: decimal.FromInt(1)},
	}
	if b.Unit == "" {
		return decimal.FromInt(1), true
	}
	factor, ok = factors[b.Unit][scale]
	return factor, ok
}

// otherScale reports whether a bound without unit was meant for another scale than
// the score's: 80 for a fraction, 0.8 for a percentage that is above 1. The first is
// kept by every value from above, the second by nearly every value from below. On an
// unknown scale a value above 1 is no fraction, and a limit up to 1 may be one.
func otherScale(b Bound, m compare.Measured) bool {
	limit, unit := b.Limit.Abs(), decimal.FromInt(1)
	if b.Unit != "" {
		return false
	}
	switch m.Scale {
	case catalog.Fraction:
		return limit.Cmp(unit) > 0
	case catalog.Percent:
		return b.fromBelow() && limit.Sign() > 0 && limit.Cmp(unit) <= 0 && m.Value.Cmp(unit) > 0
	case catalog.UnknownScale:
		return limit.Sign() > 0 && limit.Cmp(unit) <= 0 && m.Value.Abs().Cmp(unit) > 0
	}
	return false
}

// byTask groups the scores of one task and variant.
func byTask(measured []compare.Measured) [][]compare.Measured {
	var groups [][]compare.Measured
	for _, m := range measured {
		last := len(groups) - 1
		if last < 0 || groups[last][0].Task != m.Task || nemo.Text(groups[last][0].Variant) != nemo.Text(m.Variant) {
			groups = append(groups, nil)
			last++
		}
		groups[last] = append(groups[last], m)
	}
	return groups
}

func namesOf(group []compare.Measured) []scoreName {
	names := make([]scoreName, len(group))
	for i, m := range group {
		names[i] = scoreName{m.Task, m.Section, m.Name, m.Metric, m.Score.Score, m.Primary}
	}
	return names
}

// named decides on the score of a task that a name means; nil where it has none.
func (g *gate) named(b Bound, group []compare.Measured, metric string) *BoundResult {
	at, could := pick(namesOf(group), metric)
	switch {
	case at >= 0:
		return ptr(g.score(b, group[at]))
	case len(could) > 0:
		r := b.missing(reasonAmbiguous, metric+" may be "+listing(could))
		r.Task, r.Variant = ptr(group[0].Task), group[0].Variant
		return &r
	}
	return nil
}

// ofBenchmark decides on min or max of a benchmark.
func (g *gate) ofBenchmark(of Benchmark, b Bound, measured []compare.Measured) []BoundResult {
	rules := g.policy.rulesOf(&of)
	b.Tier = rules.Tier
	var results []BoundResult
	for _, group := range byTask(measured) {
		if !isTask(of.Name, nemo.Text(group[0].Harness), group[0].Task, g.options.Catalog) {
			continue
		}
		names := namesOf(group)
		primary := slices.IndexFunc(group, func(m compare.Measured) bool { return m.Primary })
		var r *BoundResult
		if rules.Metric != "" {
			r = g.named(b, group, rules.Metric)
		}
		switch {
		case r != nil:
		case primary >= 0 && (rules.Metric == "" || standsForHeadline(rules.Metric)):
			r = ptr(g.score(b, group[primary]))
		case rules.Metric != "":
			r = ptr(b.missing(reasonNoSuchScore, "no score is called "+rules.Metric+didYouMean(rules.Metric, metricsOf(names))))
		default:
			r = ptr(b.missing(reasonNoHeadline, "it has no headline; metric: may be "+listing(metricsOf(names))))
		}
		r.Task, r.Variant = ptr(group[0].Task), group[0].Variant
		results = append(results, *r)
	}
	if results == nil {
		r := b.missing(reasonNoSuchTask, g.noTask(of.Name, measured))
		r.Task = ptr(of.Name)
		results = []BoundResult{r}
	}
	return results
}

// noTask says why the candidate has no scores of a task.
func (g *gate) noTask(name string, measured []compare.Measured) string {
	var names []string
	for _, m := range measured {
		names = append(names, m.Task)
	}
	for _, m := range g.answer.Missing {
		if m.Side != g.candidate().Label {
			continue
		}
		if isTask(name, nemo.Text(m.Harness), nemo.Text(m.Task), g.options.Catalog) {
			return "no results (" + inWords(m.Reason) + ")"
		}
		names = append(names, nemo.Text(m.Task))
	}
	return "the candidate has no task of this name" + didYouMean(name, names)
}

// ofTask decides on TASK/METRIC[/SCORE]. The name of a task, or of a score, may have
// a slash in it.
func (g *gate) ofTask(b Bound, measured []compare.Measured) []BoundResult {
	var results []BoundResult
	var metrics []string
	for _, group := range byTask(measured) {
		for i, r := range b.of.name {
			if r != '/' || !isTask(b.of.name[:i], nemo.Text(group[0].Harness), group[0].Task, g.options.Catalog) {
				continue
			}
			if found := g.named(b, group, b.of.name[i+1:]); found != nil {
				results = append(results, *found)
			} else {
				metrics = append(metrics, metricsOf(namesOf(group))...)
			}
			break
		}
	}
	if results != nil {
		return results
	}
	task, metric, _ := strings.Cut(b.of.name, "/")
	r := b.missing(reasonNoSuchTask, "")
	r.Task = &task
	if metrics != nil {
		r.Reason, r.Detail = ptr(reasonNoSuchScore), ptr("no score is called "+metric+didYouMean(metric, metrics))
	} else {
		r.Detail = ptr(g.noTask(task, measured))
	}
	return []BoundResult{r}
}

// ofEveryTask decides on a metric by its bare name, of every task that has it.
func (g *gate) ofEveryTask(b Bound, measured []compare.Measured) []BoundResult {
	var results []BoundResult
	known := compare.RuntimeMeasures()
	for _, group := range byTask(measured) {
		if found := g.named(b, group, b.of.name); found != nil {
			results = append(results, *found)
		}
		known = append(known, metricsOf(namesOf(group))...)
	}
	if results == nil {
		results = []BoundResult{b.missing(reasonNoSuchScore, "no task has a metric of this name"+didYouMean(b.of.name, known))}
	}
	return results
}

// coverage decides on the share of configured jobs that have results.
func (b Bound) coverage(of *compare.Coverage) BoundResult {
	if of == nil {
		return b.missing(reasonTasksUnknown, "no file lists the tasks that were configured")
	}
	value, ok := decimal.FromInt(int64(100 * of.Results)).Quo(decimal.FromInt(int64(of.Configured)))
	if !ok {
		return b.missing(reasonTasksUnknown, "no task was configured")
	}
	r := b.exact(value)
	if of.Results < of.Configured {
		r.Detail = ptr(fmt.Sprintf("%d of %d configured jobs have results", of.Results, of.Configured))
	}
	return r
}

// runtime decides on a measure of every job that has results.
func (g *gate) runtime(b Bound) []BoundResult {
	jobs := slices.DeleteFunc(slices.Clone(g.jobs), func(job nemo.Job) bool { return job.Results == nil })
	slices.SortStableFunc(jobs, func(a, b nemo.Job) int {
		return cmp.Or(cmp.Compare(nemo.Text(a.Run.Task), nemo.Text(b.Run.Task)), cmp.Compare(nemo.Text(a.Run.JobID), nemo.Text(b.Run.JobID)))
	})
	seen := finishReasonsOf(jobs)
	var results []BoundResult
	for _, job := range jobs {
		r := b.ofJob(job.Runtime, seen)
		r.Task, r.JobID = job.Run.Task, job.Run.JobID
		results = append(results, r)
	}
	if results == nil {
		results = []BoundResult{b.missing(reasonNotRecorded, "no task has results")}
	}
	return results
}

// finishReasonsOf lists the reasons for which the answers of any of the jobs ended.
func finishReasonsOf(jobs []nemo.Job) []string {
	var seen []string
	for _, job := range jobs {
		if job.Runtime != nil {
			seen = slices.AppendSeq(seen, maps.Keys(job.Runtime.FinishReasons))
		}
	}
	return seen
}

// ofJob decides on the runtime statistics of one job. They say what happened in that
// run; nothing tells how they would vary, so the exact number decides. A reason to
// finish that is neither known nor seen in any job would be kept by every candidate.
func (b Bound) ofJob(stats *nemo.RuntimeStats, seen []string) BoundResult {
	if stats == nil {
		return b.missing(reasonNotRecorded, "no runtime statistics were recorded")
	}
	switch b.of.kind {
	case ofLatencyPercentile:
		if stats.AvgLatencyMS != nil {
			return b.missing(reasonOnlyAverages, "only the average and the maximum latency were recorded; runtime/avg_latency_ms and runtime/max_latency_ms bound those")
		}
		return b.missing(reasonNotRecorded, "no latency was recorded")
	case ofFinish:
		if known := append(finishReasons(), seen...); len(stats.FinishReasons) > 0 && !slices.Contains(known, b.of.name) {
			return b.missing(reasonNotRecorded, "no answer of any run ended for this reason"+didYouMean(b.of.name, known))
		}
		return b.count(stats.FinishReasons, func(reason string) bool { return reason == b.of.name })
	case ofStatus:
		return b.count(stats.StatusCodes, func(code string) bool {
			return code == b.of.name || b.of.name == anyBut200 && code != "200"
		})
	}
	value := compare.RuntimeNumber(stats, b.of.name)
	if value == nil {
		return b.missing(reasonNotRecorded, "not recorded")
	}
	own := unitOfRuntime(b.of.name)
	if b.Unit == "" {
		b.Unit = own
	}
	thousand := decimal.FromInt(1000)
	converted := *value
	switch {
	case own == unitMilliseconds && b.Unit == unitSeconds:
		converted, _ = value.Quo(thousand)
	case own == unitSeconds && b.Unit == unitMilliseconds:
		converted = value.Mul(thousand)
	}
	return b.exact(converted)
}

// count decides on how many responses there were of a kind, or on their share.
func (b Bound) count(counted map[string]decimal.Decimal, of func(string) bool) BoundResult {
	if len(counted) == 0 {
		return b.missing(reasonNotRecorded, "not recorded")
	}
	var some, all decimal.Decimal
	for key, n := range counted {
		all = all.Add(n)
		if of(key) {
			some = some.Add(n)
		}
	}
	if b.Unit != unitPercent {
		return b.exact(some)
	}
	share, ok := some.Mul(decimal.FromInt(100)).Quo(all)
	if !ok {
		return b.missing(reasonNotRecorded, "no responses were counted")
	}
	return b.exact(share)
}

// logged decides on a metric of every run that has it, or has results and should.
func (g *gate) logged(b Bound) []BoundResult {
	var results []BoundResult
	var keys []string
	found := false
	seen := map[string]bool{}
	for _, job := range g.jobs {
		if seen[job.Run.RunID] {
			continue
		}
		keys = slices.AppendSeq(keys, maps.Keys(job.Logged))
		value, ok := job.Logged[b.of.name]
		if !ok && job.Results == nil {
			continue
		}
		seen[job.Run.RunID] = true
		found = found || ok
		r := b.ofLogged(value, ok)
		r.Task, r.JobID = job.Run.Task, job.Run.JobID
		results = append(results, r)
	}
	if found {
		slices.SortStableFunc(results, func(a, b BoundResult) int {
			return cmp.Or(cmp.Compare(nemo.Text(a.Task), nemo.Text(b.Task)), cmp.Compare(nemo.Text(a.JobID), nemo.Text(b.JobID)))
		})
		return results
	}
	detail := "no run has a metric of this name" + didYouMean(b.of.name, keys)
	if len(keys) == 0 {
		detail = "the runs have no metrics; those of MLflow are on its server, not in directories"
	}
	return []BoundResult{b.missing(reasonNotRecorded, detail)}
}

// ofLogged decides on a metric of one run; ok is false where the run does not have it.
func (b Bound) ofLogged(value float64, ok bool) BoundResult {
	exact, err := decimal.FromFloat(value)
	switch {
	case !ok:
		return b.missing(reasonNotRecorded, "the run has no metric of this name, and others do")
	case err == nil:
		return b.exact(exact)
	case math.IsNaN(value):
		return b.missing(reasonNotANumber, "it is NaN")
	}
	return b.missing(reasonNotANumber, "it is infinite")
}
