package nemo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// exampleFiles returns every file of one name in the example tree.
func exampleFiles(t testing.TB, name string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(exampleTree, "*", "*", "artifacts", name))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s in the examples: %v", name, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

func parseResults(t testing.TB, text string) *nemo.Results {
	t.Helper()
	results, err := nemo.ParseResults([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return results
}

// lines prints scores one a line, for comparison: section, name, metric, score
// and the value or why there is none, between bars.
func lines(scores []nemo.Score) []string {
	list := make([]string, len(scores))
	for i, s := range scores {
		list[i] = strings.Join([]string{s.Section, s.Name, s.Metric, s.Score, text(s.Value) + s.Invalid}, "|")
	}
	return list
}

func text(d *decimal.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

func wantLines(t *testing.T, results *nemo.Results, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(results.Scores)); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
}

// The shapes that the documentation and the tests of the evaluator show.
const (
	// lm-evaluation-harness before core 0.1.40: nulls, and groups repeated in tasks
	// through an alias, as PyYAML writes the same object twice.
	ifevalOld = `command: 'OPENAI_API_KEY=$API_KEY lm-eval --tasks ifeval --output_path /results
  --gen_kwargs="temperature=1e-07,top_p=0.9999999" '
config:
  output_dir: /results
  params:
    extra: {}
    limit_samples: null
    max_new_tokens: null
    max_retries: null
    parallelism: 4
    request_timeout: 3600
    task: ifeval
    temperature: null
    top_p: null
  supported_endpoint_types: null
  type: ifeval
git_hash: 001b448ca8a445a7688a02ec1a7aa7424613e7b7
results:
  groups:
    ifeval: &id001
      metrics:
        inst_level_loose_acc:
          scores:
            inst_level_loose_acc:
              stats: {}
              value: 0.8525179856115108
        inst_level_strict_acc:
          scores:
            inst_level_strict_acc:
              stats: {}
              value: 0.8105515587529976
        prompt_level_loose_acc:
          scores:
            prompt_level_loose_acc:
              stats:
                stderr: 0.0177
              value: 0.79
        prompt_level_strict_acc:
          scores:
            prompt_level_strict_acc:
              stats:
                stderr: 0.018976469193346637
              value: 0.7356746765249538
  tasks:
    ifeval: *id001
target:
  api_endpoint:
    adapter_config: {}
    api_key: API_KEY
    model_id: meta/llama-3.1-8b-instruct
    stream: null
    type: chat
    url: https://example.com/v1/chat/completions
`

	gpqaSimple = `config: {output_dir: /results, params: {extra: {}, limit_samples: 10, parallelism: 1, temperature: null}, type: gpqa_diamond}
git_hash: ''
results:
  groups: {gpqa_diamond: {metrics: {score: {scores: {micro: {stats: {stddev: 0.4898979485566356, stderr: 0.16329931618554522}, value: 0.4}}}}}}
  tasks: {gpqa_diamond: {metrics: {score: {scores: {micro: {stats: {stddev: 0.4898979485566356, stderr: 0.16329931618554522}, value: 0.4}}}}}}
target: {api_endpoint: {api_key_name: API_KEY, model_id: meta/llama-3.2-3b-instruct, type: chat}}
`

	gpqaSkills = `metadata: {versioning: {nemo_evaluator: 0.1.85, nemo_evaluator_launcher: 0.2.0}}
target: {api_endpoint: {model_id: model}}
results: {groups: {gpqa: {metrics: {pass@2: {scores: {symbolic_correct: {stats: {count: 198}, value: 79.23881673881672}}}}}}}
`
)

func TestParseResultsOldIfeval(t *testing.T) {
	results := parseResults(t, ifevalOld)
	wantLines(
		t, results,
		"groups|ifeval|inst_level_loose_acc|inst_level_loose_acc|0.8525179856115108",
		"groups|ifeval|inst_level_strict_acc|inst_level_strict_acc|0.8105515587529976",
		"groups|ifeval|prompt_level_loose_acc|prompt_level_loose_acc|0.79",
		"groups|ifeval|prompt_level_strict_acc|prompt_level_strict_acc|0.7356746765249538",
	)
	last := results.Scores[3]
	if got := text(last.Stats.Stderr); got != "0.018976469193346637" {
		t.Errorf("stderr %s", got)
	}
	if want := "/results/groups/ifeval/metrics/prompt_level_strict_acc/scores/prompt_level_strict_acc/value"; last.Pointer != want {
		t.Errorf("pointer %s, want %s", last.Pointer, want)
	}
	if got := strings.Split(ifevalOld, "\n")[last.Line-1]; got != "              value: 0.7356746765249538" {
		t.Errorf("line %d is %q", last.Line, got)
	}
	got := *results
	want := nemo.Results{Type: "ifeval", ModelID: "meta/llama-3.1-8b-instruct", GitHash: "001b448ca8a445a7688a02ec1a7aa7424613e7b7"}
	if got.Type != want.Type || got.ModelID != want.ModelID || got.GitHash != want.GitHash || got.EvaluatorVersion != "" || got.LauncherVersion != "" {
		t.Errorf("got %q %q %q %q %q", got.Type, got.ModelID, got.GitHash, got.EvaluatorVersion, got.LauncherVersion)
	}
}

func TestParseResultsSimpleEvals(t *testing.T) {
	results := parseResults(t, gpqaSimple)
	wantLines(t, results, "groups|gpqa_diamond|score|micro|0.4")
	stats := results.Scores[0].Stats
	if text(stats.Stddev) != "0.4898979485566356" || text(stats.Stderr) != "0.16329931618554522" || stats.Count != nil {
		t.Errorf("stats %+v", stats)
	}
	if results.GitHash != "" {
		t.Errorf("git hash %q", results.GitHash)
	}
}

func TestParseResultsNemoSkills(t *testing.T) {
	results := parseResults(t, gpqaSkills)
	wantLines(t, results, "groups|gpqa|pass@2|symbolic_correct|79.23881673881672")
	if got := text(results.Scores[0].Stats.Count); got != "198" {
		t.Errorf("count %s", got)
	}
	if results.EvaluatorVersion != "0.1.85" || results.LauncherVersion != "0.2.0" || results.ModelID != "model" || results.Type != "" {
		t.Errorf("got %q %q %q %q", results.EvaluatorVersion, results.LauncherVersion, results.ModelID, results.Type)
	}
}

// Each text is the value of "results".
func TestFact09ParseResultsShapes(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{
			"nested groups",
			`{groups: {demo: {metrics: {accuracy: {scores: {macro: {value: 0.6, stats: {}}}}},
				groups: {subgroup_one: {metrics: {accuracy: {scores: {macro: {value: 0.4, stats: {}}}}}}}}}}`,
			[]string{"groups|demo|accuracy|macro|0.6", "groups|demo/subgroup_one|accuracy|macro|0.4"},
		},
		{
			"a judge in the name, and a count of 0",
			`{groups: {"mtbench:gpt-4": {metrics: {average_score: {scores: {average_score: {value: 7.9, stats: {}}, num_missing: {value: 0, stats: {}}}}}}}}`,
			[]string{"groups|mtbench:gpt-4|average_score|average_score|7.9", "groups|mtbench:gpt-4|average_score|num_missing|0"},
		},
		{
			"dots in a name",
			`{tasks: {dan.Dan_11_0: {metrics: {pass_rate: {scores: {pass_rate: {value: 0.93, stats: {count: 256}}}}}}}}`,
			[]string{"tasks|dan.Dan_11_0|pass_rate|pass_rate|0.93"},
		},
		{
			"no groups",
			`{tasks: {aegis_v2: {metrics: {safety_rate: {scores: {safety_rate: {value: 0.97, stats: {}}}}}}}}`,
			[]string{"tasks|aegis_v2|safety_rate|safety_rate|0.97"},
		},
		{"empty sections", `{groups: {}, tasks: {}}`, []string{}},
		{"null sections", `{groups: null, tasks: ~}`, []string{}},
		{"no sections", `{}`, []string{}},
		{"null", `null`, []string{}},
		{"empty", ``, []string{}},
		{"unknown sections", `{members: {a: {metrics: {m: {scores: {s: {value: 1}}}}}}}`, []string{}},
		{
			"null inside",
			`{groups: {a: null, b: {metrics: null, groups: null}, c: {metrics: {m: null, n: {scores: null}}, groups: {d: null}}}}`,
			[]string{},
		},
		{
			"null and absent values are two states, and no 0",
			`{tasks: {a: {metrics: {m: {scores: {null: {value: null, stats: null}, none: {stats: {}}, nothing: null, bare: 0.5}}}}}}`,
			[]string{"tasks|a|m|null|null", "tasks|a|m|none|absent", "tasks|a|m|nothing|absent", "tasks|a|m|bare|absent"},
		},
		{
			"numbers as harnesses write them",
			`{tasks: {a: {metrics: {m: {scores: {
				int: {value: 3}, text: {value: '0.50'}, spaced: {value: ' 0.5 '}, yes: {value: true}, no: {value: False}, small: {value: 1.0e-07},
				long: {value: 0.12345678901234567890123}, minus: {value: -0.0}}}}}}}`,
			[]string{
				"tasks|a|m|int|3", "tasks|a|m|text|0.5", "tasks|a|m|spaced|0.5", "tasks|a|m|yes|1", "tasks|a|m|no|0", "tasks|a|m|small|0.0000001",
				"tasks|a|m|long|0.12345678901234567890123", "tasks|a|m|minus|0",
			},
		},
		{
			"no finite numbers",
			`{tasks: {a: {metrics: {m: {scores: {
				n: {value: .nan}, N: {value: NaN}, i: {value: .inf}, j: {value: -.Inf}, t: {value: "-Infinity"}, w: {value: N/A},
				q: {value: 'true'}, l: {value: [1]}, o: {value: {a: 1}}, h: {value: 0x1F}, f: {value: 1/3}, u: {value: 1_000}, e: {value: 1e999}}}}}}}`,
			[]string{
				"tasks|a|m|n|nan", "tasks|a|m|N|nan", "tasks|a|m|i|infinite", "tasks|a|m|j|infinite", "tasks|a|m|t|infinite", "tasks|a|m|w|not_a_number",
				"tasks|a|m|q|not_a_number", "tasks|a|m|l|not_a_number", "tasks|a|m|o|not_a_number", "tasks|a|m|h|not_a_number",
				"tasks|a|m|f|not_a_number", "tasks|a|m|u|not_a_number", "tasks|a|m|e|not_a_number",
			},
		},
		{
			"the same data in both sections is listed once, other data twice",
			`{groups: {a: {metrics: {m: {scores: {s: {value: 0.50}, t: {value: .nan}, u: {value: 1}}}}}},
				tasks: {a: {metrics: {m: {scores: {s: {value: 0.5}, t: {value: .nan}, u: {value: 2}}}}}, b: {metrics: {m: {scores: {s: {value: 0.5}}}}}}}`,
			[]string{"groups|a|m|s|0.5", "groups|a|m|t|nan", "groups|a|m|u|1", "tasks|a|m|u|2", "tasks|b|m|s|0.5"},
		},
		{
			"of equal keys the last counts, whole",
			`{tasks: {a: {metrics: {m: {scores: {s: {value: 1}}}}}, a: {metrics: {n: {scores: {s: {value: 2}, s: {value: 3}}}}}}}`,
			[]string{"tasks|a|n|s|3"},
		},
		{
			"keys that are no strings",
			`{tasks: {2024: {metrics: {1: {scores: {true: {value: 0.1}, null: {value: 0.2}, 1.50: {value: 0.3}}}}}}}`,
			[]string{"tasks|2024|1|true|0.1", "tasks|2024|1|null|0.2", "tasks|2024|1|1.50|0.3"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLines(t, parseResults(t, "results: "+strings.ReplaceAll(test.text, "\t", " ")), test.want...)
		})
	}
}

func TestParseResultsPointersFindStrangeNames(t *testing.T) {
	for _, name := range []string{
		"a,b", "a:b", "pass@1[avg-of-16]", "acc (norm)", "a/b", "50%", "v1.0", "n_needles=2", "two words", "~", "~1", "/", "", "été", "<b>&", `"quoted"`, "a\tb",
	} {
		results := parseResults(t, fmt.Sprintf("results: {groups: {%q: {metrics: {%q: {scores: {%q: {value: 0.5}}}}}}}", name, name, name))
		if len(results.Scores) != 1 {
			t.Errorf("%q: %d scores", name, len(results.Scores))
			continue
		}
		s := results.Scores[0]
		if s.Name != name || s.Metric != name || s.Score != name {
			t.Errorf("got %q %q %q, want %q", s.Name, s.Metric, s.Score, name)
		}
		escaped := strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
		want := "/results/groups/" + escaped + "/metrics/" + escaped + "/scores/" + escaped + "/value"
		if s.Pointer != want {
			t.Errorf("pointer %s, want %s", s.Pointer, want)
		}
	}
}

func TestParseResultsReadsIDsAsText(t *testing.T) {
	results := parseResults(t, `git_hash: 12345e67
config: {type: 007}
target: {api_endpoint: {model_id: 1e3}}
metadata: {versioning: {nemo_evaluator: 0.10, nemo_evaluator_launcher: 26.10}}
results: {}
`)
	got := []string{results.GitHash, results.Type, results.ModelID, results.EvaluatorVersion, results.LauncherVersion}
	if diff := cmp.Diff([]string{"12345e67", "007", "1e3", "0.10", "26.10"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseResultsStats(t *testing.T) {
	for _, test := range []struct {
		text    string
		stderr  string
		invalid bool
	}{
		{"{}", "", false},
		{"null", "", false},
		{"{stderr: 0.0250}", "0.025", false},
		{"{stderr: 0}", "0", false},
		{"{stderr: '0.5'}", "0.5", false},
		{"{stderr: null}", "", false},
		{"{stderr: N/A}", "", false}, // lm-eval: there is none
		{"{stderr: -0.1}", "", true},
		{"{stderr: .nan}", "", true},
		{"{stderr: .inf}", "", true},
	} {
		stats := parseResults(t, "results: {tasks: {a: {metrics: {m: {scores: {s: {value: 1, stats: "+test.text+"}}}}}}}").Scores[0].Stats
		if text(stats.Stderr) != test.stderr || stats.StderrInvalid != test.invalid {
			t.Errorf("%s: %q, invalid %v", test.text, text(stats.Stderr), stats.StderrInvalid)
		}
	}
	stats := parseResults(t, "results: {tasks: {a: {metrics: {m: {scores: {s: {value: 1, stats: {count: 7, mean: 1.50, variance: 0.25, stddev: 0.5, sum: 3}}}}}}}}").Scores[0].Stats
	if text(stats.Count) != "7" || text(stats.Mean) != "1.5" || text(stats.Variance) != "0.25" || text(stats.Stddev) != "0.5" {
		t.Errorf("stats %+v", stats)
	}
}

func TestParseResultsErrors(t *testing.T) {
	for _, test := range []struct {
		name, text string
		line       int
	}{
		{"empty", "", 0},
		{"only a comment", "# nothing\n", 0},
		{"a list", "\n- a\n", 2},
		{"a word", "results", 1},
		{"another file", "framework_name: x\nconfig: {}\n", 0},
		{"results is a list", "command: x\nresults: [1]\n", 2},
		{"results is a word", "results: done\n", 1},
		{"groups is a list", "results:\n  tasks: {}\n  groups: [1]\n", 3},
		{"tasks is a number", "results:\n  tasks: 3\n", 2},
		{"an open bracket", "x: 1\nresults: {tasks: [\n", 2},
		{"a tab as indentation", "results:\n\ttasks: {}\n", 2},
		{"a tab on the first line", "\tresults: {}\n", 1},
		{"a control character", "a: 1\nresults: \x01\n", 2},
		{"not UTF-8", "a: 1\nb: é\nresults: \xff\xfe\n", 3},
		{"an unknown alias", "a: 1\nresults: *a\n", 2},
		{"an alias of itself", "results: &a {tasks: *a}\n", 1},
		{"a page of HTML", "<!doctype html><html><body>sign in: now</body></html>", 0},
		{"cut after the results", "command: x\nconfig: {}\nresults:\n  tasks: {}\n", 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			results, err := nemo.ParseResults([]byte(test.text))
			syntax, ok := errors.AsType[*nemo.SyntaxError](err)
			if !ok {
				t.Fatalf("got %+v, %v", results, err)
			}
			if syntax.Line != test.line || syntax.Message == "" {
				t.Errorf("line %d, want %d: %q", syntax.Line, test.line, err)
			}
			if strings.Contains(err.Error(), "yaml") || strings.Contains(err.Error(), "Go ") {
				t.Errorf("the message is the library's: %q", err)
			}
		})
	}
}

func TestParseResultsBoundsItsWork(t *testing.T) {
	bomb := "a0: &a0 {value: 1}\n"
	for i := 1; i < 40; i++ {
		bomb += fmt.Sprintf("a%d: &a%d {l: *a%d, r: *a%d}\n", i, i, i-1, i-1)
	}
	nested := "{metrics: {m: {scores: {s: {value: 1}}}}}"
	for range 100 {
		nested = "{groups: {g: " + nested + "}}"
	}
	for name, text := range map[string]string{
		"aliases that multiply": bomb + "results: {}\n",
		"deep groups":           "results: {groups: {g: " + nested + "}}",
		"deep lists":            "x: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\nresults: {}\n",
		"very deep lists":       "x: " + strings.Repeat("[", 200_000),
	} {
		if _, err := nemo.ParseResults([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := nemo.ParseResults(make([]byte, nemo.MaxFileBytes+1)); err == nil {
		t.Error("a huge file: no error")
	}
}

// What an editor or another system may have done to a file.
func TestParseResultsTransports(t *testing.T) {
	want := lines(parseResults(t, ifevalOld).Scores)
	for name, text := range map[string]string{
		"CRLF":               strings.ReplaceAll(ifevalOld, "\n", "\r\n"),
		"a byte order mark":  "\ufeff" + ifevalOld,
		"a document start":   "---\n" + ifevalOld,
		"a document end":     ifevalOld + "...\n",
		"no newline at end":  strings.TrimSuffix(ifevalOld, "\n"),
		"a comment in front": "# copied\n" + ifevalOld,
	} {
		if diff := cmp.Diff(want, lines(parseResults(t, text).Scores)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A file that was cut anywhere before its end of results is an error, never fewer
// scores or half a number.
func TestParseResultsTruncated(t *testing.T) {
	whole := lines(parseResults(t, ifevalOld).Scores)
	for n := range len(ifevalOld) {
		results, err := nemo.ParseResults([]byte(ifevalOld[:n]))
		if err != nil {
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok {
				t.Errorf("%d bytes: %T", n, err)
			}
			continue
		}
		if diff := cmp.Diff(whole, lines(results.Scores)); diff != "" {
			t.Fatalf("%d bytes, ending in %q, give (-want +got):\n%s", n, ifevalOld[max(0, n-30):n], diff)
		}
	}
}

func TestParseResultsExamplesTruncated(t *testing.T) {
	for name, data := range exampleFiles(t, "results.yml") {
		whole, err := nemo.ParseResults(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := 0; n < len(data); n += 37 {
			results, err := nemo.ParseResults(data[:n])
			if err == nil && !cmp.Equal(lines(whole.Scores), lines(results.Scores)) {
				t.Fatalf("%s: %d of %d bytes give other scores", name, n, len(data))
			}
		}
	}
}

func TestParseResultsExamples(t *testing.T) {
	scores := map[string][]int{}
	for name, data := range exampleFiles(t, "results.yml") {
		results, err := nemo.ParseResults(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		job := filepath.Base(filepath.Dir(filepath.Dir(name)))
		if !slices.Contains(scores[job], len(results.Scores)) {
			scores[job] = append(scores[job], len(results.Scores))
			slices.Sort(scores[job])
		}
		if results.EvaluatorVersion != "0.2.8" || results.LauncherVersion != "0.2.6" || results.ModelID == "" || results.Type == "" {
			t.Errorf("%s: %q %q %q %q", name, results.EvaluatorVersion, results.LauncherVersion, results.ModelID, results.Type)
		}
		source := strings.Split(string(data), "\n")
		for _, s := range results.Scores {
			if s.Value == nil {
				t.Errorf("%s: %s is %s", name, s.Pointer, s.Invalid)
			} else if d, err := decimal.Parse(strings.TrimPrefix(strings.TrimSpace(source[s.Line-1]), "value: ")); err != nil || !d.Equal(*s.Value) {
				t.Errorf("%s:%d has %q, not %s", name, s.Line, source[s.Line-1], s.Value)
			}
		}
	}
	want := map[string][]int{
		"byob_arith.arith.0": {3}, "lm-evaluation-harness.story.1": {8}, "bfcl.bfclv2_ast.2": {5, 7}, // 5 with a limit
		"byob_arith.arith.1": {3}, "bfclv2_ast.0": {6},
	}
	if diff := cmp.Diff(want, scores); diff != "" {
		t.Errorf("scores by job (-want +got):\n%s", diff)
	}
}

func TestMarkPlaceholders(t *testing.T) {
	const text = "results: {tasks: {a: {metrics: {score: {scores: {none: {value: 0.0, stats: {}}, zero: {value: 0.0, stats: {stddev: 0.0}}, half: {value: 0.5, stats: {}}}}}}}}"
	results := parseResults(t, text)
	results.MarkPlaceholders("helm")
	wantLines(t, results, "tasks|a|score|none|no_data", "tasks|a|score|zero|0", "tasks|a|score|half|0.5")
	results = parseResults(t, text)
	results.MarkPlaceholders("bfcl")
	wantLines(t, results, "tasks|a|score|none|0", "tasks|a|score|zero|0", "tasks|a|score|half|0.5")
}

// Whatever parses can be written down and read again.
func FuzzParseResults(f *testing.F) {
	for _, seed := range []string{
		ifevalOld, gpqaSimple, gpqaSkills, "results: {tasks: {a: {metrics: {m: {scores: {s: {value: .nan, stats: {stderr: -1}}}}}}}}",
		"results: &a {groups: {x: {groups: {y: {metrics: {m: {scores: {s: {value: '1'}}}}}}}}}", "results: {tasks: {? [a] : {}}}", "results: *a", "\ufeffresults:", "results:\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		results, err := nemo.ParseResults(data)
		if err != nil {
			if syntax, ok := errors.AsType[*nemo.SyntaxError](err); !ok || syntax.Message == "" {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		results.Settings("results.yml")
		keys := map[string]bool{}
		for _, s := range results.Scores {
			if (s.Value == nil) == (s.Invalid == "") {
				t.Errorf("%s: value %v, invalid %q", s.Pointer, s.Value, s.Invalid)
			}
			if keys[s.Key()] {
				t.Errorf("two scores %q", s.Key())
			}
			keys[s.Key()] = true
		}
		again, err := nemo.ParseResults(written(results.Scores))
		if err != nil {
			t.Fatalf("%v in what was written:\n%s", err, written(results.Scores))
		}
		if diff := cmp.Diff(lines(results.Scores), lines(again.Scores)); diff != "" {
			t.Errorf("written and read (-want +got):\n%s", diff)
		}
	})
}
