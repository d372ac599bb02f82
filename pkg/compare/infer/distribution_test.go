package infer

import (
	"math"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// The tails are those of a 30-digit continued fraction, for arguments at which the
// three ways to compute them meet.
func TestStudentTail(t *testing.T) {
	for _, test := range []struct{ df, t, want float64 }{
		{3, 1e-6, 0.49999963244740305},
		{300, 1e-6, 0.4999996013900324},
		{300, 0.001, 0.49960139009905706},
		{0.3, 0.1, 0.47723101760206795},
		{30, 2, 0.027312522481491552},
		{499, 3, 0.0014173826179085657},
		{500, 3, 0.0014172459064255698},
		{500, 10.1, 2.9793472848124501e-22},
		{1318, 35, 1.2592902802831211e-190},
		{1e6, 0.001, 0.49960105788582454},
		{1e6, 2, 0.022750266925659604},
		{1e6, 12, 1.7858425623825449e-33},
	} {
		if got := studentTail(test.t, test.df); math.Abs(got/test.want-1) > 1e-12 {
			t.Errorf("P(T >= %v) at df %v: %v, want %v", test.t, test.df, got, test.want)
		}
		if got := studentTail(-test.t, test.df); math.Abs(got-(1-test.want)) > 1e-15 {
			t.Errorf("P(T >= -%v) at df %v: %v", test.t, test.df, got)
		}
	}
}

func TestStudentQuantileInvertsTheTail(t *testing.T) {
	for _, df := range []float64{0.5, 1, 2.7, 30, 499.5, 500, 4e5} {
		for _, p := range []float64{1e-12, 0.001, 0.025, 0.49999, 0.6, 0.975} {
			x := value(t, StudentQuantile(p, df))
			if got := studentTail(-x, df); math.Abs(got/p-1) > 1e-12 {
				t.Errorf("df %v: the %v-quantile %v has %v below it", df, p, x, got)
			}
		}
	}
	for _, p := range []float64{0, 1, -1, math.NaN()} {
		if StudentQuantile(p, 3) != nil || NormalQuantile(p) != nil {
			t.Errorf("a quantile at %v", p)
		}
	}
	if StudentQuantile(1e-300, 0.01) != nil {
		t.Error("a quantile that no float64 holds")
	}
}

func TestNormalTail(t *testing.T) {
	// Φ(−10), where 1 − Φ(10) is 0.
	if got := normalTail(10); math.Abs(got/7.6198530241605261e-24-1) > 1e-12 {
		t.Errorf("got %v", got)
	}
}

func TestHalfBinomialTail(t *testing.T) {
	// Sums and series meet: compare them around the size where one takes over.
	for _, k := range []int{0, 900, 1900, 2000, 2047, 2048, 2100, 3000, 4094} {
		exact, series := halfBinomialTail(k, exactTrials), largeHalfBinomialTail(k, exactTrials)
		if math.Abs(series-exact) > 1e-12*exact {
			t.Errorf("P(X <= %d): exact %v, series %v", k, exact, series)
		}
	}
	// From a 40-digit continued fraction.
	if got := halfBinomialTail(9_998_881, 20_000_000); math.Abs(got/0.30846417037333973-1) > 1e-11 {
		t.Errorf("n = 2·10⁷: %v", got)
	}
}

func TestWilsonEndsAtTheBounds(t *testing.T) {
	for n := 1; n <= 500; n++ {
		none, all := Wilson(0, n, 0.95), Wilson(n, n, 0.95)
		if none.Lo != 0 || all.Hi != 1 || none.Hi <= 0 || all.Lo >= 1 {
			t.Fatalf("n = %d: %v and %v", n, *none, *all)
		}
	}
}

func TestProbSuperiorOfManyTrials(t *testing.T) {
	if p := value(t, ProbSuperior(2500, 5000, 2500, 5000)); math.Abs(p-0.5) > 1e-10 {
		t.Errorf("equal samples: %v, want 1/2", p)
	}
	p, q := value(t, ProbSuperior(2400, 5000, 2450, 5100)), value(t, ProbSuperior(2450, 5100, 2400, 5000))
	if math.Abs(p+q-1) > 1e-10 {
		t.Errorf("P(B > A) + P(A > B) = %v", p+q)
	}
}

func TestMarginsBelowZero(t *testing.T) {
	e := ZFromStderrs(
		Reported{Value: decimal.MustParse("0.5"), Stderr: decimal.MustParse("0.01")},
		Reported{Value: decimal.MustParse("0.6"), Stderr: decimal.MustParse("0.01")}, 0.95,
	)
	if test := Margin(e, decimal.MustParse("-0.01")); test.P != nil || test.Reason != ReasonOutOfRange {
		t.Errorf("got %+v", test)
	}
	if p := Equivalence(e, decimal.MustParse("-0.01")); p != nil {
		t.Errorf("p = %v", *p)
	}
}
