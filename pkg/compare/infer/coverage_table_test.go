package infer

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/decimal"
)

var update = flag.Bool("update", false, "write the table of coverage in docs/statistics.md again")

// claim is what a 95 % interval promises for some data.
type claim string

const (
	nominal      claim = "" // covers .94 to .97
	conservative claim = "wider than needed"
	liberal      claim = "too narrow"
)

// coverages are the rows of the table: how often a 95 % interval holds the truth,
// summed over all outcomes where their number allows, else simulated.
var coverages = []struct {
	method, data string
	claim        claim
	coverage     func() float64
}{
	{"Wilson", "n = 10, p = .95", liberal, one(Wilson, 10, 0.95)},
	{"Wilson", "n = 10, mean over p", nominal, oneOverall(Wilson, 10)},
	{"Wilson", "n = 30, p = .8", nominal, one(Wilson, 30, 0.8)},
	{"Wilson", "n = 100, p = .95", nominal, one(Wilson, 100, 0.95)},
	{"Wilson", "n = 1319, p = .8", nominal, one(Wilson, 1319, 0.8)},
	{"Clopper–Pearson", "n = 10, p = .95", conservative, one(ClopperPearson, 10, 0.95)},
	{"Clopper–Pearson", "n = 100, p = .95", conservative, one(ClopperPearson, 100, 0.95)},
	{"Clopper–Pearson", "n = 1319, p = .8", nominal, one(ClopperPearson, 1319, 0.8)},
	{"value ± 1.96 standard errors, not used", "n = 10, p = .95", liberal, one(wald, 10, 0.95)},
	{"value ± 1.96 standard errors, not used", "n = 100, p = .95", liberal, one(wald, 100, 0.95)},

	{"`miettinen_nurminen`", "30 against 30, .8 → .8", nominal, two(miettinen, 30, 30, 0.8, 0.8)},
	{"`miettinen_nurminen`", "50 against 70, .9 → .8", nominal, two(miettinen, 50, 70, 0.9, 0.8)},
	{"`miettinen_nurminen`", "164 against 164, .95 → .95", nominal, two(miettinen, 164, 164, 0.95, 0.95)},
	{"`miettinen_nurminen`", "the same 164 questions, correlation .6", conservative, unpairedOnPaired},
	{"Newcombe, unpaired", "30 against 30, .8 → .8", nominal, two(NewcombeIndependent, 30, 30, 0.8, 0.8)},
	{"Newcombe, unpaired", "50 against 70, .9 → .8", nominal, two(NewcombeIndependent, 50, 70, 0.9, 0.8)},

	{"`tango`", "n = 30, .8 → .8, correlation .3", nominal, pairedTable(tangoInterval, 30, 0.8, 0.8, 0.3)},
	{"`tango`", "n = 164, .95 → .95, correlation .6", nominal, pairedTable(tangoInterval, 164, 0.95, 0.95, 0.6)},
	{"`tango`", "n = 164, .9 → .85, correlation .6", nominal, pairedTable(tangoInterval, 164, 0.9, 0.85, 0.6)},
	{"`tango`", "n = 1319, .8 → .8, correlation .6", nominal, pairedTable(tangoInterval, 1319, 0.8, 0.8, 0.6)},
	{"Newcombe, paired", "n = 30, .8 → .8, correlation .3", nominal, pairedTable(NewcombePaired, 30, 0.8, 0.8, 0.3)},
	{"Newcombe, paired", "n = 164, .95 → .95, correlation .6", conservative, pairedTable(NewcombePaired, 164, 0.95, 0.95, 0.6)},

	{"`paired_t`", "zeros and ones, n = 164, .9 → .85, correlation .6", nominal, pairedTable(pairedTOfTable, 164, 0.9, 0.85, 0.6)},
	{"`paired_t`", "normal, n = 5", nominal, simulated(0.3, func(d dice) *Interval { return PairedT(normals(d, 5, 0.3, 1), 0.95).CI })},
	{"`paired_t`", "skewed scores, n = 30", nominal, simulated(0.25, func(d dice) *Interval { return PairedT(skewed(d, 30), 0.95).CI })},
	{"clustered t", "3 clusters of 20, correlation .2 inside", nominal, clustered(3)},
	{"clustered t", "5 clusters of 20", nominal, clustered(5)},
	{"clustered t", "10 clusters of 20", nominal, clustered(10)},
	{"`paired_fixed_items`", "60 questions × 2 and 3 repeats, the same again", nominal, fixedItems(60, 2, 3)},
	{"`paired_fixed_items`", "100 questions × 4 and 4 repeats", nominal, fixedItems(100, 4, 4)},

	{"`welch_t`", "2 runs against 2", conservative, welch(2, 2, 1)},
	{"`welch_t`", "3 against 3", nominal, welch(3, 3, 1)},
	{"`welch_t`", "5 against 5", nominal, welch(5, 5, 1)},
	{"`welch_t`", "4 against 6, three times the spread", nominal, welch(4, 6, 3)},
	{"prediction of one more run", "5 runs", nominal, prediction},
	{"ratio of latencies, Welch on logs", "6 runs against 6", nominal, ratios},

	{"`z_stderr`", "500 questions a side, .8 → .7", nominal, reportedStderrs(500, 0.8, 0.7, 0)},
	{"`welch_stderr`", "50 questions a side, .8 → .7", nominal, reportedStderrs(50, 0.8, 0.7, 0)},
	{"`welch_stderr`", "50 a side, .98 → .98", conservative, reportedStderrs(50, 0.98, 0.98, 0)},
	{"`z_stderr`", "the same 500 questions, correlation .6", conservative, reportedStderrs(500, 0.8, 0.7, 0.6)},
	{"`z_correlated`", "the same 500 questions, .6 known", nominal, correlated},
	{"`z_stderr`, of three runs", "200 questions × 3 runs a side, new questions", nominal, runStderrs},
	{"bounded standard error", "scores from 0 to 1 evenly, 200 a side", conservative, bounded},

	{"median, order statistics", "n = 10", conservative, median(10)},
	{"median, order statistics", "n = 20", nominal, median(20)},
	{"median, order statistics", "n = 100", nominal, median(100)},
	{"median, percentile bootstrap", "n = 25", nominal, bootstrapMedian},

	{"mean of 5 tasks, these", "200 questions each, true changes −.05 to .05", nominal, macroFixed},
	{"mean of tasks, others like these", "8 tasks", nominal, macroRandom},
}

