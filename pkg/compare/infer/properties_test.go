package infer

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// primaries returns each primary method on random data, with the sides as they are
// and exchanged, and with the data in another order.
func primaries(d dice) map[string][3]Estimate {
	const confidence = 0.95
	places := 1 + d.IntN(3)
	n := 4 + d.IntN(12)
	base, cand := d.decimals(n, 0.3, 0.8, places), d.decimals(n, 0.4, 0.9, places)
	more := d.decimals(n+3, 0.4, 0.9, places)
	differences, _ := Differences(base, cand)
	other := shuffled(d, differences)
	estimates := map[string][3]Estimate{
		"paired_t": {
			PairedT(MomentsOf(differences), confidence),
			PairedT(MomentsOf(negated(differences)), confidence),
			PairedT(MomentsOf(other), confidence),
		},
		"welch_t": {
			Welch(MomentsOf(base), MomentsOf(more), confidence),
			Welch(MomentsOf(more), MomentsOf(base), confidence),
			Welch(MomentsOf(shuffled(d, base)), MomentsOf(shuffled(d, more)), confidence),
		},
		"macro_random": {
			MacroRandom(differences, confidence), MacroRandom(negated(differences), confidence), MacroRandom(other, confidence),
		},
	}

	clusters, members := make([]string, n), make([]int, n)
	for i := range clusters {
		members[i] = i
		clusters[i] = fmt.Sprint(i % 3)
	}
	members = shuffled(d, members)
	moved, labels := make([]decimal.Decimal, n), make([]string, n)
	for i, from := range members {
		moved[i], labels[i] = differences[from], "cluster "+clusters[from]
	}
	estimates["clustered_t"] = [3]Estimate{
		ClusteredMean(differences, clusters, confidence).Estimate,
		ClusteredMean(negated(differences), clusters, confidence).Estimate,
		ClusteredMean(moved, labels, confidence).Estimate,
	}

	stderrs := d.decimals(n, 0.01, 0.2, 3)
	known, movedSE := make([]*decimal.Decimal, n), make([]*decimal.Decimal, n)
	for i := range stderrs {
		known[i] = &stderrs[i]
	}
	for i, from := range members {
		movedSE[i] = known[from]
	}
	estimates["macro_fixed"] = [3]Estimate{
		MacroFixed(differences, known, confidence), MacroFixed(negated(differences), known, confidence),
		MacroFixed(moved, movedSE, confidence),
	}
	a, b := Reported{base[0], stderrs[0], 30}, Reported{cand[0], stderrs[1], 50}
	estimates["z_stderr"] = [3]Estimate{
		ZFromStderrs(a, b, confidence), ZFromStderrs(b, a, confidence), ZFromStderrs(a, b, confidence),
	}
	estimates["welch_stderr"] = [3]Estimate{
		FromStderrs(a, b, confidence), FromStderrs(b, a, confidence), FromStderrs(a, b, confidence),
	}

	rho := decimal.MustParse([]string{"-0.5", "0", "0.5", "0.9"}[d.IntN(4)])
	estimates["z_correlated"] = [3]Estimate{
		CorrelatedZ(a, b, rho, confidence), CorrelatedZ(b, a, rho, confidence), CorrelatedZ(a, b, rho, confidence),
	}
	nBase, nCand := 2+d.IntN(400), 2+d.IntN(400)
	estimates["bounded"] = [3]Estimate{
		FromBounds(base[0], cand[0], nBase, nCand, confidence), FromBounds(cand[0], base[0], nCand, nBase, confidence),
		FromBounds(base[0], cand[0], nBase, nCand, confidence),
	}

	rows, others := make([][]decimal.Decimal, n), make([][]decimal.Decimal, n)
	for i := range rows {
		rows[i], others[i] = d.decimals(2+d.IntN(2), 0, 1, places-1), d.decimals(2+d.IntN(3), 0.1, 1, places-1)
	}
	movedRows, movedOthers := make([][]decimal.Decimal, n), make([][]decimal.Decimal, n)
	for i, from := range members {
		movedRows[i], movedOthers[i] = shuffled(d, rows[from]), shuffled(d, others[from])
	}
	estimates["paired_fixed_items"] = [3]Estimate{
		PairedFixedItems(rows, others, confidence), PairedFixedItems(others, rows, confidence),
		PairedFixedItems(movedRows, movedOthers, confidence),
	}

	size := 1 + d.IntN(60)
	flips := Discordance{BaseOnly: d.IntN(size + 1), N: size}
	flips.CandOnly = d.IntN(size - flips.BaseOnly + 1)
	estimates["tango"] = [3]Estimate{
		Tango(flips, confidence), Tango(flips.swap(), confidence), Tango(flips, confidence),
	}
	two := TwoProportions{N1: size, X1: d.IntN(size + 1), N2: 1 + d.IntN(60)}
	two.X2 = d.IntN(two.N2 + 1)
	estimates["miettinen_nurminen"] = [3]Estimate{
		MiettinenNurminen(two, confidence), MiettinenNurminen(two.swap(), confidence), MiettinenNurminen(two, confidence),
	}
	return estimates
}

