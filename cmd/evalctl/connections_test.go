package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/test/stack"
)

const (
	user     = "admin"
	password = "correct-horse-battery"
	token    = "tok-0123456789abcdef"
)

// eachVersion runs a test on every release of MLflow that servers can be.
func eachVersion(t *testing.T, test func(t *testing.T, version stack.Version)) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			test(t, version)
		})
	}
}

// authServer wants a login, shows a stranger nothing and, where MLflow can check
// that, answers to no name but 127.0.0.1.
func authServer(t *testing.T, version stack.Version) *stack.Server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "auth.ini")
	write(t, config, "[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///basic_auth.db\nadmin_username = "+user+
		"\nadmin_password = "+password+"\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n")
	setup := stack.Setup{
		Version:     version,
		Environment: []string{"MLFLOW_AUTH_CONFIG_PATH=" + config, "MLFLOW_FLASK_SERVER_SECRET_KEY=x"},
		Options:     []string{"--app-name", "basic-auth"},
	}
	if checksHosts(version) {
		setup.Options = append(setup.Options, "--allowed-hosts", "127.0.0.1:*")
	}
	server := stack.Serve(t, setup)
	// The server derives a key from the password with every request, which is meant
	// to take a while. Its library also knows ways that are quick.
	quick := "import sqlite3, sys\n" +
		"from werkzeug.security import generate_password_hash\n" +
		"with sqlite3.connect(sys.argv[1]) as db:\n" +
		" db.execute('update users set password_hash = ?', (generate_password_hash(sys.argv[2], 'pbkdf2:sha256:1'),))\n" +
		"db.close()\n"
	out, err := exec.CommandContext(t.Context(), stack.Python(t), "-c", quick, filepath.Join(server.Dir, "basic_auth.db"), password).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return server
}

// checksHosts reports whether a version has --allowed-hosts: MLflow 3.5 brought it.
func checksHosts(version stack.Version) bool { return version != stack.MLflow2 }

// plainAnswers are what comparisons over the plain servers gave, by version and
// arguments: many connections are held to the same few.
var plainAnswers sync.Map

func plainAnswer(t *testing.T, version stack.Version, args []string) string {
	t.Helper()
	key := strings.Join(append([]string{string(version)}, args...), " ")
	if answer, ok := plainAnswers.Load(key); ok {
		return fmt.Sprint(answer)
	}
	answer := process{env: map[string]string{"MLFLOW_TRACKING_URI": stack.Plain(t, version)}}.answer(t, args...)
	plainAnswers.Store(key, answer)
	return answer
}

// sameAsPlain asserts that comparisons through a connection have the bytes of those
// over the plain server of the same version.
func sameAsPlain(t *testing.T, version stack.Version, env map[string]string, args ...string) {
	t.Helper()
	ids := invocations(t)
	for _, pair := range [][2]string{{"A1", "B3"}, {"TWICE", "THINK"}, {"A2", "LIMIT"}} {
		compare := []string{"compare", ids[pair[0]].ID, ids[pair[1]].ID, "-o", "json"}
		want := plainAnswer(t, version, compare)
		got := process{env: env}.answer(t, append(compare, args...)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-plain server +this connection):\n%s", pair, diff)
		}
	}
}

// doctorStep runs doctor and returns the step that failed, or an empty one.
func doctorStep(t *testing.T, status int, env map[string]string, args ...string) kind.DoctorStep {
	t.Helper()
	got := process{env: env}.run(t, append([]string{"doctor", "-o", "json"}, args...)...)
	if got.status != status {
		t.Errorf("status %d, want %d: %s", got.status, status, got.stdout)
	}
	for _, secret := range []string{password, token, "hunter2"} {
		if strings.Contains(got.stdout+got.stderr, secret) {
			t.Errorf("a secret is told: %s%s", got.stdout, got.stderr)
		}
	}
	value := decode[struct{ Data kind.DoctorValue }](t, got.stdout).Data
	if len(value.Steps) != 9 {
		t.Errorf("%d steps", len(value.Steps))
	}
	if strings.Contains(got.stdout, "current time") {
		t.Errorf("the moment is told: %s", got.stdout)
	}
	failed := value.Failed()
	for _, step := range value.Steps {
		if step.Status == kind.StepNotReached && failed == nil {
			t.Errorf("%s was not reached, and nothing failed", step.Name)
		}
	}
	if failed == nil {
		return kind.DoctorStep{}
	}
	if failed.Hint == nil || *failed.Hint == "" {
		t.Errorf("no hint about %s: %s", failed.Name, *failed.Detail)
		failed.Hint = new(string)
	}
	return *failed
}

