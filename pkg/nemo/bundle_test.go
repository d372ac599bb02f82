package nemo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// bundleText is a bundle as nel-next 0.4.0 writes it, with everything that is optional.
const bundleText = `{"run_id": "eval-20260402T120000Z-mmlu_pro", "config_hash": "sha256:ab", "sdk_version": "0.4.0", "timestamp": "2026-04-02T12:00:00.5+00:00",
 "config": {"benchmark": "mmlu_pro", "model": "m", "base_url": "http://x", "repeats": 1, "max_problems": null, "scorers": ["judge"], "temperature": 0.60, "seed": 3, "note": "\ud83d\ude00"},
 "benchmark": {"name": "mmlu_pro", "samples": 12000, "repeats": 1,
  "scores": {
   "mean_reward": {"value": 0.782, "ci_lower": 0.774, "ci_upper": 0.79},
   "scorer:judge": {"value": 0.5, "ci_lower": 0.4, "ci_upper": 0.6, "correct": 50, "total": 100},
   "accuracy": 0.9, "odd": {"value": NaN}, "text": "0.25", "list": [1],
   "summary": {"mean": 0.782, "std": 0.41, "n": 12000},
   "runtime": {"total_steps": 9, "total_tokens": 9, "total_prompt_tokens": 5, "total_completion_tokens": 4, "elapsed_seconds": 1.5,
     "latency_percentiles_ms": {"p50": 1}, "model_errors": 0, "total_retries": 2, "finish_reason_counts": {"stop": 8, "length": 1}},
   "failures": {"total_steps": 9, "total_failures": 3, "failure_rate": 0.3333, "categories": {}}},
  "categories": {"algebra": {"mean_reward": 0.85, "n": 500}, "a/b": {"n": 5}},
  "breakdowns": {"level": [{"group": "hard", "n": 7, "mean_reward": 0.1, "ci_lower": 0, "ci_upper": 1}]}},
 "n_results": 12000}`

