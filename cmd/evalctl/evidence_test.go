package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/oracle"
	"github.com/evalctl/evalctl/test/stack"
)

// evidenced are the parts of a comparison that the oracle of evidence knows.
type evidenced struct {
	Rows []struct {
		Section, Name, Metric, Score string
		Delta                        json.Number
		Base, Cand                   evidencedSide
		Inference                    evidencedInference
	}
	Averages []struct {
		Delta     json.Number
		Inference evidencedInference
	}
}

type evidencedSide struct {
	N, K json.Number
	CI   *struct{ Lo, Hi json.Number }
}

type evidencedInference struct {
	Evidence, Method string
	SE               json.Number
	CI               *struct{ Lo, Hi json.Number }
	Test             *struct {
		Stat, P json.Number
		PAdj    json.Number `json:"p_adj"`
		Adjust  string
		Family  int
	}
	Paired map[string]any
	MDE    *struct{ Value json.Number }
}

// numbers puts an inference under the names of the oracle.
func (in evidencedInference) numbers() map[string]any {
	found := map[string]any{"method": in.Method, "se": in.SE}
	if in.CI != nil {
		found["lo"], found["hi"] = in.CI.Lo, in.CI.Hi
	}
	if in.Test != nil {
		found["stat"], found["p"], found["p_adj"] = in.Test.Stat, in.Test.P, in.Test.PAdj
		found["adjust"], found["family"] = in.Test.Adjust, json.Number(fmt.Sprint(in.Test.Family))
	}
	if in.MDE != nil {
		found["mde"] = in.MDE.Value
	}
	for _, name := range []string{"n", "both", "base_only", "cand_only", "neither", "p_exact", "correlation"} {
		found[name] = in.Paired[name]
	}
	return found
}

// The pairs of invocations whose flips are known, from their directories, against
// scipy and statsmodels over the harnesses' own files.
func TestEvidenceEqualsThatOfOtherSoftware(t *testing.T) {
	ids := invocations(t)
	for n := 1; n <= 3; n++ {
		base, cand := ids[fmt.Sprint("A", n)], ids[fmt.Sprint("B", n)]
		t.Run(base.Name+"-"+cand.Name, func(t *testing.T) {
			want := oracle.EvidenceOf(t, path.Base(filepath.ToSlash(base.Dir)), path.Base(filepath.ToSlash(cand.Dir)))
			checkTruths(t, base.Name+" "+cand.Name, want)
			for _, how := range []struct {
				name  string
				words []string
			}{{"by question", nil}, {"unpaired", []string{"--pair-by", "none"}}} {
				t.Run(how.name, func(t *testing.T) {
					words := append([]string{"compare", "-o", "json", "--scores", "all", "--tracking-uri", output(t), base.ID, cand.ID}, how.words...)
					text := process{}.answer(t, words...)
					checkEvidence(t, decode[struct{ Data evidenced }](t, text).Data, want, len(how.words) == 0)
				})
			}
		})
	}
}

