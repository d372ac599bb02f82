package oracle_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/evalctl/evalctl/test/oracle"
)

// cases returns inputs for every function that an oracle knows, the same at each
// call. Boundaries and degenerate data are as frequent as they are interesting, not
// as they are likely.
func cases() []oracle.Case {
	d := dice{rand.New(rand.NewPCG(1908, 1985))}
	var all []oracle.Case
	for _, g := range generators {
		for range g.times {
			all = append(all, oracle.Case{ID: len(all), Function: g.function, Inputs: g.inputs(d)})
		}
	}
	return all
}

type (
	dice   struct{ *rand.Rand }
	inputs = map[string]any
)

// number is a decimal text in [low, high) with up to places digits.
func (d dice) number(low, high float64, places int) string {
	return strconv.FormatFloat(low+(high-low)*d.Float64(), 'f', d.IntN(places+1), 64)
}

// positive is such a text that is not 0.
func (d dice) positive(high float64, places int) string {
	least := math.Pow10(-places)
	return strconv.FormatFloat(least+(high-least)*d.Float64()*d.Float64(), 'f', places+2, 64)
}

func (d dice) numbers(n int, low, high float64, places int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = d.number(low, high, places)
	}
	return list
}

// scores are values of runs or items: spread, of few kinds, or all the same.
func (d dice) scores(n int) []any {
	switch d.IntN(8) {
	case 0:
		list, same := make([]any, n), d.number(0, 1, 3)
		for i := range list {
			list[i] = same
		}
		return list
	case 1, 2, 3:
		return d.numbers(n, -1, 1.4, 0) // −1, 0, 1: ties
	case 4:
		return d.numbers(n, 60, 90, 4)
	}
	return d.numbers(n, 0, 1, 5)
}

// size is small as often as large.
func (d dice) size(most int) int {
	return 1 + int(math.Exp(d.Float64()*math.Log(float64(most))))%most
}

// part is a count of 0 to n, an end every third time.
func (d dice) part(n int) int {
	switch d.IntN(6) {
	case 0:
		return 0
	case 1:
		return n
	}
	return d.IntN(n + 1)
}

func (d dice) confidence() string {
	return []string{"0.95", "0.95", "0.9", "0.99", "0.8", "0.999"}[d.IntN(6)]
}

func (d dice) margin() string {
	return []string{"0", "0.01", "0.015", "0.02", "0.05", "0.1", "0.3"}[d.IntN(7)]
}

func (d dice) direction() string { return []string{"higher", "lower"}[d.IntN(2)] }

func (d dice) proportion(most int) (k, n int) {
	n = d.size(most)
	return d.part(n), n
}

func (d dice) two(most int) inputs {
	x1, n1 := d.proportion(most)
	x2, n2 := d.proportion(most)
	return inputs{"x1": x1, "n1": n1, "x2": x2, "n2": n2}
}

// flips are discordant counts that fit into n pairs.
func (d dice) flips(most int) inputs {
	n := d.size(most)
	b := d.part(n)
	if d.IntN(2) == 0 { // few flips are what models give
		b = d.IntN(min(n, 20) + 1)
	}
	return inputs{"base_only": b, "cand_only": d.part(n - b), "n": n}
}

func (d dice) discordant(most int) inputs {
	return inputs{"base_only": d.part(d.size(most)), "cand_only": d.part(d.size(most))}
}

// stderrs are two values with standard errors, one or both of 0 now and then.
func (d dice) stderrs() inputs {
	in := inputs{"base": d.number(0, 1, 6), "cand": d.number(0, 1, 6), "base_se": d.positive(0.1, 5), "cand_se": d.positive(0.1, 5)}
	switch d.IntN(10) {
	case 0:
		in["base_se"], in["cand_se"] = "0", "0"
	case 1:
		in["base_se"] = "0.0"
	case 2:
		in["cand"] = in["base"]
	case 3: // far apart: p of 1e-100
		in["base_se"], in["cand_se"] = "0.02", "0.01"
		in["base"], in["cand"] = "0.1", "0.9"
	}
	return in
}

func (d dice) runs(most int) inputs {
	return inputs{"base": d.scores(1 + d.IntN(most)), "cand": d.scores(1 + d.IntN(most))}
}

func (d dice) tasks() inputs {
	m := 1 + d.IntN(12)
	deltas, stderrs := d.numbers(m, -0.2, 0.2, 4), make([]any, m)
	for i := range stderrs {
		stderrs[i] = d.positive(0.2, 4)
	}
	if d.IntN(8) == 0 {
		for i := range deltas {
			deltas[i] = deltas[0]
		}
	}
	return inputs{"deltas": deltas, "stderrs": stderrs}
}

