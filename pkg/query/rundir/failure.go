package rundir

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/evalctl/evalctl/pkg/query"
)

// layoutHint says what was looked for where nothing was found.
const layoutHint = "launcher output looks like <YYYYmmdd_HHMMSS>-<invocation id>/<task>.<n>/artifacts/results.yml; " +
	"that of nel-next like <benchmark>/eval-<time>-<benchmark>.json; name the directory above, or any of these"

// failure turns an error of the file system into one that names the path as it
// is shown to people.
func failure(err error, shown string) error {
	if already, ok := errors.AsType[*query.Error](err); ok {
		return already
	}
	if absent(err) {
		return &query.Error{Code: query.NotFound, Message: shown + " does not exist"}
	}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err // its path is relative to the volume
	}
	return &query.Error{Code: query.IO, Message: "cannot read " + shown, Err: err}
}

// absent reports whether there is nothing of that name: below a file, Unix says
// "not a directory" rather than "no such file".
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// exhausted reports whether this process lacks the means to read, which says
// nothing of the file.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// stopped is the error of a context that has ended, or nil.
func stopped(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &query.Error{Code: query.Timeout, Message: "reading took too long", Err: err}
	default:
		return &query.Error{Code: query.IO, Message: "reading was stopped", Err: err}
	}
}
