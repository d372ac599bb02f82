package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
	"github.com/evalctl/evalctl/pkg/query"
)

// location is where runs live, and who said so.
type location struct {
	uri     string            // "": nobody knows
	context *settings.Context // nil if it is none of a context
	usual   *usualPlace       // not nil where nothing was said
}

// settings reads the project's and the user's file.
func (a *app) settings() (settings.Settings, error) {
	return settings.Load(folder(a.configDir), folder(a.workDir))
}

// workspace is what the context says, "" if there is none.
func (p location) workspace() string {
	if p.context == nil {
		return ""
	}
	return p.context.Workspace
}

// place finds where runs live, in the order of docs/stores.md: the first that
// says so counts.
func (a *app) place(global *globalFlags) (location, error) {
	if global.trackingURI != "" {
		if global.context != "" {
			return location{}, usagef("--tracking-uri and --context both say where runs live")
		}
		return location{uri: global.trackingURI}, nil
	}
	name := firstSet(global.context, a.getenv("EVALCTL_CONTEXT"))
	if uri := a.getenv("MLFLOW_TRACKING_URI"); uri != "" && name == "" {
		return location{uri: uri}, nil
	}
	read, err := a.settings()
	if err != nil {
		return location{}, err
	}
	if name == "" {
		name = read.Current
	}
	if name == "" {
		usual := usualIn(folder(a.workDir))
		if usual == nil {
			return location{}, nil
		}
		return location{uri: usual.uri, usual: usual}, nil
	}
	found, ok := read.Context(name)
	if !ok {
		return location{}, noContext(name, read)
	}
	return location{uri: contextURI(found), context: &found}, nil
}

// contextURI is the address of a context; a path is one from its file's folder.
func contextURI(c settings.Context) string { return anchored(c.URI, filepath.Dir(c.Place.File)) }

// anchored is the address of a store in which a relative path is meant from a folder.
func anchored(uri, folder string) string {
	scheme, path := localPath(uri)
	if !isRelative(scheme, path) {
		return uri
	}
	return scheme + filepath.Join(folder, filepath.FromSlash(path))
}

// relativeTo is an absolute address of a store on this machine as a file in a folder
// names it, to be [anchored] there.
func relativeTo(uri, folder string) string {
	scheme, path := localPath(uri)
	relative, err := filepath.Rel(folder, path)
	if path == "" || err != nil {
		return uri
	}
	if relative = filepath.ToSlash(relative); scheme == "" {
		relative = "./" + relative
	}
	return scheme + relative
}

// databaseScheme is before the path in the URI of a database, as SQLAlchemy has it.
const databaseScheme = "sqlite:///"

// localPath takes the address of a store on this machine apart: what is before its
// path, and the path, which is "" if the address has none. A file: URI is told by its
// path alone.
func localPath(uri string) (scheme, path string) {
	scheme, rest, found := strings.Cut(uri, ":")
	switch {
	case uri == "demo":
		return "", ""
	case strings.HasPrefix(uri, databaseScheme):
		return databaseScheme, strings.TrimPrefix(uri, databaseScheme)
	case found && (scheme == "launcher" || scheme == "nel"):
		return scheme + ":", rest
	case found && scheme == "file":
		path, _ := filePath(uri) // what names no file is refused where it is opened
		return "", path
	case found && isScheme(scheme):
		return "", ""
	}
	return "", uri
}

// isServer reports whether an address is one of a server.
func isServer(uri string) bool {
	scheme, _, _ := strings.Cut(uri, ":")
	return scheme == "http" || scheme == "https"
}

// isScheme reports whether what is before a colon is a URI's scheme, and no part of a
// path.
func isScheme(text string) bool { return len(text) > 1 && !strings.ContainsAny(text, `/\.`) }

// isRelative reports whether a path that [localPath] found is one from a folder.
func isRelative(scheme, path string) bool {
	home := strings.HasPrefix(path, "~") && scheme != databaseScheme // SQLAlchemy knows no home
	return path != "" && !home && !filepath.IsAbs(path)
}

// noContext is the error for a name that no context has.
func noContext(name string, read settings.Settings) error {
	return unknownName("context", name, read.ContextNames(), "evalctl context set "+name+" --tracking-uri URI   makes one")
}

// unknownName is the error for a name that no setting of a kind has.
func unknownName(what, name string, names []string, make string) error {
	e := &query.Error{Code: query.NotFound, Message: fmt.Sprintf("no %s %s", what, name), Hint: make}
	switch near := spelling.Near(name, names); {
	case len(near) > 0:
		e.Hint = "did you mean " + strings.Join(near, " or ") + "?"
	case len(names) > 0:
		e.Hint = "known: " + strings.Join(names, ", ") + "\n" + make
	}
	return e
}

// usualExperiments are those that a search is about where --experiment names none.
func (p location) usualExperiments() ([]query.Pattern, error) {
	if p.context == nil {
		return nil, nil
	}
	var patterns []query.Pattern
	for _, text := range p.context.Experiments {
		pattern, err := query.ParsePattern(text)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// trusted finds the context of the user for a server, so that a run of it that a
// baseline or a page names is read with its credentials. A project's context has
// none.
func trusted(read settings.Settings, address string) *settings.Context {
	at := slices.IndexFunc(read.Contexts, func(c settings.Context) bool {
		return c.Place.Scope == settings.User && sameServer(c.URI, address)
	})
	if at < 0 {
		return nil
	}
	return &read.Contexts[at]
}
