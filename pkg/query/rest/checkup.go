package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// Step is one of the things that must hold before a server answers.
type Step string

// Steps, in the order in which they come.
const (
	StepName    Step = "name"
	StepTCP     Step = "tcp"
	StepTLS     Step = "tls"
	StepHost    Step = "host_check"
	StepLogin   Step = "login"
	StepVersion Step = "version"
)

// Finding is what one step of a checkup came to. Detail says it in words; Err is
// of type [*query.Error] and set if the step failed.
type Finding struct {
	Step   Step
	Detail string
	Needed bool // false where the step does not apply
	Err    error
}

// Checkup goes the way to the server step by step and stops after the first one
// that fails. It says nothing of times or addresses, so that the same situation
// is told in the same words.
func (s *Store) Checkup(ctx context.Context) []Finding {
	var findings []Finding
	add := func(step Step, detail string, err error) bool {
		findings = append(findings, Finding{Step: step, Detail: detail, Needed: true, Err: err})
		return err == nil
	}
	skip := func(step Step, why string) { findings = append(findings, Finding{Step: step, Detail: why}) }

	// A proxy is asked for the server by name: this machine need not know it.
	next, by := s.base, ""
	if s.proxy != nil {
		proxy, err := s.proxy(&http.Request{URL: s.base})
		if err != nil {
			add(StepName, "", s.failure(err))
			return findings
		}
		if proxy != nil {
			next, by = &url.URL{Scheme: proxy.Scheme, Host: proxy.Host}, ", the proxy on the way"
		}
	}
	switch {
	case net.ParseIP(next.Hostname()) != nil:
		skip(StepName, next.Hostname()+" is an address"+by)
	default:
		_, err := net.DefaultResolver.LookupHost(ctx, next.Hostname())
		if !add(StepName, next.Hostname()+" is known"+by, unknownName(err, next.Hostname(), by)) {
			return findings
		}
	}
	conn, err := quickDial(ctx, "tcp", address(next))
	if err == nil {
		err = conn.Close()
	}
	if !add(StepTCP, address(next)+" accepts connections"+by, s.unconnected(err, next, by)) {
		return findings
	}
	if s.base.Scheme != "https" {
		skip(StepTLS, "http is not encrypted")
	} else {
		detail, err := s.handshake(ctx)
		if !add(StepTLS, detail, err) {
			return findings
		}
	}
	for _, f := range s.probe(ctx) {
		if !add(f.Step, f.Detail, f.Err) {
			return findings
		}
	}
	return findings
}

// unknownName says it without the address of the name server that was asked.
func unknownName(err error, host, by string) error {
	if err == nil {
		return nil
	}
	e := &query.Error{Code: query.Unreachable, Message: "the name " + host + by + " cannot be resolved", Hint: hintAgain}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Message = "no host has the name " + host + by
		e.Hint = "check the spelling, and whether the name is known only inside a network or VPN that this machine is not in"
	}
	if by != "" {
		e.Hint = hintProxy
	}
	return e
}

func (s *Store) unconnected(err error, next *url.URL, by string) error {
	if err == nil {
		return nil
	}
	e := s.failure(err)
	e.Message = "no connection to " + address(next) + by
	if by != "" {
		e.Hint = hintProxy
	}
	if isTimeout(err) {
		e.Err = nil // it names the address that was tried
		e.Message += ": it took too long"
		e.Hint = "a firewall may stand between, or the port is another one"
	}
	return e
}

// handshake speaks TLS with the server on a connection of its own. A server that
// wants a client's certificate says so only after the handshake.
func (s *Store) handshake(ctx context.Context) (string, error) {
	known, ok := s.who.known.(*http.Transport)
	if !ok {
		return "not looked at", nil
	}
	fresh := known.Clone()
	defer fresh.CloseIdleConnections()
	var state tls.ConnectionState
	done := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeDone: func(got tls.ConnectionState, err error) { state, done = got, err == nil },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URI()+"/version", nil)
	if err != nil {
		return "", s.failure(err)
	}
	resp, err := fresh.RoundTrip(req)
	if err != nil && (!done || isTLS(err)) {
		e := s.failure(err)
		if isTLS(err) {
			e.Message = "no TLS with " + address(s.base)
		}
		return "", e
	}
	if err == nil {
		discard(resp)
	}
	detail := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		detail += ", the certificate is for " + namesOf(state.PeerCertificates[0]) + " and valid to " + day(state.PeerCertificates[0].NotAfter)
	}
	if known.TLSClientConfig != nil && known.TLSClientConfig.InsecureSkipVerify {
		detail += "; it was not verified (MLFLOW_TRACKING_INSECURE_TLS)"
	}
	return detail, nil
}

