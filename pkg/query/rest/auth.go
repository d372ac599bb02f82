package rest

import (
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// credentials is the Authorization header that the options ask for, or "".
func credentials(user *url.Userinfo, options Options) string {
	switch {
	case user != nil:
		password, _ := user.Password()
		return basic(user.Username(), password)
	case options.Username != "" && options.Password != "":
		return basic(options.Username, options.Password)
	case options.Token != "":
		return "Bearer " + options.Token
	}
	return ""
}

func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// identify says who asks. What identifies the user goes to the tracking server
// and to the hosts that the user named: redirects and artifact addresses are data
// that may name any host.
type identify struct {
	known, others http.RoundTripper // for servers that are trusted, and for others

	base          *url.URL
	hosts         []string
	authorization string
	headers       []Header
	agent         string
	secrets       []string // what no message may repeat
}

func newIdentify(base *url.URL, user *url.Userinfo, options Options, timeout time.Duration) (*identify, error) {
	t := &identify{
		known: options.Transport, others: options.Transport,
		base:          base,
		authorization: credentials(user, options),
		headers:       options.Headers,
		agent:         options.UserAgent,
	}
	if options.Transport == nil {
		t.known = newTransport(timeout, options.Proxy, quickDial, options.TLS.Clone())
		t.others = newTransport(timeout, options.Proxy, quickDial, stranger(options.TLS))
	}
	for _, host := range options.ArtifactHosts {
		host, err := parseHost(host)
		if err != nil {
			return nil, err
		}
		t.hosts = append(t.hosts, host)
	}
	t.secrets = append(t.secrets, options.Password, options.Token, strings.TrimPrefix(t.authorization, "Basic "))
	if user != nil {
		password, _ := user.Password()
		t.secrets = append(t.secrets, password)
	}
	for _, header := range options.Headers {
		t.secrets = append(t.secrets, header.Value)
		if _, value, found := strings.Cut(header.Value, " "); found { // a scheme's name is none
			t.secrets = append(t.secrets, value)
		}
	}
	return t, nil
}

// parseHost reads an entry of [Options.ArtifactHosts].
func parseHost(text string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	if u, err := url.Parse("//" + host); err != nil || u.Host != host || u.Hostname() == "" || strings.Contains(host, "@") {
		e := usage("%q is not the name of a host that serves artifacts", redact("//" + text)[2:])
		e.Hint = "a host is named like artifacts.example.com or artifacts.example.com:8443"
		return "", e
	}
	return host, nil
}

// identified reports whether requests say who asks.
func (t *identify) identified() bool {
	return t.authorization != "" || slices.ContainsFunc(t.headers, func(h Header) bool {
		return strings.EqualFold(h.Name, "Authorization")
	})
}

// trusts reports whether the server of u may know who asks.
func (t *identify) trusts(u *url.URL) bool {
	if sameServer(t.base, u) {
		return true
	}
	if t.base.Scheme == "https" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return slices.ContainsFunc(t.hosts, func(allowed string) bool {
		return allowed == net.JoinHostPort(host, port(u)) || strings.Trim(allowed, "[]") == host
	})
}

func (t *identify) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if t.agent != "" {
		req.Header.Set("User-Agent", t.agent)
	}
	if !t.trusts(req.URL) {
		return t.others.RoundTrip(req)
	}
	if t.authorization != "" {
		req.Header.Set("Authorization", t.authorization)
	}
	for _, header := range t.headers {
		req.Header.Del(header.Name)
	}
	for _, header := range t.headers {
		req.Header.Add(header.Name, header.Value)
	}
	return t.known.RoundTrip(req)
}

// scrub takes secrets out of what a server said: some repeat what they refuse.
func (t *identify) scrub(text string) string {
	const shortest = 4 // shorter ones would spoil words and reveal themselves by it
	for _, secret := range t.secrets {
		if len(secret) >= shortest {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// sameServer reports whether u is on the server of base. A move from http to
// https on the same host counts as the same server, the way back does not.
func sameServer(base, u *url.URL) bool {
	if !strings.EqualFold(base.Hostname(), u.Hostname()) {
		return false
	}
	if base.Scheme == u.Scheme {
		return port(base) == port(u)
	}
	return base.Scheme == "http" && u.Scheme == "https"
}

// port is the URL's port, written or implied.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