func bundle(t testing.TB, text string) *nemo.Bundle {
	t.Helper()
	b, err := nemo.ParseBundle([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scoreLines prints scores: section name metric value n place.
func scoreLines(scores []nemo.Score) []string {
	var lines []string
	for _, s := range scores {
		value, n := s.Invalid, "-"
		if s.Value != nil {
			value = s.Value.String()
		}
		if s.Stats.Count != nil {
			n = s.Stats.Count.String()
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s n=%s %s", s.Section, s.Name, s.Metric, value, n, s.Pointer))
	}
	return lines
}

func TestParseBundle(t *testing.T) {
	b := bundle(t, bundleText)
	want := []string{
		"benchmark mmlu_pro accuracy 0.9 n=- /benchmark/scores/accuracy",
		"benchmark mmlu_pro list not_a_number n=- /benchmark/scores/list",
		"benchmark mmlu_pro mean_reward 0.782 n=12000 /benchmark/scores/mean_reward/value",
		"benchmark mmlu_pro odd nan n=- /benchmark/scores/odd/value",
		"benchmark mmlu_pro scorer:judge 0.5 n=100 /benchmark/scores/scorer:judge/value",
		"benchmark mmlu_pro text 0.25 n=- /benchmark/scores/text",
		"benchmark mmlu_pro/algebra mean_reward 0.85 n=500 /benchmark/categories/algebra/mean_reward",
		"benchmark mmlu_pro/level=hard mean_reward 0.1 n=7 /benchmark/breakdowns/level/0/mean_reward",
	}
	if diff := cmp.Diff(want, scoreLines(b.Scores)); diff != "" {
		t.Error(diff)
	}
	for _, s := range b.Scores {
		if !s.Rounded {
			t.Errorf("%s is not rounded", s.Metric)
		}
	}
	if got := fmt.Sprint(b.RunID, b.Benchmark, b.Model, b.SDKVersion, b.ConfigHash, b.Timestamp.UTC(), b.Problems, b.Failed, b.Steps); got != "eval-20260402T120000Z-mmlu_prommlu_prom0.4.0sha256:ab2026-04-02 12:00:00.5 +0000 UTC 12000 3 9" {
		t.Error(got)
	}
	if r := b.Runtime; r.RuntimeSeconds.String() != "1.5" || r.Retries.String() != "2" || r.TotalPromptTokens.String() != "5" || len(r.FinishReasons) != 2 || r.Responses != nil || r.AvgLatencyMS != nil {
		t.Errorf("%+v", r)
	}
	settings := b.Settings("x.json")
	var lines []string
	for _, key := range settings.Keys() {
		s := settings.Get(key)
		lines = append(lines, fmt.Sprintf("%s %d %s", key, s.State, s.Value))
	}
	want = []string{
		"extra.note 2 😀", `extra.scorers 2 ["judge"]`, "limit_samples 1 ", "num_repeats 2 1", "temperature 2 0.60",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// With repeats a count of rows is none of problems; a seed decides about the
// problems only if not all are taken.
func TestBundleWithRepeats(t *testing.T) {
	b := bundle(t, `{"config": {"repeats": 2, "max_problems": 5, "shuffle_seed": 7, "temperature": null}, "benchmark": {"name": "b", "samples": 5, "repeats": 2, "scores": {"pass@1": {"value": 0.5}, "pass@2": {"value": 0.75}, "scorer:x": {"value": 1, "total": 10}}, "categories": {"c": {"mean_reward": 1, "n": 4}}}}`)
	want := []string{
		"benchmark b pass@1 0.5 n=5 /benchmark/scores/pass@1/value",
		"benchmark b pass@2 0.75 n=5 /benchmark/scores/pass@2/value",
		"benchmark b scorer:x 1 n=- /benchmark/scores/scorer:x/value",
		"benchmark b/c mean_reward 1 n=- /benchmark/categories/c/mean_reward",
	}
	if diff := cmp.Diff(want, scoreLines(b.Scores)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"dataset_shuffle_seed", "limit_samples", "num_repeats", "temperature"}, b.Settings("").Keys()); diff != "" {
		t.Error(diff)
	}
	if b.Runtime != nil || b.Failed != nil || !b.Timestamp.IsZero() {
		t.Errorf("%+v", b)
	}
}

func TestDamagedBundle(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "line 1: the file ends too early",
		"{\n\"benchmark\": {\"name\": \"x\"": "line 2: the file ends too early",
		"[]":                                 `line 1: not a bundle of nel-next: no object "benchmark"`,
		`{"benchmark": {"scores": {}}}`:      "line 1: not a bundle of nel-next: its benchmark has no name",
		`{"benchmark": {"name": "x"}} {}`:    "line 1: more than one JSON value",
		"{\"a\": 1,\n]":                      "line 2: invalid character ']' looking for beginning of object key string",
	} {
		if _, err := nemo.ParseBundle([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func rewards(t testing.TB, rows ...string) *nemo.Rewards {
	t.Helper()
	r, err := nemo.ParseRewards(strings.NewReader(strings.Join(rows, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRewards(t *testing.T) {
	for _, test := range []struct {
		name string
		rows []string
		want string
	}{
		{"one a problem", []string{`{"problem_idx": 0, "reward": 1.0}`, `{"problem_idx": 1, "reward": 0}`, "", `{"problem_idx": 2, "reward": 0.0}`}, "3 problems, 3 rows, 0.3333333333333333333333333333333333, 0.3333333333333333333333333333333333"},
		{"the last row of a pair counts", []string{`{"problem_idx": 0, "repeat": 0, "reward": 0}`, `{"problem_idx": 0, "repeat": 1, "reward": 0}`, `{"problem_idx": 0, "reward": 1}`}, "1 problems, 2 rows, 0.5, 0.5"},
		{"unequal repeats", []string{`{"problem_idx": 0, "reward": 1}`, `{"problem_idx": 1, "repeat": 0, "reward": 0}`, `{"problem_idx": 1, "repeat": 1, "reward": 1}`, `{"problem_idx": 1, "repeat": 2, "reward": 0}`, `{"problem_idx": 1, "repeat": 3, "reward": 1}`}, "2 problems, 5 rows, 0.6, 0.75"},
		{"every digit", []string{`{"problem_idx": 0, "reward": 0.1}`, `{"problem_idx": 1, "reward": 0.2}`}, "2 problems, 2 rows, 0.15, 0.15"},
		{"NaN elsewhere", []string{`{"problem_idx": 0, "reward": true, "latency_ms": NaN, "prompt": "NaN \" NaN"}`}, "1 problems, 1 rows, 1, 1"},
	} {
		r := rewards(t, test.rows...)
		if got := fmt.Sprintf("%d problems, %d rows, %s, %s", r.Problems, r.Rows, r.Mean, r.ProblemMean); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	for text, want := range map[string]string{
		"":                                     "no rows with a reward",
		`{"problem_idx": 0, "reward": null}`:   "line 1: problem 0: the reward is no number (null)",
		`{"problem_idx": 0, "reward": NaN}`:    "line 1: problem 0: the reward is no number (nan)",
		`{"problem_idx": 0}`:                   "line 1: problem 0: the reward is no number (null)",
		"\n{\"reward\": 1}":                    "line 2: a row without problem_idx",
		`{"problem_idx": 0.5, "reward": 1}`:    "line 1: not a JSON object, or cut short",
		`{"problem_idx": 0, "reward": 1`:       "line 1: not a JSON object, or cut short",
		`{"problem_idx": 0, "reward": 1} {}`:   "line 1: not a JSON object, or cut short",
		"{\"problem_idx\": 0,\n\"reward\": 1}": "line 1: not a JSON object, or cut short",
	} {
		if _, err := nemo.ParseRewards(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestRefine(t *testing.T) {
	thirds := rewards(t, `{"problem_idx": 0, "reward": 1}`, `{"problem_idx": 1, "reward": 0}`, `{"problem_idx": 2, "reward": 0}`)
	exact := "n=3 "
	file := nemo.File{Path: "results.jsonl", SHA256: "cd"}
	for _, test := range []struct {
		scores string
		agree  bool
		want   []string
	}{
		{`{"pass@1": {"value": 0.3333}, "pass@2": {"value": 0.6}}`, true, []string{"benchmark b pass@1 " + thirds.Mean.String() + " " + exact, "benchmark b pass@2 0.6 n=7 /benchmark/scores/pass@2/value"}},
		{`{"mean_reward": 0.3333, "summary": {"mean": 0.3333}}`, true, []string{"benchmark b mean_reward " + thirds.Mean.String() + " " + exact}},
		{`{"mean_reward": 0.3334}`, false, []string{"benchmark b mean_reward 0.3334 n=7 /benchmark/scores/mean_reward"}},
		{`{"mean_reward": null}`, true, []string{"benchmark b mean_reward null n=7 /benchmark/scores/mean_reward"}},
	} {
		b := bundle(t, `{"benchmark": {"name": "b", "samples": 7, "scores": `+test.scores+`}}`)
		if got := b.Refine(thirds, file); got != test.agree {
			t.Errorf("%s: agrees %v", test.scores, got)
		}
		if diff := cmp.Diff(test.want, scoreLines(b.Scores)); diff != "" {
			t.Errorf("%s: %s", test.scores, diff)
		}
		for _, s := range b.Scores {
			if refined := s.File == file; refined == s.Rounded {
				t.Errorf("%s: from %+v, rounded %v", s.Metric, s.File, s.Rounded)
			}
		}
	}
}

// A value on the edge of the fourth decimal, which binary floats round either way.
func TestRefineAtTheEdge(t *testing.T) {
	var rows []string
	for i := range 20000 {
		rows = append(rows, fmt.Sprintf(`{"problem_idx": %d, "reward": %d}`, i, min(i%20000, 1)))
	}
	edge := rewards(t, rows...) // 0.99995
	for _, value := range []string{"1.0", "0.9999"} {
		if b := bundle(t, `{"benchmark": {"name": "b", "scores": {"mean_reward": `+value+`}}}`); !b.Refine(edge, nemo.File{Path: "f"}) || b.Scores[0].Value.String() != "0.99995" {
			t.Errorf("%s: %s", value, b.Scores[0].Value)
		}
	}
}

// pass@1 is a mean over problems, mean_reward one over rows; both can round alike.
func TestRefineWithUnequalRepeats(t *testing.T) {
	rows := []string{`{"problem_idx": 0, "repeat": 1, "reward": 1}`}
	for i := range 10000 {
		rows = append(rows, fmt.Sprintf(`{"problem_idx": %d, "reward": %d}`, i, 1-i%2))
	}
	r := rewards(t, rows...)
	for metric, want := range map[string]string{"pass@1": "0.5", "mean_reward": "0.5000499950004999500049995000499950"} {
		b := bundle(t, `{"benchmark": {"name": "b", "scores": {"`+metric+`": 0.5}}}`)
		if !b.Refine(r, nemo.File{Path: "f"}) || !strings.HasPrefix(want, b.Scores[0].Value.String()) {
			t.Errorf("%s is %s, want %s", metric, b.Scores[0].Value, want)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte(bundleText))
	f.Add([]byte(`{"benchmark": {"name": "", "breakdowns": {"a": [1, {"group": 2, "mean_reward": Infinity}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := nemo.ParseBundle(data)
		if err != nil {
			return
		}
		for _, s := range b.Scores {
			if (s.Value == nil) == (s.Invalid == "") || s.Section != nemo.Benchmark || s.Pointer == "" {
				t.Errorf("%+v", s)
			}
		}
		if !slices.IsSorted(b.Settings("x").Keys()) {
			t.Error("settings")
		}
	})
}

func FuzzParseRewards(f *testing.F) {
	f.Add([]byte("{\"problem_idx\": 0, \"reward\": 1}\n{\"problem_idx\": 0, \"repeat\": 1, \"reward\": NaN}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := nemo.ParseRewards(strings.NewReader(string(data)))
		if err == nil && (r.Rows == 0 || r.Problems == 0 || r.Problems > r.Rows) {
			t.Errorf("%+v", r)
		}
	})
}
