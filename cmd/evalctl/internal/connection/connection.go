// Package connection reads what MLflow's own client reads to reach a tracking
// server (environment variables, ~/.mlflow/credentials, netrc, certificates) and
// what evalctl adds, and makes of it the options of a [rest.Store]. It touches
// nothing but what a [Source] gives it.
package connection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
)

// Source is where settings come from.
type Source struct {
	Getenv   func(name string) string
	ReadFile func(path string) ([]byte, error)
	Home     string // the user's home directory; "": none is known

	// Run runs a program and returns what it printed; see [Run].
	Run func(ctx context.Context, argv []string) ([]byte, error)
}

// Settings are what the command line says. They add to the environment or, where
// there can be one, replace it.
type Settings struct {
	Headers       []string // "Name: value"
	ArtifactHosts []string
	TokenCommand  string
}

// Connection is how to reach a server. Options lack the user agent and the proxy.
type Connection struct {
	Options rest.Options
	// Identity names where the credentials are from, for a person; "" if there are
	// none.
	Identity string
	// Notes say what was found and could not be used.
	Notes []string
}

// Tracking is the connection to the tracking server at uri, the one that the
// user's settings are about. Errors are of type [*query.Error] and hold no
// secrets.
func (s Source) Tracking(ctx context.Context, uri string, settings Settings) (Connection, error) {
	c, err := s.common(uri)
	if err != nil {
		return c, err
	}
	if c.Options.Headers, err = s.headers(settings.Headers); err != nil {
		return c, err
	}
	for _, host := range slices.Concat(strings.Split(s.Getenv("EVALCTL_ARTIFACT_HOSTS"), ","), settings.ArtifactHosts) {
		if host = strings.TrimSpace(host); host != "" {
			c.Options.ArtifactHosts = append(c.Options.ArtifactHosts, host)
		}
	}
	c.Options.Workspace = strings.TrimSpace(s.Getenv("MLFLOW_WORKSPACE"))
	c.Options.TLS, err = s.tls(true)
	if err != nil {
		return c, err
	}
	return c, s.identify(ctx, &c, settings)
}

// Login says where what identifies the user to one server is: that of a context.
type Login struct {
	Name      string // of the context
	Workspace string

	Headers      []string          // "Name: value"
	HeadersEnv   map[string]string // a header's name → the variable with its value
	TokenCommand string
	TokenEnv     string
	UsernameEnv  string
	PasswordEnv  string
}

// Named is the connection to a server with a login of its own. What the command line
// says goes before it; the variables of MLflow's client that identify the user, and
// those of evalctl, belong to MLFLOW_TRACKING_URI and go to no other server. Without
// credentials in either the user is identified by host, as in [Source.Other].
func (s Source) Named(ctx context.Context, uri string, l Login, settings Settings) (Connection, error) {
	c, err := s.common(uri)
	if err != nil {
		return c, err
	}
	texts := slices.Clone(l.Headers)
	for _, name := range slices.Sorted(maps.Keys(l.HeadersEnv)) {
		value, err := s.secret(l, l.HeadersEnv[name])
		if err != nil {
			return c, err
		}
		texts = append(texts, name+": "+value)
	}
	if c.Options.Headers, err = headersOver(nil, texts); err == nil {
		c.Options.Headers, err = headersOver(c.Options.Headers, settings.Headers)
	}
	if err != nil {
		return c, err
	}
	c.Options.ArtifactHosts, c.Options.Workspace = slices.Clone(settings.ArtifactHosts), l.Workspace
	if c.Options.TLS, err = s.tls(true); err != nil {
		return c, err
	}
	command := settings.TokenCommand
	if command == "" {
		command = l.TokenCommand
	}
	switch {
	case slices.ContainsFunc(c.Options.Headers, func(h rest.Header) bool { return strings.EqualFold(h.Name, "Authorization") }):
		c.Identity = "the header Authorization"
	case command != "":
		c.Options.Token, err = s.token(ctx, command)
		c.Identity = "the token command"
	case l.TokenEnv != "":
		c.Options.Token, err = s.secret(l, l.TokenEnv)
		c.Identity = l.TokenEnv
	case l.UsernameEnv != "":
		c.Identity = l.UsernameEnv + " and " + l.PasswordEnv
		if c.Options.Username, err = s.secret(l, l.UsernameEnv); err == nil {
			c.Options.Password, err = s.secret(l, l.PasswordEnv)
		}
	default:
		s.identifyByHost(&c)
	}
	return c, err
}

// secret is the value of a variable that a context names.
func (s Source) secret(l Login, variable string) (string, error) {
	if value := s.Getenv(variable); value != "" {
		return value, nil
	}
	return "", usage("the environment variable "+variable+" is not set, and the context "+l.Name+" logs in with it", "set it, or change the context: evalctl context set "+l.Name)
}

// Other is the connection to another server than the one that the user's
// settings are about. It identifies the user only by what is meant for that very
// host: the address, and netrc.
func (s Source) Other(uri string) (Connection, error) {
	c, err := s.common(uri)
	if err != nil {
		return c, err
	}
	if c.Options.TLS, err = s.tls(false); err != nil {
		return c, err
	}
	s.identifyByHost(&c)
	return c, nil
}