func wantStep(t *testing.T, got kind.DoctorStep, name string, parts ...string) {
	t.Helper()
	if got.Name != name {
		t.Fatalf("failed at %q, want %q: %+v", got.Name, name, got)
	}
	for _, part := range parts {
		if text := *got.Detail + "\n" + *got.Hint; !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

func TestBasicAuth(t *testing.T) { t.Parallel(); eachVersion(t, checkBasicAuth) }

func checkBasicAuth(t *testing.T, version stack.Version) {
	server := authServer(t, version)
	env := func(more ...string) map[string]string {
		m := map[string]string{"MLFLOW_TRACKING_URI": server.URL}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	home := t.TempDir()
	write(t, filepath.Join(home, ".mlflow", "credentials"), "[mlflow]\nmlflow_tracking_username = "+user+"\nmlflow_tracking_password = "+password+"\n")
	netrc := filepath.Join(t.TempDir(), "netrc")
	write(t, netrc, "machine 127.0.0.1 login "+user+" password "+password+"\n")
	for name, env := range map[string]map[string]string{
		"variables":   env("MLFLOW_TRACKING_USERNAME", user, "MLFLOW_TRACKING_PASSWORD", password),
		"address":     {"MLFLOW_TRACKING_URI": strings.Replace(server.URL, "//", "//"+user+":"+password+"@", 1)},
		"credentials": env("HOME", home),
		"netrc":       env("NETRC", netrc, "MLFLOW_TRACKING_USERNAME", user, "MLFLOW_TRACKING_PASSWORD", "hunter2"),
	} {
		t.Run(name, func(t *testing.T) {
			sameAsPlain(t, version, env)
			wantStep(t, doctorStep(t, exitOK, env), "")
		})
	}

	wantStep(t, doctorStep(t, exitDenied, env()), "login", "401", "MLFLOW_TRACKING_USERNAME")
	wrong := env("MLFLOW_TRACKING_USERNAME", user, "MLFLOW_TRACKING_PASSWORD", "hunter2")
	wantStep(t, doctorStep(t, exitDenied, wrong), "login", "does not accept", "from MLFLOW_TRACKING_USERNAME")

	// Another name of the same server.
	local := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	if failed := doctorStep(t, exitDenied, env(), "--tracking-uri", local); checksHosts(version) {
		wantStep(t, failed, "host_check", "--allowed-hosts", strings.TrimPrefix(local, "http://"))
	} else {
		wantStep(t, failed, "login", "401")
	}

	// A login that may read nothing sees nothing.
	body := strings.NewReader(`{"username": "stranger", "password": "stranger-password"}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/2.0/mlflow/users/create", body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK && !strings.Contains(string(text), "ALREADY_EXISTS") {
		t.Fatalf("no user: %s %v %s", resp.Status, err, text)
	}
	stranger := env("MLFLOW_TRACKING_USERNAME", "stranger", "MLFLOW_TRACKING_PASSWORD", "stranger-password")
	wantStep(t, doctorStep(t, exitDenied, stranger), "permissions", "no experiment is visible")
}

func TestStaticPrefix(t *testing.T) { t.Parallel(); eachVersion(t, checkStaticPrefix) }

func checkStaticPrefix(t *testing.T, version stack.Version) {
	server := stack.Serve(t, stack.Setup{Version: version, Options: []string{"--static-prefix", "/mlflow"}})
	env := map[string]string{"MLFLOW_TRACKING_URI": server.URL}
	sameAsPlain(t, version, env)
	wantStep(t, doctorStep(t, exitOK, env), "")
	bare := map[string]string{"MLFLOW_TRACKING_URI": strings.TrimSuffix(server.URL, "/mlflow")}
	if version == stack.MLflow2 {
		// It moves only the routes of its user interface.
		sameAsPlain(t, version, bare)
		wantStep(t, doctorStep(t, exitOK, bare), "")
		if got := (process{env: env}).answer(t, "doctor"); !strings.Contains(got, "MLflow 2.22.5") {
			t.Errorf("the version is not told: %s", got)
		}
		return
	}
	wantStep(t, doctorStep(t, exitUnreachable, bare), "version", "404", "path prefix")
}

func TestServerThatServesNoArtifacts(t *testing.T) { t.Parallel(); eachVersion(t, checkNoArtifacts) }

func checkNoArtifacts(t *testing.T, version stack.Version) {
	server := stack.Serve(t, stack.Setup{Version: version, Options: []string{"--no-serve-artifacts", "--default-artifact-root", "./mlartifacts"}})
	env := map[string]string{"MLFLOW_TRACKING_URI": server.URL}
	wantStep(t, doctorStep(t, exitFailure, env), "artifacts", "--no-serve-artifacts")

	// Runs of such a server have their files where it can reach them.
	rebase := "import sqlite3, sys\n" +
		"with sqlite3.connect(sys.argv[1] + '/mlflow.db') as db:\n" +
		" db.execute(\"update runs set artifact_uri = replace(artifact_uri, 'mlflow-artifacts:', ?)\", (sys.argv[1] + '/mlartifacts',))\n" +
		"db.close()\n"
	out, err := exec.CommandContext(t.Context(), stack.Python(t), "-c", rebase, server.Dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sameAsPlain(t, version, env)
	wantStep(t, doctorStep(t, exitOK, env), "")
}

func TestWorkspaces(t *testing.T) {
	t.Parallel()
	version := stack.MLflow3 // 2.x has none
	server := stack.Serve(t, stack.Setup{Version: version, Options: []string{"--enable-workspaces"}})
	sameAsPlain(t, version, map[string]string{"MLFLOW_TRACKING_URI": server.URL})
	env := map[string]string{"MLFLOW_TRACKING_URI": server.URL, "MLFLOW_WORKSPACE": "default"}
	sameAsPlain(t, version, env)
	wantStep(t, doctorStep(t, exitOK, env), "")
	env["MLFLOW_WORKSPACE"] = "nowhere"
	wantStep(t, doctorStep(t, exitNotFound, env), "version", "nowhere")

	env = map[string]string{"MLFLOW_TRACKING_URI": stack.MLflow(t), "MLFLOW_WORKSPACE": "team"}
	wantStep(t, doctorStep(t, exitUsage, env), "version", "workspaces switched off", `"team"`, "--enable-workspaces")
	got := process{env: env}.run(t, "runs")
	if got.status != exitUsage || !strings.Contains(got.stderr, "workspaces switched off") {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
}

// authority is a certificate authority of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	certificate, key := a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	})
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, a.key, a.pem = parsed, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return a
}

// issue signs a certificate; the first one is the authority's own.
func (a *authority) issue(t *testing.T, template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

// forServer is a certificate for an address and a name, valid to a time.
func (a *authority) forServer(t *testing.T, ip, name string, to time.Time) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{NotBefore: to.Add(-24 * time.Hour), NotAfter: to, DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip != "" {
		template.IPAddresses = []net.IP{net.ParseIP(ip)}
	}
	der, key := a.issue(t, template)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// forClient is a PEM file with a client's certificate and key.
func (a *authority) forClient(t *testing.T) string {
	t.Helper()
	der, key := a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "client"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "client.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})...)
	write(t, path, string(text))
	return path
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

// proxied starts a reverse proxy in front of the real server. Requests that pass does
// not let through are answered 401.
func proxied(t *testing.T, version stack.Version, config *tls.Config, pass func(*http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(stack.Plain(t, version))
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Authorization")
	}}
	listener := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !pass(r) {
			// Some proxies repeat what they refuse.
			http.Error(w, "refused: "+fmt.Sprint(r.Header), http.StatusUnauthorized)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	listener.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	if config == nil {
		listener.Start()
	} else {
		listener.TLS = config
		listener.StartTLS()
	}
	t.Cleanup(listener.Close)
	return listener.URL
}

func anyone(*http.Request) bool { return true }

func TestTLS(t *testing.T) { eachVersion(t, checkTLS) }

func checkTLS(t *testing.T, version stack.Version) {
	ca, stranger := newAuthority(t), newAuthority(t)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	write(t, bundle, string(ca.pem))
	other := filepath.Join(t.TempDir(), "other.pem")
	write(t, other, string(stranger.pem))
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	soon := time.Now().Add(time.Hour)
	valid := ca.forServer(t, "127.0.0.1", "mlflow.test", soon)
	plain := proxied(t, version, &tls.Config{Certificates: []tls.Certificate{valid}}, anyone)
	mutual := proxied(t, version, &tls.Config{Certificates: []tls.Certificate{valid}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}, anyone)

	const server, client, insecure = "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"
	certificate := ca.forClient(t)
	for name, env := range map[string]map[string]string{
		"authority":            {"MLFLOW_TRACKING_URI": plain, server: bundle},
		"authority's variable": {"MLFLOW_TRACKING_URI": plain, "REQUESTS_CA_BUNDLE": bundle},
		"MLflow's wins":        {"MLFLOW_TRACKING_URI": plain, server: bundle, "REQUESTS_CA_BUNDLE": other},
		"insecure":             {"MLFLOW_TRACKING_URI": plain, insecure: "true"},
		"client certificate":   {"MLFLOW_TRACKING_URI": mutual, server: bundle, client: certificate},
	} {
		t.Run(name, func(t *testing.T) {
			sameAsPlain(t, version, env)
			wantStep(t, doctorStep(t, exitOK, env), "")
		})
	}

	expired := proxied(t, version, &tls.Config{Certificates: []tls.Certificate{ca.forServer(t, "127.0.0.1", "mlflow.test", time.Now().Add(-time.Hour))}}, anyone)
	named := proxied(t, version, &tls.Config{Certificates: []tls.Certificate{ca.forServer(t, "", "mlflow.test", soon)}}, anyone)
	old := proxied(t, version, &tls.Config{Certificates: []tls.Certificate{valid}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, anyone)
	for name, test := range map[string]struct {
		status int
		step   string
		env    map[string]string
		says   []string
	}{
		"unknown authority": {
			exitUnreachable, "tls",
			map[string]string{"MLFLOW_TRACKING_URI": plain},
			[]string{"unknown authority", "mlflow.test, 127.0.0.1", "valid to " + soon.UTC().Format(time.DateOnly), server},
		},
		"expired": {
			exitUnreachable, "tls",
			map[string]string{"MLFLOW_TRACKING_URI": expired, server: bundle},
			[]string{"mlflow.test", "to " + time.Now().Add(-time.Hour).UTC().Format(time.DateOnly), "renew"},
		},
		"another name":          {exitUnreachable, "tls", map[string]string{"MLFLOW_TRACKING_URI": named, server: bundle}, []string{"is for mlflow.test"}},
		"too old":               {exitUnreachable, "tls", map[string]string{"MLFLOW_TRACKING_URI": old, server: bundle}, []string{"protocol version"}},
		"no client certificate": {exitUnreachable, "tls", map[string]string{"MLFLOW_TRACKING_URI": mutual, server: bundle}, []string{client}},
		"both":                  {exitUsage, "uri", map[string]string{"MLFLOW_TRACKING_URI": plain, server: bundle, insecure: "1"}, []string{insecure, server}},
		"no file":               {exitUsage, "uri", map[string]string{"MLFLOW_TRACKING_URI": plain, server: "/nowhere.pem"}, []string{server, "/nowhere.pem"}},
		"http to https":         {exitUnreachable, "version", map[string]string{"MLFLOW_TRACKING_URI": strings.Replace(plain, "https", "http", 1)}, []string{"https://"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantStep(t, doctorStep(t, test.status, test.env), test.step, test.says...)
			if got := (process{env: test.env}).run(t, "runs"); got.status != test.status || got.stdout != "" {
				t.Errorf("runs: status %d, want %d: %s", got.status, test.status, got.stderr)
			}
		})
	}
}

func TestTokensAndHeaders(t *testing.T) {
	version := stack.MLflow3 // they are the proxy's business
	bearer := proxied(t, version, nil, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+token })
	header := proxied(t, version, nil, func(r *http.Request) bool {
		return r.Header.Get("X-Gate") == "a:b "+token && r.Header.Get("X-Team") == "evals"
	})
	file := filepath.Join(t.TempDir(), "token file")
	write(t, file, token+"\n")
	for name, test := range map[string]struct {
		env  map[string]string
		args []string
	}{
		"token":           {env: map[string]string{"MLFLOW_TRACKING_URI": bearer, "MLFLOW_TRACKING_TOKEN": token}},
		"command":         {env: map[string]string{"MLFLOW_TRACKING_URI": bearer, "EVALCTL_TOKEN_COMMAND": "cat '" + file + "'", "MLFLOW_TRACKING_TOKEN": "hunter2"}},
		"command's flag":  {env: map[string]string{"MLFLOW_TRACKING_URI": bearer, "EVALCTL_TOKEN_COMMAND": "false"}, args: []string{"--token-command", `cat "` + file + `"`}},
		"header":          {env: map[string]string{"MLFLOW_TRACKING_URI": bearer, "MLFLOW_TRACKING_TOKEN": "hunter2"}, args: []string{"--header", "authorization: Bearer " + token}},
		"headers":         {env: map[string]string{"MLFLOW_TRACKING_URI": header, "EVALCTL_HEADERS": "X-Gate: a:b " + token + "\nX-Team: evals\n"}},
		"headers, flags":  {env: map[string]string{"MLFLOW_TRACKING_URI": header, "EVALCTL_HEADERS": "X-Team: none"}, args: []string{"--header", "X-Gate: a:b " + token, "--header", "x-team:evals"}},
		"login, no token": {env: map[string]string{"MLFLOW_TRACKING_URI": bearer, "MLFLOW_TRACKING_TOKEN": token, "MLFLOW_TRACKING_USERNAME": "half"}},
	} {
		t.Run(name, func(t *testing.T) {
			sameAsPlain(t, version, test.env, test.args...)
			wantStep(t, doctorStep(t, exitOK, test.env, test.args...), "")
		})
	}

	// What is refused is not told, even where the server repeats it.
	env := map[string]string{"MLFLOW_TRACKING_URI": bearer}
	for _, more := range []map[string]string{
		{"MLFLOW_TRACKING_TOKEN": "hunter2"},
		{"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "hunter2"},
		{"EVALCTL_HEADERS": "X-Gate: hunter2"},
		{"MLFLOW_TRACKING_URI": strings.Replace(bearer, "//", "//me:hunter2@", 1)},
	} {
		maps.Copy(more, map[string]string{"MLFLOW_TRACKING_URI": firstSet(more["MLFLOW_TRACKING_URI"], env["MLFLOW_TRACKING_URI"])})
		wantStep(t, doctorStep(t, exitDenied, more), "login", "refused: map[")
		for _, format := range []string{"table", "json", "brief"} {
			got := process{env: more}.run(t, "runs", "-o", format)
			if text := got.stdout + got.stderr; got.status != exitDenied || strings.Contains(text, "hunter2") || strings.Contains(text, "bWU6aHVudGVyMg") {
				t.Errorf("status %d: %s", got.status, text)
			}
		}
	}
	env["EVALCTL_TOKEN_COMMAND"] = "cat hunter2"
	wantStep(t, doctorStep(t, exitDenied, env), "uri", "the token command cat ended with status 1")
}
