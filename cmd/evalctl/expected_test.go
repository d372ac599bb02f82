package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// output is the launcher's output directory of the example evaluations.
func output(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(stack.Data(tb), "launcher-output")
}

// invocations are the example evaluations by name.
func invocations(tb testing.TB) map[string]stack.Invocation {
	tb.Helper()
	byName := map[string]stack.Invocation{}
	for _, invocation := range stack.Invocations(tb) {
		byName[invocation.Name] = invocation
	}
	return byName
}

// test/expected/README.md says how these files were written, and by whom.
func TestCompareGivesTheJSONThatWasWrittenByHand(t *testing.T) {
	ids := invocations(t)
	for _, test := range []struct{ file, base, cand string }{
		{"a1-b1.json", "A1", "B1"},
		{"a1-limit.json", "A1", "LIMIT"},
		{"a1-twice.json", "A1", "TWICE"},
		{"a1-think.json", "A1", "THINK"},
	} {
		t.Run(test.file, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join(filepath.Dir(stack.Data(t)), "expected", test.file))
			if err != nil {
				t.Fatal(err)
			}
			compact := process{}.answer(t, "compare", "--tracking-uri", output(t), ids[test.base].ID, ids[test.cand].ID, "--samples", "never", "-o", "json")
			var got bytes.Buffer
			if err := json.Indent(&got, []byte(compact), "", "  "); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The cells that were counted in the harnesses' own files stand in the answer.
func TestCompareGivesThePairedTables(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(stack.Data(t), "truths.json"))
	if err != nil {
		t.Fatal(err)
	}
	type cells struct {
		N        int `json:"n"`
		Both     int `json:"both"`
		BaseOnly int `json:"base_only"`
		CandOnly int `json:"cand_only"`
		Neither  int `json:"neither"`
	}
	var truths struct {
		Pairs map[string]map[string]cells `json:"pairs"`
	}
	if err := json.Unmarshal(text, &truths); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		Data struct {
			Rows []struct {
				Task, Metric, Score string
				Inference           struct{ Paired *cells }
			}
		}
	}
	ids := invocations(t)
	for pair, tables := range truths.Pairs {
		base, cand, _ := strings.Cut(pair, " ")
		got := map[string]cells{}
		rows := decode[answer](t, process{}.answer(t, "compare", "--tracking-uri", output(t), ids[base].ID, ids[cand].ID, "--scores", "all", "-o", "json"))
		for _, row := range rows.Data.Rows {
			key := row.Task + " " + strings.TrimPrefix(row.Metric, "exact_match__")
			if row.Task == "arith" {
				key = "arith" + strings.TrimPrefix(row.Score, "correct")
			}
			if _, ok := tables[key]; ok && row.Inference.Paired != nil && got[key] == (cells{}) {
				got[key] = *row.Inference.Paired // of a group, which comes before its members
			}
		}
		delete(tables, "bfcl") // all categories together, which is no score
		if diff := cmp.Diff(tables, got); diff != "" {
			t.Errorf("%s (-truth +printed):\n%s", pair, diff)
		}
	}
}
