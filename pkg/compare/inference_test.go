package compare_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// answered gives a job per-sample values for pass@1/correct of its task, question
// by question; NaN-free. Repeats follow each other in a question's list.
func answered(job nemo.Job, task string, values map[string][]float64) nemo.Job {
	var answers []nemo.Answer
	for id, list := range values {
		digest := sha256.Sum256([]byte(id))
		for repeat, value := range list {
			answer := nemo.Answer{Repeat: int32(repeat), Value: value}
			copy(answer.ID[:], digest[:])
			answers = append(answers, answer)
		}
	}
	slices.SortFunc(answers, func(a, b nemo.Answer) int {
		if c := slices.Compare(a.ID[:], b.ID[:]); c != 0 {
			return c
		}
		return int(a.Repeat - b.Repeat)
	})
	job.Samples = &nemo.Samples{
		Files:    []nemo.File{{Path: "samples.jsonl", SHA256: "digest"}},
		Outcomes: []nemo.Outcomes{{Name: task, Metric: "pass@1", Score: "correct", JoinedBy: "id", Answers: answers}},
	}
	return job
}

// flips makes two sides of 0/1 answers with these cells of the paired table.
func flips(t testing.TB, both, baseOnly, candOnly, neither int) (base, cand nemo.Job) {
	t.Helper()
	b, c := map[string][]float64{}, map[string][]float64{}
	n := 0
	for _, cell := range []struct {
		times       int
		base, other float64
	}{{both, 1, 1}, {baseOnly, 1, 0}, {candOnly, 0, 1}, {neither, 0, 0}} {
		for range cell.times {
			id := strconv.Itoa(n)
			b[id], c[id] = []float64{cell.base}, []float64{cell.other}
			n++
		}
	}
	value := func(k int) string {
		d, _ := decimal.FromInt(int64(k)).Quo(decimal.FromInt(int64(n)))
		return d.Fixed(12)
	}
	return answered(byob("a.0", "x", value(both+baseOnly), "").job(t), "x", b),
		answered(byob("b.0", "x", value(both+candOnly), "").job(t), "x", c)
}

func knob(change func(*compare.Knobs)) func(*compare.Options) {
	return func(o *compare.Options) { change(&o.Knobs) }
}

func margin(text string) func(*compare.Options) {
	m := decimal.MustParse(text)
	return knob(func(k *compare.Knobs) { k.Margin = &m })
}

func scope(name string) func(*compare.Options) {
	return knob(func(k *compare.Knobs) { k.Scope = &name })
}

func method(name string) func(*compare.Options) {
	return knob(func(k *compare.Knobs) { k.Method = &name })
}

func questions(n int) func(*compare.Options) {
	return knob(func(k *compare.Knobs) { k.Questions = map[string]int{"": n} })
}

func pairBy(what string) func(*compare.Options) {
	return knob(func(k *compare.Knobs) { k.PairBy = what })
}

// found prints what a row concluded: verdict, reasons, evidence, method, scope,
// flags and warning codes.
func found(row compare.Row) string {
	var codes []string
	for _, w := range row.Warnings {
		codes = append(codes, w.Code)
	}
	in := row.Inference
	return strings.Join([]string{
		string(row.Verdict), strings.Join(row.Reasons, ","), nemo.Text(in.Evidence), nemo.Text(in.Method), nemo.Text(in.Scope),
		strings.Join(in.Flags, ","), strings.Join(codes, ","),
	}, " | ")
}

func TestPairedAnswers(t *testing.T) {
	for _, test := range []struct {
		name                              string
		both, baseOnly, candOnly, neither int
		change                            []func(*compare.Options)
		want                              string
	}{
		{"30 wrong against 10 right of 500 is not no change", 400, 30, 10, 60, nil, "regressed |  | paired_items | tango | item_population |  | "},
		{"40 gained against 5 lost of 500", 400, 5, 40, 55, nil, "improved |  | paired_items | tango | item_population |  | "},
		{
			"no flip in 12 pairs is within no point", 6, 0, 0, 6,
			[]func(*compare.Options){margin("0.01")},
			"inconclusive | ci_includes_zero | paired_items | tango | item_population | identical_outcomes | SMALL_N",
		},
		{
			"no flip in 12000 pairs is", 6000, 0, 0, 6000,
			[]func(*compare.Options){margin("0.01")},
			"equivalent |  | paired_items | tango | item_population | identical_outcomes | ",
		},
		{"nine pairs", 3, 3, 0, 3, nil, "insufficient_data | too_few_pairs | paired_items | tango | item_population |  | SMALL_N"},
		{
			"the exact test does not confirm", 100, 5, 0, 100, nil,
			"inconclusive | tests_disagree | paired_items | tango | item_population |  | TESTS_DISAGREE",
		},
		{"asked for another method", 400, 30, 10, 60, []func(*compare.Options){method(compare.MethodPairedT)}, "regressed |  | paired_items | paired_t | item_population |  | "},
		{
			"asked not to pair", 400, 30, 10, 60,
			[]func(*compare.Options){pairBy(compare.PairByNone), questions(500)},
			"inconclusive | ci_includes_zero | proportion_n | miettinen_nurminen | item_population |  | UNPAIRED_SAME_ITEMS",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := flips(t, test.both, test.baseOnly, test.candOnly, test.neither)
			c, _ := versus(t, a, b, test.change...)
			row := c.Rows[0]
			if got := found(row); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if p := row.Inference.Paired; p != nil {
				cells := fmt.Sprint(*p.Both, *p.BaseOnly, *p.CandOnly, *p.Neither, p.N, p.JoinedBy, len(p.Files))
				if want := fmt.Sprint(test.both, test.baseOnly, test.candOnly, test.neither, test.both+test.baseOnly+test.candOnly+test.neither, "id", 2); cells != want {
					t.Errorf("cells %s, want %s", cells, want)
				}
			}
		})
	}
	// The first pair of the examples, by numbers known from elsewhere by hand: erfc, and the sum of
	// binomial coefficients.
	a, b := flips(t, 164, 14, 6, 16)
	c, _ := versus(t, a, b)
	in := c.Rows[0].Inference
	if text(in.Test.P) != "0.0736382701203" || text(in.Paired.PExact) != "0.11531829834" {
		t.Errorf("p %s, exact %s", text(in.Test.P), text(in.Paired.PExact))
	}
	if text(in.MDE.Value) != "0.0626453499246" {
		t.Errorf("detectable %s", text(in.MDE.Value))
	}
}