// TestCoverageTable holds every interval to what it claims, and docs/statistics.md
// to the numbers.
func TestCoverageTable(t *testing.T) {
	var table strings.Builder
	table.WriteString("| interval | data | coverage | |\n|---|---|---|---|\n")
	last := ""
	for _, row := range coverages {
		got := row.coverage()
		switch {
		case row.claim == nominal && (got < 0.94 || got > 0.97),
			row.claim == conservative && got < 0.96,
			row.claim == liberal && got >= 0.94,
			!(got > 0 && got <= 1):
			t.Errorf("%s, %s: coverage %.4f does not fit %q", row.method, row.data, got, row.claim)
		}
		method := row.method
		if method == last {
			method = ""
		}
		last = row.method
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", method, row.data, strings.TrimPrefix(strconv.FormatFloat(got, 'f', 3, 64), "0"), row.claim)
	}

	const page = "../../../docs/statistics.md"
	const begin, end = "<!-- coverage: written by go test ./pkg/compare/infer -run Coverage -update -->\n", "<!-- end of coverage -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	old, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(old, table.String()); diff != "" {
		t.Errorf("%s says otherwise; -update rewrites it (-page +computed):\n%s", page, diff)
	}
}

// turns is how often what cannot be summed up is simulated: the standard error of a
// coverage of .95 is .0034.
const turns = 4000

func simulated(truth float64, simulate func(d dice) *Interval) func() float64 {
	return func() float64 { return shareOf(turns, func(d dice) bool { return holds(simulate(d), truth) }) }
}

func shareOf(times int, holds func(d dice) bool) float64 {
	d, held := newDice(31), 0
	for range times {
		if holds(d) {
			held++
		}
	}
	return float64(held) / float64(times)
}

