package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command's help has an example and its exit statuses.
func TestEveryHelpHasAnExampleAndExitStatuses(t *testing.T) {
	commands := 0
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		for _, child := range cmd.Commands() {
			if child.Name() != "help" {
				visit(child, append(path[:len(path):len(path)], child.Name()))
			}
		}
		commands++
		help := process{}.answer(t, append(path, "--help")...)
		name := strings.Join(append([]string{"evalctl"}, path...), " ")
		for _, part := range []string{"Examples:\n  evalctl", "\nExit status:\n  0  done\n"} {
			if len(path) > 0 && !strings.Contains(help, part) {
				t.Errorf("%s --help has no %q", name, part)
			}
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short description %q", name, cmd.Short)
		}
		for _, line := range strings.Split(help, "\n") {
			// Flags stand in one line each, as does a call to be copied.
			text := strings.TrimSpace(line)
			if len([]rune(line)) > 100 && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "evalctl ") {
				t.Errorf("%s --help has a long line: %s", name, line)
			}
		}
	}
	root := newRoot(&app{}, &globalFlags{}, true)
	visit(root, nil)
	if commands < 12 {
		t.Errorf("only %d commands", commands)
	}
	for _, verb := range []string{
		"invocations", "runs", "models", "show", "compare", "gate", "average", "config show", "config diff", "artifacts ls", "artifacts get", "artifacts cat",
		"stat", "stat tango", "demo", "doctor", "schema", "version", "completion",
	} {
		if found, _, err := root.Find(strings.Fields(verb)); err != nil || found.CommandPath() != "evalctl "+verb {
			t.Errorf("no verb %s", verb)
		}
	}
}

// Examples must work as they stand: verbs and flags exist.
func TestExamplesParse(t *testing.T) {
	root := newRoot(&app{}, &globalFlags{}, true)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			visit(child)
		}
		for line := range strings.Lines(cmd.Example) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "evalctl ")
			if !ok {
				t.Errorf("%s: an example is %q", cmd.CommandPath(), line)
				continue
			}
			words := splitWords(t, rest)
			if end := slices.IndexFunc(words, func(w string) bool { return w == "|" || w == ">" || w == "<" }); end >= 0 {
				words = words[:end]
			}
			found, args, err := root.Find(words)
			if err == nil {
				err = found.ParseFlags(args)
			}
			if err == nil {
				err = found.ValidateArgs(found.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: %s: %v", cmd.CommandPath(), line, err)
			}
		}
	}
	visit(root)
}
