package rest

import (
	"fmt"
	"io"
	"net/http"

	"github.com/evalctl/evalctl/pkg/query"
)

const maxRedirects = 5

// redirect follows redirects and keeps method and body, where net/http would
// turn a search by POST into a GET without arguments. Only a redirect to another
// host that does not insist becomes a GET: those lead to login pages.
type redirect struct{ next http.RoundTripper }

func (t *redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	for range maxRedirects {
		resp, err := t.next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		if resp.Request == nil {
			resp.Request = req
		}
		following, err := follow(req, resp)
		if following == nil && err == nil {
			return resp, nil
		}
		discard(resp)
		if err != nil {
			return nil, err
		}
		req = following
	}
	return nil, misdirected(req, fmt.Sprintf("more than %d redirects", maxRedirects))
}

// discard gives up a response, in a way that the connection can be kept.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxMessage)
	_ = resp.Body.Close()
}

func misdirected(req *http.Request, what string) *query.Error {
	return &query.Error{
		Code:    query.Unreachable,
		Message: fmt.Sprintf("%s answered with %s", address(req.URL), what),
		Hint:    hintAddress,
	}
}

// follow makes the request that a redirect asks for; nil if it is none.
func follow(req *http.Request, resp *http.Response) (*http.Request, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if resp.Header.Get("Location") == "" {
		return nil, nil
	}
	target, err := req.URL.Parse(resp.Header.Get("Location"))
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, misdirected(req, "a redirect that cannot be followed")
	}
	target.User = nil
	next := req.Clone(req.Context())
	next.URL, next.Host = target, ""
	keep := resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect ||
		(resp.StatusCode != http.StatusSeeOther && target.Hostname() == req.URL.Hostname())
	if !keep {
		next.Method, next.Body, next.GetBody, next.ContentLength = http.MethodGet, nil, nil, 0
		next.Header.Del("Content-Type")
	} else if req.GetBody != nil {
		if next.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return next, nil
}
