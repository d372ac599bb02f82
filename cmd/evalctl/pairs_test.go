package main

import (
	"encoding/json"
	"math/big"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/oracle"
	"github.com/evalctl/evalctl/test/stack"
)

// The parts of a comparison that these tests look at; numbers are text.
type (
	comparison struct {
		Rows     []row
		Averages []average
		Missing  []missing
		Runtime  []any
		Counts   map[string]any
		Verdict  string
	}
	row struct {
		Harness, Variant    any
		Task, Section, Name string
		Metric, Score       string
		Primary             bool
		Scale, Direction    string
		Base, Cand          value
		Delta               json.Number
		DeltaPoints         json.Number `json:"delta_points"`
		Relative            json.Number
		Verdict             string
		Reasons             []string
		Warnings            []any
		Inference           map[string]any
	}
	value struct {
		Side                        string
		Value, N, K, Stderr, Stddev json.Number
		NSource                     any `json:"n_source"`
		CI                          any
		Repeats                     int
		Sources                     []source
	}
	source struct {
		RunID  string `json:"run_id"`
		Path   string
		Key    string
		SHA256 string
	}
	average struct {
		Kind, Scale, Direction string
		Tasks, Of              int
		Dropped                []any
		Base, Cand             mean
		Delta                  json.Number
		Exact                  *bool
		Wins, Losses, Ties     int
		Verdict                string
		Reasons                []string
	}
	mean struct {
		Side  string
		Value json.Number
		Exact *bool
	}
	missing struct {
		Side, Harness, Task, Variant any
		JobID                        any `json:"job_id"`
		Reason                       string
		Detail                       any
	}
)

func (p process) compare(tb testing.TB, words ...string) comparison {
	tb.Helper()
	text := p.answer(tb, append([]string{"compare", "-o", "json"}, words...)...)
	return decode[struct{ Data comparison }](tb, text).Data
}

// headlines are the primary scores of the tasks that can be averaged, named by
// hand. bfclv2_ast has none: its totals count categories that were not run.
var headlines = map[string]string{
	"arith": scoreOf("tasks", "arith", "pass@1", "correct"),
	"story": scoreOf("groups", "story", "exact_match__strict-match", "exact_match__strict-match"),
}

// asked groups the evaluations by what their questions were: 200 and 150 of them,
// the first 25, the first 60, 20. Between groups nothing is averaged.
var asked = map[string]string{
	"A1": "all", "A2": "all", "A3": "all", "B1": "all", "B2": "all", "B3": "all", "TWICE": "all", "THINK": "all",
	"LIMIT": "limit_samples=25", "CACHED": "20 of them", "LISTED": "limit_samples=60",
	"NOSTART": "none", "STOPPED": "none",
}

func scoreOf(section, name, metric, score string) string {
	return strings.Join([]string{section, name, metric, score}, " ")
}

// Every pair of directories, in both orders and each with itself, against
// Python's fractions over the same files.
func TestDeltasAndAveragesEqualPythonsFractions(t *testing.T) {
	byDir := map[string]stack.Invocation{}
	for _, invocation := range stack.Invocations(t) {
		byDir[path.Base(invocation.Dir)] = invocation
	}
	pairs := oracle.Pairs(t)
	if len(pairs) != 13*13 || len(byDir) != 13 {
		t.Fatalf("%d pairs of %d invocations", len(pairs), len(byDir))
	}
	deltas, means := 0, 0
	for _, pair := range pairs {
		base, cand := byDir[pair.BaseDir], byDir[pair.CandDir]
		t.Run(base.Name+"-"+cand.Name, func(t *testing.T) {
			got := process{}.compare(t, "--tracking-uri", output(t), "--scores", "all", base.ID, cand.ID)
			want := rowsOf(pair)
			deltas += len(want)
			checkDeltas(t, got.Rows, want)
			means += checkMeans(t, got.Averages, want, asked[base.Name] == asked[cand.Name])
		})
	}
	t.Logf("%d deltas, %d averages", deltas, means)
	if deltas < 1000 || means < 50 {
		t.Errorf("only %d deltas and %d averages were looked at", deltas, means)
	}
}

