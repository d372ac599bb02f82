package infer

func distributionFunctions() []Function {
	return []Function{
		{
			Name: "normal_quantile", Summary: "quantile of the standard normal distribution", Source: "Φ⁻¹(p)",
			Inputs: []Input{number("p", "probability, in (0, 1)")}, Outputs: quantities("quantile", "z with P(Z <= z) = p"),
			eval: func(in *arguments) result {
				p := in.real("p")
				if p == nil {
					return nothing(ReasonMissing)
				}
				quantile := NormalQuantile(*p)
				if quantile == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(quantile)
			},
		},
		{
			Name: "t_quantile", Summary: "quantile of Student's t", Source: "Student's t with df degrees of freedom",
			Inputs:  []Input{number("p", "probability, in (0, 1)"), number("df", "degrees of freedom, > 0, not necessarily whole")},
			Outputs: quantities("quantile", "t with P(T <= t) = p"),
			eval: func(in *arguments) result {
				p, df := in.real("p"), in.real("df")
				if p == nil || df == nil {
					return nothing(ReasonMissing)
				}
				quantile := StudentQuantile(*p, *df)
				if quantile == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(quantile)
			},
		},
	}
}
