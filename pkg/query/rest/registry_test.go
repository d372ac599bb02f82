package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/stack"
)

// registry answers each request with the next of the answers to its path, the last
// one for ever, and writes down the queries.
type registry struct {
	answers map[string][]string

	mu      sync.Mutex
	queries []string
	headers []http.Header
}

func (s *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")
	s.queries = append(s.queries, name+" "+r.URL.Query().Encode())
	s.headers = append(s.headers, r.Header)
	answers := s.answers[name]
	if len(answers) == 0 {
		http.Error(w, "<!doctype html><title>404 Not Found</title>", http.StatusNotFound)
		return
	}
	if len(answers) > 1 {
		s.answers[name] = answers[1:]
	}
	status, body := http.StatusOK, answers[0]
	if _, err := fmt.Sscanf(body, "%3d {", &status); err == nil {
		body = body[4:]
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func openRegistry(t *testing.T, answers map[string][]string, workspace string) (*rest.Store, *registry) {
	t.Helper()
	handler := &registry{answers: answers}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	store, err := rest.New(rest.Options{URI: server.URL, Retries: -1, Workspace: workspace})
	if err != nil {
		t.Fatal(err)
	}
	return store, handler
}

func TestRegistryPages(t *testing.T) {
	store, server := openRegistry(t, map[string][]string{
		"registered-models/search": {
			`{"registered_models": [{"name": "b"}, {"name": "a", "aliases": [{"alias": "x", "version": "2"}]}], "next_page_token": "1"}`,
			`{"registered_models": [{"name": "b", "description": "moved"}, {"name": "p", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}], "next_page_token": "2"}`,
			`{"registered_models": [{"name": "C", "creation_timestamp": 1000, "last_updated_timestamp": "2000"}], "next_page_token": "2"}`,
			`{"registered_models": [{"name": "never"}]}`,
		},
		"model-versions/search": {
			`{"model_versions": [{"name": "a", "version": "1"}, {"name": "A", "version": "3"}], "next_page_token": "1"}`,
			`{"model_versions": [{"name": "a", "version": 10, "current_stage": "Production", "status": "READY", "run_id": "r", "source": "s3://x", "tags": [{"key": "k", "value": "v"}]}], "next_page_token": "2"}`,
			`{"next_page_token": "3"}`,
			`{"model_versions": [{"name": "a", "version": "11"}]}`,
		},
	}, "")
	models, err := store.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	none := map[string]string{}
	want := []query.RegisteredModel{
		{Name: "C", CreatedAt: time.UnixMilli(1000).UTC(), UpdatedAt: time.UnixMilli(2000).UTC(), Aliases: map[string]int{}, Tags: none},
		{Name: "a", Aliases: map[string]int{"x": 2}, Tags: none},
		{Name: "b", Description: "moved", Aliases: map[string]int{}, Tags: none},
	}
	if diff := cmp.Diff(want, models); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	versions, err := store.Versions(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	wantVersions := []query.ModelVersion{
		{Version: 10, Stage: "Production", Status: "READY", RunID: "r", Source: "s3://x", Tags: map[string]string{"k": "v"}},
		{Version: 1, Tags: none},
	}
	if diff := cmp.Diff(wantVersions, versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	wantQueries := []string{
		"registered-models/search max_results=200&order_by=name+ASC",
		"registered-models/search max_results=200&order_by=name+ASC&page_token=1",
		"registered-models/search max_results=200&order_by=name+ASC&page_token=2",
		"model-versions/search filter=name+%3D+%27a%27&max_results=1000&order_by=version_number+DESC",
		"model-versions/search filter=name+%3D+%27a%27&max_results=1000&order_by=version_number+DESC&page_token=1",
		"model-versions/search filter=name+%3D+%27a%27&max_results=1000&order_by=version_number+DESC&page_token=2",
	}
	if diff := cmp.Diff(wantQueries, server.queries); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestRegistryRefuses(t *testing.T) {
	const (
		get, search = "registered-models/get", "model-versions/search"
		unknown     = `404 {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Registered Model with name=x not found"}`
	)
	for _, test := range []struct {
		name, method, answer string
		want                 query.Code
		says                 string
	}{
		{"unknown", get, unknown, query.NotFound, "Registered Model with name=x not found"},
		{"no such route", get, "", query.Unreachable, "no MLflow server at"},
		{"forbidden", get, `403 {"error_code": "PERMISSION_DENIED", "message": "Permission denied"}`, query.Forbidden, ""},
		{"another case", get, `{"registered_model": {"name": "X"}}`, query.NotFound, "no registered model x"},
		{"a prompt", get, `{"registered_model": {"name": "x", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}}`, query.NotFound, ""},
		{"nothing", get, `{}`, query.NotFound, ""},
		{"no object", get, `[]`, query.Unauthenticated, ""},
		{"no list", search, `{"model_versions": 3}`, query.Corrupt, ""},
		{"no number", search, `{"model_versions": [{"name": "x", "version": "new"}]}`, query.Corrupt, ""},
		{"version 0", search, `{"model_versions": [{"name": "x"}]}`, query.Corrupt, ""},
		{"broken", search, `500 {"error_code": "INTERNAL_ERROR"}`, query.Unreachable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers := map[string][]string{}
			if test.answer != "" {
				answers[test.method] = []string{test.answer}
			}
			store, _ := openRegistry(t, answers, "")
			var err error
			if test.method == get {
				_, err = store.Model(t.Context(), "x")
			} else {
				_, err = store.Versions(t.Context(), "x")
			}
			if !query.HasCode(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %s %q", err, test.want, test.says)
			}
		})
	}
}

func TestRegistryOfAWorkspace(t *testing.T) {
	store, server := openRegistry(t, map[string][]string{
		"/api/3.0/mlflow/server-info": {`{"workspaces_enabled": true}`},
		"registered-models/get":       {`404 {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Workspace 'team' not found"}`},
		"registered-models/search":    {`{}`},
	}, "team")
	if models, err := store.Models(t.Context()); err != nil || len(models) != 0 {
		t.Errorf("%v, %v", models, err)
	}
	if got := server.headers[len(server.headers)-1].Get("X-MLFLOW-WORKSPACE"); got != "team" {
		t.Errorf("asked in the workspace %q", got)
	}
}

// call makes a change on the real server.
func call(t *testing.T, server, method string, args map[string]any) {
	t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/api/2.0/mlflow/"+method, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", method, response.Status)
	}
}

// TestRealRegistry makes models of every kind of name on a real server, more than a
// page of them, and reads them back.
func TestRealRegistry(t *testing.T) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) { checkRegistry(t, stack.Plain(t, version)) })
	}
}