func TestExchangedSidesNegateTheEstimate(t *testing.T) {
	d := newDice(1)
	for range 200 {
		for name, e := range primaries(d) {
			if diff := cmp.Diff(e[0].Negate(), e[1]); diff != "" {
				t.Errorf("%s (-negated +exchanged):\n%s", name, diff)
			}
			if e[0].Value.String() != e[1].Value.Neg().String() {
				t.Errorf("%s: Δ(A,B) is %s and Δ(B,A) %s", name, e[0].Value, e[1].Value)
			}
		}
	}
}

func TestOrderChangesNothing(t *testing.T) {
	d := newDice(2)
	for range 200 {
		for name, e := range primaries(d) {
			if diff := cmp.Diff(e[0], e[2]); diff != "" {
				t.Errorf("%s (-as given +shuffled):\n%s", name, diff)
			}
		}
	}
}

func TestIntervalAndTestAreDual(t *testing.T) {
	d := newDice(3)
	significant := map[string]int{}
	for range 400 {
		for name, e := range primaries(d) {
			if e[0].CI == nil {
				if e[0].Reason == "" {
					t.Errorf("%s: no interval and no reason", name)
				}
				continue
			}
			excludes := e[0].CI.Lo > 0 || e[0].CI.Hi < 0
			if excludes != (*e[0].P <= 0.05) {
				t.Errorf("%s: interval %v and p %v disagree", name, *e[0].CI, *e[0].P)
			}
			if excludes {
				significant[name]++
			}
			if !(e[0].CI.Lo < e[0].CI.Hi) {
				t.Errorf("%s: zero width %v", name, *e[0].CI)
			}
			if v := e[0].Value.Float64(); v < e[0].CI.Lo || v > e[0].CI.Hi {
				t.Errorf("%s: %v is outside its interval %v", name, v, *e[0].CI)
			}
		}
	}
	for name := range primaries(d) {
		if significant[name] < 20 {
			t.Errorf("only %d significant cases of %s: the property was hardly tested", significant[name], name)
		}
	}
}

// Equality counts as significant: the confidence whose α is p puts a limit on 0.
func TestEqualityIsSignificant(t *testing.T) {
	d := Discordance{BaseOnly: 9, CandOnly: 17, N: 164}
	p := value(t, Tango(d, 0.95).P)
	e := Tango(d, 1-p)
	if math.Abs(e.CI.Lo) > 1e-12 {
		t.Errorf("limit %v at α = p, want 0", e.CI.Lo)
	}
}

