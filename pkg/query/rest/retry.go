package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// maxWait caps what a server can ask for with Retry-After.
const maxWait = 10 * time.Second

// retry sends a request again if its failure may pass. The rules follow what
// MLflow means by each status, not what the status says in general.
type retry struct {
	next     http.RoundTripper
	tries    int
	backoff  time.Duration
	jitter   func() float64
	internal bool // whether a 500 INTERNAL_ERROR is worth one more try
}

func (t *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := t.next.RoundTrip(req)
		if try >= t.tries || !t.passing(req.Context(), try, resp, err) {
			return resp, err
		}
		wait := t.wait(try, resp)
		if resp != nil {
			discard(resp)
		}
		if err := pause(req.Context(), wait); err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// passing reports whether a failure may be gone at the next try.
func (t *retry) passing(ctx context.Context, try int, resp *http.Response, err error) bool {
	if err != nil {
		return ctx.Err() == nil && !lasting(err)
	}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	case http.StatusServiceUnavailable:
		// "disabled" is how every server mode that lacks a route says so.
		text := strings.ToLower(string(peek(resp)))
		return !strings.Contains(text, "disabled") && !strings.Contains(text, tooManyVariables)
	case http.StatusInternalServerError:
		// A database that hiccups and a request that can never work are the same
		// answer, hence once.
		return t.internal && try == 1 && explain(peek(resp)).code == "INTERNAL_ERROR"
	}
	return false
}

// lasting reports whether an error of the connection is there to stay.
func lasting(err error) bool {
	if _, ok := errors.AsType[*query.Error](err); ok {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	return isTLS(err)
}

// isTLS reports whether the two ends do not agree on TLS or a certificate.
func isTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	// What the other end refuses, such as to go on without a client's certificate.
	op, remote := errors.AsType[*net.OpError](err)
	return certificate || record || remote && (op.Op == "remote error" || op.Op == "local error") || errors.Is(err, http.ErrSchemeMismatch)
}

// wait is the time before the next try: what the server asks for, within
// bounds, else a doubling time of which the second half is random.
func (t *retry) wait(try int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
			return min(wait, maxWait)
		}
	}
	full := min(t.backoff<<(try-1), maxWait)
	return full/2 + time.Duration(t.jitter()*float64(full/2))
}

// retryAfter reads the header in its two forms (RFC 9110 §10.2.3).
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// peek reads the begin of a body and puts it back.
func peek(resp *http.Response) []byte {
	begin, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage))
	var rest io.Reader = resp.Body
	if err != nil {
		rest = bytes.NewReader(nil) // what was read is all there will be
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), rest), resp.Body}
	return begin
}
