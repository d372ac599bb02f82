package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
			compact := process{}.answer(t, "compare", "--tracking-uri", output(t), ids[test.base].ID, ids[test.cand].ID, "-o", "json")
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
