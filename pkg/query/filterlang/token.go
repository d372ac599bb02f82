package filterlang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the kind of a token.
type kind int

const (
	end      kind = iota
	word          // letters, digits, "_"
	number        // what begins like one
	single        // 'text', quotes included, as in the next two
	double        // "text"
	backtick      // `text`
	operator      // any run of < > = ! ~
	dot
	comma
	opening
	closing
	stray    // a character that means nothing
	unclosed // a quote without its end
	comment
)

// token is a piece of the text, all of it but spaces.
type token struct {
	kind kind
	text string
	at   int  // bytes before it
	gap  bool // a space is before it, or nothing
}

// scan cuts a text into tokens; the last one is end.
func scan(text string) []token {
	var tokens []token
	for at := 0; ; {
		rest := strings.TrimLeftFunc(text[at:], unicode.IsSpace)
		gap := len(rest) < len(text)-at || at == 0
		at = len(text) - len(rest)
		var before token
		if len(tokens) > 0 && !gap {
			before = tokens[len(tokens)-1]
		}
		kind, size := first(rest, before.kind)
		tokens = append(tokens, token{kind, rest[:size], at, gap})
		if kind == end {
			return tokens
		}
		at += size
	}
}

// first says what a text begins with. What is right before decides whether a dot is
// one in a key, and whether digits after it are.
func first(text string, before kind) (kind, int) {
	if text == "" {
		return end, 0
	}
	r, size := utf8.DecodeRuneInString(text)
	afterName := before == word || before == single || before == double || before == backtick
	switch {
	case strings.HasPrefix(text, "--"), strings.HasPrefix(text, "/*"), strings.HasPrefix(text, "# "):
		return comment, len(text)
	case r == '\'':
		return quoted(text, single)
	case r == '"':
		return quoted(text, double)
	case r == '`':
		return quoted(text, backtick)
	case r == '.' && (afterName || !digitAt(text, 1)):
		return dot, 1
	case before != dot && (r == '.' || digitAt(text, 0) || r == '-' && (digitAt(text, 1) || strings.HasPrefix(text, "-.") && digitAt(text, 2))):
		return number, numberSize(text)
	case isWord(r):
		size := strings.IndexFunc(text, func(r rune) bool { return !isWord(r) })
		if size < 0 {
			size = len(text)
		}
		return word, size
	case strings.ContainsRune("<>=!~", r):
		return operator, len(text) - len(strings.TrimLeft(text, "<>=!~"))
	case r == ',':
		return comma, 1
	case r == '(':
		return opening, 1
	case r == ')':
		return closing, 1
	default:
		return stray, size
	}
}

func digitAt(text string, i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }

// isWord reports what Python's \w matches.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// numberSize takes everything that is attached, so that an error shows all of it.
func numberSize(text string) int {
	previous := '-'
	for i, r := range text {
		sign := (r == '-' || r == '+') && (i == 0 || previous == 'e' || previous == 'E')
		if !sign && r != '.' && !isWord(r) {
			return i
		}
		previous = r
	}
	return len(text)
}

// quoted finds the end of a quoted text. A quote that is doubled or has a backslash
// before it does not end it, unless no other does; both stay as they are, for MLflow
// has no escapes.
func quoted(text string, of kind) (kind, int) {
	quote := text[0]
	last := -1 // the end, should no quote stand alone
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && of != backtick && i+1 < len(text) && text[i+1] == quote:
			i++
			last = i + 1
		case text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			last = i + 1
			i++
		case text[i] == quote:
			return of, i + 1
		}
	}
	if last > 0 {
		return of, last
	}
	return unclosed, len(text)
}
