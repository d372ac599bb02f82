package nemo_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// summary lists what statistics hold, less what is nil or empty.
func summary(t testing.TB, stats *nemo.RuntimeStats) map[string]string {
	t.Helper()
	encoded, err := json.Marshal(stats)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &fields); err != nil {
		t.Fatal(err)
	}
	for key, value := range fields {
		if string(value) == "null" || string(value) == "{}" {
			delete(fields, key)
		}
	}
	texts := map[string]string{}
	for key, value := range fields {
		texts[key] = string(value)
	}
	return texts
}

func parseRuntime(t testing.TB, text string) *nemo.RuntimeStats {
	t.Helper()
	stats, err := nemo.ParseRuntimeStats([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return stats
}

// The shapes that the documentation shows: core 0.1.0, reasoning, and errors and
// tools of core 0.1.2 and later.
const (
	runtimeOld = `{"response_stats": {"description": "Response statistics saved during processing",
  "avg_prompt_tokens": 55.92, "avg_total_tokens": 391.02, "avg_completion_tokens": 335.04, "avg_latency_ms": 11459.88,
  "max_prompt_tokens": 370, "max_total_tokens": 1405, "max_completion_tokens": 1280, "max_latency_ms": 56991.39,
  "count": 541, "successful_count": 541, "tool_calls_count": 0, "function_calls_count": 0,
  "finish_reason": {"stop": 528, "length": 13}, "stop_reason": {}, "status_codes": {"200": 541},
  "inference_time": 1583.232442855835, "run_id": 0, "last_request_time": 1758703765.8184712,
  "inference_run_times": {"0": {"run_start": "2025-09-24T08:22:56.092597", "inference_time": 1583.232442855835}}},
 "evaluation": {"runtime_seconds": 1591.1531114578247, "start_time": "2025-09-24T08:22:55.%fZ", "end_time": "2025-09-24T08:49:27.%fZ",
  "token_usage": {"total_tokens": 211523, "prompt_tokens": 30255, "completion_tokens": 181268, "total_cached_requests": 541},
  "peak_memory_bytes": 59506688, "peak_tree_memory_bytes": 558637056}}`

	runtimeReasoning = `{"reasoning": {"description": "Reasoning statistics saved during processing", "total_responses": 3672, "responses_with_reasoning": 2860,
  "reasoning_finished_ratio": 1.0, "avg_reasoning_words": 153.21, "avg_reasoning_tokens": null, "total_reasoning_words": 561696, "total_reasoning_tokens": 0}}`

	runtimeTools = `{"response_stats": {"count": 1000, "successful_count": 995, "tool_calls_count": 50, "function_calls_count": 25, "inference_time": 45.6, "run_id": 0,
  "finish_reason": {"stop": 800, "length": 150, "tool_calls": 45}, "status_codes": {"200": 995, "429": 3, "500": 2}},
 "evaluation": {"runtime_seconds": 5043.1, "start_time": "2026-01-20T10:00:00.%fZ", "end_time": "2026-01-20T11:24:03.%fZ", "peak_memory_bytes": 59506688,
  "peak_tree_memory_bytes": 558637056, "total_runs": 2, "inference_time_seconds": 4810.3, "scoring_time_seconds": 232.8}}`
)

func TestFact12ParseRuntimeStatsShapes(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{
		{
			// The averages drifted; the totals of all 541 answers give the exact ones.
			"core 0.1.0", runtimeOld,
			map[string]string{
				"responses": "541", "successful": "541", "inference_seconds": "1583.232442855835", "runtime_seconds": "1591.1531114578247",
				"avg_latency_ms": "11459.88", "max_latency_ms": "56991.39",
				"avg_prompt_tokens":     "55.92421441774491682070240295748614",
				"avg_completion_tokens": "335.0609981515711645101663585951941",
				"avg_total_tokens":      "390.9852125693160813308687615526802",
				"total_prompt_tokens":   "30255", "total_completion_tokens": "181268", "tool_calls": "0",
				"peak_memory_bytes": "59506688", "peak_tree_memory_bytes": "558637056",
				"finish_reasons": `{"length":13,"stop":528}`, "status_codes": `{"200":541}`,
			},
		},
		{
			"reasoning", runtimeReasoning,
			map[string]string{
				"reasoning": `{"avg_reasoning_tokens":null,"avg_reasoning_words":153.21,"reasoning_finished_ratio":1,"responses_with_reasoning":2860,` +
					`"total_reasoning_tokens":0,"total_reasoning_words":561696,"total_responses":3672}`,
			},
		},
		{
			"errors and tools", runtimeTools,
			map[string]string{
				"responses": "1000", "successful": "995", "inference_seconds": "4810.3", "scoring_seconds": "232.8", "runtime_seconds": "5043.1", "runs": "2",
				"tool_calls": "50", "peak_memory_bytes": "59506688", "peak_tree_memory_bytes": "558637056",
				"finish_reasons": `{"length":150,"stop":800,"tool_calls":45}`, "status_codes": `{"200":995,"429":3,"500":2}`,
			},
		},
		{
			"totals are preferred",
			`{"response_stats": {"successful_count": 200, "avg_prompt_tokens": 14.47, "total_prompt_tokens": 2897, "avg_total_tokens": 20.1, "total_total_tokens": 4000,
			  "avg_completion_tokens": 5.6, "total_completion_tokens": null, "retry_count": 6}}`,
			map[string]string{
				"successful": "200", "avg_prompt_tokens": "14.485", "avg_total_tokens": "20", "avg_completion_tokens": "5.6",
				"total_prompt_tokens": "2897", "retries": "6",
			},
		},
		{
			"a total of no answers has no mean",
			`{"response_stats": {"successful_count": 0, "avg_prompt_tokens": 0.0, "total_prompt_tokens": 0}}`,
			map[string]string{"successful": "0", "avg_prompt_tokens": "0", "total_prompt_tokens": "0"},
		},
		{
			"other answers in the cache than responses",
			`{"response_stats": {"successful_count": 10, "avg_prompt_tokens": 5.5}, "evaluation": {"token_usage": {"prompt_tokens": 900, "total_cached_requests": 90}}}`,
			map[string]string{"successful": "10", "avg_prompt_tokens": "5.5", "total_prompt_tokens": "900"},
		},
		{"junk", `{"total_time": 1.23}`, map[string]string{}},
		{"nothing", `{}`, map[string]string{}},
		{"null sections", `{"response_stats": null, "reasoning": null, "evaluation": null}`, map[string]string{}},
		{"sections of other kinds", `{"response_stats": [1], "reasoning": "x", "evaluation": 3}`, map[string]string{}},
		{
			"values of other kinds",
			`{"response_stats": {"count": "7", "successful_count": true, "avg_latency_ms": null, "status_codes": {"200": "x", "500": 1}, "finish_reason": []},
			  "reasoning": {"a": "x", "b": false, "c": 1e999}, "evaluation": {"runtime_seconds": {"s": 1}, "token_usage": null}}`,
			map[string]string{"status_codes": `{"500":1}`, "reasoning": `{"c":null}`},
		},
		{"exact digits", `{"evaluation": {"runtime_seconds": 0.30000000000000004441, "peak_memory_bytes": 9007199254740993}}`, map[string]string{"runtime_seconds": "0.30000000000000004441", "peak_memory_bytes": "9007199254740993"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, summary(t, parseRuntime(t, test.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRuntimeStatsErrors(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
	}{
		{"empty", "", 1},
		{"cut", "{\n\"response_stats\": {\n", 3},
		{"a list", "[]", 1},
		{"null", "null", 1},
		{"a number", "\n3", 2},
		{"two objects", "{}\n{}", 2},
		{"no JSON", "{\n\"a\": NaN}", 2},
		{"a page of HTML", "<!doctype html>", 1},
		{"deep", strings.Repeat(`{"a":`, 20_000), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			stats, err := nemo.ParseRuntimeStats([]byte(test.text))
			syntax, ok := errors.AsType[*nemo.SyntaxError](err)
			if !ok {
				t.Fatalf("got %+v, %v", stats, err)
			}
			if syntax.Line != test.line || strings.Contains(syntax.Message, "Go ") {
				t.Errorf("line %d, want %d: %q", syntax.Line, test.line, err)
			}
		})
	}
	if _, err := nemo.ParseRuntimeStats(make([]byte, nemo.MaxFileBytes+1)); err == nil {
		t.Error("a huge file: no error")
	}
}

func TestParseRuntimeStatsTruncated(t *testing.T) {
	for _, text := range []string{runtimeOld, runtimeReasoning, runtimeTools} {
		for n := range len(text) {
			_, err := nemo.ParseRuntimeStats([]byte(text[:n]))
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok {
				t.Fatalf("%d bytes, ending in %q: %v", n, text[max(0, n-30):n], err)
			}
		}
	}
}

func TestParseRuntimeStatsExamples(t *testing.T) {
	for name, data := range exampleFiles(t, "eval_factory_metrics.json") {
		stats, err := nemo.ParseRuntimeStats(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if stats.Responses == nil || stats.AvgLatencyMS == nil || len(stats.StatusCodes) == 0 {
			t.Errorf("%s: %v", name, summary(t, stats))
		}
		job := filepath.Base(filepath.Dir(filepath.Dir(name)))
		if think := strings.Contains(name, "7a217bdca5a31fce") && job == "byob_arith.arith.0"; think != (text(stats.Reasoning["total_updated_content_words"]) == "1410") {
			t.Errorf("%s: reasoning %v", name, stats.Reasoning)
		}
	}
}

// Whatever parses prints as JSON that reads back as the same bytes.
func FuzzParseRuntimeStats(f *testing.F) {
	for _, seed := range []string{runtimeOld, runtimeReasoning, runtimeTools, "{}", "null", `{"response_stats":{"count":1e400}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stats, err := nemo.ParseRuntimeStats(data)
		if err != nil {
			if syntax, ok := errors.AsType[*nemo.SyntaxError](err); !ok || syntax.Line < 0 {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		first, err := json.Marshal(stats)
		if err != nil {
			t.Fatal(err)
		}
		var again nemo.RuntimeStats
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%v in %s", err, first)
		}
		second, err := json.Marshal(again)
		if err != nil || string(first) != string(second) {
			t.Errorf("%v\n%s\n%s", err, first, second)
		}
	})
}