func checkRegistry(t *testing.T, server string) {
	t.Helper()
	store, err := rest.New(rest.Options{URI: server})
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"Falcon", "falcon", "it's", `a "b"`, `it's "c"`, "née 100% _x", "a*b?", `back\slash`, "x@y", "a,b=c", "x%20y"}
	names := slices.Clone(odd)
	for i := range 201 {
		names = append(names, fmt.Sprintf("many-%03d", i))
	}
	for _, name := range names {
		call(t, server, "registered-models/create", map[string]any{"name": name})
	}
	slices.Sort(names)
	models, err := store.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range models {
		got = append(got, m.Name)
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}

	for i, name := range odd {
		for version := range 3 {
			tags := []map[string]string{{"key": "invocation_id", "value": fmt.Sprint(name, version+1)}}
			call(t, server, "model-versions/create", map[string]any{"name": name, "source": "s3://models/" + fmt.Sprint(i), "tags": tags})
		}
		call(t, server, "registered-models/alias", map[string]any{"name": name, "alias": "champion", "version": "2"})
		call(t, server, "model-versions/transition-stage", map[string]any{"name": name, "version": "1", "stage": "Staging"})
	}
	for i, name := range odd {
		model, err := store.Model(t.Context(), name)
		if err != nil || model.Name != name || model.Aliases["champion"] != 2 || model.CreatedAt.IsZero() {
			t.Errorf("%s: %+v, %v", name, model, err)
		}
		versions, err := store.Versions(t.Context(), name)
		if err != nil || len(versions) != 3 {
			t.Fatalf("%s: %+v, %v", name, versions, err)
		}
		for k, v := range versions {
			want := query.ModelVersion{
				Version: 3 - k, Stage: query.StageNone, Status: "READY", CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
				Source: "s3://models/" + fmt.Sprint(i), Tags: map[string]string{"invocation_id": fmt.Sprint(name, 3-k)},
			}
			if want.Version == 1 {
				want.Stage = "Staging"
			}
			if diff := cmp.Diff(want, v); diff != "" || v.CreatedAt.IsZero() {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	for _, name := range []string{"FALCON", "no such model", "it_s", "%"} {
		if model, err := store.Model(t.Context(), name); !query.HasCode(err, query.NotFound) {
			t.Errorf("%s: %+v, %v", name, model, err)
		}
		if versions, err := store.Versions(t.Context(), name); err != nil || len(versions) != 0 {
			t.Errorf("%s: %+v, %v", name, versions, err)
		}
	}
}

// TestVersionsAreReadAsMLflowReadsThem compares the parser of models:/ with that of
// MLflow's client, but for what is refused here on purpose: the id of a logged
// model, a stage that there is not, a version 0, and names that MLflow registers
// nowhere.
func TestVersionsAreReadAsMLflowReadsThem(t *testing.T) {
	texts := []string{
		"models:/falcon/3", "models:/falcon/007", "models:/falcon@champion", "models:/a@b@c", "models:/a@b/3", "models:/falcon/PRODUCTION",
		"models:/falcon/none", "models:/falcon/Latest", "models:/my falcon%20x/1", "models:/a=b/1", "models:/falcon/archived",
		"models:falcon/3", "models:", "models:/", "models:/falcon/", "models:/falcon@", "models:/ /3", "models:/a/b/3",
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), stack.Python(t), "-c", `
import json, sys
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.utils.models import _parse_model_uri
def parsed(text):
    try:
        p = _parse_model_uri(text)
    except MlflowException:
        return "refused"
    stage = p.stage or ("" if p.version or p.alias else "latest")
    return f"{p.name} {int(p.version or 0)} {p.alias or ''} {stage.lower()}"
print(json.dumps([parsed(text) for text in json.load(sys.stdin)]))`)
	command.Stdin = strings.NewReader(string(input))
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(output, &want); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		got := "refused"
		if selector, err := query.ParseSelector(text); err == nil && selector.Sources[0].Kind == query.ByVersion {
			v := selector.Sources[0].Version
			got = fmt.Sprintf("%s %d %s %s", v.Name, v.Number, v.Alias, v.Stage)
		}
		if got != want[i] {
			t.Errorf("%s is %q, MLflow says %q", text, got, want[i])
		}
	}
}
