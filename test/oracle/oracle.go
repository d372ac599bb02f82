// Package oracle computes what evalctl must print by other means: Python's
// fractions, scipy and statsmodels over the same files and numbers.
package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

// Pair is every exact difference between two invocations.
type Pair struct {
	BaseDir string  `json:"base_dir"` // name of the launcher's directory
	CandDir string  `json:"cand_dir"`
	Rows    []Delta `json:"rows"`
}

// Delta is one score that both sides have. Base, Cand and Delta are exact, in
// plain notation without trailing zeros.
type Delta struct {
	Task    string `json:"task"`
	Section string `json:"section"` // "groups" or "tasks"
	Name    string `json:"name"`
	Metric  string `json:"metric"`
	Score   string `json:"score"`
	Base    string `json:"base"`
	Cand    string `json:"cand"`
	Delta   string `json:"delta"`
	BaseJob string `json:"base_job"`
	CandJob string `json:"cand_job"`
}

// Pairs returns the differences between any two invocations in test/data, in both
// orders, and between each and itself.
func Pairs(tb testing.TB) []Pair {
	tb.Helper()
	data := stack.Data(tb)
	script := filepath.Join(filepath.Dir(data), "oracle", "deltas.py")
	out := run(tb, stack.Python(tb), nil, script, filepath.Join(data, "launcher-output"))
	var pairs []Pair
	if err := json.Unmarshal(out, &pairs); err != nil {
		tb.Fatalf("deltas.py: %v", err)
	}
	return pairs
}

// run returns what a Python program prints.
func run(tb testing.TB, python string, stdin *bytes.Buffer, args ...string) []byte {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), python, args...)
	// One thread: numpy's own would only wait for each other on such small arrays.
	cmd.Env = append(cmd.Environ(), "OPENBLAS_NUM_THREADS=1", "PYTHONNOUSERSITE=1")
	if stdin != nil {
		cmd.Stdin = stdin
	}
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		tb.Fatalf("%s: %v\n%s", filepath.Base(args[0]), err, failed.Stderr)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
