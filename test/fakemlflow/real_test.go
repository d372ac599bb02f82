package fakemlflow_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/fakemlflow"
	"github.com/evalctl/evalctl/test/stack"
)

// likeReal fills a server with what the calls below look at on the real one.
func likeReal(t *testing.T) (server *fakemlflow.Server, run fakemlflow.Run) {
	server = fakemlflow.New(t)
	server.AddExperiment("acme/falcon-8b")
	for i := range 3 {
		run = server.AddRun(fakemlflow.Run{
			Name:    "eval",
			Tags:    map[string]string{"invocation_id": "c0bd961e50124ab3", "job_id": fmt.Sprintf("c0bd961e50124ab3.%d", i)},
			Params:  map[string]string{"executor": "local"},
			Metrics: map[string]float64{"accuracy": 0.5},
			Files: map[string]string{
				"config.yaml":                        "a: b\n",
				"harness.task/artifacts/results.yml": "results: {}\n",
			},
		})
	}
	return server, run
}

// place is a server and the names that the calls need there.
type place struct{ url, experiment, run, folder, file string }

// realPlace finds a run with files on the real server.
func realPlace(t *testing.T) place {
	p := place{url: stack.MLflow(t)}
	var experiments struct {
		Experiments []struct {
			ID   string `json:"experiment_id"`
			Name string `json:"name"`
		}
	}
	fetch(t, p, call{"POST", "/api/2.0/mlflow/experiments/search", `{"max_results": 1000}`}, &experiments)
	for _, e := range experiments.Experiments {
		if e.Name == "acme/falcon-8b" {
			p.experiment = e.ID
		}
	}
	var runs struct {
		Runs []struct {
			Info struct {
				ID string `json:"run_id"`
			}
		}
	}
	fetch(t, p, call{"POST", "/api/2.0/mlflow/runs/search", `{"experiment_ids": ["EXPERIMENT"], "max_results": 1, "filter": "tags.invocation_id = 'c0bd961e50124ab3'"}`}, &runs)
	p.run = runs.Runs[0].Info.ID
	var listing struct {
		Files []struct {
			Path  string
			IsDir bool `json:"is_dir"`
		}
	}
	fetch(t, p, call{"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN", ""}, &listing)
	for _, f := range listing.Files {
		if f.IsDir {
			p.folder = f.Path
		}
	}
	p.file = p.folder + "/artifacts/results.yml"
	return p
}

type call struct{ method, path, body string }

// answer is what of an answer must be the same on both servers.
type answer struct {
	Status int
	Kind   string
	Code   string   // error_code
	Keys   []string // of the JSON, with types
}

