package render

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// width returns how many terminal columns text takes: by grapheme clusters, so
// that a letter with its accents is 1 and a joined emoji 2, and whatever the
// locale says of East Asian text.
func width(text string) int { return displaywidth.String(text) }

// truncate shortens text to at most columns, ending in mark.
func truncate(text string, columns int, mark string) string {
	if width(text) <= columns {
		return text
	}
	return displaywidth.TruncateString(text, columns, mark)
}

// truncateMiddle shortens text to at most columns by what is in its middle.
func truncateMiddle(text string, columns int, mark string) string {
	room := columns - width(mark)
	if width(text) <= columns || room < 2 {
		return truncate(text, columns, mark)
	}
	begin := displaywidth.TruncateString(text, (room+1)/2, "")
	end := text
	for clusters := displaywidth.StringGraphemes(text); width(end) > room-width(begin) && clusters.Next(); {
		end = end[len(clusters.Value()):]
	}
	return begin + mark + end
}

// wrap breaks text at blanks into lines of at most columns; 0 is unlimited. Words
// are never broken: an id or a command that was cut cannot be copied.
func wrap(text string, columns int) []string {
	if columns <= 0 || width(text) <= columns {
		return []string{text}
	}
	var lines []string
	line, used := "", 0 // used counts columns
	for i, word := range strings.Split(text, " ") {
		taken := width(word)
		switch {
		case i == 0 || line == "" && len(lines) > 0:
			line, used = word, taken
		case strings.Trim(line, " ") == "" || used+1+taken <= columns:
			line, used = line+" "+word, used+1+taken
		default:
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = word, taken
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pad appends blanks until text takes columns.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(columns-width(text), 0))
}
