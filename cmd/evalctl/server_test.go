package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// server is a process that knows the real server, with or without a cache.
func server(tb testing.TB, cache string) process {
	url := stack.MLflow(tb)
	registerModels(tb, url)
	return process{env: map[string]string{"MLFLOW_TRACKING_URI": url, "EVALCTL_CACHE_DIR": cache}}
}

type listedRun struct {
	RunID      string `json:"run_id"`
	JobID      string `json:"job_id"`
	Task       string `json:"task"`
	Harness    string `json:"harness"`
	Experiment string `json:"experiment"`
	Status     string `json:"status"`
	StartedAt  string `json:"started_at"`
}

type runList struct {
	Data struct {
		Runs []listedRun `json:"runs"`
	}
	Warnings []struct {
		Code, Message, Side string
		RunIDs              []string `json:"run_ids"`
	}
}

func TestCompareGivesTheSameBytesWithAnyCache(t *testing.T) {
	ids := invocations(t)
	args := []string{"compare", ids["A1"].ID, ids["B3"].ID, "-o", "json"}
	cache := t.TempDir()
	cold := server(t, cache).answer(t, args...)
	for name, got := range map[string]string{
		"warm":         server(t, cache).answer(t, args...),
		"warm, again":  server(t, cache).answer(t, args...),
		"--no-cache":   server(t, cache).answer(t, append(args, "--no-cache")...),
		"none":         server(t, "").answer(t, args...),
		"another cold": server(t, t.TempDir()).answer(t, args...),
	} {
		if diff := cmp.Diff(cold, got); diff != "" {
			t.Errorf("%s (-cold +%s):\n%s", name, name, diff)
		}
	}
}

// counter passes requests on to the real server.
type counter struct {
	URL string
	mu  sync.Mutex
	got []string // a search's route, a file's name
}

