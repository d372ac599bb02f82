package infer_test

import (
	"math"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// The limits are where the statistic of cand − R·base is just q, on either side.
func TestFiellerIsDualToItsTest(t *testing.T) {
	const q = 1.959963984540054
	for _, test := range []struct{ base, sb, cand, sc, cov string }{
		{"0.5", "0.02", "0.44", "0.02", "0"},
		{"0.5", "0.02", "0.44", "0.02", "0.0002"},
		{"-20", "3", "35", "4", "-2"},
		{"0.1", "0.043", "0.3", "0.065", "0"},
		{"0.5", "0", "0.44", "0.02", "0"},
	} {
		base := infer.Reported{Value: decimal.MustParse(test.base), Stderr: decimal.MustParse(test.sb)}
		cand := infer.Reported{Value: decimal.MustParse(test.cand), Stderr: decimal.MustParse(test.sc)}
		cov := decimal.MustParse(test.cov)
		ci := infer.Fieller(base, cand, cov, q, 0.95)
		if ci == nil {
			t.Fatalf("%+v: no interval", test)
		}
		b, c, sb, sc := base.Value.Float64(), cand.Value.Float64(), base.Stderr.Float64(), cand.Stderr.Float64()
		for _, r := range []float64{ci.Lo, ci.Hi} {
			stat := math.Abs(c-r*b) / math.Sqrt(sc*sc+r*r*sb*sb-2*r*cov.Float64())
			if math.Abs(stat-q) > 1e-9 {
				t.Errorf("%+v: at %v the statistic is %v", test, r, stat)
			}
		}
		if r := c / b; !(ci.Lo < r && r < ci.Hi) {
			t.Errorf("%+v: %v is not in [%v, %v]", test, r, ci.Lo, ci.Hi)
		}
	}
	noise := infer.Reported{Value: decimal.MustParse("0.01"), Stderr: decimal.MustParse("0.01")}
	if ci := infer.Fieller(noise, noise, decimal.Decimal{}, q, 0.95); ci != nil {
		t.Errorf("a base that may be 0 gives %v", *ci)
	}
}
