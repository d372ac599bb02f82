package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/connection"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/demo"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/pkg/render"
)

// stores opens tracking stores for selectors, each at most once.
type stores struct {
	app    *app
	global *globalFlags
	where  func() (location, error) // of the tracking store

	mu     sync.Mutex
	opened map[string]query.Store
	said   bool // which place was chosen

	offline *artifacts.Offline // answers for servers; nil: they answer themselves
}

// stores are those of this call.
func (a *app) stores(global *globalFlags) *stores {
	if global.stores == nil {
		global.stores = &stores{
			app: a, global: global, opened: map[string]query.Store{},
			where: sync.OnceValues(func() (location, error) { return a.place(global) }),
		}
	}
	return global.stores
}

var _ query.Stores = (*stores)(nil)

// Default opens the tracking store that flags, environment and settings name, else
// the one that MLflow would use in this directory.
func (s *stores) Default(ctx context.Context) (query.Store, error) {
	where, err := s.where()
	if err != nil {
		return nil, err
	}
	if where.uri == "" && s.hasExecDB() {
		s.say("no tracking store is named: reading the launcher's jobs on this machine, " + s.execDB())
		return s.at(ctx, "launcher:", "")
	}
	if where.uri == "" {
		return nil, &query.Error{
			Code: query.Usage, Message: "no tracking store: it is not known where runs live",
			Hint: "--tracking-uri http://SERVER or MLFLOW_TRACKING_URI names an MLflow server, --tracking-uri DIR an mlruns or a launcher output directory,\n" +
				"--tracking-uri sqlite:///FILE a database of MLflow; evalctl context set NAME gives a server a name; evalctl demo needs none",
		}
	}
	if where.usual != nil {
		s.say(where.usual.said)
	}
	return s.at(ctx, where.uri, where.workspace())
}

// say prints a line on stderr, once a call.
func (s *stores) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.said && !s.global.quiet && s.global.started {
		fmt.Fprintf(s.app.stderr, "evalctl: %s\n", render.Sanitize(line))
	}
	s.said = true
}

// at opens the store at a tracking URI, of a server or a database in a workspace if
// one is named.
func (s *stores) at(ctx context.Context, uri, workspace string) (query.Store, error) {
	switch scheme, rest, found := strings.Cut(uri, ":"); {
	case uri == "demo:" || uri == "demo":
		return s.Demo(ctx)
	case isServer(uri):
		return s.once("server:"+workspace+":"+uri, func() (query.Store, error) { return s.rest(ctx, uri, workspace) })
	case strings.HasPrefix(uri, "sqlite:"):
		return s.sqlite(ctx, uri, workspace)
	case scheme == "launcher" && found:
		return s.once(uri, func() (query.Store, error) { return rundir.OpenExecDB(firstSet(s.expand(rest), s.execDB())) })
	case scheme == "nel" && found:
		return s.once(uri, func() (query.Store, error) { return rundir.OpenRunIndex(firstSet(s.expand(rest), s.runIndex())) })
	case isHostPort(uri):
		return nil, &query.Error{
			Code: query.Usage, Message: uri + " is no address of a tracking store",
			Hint: "--tracking-uri http://" + uri + "   names a server, or https://",
		}
	case scheme == "file" && found:
		path, err := filePath(uri)
		if err != nil {
			return nil, err
		}
		return s.path(ctx, path, workspace)
	case found && isScheme(scheme):
		return nil, &query.Error{
			Code: query.Usage, Message: "tracking stores of kind " + scheme + ": cannot be read",
			Hint: "an MLflow server (http://, https://), its database (sqlite:///FILE), an mlruns or a launcher output directory, launcher:, nel:, or demo:",
		}
	default:
		return s.path(ctx, uri, workspace)
	}
}

