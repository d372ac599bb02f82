// Package render turns a [Document] into bytes: text for a terminal or a pipe,
// JSON, CSV, Markdown. It is the last stage of the flow
// query → artifacts → compare → render, and knows nothing of evaluations: what a
// table says, and every verdict and tone in it, was decided before.
package render

import (
	"strconv"
	"strings"
)

// Document is what a verb answers with: one value, and the faces that the
// encoders draw. All faces are made from the same value in one place, so formats
// cannot disagree.
type Document struct {
	Kind     string // the contract's kind, such as "comparison"
	Data     any    // the typed value; encodes to a JSON object
	Warnings any    // the envelope's warnings; encodes to a JSON list

	Items    []any  // elements of the main list, one a line in JSON Lines; objects
	ItemKind string // their "kind" there, such as "row"; "": there is no list
	Summary  any    // what closes JSON Lines: an object of counts; may be nil

	Screen []Block   // what a person reads
	Wide   []Block   // the same with more columns; nil: as Screen
	Brief  []string  // a few lines for chat and agents; nil: as Screen
	Tables []Records // CSV, TSV and Markdown; the first is the main one
	Report []Block   // Markdown, unless tables or columns are chosen, for people who read it in a comment; nil: Tables
	Names  []string  // ids only; nil: the document has no names
}

// Block is a part of a screen: [Table], [Paragraph], [Count], [Notes] or
// [Alternatives]. Blocks are separated by one blank line.
type Block interface{ isBlock() }

// Alternatives are layouts of the same content, the best first. A terminal shows
// the first whose tables with headings fit it uncut, else the last; a pipe, which
// has room for everything, and formats that draw no screen take the first.
type Alternatives [][]Block

// Table is aligned columns without lines between them. Columns that hold nothing
// at all are left out.
type Table struct {
	Columns  []Column
	Rows     []Row
	NoHeader bool
	// Keys is how many columns say what a line is about. A table that is wider than
	// the terminal is continued below itself, after these columns; 0: never.
	Keys int
}

// Column is a heading and how the cells below it stand.
type Column struct {
	Title string
	Align Align
	// Flexible columns give way, with "…", when a table is wider than the
	// terminal. In a pipe nothing is cut.
	Flexible bool
	// Middle has a flexible column cut in the middle: names that differ at their
	// ends stay apart.
	Middle bool
}

// Align is how the cells of a column stand.
type Align int

// Alignments. Point lines decimal points up: of the first word, what stands before
// the point (or all of it, where there is no point) is set to the right, the rest
// to the left. What follows after a blank, such as "± 22" or a second number, is
// lined up too, unless it begins with a letter. Headings stand as the cells do;
// over Point columns they stand to the left.
const (
	Left Align = iota
	Right
	Point
)

// Row is the cells of one line; a row without cells is a blank line. The last cell
// of a row with fewer cells than the table has columns runs on over the columns to
// its right if it stands in a Left column, and does not widen its own.
type Row []Cell

// Cell is a text and its tone.
type Cell struct {
	Text string
	Tone Tone
}

// Tone is the meaning that colour carries; the text says the same without it.
type Tone int

// Tones.
const (
	Plain   Tone = iota
	Strong       // the answer
	Muted        // context
	Good         // better
	Bad          // worse, failed
	Caution      // warnings, undecided
)

// Paragraph is prose, wrapped to the width of the terminal, a line an entry.
type Paragraph []Cell

// Count is the sentence under a list that says how much of it is shown. It goes
// with the headings: output without them is for programs.
type Count string

// Notes are footnotes, numbered from 1 with raised figures: ¹ ² ³.
type Notes []string

func (Alternatives) isBlock() {}
func (Table) isBlock()        {}
func (Paragraph) isBlock()    {}
func (Count) isBlock()        {}
func (Notes) isBlock()        {}

// Records is a table of exact text for programs: CSV, TSV and Markdown.
type Records struct {
	Name    string   // "rows", "averages": what Options.Table selects
	Columns []string // headings, as the contract names them
	Rows    [][]string
	Numeric []bool // which columns hold numbers; Markdown sets those to the right
}

// Mark returns the raised figure of note number n, from 1.
func Mark(n int) string {
	return strings.Map(func(digit rune) rune {
		if digit < '0' || digit > '9' {
			return digit
		}
		return []rune(raised)[digit-'0']
	}, strconv.Itoa(n))
}

// raised holds the raised figures 0 to 9 in order.
const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹"