func (d dice) design() inputs {
	in := inputs{
		"omega2": d.number(0, 0.5, 4), "sigma2_a": d.number(0, 0.2, 4), "sigma2_b": d.number(0, 0.2, 4),
		"k_a": 1 + d.IntN(8), "k_b": 1 + d.IntN(8),
	}
	return d.power(in)
}

func (d dice) power(in inputs) inputs {
	in["alpha"] = []string{"0.05", "0.01", "0.1"}[d.IntN(3)]
	in["power"] = []string{"0.8", "0.9", "0.5"}[d.IntN(3)]
	return in
}

func with(in inputs, more ...any) inputs {
	for i := 0; i < len(more); i += 2 {
		in[more[i].(string)] = more[i+1] //nolint:forcetypeassert // written here
	}
	return in
}

// p is a p-value: tiny, tied, an end, or anything.
func (d dice) p() string {
	switch d.IntN(8) {
	case 0:
		return "0"
	case 1:
		return "1"
	case 2:
		return "0.04"
	case 3:
		return strconv.FormatFloat(math.Pow(10, -20*d.Float64()), 'e', 6, 64)
	}
	return strconv.FormatFloat(math.Pow(d.Float64(), 3), 'f', 8, 64)
}

func (d dice) family() inputs {
	list := make([]any, 1+d.IntN(15))
	for i := range list {
		list[i] = d.p()
	}
	return inputs{"p": list}
}