// What is not on both sides is not paired, and must not decide.
func TestUnansweredQuestions(t *testing.T) {
	base, cand := map[string][]float64{}, map[string][]float64{}
	right := 0
	for i := range 200 {
		id := strconv.Itoa(i)
		base[id] = []float64{1}
		if i < 180 {
			cand[id] = []float64{1}
			right++
		}
	}
	a := answered(byob("a.0", "x", "1", "").job(t), "x", base)
	b := answered(byob("b.0", "x", "1", "").job(t), "x", cand)
	c, _ := versus(t, a, b)
	if got, want := found(c.Rows[0]), "inconclusive | missing_items | paired_items | tango | item_population | identical_outcomes | LOW_COVERAGE"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p := c.Rows[0].Inference.Paired
	if p.N != 180 || p.NBase != 200 || p.NCand != 180 || text(p.Coverage) != "0.9" {
		t.Errorf("%+v", p)
	}
	// No question in common, or other ones than the value tells of: no pairing.
	other := answered(byob("b.0", "x", "1", "").job(t), "x", map[string][]float64{"z": {1}})
	c, _ = versus(t, a, other)
	if got, want := found(c.Rows[0]), "no_inference |  | value_only |  |  |  | SAMPLES_NOT_JOINED"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	wrong := answered(byob("b.0", "x", "0.5", "").job(t), "x", cand)
	c, _ = versus(t, a, wrong)
	if got, want := found(c.Rows[0]), "no_inference |  | value_only |  |  |  | SAMPLES_DISAGREE"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	position := answered(byob("b.0", "x", "1", "").job(t), "x", base)
	position.Samples.Outcomes[0].JoinedBy = nemo.JoinPosition
	again := position
	again.Run.RunID, again.ResultsFile.SHA256 = "another run", "another digest"
	c, _ = versus(t, position, again)
	if got := found(c.Rows[0]); !strings.HasSuffix(got, "JOINED_BY_POSITION") {
		t.Error(got)
	}
	c, _ = versus(t, a, position)
	if got := found(c.Rows[0]); !strings.HasSuffix(got, "SAMPLES_NOT_JOINED") {
		t.Error(got)
	}
}

// A question with an answer that is not finite counts on neither side, in none of
// the numbers: it is not paired, and not missing either.
func TestQuestionsWithoutAFiniteValue(t *testing.T) {
	a, b := flips(t, 164, 14, 6, 16)
	remove := func(job nemo.Job, ids ...int) nemo.Job {
		of := job.Samples.Outcomes[0]
		for _, id := range ids {
			digest := sha256.Sum256([]byte(strconv.Itoa(id)))
			of.Removed = append(of.Removed, [16]byte(digest[:16]))
		}
		slices.SortFunc(of.Removed, func(x, y [16]byte) int { return slices.Compare(x[:], y[:]) })
		of.Answers = slices.DeleteFunc(slices.Clone(of.Answers), func(answer nemo.Answer) bool { return slices.Contains(of.Removed, answer.ID) })
		job.Samples = &nemo.Samples{Files: job.Samples.Files, Outcomes: []nemo.Outcomes{of}}
		return job
	}
	first := func(n int) (ids []int) {
		for i := range n {
			ids = append(ids, i)
		}
		return ids
	}
	again := b
	again.Run.RunID, again.Run.InvocationID = "other", nemo.Optional("b2")
	for _, test := range []struct {
		name       string
		base, cand compare.Side
		n, left    int64
		both, lost string // questions right on both sides, and on base alone
	}{
		{"none", side("a", a), side("b", b), 200, 0, "164", "14"},
		{"on one side", side("a", a), side("b", remove(b, 0, 1, 170)), 197, 3, "162", "13"},
		{"on the other", side("a", remove(a, 0, 1, 170)), side("b", b), 197, 3, "162", "13"},
		{"so many that the other side's value is not the mean of the rest", side("a", a), side("b", remove(b, first(30)...)), 170, 30, "134", "14"},
		{"on both", side("a", remove(a, 0, 1)), side("b", remove(b, 1, 170)), 197, 3, "162", "13"},
		{"in no side's other answers", side("a", remove(a, 900)), side("b", remove(b, 901, 900)), 200, 2, "164", "14"},
		{"in one of two runs", side("a", a), side("b", b, remove(again, 0, 1, 170)), 197, 3, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := compared(t, []compare.Side{test.base, test.cand})
			row := c.Rows[0]
			p := row.Inference.Paired
			if p == nil {
				t.Fatal(found(row))
			}
			if p.N != test.n || p.NBase != test.n || p.NCand != test.n || text(p.Coverage) != "1" || p.NonFinite != test.left {
				t.Errorf("%+v", p)
			}
			if test.both != "" && (fmt.Sprint(*p.Both) != test.both || fmt.Sprint(*p.BaseOnly) != test.lost) {
				t.Errorf("both %d, base only %d", *p.Both, *p.BaseOnly)
			}
			if told := strings.HasSuffix(found(row), "SAMPLES_NOT_FINITE"); told != (test.left > 0) || strings.Contains(found(row), "missing_items") {
				t.Error(found(row))
			}
		})
	}
	// The other side's value is still held against all of its answers.
	wrong := a
	wrong.Samples = &nemo.Samples{Outcomes: slices.Clone(a.Samples.Outcomes)}
	wrong.Samples.Outcomes[0].Answers = slices.Clone(a.Samples.Outcomes[0].Answers)
	for i := range wrong.Samples.Outcomes[0].Answers {
		wrong.Samples.Outcomes[0].Answers[i].Value = 0
	}
	c, _ := versus(t, wrong, remove(b, 0))
	if got := found(c.Rows[0]); !strings.HasSuffix(got, "SAMPLES_DISAGREE") {
		t.Error(got)
	}
}