// rowsOf leaves out of the oracle's rows, which join each job of a task with each,
// those of two different variants: those are no rows of a comparison.
func rowsOf(pair oracle.Pair) []oracle.Delta {
	several := func(job func(oracle.Delta) string) map[string]bool {
		jobs := map[string][]string{}
		for _, r := range pair.Rows {
			if !slices.Contains(jobs[r.Task], job(r)) {
				jobs[r.Task] = append(jobs[r.Task], job(r))
			}
		}
		found := map[string]bool{}
		for task, list := range jobs {
			found[task] = len(list) > 1
		}
		return found
	}
	base := several(func(r oracle.Delta) string { return r.BaseJob })
	cand := several(func(r oracle.Delta) string { return r.CandJob })
	return slices.DeleteFunc(slices.Clone(pair.Rows), func(r oracle.Delta) bool {
		return base[r.Task] && cand[r.Task] && path.Ext(r.BaseJob) != path.Ext(r.CandJob)
	})
}

func checkDeltas(t *testing.T, rows []row, want []oracle.Delta) {
	t.Helper()
	type delta struct{ Base, Cand, Delta string }
	expected, got := map[string]delta{}, map[string]delta{}
	for _, r := range want {
		key := strings.Join([]string{r.BaseJob, r.CandJob, scoreOf(r.Section, r.Name, r.Metric, r.Score)}, " ")
		expected[key] = delta{r.Base, r.Cand, r.Delta}
	}
	for _, r := range rows {
		if r.Delta == "" {
			if r.Base.Value != "" && r.Cand.Value != "" {
				t.Errorf("%s %s has two values and no delta", r.Task, r.Score)
			}
			continue
		}
		if len(r.Base.Sources) != 1 || len(r.Cand.Sources) != 1 {
			t.Errorf("%s %s has %d and %d sources", r.Task, r.Score, len(r.Base.Sources), len(r.Cand.Sources))
			continue
		}
		// The run id of a directory is the job id.
		key := strings.Join([]string{r.Base.Sources[0].RunID, r.Cand.Sources[0].RunID, scoreOf(r.Section, r.Name, r.Metric, r.Score)}, " ")
		got[key] = delta{r.Base.Value.String(), r.Cand.Value.String(), r.Delta.String()}
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("deltas (-fractions +evalctl):\n%s", diff)
	}
}

// checkMeans averages the oracle's values of the headlines as fractions and
// returns how many averages there were to check.
func checkMeans(t *testing.T, averages []average, want []oracle.Delta, comparable bool) int {
	t.Helper()
	base, cand, delta := new(big.Rat), new(big.Rat), new(big.Rat)
	count := int64(0)
	for _, r := range want {
		if comparable && headlines[r.Task] == scoreOf(r.Section, r.Name, r.Metric, r.Score) {
			base.Add(base, rational(t, r.Base))
			cand.Add(cand, rational(t, r.Cand))
			delta.Add(delta, rational(t, r.Delta))
			count++
		}
	}
	var found *average
	for i := range averages {
		if averages[i].Tasks > 0 && averages[i].Kind == "macro" {
			if found != nil {
				t.Fatalf("more than one average: %+v", averages)
			}
			found = &averages[i]
		}
	}
	if count == 0 {
		if found != nil {
			t.Errorf("an average where nothing can be averaged: %+v", *found)
		}
		return 0
	}
	if found == nil {
		t.Fatalf("no average over %d headlines", count)
	}
	if found.Tasks != int(count) || found.Scale != "fraction" || found.Direction != "higher" {
		t.Errorf("the average is over %d tasks, %s, %s; want %d, fraction, higher", found.Tasks, found.Scale, found.Direction, count)
	}
	for _, part := range []struct {
		name string
		sum  *big.Rat
		got  json.Number
	}{{"base", base, found.Base.Value}, {"cand", cand, found.Cand.Value}, {"delta", delta, found.Delta}} {
		if mean := part.sum.Quo(part.sum, big.NewRat(count, 1)); rational(t, part.got.String()).Cmp(mean) != 0 {
			t.Errorf("%s averages %s, want %s", part.name, part.got, mean.FloatString(34))
		}
	}
	return 1
}

func rational(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is not a number", text)
	}
	return r
}
