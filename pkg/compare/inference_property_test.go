package compare_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// everyMethod compares made-up sides so that each primary method has its turn. The
// comparisons have one row.
func everyMethod(t *testing.T, random *rand.Rand) []compare.Comparison {
	t.Helper()
	alone := knob(func(k *compare.Knobs) { k.Adjust = "none" })
	var all []compare.Comparison
	add := func(a, b compare.Side, change ...func(*compare.Options)) {
		c, _ := compared(t, []compare.Side{a, b}, append(change, alone)...)
		all = append(all, c)
	}
	near := func(centre, spread float64) string {
		return strconv.FormatFloat(centre+spread*random.Float64(), 'f', 4, 64)
	}

	// A question with a chance of its own, answered three times.
	base, cand := map[string][]float64{}, map[string][]float64{}
	sumBase, sumCand := 0, 0
	for i := range 12 + random.IntN(20) {
		chance := random.Float64()
		for range 3 {
			x, y := 0, 0
			if random.Float64() < chance {
				x = 1
			}
			if random.Float64() < chance+0.2 {
				y = 1
			}
			sumBase, sumCand = sumBase+x, sumCand+y
			base[strconv.Itoa(i)] = append(base[strconv.Itoa(i)], float64(x))
			cand[strconv.Itoa(i)] = append(cand[strconv.Itoa(i)], float64(y))
		}
	}
	mean := func(k int) string {
		d, _ := decimal.FromInt(int64(k)).Quo(decimal.FromInt(int64(3 * len(base))))
		return d.Fixed(12)
	}
	a := side("a", answered(byob("a.0", "x", mean(sumBase), "").job(t), "x", base))
	b := side("b", answered(byob("b.0", "x", mean(sumCand), "").job(t), "x", cand))
	add(a, b)
	add(a, b, scope(compare.ScopeFixedItems))

	runs := func(invocation string, centre float64, k int) compare.Side {
		var jobs []nemo.Job
		for i := range k {
			job := byob(fmt.Sprintf("%s%d.0", invocation, i), "x", near(centre, 0.1), "").job(t)
			job.Settings.Seed = strconv.Itoa(i)
			jobs = append(jobs, job)
		}
		return side(invocation, jobs...)
	}
	k := 2 + random.IntN(4)
	shift := 0.1 * random.Float64()
	add(runs("a", 0.5, k), runs("b", 0.5+shift, 2+random.IntN(4)))
	add(runs("a", 0.5, k), runs("b", 0.5+shift, k), pairBy(compare.PairBySeed))

	reported := func(id, stats string) compare.Side {
		return side(id, spec{
			id: id + ".0", harness: "simple_evals", task: "x",
			results: "{tasks: {x: {metrics: {score: {scores: {micro: {value: " + near(0.4, 0.2) + ", stats: " + stats + "}}}}}}}",
		}.job(t))
	}
	stderr := func() string { return "stderr: " + near(0.01, 0.05) }
	rho := decimal.MustParse("0.5")
	add(reported("a", "{"+stderr()+"}"), reported("b", "{"+stderr()+"}"))
	add(reported("a", "{"+stderr()+", count: 60}"), reported("b", "{"+stderr()+", count: 60}"))
	add(reported("a", "{"+stderr()+"}"), reported("b", "{"+stderr()+"}"), knob(func(k *compare.Knobs) { k.AssumeCorrelation = &rho }))
	return all
}

// For the methods that TestInferenceProperties leaves out: an interval excludes 0
// exactly where p <= α.
func TestIntervalAndTestAreDualForEveryMethod(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	tried, significant := map[string]int{}, map[string]int{}
	for range 150 {
		for _, c := range everyMethod(t, random) {
			in := c.Rows[0].Inference
			if in.CI == nil || in.Test == nil {
				continue
			}
			method := nemo.Text(in.Method)
			tried[method]++
			excludes := in.CI.Lo.Sign() > 0 || in.CI.Hi.Sign() < 0
			if (in.Test.P.Cmp(decimal.MustParse("0.05")) <= 0) != excludes {
				t.Errorf("%s: p %s, interval %s to %s", method, in.Test.P, in.CI.Lo, in.CI.Hi)
			}
			if in.CI.Lo.Cmp(*in.CI.Hi) >= 0 {
				t.Errorf("%s: an interval from %s to %s", method, in.CI.Lo, in.CI.Hi)
			}
			if excludes {
				significant[method]++
			}
		}
	}
	for _, method := range []string{
		compare.MethodPairedT, compare.MethodFixedItems, compare.MethodWelch, compare.MethodRunPairs,
		compare.MethodZStderr, compare.MethodWelchStderr, compare.MethodCorrelatedZ,
	} {
		if significant[method] < 10 || tried[method]-significant[method] < 10 {
			t.Errorf("%s: %d of %d significant: the property was hardly tested", method, significant[method], tried[method])
		}
	}
}

