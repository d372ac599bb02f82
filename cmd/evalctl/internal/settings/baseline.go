package settings

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Baseline is a name for runs, with a digest of their numbers.
type Baseline struct {
	Place    Place            `yaml:"-"`
	Name     string           `yaml:"-"`
	Selector string           `yaml:"selector"` // what was pinned, as it was typed
	Sources  []BaselineSource `yaml:"sources"`
}

// BaselineSource is the runs of one source; several are repeats.
type BaselineSource struct {
	// Store is the tracking URI without credentials, a path from the settings file's
	// folder, or an absolute one.
	Store     string        `yaml:"store"`
	Workspace string        `yaml:"workspace,omitempty"`
	Whole     bool          `yaml:"whole,omitempty"` // whole invocations
	Runs      []BaselineRun `yaml:"runs"`
}

// BaselineRun is a run, and the digest of its numbers as it was pinned.
type BaselineRun struct {
	ID     string `yaml:"id"`
	Job    string `yaml:"job,omitempty"`
	Task   string `yaml:"task,omitempty"`
	SHA256 string `yaml:"sha256"`
}

// Baseline returns the baseline of a name: the project's, else the user's.
func (s Settings) Baseline(name string) (Baseline, bool) {
	for _, scope := range []Scope{Project, User} {
		at := slices.IndexFunc(s.Baselines, func(b Baseline) bool { return b.Name == name && b.Place.Scope == scope })
		if at >= 0 {
			return s.Baselines[at], true
		}
	}
	return Baseline{}, false
}

// BaselineNames are the names of all baselines, sorted, each once.
func (s Settings) BaselineNames() []string {
	names := []string{}
	for _, b := range s.Baselines {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *parser) baselines(node *yaml.Node, place Place) ([]Baseline, error) {
	if isNull(node) {
		return nil, nil
	}
	entries, err := p.entries(node, baselinesKey, nil)
	if err != nil {
		return nil, err
	}
	var baselines []Baseline
	for _, e := range entries {
		b := Baseline{Place: place, Name: e.key.Value}
		keys, err := p.entries(e.value, "a baseline", []string{"selector", "sources"})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			switch key.key.Value {
			case "selector":
				b.Selector, err = p.text(key)
			case "sources":
				b.Sources, err = each(p, key, p.baselineSource)
			}
			if err != nil {
				return nil, err
			}
		}
		if len(b.Sources) == 0 {
			return nil, p.pinAgain(e, "the baseline names no sources")
		}
		baselines = append(baselines, b)
	}
	return baselines, nil
}

func (p *parser) pinAgain(e entry, message string) *Error {
	mistake := p.errorf(e.key, "%s", message)
	mistake.Hint = "evalctl baseline set NAME SELECTOR   writes one"
	return mistake
}

// each reads the elements of a list.
func each[T any](p *parser, e entry, read func(entry) (T, error)) ([]T, error) {
	if e.value.Kind != yaml.SequenceNode {
		return nil, p.errorf(e.value, "%s is a list, not %s", e.key.Value, describe(e.value))
	}
	var all []T
	for _, node := range e.value.Content {
		one, err := read(entry{e.key, resolved(node)})
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (p *parser) baselineSource(e entry) (BaselineSource, error) {
	var source BaselineSource
	keys, err := p.entries(e.value, "a source", []string{"runs", "store", "whole", "workspace"})
	if err != nil {
		return source, err
	}
	for _, key := range keys {
		switch key.key.Value {
		case "store":
			source.Store, err = p.text(key)
			source.Store = strings.TrimSpace(source.Store)
			switch {
			case err != nil:
			case hasUser(source.Store):
				err = p.errorf(key.value, "the address of a store holds no user name or password")
			case unreadable(source.Store):
				err = p.errorf(key.value, "the address of a store is none of a server")
			}
		case "workspace":
			source.Workspace, err = p.text(key)
		case "whole":
			if key.value.Tag != "!!bool" || key.value.Decode(&source.Whole) != nil {
				err = p.errorf(key.value, "whole is true or false, not %s", describe(key.value))
			}
		case "runs":
			source.Runs, err = each(p, key, p.baselineRun)
		}
		if err != nil {
			return source, err
		}
	}
	if source.Store == "" || len(source.Runs) == 0 {
		return source, p.pinAgain(entry{key: e.value}, "a source has a store and runs")
	}
	return source, nil
}

func (p *parser) baselineRun(e entry) (BaselineRun, error) {
	var run BaselineRun
	keys, err := p.entries(e.value, "a run", []string{"id", "job", "sha256", "task"})
	if err != nil {
		return run, err
	}
	into := map[string]*string{"id": &run.ID, "job": &run.Job, "sha256": &run.SHA256, "task": &run.Task}
	for _, key := range keys {
		if *into[key.key.Value], err = p.text(key); err != nil {
			return run, err
		}
	}
	if run.ID == "" || run.SHA256 == "" {
		return run, p.pinAgain(entry{key: e.value}, "a run has an id and the digest of its numbers, sha256")
	}
	return run, nil
}
