package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// MaxPolicyBytes bounds what [Parse] reads; policies are written by hand.
const MaxPolicyBytes = 1 << 20

// Parse reads a policy file. Its path is for messages only. The error is a
// [*PolicyError] with all mistakes that were found.
func Parse(path string, data []byte) (*Policy, error) {
	if len(data) > MaxPolicyBytes {
		return nil, policyError(path, []Mistake{{Place{1, 1}, fmt.Sprintf("%d bytes are no policy", len(data))}})
	}
	root, mistake := document(data)
	if mistake != nil {
		return nil, policyError(path, []Mistake{*mistake})
	}
	sum := sha256.Sum256(data)
	policy := &Policy{Path: path, SHA256: hex.EncodeToString(sum[:]), Version: 1, Decision: DecideCI, Allow: []string{}}
	r := &reader{policy: policy}
	r.policyOf(root)
	if err := policyError(path, r.mistakes); err != nil {
		return nil, err
	}
	return policy, nil
}

// document reads the one YAML document of a file.
func document(data []byte) (root *yaml.Node, mistake *Mistake) {
	// The library reports some malformed input by panicking through its own recover.
	defer func() {
		if recovered := recover(); recovered != nil {
			root, mistake = nil, &Mistake{Place{1, 1}, fmt.Sprintf("malformed YAML: %v", recovered)}
		}
	}()
	var file yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&file); err != nil {
		return nil, syntaxMistake(data, err)
	}
	var second yaml.Node
	if decoder.Decode(&second) == nil {
		return nil, &Mistake{Place{second.Line, max(second.Column, 1)}, "a second document; a policy is one"}
	}
	budget := 100_000
	return resolve(file.Content[0], 0, &budget)
}

// syntaxMistake gives an error of the YAML library a place. The library knows the
// line at most.
func syntaxMistake(data []byte, err error) *Mistake {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if text == "EOF" {
		return &Mistake{Place{1, 1}, "the file is empty"}
	}
	line := 1
	if where, message, found := strings.Cut(text, ": "); found {
		if n, convErr := strconv.Atoi(strings.TrimPrefix(where, "line ")); convErr == nil {
			line, text = n, message
		}
	}
	column := 1
	if lines := strings.Split(string(data), "\n"); line <= len(lines) {
		content := lines[line-1]
		column += len(content) - len(strings.TrimLeft(content, " "))
	}
	return &Mistake{Place{line, column}, "not YAML: " + text}
}

// resolve replaces aliases by what they stand for and merge keys by the entries that
// they add. Cycles and aliases that multiply are mistakes.
func resolve(node *yaml.Node, depth int, budget *int) (*yaml.Node, *Mistake) {
	if *budget--; *budget < 0 || depth > 32 {
		return nil, &Mistake{placeOf(node), "nested too deep, or aliases that multiply"}
	}
	if node.Kind == yaml.AliasNode {
		return resolve(node.Alias, depth+1, budget)
	}
	copied := *node
	copied.Content = make([]*yaml.Node, 0, len(node.Content))
	var merged []*yaml.Node
	for i, child := range node.Content {
		resolved, mistake := resolve(child, depth+1, budget)
		if mistake != nil {
			return nil, mistake
		}
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Tag == "!!merge" {
			copied.Content = copied.Content[:len(copied.Content)-1]
			from := mergedFrom(resolved)
			if from == nil {
				return nil, &Mistake{placeOf(child), "<< merges a mapping or a list of mappings, not " + shown(resolved)}
			}
			merged = append(merged, from...)
			continue
		}
		copied.Content = append(copied.Content, resolved)
	}
	for _, from := range merged {
		for i := 0; i+1 < len(from.Content); i += 2 {
			if valueOf(&copied, from.Content[i].Value) == nil {
				copied.Content = append(copied.Content, from.Content[i], from.Content[i+1])
			}
		}
	}
	return &copied, nil
}

// mergedFrom lists the mappings that a merge key names, of which the first to have a
// key wins; nil if the value is no mapping and no list of them.
func mergedFrom(value *yaml.Node) []*yaml.Node {
	notMapping := func(n *yaml.Node) bool { return n.Kind != yaml.MappingNode }
	switch {
	case value.Kind == yaml.MappingNode:
		return []*yaml.Node{value}
	case value.Kind == yaml.SequenceNode && !slices.ContainsFunc(value.Content, notMapping):
		return append([]*yaml.Node{}, value.Content...)
	}
	return nil
}

// valueOf is the value under a key of a mapping; nil if there is none.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func placeOf(node *yaml.Node) Place { return Place{max(node.Line, 1), max(node.Column, 1)} }

// reader reads nodes into a policy and collects what is wrong.
type reader struct {
	policy   *Policy
	mistakes []Mistake
}

func (r *reader) wrong(node *yaml.Node, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{placeOf(node), fmt.Sprintf(format, args...)})
}

// Keys of a policy file.
const (
	keyVersion       = "version"
	keyDefaults      = "defaults"
	keyBenchmarks    = "benchmarks"
	keyBounds        = "bounds"
	keyComparability = "comparability"
	keyDecision      = "decision"
	keyConfidence    = "confidence"
)

