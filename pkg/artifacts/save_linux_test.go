package artifacts_test

import (
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
)

// A disk that takes no more is no server that cuts transfers. The limit on the
// length of files stands for it; the signal that comes with it must not end us.
func TestFullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	root, dir := openRoot(t)
	store := &memory{files: map[string]string{"f": strings.Repeat("x", 11_000_000)}}

	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = 10_000_000 // the log of the tests themselves is far below
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	_, err := save(t, store, finished(), root, "f", false)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("error %v", err)
	}
	if _, ok := errors.AsType[*query.Error](err); ok || len(store.opened) != 1 {
		t.Errorf("error %T after %d tries", err, len(store.opened))
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}
