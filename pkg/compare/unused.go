package compare

import (
	"maps"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// unused warns of options that had no effect: a task that no side has, an assumption
// that no method made use of.
func unused(tasks [][]task, rows []Assessed, options Options) []nemo.Warning {
	known := map[string]bool{}
	for _, list := range tasks {
		for _, t := range list {
			known[options.Catalog.Canonical(t.name)] = true
		}
	}
	var names []string
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(options.Questions)), options.Catalog.Told()) {
		if name != "" && !known[name] && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var warnings []nemo.Warning
	if len(names) > 0 {
		warnings = append(warnings, nemo.Warning{Code: "OPTION_UNUSED", Message: "no side has a task that an option names", Keys: names})
	}
	correlated := func(row Assessed) bool { return row.found != nil && row.found.method == MethodCorrelatedZ }
	if options.AssumeCorrelation != nil && !slices.ContainsFunc(rows, correlated) {
		warnings = append(warnings, nemo.Warning{
			Code: "OPTION_UNUSED", Message: "no row was decided on reported standard errors, so the correlation was not used", Keys: []string{"assume_correlation"},
		})
	}
	return warnings
}
