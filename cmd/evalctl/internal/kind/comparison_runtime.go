package kind

import (
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/render"
)

// runtime is the wide screen's table of runtime measures of two sides.
func (d *comparisonScreen) runtime() render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "task", Flexible: true},
		{Title: "measure"},
		{Title: d.c.Sides[0].Label, Align: render.Point},
		{Title: d.c.Sides[1].Label, Align: render.Point},
		{Title: "Δ", Align: render.Point},
		{Title: "ratio", Align: render.Point},
	}}
	for _, r := range d.c.Runtime {
		task := r.Task
		if r.Variant != nil {
			task += " " + *r.Variant
		}
		table.Rows = append(table.Rows, render.Row{
			plain(task), plain(r.Measure), plain(runtimeNumber(r.Base.Value)), plain(runtimeNumber(r.Cand.Value)),
			plain(signedRuntime(r.Delta)), plain(ratio(r.Ratio)),
		})
	}
	return table
}

// runtimeNumber shows a runtime measure with at most two decimals.
func runtimeNumber(d *decimal.Decimal) string {
	if d == nil {
		return dash
	}
	if isHuge(*d) {
		return minus(d.Scientific(hugeDigits))
	}
	return minus(d.Round(2).String())
}

func signedRuntime(d *decimal.Decimal) string {
	if d != nil && d.Round(2).Sign() > 0 {
		return "+" + runtimeNumber(d)
	}
	return runtimeNumber(d)
}

func ratio(d *decimal.Decimal) string {
	if d == nil {
		return "?"
	}
	if isHuge(*d) {
		return "×" + d.Scientific(hugeDigits)
	}
	return "×" + d.Fixed(2)
}
