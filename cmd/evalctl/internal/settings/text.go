package settings

import (
	"slices"
	"strings"
)

// text is the lines of a file, which together are its bytes.
type text []line

// line is one of them; end is what breaks it, "" at the end of a file without one.
type line struct{ content, end string }

// linesOf takes a file apart where YAML 1.1 does, whose lines its nodes count.
func linesOf(data []byte) text {
	var lines text
	rest := string(data)
	for rest != "" {
		at := strings.IndexAny(rest, "\r\n\u0085\u2028\u2029")
		if at < 0 {
			return append(lines, line{rest, ""})
		}
		end := rest[at:]
		for _, mark := range []string{"\r\n", "\r", "\n", "\u0085", "\u2028", "\u2029"} {
			if strings.HasPrefix(end, mark) {
				end = mark
				break
			}
		}
		lines = append(lines, line{rest[:at], end})
		rest = rest[at+len(end):]
	}
	return lines
}

func (t text) bytes() []byte {
	var out []byte
	for _, l := range t {
		out = append(append(out, l.content...), l.end...)
	}
	return out
}

// spliced is the text with other lines in place of some, broken as its own are.
func (t text) spliced(old span, added text) text {
	end := "\n"
	if len(t) > 0 && t[0].end != "" {
		end = t[0].end
	}
	before := slices.Clone(t[:old.from])
	if n := len(before); n > 0 && len(added) > 0 && before[n-1].end == "" {
		before[n-1].end = end
	}
	for _, l := range added {
		before = append(before, line{l.content, end})
	}
	return append(before, t[old.to:]...)
}

func (l line) isBlank() bool { return strings.TrimSpace(l.content) == "" }

func (l line) isComment() bool { return strings.HasPrefix(strings.TrimLeft(l.content, " \t"), "#") }

// indent is how many blanks it begins with.
func (l line) indent() int { return len(l.content) - len(strings.TrimLeft(l.content, " ")) }
