// Package rest reads an MLflow tracking server over its REST API. It is one
// kind of [query.Store], for MLflow 2.0 and later.
//
// Every request is a read, searches by POST included, so that each may be sent
// again. A request passes one RoundTripper a concern: retry, whole (API calls
// only), prefix, redirect, workspace (if one is set), identify, and then the
// connections.
package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// Defaults of [Options].
const (
	DefaultTimeout = 30 * time.Second
	DefaultRetries = 2
	DefaultBackoff = 250 * time.Millisecond
)

// maxAnswer bounds the bytes of one API answer. A page of 200 runs has a few
// megabytes at most; a run can reach 13 MB where all its parameters are full.
const maxAnswer = 256 << 20

// Options say where the server is and how to talk to it. Only URI is required.
type Options struct {
	// URI is the tracking URI, http or https. It may hold a static path prefix
	// and userinfo; userinfo goes before the other credentials.
	URI string

	// Username and Password are sent as Basic credentials if both are set, else
	// Token as Bearer, which is the order of MLflow's own client.
	Username, Password string
	Token              string

	// Headers go with every request, before those of the same name that the store
	// would send, Authorization included.
	Headers []Header

	// Workspace is the MLflow workspace to read; "" is the server's default. The
	// first request then asks whether the server has workspaces.
	Workspace string

	// ArtifactHosts are the other servers that may get what identifies the user:
	// credentials, Headers, the workspace and the client certificate. They are
	// written as host, which is all its ports, or host:port. If the tracking server
	// speaks https, they get it over https only.
	ArtifactHosts []string

	// TLS says how to speak https; nil is net/http's way. Certificates in it, and
	// InsecureSkipVerify, hold for the tracking server and ArtifactHosts only.
	TLS *tls.Config

	// UserAgent is the header of that name; "" leaves it to net/http.
	UserAgent string

	// Timeout bounds, for each try, the wait for an answer to begin; then the
	// rest of an API answer, and each pause within a file. 0 is DefaultTimeout.
	Timeout time.Duration

	// Retries is the number of further tries after a failure that may pass; 0
	// is DefaultRetries, a negative number none.
	Retries int

	// Backoff is the wait before the first further try; it doubles with each. 0
	// is DefaultBackoff.
	Backoff time.Duration

	// Jitter yields numbers in [0, 1) that spread the waits; nil is math/rand.
	Jitter func() float64

	// Proxy chooses a proxy for a request, as in [http.Transport]; nil uses none.
	Proxy func(*http.Request) (*url.URL, error)

	// Transport replaces the connections to servers, for tests. Proxy and the
	// wait for an answer to begin are then its business.
	Transport http.RoundTripper
}

// Store is an MLflow tracking server. It is safe for concurrent use.
type Store struct {
	base      *url.URL // without userinfo, query, fragment and trailing slash
	api       *http.Client
	files     *http.Client
	who       *identify
	workspace string                                // "" is the server's default
	proxy     func(*http.Request) (*url.URL, error) // may be nil

	experiments experimentList
	noNull      atomic.Bool // this server knows no IS NULL
	unserved    sync.Map    // routes (string) that this server does not serve
}

var _ query.Store = (*Store)(nil)

// New makes a store of the server at options.URI, without asking it anything.
// The error is a [query.Error] with code Usage.
func New(options Options) (*Store, error) {
	base, user, err := parseURI(options.URI)
	if err != nil {
		return nil, err
	}
	timeout := positive(options.Timeout, DefaultTimeout)
	who, err := newIdentify(base, user, options, timeout)
	if err != nil {
		return nil, err
	}
	var next http.RoundTripper = who
	if options.Workspace != "" {
		next = &workspace{next: next, who: who, name: options.Workspace}
	}
	wire := &prefix{next: &redirect{next}, base: base}
	retries := retry{
		tries:   DefaultRetries + 1,
		backoff: positive(options.Backoff, DefaultBackoff),
		jitter:  options.Jitter,
	}
	if options.Retries != 0 {
		retries.tries = max(options.Retries, 0) + 1
	}
	if retries.jitter == nil {
		retries.jitter = rand.Float64
	}
	api, files := retries, retries
	api.next, api.internal = &whole{wire, timeout, maxAnswer}, true
	files.next = &patient{wire, timeout}
	return &Store{
		base:        base,
		api:         client(&api),
		files:       client(&files),
		who:         who,
		workspace:   options.Workspace,
		proxy:       options.Proxy,
		experiments: newExperimentList(),
	}, nil
}

// client makes a client that leaves redirects to the redirect RoundTripper.
func client(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// parseURI splits a tracking URI into its canonical form and its userinfo.
func parseURI(text string) (*url.URL, *url.Userinfo, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	// The parser's own error quotes the text, password included.
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return nil, nil, usage("%q is not the address of a tracking server", redact(text))
	}
	base := &url.URL{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Host)}
	switch base.Scheme {
	case "http":
		base.Host = strings.TrimSuffix(base.Host, ":80")
	case "https":
		base.Host = strings.TrimSuffix(base.Host, ":443")
	default:
		return nil, nil, usage("%q is not an http or https address", redact(text))
	}
	base.Host = strings.TrimSuffix(base.Host, ":")
	prefix := strings.TrimRight(u.EscapedPath(), "/")
	if base.Path, err = url.PathUnescape(prefix); err != nil {
		return nil, nil, usage("%q is not the address of a tracking server", redact(text))
	}
	base.RawPath = prefix
	return base, u.User, nil
}

func usage(format string, args ...any) *query.Error {
	return &query.Error{
		Code:    query.Usage,
		Message: fmt.Sprintf(format, args...),
		Hint:    "a tracking server is named like http://127.0.0.1:5000",
	}
}

// URI is the tracking URI without credentials and trailing slash.
func (s *Store) URI() string { return s.base.String() }

// Remote reports true: files come over a network.
func (s *Store) Remote() bool { return true }

// RunURL is the address of the run's page in MLflow's user interface.
func (s *Store) RunURL(run query.Run) string {
	return s.URI() + "/#/experiments/" + escape(run.ExperimentID) + "/runs/" + escape(run.ID)
}

// get calls an API method by GET and decodes the answer.
func (s *Store) get(ctx context.Context, method string, values url.Values, into any) error {
	address := s.URI() + apiPath + method + "?" + values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return s.failure(err)
	}
	return s.call(req, into)
}

// post calls an API method that takes its arguments as JSON.
func (s *Store) post(ctx context.Context, method string, args, into any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return s.failure(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URI()+apiPath+method, bytes.NewReader(body))
	if err != nil {
		return s.failure(err)
	}
	req.Header.Set("Content-Type", "application/json")
	// Never sent as it has no value: it tells net/http that a kept connection
	// which turns out to be closed may be replaced at once.
	req.Header["Idempotency-Key"] = nil
	return s.call(req, into)
}

const apiPath = "/api/2.0/mlflow/"

func (s *Store) call(req *http.Request, into any) error {
	resp, err := s.api.Do(req)
	if err != nil {
		return s.failure(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return s.refusal(resp)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return s.failure(err)
	}
	if err := object(body); err != nil {
		return s.notAnswer(resp, body, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return s.notAnswer(resp, body, err)
	}
	return nil
}
