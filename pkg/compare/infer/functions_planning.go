package infer

import "math"

func design() []Input {
	return []Input{
		number("omega2", "Var x_A + Var x_B − 2Cov over items, in squared score units"),
		number("sigma2_a", "variance between repeats of an item, one side"),
		number("sigma2_b", "the same, other side"),
		count("k_a", "repeats an item, one side"), count("k_b", "repeats an item, other side"),
	}
}

func power() []Input {
	return []Input{
		optional(number("alpha", "two-sided type I error, in (0, 1)"), "0.05"),
		optional(number("power", "chance to find the effect, in (0, 1)"), "0.8"),
	}
}

// powerOf reads what is asked of a test; what is undefined comes back as 0, for
// which nothing is defined.
func powerOf(in *arguments) Power {
	p := Power{Sided: 2}
	if alpha := in.or("alpha", "0.05"); alpha != nil {
		p.Alpha = alpha.Float64()
	}
	if power := in.or("power", "0.8"); power != nil {
		p.Power = power.Float64()
	}
	return p
}

// designOf reads an evaluation; ok is false if a part is undefined.
func designOf(in *arguments) (d Design, ok bool) {
	v, okV := in.numbers("omega2", "sigma2_a", "sigma2_b")
	c, okC := in.counts("k_a", "k_b")
	if !okV || !okC {
		return Design{}, false
	}
	return Design{v[0], v[1], v[2], c[0], c[1]}, true
}

func planningFunctions() []Function {
	return []Function{
		{
			Name: "sample_size_paired", Summary: "how many items find a difference", Source: "Miller 2024, eq. 9",
			Inputs:  append(append([]Input{number("delta", "the true difference to find")}, design()...), power()...),
			Outputs: quantities("n", "items, not rounded", "n_ceil", "items"),
			eval: func(in *arguments) result {
				d, ok := designOf(in)
				delta, p := in.number("delta"), powerOf(in)
				if !ok || delta == nil {
					return nothing(ReasonMissing)
				}
				n := p.SampleSize(d, *delta)
				if n == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(n, math.Ceil(*n))
			},
		},
		{
			Name: "mde_paired", Summary: "which difference a number of items finds", Source: "Miller 2024, eq. 10",
			Inputs:  append(append([]Input{count("n", "items")}, design()...), power()...),
			Outputs: quantities("mde", "smallest detectable difference, in score units"),
			eval: func(in *arguments) result {
				d, ok := designOf(in)
				n, p := in.count("n"), powerOf(in)
				if !ok || n == nil {
					return nothing(ReasonMissing)
				}
				mde := p.DetectableDifference(d, *n)
				if mde == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(mde)
			},
		},
		{
			Name: "mde_paired_binary", Summary: "which difference paired 0/1 outcomes find, given how many differ",
			Source: "(z_{1−α/sided} + z_{power})·√(b+c)/n",
			Inputs: append([]Input{count("n", "pairs of items"), count("discordant", "pairs that differ, b+c")},
				append(power(), optional(count("sided", "1 or 2"), "2"))...),
			Outputs: quantities("mde", "smallest detectable difference, as a fraction"),
			eval: func(in *arguments) result {
				c, ok := in.counts("discordant", "n")
				p := powerOf(in)
				if in.given("sided") {
					p.Sided = 0
					if sided := in.count("sided"); sided != nil {
						p.Sided = *sided
					}
				}
				if !ok {
					return nothing(ReasonMissing)
				}
				mde := p.DetectableFlips(c[0], c[1])
				if mde == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(mde)
			},
		},
		{
			Name: "mde_from_stderr", Summary: "which difference a standard error finds",
			Source:  "(z_{1−α/2} + z_{power})·SE",
			Inputs:  append([]Input{number("se", "standard error of the difference, > 0")}, power()...),
			Outputs: quantities("mde", "smallest detectable difference, and smallest margin that can be certified"),
			eval: func(in *arguments) result {
				se, p := in.real("se"), powerOf(in)
				if se == nil {
					return nothing(ReasonMissing)
				}
				mde := p.DetectableEffect(*se)
				if mde == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(mde)
			},
		},
		{
			Name: "required_items", Summary: "how many items would certify a margin, if nothing changed",
			Source:  "⌈n·((z_{1−α/2} + z_{power})·SE/margin)²⌉",
			Inputs:  append([]Input{count("n", "items behind the standard error"), number("se", "standard error of the difference"), margin()}, power()...),
			Outputs: quantities("n", "items"),
			eval: func(in *arguments) result {
				n, se, limit, p := in.count("n"), in.real("se"), in.real("margin"), powerOf(in)
				if n == nil || se == nil || limit == nil {
					return nothing(ReasonMissing)
				}
				required := p.RequiredItems(*n, *se, *limit)
				if required == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(required)
			},
		},
	}
}
