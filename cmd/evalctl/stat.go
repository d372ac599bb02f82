package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare/infer"
)

// newStat makes the verb, with a command for each function only if withFunctions:
// building dozens of commands would slow down every other verb's start.
func newStat(a *app, global *globalFlags, withFunctions bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "stat [NAME]",
		Short:   "One statistic of numbers given by hand",
		GroupID: groupAnswer,
		Long: `stat computes an interval, a test or another statistic of numbers that you give,
so that nobody has to do it in their head. Without a name it lists what there is;
evalctl stat NAME --help says what one takes and where its formula is from.

Inputs are flags, or a JSON object on standard input. Numbers are read exactly;
lists are written 0.1,0.2 or as JSON. What is undefined is null, with the reason.

` + exitStatusesHelp,
		Example: `  evalctl stat
  evalctl stat tango --n 164 --base-only 17 --cand-only 9
  evalctl stat wilson_interval --k 178 --n 200 -o brief
  evalctl stat holm --p 0.01,0.04,0.03 --jq .data.values
  evalctl stat holm < p-values.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.print(cmd.Context(), kind.StatsDocument(kind.NewStats(), nil), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Stats)
	if withFunctions {
		for _, f := range infer.Functions() {
			cmd.AddCommand(newStatFunction(a, global, f))
		}
	}
	return cmd
}

func newStatFunction(a *app, global *globalFlags, f infer.Function) *cobra.Command {
	given := map[string]*inputText{} // by input
	cmd := &cobra.Command{
		Use:     f.Name,
		Short:   shortSummary(f.Summary),
		Long:    statHelp(f),
		Example: statExample(f),
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inputs, err := a.statInputs(cmd, f, given)
			if err != nil {
				return err
			}
			evaluation, err := f.Eval(inputs)
			if wrong, ok := errors.AsType[*infer.InputError](err); ok {
				return &usageError{
					message: fmt.Sprintf("stat %s: %s: %s", f.Name, flagName(wrong.Input), wrong.Problem),
					hint:    "evalctl stat " + f.Name + " --help   says what it takes",
				}
			}
			if err != nil {
				return err
			}
			value, err := kind.NewStat(f, inputs, evaluation)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.StatDocument(value, nil), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	for _, input := range f.Inputs {
		given[input.Name] = &inputText{kind: input.Kind}
		cmd.Flags().Var(given[input.Name], flagName(input.Name), inputUsage(input))
	}
	global.output.register(cmd, kind.Stat)
	return cmd
}

// shortSummary is as much of a summary as a list of commands has room for.
func shortSummary(summary string) string {
	const room = 56
	if len(summary) <= room {
		return summary
	}
	short := summary[:strings.LastIndexByte(summary[:room], ' ')]
	return strings.TrimRight(short, ":,") + " …"
}

// flagName is an input as a flag: base_only is --base-only.
func flagName(input string) string { return strings.ReplaceAll(input, "_", "-") }

func inputUsage(input infer.Input) string {
	usage := input.Meaning
	if len(input.Words) > 0 {
		usage += " (" + strings.Join(input.Words, ", ") + ")"
	}
	if input.Default != "" {
		usage += " (default " + input.Default + ")"
	} else if input.Required {
		usage += " (required)"
	}
	return usage
}

// inputText is a flag's text; help shows the kind of input as its type.
type inputText struct {
	text string
	kind infer.Kind
}

func (t *inputText) String() string { return t.text }

// Set takes any text: what it means is decided with all inputs at hand.
func (t *inputText) Set(text string) error {
	t.text = text
	return nil
}

func (t *inputText) Type() string { return string(t.kind) }

func statHelp(f infer.Function) string {
	var help strings.Builder
	fmt.Fprintf(&help, "%s.\n\nFormula: %s.\n\nGives:\n", f.Summary, f.Source)
	for _, output := range f.Outputs {
		fmt.Fprintf(&help, "  %-16s %s\n", output.Name, output.Meaning)
	}
	help.WriteString("\n" + exitStatusesHelp)
	return help.String()
}

// statExample shows the call with each input that it needs.
func statExample(f infer.Function) string {
	example := "  evalctl stat " + f.Name
	for _, input := range f.Inputs {
		if input.Required {
			example += " --" + flagName(input.Name) + " " + strings.ToUpper(string(input.Kind))
		}
	}
	return example
}

// statInputs are the flags that were given, else the JSON object on standard
// input.
func (a *app) statInputs(cmd *cobra.Command, f infer.Function, given map[string]*inputText) (map[string]any, error) {
	inputs := map[string]any{}
	for _, input := range f.Inputs {
		if !cmd.Flags().Changed(flagName(input.Name)) {
			continue
		}
		value, err := inputValue(input, given[input.Name].text)
		if err != nil {
			return nil, usagef("--%s: %v", flagName(input.Name), err)
		}
		inputs[input.Name] = value
	}
	if len(inputs) > 0 || a.stdin == nil {
		return inputs, nil
	}
	const most = 64 << 20
	text, err := io.ReadAll(io.LimitReader(a.stdin, most))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return inputs, nil
	}
	if err := decodeExactly(text, &inputs); err != nil || inputs == nil {
		return nil, usagef("standard input is not one JSON object with the inputs of %s", f.Name)
	}
	return inputs, nil
}

// inputValue reads a flag: JSON where it looks like a list or an object, a list
// with commas, or the text itself.
func inputValue(input infer.Input, text string) (any, error) {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "{") {
		var value any
		err := decodeExactly([]byte(trimmed), &value)
		return value, err
	}
	switch input.Kind {
	case infer.KindNumbers, infer.KindCounts, infer.KindLabels, infer.KindWords:
		list := []any{}
		for part := range strings.SplitSeq(trimmed, ",") {
			if part = strings.TrimSpace(part); part != "" || trimmed != "" {
				list = append(list, part)
			}
		}
		return list, nil
	case infer.KindTable, infer.KindRecords:
		return nil, errors.New("write it as JSON: [[…], …] or [{…}, …]")
	default:
		return trimmed, nil
	}
}

// decodeExactly reads one JSON value and keeps its numbers as they are written.
func decodeExactly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}