func TestScaling(t *testing.T) {
	d := newDice(4)
	same := func(name string, got, want *float64, factor float64) {
		t.Helper()
		if math.Abs(value(t, got)-factor*value(t, want)) > 1e-14*factor*math.Abs(*want) {
			t.Errorf("%s: %v, want %v × %v", name, *got, factor, *want)
		}
	}
	for range 100 {
		base, cand := d.decimals(8, 0, 1, 3), d.decimals(8, 0, 1, 3)
		differences, _ := Differences(base, cand)
		rows, others := [][]decimal.Decimal{base[:4], base[4:]}, [][]decimal.Decimal{cand[:4], cand[4:]}
		hundredfold := func(rows [][]decimal.Decimal) [][]decimal.Decimal {
			return [][]decimal.Decimal{scaled(rows[0], 100), scaled(rows[1], 100)}
		}
		labels := []string{"a", "a", "b", "b", "c", "c", "d", "d"}
		stderrs := d.decimals(8, 0.01, 0.2, 3)
		x, y := Reported{base[0], stderrs[0], 30}, Reported{cand[0], stderrs[1], 50}
		times100 := func(r Reported) Reported {
			both := scaled([]decimal.Decimal{r.Value, r.Stderr}, 100)
			return Reported{both[0], both[1], r.N}
		}
		rho := decimal.MustParse("0.4")
		pointers := func(list []decimal.Decimal) (all []*decimal.Decimal) {
			for i := range list {
				all = append(all, &list[i])
			}
			return all
		}
		for name, pair := range map[string][2]Estimate{
			"paired_t": {
				PairedT(MomentsOf(differences), 0.95), PairedT(MomentsOf(scaled(differences, 100)), 0.95),
			},
			"welch_t": {
				Welch(MomentsOf(base), MomentsOf(cand), 0.95),
				Welch(MomentsOf(scaled(base, 100)), MomentsOf(scaled(cand, 100)), 0.95),
			},
			"clustered_t": {
				ClusteredMean(differences, labels, 0.95).Estimate, ClusteredMean(scaled(differences, 100), labels, 0.95).Estimate,
			},
			"paired_fixed_items": {
				PairedFixedItems(rows, others, 0.95), PairedFixedItems(hundredfold(rows), hundredfold(others), 0.95),
			},
			"z_stderr":     {ZFromStderrs(x, y, 0.95), ZFromStderrs(times100(x), times100(y), 0.95)},
			"welch_stderr": {WelchFromStderrs(x, y, 0.95), WelchFromStderrs(times100(x), times100(y), 0.95)},
			"z_correlated": {CorrelatedZ(x, y, rho, 0.95), CorrelatedZ(times100(x), times100(y), rho, 0.95)},
			"macro_fixed": {
				MacroFixed(differences, pointers(stderrs), 0.95),
				MacroFixed(scaled(differences, 100), pointers(scaled(stderrs, 100)), 0.95),
			},
			"macro_random": {MacroRandom(differences, 0.95), MacroRandom(scaled(differences, 100), 0.95)},
		} {
			one, hundred := pair[0], pair[1]
			if *one.P != *hundred.P || *one.Stat != *hundred.Stat || !cmp.Equal(one.DF, hundred.DF) {
				t.Errorf("%s: scaling changed t %v → %v, p %v → %v", name, *one.Stat, *hundred.Stat, *one.P, *hundred.P)
			}
			if !one.Value.Mul(decimal.FromInt(100)).Equal(*hundred.Value) {
				t.Errorf("%s: %s × 100 is not %s", name, one.Value, hundred.Value)
			}
			same(name+" se", hundred.SE, one.SE, 100)
			// A limit is a difference; what it lost is relative to its parts.
			if gap := math.Abs(hundred.CI.Lo - 100*one.CI.Lo); gap > 1e-12 {
				t.Errorf("%s: lower limit %v, want 100 × %v", name, hundred.CI.Lo, one.CI.Lo)
			}
			m := decimal.MustParse("0.02")
			// A tail of 1e-40 amplifies the last bit of the standard error.
			kept, hundredKept := value(t, Margin(one, m).P), value(t, Margin(hundred, m.Mul(decimal.FromInt(100))).P)
			if math.Abs(kept-hundredKept) > 1e-12*kept {
				t.Errorf("%s margin: p %v, was %v", name, hundredKept, kept)
			}
		}
	}
}

