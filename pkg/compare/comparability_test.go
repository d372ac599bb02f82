package compare_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func itoa(n int) string { return strconv.Itoa(n) }

// asked is a job with these params; what begins with "adapter:" is its
// adapter_config instead.
func asked(t testing.TB, id, settings string) nemo.Job {
	t.Helper()
	s := byob(id, "x", "0.5", settings)
	if adapter, ok := strings.CutPrefix(settings, "adapter:"); ok {
		s.params, s.adapter = "{}", adapter
	}
	return s.job(t)
}

func TestTiers(t *testing.T) {
	for _, test := range []struct {
		a, b string
		hard string // reasons
		soft string // keys of CONFIG_DIFFERS
		not  string // keys of CONFIG_UNKNOWN
	}{
		{a: "{}", b: "{}"},
		// Hard: another question was asked.
		{a: "{}", b: "{limit_samples: 25}", hard: "limit_samples"},
		{a: "{limit_samples: null}", b: "{limit_samples: 25}", hard: "limit_samples"},
		{a: "{limit_samples: null}", b: "{}"},
		{a: "{limit_samples: 25}", b: "{limit_samples: 0.25}", hard: "limit_samples"},
		{a: "{extra: {dataset_split: test}}", b: "{extra: {dataset_split: dev}}", hard: "dataset_split"},
		{a: "{extra: {subtasks: [a]}}", b: "{extra: {subtasks: [a, b]}}", hard: "subtasks"},
		{a: "{extra: {num_fewshot: 5}}", b: "{extra: {num_fewshot: 0}}", hard: "num_fewshot"},
		{a: "{extra: {num_fewshot: 5}}", b: "{}", hard: "num_fewshot"},
		{a: "{extra: {downsampling_ratio: 0.5}}", b: "{extra: {downsampling_ratio: null}}", hard: "downsampling_ratio"},
		{a: "{extra: {release_version: '1.10'}}", b: "{extra: {release_version: '1.1'}}", hard: "release_version"},
		{a: "{extra: {start_date: 2024-08-01}}", b: "{extra: {start_date: 2024-07-01}}", hard: "start_date"},
		{a: "{extra: {end_date: 2024-08-01}}", b: "{}", hard: "end_date"},
		{a: "{task: a}", b: "{task: b}", hard: "params.task"},
		{a: "{extra: {dataset: {path: /a}}}", b: "{extra: {dataset: {path: /b}}}", hard: "dataset.path"},
		{a: "{extra: {dataset_name: a}}", b: "{extra: {dataset_name: b}}", hard: "dataset_name"},
		{a: "{extra: {judge: {model_id: a}}}", b: "{extra: {judge: {model_id: b}}}", hard: "judge.model_id"},
		{a: "{extra: {judge: {temperature: 0.0}}}", b: "{extra: {judge: {temperature: 1.0}}}", hard: "judge.temperature"},
		{a: "{extra: {judge: a}}", b: "{extra: {judge: b}}", hard: "judge"},
		{a: "{extra: {user: {model_id: a}}}", b: "{extra: {user: {model_id: b}}}", hard: "user.model_id"},
		{a: "{limit_samples: 5, task: a}", b: "{task: b}", hard: "limit_samples,params.task"},
		// Soft: the same question under other conditions.
		{a: "{temperature: 0.6}", b: "{temperature: 0.60}"},
		{a: "{temperature: 0.6}", b: "{temperature: 1.0}", soft: "temperature"},
		{a: "{top_p: 0.9}", b: "{top_p: 1}", soft: "top_p"},
		{a: "{max_new_tokens: 5}", b: "{max_new_tokens: 6}", soft: "max_new_tokens"},
		{a: "{extra: {system_message: a}}", b: "{}", soft: "system_message"},
		{a: "{extra: {prompt_config: a}}", b: "{extra: {prompt_config: b}}", soft: "prompt_config"},
		{a: "{extra: {n_samples: 1}}", b: "{extra: {n_samples: 2}}", soft: "n_samples"},
		{a: "{extra: {num_repeats: 1}}", b: "{extra: {num_repeats: 2}}", soft: "num_repeats"},
		{a: "{extra: {anything: {at: all}}}", b: "{}", soft: "extra.anything.at"},
		{a: "{extra: {datas: 1}}", b: "{extra: {datas: 2}}", soft: "extra.datas"},
		{a: "{extra: {judges: 1}}", b: "{}", soft: "extra.judges"},
		{a: "adapter:{interceptors: [{name: reasoning}]}", b: "adapter:{}", soft: "reasoning"},
		{a: "adapter:{interceptors: [{name: mine}]}", b: "adapter:{}", soft: "interceptors.mine"},
		{
			a: "adapter:{interceptors: [{name: payload_modifier, config: {params_to_add: {chat_template_kwargs: {enable_thinking: true}}}}]}",
			b: "adapter:{interceptors: [{name: payload_modifier, config: {params_to_add: {chat_template_kwargs: {enable_thinking: false}}}}]}", soft: "chat_template_kwargs.enable_thinking",
		},
		{a: "{temperature: 1, top_p: 1, extra: {num_fewshot: 1}}", b: "{temperature: 2, top_p: 2, extra: {num_fewshot: 2}}", hard: "num_fewshot", soft: "temperature,top_p"},
		// Unknown: a sampling setting that was not set has the server's default.
		{a: "{temperature: 0.6}", b: "{}", not: "temperature"},
		{a: "{top_p: null}", b: "{top_p: 0.5}", not: "top_p"},
		{a: "{max_new_tokens: 5, temperature: 1}", b: "{temperature: 2}", soft: "temperature", not: "max_new_tokens"},
		// Free.
		{a: "{parallelism: 1, request_timeout: 1, max_retries: 1, extra: {seed: 1, judge: {url: a, api_key: b}}}", b: "{parallelism: 2}"},
		{a: "adapter:{interceptors: [{name: payload_modifier, config: {params_to_add: {seed: 1}}}, {name: caching}]}", b: "adapter:{interceptors: [{name: payload_modifier, config: {params_to_add: {seed: 2}}}]}"},
	} {
		t.Run(test.a+test.b, func(t *testing.T) {
			for _, turned := range []bool{false, true} {
				a, b := asked(t, "a.0", test.a), asked(t, "b.0", test.b)
				if turned {
					a, b = b, a
				}
				c, _ := versus(t, a, b)
				row := c.Rows[0]
				if got := strings.Join(row.Reasons, ","); got != test.hard {
					t.Errorf("reasons %s, want %s", got, test.hard)
				}
				if (row.Verdict == compare.NotComparable) != (test.hard != "") || row.Delta == nil {
					t.Errorf("verdict %s, delta %v", row.Verdict, row.Delta)
				}
				var want []string
				if test.soft != "" {
					want = append(want, "CONFIG_DIFFERS "+test.soft)
				}
				if test.not != "" {
					want = append(want, "CONFIG_UNKNOWN "+test.not)
				}
				wantLines(t, "warnings", warningLines(row.Warnings), want...)

				if test.hard != "" {
					c, _ = versus(t, a, b, allow("*"))
					if c.Rows[0].Verdict != compare.NoInference || len(c.Rows[0].Reasons) != 0 || c.Averages[0].Tasks != 1 {
						t.Errorf("allowed: %v", rowLines(c.Rows))
					}
				}
				c, _ = versus(t, a, b, strict)
				if (c.Rows[0].Verdict == compare.NotComparable) != (test.hard+test.soft != "") {
					t.Errorf("strict: %v", rowLines(c.Rows))
				}
			}
		})
	}
}

