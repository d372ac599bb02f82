package infer

import (
	"github.com/evalctl/evalctl/pkg/decimal"
)

func deltasOfTasks() []Input {
	return []Input{numbers("deltas", "candidate − baseline, one a task"), numbers("stderrs", "its standard error, one a task")}
}

// taskDeltas reads deltas with their standard errors; ok is false if one of either
// is undefined.
func taskDeltas(in *arguments) (tasks []TaskDelta, ok bool) {
	deltas, stderrs := in.optional("deltas"), in.optional("stderrs")
	if len(deltas) != len(stderrs) {
		in.fail("stderrs", "want one for each delta: %d, got %d", len(deltas), len(stderrs))
		return nil, false
	}
	ok = in.err == nil
	for i := range deltas {
		if deltas[i] == nil || stderrs[i] == nil {
			return nil, false
		}
		tasks = append(tasks, TaskDelta{*deltas[i], *stderrs[i]})
	}
	return tasks, ok
}

func ofTasks(evaluate func(tasks []TaskDelta) result) func(*arguments) result {
	return func(in *arguments) result {
		tasks, ok := taskDeltas(in)
		if !ok {
			return nothing(ReasonMissing)
		}
		return evaluate(tasks)
	}
}

func ofPool(pool func([]TaskDelta) Pooled) func(*arguments) result {
	return ofTasks(func(tasks []TaskDelta) result {
		p := pool(tasks)
		return because(p.Reason, p.Estimate, p.SE)
	})
}

func subtask() []Input {
	return []Input{number("value", "the score, as a fraction"), number("lower_bound", "the score of guessing, 1/choices, < 1")}
}

