package query

import (
	"fmt"
	"strconv"
	"strings"
)

// Selector is one side as typed: [LABEL=]SOURCE[,SOURCE…]. Several sources are
// repeats of one configuration.
type Selector struct {
	Text    string // without the label
	Label   string // "" if none was given
	Sources []Source
}

// Source is one part of a selector.
type Source struct {
	Text string // as typed
	Kind Kind
	Demo bool   // prefixed with "demo:": looked up in the built-in data
	ID   string // lower-case hex digits: an invocation id or prefix, or a run id; of ByBundle as typed
	Job  int    // of ByJob: the n of "<invocation>.<n>"
	Path string // of ByPath

	Model     string  // of ByModel: a glob
	Version   Version // of ByVersion
	Baseline  string  // of ByBaseline: its name
	Back      int     // of ByLatest: how many invocations before the newest
	Server    string  // of ByPage: the address of the tracking server
	Workspace string  // of ByPage: the workspace that the page is in; "" if it does not say
}

// Chooses reports whether the source stands for whatever a [Selection] leaves,
// and not for something that has a name of its own.
func (s Source) Chooses() bool { return s.Kind == ByModel || s.Kind == ByLatest }

// Kind is how a [Source] names runs.
type Kind int

// Kinds.
const (
	ByInvocation Kind = iota // an invocation id, or a prefix of one
	ByJob                    // one job of an invocation
	ByRun                    // an MLflow run id
	ByPath                   // a launcher output directory or a results.yml
	ByBundle                 // the run id of nel-next, or a prefix of one
	ByPage                   // the address of a run's page
	ByModel                  // for each task the newest finished run of a model
	ByLatest                 // the newest invocation, or one before
	ByVersion                // the evaluations of a version of a registered model
	ByBaseline               // the runs that a name was given to
)

// MinPrefix is the least number of digits of an invocation prefix.
const MinPrefix = 4

// Lengths of ids in hexadecimal digits (nemo-evaluator-launcher: 8 digits to
// 0.1.8, 16 since; MLflow: uuid4().hex).
const (
	shortInvocation = 8
	longInvocation  = 16
	runID           = 32
)

const selectorHint = `a selector is an invocation id (71f3f3199ea5e1f0) or a prefix of 4 digits or more,
a job id (71f3f3199ea5e1f0.2), an MLflow run id (32 digits) or its page's address, a nel-next run id
(eval-…), model:NAME, models:/NAME/VERSION or @ALIAS, @latest, @latest~1, a baseline (@NAME),
a path (./results), or demo:ID;
"evalctl invocations" lists what there is`

// Letters of a selector's parts. Sets of characters do here what patterns would:
// patterns that are compiled at the start of every program cost it milliseconds.
const (
	decimalDigits = "0123456789"
	hexDigits     = decimalDigits + "abcdefABCDEF"
	letters       = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	labelLetters  = letters + decimalDigits + "._-"
)

// consistsOf reports whether text is not empty and has only these characters.
func consistsOf(text, characters string) bool {
	return text != "" && strings.Trim(text, characters) == ""
}

// ParseSelector reads what a person typed. The error has code Usage and says
// what a selector looks like.
func ParseSelector(text string) (Selector, error) {
	selector := Selector{Text: text}
	if label, rest, found := strings.Cut(text, "="); found && consistsOf(label, labelLetters) {
		selector.Label, selector.Text = label, rest
	}
	for _, part := range splitSources(selector.Text) {
		source, err := parseSource(part)
		if err != nil {
			return Selector{}, err
		}
		selector.Sources = append(selector.Sources, source)
	}
	return selector, nil
}

// splitSources cuts at commas; "\," is a comma inside a path.
func splitSources(text string) []string {
	const escaped = "\x00"
	parts := strings.Split(strings.ReplaceAll(text, `\,`, escaped), ",")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, escaped, ",")
	}
	return parts
}

