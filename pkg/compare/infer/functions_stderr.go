package infer

import "github.com/evalctl/evalctl/pkg/decimal"

func reported() []Input {
	return []Input{
		number("base", "the baseline's value"), number("base_se", "its standard error"),
		number("cand", "the candidate's value"), number("cand_se", "its standard error"),
	}
}

// sides reads two values, which must be defined, with standard errors, which need
// not be.
func sides(in *arguments) (base, cand Reported, reason Reason) {
	values, ok := in.numbers("base", "cand")
	if !ok {
		return base, cand, ReasonMissing
	}
	base.Value, cand.Value = values[0], values[1]
	stderrs, ok := in.numbers("base_se", "cand_se")
	if !ok {
		return base, cand, ReasonNoUncertainty
	}
	base.Stderr, cand.Stderr = stderrs[0], stderrs[1]
	return base, cand, ""
}

// deltaOf returns the difference where both values are known.
func deltaOf(base, cand Reported, reason Reason) *decimal.Decimal {
	if reason == ReasonMissing {
		return nil
	}
	delta := cand.Value.Sub(base.Value)
	return &delta
}

func stderrFunctions() []Function {
	return []Function{
		{
			Name: "unpaired_z", Summary: "difference of two reported values from their standard errors",
			Source: "Δ/sqrt(se_A² + se_B²), normal",
			Inputs: append(reported(), confidence()),
			Outputs: quantities(
				"delta", "cand − base, exact", "se", "its standard error", "z", "statistic", "p", "two-sided p-value",
				"lo", "lower limit", "hi", "upper limit",
			),
			eval: func(in *arguments) result {
				base, cand, reason := sides(in)
				if reason != "" {
					return because(reason, deltaOf(base, cand, reason))
				}
				e := ZFromStderrs(base, cand, in.confidence())
				return because(e.Reason, e.Value, e.SE, e.Stat, e.P, lo(e.CI), hi(e.CI))
			},
		},
		{
			Name: "unpaired_welch_from_stderr", Summary: "the same with Student's t, for few items",
			Source: "Welch 1947, ν = (se_A²+se_B²)²/(se_A⁴/(n_A−1)+se_B⁴/(n_B−1))",
			Inputs: []Input{
				reported()[0], reported()[1], count("base_n", "its items"),
				reported()[2], reported()[3], count("cand_n", "its items"), confidence(),
			},
			Outputs: quantities(
				"t", "statistic", "df", "degrees of freedom", "p", "two-sided p-value", "half_width", "half the interval's width",
				"delta", "cand − base, exact", "se", "its standard error", "lo", "lower limit", "hi", "upper limit",
			),
			eval: func(in *arguments) result {
				base, cand, reason := sides(in)
				if reason != "" {
					return because(reason, nil, nil, nil, nil, deltaOf(base, cand, reason))
				}
				if n := in.count("base_n"); n != nil {
					base.N = *n
				}
				if n := in.count("cand_n"); n != nil {
					cand.N = *n
				}
				e := WelchFromStderrs(base, cand, in.confidence())
				var half *float64
				if q := critical(in.confidence(), e.DF); e.CI != nil && q != nil {
					half = finite(*q * *e.SE)
				}
				return because(e.Reason, e.Stat, e.DF, e.P, half, e.Value, e.SE, lo(e.CI), hi(e.CI))
			},
		},
		{
			Name: "paired_se_from_correlation", Summary: "standard error of a difference of correlated values",
			Source: "sqrt(se_A² + se_B² − 2ρ·se_A·se_B), Miller 2024",
			Inputs: []Input{
				number("se_a", "standard error of one side"), number("se_b", "standard error of the other"),
				number("rho", "correlation over items, in [−1, 1]"),
			},
			Outputs: quantities("se", "standard error of the difference"),
			eval: func(in *arguments) result {
				v, ok := in.numbers("se_a", "se_b", "rho")
				if !ok {
					return nothing(ReasonMissing)
				}
				se := CorrelatedSE(v[0], v[1], v[2])
				if se == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(se)
			},
		},
		{
			Name: "derive_n", Summary: "number of items of a 0/1 metric, from its value and standard error",
			Source: "n = 1 + v(1−v)/se², k = v·n",
			Inputs: []Input{number("value", "the value, in (0, 1)"), number("stderr", "its standard error, by the n−1 convention")},
			Outputs: quantities(
				"n", "items", "k", "items that were right", "n_raw", "n before rounding",
				"verified", "yes if n and k are whole to 1e-6, else no",
			),
			eval: func(in *arguments) result {
				v, ok := in.numbers("value", "stderr")
				if !ok {
					return nothing(ReasonMissing)
				}
				d := DeriveN(v[0], v[1], SampleConvention)
				if d.N == nil {
					return because(d.Reason, nil, nil, d.Raw)
				}
				verified := "no"
				if d.Verified {
					verified = "yes"
				}
				return of(d.N, d.K, d.Raw, verified)
			},
		},
		{
			Name: "noninferiority_z", Summary: "may a candidate ship, given reported standard errors and a margin?",
			Source: "(g + margin)/SE, normal; interval rule of the gate",
			Inputs: append(reported(), margin(), direction(), confidence()),
			Outputs: quantities(
				"se", "standard error of g", "lo", "lower limit of the goodness change g", "hi", "upper limit of g",
				"gate", "pass, fail or inconclusive", "p_noninferiority", "one-sided p-value of a loss of the margin or more",
				"p_margin_exceeded", "one-sided p-value of a loss of the margin or less", "p_two_sided", "two-sided p-value of no change",
				"g", "goodness change, exact",
			),
			eval: func(in *arguments) result {
				return ofMargin(in, func(r Noninferiority) []any {
					return []any{
						r.SE, lo(r.CI), hi(r.CI), gateWord(r.Gate), r.Margin.P, r.Margin.Exceeded, r.P, r.Value,
					}
				})
			},
		},
		{
			Name: "noninferiority_tost_z", Summary: "the same, and is the change shown to be negligible?",
			Source: "Schuirmann 1987; Lakens 2017",
			Inputs: append(reported(), margin(), direction(), confidence()),
			Outputs: quantities(
				"se", "standard error of g", "p_noninferiority", "one-sided p-value of a loss of the margin or more",
				"p_tost", "p-value of a change of the margin or more, either way",
				"ci90_lo", "lower limit of the interval that p_tost is dual to", "ci90_hi", "upper limit of it",
				"gate", "pass, fail or inconclusive", "compare", "improved, regressed, equivalent, inconclusive or no_inference",
			),
			eval: func(in *arguments) result {
				return ofMargin(in, func(r Noninferiority) []any {
					return []any{
						r.SE, r.Margin.P, r.Equivalence, lo(r.EquivalenceCI), hi(r.EquivalenceCI),
						gateWord(r.Gate), verdictWord(r.Verdict),
					}
				})
			},
		},
		{
			Name: "welch_noninferiority", Summary: "do repeated runs show that a candidate keeps a margin?",
			Source: "(g + margin)/SE with Welch's degrees of freedom, one-sided",
			Inputs: append(runs(), margin(), direction(), confidence()),
			Outputs: quantities(
				"t", "statistic", "p", "one-sided p-value of a loss of the margin or more", "df", "degrees of freedom",
				"se", "standard error of g", "lo", "lower limit of the goodness change g", "hi", "upper limit of g",
				"gate", "pass, fail or inconclusive",
			),
			eval: ofRuns(func(in *arguments, base, cand []decimal.Decimal) result {
				limit, word := in.number("margin"), Direction(in.word("direction"))
				if limit == nil {
					return nothing(ReasonMissing)
				}
				r := NoninferiorityWelch(MomentsOf(base), MomentsOf(cand), *limit, word, in.confidence())
				return because(marginReason(r), r.Margin.Stat, r.Margin.P, r.DF, r.SE, lo(r.CI), hi(r.CI), gateWord(r.Gate))
			}),
		},
	}
}

