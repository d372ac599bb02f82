package catalog_test

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	known, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// leaves reads scores written as "section name metric/score", the fields between
// bars where they contain spaces or slashes: "g|gpqa|pass@1|symbolic_correct".
func leaves(list ...string) []nemo.Score {
	scores := make([]nemo.Score, len(list))
	for i, text := range list {
		part := strings.Split(text, "|")
		section := map[string]string{"g": nemo.Groups, "t": nemo.Tasks, "b": nemo.Benchmark, "r": nemo.Rollouts}[part[0]]
		metric, score := part[2], part[len(part)-1]
		scores[i] = nemo.Score{Section: section, Name: part[1], Metric: metric, Score: score}
	}
	return scores
}

// primary is the headline as written for leaves, or "" if there is none.
func primary(known *catalog.Catalog, harness, task string, list []string) string {
	i, ok := known.Primary(harness, task, leaves(list...))
	if !ok {
		return ""
	}
	return list[i]
}

const (
	fractionUp = "fraction/higher"
	percentUp  = "percent/higher"
)

// Every row of the documented tables: what each harness writes, and the headline
// of each known benchmark.
func TestPrimaryAndScale(t *testing.T) {
	known := builtin(t)
	for _, test := range []struct {
		name, harness, task string
		scores              []string
		want                string // the headline
		scale               string // of the headline
	}{
		// Harnesses.
		{
			"lm-eval group stands for its members, strict before flexible", "lm-evaluation-harness", "story",
			[]string{"g|story|exact_match__flexible-extract", "g|story|exact_match__strict-match", "t|story_shop|exact_match__strict-match", "t|story_tank|exact_match__strict-match"},
			"g|story|exact_match__strict-match", fractionUp,
		},
		{"lm-eval, no filter before any", "lm-evaluation-harness", "x", []string{"t|x|exact_match__strict-match", "t|x|exact_match"}, "t|x|exact_match", fractionUp},
		{"lm-eval, other filters by name", "lm-evaluation-harness", "x", []string{"t|x|exact_match__z", "t|x|exact_match__b"}, "t|x|exact_match__b", fractionUp},
		{"lm-eval, other filters after flexible", "lm-evaluation-harness", "x", []string{"t|x|exact_match__aaa", "t|x|exact_match__flexible-extract"}, "t|x|exact_match__flexible-extract", fractionUp},
		{"lm-eval acc before acc_norm", "lm-evaluation-harness", "arc", []string{"t|arc|acc_norm", "t|arc|acc"}, "t|arc|acc", fractionUp},
		{"lm-eval acc before exact_match", "lm-evaluation-harness", "x", []string{"t|x|exact_match", "t|x|acc"}, "t|x|acc", fractionUp},
		{
			"lm-eval ifeval has four scores and no headline", "lm-evaluation-harness", "ifeval",
			[]string{"g|ifeval|inst_level_loose_acc", "g|ifeval|inst_level_strict_acc", "g|ifeval|prompt_level_loose_acc", "g|ifeval|prompt_level_strict_acc"},
			"", "",
		},
		{"lm-eval, the group called like the task", "lm-evaluation-harness", "mmlu", []string{"g|mmlu_stem|acc", "g|mmlu|acc", "g|mmlu_other|acc"}, "g|mmlu|acc", fractionUp},
		{"lm-eval, several groups and none called so", "lm-evaluation-harness", "suite", []string{"g|a|acc", "g|b|acc"}, "", ""},
		{"lm-eval perplexity", "lm-evaluation-harness", "wikitext", []string{"t|wikitext|word_perplexity"}, "t|wikitext|word_perplexity", "unknown/lower"},

		{"simple_evals", "simple_evals", "mmlu", []string{"g|mmlu|score|macro", "g|mmlu|score|micro", "t|law|score|micro", "t|art|score|micro"}, "g|mmlu|score|micro", fractionUp},
		{"simple_evals macro alone", "simple_evals", "mmlu", []string{"g|mmlu|score|macro"}, "g|mmlu|score|macro", fractionUp},
		{"simple_evals repeats, the highest", "simple_evals", "math", []string{"g|math|score|micro", "g|math|score|micro_avg_of_4", "g|math|score|micro_avg_of_16"}, "g|math|score|micro_avg_of_16", fractionUp},

		{"nemo_skills symbolic", "nemo_skills", "ns_math", []string{"g|math|majority@16|symbolic_correct", "g|math|pass@16|symbolic_correct", "g|math|pass@1[avg-of-16]|symbolic_correct", "g|math|pass@1[avg-of-16]|gen_seconds"}, "g|math|pass@1[avg-of-16]|symbolic_correct", percentUp},
		{"nemo_skills judge", "nemo_skills", "ns_x", []string{"g|x|pass@1|judge_correct", "g|x|pass@1|no_answer", "g|x|pass@1|gen_seconds"}, "g|x|pass@1|judge_correct", percentUp},
		{"nemo_skills accuracy", "nemo_skills", "ns_x", []string{"g|x|pass@1|accuracy", "g|x|pass@8|accuracy"}, "g|x|pass@1|accuracy", percentUp},
		{"nemo_skills, avg-of-16 above avg-of-8", "nemo_skills", "ns_x", []string{"g|x|pass@1[avg-of-8]|symbolic_correct", "g|x|pass@1[avg-of-16]|symbolic_correct"}, "g|x|pass@1[avg-of-16]|symbolic_correct", percentUp},
		{"nemo_skills instruction following has its headline under ifbench only", "nemo_skills", "ns_other", []string{"g|x|pass@1|prompt_loose_accuracy", "g|x|pass@1|prompt_strict_accuracy"}, "", ""},

		{"bigcode", "bigcode-evaluation-harness", "mbpp", []string{"t|mbpp|pass@1", "t|mbpp|pass@10"}, "t|mbpp|pass@1", fractionUp},
		{"bigcode pass@10 alone", "bigcode-evaluation-harness", "mbpp", []string{"t|mbpp|pass@10"}, "t|mbpp|pass@10", fractionUp},
		{"helm", "helm", "med", []string{"g|med|score|accuracy", "g|med|score|exact_match"}, "g|med|score|accuracy", "unknown/unknown"},
		{"helm, no usual name", "helm", "med", []string{"g|med|score|a", "g|med|score|b"}, "", ""},
		{"safety_eval", "safety_eval", "aegis_v2", []string{"t|aegis_v2|safety_rate"}, "t|aegis_v2|safety_rate", fractionUp},
		{"safety_eval bbq has a score a category", "safety_eval", "bbq", []string{"t|bbq|acc_bias|Age", "t|bbq|acc_bias|Race"}, "", ""},
		{"mtbench", "mtbench", "mtbench", []string{"g|mtbench:gpt-4|average_score", "g|mtbench:gpt-4|average_score|num_missing", "t|writing|average_score"}, "g|mtbench:gpt-4|average_score", "rating_10/higher"},
		{"mtbench, one score", "mtbench", "mtbench", []string{"g|mtbench:gpt-4|average_score", "t|writing|average_score"}, "g|mtbench:gpt-4|average_score", "rating_10/higher"},
		{"garak has a name a probe", "garak", "garak", []string{"g|dan.Dan_11_0|pass_rate", "g|encoding.Zalgo|pass_rate"}, "", ""},
		{"garak, one probe", "garak", "garak", []string{"g|dan.Dan_11_0|pass_rate"}, "g|dan.Dan_11_0|pass_rate", fractionUp},
		{"hle by its own harness", "hle", "hle", []string{"g|hle|accuracy", "g|hle|accuracy|calibration_error"}, "g|hle|accuracy", "unknown/unknown"},
		{"genai_perf_eval: a latency is no headline", "genai_perf_eval", "genai_perf_generation", []string{"g|genai_perf|request_latency|avg"}, "", ""},
		{"profbench", "profbench", "llm_judge", []string{"g|llm_judge|overall"}, "g|llm_judge|overall", "unknown/unknown"},
		{"livecodebench by its own harness", "livecodebench", "codegeneration_release_v6", []string{"g|codegeneration|pass@1", "g|codegeneration|easy_pass@1"}, "g|codegeneration|pass@1", "unknown/unknown"},
		{"tooltalk", "tooltalk", "tooltalk", []string{"t|tooltalk|recall", "t|tooltalk|success_rate"}, "", ""},
		{"compute-eval", "compute_eval", "cuda", []string{"t|cuda|cuda|pass@1"}, "t|cuda|cuda|pass@1", "unknown/unknown"},
		{"BYOB, with a length and a flag", "byob_arith", "arith", []string{"t|arith|pass@1|answer_chars", "t|arith|pass@1|correct", "t|arith|pass@1|format_ok"}, "t|arith|pass@1|correct", fractionUp},
		{"BYOB without correct", "byob_x", "x", []string{"t|x|pass@1|a", "t|x|pass@1|b"}, "", ""},
		{"bfcl totals are no headline", "bfcl", "bfclv2_ast", []string{"g|bfcl|live_overall_acc", "g|bfcl|non_live_overall_acc", "g|bfcl|multiple_ast_non_live"}, "", ""},
		{"bfcl, a total of which every part was run", "bfcl", "bfcl_multi_turn", []string{"g|bfcl|base", "g|bfcl|miss_func", "g|bfcl|miss_param", "g|bfcl|long_context", "g|bfcl|multi_turn_overall_acc", "g|bfcl|live_overall_acc", "g|bfcl|non_live_overall_acc"}, "g|bfcl|multi_turn_overall_acc", percentUp},
		{"bfcl, one part was not run", "bfcl", "bfcl_multi_turn", []string{"g|bfcl|base", "g|bfcl|miss_func", "g|bfcl|miss_param", "g|bfcl|multi_turn_overall_acc", "g|bfcl|live_overall_acc", "g|bfcl|non_live_overall_acc"}, "", ""},
		{"bfcl, a part of another total was run too", "bfcl", "bfclv3", []string{"g|bfcl|base", "g|bfcl|miss_func", "g|bfcl|miss_param", "g|bfcl|long_context", "g|bfcl|multi_turn_overall_acc", "g|bfcl|live_overall_acc", "g|bfcl|relevance_detection_live"}, "", ""},
		{"bfcl, not even alone", "bfcl", "bfclv3", []string{"g|bfcl|overall_acc"}, "", ""},
		{"ifbench by its own harness", "ifbench", "ifbench", []string{"t|ifbench|loose:prompt-level", "t|ifbench|strict:prompt-level"}, "", ""},
		{"nemo_gym, unknown paths", "nemo_gym", "gym", []string{"g|nemo_gym|a/x", "g|nemo_gym|b/y"}, "", ""},

		// Benchmarks.
		{"GPQA Diamond", "nemo_skills", "ns_gpqa", []string{"g|gpqa|pass@1|symbolic_correct", "g|gpqa|pass@1[avg-of-16]|symbolic_correct", "g|gpqa|pass@1[avg-of-4]|symbolic_correct", "g|gpqa|majority@16|symbolic_correct"}, "g|gpqa|pass@1[avg-of-16]|symbolic_correct", percentUp},
		{"HLE", "nemo_skills", "ns_hle", []string{"g|hle|pass@1|judge_correct", "g|hle|pass@1|symbolic_correct"}, "g|hle|pass@1|judge_correct", percentUp},
		{"IFBench", "nemo_skills", "ns_ifbench", []string{"g|ifbench|pass@1[avg-of-8]|prompt_strict_accuracy", "g|ifbench|pass@1[avg-of-8]|prompt_loose_accuracy", "g|ifbench|pass@1[avg-of-8]|accuracy"}, "g|ifbench|pass@1[avg-of-8]|prompt_loose_accuracy", percentUp},
		{"AA-LCR", "nemo_skills", "ns_aa_lcr", []string{"g|aalcr|pass@1[avg-of-4]|judge_correct", "g|aalcr|pass@4|judge_correct"}, "g|aalcr|pass@1[avg-of-4]|judge_correct", percentUp},
		{"MMMU-Pro", "nemo_skills", "ns_mmmu_pro", []string{"g|mmmu-pro|pass@1|symbolic_correct", "g|mmmu-pro|pass@1|no_answer"}, "g|mmmu-pro|pass@1|symbolic_correct", percentUp},
		{"MMLU-Pro", "nemo_skills", "ns_mmlu_pro", []string{"g|mmlu-pro|pass@1|symbolic_correct"}, "g|mmlu-pro|pass@1|symbolic_correct", percentUp},
		{"SciCode", "nemo_skills", "ns_scicode", []string{"g|scicode|pass@1[avg-of-1]|problem_accuracy", "g|scicode|pass@1[avg-of-1]|subtask_accuracy"}, "g|scicode|pass@1[avg-of-1]|subtask_accuracy", percentUp},
		{"LiveCodeBench", "nemo_skills", "ns_livecodebench", []string{"g|livecodebench|pass@1[avg-of-3]|accuracy", "g|livecodebench|pass@3|accuracy"}, "g|livecodebench|pass@1[avg-of-3]|accuracy", percentUp},
		{"AA-Omniscience", "nemo_skills", "ns_omniscience", []string{"g|omniscience|pass@1[avg-of-2]|judge_correct", "g|omniscience|pass@1[avg-of-2]|judge_omni_index", "g|omniscience|pass@1[avg-of-2]|judge_omni_hallucination"}, "g|omniscience|pass@1[avg-of-2]|judge_omni_index", "signed_100/higher"},
		{"AA-Omniscience without its index is on another scale", "nemo_skills", "ns_omniscience", []string{"g|omniscience|pass@1|judge_correct"}, "g|omniscience|pass@1|judge_correct", percentUp},
		{"AIME 2025", "simple_evals", "AIME_2025", []string{"g|AIME_2025|score|micro", "g|AIME_2025|score|micro_avg_of_64", "g|AIME_2025|score|micro_avg_of_8"}, "g|AIME_2025|score|micro_avg_of_64", fractionUp},
		{"Tau2 telecom", "tau2_bench", "tau2_bench_telecom", []string{"t|tau2_bench_telecom|pass@1", "t|tau2_bench_telecom|avg_reward"}, "t|tau2_bench_telecom|pass@1", fractionUp},
		{"Tau2, another domain", "tau2_bench", "tau2_bench_airline", []string{"t|tau2_bench_airline|pass@1", "t|tau2_bench_airline|avg_reward"}, "t|tau2_bench_airline|pass@1", fractionUp},
		{"GDPVal comparison", "nemo_gym", "gdpval", []string{"g|nemo_gym|gdpval_stirrup_agent/stage_0/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/eval_elo"}, "g|nemo_gym|gdpval_stirrup_agent/comparison/normalized_elo", fractionUp},

		{"GDPVal comparison, as launched", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|gdpval_stirrup_agent/comparison/stage_0/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/stage_1/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/stage_1/eval_elo"}, "g|nemo_gym|gdpval_stirrup_agent/comparison/normalized_elo", fractionUp},
		{"GDPVal comparison, its last stage not complete", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|gdpval_stirrup_agent/comparison/stage_0/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/stage_1/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/win_rate"}, "g|nemo_gym|gdpval_stirrup_agent/comparison/stage_1/normalized_elo", fractionUp},
		{"GDPVal, an early estimate is no headline", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|gdpval_stirrup_agent/comparison/stage_0/normalized_elo", "g|nemo_gym|gdpval_stirrup_agent/comparison/stage_0/eval_elo"}, "", ""},
		{"GDPVal by a rubric", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|gdpval_stirrup_agent/key_metrics/mean/total_tokens", "r|evaluator_rollouts|reward"}, "r|evaluator_rollouts|reward", fractionUp},
		{"MRCR", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|mrcr_n3_1m_benchmark_simple_agent/key_metrics/mean/input_tokens", "r|agent_metrics|mean/reward", "r|agent_metrics|n_needles=2/pass@1/accuracy", "r|agent_metrics|pass@1/accuracy"}, "r|agent_metrics|pass@1/accuracy", percentUp},
		{"MRCR by its own name", "", "mrcr", []string{"r|agent_metrics|mean/reward", "r|agent_metrics|pass@1/accuracy"}, "r|agent_metrics|pass@1/accuracy", percentUp},
		{"MRCR without its file", "nemo_gym", "nemo_gym", []string{"g|nemo_gym|mrcr_n3_1m_benchmark_simple_agent/key_metrics/mean/input"}, "", ""},
		{"SWE-bench, Terminal-Bench", "", "swebench-verified", []string{"b|swebench-verified|pass@1", "b|swebench-verified|pass@4", "b|swebench-verified/django|mean_reward"}, "b|swebench-verified|pass@1", fractionUp},
		{"nel-next, rewards that are not all 0 or 1", "", "healthbench", []string{"b|healthbench|mean_reward", "b|healthbench|scorer:judge"}, "b|healthbench|mean_reward", fractionUp},
		{"nel-next, taken over from a harness", "", "container/gpqa", []string{"b|container/gpqa|gpqa/pass@1/symbolic_correct", "b|container/gpqa|gpqa/pass@1/gen_seconds"}, "b|container/gpqa|gpqa/pass@1/symbolic_correct", "unknown/unknown"},
		{"nel-next, a benchmark that the catalog knows from a harness", "", "gpqa", []string{"b|gpqa|pass@1", "b|gpqa|pass@4"}, "b|gpqa|pass@1", fractionUp},

		// A known name of another harness.
		{"ifbench of its own harness is not that of nemo_skills", "ifbench", "ns_ifbench", []string{"t|x|pass@1|prompt_loose_accuracy", "t|x|pass@1|b"}, "", ""},
		{"gpqa of simple_evals", "simple_evals", "gpqa_diamond", []string{"g|gpqa_diamond|score|micro", "g|gpqa_diamond|score|macro"}, "g|gpqa_diamond|score|micro", fractionUp},

		// A harness that is not recorded, as by launcher 0.1.
		{"unknown harness, known task", "", "ns_gpqa", []string{"g|gpqa|pass@1[avg-of-16]|symbolic_correct", "g|gpqa|majority@16|symbolic_correct"}, "g|gpqa|pass@1[avg-of-16]|symbolic_correct", percentUp},
		{"unknown harness, single answers before votes", "", "math", []string{"g|math|majority@16|symbolic_correct", "g|math|pass@1[avg-of-2]|symbolic_correct", "g|math|pass@1[avg-of-16]|symbolic_correct", "g|math|pass@16|symbolic_correct"}, "g|math|pass@1[avg-of-16]|symbolic_correct", "unknown/unknown"},

		// The order of names.
		{"correct first", "h", "x", []string{"t|x|m|f1", "t|x|m|accuracy", "t|x|m|correct"}, "t|x|m|correct", "unknown/unknown"},
		{"micro before macro", "h", "x", []string{"t|x|m|macro", "t|x|m|micro"}, "t|x|m|micro", "unknown/unknown"},
		{"f1 last", "h", "x", []string{"t|x|f1", "t|x|other"}, "t|x|f1", "unknown/unknown"},
		{"the only score, whatever its name", "h", "x", []string{"t|x|strange|name"}, "t|x|strange|name", "unknown/unknown"},
		{"the only score beside timings", "h", "x", []string{"t|x|latency_p50", "t|x|quality", "t|x|gen_seconds"}, "t|x|quality", "unknown/unknown"},

		// Names and groups.
		{"a group stands for nested ones", "h", "demo", []string{"g|demo|accuracy|macro", "g|demo/one|accuracy|macro", "g|demo/two|accuracy|macro"}, "g|demo|accuracy|macro", "unknown/unknown"},
		{"nested groups without their own group's score", "h", "demo", []string{"g|demo/one|accuracy", "g|demo/two|accuracy"}, "", ""},
		{"a task among several", "h", "a", []string{"t|a|acc", "t|b|acc"}, "t|a|acc", "unknown/unknown"},
		{"none of several tasks is called so", "h", "c", []string{"t|a|acc", "t|b|acc"}, "", ""},
		{"an alias names it", "nemo_skills", "ns_gpqa", []string{"g|gpqa|pass@1|symbolic_correct", "g|other|pass@1|symbolic_correct"}, "g|gpqa|pass@1|symbolic_correct", percentUp},
		{"nothing", "h", "x", nil, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			scores := leaves(test.scores...)
			if got := primary(known, test.harness, test.task, test.scores); got != test.want {
				t.Fatalf("headline %q, want %q", got, test.want)
			}
			// The choice does not depend on the order in the file.
			turned := append([]string{}, test.scores...)
			for i, j := 0, len(turned)-1; i < j; i, j = i+1, j-1 {
				turned[i], turned[j] = turned[j], turned[i]
			}
			if got := primary(known, test.harness, test.task, turned); got != test.want {
				t.Errorf("in the other order, headline %q", got)
			}
			if i, ok := known.Primary(test.harness, test.task, scores); ok {
				scale, direction := known.ScaleOf(test.harness, test.task, scores[i], true)
				if got := string(scale) + "/" + string(direction); got != test.scale {
					t.Errorf("%s, want %s", got, test.scale)
				}
			}
		})
	}
}

func TestFact11TimingsAreNeverAHeadline(t *testing.T) {
	known := builtin(t)
	for _, name := range []string{"gen_seconds", "p50_latency", "duration", "num_tokens", "avg_time_ms", "wall_time", "ttft_ms"} {
		for _, harness := range []string{"", "h", "nemo_skills", "byob_x", "simple_evals"} {
			if got := primary(known, harness, "x", []string{"t|x|" + name, "t|x|pass@1|" + name, "t|x|" + name + "|accuracy"}); got != "" {
				t.Errorf("%s: %s", harness, got)
			}
		}
	}
}

func TestScaleOfOtherScores(t *testing.T) {
	known := builtin(t)
	for _, test := range []struct{ harness, task, leaf, want string }{
		{"nemo_skills", "gpqa", "g|gpqa|pass@1|gen_seconds", "seconds/lower"},
		{"nemo_skills", "gpqa", "g|gpqa|majority@16|symbolic_correct", percentUp},
		{"nemo_skills", "gpqa", "g|gpqa|pass@1|num_entries", "unknown/unknown"},
		{"nemo_skills", "x", "g|x|pass@1|avg_tokens", "tokens/unknown"},
		{"nemo_skills", "omniscience", "g|omniscience|pass@1|judge_omni_hallucination", "percent/lower"},
		{"nemo_skills", "omniscience", "g|omniscience|pass@1|judge_correct", percentUp},
		{"nemo_skills", "omniscience", "g|omniscience|pass@1|judge_omni_index", "signed_100/higher"},
		{"nemo_skills", "ifbench", "g|ifbench|pass@1|prompt_loose_accuracy", percentUp},
		{"lm-evaluation-harness", "ifeval", "g|ifeval|prompt_level_strict_acc", fractionUp},
		{"lm-evaluation-harness", "story", "t|story_shop|exact_match__flexible-extract", fractionUp},
		{"lm-evaluation-harness", "x", "t|x|acc_norm", fractionUp},
		{"lm-evaluation-harness", "x", "t|x|bleu", "unknown/unknown"},
		{"lm-evaluation-harness", "x", "t|x|bits_per_byte", "unknown/lower"},
		{"byob_arith", "arith", "t|arith|pass@1|answer_chars", "unknown/unknown"},
		{"byob_arith", "arith", "t|arith|pass@1|format_ok", "unknown/unknown"},
		{"bfcl", "bfclv2_ast", "g|bfcl|irrelevance_detection_non_live", percentUp},
		{"mtbench", "mtbench", "g|mtbench:gpt-4|average_score|num_missing", "count/lower"},
		{"ifbench", "ifbench", "t|ifbench|loose:prompt-level", fractionUp},
		{"genai_perf_eval", "x", "g|genai_perf|request_latency|p99", "unknown/lower"},
		{"genai_perf_eval", "x", "g|genai_perf|request_throughput|avg", "unknown/unknown"},
		{"safety_eval", "bbq", "t|bbq|acc_bias|Age", "unknown/unknown"},
		{"", "x", "t|x|acc", "unknown/unknown"},
		{"nemo_gym", "gdpval", "g|nemo_gym|gdpval_stirrup_agent/stage_0/normalized_elo", "unknown/unknown"},
	} {
		scale, direction := known.ScaleOf(test.harness, test.task, leaves(test.leaf)[0], false)
		if got := string(scale) + "/" + string(direction); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.harness, test.leaf, got, test.want)
		}
	}
}

func TestMatchName(t *testing.T) {
	for _, test := range []struct {
		pattern, metric, score string
		n                      int
		ok                     bool
	}{
		{"acc", "acc", "acc", 0, true},
		{"acc", "acc", "other", 0, false},
		{"acc/acc", "acc", "acc", 0, true},
		{"pass@1/correct", "pass@1", "correct", 0, true},
		{"pass@1[avg-of-N]/x", "pass@1[avg-of-16]", "x", 16, true},
		{"pass@1[avg-of-N]/x", "pass@1[avg-of-N]", "x", 0, true},
		{"pass@1[avg-of-N]/x", "pass@1[avg-of-]", "x", 0, false},
		{"pass@1[avg-of-N]/x", "pass@1[avg-of-1x]", "x", 0, false},
		{"pass@1[avg-of-N]/x", "pass@1[avg-of-99999999999]", "x", 0, false},
		{"pass@1[avg-of-N]/x", "pass@1", "x", 0, false},
		{"score/micro_avg_of_N", "score", "micro_avg_of_64", 64, true},
		{"score/micro_avg_of_N", "score", "micro_avg_of_064", 64, true},
		{"score/micro_avg_of_N", "score", "micro", 0, false},
		{"a/b", "a/b", "a/b", 0, true},
		{"a/b/c", "a/b", "c", 0, true},
		{"a/b/c", "a", "b/c", 0, true},
		{"N", "5", "5", 0, false},
		{"", "", "", 0, true},
	} {
		n, ok := catalog.MatchName(test.pattern, test.metric, test.score)
		if n != test.n || ok != test.ok {
			t.Errorf("MatchName(%q, %q, %q) = %d, %v", test.pattern, test.metric, test.score, n, ok)
		}
	}
}

func TestCanonical(t *testing.T) {
	known := builtin(t)
	for name, want := range map[string]string{
		"ns_gpqa": "gpqa_diamond", "gpqa": "gpqa_diamond", "gpqa_diamond": "gpqa_diamond", "mmlu_pro": "mmlu-pro", "aime_2025": "AIME_2025",
		"arith": "arith", "": "",
	} {
		if got := known.Canonical(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	known, err := catalog.Parse([]byte(`tasks: {bfclv2_ast: {primary: [live_overall_acc], scale: percent, direction: higher, aliases: [bfcl2]}, plain: {scale: elo}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := primary(known, "bfcl", "bfcl2", []string{"g|bfcl|live_overall_acc", "g|bfcl|x"}); got != "g|bfcl|live_overall_acc" {
		t.Errorf("a catalog's headline for bfcl: %q", got)
	}
	scale, direction := known.ScaleOf("h", "plain", leaves("t|plain|acc")[0], true)
	if scale != catalog.Elo || direction != catalog.UnknownDirection {
		t.Errorf("%s %q", scale, direction)
	}
	for _, text := range []string{"tasks: [1]", "tasks: {a: 1}", "{", "tasks: {a: {primary: {}}}"} {
		if _, err := catalog.Parse([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	if _, err := catalog.Parse(nil); err != nil {
		t.Errorf("an empty catalog: %v", err)
	}
}