func parseSource(text string) (Source, error) {
	source := Source{Text: text}
	rest, isDemo := strings.CutPrefix(text, "demo:")
	source.Demo = isDemo
	if isAddress(rest) {
		return parsePage(source)
	}
	if name, found := strings.CutPrefix(rest, "@"); found {
		return parseNamed(source, name)
	}
	if registered, found := strings.CutPrefix(rest, "models:"); found {
		version, err := parseVersion(text, registered)
		source.Kind, source.Version = ByVersion, version
		return source, err
	}
	if model, found := strings.CutPrefix(rest, "model:"); found {
		source.Kind, source.Model = ByModel, model
		if model == "" {
			return Source{}, notSelector("model: names no model")
		}
		return source, nil
	}
	if strings.HasPrefix(rest, bundlePrefix) && consistsOf(rest[len(bundlePrefix):], labelLetters) {
		source.Kind, source.ID = ByBundle, rest
		return source, nil
	}
	invocation, job, hasJob := strings.Cut(rest, ".")
	switch {
	case rest == "":
		return Source{}, notSelector("an empty selector")
	case consistsOf(rest, hexDigits):
		source.ID = strings.ToLower(rest)
		if len(rest) == runID {
			source.Kind = ByRun
			return source, nil
		}
		return source, checkInvocation(text, rest)
	case hasJob && consistsOf(invocation, hexDigits) && consistsOf(job, decimalDigits):
		n, err := strconv.Atoi(job)
		if err != nil {
			return Source{}, notSelector(fmt.Sprintf("%q has no job number", text))
		}
		source.Kind, source.ID, source.Job = ByJob, strings.ToLower(invocation), n
		return source, checkInvocation(text, invocation)
	case !isDemo && isPath(rest):
		source.Kind, source.Path = ByPath, rest
		return source, nil
	default:
		return Source{}, notSelector(fmt.Sprintf("%q is not a selector", text))
	}
}

// latest is the name of the newest invocation, which no baseline can have.
const latest = "latest"

// parseNamed reads what follows an "@".
func parseNamed(source Source, name string) (Source, error) {
	source.Kind = ByLatest
	if name == latest {
		return source, nil
	}
	back, found := strings.CutPrefix(name, latest+"~")
	if !found {
		source.Kind, source.Baseline = ByBaseline, name
		if err := CheckBaselineName(name); err != nil {
			return Source{}, notSelector(fmt.Sprintf("%q is not a selector: %v", source.Text, err))
		}
		if source.Demo {
			return Source{}, notSelector(fmt.Sprintf("%q is not a selector: a baseline is where it was pinned, so it is written without demo:", source.Text))
		}
		return source, nil
	}
	n, err := strconv.Atoi(back)
	if err != nil || !consistsOf(back, decimalDigits) {
		return Source{}, notSelector(fmt.Sprintf("%q is not a selector: after ~ stands how many invocations to go back", source.Text))
	}
	source.Back = n
	return source, nil
}

// CheckBaselineName reports why a baseline cannot have a name; nil if it can.
func CheckBaselineName(name string) error {
	switch {
	case !consistsOf(name, labelLetters):
		return &Error{Code: Usage, Message: "the name of a baseline has letters, digits, and any of . _ -"}
	case name == latest:
		return &Error{Code: Usage, Message: "@" + latest + " is the newest invocation"}
	}
	return nil
}

// isPath: a path contains a separator or starts with ".", "~" or a drive letter.
// A scheme, which also contains a separator, is none.
func isPath(text string) bool {
	if len(text) > 2 && consistsOf(text[:1], letters) && text[1] == ':' && strings.ContainsRune(`/\`, rune(text[2])) {
		return true // a drive
	}
	if scheme, _, found := strings.Cut(text, ":"); found && !strings.ContainsAny(scheme, `/\.~`) {
		return false
	}
	return strings.ContainsAny(text, `/\`) || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "~")
}

func checkInvocation(text, digits string) error {
	if len(digits) < MinPrefix {
		return &Error{
			Code:    Usage,
			Message: fmt.Sprintf("%q is too short for an invocation prefix: %d digits or more", text, MinPrefix),
			Hint:    "evalctl invocations   lists what there is",
		}
	}
	if len(digits) > longInvocation {
		return notSelector(fmt.Sprintf("%q has %d digits: invocation ids have %d or %d, run ids %d",
			text, len(digits), shortInvocation, longInvocation, runID))
	}
	return nil
}

func notSelector(message string) error {
	return &Error{Code: Usage, Message: message, Hint: selectorHint}
}