// ofMargin evaluates two reported values against a margin. Without a standard error
// the gate still answers: inconclusive.
func ofMargin(in *arguments, outputs func(Noninferiority) []any) result {
	base, cand, reason := sides(in)
	limit, word := in.number("margin"), Direction(in.word("direction"))
	if reason == ReasonMissing || limit == nil {
		return nothing(ReasonMissing)
	}
	r := Noninferiority{
		Estimate: word.Goodness(undefined(deltaOf(base, cand, reason), reason)),
		Gate:     GateInconclusive, Verdict: NoInference,
	}
	if reason == "" {
		r = NoninferiorityZ(base, cand, *limit, word, in.confidence())
	}
	return because(marginReason(r), outputs(r)...)
}

func marginReason(r Noninferiority) Reason {
	switch {
	case r.MarginUndefined:
		return ReasonOutOfRange
	case r.Reason == "" && r.Margin.Reason != "":
		return r.Margin.Reason
	case r.Reason == "" && r.EquivalenceCI == nil: // 1 − 2α is no confidence level
		return ReasonOutOfRange
	}
	return r.Reason
}

func gateWord(g GateResult) any {
	if g == "" {
		return nil
	}
	return string(g)
}

func verdictWord(v Verdict) any {
	if v == "" {
		return nil
	}
	return string(v)
}