// Keys of the rules of a benchmark, which are also the names of rules.
const (
	keyTier      = "tier"
	keyMetric    = "metric"
	keyDirection = "direction"
	keyGuard     = "relative_guard_below"

	RuleMaxDrop         = "max_drop"
	RuleMaxRelativeDrop = "max_relative_drop"
	RuleMin             = "min"
	RuleMax             = "max"
)

func topKeys() []string {
	return []string{keyVersion, keyDefaults, keyBenchmarks, keyBounds, keyComparability, keyDecision, keyConfidence}
}

func ruleKeys() []string {
	return []string{keyTier, keyMetric, keyDirection, RuleMaxDrop, RuleMaxRelativeDrop, keyGuard, RuleMin, RuleMax}
}

// entries yields the entries of a mapping; a mistake for anything else and for a key
// that comes twice.
func (r *reader) entries(node *yaml.Node, what string) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if isNull(node) {
			return
		}
		if node.Kind != yaml.MappingNode {
			r.wrong(node, "%s is a mapping of names to values", what)
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			switch {
			case key.Kind != yaml.ScalarNode || key.Value == "":
				r.wrong(key, "%s: a key is a name", what)
				continue
			case seen[key.Value]:
				r.wrong(key, "%s: %s is there twice", what, key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, node.Content[i+1]) {
				return
			}
		}
	}
}

func (r *reader) policyOf(root *yaml.Node) {
	if isNull(root) || root.Kind != yaml.MappingNode {
		r.wrong(root, "a policy is a mapping: version, defaults, benchmarks, bounds")
		return
	}
	for key, value := range r.entries(root, "the policy") {
		switch key.Value {
		case keyVersion:
			if value.Tag != "!!int" || value.Value != "1" {
				r.wrong(value, "version is 1, not %s", shown(value))
			}
		case keyDefaults:
			r.policy.Defaults = r.rules(value, keyDefaults, nil)
		case keyBenchmarks:
			for name, rules := range r.entries(value, keyBenchmarks) {
				b := Benchmark{Place: placeOf(name), Name: name.Value}
				b.Rules = r.rules(rules, name.Value, &b)
				r.policy.Benchmarks = append(r.policy.Benchmarks, b)
			}
		case keyBounds:
			for measure, bound := range r.entries(value, keyBounds) {
				r.bound(measure, bound)
			}
		case keyComparability:
			r.comparability(value)
		case keyDecision:
			r.policy.Decision = r.choice(value, key.Value, DecideCI, []string{DecideCI, DecidePoint})
		case keyConfidence:
			r.confidence(value)
		default:
			// As guides to model deployment write it: "accuracy: '>=0.92'".
			if value.Kind == yaml.ScalarNode && beginsWithOperator(value.Value) {
				r.bound(key, value)
				continue
			}
			r.wrong(key, "unknown key %s%s", key.Value, didYouMean(key.Value, topKeys()))
		}
	}
}

// confidence reads the coverage to decide at; null leaves it open.
func (r *reader) confidence(node *yaml.Node) {
	if isNull(node) {
		return
	}
	level := r.number(node, keyConfidence, nil, nil)
	if level == nil {
		return
	}
	if !IsConfidence(*level) {
		r.wrong(node, "%s is a coverage from %s to below 1, such as 0.95, not %s", keyConfidence, LeastConfidence, level)
		return
	}
	r.policy.Confidence, r.policy.confidenceAt = level, placeOf(node)
}

// rules reads the rules of one benchmark, or the defaults where b is nil.
func (r *reader) rules(node *yaml.Node, what string, b *Benchmark) Rules {
	var rules Rules
	for key, value := range r.entries(node, what) {
		if isNull(value) {
			if !slices.Contains(ruleKeys(), key.Value) {
				r.unknownRule(key, what)
			}
			continue // inherit
		}
		switch key.Value {
		case keyTier:
			rules.Tier = Tier(r.choice(value, what+"."+keyTier, "", []string{string(Critical), string(Supporting), string(Advisory)}))
		case keyMetric:
			rules.Metric = r.text(value, what+"."+keyMetric)
		case keyDirection:
			rules.Direction = r.direction(value, what)
		case RuleMaxDrop:
			r.drop(key, what)
			r.maxDrop(value, what, &rules)
		case RuleMaxRelativeDrop:
			r.drop(key, what)
			rules.MaxRelativeDrop = r.number(value, what+"."+RuleMaxRelativeDrop, zero(), nil)
		case keyGuard:
			rules.RelativeGuardBelow = r.number(value, what+"."+keyGuard, zero(), one())
		case RuleMin, RuleMax:
			limit := r.number(value, what+"."+key.Value, nil, nil)
			switch {
			case b == nil:
				r.wrong(key, "%s is in a task's own scale, so it has no default; give it under benchmarks", key.Value)
			case key.Value == RuleMin:
				rules.Min, b.minAt = limit, placeOf(value)
			default:
				rules.Max, b.maxAt = limit, placeOf(value)
			}
		default:
			r.unknownRule(key, what)
		}
	}
	if rules.Min != nil && rules.Max != nil && rules.Min.Cmp(*rules.Max) > 0 {
		r.mistakes = append(r.mistakes, Mistake{b.minAt, fmt.Sprintf("%s: no value is at least %s and at most %s", what, rules.Min, rules.Max)})
	}
	return rules
}