var generators = []struct {
	function string
	times    int
	inputs   func(d dice) inputs
}{
	{"decimal_delta", 100, func(d dice) inputs {
		return inputs{"base": d.number(-2, 2, 17), "cand": d.number(-2, 2, 17), "compare_with": d.number(0, 1, 2)}
	}},
	{"decimal_mean", 60, func(d dice) inputs { return inputs{"values": d.scores(d.size(40))} }},
	{"decimal_sum", 60, func(d dice) inputs { return inputs{"values": d.scores(d.size(40))} }},
	{"round_decimal", 100, func(d dice) inputs { return inputs{"value": d.number(-3, 3, 5), "decimals": d.IntN(5)} }},
	{"quantile_type7", 100, func(d dice) inputs {
		return inputs{"values": d.scores(d.size(30)), "p": []string{"0", "1", "0.5", "0.25", "0.025", "0.975", "1/3"}[d.IntN(7)]}
	}},

	{"wilson_interval", 300, func(d dice) inputs {
		k, n := d.proportion(20_000)
		return inputs{"k": k, "n": n, "confidence": d.confidence()}
	}},
	{"clopper_pearson_interval", 200, func(d dice) inputs {
		k, n := d.proportion(3000)
		return inputs{"k": k, "n": n, "confidence": d.confidence()}
	}},
	{"beta_uniform_credible_interval", 150, func(d dice) inputs {
		k, n := d.proportion(3000)
		return inputs{"k": k, "n": n, "confidence": d.confidence()}
	}},
	{"stderr_binary_mean", 60, func(d dice) inputs {
		k, n := d.proportion(3000)
		return inputs{"k": k, "n": n}
	}},
	{"prob_superior_uniform_prior", 60, func(d dice) inputs {
		kA, nA := d.proportion(40)
		kB, nB := d.proportion(40)
		return inputs{"k_a": kA, "n_a": nA, "k_b": kB, "n_b": nB}
	}},

	{"miettinen_nurminen", 200, func(d dice) inputs { return with(d.two(2000), "confidence", d.confidence()) }},
	{"miettinen_nurminen_noninferiority", 150, func(d dice) inputs { return with(d.two(2000), "margin", d.margin()) }},
	{"newcombe_independent", 200, func(d dice) inputs { return with(d.two(2000), "confidence", d.confidence()) }},
	{"fisher_exact", 200, func(d dice) inputs { return d.two(120) }},
	{"pooled_z", 100, func(d dice) inputs { return d.two(2000) }},

	{"tango", 250, func(d dice) inputs { return with(d.flips(3000), "confidence", d.confidence()) }},
	{"tango_interval", 50, func(d dice) inputs { return with(d.flips(40), "confidence", d.confidence()) }},
	{"tango_noninferiority", 200, func(d dice) inputs { return with(d.flips(3000), "margin", d.margin()) }},
	{"mcnemar_exact_two_sided", 200, func(d dice) inputs { return d.discordant(400) }},
	{"mcnemar_exact_one_sided", 200, func(d dice) inputs {
		return with(d.discordant(400), "alternative", []string{"base_only_greater", "cand_only_greater"}[d.IntN(2)])
	}},
	{"mcnemar_mid_p", 150, func(d dice) inputs { return d.discordant(400) }},
	{"newcombe_paired", 250, func(d dice) inputs {
		in, cells := inputs{"confidence": d.confidence()}, []string{"both", "base_only", "cand_only", "neither"}
		for _, cell := range cells {
			in[cell] = d.part(d.size(300))
		}
		in[cells[d.IntN(4)]] = 1 + d.IntN(50)
		return in
	}},
	{"paired_t", 250, func(d dice) inputs {
		n := d.size(60)
		if d.IntN(3) == 0 {
			return inputs{"differences": d.scores(n), "confidence": d.confidence()}
		}
		return inputs{"base": d.scores(n), "cand": d.scores(n), "confidence": d.confidence()}
	}},
	{"sign_flip_exact", 120, func(d dice) inputs { return inputs{"differences": d.scores(1 + d.IntN(11))} }},
	{"wilcoxon_signed_rank_exact", 150, func(d dice) inputs { return inputs{"differences": d.scores(1 + d.IntN(11))} }},
	{"clustered_stderr", 120, func(d dice) inputs {
		n := 2 + d.IntN(40)
		clusters, g := make([]any, n), 1+d.IntN(n)
		for i := range clusters {
			clusters[i] = fmt.Sprint("c", d.IntN(g))
		}
		return inputs{"values": d.scores(n), "clusters": clusters, "confidence": d.confidence()}
	}},
	{"items_by_repeats", 120, func(d dice) inputs {
		rows, k := make([]any, 1+d.IntN(12)), 1+d.IntN(5)
		for i := range rows {
			rows[i] = d.scores(k)
		}
		return inputs{"rows": rows}
	}},
	{"pass_at_k", 150, func(d dice) inputs {
		c, n := d.proportion(200)
		return inputs{"n": n, "c": c, "k": 1 + d.IntN(min(n, 12)+1)}
	}},
	{"pass_hat_k", 150, func(d dice) inputs {
		c, n := d.proportion(200)
		return inputs{"n": n, "c": c, "k": 1 + d.IntN(min(n, 12)+1)}
	}},

	{"welch_t", 250, func(d dice) inputs { return with(d.runs(9), "confidence", d.confidence()) }},
	{"run_summary", 100, func(d dice) inputs {
		return inputs{"values": d.scores(1 + d.IntN(9)), "confidence": d.confidence()}
	}},
	{"permutation_mean_difference_exact", 150, func(d dice) inputs { return d.runs(7) }},
	{"mann_whitney_exact", 150, func(d dice) inputs {
		in := d.runs(7)
		return inputs{"x": in["base"], "y": in["cand"]}
	}},
	{"min_attainable_p", 40, func(d dice) inputs { return inputs{"k_base": 1 + d.IntN(30), "k_cand": 1 + d.IntN(30)} }},
	{"effect_sizes_independent", 150, func(d dice) inputs { return d.runs(9) }},
	{"effect_sizes", 60, func(d dice) inputs {
		n := 2 + d.IntN(9)
		return inputs{"base": d.scores(n), "cand": d.scores(n)}
	}},
	{"combine_stderr_and_seed_sd", 60, func(d dice) inputs {
		return inputs{"stderr": d.positive(0.1, 5), "seed_sd": d.number(0, 0.1, 5), "k": 1 + d.IntN(9)}
	}},
	{"bootstrap_mean_exact", 30, func(d dice) inputs { return inputs{"values": d.scores(1 + d.IntN(5))} }},
	{"median_order_statistic_interval", 100, func(d dice) inputs {
		return inputs{"n": d.size(500), "confidence": d.confidence()}
	}},

	{"unpaired_z", 250, func(d dice) inputs { return with(d.stderrs(), "confidence", d.confidence()) }},
	{"unpaired_welch_from_stderr", 200, func(d dice) inputs {
		return with(d.stderrs(), "base_n", d.size(400), "cand_n", d.size(400), "confidence", d.confidence())
	}},
	{"paired_se_from_correlation", 60, func(d dice) inputs {
		return inputs{"se_a": d.number(0, 0.1, 5), "se_b": d.number(0, 0.1, 5), "rho": []string{"0", "0.5", "-0.3", "1", "-1", "0.971"}[d.IntN(6)]}
	}},
	{"derive_n", 100, func(d dice) inputs {
		in := inputs{"value": d.number(0, 1, 4), "stderr": d.positive(0.1, 4)}
		if n := 2 + d.IntN(500); d.IntN(2) == 0 {
			v := float64(d.part(n)) / float64(n)
			in["value"] = strconv.FormatFloat(v, 'g', -1, 64)
			in["stderr"] = strconv.FormatFloat(math.Sqrt(v*(1-v)/float64(n-1)), 'g', -1, 64)
		}
		return in
	}},
	{"noninferiority_z", 200, func(d dice) inputs {
		return with(d.stderrs(), "margin", d.margin(), "direction", d.direction(), "confidence", d.confidence())
	}},
	{"noninferiority_tost_z", 200, func(d dice) inputs {
		return with(d.stderrs(), "margin", d.margin(), "direction", d.direction(), "confidence", d.confidence())
	}},
	{"welch_noninferiority", 150, func(d dice) inputs {
		return with(d.runs(8), "margin", d.margin(), "direction", d.direction(), "confidence", d.confidence())
	}},

	{"aggregate_mean", 60, func(d dice) inputs {
		m := 1 + d.IntN(10)
		sizes := make([]any, m)
		for i := range sizes {
			sizes[i] = 1 + d.IntN(2000)
		}
		return inputs{"values": d.scores(m), "sizes": sizes}
	}},
	{"group_stderr", 80, func(d dice) inputs {
		tasks := make([]any, 1+d.IntN(10))
		for i := range tasks {
			n := 1 + d.size(500)
			tasks[i] = inputs{"k": d.part(n), "n": n}
		}
		return inputs{"tasks": tasks}
	}},
	{"macro_delta_fixed_tasks", 100, func(d dice) inputs { return with(d.tasks(), "confidence", d.confidence()) }},
	{"macro_delta_random_tasks", 100, func(d dice) inputs {
		return inputs{"deltas": d.tasks()["deltas"], "confidence": d.confidence()}
	}},
	{"z_and_p_per_task", 60, func(d dice) inputs { return d.tasks() }},
	{"fixed_effect_pool", 100, func(d dice) inputs { return d.tasks() }},
	{"random_effects_pool_dl", 100, func(d dice) inputs { return d.tasks() }},
	{"heterogeneity", 100, func(d dice) inputs { return d.tasks() }},
	{"sign_test", 60, func(d dice) inputs { return inputs{"wins": d.IntN(40), "losses": d.part(40)} }},
	{"geomean", 60, func(d dice) inputs { return inputs{"values": d.scores(d.size(12))} }},
	{"geomean_ratios", 80, func(d dice) inputs {
		return inputs{"ratios": d.numbers(1+d.IntN(10), 0.2, 3, 6), "confidence": d.confidence()}
	}},
	{"normalize_baseline", 60, func(d dice) inputs {
		return inputs{"value": d.number(0, 1, 6), "lower_bound": []string{"0", "0.25", "1/3", "0.1"}[d.IntN(4)]}
	}},
	{"normalize_baseline_macro", 40, func(d dice) inputs {
		list := make([]any, 1+d.IntN(5))
		for i := range list {
			list[i] = inputs{"value": d.number(0, 1, 6), "lower_bound": []string{"0.25", "1/3"}[d.IntN(2)]}
		}
		return inputs{"subtasks": list}
	}},
	{"mean_win_rate", 60, func(d dice) inputs {
		columns := 1 + d.IntN(5)
		directions, rows := make([]any, columns), make([]any, 3+d.IntN(5))
		for i := range directions {
			directions[i] = d.direction()
		}
		for i := range rows {
			rows[i] = d.scores(columns)
		}
		return inputs{"scores": rows, "directions": directions}
	}},

	{"holm", 60, func(d dice) inputs { return d.family() }},
	{"benjamini_hochberg", 150, func(d dice) inputs { return d.family() }},
	{"benjamini_yekutieli", 150, func(d dice) inputs { return d.family() }},
	{"sample_size_paired", 60, func(d dice) inputs { return with(d.design(), "delta", d.positive(0.3, 3)) }},
	{"mde_paired", 60, func(d dice) inputs { return with(d.design(), "n", d.size(5000)) }},
	{"mde_paired_binary", 60, func(d dice) inputs {
		discordant, n := d.proportion(2000)
		return d.power(inputs{"n": n, "discordant": discordant, "sided": 1 + d.IntN(2)})
	}},
	{"mde_from_stderr", 40, func(d dice) inputs { return d.power(inputs{"se": d.number(0, 0.2, 5)}) }},
	{"required_items", 60, func(d dice) inputs {
		return d.power(inputs{"n": d.size(2000), "se": d.number(0, 0.1, 4), "margin": d.margin()})
	}},
	{"normal_quantile", 150, func(d dice) inputs { return inputs{"p": d.open()} }},
	{"t_quantile", 200, func(d dice) inputs { return inputs{"p": d.open(), "df": d.positive(60, 3)} }},
}

// open is a probability inside (0, 1), near an end every other time.
func (d dice) open() string {
	switch d.IntN(5) {
	case 0:
		return strconv.FormatFloat(math.Pow(10, -1-30*d.Float64()), 'e', 5, 64)
	case 1:
		return "0.99" + strconv.Itoa(1+d.IntN(998))
	case 2:
		return []string{"0.5", "0.975", "0.025", "0.95", "0.995", "0.8"}[d.IntN(6)]
	}
	return strconv.FormatFloat(0.0001+0.9998*d.Float64(), 'f', 6, 64)
}
