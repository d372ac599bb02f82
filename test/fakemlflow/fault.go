package fakemlflow

import (
	"net/http"
	"strings"
)

// Fault is a rule for requests that go wrong. The first rule that matches a
// request and has not used up its times decides; fields that are not set change
// nothing, so that a fault can be one of an otherwise right answer.
type Fault struct {
	Path  string             // what the escaped path contains; "" is every path
	Match func(Request) bool // what else must hold; nil is nothing
	Skip  int                // how many matching requests pass unharmed first
	Times int                // how many then fail; 0 is all

	Drop   bool              // close the connection without an answer
	Status int               // answer with this status and Body
	Header map[string]string // headers of any answer, or ones to add; "" removes one
	Body   string

	// After is how many bytes of the body pass before the fault; Stall then goes
	// silent, Cut closes the connection.
	After int
	Stall bool
	Cut   bool
}

type fault struct {
	Fault
	seen int
}

// Fault adds a rule.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{Fault: f})
}

// ClearFaults removes all rules.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// rule is the fault that a request meets, or nil.
func (s *Server) rule(req Request) *fault {
	for _, f := range s.faults {
		if !strings.Contains(req.Path, f.Path) || f.Match != nil && !f.Match(req) {
			continue
		}
		f.seen++
		if f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times) {
			return f
		}
	}
	return nil
}

// before does what comes in place of an answer, and reports whether it did.
func (f *fault) before(w http.ResponseWriter, r *http.Request, quit <-chan struct{}) bool {
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		answer{status: f.Status, kind: "text/plain", body: f.Body}.write(w)
		return true
	case f.Stall && f.After == 0:
		wait(r, quit)
		return true
	}
	return false
}

// wait blocks until the client leaves or the test ends.
func wait(r *http.Request, quit <-chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-quit:
	}
	panic(http.ErrAbortHandler)
}

// faulty spoils an answer on its way.
type faulty struct {
	http.ResponseWriter
	fault   Fault
	request *http.Request
	quit    <-chan struct{}
}

func (w *faulty) WriteHeader(status int) {
	for name, value := range w.fault.Header {
		if value == "" {
			w.Header().Del(name)
		} else {
			w.Header().Set(name, value)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *faulty) Write(p []byte) (int, error) {
	if !w.fault.Stall && !w.fault.Cut {
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:min(w.fault.After, len(p))])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	if w.fault.Stall {
		wait(w.request, w.quit)
	}
	panic(http.ErrAbortHandler)
}
