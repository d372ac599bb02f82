package kind

import (
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// ComparisonDocument draws a comparison.
func ComparisonDocument(c compare.Comparison, warnings []nemo.Warning) render.Document {
	draw := comparisonScreen{c: c, warnings: warnings}
	return render.Document{
		Kind: Comparison, Data: c, Warnings: warnings,
		Items: items(c.Rows), ItemKind: "row", Summary: c.Counts,
		Screen: draw.blocks(false),
		Wide:   draw.blocks(true),
		Brief:  draw.brief(),
		Tables: []render.Records{comparisonRecords(c), averageRecords(c), missingRecords(c.Missing)},
	}
}

// comparisonScreen draws for people.
type comparisonScreen struct {
	c        compare.Comparison
	warnings []nemo.Warning
	notes    footnotes
}

func (d comparisonScreen) blocks(wide bool) []render.Block {
	blocks := []render.Block{sidesTable(d.c.Sides)}
	table := d.rows(wide)
	if len(table.Rows) > 0 {
		blocks = append(blocks, table)
	}
	blocks = append(blocks, d.prose(len(table.Rows) > 0))
	if wide && len(d.c.Runtime) > 0 {
		blocks = append(blocks, d.runtime())
	}
	d.notes.rest(d.warnings, "NO_PRIMARY_SCORE")
	return append(blocks, d.notes.blocks()...)
}

// prose is the lines below the table: what was inferred, what is missing.
func (d *comparisonScreen) prose(compared bool) render.Paragraph {
	lines := render.Paragraph(d.inferred())
	if !compared {
		lines = render.Paragraph{{Text: "Nothing to compare: no side has results.", Tone: render.Caution}}
	}
	for _, entry := range missingLines(d.c.Missing, d.c.Sides) {
		lines = append(lines, render.Cell{Text: entry, Tone: render.Caution})
	}
	return lines
}
