package render

import (
	"bytes"
	"fmt"
	"io"
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
	Face      Face // of the formats for people: table, wide, brief
	NoHeaders bool // of table, wide, csv, tsv
	Indent    bool // json over several lines
	// Table is the name of one of the document's tables, for table, wide, csv, tsv
	// and md; "" is the main one of csv and tsv, all of md, the screen of the others.
	Table string
	// Columns are names of columns of that table, in the order wanted; nil is all.
	Columns []string
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
	if options.NoHeaders && !format.HasHeaders() {
		return nil, usage("", "headings cannot be left out of %s output", format)
	}
	chosen := options.Table != "" || len(options.Columns) > 0
	if chosen && !format.HasTables() {
		return nil, usage("tables and columns are chosen with table, wide, csv, tsv and md", "%s output is not made of tables", format)
	}
	switch format {
	case FormatTable, FormatWide:
		screen := doc.Screen
		if format == FormatWide && doc.Wide != nil {
			screen = doc.Wide
		}
		if chosen {
			var err error
			if screen, err = recordsScreen(doc, screen, format == FormatWide, options); err != nil {
				return nil, err
			}
		}
		return encodeText(screen, options)
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
	case FormatYAML:
		return encodeYAML(doc)
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

// write hands over all of data at once.
func write(w io.Writer, data []byte) error {
	n, err := w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}
