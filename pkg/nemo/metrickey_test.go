package nemo_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Keys that the exporters of launcher 0.2.6, 0.1.26 and 0.1.14 made of these
// names; "" is left out of the export.
func TestFact07MetricKeysOfEveryFormat(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for _, test := range []struct {
		name, metric, score       string
		since127, since115, first string
	}{
		{
			"gpqa", "pass@1[avg-of-16]", "symbolic_correct",
			"gpqa_pass_at_1_avg-of-16_symbolic_correct", "gpqa_pass_at_1_avg-of-16_symbolic_correct", "gpqa_pass@1[avg-of-16]_symbolic_correct",
		},
		{"ifbench", "loose:prompt-level", "loose:prompt-level", "ifbench_loose_prompt-level", "", ""},
		{
			"gsm8k", "exact_match__strict-match", "exact_match__strict-match", "gsm8k_exact_match_strict-match",
			"gsm8k_exact_match_strict-match_exact_match_strict-match", "gsm8k_exact_match__strict-match_exact_match__strict-match",
		},
		{"mbpp", "pass@10", "pass@10", "mbpp_pass_at_10", "mbpp_pass_at_10_pass_at_10", "mbpp_pass@10_pass@10"},
		{"x", "majority@8", "majority@8", "x_majority_8", "", ""},
		{
			"mtbench:gpt-4", "average_score", "num_missing", "mtbench_gpt-4_average_score_num_missing",
			"mtbench_gpt-4_average_score_num_missing", "mtbench:gpt-4_average_score_num_missing",
		},
		{
			"AIME_2025", "score", "micro_avg_of_64", "AIME_2025_score_micro_avg_of_64",
			"AIME_2025_score_micro_avg_of_64", "AIME_2025_score_micro_avg_of_64",
		},
		{"x", "acc (norm)", "acc (norm)", "x_acc _norm_", "x_acc _norm_acc _norm_", "x_acc (norm)_acc (norm)"},
		{"ifeval", "prompt_level_strict_acc", "prompt_level_strict_acc", "ifeval_prompt_level_strict_acc", "ifeval_prompt_level_strict_acc_prompt_level_strict_acc", "ifeval_prompt_level_strict_acc_prompt_level_strict_acc"},
		{"x", "gen_seconds", "gen_seconds", "x_gen_seconds", "", ""},
		// "em" is in it, and capitals do not matter.
		{"x", "TEMPerature", "v", "x_TEMPerature_v", "x_TEMPerature_v", "x_TEMPerature_v"},
		{"äé中", "f1", "٣", "äé中_f1_٣", "äé中_f1_٣", "äé中_f1_٣"},
		{" a", "acc", "b ", "a_acc_b", "a_acc_b", " a_acc_b "},
		{long, "acc", "acc", long[:500], long[:500], long + "_acc_acc"},
	} {
		s := nemo.Score{Section: nemo.Tasks, Name: test.name, Metric: test.metric, Score: test.score}
		for format, want := range map[nemo.KeyFormat]string{nemo.Keys127: test.since127, nemo.Keys115: test.since115, nemo.Keys100: test.first} {
			got, ok := format.MetricKey(s)
			if got != want || ok != (want != "") {
				t.Errorf("format %d of %q %q %q: %q, %v, want %q", format, test.name, test.metric, test.score, got, ok, want)
			}
		}
	}
	for raw, want := range map[string]string{
		"n_needles=2/pass@1/accuracy": "n_needles_2/pass_at_1/accuracy",
		"":                            "key", "   ": "key", "@": "_", "a\tb": "a_b", "pass@pass@1": "pass_at_pass_at_1",
	} {
		if got := nemo.SanitizeKey(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

// Nested groups are joined by "_" in a key since 0.1.27 and left out before; a
// name with a slash is not nested.
func TestMetricKeyOfNestedGroups(t *testing.T) {
	results, err := nemo.ParseResults([]byte(`results: {groups: {demo: {metrics: {}, groups: {"sub/one": {metrics: {acc: {scores: {macro: {value: 0.4}}}}}}}, a/b: {metrics: {acc: {scores: {macro: {value: 1}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range results.Scores {
		for _, format := range nemo.KeyFormats() {
			key, ok := format.MetricKey(s)
			got = append(got, s.Name+" "+key)
			if !ok && key != "" {
				t.Errorf("%q without ok", key)
			}
		}
	}
	want := []string{
		"demo/sub/one demo_sub/one_acc_macro", "demo/sub/one ", "demo/sub/one ",
		"a/b a/b_acc_macro", "a/b a/b_acc_macro", "a/b a/b_acc_macro",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzSanitizeKey(f *testing.F) {
	for _, seed := range []string{"gpqa_pass@1[avg-of-16]_x", "a__b", " x ", "\xff\x00", "ä中٣\u0301", strings.Repeat("_@", 400)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		key := nemo.SanitizeKey(raw)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 250 || !utf8.ValidString(key):
			t.Errorf("%q gives %q", raw, key)
		case strings.Contains(key, "__") || strings.Contains(key, "pass@") || strings.HasPrefix(key, " "):
			t.Errorf("%q gives %q", raw, key)
		case strings.Trim(nemo.SanitizeKey(key), " ") != strings.Trim(key, " "):
			t.Errorf("%q gives %q, and that %q", raw, key, nemo.SanitizeKey(key))
		}
	})
}

func TestMetricScores(t *testing.T) {
	tenth := 0.1
	got := nemo.MetricScores("arith", map[string]float64{
		"arith_pass_at_1_correct": 0.89, "z": math.NaN(), "y": math.Inf(-1), "tiny": 5e-324, "sum": tenth + 2*tenth, "whole": 1e21,
	})
	var lines []string
	for _, s := range got {
		value := s.Invalid
		if s.Value != nil {
			value = s.Value.String()
		}
		if s.Section != nemo.Metrics || s.Name != "arith" || s.Score != s.Metric || s.Pointer != s.Metric {
			t.Errorf("%+v", s)
		}
		lines = append(lines, s.Metric+" "+value)
	}
	want := []string{
		"arith_pass_at_1_correct 0.89", "sum 0.30000000000000004", "tiny 0." + strings.Repeat("0", 323) + "5",
		"whole 1000000000000000000000", "y infinite", "z nan",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// match writes the links of MatchKeys as "score>key,…".
func match(scores []nemo.Score, keys []string) []string {
	keysOf, scoresOf := nemo.MatchKeys(scores, keys)
	var links []string
	for i, s := range scores {
		for _, k := range keysOf[i] {
			if !slices.Contains(scoresOf[k], i) {
				links = append(links, "one way")
			}
			links = append(links, s.Metric+"/"+s.Score+">"+keys[k])
		}
	}
	return links
}

func TestFact06MetricKeysAreLossy(t *testing.T) {
	named := func(metricAndScore ...string) (list []nemo.Score) {
		for _, text := range metricAndScore {
			metric, score, two := strings.Cut(text, "/")
			if !two {
				score = metric
			}
			list = append(list, nemo.Score{Section: nemo.Groups, Name: "t", Metric: metric, Score: score})
		}
		return list
	}
	for _, test := range []struct {
		name         string
		scores, keys []string
		want         []string
	}{
		{"since 0.1.27", []string{"acc", "acc_norm"}, []string{"t_acc", "t_acc_norm", "other"}, []string{"acc/acc>t_acc", "acc_norm/acc_norm>t_acc_norm"}},
		{"before 0.1.27", []string{"acc", "acc_norm"}, []string{"t_acc_acc", "t_acc_norm_acc_norm"}, []string{"acc/acc>t_acc_acc", "acc_norm/acc_norm>t_acc_norm_acc_norm"}},
		{"before 0.1.15", []string{"pass@1"}, []string{"t_pass@1_pass@1"}, []string{"pass@1/pass@1>t_pass@1_pass@1"}},
		{"the format that explains most", []string{"acc", "acc_acc", "x"}, []string{"t_acc", "t_acc_acc", "t_x"}, []string{"acc/acc>t_acc", "acc_acc/acc_acc>t_acc_acc", "x/x>t_x"}},
		{"two names of one key", []string{"acc/a__b", "acc/a_b"}, []string{"t_acc_a_b"}, []string{"acc/a__b>t_acc_a_b", "acc/a_b>t_acc_a_b"}},
		// Either format explains the one key, by another score each.
		{"two formats of one key", []string{"acc", "acc_acc"}, []string{"t_acc_acc"}, []string{"acc/acc>t_acc_acc", "acc_acc/acc_acc>t_acc_acc"}},
		{"nothing", []string{"acc"}, []string{"u_acc"}, nil},
		{"no keys", []string{"acc"}, nil, nil},
	} {
		got := match(named(test.scores...), test.keys)
		slices.Sort(got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func FuzzMatchKeys(f *testing.F) {
	f.Add("acc acc_norm a__b a_b pass@1 pass@1_pass@1")
	f.Fuzz(func(t *testing.T, metrics string) {
		var scores []nemo.Score
		keys := []string{"other_acc"}
		for _, m := range strings.Fields(metrics) {
			s := nemo.Score{Name: "t", Metric: m, Score: m}
			key, _ := nemo.Keys127.MetricKey(s)
			scores, keys = append(scores, s), append(keys, key)
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		keysOf, scoresOf := nemo.MatchKeys(scores, keys)
		// A score is found by its own key, if only among several.
		for i, s := range scores {
			key, _ := nemo.Keys127.MetricKey(s)
			at, _ := slices.BinarySearch(keys, key)
			if !slices.Contains(keysOf[i], at) || !slices.Contains(scoresOf[at], i) {
				t.Fatalf("%q is not among %v of %q", key, keysOf[i], keys)
			}
		}
	})
}
