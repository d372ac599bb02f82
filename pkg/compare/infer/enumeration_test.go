package infer

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// naiveFlips counts sign patterns one by one in fractions.
func naiveFlips(values []decimal.Decimal) (two, greater float64) {
	observed := sumOf(values)
	for mask := range 1 << len(values) {
		var sum decimal.Decimal
		for i, value := range values {
			if mask>>i&1 == 1 {
				value = value.Neg()
			}
			sum = sum.Add(value)
		}
		if sum.Abs().Cmp(observed.Abs()) >= 0 {
			two++
		}
		if sum.Cmp(observed) >= 0 {
			greater++
		}
	}
	return two / float64(int(1)<<len(values)), greater / float64(int(1)<<len(values))
}

func sumOf(values []decimal.Decimal) decimal.Decimal {
	var sum decimal.Decimal
	for _, value := range values {
		sum = sum.Add(value)
	}
	return sum
}

// naiveSplits counts splits one by one in fractions.
func naiveSplits(base, cand []decimal.Decimal) (two, greater float64) {
	pooled := slices.Concat(base, cand)
	mean := func(values []decimal.Decimal) decimal.Decimal { m, _ := decimal.Mean(values); return m }
	observed := mean(cand).Sub(mean(base))
	all := 0.0
	for mask := range 1 << len(pooled) {
		var x, y []decimal.Decimal
		for i, value := range pooled {
			if mask>>i&1 == 1 {
				y = append(y, value)
			} else {
				x = append(x, value)
			}
		}
		if len(x) != len(base) {
			continue
		}
		all++
		difference := mean(y).Sub(mean(x))
		if difference.Abs().Cmp(observed.Abs()) >= 0 {
			two++
		}
		if difference.Cmp(observed) >= 0 {
			greater++
		}
	}
	return two / all, greater / all
}

// awkward returns values whose sums no float64 holds: thirds beside long decimals,
// some too wide for an int64.
func awkward(d dice, n int) []decimal.Decimal {
	values := d.decimals(n, -1, 1, 1)
	for i := range values {
		switch d.IntN(4) {
		case 0:
			values[i], _ = values[i].Quo(decimal.FromInt(3))
		case 1:
			values[i] = values[i].Add(decimal.MustParse("1e-30"))
		case 2:
			values[i] = values[i].Mul(decimal.MustParse("0.7266666666666667"))
		}
	}
	return values
}

func TestExactTestsAgainstNaiveCounts(t *testing.T) {
	d := newDice(21)
	for turn := range 60 {
		differences := d.decimals(1+d.IntN(9), -1, 1.4, d.IntN(3))
		base, cand := d.decimals(1+d.IntN(5), 0, 1, 1), d.decimals(1+d.IntN(5), 0, 1, 1)
		if turn%2 == 0 {
			differences, base, cand = awkward(d, len(differences)), awkward(d, len(base)), awkward(d, len(cand))
		}
		two, greater := naiveFlips(differences)
		if got := SignFlipExact(differences); *got.TwoSided != two || *got.Greater != greater {
			t.Errorf("flips of %v: %v, %v, want %v, %v", differences, *got.TwoSided, *got.Greater, two, greater)
		}
		two, greater = naiveSplits(base, cand)
		if got := PermutationExact(base, cand); *got.TwoSided != two || *got.Greater != greater {
			t.Errorf("splits of %v and %v: %v, %v, want %v, %v", base, cand, *got.TwoSided, *got.Greater, two, greater)
		}
	}
}

// In floats 0.1 + 0.2 is more than 0.3, and an outcome as extreme as the observed
// one would not count.
func TestOutcomesAsExtremeCount(t *testing.T) {
	values := []decimal.Decimal{decimal.MustParse("0.1"), decimal.MustParse("0.2"), decimal.MustParse("-0.3")}
	if got := SignFlipExact(values); *got.TwoSided != 1 || *got.Greater != 5./8 {
		t.Errorf("p = %v and %v, want 1 and 5/8", *got.TwoSided, *got.Greater)
	}
}

func TestDrawsApproachTheExactValue(t *testing.T) {
	d := newDice(22)
	for range 3 {
		differences := d.decimals(16, -1, 1.4, 2)
		groups, _ := integers(differences)
		exact := SignFlipExact(differences)
		values, _ := smalls(groups[0])
		draws := drawFlips(values, 7)
		if math.Abs(*exact.TwoSided-*draws.TwoSided) > 0.006 || math.Abs(*exact.Greater-*draws.Greater) > 0.006 {
			t.Errorf("flips: exact %v, %v, drawn %v, %v", *exact.TwoSided, *exact.Greater, *draws.TwoSided, *draws.Greater)
		}
		if wide := drawFlips(larges(groups[0]), 7); !cmp.Equal(draws, wide) {
			t.Error("int64 and big.Int draw differently")
		}
		base, cand := d.decimals(5, 0, 1, 2), d.decimals(7, 0, 1.3, 2)
		exact = PermutationExact(base, cand)
		pooled, _ := smalls(centred(base, cand))
		draws = drawSplits(pooled, len(base), 7)
		if math.Abs(*exact.TwoSided-*draws.TwoSided) > 0.006 || math.Abs(*exact.Greater-*draws.Greater) > 0.006 {
			t.Errorf("splits: exact %v, %v, drawn %v, %v", *exact.TwoSided, *exact.Greater, *draws.TwoSided, *draws.Greater)
		}
	}
}

