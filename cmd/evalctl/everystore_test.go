package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// What is compared must not depend on where it was read from: rows, averages and what
// is missing are the same of every kind of store, apart from the ids that a store
// invents and the folder that a run has around a job's.
func TestEveryStoreGivesTheSameComparison(t *testing.T) {
	t.Parallel()
	at := func(uri string) process {
		return process{env: map[string]string{"MLFLOW_TRACKING_URI": uri, "EVALCTL_CACHE_DIR": t.TempDir()}}
	}
	database := func(version stack.Version) string {
		return databaseScheme + filepath.Join(stack.Filled(t, stack.Setup{Version: version}), databaseName)
	}
	directories := at(output(t))
	launched := process{env: map[string]string{"HOME": launcherHome(t, output(t)), "MLFLOW_TRACKING_URI": "launcher:"}}
	// Each was filled on its own, by the launcher's exporter.
	exported := []exportedStore{
		exportedTo(t, "server of MLflow 3", at(stack.Plain(t, stack.MLflow3))),
		exportedTo(t, "server of MLflow 2", at(stack.Plain(t, stack.MLflow2))),
		exportedTo(t, "database of MLflow 3", at(database(stack.MLflow3))),
		exportedTo(t, "database of MLflow 2", at(database(stack.MLflow2))),
		exportedTo(t, "file store", at(stack.FileStore(t))),
	}
	invocations := slices.DeleteFunc(stack.Invocations(t), func(i stack.Invocation) bool { return !i.Exported })
	pairs := 0
	for i, base := range invocations {
		for _, cand := range invocations[i:] {
			pairs++
			t.Run(base.Name+"-"+cand.Name, func(t *testing.T) {
				t.Parallel()
				words := withoutSamples(base, cand)
				want := directories.compare(t, words...)
				if diff := gocmp.Diff(want, launched.compare(t, words...)); diff != "" {
					t.Errorf("(-directories +job database):\n%s", diff)
				}
				want = asExported(want)
				var first comparison
				for i, store := range exported {
					// Servers take most of the time, and are compared with the others below.
					if !isServer(store.env["MLFLOW_TRACKING_URI"]) || base == cand {
						if diff := gocmp.Diff(want, store.asDirectories(store.compare(t, words...))); diff != "" {
							t.Errorf("(-directories +%s):\n%s", store.name, diff)
						}
					}
					// Among them also the evidence in per-sample files, and which of
					// the runs of a job it is.
					text := store.names.Replace(store.answer(t, "compare", "-o", "json", "--scores", "all", base.ID, cand.ID))
					got := decode[struct{ Data comparison }](t, text).Data
					if i == 0 {
						first = got
					}
					if diff := gocmp.Diff(first, got); diff != "" {
						t.Errorf("(-%s +%s):\n%s", exported[0].name, store.name, diff)
					}
				}
			})
		}
	}
	if pairs != 66 {
		t.Errorf("%d pairs", pairs)
	}
}

// withoutSamples are the words of a comparison of all scores. A1 to A3 were exported
// without the per-sample files that the directories have.
func withoutSamples(base, cand stack.Invocation) []string {
	return []string{"--samples", "never", "--scores", "all", base.ID, cand.ID}
}

// asExported is a comparison of directories as the exporter lets one see it, which
// makes no run of a job without results.
func asExported(c comparison) comparison {
	c.Missing = slices.Clone(c.Missing)
	for i := range c.Missing {
		if c.Missing[i].Reason == "failed" {
			c.Missing[i].Reason = "no_run"
		}
	}
	return c
}

// exportedStore is a store that test/load has filled.
type exportedStore struct {
	process
	name  string
	jobs  map[string]string // by run id
	names *strings.Replacer // of run ids: the job, and which of its runs it is
}

func exportedTo(t *testing.T, name string, p process) exportedStore {
	t.Helper()
	runs := decode[runList](t, p.answer(t, "runs", "--limit", "0", "-o", "json")).Data.Runs
	if len(runs) != 32 {
		t.Fatalf("the %s has %d runs", name, len(runs))
	}
	slices.SortFunc(runs, func(a, b listedRun) int {
		return cmp.Or(cmp.Compare(a.JobID, b.JobID), cmp.Compare(a.StartedAt, b.StartedAt))
	})
	store := exportedStore{process: p, name: name, jobs: map[string]string{}}
	var names []string
	copies := map[string]int{}
	for _, run := range runs {
		copies[run.JobID]++
		store.jobs[run.RunID] = run.JobID
		names = append(names, run.RunID, fmt.Sprintf("%s, run %d", run.JobID, copies[run.JobID]))
	}
	store.names = strings.NewReplacer(names...)
	return store
}

// asDirectories puts into a comparison what directories have in place of what the
// store invents: the job's id for the run's, and paths from the job's folder.
func (s exportedStore) asDirectories(c comparison) comparison {
	for i := range c.Rows {
		for _, side := range []*value{&c.Rows[i].Base, &c.Rows[i].Cand} {
			for k, source := range side.Sources {
				side.Sources[k].RunID = s.jobs[source.RunID]
				_, side.Sources[k].Path, _ = strings.Cut(source.Path, "/")
			}
		}
	}
	return c
}
