package oracle_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/test/oracle"
)

// unasked are the functions of package infer that no oracle answers, and why.
var unasked = map[string]string{
	"round_pdg": "no other software has the rule; its vectors are the Particle Data Group's own examples",
}

// Thousands of random inputs to every function, against scipy, statsmodels, numpy,
// mpmath and exact rationals.
func TestMethodsAgreeWithOtherSoftware(t *testing.T) {
	all := cases()
	asked, compared, by := map[string]int{}, 0, map[string]int{}
	for i, answers := range oracle.Methods(t, all) {
		c := all[i]
		asked[c.Function]++
		function, known := infer.Lookup(c.Function)
		if !known {
			t.Fatalf("no function %s", c.Function)
		}
		evaluation, err := function.Eval(c.Inputs)
		if err != nil {
			t.Fatalf("%s: %v", describe(c), err)
		}
		got := map[string]any{}
		for _, output := range evaluation.Outputs {
			got[output.Name] = output.Value
		}
		for _, answer := range answers {
			by[strings.SplitN(answer.By, ".", 2)[0]] += len(answer.Expected)
			for name, want := range answer.Expected {
				compared++
				value, defined := got[name]
				if !defined {
					t.Fatalf("%s has no output %s", c.Function, name)
				}
				if !agree(value, want, answer) {
					t.Errorf("%s\n  %s is %v, %s says %v (reason %q)", describe(c), name, shown(value), answer.By, want, evaluation.Reason)
				}
			}
		}
	}
	for _, function := range infer.Functions() {
		if _, excused := unasked[function.Name]; asked[function.Name] == 0 && !excused {
			t.Errorf("no oracle is asked about %s", function.Name)
		}
	}
	t.Logf("%d cases of %d functions, %d numbers: %v", len(all), len(asked), compared, by)
	if len(all) < 8500 || compared < 30_000 {
		t.Errorf("only %d cases and %d numbers", len(all), compared)
	}
}

// What an oracle is not asked about because it is wrong there must be wrong there
// still, else the exclusion hides something.
func TestDefectsOfOraclesAreStillThere(t *testing.T) {
	still := oracle.Defects(t)
	if len(still) == 0 {
		t.Error("no defect was looked for")
	}
	for name, found := range still {
		if !found {
			t.Errorf("%s: no longer; take the exclusion out of methods.py", name)
		}
	}
}

// The comparison notices what it exists for.
func TestDisagreementIsSeen(t *testing.T) {
	third, _ := decimal.FromInt(1).Quo(decimal.FromInt(3))
	answer := oracle.Answer{Relative: 1e-9, Absolute: 1e-12}
	for _, test := range []struct {
		got, want any
		same      bool
	}{
		{nil, nil, true},
		{1.0, nil, false},
		{nil, json.Number("1"), false},
		{1.0, json.Number("1.0000000001"), true},
		{1.0, json.Number("1.00000001"), false},
		{0.0, json.Number("1e-13"), true},
		{0.0, json.Number("1e-11"), false},
		{int64(3), json.Number("3"), true},
		{third, map[string]any{"exact": "1/3"}, true},
		{decimal.MustParse("0.3333333333333333333333333333333333"), map[string]any{"exact": "1/3"}, false},
		{"pass", "pass", true},
		{"pass", "fail", false},
		{[]any{1.0, nil}, []any{json.Number("1"), nil}, true},
		{[]any{1.0}, []any{json.Number("1"), nil}, false},
		{math.NaN(), json.Number("1"), false},
	} {
		if agree(test.got, test.want, answer) != test.same {
			t.Errorf("%v and %v: want %t", test.got, test.want, test.same)
		}
	}
}

// agree compares an output with what an oracle says.
func agree(got, want any, answer oracle.Answer) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case string:
		return got != nil && fmt.Sprint(got) == want
	case []any:
		list, isList := got.([]any)
		return isList && len(list) == len(want) && !slices.ContainsFunc(indices(list), func(i int) bool {
			return !agree(list[i], want[i], answer)
		})
	case map[string]any:
		numerator, denominator, _ := strings.Cut(fmt.Sprint(want["exact"]), "/")
		value, ok := decimal.MustParse(numerator).Quo(decimal.MustParse(denominator))
		exact, isExact := got.(decimal.Decimal)
		return ok && isExact && exact.Equal(value)
	case json.Number:
		target, err := want.Float64()
		var value float64
		switch got := got.(type) {
		case float64:
			value = got
		case int64:
			value = float64(got)
		case decimal.Decimal:
			value = got.Float64()
		default:
			return false
		}
		return err == nil && math.Abs(value-target) <= answer.Relative*math.Abs(target)+answer.Absolute
	}
	return false
}

func indices(list []any) []int {
	all := make([]int, len(list))
	for i := range all {
		all[i] = i
	}
	return all
}

func shown(value any) any {
	if d, isDecimal := value.(decimal.Decimal); isDecimal {
		return d.String()
	}
	return value
}

func describe(c oracle.Case) string {
	text, _ := json.Marshal(c.Inputs) //nolint:errchkjson // it was encoded for the oracle
	return c.Function + " " + string(text)
}
