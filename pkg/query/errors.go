package query

import (
	"context"
	"errors"
	"fmt"
)

// Code classes an [Error]; the values are the contract's error codes.
type Code string

// Codes. Uncertain never leaves the program: see [Store.Open].
const (
	Usage           Code = "usage"
	NotFound        Code = "not_found"
	Ambiguous       Code = "ambiguous"
	Unauthenticated Code = "unauthenticated"
	Forbidden       Code = "forbidden"
	Unreachable     Code = "unreachable"
	Timeout         Code = "timeout"
	Offline         Code = "offline"
	Corrupt         Code = "corrupt"
	IO              Code = "io"
	Uncertain       Code = "uncertain"
)

// Error is what finding and fetching can end in, for a person and a program.
type Error struct {
	Code       Code
	Message    string   // what went wrong, lower case, without secrets
	Hint       string   // what to do next; may be empty
	Candidates []string // of an ambiguous selector
	Lacks      []string // of Offline: what would have been asked for
	Err        error    // the cause; may be nil
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Err)
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// HasCode reports whether err is or wraps an [*Error] with this code.
func HasCode(err error, code Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// Stopped is the error of a context that has ended, or nil.
func Stopped(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: Timeout, Message: "reading took too long", Err: err}
	default:
		return &Error{Code: IO, Message: "reading was stopped", Err: err}
	}
}
