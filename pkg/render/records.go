package render

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// encodeCSV writes one table as RFC 4180 has it, but with lines ended by a line
// feed alone.
func encodeCSV(doc Document, options Options) ([]byte, error) {
	lines, err := records(doc, options)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	for _, line := range lines {
		if len(line) == 1 && line[0] == "" {
			// An empty line would not be read back as a record.
			writer.Flush()
			out.WriteString("\"\"\n")
			continue
		}
		if err := writer.Write(line); err != nil {
			return nil, err
		}
	}
	writer.Flush()
	return out.Bytes(), writer.Error()
}

// encodeTSV writes one table as IANA's text/tab-separated-values has it: no
// quoting, as no cell holds a tab or a line break.
func encodeTSV(doc Document, options Options) ([]byte, error) {
	lines, err := records(doc, options)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, line := range lines {
		out.WriteString(strings.Join(line, "\t") + "\n")
	}
	return out.Bytes(), nil
}

// records returns the headings and rows of one table. Cells are protected against
// nothing but control characters: what a spreadsheet makes of "=1+1" is its
// reader's business, a changed text would be ours.
func records(doc Document, options Options) ([][]string, error) {
	chosen, err := tables(doc, options)
	if err != nil {
		return nil, err
	}
	table := chosen[0]
	var lines [][]string
	if !options.NoHeaders {
		lines = append(lines, sanitizeAll(table.Columns))
	}
	for _, row := range table.Rows {
		lines = append(lines, sanitizeAll(row))
	}
	return lines, nil
}

func sanitizeAll(cells []string) []string {
	clean := make([]string, len(cells))
	for i, cell := range cells {
		clean[i] = Sanitize(cell)
	}
	return clean
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
