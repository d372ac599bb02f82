package nemo_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// told prints settings: the value, "-" for what was not set, "?" for what is
// unknown.
func told(settings nemo.Settings) map[string]string {
	texts := map[string]string{}
	for _, key := range settings.Keys() {
		switch setting := settings.Get(key); setting.State {
		case nemo.Set:
			texts[key] = setting.Value
		case nemo.NotSet:
			texts[key] = "-"
		case nemo.Unknown:
			texts[key] = "?"
		}
	}
	return texts
}

func parseSettings(t testing.TB, text string) nemo.Settings {
	t.Helper()
	settings, err := nemo.ParseSettings([]byte(strings.ReplaceAll(text, "\t", " ")), "run_config.yml")
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return settings
}

// ofParams are the settings of a run_config.yml with these config.params.
func ofParams(t testing.TB, params string) map[string]string {
	t.Helper()
	return told(parseSettings(t, "config: {params: "+params+"}"))
}

// ofAdapter are the settings of a run_config.yml with this adapter_config.
func ofAdapter(t testing.TB, adapter string) map[string]string {
	t.Helper()
	return told(parseSettings(t, "target: {api_endpoint: {adapter_config: "+adapter+"}}"))
}

func TestSettingsOfParams(t *testing.T) {
	for _, test := range []struct {
		name, params string
		want         map[string]string
	}{
		{"values", `{limit_samples: 25, temperature: 0.60, top_p: 1, max_new_tokens: 512, task: 'a,b'}`, map[string]string{
			"limit_samples": "25", "temperature": "0.60", "top_p": "1", "max_new_tokens": "512", "params.task": "a,b",
		}},
		{"nulls", `{limit_samples: null, temperature: ~, extra: {num_fewshot: null, judge: null}}`, map[string]string{
			"limit_samples": "-", "temperature": "-", "num_fewshot": "-", "judge": "-",
		}},
		{"a share of the samples", `{limit_samples: 0.1}`, map[string]string{"limit_samples": "0.1"}},
		{"free", `{parallelism: 8, request_timeout: 60, max_retries: 5, seed: 1, extra: {seed: 7, fewshot_seed: 1, parallelism: 2, url: 'http://a', api_key: k, max_retries: 1}}`, map[string]string{}},
		{"extra", `{extra: {n_samples: 4, num_repeats: 16, num_fewshot: 5, downsampling_ratio: 0.5, dataset_split: test, subtasks: [b, a],
			release_version: v6, start_date: 2024-08-01, end_date: 2025-02-01, system_message: hi, prompt_config: eval/aai, args: --x, add_system_prompt: true}}`, map[string]string{
			"n_samples": "4", "num_repeats": "16", "num_fewshot": "5", "downsampling_ratio": "0.5", "dataset_split": "test", "subtasks": `["b","a"]`,
			"release_version": "v6", "start_date": "2024-08-01", "end_date": "2025-02-01", "system_message": "hi", "prompt_config": "eval/aai",
			"extra.args": "--x", "extra.add_system_prompt": "true",
		}},
		{"repeats of BYOB", `{extra: {n_repeats: 4}}`, map[string]string{"num_repeats": "4"}},
		{"judge and user", `{extra: {judge: {url: 'http://j', model_id: gpt, temperature: 0.0, top_p: null, api_key: JUDGE, max_retries: 3, parallelism: 9, generation: {max_tokens: 9, seed: 2}}, user: {model_id: u, request_timeout: 1}}}`, map[string]string{
			"judge.model_id": "gpt", "judge.temperature": "0.0", "judge.top_p": "-", "judge.generation.max_tokens": "9", "user.model_id": "u",
		}},
		{"a judge that is only a name", `{extra: {judge: gpt, user: [a]}}`, map[string]string{"judge": "gpt", "user": `["a"]`}},
		{"data sets", `{extra: {dataset: {path: /a, n: 3}, dataset_name: x, datasets: [a, b], custom_dataset: {path: null}}}`, map[string]string{
			"dataset.path": "/a", "dataset.n": "3", "dataset_name": "x", "datasets": `["a","b"]`, "extra.custom_dataset.path": "-",
		}},
		{"own keys of extra, nested", `{extra: {a: {b: {c: 1}, d: {}}, e: [], f: {}}}`, map[string]string{
			"extra.a.b.c": "1", "extra.a.d": "{}", "extra.e": "[]", "extra.f": "{}",
		}},
		{"unknown params", `{stream: true}`, map[string]string{"params.stream": "true"}},
		{"equal lists have equal texts", `{extra: {a: [{y: 1.0, x: True}], b: [{x: true, y: 1}]}}`, map[string]string{
			"extra.a": `[{"x":true,"y":1}]`, "extra.b": `[{"x":true,"y":1}]`,
		}},
		{"text and number in a list differ", `{extra: {a: ['1', 1, null, 0x1F]}}`, map[string]string{"extra.a": `["1",1,null,"0x1F"]`}},
		{"booleans", `{extra: {a: True, b: FALSE, c: 'True'}}`, map[string]string{"extra.a": "true", "extra.b": "false", "extra.c": "True"}},
		{"params that are none", `[1]`, map[string]string{}},
		{"extra that is none", `{extra: 3}`, map[string]string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ofParams(t, test.params)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsOfAdapters(t *testing.T) {
	for _, test := range []struct {
		name, adapter string
		want          map[string]string
	}{
		{"none", `{}`, map[string]string{}},
		{"null", `null`, map[string]string{}},
		{"free interceptors", `{interceptors: [{name: caching, config: {cache_dir: /a}}, {name: endpoint}, {name: response_stats, config: {}}, {name: progress_tracking},
			{name: request_logging}, {name: response_logging}, {name: raise_client_errors}], post_eval_hooks: [{name: post_eval_report}], log_failed_requests: true}`, map[string]string{}},
		{"system message", `{interceptors: [{name: system_message, config: {system_message: be exact}}]}`, map[string]string{"system_message": "be exact"}},
		{"payload", `{interceptors: [{name: payload_modifier, enabled: true, config: {params_to_add: {seed: 1, top_k: 5, chat_template_kwargs: {enable_thinking: true, n: {m: 2}}},
			params_to_remove: [top_p], params_to_rename: {a: b}, headers_to_add: {x: y}}}]}`, map[string]string{
			"params_to_add.top_k": "5", "chat_template_kwargs.enable_thinking": "true", "chat_template_kwargs.n.m": "2",
			"params_to_remove": `["top_p"]`, "params_to_rename": `{"a":"b"}`,
		}},
		{"a seed only", `{interceptors: [{name: payload_modifier, config: {params_to_add: {seed: 1}, params_to_remove: [], params_to_rename: null}}]}`, map[string]string{}},
		{"reasoning without what scores cannot see", `{interceptors: [{name: reasoning, config: {end_reasoning_token: E, cache_dir: /a, logging_aggregated_stats_interval: 1, save_individuals: true}}]}`, map[string]string{
			"reasoning": `{"end_reasoning_token":"E"}`,
		}},
		{"reasoning without configuration", `{interceptors: [{name: reasoning}]}`, map[string]string{"reasoning": "{}"}},
		{"disabled", `{interceptors: [{name: reasoning, enabled: false}, {name: system_message, enabled: False, config: {system_message: x}}]}`, map[string]string{}},
		{"unknown interceptors", `{interceptors: [{name: mine, config: {a: 1}}, {name: other, config: null}, {name: third}]}`, map[string]string{
			"interceptors.mine": `{"a":1}`, "interceptors.other": "{}", "interceptors.third": "{}",
		}},
		{"interceptors of odd kinds", `{interceptors: [1, null, {config: {a: 1}}, [x]]}`, map[string]string{}},
		{"interceptors that are no list", `{interceptors: {name: reasoning}}`, map[string]string{}},
		{"legacy switches", `{use_system_prompt: true, custom_system_prompt: be brief, process_reasoning_traces: true, use_caching: true, params_to_add: {seed: 1, chat_template_kwargs: {thinking: false}}}`, map[string]string{
			"system_message": "be brief", "reasoning": "{}", "chat_template_kwargs.thinking": "false",
		}},
		{"the old name of a switch", `{use_reasoning: True}`, map[string]string{"reasoning": "{}"}},
		{"switched off", `{use_system_prompt: false, custom_system_prompt: unused, process_reasoning_traces: false, use_reasoning: false}`, map[string]string{}},
		{"off by default", `{custom_system_prompt: unused}`, map[string]string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ofAdapter(t, test.adapter)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsOfEndpoint(t *testing.T) {
	got := told(parseSettings(t, `{target: {api_endpoint: {type: chat, url: 'http://a', model_id: m, stream: null, api_key_name: K}}, framework_name: f, pkg_name: p}`))
	if diff := cmp.Diff(map[string]string{"endpoint_type": "chat"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What results.yml tells depends on the core that wrote it: before 0.1.40 only
// what the user gave, with explicit nulls; since then effective values.
func TestSettingsByVersion(t *testing.T) {
	const params = `
config: {params: {temperature: null, top_p: 0.5, limit_samples: null, extra: {num_fewshot: null}}}
results: {}
`
	old := map[string]string{"temperature": "?", "top_p": "0.5", "limit_samples": "-", "num_fewshot": "?"}
	effective := map[string]string{"temperature": "-", "top_p": "0.5", "limit_samples": "-", "num_fewshot": "-"}
	for version, want := range map[string]map[string]string{
		"": old, "0.1.0": old, "0.1.39": old, "0.1.9": old, "nonsense": old, "0.1": old, "dev": old,
		"0.1.40": effective, "0.1.85": effective, "0.2.0": effective, "0.2.8": effective, "0.1.40.dev3": effective, "1.0.0": effective, "26.3.1rc1": effective, "0.1.100": effective,
	} {
		settings := parseResults(t, "metadata: {versioning: {nemo_evaluator: '"+version+"'}}"+params).Settings("results.yml")
		if diff := cmp.Diff(want, told(settings)); diff != "" {
			t.Errorf("core %q (-want +got):\n%s", version, diff)
		}
		if absent := settings.Get("max_new_tokens").State; (absent == nemo.NotSet) != (want["temperature"] == "-") {
			t.Errorf("core %q: an absent key has state %d", version, absent)
		}
	}
	if old := parseResults(t, ifevalOld).Settings("a/results.yml"); old.Complete || old.Get("endpoint_type") != (nemo.Setting{State: nemo.Set, Value: "chat", Text: true, Path: "a/results.yml"}) {
		t.Errorf("%+v", old)
	}
}

func TestSettingsOver(t *testing.T) {
	old := parseResults(t, "config: {params: {temperature: null, top_p: 0.5, limit_samples: null, extra: {num_fewshot: null}}}\nresults: {}\n").Settings("results.yml")
	config := parseSettings(t, "config: {params: {temperature: 0.7, top_p: 0.9, limit_samples: 5, max_new_tokens: null}}")
	merged := old.Over(config)
	want := map[string]string{"temperature": "0.7", "top_p": "0.5", "limit_samples": "-", "max_new_tokens": "-"}
	if diff := cmp.Diff(want, told(merged)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// run_config.yml has effective values, so what it does not name was not set.
	for _, key := range []string{"num_fewshot", "anything"} {
		if got := merged.Get(key).State; got != nemo.NotSet {
			t.Errorf("%s has state %d, want not set", key, got)
		}
	}
	if merged.Get("temperature").Path != "run_config.yml" || merged.Get("top_p").Path != "results.yml" {
		t.Errorf("paths: %+v", merged.Values)
	}
	complete := parseSettings(t, "config: {params: {top_p: 0.5}}")
	if diff := cmp.Diff(map[string]string{"top_p": "0.5"}, told(complete.Over(config))); diff != "" {
		t.Errorf("complete settings were filled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(told(old), told(old.Over(nemo.Settings{}))); diff != "" {
		t.Errorf("over nothing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(told(config), told(nemo.Settings{}.Over(config))); diff != "" {
		t.Errorf("nothing over settings (-want +got):\n%s", diff)
	}
}

func TestSettingSame(t *testing.T) {
	value := func(yaml string) nemo.Setting {
		return parseSettings(t, "config: {params: {x: "+yaml+"}}").Get("params.x")
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"0.6", "0.60", true},
		{"0.6", "0.6000001", false},
		{"1", "1.0", true},
		{"1e-3", "0.001", true},
		{"1", "'1.0'", true},
		{"'1.1'", "'1.10'", false}, // a release, not a number
		{"v6", "v6", true},
		{"v6", "v5", false},
		{"true", "True", true},
		{"true", "1", false},
		{"{a: 1}", "{a: 1.0}", true},
		{"[a, b]", "[b, a]", false},
		{"null", "~", true},
		{"null", "0", false},
		{"''", "null", false},
	} {
		if got := value(test.a).Same(value(test.b)); got != test.want {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
		if value(test.a).Same(value(test.b)) != value(test.b).Same(value(test.a)) {
			t.Errorf("%s and %s: depends on the order", test.a, test.b)
		}
	}
}

func TestParseSettingsErrors(t *testing.T) {
	for text, line := range map[string]int{"": 0, "- a": 1, "a: [": 1, "\n\na": 3, "a: *b": 1} {
		_, err := nemo.ParseSettings([]byte(text), "run_config.yml")
		syntax, ok := errors.AsType[*nemo.SyntaxError](err)
		if !ok || syntax.Line != line {
			t.Errorf("%q: %v, want line %d", text, err, line)
		}
	}
}

// The two files of each example agree: results.yml alone tells everything that
// run_config.yml does.
func TestSettingsExamples(t *testing.T) {
	for name, data := range exampleFiles(t, "results.yml") {
		results, err := nemo.ParseResults(data)
		if err != nil {
			t.Fatal(err)
		}
		got := results.Settings("results.yml")
		if !got.Complete {
			t.Errorf("%s: not complete", name)
		}
		config := exampleFiles(t, "run_config.yml")[filepath.Join(filepath.Dir(name), "run_config.yml")]
		want, err := nemo.ParseSettings(config, "run_config.yml")
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range append(got.Keys(), want.Keys()...) {
			if !got.Get(key).Same(want.Get(key)) {
				t.Errorf("%s: %s is %q, run_config.yml says %q", name, key, got.Get(key).Value, want.Get(key).Value)
			}
		}
	}
	think := examples(t, "7a217bdca5a31fce", "results.yml")["byob_arith.arith.0"]
	results, err := nemo.ParseResults(think)
	if err != nil {
		t.Fatal(err)
	}
	settings := told(results.Settings(""))
	for key, want := range map[string]string{
		"temperature": "1.0", "max_new_tokens": "2048", "num_repeats": "4", "chat_template_kwargs.enable_thinking": "true",
		"system_message": "You are careful with numbers.", "params.task": "arith",
	} {
		if settings[key] != want {
			t.Errorf("%s is %q, want %q", key, settings[key], want)
		}
	}
	if !strings.HasPrefix(settings["reasoning"], `{"end_reasoning_token":`) || strings.Contains(settings["reasoning"], "cache") {
		t.Errorf("reasoning is %s", settings["reasoning"])
	}
}

func TestJobRepeats(t *testing.T) {
	for text, want := range map[string]int64{
		"4": 4, "'4'": 4, "4.0": 4, "null": 1, "0": 1, "-2": 1, "2.5": 1, "many": 1, "[2]": 1, "1e30": 1,
	} {
		job := nemo.Job{Settings: parseSettings(t, "config: {params: {extra: {num_repeats: "+text+"}}}")}
		if got := job.Repeats(); got != want {
			t.Errorf("num_repeats %s: %d, want %d", text, got, want)
		}
	}
	if got := (nemo.Job{}).Repeats(); got != 1 {
		t.Errorf("without settings: %d", got)
	}
}

// Settings are the same however often they are read, and the same as themselves.
func FuzzParseSettings(f *testing.F) {
	for _, seed := range []string{
		"config: {params: {temperature: 0.6, extra: {judge: {model_id: m}, dataset: {path: /a}}}}",
		"target: {api_endpoint: {type: chat, adapter_config: {interceptors: [{name: reasoning, config: {a: [1, {b: c}]}}]}}}",
		"config: &a {params: {extra: {x: [*a]}}}", "- 1", "", "config: {params: {extra: {? [1]: 2}}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := nemo.ParseSettings(data, "f")
		if err != nil {
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		again, err := nemo.ParseSettings(data, "f")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(told(settings), told(again)); diff != "" {
			t.Errorf("read twice (-first +second):\n%s", diff)
		}
		for _, key := range settings.Keys() {
			if !settings.Get(key).Same(again.Get(key)) {
				t.Errorf("%s differs from itself", key)
			}
		}
		if diff := cmp.Diff(told(settings), told(settings.Over(again))); diff != "" {
			t.Errorf("over itself (-want +got):\n%s", diff)
		}
	})
}
