package infer

import (
	"github.com/evalctl/evalctl/pkg/decimal"
)

func discordant() []Input {
	return []Input{
		count("base_only", "items that only the baseline got right"),
		count("cand_only", "items that only the candidate got right"),
	}
}

func discordantOf() []Input { return append(discordant(), count("n", "all pairs of items")) }

func differences() []Input {
	return []Input{numbers("differences", "candidate − baseline, one an item")}
}

// ofFlips reads paired counts.
func ofFlips(evaluate func(in *arguments, d Discordance) result) func(*arguments) result {
	return func(in *arguments) result {
		c, ok := in.counts("base_only", "cand_only", "n")
		if !ok {
			return nothing(ReasonMissing)
		}
		d := Discordance{c[0], c[1], c[2]}
		if !d.valid() {
			return nothing(ReasonOutOfRange)
		}
		return evaluate(in, d)
	}
}

// ofMcNemar evaluates one of the p-values of McNemar's exact test.
func ofMcNemar(choose func(in *arguments, p McNemar) *float64) func(*arguments) result {
	return func(in *arguments) result {
		c, ok := in.counts("base_only", "cand_only")
		if !ok {
			return nothing(ReasonMissing)
		}
		p := choose(in, McNemarExact(c[0], c[1]))
		if p == nil {
			return nothing(ReasonOutOfRange)
		}
		return of(p)
	}
}

// pairedDifferences reads differences, or two lists over the same items, from which
// an item that is undefined on a side is dropped on both.
func pairedDifferences(in *arguments) (values []decimal.Decimal, dropped int, ok bool) {
	if in.given("differences") {
		if in.given("base") || in.given("cand") {
			in.fail("differences", "want either differences or base and cand")
			return nil, 0, false
		}
		for _, value := range in.optional("differences") {
			if value == nil {
				dropped++
				continue
			}
			values = append(values, *value)
		}
		return values, dropped, in.err == nil
	}
	for _, name := range []string{"base", "cand"} {
		if !in.given(name) {
			in.fail(name, "required without differences")
			return nil, 0, false
		}
	}
	base, cand, dropped, ok := in.pairs("base", "cand")
	if !ok {
		return nil, 0, false
	}
	values, ok = Differences(base, cand)
	return values, dropped, ok
}

func ofDifferences(evaluate func(values []decimal.Decimal) result) func(*arguments) result {
	return func(in *arguments) result {
		values, ok := in.list("differences")
		if !ok {
			return nothing(ReasonMissing)
		}
		return evaluate(values)
	}
}

