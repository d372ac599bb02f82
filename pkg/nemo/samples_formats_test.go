package nemo_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// resultsOf is a results.yml with scores "name|metric|score|value", in tasks.
func resultsOf(scores ...string) string {
	byName := map[string]string{}
	for _, s := range scores {
		part := strings.Split(s, "|")
		byName[part[0]] += fmt.Sprintf("        %q: {scores: {%q: {value: %s, stats: {}}}}\n", part[1], part[2], part[3])
	}
	text := "results:\n  tasks:\n"
	for name, metrics := range byName {
		text += fmt.Sprintf("    %q:\n      metrics:\n%s", name, metrics)
	}
	return text
}

// outcomeLines is one line a score: its values in the order of repeats, or why there
// are none.
func outcomeLines(s *nemo.Samples) []string {
	var all []string
	for _, o := range s.Outcomes {
		sum, ids := 0.0, map[[16]byte]bool{}
		for _, answer := range o.Answers {
			sum += answer.Value
			ids[answer.ID] = true
		}
		line := fmt.Sprintf("%s|%s|%s: %g of %d, %d questions by %s, ×%g", o.Name, o.Metric, o.Score, sum, len(o.Answers), len(ids), o.JoinedBy, o.Scale)
		if o.Unscored+len(o.Removed) > 0 {
			line += fmt.Sprintf(", %d unscored, %d removed", o.Unscored, len(o.Removed))
		}
		all = append(all, line)
	}
	for _, e := range s.Excluded {
		all = append(all, fmt.Sprintf("%s|%s|%s: no, %s", e.Name, e.Metric, e.Score, e.Reason))
	}
	return all
}

const (
	lmEvalFile  = "m/samples_t_2026-11-21T03-17-04.805263.jsonl"
	lmEvalGroup = "m/results_2026-11-21T03-17-04.805263.json"
	byobFile    = "b/byob_predictions.jsonl"
	bfclResult  = "result/m/BFCL_v3_simple_result.json"
	bfclScore   = "score/m/BFCL_v3_simple_score.json"
	nextFile    = "mmlu/results.jsonl"
	coreFile    = "nemo-evaluator-per-sample-outputs/x/samples.jsonl"
)

