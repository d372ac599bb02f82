package main

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/test/fakemlflow"
)

// The page of a run on another server is read as nobody in particular; on the
// tracking server, as its user.
func TestPagesGetNoOtherServersCredentials(t *testing.T) {
	tracking, other := fakemlflow.New(t), fakemlflow.New(t)
	other.SetPrefix("/prefix")
	for _, server := range []*fakemlflow.Server{tracking, other} {
		server.AddExperiment("e")
		server.AddRun(fakemlflow.Run{Tags: map[string]string{"invocation_id": "aaaa1111", "job_id": "aaaa1111.0"}})
	}
	env := map[string]string{
		"MLFLOW_TRACKING_URI": strings.Replace(tracking.URL, "http://", "http://me:hunter2@", 1),
		"EVALCTL_HEADERS":     "X-Team: evals",
	}
	const page = "/#/experiments/1/runs/00000000000000000000000000000001/artifacts"
	for _, server := range []*fakemlflow.Server{tracking, other} {
		got := process{env: env}.answer(t, "runs", server.URL+page, "--jq", ".data.runs[0].url")
		if want := server.URL + strings.TrimSuffix(page, "/artifacts"); strings.TrimSpace(got) != want {
			t.Errorf("the run of %s is at %s", server.URL, got)
		}
	}
	for name, test := range map[string]struct {
		server *fakemlflow.Server
		knows  bool
	}{"tracking": {tracking, true}, "other": {other, false}} {
		requests := test.server.Requests()
		if len(requests) == 0 {
			t.Errorf("%s server: no requests", name)
		}
		for _, r := range requests {
			if (r.Header.Get("Authorization") != "") != test.knows || (r.Header.Get("X-Team") != "") != test.knows {
				t.Errorf("%s server: %s %s has %v", name, r.Method, r.Path, r.Header)
			}
		}
	}
}

func TestSameServer(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"https://mlflow.corp", "https://mlflow.corp/", true},
		{"https://mlflow.corp", "HTTPS://MLFLOW.corp:443", true},
		{"http://me:secret@host:5000/ml/", "http://host:5000/ml", true},
		{"http://host", "https://host", false},
		{"http://host:5000", "http://host:5001", false},
		{"http://host/a", "http://host/b", false},
		{"http://host", "http://host.evil", false},
		{"http://host", "http://host@evil", false},
		{"http://host", "demo:", false},
		{"", "", false},
		{"./results", "./results", false},
	} {
		if got := sameServer(test.a, test.b); got != test.want || got != sameServer(test.b, test.a) {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}

// Times back from now count from the clock that the program was given: the
// built-in data was made on 2026-11-21 at 03:16 to 03:24, and it is 12:00.
func TestSinceCountsFromNow(t *testing.T) {
	for since, want := range map[string]string{"9h": "12", "8h": "0", "1d": "12", "0d": "0", "2w": "12"} {
		got := process{}.answer(t, "runs", "--tracking-uri", "demo:", "--since", since, "--count", "--jq", ".data.total")
		if strings.TrimSpace(got) != want {
			t.Errorf("--since %s: %s runs, want %s", since, got, want)
		}
	}
	for _, wrong := range []string{"-1d", "+1d", "1m", "d", "1.5d", "9999999w", "2026-13-01", "2026-1-1", " 1d", "１d"} {
		if got := (process{}).run(t, "runs", "--tracking-uri", "demo:", "--since="+wrong); got.status != exitUsage || !strings.Contains(got.stderr, "no point in time") {
			t.Errorf("--since %q: %+v", wrong, got)
		}
	}
}
