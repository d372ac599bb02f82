package connection

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/stack"
)

const (
	username = "MLFLOW_TRACKING_USERNAME"
	password = "MLFLOW_TRACKING_PASSWORD"
	token    = "MLFLOW_TRACKING_TOKEN"
)

// source has these variables and files.
func source(env, files map[string]string) Source {
	return Source{
		Getenv: func(name string) string { return env[name] },
		ReadFile: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Home: "/home/me",
		Run:  func(context.Context, []string) ([]byte, error) { return nil, errors.New("not to be run") },
	}
}

// TestPrecedenceIsMLflowsOwn sends a request from MLflow's client and one from
// here for every combination of the ways to say who one is.
func TestPrecedenceIsMLflowsOwn(t *testing.T) {
	var mu sync.Mutex
	got := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got[strings.Split(r.URL.Path, "/")[1]] = r.Header.Get("Authorization")
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()

	type request struct {
		Env map[string]string
		URI string
	}
	var requests []request
	for bits := range 1 << 6 {
		has := func(bit int) bool { return bits>>bit&1 == 1 }
		home := t.TempDir()
		r := request{Env: map[string]string{"HOME": home}, URI: server.URL + "/" + strconv.Itoa(bits)}
		if has(0) {
			r.Env[token] = "t"
		}
		if has(1) {
			r.Env[username] = "u"
		}
		if has(2) {
			r.Env[password] = "p"
		}
		if has(3) {
			write(t, filepath.Join(home, ".mlflow", "credentials"), "[mlflow]\nmlflow_tracking_username = fu\nmlflow_tracking_password = fp\n")
		}
		if has(4) {
			r.URI = strings.Replace(r.URI, "//", "//a:b%40c@", 1)
		}
		if has(5) {
			write(t, filepath.Join(home, ".netrc"), "machine 127.0.0.1 login n password o\n")
		}
		requests = append(requests, r)
	}
	const script = `import json, os, sys
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
before = dict(os.environ)
for request in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(before | request["Env"])
    http_request(get_default_host_creds(request["URI"]), "/x", "POST", max_retries=0, json={}).raise_for_status()`
	input, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), stack.Python(t), "-c", script)
	cmd.Stdin, cmd.Env = strings.NewReader(string(input)), []string{"NO_PROXY=*"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := got
	got = map[string]string{}
	for _, r := range requests {
		c, err := Source{Getenv: func(name string) string { return r.Env[name] }, ReadFile: os.ReadFile, Home: r.Env["HOME"], Run: Run}.
			Tracking(t.Context(), r.URI, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		store, err := rest.New(c.Options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Experiments(t.Context(), query.Active); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Authorization (-MLflow +here):\n%s", diff)
	}
	if len(want) != len(requests) {
		t.Errorf("%d requests, want %d", len(want), len(requests))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherServerGetsOnlyWhatIsMeantForItsHost(t *testing.T) {
	env := map[string]string{
		username: "u", password: "p", token: "t", "EVALCTL_HEADERS": "X: y", "MLFLOW_WORKSPACE": "w", "EVALCTL_ARTIFACT_HOSTS": "h",
		"MLFLOW_TRACKING_INSECURE_TLS": "true", "MLFLOW_HTTP_REQUEST_TIMEOUT": "7",
	}
	c, err := source(env, nil).Other("https://elsewhere.example/x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rest.Options{URI: "https://elsewhere.example/x", Timeout: 7 * time.Second}, c.Options); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c, err = source(env, map[string]string{"/home/me/.netrc": "machine elsewhere.example login n password o"}).Other("https://a:b@elsewhere.example")
	if err != nil {
		t.Fatal(err)
	}
	want := rest.Options{URI: "https://elsewhere.example", Username: "n", Password: "o", Timeout: 7 * time.Second}
	if diff := cmp.Diff(want, c.Options); diff != "" || c.Identity != "/home/me/.netrc" {
		t.Errorf("from %q (-want +got):\n%s", c.Identity, diff)
	}
}

func TestNetrcFiles(t *testing.T) {
	files := map[string]string{
		"/home/me/_netrc": "machine h login under password score",
		"/home/me/own":    "machine h login own password file",
		"/home/me/broken": "machine h\nlogin secret hidden",
	}
	for named, want := range map[string]string{"": "under", "~/own": "own", "/home/me/own": "own", "/dev/none": "", "~/broken": ""} {
		c, err := source(map[string]string{"NETRC": named}, files).Tracking(t.Context(), "http://H:5000", Settings{})
		if err != nil || c.Options.Username != want {
			t.Errorf("NETRC=%s: %q, %v, want %q", named, c.Options.Username, err, want)
		}
		notes := strings.Join(c.Notes, "\n")
		if told := strings.Contains(notes, "/home/me/broken was ignored: line 2"); told != (named == "~/broken") || strings.Contains(notes, "hidden") {
			t.Errorf("NETRC=%s: notes %q", named, notes)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	files := map[string]string{
		"/home/me/empty.pem":  "hunter2",
		"/home/me/locked.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n-----END ENCRYPTED PRIVATE KEY-----\n",
	}
	for _, test := range []struct {
		env      map[string]string
		settings Settings
		says     string
	}{
		{map[string]string{"MLFLOW_HTTP_REQUEST_TIMEOUT": "soon"}, Settings{}, "MLFLOW_HTTP_REQUEST_TIMEOUT"},
		{map[string]string{"MLFLOW_HTTP_REQUEST_TIMEOUT": "0"}, Settings{}, "MLFLOW_HTTP_REQUEST_TIMEOUT"},
		{map[string]string{"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "11"}, Settings{}, "MLFLOW_HTTP_REQUEST_MAX_RETRIES"},
		{map[string]string{"MLFLOW_TRACKING_INSECURE_TLS": "yes"}, Settings{}, "MLFLOW_TRACKING_INSECURE_TLS is neither"},
		{map[string]string{"MLFLOW_TRACKING_SERVER_CERT_PATH": "~/empty.pem"}, Settings{}, "holds no certificate"},
		{map[string]string{"REQUESTS_CA_BUNDLE": "/nowhere"}, Settings{}, "REQUESTS_CA_BUNDLE names /nowhere: file does not exist"},
		{map[string]string{"MLFLOW_TRACKING_CLIENT_CERT_PATH": "~/empty.pem"}, Settings{}, "no certificate with its key"},
		{map[string]string{"MLFLOW_TRACKING_CLIENT_CERT_PATH": "~/locked.pem"}, Settings{}, "encrypted"},
		{map[string]string{"MLFLOW_TRACKING_AWS_SIGV4": "true"}, Settings{}, "does not sign"},
		{map[string]string{"MLFLOW_TRACKING_AUTH": "kubernetes"}, Settings{}, "plugin"},
		{map[string]string{"EVALCTL_HEADERS": "X: y\nhunter2"}, Settings{}, "EVALCTL_HEADERS: a header is no name"},
		{nil, Settings{Headers: []string{"Host: hunter2"}}, "Host cannot be set"},
		{nil, Settings{Headers: []string{"X: hunter2\nY: z"}}, "control characters"},
		{nil, Settings{TokenCommand: "pass 'hunter2"}, "quote"},
		{map[string]string{"EVALCTL_TOKEN_COMMAND": "  "}, Settings{}, "empty"},
		{nil, Settings{TokenCommand: "pass hunter2"}, "the token command pass cannot be run: not to be run"},
	} {
		_, err := source(test.env, files).Tracking(t.Context(), "http://me:hunter2@h", test.settings)
		found, ok := errors.AsType[*query.Error](err)
		if !ok || found.Code != query.Usage || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error()+found.Hint, "hunter2") {
			t.Errorf("%v %v: error %v (%T), want %q", test.env, test.settings, err, err, test.says)
		}
	}
}

func TestTimeoutAndRetries(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": -1, "7": 7} {
		c, err := source(map[string]string{"MLFLOW_HTTP_REQUEST_MAX_RETRIES": text}, nil).Tracking(t.Context(), "http://h", Settings{})
		if err != nil || c.Options.Retries != want {
			t.Errorf("%q: %d retries, %v, want %d", text, c.Options.Retries, err, want)
		}
	}
}

func TestTokenCommand(t *testing.T) {
	for _, test := range []struct {
		command string
		argv    []string
		printed string
		says    string // of the error; "": there is none
	}{
		{`pass show mlflow`, []string{"pass", "show", "mlflow"}, "tok\n", ""},
		{`  a  'b  c' "d \"e\" \\" f'g'"h" '' C:\x `, []string{"a", "b  c", `d "e" \`, "fgh", "", `C:\x`}, " tok \r\n", ""},
		{`a`, []string{"a"}, " \n", "printed nothing"},
		{`a`, []string{"a"}, "Welcome!\ntok\n", "printed more than a token"},
		{`a`, []string{"a"}, "t\x1bok\n", "printed more than a token"},
	} {
		s := source(map[string]string{token: "no", username: "no", password: "no", "MLFLOW_TRACKING_AUTH": "x"}, map[string]string{"/home/me/.netrc": "default login no password no"})
		s.Run = func(_ context.Context, argv []string) ([]byte, error) {
			if diff := cmp.Diff(test.argv, argv); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.command, diff)
			}
			return []byte(test.printed), nil
		}
		c, err := s.Tracking(t.Context(), "http://me:no@h", Settings{TokenCommand: test.command})
		if test.says == "" {
			if diff := cmp.Diff(rest.Options{URI: "http://h", Token: "tok"}, c.Options); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", test.command, err, diff)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "tok\n") || strings.Contains(err.Error(), "Welcome") {
			t.Errorf("%s: error %v, want %q", test.command, err, test.says)
		}
	}
}

func TestTokenCommandThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source(nil, nil)
		s.Run = func(ctx context.Context, _ []string) ([]byte, error) {
			<-ctx.Done()
			return []byte("half"), errors.New("signal: killed")
		}
		start := time.Now()
		_, err := s.Tracking(t.Context(), "http://h", Settings{TokenCommand: "a"})
		if !query.HasCode(err, query.Timeout) || time.Since(start) != tokenTimeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestRun(t *testing.T) {
	out, err := Run(t.Context(), []string{"sh", "-c", "cat; echo said; echo not this >&2"})
	if err != nil || string(out) != "said\n" {
		t.Errorf("printed %q, %v", out, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := Run(ctx, []string{"sh", "-c", "sleep 60"}); err == nil || time.Since(start) > 20*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}