// Repeats of a question are averaged first: the question is the unit.
func TestPairedRepeats(t *testing.T) {
	base, cand := map[string][]float64{}, map[string][]float64{}
	for i := range 40 {
		id := strconv.Itoa(i)
		base[id] = []float64{1, float64(i % 2)}
		cand[id] = []float64{float64(i % 3 % 2), 1}
	}
	// 40 + 20 of 80; i%3 == 1 for 13 of 40.
	a := answered(byob("a.0", "x", "0.75", "").job(t), "x", base)
	b := answered(byob("b.0", "x", "0.6625", "").job(t), "x", cand)
	c, _ := versus(t, a, b)
	row := c.Rows[0]
	if got, want := found(row), "no_inference"; strings.HasPrefix(got, want) || nemo.Text(row.Inference.Method) != compare.MethodPairedT {
		t.Errorf("got %s", got)
	}
	p := row.Inference.Paired
	if p.N != 40 || p.RepeatsBase != 2 || p.Both != nil || text(p.Delta) != "-0.0875" {
		t.Errorf("%+v", p)
	}
	items := text(row.Inference.SE)
	c, _ = versus(t, a, b, scope(compare.ScopeFixedItems))
	if in := c.Rows[0].Inference; nemo.Text(in.Method) != compare.MethodFixedItems || nemo.Text(in.Scope) != compare.ScopeFixedItems || text(in.SE) == items {
		t.Errorf("%s", found(c.Rows[0]))
	}
	single, other := flips(t, 100, 30, 10, 20)
	c, _ = versus(t, single, other, scope(compare.ScopeFixedItems))
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "no_inference | scope_unavailable | value_only") {
		t.Errorf("one answer a question: %s", got)
	}
	// Two runs of one answer each are repeats too.
	again := single
	again.Run.RunID, again.Run.InvocationID = "other", nemo.Optional("a2")
	c, _ = compared(t, []compare.Side{side("a", single, again), side("b", other)})
	if p := c.Rows[0].Inference.Paired; p == nil || p.RepeatsBase != 2 || p.RepeatsCand != 1 || len(p.Files) != 3 {
		t.Errorf("%+v", p)
	}
}

func TestSamplesOfPercentScores(t *testing.T) {
	base, cand := map[string][]float64{}, map[string][]float64{}
	for i := range 200 {
		id := strconv.Itoa(i)
		base[id], cand[id] = []float64{1}, []float64{1}
		if i < 30 {
			cand[id] = []float64{0}
		}
	}
	run := func(id, value string, values map[string][]float64) nemo.Job {
		job := answered(skills(id, "x", "pass@1", "symbolic_correct", value).job(t), "x", values)
		job.Samples.Outcomes[0].Score = "symbolic_correct"
		return job
	}
	c, _ := versus(t, run("a.0", "100.0", base), run("b.0", "85.0", cand), margin("0.3"))
	row := c.Rows[0]
	in := row.Inference
	if row.Verdict != compare.Regressed || text(in.Paired.Delta) != "-15" || in.CI.Hi.Cmp(decimal.FromInt(-5)) > 0 || in.Margin.Value.String() != "30" || nemo.Text(in.Margin.Position) != "within" {
		t.Errorf("%s, ci %s %s, margin %+v", found(row), text(in.CI.Lo), text(in.CI.Hi), in.Margin)
	}
}

