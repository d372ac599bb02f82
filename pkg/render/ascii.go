package render

import (
	"fmt"
	"strings"
)

// ascii spells text for a terminal or a locale without Unicode. Symbols that
// screens are drawn with have a spelling; other characters are escaped as Go and
// JSON write them, so that two names never look the same.
func ascii(text string) string {
	var out strings.Builder
	raisedRun := false // inside [12]
	for _, r := range text {
		digit := raisedDigit(r)
		if raisedRun && digit < 0 {
			out.WriteByte(']')
		}
		if !raisedRun && digit >= 0 {
			out.WriteByte('[')
		}
		raisedRun = digit >= 0
		switch {
		case raisedRun:
			out.WriteByte(byte('0' + digit))
		case r < 0x80:
			out.WriteRune(r)
		default:
			out.WriteString(spell(r))
		}
	}
	if raisedRun {
		out.WriteByte(']')
	}
	return out.String()
}

// raisedDigit returns which digit r is the raised form of, or -1.
func raisedDigit(r rune) int {
	for digit, figure := range []rune(raised) {
		if r == figure {
			return digit
		}
	}
	return -1
}

func spell(r rune) string {
	switch r {
	case '−', '–', '—', '‐', '‑':
		return "-"
	case '±':
		return "+/-"
	case 'Δ', '∆':
		return "delta"
	case '▲':
		return "better"
	case '▼':
		return "worse"
	case '↑':
		return "^"
	case '↓':
		return "v"
	case '≈':
		return "same"
	case '…':
		return "..."
	case '→':
		return "->"
	case '←':
		return "<-"
	case '≤':
		return "<="
	case '≥':
		return ">="
	case '≠':
		return "!="
	case '×':
		return "x"
	case '·':
		return "."
	case '•':
		return "*"
	case '∞':
		return "inf"
	case 'µ', 'μ':
		return "u"
	case '✓', '✔':
		return "ok"
	case '✗', '✘':
		return "x"
	case '“', '”':
		return `"`
	case '‘', '’':
		return "'"
	case '\u00a0', '\u2007', '\u2009', '\u202f':
		return " "
	}
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
