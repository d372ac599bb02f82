package infer

func oneProportion() []Input {
	return []Input{count("k", "how many were right"), count("n", "of how many")}
}

func twoProportions() []Input {
	return []Input{
		count("x1", "right in the first sample, the candidate"), count("n1", "size of the first sample"),
		count("x2", "right in the second sample, the baseline"), count("n2", "size of the second sample"),
	}
}

func limits() []Quantity {
	return quantities("lo", "lower limit", "hi", "upper limit")
}

// ofProportion evaluates an interval of k in n.
func ofProportion(interval func(k, n int, confidence float64) *Interval) func(*arguments) result {
	return func(in *arguments) result {
		c, ok := in.counts("k", "n")
		if !ok {
			return nothing(ReasonMissing)
		}
		ci := interval(c[0], c[1], in.confidence())
		if ci == nil {
			return nothing(ReasonOutOfRange)
		}
		return of(ci.Lo, ci.Hi)
	}
}

// ofTwo reads the counts of two samples.
func ofTwo(evaluate func(in *arguments, counts TwoProportions) result) func(*arguments) result {
	return func(in *arguments) result {
		c, ok := in.counts("x1", "n1", "x2", "n2")
		if !ok {
			return nothing(ReasonMissing)
		}
		counts := TwoProportions{c[0], c[1], c[2], c[3]}
		if !counts.valid() {
			return nothing(ReasonOutOfRange)
		}
		return evaluate(in, counts)
	}
}

func proportionFunctions() []Function {
	return []Function{
		{
			Name: "wilson_interval", Summary: "interval of one proportion", Source: "Wilson 1927",
			Inputs: append(oneProportion(), confidence()), Outputs: limits(), eval: ofProportion(Wilson),
		},
		{
			Name: "clopper_pearson_interval", Summary: "exact, conservative interval of one proportion",
			Source: "Clopper & Pearson 1934",
			Inputs: append(oneProportion(), confidence()), Outputs: limits(), eval: ofProportion(ClopperPearson),
		},
		{
			Name: "beta_uniform_credible_interval", Summary: "credible interval of one proportion under a uniform prior",
			Source: "quantiles of Beta(1+k, 1+n−k)",
			Inputs: append(oneProportion(), confidence()), Outputs: limits(), eval: ofProportion(UniformCredible),
		},
		{
			Name: "stderr_binary_mean", Summary: "standard error of a mean of zeros and ones",
			Source:  "sqrt(p(1−p)/(n−1)) and sqrt(p(1−p)/n), p = k/n",
			Inputs:  oneProportion(),
			Outputs: quantities("se_n_minus_1", "sample sd / √n", "se_n", "population sd / √n"),
			eval: func(in *arguments) result {
				c, ok := in.counts("k", "n")
				if !ok {
					return nothing(ReasonMissing)
				}
				se := StderrOfBinaryMean(c[0], c[1])
				switch {
				case se.PopulationSD == nil:
					return nothing(ReasonOutOfRange)
				case se.SampleSD == nil:
					return because(ReasonTooFew, nil, se.PopulationSD)
				}
				return of(se.SampleSD, se.PopulationSD)
			},
		},
		{
			Name: "prob_superior_uniform_prior", Summary: "probability that the second proportion is the larger one",
			Source: "exact finite sum over Beta posteriors of uniform priors",
			Inputs: []Input{
				count("k_a", "right in the first sample"), count("n_a", "size of the first sample"),
				count("k_b", "right in the second sample"), count("n_b", "size of the second sample"),
			},
			Outputs: quantities("p_b_gt_a", "P(θ_B > θ_A)"),
			eval: func(in *arguments) result {
				c, ok := in.counts("k_a", "n_a", "k_b", "n_b")
				if !ok {
					return nothing(ReasonMissing)
				}
				p := ProbSuperior(c[0], c[1], c[2], c[3])
				if p == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(p)
			},
		},
		{
			Name: "miettinen_nurminen", Summary: "difference of two independent proportions: score interval and test",
			Source: "Miettinen & Nurminen 1985",
			Inputs: append(twoProportions(), confidence()),
			Outputs: quantities(
				"delta", "x1/n1 − x2/n2, exact", "lo", "lower limit", "hi", "upper limit",
				"z", "score statistic of no difference", "p", "two-sided p-value",
				"se", "unpooled n−1 standard error, for information",
			),
			eval: ofTwo(func(in *arguments, counts TwoProportions) result {
				e := MiettinenNurminen(counts, in.confidence())
				return because(e.Reason, e.Value, lo(e.CI), hi(e.CI), e.Stat, e.P, e.SE)
			}),
		},
		{
			Name: "miettinen_nurminen_noninferiority", Summary: "is the first proportion shown to lose less than a margin?",
			Source:  "Miettinen & Nurminen 1985, statistic at −margin, one-sided",
			Inputs:  append(twoProportions(), margin()),
			Outputs: quantities("z", "score statistic at −margin", "p", "one-sided p-value of a loss of the margin or more"),
			eval: ofTwo(func(in *arguments, counts TwoProportions) result {
				limit := in.number("margin")
				if limit == nil {
					return nothing(ReasonMissing)
				}
				test := MiettinenNurminenMargin(counts, *limit)
				return because(test.Reason, test.Stat, test.P)
			}),
		},
		{
			Name: "newcombe_independent", Summary: "difference of two independent proportions: square-and-add interval, a cross-check",
			Source: "Newcombe 1998a, method 10",
			Inputs: append(twoProportions(), confidence()),
			Outputs: quantities(
				"lo", "lower limit", "hi", "upper limit", "delta", "x1/n1 − x2/n2, exact",
			),
			eval: ofTwo(func(in *arguments, counts TwoProportions) result {
				ci := NewcombeIndependent(counts, in.confidence())
				delta, _ := counts.Delta()
				if ci == nil {
					return because(ReasonOutOfRange, nil, nil, delta)
				}
				return of(ci.Lo, ci.Hi, delta)
			}),
		},
		{
			Name: "fisher_exact", Summary: "two independent proportions: Fisher's exact test, for reference",
			Source:  "sum over tables with the same margins that are not more probable",
			Inputs:  twoProportions(),
			Outputs: quantities("p", "two-sided p-value"),
			eval: ofTwo(func(_ *arguments, counts TwoProportions) result {
				p := FisherExact(counts)
				if p == nil {
					return nothing(ReasonTooLarge)
				}
				return of(p)
			}),
		},
		{
			Name: "pooled_z", Summary: "two independent proportions: pooled z test without continuity correction, for reference",
			Source:  "d/sqrt(p(1−p)(1/n1+1/n2)), p pooled",
			Inputs:  twoProportions(),
			Outputs: quantities("z", "statistic", "p", "two-sided p-value"),
			eval: ofTwo(func(_ *arguments, counts TwoProportions) result {
				z, p := PooledZ(counts)
				return of(z, p)
			}),
		},
	}
}