func TestDrawsDoNotDependOnOrderOrSide(t *testing.T) {
	d := newDice(23)
	differences := d.decimals(40, -1, 1.3, 1)
	one := SignFlip(differences, 5)
	if one.Draws != Draws {
		t.Fatalf("%d draws", one.Draws)
	}
	if other := SignFlip(shuffled(d, differences), 5); !cmp.Equal(one, other) {
		t.Errorf("shuffled: %v, want %v", *other.TwoSided, *one.TwoSided)
	}
	if other := SignFlip(negated(differences), 5); *other.TwoSided != *one.TwoSided {
		t.Errorf("sides exchanged: %v, want %v", *other.TwoSided, *one.TwoSided)
	}
	base, cand := d.decimals(14, 0, 1, 2), d.decimals(11, 0, 1.2, 2)
	split := Permutation(base, cand, 5)
	if split.Draws != Draws {
		t.Fatalf("%d draws", split.Draws)
	}
	if other := Permutation(shuffled(d, base), shuffled(d, cand), 5); !cmp.Equal(split, other) {
		t.Errorf("shuffled: %v, want %v", *other.TwoSided, *split.TwoSided)
	}
	if other := Permutation(cand, base, 5); *other.TwoSided != *split.TwoSided {
		t.Errorf("sides exchanged: %v, want %v", *other.TwoSided, *split.TwoSided)
	}
	if other := Permutation(base, cand, 6); *other.TwoSided == *split.TwoSided {
		t.Error("another seed drew the same")
	}
}

// Many ties keep large problems exact; many distinct values are refused in time.
func TestEnumerationIsBounded(t *testing.T) {
	var ties []decimal.Decimal
	for i := range 600 {
		ties = append(ties, decimal.FromInt(int64(i%3-1)))
	}
	if got := SignFlipExact(ties); got.TwoSided == nil || *got.TwoSided != 1 {
		t.Errorf("600 ties: %+v", got)
	}
	d := newDice(24)
	if got := SignFlipExact(d.decimals(60, -1, 1, 12)); got.TwoSided != nil || got.Reason != ReasonTooLarge {
		t.Errorf("60 distinct values: %+v", got)
	}
	if got := PermutationExact(d.decimals(40, -1, 1, 12), d.decimals(40, -1, 1, 12)); got.Reason != ReasonTooLarge {
		t.Errorf("40 and 40 distinct values: %+v", got)
	}
	if got := MannWhitneyExact(d.decimals(40, -1, 1, 12), d.decimals(40, -1, 1, 12)); got.TwoSided == nil {
		t.Errorf("ranks of 40 and 40: %+v", got)
	}
}

func TestTosses(t *testing.T) {
	toss := func(n int64) (mean, variance float64) {
		source := newTosser(3)
		const turns = 20_000
		var total, squares float64
		for range turns {
			heads := float64(source.heads(n))
			total += heads
			squares += heads * heads
		}
		mean = total / turns
		return mean, squares/turns - mean*mean
	}
	for _, n := range []int64{1, 7, 63, 64, 65, 200} {
		mean, variance := toss(n)
		if math.Abs(mean/(float64(n)/2)-1) > 0.03 || math.Abs(variance/(float64(n)/4)-1) > 0.05 {
			t.Errorf("%d tosses: mean %v, variance %v", n, mean, variance)
		}
	}
}

func TestMoments(t *testing.T) {
	var values []decimal.Decimal
	for _, x := range []int64{4, 7, 13, 16} {
		values = append(values, decimal.FromInt(1_000_000_000+x))
	}
	if v := MomentsOf(values).variance(); v.Cmp(big.NewRat(30, 1)) != 0 {
		t.Errorf("variance %s, want exactly 30", v)
	}
	tenths := slices.Repeat([]decimal.Decimal{decimal.MustParse("0.1")}, 10)
	if mean, _ := MomentsOf(tenths).Mean(); mean.String() != "0.1" {
		t.Errorf("mean %s", mean)
	}
	d := newDice(25)
	for range 30 {
		values := awkward(d, 2+d.IntN(30))
		m := MomentsOf(values)
		mean, _ := m.Mean()
		if want, _ := decimal.Mean(values); !mean.Equal(want) {
			t.Fatalf("mean %s, want %s", mean, want)
		}
		var deviations decimal.Decimal
		for _, value := range values {
			deviations = deviations.Add(value.Sub(mean).Mul(value.Sub(mean)))
		}
		if !decimalOf(m.deviations()).Equal(deviations) {
			t.Fatalf("deviations %s, want %s", decimalOf(m.deviations()), deviations)
		}
		var counted Moments
		for _, value := range values {
			counted.Add(value, 3)
		}
		if got, _ := counted.Mean(); !got.Equal(mean) || counted.N() != 3*m.N() {
			t.Fatal("counting values thrice moved the mean")
		}
	}
}

func TestRationalRoundTrip(t *testing.T) {
	d := newDice(26)
	for range 500 {
		numerator, denominator := d.Int64N(1e15)-5e14, 1+d.Int64N(1e12)
		quotient, _ := decimal.FromInt(numerator).Quo(decimal.FromInt(denominator))
		r := rational(quotient)
		if r.Cmp(big.NewRat(numerator, denominator)) != 0 {
			t.Fatalf("%d/%d became %s", numerator, denominator, r)
		}
		if !decimalOf(r).Equal(quotient) {
			t.Fatalf("%s became %s", quotient, decimalOf(r))
		}
	}
	wide := decimal.MustParse("123456789012345678901234567890123456789e-60")
	if !decimalOf(rational(wide.Neg())).Equal(wide.Neg()) {
		t.Error("a wide number changed")
	}
}

func TestSum(t *testing.T) {
	if got := sum(slices.Repeat([]float64{0.1}, 10)...); got != 1 {
		t.Errorf("ten 0.1 are %v", got)
	}
	if got := sum(1, 1e308, 1, -1e308, 5e-324); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
}
