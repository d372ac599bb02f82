package infer

func adjusting(name, summary, source string, method Adjustment) Function {
	return Function{
		Name: name, Summary: summary, Source: source,
		Inputs:  []Input{numbers("p", "p-values; null for a row without one")},
		Outputs: quantities("adjusted", "adjusted p-values, in input order", "family", "how many p-values there were"),
		eval: func(in *arguments) result {
			list := in.optional("p")
			if in.values["p"] == nil {
				return nothing(ReasonMissing)
			}
			raw := make([]*float64, len(list))
			for i, value := range list {
				if value != nil {
					raw[i] = finite(value.Float64())
				}
			}
			adjusted, family := Adjust(method, raw)
			reason := Reason("")
			if family < len(raw) {
				reason = ReasonMissing
			}
			return because(reason, adjusted, family)
		},
	}
}

func familyFunctions() []Function {
	return []Function{
		adjusting("holm", "p-values adjusted for their number, whatever their dependence", "Holm 1979", AdjustHolm),
		adjusting("benjamini_hochberg", "p-values adjusted to control the share of false discoveries",
			"Benjamini & Hochberg 1995", AdjustBH),
		adjusting("benjamini_yekutieli", "the same under any dependence", "Benjamini & Yekutieli 2001", AdjustBY),
	}
}