func TestItemsAsTheirOwnClusters(t *testing.T) {
	d := newDice(5)
	for range 50 {
		values := d.decimals(2+d.IntN(20), -1, 1, 4)
		labels := make([]string, len(values))
		for i := range labels {
			labels[i] = fmt.Sprint("item ", i)
		}
		c := ClusteredMean(values, labels, 0.95)
		if se := MomentsOf(values).StdErr(); *c.SE != *se || *c.SENaive != *se {
			t.Errorf("clustered %v, naive %v, want exactly %v", *c.SE, *c.SENaive, *se)
		}
	}
}

func TestAdjustedValues(t *testing.T) {
	d := newDice(6)
	for range 300 {
		raw := make([]*float64, 1+d.IntN(12))
		for i := range raw {
			switch d.IntN(6) {
			case 0:
			case 1:
				raw[i] = finite(float64(d.IntN(2)))
			default:
				raw[i] = finite(math.Pow(d.Float64(), 3))
			}
		}
		for _, method := range []Adjustment{AdjustHolm, AdjustBH, AdjustBY, AdjustNone} {
			adjusted, family := Adjust(method, raw)
			var kept []*float64
			for i, p := range raw {
				if (p == nil) != (adjusted[i] == nil) {
					t.Fatalf("%s: %v became %v", method, p, adjusted[i])
				}
				if p == nil {
					continue
				}
				kept = append(kept, p)
				if *adjusted[i] < *p || *adjusted[i] > 1 {
					t.Errorf("%s: adjusted %v of %v", method, *adjusted[i], *p)
				}
				for j, other := range raw {
					if other != nil && *other < *p && *adjusted[j] > *adjusted[i] {
						t.Errorf("%s: order of %v and %v turned", method, *other, *p)
					}
				}
			}
			// A row without a p-value changes the others only through the family size.
			alone, size := Adjust(method, kept)
			present := []*float64{}
			for _, p := range adjusted {
				if p != nil {
					present = append(present, p)
				}
			}
			if size != family || len(kept) != family || !cmp.Equal(present, alone) {
				t.Errorf("%s: undefined rows changed others", method)
			}
		}
	}
	if adjusted, _ := Adjust("unheard of", []*float64{finite(0.01)}); adjusted[0] != nil {
		t.Errorf("an unknown adjustment gave %v", *adjusted[0])
	}
}

func TestGateAndVerdict(t *testing.T) {
	half := decimal.MustParse("0.5")
	at := func(lo, hi float64) Estimate {
		p := 0.01
		if lo <= 0 && hi >= 0 {
			p = 0.3
		}
		return Estimate{P: &p, CI: &Interval{0.95, lo, hi}}
	}
	for _, test := range []struct {
		lo, hi   float64
		gate     GateResult
		verdict  Verdict
		position Position
	}{
		{-0.5, 0.1, GatePass, Inconclusive, PositionWithin}, // L = −M keeps the margin, and is not inside it
		{-0.4, 0.1, GatePass, Equivalent, PositionWithin},
		{-0.4, 0.5, GatePass, Inconclusive, PositionWithin},
		{0.1, 0.4, GatePass, Improved, PositionWithin},
		{-0.4, -0.1, GatePass, Regressed, PositionWithin},
		{-0.9, -0.6, GateFail, Regressed, PositionBeyond},
		{-0.9, -0.5, GateInconclusive, Regressed, PositionStraddles},
		{-0.9, 0.9, GateInconclusive, Inconclusive, PositionStraddles},
		{0, 0, GateInconclusive, NoInference, PositionWithin}, // zero width is no evidence
		{0.2, 0.2, GateInconclusive, NoInference, PositionWithin},
	} {
		e := at(test.lo, test.hi)
		if got := Gate(e.CI, half); got != test.gate {
			t.Errorf("gate of [%v, %v] is %s, want %s", test.lo, test.hi, got, test.gate)
		}
		if got, _ := Judge(e, e.P, &half); got != test.verdict {
			t.Errorf("verdict of [%v, %v] is %s, want %s", test.lo, test.hi, got, test.verdict)
		}
		if got := MarginPosition(*e.CI, half); got != test.position {
			t.Errorf("[%v, %v] is %s, want %s", test.lo, test.hi, got, test.position)
		}
	}
	if Gate(nil, half) != GateInconclusive {
		t.Error("no interval decided a gate")
	}
	e := at(0.1, 0.4)
	if verdict, reason := Judge(e, finite(0.06), nil); verdict != Inconclusive || reason != ReasonNotSignificant {
		t.Errorf("after adjustment: %s, %s", verdict, reason)
	}
	if verdict, _ := Judge(e, nil, nil); verdict != NoInference {
		t.Errorf("without a p-value: %s", verdict)
	}
}

