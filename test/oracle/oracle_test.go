package oracle_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/oracle"
)

const (
	a1    = "c0bd961e50124ab3"
	b1    = "ce963eed5b5b91b0"
	twice = "5262219b2ed44899"
)

// The values were subtracted by hand from the two results.yml.
func TestPairsHoldWhatTheFilesSay(t *testing.T) {
	pairs := oracle.Pairs(t)
	if len(pairs) != 13*13 {
		t.Errorf("%d pairs of 13 invocations", len(pairs))
	}
	got := map[string]string{}
	for _, row := range find(t, pairs, a1, b1) {
		got[strings.Join([]string{row.Task, row.Section, row.Name, row.Score}, " ")] = row.Base + " " + row.Cand + " " + row.Delta
	}
	want := map[string]string{
		"arith tasks arith answer_chars":                           "4.16 4.12 -0.04",
		"arith tasks arith correct":                                "0.89 0.85 -0.04",
		"arith tasks arith format_ok":                              "0.925 0.94 0.015",
		"story groups story exact_match__flexible-extract":         "0.7933333333333333 0.7733333333333333 -0.02",
		"story groups story exact_match__strict-match":             "0.7266666666666667 0.7066666666666667 -0.02",
		"story tasks story_shop exact_match__flexible-extract":     "0.88 0.84 -0.04",
		"story tasks story_shop exact_match__strict-match":         "0.76 0.74 -0.02",
		"story tasks story_tank exact_match__flexible-extract":     "0.7 0.7 0",
		"story tasks story_tank exact_match__strict-match":         "0.66 0.66 0",
		"story tasks story_trip exact_match__flexible-extract":     "0.8 0.78 -0.02",
		"story tasks story_trip exact_match__strict-match":         "0.76 0.72 -0.04",
		"bfclv2_ast groups bfcl live_overall_acc":                  "1.6 1.51 -0.09",
		"bfclv2_ast groups bfcl multi_turn_overall_acc":            "0 0 0",
		"bfclv2_ast groups bfcl multiple_ast_non_live":             "80.5 79.5 -1",
		"bfclv2_ast groups bfcl non_live_overall_acc":              "17.89 17.56 -0.33",
		"bfclv2_ast groups bfcl parallel_ast_non_live":             "80.5 78.5 -2",
		"bfclv2_ast groups bfcl python_parallel_ast_live":          "100 93.75 -6.25",
		"bfclv2_ast groups bfcl python_parallel_multiple_ast_live": "83.33 79.17 -4.16",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("A1 against B1 (-want +got):\n%s", diff)
	}
}

func TestTaskRunTwiceGivesARowForEachJob(t *testing.T) {
	var got []string
	for _, row := range find(t, oracle.Pairs(t), a1, twice) {
		if row.Score == "correct" {
			got = append(got, row.BaseJob+" "+row.CandJob+" "+row.Delta)
		}
	}
	want := []string{a1 + ".0 " + twice + ".0 -0.06", a1 + ".0 " + twice + ".1 -0.04"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("A1 against TWICE (-want +got):\n%s", diff)
	}
}

func find(t *testing.T, pairs []oracle.Pair, base, cand string) []oracle.Delta {
	t.Helper()
	for _, pair := range pairs {
		if strings.HasSuffix(pair.BaseDir, "-"+base) && strings.HasSuffix(pair.CandDir, "-"+cand) {
			return pair.Rows
		}
	}
	t.Fatalf("no pair of %s and %s", base, cand)
	return nil
}
