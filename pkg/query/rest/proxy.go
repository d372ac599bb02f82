package rest

import (
	"net/http"
	"net/url"
)

// ProxyFromEnvironment is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY
// name, for Options.Proxy.
func ProxyFromEnvironment(request *http.Request) (*url.URL, error) {
	return http.ProxyFromEnvironment(request)
}
