package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	written "github.com/evalctl/evalctl/test/shapes"
	"github.com/evalctl/evalctl/test/stack"
)

// TestFacts names what one must know about NeMo Evaluator's data before reading any,
// and shows that it is handled: on what the launcher's own exporter wrote, and on
// runs of older and newer exporters (test/shapes).
func TestFacts(t *testing.T) {
	t.Parallel()
	odd, key := written.Start(t, stack.MLflow3)
	ids := invocations(t)
	real := server(t, t.TempDir())
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": odd.URL, "EVALCTL_CACHE_DIR": t.TempDir()}}

	t.Run("01_one_invocation_is_many_runs", func(t *testing.T) {
		// Launcher 0.2 writes one a job; the failed fourth has none. The runs are in
		// two experiments, of which no one was named.
		printsOf(t, real, "3 of 4", "show", ids["A1"].ID, "--jq", `"\(.data.runs | length) of \(.data.configured | length)"`)
		printsOf(t, real, `["acme/falcon-8b","acme/release-candidates"]`, "invocations", "--limit", "0", "--jq",
			`.data.invocations[] | select(.invocation_id == "`+ids["A1"].ID+`") | .experiments | sort`)
		// 0.1.x writes one a job, or one for all.
		printsOf(t, p, "2 2", "show", "778899aabbccddee", "--jq", `"\(.data.runs | map(.run_id) | unique | length) \(.data.runtime | length)"`)
		printsOf(t, p, "1 3", "show", "a1b2c3d4e5f60718", "--jq", `"\(.data.runs | map(.run_id) | unique | length) \(.data.runtime | length)"`)
	})
	t.Run("02_three_versions_act_on_a_run", func(t *testing.T) {
		// The core that wrote the files and the launcher that started it are named where
		// a file names them; the shape of a run is looked at, not its version.
		versions := `.data.runs[0] | [.launcher_version, .evaluator_version]`
		printsOf(t, real, `["0.2.6","0.2.8"]`, "show", ids["A1"].ID, "--jq", versions)
		printsOf(t, p, `[null,null]`, "show", "1a2b3c4d", "--jq", versions)
		printsOf(t, p, "0.73", "compare", "1a2b3c4d", "8899aabbccddeeff", "--jq", `.data.rows[] | select(.task == "mgsm") | .cand.value`)
	})
	t.Run("03_artifact_paths_vary", func(t *testing.T) {
		for job, path := range map[string]string{
			"1a2b3c4d.0":         "arc_challenge/results.yml",
			"66778899aabbccdd.0": "lm-evaluation-harness.arc_challenge/artifacts/results.yml",
			"8899aabbccddeeff.1": "simple_evals.mgsm/artifacts/results.yml",
			"1122334455667789.0": "simple_evals.simple_evals.mgsm/artifacts/results.yml",
			"9001122334455667.0": "None.custom/artifacts/results.yml",
		} {
			printsOf(t, p, path, "show", job, "--jq", `.data.scores[0].sources[0].path`)
		}
		printsOf(t, p, `["gpqa_diamond","arc_challenge","mgsm"]`, "show", "a1b2c3d4e5f60718", "--jq",
			`[.data.scores[].sources[0].path | split("/")[0] | split(".") | last] | unique | sort_by(. != "gpqa_diamond", .)`)
	})
	t.Run("04_the_root_config_has_three_names", func(t *testing.T) {
		for i, name := range []string{"config.yaml", "config.yml", "run_config.yml"} {
			id := fmt.Sprintf("aa0%daabbccddeeff", i)
			printsOf(t, p, name, "artifacts", "ls", id, "--jq", `.data.artifacts[] | select(.path | contains("/") | not) | select(.is_dir | not) | .path`)
			printsOf(t, p, `["hle","`+id+`.1","no_run"]`, "show", id, "--jq", `.data.missing[] | [.task, .job_id, .reason]`)
		}
	})
	t.Run("05_one_task_has_up_to_four_names", func(t *testing.T) {
		// The launcher's ns_gpqa is gpqa_diamond elsewhere and gpqa in results.yml.
		printsOf(t, p, `["gpqa_diamond","gpqa",-0.25]`, "compare", "2233445566778899", "2333445566778899", "--jq", `.data.rows[] | [.task, .name, .delta]`)
		// byob_arith.byob_arith.arith, byob_arith.arith and arith.
		printsOf(t, real, `["arith","byob_arith"]`, "show", ids["A1"].ID+".0", "--jq", `.data.runs[0] | [.task, .harness]`)
		printsOf(t, p, "0.02", "compare", "0112233445566778", "1122334455667789", "--jq", `.data.rows[].delta`)
	})
	t.Run("06_metric_keys_are_lossy", func(t *testing.T) {
		metrics := metricsOf(t, odd.URL, key.Runs["33445566778899aa.3"])
		if _, ok := metrics["gsm8k_a_b"]; !ok || len(metrics) != 3 {
			t.Errorf("MLflow has %v, where four scores were written", metrics)
		}
		printsOf(t, p, `["a__b",0.25] ["a_b",0.375] ["exact_match__strict-match",0.5] ["loose:prompt-level, (a|b) [c]/d%",0.125]`,
			"show", "33445566778899aa.3", "--jq", `.data.scores | sort_by(.metric)[] | [.metric, .value]`)
	})
	t.Run("07_the_key_format_changed", func(t *testing.T) {
		old, recent := metricsOf(t, odd.URL, key.Runs["66778899aabbccdd.0"]), metricsOf(t, odd.URL, key.Runs["778899aabbccddee.0"])
		if old["arc_challenge_acc_acc"] == "" || recent["arc_challenge_acc"] == "" || recent["arc_challenge_acc_acc"] != "" {
			t.Errorf("keys of 0.1.20 %v, of 0.1.60 %v", old, recent)
		}
		printsOf(t, p, `["acc",0.451,0.452,0.001]`, "compare", "66778899aabbccdd.0", "778899aabbccddee.0", "--jq",
			`.data.rows[] | [.score, .base.value, .cand.value, .delta]`)
	})
	t.Run("08_stderr_stddev_and_count_are_in_no_metric", func(t *testing.T) {
		id := strings.TrimSpace(real.answer(t, "runs", ids["B1"].ID+".0", "-o", "name"))
		for name := range metricsOf(t, stack.MLflow(t), id) {
			if strings.Contains(name, "stderr") || strings.Contains(name, "count") || strings.Contains(name, "stddev") {
				t.Errorf("the metric %s", name)
			}
		}
		primary := `.data.scores[] | select(.primary) | [.n, .stderr, .stddev]`
		printsOf(t, real, "[200,0.0252,0.3571]", "show", ids["B1"].ID+".0", "--jq", primary)
		// 40 counts of 20 questions, of which each was asked twice.
		printsOf(t, real, "20", "show", ids["CACHED"].ID, "--jq", `.data.scores[] | select(.primary) | .n`)
	})
	t.Run("09_groups_and_tasks_repeat_and_nest", func(t *testing.T) {
		sections := `.data.scores[] | [.section, .name]`
		printsOf(t, p, `["groups","mgsm"]`, "show", "8899aabbccddeeff.1", "--jq", sections) // in both, with one number
		printsOf(t, p, `["tasks","mgsm"]`, "show", "33445566778899aa.1", "--jq", sections)  // groups: null
		printsOf(t, p, `["groups","mmlu"] ["groups","mmlu/stem"] ["groups","mmlu/stem/physics"] ["tasks","mmlu_law"]`, "show", "33445566778899aa.2", "--jq",
			`.data.scores | sort_by(.section, .name)[] | [.section, .name]`)
	})
	t.Run("10_scale_and_direction_depend_on_the_harness", func(t *testing.T) {
		pair := []string{"compare", "33445566778899aa", "34445566778899aa"}
		printsOf(t, p, `["fraction",5,5] ["rating_10",1,1] ["signed_100",1,1]`, append(pair, "--jq", `.data.averages[] | select(.kind == "macro") | [.scale, .tasks, .of]`)...)
		printsOf(t, p, `["percent","lower"]`, append(pair, "--scores", "*hallucination*", "--jq", `.data.rows[] | [.scale, .direction]`)...)
		printsOf(t, p, `["percent","higher",null]`, append([]string{"compare", "a1b2c3d4e5f60718", "4021957730268115"}, "--jq",
			`.data.rows[] | select(.task == "gpqa_diamond") | [.scale, .direction, .variant]`)...)
	})
	t.Run("11_most_leaves_are_not_the_headline", func(t *testing.T) {
		printsOf(t, p, `["pass@1[avg-of-16]","symbolic_correct"]`, "show", "2233445566778899", "--jq", `.data.scores[] | select(.primary) | [.metric, .score]`)
		printsOf(t, p, `["gen_seconds","seconds","lower",false]`, "show", "2233445566778899", "--jq",
			`.data.scores[] | select(.score == "gen_seconds") | [.score, .scale, .direction, .primary]`)
		// BFCL's totals count what was not run as 0: none is a headline.
		printsOf(t, real, "bfclv2_ast 7", "compare", ids["A1"].ID, ids["B1"].ID, "--jq",
			`.warnings[] | select(.code == "NO_PRIMARY_SCORE") | "\(.task) \(.keys | length)"`)
	})
	t.Run("12_runtime_averages_are_inexact_and_sections_missing", func(t *testing.T) {
		// Sections that are missing are null, and no damage; times hold a literal %f.
		printsOf(t, p, "3 null 0", "show", "a1b2c3d4e5f60718", "--jq",
			`"\(.data.runtime | length) \(.data.runtime[0].runtime_seconds) \([.warnings[] | select(.code == "RUNTIME_UNREADABLE")] | length)"`)
		job := ids["THINK"].ID + ".0"
		files := real.answer(t, "artifacts", "cat", job, "eval_factory_metrics.json")
		if !strings.Contains(files, "%fZ") {
			t.Errorf("no time with a literal %q in the example", "%f")
		}
		// The average is drifted; the totals beside it are exact.
		var written struct {
			Evaluation struct {
				Seconds json.Number `json:"runtime_seconds"`
			}
			Reasoning map[string]any
		}
		decoder := json.NewDecoder(strings.NewReader(files))
		decoder.UseNumber()
		if err := decoder.Decode(&written); err != nil {
			t.Fatal(err)
		}
		printsOf(t, real, written.Evaluation.Seconds.String(), "show", job, "--jq", `.data.runtime[0].runtime_seconds`)
		if fmt.Sprint(written.Reasoning["avg_updated_content_words"]) == "" || written.Reasoning["total_updated_content_words"] == nil {
			t.Errorf("the example has no totals: %v", written.Reasoning)
		}
	})
	t.Run("13_tags_and_params_are_no_configuration", func(t *testing.T) {
		printsOf(t, p, `["acme/heron-8b"]`, "show", "1a2b3c4d", "--jq", `[.data.runs[].model] | unique`) // no tag: from the file
		// The tag says temperature 1.0, the parameter 0.0; results.yml is believed.
		differs := `[.data.rows[].warnings[] | select(.code == "CONFIG_DIFFERS")] | length`
		printsOf(t, p, "0", "compare", "8899aabbccddeeff", "e4e5f60718293a4b", "--jq", differs)
		printsOf(t, p, "0", "compare", "f60718293a4b5c6d", "f70718293a4b5c6d", "--jq", differs)
		printsOf(t, p, "0.61", "show", "f60718293a4b5c6d", "--jq", `.data.scores[] | select(.primary) | .value`)
	})
	t.Run("14_presence_is_not_success", func(t *testing.T) {
		printsOf(t, p, "failed running failed no_results unreadable no_results no_run", "show", "0718293a4b5c6d7e", "--jq", `[.data.missing[].reason] | join(" ")`)
		printsOf(t, p, `["RUNTIME_UNREADABLE"] ["RUN_NOT_FINISHED"]`, "show", "0718293a4b5c6d7e", "--jq", `.warnings[] | [.code] | select(.[0] | startswith("RUN"))`)
		printsOf(t, p, "0.13", "show", "e5f60718293a4b5c.0", "--jq", `.data.scores[] | select(.primary) | .value`)
	})
	t.Run("15_nel_next_is_a_different_system", func(t *testing.T) {
		// Its runs have no invocation, so they are in none; their job ids are no jobs'.
		printsOf(t, p, "0", "invocations", "--limit", "0", "--jq", `[.data.invocations[] | select(.experiments | index("nemo-evaluator"))] | length`)
		if metrics := metricsOf(t, odd.URL, key.Runs["eval-20260714T033320Z-mmlu_pro"]); metrics["pass_at_1"] != "0.6667" {
			t.Errorf("keys without a prefix, values of four decimals: %v", metrics)
		}
		// The exact mean is in results.jsonl.
		printsOf(t, p, `["benchmark","pass@1",0.6666666666666666666666666666666667,30]`, "show", "eval-20260714T033320Z-mmlu_pro", "--jq",
			`.data.scores[] | select(.primary) | [.section, .score, .value, .n]`)
	})
}

// printsOf asserts what a command prints, lines joined by blanks.
func printsOf(t *testing.T, p process, want string, args ...string) {
	t.Helper()
	got := p.run(t, args...)
	if said := strings.Join(strings.Fields(got.stdout), " "); got.status != exitOK || said != want && strings.Trim(said, `"`) != want {
		t.Errorf("evalctl %s: status %d %s\n got %s\nwant %s", strings.Join(args, " "), got.status, got.stderr, said, want)
	}
}

// metricsOf asks the server itself for a run's metrics.
func metricsOf(t *testing.T, url, run string) map[string]string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/2.0/mlflow/runs/get?run_id="+run, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Run struct {
			Data struct {
				Metrics []struct {
					Key   string
					Value json.Number
				}
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	metrics := map[string]string{}
	for _, metric := range answer.Run.Data.Metrics {
		metrics[metric.Key] = metric.Value.String()
	}
	if len(metrics) == 0 {
		t.Fatalf("run %s has no metrics", run)
	}
	return metrics
}