func one(interval func(k, n int, confidence float64) *Interval, n int, p float64) func() float64 {
	return func() float64 {
		covered := 0.0
		for k := range n + 1 {
			if holds(interval(k, n, 0.95), p) {
				covered += binomialPoint(k, n, p)
			}
		}
		return covered
	}
}

// oneOverall averages over p from .005 to .995.
func oneOverall(interval func(k, n int, confidence float64) *Interval, n int) func() float64 {
	return func() float64 {
		const steps = 100
		total := 0.0
		for i := range steps {
			total += one(interval, n, (float64(i)+0.5)/steps)()
		}
		return total / steps
	}
}

func wald(k, n int, _ float64) *Interval {
	se := StderrOfBinaryMean(k, n).SampleSD
	v := float64(k) / float64(n)
	return &Interval{Level: 0.95, Lo: v - 1.959963984540054**se, Hi: v + 1.959963984540054**se}
}

func miettinen(counts TwoProportions, confidence float64) *Interval {
	return MiettinenNurminen(counts, confidence).CI
}

// likely are the counts of n that are not rarer than 1e-12.
func likely(n int, p float64) (counts []int) {
	for k := range n + 1 {
		if binomialPoint(k, n, p) > 1e-12 {
			counts = append(counts, k)
		}
	}
	return counts
}

func two(interval func(counts TwoProportions, confidence float64) *Interval, n1, n2 int, p1, p2 float64) func() float64 {
	return func() float64 {
		covered := 0.0
		for _, x1 := range likely(n1, p1) {
			for _, x2 := range likely(n2, p2) {
				if holds(interval(TwoProportions{x1, n1, x2, n2}, 0.95), p1-p2) {
					covered += binomialPoint(x1, n1, p1) * binomialPoint(x2, n2, p2)
				}
			}
		}
		return covered
	}
}

// cells are the probabilities of the paired table of two proportions with a
// correlation over items.
func cells(base, cand, correlation float64) (both, baseOnly, candOnly, neither float64) {
	both = base*cand + correlation*math.Sqrt(base*(1-base)*cand*(1-cand))
	return both, base - both, cand - both, 1 - base - cand + both
}

func tangoInterval(table PairedTable, confidence float64) *Interval {
	return Tango(table.Discordance(), confidence).CI
}

func pairedTOfTable(table PairedTable, confidence float64) *Interval {
	var m Moments
	m.Add(decimal.FromInt(-1), int64(table.BaseOnly))
	m.Add(decimal.FromInt(1), int64(table.CandOnly))
	m.Add(decimal.FromInt(0), int64(table.Both+table.Neither))
	return PairedT(m, confidence).CI
}

// pairedTable sums over the discordant counts. How the concordant pairs divide
// matters little: they take their mean.
func pairedTable(interval func(table PairedTable, confidence float64) *Interval, n int, base, cand, correlation float64) func() float64 {
	return func() float64 {
		both, lost, gained, neither := cells(base, cand, correlation)
		covered := 0.0
		for _, b := range likely(n, lost) {
			for _, c := range likely(n-b, gained/(1-lost)) {
				rest := n - b - c
				right := int(math.Round(float64(rest) * both / (both + neither)))
				ci := interval(PairedTable{right, b, c, rest - right}, 0.95)
				// Without an interval nothing is claimed, so nothing wrong.
				if ci == nil || holds(ci, cand-base) {
					covered += binomialPoint(b, n, lost) * binomialPoint(c, n-b, gained/(1-lost))
				}
			}
		}
		return covered
	}
}

// draw makes the outcomes of n questions on both sides.
func draw(d dice, n int, base, cand, correlation float64) (table PairedTable) {
	both, lost, gained, _ := cells(base, cand, correlation)
	for range n {
		switch u := d.Float64(); {
		case u < both:
			table.Both++
		case u < both+lost:
			table.BaseOnly++
		case u < both+lost+gained:
			table.CandOnly++
		default:
			table.Neither++
		}
	}
	return table
}

