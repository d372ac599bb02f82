package render

import (
	"strings"
	"unicode/utf8"
)

// Sanitize makes text from a server, a model or a file safe to print on one line
// of a terminal. Escape sequences (ECMA-48: CSI, OSC, DCS and the like, in their
// 7-bit and 8-bit forms), other control characters and the Unicode controls that
// reorder text are removed; each run of line breaks and tabs becomes one blank;
// bytes that are not UTF-8 become U+FFFD. What an unfinished sequence would have
// swallowed stays visible. Sanitize is idempotent.
func Sanitize(text string) string { return sanitize(text, "") }

// SanitizeLines is [Sanitize] for text whose line breaks and tabs are meant.
func SanitizeLines(text string) string { return sanitize(text, "\n\t") }

func sanitize(text, keep string) string {
	if isClean(text) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	blank := false // the last thing written stands for a line break or a tab
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case strings.ContainsRune(keep, r):
			out.WriteRune(r)
		case isBreak(r):
			if !blank {
				out.WriteByte(' ')
			}
			blank = true
			i += size
			continue
		case r == '\x1b' || r >= 0x80 && r <= 0x9f:
			size = sequence(text[i:])
		case isControl(r):
		default:
			out.WriteRune(r) // U+FFFD where the byte was not UTF-8
		}
		blank = false
		i += size
	}
	return out.String()
}

// isClean is the fast path: nearly all text is.
func isClean(text string) bool {
	for i, r := range text {
		if isControl(r) || isBreak(r) {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

// isBreak reports whether r is layout that a cell cannot hold.
func isBreak(r rune) bool {
	return r >= '\t' && r <= '\r' || r == 0x85 || r == '\u2028' || r == '\u2029'
}

// isControl reports whether r acts on a terminal instead of being shown: C0, DEL,
// C1, and the bidirectional marks, embeddings, overrides and isolates (Unicode
// Standard Annex 9; "Trojan Source", Boucher and Anderson 2021).
func isControl(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || isReordering(r)
}

func isReordering(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// sequence returns the length in bytes of the control sequence that text begins
// with, or of its first character alone if the sequence is not finished.
func sequence(text string) int {
	introducer, start := utf8.DecodeRuneInString(text)
	if introducer == '\x1b' {
		if len(text) == start {
			return start
		}
		switch b := text[start]; {
		case b >= 0x40 && b <= 0x5f: // the 7-bit form of a C1 control
			introducer = rune(b) + 0x40
			start++
		case b >= 0x20 && b <= 0x7e:
			return start + escape(text[start:])
		default:
			return start
		}
	}
	switch introducer {
	case 0x9b: // CSI
		if n := csi(text[start:]); n > 0 {
			return start + n
		}
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f: // DCS, SOS, OSC, PM, APC
		if n := controlString(text[start:]); n > 0 {
			return start + n
		}
	}
	return start
}

// escape returns the length of what follows ESC in other sequences: intermediate
// bytes and a final one, or 0 if there is none.
func escape(text string) int {
	n := len(text) - len(strings.TrimLeft(text, " !\"#$%&'()*+,-./"))
	if n < len(text) && text[n] >= 0x30 && text[n] <= 0x7e {
		return n + 1
	}
	return 0
}

// csi returns the length of the parameters, intermediate bytes and final byte
// after CSI, or 0 if they are not complete.
func csi(text string) int {
	for i := range len(text) {
		switch b := text[i]; {
		case b >= 0x40 && b <= 0x7e:
			return i + 1
		case b < 0x20 || b > 0x7e:
			return 0
		}
	}
	return 0
}

// controlString returns the length of a control string with its terminator (ST, or
// BEL as xterm allows), or 0 if it is not terminated before another sequence.
func controlString(text string) int {
	for i, r := range text {
		switch r {
		case '\a':
			return i + 1
		case 0x9c:
			return i + utf8.RuneLen(r)
		case '\x1b':
			if strings.HasPrefix(text[i+1:], `\`) {
				return i + 2
			}
			return 0
		}
	}
	return 0
}
