package settings_test

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
)

// What a context may not hold is refused, and no refusal repeats it.
func TestContextsHoldNoSecrets(t *testing.T) {
	const secret = "nvapi-abcdefghij0123456789"
	for _, test := range []struct {
		name, text string
		scope      settings.Scope
		message    string
	}{
		{"a password", "uri: 'https://me:" + secret + "@host'", settings.User, "holds a user name or password"},
		{"a password with a percent sign", "uri: 'https://me:" + secret + "%ss@host'", settings.User, "holds a user name or password"},
		{"a password with a bracket", "uri: 'https://me:p[" + secret + "@host'", settings.User, "holds a user name or password"},
		{"a password with a slash", "uri: 'https://me:1/" + secret + "@host'", settings.User, "holds a user name or password"},
		{"a password behind a blank", "uri: ' HTTPS://me:" + secret + "@host'", settings.User, "holds a user name or password"},
		{"a database's password", "uri: 'postgresql://me:p[" + secret + "@host/db'", settings.User, "holds a user name or password"},
		{"an address that is none", "uri: 'https://[" + secret + "'", settings.User, "no address of a server"},
		{"a token for a variable", "uri: https://host, token-env: hf_abcdefghij0123456789", settings.User, "looks like no secret"},
		{"a login in a command", "uri: https://host, token-command: 'curl -u me:hunter2 https://sso/token'", settings.User, "looks like a secret"},
		{"one beside its option", "uri: https://host, token-command: 'curl -ume:hunter2 https://sso/token'", settings.User, "looks like a secret"},
		{"a password in a command", "uri: https://host, token-command: 'vault-login --password hunter2'", settings.User, "looks like a secret"},
		{"a password in its shell", "uri: https://host, token-command: \"sh -c 'login --token=hunter2'\"", settings.User, "looks like a secret"},
		{"a header of random letters", "uri: https://host, headers: ['X-Other: 9f8e7d6c5b4a39281706f5e4d3c2b1a0']", settings.User, "looks like a secret"},
		{"a header of a login", "uri: https://host, headers: ['X-Auth: hello']", settings.User, "looks like a secret"},
		{"a query", "uri: 'https://host?token=" + secret + "'", settings.User, "has no query"},
		{"a header", "uri: https://host, headers: ['Authorization: " + secret + "']", settings.User, "looks like a secret"},
		{"a header of another name", "uri: https://host, headers: ['X-Other: " + secret + "']", settings.User, "looks like a secret"},
		{"a key's header", "uri: https://host, headers: ['X-Api-Key: hello']", settings.User, "looks like a secret"},
		{"a header that is none", "uri: https://host, headers: [" + secret + "]", settings.User, "a header is 'Name: value'"},
		{"a command with it", "uri: https://host, token-command: echo " + secret, settings.User, "looks like a secret"},
		{"it for a variable", "uri: https://host, token-env: " + secret, settings.User, "name of an environment variable"},
		{"it for a header's variable", "uri: https://host, headers-env: {A: " + secret + "}", settings.User, "name of an environment variable"},
		{"two tokens", "uri: https://host, token-env: A, token-command: b", settings.User, "one token is sent"},
		{"half a login", "uri: https://host, username-env: A", settings.User, "go together"},
		{"no address", "experiments: [a]", settings.User, "a context has a uri"},
		{"a checkout's command", "uri: https://host, token-command: curl", settings.Project, "cannot run commands"},
		{"a checkout's variable", "uri: https://host, token-env: HOME", settings.Project, "cannot run commands"},
		{"a checkout's header", "uri: https://host, headers-env: {A: HOME}", settings.Project, "cannot run commands"},
		{"a checkout's literal header", "uri: https://host, headers: ['A: b']", settings.Project, "cannot run commands"},
		{"a checkout's login", "uri: https://host, username-env: A, password-env: B", settings.Project, "cannot run commands"},
	} {
		_, err := settings.Parse([]byte("contexts: {c: {"+test.text+"}}"), settings.Place{Scope: test.scope, File: "f.yaml"})
		if err == nil || !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: %v, want %s", test.name, err, test.message)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error has the secret: %v", test.name, err)
		}
	}
	for _, text := range []string{
		"uri: https://host, headers: ['X-Team: evals'], headers-env: {X-Api-Key: KEY}, token-command: 'gcloud auth print-identity-token'",
		"uri: file:///srv/a@b, headers: ['X-Author: me', 'X-Request: the-team-of-evaluations-2026']", "uri: 'sqlite:////srv/a@b.db'",
		"uri: https://host, token-command: 'curl --user me --token-file f -K $HOME/c'", "uri: https://host, token-command: 'sh -c \"get --password $X\"'",
		"uri: ./results, experiments: ['nightly/*', a]", "uri: https://host/prefix, username-env: U, password-env: P2",
	} {
		if _, err := settings.Parse([]byte("contexts: {c: {"+text+"}}"), settings.Place{Scope: settings.User, File: "f.yaml"}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A checkout cannot take the name of a server that the user trusts; a baseline is
// the project's first.
func TestWhoseNameCounts(t *testing.T) {
	user, project := settings.Place{Scope: settings.User, File: "u"}, settings.Place{Scope: settings.Project, File: "p"}
	s := settings.Settings{
		Contexts:  []settings.Context{{Place: user, Name: "a", URI: "mine"}, {Place: project, Name: "a", URI: "theirs"}, {Place: project, Name: "b", URI: "b"}},
		Baselines: []settings.Baseline{{Place: user, Name: "a", Selector: "mine"}, {Place: project, Name: "a", Selector: "theirs"}},
	}
	if c, ok := s.Context("a"); !ok || c.URI != "mine" {
		t.Errorf("context %+v", c)
	}
	if c, ok := s.Context("b"); !ok || c.URI != "b" {
		t.Errorf("context %+v", c)
	}
	if _, ok := s.Context("c"); ok {
		t.Error("a context that is none")
	}
	if b, ok := s.Baseline("a"); !ok || b.Selector != "theirs" {
		t.Errorf("baseline %+v", b)
	}
	if got := strings.Join(s.ContextNames(), " "); got != "a b" {
		t.Errorf("names %s", got)
	}
}
