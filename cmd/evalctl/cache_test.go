package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/demo"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// faraway is the built-in data as if it came over a network.
type faraway struct{ query.Store }

func (faraway) Remote() bool { return true }

// filledCache makes a folder for caches in which there is one.
func filledCache(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	opened, err := demo.Open()
	if err != nil {
		tb.Fatal(err)
	}
	cache := artifacts.OpenCache(filepath.Join(dir, "evalctl"))
	store := cache.Record(faraway{opened}, "")
	runs, err := query.All(store.Search(tb.Context(), query.Search{}))
	if err != nil {
		tb.Fatal(err)
	}
	fetcher := artifacts.NewFetcher(cache, nil, 0)
	for _, run := range runs[:3] {
		run.Status, run.EndTime = query.StatusFinished, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if _, err := fetcher.Read(tb.Context(), store, run, run.Folder+"/results.yml"); err != nil && !query.HasCode(err, query.NotFound) {
			tb.Fatal(err)
		}
	}
	return dir
}

// What is told without the server is said to be, and what is left out.
func TestOfflineIsSaid(t *testing.T) {
	server := fakemlflow.New(t)
	server.AddExperiment("e")
	for job, status := range map[string]string{"0": "FINISHED", "1": "RUNNING"} {
		server.AddRun(fakemlflow.Run{Status: status, Tags: map[string]string{
			"invocation_id": "aaaa1111aaaa1111", "job_id": "aaaa1111aaaa1111." + job, "model": "m", "task_name": "h.t",
		}})
	}
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": server.URL, "EVALCTL_CACHE_DIR": t.TempDir()}}
	for _, verb := range []string{"runs", "invocations"} {
		p.answer(t, verb, "-o", "json")
		server.ForgetRequests()
		said := warningsOf(t, p.answer(t, verb, "-o", "json", "--offline"))
		for _, code := range []string{"FROM_CACHE", "LEFT_OUT_OFFLINE"} {
			if !slices.Contains(said, code) {
				t.Errorf("%s says %v, not %s", verb, said, code)
			}
		}
		if asked := server.Requests(); len(asked) > 0 {
			t.Errorf("%s: the server was asked %v", verb, asked)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1000000": 1_000_000, "500MB": 500_000_000, "2gb": 2_000_000_000, "1.5GiB": 1_610_612_736, " 3 G ": 3_000_000_000, "1TB": 1_000_000_000_000,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1GB", "1", "5XB", "MB", "1e30", "NaN", "Inf", "1GB2", "1 2GB", "0x10GB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}