func TestRepeatedRuns(t *testing.T) {
	runs := func(invocation string, values ...string) compare.Side {
		var jobs []nemo.Job
		for i, value := range values {
			job := byob(fmt.Sprintf("%s%d.0", invocation, i), "x", value, "").job(t)
			job.Settings.Seed = strconv.Itoa(i)
			jobs = append(jobs, job)
		}
		return side(invocation, jobs...)
	}
	for _, test := range []struct {
		name       string
		base, cand compare.Side
		change     []func(*compare.Options)
		want       string
	}{
		{
			"four a side, far apart", runs("a", "0.81", "0.80", "0.82", "0.80"), runs("b", "0.70", "0.71", "0.70", "0.72"), nil,
			"regressed |  | repeated_runs | welch_t | fixed_items |  | ",
		},
		{
			"two a side", runs("a", "0.8", "0.9"), runs("b", "0.81", "0.92"), nil,
			"inconclusive | ci_includes_zero | repeated_runs | welch_t | fixed_items |  | LOW_DF",
		},
		{
			"no spread, other values", runs("a", "0.8", "0.8"), runs("b", "0.9", "0.9"), nil,
			"no_inference | changed_exactly | repeated_runs | welch_t | fixed_items |  | ZERO_SEED_VARIANCE",
		},
		{
			"no spread, one value", runs("a", "0.8", "0.8"), runs("b", "0.8", "0.8"), nil,
			"no_inference | identical | repeated_runs | welch_t | fixed_items |  | ZERO_SEED_VARIANCE",
		},
		{
			"one within the noise of several", runs("a", "0.8", "0.9", "0.85"), runs("b", "0.84"), nil,
			"no_inference | within_run_noise | repeated_runs | prediction_interval | fixed_items |  | ",
		},
		{
			"one outside it", runs("a", "0.80", "0.81", "0.80", "0.81"), runs("b", "0.2"), nil,
			"no_inference | outside_run_noise | repeated_runs | prediction_interval | fixed_items |  | ",
		},
		{
			"new questions cannot be answered without standard errors", runs("a", "0.8", "0.9"), runs("b", "0.81", "0.92"),
			[]func(*compare.Options){scope(compare.ScopeItemPopulation)},
			"no_inference | scope_unavailable | value_only |  |  |  | ",
		},
		{
			"by seed", runs("a", "0.8", "0.9", "0.85"), runs("b", "0.75", "0.85", "0.81"),
			[]func(*compare.Options){pairBy(compare.PairBySeed)},
			"regressed |  | repeated_runs | paired_runs_t | fixed_items |  | ",
		},
		{
			"by seeds that differ", runs("a", "0.8", "0.9"), runs("b", "0.75", "0.85", "0.81"),
			[]func(*compare.Options){pairBy(compare.PairBySeed)},
			"inconclusive | ci_includes_zero | repeated_runs | welch_t | fixed_items |  | SEEDS_NOT_PAIRED,LOW_DF",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := compared(t, []compare.Side{test.base, test.cand}, test.change...)
			if got := found(c.Rows[0]); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	c, _ := compared(t, []compare.Side{runs("a", "0.1", "0.2", "0.3"), runs("b", "0.2", "0.4", "0.6")})
	row := c.Rows[0]
	in := row.Inference
	if *in.KBase != 3 || text(in.SDBase) != "0.1" || text(in.SDCand) != "0.2" || text(in.MinAttainableP) != "0.1" || in.Effect.HedgesG == nil || text(in.PPermutation) == "-" {
		t.Errorf("%+v", in)
	}
	if row.Base.CI == nil || row.Base.CI.Method != "student_t" || in.MDE.RunsRequired == nil {
		t.Errorf("%+v %+v", row.Base.CI, in.MDE)
	}
}

// Permuted seeds pair the same runs.
func TestSeedsInAnyOrder(t *testing.T) {
	run := func(id, value, seed string) nemo.Job {
		job := byob(id, "x", value, "").job(t)
		job.Settings.Seed = seed
		return job
	}
	base := side("a", run("a0.0", "0.8", "1"), run("a1.0", "0.6", "2"), run("a2.0", "0.7", "3"))
	cand := side("b", run("b0.0", "0.711", "3"), run("b1.0", "0.81", "1"), run("b2.0", "0.61", "2"))
	c, _ := compared(t, []compare.Side{base, cand}, pairBy(compare.PairBySeed))
	if in := c.Rows[0].Inference; nemo.Text(in.Method) != compare.MethodRunPairs || c.Rows[0].Verdict != compare.Improved {
		t.Errorf("%s", found(c.Rows[0]))
	}
}

func TestUnpairedEvidence(t *testing.T) {
	stats := func(id, value, stats string) nemo.Job {
		s := byob(id, "x", value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: "+stats, 1)
		return s.job(t)
	}
	lm := func(id, value, stats string) nemo.Job {
		return spec{
			id: id, harness: "lm-evaluation-harness", task: "x",
			results: "{tasks: {x: {metrics: {acc: {scores: {acc: {value: " + value + ", stats: " + stats + "}}}}}}}",
		}.job(t)
	}
	f1 := func(id, value, stats string) nemo.Job {
		return spec{
			id: id, harness: "simple_evals", task: "x",
			results: "{tasks: {x: {metrics: {score: {scores: {micro: {value: " + value + ", stats: " + stats + "}}}}}}}",
		}.job(t)
	}
	rho := decimal.MustParse("0.5")
	for _, test := range []struct {
		name       string
		base, cand nemo.Job
		change     []func(*compare.Options)
		want       string
	}{
		{"nothing", f1("a.0", "0.8", "{}"), f1("b.0", "0.7", "{}"), nil, "no_inference |  | value_only |  |  |  | "},
		{"counts", stats("a.0", "0.9", "{count: 200}"), stats("b.0", "0.7", "{count: 200}"), nil, "regressed |  | proportion_n | miettinen_nurminen | item_population |  | UNPAIRED_SAME_ITEMS"},
		{"a flag", stats("a.0", "0.9", "{}"), stats("b.0", "0.7", "{}"), []func(*compare.Options){questions(200)}, "regressed |  | proportion_n | miettinen_nurminen | item_population |  | UNPAIRED_SAME_ITEMS"},
		{
			"n worked out of the standard error", lm("a.0", "0.4", "{stderr: 0.16329931618554522}"), lm("b.0", "0.6", "{stderr: 0.16329931618554522}"), nil,
			"inconclusive | ci_includes_zero | proportion_n | miettinen_nurminen | item_population |  | UNPAIRED_SAME_ITEMS,SMALL_N",
		},
		{
			"a standard error that proves no n", lm("a.0", "0.4", "{stderr: 0.01}"), lm("b.0", "0.6", "{stderr: 0.012}"), nil,
			"improved |  | aggregate_stderr | z_stderr | item_population | independent_errors | ",
		},
		{
			"the same with few questions", f1("a.0", "0.413", "{stderr: 0.03, count: 150}"), f1("b.0", "0.6123", "{stderr: 0.031, count: 150}"), nil,
			"improved |  | aggregate_stderr | welch_stderr | item_population | independent_errors | UNPAIRED_SAME_ITEMS",
		},
		{
			"with an assumed correlation", lm("a.0", "0.4", "{stderr: 0.01}"), lm("b.0", "0.6", "{stderr: 0.012}"),
			[]func(*compare.Options){knob(func(k *compare.Knobs) { k.AssumeCorrelation = &rho })},
			"improved |  | aggregate_stderr | z_correlated | item_population |  | ",
		},
		{
			"the largest standard errors that there can be", f1("a.0", "0.4131", "{count: 1000}"), f1("b.0", "0.6123", "{count: 1000}"), nil,
			"improved |  | proportion_n | z_stderr | item_population | independent_errors,bounded_se | UNPAIRED_SAME_ITEMS",
		},
		{
			"which show no equivalence", f1("a.0", "0.4131", "{count: 100000}"), f1("b.0", "0.41312", "{count: 100000}"),
			[]func(*compare.Options){margin("0.3")},
			"inconclusive | ci_includes_zero | proportion_n | z_stderr | item_population | independent_errors,bounded_se | UNPAIRED_SAME_ITEMS",
		},
		{
			"a standard error of 0", lm("a.0", "0.4", "{stderr: 0.0}"), lm("b.0", "0.6", "{stderr: 0.02}"), nil,
			"no_inference |  | value_only |  |  |  | STDERR_ZERO",
		},
		{
			"one in percent", f1("a.0", "0.4131", "{stderr: 1.5, count: 1000}"), f1("b.0", "0.6123", "{stderr: 1.5, count: 1000}"), nil,
			"improved |  | proportion_n | z_stderr | item_population | independent_errors,bounded_se | UNPAIRED_SAME_ITEMS,SCALE_MISMATCH",
		},
		{
			"one too large for so many questions", f1("a.0", "0.4131", "{stderr: 0.03, count: 1000}"), f1("b.0", "0.6123", "{stderr: 0.03, count: 1000}"), nil,
			"improved |  | aggregate_stderr | z_stderr | item_population | independent_errors | STDERR_TOO_LARGE,UNPAIRED_SAME_ITEMS",
		},
		{
			"a method that the evidence does not serve", lm("a.0", "0.4", "{stderr: 0.01}"), lm("b.0", "0.6", "{stderr: 0.012}"),
			[]func(*compare.Options){method(compare.MethodTango)},
			"no_inference | method_unavailable | value_only |  |  |  | ",
		},
		{
			"a declared proportion", f1("a.0", "0.4", "{count: 1000}"), f1("b.0", "0.6", "{count: 1000}"),
			[]func(*compare.Options){method(compare.MethodMiettinenNurminen)},
			"improved |  | proportion_n | miettinen_nurminen | item_population |  | UNPAIRED_SAME_ITEMS",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := versus(t, test.base, test.cand, test.change...)
			if got := found(c.Rows[0]); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	c, _ := versus(t, lm("a.0", "0.4", "{stderr: 0.16329931618554522}"), lm("b.0", "0.6", "{stderr: 0.16329931618554522}"))
	row := c.Rows[0] // §16 of the statistics prints this row
	in := row.Inference
	if text(in.CI.Lo) != "-0.236852195107" || text(in.CI.Hi) != "0.569580505486" || text(in.Test.P) != "0.383328522648" ||
		text(in.SE) != "0.230940107676" || text(in.MDE.Value) != "0.646998391934" || nemo.Text(row.Base.NSource) != "derived" || text(row.Base.K) != "4" {
		t.Errorf("%+v %+v %+v", in, in.CI, in.Test)
	}
}

// A group's own standard error is not that of its value; its members prove its size.
func TestGroupsByTheirMembers(t *testing.T) {
	run := func(id string, values ...string) nemo.Job {
		members := ""
		stderr := map[string]string{"0.72": "0.06414269805898186", "0.74": "0.06266203485560375", "0.7": "0.06546536707079771", "0.76": "0.06101187572589321"}
		total := decimal.Decimal{}
		for i, v := range values {
			total = total.Add(decimal.MustParse(v))
			members += fmt.Sprintf(", g_%d: {metrics: {acc: {scores: {acc: {value: %s, stats: {stderr: %s}}}}}}", i, v, stderr[v])
		}
		mean, _ := total.Quo(decimal.FromInt(int64(len(values))))
		return spec{
			id: id, harness: "lm-evaluation-harness", task: "g",
			results: "{groups: {g: {metrics: {acc: {scores: {acc: {value: " + mean.Fixed(16) + ", stats: {stderr: 0.03655}}}}}}}, tasks: {" + members[2:] + "}}",
		}.job(t)
	}
	c, _ := versus(t, run("a.0", "0.72", "0.74"), run("b.0", "0.7", "0.76"))
	row := c.Rows[0]
	if text(row.Base.N) != "100" || text(row.Base.K) != "73" || nemo.Text(row.Inference.Method) != compare.MethodMiettinenNurminen {
		t.Errorf("n %s, k %s: %s", text(row.Base.N), text(row.Base.K), found(row))
	}
}

// Headlines are one family; Holm can take back what a raw p-value shows.
func TestFamily(t *testing.T) {
	task := func(id, name, value string) nemo.Job {
		s := byob(id, name, value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: 200}", 1)
		return s.job(t)
	}
	base := side("a", task("a.0", "w", "0.9"), task("a.1", "x", "0.5"), task("a.2", "y", "0.5"), task("a.3", "z", "0.5"))
	cand := side("b", task("b.0", "w", "0.9"), task("b.1", "x", "0.6"), task("b.2", "y", "0.5"), task("b.3", "z", "0.5"))
	one := func(change ...func(*compare.Options)) compare.Row {
		c, _ := compared(t, []compare.Side{base, cand}, change...)
		return c.Rows[1]
	}
	row := one()
	if test := row.Inference.Test; test.Family != 4 || test.Adjust != "holm" || row.Verdict != compare.Inconclusive || strings.Join(row.Reasons, "") != "not_significant_after_holm" {
		t.Errorf("%+v: %s", test, found(row))
	}
	if row := one(knob(func(k *compare.Knobs) { k.Adjust = "none" })); row.Verdict != compare.Improved || text(row.Inference.Test.P) != text(row.Inference.Test.PAdj) {
		t.Errorf("%s", found(row))
	}
	if row := one(knob(func(k *compare.Knobs) { k.Adjust = "bh" })); strings.Join(row.Reasons, "") != "not_significant_after_bh" {
		t.Errorf("%s", found(row))
	}
	// A further candidate changes nothing for the first.
	c, _ := compared(t, []compare.Side{base, cand, side("c", task("c.1", "x", "0.9"))})
	if text(c.Rows[0].Inference.Test.PAdj) != text(one().Inference.Test.PAdj) && c.Rows[0].Task == "x" {
		t.Error("another candidate changed a verdict")
	}
}

func TestVerdictsByDirection(t *testing.T) {
	run := func(id, score, value string) nemo.Job {
		return spec{
			id: id, harness: "nemo_skills", task: "omniscience",
			results: "{groups: {omniscience: {metrics: {pass@1: {scores: {" + score + ": {value: " + value + ", stats: {count: 1000}}}}}}}}",
		}.job(t)
	}
	c, _ := versus(t, run("a.0", "judge_omni_hallucination", "30.0"), run("b.0", "judge_omni_hallucination", "50.0"), margin("0.05"), method(compare.MethodMiettinenNurminen))
	row := c.Rows[0]
	if row.Verdict != compare.Regressed || row.Direction != "lower" || nemo.Text(row.Inference.Margin.Position) != "beyond" || row.Inference.CI.Lo.Sign() < 0 {
		t.Errorf("%s %+v", found(row), row.Inference.Margin)
	}
	if p := row.Inference.Margin.PNI; p == nil || p.Cmp(decimal.MustParse("0.99")) < 0 {
		t.Errorf("p of keeping the margin: %s", text(p))
	}
	unknown := func(id, value string) nemo.Job {
		return spec{
			id: id, harness: "other", task: "x",
			results: "{tasks: {x: {metrics: {m: {scores: {m: {value: " + value + ", stats: {stderr: 0.1}}}}}}}}",
		}.job(t)
	}
	c, _ = versus(t, unknown("a.0", "5"), unknown("b.0", "3"))
	if got, want := found(c.Rows[0]), "decreased | direction_unknown | aggregate_stderr | z_stderr | item_population | independent_errors | "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A mean of several tasks has a standard error where all of them have one, and asks
// one question.
func TestMeanOfTasks(t *testing.T) {
	task := func(id, name, value, stats string) nemo.Job {
		s := byob(id, name, value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: "+stats, 1)
		return s.job(t)
	}
	const n = "{count: 400}"
	base := side("a", task("a.0", "x", "0.5", n), task("a.1", "y", "0.6", n), task("a.2", "z", "0.7", n))
	cand := side("b", task("b.0", "x", "0.42", n), task("b.1", "y", "0.55", n), task("b.2", "z", "0.62", n))
	c, _ := compared(t, []compare.Side{base, cand})
	a := c.Averages[0]
	if a.Verdict != compare.Regressed || nemo.Text(a.Inference.Method) != compare.MethodMacroZ || nemo.Text(a.Inference.Scope) != compare.ScopeFixedTasks || a.Q == nil || text(a.PSign) != "0.25" {
		t.Errorf("%+v", a)
	}
	bare := side("b", task("b.0", "x", "0.42", n), task("b.1", "y", "0.55", "{}"), task("b.2", "z", "0.62", n))
	c, _ = compared(t, []compare.Side{base, bare})
	if a := c.Averages[0]; a.Verdict != compare.NoInference || strings.Join(a.Reasons, "") != "no_uncertainty" {
		t.Errorf("%+v", a)
	}
	single := side("a", task("a.0", "x", "0.5", n))
	c, _ = compared(t, []compare.Side{single, side("b", task("b.0", "x", "0.4", n))})
	if c.Averages[0].Verdict != c.Rows[0].Verdict || text(c.Averages[0].Inference.SE) != text(c.Rows[0].Inference.SE) {
		t.Error("the mean of one task is not that task")
	}
}

// Variants of a task share its questions, and here the baseline's only run: their
// mean is no more certain than one of them.
func TestMeanOfVariants(t *testing.T) {
	run := func(id, temperature, value string) nemo.Job {
		s := byob(id, "x", value, "{temperature: "+temperature+"}")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: 400}", 1)
		return s.job(t)
	}
	base := side("a", run("a.0", "0.5", "0.5"))
	c, _ := compared(t, []compare.Side{base, side("b", run("b.0", "0.0", "0.56"), run("b.1", "1.0", "0.56"))})
	if len(c.Rows) != 2 || c.Averages[0].Verdict != compare.Inconclusive {
		t.Fatalf("%d rows, mean %s", len(c.Rows), c.Averages[0].Verdict)
	}
	one, mean := c.Rows[0].Inference.SE, c.Averages[0].Inference.SE
	if !one.Round(9).Equal(mean.Round(9)) {
		t.Errorf("se of one %s, of the mean %s", one, mean)
	}
}

// What a hostile reader found: verdicts that the evidence does not carry.
func TestEvidenceThatDecidesNothing(t *testing.T) {
	answers := func(n, from int, value float64) map[string][]float64 {
		list := map[string][]float64{}
		for i := range n {
			list[strconv.Itoa(from+i)] = []float64{value}
		}
		return list
	}
	// 1000 right answers against the same and 1000 wrong ones more.
	all := answers(1000, 0, 1)
	more := answers(1000, 0, 1)
	for id, value := range answers(1000, 1000, 0) {
		more[id] = value
	}
	a := answered(byob("a.0", "x", "1", "").job(t), "x", all)
	b := answered(byob("b.0", "x", "0.5", "").job(t), "x", more)
	o := options(t, margin("0.01"))
	c, rows, _, err := compare.Assess([]compare.Side{side("a", a), side("b", b)}, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "inconclusive | missing_items | paired_items") {
		t.Errorf("other questions: %s", got)
	}
	for _, demand := range compare.Demands() {
		if unmet := demand.Check(c, rows, o); len(unmet.Open) == 0 {
			t.Errorf("%s of other questions: %+v", demand, unmet)
		}
	}

	// The mean has no standard error where a row has none for its own difference,
	// and none from rows below the floor.
	if mean := c.Averages[0]; mean.Verdict == compare.Improved || mean.Verdict == compare.Regressed {
		t.Errorf("mean of other questions: %s", mean.Verdict)
	}
	few := func(id, task, value string, right float64) nemo.Job {
		return answered(byob(id, task, value, "").job(t), task, map[string][]float64{"1": {1}, "2": {right}, "3": {right}, "4": {0}})
	}
	c, _ = compared(t, []compare.Side{
		side("a", few("a.0", "x", "0.25", 0), few("a.1", "y", "0.25", 0)),
		side("b", few("b.0", "x", "0.75", 1), few("b.1", "y", "0.75", 1)),
	})
	if mean := c.Averages[0]; mean.Verdict != compare.NoInference || mean.Inference.SE != nil {
		t.Errorf("mean of four questions each: %s, se %s", mean.Verdict, text(mean.Inference.SE))
	}

	// Nobody says which way is worse: up by more than the margin is not kept.
	unknown := func(id, value string) nemo.Job {
		return spec{
			id: id, harness: "other", task: "x",
			results: "{tasks: {x: {metrics: {m: {scores: {m: {value: " + value + ", stats: {stderr: 0.02}}}}}}}}",
		}.job(t)
	}
	o = options(t, knob(func(k *compare.Knobs) { k.Margins = map[string]decimal.Decimal{"unknown": decimal.MustParse("0.03")} }))
	c, rows, _, err = compare.Assess([]compare.Side{side("a", unknown("a.0", "0.10")), side("b", unknown("b.0", "0.15"))}, o)
	if err != nil {
		t.Fatal(err)
	}
	if unmet := compare.NoRegression.Check(c, rows, o); len(unmet.Open) != 1 {
		t.Errorf("direction unknown: %+v", unmet)
	}

	// Means over repeats are no right answers of so many questions.
	repeated := func(id, value string) nemo.Job {
		return spec{
			id: id, harness: "simple_evals", task: "x",
			results: "{tasks: {x: {metrics: {score: {scores: {micro_avg_of_4: {value: " + value + ", stats: {stderr: 0.0177}}}}}}}}",
		}.job(t)
	}
	c, _ = versus(t, repeated("a.0", "0.45"), repeated("b.0", "0.55"))
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "no_inference |  | value_only") || !strings.Contains(got, "STDERR_OF_REPEATS") {
		t.Errorf("a mean over repeats: %s", got)
	}

	// A fraction's standard error beside a percent value.
	percent := func(id, value string) nemo.Job {
		s := skills(id, "x", "pass@1", "accuracy", value)
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: 1000, stderr: 0.01431}", 1)
		return s.job(t)
	}
	c, _ = versus(t, percent("a.0", "71.23"), percent("b.0", "71.37"))
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "inconclusive") || !strings.Contains(got, "SCALE_MISMATCH") {
		t.Errorf("a hundredth: %s", got)
	}

	// The same run on both sides, and a number of questions that the file denies.
	c, _ = versus(t, a, a)
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "no_inference | same_run") {
		t.Errorf("one run twice: %s", got)
	}
	counted := func(id, value string) nemo.Job {
		s := byob(id, "x", value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: 200}", 1)
		return s.job(t)
	}
	c, _ = versus(t, counted("a.0", "0.5"), counted("b.0", "0.52"), questions(200000))
	if c.Rows[0].Verdict != compare.Inconclusive || text(c.Rows[0].Base.N) != "200" {
		t.Errorf("--n over a count: %s, n %s", found(c.Rows[0]), text(c.Rows[0].Base.N))
	}
	c, _ = versus(t, counted("a.0", "0.5"), counted("b.0", "0.52"), knob(func(k *compare.Knobs) { k.Questions = map[string]int{"x": 200000} }))
	if c.Rows[0].Verdict != compare.NotComparable || strings.Join(c.Rows[0].Reasons, "") != "n" {
		t.Errorf("--n x= against a count: %s", found(c.Rows[0]))
	}

	// Copies of answers on one side say nothing of a re-run.
	copies, real := map[string][]float64{}, map[string][]float64{}
	for i := range 40 {
		copies[strconv.Itoa(i)] = []float64{float64(i % 2), float64(i % 2)}
		real[strconv.Itoa(i)] = []float64{1, float64(i % 2)}
	}
	c, _ = versus(t, answered(byob("a.0", "x", "0.5", "").job(t), "x", copies), answered(byob("b.0", "x", "0.75", "").job(t), "x", real), scope(compare.ScopeFixedItems))
	if got := found(c.Rows[0]); !strings.HasPrefix(got, "no_inference | zero_variance") || !strings.Contains(got, "ZERO_SEED_VARIANCE") {
		t.Errorf("copies: %s", got)
	}
}

// Means of few runs use Student's t: under no change 2 tasks of 2 runs a side must
// not be called changed more often than 1 in 20.
func TestMeanOfFewRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	called := 0
	const turns = 120
	for range turns {
		sides := make([]compare.Side, 2)
		for i, label := range []string{"a", "b"} {
			var jobs []nemo.Job
			for run := range 2 {
				for k, task := range []string{"x", "y"} {
					value := decimal.MustParse(fmt.Sprintf("%.6f", 0.6+0.02*random.NormFloat64()))
					jobs = append(jobs, byob(fmt.Sprintf("%s%d.%d", label, run, k), task, value.String(), "").job(t))
				}
			}
			sides[i] = side(label, jobs...)
		}
		c, _ := compared(t, sides)
		if v := c.Averages[0].Verdict; v == compare.Improved || v == compare.Regressed {
			called++
		}
	}
	if called > turns*7/100 {
		t.Errorf("%d of %d means without a change were called changed", called, turns)
	}
}

func TestDemands(t *testing.T) {
	task := func(id, name, value, stats string) nemo.Job {
		s := byob(id, name, value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: "+stats, 1)
		return s.job(t)
	}
	const n = "{count: 1000}"
	base := side("a", task("a.0", "x", "0.5", n))
	for _, test := range []struct {
		demand compare.Demand
		value  string
		stats  string
		change []func(*compare.Options)
		want   string // broken | open
	}{
		{compare.NoRegression, "0.6", n, nil, "|"},
		{compare.NoRegression, "0.4", n, nil, "x regressed|"},
		{compare.NoRegression, "0.49", n, nil, "|x inconclusive"},
		{compare.NoRegression, "0.49", n, []func(*compare.Options){margin("0.1")}, "|"},
		{compare.NoRegression, "0.44", n, []func(*compare.Options){margin("0.2")}, "|"}, // real, and tolerable
		{compare.NoRegression, "0.5", "{}", nil, "|x no_inference"},
		{compare.AllEquivalent, "0.5", n, []func(*compare.Options){margin("0.1")}, "|"},
		{compare.AllEquivalent, "0.5", n, []func(*compare.Options){margin("0.01")}, "|x inconclusive"},
		{compare.AllEquivalent, "0.9", n, []func(*compare.Options){margin("0.1")}, "x improved|"},
		{compare.AllImproved, "0.6", n, nil, "|"},
		{compare.AllImproved, "0.51", n, nil, "|x inconclusive"},
		{compare.AllImproved, "0.4", n, nil, "x regressed|"},
	} {
		o := options(t, test.change...)
		c, rows, _, err := compare.Assess([]compare.Side{base, side("b", task("b.0", "x", test.value, test.stats))}, o)
		if err != nil {
			t.Fatal(err)
		}
		unmet := test.demand.Check(c, rows, o)
		if got := strings.Join(unmet.Broken, ",") + "|" + strings.Join(unmet.Open, ","); got != test.want {
			t.Errorf("%s of %s: %s, want %s", test.demand, test.value, got, test.want)
		}
	}
	o := options(t)
	c, rows, _, err := compare.Assess([]compare.Side{configured(base, "a", "byob_x.x", "byob_y.y"), side("b", task("b.0", "x", "0.9", n))}, o)
	if err != nil {
		t.Fatal(err)
	}
	if unmet := compare.AllImproved.Check(c, rows, o); strings.Join(unmet.Open, ",") != "y missing on a" {
		t.Errorf("%+v", unmet)
	}
}

// For every method: the interval excludes 0 exactly where p <= α, a factor of 100
// leaves p, and no interval of zero width decides.
func TestInferenceProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	methods := map[string]int{}
	for range 400 {
		both, b, c, neither := random.IntN(60), random.IntN(25), random.IntN(25), random.IntN(60)
		if both+b+c+neither == 0 {
			continue
		}
		x, y := flips(t, both, b, c, neither)
		n := both + b + c + neither
		for _, change := range [][]func(*compare.Options){
			{}, {method(compare.MethodPairedT)}, {pairBy(compare.PairByNone), questions(n)},
		} {
			change = append(change, knob(func(k *compare.Knobs) { k.Adjust = "none" }))
			compared, _ := versus(t, x, y, change...)
			row := compared.Rows[0]
			in := row.Inference
			if in.CI == nil || in.Test == nil {
				continue
			}
			methods[nemo.Text(in.Method)]++
			excludes := in.CI.Lo.Sign() > 0 || in.CI.Hi.Sign() < 0
			if significant := in.Test.P.Cmp(decimal.MustParse("0.05")) <= 0; significant != excludes {
				t.Errorf("%s of %d %d %d %d: p %s, interval %s %s", *in.Method, both, b, c, neither, in.Test.P, in.CI.Lo, in.CI.Hi)
			}
			if in.CI.Lo.Equal(*in.CI.Hi) && (row.Verdict == compare.Improved || row.Verdict == compare.Regressed || row.Verdict == compare.Equivalent) {
				t.Errorf("%s decided on an interval of zero width", *in.Method)
			}
		}
	}
	for _, name := range []string{compare.MethodTango, compare.MethodPairedT, compare.MethodMiettinenNurminen} {
		if methods[name] < 100 {
			t.Errorf("%s was tried %d times", name, methods[name])
		}
	}
}
