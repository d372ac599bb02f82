package connection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/evalctl/evalctl/pkg/query"
)

// tokenTimeout leaves time for a program that asks another server, and none for
// one that waits for somebody to type.
const tokenTimeout = 30 * time.Second

// token runs a command that prints a token. No error repeats its arguments or
// what it printed.
func (s Source) token(ctx context.Context, command string) (string, error) {
	argv, err := splitCommand(command)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	printed, err := s.Run(ctx, argv)
	failed := func(code query.Code, what string) error {
		return &query.Error{
			Code: code, Message: fmt.Sprintf("the token command %s %s", argv[0], what),
			Hint: "run it by hand: it must print a token and nothing else, without asking for input. It is run without a shell",
		}
	}
	if err != nil {
		if ended, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
			return "", failed(query.Unauthenticated, "ended with status "+fmt.Sprint(ended.ExitCode()))
		}
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return "", failed(query.Timeout, fmt.Sprintf("took more than %d seconds", int(tokenTimeout/time.Second)))
		case ctx.Err() != nil:
			return "", ctx.Err()
		}
		return "", failed(query.Usage, fmt.Sprintf("cannot be run: %v", reason(err)))
	}
	token := strings.TrimSpace(string(printed))
	if token == "" {
		return "", failed(query.Unauthenticated, "printed nothing")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return "", failed(query.Unauthenticated, "printed more than a token")
	}
	return token, nil
}

// splitCommand cuts a command at blanks. Single quotes keep what is between them,
// double quotes too but for backslashes, which take the next character as it is.
// A backslash outside quotes is one, for the paths of Windows.
func splitCommand(command string) ([]string, error) {
	var argv []string
	var word strings.Builder
	var quote rune
	started, escaped := false, false
	for _, r := range command {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote == '"' && r == '\\':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, started = r, true
		case quote == 0 && unicode.IsSpace(r):
			if started {
				argv = append(argv, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quote != 0 {
		return nil, usage("the token command has a quote that is not closed", "")
	}
	if started {
		argv = append(argv, word.String())
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, usage("the token command is empty", "")
	}
	return argv, nil
}

// Run runs a program without a shell, without input, and returns what it printed
// on standard output.
func Run(ctx context.Context, argv []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second // for programs that it leaves behind
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	err := cmd.Run()
	return stdout.Bytes(), err
}
