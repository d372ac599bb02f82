package oracle

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

// Evidence is what the harnesses' own files say about the difference of two
// invocations that ran arith, story and bfclv2_ast.
type Evidence struct {
	Rows map[string]Compared `json:"rows"` // by "section name metric score"
	Mean Compared            `json:"mean"` // of the headlines
}

// Compared holds the numbers of one row, by name, in the scale of the row: numbers,
// text, or nil where undefined.
type Compared struct {
	Paired   map[string]any `json:"paired"`   // by the same questions
	Unpaired map[string]any `json:"unpaired"` // as if the questions differed; nil unless all are 0 or 1
}

// EvidenceOf compares two directories of test/data by scipy and statsmodels.
func EvidenceOf(tb testing.TB, baseDir, candDir string) Evidence {
	tb.Helper()
	data := stack.Data(tb)
	script := filepath.Join(filepath.Dir(data), "oracle", "evidence.py")
	out := run(tb, stack.Statistics(tb), nil, script, filepath.Join(data, "launcher-output"), baseDir, candDir)
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.UseNumber()
	var evidence Evidence
	if err := decoder.Decode(&evidence); err != nil {
		tb.Fatalf("evidence.py: %v", err)
	}
	return evidence
}