// probe makes the smallest call of the API. One answer tells three steps: the
// server's check of the host comes before that of the login, and both before its
// own work.
func (s *Store) probe(ctx context.Context) []Finding {
	host := Finding{Step: StepHost, Detail: "the server answers to the name " + s.base.Host}
	login := Finding{Step: StepLogin, Detail: "no credentials were sent, and none were wanted"}
	if s.who.identified() {
		login.Detail = "the credentials that were sent are not refused"
	}
	version := Finding{Step: StepVersion}

	var page experimentsPage
	err := s.post(ctx, "experiments/search", experimentsRequest{MaxResults: 1}, &page)
	e, _ := errors.AsType[*query.Error](err)
	refusal, _ := errors.AsType[*answerError](err)
	switch {
	case err == nil || e == nil:
	case refusal != nil && strings.Contains(refusal.message, "Invalid Host header"):
		host.Err = e
		return []Finding{host}
	case e.Code == query.Unauthenticated:
		login.Err = e
		return []Finding{host, login}
	case e.Code == query.Timeout: // nothing answered, so nothing is known of what follows
		host.Err = e
		return []Finding{host}
	case e.Code == query.Forbidden: // what may be read is the next question
	default:
		version.Err = e
		return []Finding{host, login, version}
	}
	version.Detail, version.Err = s.version(ctx)
	return []Finding{host, login, version}
}

// version asks what the server is. Some proxies let only the API through.
func (s *Store) version(ctx context.Context) (string, error) {
	told, major, err := s.askVersion(ctx, s.URI())
	if err == nil && told == "" && s.base.Path != "" {
		// MLflow 2 tells it at the root, whatever its prefix.
		root := url.URL{Scheme: s.base.Scheme, Host: s.base.Host}
		told, major, err = s.askVersion(ctx, root.String())
	}
	if err != nil {
		return "", err
	}
	if told == "" {
		return "the API answers; which version it is cannot be told", nil
	}
	detail := "MLflow " + clip(told)
	if major < 2 {
		return "", &query.Error{Code: query.IO, Message: detail + " is too old", Hint: "MLflow 2.0 or later is needed"}
	}
	if s.workspace != "" {
		detail += fmt.Sprintf(", workspace %q", s.workspace)
	}
	return detail, nil
}

// askVersion returns a version and the number that it begins with; "" if the
// answer is none.
func (s *Store) askVersion(ctx context.Context, below string) (told string, major int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, below+"/version", nil)
	if err != nil {
		return "", 0, s.failure(err)
	}
	resp, err := s.api.Do(req)
	if err != nil {
		return "", 0, s.failure(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage))
	if err != nil {
		return "", 0, s.failure(err)
	}
	told = string(bytes.TrimSpace(text))
	first, _, _ := strings.Cut(told, ".")
	if major, err = strconv.Atoi(first); resp.StatusCode != http.StatusOK || err != nil {
		return "", 0, nil
	}
	return told, major, nil
}

// Route says by which way a file of the run is read first, as far as is known: a
// way that turned out not to be served is tried last.
func (s *Store) Route(run query.Run) string {
	routes, err := s.routes(run, "results.yml")
	if err != nil || len(routes) == 0 {
		return "no route"
	}
	name, host, _ := strings.Cut(routes[0].name, " ")
	switch {
	case name == "direct":
		return "directly from " + host
	case name == "proxy" && host != s.base.Host:
		return "through the artifact proxy of " + host
	case name == "proxy":
		return "through the server's artifact proxy"
	default:
		return "by run (get-artifact)"
	}
}
