package rundir_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
)

const (
	oldBundle = `{"run_id": "eval-20260401T120000Z-math", "benchmark": {"name": "math"}}`
	newBundle = `{"run_id": "eval-20260402T120000Z-math", "config_hash": "sha256:ab", "sdk_version": "0.4.0", "timestamp": "2026-04-02T12:00:00+00:00", "config": {"model": "m"}, "benchmark": {"name": "math"}}`
	slashed   = `{"run_id": "eval-20260402T130000Z-a_b", "benchmark": {"name": "a/b"}}`
)

func nelNextTree() map[string]string {
	return map[string]string{
		"out/math/eval-20260401T120000Z-math.json": oldBundle,
		"out/math/eval-20260402T120000Z-math.json": newBundle,
		"out/math/results.jsonl":                   "{}",
		"out/math/trajectories.jsonl":              "{}",
		"out/a_b/eval-20260402T130000Z-a_b.json":   slashed,
		"out/other/notes.json":                     "{}",
	}
}

func TestNelNextLayouts(t *testing.T) {
	math := "eval-20260402T120000Z-math"
	flat := map[string]string{
		"flat/eval-20260402T120000Z-math.json": newBundle, "flat/eval-20260402T130000Z-a_b.json": slashed,
		"flat/copy/eval-20260402T120000Z-math.json": newBundle,
	}
	for _, test := range []struct {
		path string
		want []string
	}{
		{"out", []string{math, "eval-20260402T130000Z-a_b"}},
		{"out/math", []string{math}},
		{"out/math/eval-20260401T120000Z-math.json", []string{"eval-20260401T120000Z-math"}},
		{"out/math/eval-20260402T120000Z-math.json", []string{math}},
		{"flat", []string{"eval-20260402T120000Z-math", "flat/eval-20260402T120000Z-math.json", "eval-20260402T130000Z-a_b"}},
		{"baseline.json", []string{math}},
		{"damaged", []string{"eval-1-x-y"}},
	} {
		tree := nelNextTree()
		maps.Copy(tree, flat)
		tree["baseline.json"], tree["damaged/eval-1-x-y.json"] = newBundle, "{"
		store := open(t, files(tree), test.path)
		runs := search(t, store)
		got := ids(runs)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.path, diff)
		}
		for _, run := range runs {
			again, err := store.Run(t.Context(), run.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(run, again); diff != "" {
				t.Errorf("%s: %s", run.ID, diff)
			}
		}
	}
}

func TestNelNextRun(t *testing.T) {
	store := open(t, files(nelNextTree()), "out/math")
	run := search(t, store)[0]
	want := map[string]string{
		query.TagJob: "eval-20260402T120000Z-math", query.TagBenchmark: "math", "config_hash": "sha256:ab", "sdk_version": "0.4.0",
	}
	if diff := cmp.Diff(want, run.Tags); diff != "" {
		t.Error(diff)
	}
	if run.Name != "eval-eval-20260402T120000Z-math" || run.Model != "m" || run.Status != query.StatusFinished || run.StartTime.IsZero() || run.Bundle != "eval-20260402T120000Z-math.json" {
		t.Errorf("%+v", run)
	}
	listed, err := store.List(t.Context(), run, "")
	if err != nil || len(listed) != 4 {
		t.Errorf("%v, %v", listed, err)
	}
	// Which invocation is meant says nothing about runs that are in none.
	by := func(key, value string) query.Condition {
		return query.Condition{Entity: query.Tag, Key: key, Op: query.Equal, Value: value}
	}
	for value, n := range map[string]int{run.ID: 1, "eval-x": 0} {
		if got := search(t, store, by(query.TagJob, value)); len(got) != n {
			t.Errorf("%s: %q", value, ids(got))
		}
	}
	if got := search(t, store, by(query.TagInvocation, "71f3f319")); len(got) != 0 {
		t.Error(ids(got))
	}
}

func TestNotNelNext(t *testing.T) {
	tree := files(nelNextTree())
	for _, name := range []string{"out/other", "out/other/notes.json", "out/math/results.jsonl"} {
		if _, err := rundir.Open(tree, name, "test:"); !query.HasCode(err, query.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