func unpairedOnPaired() float64 {
	return simulated(0, func(d dice) *Interval {
		t := draw(d, 164, 0.95, 0.95, 0.6)
		return miettinen(TwoProportions{t.Both + t.CandOnly, 164, t.Both + t.BaseOnly, 164}, 0.95)
	})()
}

// skewed are differences of scores with a mean of ¼ and a long tail.
func skewed(d dice, n int) Moments {
	var m Moments
	for range n {
		u := d.Float64()
		m.Add(decimal.MustParse(strconv.FormatFloat(u*u*u, 'f', 6, 64)), 1)
	}
	return m
}

func clustered(groups int) func() float64 {
	const size = 20
	labels := make([]string, groups*size)
	for i := range labels {
		labels[i] = strconv.Itoa(i % groups)
	}
	return simulated(0, func(d dice) *Interval {
		effects := make([]float64, groups)
		for g := range effects {
			effects[g] = math.Sqrt(0.2) * d.NormFloat64()
		}
		values := make([]decimal.Decimal, len(labels))
		for i := range values {
			values[i] = d.normal(effects[i%groups], math.Sqrt(0.8))
		}
		return ClusteredMean(values, labels, 0.95).CI
	})
}

// fixedItems gives every question a chance of its own on each side; the truth is
// the mean difference of these chances.
func fixedItems(n, kBase, kCand int) func() float64 {
	return func() float64 {
		setup := newDice(7)
		chances, truth := make([][2]float64, n), 0.0
		for i := range chances {
			p := setup.Float64()
			chances[i] = [2]float64{p, min(1, p+0.1*setup.Float64())}
			truth += (chances[i][1] - chances[i][0]) / float64(n)
		}
		answers := func(d dice, k int, p float64) []decimal.Decimal {
			row := make([]decimal.Decimal, k)
			for i := range row {
				row[i] = decimal.FromInt(int64(heads(d, 1, p)))
			}
			return row
		}
		return shareOf(turns/4, func(d dice) bool {
			base, cand := make([][]decimal.Decimal, n), make([][]decimal.Decimal, n)
			for i, p := range chances {
				base[i], cand[i] = answers(d, kBase, p[0]), answers(d, kCand, p[1])
			}
			return holds(PairedFixedItems(base, cand, 0.95).CI, truth)
		})
	}
}

func welch(kBase, kCand int, spread float64) func() float64 {
	return simulated(0.2, func(d dice) *Interval {
		return Welch(normals(d, kBase, 0, 1), normals(d, kCand, 0.2, spread), 0.95).CI
	})
}

func prediction() float64 {
	return shareOf(turns, func(d dice) bool {
		values := make([]decimal.Decimal, 5)
		for i := range values {
			values[i] = d.normal(0.7, 0.02)
		}
		return holds(Summarize(values, 0.95).Prediction, d.normal(0.7, 0.02).Float64())
	})
}

func ratios() float64 {
	sample := func(d dice, centre float64) []decimal.Decimal {
		values := make([]decimal.Decimal, 6)
		for i := range values {
			values[i] = decimal.MustParse(strconv.FormatFloat(centre*math.Exp(0.3*d.NormFloat64()), 'f', 6, 64))
		}
		return values
	}
	return simulated(0.8, func(d dice) *Interval {
		ratio, _ := RatioOfMeans(sample(d, 100), sample(d, 80), 0.95)
		return ratio.CI
	})()
}

// reportedOf is a proportion of k in n as a harness reports it.
func reportedOf(k, n int) Reported {
	value, _ := decimal.FromInt(int64(k)).Quo(decimal.FromInt(int64(n)))
	se, _ := decimal.FromFloat(*StderrOfBinaryMean(k, n).SampleSD)
	return Reported{value, se, n}
}

func reportedStderrs(n int, base, cand, correlation float64) func() float64 {
	return simulated(cand-base, func(d dice) *Interval {
		t := draw(d, n, base, cand, correlation)
		x, y := reportedOf(t.Both+t.BaseOnly, n), reportedOf(t.Both+t.CandOnly, n)
		if x.Stderr.Sign() == 0 || y.Stderr.Sign() == 0 {
			return &Interval{0.95, -1, 1} // a standard error of 0 is not used, so nothing is claimed
		}
		return FromStderrs(x, y, 0.95).CI
	})
}