func TestTierOfN(t *testing.T) {
	count := func(id, stats string) nemo.Job {
		s := byob(id, "x", "0.5", "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: "+stats, 1)
		return s.job(t)
	}
	for _, test := range []struct{ a, b, reasons string }{
		{"{count: 200}", "{count: 25}", "n"},
		{"{count: 200}", "{count: 200.0}", "ci_includes_zero"},
		{"{count: 200}", "{}", ""}, // not reported on both sides
		{"{}", "{}", ""},
	} {
		c, _ := versus(t, count("a.0", test.a), count("b.0", test.b))
		if got := strings.Join(c.Rows[0].Reasons, ","); got != test.reasons {
			t.Errorf("%s and %s: %s", test.a, test.b, got)
		}
	}
	c, _ := versus(t, count("a.0", "{count: 200}"), count("b.0", "{count: 25}"), allow("n"))
	wantLines(t, "allowed", warningLines(c.Rows[0].Warnings), "CONFIG_DIFFERS n", "SMALL_N")
}

func TestTierOfScale(t *testing.T) {
	fraction := byob("a.0", "x", "0.8", "").job(t)
	percent := skills("b.0", "x", "pass@1", "correct", "81")
	percent.results = strings.Replace(percent.results, "groups", "tasks", 1)
	c, _ := versus(t, fraction, percent.job(t))
	wantLines(t, "rows", rowLines(c.Rows), "x pass@1/correct b: 0.8 -> 81 = 80.2 not_comparable scale")
	c, _ = versus(t, fraction, percent.job(t), allow("*"))
	wantLines(t, "allowed", rowLines(c.Rows), "x pass@1/correct b: 0.8 -> 81 = 80.2 no_inference")
	wantLines(t, "scales are averaged with each other under no option", averageLines(c.Averages), "b fraction higher 0 of 1: - -> - = - -x:scale")
	averages, _, err := compare.AverageSides([]compare.Side{side("a", fraction), side("b", percent.job(t))}, options(t, allow("*")))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range averages.Averages {
		if a.Tasks != 0 || a.Value != nil || len(a.Dropped) != 1 || a.Dropped[0].Reason != "scale" {
			t.Errorf("%+v", a)
		}
	}
}

