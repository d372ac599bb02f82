package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/evalctl/evalctl/pkg/query"
)

// maxMessage bounds how much of an error's body is read.
const maxMessage = 64 << 10

// tooManyVariables is sqlite's answer to a list of experiments that is too long.
const tooManyVariables = "too many sql variables"

const (
	hintAgain   = "try again; if it stays, ask who runs the server"
	hintAddress = "check that the tracking server runs, and that --tracking-uri or MLFLOW_TRACKING_URI names its address"
	hintLogin   = "a proxy seems to stand in front of the server and to want a login: set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or use an address behind it"
	hintProxy   = "HTTP_PROXY and HTTPS_PROXY name the proxy, NO_PROXY the hosts that are reached without it"
	hintNobody  = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
)

// answerError is what a server said when it refused.
type answerError struct {
	status  int
	code    string // MLflow's error_code, or ""
	message string
}

func (e *answerError) Error() string {
	if e.message == "" {
		return "no reason given"
	}
	return e.message
}

// explain reads the body of a refusal: MLflow's JSON, FastAPI's, or any text.
func explain(body []byte) answerError {
	var said struct {
		Code    string          `json:"error_code"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &said) == nil {
		if said.Message == "" && len(said.Detail) > 0 {
			said.Message = strings.Trim(string(said.Detail), `"`)
		}
		return answerError{code: said.Code, message: oneLine(said.Message)}
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] != '<' {
		return answerError{message: oneLine(string(text))}
	}
	return answerError{}
}

// read takes the refusal out of a response.
func read(resp *http.Response) *answerError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessage))
	said := explain(body)
	said.status = resp.StatusCode
	return &said
}

// refusal turns a status other than 200 of an API call into an error.
func (s *Store) refusal(resp *http.Response) *query.Error {
	said := read(resp)
	e := s.refused(resp, said)
	if said.status == http.StatusNotFound && !said.known() {
		e.Code = query.Unreachable
		e.Message = "no MLflow server at " + s.URI() + ": " + e.Message
		e.Hint = "a server under a path prefix is named with it, as in https://host/mlflow"
	}
	return e
}

// known reports whether a 404 is about a thing rather than about the route.
func (e *answerError) known() bool {
	return e.code != "" && e.code != "ENDPOINT_NOT_FOUND"
}

// refused is what a refusal means on any route.
func (s *Store) refused(resp *http.Response, said *answerError) *query.Error {
	host := address(resp.Request.URL)
	said.message = s.who.scrub(said.message)
	e := &query.Error{
		Code:    query.IO,
		Message: strings.TrimSpace(fmt.Sprintf("%s answered %d %s", host, said.status, http.StatusText(said.status))),
		Err:     said,
	}
	switch said.status {
	case http.StatusBadRequest:
		if said.code != "" {
			e.Code = query.Usage
		}
		if strings.Contains(strings.ToLower(said.message), "http request to an https server") {
			e.Code, e.Hint = query.Unreachable, "the server speaks https: use an address that begins with https://"
		}
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		e.Code, e.Hint = query.Unauthenticated, hintNobody
		switch {
		case !s.who.trusts(resp.Request.URL):
			e.Hint = "credentials are sent to the tracking server only, and this is another one; --allow-artifact-host " + resp.Request.URL.Host + " sends them there too"
		case said.status == http.StatusProxyAuthRequired:
			e.Hint = hintProxy
		case s.who.identified():
			e.Hint = "the server does not accept the credentials that were sent"
		}
	case http.StatusForbidden:
		e.Code, e.Hint = query.Forbidden, "ask who runs the server for permission to read"
		if strings.Contains(said.message, "Invalid Host header") {
			sent := resp.Request.Host
			if sent == "" {
				sent = resp.Request.URL.Host
			}
			e.Message = fmt.Sprintf("the MLflow server does not answer to the name %q", sent)
			e.Hint = fmt.Sprintf("this is no matter of credentials: the server must be started with --allowed-hosts (MLFLOW_SERVER_ALLOWED_HOSTS) that holds %q, port included", sent)
		}
	case http.StatusNotFound:
		e.Code = query.NotFound
		if s.workspace != "" && strings.HasPrefix(said.message, "Workspace ") {
			e.Hint = "MLFLOW_WORKSPACE names the workspace; the server has none of that name, or hides it from this login"
		}
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		e.Code, e.Hint = query.Timeout, hintAgain
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable:
		e.Code, e.Hint = query.Unreachable, hintAgain
		if said.code == "FEATURE_DISABLED" || strings.Contains(strings.ToLower(said.message), "disabled") {
			e.Code, e.Hint = query.IO, ""
		}
	}
	return e
}

