package infer

import (
	"math"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// The rows that the specification prints, to their 12 digits.
func TestSpecifiedRows(t *testing.T) {
	check := func(name string, got *float64, want float64) {
		t.Helper()
		if Derived(value(t, got)) != want {
			t.Errorf("%s: %v, want %v", name, Derived(*got), want)
		}
	}
	n := DeriveN(decimal.MustParse("0.4"), decimal.MustParse("0.16329931618554522"), SampleConvention)
	if !n.Verified || *n.N != 10 || *n.K != 4 {
		t.Fatalf("n %v, k %v", n.N, n.K)
	}
	e := MiettinenNurminen(TwoProportions{X1: 6, N1: 10, X2: 4, N2: 10}, 0.95)
	check("se", e.SE, 0.230940107676)
	check("lo", &e.CI.Lo, -0.236852195107)
	check("hi", &e.CI.Hi, 0.569580505486)
	check("stat", e.Stat, 0.871779788708)
	check("p", e.P, 0.383328522648)
	check("mde", DefaultPower().DetectableEffect(*e.SE), 0.646998391934)
	check("base lo", &Wilson(4, 10, 0.95).Lo, 0.168180329706)

	table := PairedTable{Both: 120, BaseOnly: 17, CandOnly: 9, Neither: 18}
	check("p_exact", McNemarExact(table.BaseOnly, table.CandOnly).TwoSided, 0.168637543917)
	check("correlation", table.Correlation(), 0.491107231939)

	// The same correlation from the outcomes themselves.
	var base, cand []decimal.Decimal
	add := func(count int, b, c int64) {
		for range count {
			base, cand = append(base, decimal.FromInt(b)), append(cand, decimal.FromInt(c))
		}
	}
	add(120, 1, 1)
	add(17, 1, 0)
	add(9, 0, 1)
	add(18, 0, 0)
	check("correlation of outcomes", CorrelationOfPairs(base, cand), 0.491107231939)
	if CorrelationOfPairs(base[:120], cand[:120]) != nil {
		t.Error("a constant side correlates")
	}
}

func TestFewItemsTakeStudentsT(t *testing.T) {
	side := func(value string, n int) Reported {
		return Reported{decimal.MustParse(value), decimal.MustParse("0.02"), n}
	}
	for _, test := range []struct {
		base, cand int
		student    bool
	}{{199, 1000, true}, {1000, 199, true}, {200, 200, false}, {0, 50, false}, {50, 0, false}} {
		e := FromStderrs(side("0.7", test.base), side("0.75", test.cand), 0.95)
		if (e.DF != nil) != test.student {
			t.Errorf("n = %d and %d: df %v", test.base, test.cand, e.DF)
		}
	}
	if e := WelchFromStderrs(side("0.7", 1), side("0.75", 50), 0.95); e.P != nil || e.CI != nil || e.Stat == nil {
		t.Errorf("one item: %+v", e)
	}
	// Equal standard errors and sizes: ν = 2(n−1).
	if e := WelchFromStderrs(side("0.7", 20), side("0.75", 20), 0.95); *e.DF != 38 {
		t.Errorf("df %v, want 38", *e.DF)
	}
}

func TestAssumedCorrelation(t *testing.T) {
	base := Reported{Value: decimal.MustParse("0.7"), Stderr: decimal.MustParse("0.03")}
	cand := Reported{Value: decimal.MustParse("0.75"), Stderr: decimal.MustParse("0.04")}
	if e := CorrelatedZ(base, cand, decimal.FromInt(0), 0.95); *e.SE != 0.05 || *e.Stat != 1 {
		t.Errorf("ρ = 0: se %v, z %v", *e.SE, *e.Stat)
	}
	if e := CorrelatedZ(base, cand, decimal.FromInt(1), 0.95); *e.SE != 0.01 {
		t.Errorf("ρ = 1: se %v", *e.SE)
	}
	cand.Stderr = base.Stderr
	if e := CorrelatedZ(base, cand, decimal.FromInt(1), 0.95); *e.SE != 0 || e.P != nil || e.Reason != ReasonZeroVariance {
		t.Errorf("perfectly correlated: %+v", e)
	}
}

func TestRelativeChange(t *testing.T) {
	base := Reported{Value: decimal.MustParse("2"), Stderr: decimal.MustParse("0.3")}
	cand := Reported{Value: decimal.MustParse("3"), Stderr: decimal.MustParse("0.4")}
	// R = 1.5: sqrt(.16 + 2.25·.09 − 3·.02)/2
	if got := value(t, RatioStderr(base, cand, decimal.MustParse("0.02"))); math.Abs(got-math.Sqrt(0.3025)/2) > 1e-15 {
		t.Errorf("SE of the ratio %v, want .275", got)
	}
	ci := Interval{0.95, -0.5, 1}
	if got := ci.Relative(decimal.MustParse("-2")); got.Lo != -0.25 || got.Hi != 0.5 {
		t.Errorf("relative to −2: %v", *got)
	}
	if ci.Relative(decimal.FromInt(0)) != nil {
		t.Error("relative to 0")
	}
}

func TestRatiosOfRuns(t *testing.T) {
	parse := func(texts ...string) (values []decimal.Decimal) {
		for _, text := range texts {
			values = append(values, decimal.MustParse(text))
		}
		return values
	}
	base, cand := parse("100", "110", "90", "105"), parse("200", "220", "180", "210")
	ratio, logs := RatioOfMeans(base, cand, 0.95)
	if math.Abs(value(t, ratio.Value)-2) > 1e-14 || ratio.CI.Lo <= 1 || *logs.P > 0.001 {
		t.Errorf("twice the latency: %+v", ratio)
	}
	if ratio, _ := RatioOfMeans(base, parse("1", "0"), 0.95); ratio.Value != nil || ratio.Reason != ReasonNonPositive {
		t.Errorf("a latency of 0: %+v", ratio)
	}
	record := RecordOf(parse("0.1", "-0.2", "0", "0.3"), LowerIsBetter)
	if record != (Record{Wins: 1, Losses: 2, Ties: 1}) {
		t.Errorf("record %+v", record)
	}
	if p := value(t, SignTest(6, 0)); p != 1./32 {
		t.Errorf("6 wins: p = %v, want 1/32", p)
	}
	half := StratifiedStderr([]*decimal.Decimal{&base[0], &base[0]}, []int{1, 1})
	if math.Abs(value(t, half)-100/math.Sqrt2) > 1e-12 {
		t.Errorf("stratified %v", *half)
	}
}