func aggregateFunctions() []Function {
	return []Function{
		{
			Name: "aggregate_mean", Summary: "mean over tasks, with and without weights", Source: "exact rational arithmetic",
			Inputs: []Input{
				numbers("values", "one score a task"),
				{Name: "sizes", Kind: KindCounts, Meaning: "its items, one a task"},
			},
			Outputs: quantities("macro", "every task the same, exact", "micro", "weighted by items, exact"),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				sizes, known := in.countList("sizes")
				if !ok {
					return nothing(ReasonMissing)
				}
				macro, ok := decimal.Mean(values)
				if !ok {
					return nothing(ReasonTooFew)
				}
				if in.given("sizes") && known && len(sizes) != len(values) {
					in.fail("sizes", "want one for each value: %d, got %d", len(values), len(sizes))
				}
				if !known {
					return because(ReasonMissing, macro, nil)
				}
				micro, ok := MicroMean(values, sizes)
				if !ok {
					return because(ReasonOutOfRange, macro, nil)
				}
				return of(macro, micro)
			},
		},
		{
			Name: "group_stderr", Summary: "standard errors of a group of 0/1 tasks",
			Source: "sqrt(Σ(n·se)²)/N for the micro mean, sqrt(Σse²)/m for the macro mean",
			Inputs: []Input{{
				Name: "tasks", Kind: KindRecords, Required: true, Meaning: "one object a task", Fields: oneProportion(),
			}},
			Outputs: quantities(
				"pooled", "as lm-evaluation-harness pools", "stratified", "of the micro mean",
				"concatenated", "of all items as one sample", "macro", "of the macro mean",
			),
			eval: func(in *arguments) result {
				var tasks []Proportion
				for _, record := range in.records("tasks") {
					c, ok := record.counts("k", "n")
					if record.err != nil {
						in.fail("tasks", "%v", record.err)
					}
					if !ok {
						return nothing(ReasonMissing)
					}
					tasks = append(tasks, Proportion{c[0], c[1]})
				}
				se := StderrsOfGroup(tasks)
				reason := Reason("")
				if se.Stratified == nil {
					reason = ReasonTooFew
				}
				return because(reason, se.Pooled, se.Stratified, se.Concatenated, se.Macro)
			},
		},
		{
			Name: "macro_delta_fixed_tasks", Summary: "macro mean of task deltas, for these tasks", Source: "sqrt(Σse²)/m, normal",
			Inputs: append(deltasOfTasks(), confidence()),
			Outputs: quantities(
				"mean", "mean delta, exact", "se", "its standard error", "lo", "lower limit", "hi", "upper limit",
				"z", "statistic", "p", "two-sided p-value",
			),
			eval: func(in *arguments) result {
				deltas, ok := in.list("deltas")
				stderrs := in.optional("stderrs")
				if !ok {
					return nothing(ReasonMissing)
				}
				if in.values["stderrs"] != nil && len(stderrs) != len(deltas) {
					in.fail("stderrs", "want one for each delta: %d, got %d", len(deltas), len(stderrs))
				}
				e := MacroFixed(deltas, stderrs, in.confidence())
				return because(e.Reason, e.Value, e.SE, lo(e.CI), hi(e.CI), e.Stat, e.P)
			},
		},
		{
			Name: "macro_delta_random_tasks", Summary: "macro mean of task deltas, for other tasks like these",
			Source: "sd(Δ)/√m, t with m−1, m >= 3",
			Inputs: []Input{deltasOfTasks()[0], confidence()},
			Outputs: quantities(
				"se", "standard error of the mean", "lo", "lower limit", "hi", "upper limit", "mean", "mean delta, exact",
				"df", "m−1", "t", "statistic", "p", "two-sided p-value",
			),
			eval: func(in *arguments) result {
				deltas, ok := in.list("deltas")
				if !ok {
					return nothing(ReasonMissing)
				}
				e := MacroRandom(deltas, in.confidence())
				return because(e.Reason, e.SE, lo(e.CI), hi(e.CI), e.Value, e.DF, e.Stat, e.P)
			},
		},
		{
			Name: "z_and_p_per_task", Summary: "each task's delta against its standard error", Source: "Δ/se, normal",
			Inputs: deltasOfTasks(), Outputs: quantities("z", "one a task", "p", "two-sided, one a task"),
			eval: func(in *arguments) result {
				deltas, stderrs := in.optional("deltas"), in.optional("stderrs")
				if len(deltas) != len(stderrs) {
					in.fail("stderrs", "want one for each delta: %d, got %d", len(deltas), len(stderrs))
					return nothing(ReasonMissing)
				}
				z, p := make([]*float64, len(deltas)), make([]*float64, len(deltas))
				var reason Reason
				for i, delta := range deltas {
					if delta != nil && stderrs[i] != nil {
						z[i], p[i] = ZOfTask(TaskDelta{*delta, *stderrs[i]})
					}
					if p[i] == nil {
						reason = ReasonZeroVariance
					}
				}
				return because(reason, z, p)
			},
		},
		{
			Name: "fixed_effect_pool", Summary: "inverse-variance pool of task deltas, a diagnostic", Source: "Σw·Δ/Σw, SE 1/√Σw, w = 1/se²",
			Inputs: deltasOfTasks(), Outputs: quantities("estimate", "pooled delta", "se", "its standard error"),
			eval: ofPool(FixedEffect),
		},
		{
			Name: "random_effects_pool_dl", Summary: "the same with a variance between tasks", Source: "DerSimonian & Laird 1986",
			Inputs: deltasOfTasks(), Outputs: quantities("estimate", "pooled delta", "se", "its standard error"),
			eval: ofPool(RandomEffects),
		},
		{
			Name: "heterogeneity", Summary: "do task deltas differ by more than their standard errors?",
			Source: "Higgins & Thompson 2002; DerSimonian & Laird 1986",
			Inputs: deltasOfTasks(),
			Outputs: quantities(
				"q", "Σw(Δ − pooled)²", "i2", "share of it beyond chance", "tau2_dl", "variance between tasks",
			),
			eval: ofTasks(func(tasks []TaskDelta) result {
				h := Heterogeneous(tasks)
				return because(h.Reason, h.Q, h.I2, h.Tau2)
			}),
		},
		{
			Name: "sign_test", Summary: "wins against losses over tasks", Source: "min(1, 2·P(Bin(w+l, ½) <= min(w, l))), ties left out",
			Inputs:  []Input{count("wins", "tasks won"), count("losses", "tasks lost")},
			Outputs: quantities("p", "two-sided p-value"),
			eval: func(in *arguments) result {
				c, ok := in.counts("wins", "losses")
				if !ok {
					return nothing(ReasonMissing)
				}
				p := SignTest(c[0], c[1])
				if p == nil {
					return nothing(ReasonOutOfRange)
				}
				return of(p)
			},
		},
		{
			Name: "geomean", Summary: "geometric mean of positive ratios", Source: "exp(mean log)",
			Inputs: []Input{numbers("values", "positive values")},
			Outputs: quantities(
				"geomean", "geometric mean", "arithmetic_mean", "arithmetic mean, exact",
				"error", "non_positive_value where that makes it undefined",
			),
			eval: func(in *arguments) result {
				values, ok := in.list("values")
				if !ok {
					return nothing(ReasonMissing)
				}
				g := GeometricMeanOf(values, 0.95)
				if len(values) == 0 {
					return nothing(ReasonTooFew)
				}
				mean, _ := decimal.Mean(values)
				return because(geometricReason(g, g.Value), g.Value, mean, geometricError(g))
			},
		},
		{
			Name: "geomean_ratios", Summary: "geometric mean of ratios with its interval", Source: "t interval on logs; Fleming & Wallace 1986",
			Inputs: []Input{numbers("ratios", "candidate/baseline, one a task, positive"), confidence()},
			Outputs: quantities(
				"geomean", "geometric mean", "lo", "lower limit", "hi", "upper limit",
				"error", "non_positive_value where that makes it undefined",
			),
			eval: func(in *arguments) result {
				ratios, ok := in.list("ratios")
				if !ok {
					return nothing(ReasonMissing)
				}
				g := GeometricMeanOf(ratios, in.confidence())
				return because(g.Reason, g.Value, lo(g.CI), hi(g.CI), geometricError(g))
			},
		},
		{
			Name: "normalize_baseline", Summary: "score above guessing, 0 to 100", Source: "100(v − lb)/(1 − lb), 0 if v < lb",
			Inputs: subtask(), Outputs: quantities("normalized", "the score, exact"),
			eval: func(in *arguments) result {
				v, ok := in.numbers("value", "lower_bound")
				if !ok {
					return nothing(ReasonMissing)
				}
				normalized, _, ok := Normalize(v[0], v[1])
				if !ok {
					return nothing(ReasonOutOfRange)
				}
				return of(normalized)
			},
		},
		{
			Name: "normalize_baseline_macro", Summary: "mean over subtasks of the score above guessing",
			Source: "subtasks first, then their mean",
			Inputs: []Input{{
				Name: "subtasks", Kind: KindRecords, Required: true, Meaning: "one object a subtask", Fields: subtask(),
			}},
			Outputs: quantities("normalized", "the mean, exact"),
			eval: func(in *arguments) result {
				var scores []decimal.Decimal
				for _, record := range in.records("subtasks") {
					v, ok := record.numbers("value", "lower_bound")
					if record.err != nil {
						in.fail("subtasks", "%v", record.err)
					}
					if !ok {
						return nothing(ReasonMissing)
					}
					normalized, _, ok := Normalize(v[0], v[1])
					if !ok {
						return nothing(ReasonOutOfRange)
					}
					scores = append(scores, normalized)
				}
				mean, ok := decimal.Mean(scores)
				if !ok {
					return nothing(ReasonTooFew)
				}
				return of(mean)
			},
		},
		{
			Name: "mean_win_rate", Summary: "share of models that each model beats, mean over columns",
			Source: "Liang et al. 2022; (#worse + (ties−1)/2)/(models−1)",
			Inputs: []Input{
				{Name: "scores", Kind: KindTable, Required: true, Meaning: "one row a model, one column a task; at least 3 models"},
				{
					Name: "directions", Kind: KindWords, Meaning: "which way each column gets better; higher for all if absent",
					Words: []string{string(HigherIsBetter), string(LowerIsBetter)},
				},
			},
			Outputs: quantities("rates", "one a model, exact"),
			eval: func(in *arguments) result {
				scores, ok := in.table("scores")
				if !ok {
					return nothing(ReasonMissing)
				}
				if len(scores) == 0 {
					return nothing(ReasonTooFew)
				}
				directions := make([]Direction, len(scores[0]))
				for i := range directions {
					directions[i] = HigherIsBetter
				}
				if words := in.labels("directions"); words != nil {
					directions = directions[:0]
					for _, word := range words {
						if Direction(word) != HigherIsBetter && Direction(word) != LowerIsBetter {
							in.fail("directions", "want higher or lower")
						}
						directions = append(directions, Direction(word))
					}
				}
				rates, ok := MeanWinRates(scores, directions)
				if !ok {
					return nothing(ReasonTooFew)
				}
				return of(rates)
			},
		},
	}
}

// geometricError is the word that the vectors of the specification use.
func geometricError(g GeometricMean) any {
	if g.Reason == ReasonNonPositive {
		return reasonNonPositiveError
	}
	return nil
}

// geometricReason drops a reason that only concerns the interval.
func geometricReason(g GeometricMean, value *float64) Reason {
	if value != nil {
		return ""
	}
	return g.Reason
}
