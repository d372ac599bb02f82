package compare_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRow(t *testing.T) {
	stats := func(id, value, stats string) nemo.Job {
		s := byob(id, "arith", value, "{temperature: 0.6}")
		s.results = strings.Replace(s.results, "stats: {}", "stats: "+stats, 1)
		return s.job(t)
	}
	c, warnings := versus(
		t, stats("a.0", "0.75", "{count: 200, stddev: 0.4330, stderr: 0.0306}"), stats("b.0", "0.735", "{count: 200, stddev: 0.4413, stderr: 0.0312}"))
	if len(c.Rows) != 1 || len(warnings) != 1 || warnings[0].Count != 1 {
		t.Fatalf("%d rows, warnings %v", len(c.Rows), warnings)
	}
	got, err := json.MarshalIndent(c.Rows[0], "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "harness": "byob_arith",
 "task": "arith",
 "variant": null,
 "section": "tasks",
 "name": "arith",
 "metric": "pass@1",
 "score": "correct",
 "primary": true,
 "scale": "fraction",
 "direction": "higher",
 "base": {
  "side": "a",
  "value": 0.75,
  "exact": true,
  "n": 200,
  "k": 150,
  "n_source": "reported",
  "stderr": 0.0306,
  "stddev": 0.433,
  "repeats": 1,
  "ci": {
   "level": 0.95,
   "lo": 0.68565901688,
   "hi": 0.804918319932,
   "method": "wilson"
  },
  "sources": [
   {
    "run_id": "run of a.0",
    "path": "arith/results.yml",
    "key": "/results/tasks/arith/metrics/pass@1/scores/correct/value",
    "sha256": "digest of a.0"
   }
  ]
 },
 "cand": {
  "side": "b",
  "value": 0.735,
  "exact": true,
  "n": 200,
  "k": 147,
  "n_source": "reported",
  "stderr": 0.0312,
  "stddev": 0.4413,
  "repeats": 1,
  "ci": {
   "level": 0.95,
   "lo": 0.669824238074,
   "hi": 0.791318458529,
   "method": "wilson"
  },
  "sources": [
   {
    "run_id": "run of b.0",
    "path": "arith/results.yml",
    "key": "/results/tasks/arith/metrics/pass@1/scores/correct/value",
    "sha256": "digest of b.0"
   }
  ]
 },
 "delta": -0.015,
 "exact": true,
 "delta_points": -1.5,
 "relative": -0.02,
 "verdict": "inconclusive",
 "reasons": [
  "ci_includes_zero"
 ],
 "warnings": [
  {
   "code": "UNPAIRED_SAME_ITEMS",
   "message": "the same questions are analysed as independent; per-sample data would tighten this"
  }
 ],
 "inference": {
  "evidence": "proportion_n",
  "scope": "item_population",
  "method": "miettinen_nurminen",
  "se": 0.0438289846962,
  "df": null,
  "ci": {
   "level": 0.95,
   "lo": -0.100815313411,
   "hi": 0.0709354547866
  },
  "test": {
   "stat": -0.342618544306,
   "p": 0.73188544926,
   "p_adj": 0.73188544926,
   "adjust": "holm",
   "family": 1,
   "sided": 2
  },
  "paired": null,
  "effect": null,
  "mde": {
   "power": 0.8,
   "alpha": 0.05,
   "value": 0.12279063565,
   "n_required": 13403,
   "runs_required": null
  },
  "margin": null,
  "decision_basis": "ci",
  "k_base": null,
  "k_cand": null,
  "sd_base": null,
  "sd_cand": null,
  "p_permutation": null,
  "p_mann_whitney": null,
  "min_attainable_p": null,
  "se_rho_half": null,
  "flags": []
 }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRowDifferences(t *testing.T) {
	percent := func(id, value string) nemo.Job {
		return skills(id, "x", "pass@1", "symbolic_correct", value).job(t)
	}
	fraction := func(id, value string) nemo.Job { return byob(id, "x", value, "").job(t) }
	rating := func(id, value string) nemo.Job {
		return spec{id: id, harness: "mtbench", task: "x", results: "{groups: {x: {metrics: {average_score: {scores: {average_score: {value: " + value + "}}}}}}}"}.job(t)
	}
	for _, test := range []struct {
		name                    string
		base, cand              nemo.Job
		delta, points, relative string
		reasons                 string
	}{
		{"fraction", fraction("a.0", "0.7"), fraction("b.0", "0.6"), "-0.1", "-10", "-0.142857142857", ""},
		{"percent", percent("a.0", "79.23881673881672"), percent("b.0", "80.1"), "0.86118326118328", "0.86118326118328", "0.0108681994081", ""},
		{"rating", rating("a.0", "7.9"), rating("b.0", "8.1"), "0.2", "-", "0.0253164556962", ""},
		{"negative base", percent("a.0", "-4"), percent("b.0", "-5"), "-1", "-1", "-0.25", ""},
		{"base zero", fraction("a.0", "0"), fraction("b.0", "0.5"), "0.5", "50", "-", "base_zero"},
		{"both zero", fraction("a.0", "0.0"), fraction("b.0", "-0"), "0", "0", "-", "base_zero"},
		{"17 digits", fraction("a.0", "0.8614087301587303"), fraction("b.0", "0.8614087301587302"), "-0.0000000000000001", "-0.00000000000001", "-0.000000000000000116088909363", ""},
		{"exponents", fraction("a.0", "1e-7"), fraction("b.0", "2.5e-07"), "0.00000015", "0.000015", "1.5", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := versus(t, test.base, test.cand)
			row := c.Rows[0]
			got := []string{text(row.Delta), text(row.DeltaPoints), text(row.Relative), strings.Join(row.Reasons, ",")}
			want := []string{test.delta, test.points, test.relative, test.reasons}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("delta, points, relative, reasons (-want +got):\n%s", diff)
			}
			if row.Verdict != compare.NoInference {
				t.Errorf("verdict %s", row.Verdict)
			}
		})
	}
}

