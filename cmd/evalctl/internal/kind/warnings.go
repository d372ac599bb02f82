package kind

import (
	"fmt"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// together joins the warnings that say the same of several sides, in the place of
// the first: "a, b". JSON has each.
func together(warnings []nemo.Warning) []nemo.Warning {
	var list []nemo.Warning
	for _, w := range warnings {
		i := slices.IndexFunc(list, func(other nemo.Warning) bool {
			return other.Code == w.Code && other.Message == w.Message && other.Task == w.Task && other.Side != "" && w.Side != ""
		})
		if i < 0 {
			list = append(list, w)
			continue
		}
		list[i].Side += ", " + w.Side
	}
	return list
}

// briefly is together for a few lines: that jobs were exported more than once is
// said once, with the number of runs that are set aside on all sides.
func briefly(warnings []nemo.Warning) []nemo.Warning {
	const duplicates = "DUPLICATE_RUNS"
	list := together(warnings)
	first := slices.IndexFunc(list, func(w nemo.Warning) bool { return w.Code == duplicates })
	var sides string
	var aside []string
	for i, w := range list {
		if w.Code != duplicates {
			continue
		}
		if i > first {
			sides += ", "
		}
		sides += w.Side
	}
	if first < 0 || list[first].Side == sides {
		return list
	}
	for _, w := range warnings {
		if w.Code == duplicates {
			aside = append(aside, w.RunIDs...)
		}
	}
	slices.Sort(aside)
	aside = slices.Compact(aside)
	list[first].Side, list[first].RunIDs = sides, aside
	list[first].Message = fmt.Sprintf("jobs were exported more than once; the newest finished run of each counts, %d runs are set aside", len(aside))
	return slices.DeleteFunc(list, func(w nemo.Warning) bool { return w.Code == duplicates && w.Side != sides })
}

// warningLine is a warning in a brief answer, without what it counts.
func warningLine(w nemo.Warning) string {
	line := "warning " + w.Code + ": "
	if w.Side != "" {
		line += w.Side + ": "
	}
	return line
}
