package infer

import (
	"github.com/evalctl/evalctl/pkg/decimal"
)

// ofRuns reads the runs of both sides.
func ofRuns(evaluate func(in *arguments, base, cand []decimal.Decimal) result) func(*arguments) result {
	return ofLists("base", "cand", evaluate)
}

func ofLists(first, second string, evaluate func(in *arguments, x, y []decimal.Decimal) result) func(*arguments) result {
	return func(in *arguments) result {
		x, okX := in.list(first)
		y, okY := in.list(second)
		if !okX || !okY {
			return nothing(ReasonMissing)
		}
		return evaluate(in, x, y)
	}
}

func sampleFunctions() []Function {
	return []Function{
		{
			Name: "welch_t", Summary: "difference of the means of two sets of runs", Source: "Welch 1947",
			Inputs: append(runs(), confidence()),
			Outputs: quantities(
				"delta", "mean of cand − mean of base, exact", "se", "its standard error", "t", "statistic",
				"df", "degrees of freedom, not rounded", "p", "two-sided p-value", "lo", "lower limit", "hi", "upper limit",
				"sd_base", "standard deviation of the baseline's runs", "sd_cand", "the same of the candidate's",
			),
			eval: ofRuns(func(in *arguments, base, cand []decimal.Decimal) result {
				x, y := MomentsOf(base), MomentsOf(cand)
				e := Welch(x, y, in.confidence())
				return because(e.Reason, e.Value, e.SE, e.Stat, e.DF, e.P, lo(e.CI), hi(e.CI), x.StdDev(), y.StdDev())
			}),
		},
		{
			Name: "run_summary", Summary: "mean and spread of repeated runs, and where one more would fall",
			Source: "x̄ ± t·s/√k and x̄ ± t·s·sqrt(1+1/k), k−1 degrees of freedom",
			Inputs: []Input{numbers("values", "one value a run"), confidence()},
			Outputs: quantities(
				"mean", "mean, exact", "sd", "standard deviation, divisor k−1", "se", "standard error of the mean",
				"ci_lo", "lower limit of the mean", "ci_hi", "upper limit of the mean",
				"pi_lo", "lower limit of one more run", "pi_hi", "upper limit of one more run",
				"k", "runs", "min", "smallest", "max", "largest",
			),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				if !ok {
					return nothing(ReasonMissing)
				}
				s := Summarize(values, in.confidence())
				return because(s.Reason, s.Mean, s.SD, s.SE, lo(s.CI), hi(s.CI), lo(s.Prediction), hi(s.Prediction), s.K, s.Min, s.Max)
			},
		},
		{
			Name: "permutation_mean_difference_exact", Summary: "difference of two means: exact permutation test",
			Source: "share of all splits with |T| >= |t|", Inputs: runs(), Outputs: quantities("p", "two-sided p-value"),
			eval: ofRuns(func(_ *arguments, base, cand []decimal.Decimal) result {
				test := PermutationExact(base, cand)
				return because(test.Reason, test.TwoSided)
			}),
		},
		{
			Name: "mann_whitney_exact", Summary: "two independent samples: exact rank-sum test, ties included",
			Source: "Mann & Whitney 1947; two-sided P(|U−EU| >= |u−EU|)",
			Inputs: []Input{numbers("x", "first sample"), numbers("y", "second sample")},
			Outputs: quantities(
				"u", "#(x>y) + ½·#(x=y)", "p", "two-sided p-value", "p_less", "P(U <= u)", "p_greater", "P(U >= u)",
			),
			eval: ofLists("x", "y", func(_ *arguments, x, y []decimal.Decimal) result {
				test := MannWhitneyExact(x, y)
				return because(test.Reason, test.U, test.TwoSided, test.Less, test.Greater)
			}),
		},
		{
			Name: "min_attainable_p", Summary: "smallest p-value that two sets of runs can give in a permutation test",
			Source:  "2/C(k_base+k_cand, k_base)",
			Inputs:  []Input{count("k_base", "runs of the baseline"), count("k_cand", "runs of the candidate")},
			Outputs: quantities("p", "the smallest two-sided p-value"),
			eval: func(in *arguments) result {
				c, ok := in.counts("k_base", "k_cand")
				if !ok {
					return nothing(ReasonMissing)
				}
				p := MinAttainableP(c[0], c[1])
				if p == nil {
					return nothing(ReasonTooFew)
				}
				return of(p)
			},
		},
		{
			Name: "effect_sizes_independent", Summary: "standardised differences of two sets of runs",
			Source: "Hedges 1981, exact J; Cliff 1993", Inputs: runs(),
			Outputs: quantities("cohen_d", "difference / pooled sd", "j", "correction for small samples", "hedges_g", "j·cohen_d", "cliff_delta", "P(y>x) − P(y<x)"),
			eval: ofRuns(func(_ *arguments, base, cand []decimal.Decimal) result {
				e := IndependentEffects(base, cand)
				return because(effectReason(e), e.CohenD, e.J, e.HedgesG, e.CliffDelta)
			}),
		},
		{
			Name: "effect_sizes", Summary: "standardised differences of two samples over the same items",
			Source: "Hedges 1981, Cliff 1993 as if independent; d_z = d̄/s_d paired", Inputs: runs(),
			Outputs: quantities("hedges_g", "bias-corrected difference / pooled sd", "cliff_delta", "P(y>x) − P(y<x)", "d_z", "mean difference / sd of differences"),
			eval: ofRuns(func(_ *arguments, base, cand []decimal.Decimal) result {
				e := IndependentEffects(base, cand)
				var dz *float64
				if values, ok := Differences(base, cand); ok {
					dz = PairedEffect(MomentsOf(values))
				}
				reason := effectReason(e)
				if dz == nil {
					reason = ReasonZeroVariance
				}
				return because(reason, e.HedgesG, e.CliffDelta, dz)
			}),
		},
		{
			Name: "combine_stderr_and_seed_sd", Summary: "standard error of the mean of repeated runs over a population of items",
			Source: "sqrt(SE² − s²(1−1/k)), not below s/√k",
			Inputs: []Input{
				number("stderr", "reported standard error of a run (root mean square over runs)"),
				number("seed_sd", "standard deviation of the run means"), count("k", "runs"),
			},
			Outputs: quantities("se", "standard error of the mean"),
			eval: func(in *arguments) result {
				v, ok := in.numbers("stderr", "seed_sd")
				k := in.count("k")
				if !ok || k == nil {
					return nothing(ReasonMissing)
				}
				if v[0].Sign() < 0 {
					return nothing(ReasonStderrInvalid)
				}
				se := MeanStderrOfRuns(v[0].Mul(v[0]), v[1], *k)
				if se == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(se)
			},
		},
		{
			Name: "bootstrap_mean_exact", Summary: "every resample of a few values: the exact bootstrap of their mean",
			Source: "all nⁿ resamples; SE = sqrt(Σ(x−x̄)²/n²)",
			Inputs: []Input{numbers("values", "the values, at most 13")},
			Outputs: quantities(
				"se", "standard deviation of the resampled means", "resamples", "nⁿ",
				"mean_values", "distinct means, as reduced fractions", "counts", "resamples with each",
			),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				if !ok {
					return nothing(ReasonMissing)
				}
				r := BootstrapMeanExact(values)
				if r.Reason != "" {
					return because(r.Reason, r.SE)
				}
				var means []any
				for _, mean := range r.Means {
					means = append(means, mean.RatString())
				}
				return of(r.SE, r.Resamples, means, r.Counts)
			},
		},
		{
			Name: "median_order_statistic_interval", Summary: "which order statistics bound the median", Source: "binomial ½ ranks l and n+1−l",
			Inputs:  []Input{count("n", "values"), confidence()},
			Outputs: quantities("lo_rank", "rank of the lower limit, from 1", "hi_rank", "rank of the upper limit", "achieved", "coverage reached"),
			eval: func(in *arguments) result {
				n := in.count("n")
				if n == nil {
					return nothing(ReasonMissing)
				}
				ranks := MedianInterval(*n, in.confidence())
				if ranks == nil {
					return nothing(ReasonNoInterval)
				}
				return of(ranks.Lo, ranks.Hi, ranks.Achieved)
			},
		},
	}
}

// effectReason says why an effect size is undefined.
func effectReason(e EffectSizes) Reason {
	switch {
	case e.CliffDelta == nil || e.J == nil:
		return ReasonTooFew
	case e.CohenD == nil:
		return ReasonZeroVariance
	}
	return ""
}
