package rest

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// prefix finds the API of a server under a path prefix. MLflow 3 has all routes
// below its --static-prefix. MLflow 2 moves only those of its user interface
// there, which are the same calls under another name: /api/2.0/… stays at the
// root, where whoever forwards one path does not lead, and <prefix>/ajax-api/2.0/…
// answers (mlflow/server/handlers.py, _get_paths).
type prefix struct {
	next http.RoundTripper
	base *url.URL
	ajax atomic.Bool // the routes of the user interface have answered
}

func (t *prefix) RoundTrip(req *http.Request) (*http.Response, error) {
	other, ok := t.other(req.URL)
	if !ok {
		return t.next.RoundTrip(req)
	}
	if t.ajax.Load() {
		moved, err := moveTo(req, other)
		if err != nil {
			return nil, err
		}
		return t.next.RoundTrip(moved)
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		return resp, err
	}
	if refusalIn(resp).known() {
		return resp, nil // the route is there, the thing is not
	}
	moved, err := moveTo(req, other)
	if err != nil {
		return resp, nil
	}
	second, err := t.next.RoundTrip(moved)
	if err != nil {
		return resp, nil
	}
	if isPage(second) || second.StatusCode == http.StatusNotFound && !refusalIn(second).known() {
		discard(second)
		return resp, nil
	}
	discard(resp)
	t.ajax.Store(true)
	return second, nil
}

// refusalIn is what a response says, which can still be read.
func refusalIn(resp *http.Response) *answerError {
	answer := explain(peek(resp))
	return &answer
}

// other is the address of the same call among the routes of the user interface.
func (t *prefix) other(address *url.URL) (*url.URL, bool) {
	at := strings.TrimSuffix(t.base.EscapedPath(), "/")
	if at == "" || address.Host != t.base.Host {
		return nil, false
	}
	rest, ok := strings.CutPrefix(address.EscapedPath(), at+"/api/")
	if !ok {
		return nil, false
	}
	escaped := at + "/ajax-api/" + rest
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, false
	}
	moved := *address
	moved.Path, moved.RawPath = path, escaped
	return &moved, true
}

// moveTo is the same request to another address.
func moveTo(req *http.Request, address *url.URL) (*http.Request, error) {
	moved := req.Clone(req.Context())
	moved.URL = address
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		moved.Body = body
	}
	return moved, nil
}
