package kind

import (
	"fmt"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/render"
)

// sidesTable is the head of a screen: who is compared.
func sidesTable(sides []compare.SideSummary) render.Table {
	table := render.Table{NoHeader: true, Columns: []render.Column{{}, {Flexible: true}, {Flexible: true}, {}}}
	for _, side := range sides {
		tasks := plural(side.Tasks, "task")
		if side.Configured != nil {
			tasks = fmt.Sprintf("%d of %s", side.Tasks, plural(*side.Configured, "task"))
		}
		if side.Repeats > 1 {
			tasks += fmt.Sprintf(", %d repeats", side.Repeats)
		}
		table.Rows = append(table.Rows, render.Row{
			strong(side.Label), plain(strings.Join(side.Models, ", ")), muted(strings.Join(side.Invocations, ", ")), plain(tasks),
		})
	}
	return table
}
