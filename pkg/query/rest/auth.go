package rest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
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

// identify says who asks. It sends credentials to the tracking server alone:
// redirects and artifact addresses are data that may name any host.
type identify struct {
	next          http.RoundTripper
	base          *url.URL
	authorization string
	agent         string
}

func (t *identify) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if t.authorization != "" && sameServer(t.base, req.URL) {
		req.Header.Set("Authorization", t.authorization)
	}
	if t.agent != "" {
		req.Header.Set("User-Agent", t.agent)
	}
	return t.next.RoundTrip(req)
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
