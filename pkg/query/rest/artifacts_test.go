package rest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// content reads one file of a run.
func content(t *testing.T, store *rest.Store, run query.Run, path string) string {
	t.Helper()
	file, err := store.Open(t.Context(), run, path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if file.Size >= 0 && file.Size != int64(len(data)) {
		t.Errorf("size %d, but %d bytes", file.Size, len(data))
	}
	return string(data)
}

// withFiles makes a server with one run, the store, and the run as it gives it.
func withFiles(t *testing.T, run fakemlflow.Run) (*fakemlflow.Server, *rest.Store, query.Run) {
	t.Helper()
	server := fakemlflow.New(t)
	server.AddExperiment("e")
	if run.Files == nil {
		run.Files = map[string]string{"results.yml": "results", "a/b.json": "{}"}
	}
	added := server.AddRun(run)
	store := open(t, server)
	found, err := store.Run(t.Context(), added.ID)
	if err != nil {
		t.Fatal(err)
	}
	server.ForgetRequests()
	return server, store, found
}

const (
	runOne = "00000000000000000000000000000001"
	proxy  = "GET /api/2.0/mlflow-artifacts/artifacts/1/" + runOne + "/artifacts/"
	byRun  = "GET /get-artifact"
)

func TestRouteByAddress(t *testing.T) {
	for uri, want := range map[string]string{
		"": proxy + "results.yml",
		"mlflow-artifacts:/1/" + runOne + "/artifacts":   proxy + "results.yml",
		"mlflow-artifacts:/1/" + runOne + "/artifacts/":  proxy + "results.yml",
		"mlflow-artifacts:///1/" + runOne + "/artifacts": proxy + "results.yml",
		"s3://bucket/1/" + runOne + "/artifacts":         byRun,
		"file:///mlruns/1/" + runOne + "/artifacts":      byRun,
		"/mlruns/1/" + runOne + "/artifacts":             byRun,
		`C:\mlruns\1`:                                    byRun,
	} {
		server, store, run := withFiles(t, fakemlflow.Run{ArtifactURI: uri})
		if got := content(t, store, run, "results.yml"); got != "results" {
			t.Errorf("%s: read %q", uri, got)
		}
		if diff := cmp.Diff([]string{want}, paths(server)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", uri, diff)
		}
		if got := server.Requests()[0].Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("Accept-Encoding is %q", got)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	const name = "a b+c%41/ü&=?;,$@:~'\"é.yml"
	for _, uri := range []string{"", "/mlruns/x"} {
		_, store, run := withFiles(t, fakemlflow.Run{ArtifactURI: uri, Files: map[string]string{name: "found"}})
		if got := content(t, store, run, name); got != "found" {
			t.Errorf("read %q", got)
		}
		files, err := store.List(t.Context(), run, "a b+c%41")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]query.File{{Path: name, Size: 5}}, files); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	server, store, run := withFiles(t, fakemlflow.Run{Files: map[string]string{"a b+c": "found"}})
	content(t, store, run, "a b+c")
	if got := paths(server)[0]; got != proxy+"a%20b%2Bc" {
		t.Errorf("path %s", got)
	}
}

func TestPathsThatCannotBe(t *testing.T) {
	server, store, run := withFiles(t, fakemlflow.Run{})
	for _, path := range []string{"", "/etc/passwd", "a/../b", "..", ".", "a//b", "a/", `a\b`, "a\x00"} {
		_, err := store.Open(t.Context(), run, path)
		wantCode(t, err, query.NotFound)
	}
	_, err := store.Open(t.Context(), run, "a#b.yml")
	wantCode(t, err, query.NotFound, "#")
	_, err = store.List(t.Context(), run, "../x")
	wantCode(t, err, query.NotFound)
	run.ArtifactURI = "mlflow-artifacts:/1/../../x"
	_, err = store.Open(t.Context(), run, "results.yml")
	wantCode(t, err, query.NotFound)
	run.ID = "../x"
	_, err = store.Open(t.Context(), run, "results.yml")
	wantCode(t, err, query.NotFound)
	_, err = store.List(t.Context(), run, "")
	wantCode(t, err, query.NotFound)
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests for what cannot be", n)
	}
}

