package gate

import (
	"fmt"
	"math"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Codes of explanations: what decided, and where nel gate (nel-next, at the version of
// its engine/gate.py that this was written against) decides by another rule.
const (
	explainDecided       = "decided"
	explainZeroWidth     = "zero_width_pass"
	explainRelativePoint = "relative_drop_on_point_estimate"
	explainFewPairs      = "few_pairs_overwritten"
	explainArithmetic    = "interval_arithmetic"
	explainNoSamples     = "samples_only"
	explainIntervals     = "other_interval"
	explainSettings      = "settings_not_compared"
	explainUnlisted      = "unlisted_missing_ignored"
	explainAdvisory      = "advisory_on_point_estimate"
	explainDirection     = "direction_assumed"
	explainScale         = "scale_not_known"
	explainMetric        = "metric_not_supported"
	explainHolm          = "no_adjustment"
	explainFailOpen      = "fails_open"
	explainBounds        = "no_bounds"
	explainExit          = "exit_status"
)

// Explain adds to an answer what decided each row, and where nel gate would decide
// otherwise on the same evidence.
func (a *Answer) Explain() {
	a.Explanations = []Explanation{}
	for _, row := range a.Rows {
		a.explain(row.Task, explainDecided, row.decidedBy())
		a.explainRow(row)
	}
	add := func(code, text string) { a.Explanations = append(a.Explanations, Explanation{Code: code, Text: text}) }
	if a.Counts.Required == 0 {
		add(explainFailOpen, "nel gate says GO when nothing was evaluated; here that fails.")
	}
	if len(a.Bounds) > 0 {
		add(explainBounds, "nel gate has no bounds, min or max; its answer is about drops alone.")
	}
	add(explainExit, "nel gate exits 1 for NO-GO and, as --strict is its default, 2 for INCONCLUSIVE, the statuses of a crash and of a mistyped command; here they are 3 and 6, or its own with --exit-codes=nel.")
}

func (a *Answer) explain(task, code, text string) {
	a.Explanations = append(a.Explanations, Explanation{Task: &task, Code: code, Text: text})
}

// decidedBy says which rule decided a row, and on what.
func (r Row) decidedBy() string {
	said := string(r.Result)
	if r.Rule == nil {
		return said + ": no rule could be applied; " + nemo.Text(r.Detail) + "."
	}
	for _, ruling := range r.Rules {
		if ruling.Rule != *r.Rule {
			continue
		}
		limit := "no margin"
		if ruling.Margin != nil {
			limit = "margin " + ruling.Margin.String()
		}
		switch {
		case nemo.Text(ruling.Reason) == reasonHolm:
			return fmt.Sprintf("%s by %s, %s: %s.", said, ruling.Rule, limit, nemo.Text(r.Detail))
		case nemo.Text(ruling.Basis) == basisPoint:
			return fmt.Sprintf("%s by %s, %s: the change for the better is %s exactly.", said, ruling.Rule, limit, ruling.Change)
		case ruling.Lo == nil || ruling.Hi == nil:
			return fmt.Sprintf("%s by %s, %s: %s.", said, ruling.Rule, limit, nemo.Text(r.Detail))
		}
		where := map[Result]string{
			Pass: "all of it is at −margin or better", Fail: "all of it is worse than −margin", Inconclusive: "−margin is inside",
		}[ruling.Result]
		if r.Detail != nil {
			where = *r.Detail
		}
		return fmt.Sprintf("%s by %s, %s: the interval of the change for the better is %s to %s; %s.",
			said, ruling.Rule, limit, ruling.Lo.RoundSignificant(4), ruling.Hi.RoundSignificant(4), where)
	}
	return said + "."
}

// Results of nel gate, in its words.
const (
	nelPass         = "PASS"
	nelBreach       = "BREACH"
	nelInsufficient = "INSUFFICIENT_EVIDENCE"
)

// explainRow says where nel gate judges a row by another rule.
func (a *Answer) explainRow(row Row) {
	say := func(code, format string, args ...any) { a.explain(row.Task, code, fmt.Sprintf(format, args...)) }
	switch {
	case row.Result == Missing:
		if !row.listed {
			say(explainUnlisted, "nel gate ignores a benchmark that the policy does not list and a side lacks; here it is missing.")
		}
		return
	case row.Result == NotComparable:
		say(explainSettings, "nel gate does not compare settings, and would judge the numbers as they are.")
		return
	case len(row.Rules) == 0 || row.Delta == nil:
		return
	}
	if nemo.Text(row.Rules[0].Reason) == reasonDirectionUnknown {
		say(explainDirection, "nel gate takes higher to be better unless told otherwise; here the direction must be known.")
		return
	}
	if !row.Primary {
		say(explainMetric, "nel gate pairs mean_reward and pass@1 only; of %s it would use intervals that were reported.", row.Metric)
	}
	if row.Scale != catalog.Fraction && row.Rules[0].Margin != nil {
		say(explainScale, "nel gate takes max_drop as it stands; here it is a share of the scale, %s in its unit.", row.Rules[0].Margin)
	}
	status, code, why := row.nel()
	if status != "" && nelResult(status) != row.Result {
		say(code, "nel gate says %s: %s.", status, why)
		return
	}
	// The same answer by another rule.
	switch {
	case code == explainArithmetic:
		say(code, "nel gate says %s too, but %s.", status, why)
	case nemo.Text(row.Rules[0].Reason) == reasonHolm:
		say(explainHolm, "nel gate does not adjust for the number of rows.")
	}
}

func nelResult(status string) Result {
	switch status {
	case nelPass:
		return Pass
	case nelBreach:
		return Fail
	}
	return Inconclusive
}

// nel is what nel gate says of a row, given the evidence of this gate, the code of the
// rule that this rests on and why.
func (r Row) nel() (status, code, why string) {
	change := r.Delta.Float64()
	sign := 1.0
	if r.Direction == catalog.Lower {
		sign = -1
	}
	for _, ruling := range r.Rules {
		if ruling.Rule == RuleMaxRelativeDrop && ruling.Change != nil && ruling.Change.Neg().Cmp(*ruling.Margin) > 0 {
			return nelBreach, explainRelativePoint, "the drop itself, " + percent(ruling.Change.Neg()) + " of the baseline, exceeds max_relative_drop, whatever its uncertainty"
		}
	}
	margin := r.Rules[0].Margin
	if margin == nil {
		return "", "", ""
	}
	lo, hi, code, why := r.nelInterval()
	if code == "" {
		if !r.Required {
			status := nelBreach
			if sign*change >= -margin.Float64() {
				status = nelPass
			}
			return status, explainAdvisory, "without samples it judges an advisory benchmark on the numbers alone"
		}
		return nelInsufficient, explainNoSamples, "it has an interval only where there are per-problem results or bundles with intervals"
	}
	damageLo, damageHi := -sign*hi, -sign*lo
	if sign < 0 {
		damageLo, damageHi = lo, hi
	}
	switch m := margin.Float64(); {
	case damageLo > m:
		return nelBreach, code, why
	case damageHi <= m:
		return nelPass, code, why
	}
	return nelInsufficient, code, why
}

func percent(share decimal.Decimal) string {
	return share.Mul(decimal.FromInt(100)).RoundSignificant(3).String() + " %"
}

// nelInterval is the interval of candidate − baseline that nel gate decides on: of t
// on the paired differences, with a width of 0 where none differs, or, without at
// least 10 pairs, of one side's limits less the other's.
func (r Row) nelInterval() (lo, hi float64, code, why string) {
	paired := r.Inference.Paired
	if paired != nil && paired.N >= minimumPairs {
		if paired.BaseOnly == nil || paired.CandOnly == nil {
			if ci := r.Inference.CI; ci != nil && ci.Lo != nil && ci.Hi != nil {
				return ci.Lo.Float64(), ci.Hi.Float64(), explainIntervals, "its interval is that of t on the differences"
			}
			return 0, 0, "", ""
		}
		n, b, c := float64(paired.N), float64(*paired.BaseOnly), float64(*paired.CandOnly)
		if b+c == 0 {
			return 0, 0, explainZeroWidth, fmt.Sprintf("%d pairs without a flip give it an interval of zero width", paired.N)
		}
		width, ok := compare.ScaleWidth(r.Scale)
		q := infer.StudentQuantile(0.975, n-1)
		if !ok || q == nil {
			return 0, 0, "", ""
		}
		mean := (c - b) / n
		half := *q * math.Sqrt((b+c-n*mean*mean)/(n-1)/n)
		f := width.Float64()
		return (mean - half) * f, (mean + half) * f, explainIntervals, "its interval of paired answers is that of t"
	}
	base, cand := r.Base.CI, r.Cand.CI
	if base == nil || cand == nil || base.Lo == nil || base.Hi == nil || cand.Lo == nil || cand.Hi == nil {
		return 0, 0, "", ""
	}
	code, why = explainArithmetic, "from bundles with the intervals of both sides it subtracts the limits, which is up to √2 too wide"
	if paired != nil {
		code, why = explainFewPairs, "below 10 pairs it falls back to the intervals of the bundles"
	}
	return cand.Lo.Float64() - base.Hi.Float64(), cand.Hi.Float64() - base.Lo.Float64(), code, why
}

// minimumPairs is below which neither tool judges paired answers.
const minimumPairs = 10
