package rest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// forwarding is a proxy that leads one path to a server, as an ingress does.
type forwarding struct {
	*httptest.Server
	asked []string
}

// forward answers what lies below under with what the server has under the API's
// own path, and anything else as otherwise does.
func forward(t *testing.T, server *fakemlflow.Server, under string, otherwise http.HandlerFunc) *forwarding {
	t.Helper()
	f := &forwarding{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked = append(f.asked, r.Method+" "+r.URL.Path)
		rest, ok := strings.CutPrefix(r.URL.EscapedPath(), under)
		if !ok {
			otherwise(w, r)
			return
		}
		target, err := url.Parse(server.URL + "/api" + rest)
		if err != nil {
			t.Error(err)
			return
		}
		target.RawQuery = r.URL.RawQuery
		request, err := http.NewRequestWithContext(r.Context(), r.Method, target.String(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header = r.Header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		if _, err := io.Copy(w, response.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// MLflow 2 has only its user interface's routes below a static prefix.
func TestPrefixOfMLflow2(t *testing.T) {
	server := fakemlflow.New(t)
	server.AddExperiment("e")
	run := server.AddRun(fakemlflow.Run{Tags: map[string]string{"invocation_id": "aaaaaaaaaaaaaaaa"}, Files: map[string]string{"a b+c/results.yml": "text"}})
	proxy := forward(t, server, "/mlflow/ajax-api", http.NotFound)
	store, err := rest.New(rest.Options{URI: proxy.URL + "/mlflow/"})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	content, err := store.Open(t.Context(), runs[0], "a b+c/results.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if text, err := io.ReadAll(content); err != nil || string(text) != "text" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	// The detour is made once.
	lost := slices.DeleteFunc(slices.Clone(proxy.asked), func(request string) bool { return strings.Contains(request, "/mlflow/ajax-api/") })
	if diff := cmp.Diff([]string{"POST /mlflow/api/2.0/mlflow/experiments/search"}, lost); diff != "" {
		t.Errorf("asked in vain (-want +got):\n%s", diff)
	}
	if _, err := store.Run(t.Context(), strings.Repeat("f", 32)); !query.HasCode(err, query.NotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
	if _, err := store.Run(t.Context(), run.ID); err != nil {
		t.Error(err)
	}
}

// Where there is no MLflow, that is said, whatever else answers.
func TestPrefixOfSomethingElse(t *testing.T) {
	page := func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/ajax-api/") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>home</html>"))
			return
		}
		http.NotFound(w, r)
	}
	for name, otherwise := range map[string]http.HandlerFunc{"nothing": http.NotFound, "a page for all": page} {
		t.Run(name, func(t *testing.T) {
			proxy := forward(t, fakemlflow.New(t), "/elsewhere", otherwise)
			store, err := rest.New(rest.Options{URI: proxy.URL + "/mlflow"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = store.Experiments(t.Context(), query.Active)
			wantCode(t, err, query.Unreachable, "no MLflow server at "+proxy.URL+"/mlflow", "404")
		})
	}
}
