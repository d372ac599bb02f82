package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// open makes a store of a server, with waits too short to notice.
func open(t *testing.T, server *fakemlflow.Server, change ...func(*rest.Options)) *rest.Store {
	t.Helper()
	options := rest.Options{URI: server.URL, Backoff: time.Microsecond}
	for _, c := range change {
		c(&options)
	}
	store, err := rest.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// wantCode fails unless err is a [*query.Error] with this code, whose text has
// all the parts.
func wantCode(t *testing.T, err error, code query.Code, parts ...string) {
	t.Helper()
	e, ok := errors.AsType[*query.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v (%T), want code %q", err, err, code)
	}
	text := e.Error() + "\n" + e.Hint
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("error %q does not say %q", text, part)
		}
	}
}

// paths are the paths of the requests, without the query.
func paths(server *fakemlflow.Server) []string {
	var list []string
	for _, r := range server.Requests() {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

const (
	searchExperiments = "POST /api/2.0/mlflow/experiments/search"
	searchRuns        = "POST /api/2.0/mlflow/runs/search"
)

func TestURIIsCanonical(t *testing.T) {
	for uri, want := range map[string]string{
		"http://127.0.0.1:5000":                 "http://127.0.0.1:5000",
		"http://127.0.0.1:5000/":                "http://127.0.0.1:5000",
		"HTTPS://User:Secret@MLflow.corp:443//": "https://mlflow.corp",
		"http://mlflow.corp:80/team%20a/":       "http://mlflow.corp/team%20a",
		"http://h:5000/#/experiments/3":         "http://h:5000",
		"http://[::1]:5000":                     "http://[::1]:5000",
	} {
		store, err := rest.New(rest.Options{URI: uri})
		if err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		if got := store.URI(); got != want {
			t.Errorf("URI of %s is %s, want %s", uri, got, want)
		}
	}
}

func TestURIThatCannotBe(t *testing.T) {
	for _, uri := range []string{"", "localhost:5000", "sqlite:///mlflow.db", "http://", "http://u:secret@h:port", "http://u:sec/secret@h", "ftp://u:secret@h"} {
		_, err := rest.New(rest.Options{URI: uri})
		wantCode(t, err, query.Usage)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestRunURL(t *testing.T) {
	store, err := rest.New(rest.Options{URI: "http://u:p@h:5000/x/"})
	if err != nil {
		t.Fatal(err)
	}
	got := store.RunURL(query.Run{ID: "0a1b", ExperimentID: "3"})
	if want := "http://h:5000/x/#/experiments/3/runs/0a1b"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
}

func TestCredentials(t *testing.T) {
	for _, tt := range []struct {
		name    string
		user    *url.Userinfo
		options rest.Options
		want    string
	}{
		{"none", nil, rest.Options{}, ""},
		{"token", nil, rest.Options{Token: "t"}, "Bearer t"},
		{"basic before token", nil, rest.Options{Username: "u", Password: "p", Token: "t"}, "Basic dTpw"},
		{"half of basic", nil, rest.Options{Username: "u", Token: "t"}, "Bearer t"},
		{"userinfo before all", url.UserPassword("a", "b"), rest.Options{Username: "u", Password: "p", Token: "t"}, "Basic YTpi"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := fakemlflow.New(t)
			u, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			u.User = tt.user
			tt.options.URI, tt.options.UserAgent = u.String(), "evalctl/test"
			store, err := rest.New(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.Experiments(t.Context(), query.Active); err != nil {
				t.Fatal(err)
			}
			header := server.Requests()[0].Header
			if got := header.Get("Authorization"); got != tt.want {
				t.Errorf("Authorization is %q, want %q", got, tt.want)
			}
			if got := header.Get("User-Agent"); got != "evalctl/test" {
				t.Errorf("User-Agent is %q", got)
			}
		})
	}
}

func TestCredentialsStayWithTheServer(t *testing.T) {
	server, other := fakemlflow.New(t), fakemlflow.New(t)
	experiment := server.AddExperiment("e")
	elsewhere := strings.TrimPrefix(other.URL, "http://")
	for _, address := range []string{
		"mlflow-artifacts://" + elsewhere + "/",
		"mlflow-artifacts://someone:else@" + elsewhere + "/",
		other.URL + "/api/2.0/mlflow-artifacts/artifacts/",
		strings.Replace(other.URL, "//", "//someone:else@", 1) + "/api/2.0/mlflow-artifacts/artifacts/",
	} {
		other.ForgetRequests()
		run := other.AddRun(fakemlflow.Run{ExperimentID: experiment, Files: map[string]string{"results.yml": "there"}})
		run.ArtifactURI = address + experiment + "/" + run.ID + "/artifacts"
		run.Files = map[string]string{"results.yml": "here"}
		server.AddRun(run)
		store := open(t, server, func(o *rest.Options) { o.Token = "secret" })
		found, err := store.Run(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, store, found, "results.yml"); got != "there" {
			t.Errorf("%s: read %q", address, got)
		}
		for _, r := range other.Requests() {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: %s %s got credentials", address, r.Method, r.Path)
			}
		}
		if len(other.Requests()) != 1 {
			t.Errorf("%s: the other server got %d requests", address, len(other.Requests()))
		}
	}
}

func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			server := fakemlflow.New(t)
			server.AddExperiment("e")
			server.AddRun(fakemlflow.Run{})
			server.SetPrefix("/moved")
			redirect := map[string]string{"Location": server.URL + "/api/2.0/mlflow/experiments/search"}
			server.Fault(fakemlflow.Fault{
				Match:  func(r fakemlflow.Request) bool { return r.Path == "/api/2.0/mlflow/experiments/search" },
				Status: status, Header: redirect,
			})
			store := open(t, server, func(o *rest.Options) {
				o.URI, o.Token = strings.TrimSuffix(server.URL, "/moved"), "t"
			})
			list, err := store.Experiments(t.Context(), query.Active)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 2 {
				t.Errorf("%d experiments, want 2", len(list))
			}
			last := server.Requests()[1]
			if last.Method != http.MethodPost || last.Body == "" || last.Header.Get("Authorization") != "Bearer t" {
				t.Errorf("after the redirect: %s, body %q, Authorization %q", last.Method, last.Body, last.Header.Get("Authorization"))
			}
		})
	}
}

