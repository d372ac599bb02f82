package nemo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// decodeFiles decodes the sample files among files, by path, beside a results.yml.
func decodeFiles(t testing.TB, results string, files map[string]string) (*nemo.Samples, error) {
	t.Helper()
	var names []string
	for name := range files {
		names = append(names, name)
	}
	return nemo.DecodeSamples(nemo.FindSamples(names), parseResults(t, results), func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(files[name])), nil
	})
}

// decodeFolder decodes the sample files of a job's artifacts folder.
func decodeFolder(t testing.TB, dir string) *nemo.Samples {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "results.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	root := os.DirFS(dir)
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	samples, err := nemo.DecodeSamples(nemo.FindSamples(names), parseResults(t, string(text)), func(name string) (io.ReadCloser, error) {
		return root.Open(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// truths are test/data/truths.json.
type truths struct {
	Invocations map[string]struct {
		Directory string
		Jobs      map[string]struct {
			Directory string
			Results   bool
			Counts    map[string]map[string]int
		}
	}
	Pairs map[string]map[string]cells
}

// cells are the paired table of one score.
type cells struct {
	N        int `json:"n"`
	Both     int `json:"both"`
	BaseOnly int `json:"base_only"`
	CandOnly int `json:"cand_only"`
	Neither  int `json:"neither"`
}

func readTruths(t testing.TB) truths {
	t.Helper()
	text, err := os.ReadFile("../../test/data/truths.json")
	if err != nil {
		t.Fatal(err)
	}
	var all truths
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// bfclCategories are the scores of the categories in the examples.
var bfclCategories = map[string]string{
	"multiple": "multiple_ast_non_live", "parallel": "parallel_ast_non_live",
	"live_parallel": "python_parallel_ast_live", "live_parallel_multiple": "python_parallel_multiple_ast_live",
}

// truth is how truths.json names a score: the key of counts, and the key in it.
func truth(o nemo.Outcomes) (counts, key string) {
	for category, metric := range bfclCategories {
		if o.Metric == metric {
			return category, "correct"
		}
	}
	if o.Metric == "pass@1" {
		return o.Name, o.Score
	}
	return o.Name, strings.TrimPrefix(o.Metric, "exact_match__")
}

func right(answers []nemo.Answer) int {
	n := 0
	for _, answer := range answers {
		if answer.Value == 1 {
			n++
		}
	}
	return n
}

// Every job of the examples has the outcomes that were counted in its harness's
// files by other means.
func TestSamplesOfTheExamples(t *testing.T) {
	checked := 0
	for name, invocation := range readTruths(t).Invocations {
		for id, job := range invocation.Jobs {
			if !job.Results {
				continue
			}
			samples := decodeFolder(t, filepath.Join(exampleTree, invocation.Directory, job.Directory, "artifacts"))
			got := map[string]map[string]int{}
			for _, o := range samples.Outcomes {
				counts, key := truth(o)
				if job.Counts[counts] == nil || key == "answer_chars" { // a group, which the pairs check; no 0 or 1
					continue
				}
				if got[counts] == nil {
					got[counts] = map[string]int{}
				}
				got[counts]["n"], got[counts][key] = len(o.Answers), right(o.Answers)
				if len(o.Removed) != 0 || o.Unscored != 0 {
					t.Errorf("%s %s: %d removed, %d not scored", name, id, len(o.Removed), o.Unscored)
				}
			}
			for _, counts := range job.Counts {
				delete(counts, "request_errors")
			}
			if len(samples.Outcomes) == 0 { // the examples lack bfcl's score files of most repeats
				if len(samples.Excluded) == 0 || !strings.HasPrefix(samples.Excluded[0].Reason, "no file says which answers are wrong") {
					t.Errorf("%s %s: no outcomes, %v", name, id, samples.Excluded)
				}
				continue
			}
			if diff := cmp.Diff(job.Counts, got); diff != "" {
				t.Errorf("%s %s (-truth +decoded):\n%s", name, id, diff)
			}
			checked++
		}
	}
	if checked != 23 {
		t.Errorf("%d jobs were checked", checked)
	}
}

// The questions of a pair join by id into the paired tables that were counted by
// other means.
func TestSamplesPair(t *testing.T) {
	all := readTruths(t)
	sides := map[string]map[string][]nemo.Outcomes{}
	for name, invocation := range all.Invocations {
		sides[name] = map[string][]nemo.Outcomes{}
		for _, job := range invocation.Jobs {
			if !job.Results {
				continue
			}
			for _, o := range decodeFolder(t, filepath.Join(exampleTree, invocation.Directory, job.Directory, "artifacts")).Outcomes {
				key := "bfcl"
				switch counts, score := truth(o); {
				case counts == "arith" && score == "correct":
					key = "arith"
				case counts == "story":
					key = "story " + score
				case o.Name != "bfcl":
					continue
				}
				sides[name][key] = append(sides[name][key], o)
			}
		}
	}
	checked := 0
	for pair, tables := range all.Pairs {
		base, candidate, _ := strings.Cut(pair, " ")
		for key, want := range tables {
			if len(sides[base][key]) == 0 {
				continue // no score files, as above
			}
			var got cells
			for i, o := range sides[base][key] {
				pairUp(&got, o.Answers, sides[candidate][key][i].Answers)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s (-truth +joined):\n%s", pair, key, diff)
			}
			checked++
		}
	}
	if checked != 10 {
		t.Errorf("%d tables were checked", checked)
	}
}

// pairUp counts the cells of two sides whose answers are sorted by id.
func pairUp(table *cells, base, candidate []nemo.Answer) {
	values := map[[16]byte]float64{}
	for _, answer := range base {
		values[answer.ID] = answer.Value
	}
	for _, answer := range candidate {
		before, ok := values[answer.ID]
		if !ok {
			continue
		}
		table.N++
		switch {
		case before == 1 && answer.Value == 1:
			table.Both++
		case before == 1:
			table.BaseOnly++
		case answer.Value == 1:
			table.CandOnly++
		default:
			table.Neither++
		}
	}
}

func TestSamplesAreSorted(t *testing.T) {
	dir, err := filepath.Glob(filepath.Join(exampleTree, "*-7a217bdca5a31fce", "byob*", "artifacts"))
	if err != nil || len(dir) != 1 {
		t.Fatal(dir, err)
	}
	for _, o := range decodeFolder(t, dir[0]).Outcomes {
		perRepeat := map[int32]int{}
		for i, answer := range o.Answers {
			perRepeat[answer.Repeat]++
			if i == 0 {
				continue
			}
			before := o.Answers[i-1]
			if order := bytes.Compare(before.ID[:], answer.ID[:]); order > 0 || order == 0 && before.Repeat >= answer.Repeat {
				t.Fatalf("%s: %v before %v", o.Score, before, answer)
			}
		}
		if diff := cmp.Diff(map[int32]int{0: 200, 1: 200, 2: 200, 3: 200}, perRepeat); diff != "" {
			t.Errorf("%s: repeats (-want +got):\n%s", o.Score, diff)
		}
	}
}
