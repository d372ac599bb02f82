package infer

import (
	"github.com/evalctl/evalctl/pkg/decimal"
)

func decimalFunctions() []Function {
	const exact = "exact rational arithmetic"
	return []Function{
		{
			Name: "decimal_delta", Summary: "exact difference of two scores", Source: exact,
			Inputs: []Input{
				number("cand", "the candidate's value"), number("base", "the baseline's value"),
				optional(number("compare_with", "a tolerance to compare the size of the difference with"), ""),
			},
			Outputs: quantities(
				"delta", "cand − base, exact",
				"cmp", "−1, 0 or 1 as |delta| is below, equal to or above compare_with",
				"relative", "delta/|base|, undefined for a base of 0",
			),
			eval: func(in *arguments) result {
				v, ok := in.numbers("cand", "base")
				if !ok {
					return nothing(ReasonMissing)
				}
				delta := v[0].Sub(v[1])
				var order any
				if limit := in.number("compare_with"); limit != nil {
					order = delta.Abs().Cmp(*limit)
				}
				relative, ok := delta.Quo(v[1].Abs())
				if !ok {
					return because(ReasonBaseZero, delta, order, nil)
				}
				return of(delta, order, relative)
			},
		},
		{
			Name: "decimal_mean", Summary: "exact mean", Source: exact,
			Inputs:  []Input{numbers("values", "the values")},
			Outputs: quantities("mean", "their mean, exact"),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				if !ok {
					return nothing(ReasonMissing)
				}
				mean, ok := decimal.Mean(values)
				if !ok {
					return nothing(ReasonTooFew)
				}
				return of(mean)
			},
		},
		{
			Name: "decimal_sum", Summary: "exact sum", Source: exact,
			Inputs:  []Input{numbers("values", "the values")},
			Outputs: quantities("sum", "their sum, exact"),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				if !ok {
					return nothing(ReasonMissing)
				}
				var total decimal.Decimal
				for _, value := range values {
					total = total.Add(value)
				}
				return of(total)
			},
		},
		{
			Name: "round_decimal", Summary: "a value rounded for display", Source: "half away from zero on the exact decimal; no negative zero",
			Inputs:  []Input{number("value", "the value"), count("decimals", "digits after the point")},
			Outputs: quantities("text", "the rounded value"),
			eval: func(in *arguments) result {
				value, decimals := in.number("value"), in.count("decimals")
				if value == nil || decimals == nil {
					return nothing(ReasonMissing)
				}
				text, ok := RoundDecimal(*value, *decimals)
				if !ok {
					return nothing(ReasonOutOfRange)
				}
				return of(text)
			},
		},
		{
			Name: "round_pdg", Summary: "a value and its error with the digits that the error supports",
			Source:  "Particle Data Group, Review of Particle Physics, introduction §5.3",
			Inputs:  []Input{number("value", "the value"), number("error", "its error, > 0")},
			Outputs: quantities("value", "the rounded value", "error", "the rounded error"),
			eval: func(in *arguments) result {
				v, ok := in.numbers("value", "error")
				if !ok {
					return nothing(ReasonMissing)
				}
				value, deviation, ok := RoundPDG(v[0], v[1])
				if !ok {
					return nothing(ReasonOutOfRange)
				}
				return of(value, deviation)
			},
		},
		{
			Name: "quantile_type7", Summary: "quantile by linear interpolation of order statistics",
			Source:  "Hyndman & Fan 1996, type 7",
			Inputs:  []Input{numbers("values", "the values, in any order"), number("p", "probability, in [0, 1]")},
			Outputs: quantities("quantile", "the p-quantile, exact"),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				p := in.number("p")
				if !ok || p == nil {
					return nothing(ReasonMissing)
				}
				quantile, ok := Quantile(values, *p)
				if !ok {
					return nothing(ReasonOutOfRange)
				}
				return of(quantile)
			},
		},
	}
}
