package compare

import (
	"maps"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// families are the prefixes of keys that files choose themselves.
var families = []string{"params.", "extra.", "judge.", "user.", "dataset.", "interceptors.", "params_to_add.", "chat_template_kwargs."}

// AllowsNothing returns the first glob of Options.Allow that names no key: none
// that every comparison knows, and none that a side has; with the keys that there
// are. "" if all do, or if no side has a setting by which that could be told.
func AllowsNothing(sides []Side, globs []string) (glob string, known []string) {
	keys := map[string]bool{}
	for _, side := range sides {
		for _, job := range side.Jobs {
			for key := range job.Settings.Values {
				keys[key] = true
			}
		}
	}
	if len(keys) == 0 {
		return "", nil
	}
	for _, key := range slices.Concat(nemo.KnownKeys(), hardKeys, []string{"judge", "user"}) {
		keys[key] = true
	}
	known = slices.Sorted(maps.Keys(keys))
	for _, glob := range globs {
		names := func(key string) bool {
			ok, err := path.Match(glob, key)
			return ok && err == nil
		}
		isFamily := func(prefix string) bool { return glob != prefix+"x" && names(prefix+"x") }
		if !slices.ContainsFunc(known, names) && !slices.ContainsFunc(families, isFamily) {
			return glob, known
		}
	}
	return "", nil
}
