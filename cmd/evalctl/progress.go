package main

import (
	"sync"

	"github.com/schollz/progressbar/v3"
)

// progress counts files on a terminal's stderr; elsewhere it is silent.
type progress struct {
	mu   sync.Mutex
	bar  *progressbar.ProgressBar // nil: silent
	want int
}

func (a *app) progress(global *globalFlags) *progress {
	width, terminal := a.terminal(a.stderr)
	if !terminal || global.quiet || a.getenv("TERM") == "dumb" || width < 40 {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetDescription("fetching"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(false),
	)}
}

// Want adds to the number of files that are expected.
func (p *progress) Want(files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want += files
	if p.bar != nil {
		p.bar.ChangeMax(p.want)
	}
}

// Got counts a file that has arrived. What a terminal refuses to draw is no
// reason to fail.
func (p *progress) Got(string, int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Add(1)
	}
}

// done takes the bar away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