// isHostPort reports whether an address is that of a server without its scheme.
func isHostPort(address string) bool {
	host, port, found := strings.Cut(address, ":")
	_, err := strconv.ParseUint(port, 10, 16)
	return found && err == nil && len(host) > 1 && !strings.ContainsAny(host, `/\`)
}

// Demo opens the built-in data.
func (s *stores) Demo(context.Context) (query.Store, error) {
	return s.once("demo:", demo.Open)
}

// Server opens the MLflow server at an address: the tracking server with its
// settings, any other with what is meant for that host alone.
func (s *stores) Server(ctx context.Context, address, workspace string) (query.Store, error) {
	where, err := s.where()
	if err != nil {
		return nil, err
	}
	if sameServer(address, where.uri) {
		if workspace == "" {
			return s.Default(ctx)
		}
		address = where.uri
	}
	return s.at(ctx, address, workspace)
}

// sameServer reports whether two addresses are of one server: scheme, host, port
// and path, whoever the user is.
func sameServer(a, b string) bool {
	plain := func(address string) string {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || u.Hostname() == "" {
			return ""
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
		}
		return strings.ToLower(u.Scheme+"://"+u.Hostname()) + ":" + port + strings.TrimRight(u.EscapedPath(), "/")
	}
	return plain(a) != "" && plain(a) == plain(b)
}

func (s *stores) once(key string, open func() (query.Store, error)) (query.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if store, ok := s.opened[key]; ok {
		return store, nil
	}
	store, err := open()
	if err != nil {
		return nil, err
	}
	s.opened[key] = store
	return store, nil
}

// rest opens an MLflow server, in a workspace if one is named, so that what it
// answers is kept; offline what was kept.
func (s *stores) rest(ctx context.Context, uri, workspace string) (query.Store, error) {
	cache, err := s.app.cache(s.global)
	if err != nil {
		return nil, err
	}
	if s.global.offline {
		if cache == nil {
			return nil, usagef("--offline, and there is no cache")
		}
		store, err := rest.New(rest.Options{URI: uri})
		if err != nil {
			return nil, err
		}
		if s.offline == nil {
			s.offline = cache.Offline()
		}
		return s.offline.Store(store, firstSet(workspace, s.workspace(uri))), nil
	}
	store, found, err := s.connect(ctx, uri, workspace)
	if err != nil {
		return nil, err
	}
	return cache.Record(store, found.Options.Workspace), nil
}

// workspace is the one that the settings of a server name.
func (s *stores) workspace(uri string) string {
	where, err := s.where()
	switch {
	case err != nil:
		return ""
	case !sameServer(uri, where.uri):
		// As where it is connected to.
		if read, err := s.app.settings(); err == nil {
			if known := trusted(read, uri); known != nil {
				return known.Workspace
			}
		}
		return ""
	case where.context != nil:
		return where.context.Workspace
	default:
		return strings.TrimSpace(s.app.getenv("MLFLOW_WORKSPACE"))
	}
}

// connect opens an MLflow server with what MLflow's own client would read, or what
// its context says. What identifies the user is for that server alone.
func (s *stores) connect(ctx context.Context, uri, workspace string) (*rest.Store, connection.Connection, error) {
	if s.global.artifactsURI != "" {
		return nil, connection.Connection{}, &query.Error{
			Code: query.Usage, Message: "--artifacts-uri says where the files are only of a database's runs",
			Hint: "a server hands out the files of its runs; leave it out",
		}
	}
	source := connection.Source{
		Getenv: s.app.getenv, ReadFile: os.ReadFile, Run: connection.Run,
		Home: firstSet(s.app.getenv("HOME"), s.app.getenv("USERPROFILE")),
	}
	found, err := s.identified(ctx, source, uri)
	if err != nil {
		return nil, found, err
	}
	found.Options.Workspace = firstSet(workspace, found.Options.Workspace)
	found.Options.UserAgent = "evalctl/" + s.app.version
	found.Options.Proxy = rest.ProxyFromEnvironment
	store, err := rest.New(found.Options)
	return store, found, err
}

// identified finds what a server may get to know of the user.
func (s *stores) identified(ctx context.Context, source connection.Source, uri string) (connection.Connection, error) {
	where, err := s.where()
	if err != nil {
		return connection.Connection{}, err
	}
	named := where.context
	switch {
	case uri != where.uri:
		read, err := s.app.settings()
		if err != nil {
			return connection.Connection{}, err
		}
		if named = trusted(read, uri); named == nil {
			return source.Other(uri)
		}
		return source.Named(ctx, uri, login(*named), connection.Settings{})
	case named == nil:
		return source.Tracking(ctx, uri, s.global.connection)
	case named.Place.Scope == settings.User:
		return source.Named(ctx, uri, login(*named), s.global.connection)
	default: // a checkout says which server
		settings := s.global.connection
		if s.global.context == "" && len(settings.Headers)+len(settings.ArtifactHosts)+len(settings.TokenCommand) > 0 {
			return connection.Connection{}, &usageError{
				message: "--header, --token-command and --allow-artifact-host are not for a server that this checkout chose: " + uri,
				hint:    "--context " + named.Name + " sends it what they say all the same",
			}
		}
		return source.Stranger(ctx, uri, named.Workspace, settings)
	}
}

// login is what a context says of how to log in.
func login(c settings.Context) connection.Login {
	return connection.Login{
		Name: c.Name, Workspace: c.Workspace, Headers: c.Headers, HeadersEnv: c.HeadersEnv,
		TokenCommand: c.TokenCommand, TokenEnv: c.TokenEnv, UsernameEnv: c.UsernameEnv, PasswordEnv: c.PasswordEnv,
	}
}
