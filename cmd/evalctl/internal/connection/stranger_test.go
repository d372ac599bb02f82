package connection

import (
	"context"
	"testing"
)

// A server that a checkout names gets what netrc has for its host where nobody can
// read along, and what was typed for it.
func TestStrangerGetsLittle(t *testing.T) {
	env := map[string]string{token: "no", "EVALCTL_HEADERS": "X-Elsewhere: no", "EVALCTL_TOKEN_COMMAND": "no", "MLFLOW_WORKSPACE": "no"}
	netrc := map[string]string{"/home/me/.netrc": "default login a password b"}
	for _, test := range []struct {
		uri      string
		settings Settings
		want     string // user:password token headers
		identity string
	}{
		{"https://host", Settings{}, "a:b  0", "/home/me/.netrc"},
		{"http://host", Settings{}, ":  0", ""},
		{"http://localhost.host", Settings{}, ":  0", ""},
		{"http://localhost:5000", Settings{}, "a:b  0", "/home/me/.netrc"},
		{"http://127.0.0.2", Settings{}, "a:b  0", "/home/me/.netrc"},
		{"http://[::1]:5000", Settings{}, "a:b  0", "/home/me/.netrc"},
		{"http://host", Settings{TokenCommand: "mine", Headers: []string{"A: 1"}}, ": t-of-mine 1", "the token command"},
		{"https://host", Settings{Headers: []string{"Authorization: x"}}, ":  1", "the header Authorization"},
	} {
		s := source(env, netrc)
		s.Run = func(_ context.Context, argv []string) ([]byte, error) { return []byte("t-of-" + argv[0] + "\n"), nil }
		c, err := s.Stranger(t.Context(), test.uri, "w", test.settings)
		if err != nil {
			t.Errorf("%s: %v", test.uri, err)
			continue
		}
		got := c.Options.Username + ":" + c.Options.Password + " " + c.Options.Token + " " + string(rune('0'+len(c.Options.Headers)))
		if got != test.want || c.Identity != test.identity || c.Options.Workspace != "w" {
			t.Errorf("%s: %q of %q in %q, want %q of %q", test.uri, got, c.Identity, c.Options.Workspace, test.want, test.identity)
		}
	}
}
