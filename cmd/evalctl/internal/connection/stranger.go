package connection

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/query/rest"
)

// Stranger is the connection to a server that a checkout names. It gets what the
// command line says, which the caller has seen to be meant for it, else what netrc
// has for its host, and that only where nobody on the way can read it: over TLS or
// on this machine.
func (s Source) Stranger(ctx context.Context, uri, workspace string, settings Settings) (Connection, error) {
	c, err := s.common(uri)
	if err != nil {
		return c, err
	}
	if c.Options.TLS, err = s.tls(false); err != nil {
		return c, err
	}
	if c.Options.Headers, err = headersOver(nil, settings.Headers); err != nil {
		return c, err
	}
	c.Options.ArtifactHosts, c.Options.Workspace = slices.Clone(settings.ArtifactHosts), workspace
	switch {
	case slices.ContainsFunc(c.Options.Headers, func(h rest.Header) bool { return strings.EqualFold(h.Name, "Authorization") }):
		c.Identity = "the header Authorization"
	case settings.TokenCommand != "":
		c.Options.Token, err = s.token(ctx, settings.TokenCommand)
		c.Identity = "the token command"
	case isPrivate(uri):
		s.identifyByHost(&c)
	}
	return c, err
}

// isPrivate reports whether nobody on the way to a server can read what it gets.
func isPrivate(uri string) bool {
	u, err := url.Parse(strings.TrimSpace(uri))
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}
