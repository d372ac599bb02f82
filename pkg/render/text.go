package render

import (
	"bytes"
	"fmt"
	"strings"
)

// page is text being laid out for one face. Text passes clean before anything is
// measured, and paint after, so that neither control characters nor colours count
// as width.
type page struct {
	out     bytes.Buffer
	face    Face
	palette palette
}

func newPage(face Face) *page {
	p := &page{face: face}
	p.palette = newPalette(&p.out, face)
	return p
}

// encodeText draws blocks, one blank line between them.
func encodeText(blocks []Block, options Options) ([]byte, error) {
	p := newPage(options.Face)
	for _, block := range p.layout(blocks, options.NoHeaders) {
		var lines []string
		switch block := block.(type) {
		case Table:
			drawn, err := p.table(block)
			if err != nil {
				return nil, err
			}
			lines = drawn
		case Paragraph:
			lines = p.paragraph(block)
		case Count:
			if !options.NoHeaders {
				lines = p.paragraph(Paragraph{{string(block), Muted}})
			}
		case Notes:
			lines = p.notes(block)
		default:
			return nil, fmt.Errorf("block of unknown type %T", block)
		}
		if len(lines) == 0 {
			continue
		}
		if p.out.Len() > 0 {
			p.out.WriteByte('\n')
		}
		for _, line := range lines {
			p.out.WriteString(line + "\n")
		}
	}
	return p.out.Bytes(), nil
}

// encodeBrief prints lines as they are: a chat or an agent does its own wrapping.
func encodeBrief(brief []string, face Face) []byte {
	p := newPage(face)
	for _, line := range brief {
		p.out.WriteString(p.clean(line) + "\n")
	}
	return p.out.Bytes()
}

// columns is the width that text is fitted to; 0 is unlimited.
func (p *page) columns() int {
	if !p.face.Terminal {
		return 0
	}
	return max(p.face.Width, 0)
}

// clean makes text safe to print and fit for the face, without blanks at its end.
func (p *page) clean(text string) string {
	text = Sanitize(text)
	if !p.face.Unicode {
		text = ascii(text)
	}
	return strings.TrimRight(text, " ")
}

func (p *page) paragraph(paragraph Paragraph) []string {
	var lines []string
	for _, cell := range paragraph {
		for _, line := range wrap(p.clean(cell.Text), p.columns()) {
			lines = append(lines, p.palette.paint(line, cell.Tone))
		}
	}
	return lines
}

// notes numbers footnotes, their texts under one another.
func (p *page) notes(notes Notes) []string {
	indent := width(p.clean(Mark(len(notes)))) + 1
	columns := p.columns()
	if columns > 0 {
		columns = max(columns-indent, 1)
	}
	var lines []string
	for i, note := range notes {
		before := p.clean(Mark(i + 1))
		for _, line := range wrap(p.clean(note), columns) {
			lines = append(lines, strings.TrimRight(pad(before, indent)+line, " "))
			before = ""
		}
	}
	return lines
}
