package rest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// What identifies the user goes to another host only if the user named it.
func TestArtifactHosts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hosts []string // PORT is the other server's
		told  bool
	}{
		{"none", nil, false},
		{"host and port", []string{"127.0.0.1:PORT"}, true},
		{"host", []string{"artifacts.example", "127.0.0.1"}, true},
		{"another port", []string{"127.0.0.1:1"}, false},
		{"another host", []string{"27.0.0.1", "0.0.1:PORT", "localhost"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, other := fakemlflow.New(t), fakemlflow.New(t)
			server.Fault(fakemlflow.Fault{Path: "server-info", Status: 200, Body: `{"workspaces_enabled": true}`})
			experiment := server.AddExperiment("e")
			elsewhere := strings.TrimPrefix(other.URL, "http://")
			run := other.AddRun(fakemlflow.Run{ExperimentID: experiment, Files: map[string]string{"results.yml": "there"}})
			run.ArtifactURI = "mlflow-artifacts://" + elsewhere + "/" + experiment + "/" + run.ID + "/artifacts"
			server.AddRun(run)
			store := open(t, server, func(o *rest.Options) {
				o.Token, o.Workspace = "secret", "team"
				o.Headers = []rest.Header{{"X-Gate", "one"}, {"X-Gate", "two"}}
				for _, host := range tt.hosts {
					o.ArtifactHosts = append(o.ArtifactHosts, strings.ReplaceAll(host, "PORT", elsewhere[strings.LastIndex(elsewhere, ":")+1:]))
				}
			})
			found, err := store.Run(t.Context(), run.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := content(t, store, found, "results.yml"); got != "there" {
				t.Errorf("read %q", got)
			}
			identified := func(r fakemlflow.Request) bool {
				return r.Header.Get("Authorization") == "Bearer secret" && len(r.Header.Values("X-Gate")) == 2 && r.Header.Get("X-Mlflow-Workspace") == "team"
			}
			anonymous := func(r fakemlflow.Request) bool {
				return r.Header.Get("Authorization") == "" && r.Header.Get("X-Gate") == "" && r.Header.Get("X-Mlflow-Workspace") == ""
			}
			if requests := other.Requests(); len(requests) != 1 || identified(requests[0]) != tt.told || anonymous(requests[0]) == tt.told {
				t.Errorf("the other server got %+v", requests)
			}
			// One question about workspaces, without the header: servers have none yet.
			requests := server.Requests()
			if !strings.HasSuffix(requests[0].Path, "/server-info") || requests[0].Header.Get("X-Mlflow-Workspace") != "" || requests[0].Header.Get("Authorization") == "" {
				t.Errorf("first %+v", requests[0])
			}
			for _, r := range requests[1:] {
				if !identified(r) {
					t.Errorf("not identified: %+v", r)
				}
			}
		})
	}
	for _, host := range []string{"", "http://h", "h/x", "u:secret@h", "h:port", "a b"} {
		_, err := rest.New(rest.Options{URI: "http://h", ArtifactHosts: []string{host}})
		wantCode(t, err, query.Usage)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// An allowed host gets nothing over http where the tracking server has https, and
// a client's certificate and blind trust stay with servers that are allowed.
func TestHTTPSIdentityStaysOnHTTPS(t *testing.T) {
	var told, asked atomic.Int64
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") != "" || r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			told.Add(1)
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("there"))
	})
	plain := httptest.NewServer(answer)
	defer plain.Close()
	secure := httptest.NewUnstartedServer(answer)
	secure.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	secure.StartTLS()
	defer secure.Close()

	known := x509.NewCertPool()
	known.AddCert(secure.Certificate())
	// Any certificate does for a client here: the server's own.
	config := &tls.Config{RootCAs: known, Certificates: secure.TLS.Certificates}
	blind := config.Clone()
	blind.InsecureSkipVerify, blind.RootCAs = true, x509.NewCertPool()

	const id = "0123456789abcdef0123456789abcdef"
	for _, tt := range []struct {
		name, artifacts string
		tls             *tls.Config
		allowed         string
		asked, told     int64
	}{
		{"http, allowed", plain.URL, config, "127.0.0.1", 1, 0},
		{"https, not allowed", secure.URL, config, "elsewhere.example", 1, 0},
		{"https, allowed", secure.URL, config, "127.0.0.1", 1, 1},
		{"not verified, allowed", secure.URL, blind, "127.0.0.1", 1, 1},
		{"not verified, not allowed", secure.URL, blind, "elsewhere.example", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told.Store(0)
			asked.Store(0)
			store, err := rest.New(rest.Options{
				URI: "https://tracking.invalid", Token: "secret", Retries: -1,
				TLS: tt.tls, ArtifactHosts: []string{tt.allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			file, err := store.Open(t.Context(), query.Run{ID: id, ArtifactURI: tt.artifacts + "/a"}, "results.yml")
			if err == nil {
				_ = file.Close()
			}
			if (err == nil) != (tt.asked > 0) || asked.Load() != tt.asked || told.Load() != tt.told {
				t.Errorf("error %v, %d requests, %d identified; want %d and %d", err, asked.Load(), told.Load(), tt.asked, tt.told)
			}
		})
	}
}

func TestWorkspaceIsAskedForOnlyWhereThereAreAny(t *testing.T) {
	for name, tt := range map[string]struct {
		fault fakemlflow.Fault
		says  string // "": the workspace is read
	}{
		"has":       {fakemlflow.Fault{Status: 200, Body: `{"workspaces_enabled": true}`}, ""},
		"off":       {fakemlflow.Fault{Status: 200, Body: `{"store_type": "SqlStore", "workspaces_enabled": false}`}, "has workspaces switched off"},
		"old":       {fakemlflow.Fault{Status: 404, Body: "no such thing"}, "knows no workspaces"},
		"broken":    {fakemlflow.Fault{Status: 500}, ""}, // what matters is the real call
		"no answer": {fakemlflow.Fault{Drop: true}, ""},
		"a page":    {fakemlflow.Fault{Status: 200, Body: "<html>"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := fakemlflow.New(t)
			tt.fault.Path = "server-info"
			server.Fault(tt.fault)
			store := open(t, server, func(o *rest.Options) { o.Workspace = "team" })
			_, err := store.Experiments(t.Context(), query.Active)
			if tt.says == "" {
				if last := server.Requests()[1]; err != nil || last.Header.Get("X-Mlflow-Workspace") != "team" {
					t.Errorf("%v; asked %+v", err, last)
				}
				return
			}
			wantCode(t, err, query.Usage, tt.says, `"team"`, "--enable-workspaces")
			_, err = store.Experiments(t.Context(), query.Active)
			wantCode(t, err, query.Usage, tt.says)
			if n := len(server.Requests()); n != 1 {
				t.Errorf("%d requests, want one", n)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	for text, want := range map[string]rest.Header{
		"X-Team: evals":                {"X-Team", "evals"},
		" X-Team :\ta: b; c, d\t":      {"X-Team", "a: b; c, d"},
		"Authorization:Bearer a.b-c==": {"Authorization", "Bearer a.b-c=="},
		"X-Empty:":                     {"X-Empty", ""},
	} {
		if got, err := rest.ParseHeader(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "secret", ": secret", "X Y: secret", "Ü: secret", "X: sec\nY: secret", "X: secret\x00", "host: secret", "Content-Length: secret"} {
		_, err := rest.ParseHeader(text)
		wantCode(t, err, query.Usage)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Some servers repeat what they refuse.
func TestRefusalsDoNotRepeatSecrets(t *testing.T) {
	server := fakemlflow.New(t)
	server.Fault(fakemlflow.Fault{Status: 401, Body: "no user me:hunter2 (bWU6aHVudGVyMg==) through gate-key or Bearer tok-123"})
	_, err := open(t, server, func(o *rest.Options) {
		o.Username, o.Password, o.Token = "me", "hunter2", "tok-123"
		o.Headers = []rest.Header{{"X-Gate", "gate-key"}}
	}).Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Unauthenticated, "no user me:*** (***) through *** or Bearer ***")
}
