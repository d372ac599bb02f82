package infer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// anyInput makes an input of a kind, degenerate more often than not.
func anyInput(d dice, input Input, length int) any {
	pick := func(from ...string) any {
		text := from[d.IntN(len(from))]
		if text == "" {
			return nil
		}
		return text
	}
	number := func() any {
		if d.IntN(2) == 0 {
			return fmt.Sprintf("%.*f", d.IntN(4), d.Float64()*2-0.5)
		}
		return pick("0", "1", "-1", "0.5", "2", "0.95", "1/3", "0/0", "", "NaN", "-Infinity", "N/A",
			"1e400", "-1e400", "1e-400", "3e-200", "1e200", "100", "1e15", "0.1", "0.05", "0.30000000000000004")
	}
	count := func() any {
		if d.IntN(2) == 0 {
			return json.Number(fmt.Sprint(d.IntN(12)))
		}
		return pick("0", "1", "-1", "2", "3", "40", "1000", "4097", "1000000", "1000000000", "1e18", "1e300", "")
	}
	several := func(one func() any) any {
		switch d.IntN(12) {
		case 0:
			return nil
		case 1:
			return []any{}
		}
		list := make([]any, length)
		same := one()
		constant := d.IntN(4) == 0
		for i := range list {
			list[i] = same
			if !constant {
				list[i] = one()
			}
			if list[i] == nil && d.IntN(4) > 0 {
				list[i] = "0.25"
			}
		}
		return list
	}
	switch input.Kind {
	case KindNumber:
		return number()
	case KindCount:
		return count()
	case KindWord:
		return input.Words[d.IntN(len(input.Words))]
	case KindNumbers:
		return several(number)
	case KindCounts:
		return several(count)
	case KindLabels:
		return several(func() any { return fmt.Sprint(d.IntN(3)) })
	case KindWords:
		return several(func() any { return input.Words[d.IntN(len(input.Words))] })
	case KindTable:
		width := d.IntN(4)
		return several(func() any {
			row := make([]any, width)
			for i := range row {
				row[i] = number()
			}
			return row
		})
	case KindRecords:
		return several(func() any {
			record := map[string]any{}
			for _, field := range input.Fields {
				record[field.Name] = anyInput(d, field, length)
			}
			return record
		})
	}
	panic("a kind without inputs: " + string(input.Kind))
}

// wrong returns what is wrong with an output value.
func wrong(value any) string {
	switch value := value.(type) {
	case nil, decimal.Decimal, int64, string:
		return ""
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return fmt.Sprintf("is %v", value)
		}
		return ""
	case []any:
		for _, item := range value {
			if problem := wrong(item); problem != "" {
				return problem
			}
		}
		return ""
	}
	return fmt.Sprintf("has the type %T", value)
}

// checkAnyInput evaluates a function on inputs of this seed. Whatever they are, the
// outputs are finite or nil, those that are nil have a reason, and an error is about
// an input.
func checkAnyInput(t *testing.T, function Function, seed uint64) {
	t.Helper()
	d := newDice(seed)
	length := d.IntN(7)
	inputs := map[string]any{}
	for _, input := range function.Inputs {
		if input.Required || d.IntN(3) > 0 {
			inputs[input.Name] = anyInput(d, input, length)
		}
	}
	evaluation, err := function.Eval(inputs)
	if err != nil {
		if problem, ok := errors.AsType[*InputError](err); !ok || problem.Input == "" {
			t.Errorf("%s(%v): %v", function.Name, inputs, err)
		}
		return
	}
	undefined := false
	for i, output := range evaluation.Outputs {
		if output.Name != function.Outputs[i].Name {
			t.Errorf("%s: output %d is %s", function.Name, i, output.Name)
		}
		if problem := wrong(output.Value); problem != "" {
			t.Errorf("%s(%v): %s %s", function.Name, inputs, output.Name, problem)
		}
		undefined = undefined || output.Value == nil && !slices.Contains([]string{"error", "cmp", "df", "correlation"}, output.Name)
	}
	if len(evaluation.Outputs) != len(function.Outputs) {
		t.Errorf("%s: %d outputs, %d declared", function.Name, len(evaluation.Outputs), len(function.Outputs))
	}
	if undefined && evaluation.Reason == "" && !isScoreAtZero(evaluation) {
		t.Errorf("%s(%v): undefined without a reason: %v", function.Name, inputs, evaluation.Outputs)
	}
}

// isScoreAtZero reports a 0/0 statistic whose p-value is 1: nothing else is missing,
// but for the standard error of samples of one.
func isScoreAtZero(evaluation Evaluation) bool {
	for _, output := range evaluation.Outputs {
		if output.Value == nil && output.Name != "z" && output.Name != "se" {
			return false
		}
	}
	return true
}