func ask(t *testing.T, p place, c call) (*http.Response, []byte) {
	t.Helper()
	names := strings.NewReplacer("EXPERIMENT", p.experiment, "RUN", p.run, "FOLDER", p.folder, "FILE", p.file)
	req, err := http.NewRequestWithContext(t.Context(), c.method, p.url+names.Replace(c.path), strings.NewReader(names.Replace(c.body)))
	if err != nil {
		t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func fetch(t *testing.T, p place, c call, into any) {
	t.Helper()
	if _, body := ask(t, p, c); json.Unmarshal(body, into) != nil {
		t.Fatalf("%s %s: %s", c.method, c.path, body)
	}
}

func answerOf(t *testing.T, p place, c call) answer {
	t.Helper()
	resp, body := ask(t, p, c)
	a := answer{Status: resp.StatusCode, Kind: resp.Header.Get("Content-Type")}
	var decoded map[string]any
	if json.Unmarshal(body, &decoded) == nil {
		a.Code, _ = decoded["error_code"].(string)
		keys := map[string]bool{}
		shape("", decoded, keys)
		for key := range keys {
			a.Keys = append(a.Keys, key)
		}
		slices.Sort(a.Keys)
	}
	return a
}

// shape notes every key with the type of its value.
func shape(at string, value any, keys map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		keys[at+"{}"] = true
		for key, inner := range v {
			shape(at+"."+key, inner, keys)
		}
	case []any:
		keys[at+"[]"] = true
		for _, inner := range v {
			shape(at+"[]", inner, keys)
		}
	default:
		keys[fmt.Sprintf("%s %T", at, v)] = true
	}
}

func TestAnswersLikeTheRealServer(t *testing.T) {
	server, run := likeReal(t)
	fake := place{server.URL, run.ExperimentID, run.ID, "harness.task", "harness.task/artifacts/results.yml"}
	real := realPlace(t)

	search := func(body string) call { return call{"POST", "/api/2.0/mlflow/runs/search", body} }
	calls := map[string]call{
		"experiments":                     {"POST", "/api/2.0/mlflow/experiments/search", `{"max_results": 1000}`},
		"experiments, a page":             {"POST", "/api/2.0/mlflow/experiments/search", `{"max_results": 1}`},
		"experiments without a number":    {"POST", "/api/2.0/mlflow/experiments/search", `{}`},
		"experiments without type":        {"POST", "/api/2.0/mlflow/experiments/search", ""},
		"an experiment":                   {"GET", "/api/2.0/mlflow/experiments/get?experiment_id=EXPERIMENT", ""},
		"no experiment":                   {"GET", "/api/2.0/mlflow/experiments/get?experiment_id=9999", ""},
		"runs of an invocation":           search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 200, "filter": "tags.invocation_id = 'c0bd961e50124ab3'"}`),
		"runs by prefix":                  search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 200, "filter": "tags.invocation_id LIKE 'c0bd%' AND attributes.status = 'FINISHED'"}`),
		"runs, a page":                    search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 1, "filter": "tags.invocation_id = 'c0bd961e50124ab3'"}`),
		"runs, an exactly full last page": search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 3, "filter": "tags.invocation_id = 'c0bd961e50124ab3'"}`),
		"runs, second page":               search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 2, "filter": "tags.invocation_id = 'c0bd961e50124ab3'", "page_token": "eyJvZmZzZXQiOiAyfQ=="}`),
		"runs by what is not there":       search(`{"experiment_ids": ["EXPERIMENT"], "filter": "tags.no_such IS NULL AND tags.invocation_id LIKE 'c0bd%'"}`),
		"runs by time":                    search(`{"experiment_ids": ["EXPERIMENT"], "filter": "attributes.start_time >= 5 AND tags.invocation_id LIKE 'c0bd%'"}`),
		"runs, time as text":              search(`{"experiment_ids": ["EXPERIMENT"], "filter": "attributes.start_time >= '5'"}`),
		"runs, no status":                 search(`{"experiment_ids": ["EXPERIMENT"], "filter": "attributes.status != 'FAILED' AND tags.invocation_id LIKE 'c0bd%'"}`),
		"experiments, deleted too":        {"POST", "/api/2.0/mlflow/experiments/search", `{"max_results": 1, "view_type": "ALL"}`},
		"runs, no such":                   search(`{"experiment_ids": ["EXPERIMENT"], "filter": "tags.invocation_id = '00000000'"}`),
		"runs of no experiment":           search(`{"experiment_ids": []}`),
		"deleted runs":                    search(`{"experiment_ids": ["EXPERIMENT"], "run_view_type": "DELETED_ONLY"}`),
		"runs, bad filter":                search(`{"experiment_ids": ["EXPERIMENT"], "filter": "bogus bogus"}`),
		"runs, bad token":                 search(`{"experiment_ids": ["EXPERIMENT"], "page_token": "zzz"}`),
		"runs, token for 0":               search(`{"experiment_ids": ["EXPERIMENT"], "page_token": "eyJvZmZzZXQiOiAwfQ=="}`),
		"runs, too large a page":          search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 50001}`),
		"runs, page of 0":                 search(`{"experiment_ids": ["EXPERIMENT"], "max_results": 0}`),
		"a run":                           {"GET", "/api/2.0/mlflow/runs/get?run_id=RUN", ""},
		"no run":                          {"GET", "/api/2.0/mlflow/runs/get?run_id=ffffffffffffffffffffffffffffffff", ""},
		"files":                           {"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN", ""},
		"files of a folder":               {"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN&path=FOLDER", ""},
		"files of a file":                 {"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN&path=FILE", ""},
		"files of nothing":                {"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN&path=nothing", ""},
		"files outside":                   {"GET", "/api/2.0/mlflow/artifacts/list?run_id=RUN&path=..%2Fx", ""},
		"files of no run":                 {"GET", "/api/2.0/mlflow/artifacts/list?run_id=ffffffffffffffffffffffffffffffff", ""},
		"file":                            {"GET", "/get-artifact?run_id=RUN&path=FILE", ""},
		"file that is missing":            {"GET", "/get-artifact?run_id=RUN&path=nothing.yml", ""},
		"file that is a folder":           {"GET", "/get-artifact?run_id=RUN&path=FOLDER", ""},
		"file with a hash":                {"GET", "/get-artifact?run_id=RUN&path=a%23b", ""},
		"file of no run":                  {"GET", "/get-artifact?run_id=ffffffffffffffffffffffffffffffff&path=a", ""},
		"proxied file":                    {"GET", "/api/2.0/mlflow-artifacts/artifacts/EXPERIMENT/RUN/artifacts/FILE", ""},
		"proxied file that is missing":    {"GET", "/api/2.0/mlflow-artifacts/artifacts/EXPERIMENT/RUN/artifacts/nothing.yml", ""},
		"proxied file that is a folder":   {"GET", "/api/2.0/mlflow-artifacts/artifacts/EXPERIMENT/RUN/artifacts/FOLDER", ""},
		"proxied file with a hash":        {"GET", "/api/2.0/mlflow-artifacts/artifacts/EXPERIMENT/RUN/artifacts/a%23b", ""},
		"no route":                        {"GET", "/api/2.0/mlflow/nothing", ""},
		"version":                         {"GET", "/version", ""},
	}
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(answerOf(t, real, c), answerOf(t, fake, c)); diff != "" {
				t.Errorf("-real +fake:\n%s", diff)
			}
		})
	}
}
