package query

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Pattern is a value as a person asks for it: a glob, in which "*" stands for any
// characters, slashes included, and "?" for one; or, between slashes, a regular
// expression (RE2), which may be found anywhere in the value. Both know upper and
// lower case. The zero Pattern matches everything.
type Pattern struct {
	text       string
	set        bool
	expression *regexp.Regexp // nil of a glob
}

// ParsePattern reads a pattern; "" is the empty value. The error has code Usage.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text, set: true}
	if len(text) < 2 || text[0] != '/' || text[len(text)-1] != '/' {
		return p, nil
	}
	var err error
	if p.expression, err = regexp.Compile(text[1 : len(text)-1]); err != nil {
		return Pattern{}, &Error{
			Code: Usage, Message: fmt.Sprintf("%s is no regular expression: %v", text, err),
			Hint: "what stands between slashes is one, as in /falcon-[0-9]+b/; its syntax is that of https://golang.org/s/re2syntax",
		}
	}
	return p, nil
}

// IsSet reports whether there is a pattern, so that not everything matches.
func (p Pattern) IsSet() bool { return p.set }

// IsExpression reports whether the pattern is a regular expression, which no
// MLflow server evaluates.
func (p Pattern) IsExpression() bool { return p.expression != nil }

// String returns the pattern as typed.
func (p Pattern) String() string { return p.text }

// Match reports whether a value is what the pattern asks for.
func (p Pattern) Match(value string) bool {
	switch {
	case !p.set:
		return true
	case p.expression != nil:
		return p.expression.MatchString(value)
	default:
		return matchGlob(p.text, value)
	}
}

// matchGlob goes back to the last "*" only: what an earlier one stands for never
// has to change.
func matchGlob(glob, text string) bool {
	resumeGlob, resumeText := -1, 0
	g, t := 0, 0
	for t < len(text) {
		_, size := utf8.DecodeRuneInString(text[t:])
		switch {
		case g < len(glob) && glob[g] == '*':
			resumeGlob, resumeText = g+1, t
			g++
		case g < len(glob) && glob[g] == '?':
			g, t = g+1, t+size
		case g < len(glob) && glob[g] == text[t]:
			g, t = g+1, t+1
		case resumeGlob >= 0:
			_, size := utf8.DecodeRuneInString(text[resumeText:])
			resumeText += size
			g, t = resumeGlob, resumeText
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// condition asks a store for the values of a field that the pattern matches, or
// for more; false if no condition can.
func (p Pattern) condition(entity Entity, key string) (Condition, bool) {
	switch {
	case !p.set:
		return Condition{}, false
	case p.expression != nil:
		return Condition{entity, key, HasPrefix, ""}, true
	case strings.ContainsAny(p.text, "*?"):
		return Condition{entity, key, Like, p.text}, true
	default:
		return Condition{entity, key, Equal, p.text}, true
	}
}
