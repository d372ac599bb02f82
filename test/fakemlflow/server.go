// Package fakemlflow is an MLflow tracking server in memory, as far as reading
// goes, for tests of what a real server does rarely: break off, stall, refuse.
// It answers like MLflow 3.17 with a sqlite store and proxied artifacts; its own
// tests compare it with the real one.
package fakemlflow

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Server is a running server. Its methods may be called at any time.
type Server struct {
	// URL is the tracking URI, without a trailing slash.
	URL string

	dial func(ctx context.Context, network, address string) (net.Conn, error)
	quit chan struct{} // closed when the test ends

	mu          sync.Mutex
	prefix      string
	old         bool
	experiments []Experiment
	runs        []Run
	faults      []*fault
	requests    []Request
}

// Experiment is an experiment of the server.
type Experiment struct {
	ID      string
	Name    string
	Deleted bool
}

// Run is a run of the server. What [Server.AddRun] fills in may be left out.
type Run struct {
	ID           string // filled in: 32 hex digits
	ExperimentID string // filled in: the last experiment that was added
	Name         string
	Status       string // filled in: FINISHED
	StartTime    int64  // milliseconds; filled in: later than every other run's
	EndTime      int64  // milliseconds; 0 while running
	ArtifactURI  string // filled in: mlflow-artifacts:/EXPERIMENT/RUN/artifacts
	Deleted      bool
	Tags         map[string]string
	Params       map[string]string
	Metrics      map[string]float64
	Files        map[string]string // path from the run's root to content
}

// Request is a request that the server got.
type Request struct {
	Method string
	Path   string // as sent, escaped, without the query
	Query  string // as sent
	Header http.Header
	Host   string
	Body   string
}

// New starts a server on a loopback port. It stops with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := newServer()
	server := httptest.NewServer(s)
	s.URL = server.URL
	s.dial = new(net.Dialer).DialContext
	tb.Cleanup(func() {
		close(s.quit)
		server.Close()
	})
	return s
}

// NewInMemory starts a server without a network, that only [Server.Dial]
// reaches: within testing/synctest time then passes as soon as client and server
// wait for it.
func NewInMemory(tb testing.TB) *Server {
	tb.Helper()
	s := newServer()
	listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s.URL, s.dial = "http://mlflow.test:5000", listener.dial
	server := &http.Server{Handler: s}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	tb.Cleanup(func() {
		close(s.quit)
		_ = server.Close()
		<-done
	})
	return s
}

func newServer() *Server {
	return &Server{
		quit:        make(chan struct{}),
		experiments: []Experiment{{ID: "0", Name: "Default"}},
	}
}

// Dial connects to the server, whatever the address.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.dial(ctx, network, address)
}

// SetPrefix moves every route under a path such as "/mlflow", as the option
// --static-prefix does. URL changes with it.
func (s *Server) SetPrefix(prefix string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.URL = strings.TrimSuffix(s.URL, s.prefix) + prefix
	s.prefix = prefix
}

// SetOld makes the server one before MLflow 3.11, which knows no IS NULL.
func (s *Server) SetOld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = true
}

// AddExperiment adds an active experiment and returns its id.
func (s *Server) AddExperiment(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(len(s.experiments))
	s.experiments = append(s.experiments, Experiment{ID: id, Name: name})
	return id
}

// DeleteExperiment marks an experiment and its runs as deleted.
func (s *Server) DeleteExperiment(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.experiments {
		if s.experiments[i].ID == id {
			s.experiments[i].Deleted = true
		}
	}
	for i := range s.runs {
		if s.runs[i].ExperimentID == id {
			s.runs[i].Deleted = true
		}
	}
}

// AddRun adds a run and returns it with what was filled in.
func (s *Server) AddRun(run Run) Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(len(s.runs) + 1)
	if run.ID == "" {
		run.ID = fmt.Sprintf("%032x", n)
	}
	if run.ExperimentID == "" {
		run.ExperimentID = s.experiments[len(s.experiments)-1].ID
	}
	if run.Status == "" {
		run.Status = "FINISHED"
	}
	if run.StartTime == 0 {
		run.StartTime = 1_760_000_000_000 + 60_000*n
	}
	if run.EndTime == 0 && run.Status != "RUNNING" && run.Status != "SCHEDULED" {
		run.EndTime = run.StartTime + 1000
	}
	if run.ArtifactURI == "" {
		run.ArtifactURI = "mlflow-artifacts:/" + run.ExperimentID + "/" + run.ID + "/artifacts"
	}
	s.runs = append(s.runs, run)
	return run
}

// Requests returns what the server was asked, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ForgetRequests empties the list of requests.
func (s *Server) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req := Request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), r.Host, string(body)}
	s.mu.Lock()
	s.requests = append(s.requests, req)
	rule := s.rule(req)
	s.mu.Unlock()

	if rule != nil {
		w = &faulty{ResponseWriter: w, fault: rule.Fault, request: r, quit: s.quit}
		if rule.before(w, r, s.quit) {
			return
		}
	}
	s.mu.Lock()
	answer := s.answer(r, body)
	s.mu.Unlock()
	answer.write(w)
}

// pipeListener accepts what is dialled.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
