package oracle

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

// Case is one evaluation of a function of package infer, with inputs as
// encoding/json decodes them.
type Case struct {
	ID       int            `json:"id"`
	Function string         `json:"function"`
	Inputs   map[string]any `json:"inputs"`
}

// Answer is what another piece of software says of a case. A number may be off by
// Relative·|number| + Absolute.
type Answer struct {
	By       string         `json:"by"` // "scipy.binomtest", "exact", …
	Relative float64        `json:"relative"`
	Absolute float64        `json:"absolute"`
	Expected map[string]any `json:"expected"` // by output: nil, text, json.Number, a list, or {"exact": "p/q"}
}

// Methods asks scipy, statsmodels, numpy, mpmath and fractions for their answers
// to the cases, in order.
func Methods(tb testing.TB, cases []Case) [][]Answer {
	tb.Helper()
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, c := range cases {
		if err := encoder.Encode(c); err != nil {
			tb.Fatal(err)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(runMethods(tb, &in)))
	decoder.UseNumber()
	answers := make([][]Answer, len(cases))
	for i := range cases {
		var line struct {
			ID      int
			Answers []Answer
		}
		if err := decoder.Decode(&line); err != nil {
			tb.Fatalf("answer %d: %v", i, err)
		}
		if line.ID != cases[i].ID {
			tb.Fatalf("answer %d is of case %d", i, line.ID)
		}
		answers[i] = line.Answers
	}
	return answers
}

// Defects returns by name whether each error of an oracle that methods.py works
// around is in it still.
func Defects(tb testing.TB) map[string]bool {
	tb.Helper()
	var still map[string]bool
	if err := json.Unmarshal(runMethods(tb, nil, "--defects"), &still); err != nil {
		tb.Fatal(err)
	}
	return still
}

func runMethods(tb testing.TB, stdin *bytes.Buffer, args ...string) []byte {
	tb.Helper()
	script := filepath.Join(filepath.Dir(stack.Data(tb)), "oracle", "methods.py")
	return run(tb, stack.Statistics(tb), stdin, append([]string{script}, args...)...)
}
