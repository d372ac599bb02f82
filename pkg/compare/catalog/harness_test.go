package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// What each harness writes, one results.yml a row of the documented table: how many
// scores are in it (what groups and tasks repeat counts once), which of them is the
// headline, and its scale and direction.
func TestFact10HarnessTable(t *testing.T) {
	known := builtin(t)
	for _, test := range []struct {
		name, harness, task, results string
		scores                       int
		headline, value, scale       string
	}{
		{
			"lm-evaluation-harness, a group", "lm-evaluation-harness", "story", `
groups: {story: {metrics: {exact_match__strict-match: {scores: {exact_match__strict-match: {stats: {stderr: 0.03}, value: 0.7266666666666667}}}, exact_match__flexible-extract: {scores: {exact_match__flexible-extract: {stats: {stderr: 0.03}, value: 0.79}}}}}}
tasks: {story_shop: {metrics: {exact_match__strict-match: {scores: {exact_match__strict-match: {stats: {}, value: 0.7}}}}}, story_tank: {metrics: {exact_match__strict-match: {scores: {exact_match__strict-match: {stats: {}, value: 0.74}}}}}}`,
			4, "story exact_match__strict-match/exact_match__strict-match", "0.7266666666666667", fractionUp,
		},
		{
			"lm-evaluation-harness, no group", "lm-evaluation-harness", "arc", `
groups: {arc: {metrics: {acc: {scores: {acc: {stats: {}, value: 0.5}}}, acc_norm: {scores: {acc_norm: {stats: {}, value: 0.6}}}}}}
tasks: {arc: {metrics: {acc: {scores: {acc: {stats: {}, value: 0.5}}}, acc_norm: {scores: {acc_norm: {stats: {}, value: 0.6}}}}}}`,
			2, "arc acc/acc", "0.5", fractionUp,
		},
		{
			"simple_evals, subjects", "simple_evals", "mmlu", `
groups: {mmlu: {metrics: {score: {scores: {macro: {stats: {}, value: 0.61}, micro: {stats: {stddev: 0.48, stderr: 0.004}, value: 0.63}}}}}}
tasks: {law: {metrics: {score: {scores: {micro: {stats: {}, value: 0.5}}}}}, art: {metrics: {score: {scores: {micro: {stats: {}, value: 0.7}}}}}}`,
			4, "mmlu score/micro", "0.63", fractionUp,
		},
		{
			"simple_evals, repeats", "simple_evals", "AIME_2025", `
groups: {AIME_2025: {metrics: {score: {scores: {micro: {value: 0.4}, micro_avg_of_64: {value: 0.4135}}}}}}
tasks: {AIME_2025: {metrics: {score: {scores: {micro: {value: 0.4}, micro_avg_of_64: {value: 0.4135}}}}}}`,
			2, "AIME_2025 score/micro_avg_of_64", "0.4135", fractionUp,
		},
		{
			"nemo_skills", "nemo_skills", "ns_gpqa", `
groups: {gpqa: {metrics: {"pass@1[avg-of-4]": {scores: {symbolic_correct: {stats: {count: 198}, value: 71.21212121212122}, gen_seconds: {stats: {}, value: 100}}}, majority@4: {scores: {symbolic_correct: {stats: {}, value: 73}}}, pass@4: {scores: {symbolic_correct: {stats: {}, value: 85}}}}}}`,
			4, "gpqa pass@1[avg-of-4]/symbolic_correct", "71.21212121212122", percentUp,
		},
		{
			"bigcode", "bigcode-evaluation-harness", "mbpp", `
tasks: {mbpp: {metrics: {pass@1: {scores: {pass@1: {stats: {}, value: 0.5}}}, pass@10: {scores: {pass@10: {stats: {}, value: 0}}}}}}`,
			2, "mbpp pass@1/pass@1", "0.5", fractionUp,
		},
		{
			"helm, of which a 0 without stats is none", "helm", "med", `
groups: {med: {metrics: {score: {scores: {accuracy: {stats: {stddev: 0.1}, value: 0.0}, exact_match: {stats: {}, value: 0.0}}}}}}
tasks: {med: {metrics: {score: {scores: {accuracy: {stats: {stddev: 0.1}, value: 0.0}, exact_match: {stats: {}, value: 0.0}}}}}}`,
			2, "med score/accuracy", "0", "unknown/unknown",
		},
		{
			"safety_eval", "safety_eval", "aegis_v2", `
tasks: {aegis_v2: {metrics: {safety_rate: {scores: {safety_rate: {stats: {}, value: 0.97}}}}}}`,
			1, "aegis_v2 safety_rate/safety_rate", "0.97", fractionUp,
		},
		{
			"safety_eval, bbq", "safety_eval", "bbq", `
tasks: {bbq: {metrics: {acc_bias: {scores: {Age: {stats: {}, value: 0.1}, Religion: {stats: {}, value: -0.1}}}}}}`,
			2, "", "", "",
		},
		{
			"mtbench", "mtbench", "mtbench", `
groups: {"mtbench:gpt-4": {metrics: {average_score: {scores: {average_score: {stats: {}, value: 7.9}, num_missing: {stats: {}, value: 0}}}}}}
tasks: {writing: {metrics: {average_score: {scores: {average_score: {stats: {}, value: 8.1}, num_missing: {stats: {}, value: 0}}}}}}`,
			4, "mtbench:gpt-4 average_score/average_score", "7.9", "rating_10/higher",
		},
		{
			"garak, a score a probe", "garak", "garak", `
groups: {dan.Dan_11_0: {metrics: {pass_rate: {scores: {pass_rate: {stats: {count: 256}, value: 0.93}}}}}, encoding.Zalgo: {metrics: {pass_rate: {scores: {pass_rate: {stats: {count: 256}, value: 1}}}}}}
tasks: {dan.Dan_11_0: {metrics: {pass_rate: {scores: {pass_rate: {stats: {count: 256}, value: 0.93}}}}}, encoding.Zalgo: {metrics: {pass_rate: {scores: {pass_rate: {stats: {count: 256}, value: 1}}}}}}`,
			2, "", "", "",
		},
		{
			"hle", "hle", "hle", `
groups: {hle: {metrics: {accuracy: {scores: {accuracy: {stats: {}, value: 5.2}, calibration_error: {stats: {}, value: 80}}}}}}
tasks: {hle: {metrics: {accuracy: {scores: {accuracy: {stats: {}, value: 5.2}, calibration_error: {stats: {}, value: 80}}}}}}`,
			2, "hle accuracy/accuracy", "5.2", "unknown/unknown",
		},
		{
			"genai_perf_eval", "genai_perf_eval", "genai_perf_generation", `
groups: {genai_perf: {metrics: {request_latency: {scores: {avg: {stats: {}, value: 100}, p99: {stats: {}, value: 300}}}}}}
tasks: {genai_perf: {metrics: {request_latency: {scores: {avg: {stats: {}, value: 100}, p99: {stats: {}, value: 300}}}}}}`,
			2, "", "", "",
		},
		{
			"profbench", "profbench", "llm_judge", `
groups: {llm_judge: {metrics: {overall: {scores: {overall: {stats: {stderr: 1.1}, value: 44.5}}}}}}
tasks: {llm_judge: {metrics: {overall: {scores: {overall: {stats: {stderr: 1.1}, value: 44.5}}}}}}`,
			1, "llm_judge overall/overall", "44.5", "unknown/unknown",
		},
		{
			"livecodebench", "livecodebench", "codegeneration_release_v6", `
groups: {codegeneration: {metrics: {pass@1: {scores: {pass@1: {stats: {}, value: 0.31}}}}}}
tasks: {codegeneration: {metrics: {pass@1: {scores: {pass@1: {stats: {}, value: 0.31}}}}}}`,
			1, "codegeneration pass@1/pass@1", "0.31", "unknown/unknown",
		},
		{
			"tooltalk", "tooltalk", "tooltalk", `
groups: {}
tasks: {tooltalk: {metrics: {success_rate: {scores: {success_rate: {stats: {count: 50}, value: 0.4}}}, recall: {scores: {recall: {stats: {count: 50}, value: 0.7}}}}}}`,
			2, "", "", "",
		},
		{
			"compute-eval", "compute-eval", "cuda", `
tasks: {cuda: {metrics: {correctness: {scores: {pass@1: {stats: {}, value: 0.4}}}}}}`,
			1, "cuda correctness/pass@1", "0.4", "unknown/unknown",
		},
		{
			"BYOB", "byob_arith", "arith", `
groups: {}
tasks: {arith: {metrics: {pass@1: {scores: {answer_chars: {stats: {count: 200, mean: 3.2}, value: 3.2}, correct: {stats: {count: 200, mean: 0.89, stddev: 0.3129, stderr: 0.0221}, value: 0.89}}}}}}`,
			2, "arith pass@1/correct", "0.89", fractionUp,
		},
		{
			"bfcl, totals of what was not all run", "bfcl", "bfclv2_ast", `
groups: {bfcl: {metrics: {non_live_overall_acc: {scores: {non_live_overall_acc: {stats: {}, value: 17.89}}}, live_overall_acc: {scores: {live_overall_acc: {stats: {}, value: 1.6}}}, multi_turn_overall_acc: {scores: {multi_turn_overall_acc: {stats: {}, value: 0}}}, multiple_ast_non_live: {scores: {multiple_ast_non_live: {stats: {}, value: 80.5}}}}}}
tasks: {}`,
			4, "", "", "",
		},
		{
			"bfcl, a total of what was run", "bfcl", "multi_turn", `
groups: {bfcl: {metrics: {multi_turn_overall_acc: {scores: {multi_turn_overall_acc: {stats: {}, value: 12.5}}}, base: {scores: {base: {value: 20}}}, miss_func: {scores: {miss_func: {value: 10}}}, miss_param: {scores: {miss_param: {value: 10}}}, long_context: {scores: {long_context: {value: 10}}}, live_overall_acc: {scores: {live_overall_acc: {value: 0}}}}}}`,
			6, "bfcl multi_turn_overall_acc/multi_turn_overall_acc", "12.5", percentUp,
		},
		{
			"ifbench, its own harness", "ifbench", "ifbench", `
tasks: {ifbench: {metrics: {"loose:prompt-level": {scores: {"loose:prompt-level": {stats: {}, value: 0.24829931972789115}}}, "strict:prompt-level": {scores: {"strict:prompt-level": {stats: {}, value: 0.2}}}}}}`,
			2, "", "", "",
		},
		{
			"nemo_gym", "nemo_gym", "nemo_gym", `
groups: {nemo_gym: {metrics: {gdpval_stirrup_agent/comparison/normalized_elo: {scores: {gdpval_stirrup_agent/comparison/normalized_elo: {stats: {}, value: 0.31}}}, gdpval_stirrup_agent/comparison/stage_0/normalized_elo: {scores: {gdpval_stirrup_agent/comparison/stage_0/normalized_elo: {stats: {}, value: 0.5}}}, gdpval_stirrup_agent/comparison/eval_elo: {scores: {gdpval_stirrup_agent/comparison/eval_elo: {stats: {}, value: 1120}}}}}}`,
			3, "nemo_gym gdpval_stirrup_agent/comparison/normalized_elo/gdpval_stirrup_agent/comparison/normalized_elo", "0.31", fractionUp,
		},

		{
			"nested groups, integers, booleans and quoted numbers", "h", "demo", `
groups: {demo: {metrics: {accuracy: {scores: {macro: {value: "0.6", stats: {}}}}, f1: {scores: {f1: {value: 1}}}, exact: {scores: {exact: {value: true}}}},
  groups: {one: {metrics: {accuracy: {scores: {macro: {value: 0.4, stats: {}}}}}, groups: {"1.5": {metrics: {accuracy: {scores: {macro: {value: .nan}}}}}}}}}}`,
			5, "demo accuracy/macro", "0.6", "unknown/unknown",
		},
		{"null groups", "h", "x", "groups: null\ntasks: {x: {metrics: {acc: {scores: {acc: {value: .inf}}}}, groups: null}}", 1, "x acc/acc", "infinite", "unknown/unknown"},
		{"nothing", "h", "x", "groups: {}\ntasks: null", 0, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			results, err := nemo.ParseResults([]byte("results:\n" + indented(test.results)))
			if err != nil {
				t.Fatal(err)
			}
			results.MarkPlaceholders(test.harness)
			if len(results.Scores) != test.scores {
				t.Errorf("%d scores, want %d", len(results.Scores), test.scores)
			}
			got := [3]string{}
			if i, ok := known.Primary(test.harness, test.task, results.Scores); ok {
				s := results.Scores[i]
				got[0], got[1] = s.Name+" "+s.Metric+"/"+s.Score, s.Invalid
				if s.Value != nil {
					got[1] = s.Value.String()
				}
				scale, direction := known.ScaleOf(test.harness, test.task, s, true)
				got[2] = string(scale) + "/" + string(direction)
			}
			if diff := cmp.Diff([3]string{test.headline, test.value, test.scale}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// indented puts a mapping below a key.
func indented(text string) string {
	out := "  "
	for _, r := range text {
		if out += string(r); r == '\n' {
			out += "  "
		}
	}
	return out
}