func correlated() float64 {
	rho := decimal.MustParse("0.6")
	return simulated(-0.1, func(d dice) *Interval {
		t := draw(d, 500, 0.8, 0.7, 0.6)
		return CorrelatedZ(reportedOf(t.Both+t.BaseOnly, 500), reportedOf(t.Both+t.CandOnly, 500), rho, 0.95).CI
	})()
}

// runStderrs draws new questions each time, with chances that differ between them,
// and asks each three times a side.
func runStderrs() float64 {
	const n, runs = 200, 3
	side := func(d dice, shift float64) Reported {
		counts := make([]int, runs)
		for range n {
			p := min(1, d.Float64()+shift)
			for r := range counts {
				counts[r] += heads(d, 1, p)
			}
		}
		values, squares := make([]decimal.Decimal, runs), make([]decimal.Decimal, runs)
		for r, k := range counts {
			run := reportedOf(k, n)
			values[r], squares[r] = run.Value, run.Stderr.Mul(run.Stderr)
		}
		square, _ := decimal.Mean(squares)
		mean, _ := decimal.Mean(values)
		sd, _ := decimal.FromFloat(*MomentsOf(values).StdDev())
		se, _ := decimal.FromFloat(*MeanStderrOfRuns(square, sd, runs))
		return Reported{Value: mean, Stderr: se}
	}
	// A chance of min(1, u + .2) has the mean .68.
	return simulated(0.18, func(d dice) *Interval { return ZFromStderrs(side(d, 0), side(d, 0.2), 0.95).CI })()
}

func bounded() float64 {
	const n = 200
	side := func(d dice) decimal.Decimal {
		total := 0.0
		for range n {
			total += d.Float64()
		}
		return decimal.MustParse(strconv.FormatFloat(total/n, 'f', 6, 64))
	}
	return simulated(0, func(d dice) *Interval { return FromBounds(side(d), side(d), n, n, 0.95).CI })()
}

// median counts how often the order statistics of n values hold the median.
func median(n int) func() float64 {
	return func() float64 {
		ranks := MedianInterval(n, 0.95)
		return between(n, ranks.Lo, ranks.Hi)
	}
}

// between is how often the median lies from the value of rank lo to that of rank hi,
// whatever the distribution: the number of values below it lies between the ranks.
func between(n, lo, hi int) float64 {
	covered := 0.0
	for below := range n + 1 {
		if lo <= below && below < hi {
			covered += binomialPoint(below, n, 0.5)
		}
	}
	return covered
}

// bootstrapMedian needs no data: the median of a resample of an odd number of values
// is one of them, so the limits are values of certain ranks.
func bootstrapMedian() float64 {
	const n = 25
	ci := Bootstrap(n, func(drawn []int) (float64, bool) {
		return float64(slices.Sorted(slices.Values(drawn))[n/2] + 1), true
	}, 1, 0.95).CI
	return between(n, int(math.Ceil(ci.Lo)), int(math.Floor(ci.Hi)))
}

func macroFixed() float64 {
	changes := []float64{-0.05, -0.02, 0, 0.03, 0.05}
	return simulated(0.002, func(d dice) *Interval {
		deltas, stderrs := make([]decimal.Decimal, len(changes)), make([]*decimal.Decimal, len(changes))
		for i, change := range changes {
			e := FromStderrs(reportedOf(heads(d, 200, 0.8), 200), reportedOf(heads(d, 200, 0.8+change), 200), 0.95)
			se, _ := decimal.FromFloat(*e.SE)
			deltas[i], stderrs[i] = *e.Value, &se
		}
		return MacroFixed(deltas, stderrs, 0.95).CI
	})()
}

func macroRandom() float64 {
	return simulated(0.01, func(d dice) *Interval {
		deltas := make([]decimal.Decimal, 8)
		for i := range deltas {
			deltas[i] = d.normal(0.01, 0.03)
		}
		return MacroRandom(deltas, 0.95).CI
	})()
}
