package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress counts files on a terminal's stderr, on one line that is taken away at
// the end; elsewhere it is silent. It is a line and not a library's bar because
// those cost every start of the program more than a whole empty program takes.
type progress struct {
	out io.Writer // nil: silent

	mu        sync.Mutex
	start     time.Time // of the first file; what is over at once needs no line
	want, got int
	drawn     bool
}

// progressDelay is how long work must last before it is worth a line.
const progressDelay = 200 * time.Millisecond

func (a *app) progress(global *globalFlags) *progress {
	if _, terminal := a.terminal(a.stderr); !terminal || global.quiet || a.getenv("TERM") == "dumb" {
		return &progress{}
	}
	return &progress{out: a.stderr}
}

// Want adds to the number of files that are expected.
func (p *progress) Want(files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want += files
	p.draw()
}

// Got counts a file that has arrived.
func (p *progress) Got(string, int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got++
	p.draw()
}

// eraseLine returns to the start of the line and clears it (ECMA-48 EL).
const eraseLine = "\r\x1b[K"

func (p *progress) draw() {
	if p.start.IsZero() {
		p.start = time.Now()
	}
	if p.out != nil && time.Since(p.start) >= progressDelay {
		fmt.Fprintf(p.out, "%sfetching: %d of %d files", eraseLine, p.got, max(p.want, p.got))
		p.drawn = true
	}
}

// done takes the line away. It may be called more than once.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.out, eraseLine)
		p.drawn = false
	}
}
