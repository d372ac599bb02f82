package compare

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Configs is the value of the kind "config".
type Configs struct {
	Runs []RunConfig `json:"runs"`
}

// RunConfig is what one file says of how one run was configured. Values are the
// texts of dotted keys, secrets taken out; nil is known not to be set, and what no
// file records is not there.
type RunConfig struct {
	RunID  string             `json:"run_id"`
	JobID  *string            `json:"job_id"`
	Task   *string            `json:"task"`
	File   string             `json:"file"`
	Values map[string]*string `json:"values"`
}

// ConfigsOf lists the configuration of a side's runs, file by file. A run without
// any is a warning.
func ConfigsOf(side Side) (Configs, []nemo.Warning) {
	configs := Configs{Runs: []RunConfig{}}
	warnings := []nemo.Warning{}
	for _, w := range side.Warnings {
		w.Side = side.Label
		warnings = append(warnings, w)
	}
	var without []string
	for _, job := range side.Jobs {
		files := map[string]map[string]*string{}
		for _, settings := range []map[string]nemo.Setting{job.Free, job.Settings.Values} {
			for key, setting := range settings {
				if setting.State == nemo.Unknown {
					continue
				}
				if files[setting.Path] == nil {
					files[setting.Path] = map[string]*string{}
				}
				files[setting.Path][key] = shownValue(key, setting)
			}
		}
		if len(files) == 0 {
			without = append(without, job.Run.RunID)
		}
		for _, file := range slices.SortedFunc(maps.Keys(files), byFile) {
			configs.Runs = append(configs.Runs, RunConfig{
				RunID: job.Run.RunID, JobID: job.Run.JobID, Task: job.Run.Task, File: file, Values: files[file],
			})
		}
	}
	if len(without) > 0 {
		warnings = append(warnings, nemo.Warning{
			Code: "CONFIG_NOT_FOUND", Message: plural(len(without), "run has", "runs have") + " no readable file of the configuration",
			Side: side.Label, RunIDs: without,
		})
	}
	return configs, warnings
}

// byFile orders files as they are asked: the job's own before the launcher's.
func byFile(a, b string) int {
	rank := func(name string) int {
		return slices.Index([]string{"metadata.yaml", "run_config.yml", "results.yml"}, path.Base(name))
	}
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a, b))
}

func shownValue(key string, setting nemo.Setting) *string {
	if setting.State != nemo.Set {
		return nil
	}
	text := nemo.Redact(key, setting.Value)
	return &text
}

// Tier is what a difference in a setting means for a comparison.
type Tier string

// Tiers, as the contract names them.
const (
	Hard Tier = "hard" // another question was asked
	Soft Tier = "soft" // the same question under other conditions
	Free Tier = "free" // what scores cannot see, and the model, which is compared
)

// ConfigDiff is the value of the kind "config_diff".
type ConfigDiff struct {
	Sides   []SideSummary `json:"sides"`
	Keys    []ConfigKey   `json:"keys"`
	Tasks   int           `json:"tasks"` // (task, variant) pairs that were compared
	Equal   int           `json:"equal"` // keys without a difference; they are in Keys only if all were asked for
	Missing []Missing     `json:"missing"`
}

// ConfigKey is one key of one task on every side.
type ConfigKey struct {
	Task    string        `json:"task"`
	Variant *string       `json:"variant"`
	Key     string        `json:"key"`
	Tier    *Tier         `json:"tier"`   // nil for a file as the user wrote it, which has none
	Status  string        `json:"status"` // "differs", "unknown" or "equal", as rows judge it
	Values  []ConfigValue `json:"values"` // one a side
}

// Values of ConfigKey.Status.
const (
	ConfigDiffers = "differs"
	ConfigUnknown = "unknown" // only one side records it
	ConfigEqual   = "equal"
)

// ConfigValue is a key on one side.
type ConfigValue struct {
	Side    string         `json:"side"`
	State   string         `json:"state"` // "set", "not_set", "unknown", "several" or "absent"
	Value   *string        `json:"value"` // the text if set, secrets taken out
	Several []SeveralValue `json:"several"`
}

// SeveralValue is one of the values that a key has in the runs of one side.
type SeveralValue struct {
	State string  `json:"state"`
	Value *string `json:"value"`
}

// States of a ConfigValue.
const (
	stateSeveral = "several" // the side's runs do not agree
	stateAbsent  = "absent"  // the side did not run the task
)

