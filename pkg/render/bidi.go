package render

import "strings"

// leftToRight is U+200E, which has no width and counts as a Latin letter in the
// Unicode bidirectional algorithm (Standard Annex 9).
const leftToRight = "\u200e"

// keepInPlace puts marks round text that is written from right to left. Without
// them a terminal that reorders text would take such a cell and the blanks and
// numbers behind it for one run, and swap columns. Marks are used because terminals
// that do not reorder have always taken them for nothing; isolates, which are
// younger, are boxes to some.
func (g *grid) keepInPlace(text string) string {
	if !g.marked || strings.IndexFunc(text, isRightToLeft) < 0 {
		return text
	}
	return leftToRight + text + leftToRight
}

// isRightToLeft reports whether r is of the blocks that Unicode keeps for scripts
// written from right to left (DerivedBidiClass.txt).
func isRightToLeft(r rune) bool {
	return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff ||
		r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}