// checkEvidence compares every row by the evidence that it names; byQuestion wants
// each row paired whose questions are known on both sides.
func checkEvidence(t *testing.T, got evidenced, want oracle.Evidence, byQuestion bool) {
	t.Helper()
	checked, paired, pairedMean := 0, 0, true
	for _, row := range got.Rows {
		name := scoreOf(row.Section, row.Name, row.Metric, row.Score)
		expected, found := want.Rows[name], row.Inference.numbers()
		found["delta"] = row.Delta
		headline := headlines["arith"] == name || headlines["story"] == name
		switch row.Inference.Method {
		case "tango", "paired_t":
			found["delta"] = row.Inference.Paired["delta"] // exact; that of the row is of rounded values
			checkNumbers(t, name, found, expected.Paired)
			paired++
		case "miettinen_nurminen":
			pairedMean = pairedMean && !headline
			for side, value := range map[string]evidencedSide{"base": row.Base, "cand": row.Cand} {
				found["n_"+side], found["k_"+side] = value.N, value.K
				if value.CI != nil {
					found[side+"_lo"], found[side+"_hi"] = value.CI.Lo, value.CI.Hi
				}
			}
			if !headline { // its family depends on which rows have a p-value
				expected.Unpaired["p_adj"], expected.Unpaired["family"], expected.Unpaired["adjust"] = found["p_adj"], found["family"], found["adjust"]
			}
			checkNumbers(t, name, found, expected.Unpaired)
		default:
			continue
		}
		checked++
	}
	if checked < 8 {
		t.Errorf("only %d rows had evidence to check", checked)
	}
	if byQuestion && paired != len(want.Rows) {
		t.Errorf("%d rows were paired, want %d", paired, len(want.Rows))
	}
	if len(got.Averages) != 1 {
		t.Fatalf("%d averages", len(got.Averages))
	}
	mean := got.Averages[0].Inference.numbers()
	mean["delta"] = got.Averages[0].Delta
	if pairedMean {
		checkNumbers(t, "mean", mean, want.Mean.Paired)
	} else {
		checkNumbers(t, "mean", mean, want.Mean.Unpaired)
	}
}

// checkNumbers holds numbers to 1e-9: they are printed with twelve digits.
func checkNumbers(t *testing.T, name string, got, want map[string]any) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: the oracle knows nothing of it", name)
	}
	for key, expected := range want {
		value := got[key]
		if number, isNumber := value.(json.Number); isNumber && number == "" {
			value = nil
		}
		x, isNumber := expected.(json.Number)
		y, gotNumber := value.(json.Number)
		if !isNumber || !gotNumber {
			if isNumber != gotNumber || !cmp.Equal(value, expected) {
				t.Errorf("%s: %s is %v, want %v", name, key, value, expected)
			}
			continue
		}
		a, errA := x.Float64()
		b, errB := y.Float64()
		if errA != nil || errB != nil || math.Abs(a-b) > 1e-9*math.Abs(a)+1e-10 {
			t.Errorf("%s: %s is %s, want %s", name, key, y, x)
		}
	}
}

// checkTruths holds the oracle itself to the flips that were counted when the data
// was made.
func checkTruths(t *testing.T, pair string, got oracle.Evidence) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Data(t), "truths.json"))
	if err != nil {
		t.Fatal(err)
	}
	type cells struct {
		N        int64
		Both     int64
		BaseOnly int64 `json:"base_only"`
		CandOnly int64 `json:"cand_only"`
		Neither  int64
	}
	var truths struct{ Pairs map[string]map[string]cells }
	if err := json.Unmarshal(text, &truths); err != nil {
		t.Fatal(err)
	}
	counted := map[string]cells{}
	for row, compared := range got.Rows {
		count := func(name string) int64 {
			number, isNumber := compared.Paired[name].(json.Number)
			if !isNumber {
				return 0
			}
			n, err := number.Int64()
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		key := map[string]string{
			headlines["arith"]: "arith",
			headlines["story"]: "story strict-match",
			scoreOf("groups", "story", "exact_match__flexible-extract", "exact_match__flexible-extract"): "story flexible-extract",
		}[row]
		if strings.HasPrefix(row, "groups bfcl ") {
			key = "bfcl"
		}
		if key == "" {
			continue
		}
		c := counted[key]
		c.N, c.Both, c.BaseOnly = c.N+count("n"), c.Both+count("both"), c.BaseOnly+count("base_only")
		c.CandOnly, c.Neither = c.CandOnly+count("cand_only"), c.Neither+count("neither")
		counted[key] = c
	}
	if pair != "A1 B1" { // the files that say which answers of bfcl are wrong were not kept
		delete(truths.Pairs[pair], "bfcl")
	}
	if diff := cmp.Diff(truths.Pairs[pair], counted); diff != "" {
		t.Errorf("flips of %s (-truths.json +oracle):\n%s", pair, diff)
	}
}