// A gate passes exactly where the unrounded lower limit is not below −margin: also
// one step of a float64 beside it, which twelve digits do not show.
func TestGateDecidesOnUnroundedLimits(t *testing.T) {
	d := newDice(9)
	passed := 0
	for range 200 {
		for name, e := range primaries(d) {
			ci := e[0].CI
			if ci == nil || ci.Lo >= 0 {
				continue
			}
			for _, limit := range []float64{-ci.Lo, math.Nextafter(-ci.Lo, 0), math.Nextafter(-ci.Lo, 2), d.Float64()} {
				margin, err := decimal.FromFloat(limit)
				if err != nil {
					t.Fatal(err)
				}
				pass := Gate(ci, margin) == GatePass
				if pass != (ci.Lo >= -limit) {
					t.Errorf("%s: pass is %t for the lower limit %v and the margin %v", name, pass, ci.Lo, limit)
				}
				if pass {
					passed++
				}
			}
		}
	}
	if passed < 1000 {
		t.Errorf("%d passed: the property was hardly tested", passed)
	}
}

// Data without spread, or with a standard error of 0, decide nothing.
func TestNoSpreadDecidesNothing(t *testing.T) {
	d, wide := newDice(10), decimal.MustParse("0.9")
	for range 50 {
		n := 3 + d.IntN(9)
		level, other := d.decimals(1, 0, 0.4, 3)[0], d.decimals(1, 0.5, 0.8, 3)[0]
		same, differ := make([]decimal.Decimal, n), make([]decimal.Decimal, n)
		rows, others, labels := make([][]decimal.Decimal, n), make([][]decimal.Decimal, n), make([]string, n)
		none := make([]*decimal.Decimal, n)
		for i := range same {
			same[i], differ[i], none[i], labels[i] = level, other, &decimal.Decimal{}, fmt.Sprint(i%3)
			rows[i], others[i] = []decimal.Decimal{level, level}, []decimal.Decimal{other, other}
		}
		x, y := Reported{Value: level, N: 1 + d.IntN(500)}, Reported{Value: other, N: 1 + d.IntN(500)}
		for name, e := range map[string]Estimate{
			"paired_t": PairedT(MomentsOf(differ), 0.95), "welch_t": Welch(MomentsOf(same), MomentsOf(differ), 0.95),
			"clustered_t": ClusteredMean(differ, labels, 0.95).Estimate, "paired_fixed_items": PairedFixedItems(rows, others, 0.95),
			"stderrs": FromStderrs(x, y, 0.95), "z_correlated": CorrelatedZ(x, y, decimal.MustParse("0.5"), 0.95),
			"macro_fixed": MacroFixed(differ, none, 0.95), "macro_random": MacroRandom(differ, 0.95),
			"bounded": FromBounds(decimal.Decimal{}, decimal.FromInt(1), 50, 50, 0.95),
		} {
			if verdict, reason := Judge(e, e.P, &wide); verdict != NoInference || Gate(e.CI, wide) != GateInconclusive || e.Reason == "" {
				t.Errorf("%s of %d values %s and %s: %s %s, gate %s", name, n, level, other, verdict, reason, Gate(e.CI, wide))
			}
		}
	}
}

