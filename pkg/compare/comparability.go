package compare

import (
	"path"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// difference is one setting in which two jobs differ.
type difference struct {
	key     string
	unknown bool // only one side records it
}

// differences compares two jobs' settings, sorted by key. Keys that are free,
// such as seeds and caching, are not in Settings at all.
func differences(a, b nemo.Settings) []difference {
	keys := append(a.Keys(), b.Keys()...)
	slices.Sort(keys)
	var found []difference
	for _, key := range slices.Compact(keys) {
		if differs, unknown := differ(key, a.Get(key), b.Get(key)); differs {
			found = append(found, difference{key: key, unknown: unknown})
		}
	}
	return found
}

// differ compares one setting of two jobs; unknown says that only one side
// records it.
func differ(key string, x, y nemo.Setting) (differs, unknown bool) {
	switch {
	case x.State == nemo.Set && y.State == nemo.Set:
		return !x.Same(y), false
	case x.State == y.State:
		return false, false
	case x.State == nemo.Unknown || y.State == nemo.Unknown:
		recorded := x.State == nemo.Set || y.State == nemo.Set
		return recorded, recorded
	default:
		// Set against not set. A sampling setting that was not set has the
		// server's default, which nothing records.
		return true, isSampling(key)
	}
}

func isSampling(key string) bool {
	return key == nemo.KeyTemperature || key == nemo.KeyTopP || key == nemo.KeyMaxNewTokens
}

// Comparability keys that a row adds to those of the settings.
const (
	keyN          = "n"
	keyMetricName = "metric_name"
	keyScale      = "scale"
)

// hardKeys are the keys in which a difference means that another question was
// asked, beside those of the dataset, the judge and the user.
var hardKeys = []string{
	nemo.KeyLimitSamples, keyN, "dataset_split", "subtasks", "num_fewshot", "downsampling_ratio",
	"release_version", "start_date", "end_date", "params.task", keyMetricName, keyScale,
}

// isHard reports whether a difference in this key means that another question
// was asked.
func isHard(key string) bool {
	if slices.Contains(hardKeys, key) {
		return true
	}
	return strings.HasPrefix(key, "dataset") ||
		key == "judge" || strings.HasPrefix(key, "judge.") ||
		key == "user" || strings.HasPrefix(key, "user.")
}

// allowed reports whether one of the globs names the key.
func allowed(key string, globs []string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, err := path.Match(glob, key)
		return err == nil && ok
	})
}

// CheckAllow reports the first glob of --allow that is malformed.
func CheckAllow(globs []string) error {
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil {
			return err
		}
	}
	return nil
}

// judgement is what differences mean for a row.
type judgement struct {
	hard    []string // another question was asked
	soft    []string // the same question under other conditions
	unknown []string
}

// judge sorts differences into tiers. What --allow names is soft whatever its
// tier; --strict makes soft differences hard.
func judge(found []difference, options Options) judgement {
	var j judgement
	for _, d := range found {
		permitted := allowed(d.key, options.Allow)
		switch {
		case d.unknown:
			j.unknown = append(j.unknown, d.key)
		case !permitted && (isHard(d.key) || options.Strict):
			j.hard = append(j.hard, d.key)
		default:
			j.soft = append(j.soft, d.key)
		}
	}
	// Two differences can have one key: num_repeats is a setting and may also be
	// in the names of the headlines.
	for _, keys := range []*[]string{&j.hard, &j.soft, &j.unknown} {
		slices.Sort(*keys)
		*keys = slices.Compact(*keys)
	}
	return j
}

// warnings are the soft part of a judgement.
func (j judgement) warnings() []nemo.Warning {
	list := []nemo.Warning{}
	if len(j.soft) > 0 {
		list = append(list, nemo.Warning{Code: "CONFIG_DIFFERS", Message: "settings differ between the sides", Keys: j.soft})
	}
	if len(j.unknown) > 0 {
		list = append(list, nemo.Warning{Code: "CONFIG_UNKNOWN", Message: "only one side records these settings", Keys: j.unknown})
	}
	return list
}
