package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// errStalled is why a body stopped being read.
var errStalled = errors.New("the transfer stalled")

// whole reads an API answer to its end, so that an answer which breaks off is a
// try that failed. It has timeout for the body, and refuses more than limit
// bytes.
type whole struct {
	next    http.RoundTripper
	timeout time.Duration
	limit   int64
}

func (t *whole) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	timer := time.AfterFunc(t.timeout, func() { cancel(errStalled) })
	defer timer.Stop()
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.limit+1))
	_ = resp.Body.Close()
	switch {
	case err != nil:
		return nil, because(ctx, err)
	case int64(len(body)) > t.limit:
		return nil, &query.Error{
			Code:    query.Corrupt,
			Message: fmt.Sprintf("%s sent an answer of more than %d MiB", address(resp.Request.URL), t.limit>>20),
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// patient lets a file take as long as it needs, as long as it keeps coming.
type patient struct {
	next    http.RoundTripper
	timeout time.Duration
}

func (t *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	timer := time.AfterFunc(t.timeout, func() { cancel(errStalled) })
	timer.Stop()
	resp.Body = &patientBody{resp.Body, ctx, cancel, timer, t.timeout}
	return resp, nil
}

type patientBody struct {
	io.ReadCloser
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

// Read counts only the time that it waits itself, not what the reader does in
// between.
func (b *patientBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.timeout)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = because(b.ctx, err)
	}
	return n, err
}

func (b *patientBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// because replaces an error that came from ending ctx by the reason for that.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// transfer is the body of a file. Its errors are of type [*query.Error], as
// those of the store are, so that whoever reads can tell a file that is damaged
// from one that did not arrive.
type transfer struct {
	io.ReadCloser
	store      *Store
	path       string
	read, size int64
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.read += int64(n)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		of := ""
		if t.size >= 0 {
			of = fmt.Sprintf(" of %d", t.size)
		}
		return n, &query.Error{
			Code:    query.Unreachable,
			Message: fmt.Sprintf("the transfer of %s from %s broke off after %d%s bytes", t.path, address(t.store.base), t.read, of),
			Hint:    hintAgain,
			Err:     err,
		}
	default:
		return n, t.store.failure(fmt.Errorf("%s: %w", t.path, err))
	}
}