func count(t *testing.T) *counter {
	t.Helper()
	target, err := url.Parse(stack.MLflow(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")
		if _, file, found := strings.Cut(asked, "/artifacts/"); found { // by either route for files
			asked = path.Base(file)
		} else if file := r.URL.Query().Get("path"); file != "" {
			asked = path.Base(file)
		}
		c.mu.Lock()
		c.got = append(c.got, asked)
		c.mu.Unlock()
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(listener.Close)
	c.URL = listener.URL
	return c
}

// take returns how often each thing was asked for since the last call.
func (c *counter) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	things := map[string]int{}
	for _, request := range c.got {
		things[request]++
	}
	c.got = nil
	return things
}

// Speed is few requests: two searches an invocation, by tag and by parameter, and the
// files.
func TestCompareAsksForNothingTwice(t *testing.T) {
	ids, requests := invocations(t), count(t)
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": requests.URL, "EVALCTL_CACHE_DIR": t.TempDir()}}
	args := []string{"compare", ids["A1"].ID, ids["B1"].ID, "-o", "json", "--samples", "never"}

	searches := map[string]int{"experiments/search": 1, "runs/search": 4}
	files := map[string]int{"results.yml": 6, "eval_factory_metrics.json": 6, "metadata.yaml": 2}
	maps.Copy(files, searches)

	p.answer(t, args...)
	if diff := cmp.Diff(files, requests.take()); diff != "" {
		t.Errorf("cold (-want +got):\n%s", diff)
	}
	p.answer(t, args...)
	if diff := cmp.Diff(searches, requests.take()); diff != "" {
		t.Errorf("warm (-want +got):\n%s", diff)
	}
	p.answer(t, append(args, "--no-cache")...)
	if diff := cmp.Diff(files, requests.take()); diff != "" {
		t.Errorf("no cache (-want +got):\n%s", diff)
	}
}

// Exports of one job are one run: the finished before the failed, then the newest.
func TestDuplicatesAreResolvedAndReported(t *testing.T) {
	ids, p := invocations(t), server(t, "")
	all := decode[runList](t, p.answer(t, "runs", "--limit", "0", "-o", "json"))
	for _, test := range []struct {
		name   string
		id     string
		copies map[string]int // runs on the server a job that has several
	}{
		{"A1 is in two experiments", ids["A1"].ID, map[string]int{".0": 2, ".1": 2, ".2": 2}},
		{"a run of A2 failed", ids["A2"].ID, map[string]int{".0": 2}},
		{"B3 was exported twice", ids["B3"].ID, map[string]int{".0": 2}},
		{"B1 was exported once", ids["B1"].ID, map[string]int{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The rule, once more: of each job the finished run that started last.
			kept, aside := map[string]string{}, []string{}
			times, copies := map[string]string{}, map[string]int{}
			for _, run := range all.Data.Runs {
				if !strings.HasPrefix(run.JobID, test.id) {
					continue
				}
				copies[strings.TrimPrefix(run.JobID, test.id)]++
				if run.Status == "FINISHED" && run.StartedAt > times[run.JobID] {
					times[run.JobID], kept[run.JobID] = run.StartedAt, run.RunID
				}
			}
			for _, run := range all.Data.Runs {
				if strings.HasPrefix(run.JobID, test.id) && kept[run.JobID] != run.RunID {
					aside = append(aside, run.RunID)
				}
			}
			slices.Sort(aside)
			for job, n := range copies {
				if n == 1 {
					delete(copies, job)
				}
			}
			if diff := cmp.Diff(test.copies, copies); diff != "" {
				t.Fatalf("copies on the server (-want +got):\n%s", diff)
			}

			got := decode[runList](t, p.answer(t, "runs", test.id, "-o", "json"))
			shown := map[string]string{}
			for _, run := range got.Data.Runs {
				shown[run.JobID] = run.RunID
			}
			if diff := cmp.Diff(kept, shown); diff != "" {
				t.Errorf("runs (-by the rule +shown):\n%s", diff)
			}
			var told []string
			for _, text := range []string{
				p.answer(t, "runs", test.id, "-o", "json"),
				p.answer(t, "compare", test.id, ids["LISTED"].ID, "-o", "json"),
			} {
				told = nil
				for _, w := range decode[runList](t, text).Warnings {
					if w.Code == "DUPLICATE_RUNS" {
						told = append(told, w.RunIDs...)
						if w.Side != test.id[:8] {
							t.Errorf("the warning is about %q", w.Side)
						}
					}
				}
				if !slices.Equal(told, aside) {
					t.Errorf("set aside %v, reported %v", aside, told)
				}
			}
		})
	}
}

// Per-sample files cost a listing of each folder that may hold some, and what is
// in them, once.
func TestCompareAsksForSamplesOnce(t *testing.T) {
	ids, requests := invocations(t), count(t)
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": requests.URL, "EVALCTL_CACHE_DIR": t.TempDir()}}
	args := []string{"compare", ids["A1"].ID, ids["B1"].ID, "-o", "json"}

	p.answer(t, args...)
	cold := requests.take()
	want := map[string]int{
		"artifacts": 6, // A1 has the required files only: one listing a run
		"arith":     1, "acme__falcon-8b-nvfp4": 1, "result": 1, "score": 1, "acme_falcon-8b-nvfp4": 2,
		"byob_predictions.jsonl": 1,
	}
	got := map[string]int{}
	samples := 0
	for asked, times := range cold {
		switch {
		case want[asked] > 0:
			got[asked] = times
		case strings.HasPrefix(asked, "BFCL_") || strings.HasPrefix(asked, "samples_") || strings.HasPrefix(asked, "results_"):
			samples += times
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || samples != 8+3+1 {
		t.Errorf("%d files, (-want +got):\n%s", samples, diff)
	}
	p.answer(t, args...)
	if diff := cmp.Diff(map[string]int{"experiments/search": 1, "runs/search": 4}, requests.take()); diff != "" {
		t.Errorf("warm (-want +got):\n%s", diff)
	}
}