func TestRedirectToAnotherHostCarriesNoCredentials(t *testing.T) {
	server, login := fakemlflow.New(t), fakemlflow.New(t)
	// Another name of the same machine is another host.
	elsewhere := strings.Replace(login.URL, "127.0.0.1", "localhost", 1)
	login.Fault(fakemlflow.Fault{Status: 200, Body: "<html>log in</html>", Header: map[string]string{"Content-Type": "text/html"}})
	server.Fault(fakemlflow.Fault{Status: 302, Header: map[string]string{"Location": elsewhere + "/login"}})
	_, err := open(t, server, func(o *rest.Options) { o.Token = "secret" }).Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unauthenticated, "proxy")
	got := login.Requests()
	if len(got) != 1 || got[0].Method != http.MethodGet || got[0].Body != "" || got[0].Header.Get("Authorization") != "" {
		t.Errorf("the login page got %+v", got)
	}
}

func TestRedirectInACircle(t *testing.T) {
	server := fakemlflow.New(t)
	server.Fault(fakemlflow.Fault{Status: 308, Header: map[string]string{"Location": "/again"}})
	_, err := open(t, server).Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unreachable, "redirects")
	if n := len(server.Requests()); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

func TestRefusals(t *testing.T) {
	html := map[string]string{"Content-Type": "text/html"}
	for _, tt := range []struct {
		name  string
		fault fakemlflow.Fault
		code  query.Code
		says  []string
		tries int
	}{
		{"401", fakemlflow.Fault{Status: 401, Body: "You are not authenticated"}, query.Unauthenticated, []string{"not authenticated", "MLFLOW_TRACKING_TOKEN"}, 1},
		{"403", fakemlflow.Fault{Status: 403, Body: `{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}`}, query.Forbidden, []string{"Permission denied"}, 1},
		{"403 host", fakemlflow.Fault{Status: 403, Body: "Invalid Host header - possible DNS rebinding attack detected"}, query.Forbidden, []string{"--allowed-hosts", "127.0.0.1:", "no matter of credentials"}, 1},
		{"login page", fakemlflow.Fault{Status: 200, Body: "<!doctype html><title>Sign in</title>", Header: html}, query.Unauthenticated, []string{"log in", "proxy"}, 1},
		{"login text", fakemlflow.Fault{Status: 200, Body: "please log in"}, query.Unauthenticated, nil, 1},
		{"a list", fakemlflow.Fault{Status: 200, Body: "[]"}, query.Unauthenticated, nil, 1},
		{"nothing", fakemlflow.Fault{Status: 200}, query.Corrupt, []string{"empty"}, 1},
		{"half an object", fakemlflow.Fault{Status: 200, Body: `{"experiments": [`}, query.Corrupt, nil, 1},
		{"bad id", fakemlflow.Fault{Status: 200, Body: `{"experiments": [{"experiment_id": "../1"}]}`}, query.Corrupt, []string{"../1"}, 1},
		{"no such route", fakemlflow.Fault{Status: 404, Body: "<!doctype html><title>404</title>", Header: html}, query.Unreachable, []string{"no MLflow server at http://127.0.0.1", "prefix"}, 1},
		{"400", fakemlflow.Fault{Status: 400, Body: `{"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid x"}`}, query.Usage, []string{"Invalid x"}, 1},
		{"408", fakemlflow.Fault{Status: 408}, query.Timeout, nil, 3},
		{"429", fakemlflow.Fault{Status: 429}, query.Unreachable, nil, 3},
		{"502", fakemlflow.Fault{Status: 502, Body: "<html>", Header: html}, query.Unreachable, []string{"502 Bad Gateway"}, 3},
		{"503", fakemlflow.Fault{Status: 503, Body: `{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "database is locked"}`}, query.Unreachable, []string{"database is locked"}, 3},
		{"503 mode", fakemlflow.Fault{Status: 503, Body: "Endpoint: /x disabled due to the mlflow server running in `--artifacts-only` mode."}, query.IO, []string{"artifacts-only"}, 1},
		{"504", fakemlflow.Fault{Status: 504}, query.Timeout, nil, 3},
		{"500 internal", fakemlflow.Fault{Status: 500, Body: `{"error_code": "INTERNAL_ERROR", "message": "oops"}`}, query.Unreachable, []string{"oops"}, 2},
		{"500 feature", fakemlflow.Fault{Status: 500, Body: `{"error_code": "FEATURE_DISABLED", "message": "no workspaces"}`}, query.IO, []string{"no workspaces"}, 1},
		{"500 page", fakemlflow.Fault{Status: 500, Body: "<html>", Header: html}, query.Unreachable, []string{"500"}, 1},
		{"501", fakemlflow.Fault{Status: 501, Body: `{"error_code": "NOT_IMPLEMENTED"}`}, query.IO, nil, 1},
		{"drop", fakemlflow.Fault{Drop: true}, query.Unreachable, []string{"no answer from 127.0.0.1:"}, 3},
		{"cut", fakemlflow.Fault{Cut: true, After: 20}, query.Unreachable, []string{"unexpected EOF"}, 3},
		{"secret in a message", fakemlflow.Fault{Status: 400, Body: `{"error_code": "BAD_REQUEST", "message": "cannot open postgresql://u:secret@db/x \u001b[31m"}`}, query.Usage, []string{"postgresql://***@db/x [31m"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := fakemlflow.New(t)
			server.Fault(tt.fault)
			_, err := open(t, server).Experiments(t.Context(), query.Active)
			wantCode(t, err, tt.code, tt.says...)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a password: %v", err)
			}
			if n := len(server.Requests()); n != tt.tries {
				t.Errorf("%d tries, want %d", n, tt.tries)
			}
		})
	}
}

