package settings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Context is a named server and what is needed to use it. Secrets are not in it,
// only where they are. Those of a project have a URI and experiments and nothing
// else.
type Context struct {
	Place Place  `yaml:"-"`
	Name  string `yaml:"-"`

	URI         string   `yaml:"uri"`
	Experiments []string `yaml:"experiments,omitempty"`
	Workspace   string   `yaml:"workspace,omitempty"`

	Headers    []string          `yaml:"headers,omitempty"`     // "Name: value"
	HeadersEnv map[string]string `yaml:"headers-env,omitempty"` // a header's name → the variable with its value

	TokenCommand string `yaml:"token-command,omitempty"`
	TokenEnv     string `yaml:"token-env,omitempty"`
	UsernameEnv  string `yaml:"username-env,omitempty"`
	PasswordEnv  string `yaml:"password-env,omitempty"`
}

// Context returns the context of a name. The user's goes before the project's: a
// checkout cannot take the name of a server that the user trusts.
func (s Settings) Context(name string) (Context, bool) {
	for _, scope := range []Scope{User, Project} {
		at := slices.IndexFunc(s.Contexts, func(c Context) bool { return c.Name == name && c.Place.Scope == scope })
		if at >= 0 {
			return s.Contexts[at], true
		}
	}
	return Context{}, false
}

// ContextNames are the names of all contexts, sorted, each once.
func (s Settings) ContextNames() []string {
	names := []string{}
	for _, c := range s.Contexts {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Check reports what a context of a scope may not have; nil if nothing. The error
// holds no secrets.
func (c Context) Check(scope Scope) error {
	switch {
	case c.URI == "":
		return errors.New("a context has a uri")
	case hasUser(c.URI):
		return errHasUser
	case hasQuery(c.URI):
		return errors.New("the uri of a tracking server has no query")
	case unreadable(c.URI):
		return errUnreadable
	case scope == Project && (c.TokenCommand != "" || c.TokenEnv != "" || c.UsernameEnv != "" || c.PasswordEnv != "" || len(c.Headers)+len(c.HeadersEnv) > 0):
		return errors.New("a project's file comes with a checkout and cannot run commands, read variables or send headers: a context with credentials belongs into the user's configuration")
	case c.TokenCommand != "" && c.TokenEnv != "":
		return errors.New("token-command and token-env are both there, and one token is sent")
	case (c.UsernameEnv == "") != (c.PasswordEnv == ""):
		return errors.New("username-env and password-env go together")
	case commandHasSecret(c.TokenCommand):
		return errors.New("the token command holds what looks like a secret: it should fetch it")
	}
	for _, header := range c.Headers {
		name, value, found := strings.Cut(header, ":")
		if !found || strings.TrimSpace(name) == "" {
			return errors.New("a header is 'Name: value'")
		}
		if headerHasSecret(strings.TrimSpace(name), strings.TrimSpace(value)) {
			return fmt.Errorf("the header %s holds what looks like a secret: headers-env names a variable that has it", strings.TrimSpace(name))
		}
	}
	for _, variable := range slices.AppendSeq([]string{c.TokenEnv, c.UsernameEnv, c.PasswordEnv}, maps.Values(c.HeadersEnv)) {
		if variable != "" && !isVariable(variable) {
			return errors.New("what should be the name of an environment variable is none: it has letters, digits and _, and looks like no secret")
		}
	}
	return nil
}

// contextKeys are those of a context.
var contextKeys = []string{
	"experiments", "headers", "headers-env", "password-env", "token-command", "token-env", "uri", "username-env", "workspace",
}

func (p *parser) contexts(node *yaml.Node, place Place) ([]Context, error) {
	if isNull(node) {
		return nil, nil
	}
	entries, err := p.entries(node, contextsKey, nil)
	if err != nil {
		return nil, err
	}
	var contexts []Context
	for _, e := range entries {
		c, err := p.context(e)
		if err != nil {
			return nil, err
		}
		c.Place = place
		if err := c.Check(place.Scope); err != nil {
			mistake := p.errorf(e.key, "context %s: %v", c.Name, err)
			mistake.Hint = "evalctl context set NAME   writes one into the user's configuration"
			return nil, mistake
		}
		contexts = append(contexts, c)
	}
	return contexts, nil
}

func (p *parser) context(e entry) (Context, error) {
	c := Context{Name: e.key.Value}
	keys, err := p.entries(e.value, "a context", contextKeys)
	if err != nil {
		return c, err
	}
	for _, key := range keys {
		switch key.key.Value {
		case "uri":
			c.URI, err = p.text(key)
			c.URI = strings.TrimSpace(c.URI)
		case "workspace":
			c.Workspace, err = p.text(key)
		case "experiments":
			c.Experiments, err = p.list(key)
		case "headers":
			c.Headers, err = p.list(key)
		case "token-command":
			c.TokenCommand, err = p.text(key)
		case "token-env":
			c.TokenEnv, err = p.text(key)
		case "username-env":
			c.UsernameEnv, err = p.text(key)
		case "password-env":
			c.PasswordEnv, err = p.text(key)
		case "headers-env":
			var headers []entry
			if headers, err = p.entries(key.value, "headers-env", nil); err != nil {
				break
			}
			c.HeadersEnv = map[string]string{}
			for _, header := range headers {
				if c.HeadersEnv[header.key.Value], err = p.text(header); err != nil {
					break
				}
			}
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}
