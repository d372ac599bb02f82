package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Face says how text may look where it goes. The zero value is a pipe that takes
// ASCII only: no colour, nothing cut or wrapped.
type Face struct {
	Terminal bool // text is fitted to Width
	Width    int  // columns of the terminal; 0 is unlimited
	Color    bool // tones are coloured, on a terminal or not
	Unicode  bool // else symbols are spelt in ASCII
	Dark     bool // the background, for the choice of colours
}

// Options are what the caller of [Encode] chooses beside the format.
type Options struct {
	Face      Face   // of the formats for people: table, wide, brief
	NoHeaders bool   // of table, wide, csv, tsv
	Table     string // which of the document's tables csv, tsv and md print
	Indent    bool   // json over several lines
}

// UsageError is a request that the document cannot answer: an unknown format or
// table, a format that the document does not have, a jq expression that fails.
type UsageError struct {
	Message string // lower case, one line, free of control characters
	Hint    string // what to do instead; may be empty
	Err     error  // the cause; may be nil
}

// Error returns the message.
func (e *UsageError) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

func usage(hint, format string, args ...any) *UsageError {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Encode writes doc to w in one format. Everything is made before the first byte
// is written, so an error that is not w's own leaves w untouched. Requests that
// make no sense for the document or the format are a [*UsageError].
func Encode(w io.Writer, doc Document, format Format, options Options) error {
	encoded, err := encode(doc, format, options)
	if err != nil {
		return err
	}
	return write(w, encoded)
}

func encode(doc Document, format Format, options Options) ([]byte, error) {
	if options.NoHeaders && !format.hasHeaders() {
		return nil, usage("", "headings cannot be left out of %s output", format)
	}
	if options.Table != "" && !format.hasRecords() {
		return nil, usage("tables are chosen with csv, tsv and md", "%s output is not made of tables", format)
	}
	switch format {
	case FormatTable:
		return encodeText(doc.Screen, options)
	case FormatWide:
		if doc.Wide == nil {
			return encodeText(doc.Screen, options)
		}
		return encodeText(doc.Wide, options)
	case FormatBrief:
		if doc.Brief == nil {
			return encodeText(doc.Screen, options)
		}
		return encodeBrief(doc.Brief, options.Face), nil
	case FormatJSON:
		return encodeJSON(doc, options.Indent)
	case FormatJSONL:
		return encodeJSONLines(doc)
	case FormatCSV:
		return encodeCSV(doc, options)
	case FormatTSV:
		return encodeTSV(doc, options)
	case FormatMarkdown:
		return encodeMarkdown(doc, options)
	case FormatName:
		return encodeNames(doc)
	default:
		_, err := ParseFormat(string(format))
		return nil, err
	}
}

// encodeNames prints ids, one a line, for xargs and shell loops.
func encodeNames(doc Document) ([]byte, error) {
	if doc.Names == nil {
		return nil, usage("-o json has everything", "%s output has no names to list", doc.Kind)
	}
	var out bytes.Buffer
	for _, name := range doc.Names {
		out.WriteString(Sanitize(name) + "\n")
	}
	return out.Bytes(), nil
}

// tables returns the tables of doc that were asked for: one by its name, or all.
func tables(doc Document, name string) ([]Records, error) {
	if len(doc.Tables) == 0 {
		return nil, usage("-o json has everything", "%s output has no table of records", doc.Kind)
	}
	if name == "" {
		return doc.Tables, nil
	}
	names := make([]string, len(doc.Tables))
	for i, table := range doc.Tables {
		if table.Name == name {
			return doc.Tables[i : i+1], nil
		}
		names[i] = table.Name
	}
	return nil, usage("one of "+strings.Join(names, ", "), "%s output has no table %q", doc.Kind, name)
}

// check reports a row that does not have a cell for each column: programs that
// read records count on it.
func (r Records) check() error {
	for i, row := range r.Rows {
		if len(row) != len(r.Columns) {
			return fmt.Errorf("table %q: row %d has %d cells for %d columns", r.Name, i+1, len(row), len(r.Columns))
		}
	}
	return nil
}

// write hands over all of data at once.
func write(w io.Writer, data []byte) error {
	n, err := w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}
