// Package gate decides whether a candidate may ship: whether each score is shown
// not to be worse than a margin, and whether measures keep fixed bounds. A policy
// file says what is demanded; [Judge] answers from the evidence that package
// compare found, unrounded. What cannot be shown does not pass.
package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Tier is how much a benchmark matters. Critical and supporting ones are required;
// advisory ones are shown and never count.
type Tier string

// The tiers.
const (
	Critical   Tier = "critical"
	Supporting Tier = "supporting"
	Advisory   Tier = "advisory"
)

// Values of Policy.Decision: on the confidence interval, or on the exact number
// alone.
const (
	DecideCI    = "ci"
	DecidePoint = "point"
)

// DefaultMaxDrop is the margin of a policy that names none, of the scale fraction.
const DefaultMaxDrop = "0.015"

// LeastConfidence is the least coverage that a gate decides at: an interval of next to
// no width would decide everything.
const LeastConfidence = "0.8"

// IsConfidence reports whether a gate may decide at this coverage: [LeastConfidence] or
// more, below 1.
func IsConfidence(level decimal.Decimal) bool {
	return level.Cmp(decimal.MustParse(LeastConfidence)) >= 0 && level.Cmp(decimal.FromInt(1)) < 0
}

// Policy is what is demanded of a candidate.
type Policy struct {
	Path   string
	SHA256 string // of the file, hexadecimal

	Version    int
	Decision   string           // DecideCI or DecidePoint
	Confidence *decimal.Decimal // the least that may be decided at; nil if the policy leaves it open
	Allow      []string         // globs of settings that may differ, sorted
	Defaults   Rules
	Benchmarks []Benchmark // in the order of the file
	Bounds     []Bound     // in the order of the file

	drops        []Mistake // rules that compare with a baseline, and where they stand
	confidenceAt Place
}

// Rules are what is demanded of a benchmark's score. What is nil, or empty, is
// inherited: from the defaults of the policy, then from the built-in ones.
type Rules struct {
	Tier               Tier
	Metric             string // METRIC[/SCORE]; "" is the headline
	Direction          catalog.Direction
	MaxDrop            *decimal.Decimal           // of the scale fraction: 0.01 is a hundredth of any bounded scale
	MaxDropOn          map[string]decimal.Decimal // by scale, in its own unit
	MaxRelativeDrop    *decimal.Decimal           // of the baseline's value
	RelativeGuardBelow *decimal.Decimal           // the relative rule holds below this baseline only; of the scale fraction
	Min, Max           *decimal.Decimal           // of the candidate's value, in the task's own scale
}

// Benchmark is the rules of one task.
type Benchmark struct {
	Place
	Name string
	Rules
	minAt, maxAt Place
}

// inherit fills what is not said from other rules. Min, max and the metric are of
// one task and have no defaults but those that a policy gives.
func (r Rules) inherit(from Rules) Rules {
	if r.Tier == "" {
		r.Tier = from.Tier
	}
	if r.Metric == "" {
		r.Metric = from.Metric
	}
	if r.MaxDrop == nil {
		r.MaxDrop = from.MaxDrop
	}
	on := maps.Clone(from.MaxDropOn)
	if on == nil {
		on = map[string]decimal.Decimal{}
	}
	maps.Copy(on, r.MaxDropOn)
	r.MaxDropOn = on
	if r.MaxRelativeDrop == nil {
		r.MaxRelativeDrop = from.MaxRelativeDrop
	}
	if r.RelativeGuardBelow == nil {
		r.RelativeGuardBelow = from.RelativeGuardBelow
	}
	return r
}

// builtin is what holds where a policy says nothing.
func builtin() Rules {
	drop := decimal.MustParse(DefaultMaxDrop)
	return Rules{Tier: Supporting, MaxDrop: &drop}
}

// rulesOf returns the rules of a benchmark, or, for nil, of a task that the policy
// does not list.
func (p *Policy) rulesOf(b *Benchmark) Rules {
	rules := p.Defaults.inherit(builtin())
	if b == nil {
		return rules
	}
	return b.inherit(rules)
}

// benchmark returns the entry of a task, by its name, with or without its harness,
// or an alias; nil if the policy does not list it.
func (p *Policy) benchmark(harness, task string, known *catalog.Catalog) *Benchmark {
	i := slices.IndexFunc(p.Benchmarks, func(b Benchmark) bool { return isTask(b.Name, harness, task, known) })
	if i < 0 {
		return nil
	}
	return &p.Benchmarks[i]
}

// isTask reports whether a name in a policy is this task.
func isTask(name, harness, task string, known *catalog.Catalog) bool {
	return known.Canonical(name) == known.Canonical(task) || harness != "" && name == harness+"."+task
}

// Level is the coverage to decide at: what was asked for, which may not be less than
// the policy says, or, where nothing was, what the policy says, or else the given one.
// The error is a [*PolicyError].
func (p *Policy) Level(asked *decimal.Decimal, otherwise decimal.Decimal) (decimal.Decimal, error) {
	switch {
	case p.Confidence == nil && asked == nil:
		return otherwise, nil
	case p.Confidence == nil:
		return *asked, nil
	case asked == nil:
		return *p.Confidence, nil
	case asked.Cmp(*p.Confidence) < 0:
		message := fmt.Sprintf("%s is %s here, and only more can be asked for, not %s", keyConfidence, p.Confidence, asked)
		return otherwise, policyError(p.Path, []Mistake{{p.confidenceAt, message}})
	}
	return *asked, nil
}

// Standalone reports, as a [*PolicyError], what of a policy cannot be judged without
// a baseline; nil if all of it can.
func (p *Policy) Standalone() error {
	mistakes := slices.Clone(p.drops)
	for _, b := range p.Benchmarks {
		if b.Min == nil && b.Max == nil && b.MaxDrop == nil && b.MaxDropOn == nil && b.MaxRelativeDrop == nil {
			mistakes = append(mistakes, Mistake{b.Place, b.Name + " has no min or max, so it needs a baseline to be compared with"})
		}
	}
	return policyError(p.Path, mistakes)
}

// Check reports, as a [*PolicyError], what the catalog knows to be wrong: a task that
// is listed under two of its names.
func (p *Policy) Check(known *catalog.Catalog) error {
	var mistakes []Mistake
	seen := map[string]string{}
	for _, b := range p.Benchmarks {
		id := known.Canonical(b.Name)
		if other, ok := seen[id]; ok {
			mistakes = append(mistakes, Mistake{b.Place, b.Name + " and " + other + " are one task"})
		}
		seen[id] = b.Name
	}
	return policyError(p.Path, mistakes)
}