// Percent instead of fractions multiplies the difference, its standard error, its
// interval and the margin, and nothing else.
func TestScaleOfARowLeavesP(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	hundred := decimal.FromInt(100)
	percent := func(job nemo.Job, id string) nemo.Job {
		value := job.Results.Scores[0].Value.Mul(hundred)
		other := skills(id, "x", "pass@1", "symbolic_correct", value.String()).job(t)
		other.Samples = &nemo.Samples{Files: job.Samples.Files, Outcomes: slices.Clone(job.Samples.Outcomes)}
		other.Samples.Outcomes[0].Score = "symbolic_correct"
		return other
	}
	for range 60 {
		both, b, c, neither := 20+random.IntN(60), random.IntN(25), random.IntN(25), random.IntN(60)
		x, y := flips(t, both, b, c, neither)
		for _, change := range [][]func(*compare.Options){
			{margin("0.02")},
			{margin("0.02"), method(compare.MethodPairedT)},
			{margin("0.02"), pairBy(compare.PairByNone), questions(both + b + c + neither)},
		} {
			one, _ := versus(t, x, y, change...)
			other, _ := versus(t, percent(x, "a.0"), percent(y, "b.0"), change...)
			p, q := one.Rows[0], other.Rows[0]
			if p.Scale == q.Scale {
				t.Fatalf("both rows are in %s", p.Scale)
			}
			same := func(what string, got, want *decimal.Decimal) {
				t.Helper()
				if (got == nil) != (want == nil) || got != nil && !got.RoundSignificant(9).Equal(want.RoundSignificant(9)) {
					t.Errorf("%s of %d %d %d %d: %s is %s, want %s", nemo.Text(p.Inference.Method), both, b, c, neither, what, text(got), text(want))
				}
			}
			scaled := func(d *decimal.Decimal) *decimal.Decimal {
				if d == nil {
					return nil
				}
				product := d.Mul(hundred)
				return &product
			}
			if p.Verdict != q.Verdict || !cmp.Equal(p.Inference.Method, q.Inference.Method) || p.Inference.CI == nil || q.Inference.CI == nil {
				t.Fatalf("%s and %s", found(p), found(q))
			}
			same("p", q.Inference.Test.P, p.Inference.Test.P)
			same("statistic", q.Inference.Test.Stat, p.Inference.Test.Stat)
			same("lower limit", q.Inference.CI.Lo, scaled(p.Inference.CI.Lo))
			same("upper limit", q.Inference.CI.Hi, scaled(p.Inference.CI.Hi))
			same("standard error", q.Inference.SE, scaled(p.Inference.SE))
			same("detectable", q.Inference.MDE.Value, scaled(p.Inference.MDE.Value))
			same("margin", &q.Inference.Margin.Value, scaled(&p.Inference.Margin.Value))
			same("p of the margin", q.Inference.Margin.PNI, p.Inference.Margin.PNI)
		}
	}
}

// The ids of questions only say which belong together.
func TestNamesOfQuestionsChangeNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		base, cand := map[string][]float64{}, map[string][]float64{}
		otherBase, otherCand := map[string][]float64{}, map[string][]float64{}
		n, right, score := 15+random.IntN(50), 0, 0
		names := random.Perm(n)
		for i := range n {
			x, y := random.IntN(2), random.IntN(2)
			right, score = right+x, score+y
			id, other := strconv.Itoa(i), "question "+strconv.Itoa(names[i])
			base[id], cand[id] = []float64{float64(x)}, []float64{float64(y)}
			otherBase[other], otherCand[other] = base[id], cand[id]
		}
		mean := func(k int) string {
			d, _ := decimal.FromInt(int64(k)).Quo(decimal.FromInt(int64(n)))
			return d.Fixed(12)
		}
		run := func(id string, k int, values map[string][]float64) nemo.Job {
			return answered(byob(id, "x", mean(k), "").job(t), "x", values)
		}
		for _, change := range [][]func(*compare.Options){{}, {method(compare.MethodPairedT)}} {
			want, _ := versus(t, run("a.0", right, base), run("b.0", score, cand), change...)
			got, _ := versus(t, run("a.0", right, otherBase), run("b.0", score, otherCand), change...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		}
	}
}

// A task without a finite value changes another row in nothing, one with a p-value
// in nothing but the adjustment for the size of the family.
func TestAnotherTaskChangesOnlyTheFamily(t *testing.T) {
	task := func(id, name, value string) nemo.Job {
		s := byob(id, name, value, "")
		s.results = strings.Replace(s.results, "stats: {}", "stats: {count: 200}", 1)
		return s.job(t)
	}
	one := func(extra string) compare.Row {
		a, b := []nemo.Job{task("a.0", "x", "0.5")}, []nemo.Job{task("b.0", "x", "0.6")}
		if extra != "" {
			a, b = append(a, task("a.1", "y", "0.5")), append(b, task("b.1", "y", extra))
		}
		c, _ := compared(t, []compare.Side{side("a", a...), side("b", b...)})
		return c.Rows[0]
	}
	alone := one("")
	for _, value := range []string{".nan", ".inf", "null", "N/A"} {
		if diff := cmp.Diff(alone, one(value)); diff != "" {
			t.Errorf("%s beside it (-alone +beside):\n%s", value, diff)
		}
	}
	beside := one("0.5")
	if alone.Verdict != compare.Improved || beside.Inference.Test.Family != 2 || beside.Inference.Test.PAdj.Cmp(*alone.Inference.Test.PAdj) <= 0 {
		t.Errorf("%s alone, %s in a family of %d", alone.Verdict, beside.Verdict, beside.Inference.Test.Family)
	}
	beside.Inference.Test.PAdj, beside.Inference.Test.Family = alone.Inference.Test.PAdj, 1
	beside.Verdict, beside.Reasons = alone.Verdict, alone.Reasons
	if diff := cmp.Diff(alone, beside); diff != "" {
		t.Errorf("another p-value (-alone +beside):\n%s", diff)
	}
}
