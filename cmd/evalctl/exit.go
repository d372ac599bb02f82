package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// Exit statuses. Any other status is a failure too.
const (
	exitOK           = 0
	exitFailure      = 1
	exitUsage        = 2
	exitFailed       = 3
	exitDenied       = 4
	exitNotFound     = 5
	exitInconclusive = 6
	exitUnreachable  = 7
	exitInterrupted  = 130
	codeInterrupted  = "interrupted"
	codeInternal     = "internal"
	codeVerdict      = "verdict" // a demand that is not met: the answer itself is on stdout
	exitStatusesHelp = `Exit status:
  0  done
  1  failed: input or output, a damaged artifact, a bug
  2  usage: flags, arguments, a selector
  4  not authenticated, or not permitted
  5  not found
  7  the server could not be reached, or timed out after retries
130  interrupted`
	verdictStatusesHelp = `Exit status:
  0  done
  1  failed: input or output, a damaged artifact, a bug
  2  usage: flags, arguments, a selector
  3  what was demanded does not hold
  4  not authenticated, or not permitted
  5  not found
  6  inconclusive: it cannot be told whether it holds
  7  the server could not be reached, or timed out after retries
130  interrupted`
)

// Exit statuses of errors under --exit-codes=nel, where 1 and 2 are verdicts: those of
// sysexits.h.
const (
	exitNelUsage   = 64
	exitNelFailure = 70
)

// besideVerdicts moves the exit status of an error out of the way of nel gate's
// verdicts. Verdicts, and an interruption, keep theirs.
func (f failure) besideVerdicts() failure {
	switch {
	case f.Code == codeVerdict || f.ExitStatus == exitInterrupted:
	case f.ExitStatus == exitUsage:
		f.ExitStatus = exitNelUsage
	default:
		f.ExitStatus = exitNelFailure
	}
	return f
}

// usageError is a mistake in how the command was called.
type usageError struct {
	message string
	hint    string
}

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// failure is what an error means for whoever called the program: the contract's
// error object.
type failure struct {
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Hint       *string  `json:"hint"`
	ExitStatus int      `json:"exit_status"`
	Candidates []string `json:"candidates,omitempty"`
	Lacks      []string `json:"lacks,omitempty"`

	lines []string // of Message, each a mistake with its place; nil: it is one line
}

// classify maps an error to the contract's code and an exit status. It is the
// only such place.
func classify(err error) failure {
	if errors.Is(err, context.Canceled) {
		return failure{Code: codeInterrupted, Message: "interrupted", ExitStatus: exitInterrupted}
	}
	if found, ok := errors.AsType[*query.Error](err); ok {
		f := failure{Code: string(found.Code), Message: found.Error(), ExitStatus: exitFailure, Candidates: found.Candidates, Lacks: found.Lacks}
		if found.Hint != "" {
			f.Hint = &found.Hint
		}
		switch found.Code {
		case query.Usage, query.Ambiguous:
			f.ExitStatus = exitUsage
		case query.Unauthenticated, query.Forbidden:
			f.ExitStatus = exitDenied
		case query.NotFound:
			f.ExitStatus = exitNotFound
		case query.Unreachable, query.Timeout, query.Offline, query.Uncertain:
			f.ExitStatus = exitUnreachable
		case query.Corrupt, query.IO:
		}
		if found.Code == query.Uncertain {
			f.Code = string(query.Unreachable)
		}
		return f
	}
	if verdict, ok := errors.AsType[*verdictError](err); ok {
		return failure{Code: codeVerdict, Message: verdict.message, ExitStatus: verdict.status}
	}
	f := failure{Code: codeInternal, Message: err.Error(), ExitStatus: exitFailure}
	if usage, ok := errors.AsType[*usageError](err); ok {
		f.Code, f.ExitStatus = string(query.Usage), exitUsage
		if usage.hint != "" {
			f.Hint = &usage.hint
		}
		return f
	}
	if usage, ok := errors.AsType[*render.UsageError](err); ok {
		f.Code, f.ExitStatus = string(query.Usage), exitUsage
		if usage.Hint != "" {
			f.Hint = &usage.Hint
		}
		return f
	}
	if mistake, ok := errors.AsType[*settings.Error](err); ok {
		f.Code, f.ExitStatus = string(query.Usage), exitUsage
		if mistake.Hint != "" {
			f.Hint = &mistake.Hint
		}
		return f
	}
	if policy, ok := errors.AsType[*gate.PolicyError](err); ok {
		lines := policy.Lines()
		return failure{Code: string(query.Usage), Message: strings.Join(lines, "; "), ExitStatus: exitUsage, lines: lines}
	}
	if overlap, ok := errors.AsType[*compare.OverlapError](err); ok {
		hint := "compare them as sides of their own, or say what they are: --overlap latest, or repeat"
		return failure{Code: string(query.Usage), Message: overlap.Error(), Hint: &hint, ExitStatus: exitUsage}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		f.Code, f.ExitStatus = string(query.Timeout), exitUnreachable
		return f
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		f.Code = string(query.IO)
	}
	return f
}

// report prints an error once, on stderr: a line and a hint for people, with JSON
// output one object.
func (a *app) report(f failure, asJSON bool) int {
	if asJSON {
		object := struct {
			Kind          string  `json:"kind"`
			SchemaVersion int     `json:"schema_version"`
			Error         failure `json:"error"`
		}{"error", 1, f}
		if encoded, encodeErr := json.Marshal(object); encodeErr == nil {
			fmt.Fprintf(a.stderr, "%s\n", encoded)
			return f.ExitStatus
		}
	}
	if f.lines == nil {
		f.lines = []string{f.Message}
	}
	for _, line := range f.lines {
		fmt.Fprintf(a.stderr, "evalctl: %s\n", render.Sanitize(line))
	}
	for _, candidate := range slices.Concat(f.Candidates, f.Lacks) {
		fmt.Fprintf(a.stderr, "  %s\n", render.Sanitize(candidate))
	}
	if f.Hint != nil {
		for i, line := range strings.Split(*f.Hint, "\n") {
			prefix := "hint: "
			if i > 0 {
				prefix = "      "
			}
			fmt.Fprintf(a.stderr, "%s%s\n", prefix, render.Sanitize(line))
		}
	}
	return f.ExitStatus
}
