package render

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// tables returns the tables of doc that were asked for: one by its name, or all.
// Columns are of one table, of the main one if none was named.
func tables(doc Document, options Options) ([]Records, error) {
	if len(doc.Tables) == 0 {
		return nil, usage("-o json has everything", "%s output has no table of records", doc.Kind)
	}
	chosen := doc.Tables
	if options.Table != "" {
		at := slices.IndexFunc(doc.Tables, func(r Records) bool { return r.Name == options.Table })
		if at < 0 {
			names := make([]string, len(doc.Tables))
			for i, table := range doc.Tables {
				names[i] = table.Name
			}
			return nil, usage("one of "+strings.Join(names, ", "), "%s output has no table %q", doc.Kind, options.Table)
		}
		chosen = doc.Tables[at : at+1]
	}
	for _, table := range chosen {
		if err := table.check(); err != nil {
			return nil, err
		}
	}
	if len(options.Columns) == 0 {
		return chosen, nil
	}
	projected, err := chosen[0].project(options.Columns)
	if err != nil {
		return nil, err
	}
	return []Records{projected}, nil
}

// column returns the index of a column; the error is a [*UsageError].
func (r Records) column(name string) (int, error) {
	at := slices.Index(r.Columns, name)
	if at < 0 {
		return 0, usage("one of "+strings.Join(r.Columns, ", "), "the table %q has no column %q", r.Name, name)
	}
	return at, nil
}

func (r Records) isNumeric(column int) bool { return column < len(r.Numeric) && r.Numeric[column] }

// project returns the table with these columns only, in this order.
func (r Records) project(names []string) (Records, error) {
	at := make([]int, len(names))
	projected := Records{Name: r.Name, Columns: names, Numeric: make([]bool, len(names)), Rows: make([][]string, len(r.Rows))}
	for i, name := range names {
		var err error
		if at[i], err = r.column(name); err != nil {
			return Records{}, err
		}
		projected.Numeric[i] = r.isNumeric(at[i])
	}
	for n, row := range r.Rows {
		cells := make([]string, len(at))
		for i, column := range at {
			cells[i] = row[column]
		}
		projected.Rows[n] = cells
	}
	return projected, nil
}

// recordsScreen draws the chosen table for people, and what screen says in words:
// the marks of its footnotes are lost with its own tables, the footnotes are not.
// Exact numbers keep every digit, and no text gives way.
func recordsScreen(doc Document, screen []Block, exact bool, options Options) ([]Block, error) {
	chosen, err := tables(doc, options)
	if err != nil {
		return nil, err
	}
	records := chosen[0]
	table := Table{}
	for i, name := range records.Columns {
		column := Column{Title: name, Flexible: !exact}
		if records.isNumeric(i) {
			column = Column{Title: name, Align: Point}
		}
		table.Columns = append(table.Columns, column)
	}
	for _, row := range records.Rows {
		cells := make(Row, len(row))
		for i, text := range row {
			if !exact && records.isNumeric(i) {
				text = shorten(text)
			}
			cells[i] = Cell{Text: text}
			if text == "" {
				cells[i] = Cell{Text: "—", Tone: Muted}
			}
		}
		table.Rows = append(table.Rows, cells)
	}
	var blocks []Block
	if len(table.Rows) > 0 {
		blocks = append(blocks, table)
	}
	for _, block := range firstLayout(screen) {
		if _, isTable := block.(Table); !isTable {
			blocks = append(blocks, block)
		}
	}
	return blocks, nil
}

// shorten rounds a number for a screen: to 4 decimals, or to 2 digits if nothing
// would be left of it.
func shorten(text string) string {
	const places, digits, widest = 4, 2, 21
	number, err := decimal.Parse(text)
	if err != nil {
		return text
	}
	if number.Sign() != 0 && (number.Magnitude() >= widest || number.Magnitude() < -widest) {
		return number.Scientific(places + 1)
	}
	if number.Round(places).Sign() == 0 {
		return number.RoundSignificant(digits).String()
	}
	return number.Round(places).String()
}
