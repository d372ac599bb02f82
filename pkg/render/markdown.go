package render

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
)

// encodeMarkdown writes the document's tables as GitHub Flavored Markdown, under
// their names if there are several, and then what its screen says in words: a
// table without the remarks that belong to it would be silent about them. A
// document with a report is drawn as that, unless a table is asked for.
func encodeMarkdown(doc Document, options Options) ([]byte, error) {
	if doc.Report != nil && options.Table == "" && len(options.Columns) == 0 {
		return joinParts(markdownBlocks(doc.Report)), nil
	}
	chosen, err := tables(doc, options)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, table := range chosen {
		if len(chosen) > 1 && table.Name != "" {
			parts = append(parts, "**"+markdownText(table.Name)+"**\n")
		}
		parts = append(parts, markdownTable(table))
	}
	for _, block := range firstLayout(doc.Screen) {
		if _, isTable := block.(Table); !isTable { // the records say it
			parts = append(parts, markdownBlocks([]Block{block})...)
		}
	}
	return joinParts(parts), nil
}

// markdownBlocks writes blocks one after the other.
func markdownBlocks(blocks []Block) []string {
	var parts []string
	for _, block := range firstLayout(blocks) {
		switch block := block.(type) {
		case Table:
			parts = append(parts, markdownScreenTable(block))
		case Paragraph:
			parts = append(parts, markdownParagraph(block))
		case Count:
			parts = append(parts, markdownParagraph(Paragraph{{Text: string(block)}}))
		case Notes:
			parts = append(parts, markdownNotes(block))
		}
	}
	return parts
}

// markdownScreenTable writes a table as people see it, less the columns that hold
// nothing at all.
func markdownScreenTable(table Table) string {
	var records Records
	for i, column := range table.Columns {
		used := column.Title != ""
		for _, row := range table.Rows {
			used = used || i < len(row) && row[i].Text != ""
		}
		if !used {
			continue
		}
		records.Columns = append(records.Columns, column.Title)
		records.Numeric = append(records.Numeric, column.Align != Left)
		for j, row := range table.Rows {
			if len(records.Rows) <= j {
				records.Rows = append(records.Rows, nil)
			}
			text := ""
			if i < len(row) {
				text = row[i].Text
			}
			records.Rows[j] = append(records.Rows[j], text)
		}
	}
	return markdownTable(records)
}

// joinParts separates the parts that say something by a blank line.
func joinParts(parts []string) []byte {
	var out bytes.Buffer
	for _, part := range parts {
		if part == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(part)
	}
	return out.Bytes()
}

func markdownTable(table Records) string {
	var out strings.Builder
	line := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	cells := make([]string, len(table.Columns))
	text := func(row []string) []string {
		for i, cell := range row {
			cells[i] = markdownText(cell)
		}
		return cells
	}
	line(text(table.Columns))
	for i := range cells {
		cells[i] = "---"
		if i < len(table.Numeric) && table.Numeric[i] {
			cells[i] = "---:"
		}
	}
	line(cells)
	for _, row := range table.Rows {
		line(text(row))
	}
	return out.String()
}

// markdownParagraph keeps the lines apart: GitHub shows a break in a comment but
// not in a file, unless a backslash asks for it.
func markdownParagraph(paragraph Paragraph) string {
	var lines []string
	for _, cell := range paragraph {
		if text := markdownLine(cell.Text); text != "" {
			lines = append(lines, text)
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\\\n") + "\n"
}

func markdownNotes(notes Notes) string {
	var out strings.Builder
	for i, note := range notes {
		out.WriteString(strconv.Itoa(i+1) + ". " + markdownLine(note) + "\n")
	}
	return out.String()
}

// markdownLine is [markdownText] for text that begins a line, where it could also
// be taken for a heading, a list, a quotation or a rule.
func markdownLine(text string) string {
	text = markdownText(strings.TrimSpace(Sanitize(text)))
	if text == "" {
		return ""
	}
	switch first := text[0]; first {
	case '#', '-', '+', '=', '>':
		rest := strings.TrimLeft(text, string(first))
		if first == '>' || rest == "" || rest[0] == ' ' {
			return `\` + text
		}
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits > 0 && digits < len(text) && (text[digits] == '.' || text[digits] == ')') {
		return text[:digits] + `\` + text[digits:]
	}
	return text
}

// markdownText escapes what GitHub would take for markup or the end of a cell.
// Underscores inside words are text there and stay readable.
func markdownText(text string) string {
	runes := []rune(Sanitize(text))
	inWord := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	var out strings.Builder
	for i, r := range runes {
		if strings.ContainsRune("\\|<&*`[~", r) || r == '_' && !(inWord(i-1) && inWord(i+1)) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
