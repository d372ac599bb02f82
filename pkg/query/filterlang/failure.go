package filterlang

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/evalctl/evalctl/pkg/query"
)

// failure is the error for a token; the hint shows it in the text, with a caret
// below its first character.
func (p *parser) failure(t token, message, hint string) error {
	line, column := excerpt(p.text, t.at)
	shown := line + "\n" + strings.Repeat(" ", column) + "^"
	if hint != "" {
		shown += "\n" + hint
	}
	return &query.Error{Code: query.Usage, Message: printable(clip(message)), Hint: shown}
}

// Columns of a text that are shown around a place.
const (
	shownBefore = 60
	shownBehind = 36
)

// excerpt is the part of a text around a place, on one line, and the column of that
// place in it.
func excerpt(text string, at int) (line string, column int) {
	before, behind := printable(text[:at]), printable(text[at:])
	if runes := []rune(before); len(runes) > shownBefore {
		before = "…" + string(runes[len(runes)-shownBefore:])
	}
	if runes := []rune(behind); len(runes) > shownBehind {
		behind = string(runes[:shownBehind]) + "…"
	}
	return before + behind, displaywidth.String(before)
}

// clip keeps a message short that quotes the text.
func clip(message string) string {
	const most = 160
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return message
}

// printable has a space for each character that would move the caret.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