func TestRowsOneSided(t *testing.T) {
	a := side("a", byob("a.0", "both", "0.5", "").job(t), byob("a.1", "left", "0.6", "").job(t))
	b := side("b", byob("b.0", "both", "0.4", "").job(t), byob("b.1", "right", "0.7", "").job(t))
	c, _ := compared(t, []compare.Side{a, b})
	wantLines(
		t, "rows", rowLines(c.Rows),
		"both pass@1/correct b: 0.5 -> 0.4 = -0.1 no_inference",
		"left pass@1/correct b: 0.6 -> - = - not_comparable absent_on_side",
		"right pass@1/correct b: - -> 0.7 = - not_comparable absent_on_side",
	)
	wantLines(t, "averages", averageLines(c.Averages), "b fraction higher 1 of 3: 0.5 -> 0.4 = -0.1 -left:absent_on_side -right:absent_on_side")
	wantLines(t, "missing", missingLines(c.Missing), "a right -: absent_on_side", "b left -: absent_on_side")
	left := c.Rows[1]
	if left.Cand.Side != "b" || left.Cand.Repeats != 0 || left.Cand.Sources == nil || left.Cand.N != nil || left.DeltaPoints != nil || left.Relative != nil {
		t.Errorf("%+v", left.Cand)
	}
	if right := c.Rows[2]; nemo.Text(right.Harness) != "byob_right" {
		t.Errorf("harness %v", right.Harness)
	}
	if c.Verdict != compare.NotComparable {
		t.Errorf("verdict %s", c.Verdict)
	}
}

func TestRowsOfAllScores(t *testing.T) {
	results := func(id, list string) nemo.Job {
		return spec{id: id, harness: "nemo_skills", task: "x", results: "{groups: {x: {metrics: {" + list + "}}}}"}.job(t)
	}
	score := func(metric, value string) string {
		return "'" + metric + "': {scores: {symbolic_correct: {value: " + value + "}}}"
	}
	a := results("a.0", score("pass@1[avg-of-4]", "50")+","+score("pass@1", "51")+","+score("pass@4", "60"))
	b := results("b.0", score("pass@1", "52")+","+score("majority@4", "61"))

	c, _ := versus(t, a, b)
	wantLines(t, "primary", rowLines(c.Rows), "x pass@1[avg-of-4]/symbolic_correct b: 50 -> 52 = 2 not_comparable metric_name")

	// The candidate's headline is also a score of the baseline, and no score is
	// called absent that is there.
	c, _ = versus(t, a, b, scores(t, "all"))
	wantLines(
		t, "all", rowLines(c.Rows),
		"x majority@4/symbolic_correct b: - -> 61 = - not_comparable absent_on_side",
		"x pass@1/symbolic_correct b: 51 -> 52 = 1 no_inference",
		"x pass@1[avg-of-4]/symbolic_correct b: 50 -> 52 = 2 not_comparable metric_name",
		"x pass@4/symbolic_correct b: 60 -> - = - not_comparable absent_on_side",
	)
	wantLines(t, "averages are over headlines", averageLines(c.Averages), "b percent higher 0 of 1: - -> - = - -x:metric_name")

	c, _ = versus(t, a, b, scores(t, "pass@1*"))
	wantLines(
		t, "a pattern", rowLines(c.Rows),
		"x pass@1/symbolic_correct b: 51 -> 52 = 1 no_inference",
		"x pass@1[avg-of-4]/symbolic_correct b: 50 -> 52 = 2 not_comparable metric_name",
	)
	c, _ = versus(t, a, b, scores(t, "none"))
	wantLines(t, "a pattern without rows", rowLines(c.Rows))
	if c.Verdict != compare.NotComparable || c.Counts.NotComparable != 1 {
		t.Errorf("verdict and counts are over headlines: %s, %+v", c.Verdict, c.Counts)
	}
}

