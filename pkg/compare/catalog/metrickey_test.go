package catalog_test

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// The headline of each known benchmark under its MLflow key, as documented by
// NVIDIA Model-Optimizer's recipes, among other keys of such a run; and those of
// the harnesses.
func TestPrimaryOfMetricKeys(t *testing.T) {
	known := builtin(t)
	for _, test := range []struct{ harness, task, keys, want, scale string }{
		{"nemo_skills", "ns_gpqa", "gpqa_pass_at_1_avg-of-16_symbolic_correct gpqa_pass_at_1_avg-of-8_symbolic_correct gpqa_pass_at_1_avg-of-16_gen_seconds gpqa_majority_16_symbolic_correct", "gpqa_pass_at_1_avg-of-16_symbolic_correct", percentUp},
		{"nemo_skills", "ns_hle", "hle_pass_at_1_judge_correct hle_pass_at_1_symbolic_correct", "hle_pass_at_1_judge_correct", percentUp},
		{"nemo_skills", "ns_ifbench", "ifbench_pass_at_1_avg-of-8_prompt_loose_accuracy ifbench_pass_at_1_avg-of-8_prompt_strict_accuracy", "ifbench_pass_at_1_avg-of-8_prompt_loose_accuracy", percentUp},
		{"nemo_skills", "ns_aa_lcr", "aalcr_pass_at_1_avg-of-4_judge_correct aalcr_pass_at_4_judge_correct", "aalcr_pass_at_1_avg-of-4_judge_correct", percentUp},
		{"nemo_skills", "ns_mmmu_pro", "mmmu-pro_pass_at_1_symbolic_correct mmmu-pro_pass_at_1_no_answer", "mmmu-pro_pass_at_1_symbolic_correct", percentUp},
		{"nemo_skills", "ns_mmlu_pro", "mmlu-pro_pass_at_1_symbolic_correct mmlu-pro_pass_at_1_no_answer", "mmlu-pro_pass_at_1_symbolic_correct", percentUp},
		{"nemo_skills", "ns_scicode", "scicode_pass_at_1_avg-of-1_subtask_accuracy scicode_pass_at_1_avg-of-1_problem_accuracy", "scicode_pass_at_1_avg-of-1_subtask_accuracy", percentUp},
		{"nemo_skills", "ns_livecodebench", "livecodebench_pass_at_1_avg-of-3_accuracy livecodebench_pass_at_3_accuracy", "livecodebench_pass_at_1_avg-of-3_accuracy", percentUp},
		{"nemo_skills", "ns_omniscience", "omniscience_pass_at_1_avg-of-2_judge_omni_index omniscience_pass_at_1_avg-of-2_judge_correct omniscience_pass_at_1_avg-of-2_judge_omni_hallucination", "omniscience_pass_at_1_avg-of-2_judge_omni_index", "signed_100/higher"},
		{"simple_evals", "AIME_2025", "AIME_2025_score_micro AIME_2025_score_micro_avg_of_64 AIME_2025_score_micro_avg_of_8", "AIME_2025_score_micro_avg_of_64", fractionUp},
		{"tau2_bench", "tau2_bench_telecom", "tau2_bench_telecom_pass_at_1 tau2_bench_telecom_avg_reward", "tau2_bench_telecom_pass_at_1", fractionUp},
		{"nemo_gym", "gdpval", "nemo_gym_gdpval_stirrup_agent/key_metrics/comparison/normalized_elo nemo_gym_gdpval_stirrup_agent/key_metrics/comparison/stage_0/normalized_elo", "nemo_gym_gdpval_stirrup_agent/key_metrics/comparison/normalized_elo", fractionUp},

		{"byob_arith", "arith", "arith_pass_at_1_answer_chars arith_pass_at_1_correct", "arith_pass_at_1_correct", fractionUp},
		{"lm-evaluation-harness", "story", "story_exact_match_flexible-extract story_exact_match_strict-match story_shop_exact_match_strict-match", "story_exact_match_strict-match", fractionUp},
		{"lm-evaluation-harness", "arc", "arc_acc_acc arc_acc_norm_acc_norm", "arc_acc_acc", fractionUp},
		{"lm-evaluation-harness", "ifeval", "ifeval_prompt_level_strict_acc ifeval_inst_level_strict_acc", "", ""},
		{"simple_evals", "mmlu", "mmlu_score_macro mmlu_score_micro law_score_micro", "mmlu_score_micro", fractionUp},
		{"bfcl", "bfclv2_ast", "bfcl_live_overall_acc", "", ""},
		{"mtbench", "mtbench", "mtbench_gpt-4_average_score_average_score mtbench_gpt-4_average_score_num_missing", "", ""},
		{"h", "x", "x_strange", "x_strange", "unknown/unknown"},
		{"h", "x", "x_quality x_gen_seconds x_latency_p50", "x_quality", "unknown/unknown"},
		{"h", "real_time_qa", "real_time_qa_quality real_time_qa_seconds_latency", "real_time_qa_quality", "unknown/unknown"},
		{"h", "x", "x_latency", "", ""},
		{"h", "x", "x_a x_b", "", ""},
		{"h", "x", "other_acc x_b", "", ""},
		{"", "ns_gpqa", "gpqa_pass_at_1_avg-of-16_symbolic_correct gpqa_pass_at_16_symbolic_correct", "gpqa_pass_at_1_avg-of-16_symbolic_correct", percentUp},
		// Not the benchmark that the catalog knows by this name.
		{"simple_evals", "gpqa_diamond", "gpqa_diamond_score_micro gpqa_diamond_score_macro", "gpqa_diamond_score_micro", fractionUp},
	} {
		var scores []nemo.Score
		for _, key := range strings.Fields(test.keys) {
			scores = append(scores, nemo.Score{Section: nemo.Metrics, Name: test.task, Metric: key, Score: key})
		}
		i, ok := known.Primary(test.harness, test.task, scores)
		if ok != (test.want != "") || ok && scores[i].Metric != test.want {
			t.Errorf("%s %s: %d %v, want %q", test.harness, test.task, i, ok, test.want)
			continue
		}
		if ok {
			scale, direction := known.ScaleOf(test.harness, test.task, scores[i], true)
			if got := string(scale) + "/" + string(direction); got != test.scale {
				t.Errorf("%s: %s, want %s", test.want, got, test.scale)
			}
		}
	}
}

func TestScaleOfMetricKeys(t *testing.T) {
	known := builtin(t)
	for _, test := range []struct{ harness, task, key, want string }{
		{"nemo_skills", "ns_gpqa", "gpqa_majority_16_symbolic_correct", percentUp},
		{"nemo_skills", "ns_omniscience", "omniscience_pass_at_1_judge_omni_hallucination", "percent/lower"},
		{"bfcl", "bfclv2_ast", "bfcl_live_overall_acc", percentUp},
		{"lm-evaluation-harness", "arc", "arc_acc_norm", fractionUp},
		{"lm-evaluation-harness", "arc", "arc_bleu", "unknown/unknown"},
		{"byob_arith", "arith", "arith_pass_at_1_answer_chars", "unknown/unknown"},
	} {
		s := nemo.Score{Section: nemo.Metrics, Metric: test.key, Score: test.key}
		scale, direction := known.ScaleOf(test.harness, test.task, s, false)
		if got := string(scale) + "/" + string(direction); got != test.want {
			t.Errorf("%s: %s, want %s", test.key, got, test.want)
		}
	}
}
