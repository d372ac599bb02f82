package infer

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

type vector struct {
	ID        string
	Function  string
	Inputs    map[string]any
	Expected  map[string]any
	Tolerance json.Number
}

func readVectors(t *testing.T, path string) []vector {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var vectors []vector
	if err := decoder.Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s holds no vectors", path)
	}
	return vectors
}

// TestVectors reproduces the reference values, or those of the file that
// EVALCTL_VECTORS names, which has the same format. Name -count=1 with it: the test
// cache does not watch files outside the module.
func TestVectors(t *testing.T) {
	path := "testdata/statistics-vectors.json"
	if named := os.Getenv("EVALCTL_VECTORS"); named != "" {
		path = named
	}
	runVectors(t, path)
}

// TestMoreVectors adds what the reference values leave out: every further function,
// degenerate inputs, large and lopsided counts.
func TestMoreVectors(t *testing.T) { runVectors(t, "testdata/more-vectors.json") }

func runVectors(t *testing.T, path string) {
	t.Helper()
	for _, v := range readVectors(t, path) {
		t.Run(v.ID, func(t *testing.T) {
			for _, problem := range v.check() {
				t.Error(problem)
			}
		})
	}
}

// check evaluates a vector and returns what is wrong.
func (v vector) check() (problems []string) {
	function, known := Lookup(v.Function)
	if !known {
		return []string{"unknown function " + v.Function}
	}
	got, err := function.Eval(v.Inputs)
	if err != nil {
		return []string{err.Error()}
	}
	tolerance, err := v.Tolerance.Float64()
	if err != nil {
		return []string{err.Error()}
	}
	if len(v.Expected) == 0 {
		return []string{"nothing is expected"}
	}
	values := map[string]any{"reason": nil}
	if got.Reason != "" {
		values["reason"] = string(got.Reason)
	}
	for _, output := range got.Outputs {
		values[output.Name] = output.Value
	}
	for name, want := range v.Expected {
		value, defined := values[name]
		if !defined {
			problems = append(problems, fmt.Sprintf("%s has no output %s", v.Function, name))
			continue
		}
		if problem := mismatch(value, want, tolerance); problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s (reason %q)", name, problem, got.Reason))
		}
	}
	return problems
}

// mismatch compares an output with what a vector expects: strings and null exactly,
// numbers to a relative tolerance, or exactly if that is 0.
func mismatch(got, want any, tolerance float64) string {
	differs := fmt.Sprintf("got %v, want %v", got, want)
	switch want := want.(type) {
	case nil:
		if got != nil {
			return differs
		}
	case string:
		if got == nil || fmt.Sprint(got) != want {
			return differs
		}
	case json.Number:
		if !near(got, want, tolerance) {
			return differs
		}
	case []any:
		list, isList := got.([]any)
		if !isList || len(list) != len(want) {
			return differs
		}
		for i := range want {
			if problem := mismatch(list[i], want[i], tolerance); problem != "" {
				return fmt.Sprintf("[%d]: %s", i, problem)
			}
		}
	default:
		return fmt.Sprintf("cannot compare with %T", want)
	}
	return ""
}

func near(got any, want json.Number, tolerance float64) bool {
	var value float64
	switch got := got.(type) {
	case decimal.Decimal:
		if tolerance == 0 {
			return got.Cmp(decimal.MustParse(want.String())) == 0
		}
		value = got.Float64()
	case int64:
		value = float64(got)
	case float64:
		value = got
	default:
		return false
	}
	target, err := want.Float64()
	switch {
	case err != nil:
		return false
	case tolerance == 0:
		return value == target
	case target == 0:
		return math.Abs(value) <= 1e-12
	}
	return math.Abs(value-target) <= tolerance*math.Abs(target)
}

// TestVectorCheckCanFail shows that the comparison notices what it exists for.
func TestVectorCheckCanFail(t *testing.T) {
	inputs := map[string]any{"base_only": json.Number("0"), "cand_only": json.Number("0"), "n": json.Number("12"), "confidence": "0.95"}
	for name, v := range map[string]vector{
		"unknown function": {Function: "no_such_function"},
		"unknown output":   {Function: "tango", Inputs: inputs, Expected: map[string]any{"no_such": nil}},
		"unknown input":    {Function: "normal_quantile", Inputs: inputs, Expected: map[string]any{"quantile": nil}},
		"not null":         {Function: "tango", Inputs: inputs, Expected: map[string]any{"p": nil}},
		"null":             {Function: "tango", Inputs: inputs, Expected: map[string]any{"z": json.Number("0")}},
		"outside":          {Function: "tango", Inputs: inputs, Expected: map[string]any{"hi": json.Number("0.242494007")}},
		"text":             {Function: "tango", Inputs: inputs, Expected: map[string]any{"delta": "0.0"}},
		"nothing":          {Function: "tango", Inputs: inputs},
	} {
		v.Tolerance = "1e-9"
		if len(v.check()) == 0 {
			t.Errorf("%s: passed", name)
		}
	}
}
