package gate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// nelPolicy is a policy as nel gate documents it.
const nelPolicy = `version: 1                      # only 1; unknown keys are errors
defaults:                       # built-in defaults shown
  tier: supporting              # critical | supporting | advisory
  max_drop: 0.015               # >= 0, absolute, 0-1 scale
  max_relative_drop: null       # >= 0
  relative_guard_below: null    # 0..1: relative rule only if baseline is below
  metric: null                  # non-advisory: mean_reward or pass@1
  direction: higher_is_better   # or lower_is_better
benchmarks:                     # null overrides inherit
  gpqa_diamond: {tier: critical, max_drop: 0.01, max_relative_drop: 0.10, metric: pass@1}
  mmlu: {tier: advisory, metric: exact_match}
`

// ownPolicy uses every key.
const ownPolicy = `version: 1
defaults: {tier: supporting, max_drop: 0.015}
benchmarks:
  gpqa_diamond: {tier: critical, max_drop: 0.01}
  ifeval: {metric: prompt_level_strict_acc, min: 0.72}   # min, max: in the task's own scale
  arena: {max_drop: {elo: 15}, direction: lower_is_better, relative_guard_below: 0.5, max_relative_drop: 0.2, max: 3}
bounds:                                                  # no baseline needed
  ifeval/inst_level_loose_acc: ">=0.80"                  # TASK/METRIC[/SCORE]
  runtime/avg_latency_ms: "<=2s"                         # every task; units ms, s, %, tokens
  runtime/finish_reason.length: "<=2%"
  runtime/status.non_200: "==0"
  coverage: ">=100%"                                     # tasks with results, of those configured
  mlflow:drift_score: "<=0.1"                            # any metric of the runs
  gpqa_diamond/score: {bound: ">= 0.4", tier: advisory}
comparability: {allow: [temperature]}
decision: point
accuracy: ">=0.92"
latency_p95: "<=200ms"
`

func TestPolicyOfNelGateLoadsAsItIs(t *testing.T) {
	p := policy(t, nelPolicy)
	if len(p.Benchmarks) != 2 || p.Decision != gate.DecideCI || p.Version != 1 || len(p.Bounds) != 0 {
		t.Fatalf("%+v", p)
	}
	gpqa, mmlu := p.Benchmarks[0], p.Benchmarks[1]
	if gpqa.Name != "gpqa_diamond" || gpqa.Tier != gate.Critical || gpqa.Metric != "pass@1" ||
		gpqa.MaxDrop.String() != "0.01" || gpqa.MaxRelativeDrop.String() != "0.1" || gpqa.Line != 10 || gpqa.Column != 3 {
		t.Errorf("%+v", gpqa)
	}
	if mmlu.Tier != gate.Advisory || mmlu.MaxDrop != nil || mmlu.Metric != "exact_match" {
		t.Errorf("%+v", mmlu)
	}
}

func TestOwnPolicy(t *testing.T) {
	p := policy(t, ownPolicy)
	var bounds []string
	for _, b := range p.Bounds {
		bounds = append(bounds, b.Measure+" "+b.String()+" "+string(b.Tier))
	}
	want := []string{
		"ifeval/inst_level_loose_acc >=0.8 critical", "runtime/avg_latency_ms <=2s critical", "runtime/finish_reason.length <=2% critical",
		"runtime/status.non_200 ==0 critical", "coverage >=100% critical", "mlflow:drift_score <=0.1 critical",
		"gpqa_diamond/score >=0.4 advisory", "accuracy >=0.92 critical", "latency_p95 <=200ms critical",
	}
	if diff := cmp.Diff(want, bounds); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
	arena := p.Benchmarks[2]
	if diff := cmp.Diff(map[string]decimal.Decimal{"elo": decimal.FromInt(15)}, arena.MaxDropOn); diff != "" {
		t.Error(diff)
	}
	if p.Decision != gate.DecidePoint || len(p.Allow) != 1 || p.Allow[0] != "temperature" || len(p.SHA256) != 64 {
		t.Errorf("%+v", p)
	}
}