// DiffConfigs compares the configuration of the first side with that of each other
// one, task by task. Differences are judged as for rows; of a side's runs that do
// not agree each counts. all also lists the keys without a difference, tiers says
// that the jobs have settings, and not only a file as it was written.
func DiffConfigs(sides []Side, options Options, all, tiers bool) (ConfigDiff, []nemo.Warning) {
	options.Overlap = OverlapRepeat // a difference within a side is an answer here
	tasks, withResults := make([][]task, len(sides)), make([][]task, len(sides))
	warnings := append([]nemo.Warning{}, options.Warnings...)
	for i, side := range sides {
		// Grouping that pools has no error.
		tasks[i], _ = grouped(side, options, hasConfig)
		withResults[i], _ = grouped(side, options, func(job nemo.Job) bool { return job.Results != nil })
		_, found := ConfigsOf(side)
		warnings = append(warnings, found...)
	}
	if !tiers {
		withResults = tasks
	}
	absent := missing(sides, tasks, options.Catalog, false)
	diff := ConfigDiff{
		Sides: summaries(sides, withResults, absent, options.Catalog),
		Keys:  []ConfigKey{}, Missing: withoutConfig(absent, sides, tasks, options.Catalog),
	}
	for _, l := range lineups(tasks, options.Catalog) {
		first := slices.IndexFunc(l.tasks, func(t *task) bool { return t != nil })
		if l.tasks[0] == nil || !slices.ContainsFunc(l.tasks[1:], func(t *task) bool { return t != nil }) {
			continue // nothing to compare with
		}
		diff.Tasks++
		for _, key := range keysOf(l) {
			entry := ConfigKey{
				Task: l.tasks[first].name, Variant: nemo.Optional(l.variant), Key: key.name, Status: ConfigEqual,
			}
			if tiers {
				entry.Tier = &key.tier
			}
			for i, t := range l.tasks {
				entry.Values = append(entry.Values, key.valueOf(t, sides[i].Label))
				if i > 0 && t != nil {
					entry.Status = worse(entry.Status, key.status(l.tasks[0], t))
				}
			}
			if entry.Status == ConfigEqual {
				diff.Equal++
			}
			if all || entry.Status != ConfigEqual {
				diff.Keys = append(diff.Keys, entry)
			}
		}
	}
	return diff, warnings
}

// withoutConfig keeps of what is missing the tasks of which a side has no
// configuration either.
func withoutConfig(list []Missing, sides []Side, tasks [][]task, known *catalog.Catalog) []Missing {
	return slices.DeleteFunc(list, func(m Missing) bool {
		i := slices.IndexFunc(sides, func(side Side) bool { return side.Label == m.Side })
		return m.Variant == nil && slices.ContainsFunc(tasks[i], func(t task) bool {
			return known.Canonical(t.name) == known.Canonical(nemo.Text(m.Task))
		})
	})
}

// configKey is a key, and whether comparability looks at it.
type configKey struct {
	name string
	tier Tier
}

// keysOf lists the keys that any job of a lineup has, hard ones first.
func keysOf(l lineup) []configKey {
	tiers := map[string]Tier{}
	for _, t := range l.tasks {
		if t == nil {
			continue
		}
		for _, job := range t.jobs {
			for key := range job.Free {
				if _, ok := tiers[key]; !ok {
					tiers[key] = Free
				}
			}
			for key := range job.Settings.Values {
				tiers[key] = Soft
				if isHard(key) {
					tiers[key] = Hard
				}
			}
		}
	}
	keys := make([]configKey, 0, len(tiers))
	for name, tier := range tiers {
		keys = append(keys, configKey{name, tier})
	}
	order := []Tier{Hard, Soft, Free}
	slices.SortFunc(keys, func(a, b configKey) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.tier), slices.Index(order, b.tier)), cmp.Compare(a.name, b.name))
	})
	return keys
}

// of is the key's setting in one job. What the files of a job do not have was not
// set, where they hold effective values; for other files of the same run nothing
// tells, unless they have another key.
func (k configKey) of(job nemo.Job) nemo.Setting {
	if k.tier != Free {
		return job.Settings.Get(k.name)
	}
	if setting, ok := job.Free[k.name]; ok {
		return setting
	}
	if len(job.Free) > 0 {
		return nemo.Setting{State: nemo.NotSet}
	}
	return nemo.Setting{}
}

// status judges the key between two tasks, each run with each.
func (k configKey) status(base, cand *task) string {
	status := ConfigEqual
	for _, x := range base.jobs {
		for _, y := range cand.jobs {
			differs, unknown := differ(k.name, k.of(x), k.of(y))
			switch {
			case unknown:
				status = worse(status, ConfigUnknown)
			case differs:
				status = worse(status, ConfigDiffers)
			}
		}
	}
	return status
}

func worse(a, b string) string {
	order := []string{ConfigDiffers, ConfigUnknown, ConfigEqual}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// valueOf is the key on one side; t is nil where the side lacks the task.
func (k configKey) valueOf(t *task, label string) ConfigValue {
	value := ConfigValue{Side: label, State: stateAbsent, Several: []SeveralValue{}}
	if t == nil {
		return value
	}
	var distinct []nemo.Setting
	for _, job := range t.jobs {
		setting := k.of(job)
		if !slices.ContainsFunc(distinct, setting.Same) {
			distinct = append(distinct, setting)
		}
	}
	if len(distinct) == 1 {
		value.State, value.Value = stateName(distinct[0].State), shownValue(k.name, distinct[0])
		return value
	}
	value.State = stateSeveral
	for _, setting := range distinct {
		value.Several = append(value.Several, SeveralValue{stateName(setting.State), shownValue(k.name, setting)})
	}
	return value
}

func stateName(state nemo.State) string {
	switch state {
	case nemo.Set:
		return "set"
	case nemo.NotSet:
		return "not_set"
	case nemo.Unknown:
	}
	return "unknown"
}

// hasConfig reports whether any file of a job's configuration was read.
func hasConfig(job nemo.Job) bool {
	return job.Settings.Complete || len(job.Settings.Values)+len(job.Free) > 0
}