// notAnswer is the error for a 200 that is not what the API sends.
func (s *Store) notAnswer(resp *http.Response, body []byte, err error) *query.Error {
	host := address(resp.Request.URL)
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] != '{' {
		return s.loginPage(host)
	}
	return &query.Error{Code: query.Corrupt, Message: host + " sent an answer that cannot be read", Hint: hintAgain, Err: err}
}

func (s *Store) loginPage(host string) *query.Error {
	return &query.Error{
		Code:    query.Unauthenticated,
		Message: host + " answered with a page instead of data, probably to log in",
		Hint:    hintLogin,
	}
}

// failure turns an error that is no answer into one for people.
func (s *Store) failure(err error) *query.Error {
	if e, ok := errors.AsType[*query.Error](err); ok {
		return e
	}
	host := address(s.base)
	if outer, ok := errors.AsType[*url.Error](err); ok {
		if u, parsed := url.Parse(outer.URL); parsed == nil && u.Host != "" {
			host = address(u)
		}
		err = outer.Err
	}
	e := &query.Error{Code: query.Unreachable, Message: "no answer from " + host, Hint: hintAddress, Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		e.Code, e.Message, e.Hint = query.IO, "interrupted", ""
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStalled):
		e.Code, e.Message, e.Hint = query.Timeout, host+" took too long", hintAgain
	case isProxy(err):
		e.Message, e.Hint = "the proxy on the way to "+host+" does not connect", hintProxy
	case isDial(err):
	case isTimeout(err):
		e.Code, e.Message, e.Hint = query.Timeout, host+" took too long", hintAgain
	case errors.Is(err, http.ErrSchemeMismatch):
		e.Hint = "the server speaks http: use an address that begins with http://"
	case isTLS(err):
		e.Code, e.Hint = query.Unreachable, hintTLS(err)
		if isExpired(err) {
			e.Err = errExpired
		}
	}
	return e
}

// errExpired stands for an error that quotes the present moment.
var errExpired = errors.New("the certificate has expired or is not valid yet")

func isExpired(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

// hintTLS says what can be done about two ends that do not agree.
func hintTLS(err error) string {
	if names, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for " + namesOf(names.Certificate) + ": use a name that it holds"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && isExpired(err) {
		return "the certificate is for " + namesOf(invalid.Cert) + " and valid from " + day(invalid.Cert.NotBefore) + " to " + day(invalid.Cert.NotAfter) +
			": ask who runs the server to renew it, and check the clock here"
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		of := ""
		if unknown.Cert != nil {
			of = " of " + namesOf(unknown.Cert) + ", valid to " + day(unknown.Cert.NotAfter) + ","
		}
		return "the certificate" + of + " is signed by an authority that is not known here: set MLFLOW_TRACKING_SERVER_CERT_PATH to a file with the authority's certificate"
	}
	if remote, ok := errors.AsType[*net.OpError](err); ok && remote.Op == "remote error" {
		if strings.Contains(remote.Error(), "certificate") {
			return "the server wants a certificate that it knows: set MLFLOW_TRACKING_CLIENT_CERT_PATH to a file with the certificate and its key"
		}
		return "the server ended the TLS handshake; an older server may know no version of TLS that is safe"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak https: use an address that begins with http://"
	}
	return "the server's certificate is not trusted here, or it does not speak https"
}

// namesOf are the hosts that a certificate is for.
func namesOf(certificate *x509.Certificate) string {
	names := slices.Clone(certificate.DNSNames)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host"
	}
	return oneLine(strings.Join(names, ", "))
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// isDial reports whether the connection could not be made: even where that took
// too long, what matters is that there is no server.
func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	_, dns := errors.AsType[*net.DNSError](err)
	return dns || ok && op.Op == "dial"
}

// isProxy reports whether the connection failed at the proxy.
func isProxy(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// address is a server as host:port.
func address(u *url.URL) string { return net.JoinHostPort(u.Hostname(), port(u)) }

// redact hides user names and passwords in addresses within text: what stands
// between "//" and the last "@" of the same word.
func redact(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "//")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("//")
		word := after
		if end := strings.IndexFunc(after, unicode.IsSpace); end >= 0 {
			word = after[:end]
		}
		if at := strings.LastIndex(word, "@"); at >= 0 {
			out.WriteString("***")
			after = after[at:]
		}
		text = after
	}
}

// oneLine makes a server's message fit for one line: redacted, without control
// characters, and not long.
func oneLine(text string) string {
	const longest = 300
	text = strings.Join(strings.FieldsFunc(redact(text), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}