// drop remembers a rule that compares with a baseline.
func (r *reader) drop(key *yaml.Node, what string) {
	r.policy.drops = append(r.policy.drops, Mistake{placeOf(key), fmt.Sprintf("%s.%s compares with a baseline, and there is none", what, key.Value)})
}

func (r *reader) unknownRule(key *yaml.Node, what string) {
	r.wrong(key, "%s: unknown key %s%s", what, key.Value, didYouMean(key.Value, ruleKeys()))
}

// maxDrop reads a share of the scale, or a margin for each of several scales in its
// own unit.
func (r *reader) maxDrop(node *yaml.Node, what string, rules *Rules) {
	if node.Kind != yaml.MappingNode {
		rules.MaxDrop = r.number(node, what+"."+RuleMaxDrop, zero(), one())
		return
	}
	rules.MaxDropOn = map[string]decimal.Decimal{}
	for key, value := range r.entries(node, what+"."+RuleMaxDrop) {
		if !catalog.Scale(key.Value).Known() {
			r.wrong(key, "%s.%s: no scale is called %s%s", what, RuleMaxDrop, key.Value, didYouMean(key.Value, scaleNames()))
			continue
		}
		if margin := r.number(value, what+"."+RuleMaxDrop+"."+key.Value, zero(), nil); margin != nil {
			rules.MaxDropOn[key.Value] = *margin
		}
	}
}

func scaleNames() []string {
	names := make([]string, 0, len(catalog.Scales()))
	for _, scale := range catalog.Scales() {
		names = append(names, string(scale))
	}
	return names
}

func (r *reader) direction(node *yaml.Node, what string) catalog.Direction {
	switch r.choice(node, what+"."+keyDirection, "", []string{"higher_is_better", "lower_is_better"}) {
	case "higher_is_better":
		return catalog.Higher
	case "lower_is_better":
		return catalog.Lower
	}
	return ""
}

func (r *reader) comparability(node *yaml.Node) {
	const keyAllow = "allow"
	for key, value := range r.entries(node, keyComparability) {
		if key.Value != keyAllow {
			r.wrong(key, "%s: unknown key %s%s", keyComparability, key.Value, didYouMean(key.Value, []string{keyAllow}))
			continue
		}
		if isNull(value) {
			continue
		}
		if value.Kind != yaml.SequenceNode {
			r.wrong(value, "%s.%s is a list of settings, such as [temperature]", keyComparability, keyAllow)
			continue
		}
		for _, entry := range value.Content {
			glob := r.text(entry, keyComparability+"."+keyAllow)
			if _, err := path.Match(glob, ""); err != nil {
				r.wrong(entry, "%s.%s: %s is no pattern", keyComparability, keyAllow, shown(entry))
			}
			if glob != "" {
				r.policy.Allow = append(r.policy.Allow, glob)
			}
		}
	}
	slices.Sort(r.policy.Allow)
	r.policy.Allow = slices.Compact(r.policy.Allow)
}

// choice reads one of several words, or returns otherwise and a mistake.
func (r *reader) choice(node *yaml.Node, what, otherwise string, of []string) string {
	if node.Kind == yaml.ScalarNode && slices.Contains(of, node.Value) {
		return node.Value
	}
	r.wrong(node, "%s is one of %s, not %s%s", what, strings.Join(of, ", "), shown(node), didYouMean(node.Value, of))
	return otherwise
}

func (r *reader) text(node *yaml.Node, what string) string {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!str" || strings.TrimSpace(node.Value) == "" {
		r.wrong(node, "%s is a text, not %s", what, shown(node))
		return ""
	}
	return node.Value
}

// number reads a plain decimal number within bounds, of which nil is none.
func (r *reader) number(node *yaml.Node, what string, least, most *decimal.Decimal) *decimal.Decimal {
	isNumber := node.Kind == yaml.ScalarNode && (node.Tag == "!!int" || node.Tag == "!!float")
	value, err := decimal.Parse(node.Value)
	switch {
	case !isNumber && err == nil && node.Kind == yaml.ScalarNode:
		r.wrong(node, "%s is a number, not a text; leave the quotes out", what)
	case !isNumber || err != nil:
		r.wrong(node, "%s is a plain decimal number, not %s", what, shown(node))
	case least != nil && value.Cmp(*least) < 0:
		r.wrong(node, "%s is %s or more, not %s", what, least, value)
	case most != nil && value.Cmp(*most) > 0:
		r.wrong(node, "%s is a share of the scale, from 0 to 1, not %s; 0.01 is one point of a percent scale", what, value)
	default:
		return &value
	}
	return nil
}

// shown is a node in a message, as it was written.
func shown(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(node):
		return "nothing"
	}
	return strconv.Quote(node.Value)
}

func isNull(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

func zero() *decimal.Decimal { return &decimal.Decimal{} }

func one() *decimal.Decimal {
	d := decimal.FromInt(1)
	return &d
}
