package connection

import (
	"context"
	"strings"
	"testing"
)

// A server with a name gets what its context says, and nothing that the variables of
// another hold.
func TestNamedServerGetsItsOwnLogin(t *testing.T) {
	env := map[string]string{
		username: "u-elsewhere", password: "p-elsewhere", token: "t-elsewhere",
		"EVALCTL_HEADERS": "X-Elsewhere: 1", "EVALCTL_TOKEN_COMMAND": "elsewhere", "EVALCTL_ARTIFACT_HOSTS": "elsewhere",
		"MLFLOW_WORKSPACE": "elsewhere", "MLFLOW_TRACKING_AUTH": "elsewhere",
		"U": "u-mine", "P": "p-mine", "T": "t-mine", "H": "h-mine",
	}
	for _, test := range []struct {
		name     string
		login    Login
		settings Settings
		files    map[string]string
		want     string // user:password token headers workspace
		identity string
	}{
		{"nothing", Login{}, Settings{}, nil, ": ", ""},
		{"netrc", Login{}, Settings{}, map[string]string{"/home/me/.netrc": "machine host login a password b"}, "a:b ", "/home/me/.netrc"},
		{"token", Login{TokenEnv: "T"}, Settings{}, nil, ": t-mine", "T"},
		{"login", Login{UsernameEnv: "U", PasswordEnv: "P"}, Settings{}, nil, "u-mine:p-mine ", "U and P"},
		{"command", Login{TokenCommand: "mine now"}, Settings{}, nil, ": t-of-mine", "the token command"},
		{"headers", Login{Headers: []string{"A: 1", "B: 2"}, HeadersEnv: map[string]string{"X-Key": "H"}, Workspace: "w"}, Settings{}, nil, ":  A=1 B=2 X-Key=h-mine w", ""},
		{"the command line first", Login{TokenEnv: "T", Headers: []string{"A: 1"}}, Settings{TokenCommand: "flag", Headers: []string{"a: 3"}}, nil, ": t-of-flag a=3", "the token command"},
		{"a header first", Login{TokenCommand: "mine", HeadersEnv: map[string]string{"Authorization": "H"}}, Settings{}, nil, ":  Authorization=h-mine", "the header Authorization"},
	} {
		s := source(env, test.files)
		s.Run = func(_ context.Context, argv []string) ([]byte, error) { return []byte("t-of-" + argv[0] + "\n"), nil }
		c, err := s.Named(t.Context(), "https://host", test.login, test.settings)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := []string{c.Options.Username + ":" + c.Options.Password + " " + c.Options.Token}
		for _, h := range c.Options.Headers {
			got = append(got, h.Name+"="+h.Value)
		}
		if c.Options.Workspace != "" {
			got = append(got, c.Options.Workspace)
		}
		if all := strings.Join(got, " "); all != test.want || c.Identity != test.identity || len(c.Options.ArtifactHosts) > 0 {
			t.Errorf("%s: %q of %q, want %q of %q; hosts %q", test.name, all, c.Identity, test.want, test.identity, c.Options.ArtifactHosts)
		}
	}
	for _, login := range []Login{{Name: "corp", TokenEnv: "MISSING"}, {Name: "corp", UsernameEnv: "U", PasswordEnv: "MISSING"}, {Name: "corp", HeadersEnv: map[string]string{"A": "MISSING"}}} {
		_, err := source(env, nil).Named(t.Context(), "https://host", login, Settings{})
		if err == nil || !strings.Contains(err.Error(), "MISSING is not set, and the context corp") {
			t.Errorf("%+v: %v", login, err)
		}
	}
}