// TestTwoFailuresPass is the other half of TestRefusals: what is tried again
// also succeeds then.
func TestTwoFailuresPass(t *testing.T) {
	for name, fault := range map[string]fakemlflow.Fault{
		"429": {Status: 429}, "503": {Status: 503}, "drop": {Drop: true}, "cut": {Cut: true, After: 30},
	} {
		server := fakemlflow.New(t)
		server.AddExperiment("e")
		want := server.AddRun(fakemlflow.Run{})
		fault.Times = 2
		fault.Path = "runs/search"
		server.Fault(fault)
		runs, err := query.All(open(t, server).Search(t.Context(), query.Search{}))
		if err != nil || len(runs) != 1 || runs[0].ID != want.ID {
			t.Errorf("%s: %v, %v", name, runs, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	store, err := rest.New(rest.Options{URI: "http://u:secret@" + address, Backoff: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unreachable, address, "refused")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestHTTPSIsNotHTTP(t *testing.T) {
	server := fakemlflow.New(t)
	_, err := open(t, server, func(o *rest.Options) { o.URI = strings.Replace(server.URL, "http:", "https:", 1) }).Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unreachable, "http://")
}

func TestCertificateIsNotTrusted(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	var tries int
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig = nil
	store, err := rest.New(rest.Options{URI: server.URL, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		tries++
		return transport.RoundTrip(r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unreachable, "certificate")
	if tries != 1 {
		t.Errorf("%d tries of a certificate that stays wrong", tries)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering makes a RoundTripper that answers with each response in turn, and
// notes when it was asked.
func answering(times *[]time.Duration, responses ...func(*http.Request) (*http.Response, error)) http.RoundTripper {
	start := time.Now()
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		n := len(*times)
		*times = append(*times, time.Since(start))
		return responses[min(n, len(responses)-1)](r)
	})
}

func status(code int, header http.Header) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
	}
}

func TestBackoff(t *testing.T) {
	unreachable := func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	for _, tt := range []struct {
		name    string
		jitter  float64
		answers []func(*http.Request) (*http.Response, error)
		want    []time.Duration
	}{
		{"doubles", 1, []func(*http.Request) (*http.Response, error){unreachable}, []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond}},
		{"half of it is random", 0, []func(*http.Request) (*http.Response, error){unreachable}, []time.Duration{0, 125 * time.Millisecond, 375 * time.Millisecond}},
		{"as the server says", 1, []func(*http.Request) (*http.Response, error){status(503, http.Header{"Retry-After": {"3"}})}, []time.Duration{0, 3 * time.Second, 6 * time.Second}},
		{"within bounds", 1, []func(*http.Request) (*http.Response, error){status(429, http.Header{"Retry-After": {"86400"}})}, []time.Duration{0, 10 * time.Second, 20 * time.Second}},
		{"until a date", 1, []func(*http.Request) (*http.Response, error){
			status(503, http.Header{"Retry-After": {"Sat, 01 Jan 2000 00:00:07 GMT"}}), status(200, nil),
		}, []time.Duration{0, 7 * time.Second}},
		{"a date gone by", 1, []func(*http.Request) (*http.Response, error){
			status(503, http.Header{"Retry-After": {"Fri, 31 Dec 1999 00:00:00 GMT"}}), status(200, nil),
		}, []time.Duration{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var times []time.Duration
				store, err := rest.New(rest.Options{
					URI:       "http://h:5000",
					Jitter:    func() float64 { return tt.jitter },
					Transport: answering(&times, tt.answers...),
				})
				if err != nil {
					t.Fatal(err)
				}
				_, _ = store.Experiments(t.Context(), query.Active)
				if diff := cmp.Diff(tt.want, times); diff != "" {
					t.Errorf("times of the tries (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times []time.Duration
		store, err := rest.New(rest.Options{URI: "http://h:5000", Transport: answering(&times, status(503, http.Header{"Retry-After": {"9"}}))})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err = store.Experiments(ctx, query.Active)
		wantCode(t, err, query.Timeout, "h:5000")
		if waited := time.Since(start); waited != 2*time.Second || len(times) != 1 {
			t.Errorf("ended after %v and %d tries", waited, len(times))
		}

		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		_, err = store.Experiments(ctx, query.Active)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
}

// inMemory makes a store of a server in memory, for tests in which time passes.
// Its transport is the real one but for the connections.
func inMemory(t *testing.T, timeout time.Duration) (*fakemlflow.Server, *rest.Store) {
	server := fakemlflow.NewInMemory(t)
	transport := rest.NewTransport(timeout, server.Dial)
	t.Cleanup(transport.CloseIdleConnections)
	store, err := rest.New(rest.Options{URI: server.URL, Timeout: timeout, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return server, store
}

func TestSilentServer(t *testing.T) {
	for name, fault := range map[string]fakemlflow.Fault{
		"no answer":     {Path: "experiments", Stall: true},
		"half a header": {Path: "experiments", Stall: true, After: 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, store := inMemory(t, 4*time.Second)
				server.Fault(fault)
				start := time.Now()
				_, err := store.Experiments(t.Context(), query.Active)
				wantCode(t, err, query.Timeout, "mlflow.test:5000")
				if waited := time.Since(start); waited < 12*time.Second || waited > 13*time.Second {
					t.Errorf("gave up after %v, want three times four seconds and the waits between", waited)
				}
			})
		})
	}
}

func TestStalledFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, store := inMemory(t, 4*time.Second)
		server.AddExperiment("e")
		added := server.AddRun(fakemlflow.Run{Files: map[string]string{"big.log": strings.Repeat("x", 100_000)}})
		run, err := store.Run(t.Context(), added.ID)
		if err != nil {
			t.Fatal(err)
		}
		server.Fault(fakemlflow.Fault{Path: "big.log", Stall: true, After: 50_000})
		file, err := store.Open(t.Context(), run, "big.log")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		// A slow reader is no stalled server.
		pause := time.NewTimer(time.Minute)
		<-pause.C
		start := time.Now()
		n, err := io.Copy(io.Discard, file)
		wantCode(t, err, query.Timeout, "big.log")
		if n != 50_000 || time.Since(start) != 4*time.Second {
			t.Errorf("read %d bytes in %v", n, time.Since(start))
		}
	})
}

func TestExperimentsAreAskedForOnce(t *testing.T) {
	server := fakemlflow.New(t)
	server.AddExperiment("b")
	server.AddExperiment("a")
	server.DeleteExperiment(server.AddExperiment("gone"))
	store := open(t, server)
	server.Fault(fakemlflow.Fault{Status: 401, Times: 1})
	if _, err := store.Experiments(t.Context(), query.Active); err == nil {
		t.Error("the first try was no failure")
	}
	server.ForgetRequests()
	want := []query.Experiment{{ID: "0", Name: "Default"}, {ID: "1", Name: "b"}, {ID: "2", Name: "a"}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := store.Experiments(t.Context(), query.Active)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff([]string{searchExperiments}, paths(server)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestExperimentsInPages(t *testing.T) {
	server := fakemlflow.New(t)
	for i := range 2100 {
		server.AddExperiment(fmt.Sprint("e", i))
	}
	list, err := open(t, server).Experiments(t.Context(), query.Active)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2101 || list[2].ID != "2" || list[10].ID != "10" || list[2100].ID != "2100" {
		t.Errorf("%d experiments, or in another order than that of their numbers", len(list))
	}
	if n := len(server.Requests()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