func TestFunctionsOnAnyInput(t *testing.T) {
	for i, function := range Functions() {
		for turn := range 150 {
			checkAnyInput(t, function, uint64(1000*i+turn))
		}
	}
}

func FuzzFunctions(f *testing.F) {
	functions := Functions()
	for i := range functions {
		f.Add(uint8(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, index uint8, seed uint64) {
		checkAnyInput(t, functions[int(index)%len(functions)], seed)
	})
}

func TestFunctionsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
		if f.Summary == "" || strings.Contains(f.Summary, "\n") || f.Source == "" || len(f.Inputs) == 0 || len(f.Outputs) == 0 {
			t.Errorf("%s is not described", f.Name)
		}
		names := map[string]bool{}
		for _, input := range f.Inputs {
			if names[input.Name] || input.Meaning == "" || input.Kind == "" ||
				(input.Kind == KindWord || input.Kind == KindWords) != (input.Words != nil) ||
				(input.Kind == KindRecords) != (input.Fields != nil) {
				t.Errorf("%s: input %s is not described", f.Name, input.Name)
			}
			names[input.Name] = true
		}
		outputs := map[string]bool{}
		for _, output := range f.Outputs {
			if outputs[output.Name] || output.Meaning == "" {
				t.Errorf("%s: output %s is not described", f.Name, output.Name)
			}
			outputs[output.Name] = true
		}
	}
	// A table that callers may change is theirs.
	Functions()[0].Inputs[0].Name = "changed"
	if Functions()[0].Inputs[0].Name == "changed" {
		t.Error("two callers share one table")
	}
}

func TestInputErrors(t *testing.T) {
	for _, test := range []struct {
		function string
		inputs   map[string]any
		want     string
	}{
		{"wilson_interval", map[string]any{"k": "1"}, "wilson_interval: input n: required"},
		{"wilson_interval", map[string]any{"k": "1", "n": "2", "N": "2"}, "wilson_interval: input N: unknown"},
		{"wilson_interval", map[string]any{"k": "1.5", "n": "2"}, "wilson_interval: input k: want a whole number, got 1.5"},
		{"wilson_interval", map[string]any{"k": "one", "n": "2"}, `wilson_interval: input k: not a decimal number: "one"`},
		{"wilson_interval", map[string]any{"k": []any{}, "n": "2"}, "wilson_interval: input k: want a number"},
		{"decimal_mean", map[string]any{"values": "1"}, "decimal_mean: input values: want a list"},
		{"paired_t", map[string]any{"base": []any{"1"}}, "paired_t: input cand: required without differences"},
		{"paired_t", map[string]any{"base": []any{"1"}, "cand": []any{}}, "paired_t: input cand: want as many values as base: 1, got 0"},
		{
			"paired_t",
			map[string]any{"base": []any{"1"}, "differences": []any{}},
			"paired_t: input differences: want either differences or base and cand",
		},
		{
			"mcnemar_exact_one_sided",
			map[string]any{"base_only": "1", "cand_only": "1", "alternative": "less"},
			"mcnemar_exact_one_sided: input alternative: want one of base_only_greater, cand_only_greater",
		},
		{
			"group_stderr",
			map[string]any{"tasks": []any{map[string]any{"k": "1"}}},
			"group_stderr: input tasks[0]: group_stderr: input n: required",
		},
		{
			"clustered_stderr",
			map[string]any{"values": []any{"1"}, "clusters": []any{}},
			"clustered_stderr: input clusters: want one for each value: 1, got 0",
		},
		{"items_by_repeats", map[string]any{"rows": []any{[]any{"1"}, []any{}}}, "items_by_repeats: input rows: want rows of one length"},
	} {
		function, _ := Lookup(test.function)
		_, err := function.Eval(test.inputs)
		if err == nil || err.Error() != test.want {
			t.Errorf("%v\n got %v\nwant %s", test.inputs, err, test.want)
		}
	}
}

// A number may come as text, as a JSON number or as a fraction.
func TestWaysToWriteANumber(t *testing.T) {
	function, _ := Lookup("normalize_baseline")
	var results []Evaluation
	for _, bound := range []any{"0.25", json.Number("0.25"), "1/4", 0.25, decimal.MustParse("0.25"), " .25 ", "25e-2"} {
		got, err := function.Eval(map[string]any{"value": "0.6", "lower_bound": bound})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, got)
	}
	for _, got := range results[1:] {
		if !cmp.Equal(got, results[0]) {
			t.Errorf("got %v, want %v", got, results[0])
		}
	}
	for _, absent := range []any{nil, "NaN", ".nan", "-inf", "N/A", "1/0"} {
		got, err := function.Eval(map[string]any{"value": "0.6", "lower_bound": absent})
		if err != nil || got.Outputs[0].Value != nil || got.Reason != ReasonMissing {
			t.Errorf("%v: %v, %v", absent, got, err)
		}
	}
}
