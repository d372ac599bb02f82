package runfolder

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/evalctl/evalctl/pkg/query"
)

// Failure turns an error of the file system into one that names the path as it is
// shown to people.
func Failure(err error, shown string) error {
	if already, ok := errors.AsType[*query.Error](err); ok {
		return already
	}
	if Absent(err) {
		return &query.Error{Code: query.NotFound, Message: shown + " does not exist"}
	}
	return &query.Error{Code: query.IO, Message: "cannot read " + shown, Err: Reason(err)}
}

// Reason is an error of the file system without its path, which is one that only
// [os.Root] knows.
func Reason(err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	if err.Error() == "path escapes from parent" { // os has no name for it
		return ErrLeadsOut
	}
	return err
}

// ErrLeadsOut is the [Reason] of a path that [os.Root] refuses to enter.
var ErrLeadsOut = errors.New("a symbolic link leads out of the store")

// Absent reports whether there is nothing of that name: below a file, Unix says
// "not a directory" rather than "no such file".
func Absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Exhausted reports whether this process lacks the means to read, which says
// nothing of the file.
func Exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