func TestMistakesInPolicies(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "1:1: the file is empty"},
		{"# nothing", "1:1: the file is empty"},
		{"null", "1:1: a policy is a mapping: version, defaults, benchmarks, bounds"},
		{"- 1", "1:1: a policy is a mapping: version, defaults, benchmarks, bounds"},
		{"version: 2", `1:10: version is 1, not "2"`},
		{"version: '1'", `1:10: version is 1, not "1"`},
		{"defaults: {max_drp: 0.1}", "1:12: defaults: unknown key max_drp; did you mean max_drop?"},
		{"benchmark: {}", "1:1: unknown key benchmark; did you mean benchmarks?"},
		{"frobnicate: 1", "1:1: unknown key frobnicate"},
		{"defaults: 1", "1:11: defaults is a mapping of names to values"},
		{"defaults: {tier: criticl}", `1:18: defaults.tier is one of critical, supporting, advisory, not "criticl"; did you mean critical?`},
		{"defaults: {max_drop: high}", `1:22: defaults.max_drop is a plain decimal number, not "high"`},
		{"defaults: {max_drop: '0.1'}", "1:22: defaults.max_drop is a number, not a text; leave the quotes out"},
		{"defaults: {max_drop: -0.1}", "1:22: defaults.max_drop is 0 or more, not -0.1"},
		{"defaults: {max_drop: 1.5}", "1:22: defaults.max_drop is a share of the scale, from 0 to 1, not 1.5; 0.01 is one point of a percent scale"},
		{"defaults: {max_drop: .inf}", `1:22: defaults.max_drop is a plain decimal number, not ".inf"`},
		{"defaults: {max_drop: 0x1}", `1:22: defaults.max_drop is a plain decimal number, not "0x1"`},
		{"defaults: {max_drop: true}", `1:22: defaults.max_drop is a plain decimal number, not "true"`},
		{"defaults: {max_drop: [1]}", "1:22: defaults.max_drop is a plain decimal number, not a list"},
		{"defaults: {max_drop: {eol: 1}}", "1:23: defaults.max_drop: no scale is called eol; did you mean elo?"},
		{"defaults: {min: 0.5}", "1:12: min is in a task's own scale, so it has no default; give it under benchmarks"},
		{"defaults: {relative_guard_below: 2}", "1:34: defaults.relative_guard_below is a share of the scale, from 0 to 1, not 2; 0.01 is one point of a percent scale"},
		{"defaults: {direction: up}", `1:23: defaults.direction is one of higher_is_better, lower_is_better, not "up"`},
		{"defaults: {metric: 3}", `1:20: defaults.metric is a text, not "3"`},
		{"benchmarks: [a]", "1:13: benchmarks is a mapping of names to values"},
		{"benchmarks:\n  a: {}\n  a: {}", "3:3: benchmarks: a is there twice"},
		{"benchmarks:\n  a: {min: 0.9, max: 0.1}", "2:12: a: no value is at least 0.9 and at most 0.1"},
		{"benchmarks: {a: {b: null}}", "1:18: a: unknown key b"},
		{"decision: maybe", `1:11: decision is one of ci, point, not "maybe"`},
		{"confidence: 0.5", "1:13: confidence is a coverage from 0.8 to below 1, such as 0.95, not 0.5"},
		{"confidence: 1", "1:13: confidence is a coverage from 0.8 to below 1, such as 0.95, not 1"},
		{"confidence: 95", "1:13: confidence is a coverage from 0.8 to below 1, such as 0.95, not 95"},
		{"confidence: high", `1:13: confidence is a plain decimal number, not "high"`},
		{"confidenc: 0.9", "1:1: unknown key confidenc; did you mean confidence?"},
		{"comparability: {alow: [x]}", "1:17: comparability: unknown key alow; did you mean allow?"},
		{"comparability: {allow: x}", "1:24: comparability.allow is a list of settings, such as [temperature]"},
		{"comparability: {allow: ['[']}", `1:25: comparability.allow: "[" is no pattern`},
		{"bounds: {a/b: 0.8}", `1:15: a/b: a bound begins with >=, <=, ==, > or <, and "0.8" does not`},
		{"bounds: {a/b: '=0.8'}", `1:15: a/b: a bound begins with >=, <=, ==, > or <, and "=0.8" does not`},
		{"bounds: {a/b: '>='}", `1:15: a/b: ">=" has no number after >=`},
		{"bounds: {a/b: '>=x'}", `1:15: a/b: ">=x" has no number after >=`},
		{"bounds: {a/b: '>=1 sec'}", `1:15: a/b: the unit "sec" is none of ms, s, %, tokens`},
		{"bounds: {a/b: [1]}", `1:15: a/b: a bound is a text such as ">=0.8", not a list`},
		{"bounds: {a/b: {tier: critical}}", `1:15: a/b: no bound; write {bound: ">=0.8", tier: advisory}`},
		{"bounds: {a/b: '>=180%'}", "1:15: a/b: no share is 180 %"},
		{"bounds: {/b: '>=1'}", "1:10: /b: a score is named TASK/METRIC or TASK/METRIC/SCORE"},
		{"bounds: {coverage: '>=0.9'}", "1:20: coverage: coverage is a share; write >=100%"},
		{"bounds: {coverage: '>=101%'}", "1:20: coverage: no share is above 100 %"},
		{"bounds: {coverage: '>100%'}", "1:20: coverage: no share is above 100 %"},
		{"bounds: {runtime/avg_latncy_ms: '<=2s'}", "1:10: runtime/avg_latncy_ms: no runtime measure is called avg_latncy_ms; did you mean avg_latency_ms?"},
		{"bounds: {runtime/avg_latency_ms: '<=2%'}", "1:34: runtime/avg_latency_ms: avg_latency_ms is not measured in %"},
		{"bounds: {runtime/avg_latency_ms: '<=-2s'}", "1:34: runtime/avg_latency_ms: it is never below 0"},
		{"bounds: {runtime/avg_latency_ms: '<0s'}", "1:34: runtime/avg_latency_ms: it is never below 0"},
		{"bounds: {runtime/avg_total_tokens: '<=2s'}", "1:36: runtime/avg_total_tokens: avg_total_tokens is not measured in s"},
		{"bounds: {runtime/finish_reason.length: '<=0.02'}", "1:40: runtime/finish_reason.length: a number of responses is whole; write 2% for a share of them"},
		{"bounds: {runtime/status.twohundred: '==0'}", "1:10: runtime/status.twohundred: a status is a number from 100 to 599, or non_200"},
		{"bounds: {runtime/status.099: '==0'}", "1:10: runtime/status.099: a status is a number from 100 to 599, or non_200"},
		{"bounds: {runtime/status.600: '==0'}", "1:10: runtime/status.600: a status is a number from 100 to 599, or non_200"},
		{"bounds: {runtime/status.1000: '==0'}", "1:10: runtime/status.1000: a status is a number from 100 to 599, or non_200"},
		{"bounds: {runtime/finish_reason.lengt: '<=2%'}", "1:10: runtime/finish_reason.lengt: no answer ends for the reason lengt; did you mean length?"},
		{"bounds: {runtime/finish_reason.tool_call: '<=2%'}", "1:10: runtime/finish_reason.tool_call: no answer ends for the reason tool_call; did you mean tool_calls?"},
		{"bounds: {latency_p95: '<=20%'}", "1:23: latency_p95: a latency is not measured in %"},
		{"bounds: {'mlflow:': '<=1'}", "1:10: mlflow:: mlflow: is followed by the name of a metric"},
		{"bounds: {'mlflow:x': '<=1s'}", "1:22: mlflow:x: a metric of MLflow has no unit; leave s out"},
		{"a: b: c", "1:1: not YAML: mapping values are not allowed in this context"},
		{"version: 1\n  bad: x", "2:3: not YAML: mapping values are not allowed in this context"},
		{"version: 1\n---\nversion: 1", "2:1: a second document; a policy is one"},
		{"benchmarks: {a: {<<: nonsense}}", `1:22: << merges a mapping or a list of mappings, not "nonsense"`},
		{"benchmarks: {a: {<<: 7}}", `1:22: << merges a mapping or a list of mappings, not "7"`},
		{"benchmarks: {a: {<<: null}}", "1:22: << merges a mapping or a list of mappings, not nothing"},
		{"benchmarks: {a: {<<: [{min: 1}, 7]}}", "1:22: << merges a mapping or a list of mappings, not a list"},
		{"benchmarks:\n  a: {metric: &m x}\n  b: {<<: *m}", `3:11: << merges a mapping or a list of mappings, not "x"`},
		{"a: &a [*a]", "1:4: nested too deep, or aliases that multiply"},
		{
			"version: 3\ndefaults: {tier: x, max_drop: -1}\nbounds: {coverage: '>=2'}",
			"1:10: version is 1, not \"3\"\n2:18: defaults.tier is one of critical, supporting, advisory, not \"x\"\n" +
				"2:31: defaults.max_drop is 0 or more, not -1\n3:20: coverage: coverage is a share; write >=100%",
		},
	} {
		_, err := gate.Parse("policy.yml", []byte(test.text))
		wrong, ok := errors.AsType[*gate.PolicyError](err)
		if !ok {
			t.Errorf("%q: no error, want %s", test.text, test.want)
			continue
		}
		if got := strings.ReplaceAll(wrong.Error(), "policy.yml:", ""); got != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// Anchors, aliases and merge keys are YAML that people write.
func TestPolicyWithAliases(t *testing.T) {
	p := policy(t, "benchmarks:\n  a: &strict {tier: critical, max_drop: 0.01}\n  b: *strict\n  c: {<<: *strict, max_drop: 0.02}\n")
	if len(p.Benchmarks) != 3 || p.Benchmarks[1].Tier != gate.Critical || p.Benchmarks[2].MaxDrop.String() != "0.02" || p.Benchmarks[2].Tier != gate.Critical {
		t.Errorf("%+v", p.Benchmarks)
	}
}

// Of the mappings in a list, the first to have a key wins; the benchmark's own keys
// win over all.
func TestPolicyWithListOfMerges(t *testing.T) {
	p := policy(t, "benchmarks:\n  a: &a {tier: critical, max_drop: 0.01}\n  b: &b {max_drop: 0.02, metric: x, min: 0.1}\n"+
		"  c: {<<: [*a, *b], min: 0.3}\n  d: {<<: [*b, *a]}\n  e: {<<: [*a]}\n  f: {<<: [], min: 1}\n")
	var got []string
	for _, b := range p.Benchmarks[2:] {
		drop, least := "-", "-"
		if b.MaxDrop != nil {
			drop = b.MaxDrop.String()
		}
		if b.Min != nil {
			least = b.Min.String()
		}
		got = append(got, strings.Join([]string{b.Name, string(b.Tier), drop, b.Metric, least}, " "))
	}
	want := []string{"c critical 0.01 x 0.3", "d critical 0.02 x 0.1", "e critical 0.01  -", "f  -  1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOneTaskUnderTwoNames(t *testing.T) {
	known := options(t).Catalog
	if err := policy(t, "benchmarks:\n  gpqa: {}\n  quiz: {}\n").Check(known); err != nil {
		t.Error(err)
	}
	err := policy(t, "benchmarks:\n  gpqa: {}\n  gpqa_diamond: {}\n").Check(known)
	if err == nil || err.Error() != "policy.yml:3:3: gpqa_diamond and gpqa are one task" {
		t.Error(err)
	}
}

// The flag may raise what the policy pins, and never lower it.
func TestConfidenceOfPolicies(t *testing.T) {
	for _, test := range []struct{ text, asked, want, wantError string }{
		{"version: 1", "", "0.95", ""},
		{"confidence: null", "", "0.95", ""},
		{"version: 1", "0.8", "0.8", ""},
		{"confidence: 0.8", "", "0.8", ""},
		{"confidence: 0.99", "", "0.99", ""},
		{"confidence: 0.9", "0.95", "0.95", ""},
		{"confidence: 0.9", "0.90", "0.9", ""},
		{"confidence: 0.99", "0.95", "", "policy.yml:1:13: confidence is 0.99 here, and only more can be asked for, not 0.95"},
	} {
		var asked *decimal.Decimal
		if test.asked != "" {
			asked = new(decimal.MustParse(test.asked))
		}
		level, err := policy(t, test.text).Level(asked, decimal.MustParse("0.95"))
		switch {
		case test.wantError != "" && (err == nil || err.Error() != test.wantError):
			t.Errorf("%s, asked %s: error %v", test.text, test.asked, err)
		case test.wantError == "" && (err != nil || level.String() != test.want):
			t.Errorf("%s, asked %s: %s, %v; want %s", test.text, test.asked, level, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(nelPolicy))
	f.Add([]byte(ownPolicy))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("bounds: {x: {bound: '>=1e400%'}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := gate.Parse("p", data)
		wrong, ok := errors.AsType[*gate.PolicyError](err)
		switch {
		case err == nil && p == nil, err != nil && (!ok || len(wrong.Mistakes) == 0):
			t.Fatalf("policy %v, error %v", p, err)
		case err != nil:
			for _, m := range wrong.Mistakes {
				if m.Line < 1 || m.Column < 1 || m.Message == "" {
					t.Errorf("%+v", m)
				}
			}
		default:
			for _, b := range p.Bounds {
				again, err := gate.Parse("p", []byte("bounds: {x/y: '"+b.String()+"'}"))
				if err == nil && again.Bounds[0].String() != b.String() {
					t.Errorf("%s is read as %s", b, again.Bounds[0])
				}
			}
			_ = p.Standalone()
		}
	})
}