// The results that the specification asks for by their words.
func TestFlipsThatMustBeSeen(t *testing.T) {
	judge := func(d Discordance, margin string) (Verdict, GateResult) {
		e := Tango(d, 0.95)
		m := decimal.MustParse(margin)
		verdict, _ := Judge(e, e.P, &m)
		return verdict, Gate(e.CI, m)
	}
	if verdict, gate := judge(Discordance{30, 10, 500}, "0.015"); verdict != Regressed || gate == GatePass {
		t.Errorf("30 lost against 10 gained of 500: %s, %s", verdict, gate)
	}
	if verdict, gate := judge(Discordance{0, 0, 12}, "0.01"); verdict != Inconclusive || gate != GateInconclusive {
		t.Errorf("no flip in 12: %s, %s", verdict, gate)
	}
	if verdict, gate := judge(Discordance{5, 40, 500}, "0.015"); verdict != Improved || gate != GatePass {
		t.Errorf("40 gained against 5 lost of 500: %s, %s", verdict, gate)
	}
}

func TestFisherAndPooledZ(t *testing.T) {
	// Fisher's tea: 3 of 4 against 1 of 4 is 34/70.
	if p := value(t, FisherExact(TwoProportions{3, 4, 1, 4})); math.Abs(p-34.0/70) > 1e-15 {
		t.Errorf("p = %v, want 34/70", p)
	}
	z, p := PooledZ(TwoProportions{60, 100, 40, 100})
	if math.Abs(value(t, z)-math.Sqrt(8)) > 1e-14 || math.Abs(value(t, p)-math.Erfc(2)) > 1e-15 {
		t.Errorf("z = %v, p = %v, want √8", *z, *p)
	}
}

func TestWinRates(t *testing.T) {
	rows := [][]decimal.Decimal{
		{decimal.MustParse("0.9"), decimal.MustParse("100")},
		{decimal.MustParse("0.9"), decimal.MustParse("200")},
		{decimal.MustParse("0.1"), decimal.MustParse("300")},
	}
	rates, ok := MeanWinRates(rows, []Direction{HigherIsBetter, LowerIsBetter})
	if !ok {
		t.Fatal("undefined")
	}
	// Column 1 gives 3/4, 3/4 and 0; column 2, lower being better, 1, 1/2 and 0.
	want := []string{"0.875", "0.625", "0"}
	for i := range want {
		if rates[i].String() != want[i] {
			t.Errorf("model %d: %s, want %s", i, rates[i], want[i])
		}
	}
	if _, ok := MeanWinRates(rows[:2], []Direction{HigherIsBetter, LowerIsBetter}); ok {
		t.Error("a win rate among two models")
	}
}

func TestBothScopesOfRepeats(t *testing.T) {
	parse := func(rows ...[]string) [][]decimal.Decimal {
		var table [][]decimal.Decimal
		for _, row := range rows {
			var values []decimal.Decimal
			for _, text := range row {
				values = append(values, decimal.MustParse(text))
			}
			table = append(table, values)
		}
		return table
	}
	base := parse([]string{"0", "1"}, []string{"0", "0"})
	cand := parse([]string{"1", "1", "1"}, []string{"0", "1", "1"})
	e := PairedFixedItems(base, cand, 0.95)
	// σ²_A = ½ and 0, σ²_B = 0 and ⅓: sqrt(½/2 + ⅓/3)/2; means ½ and ⅔.
	if want := math.Sqrt(1./4+1./9) / 2; math.Abs(value(t, e.SE)-want) > 1e-15 {
		t.Errorf("SE = %v, want %v", *e.SE, want)
	}
	if !e.Value.Sub(decimal.MustParse("0.5")).Mul(decimal.FromInt(12)).Equal(decimal.FromInt(1)) {
		t.Errorf("mean difference %s, want 7/12", e.Value)
	}
	if e := PairedFixedItems(base, parse([]string{"1"}, []string{"0"}), 0.95); e.SE != nil || e.Value == nil {
		t.Errorf("one repeat on a side gave %+v", e)
	}
}