func TestParseScores(t *testing.T) {
	row := compare.Row{Name: "group/x", Metric: "pass@1[avg-of-16]", Score: "symbolic_correct"}
	for pattern, want := range map[string]bool{
		"all": true, "primary": false, "": false,
		"pass@1[avg-of-16]": true, "pass@1[avg-of-?6]": true, "pass@1*": true, "*/symbolic_correct": true, "pass@1[avg-of-16]/symbolic_correct": true,
		"group/x/pass*": true, "*": true, "group/*": true,
		"pass@1": false, "symbolic_correct": false, "PASS*": false, "pass@1.avg-of-16.": false, "x/pass*": false, "(": false, "[": false, `\`: false,
	} {
		wanted, err := compare.ParseScores(pattern)
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
		} else if got := wanted.Want(row); got != want {
			t.Errorf("%q: %v", pattern, got)
		}
	}
	if wanted, _ := compare.ParseScores("primary"); !wanted.Want(compare.Row{Primary: true}) {
		t.Error("primary leaves out a headline")
	}
}

func TestHeadlinesWithOtherNames(t *testing.T) {
	for _, test := range []struct {
		name       string
		base, cand spec
		reasons    string
		warnings   []string
	}{
		{
			"another number of repeats", skills("a.0", "gpqa", "pass@1[avg-of-16]", "symbolic_correct", "50"), skills("b.0", "gpqa", "pass@1[avg-of-8]", "symbolic_correct", "51"),
			"",
			[]string{"CONFIG_DIFFERS num_repeats"},
		},
		{
			"the same in simple_evals",
			spec{id: "a.0", harness: "simple_evals", task: "AIME_2025", results: "{groups: {AIME_2025: {metrics: {score: {scores: {micro_avg_of_64: {value: 0.5}}}}}}}"},
			spec{id: "b.0", harness: "simple_evals", task: "AIME_2025", results: "{groups: {AIME_2025: {metrics: {score: {scores: {micro_avg_of_8: {value: 0.5}}}}}}}"},
			"",
			[]string{"CONFIG_DIFFERS num_repeats"},
		},
		{
			"another aggregation", skills("a.0", "x", "pass@4", "symbolic_correct", "50"), skills("b.0", "x", "majority@4", "symbolic_correct", "51"),
			"metric_name", nil,
		},
		{
			"another score", skills("a.0", "x", "pass@1", "symbolic_correct", "50"), skills("b.0", "x", "pass@1", "judge_correct", "51"),
			"metric_name", nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := versus(t, test.base.job(t), test.cand.job(t))
			row := c.Rows[0]
			if got := strings.Join(row.Reasons, ","); got != test.reasons {
				t.Errorf("reasons %s, want %s", got, test.reasons)
			}
			wantLines(t, "warnings", warningLines(row.Warnings), test.warnings...)
			if len(c.Rows) != 1 || row.Delta == nil {
				t.Errorf("rows %v", rowLines(c.Rows))
			}
		})
	}

	// The setting and the name say the same thing, once.
	a, b := skills("a.0", "gpqa", "pass@1[avg-of-16]", "symbolic_correct", "50"), skills("b.0", "gpqa", "pass@1[avg-of-8]", "symbolic_correct", "51")
	a.params, b.params = "{extra: {num_repeats: 16}}", "{extra: {num_repeats: 8}}"
	c, _ := versus(t, a.job(t), b.job(t))
	wantLines(t, "warnings", warningLines(c.Rows[0].Warnings), "CONFIG_DIFFERS num_repeats")
	c, _ = versus(t, a.job(t), b.job(t), strict)
	wantLines(t, "strict", rowLines(c.Rows), "gpqa pass@1[avg-of-16]/symbolic_correct b: 50 -> 51 = 1 not_comparable num_repeats")
	c, _ = versus(
		t, skills("a.0", "x", "pass@1", "symbolic_correct", "50").job(t), skills("b.0", "x", "pass@1", "judge_correct", "51").job(t), allow("metric_*"))
	wantLines(t, "allowed", rowLines(c.Rows), "x pass@1/symbolic_correct b: 50 -> 51 = 1 no_inference")
}

func TestAliasesJoin(t *testing.T) {
	a, b := skills("a.0", "ns_gpqa", "pass@1", "symbolic_correct", "50"), skills("b.0", "gpqa", "pass@1", "symbolic_correct", "51")
	// The name in the file is the harness's, and the same on both sides.
	a.results = skills("", "gpqa", "pass@1", "symbolic_correct", "50").results
	c, _ := versus(t, a.job(t), b.job(t))
	wantLines(t, "rows", rowLines(c.Rows), "ns_gpqa pass@1/symbolic_correct b: 50 -> 51 = 1 no_inference")
	wantLines(t, "missing", missingLines(c.Missing))
}

func TestAnotherHarnessIsAWarning(t *testing.T) {
	a, b := byob("a.0", "x", "0.5", ""), byob("b.0", "x", "0.6", "")
	b.harness = "byob_other"
	c, _ := versus(t, a.job(t), b.job(t))
	wantLines(t, "rows", rowLines(c.Rows), "x pass@1/correct b: 0.5 -> 0.6 = 0.1 no_inference")
	wantLines(t, "warnings", warningLines(c.Rows[0].Warnings), "CONFIG_DIFFERS harness")
	if got := nemo.Text(c.Rows[0].Harness); got != "byob_x" {
		t.Errorf("harness %s, want the baseline's", got)
	}
	c, _ = versus(t, a.job(t), b.job(t), strict)
	wantLines(t, "strict", rowLines(c.Rows), "x pass@1/correct b: 0.5 -> 0.6 = 0.1 not_comparable harness")
}

// A harness that is not recorded may be the same.
func TestUnknownHarness(t *testing.T) {
	a, b := skills("a.0", "gpqa", "pass@1", "symbolic_correct", "50"), skills("b.0", "gpqa", "pass@1", "symbolic_correct", "51")
	b.harness = ""
	for _, pair := range [][2]nemo.Job{{a.job(t), b.job(t)}, {b.job(t), a.job(t)}} {
		c, _ := versus(t, pair[0], pair[1])
		if c.Rows[0].Verdict != compare.NoInference {
			t.Errorf("%v", rowLines(c.Rows))
		}
		wantLines(t, "warnings", warningLines(c.Rows[0].Warnings), "CONFIG_UNKNOWN harness")
	}
	a.harness = ""
	c, _ := versus(t, a.job(t), b.job(t))
	wantLines(t, "unknown on both", warningLines(c.Rows[0].Warnings))
}

func TestNotANumber(t *testing.T) {
	for value, reason := range map[string]string{
		".nan": "nan", ".inf": "infinite", "null": "null", "N/A": "not_a_number", "[1]": "not_a_number",
	} {
		bad, good := byob("a.0", "x", value, "").job(t), byob("b.0", "x", "0.5", "").job(t)
		c, warnings := versus(t, bad, good)
		wantLines(t, value, rowLines(c.Rows), "x pass@1/correct b: - -> 0.5 = - not_comparable "+reason)
		wantLines(t, value+" warnings", warningLines(c.Rows[0].Warnings), "NOT_A_NUMBER")
		wantLines(t, value+" envelope", warningLines(warnings), "NOT_A_NUMBER ×1")
		wantLines(t, value+" average", averageLines(c.Averages), "b fraction higher 0 of 1: - -> - = - -x:"+reason)
		c, _ = versus(t, good, bad)
		wantLines(t, value+" turned", rowLines(c.Rows), "x pass@1/correct b: 0.5 -> - = - not_comparable "+reason)
		c, _ = versus(t, bad, bad)
		wantLines(t, value+" twice", rowLines(c.Rows), "x pass@1/correct b: - -> - = - not_comparable "+reason)
	}
	absent := byob("a.0", "x", "0.5", "")
	absent.results = strings.Replace(absent.results, "value: 0.5, ", "", 1)
	c, _ := versus(t, absent.job(t), byob("b.0", "x", "0.5", "").job(t))
	wantLines(t, "absent", rowLines(c.Rows), "x pass@1/correct b: - -> 0.5 = - not_comparable absent")
}

func TestStandardErrorThatCanBeNone(t *testing.T) {
	bad := byob("a.0", "x", "0.5", "")
	bad.results = strings.Replace(bad.results, "stats: {}", "stats: {stderr: -0.1}", 1)
	good := byob("b.0", "x", "0.5", "").job(t)
	for _, pair := range [][2]nemo.Job{{bad.job(t), good}, {good, bad.job(t)}} {
		c, warnings := versus(t, pair[0], pair[1])
		row := c.Rows[0]
		if row.Verdict != compare.NoInference || row.Base.Stderr != nil || row.Cand.Stderr != nil {
			t.Errorf("%+v", row)
		}
		wantLines(t, "warnings", warningLines(row.Warnings), "STDERR_INVALID")
		wantLines(t, "envelope", warningLines(warnings), "STDERR_INVALID ×1")
	}
}

func TestRowsAreSorted(t *testing.T) {
	a := side("z", byob("a.0", "b", "0.5", "").job(t), byob("a.1", "a", "0.5", "").job(t))
	b := side("y", byob("b.0", "a", "0.5", "").job(t), byob("b.1", "b", "0.5", "").job(t))
	c := side("x", byob("c.0", "b", "0.5", "").job(t), byob("c.1", "a", "0.5", "").job(t))
	got, _ := compared(t, []compare.Side{a, b, c})
	wantLines(
		t, "rows by task, then candidates as given", rowLines(got.Rows),
		"a pass@1/correct y: 0.5 -> 0.5 = 0 no_inference", "a pass@1/correct x: 0.5 -> 0.5 = 0 no_inference",
		"b pass@1/correct y: 0.5 -> 0.5 = 0 no_inference", "b pass@1/correct x: 0.5 -> 0.5 = 0 no_inference",
	)
}

func TestVariants(t *testing.T) {
	at := func(id, temperature, value string) nemo.Job {
		return byob(id, "arith", value, "{temperature: "+temperature+"}").job(t)
	}
	plain := side("p", at("p.0", "0.6", "0.89"))
	two := side("v", at("v.0", "1.0", "0.85"), at("v.1", "0.0", "0.83"))

	c, _ := compared(t, []compare.Side{plain, two})
	wantLines(
		t, "one against two", rowLines(c.Rows),
		"arith[temperature=0.0] pass@1/correct v: 0.89 -> 0.83 = -0.06 no_inference",
		"arith[temperature=1.0] pass@1/correct v: 0.89 -> 0.85 = -0.04 no_inference",
	)
	wantLines(t, "average", averageLines(c.Averages), "v fraction higher 2 of 2: 0.89 -> 0.84 = -0.05")
	wantLines(t, "missing", missingLines(c.Missing))
	if c.Counts.Tasks != 2 || c.Counts.Matched != 2 || c.Counts.Missing != 0 {
		t.Errorf("counts %+v", c.Counts)
	}

	c, _ = compared(t, []compare.Side{two, plain})
	wantLines(
		t, "two against one", rowLines(c.Rows),
		"arith[temperature=0.0] pass@1/correct p: 0.83 -> 0.89 = 0.06 no_inference",
		"arith[temperature=1.0] pass@1/correct p: 0.85 -> 0.89 = 0.04 no_inference",
	)

	c, _ = compared(t, []compare.Side{two, side("w", at("w.0", "0.0", "0.80"), at("w.1", "1.0", "0.90"))})
	wantLines(
		t, "two against two", rowLines(c.Rows),
		"arith[temperature=0.0] pass@1/correct w: 0.83 -> 0.8 = -0.03 no_inference",
		"arith[temperature=1.0] pass@1/correct w: 0.85 -> 0.9 = 0.05 no_inference",
	)
	wantLines(t, "no warning: the variants are equally set", warningLines(c.Rows[0].Warnings))

	c, _ = compared(t, []compare.Side{two, side("w", at("w.0", "0.0", "0.80"), at("w.1", "0.3", "0.90"))})
	wantLines(
		t, "variants of one side only", rowLines(c.Rows),
		"arith[temperature=0.0] pass@1/correct w: 0.83 -> 0.8 = -0.03 no_inference",
		"arith[temperature=0.3] pass@1/correct w: - -> 0.9 = - not_comparable absent_on_side",
		"arith[temperature=1.0] pass@1/correct w: 0.85 -> - = - not_comparable absent_on_side",
	)
	wantLines(
		t, "missing variants", missingLines(c.Missing),
		"v arith[temperature=0.3] -: absent_on_side", "w arith[temperature=1.0] -: absent_on_side")
	if c.Counts.Tasks != 3 || c.Counts.Matched != 1 || c.Counts.Missing != 2 {
		t.Errorf("counts %+v", c.Counts)
	}
}

func TestVariantsAreNamedByWhatDiffers(t *testing.T) {
	a := side(
		"a",
		byob("a.0", "x", "0.1", "{temperature: 0.0, top_p: 0.9, max_new_tokens: 5}").job(t),
		byob("a.1", "x", "0.2", "{temperature: 0.0, max_new_tokens: 5}").job(t),
		byob("a.2", "x", "0.3", "{temperature: 1.0, top_p: 0.9, max_new_tokens: 5}").job(t),
	)
	e, _, err := compare.Evaluate(a, options(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range e.Scores {
		got = append(got, *s.Variant+" "+text(s.Value))
	}
	wantLines(t, "variants", got, "temperature=0.0,top_p=0.9 0.1", "temperature=0.0,top_p=unset 0.2", "temperature=1.0,top_p=0.9 0.3")
}

// Two harnesses may have a task under one name; their scores are no repeats.
func TestHarnessesAreVariants(t *testing.T) {
	pair := func(id, first, second string) compare.Side {
		simple := spec{id: id + ".0", harness: "simple_evals", task: "gpqa_diamond", results: "{groups: {gpqa_diamond: {metrics: {score: {scores: {micro: {value: " + first + "}}}}}}}"}
		return side(id, simple.job(t), skills(id+".1", "gpqa", "pass@1", "symbolic_correct", second).job(t))
	}
	c, _ := compared(t, []compare.Side{pair("a", "0.4", "41"), pair("b", "0.5", "52")})
	wantLines(
		t, "rows", rowLines(c.Rows),
		"gpqa[harness=nemo_skills] pass@1/symbolic_correct b: 41 -> 52 = 11 no_inference",
		"gpqa_diamond[harness=simple_evals] score/micro b: 0.4 -> 0.5 = 0.1 no_inference",
	)
	wantLines(
		t, "averages", averageLines(c.Averages),
		"b fraction higher 1 of 1: 0.4 -> 0.5 = 0.1", "b percent higher 1 of 1: 41 -> 52 = 11")
}

func TestRepeats(t *testing.T) {
	run := func(id, value, count string) nemo.Job {
		s := byob(id, "arith", value, "{temperature: 0.6, extra: {seed: 1}}")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: "+count+", stddev: 0.3, stderr: 0.02}", 1)
		return s.job(t)
	}
	a := side("a", run("a1.0", "0.1", "200"), run("a2.0", "0.2", "200"), run("a3.0", "0.3", "200"))
	b := side("b", run("b1.0", "0.1", "200"), run("b2.0", "0.1", "200"), run("b3.0", "0.2", "100"))
	c, _ := compared(t, []compare.Side{a, b})
	row := c.Rows[0]
	if text(row.Base.Value) != "0.2" || row.Base.Repeats != 3 || text(row.Base.N) != "200" || text(row.Base.Stddev) != "0.1" || row.Base.Stderr != nil {
		t.Errorf("base: %s, %d repeats, n %s, stddev %s, stderr %s", text(row.Base.Value), row.Base.Repeats, text(row.Base.N), text(row.Base.Stddev), text(row.Base.Stderr))
	}
	// 0.4 / 3 does not end, and the runs do not agree on n.
	if text(row.Cand.Value) != "0.1333333333333333333333333333333333" || row.Cand.N != nil || row.Cand.NSource != nil || text(row.Cand.Stddev) != "0.057735026919" {
		t.Errorf("cand: %s, n %s, stddev %s", text(row.Cand.Value), text(row.Cand.N), text(row.Cand.Stddev))
	}
	// The exact difference of the exact means: 0.4/3 − 0.6/3, not of their digits.
	if got := text(row.Delta); got != "-0.06666666666666666666666666666666667" {
		t.Errorf("delta %s", got)
	}
	if got := text(row.Relative); got != "-0.333333333333" {
		t.Errorf("relative %s", got)
	}
	if len(row.Base.Sources) != 3 || row.Base.Sources[2].RunID != "run of a3.0" {
		t.Errorf("sources %v", row.Base.Sources)
	}
	if c.Sides[0].Repeats != 3 || c.Sides[0].Tasks != 1 {
		t.Errorf("%+v", c.Sides[0])
	}
	average := c.Averages[0]
	if text(average.Cand.Value) != text(row.Cand.Value) || *average.Cand.Exact || !*average.Base.Exact || *average.Exact {
		t.Errorf("average %+v", average)
	}

	equal := side("e", run("e1.0", "0.1", "200"), run("e2.0", "0.10", "200"))
	c, _ = compared(t, []compare.Side{equal, equal})
	if got := text(c.Rows[0].Base.Stddev); got != "0" {
		t.Errorf("equal runs have stddev %s", got)
	}
	broken := side("n", run("n1.0", "0.1", "200"), run("n2.0", ".nan", "200"))
	c, _ = compared(t, []compare.Side{equal, broken})
	wantLines(t, "one repeat without a number", rowLines(c.Rows), "arith pass@1/correct n: 0.1 -> - = - not_comparable nan")
	if c.Rows[0].Cand.Stddev != nil {
		t.Errorf("stddev %s", c.Rows[0].Cand.Stddev)
	}
}

// BYOB counts each question once a repeat inside the job.
func TestRepeatsInsideAJob(t *testing.T) {
	run := func(id, harness, count, params string) nemo.Job {
		s := byob(id, "arith", "0.5", params)
		s.harness = harness
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: "+count+"}", 1)
		return s.job(t)
	}
	for _, test := range []struct{ harness, count, params, n string }{
		{"byob_arith", "800", "{extra: {n_repeats: 4}}", "200"},
		{"byob_arith", "800", "{}", "800"},
		{"byob_arith", "801", "{extra: {n_repeats: 4}}", "-"},
		{"byob_arith", "800", "{extra: {n_repeats: 0}}", "800"},
		{"nemo_skills", "198", "{extra: {num_repeats: 4}}", "198"},
	} {
		c, _ := versus(t, run("a.0", test.harness, test.count, test.params), run("b.0", test.harness, test.count, test.params), scores(t, "all"))
		if got := text(c.Rows[0].Base.N); got != test.n {
			t.Errorf("%+v: n %s", test, got)
		}
	}
	c, _ := versus(t, run("a.0", "byob_arith", "200", "{}"), run("b.0", "byob_arith", "800", "{extra: {n_repeats: 4}}"))
	wantLines(t, "equal questions", rowLines(c.Rows), "arith pass@1/correct b: 0.5 -> 0.5 = 0 inconclusive ci_includes_zero")
	wantLines(t, "warnings", warningLines(c.Rows[0].Warnings), "CONFIG_DIFFERS num_repeats", "UNPAIRED_SAME_ITEMS")
}

// A score that only some of the repeats have is no headline beside one that all
// of them have.
func TestHeadlineOfRepeats(t *testing.T) {
	run := func(id, list string) nemo.Job {
		return spec{id: id, harness: "nemo_skills", task: "x", results: "{groups: {x: {metrics: {" + list + "}}}}"}.job(t)
	}
	const one, four = "'pass@1': {scores: {accuracy: {value: 40}}}", "'pass@1[avg-of-4]': {scores: {accuracy: {value: 50}}}"
	for name, jobs := range map[string][]nemo.Job{
		"as written": {run("a1.0", one+","+four), run("a2.0", one)},
		"turned":     {run("a2.0", one), run("a1.0", one+","+four)},
	} {
		c, _ := compared(t, []compare.Side{side("a", jobs...), side("b", run("b.0", one))})
		wantLines(t, name, rowLines(c.Rows), "x pass@1/accuracy b: 40 -> 40 = 0 no_inference zero_variance")
		if c.Rows[0].Base.Repeats != 2 {
			t.Errorf("%s: %d repeats", name, c.Rows[0].Base.Repeats)
		}
	}
	c, _ := compared(t, []compare.Side{side("a", run("a1.0", one), run("a2.0", four)), side("b", run("b.0", four))})
	wantLines(t, "none in common", rowLines(c.Rows), "x pass@1[avg-of-4]/accuracy b: 50 -> 50 = 0 no_inference")
	if c.Rows[0].Base.Repeats != 1 {
		t.Errorf("%d repeats", c.Rows[0].Base.Repeats)
	}
}

func TestRepeatsOfVariants(t *testing.T) {
	at := func(id, temperature, value string) nemo.Job {
		return byob(id, "arith", value, "{temperature: "+temperature+"}").job(t)
	}
	a := side("a", at("a1.0", "0.0", "0.1"), at("a1.1", "1.0", "0.5"), at("a2.0", "0.0", "0.2"), at("a2.1", "1.0", "0.6"))
	c, _ := compared(t, []compare.Side{a, a})
	wantLines(
		t, "rows", rowLines(c.Rows),
		"arith[temperature=0.0] pass@1/correct a: 0.15 -> 0.15 = 0 no_inference same_run",
		"arith[temperature=1.0] pass@1/correct a: 0.55 -> 0.55 = 0 no_inference same_run",
	)
}

func TestSourcesThatAreNoRepeats(t *testing.T) {
	at := func(id, params, value string) nemo.Job { return byob(id, "arith", value, params).job(t) }
	for name, test := range map[string]struct {
		jobs []nemo.Job
		keys string
	}{
		"other settings":         {[]nemo.Job{at("a1.0", "{temperature: 0.0, top_p: 1}", "0.1"), at("a2.0", "{temperature: 1.0, top_p: 0.5}", "0.1")}, "temperature,top_p"},
		"a hard one":             {[]nemo.Job{at("a1.0", "{}", "0.1"), at("a2.0", "{limit_samples: 5}", "0.1")}, "limit_samples"},
		"variants of only one":   {[]nemo.Job{at("a1.0", "{temperature: 0.0}", "0.1"), at("a1.1", "{temperature: 1.0}", "0.1"), at("a2.0", "{temperature: 0.0}", "0.1")}, "temperature"},
		"one variant of a third": {[]nemo.Job{at("a1.0", "{temperature: 0.0}", "0.1"), at("a1.1", "{temperature: 1.0}", "0.1"), at("a2.0", "{temperature: 0.5}", "0.1")}, "temperature"},
	} {
		_, _, err := compare.Compare([]compare.Side{side("s", test.jobs...), side("t", test.jobs[0])}, options(t))
		overlap, ok := errors.AsType[*compare.OverlapError](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if overlap.Side != "s" || overlap.Task != "arith" || strings.Join(overlap.Keys, ",") != test.keys || !strings.Contains(err.Error(), strings.ReplaceAll(test.keys, ",", ", ")) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := compare.Evaluate(side("s", test.jobs...), options(t)); err == nil {
			t.Errorf("%s: Evaluate has no error", name)
		}
		if _, _, err := compare.AverageSides([]compare.Side{side("s", test.jobs...)}, options(t)); err == nil {
			t.Errorf("%s: AverageSides has no error", name)
		}
	}
	free := []nemo.Job{at("a1.0", "{parallelism: 1, extra: {seed: 1}}", "0.1"), at("a2.0", "{parallelism: 2, extra: {seed: 2}}", "0.2")}
	c, _ := compared(t, []compare.Side{side("s", free...), side("t", free[0])})
	wantLines(t, "free settings", rowLines(c.Rows), "arith pass@1/correct t: 0.15 -> 0.1 = -0.05 no_inference same_run")
}

// Tasks whose name nothing tells are not taken for one.
func TestUnnamedTasks(t *testing.T) {
	a, b := byob("a.0", "x", "0.1", ""), byob("a.1", "x", "0.2", "")
	first, second := a.job(t), b.job(t)
	first.Run.Task, second.Run.Task = nil, nil
	e, _, err := compare.Evaluate(side("s", first, second), options(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Scores) != 2 || slices.ContainsFunc(e.Scores, func(s compare.Score) bool { return s.Variant != nil }) {
		t.Errorf("%+v", e.Scores)
	}
}

func TestDirections(t *testing.T) {
	known, err := catalog.Parse([]byte("tasks: {up: {scale: percent, direction: higher}, down: {scale: percent, direction: lower}, neither: {scale: percent}}"))
	if err != nil {
		t.Fatal(err)
	}
	jobs := func(id string, values ...string) compare.Side {
		var list []nemo.Job
		for i, value := range values {
			name := []string{"up", "down", "neither"}[i%3]
			list = append(list, byob(id+"."+string(rune('0'+i)), name, value, "").job(t))
		}
		return side(id, list...)
	}
	for _, test := range []struct {
		cand []string
		want string
	}{
		{[]string{"1", "1", "1"}, "up 0/0/1 down 0/0/1 neither 0/0/1"},
		{[]string{"2", "2", "2"}, "up 1/0/0 down 0/1/0 neither 0/0/0"},
		{[]string{"0", "0", "0"}, "up 0/1/0 down 1/0/0 neither 0/0/0"},
	} {
		c, _ := compared(t, []compare.Side{jobs("a", "1", "1", "1"), jobs("b", test.cand...)}, func(o *compare.Options) { o.Catalog = known })
		got := map[catalog.Direction]string{}
		for _, a := range c.Averages {
			if a.Tasks != 1 || a.Of != 1 || a.Verdict != compare.NoInference {
				t.Errorf("%+v", a)
			}
			got[a.Direction] = strings.Join([]string{itoa(a.Wins), itoa(a.Losses), itoa(a.Ties)}, "/")
		}
		if line := "up " + got[catalog.Higher] + " down " + got[catalog.Lower] + " neither " + got[catalog.UnknownDirection]; line != test.want {
			t.Errorf("%v: %s, want %s", test.cand, line, test.want)
		}
	}
}
