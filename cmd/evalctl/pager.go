package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/evalctl/evalctl/pkg/render"
)

// show writes an answer to stdout. One that is longer than the terminal goes
// through the pager, if the environment names one.
func (a *app) show(answer []byte) error {
	if command := a.pagerCommand(); command != "" && a.isLong(answer) {
		shown, err := a.page(command, answer)
		if shown {
			return nil
		}
		fmt.Fprintf(a.stderr, "evalctl: note: no pager: %s\n", render.Sanitize(err.Error()))
	}
	_, err := a.stdout.Write(answer)
	return a.written(err)
}

// isLong reports whether an answer has more lines than the terminal. Without a
// terminal nothing has.
func (a *app) isLong(answer []byte) bool {
	if _, terminal := a.terminal(a.stdout); !terminal || a.height == nil {
		return false
	}
	height := a.height()
	return height > 0 && bytes.Count(answer, []byte("\n")) >= height
}

// pagerCommand is what the environment says: $EVALCTL_PAGER, else $PAGER. "cat" is
// none, and a dumb terminal has none.
func (a *app) pagerCommand() string {
	command := strings.TrimSpace(firstSet(a.getenv("EVALCTL_PAGER"), a.getenv("PAGER")))
	if command == "cat" || a.getenv("TERM") == "dumb" {
		return ""
	}
	return command
}

// Statuses of a shell that found no program, or one that it may not run (POSIX
// 2.8.2).
const (
	shellNotFound      = 127
	shellNotExecutable = 126
)

// page runs the pager on an answer and waits for it, whatever signals arrive: it
// has the terminal, and who is done with it says so there. An answer that was not
// read to its end was shown all the same, and so is one whose pager failed after
// it had begun.
func (a *app) page(command string, answer []byte) (shown bool, err error) {
	cmd, err := pagerProcess(command)
	if err != nil {
		return false, err
	}
	cmd.Env = cmd.Environ()
	if a.getenv("LESS") == "" {
		// Quit if it fits on one screen, keep colours, leave the text there.
		cmd.Env = append(cmd.Env, "LESS=FRX")
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(answer), a.stdout, a.stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code := exit.ExitCode()
		return code != shellNotFound && code != shellNotExecutable, err
	}
	if cmd.Process == nil {
		return false, err // it did not start
	}
	return true, nil
}

// pagerProcess splits a command into words, or leaves it to a shell if it has
// something in it that only a shell understands, as git does.
func pagerProcess(command string) (*exec.Cmd, error) {
	words := strings.Fields(command)
	if runtime.GOOS != "windows" && strings.ContainsAny(command, "|&;<>()$`\\\"'*?[#~=%") {
		words = []string{"sh", "-c", command}
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, err
	}
	// Not bound to a context: the person ends it.
	return &exec.Cmd{Path: path, Args: words}, nil
}
