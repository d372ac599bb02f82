package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
)

// asUsage gives an error of the command line's parser its class, and says what may
// have been meant: cmd is the command that was reached.
func asUsage(cmd *cobra.Command, err error) error {
	if f := classify(err); f.Code != codeInternal {
		return err
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	hint := callHint(cmd)
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if near := nearFlags(cmd, unknown.GetSpecifiedName()); near != "" {
			hint = near
		}
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		message = fmt.Sprintf("--%s is %s, not %q", invalid.GetFlag().Name, typeWords(invalid.GetFlag()), invalid.GetValue())
		if errors.Is(err, strconv.ErrRange) {
			message = fmt.Sprintf("--%s: %s is out of range", invalid.GetFlag().Name, invalid.GetValue())
		}
	}
	if word, ok := strings.CutPrefix(message, `unknown command "`); ok && cmd.HasSubCommands() {
		word, _, _ = strings.Cut(word, `"`)
		if near := nearCommands(cmd, word); near != "" {
			hint = near
		}
	}
	return &usageError{message: message, hint: hint}
}

// typeWords says what a flag takes.
func typeWords(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	default:
		return "a " + flag.Value.Type()
	}
}

// callHint is how a command is called, with an example.
func callHint(cmd *cobra.Command) string {
	if !cmd.HasParent() || cmd.HasSubCommands() {
		return cmd.CommandPath() + " --help   lists the commands"
	}
	hint := strings.TrimSuffix(cmd.UseLine(), " [flags]")
	if example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n"); example != "" && example != hint {
		hint += "\n" + example
	}
	return hint + "\n" + cmd.CommandPath() + " --help   says what it takes"
}

// nearFlags names the flags of a command that may have been meant.
func nearFlags(cmd *cobra.Command, name string) string {
	var known []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			known = append(known, flag.Name)
		}
	})
	near := spelling.Near(name, known)
	for i := range near {
		near[i] = "--" + near[i]
	}
	return didYouMean(near)
}

// nearCommands names the commands below one that may have been meant by a word.
func nearCommands(cmd *cobra.Command, word string) string {
	var known []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			known = append(append(known, child.Name()), child.Aliases...)
		}
	}
	return didYouMean(spelling.Near(word, known))
}

// didYouMean asks; "" if nothing is near.
func didYouMean(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}