func TestBootstrap(t *testing.T) {
	d := newDice(8)
	values := d.decimals(60, 0, 10, 2)
	floats := make([]float64, len(values))
	for i, v := range values {
		floats[i] = v.Float64()
	}
	mean := func(drawn []int) (float64, bool) {
		total := 0.0
		for _, i := range drawn {
			total += floats[i]
		}
		return total / float64(len(drawn)), true
	}
	b := Bootstrap(len(values), mean, 42, 0.95)
	exact := MomentsOf(values)
	want := *exact.StdErr() * math.Sqrt(59./60)
	if got := value(t, b.SE); math.Abs(got/want-1) > 0.03 {
		t.Errorf("SE %v, in theory %v", got, want)
	}
	centre, _ := exact.Mean()
	if c := centre.Float64(); math.Abs(b.CI.Lo-(c-1.96*want)) > 0.1*want || math.Abs(b.CI.Hi-(c+1.96*want)) > 0.1*want {
		t.Errorf("interval %v, in theory %v ± %v", *b.CI, c, 1.96*want)
	}
	if again := Bootstrap(len(values), mean, 42, 0.95); !cmp.Equal(b, again) {
		t.Error("one seed, two results")
	}
	constant := func([]int) (float64, bool) { return 1, true }
	if b := Bootstrap(5, constant, 1, 0.95); b.CI != nil || b.Reason != ReasonZeroVariance {
		t.Errorf("a constant has the interval %v", b.CI)
	}
	undefined := func(drawn []int) (float64, bool) { return 0, drawn[0] == 0 }
	if b := Bootstrap(5, undefined, 1, 0.95); b.CI != nil || b.Reason != ReasonUndefinedDraws {
		t.Errorf("undefined draws gave %+v", b)
	}
}

func TestStderrChecks(t *testing.T) {
	dec := decimal.MustParse
	if !ScaleMismatch(dec("71.2"), dec("0.7")) || ScaleMismatch(dec("0.9"), dec("1")) || ScaleMismatch(dec("71"), dec("1.5")) {
		t.Error("ScaleMismatch")
	}
	for text, want := range map[string]bool{"0.712": true, "71.2": false, "0.7155": true, "0.7165": false, "7120": true} {
		if MeanScaleMismatch(dec("71.2"), dec(text)) != want {
			t.Errorf("mean %s beside 71.2: want %t", text, want)
		}
	}
	for se, want := range map[string]Bound{"0.1633": BoundKept, "0.17": BoundExceeded, "16.33": BoundPercent, "99": BoundExceeded} {
		got, ok := CheckBound(dec("0.4"), dec(se), 10)
		if !ok || got != want {
			t.Errorf("se %s: %s, want %s", se, got, want)
		}
	}
	if got := StderrOfRounded(dec("0.0004")); got.String() != "0.00045" {
		t.Errorf("0.0004 rounded may be %s", got)
	}
	if got := StderrOfRounded(dec("0.0005")); got.String() != "0.0005" {
		t.Errorf("0.0005 became %s", got)
	}
	if c, ok := ConventionOf(dec("0.4898979"), dec("0.1632993"), 10); !ok || c != SampleConvention {
		t.Error("NeMo's example is by the n − 1 convention")
	}
	if c, ok := ConventionOf(dec("0.4898979"), dec("0.1549193"), 10); !ok || c != PopulationConvention {
		t.Error("population convention")
	}
	for _, test := range []struct {
		value string
		n, k  int
		whole bool
	}{
		{"0.7266666666666667", 150, 109, true},
		{"0.7266666666666666", 150, 109, true},
		{"0.5", 3, 2, false},
		{"0.67", 3, 2, true},
		{"1", 7, 7, true},
		{"0", 7, 0, true},
		{"0.4123", 10, 4, false},
	} {
		if k, whole, ok := CountOf(dec(test.value), test.n); !ok || k != test.k || whole != test.whole {
			t.Errorf("%s of %d: %d, %t", test.value, test.n, k, whole)
		}
	}
}

func TestDerivedDigits(t *testing.T) {
	if got := Derived(0.23094010767585030); got != 0.230940107676 {
		t.Errorf("got %v", got)
	}
	if got := Derived(0); got != 0 {
		t.Errorf("got %v", got)
	}
}
