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
	many     bool // one of several candidates: footnotes name it
}

// besides is how many sides are shown beside one another at most.
const besides = 3

// blocks lays the screen out: the sides beside one another while they fit, else a
// table for each candidate.
func (d comparisonScreen) blocks(wide bool) []render.Block {
	switch sides := len(d.c.Sides); {
	case sides == 2:
		return d.screen(wide, (*comparisonScreen).sideBySide)
	case sides <= besides && !wide:
		return []render.Block{render.Alternatives{
			d.screen(wide, (*comparisonScreen).sideBySide), d.screen(wide, (*comparisonScreen).oneByOne),
		}}
	default:
		return d.screen(wide, (*comparisonScreen).oneByOne)
	}
}

// screen is the head, the tables and the words below them.
func (d comparisonScreen) screen(wide bool, tables func(*comparisonScreen, bool) []render.Block) []render.Block {
	blocks := []render.Block{sidesTable(d.c.Sides)}
	rows := tables(&d, wide)
	blocks = append(blocks, rows...)
	blocks = append(blocks, d.prose(len(rows) > 0))
	if wide {
		blocks = append(blocks, d.runtimes()...)
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