func pairedFunctions() []Function {
	return []Function{
		{
			Name: "tango", Summary: "difference of paired proportions: score interval and test", Source: "Tango 1998",
			Inputs: append(discordantOf(), confidence()),
			Outputs: quantities(
				"z", "(c−b)/√(b+c)", "p", "two-sided p-value", "lo", "lower limit", "hi", "upper limit",
				"delta", "(cand_only − base_only)/n, exact", "se", "√(b+c)/n, under no difference",
			),
			eval: ofFlips(func(in *arguments, d Discordance) result {
				e := Tango(d, in.confidence())
				return because(e.Reason, e.Stat, e.P, lo(e.CI), hi(e.CI), e.Value, e.SE)
			}),
		},
		{
			Name: "tango_interval", Summary: "difference of paired proportions: score interval", Source: "Tango 1998",
			Inputs: append(discordantOf(), confidence()), Outputs: limits(),
			eval: ofFlips(func(in *arguments, d Discordance) result {
				e := Tango(d, in.confidence())
				return because(e.Reason, lo(e.CI), hi(e.CI))
			}),
		},
		{
			Name: "tango_noninferiority", Summary: "is the candidate shown to lose less than a margin on the same items?",
			Source:  "Tango 1998, statistic at −margin, one-sided",
			Inputs:  append(discordantOf(), margin()),
			Outputs: quantities("p", "one-sided p-value of a loss of the margin or more", "z", "score statistic at −margin"),
			eval: ofFlips(func(in *arguments, d Discordance) result {
				limit := in.number("margin")
				if limit == nil {
					return nothing(ReasonMissing)
				}
				test := TangoMargin(d, *limit)
				return because(test.Reason, test.P, test.Stat)
			}),
		},
		{
			Name: "mcnemar_exact_two_sided", Summary: "paired proportions: exact test on the discordant items",
			Source: "McNemar 1947, binomial ½", Inputs: discordant(), Outputs: quantities("p", "two-sided p-value"),
			eval: ofMcNemar(func(_ *arguments, p McNemar) *float64 { return p.TwoSided }),
		},
		{
			Name: "mcnemar_exact_one_sided", Summary: "paired proportions: one-sided exact test on the discordant items",
			Source: "McNemar 1947, binomial ½",
			Inputs: append(discordant(), Input{
				Name: "alternative", Kind: KindWord, Meaning: "which side is suspected to be better",
				Default: "base_only_greater", Words: []string{"base_only_greater", "cand_only_greater"},
			}),
			Outputs: quantities("p", "P(X >= base_only), or P(X >= cand_only)"),
			eval: ofMcNemar(func(in *arguments, p McNemar) *float64 {
				if in.word("alternative") == "cand_only_greater" {
					return p.CandGreater
				}
				return p.BaseGreater
			}),
		},
		{
			Name: "mcnemar_mid_p", Summary: "paired proportions: mid-p of the exact test, less conservative",
			Source: "Fagerland, Lydersen & Laake 2013", Inputs: discordant(), Outputs: quantities("p", "two-sided mid-p-value"),
			eval: ofMcNemar(func(_ *arguments, p McNemar) *float64 { return p.MidP }),
		},
		{
			Name: "newcombe_paired", Summary: "difference of paired proportions: square-and-add interval, a cross-check",
			Source: "Newcombe 1998b, method 10",
			Inputs: []Input{
				count("both", "items that both sides got right"), discordant()[0], discordant()[1],
				count("neither", "items that no side got right"), confidence(),
			},
			Outputs: quantities("lo", "lower limit", "hi", "upper limit", "correlation", "of the two sides over items"),
			eval: func(in *arguments) result {
				c, ok := in.counts("both", "base_only", "cand_only", "neither")
				if !ok {
					return nothing(ReasonMissing)
				}
				table := PairedTable{c[0], c[1], c[2], c[3]}
				ci := NewcombePaired(table, in.confidence())
				if ci == nil {
					return because(ReasonOutOfRange, nil, nil, table.Correlation())
				}
				return of(ci.Lo, ci.Hi, table.Correlation())
			},
		},
		{
			Name: "paired_t", Summary: "mean difference over the same items: Student's t", Source: "d̄/(s_d/√n), n−1 degrees of freedom",
			Inputs: []Input{
				optional(numbers("base", "the baseline's value of each item"), ""),
				optional(numbers("cand", "the candidate's value of each item, in the same order"), ""),
				optional(numbers("differences", "in place of both: candidate − baseline of each item"), ""),
				confidence(),
			},
			Outputs: quantities(
				"t", "statistic", "df", "degrees of freedom", "p", "two-sided p-value", "lo", "lower limit", "hi", "upper limit",
				"mean", "mean difference, exact", "se", "its standard error", "sd", "standard deviation of the differences",
				"d_z", "mean / sd", "n", "items that counted", "n_nonfinite", "items without a value on a side",
			),
			eval: func(in *arguments) result {
				values, dropped, ok := pairedDifferences(in)
				if !ok {
					return nothing(ReasonMissing)
				}
				m := MomentsOf(values)
				e := PairedT(m, in.confidence())
				return because(e.Reason, e.Stat, e.DF, e.P, lo(e.CI), hi(e.CI), e.Value, e.SE, m.StdDev(),
					PairedEffect(m), m.N(), dropped)
			},
		},
		{
			Name: "sign_flip_exact", Summary: "mean difference over the same items: exact permutation of signs",
			Source: "count of Σs·d at least as extreme over all signs", Inputs: differences(),
			Outputs: quantities("p_two_sided", "two-sided p-value", "p_greater", "one-sided, candidate greater"),
			eval: ofDifferences(func(values []decimal.Decimal) result {
				test := SignFlipExact(values)
				return because(test.Reason, test.TwoSided, test.Greater)
			}),
		},
		{
			Name: "wilcoxon_signed_rank_exact", Summary: "differences over the same items: exact signed-rank test",
			Source: "Wilcoxon 1945; zeros dropped, mid-ranks, exact over signs", Inputs: differences(),
			Outputs: quantities("v", "rank sum of the positive differences", "p_two_sided", "two-sided p-value", "p_greater", "one-sided, candidate greater"),
			eval: ofDifferences(func(values []decimal.Decimal) result {
				test := WilcoxonExact(values)
				return because(test.Reason, test.V, test.TwoSided, test.Greater)
			}),
		},
		{
			Name: "clustered_stderr", Summary: "mean of values whose items come in clusters",
			Source: "(1/n)·sqrt(G/(G−1)·Σ_c(Σ_{i∈c}(d_i−d̄))²), t with G−1; Miller 2024, eq. 4",
			Inputs: []Input{
				numbers("values", "the values, or differences of pairs"),
				{Name: "clusters", Kind: KindLabels, Required: true, Meaning: "the cluster of each value"},
				confidence(),
			},
			Outputs: quantities(
				"se_naive", "as if items were independent", "se_no_small_g_factor", "without G/(G−1)",
				"se_miller_eq4", "variant of Miller 2024", "se_cluster", "the standard error to use",
				"df", "G−1", "lo", "lower limit", "hi", "upper limit", "mean", "mean, exact", "clusters", "G",
			),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				clusters := in.labels("clusters")
				if !ok {
					return nothing(ReasonMissing)
				}
				if len(values) != len(clusters) {
					in.fail("clusters", "want one for each value: %d, got %d", len(values), len(clusters))
					return nothing(ReasonMissing)
				}
				c := ClusteredMean(values, clusters, in.confidence())
				return because(c.Reason, c.SENaive, c.SENoSmallG, c.SEMillerEq4, c.SE, c.DF, lo(c.CI), hi(c.CI), c.Value, c.G)
			},
		},
		{
			Name: "items_by_repeats", Summary: "items answered several times: variance between items and between repeats",
			Source: "exact moments; Var(x) = Var(item means) − σ²/K",
			Inputs: []Input{{Name: "rows", Kind: KindTable, Required: true, Meaning: "one row an item, one column a repeat"}},
			Outputs: quantities(
				"mean", "mean, exact", "var_item_means", "variance of the item means",
				"sigma2_within", "variance between repeats of an item", "var_x", "variance between items",
				"se_items", "standard error for other items", "se_fixed_items", "standard error for the same items again",
				"run_means", "mean of each repeat", "seed_sd", "standard deviation of the run means",
			),
			eval: func(in *arguments) result {
				rows, ok := in.table("rows")
				if !ok {
					return nothing(ReasonMissing)
				}
				r := RepeatsByItem(rows)
				if r.Reason == ReasonMissing {
					in.fail("rows", "want rows of one length")
				}
				var means any
				if r.RunMeans != nil {
					means = r.RunMeans
				}
				return because(r.Reason, r.Mean, r.VarItemMeans, r.Within, r.VarX, r.SEItems, r.SEFixedItems, means, r.SeedSD)
			},
		},
		{
			Name: "pass_at_k", Summary: "probability that one of k samples passes", Source: "Chen et al. 2021: 1 − C(n−c,k)/C(n,k)",
			Inputs:  []Input{count("n", "samples"), count("c", "samples that passed"), count("k", "samples drawn")},
			Outputs: quantities("value", "pass@k, exact", "error", "n_less_than_k where that makes it undefined"),
			eval:    ofSamples(PassAtK),
		},
		{
			Name: "pass_hat_k", Summary: "probability that all of k samples pass", Source: "Yao et al. 2024: C(c,k)/C(n,k)",
			Inputs:  []Input{count("n", "samples"), count("c", "samples that passed"), count("k", "samples drawn")},
			Outputs: quantities("value", "pass^k, exact", "error", "n_less_than_k where that makes it undefined"),
			eval:    ofSamples(PassHatK),
		},
	}
}

func ofSamples(estimate func(n, c, k int) (*decimal.Decimal, Reason)) func(*arguments) result {
	return func(in *arguments) result {
		v, ok := in.counts("n", "c", "k")
		if !ok {
			return nothing(ReasonMissing)
		}
		value, reason := estimate(v[0], v[1], v[2])
		if reason == ReasonLessThanK {
			return because(reason, nil, string(reason))
		}
		return because(reason, value, nil)
	}
}
