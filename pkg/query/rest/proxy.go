package rest

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/evalctl/evalctl/pkg/query"
)

// ProxyFromEnvironment is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY
// name, for Options.Proxy. As everywhere in Go, and unlike in Python, this
// machine itself is never reached through one. The error is a [query.Error] with
// code Usage.
func ProxyFromEnvironment(request *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(request)
	schemes := []string{"http", "https", "socks5", "socks5h"}
	if err != nil || proxy != nil && (proxy.Hostname() == "" || !slices.Contains(schemes, proxy.Scheme)) {
		// Neither the error nor the variable is shown: both may hold a password.
		return nil, &query.Error{Code: query.Usage, Message: "HTTP_PROXY or HTTPS_PROXY is not the address of a proxy", Hint: hintProxy}
	}
	return proxy, nil
}
