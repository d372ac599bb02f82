package compare

import (
	"cmp"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
)

// lineup is one task, or one variant of it, over all sides.
type lineup struct {
	name    string // canonical
	variant string
	tasks   []*task // one a side; nil where a side has none
}

// lineups joins the tasks of all sides, by name and variant, as [join] does those
// of two: a plain task stands for each variant that any other side has.
func lineups(tasks [][]task, known *catalog.Catalog) []lineup {
	byName := map[string][][]*task{}
	for side, list := range tasks {
		for i := range list {
			name := known.Canonical(list[i].name)
			if byName[name] == nil {
				byName[name] = make([][]*task, len(tasks))
			}
			byName[name][side] = append(byName[name][side], &list[i])
		}
	}
	var all []lineup
	for name, sides := range byName {
		var variants []string
		for _, list := range sides {
			for _, t := range list {
				if t.variant != "" && !slices.Contains(variants, t.variant) {
					variants = append(variants, t.variant)
				}
			}
		}
		if variants == nil {
			variants = []string{""}
		}
		for _, variant := range variants {
			l := lineup{name: name, variant: variant, tasks: make([]*task, len(tasks))}
			for side, list := range sides {
				i := slices.IndexFunc(list, func(t *task) bool { return t.variant == variant || t.variant == "" })
				if i >= 0 {
					l.tasks[side] = list[i]
				}
			}
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b lineup) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.variant, b.variant))
	})
	return all
}