// common is what holds for every server.
func (s Source) common(uri string) (Connection, error) {
	c := Connection{Options: rest.Options{URI: uri}}
	const timeout, retries = "MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
	if text := s.Getenv(timeout); text != "" {
		seconds, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || seconds < 1 || seconds > int(24*time.Hour/time.Second) {
			return c, usage(timeout+" is no number of seconds", "a whole number from 1 on; unset, it is "+fmt.Sprint(int(rest.DefaultTimeout/time.Second)))
		}
		c.Options.Timeout = time.Duration(seconds) * time.Second
	}
	if text := s.Getenv(retries); text != "" {
		const most = 10 // as in MLflow's client
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 || n > most {
			return c, usage(retries+" is no number of retries", fmt.Sprintf("a whole number from 0 to %d; unset, it is %d", most, rest.DefaultRetries))
		}
		if c.Options.Retries = n; n == 0 {
			c.Options.Retries = -1
		}
	}
	return c, nil
}

// headers reads EVALCTL_HEADERS, a header a line, and those of the command line,
// which replace earlier ones of the same name.
func (s Source) headers(words []string) ([]rest.Header, error) {
	headers, err := headersOver(nil, strings.Split(s.Getenv("EVALCTL_HEADERS"), "\n"))
	if err != nil {
		if e, ok := errors.AsType[*query.Error](err); ok {
			e.Message = "EVALCTL_HEADERS: " + e.Message
		}
		return nil, err
	}
	return headersOver(headers, words)
}

// headersOver adds headers to others, of which it takes those of the same names
// out.
func headersOver(headers []rest.Header, texts []string) ([]rest.Header, error) {
	var list []rest.Header
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		header, err := rest.ParseHeader(text)
		if err != nil {
			return nil, err
		}
		headers = slices.DeleteFunc(headers, func(h rest.Header) bool { return strings.EqualFold(h.Name, header.Name) })
		list = append(list, header)
	}
	return append(headers, list...), nil
}

// identify finds the credentials, in the order of docs/connections.md.
func (s Source) identify(ctx context.Context, c *Connection, settings Settings) error {
	for _, header := range c.Options.Headers {
		if strings.EqualFold(header.Name, "Authorization") {
			c.Identity = "the header Authorization"
			return nil
		}
	}
	command := settings.TokenCommand
	if command == "" {
		command = s.Getenv("EVALCTL_TOKEN_COMMAND")
	}
	if command != "" {
		token, err := s.token(ctx, command)
		if err != nil {
			return err
		}
		c.Options.URI, c.Options.Token, c.Identity = withoutUser(c.Options.URI), token, "the token command"
		return nil
	}
	if err := s.refusePlugins(); err != nil {
		return err
	}
	if s.identifyByHost(c) {
		return nil
	}
	const username, password, token = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
	saved, path, err := s.credentials()
	if err != nil {
		return err
	}
	c.Options.Username, c.Options.Password = s.Getenv(username), s.Getenv(password)
	if c.Options.Username == "" {
		c.Options.Username = saved.username
	}
	if c.Options.Password == "" {
		c.Options.Password = saved.password
	}
	c.Options.Token = s.Getenv(token)
	switch {
	case c.Options.Username != "" && c.Options.Password != "":
		c.Identity = username + " and " + password
		if s.Getenv(username) == "" || s.Getenv(password) == "" {
			c.Identity = path
		}
	case c.Options.Token != "":
		c.Identity = token
	case c.Options.Username != "":
		c.Notes = append(c.Notes, "there is a user name and no password ("+password+")")
	case c.Options.Password != "":
		c.Notes = append(c.Notes, "there is a password and no user name ("+username+")")
	}
	return nil
}

// refusePlugins says which ways of MLflow's client to log in are not here.
// Without them requests would go out as nobody's.
func (s Source) refusePlugins() error {
	const hint = "set EVALCTL_TOKEN_COMMAND to a command that prints a token, or a header with --header"
	sigv4, err := s.boolean("MLFLOW_TRACKING_AWS_SIGV4")
	if err != nil {
		return err
	}
	if sigv4 {
		return usage("MLFLOW_TRACKING_AWS_SIGV4 is set, and evalctl does not sign requests for AWS", hint)
	}
	if s.Getenv("MLFLOW_TRACKING_AUTH") != "" {
		return usage("MLFLOW_TRACKING_AUTH names a plugin of MLflow's client, and evalctl has no such plugins", hint)
	}
	return nil
}

// identifyByHost takes the credentials that are meant for the server's host.
func (s Source) identifyByHost(c *Connection) bool {
	u, err := url.Parse(strings.TrimSpace(c.Options.URI))
	if err != nil || u.Hostname() == "" {
		return false // for rest.New to explain
	}
	login, path, note := s.netrc(strings.ToLower(u.Hostname()))
	if note != "" {
		c.Notes = append(c.Notes, note)
	}
	if login.password != "" {
		c.Options.URI, c.Identity = withoutUser(c.Options.URI), path
		c.Options.Username, c.Options.Password = login.username, login.password
		return true
	}
	if u.User != nil {
		c.Identity = "the address"
	}
	return u.User != nil
}

// withoutUser takes user name and password out of an address. One that cannot be
// read stays, for rest.New to explain.
func withoutUser(uri string) string {
	u, err := url.Parse(strings.TrimSpace(uri))
	if err != nil {
		return uri
	}
	u.User = nil
	return u.String()
}

// login is a user name and a password; either may be "".
type login struct{ username, password string }

// boolean reads a switch as MLflow's client does.
func (s Source) boolean(name string) (bool, error) {
	switch strings.ToLower(s.Getenv(name)) {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	}
	return false, usage(name+" is neither true nor false", "true, false, 1 or 0")
}

func usage(message, hint string) *query.Error {
	return &query.Error{Code: query.Usage, Message: message, Hint: hint}
}

// reason is why a file cannot be read, without the path, which the message has.
func reason(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
