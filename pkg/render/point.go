package render

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pointed is a cell of a Point column in the parts that are lined up.
type pointed struct {
	whole    string // to the left of the point: set to the right
	fraction string // the point and what follows it
	space    int    // blanks before rest
	rest     string // lined up unless it is words
}

func splitPoint(text string) pointed {
	number, rest, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
	whole := number
	if point := strings.IndexByte(number, '.'); point >= 0 {
		whole = number[:point]
	}
	trimmed := strings.TrimLeft(rest, " ")
	return pointed{
		whole:    whole,
		fraction: number[len(whole):],
		space:    1 + len(rest) - len(trimmed),
		rest:     trimmed,
	}
}

// isWords reports whether rest belongs to the number before it, as in "2 of 3",
// and not to a column of its own, as in "0.89 ± 2".
func (p pointed) isWords() bool {
	first, _ := utf8.DecodeRuneInString(p.rest)
	return unicode.IsLetter(first)
}

// alignPoints pads the texts of a column's cells so that their decimal points stand
// under one another when the cells are set to the left.
func alignPoints(cells []*Cell) {
	parts := make([]pointed, len(cells))
	before, after := 0, 0 // columns left of the points, and from there to the rest
	for i, cell := range cells {
		part := splitPoint(cell.Text)
		parts[i] = part
		before = max(before, width(part.whole))
		if part.rest != "" && !part.isWords() {
			after = max(after, width(part.fraction)+part.space)
		}
	}
	for i, cell := range cells {
		part := parts[i]
		text := strings.Repeat(" ", before-width(part.whole)) + part.whole + part.fraction
		if part.rest != "" {
			blanks := part.space
			if !part.isWords() {
				blanks = after - width(part.fraction)
			}
			text += strings.Repeat(" ", blanks) + part.rest
		}
		cell.Text = text
	}
}