func TestOtherRoute(t *testing.T) {
	html := map[string]string{"Content-Type": "text/html"}
	for name, fault := range map[string]fakemlflow.Fault{
		"mode":           {Status: 503, Body: "Endpoint: /x disabled due to the mlflow server running with `--no-serve-artifacts`"},
		"mode, 3.15":     {Status: 503, Body: `{"detail": "Artifact serving is disabled. …"}`},
		"no such route":  {Status: 404, Body: "<!doctype html><title>404 Not Found</title>", Header: html},
		"fastapi":        {Status: 404, Body: `{"detail": "Not Found"}`},
		"presigned only": {Status: 409, Body: `{"error_code": "RESOURCE_CONFLICT", "message": "use presigned URLs"}`},
		"501":            {Status: 501, Body: `{"error_code": "NOT_IMPLEMENTED"}`},
	} {
		t.Run("proxy "+name, func(t *testing.T) {
			server, store, run := withFiles(t, fakemlflow.Run{})
			fault.Path = "mlflow-artifacts"
			server.Fault(fault)
			if got := content(t, store, run, "results.yml"); got != "results" {
				t.Errorf("read %q", got)
			}
			if diff := cmp.Diff([]string{proxy + "results.yml", byRun}, paths(server)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
		t.Run("by run "+name, func(t *testing.T) {
			server, store, run := withFiles(t, fakemlflow.Run{ArtifactURI: "s3://bucket/1/" + runOne + "/artifacts"})
			fault.Path = "get-artifact"
			server.Fault(fault)
			if got := content(t, store, run, "results.yml"); got != "results" {
				t.Errorf("read %q", got)
			}
			if diff := cmp.Diff([]string{byRun, proxy + "results.yml"}, paths(server)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRouteThatIsNotServedIsNotAskedAgain(t *testing.T) {
	server, store, run := withFiles(t, fakemlflow.Run{})
	server.Fault(fakemlflow.Fault{Path: "mlflow-artifacts", Status: 503, Body: "disabled"})
	content(t, store, run, "results.yml")
	content(t, store, run, "a/b.json")
	if diff := cmp.Diff([]string{proxy + "results.yml", byRun, byRun}, paths(server)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestOpenRefused(t *testing.T) {
	html := map[string]string{"Content-Type": "text/html"}
	for _, tt := range []struct {
		name   string
		faults []fakemlflow.Fault
		path   string
		code   query.Code
		says   string
		tries  int
	}{
		{"missing", nil, "nothing.yml", query.NotFound, "nothing.yml", 1},
		{"a folder", nil, "a", query.NotFound, "directory", 1},
		{"500", []fakemlflow.Fault{{Status: 500, Body: `{"error_code": "INTERNAL_ERROR", "message": "boto"}`}}, "results.yml", query.Uncertain, "boto", 1},
		{"500 page", []fakemlflow.Fault{{Status: 500, Body: "<html>", Header: html}}, "results.yml", query.Uncertain, "500", 1},
		{"no route at all", []fakemlflow.Fault{{Status: 404, Body: "<html>", Header: html}}, "results.yml", query.Uncertain, "404", 2},
		{"served by none", []fakemlflow.Fault{{Status: 503, Body: "disabled"}}, "results.yml", query.IO, "--no-serve-artifacts", 2},
		{"serving is off and the other breaks", []fakemlflow.Fault{
			{Path: "mlflow-artifacts", Status: 503, Body: "disabled"}, {Path: "get-artifact", Status: 500, Body: "<html>"},
		}, "results.yml", query.IO, "--no-serve-artifacts", 2},
		{"503", []fakemlflow.Fault{{Status: 503, Body: "busy"}}, "results.yml", query.Unreachable, "busy", 3},
		{"429", []fakemlflow.Fault{{Status: 429}}, "results.yml", query.Unreachable, "429", 3},
		// net/http replaces a kept connection once more, if there is one.
		{"drop", []fakemlflow.Fault{{Drop: true}}, "results.yml", query.Unreachable, "no answer from 127.0.0.1", 0},
		{"401", []fakemlflow.Fault{{Status: 401}}, "results.yml", query.Unauthenticated, "401", 1},
		{"403", []fakemlflow.Fault{{Status: 403}}, "results.yml", query.Forbidden, "403", 1},
		{"login page", []fakemlflow.Fault{{Status: 200, Body: "<html>", Header: html}}, "results.yml", query.Unauthenticated, "log in", 1},
		{"login page for json", []fakemlflow.Fault{{Status: 200, Body: "<html>", Header: html}}, "a/b.json", query.Unauthenticated, "log in", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, store, run := withFiles(t, fakemlflow.Run{})
			for _, f := range tt.faults {
				server.Fault(f)
			}
			_, err := store.Open(t.Context(), run, tt.path)
			wantCode(t, err, tt.code, tt.says)
			if n := len(server.Requests()); n != tt.tries && tt.tries != 0 {
				t.Errorf("%d requests, want %d", n, tt.tries)
			}
		})
	}
}

func TestReportIsNoLoginPage(t *testing.T) {
	server, store, run := withFiles(t, fakemlflow.Run{Files: map[string]string{"report.html": "<html>"}})
	server.Fault(fakemlflow.Fault{Header: map[string]string{"Content-Type": "text/html"}})
	if got := content(t, store, run, "report.html"); got != "<html>" {
		t.Errorf("read %q", got)
	}
}

func TestTransferThatBreaksOff(t *testing.T) {
	for name, header := range map[string]map[string]string{
		"with a length": nil,
		"in chunks":     {"Content-Length": ""},
	} {
		t.Run(name, func(t *testing.T) {
			server, store, run := withFiles(t, fakemlflow.Run{Files: map[string]string{"big.log": strings.Repeat("x", 100_000)}})
			server.Fault(fakemlflow.Fault{Path: "big.log", Cut: true, After: 4000, Header: header, Times: 1})
			file, err := store.Open(t.Context(), run, "big.log")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			want := int64(100_000)
			if header != nil {
				want = -1
			}
			if file.Size != want {
				t.Errorf("size %d, want %d", file.Size, want)
			}
			n, err := io.Copy(io.Discard, file)
			wantCode(t, err, query.Unreachable, "big.log", "4000")
			if n != 4000 || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("read %d bytes, then %v", n, err)
			}
			if got := content(t, store, run, "big.log"); len(got) != 100_000 {
				t.Errorf("then read %d bytes", len(got))
			}
		})
	}
}

func TestForeignHostThatIsNotThere(t *testing.T) {
	for name, fault := range map[string]fakemlflow.Fault{
		"drops":      {Drop: true},
		"forbids":    {Status: 403},
		"wants more": {Status: 200, Body: "<html>", Header: map[string]string{"Content-Type": "text/html"}},
	} {
		other := fakemlflow.New(t)
		other.Fault(fault)
		server, store, run := withFiles(t, fakemlflow.Run{ArtifactURI: other.URL + "/files"})
		if got := content(t, store, run, "results.yml"); got != "results" {
			t.Errorf("%s: read %q", name, got)
		}
		asked := len(other.Requests())
		content(t, store, run, "a/b.json")
		if diff := cmp.Diff([]string{byRun, byRun}, paths(server)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(other.Requests()) != asked {
			t.Errorf("%s: the other host was asked again", name)
		}
	}
}

func TestList(t *testing.T) {
	_, store, run := withFiles(t, fakemlflow.Run{Files: map[string]string{
		"h.t/artifacts/results.yml": "results", "h.t/artifacts/empty": "", "h.t/logs/x.log": "x", "config.yaml": "abc", "a.txt": "a",
	}})
	for dir, want := range map[string][]query.File{
		"":                      {{Path: "a.txt", Size: 1}, {Path: "config.yaml", Size: 3}, {Path: "h.t", IsDir: true}},
		"h.t":                   {{Path: "h.t/artifacts", IsDir: true}, {Path: "h.t/logs", IsDir: true}},
		"h.t/":                  {{Path: "h.t/artifacts", IsDir: true}, {Path: "h.t/logs", IsDir: true}},
		"h.t/artifacts":         {{Path: "h.t/artifacts/empty"}, {Path: "h.t/artifacts/results.yml", Size: 7}},
		"config.yaml":           nil,
		"nothing":               nil,
		"h.t/artifacts/nothing": nil,
	} {
		got, err := store.List(t.Context(), run, dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			got = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", dir, diff)
		}
	}
}

func TestListBelievesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		dir   string
		pages []string
		want  []query.File
	}{
		"absurd paths": {
			"d",
			[]string{`{"files": [
			{"path": "d/b", "file_size": "12"}, {"path": "/etc/passwd"}, {"path": "d/../x"}, {"path": "e/f"}, {"path": "d/e/f"},
			{"path": "d/a", "is_dir": true, "file_size": null}, {"path": ""}, {"path": "d/"}, {"path": "d"}, {"path": "d/c\\d"}, {"path": "d/n", "file_size": -1}]}`},
			[]query.File{{Path: "d/a", IsDir: true}, {Path: "d/b", Size: 12}, {Path: "d/n"}},
		},
		"a file as itself": {"d/f.yml", []string{`{"files": [{"path": "d/f.yml/f.yml", "file_size": 3}]}`}, nil},
		"a folder in one of its name": {
			"d",
			[]string{`{"files": [{"path": "d/d", "is_dir": true}]}`},
			[]query.File{{Path: "d/d", IsDir: true}},
		},
		"pages": {
			"",
			[]string{`{"files": [{"path": "b"}], "next_page_token": "t"}`, `{"files": [{"path": "a"}], "next_page_token": "t"}`},
			[]query.File{{Path: "a"}, {Path: "b"}},
		},
		"an empty page": {
			"",
			[]string{`{"files": [{"path": "b"}], "next_page_token": "t"}`, `{"next_page_token": "u"}`},
			[]query.File{{Path: "b"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, store, run := withFiles(t, fakemlflow.Run{})
			for i, body := range tt.pages {
				fault := fakemlflow.Fault{Path: "artifacts/list", Status: http.StatusOK, Body: body, Times: 1}
				if i == len(tt.pages)-1 {
					fault.Times = 0
				}
				server.Fault(fault)
			}
			got, err := store.List(t.Context(), run, tt.dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if n := len(server.Requests()); n != len(tt.pages) {
				t.Errorf("%d requests, want %d", n, len(tt.pages))
			}
		})
	}
}

func TestStaticPrefix(t *testing.T) {
	server := fakemlflow.New(t)
	server.SetPrefix("/team a")
	server.AddExperiment("e")
	added := server.AddRun(fakemlflow.Run{Files: map[string]string{"results.yml": "results"}})
	store := open(t, server, func(o *rest.Options) { o.URI = strings.Replace(server.URL, " ", "%20", 1) })
	run, err := store.Run(t.Context(), added.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, store, run, "results.yml"); got != "results" {
		t.Errorf("read %q", got)
	}
	run.ArtifactURI = "/mlruns"
	if got := content(t, store, run, "results.yml"); got != "results" {
		t.Errorf("read %q", got)
	}
	if _, err := store.List(t.Context(), run, ""); err != nil {
		t.Error(err)
	}
}