// A core before 0.1.40 recorded only what the user gave.
func TestOldCore(t *testing.T) {
	old := byob("a.0", "x", "0.5", "{temperature: null, limit_samples: null, max_new_tokens: 5}")
	old.core = "0.1.30"
	for params, want := range map[string]string{
		"{}":                                    "CONFIG_UNKNOWN max_new_tokens",
		"{max_new_tokens: 5}":                   "",
		"{temperature: 0, max_new_tokens: 5}":   "CONFIG_UNKNOWN temperature",
		"{max_new_tokens: 6}":                   "CONFIG_DIFFERS max_new_tokens",
		"{max_new_tokens: 5, extra: {args: x}}": "CONFIG_UNKNOWN extra.args",
	} {
		c, _ := versus(t, old.job(t), asked(t, "b.0", params))
		if got := strings.Join(warningLines(c.Rows[0].Warnings), ";"); got != want {
			t.Errorf("%s: %s, want %s", params, got, want)
		}
		if c.Rows[0].Verdict != compare.NoInference {
			t.Errorf("%s: %v", params, rowLines(c.Rows))
		}
	}
	c, _ := versus(t, old.job(t), asked(t, "b.0", "{limit_samples: 5, max_new_tokens: 5}"))
	wantLines(t, "without a limit all samples are meant", c.Rows[0].Reasons, "limit_samples")
}

func TestAllow(t *testing.T) {
	a, b := asked(t, "a.0", "{limit_samples: 5, task: a, extra: {judge: {model_id: a, temperature: 0}}}"), asked(t, "b.0", "{task: b, extra: {judge: {model_id: b, temperature: 1}}}")
	for _, test := range []struct {
		globs []string
		hard  string
		soft  string
	}{
		{nil, "judge.model_id,judge.temperature,limit_samples,params.task", ""},
		{[]string{"limit_samples"}, "judge.model_id,judge.temperature,params.task", "CONFIG_DIFFERS limit_samples"},
		{[]string{"judge.*"}, "limit_samples,params.task", "CONFIG_DIFFERS judge.model_id,judge.temperature"},
		{[]string{"judge"}, "judge.model_id,judge.temperature,limit_samples,params.task", ""},
		{[]string{"judge.*", "limit_*", "params.tas?"}, "", "CONFIG_DIFFERS judge.model_id,judge.temperature,limit_samples,params.task"},
		{[]string{"LIMIT_SAMPLES", ""}, "judge.model_id,judge.temperature,limit_samples,params.task", ""},
	} {
		c, _ := versus(t, a, b, allow(test.globs...))
		row := c.Rows[0]
		if got := strings.Join(row.Reasons, ","); got != test.hard {
			t.Errorf("%q: reasons %s, want %s", test.globs, got, test.hard)
		}
		if got := strings.Join(warningLines(row.Warnings), ";"); got != test.soft {
			t.Errorf("%q: warnings %s, want %s", test.globs, got, test.soft)
		}
	}
	soft := func(id, params string) nemo.Job { return asked(t, id, params) }
	c, _ := versus(t, soft("a.0", "{temperature: 0, top_p: 0}"), soft("b.0", "{temperature: 1, top_p: 1}"), strict, allow("temperature"))
	wantLines(t, "strict and allowed", rowLines(c.Rows), "x pass@1/correct b: 0.5 -> 0.5 = 0 not_comparable top_p")

	if err := compare.CheckAllow([]string{"judge.*", "[a-z]*"}); err != nil {
		t.Error(err)
	}
	if err := compare.CheckAllow([]string{"a", "[a"}); err == nil {
		t.Error("a malformed glob is no error")
	}
}
