package render

import "slices"

// firstLayout takes the first of all alternatives.
func firstLayout(blocks []Block) []Block {
	var chosen []Block
	for _, block := range blocks {
		if alternatives, ok := block.(Alternatives); ok && len(alternatives) > 0 {
			chosen = append(chosen, firstLayout(alternatives[0])...)
		} else {
			chosen = append(chosen, block)
		}
	}
	return chosen
}

// layout settles which alternatives are drawn, and how tables that are too wide
// are parted.
func (p *page) layout(blocks []Block, noHeaders bool) []Block {
	var chosen []Block
	for _, block := range blocks {
		switch block := block.(type) {
		case Alternatives:
			for i, alternative := range block {
				if i == len(block)-1 || p.fit(alternative) {
					chosen = append(chosen, p.layout(alternative, noHeaders)...)
					break
				}
			}
		case Table:
			block.NoHeader = block.NoHeader || noHeaders
			for _, part := range p.part(block) {
				chosen = append(chosen, part)
			}
		default:
			chosen = append(chosen, block)
		}
	}
	return chosen
}

// fit reports whether tables can be drawn uncut. Those without headings are a
// screen's head, whose texts may give way.
func (p *page) fit(blocks []Block) bool {
	return !slices.ContainsFunc(blocks, func(block Block) bool {
		switch block := block.(type) {
		case Table:
			return !block.NoHeader && !p.fits(block)
		case Alternatives:
			return !slices.ContainsFunc(block, p.fit)
		default:
			return false
		}
	})
}

// fits reports whether a table is not wider than the page, uncut.
func (p *page) fits(t Table) bool {
	columns := p.columns()
	if columns == 0 {
		return true
	}
	g := p.grid(t)
	g.alignPoints()
	g.measure()
	for _, line := range g.lines() {
		for i := range line {
			if line[i].Text != "" && g.offset(i)+max(width(line[i].Text), g.claim(line, i)) > columns {
				return false
			}
		}
	}
	return g.offset(len(g.columns))-gap <= columns
}

// part cuts a table that is too wide between columns, each part with as many as
// fit and at least one beside the keys. Lines that have nothing in a later part
// are left out there.
func (p *page) part(t Table) []Table {
	if t.Keys == 0 || p.fits(t) {
		return []Table{t}
	}
	var parts []Table
	for begin := t.Keys; begin < len(t.Columns); {
		end := begin + 1
		for end < len(t.Columns) && p.fits(t.between(begin, end+1)) {
			end++
		}
		parts = append(parts, t.between(begin, end))
		begin = end
	}
	return parts
}

// between is the table with its keys and the columns from begin to end.
func (t Table) between(begin, end int) Table {
	part := Table{NoHeader: t.NoHeader, Columns: slices.Concat(t.Columns[:t.Keys], t.Columns[begin:end])}
	for _, row := range t.Rows {
		switch {
		case len(row) > begin:
			part.Rows = append(part.Rows, slices.Concat(row[:t.Keys], row[begin:min(end, len(row))]))
		case begin == t.Keys:
			part.Rows = append(part.Rows, row)
		}
	}
	return part
}
