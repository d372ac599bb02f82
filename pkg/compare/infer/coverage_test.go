package infer

import (
	"math"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// TestWilsonCoverage: how often intervals of one proportion of .95 hold it, summed
// over all outcomes.
func TestWilsonCoverage(t *testing.T) {
	for _, test := range []struct {
		n           int
		wilson, clt float64
	}{{10, 0.914, 0.400}, {100, 0.966, 0.877}} {
		var wilson, clt, exact float64
		for k := range test.n + 1 {
			p := binomialPoint(k, test.n, 0.95)
			if holds(Wilson(k, test.n, 0.95), 0.95) {
				wilson += p
			}
			if holds(ClopperPearson(k, test.n, 0.95), 0.95) {
				exact += p
			}
			se := StderrOfBinaryMean(k, test.n).SampleSD
			if v := float64(k) / float64(test.n); math.Abs(v-0.95) <= 1.959963984540054**se {
				clt += p
			}
		}
		if math.Abs(wilson-test.wilson) > 0.0005 || math.Abs(clt-test.clt) > 0.0005 {
			t.Errorf("n = %d: Wilson covers %.4f, want %v; CLT %.4f, want %v", test.n, wilson, test.wilson, clt, test.clt)
		}
		if exact < 0.95 {
			t.Errorf("n = %d: Clopper–Pearson covers %.4f only", test.n, exact)
		}
	}
}

func holds(ci *Interval, x float64) bool { return ci != nil && ci.Lo <= x && x <= ci.Hi }

func binomialPoint(k, n int, p float64) float64 {
	return math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// TestPairedCoverage sums coverage and size over all tables of paired outcomes of
// equally good sides; the values are those that the specification simulated.
func TestPairedCoverage(t *testing.T) {
	for _, test := range []struct {
		n                        int
		p, correlation           float64
		pairedT, newcombe, tango float64
		exactSize, midSize       float64
	}{
		{30, 0.8, 0.3, 0.954, 0.965, 0.954, 0.016, 0.035},
		{164, 0.95, 0.6, 0.951, 0.983, 0.951, 0.013, 0.033},
	} {
		both := test.p*test.p + test.correlation*test.p*(1-test.p)
		flip := test.p - both // probability of each kind of discordant pair
		var pairedT, newcombe, tango, exactSize, midSize, all float64
		// Discordant counts beyond 40 have a probability below 1e-9 here.
		for b := range min(test.n, 40) + 1 {
			for c := range min(test.n-b, 40-b) + 1 {
				rest := test.n - b - c
				point := math.Exp(logChoose(test.n, b) + logChoose(test.n-b, c) +
					float64(b+c)*math.Log(flip) + float64(rest)*math.Log(1-2*flip))
				all += point
				d := Discordance{b, c, test.n}
				if holds(Tango(d, 0.95).CI, 0) {
					tango += point
				}
				var m Moments
				m.Add(decimal.FromInt(-1), int64(b))
				m.Add(decimal.FromInt(1), int64(c))
				m.Add(decimal.FromInt(0), int64(rest))
				// Without a flip there is no interval, so none that misses 0.
				if e := PairedT(m, 0.95); e.CI == nil || holds(e.CI, 0) {
					pairedT += point
				}
				// How the concordant pairs divide matters little: take their mean.
				right := int(math.Round(float64(rest) * both / (1 - 2*flip)))
				if holds(NewcombePaired(PairedTable{right, b, c, rest - right}, 0.95), 0) {
					newcombe += point
				}
				p := McNemarExact(b, c)
				if *p.TwoSided <= 0.05 {
					exactSize += point
				}
				if *p.MidP <= 0.05 {
					midSize += point
				}
			}
		}
		if math.Abs(all-1) > 1e-6 {
			t.Fatalf("probabilities sum to %v", all)
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"Tango", tango, test.tango},
			{"paired t", pairedT, test.pairedT},
			{"Newcombe", newcombe, test.newcombe},
			{"size of McNemar's exact test", exactSize, test.exactSize},
			{"size of mid-p", midSize, test.midSize},
		} {
			if math.Abs(c.got-c.want) > 0.0025 {
				t.Errorf("n = %d, %s: %.4f, want %v", test.n, c.name, c.got, c.want)
			}
		}
	}
}

func normals(d dice, n int, mean, sd float64) Moments {
	var m Moments
	for range n {
		m.Add(d.normal(mean, sd), 1)
	}
	return m
}

func heads(d dice, n int, p float64) int {
	count := 0
	for range n {
		if d.Float64() < p {
			count++
		}
	}
	return count
}
