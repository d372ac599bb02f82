package compare_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// pairs calls check with pairs of sides: examples of every kind against each other,
// and some made up with a fixed seed.
func pairs(t *testing.T, check func(t *testing.T, a, b compare.Side)) {
	t.Helper()
	examples := exampleSides(t)
	kinds := []string{"c0bd961e50124ab3", "ce963eed5b5b91b0", "81308fe096482924", "5262219b2ed44899", "7a217bdca5a31fce", "2c7c61198ad8e9c8"}
	for _, a := range kinds {
		for _, b := range kinds {
			check(t, examples[a], examples[b])
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		check(t, madeUp(t, random, "a"), madeUp(t, random, "b"))
	}
}

// madeUp is a side of some tasks, with repeats, variants, NaN, lost jobs, two
// scales and differing settings among them.
func madeUp(t *testing.T, random *rand.Rand, label string) compare.Side {
	t.Helper()
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	repeats := 1 + random.IntN(2)
	var jobs []nemo.Job
	index := 0
	for task := range 6 {
		if random.IntN(5) == 0 {
			continue
		}
		name := fmt.Sprintf("task%d", task)
		params := []string{pick("{}", "{temperature: 0.6}", "{limit_samples: 5}", "{top_p: 0.5, extra: {num_fewshot: 3}}")}
		if random.IntN(4) == 0 {
			params = []string{"{temperature: 0.1}", "{temperature: 0.9}"}
		}
		for _, p := range params {
			for repeat := range repeats {
				id := fmt.Sprintf("%s%d.%d", label, repeat, index)
				value := pick(fmt.Sprintf("0.%d", random.IntN(1e9)), fmt.Sprintf("0.%d", random.IntN(1e9)), "0.0", "1", ".nan", "null")
				s := byob(id, name, value, p)
				if task%3 == 0 {
					s = skills(id, name, pick("pass@1", "pass@1[avg-of-4]"), "symbolic_correct", value)
					s.params = p
				}
				if random.IntN(8) == 0 {
					jobs = append(jobs, s.without(pick(nemo.ReasonFailed, nemo.ReasonUnreadable)))
				} else {
					jobs = append(jobs, s.job(t))
				}
			}
			index++
		}
	}
	return side(label, jobs...)
}

func encode(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// both compares, or reports that a side's sources are no repeats.
func both(t *testing.T, a, b compare.Side) (c compare.Comparison, ok bool) {
	t.Helper()
	c, _, err := compare.Compare([]compare.Side{a, b}, options(t, scores(t, "all")))
	return c, err == nil
}

func TestDeltaIsAntisymmetric(t *testing.T) {
	pairs(t, func(t *testing.T, a, b compare.Side) {
		forth, ok := both(t, a, b)
		if !ok {
			return
		}
		back, _ := both(t, b, a)
		if len(forth.Rows) != len(back.Rows) {
			t.Fatalf("%d rows and %d", len(forth.Rows), len(back.Rows))
		}
		// A row of two headlines has the name of the baseline's.
		identity := func(r compare.Row) string {
			key := r.Task + "|" + nemo.Text(r.Variant) + "|"
			if r.Primary {
				return key
			}
			return key + strings.Join([]string{r.Section, r.Name, r.Metric, r.Score}, "|")
		}
		turned := map[string]compare.Row{}
		for _, row := range back.Rows {
			turned[identity(row)] = row
		}
		for _, row := range forth.Rows {
			other, ok := turned[identity(row)]
			if !ok {
				t.Errorf("%s is in one direction only", identity(row))
				continue
			}
			if (row.Delta == nil) != (other.Delta == nil) || row.Delta != nil && row.Delta.Neg().String() != other.Delta.String() {
				t.Errorf("%s: %s and %s", identity(row), text(row.Delta), text(other.Delta))
			}
			if row.Verdict != mirrored(other.Verdict) || !cmp.Equal(row.Base.Value, other.Cand.Value) || !cmp.Equal(row.Warnings, other.Warnings) {
				t.Errorf("%s: %s and %s", identity(row), row.Verdict, other.Verdict)
			}
			if !sameEnds(row.Inference.CI, other.Inference.CI) {
				t.Errorf("%s: intervals %+v and %+v", identity(row), row.Inference.CI, other.Inference.CI)
			}
		}
		for i, average := range forth.Averages {
			other := back.Averages[i]
			if (average.Delta == nil) != (other.Delta == nil) || average.Delta != nil && average.Delta.Neg().String() != other.Delta.String() {
				t.Errorf("average: %s and %s", text(average.Delta), text(other.Delta))
			}
			if average.Wins != other.Losses || average.Ties != other.Ties || average.Of != other.Of {
				t.Errorf("average: %+v and %+v", average, other)
			}
		}
		turnedCounts := back.Counts
		turnedCounts.Improved, turnedCounts.Regressed = turnedCounts.Regressed, turnedCounts.Improved
		turnedCounts.Increased, turnedCounts.Decreased = turnedCounts.Decreased, turnedCounts.Increased
		if forth.Counts != turnedCounts {
			t.Errorf("%+v and %+v", forth.Counts, back.Counts)
		}
	})
}

// mirrored is the verdict with the sides exchanged.
func mirrored(v compare.Verdict) compare.Verdict {
	switch v {
	case compare.Improved:
		return compare.Regressed
	case compare.Regressed:
		return compare.Improved
	case compare.Increased:
		return compare.Decreased
	case compare.Decreased:
		return compare.Increased
	}
	return v
}

// sameEnds reports whether two intervals are each other's mirror image, to the
// digits that are printed.
func sameEnds(a, b *compare.Interval) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Lo.Neg().String() == b.Hi.String() && a.Hi.Neg().String() == b.Lo.String()
}

// What a comparison says does not depend on the order of the jobs; only its
// lists of runs and files follow it.
func TestOrderOfJobsChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	shuffled := func(s compare.Side) compare.Side {
		s.Jobs = slices.Clone(s.Jobs)
		random.Shuffle(len(s.Jobs), func(i, j int) { s.Jobs[i], s.Jobs[j] = s.Jobs[j], s.Jobs[i] })
		return s
	}
	sorted := cmp.Options{
		cmpopts.SortSlices(func(a, b nemo.Source) bool { return a.RunID < b.RunID }),
		cmpopts.SortSlices(func(a, b string) bool { return a < b }),
	}
	pairs(t, func(t *testing.T, a, b compare.Side) {
		want, ok := both(t, a, b)
		got, alsoOK := both(t, shuffled(a), shuffled(b))
		if ok != alsoOK {
			t.Fatal("an error in one order only")
		}
		if diff := cmp.Diff(want, got, sorted); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Another task, whatever its values, changes no row of the others.
func TestAnotherTaskChangesNoRow(t *testing.T) {
	for _, value := range []string{".nan", "null", "1e999", "0.5"} {
		pairs(t, func(t *testing.T, a, b compare.Side) {
			want, ok := both(t, a, b)
			if !ok {
				return
			}
			more := func(s compare.Side) compare.Side {
				s.Jobs = append([]nemo.Job{byob("extra.0", "extra", value, "").job(t)}, s.Jobs...)
				return s
			}
			got, _ := both(t, more(a), more(b))
			got.Rows = slices.DeleteFunc(got.Rows, func(r compare.Row) bool { return r.Task == "extra" })
			if diff := cmp.Diff(want.Rows, got.Rows); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", value, diff)
			}
			if value != "0.5" {
				for _, average := range want.Averages {
					i := slices.IndexFunc(got.Averages, func(a compare.Average) bool { return a.Scale == average.Scale && a.Direction == average.Direction })
					if !cmp.Equal(got.Averages[i].Delta, average.Delta) || got.Averages[i].Tasks != average.Tasks {
						t.Fatalf("%s changes an average: %+v, was %+v", value, got.Averages[i], average)
					}
				}
			}
		})
	}
}

func TestJSON(t *testing.T) {
	pairs(t, func(t *testing.T, a, b compare.Side) {
		c, ok := both(t, a, b)
		if !ok {
			return
		}
		first := encode(t, c)
		again, _ := both(t, a, b)
		if second := encode(t, again); second != first {
			t.Fatalf("the same input, other bytes:\n%s\n%s", first, second)
		}
		var back compare.Comparison
		if err := json.Unmarshal([]byte(first), &back); err != nil {
			t.Fatal(err)
		}
		if second := encode(t, back); second != first {
			t.Fatalf("read back, other bytes:\n%s", cmp.Diff(first, second))
		}
		if strings.Contains(first, ":null,\"rows\"") || strings.Contains(first, `"sources":null`) || strings.Contains(first, `"reasons":null`) ||
			strings.Contains(first, `"warnings":null`) || strings.Contains(first, `"dropped":null`) {
			t.Error("a list is null")
		}

		averages, _, err := compare.AverageSides([]compare.Side{a, b}, options(t))
		if err != nil {
			t.Fatal(err)
		}
		first = encode(t, averages)
		var backAverages compare.Averages
		if err := json.Unmarshal([]byte(first), &backAverages); err != nil {
			t.Fatal(err)
		}
		if second := encode(t, backAverages); second != first {
			t.Fatalf("averages read back, other bytes:\n%s", cmp.Diff(first, second))
		}

		evaluation, _, err := compare.Evaluate(a, options(t))
		if err != nil {
			t.Fatal(err)
		}
		first = encode(t, evaluation)
		var backEvaluation compare.Evaluation
		if err := json.Unmarshal([]byte(first), &backEvaluation); err != nil {
			t.Fatal(err)
		}
		if second := encode(t, backEvaluation); second != first {
			t.Fatalf("an evaluation read back, other bytes:\n%s", cmp.Diff(first, second))
		}
	})
}

// Compare does not write to what it is given.
func TestSidesAreNotWrittenTo(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		a, b := madeUp(t, random, "a"), madeUp(t, random, "b")
		before := fmt.Sprintf("%+v %+v", a, b)
		both(t, a, b)
		if after := fmt.Sprintf("%+v %+v", a, b); after != before {
			t.Fatalf("changed:\n%s", cmp.Diff(before, after))
		}
	}
}
