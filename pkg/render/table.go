package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

const (
	gap         = 2 // blanks between columns
	minFlexible = 8 // no flexible column is cut to less
)

// grid is a table whose texts are ready to be placed.
type grid struct {
	columns []Column
	marked  bool     // text that is written from right to left is kept in its column
	heading []Cell   // nil: none
	rows    [][]Cell // no row has more cells than there are columns
	widths  []int    // of the columns
}

// table draws a table, a string a line.
func (p *page) table(t Table) ([]string, error) {
	g := p.grid(t)
	g.alignPoints()
	g.measure()
	if columns := p.columns(); columns > 0 {
		g.shrink(columns, p.clean("…"))
	}
	return g.draw(p.palette)
}

// grid cleans the texts of t and settles which columns there are.
func (p *page) grid(t Table) *grid {
	g := &grid{columns: slices.Clone(t.Columns), marked: p.face.Terminal}
	for _, row := range t.Rows {
		cells := make([]Cell, len(row))
		for i, cell := range row {
			cells[i] = Cell{p.clean(cell.Text), cell.Tone}
		}
		g.rows = append(g.rows, cells)
		for len(g.columns) < len(row) {
			g.columns = append(g.columns, Column{})
		}
	}
	titled := func(column Column) bool { return column.Title != "" }
	if !t.NoHeader && slices.ContainsFunc(t.Columns, titled) {
		g.heading = make([]Cell, len(g.columns))
		for i, column := range g.columns {
			g.heading[i] = Cell{p.clean(column.Title), Muted}
		}
	}
	return g
}

// lines returns the heading, if any, and the rows.
func (g *grid) lines() [][]Cell {
	if g.heading == nil {
		return g.rows
	}
	return append([][]Cell{g.heading}, g.rows...)
}

// runsOn reports whether cell i of a line may take the place of the columns to its
// right.
func (g *grid) runsOn(line []Cell, i int) bool {
	return i == len(line)-1 && len(line) < len(g.columns) && g.columns[i].Align == Left
}

// alignPoints pads the cells of Point columns.
func (g *grid) alignPoints() {
	for i, column := range g.columns {
		if column.Align != Point {
			continue
		}
		var cells []*Cell
		for _, row := range g.rows {
			if i < len(row) && row[i].Text != "" {
				cells = append(cells, &row[i])
			}
		}
		alignPoints(cells)
	}
}

// measure sets the widths, after leaving out columns that hold nothing.
func (g *grid) measure() {
	g.setWidths()
	for i := len(g.columns) - 1; i >= 0; i-- {
		if g.widths[i] > 0 {
			continue
		}
		g.columns = slices.Delete(g.columns, i, i+1)
		if g.heading != nil {
			g.heading = slices.Delete(g.heading, i, i+1)
		}
		for n, row := range g.rows {
			if i < len(row) {
				g.rows[n] = slices.Delete(row, i, i+1)
			}
		}
	}
	g.setWidths()
}

func (g *grid) setWidths() {
	g.widths = make([]int, len(g.columns))
	for _, line := range g.lines() {
		for i := range line {
			g.widths[i] = max(g.widths[i], g.claim(line, i))
		}
	}
}

// claim is the width that cell i of a line asks of its column. Text that runs on
// asks for a place to begin.
func (g *grid) claim(line []Cell, i int) int {
	if g.runsOn(line, i) {
		return min(1, width(line[i].Text))
	}
	return width(line[i].Text)
}

// shrink takes from the widest flexible column until the table fits, or until none
// has anything left to give: then lines are longer than the terminal, which is
// better than cutting numbers.
func (g *grid) shrink(columns int, mark string) {
	for over := g.offset(len(g.columns)) - gap - columns; over > 0; over-- {
		widest := -1
		for i, column := range g.columns {
			if column.Flexible && g.widths[i] > minFlexible && (widest < 0 || g.widths[i] > g.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		g.widths[widest]--
	}
	for _, line := range g.lines() {
		for i := range line {
			room := g.widths[i]
			if g.runsOn(line, i) {
				room = max(columns-g.offset(i), minFlexible)
			}
			switch {
			case g.columns[i].Middle:
				line[i].Text = truncateMiddle(line[i].Text, room, mark)
			case g.columns[i].Flexible:
				line[i].Text = truncate(line[i].Text, room, mark)
			}
		}
	}
}

// offset is where column i begins; for the number of columns, where one more would.
func (g *grid) offset(i int) int {
	offset := 0
	for _, width := range g.widths[:i] {
		offset += width + gap
	}
	return offset
}

// standIn is a letter that is one column wide, whoever measures it.
const standIn = "x"

// draw has tablewriter place the cells. It measures text rune by rune and asks the
// locale how wide some runes are, so it is given stand-ins: for each cell as many
// letters as the cell claims. The texts then take their places, in colour.
func (g *grid) draw(palette palette) ([]string, error) {
	lines := g.lines()
	drawn := make([]string, len(lines))
	if len(lines) == 0 || len(g.columns) == 0 {
		return drawn, nil
	}
	standIns := make([][]string, len(lines))
	for n, line := range lines {
		standIns[n] = make([]string, len(g.columns))
		for i := range line {
			standIns[n][i] = strings.Repeat(standIn, g.claim(line, i))
		}
	}
	placed, err := place(standIns, g.columns)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	if len(placed) != len(lines) {
		return nil, fmt.Errorf("table: %d lines for %d rows", len(placed), len(lines))
	}
	for n, line := range lines {
		drawn[n] = g.fill(placed[n], line, palette)
	}
	return drawn, nil
}

// fill puts the texts of a line where their stand-ins are.
func (g *grid) fill(placed string, line []Cell, palette palette) string {
	var out strings.Builder
	for i, cell := range line {
		claim := g.claim(line, i)
		if claim == 0 {
			continue
		}
		blanks := max(strings.Index(placed, standIn), 0)
		out.WriteString(placed[:blanks])
		out.WriteString(palette.paint(g.keepInPlace(cell.Text), cell.Tone))
		placed = placed[min(blanks+claim, len(placed)):]
	}
	return out.String()
}

// place sets rows of cells in columns, a string a line, with the gap between and
// after them.
func place(rows [][]string, columns []Column) ([]string, error) {
	aligns := make([]tw.Align, len(columns))
	for i, column := range columns {
		aligns[i] = tw.AlignLeft // alignPoints has padded Point columns
		if column.Align == Right {
			aligns[i] = tw.AlignRight
		}
	}
	var out bytes.Buffer
	table := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithConfig(tablewriter.Config{
			Row: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
				Padding:    tw.CellPadding{Global: tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}},
				Alignment:  tw.CellAlignment{PerColumn: aligns},
			},
			Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off, TrimTab: tw.Off},
		}))
	if err := table.Bulk(rows); err != nil {
		return nil, err
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), nil
}