// records joins lines.
func records(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// lmEvalRecord is one of lm-eval's, with a metric as it is written.
func lmEvalRecord(doc int, hash, filter, value string) string {
	return fmt.Sprintf(`{"doc_id": %d, "doc": {"exact_match": 9}, "resps": [["a \"quote\""]], "filter": %q, "metrics": ["exact_match"], "doc_hash": %q, "exact_match": %s}`, doc, filter, hash, value)
}

func TestSampleFormats(t *testing.T) {
	byob := func(id int, prompt, status, scores, metadata string) string {
		return fmt.Sprintf(`{"sample_id": %d, "prompt": %q, "target": "x", "scores": %s, "status": %q, "error": null, "metadata": {%s}}`, id, prompt, scores, status, metadata)
	}
	for name, test := range map[string]struct {
		results string
		files   map[string]string
		want    []string
	}{
		"lm-eval without a filter, and with one": {
			resultsOf("t|exact_match|exact_match|0.5", "t|exact_match__strict|exact_match__strict|1.0"),
			map[string]string{lmEvalFile: records(
				lmEvalRecord(0, "h0", "none", "1.0"), lmEvalRecord(1, "h1", "none", "0.0"),
				lmEvalRecord(0, "h0", "strict", "true"), lmEvalRecord(1, "h1", "strict", `"True"`),
			)},
			[]string{"t|exact_match|exact_match: 1 of 2, 2 questions by doc_hash, ×1", "t|exact_match__strict|exact_match__strict: 2 of 2, 2 questions by doc_hash, ×1"},
		},
		"lm-eval, one question at two places": {
			resultsOf("t|exact_match|exact_match|0.5"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "h", "none", "1"), lmEvalRecord(1, "h", "none", "0"))},
			[]string{"t|exact_match|exact_match: 1 of 2, 2 questions by doc_hash, ×1"},
		},
		"lm-eval, a metric that is no mean of numbers": {
			resultsOf("t|exact_match|exact_match|0.5"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "h", "none", "[1, 2]"))},
			[]string{"t|exact_match|exact_match: no, no answer has a number for it"},
		},
		"lm-eval, NaN and null": {
			resultsOf("t|exact_match|exact_match|1"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "a", "none", "NaN"), lmEvalRecord(1, "b", "none", "null"), lmEvalRecord(2, "c", "none", "1"))},
			[]string{"t|exact_match|exact_match: 1 of 1, 1 questions by doc_hash, ×1, 1 unscored, 1 removed"},
		},
		"lm-eval, files of another evaluation": {
			resultsOf("t|exact_match|exact_match|0.5"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "h", "none", "1"))},
			[]string{"t|exact_match|exact_match: no, the mean of 1 answers is 1, results.yml has 0.5"},
		},
		"lm-eval, the latest of two evaluations": {
			resultsOf("t|exact_match|exact_match|1"),
			map[string]string{
				lmEvalFile: records(lmEvalRecord(0, "h", "none", "0")),
				"m/samples_t_2026-11-21T04-00-00.000001.jsonl": records(lmEvalRecord(0, "h", "none", "1")),
			},
			[]string{"t|exact_match|exact_match: 1 of 1, 1 questions by doc_hash, ×1"},
		},
		"lm-eval, a group of a group, weighted by size": {
			resultsOf("t|exact_match|exact_match|1.0", "u|exact_match|exact_match|0.5", "g|exact_match|exact_match|0.6666666666666666"),
			map[string]string{
				lmEvalFile: records(lmEvalRecord(0, "h", "none", "1")),
				strings.Replace(lmEvalFile, "_t_", "_u_", 1): records(lmEvalRecord(0, "h", "none", "1"), lmEvalRecord(1, "i", "none", "0")),
				lmEvalGroup: `{"n": NaN, "group_subtasks": {"g": ["s", "t"], "s": ["u", "g"]}}`,
			},
			[]string{
				"g|exact_match|exact_match: 2 of 3, 3 questions by doc_hash, ×1",
				"t|exact_match|exact_match: 1 of 1, 1 questions by doc_hash, ×1",
				"u|exact_match|exact_match: 1 of 2, 2 questions by doc_hash, ×1",
			},
		},
		"lm-eval, a group whose members weigh the same": {
			resultsOf("g|exact_match|exact_match|0.75"),
			map[string]string{
				lmEvalFile: records(lmEvalRecord(0, "h", "none", "1")),
				strings.Replace(lmEvalFile, "_t_", "_u_", 1): records(lmEvalRecord(0, "h", "none", "1"), lmEvalRecord(1, "i", "none", "0")),
				lmEvalGroup: `{"group_subtasks": {"g": ["t", "u"]}}`,
			},
			[]string{"g|exact_match|exact_match: no, the mean of 3 answers is 0.6666666667, results.yml has 0.75"},
		},
		"lm-eval, a group that lacks a member": {
			resultsOf("g|exact_match|exact_match|1"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "h", "none", "1")), lmEvalGroup: `{"group_subtasks": {"g": ["t", "u"]}}`},
			[]string{"g|exact_match|exact_match: no, no samples of its member u"},
		},
		"BYOB, repeats, failures and a mean of four decimals": {
			resultsOf("b|pass@1|correct|0.3333"),
			map[string]string{byobFile: records(
				byob(0, "p", "scored", `{"correct": true}`, `"_repeat": 0`), byob(1, "q", "skipped_model_error", "null", `"_repeat": 0`),
				byob(2, "p", "scored", `{"correct": false}`, `"_repeat": 1`), byob(3, "q", "scored", `{"correct": 0}`, `"_repeat": 1`),
			)},
			[]string{"b|pass@1|correct: 1 of 3, 2 questions by prompt+target, ×1, 1 unscored, 0 removed"},
		},
		"BYOB, questions without prompts": {
			resultsOf("b|pass@1|correct|0.5"),
			map[string]string{byobFile: records(byob(0, "", "scored", `{"correct": 1}`, ""), byob(1, "", "scored", `{"correct": 0}`, ""))},
			[]string{"b|pass@1|correct: 1 of 2, 2 questions by position, ×1"},
		},
		"BYOB, a repeat that is not finite: its question is removed, and was in the mean": {
			resultsOf("b|pass@1|correct|0.6667"),
			map[string]string{byobFile: records(
				byob(0, "p", "scored", `{"correct": 1}`, `"_repeat": 0`), byob(1, "q", "scored", `{"correct": 1}`, `"_repeat": 0`),
				byob(2, "p", "scored", `{"correct": 0}`, `"_repeat": 1`), byob(3, "q", "scored", `{"correct": NaN}`, `"_repeat": 1`),
			)},
			[]string{"b|pass@1|correct: 1 of 2, 1 questions by prompt+target, ×1, 0 unscored, 1 removed"},
		},
		"BYOB, each question has a repeat that is not finite": {
			resultsOf("b|pass@1|correct|1"),
			map[string]string{byobFile: records(
				byob(0, "p", "scored", `{"correct": 1}`, `"_repeat": 0`), byob(1, "p", "scored", `{"correct": 1e999}`, `"_repeat": 1`),
			)},
			[]string{"b|pass@1|correct: no, every question has an answer without a finite value"},
		},
		"lm-eval, no finite value": {
			resultsOf("t|exact_match|exact_match|1"),
			map[string]string{lmEvalFile: records(lmEvalRecord(0, "a", "none", "NaN"))},
			[]string{"t|exact_match|exact_match: no, no answer has a finite value"},
		},
		"bfcl": {
			resultsOf("bfcl|python_simple_ast_non_live|python_simple_ast_non_live|66.67"),
			map[string]string{
				bfclResult: records(`{"id": "simple_0", "result": []}`, `{"id": "simple_1", "result": "Error during inference: 500"}`, `{"id": "simple_2"}`),
				bfclScore:  records(`{"accuracy": 0.6667, "correct_count": 2, "total_count": 3}`, `{"id": "simple_1", "prompt": {"id": "simple_0"}}`),
			},
			[]string{"bfcl|python_simple_ast_non_live|python_simple_ast_non_live: 2 of 3, 3 questions by id, ×100"},
		},
		"bfcl, all right: percent is known without a mean that tells": {
			resultsOf("bfcl|python_simple_ast_non_live|python_simple_ast_non_live|0.0"),
			map[string]string{
				bfclResult: records(`{"id": "simple_0"}`),
				bfclScore:  records(`{"accuracy": 0, "correct_count": 0, "total_count": 1}`, `{"id": "simple_0"}`),
			},
			[]string{"bfcl|python_simple_ast_non_live|python_simple_ast_non_live: 0 of 1, 1 questions by id, ×100"},
		},
		"bfcl, totals that disagree": {
			resultsOf("bfcl|python_simple_ast_non_live|python_simple_ast_non_live|50"),
			map[string]string{
				bfclResult: records(`{"id": "simple_0"}`, `{"id": "simple_1"}`),
				bfclScore:  records(`{"accuracy": 0.5, "correct_count": 2, "total_count": 4}`, `{"id": "simple_1"}`),
			},
			[]string{"bfcl|python_simple_ast_non_live|python_simple_ast_non_live: no, BFCL_v3_simple_score.json counts 2 right of 4, the files have 1 of 2"},
		},
		"bfcl, a wrong answer to no question": {
			resultsOf("bfcl|python_simple_ast_non_live|python_simple_ast_non_live|100"),
			map[string]string{bfclResult: records(`{"id": "simple_0"}`), bfclScore: records(`{"correct_count": 1, "total_count": 1}`, `{"id": "simple_7"}`)},
			[]string{"bfcl|python_simple_ast_non_live|python_simple_ast_non_live: no, BFCL_v3_simple_score.json has wrong answers that BFCL_v3_simple_result.json has not"},
		},
		"ifbench": {
			resultsOf("ifbench|strict:prompt-level|strict:prompt-level|0.5", "ifbench|strict:instruction-level|strict:instruction-level|0.6"),
			map[string]string{"eval_results_strict.jsonl": records(
				`{"follow_all_instructions": true, "follow_instruction_list": [true], "instruction_id_list": ["a"], "prompt": "p", "response": "r"}`,
				`{"follow_all_instructions": false, "follow_instruction_list": [false, true], "instruction_id_list": ["a", "b"], "prompt": "q", "response": "r"}`,
			)},
			[]string{"ifbench|strict:prompt-level|strict:prompt-level: 1 of 2, 2 questions by prompt, ×1"},
		},
		"nemo_skills, two repeats and a judge": {
			resultsOf("gpqa|pass@1[avg-of-2]|symbolic_correct|75.0", "hle|pass@1|judge_correct|50.0"),
			map[string]string{
				"eval-results/gpqa/output-rs0.jsonl":         records(`{"problem": "p", "expected_answer": "A", "symbolic_correct": true}`, `{"problem": "q", "expected_answer": "B", "symbolic_correct": true}`),
				"eval-results/gpqa/output-rs1.jsonl":         records(`{"problem": "p", "expected_answer": "A", "symbolic_correct": false}`, `{"problem": "q", "expected_answer": "B", "symbolic_correct": true}`),
				"eval-results/gpqa/output-rs0_chunk_0.jsonl": "left over",
				"eval-results/hle/output.jsonl": records(
					`{"id": "a", "judgement": "Reasoning: the judgement\n**Judgement**: Yes"}`, `{"id": "b", "judgement": "Judgement: no"}`,
				),
			},
			[]string{
				"gpqa|pass@1[avg-of-2]|symbolic_correct: 3 of 4, 2 questions by question+answer, ×100",
				"hle|pass@1|judge_correct: 1 of 2, 2 questions by id, ×100",
			},
		},
		"nemo_skills, code and instructions": {
			resultsOf("lcb|pass@1|accuracy|50.0", "ifbench|pass@1|prompt_loose_accuracy|100.0"),
			map[string]string{
				"lcb/output.jsonl":     records(`{"task_id": "1", "graded_list": [true, false]}`, `{"task_id": "2", "graded_list": [false]}`),
				"ifbench/output.jsonl": records(`{"prompt": "p", "loose_eval": {"follow_all_instructions": true}, "strict_eval": {"follow_all_instructions": false}}`),
			},
			[]string{"ifbench|pass@1|prompt_loose_accuracy: 1 of 1, 1 questions by question+answer, ×100", "lcb|pass@1|accuracy: 1 of 2, 2 questions by id, ×100"},
		},
		"the core's records": {
			resultsOf("x|pass@1|symbolic_correct|50.0", "y|other|other|50.0"),
			map[string]string{coreFile: records(
				`{"id": "1", "generation": "g", "num_generated_tokens": 1, "num_prompt_tokens": 2, "sub_query_id": 0, "score": 1, "score_name": "symbolic_correct"}`,
				`{"id": "1", "generation": {}, "num_generated_tokens": 1, "num_prompt_tokens": 2, "sub_query_id": 1, "score": null, "score_name": "symbolic_correct"}`,
				`{"id": "2", "generation": "g", "num_generated_tokens": 1, "num_prompt_tokens": 2, "sub_query_id": 0, "score": 0, "score_name": "symbolic_correct"}`,
			)},
			[]string{"x|pass@1|symbolic_correct: 1 of 2, 2 questions by id, ×100, 1 unscored, 0 removed"},
		},
		"the core's records of no known score": {
			resultsOf("x|a|a|0.5", "y|b|b|0.5"),
			map[string]string{coreFile: records(`{"id": "1", "score": 1}`, `{"id": "2", "score": 0}`)},
			[]string{
				"x|a|a: no, the records of nemo-evaluator-per-sample-outputs have no mean that is its value and no other's",
				"y|b|b: no, the records of nemo-evaluator-per-sample-outputs have no mean that is its value and no other's",
			},
		},
		"nel-next: the last record counts": {
			resultsOf("mmlu|pass@1|pass@1|0.6667", "mmlu2|scorer:judge|scorer:judge|0.5"),
			map[string]string{"mmlu/results.jsonl": records(
				`{"problem_idx": 0, "repeat": 0, "reward": 0.0, "scorer_rewards": {"judge": 1}}`, `{"problem_idx": 0, "reward": 1.0, "scorer_rewards": {"judge": 0.5}}`,
				`{"problem_idx": 1, "repeat": 0, "reward": 1.0}`, `{"problem_idx": 2, "repeat": 0, "reward": 0}`,
			)},
			[]string{"mmlu|pass@1|pass@1: 2 of 3, 3 questions by problem_idx, ×1", "mmlu2|scorer:judge|scorer:judge: 0.5 of 1, 1 questions by problem_idx, ×1, 2 unscored, 0 removed"},
		},
		"nel-next: a finite record replaces one that is not, and the other way round": {
			resultsOf("mmlu|pass@1|pass@1|1"),
			map[string]string{nextFile: records(
				`{"problem_idx": 0, "reward": NaN}`, `{"problem_idx": 0, "reward": 1}`, `{"problem_idx": 1, "reward": 0}`, `{"problem_idx": 1, "reward": -Infinity}`,
			)},
			[]string{"mmlu|pass@1|pass@1: 1 of 1, 1 questions by problem_idx, ×1, 0 unscored, 1 removed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			samples, err := decodeFiles(t, test.results, test.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, outcomeLines(samples)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A count beside the value is held against the answers too.
func TestSamplesCount(t *testing.T) {
	results := "results: {tasks: {b: {metrics: {pass@1: {scores: {correct: {value: 1, stats: {count: 3}}}}}}}}\n"
	samples, err := decodeFiles(t, results, map[string]string{byobFile: records(`{"sample_id": 0, "prompt": "p", "target": "t", "scores": {"correct": 1}, "status": "scored"}`)})
	if diff := cmp.Diff([]string{"b|pass@1|correct: no, 1 answers, results.yml counts 3"}, outcomeLines(samples)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Of records that could be those of one score always the same ones count, or none.
// Maps are walked in another order each time.
func TestRecordsOfOneScore(t *testing.T) {
	core := func(name string, first, second int) string {
		return records(
			fmt.Sprintf(`{"id": "1", "score": %d, "score_name": %q}`, first, name),
			fmt.Sprintf(`{"id": "2", "score": %d, "score_name": %q}`, second, name),
		)
	}
	// a__b__c may be a under filter b__c, which is read for a__z, and a__b under c.
	filtered := func(metric, filter string, first, second int) string {
		return records(
			fmt.Sprintf(`{"doc_id": 0, "doc_hash": "g", "filter": %q, %q: %d}`, filter, metric, first),
			fmt.Sprintf(`{"doc_id": 1, "doc_hash": "h", "filter": %q, %q: %d}`, filter, metric, second),
		)
	}
	score := resultsOf("x|pass@1|correct|0.5")
	for name, test := range map[string]struct{ results, file, counts, beside, reason string }{
		"the score's name, and its metric's": {score, coreFile, core("correct", 0, 1), core("pass@1", 1, 0), ""},
		"the score's name, and no score's":   {score, coreFile, core("correct", 0, 1), core("a", 1, 0), ""},
		"the other has another mean":         {score, coreFile, core("correct", 0, 1), core("pass@1", 1, 1), ""},
		"the score's name has another mean": {
			score, coreFile, "", core("correct", 0, 0) + core("pass@1", 1, 0),
			"the records of nemo-evaluator-per-sample-outputs have no mean that is its value and no other's",
		},
		"no score's names": {
			score, coreFile, "", core("b", 0, 1) + core("a", 1, 0),
			`the records of several names have its value as their mean: ["a" "b"]`,
		},
		"lm-eval, two filters": {
			resultsOf("t|a__b__c|a__b__c|0.5", "t|a__z|a__z|0.5"), lmEvalFile, filtered("a__b", "c", 0, 1), filtered("a", "b__c", 1, 0), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []nemo.Outcomes
			if test.counts != "" {
				alone, err := decodeFiles(t, test.results, map[string]string{test.file: test.counts})
				if err != nil || len(alone.Outcomes) != 1 {
					t.Fatal(alone, err)
				}
				want = alone.Outcomes
			}
			for range 40 {
				got, err := decodeFiles(t, test.results, map[string]string{test.file: test.counts + test.beside})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got.Outcomes); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
				if test.reason != "" && (len(got.Excluded) != 1 || got.Excluded[0].Reason != test.reason) {
					t.Fatalf("%q", got.Excluded)
				}
			}
		})
	}
}

// Damage makes no samples, and says where it is.
func TestDamagedSamples(t *testing.T) {
	lmEval := resultsOf("t|exact_match|exact_match|1")
	byob := resultsOf("b|pass@1|correct|1")
	bfcl := resultsOf("bfcl|python_simple_ast_non_live|python_simple_ast_non_live|100")
	next := resultsOf("mmlu|pass@1|pass@1|1")
	good := lmEvalRecord(0, "h", "none", "1")
	for name, test := range map[string]struct{ results, file, content, want string }{
		"cut within a record":    {lmEval, lmEvalFile, good + "\n" + good[:40], lmEvalFile + ": line 2: ends within a record (cut short?)"},
		"the same file twice":    {lmEval, lmEvalFile, records(good, good), lmEvalFile + ": line 2: doc_id 0 is there a second time for filter none"},
		"no doc_hash":            {lmEval, lmEvalFile, records(`{"doc_id": 0, "exact_match": 1}`), lmEvalFile + ": line 1: a record without doc_hash"},
		"no doc_id":              {lmEval, lmEvalFile, records(`{"doc_hash": "h", "exact_match": 1}`), lmEvalFile + ": line 1: a record without doc_id"},
		"doc_id of a wrong type": {lmEval, lmEvalFile, records(`{"doc_hash": "h", "doc_id": "0", "exact_match": 1}`), lmEvalFile + ": line 1: doc_id is no number"},
		"a huge doc_id":          {lmEval, lmEvalFile, records(`{"doc_hash": "h", "doc_id": 1e18, "exact_match": 1}`), lmEvalFile + ": line 1: doc_id 1e+18 cannot be"},
		"no object":              {lmEval, lmEvalFile, "[1]\n", lmEvalFile + ": line 1: not a JSON record: an object is expected at byte 1"},
		"a page of a proxy":      {byob, byobFile, "<html>\n", byobFile + ": line 1: not a JSON record: an object is expected at byte 1"},
		"no sample_id":           {byob, byobFile, "{}\n", byobFile + ": line 1: a record without sample_id"},
		"sample_id twice":        {byob, byobFile, records(`{"sample_id": 4, "status": "x"}`, `{"sample_id": 4, "status": "x"}`), byobFile + ": line 2: sample_id 4 is there a second time"},
		"prompts now and then":   {byob, byobFile, records(`{"sample_id": 4, "prompt": "p", "status": "scored"}`, `{"sample_id": 5, "status": "scored"}`), byobFile + ": line 2: some records have a prompt and some have none"},
		"a doc_id of a part":     {lmEval, lmEvalFile, records(good, `{"doc_hash": "h", "doc_id": 1.5, "exact_match": 1}`), lmEvalFile + ": line 2: doc_id 1.5 cannot be"},
		"sample_id of a part":    {byob, byobFile, records(`{"sample_id": 0.2, "status": "x"}`), byobFile + ": line 1: sample_id 0.2 cannot be"},
		"sample_id below 0":      {byob, byobFile, records(`{"sample_id": -1, "status": "x"}`), byobFile + ": line 1: sample_id -1 cannot be"},
		"_repeat of a part":      {byob, byobFile, records(`{"sample_id": 0, "metadata": {"_repeat": 0.2}}`), byobFile + ": line 1: _repeat 0.2 cannot be"},
		"problem_idx of a part":  {next, nextFile, records(`{"problem_idx": 1, "reward": 1}`, `{"problem_idx": 1.7, "reward": 0}`), nextFile + ": line 2: problem_idx 1.7 cannot be"},
		"a huge problem_idx":     {next, nextFile, records(`{"problem_idx": 1e30, "reward": 1}`, `{"problem_idx": 1e31, "reward": 0}`), nextFile + ": line 1: problem_idx 1e+30 cannot be"},
		"a neighbour of a float": {next, nextFile, records(`{"problem_idx": 9007199254740991, "reward": 1}`, `{"problem_idx": 9007199254740993, "reward": 0}`), nextFile + ": line 2: problem_idx 9.007199254740992e+15 cannot be"},
		"a true problem_idx":     {next, nextFile, records(`{"problem_idx": true, "reward": 1}`), nextFile + ": line 1: problem_idx is no number"},
		"no problem_idx":         {next, nextFile, records(`{"problem_idx": null, "reward": 1}`), nextFile + ": line 1: a record without problem_idx"},
		"repeat of a part":       {next, nextFile, records(`{"problem_idx": 1, "repeat": 0.5, "reward": 1}`), nextFile + ": line 1: repeat 0.5 cannot be"},
		"a huge repeat":          {next, nextFile, records(`{"problem_idx": 1, "repeat": 4294967296, "reward": 1}`), nextFile + ": line 1: repeat 4.294967296e+09 cannot be"},
		"a repeat as text":       {next, nextFile, records(`{"problem_idx": 1, "repeat": "1", "reward": 1}`), nextFile + ": line 1: repeat is no number"},
		"sub_query_id NaN":       {next, coreFile, records(`{"id": 1, "sub_query_id": NaN, "score": 1}`), coreFile + ": line 1: sub_query_id NaN cannot be"},
		"bfcl without id":        {bfcl, bfclResult, "{}\n", bfclResult + ": line 1: a record without id"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{test.file: test.content}
			if test.file == bfclResult {
				files[bfclScore] = "{}\n"
			}
			_, err := decodeFiles(t, test.results, files)
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok || err.Error() != test.want {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

// What editors and other systems do to a text is no damage.
func TestSamplesOfOtherSystems(t *testing.T) {
	results := resultsOf("t|exact_match|exact_match|0.5")
	one, two := lmEvalRecord(0, "a", "none", "1"), lmEvalRecord(1, "b", "none", "0")
	want, err := decodeFiles(t, results, map[string]string{lmEvalFile: records(one, two)})
	if err != nil || len(want.Outcomes) != 1 {
		t.Fatal(want, err)
	}
	for name, content := range map[string]string{
		"CRLF": one + "\r\n" + two + "\r\n", "a byte order mark": "\ufeff" + records(one, two), "no last line end": one + "\n" + two,
		"blank lines": "\n" + one + "\n\n" + two + "\n \n", "another order": records(two, one),
	} {
		got, err := decodeFiles(t, results, map[string]string{lmEvalFile: content})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if got, err := decodeFiles(t, results, map[string]string{lmEvalFile: ""}); err != nil || len(got.Outcomes) != 0 {
		t.Errorf("an empty file: %v, %v", got, err)
	}
}

// An error of reading is no damage.
func TestSamplesThatCannotBeRead(t *testing.T) {
	broken := errors.New("broken")
	_, err := nemo.DecodeSamples(nemo.FindSamples([]string{byobFile}), parseResults(t, resultsOf("b|pass@1|correct|1")), func(string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(`{"sample_id": 1`), failing{broken})), nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Of a question at two places of the data set only the place without a finite value
// is removed, and the other keeps its identity.
func TestRemovedTwin(t *testing.T) {
	decode := func(first, mean string) nemo.Outcomes {
		samples, err := decodeFiles(t, resultsOf("t|exact_match|exact_match|"+mean), map[string]string{lmEvalFile: records(
			lmEvalRecord(0, "h", "none", first), lmEvalRecord(1, "h", "none", "0"),
		)})
		if err != nil || len(samples.Outcomes) != 1 {
			t.Fatal(samples, err)
		}
		return samples.Outcomes[0]
	}
	whole, broken := decode("1", "0.5"), decode("NaN", "0")
	var wrong nemo.Answer
	var right [16]byte
	for _, answer := range whole.Answers {
		if answer.Value == 0 {
			wrong = answer
		} else {
			right = answer.ID
		}
	}
	if diff := cmp.Diff([]nemo.Answer{wrong}, broken.Answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][16]byte{right}, broken.Removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
}

// Files of one question on two sides join although one is in another order, under
// another model and repeats.
func TestIDsDoNotDependOnTheRun(t *testing.T) {
	one, err := decodeFiles(t, resultsOf("b|pass@1|correct|1"), map[string]string{"x/" + byobFile: records(
		`{"sample_id": 0, "prompt": "p\u00e9", "target": 1, "scores": {"correct": 1}, "status": "scored"}`,
	)})
	if err != nil {
		t.Fatal(err)
	}
	two, err := decodeFiles(t, resultsOf("b|pass@1|correct|1"), map[string]string{"y/" + byobFile: records(
		`{"sample_id": 5, "target": 1, "prompt": "pé", "scores": {"correct": 1}, "status": "scored", "metadata": {"_repeat": 3}}`,
	)})
	if err != nil {
		t.Fatal(err)
	}
	if one.Outcomes[0].Answers[0].ID != two.Outcomes[0].Answers[0].ID || two.Outcomes[0].Answers[0].Repeat != 3 {
		t.Errorf("%v, %v", one.Outcomes, two.Outcomes)
	}
}

func TestFindSamplesLeavesOtherFilesAlone(t *testing.T) {
	for _, file := range []string{
		"results.yml", "report.json", "logs/stdout.log", "samples.jsonl", "m/samples_x.jsonl", "x/predictions.jsonl",
		"result/m/BFCL_v3_simple_score.json", "data_live.csv", "nemo-evaluator-per-sample-outputs.jsonl", "m/results_2026.json",
	} {
		if sets := nemo.FindSamples([]string{file}); len(sets) > 0 {
			t.Errorf("%s: %v", file, sets)
		}
	}
}

// Whatever a file holds, decoding ends with outcomes whose mean was checked, or
// with damage.
func FuzzSamples(f *testing.F) {
	results := resultsOf("t|exact_match|exact_match|1", "b|pass@1|correct|1", "bfcl|python_simple_ast_non_live|python_simple_ast_non_live|100",
		"ifbench|strict:prompt-level|strict:prompt-level|1", "gpqa|pass@1|symbolic_correct|100", "x|pass@1|pass@1|1")
	names := []string{
		lmEvalFile, byobFile, bfclResult, bfclScore, "eval_results_strict.jsonl", "gpqa/output.jsonl", coreFile, "x/results.jsonl", lmEvalGroup,
	}
	f.Add(0, lmEvalRecord(0, "h", "none", "1"))
	f.Add(1, `{"sample_id": 0, "prompt": "p", "target": [1], "scores": {"correct": true}, "status": "scored", "metadata": {"_repeat": 1}}`)
	f.Add(2, `{"id": "simple_0"}`)
	f.Add(3, `{"correct_count": 0, "total_count": 0}`)
	f.Add(4, `{"prompt": "p", "follow_all_instructions": true}`)
	f.Add(5, `{"problem": "p", "expected_answer": 1, "symbolic_correct": true, "judgement": "Judgement: Yes", "graded_list": [true], "strict_eval": {}}`)
	f.Add(6, `{"id": 1, "sub_query_id": 0, "score": 1, "score_name": "pass@1"}`)
	f.Add(7, `{"problem_idx": 0, "repeat": 0, "reward": 1.0, "scorer_rewards": {"a": 1}}`)
	f.Add(8, `{"group_subtasks": {"t": ["t", "u"], "u": ["t"]}}`)
	f.Fuzz(func(t *testing.T, file int, content string) {
		files := map[string]string{bfclResult: "", bfclScore: "", lmEvalFile: ""}
		files[names[uint(file)%uint(len(names))]] = content
		samples, err := decodeFiles(t, results, files)
		if err != nil {
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		for _, o := range samples.Outcomes {
			if len(o.Answers) == 0 {
				t.Errorf("%s has no answers", o.Name)
			}
		}
	})
}
