package nemo

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Sections of results.yml.
const (
	Groups = "groups"
	Tasks  = "tasks"
)

// Results is a decoded results.yml, which the core writes at the successful end
// of an evaluation: the only exact source of scores (E:core/evaluate.py and
// api/api_dataclasses.py in NVIDIA-NeMo/Evaluator; the same fields since 0.1.0).
type Results struct {
	Scores           []Score
	Type             string // config.type, the task as the core names it
	ModelID          string
	GitHash          string
	EvaluatorVersion string // of the core that wrote the file; "" before 0.1.26
	LauncherVersion  string

	root *yaml.Node // for Settings
}

// Score is one leaf of results.yml.
type Score struct {
	Section string // Groups or Tasks
	Name    string // the harness's name; nested groups are joined by "/"
	Metric  string
	Score   string
	Value   *decimal.Decimal
	// Invalid says why Value is nil: "absent", "null", "nan", "infinite",
	// "no_data", "not_a_number". Empty if there is a value.
	Invalid string
	Stats   Stats
	Pointer string // JSON Pointer to the value; "" where it is a mean over a file's lines
	Line    int

	// File is where the score was read from; empty for the job's ResultsFile.
	File File
	// Rounded says that the file has the value to four decimals only, and so no
	// difference that is smaller.
	Rounded bool
}

// Stats are what a harness reports beside a value; all may be nil. Variance and
// Stddev are population moments; what Stderr is depends on the harness
// (statistics §4).
type Stats struct {
	Count    *decimal.Decimal
	Mean     *decimal.Decimal
	Variance *decimal.Decimal
	Stddev   *decimal.Decimal
	Stderr   *decimal.Decimal
	// StderrInvalid says that the file has a standard error that can be none,
	// negative or not finite, and so Stderr is nil.
	StderrInvalid bool
}

func (s Stats) empty() bool { return s == Stats{} }

// Key is the identity of a score within a task.
func (s Score) Key() string {
	return strings.Join([]string{s.Section, s.Name, s.Metric, s.Score}, "\x00")
}

// ParseResults decodes results.yml. The error is a [*SyntaxError]. Missing, null
// and empty sections give no scores, which is not an error; a leaf that is not a
// number is a Score with Invalid set. What groups and tasks repeat with the same
// value is kept once, under groups.
func ParseResults(data []byte) (*Results, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, &SyntaxError{Line: root.Line, Message: "not a results file: a mapping is expected"}
	}
	section := lookup(root, "results")
	if section == nil {
		return nil, &SyntaxError{Message: `not a results file: no key "results" (cut short?)`}
	}
	if !isNull(section) && section.Kind != yaml.MappingNode {
		return nil, &SyntaxError{Line: section.Line, Message: `"results" is not a mapping`}
	}
	// The core writes its keys in order, target after results: a file of the core
	// that ends before it was cut, and the last number in it may be half of one.
	if lookup(root, "command") != nil && lookup(root, "config") != nil && lookup(root, "target") == nil {
		return nil, &SyntaxError{Line: 1 + bytes.Count(data, []byte("\n")), Message: `cut short: no key "target" after the results`}
	}
	r := &Results{
		Type:             scalarText(lookup(root, "config", "type")),
		ModelID:          scalarText(lookup(root, "target", "api_endpoint", "model_id")),
		GitHash:          scalarText(lookup(root, "git_hash")),
		EvaluatorVersion: scalarText(lookup(root, "metadata", "versioning", "nemo_evaluator")),
		LauncherVersion:  scalarText(lookup(root, "metadata", "versioning", "nemo_evaluator_launcher")),
		root:             root,
	}
	for _, name := range []string{Groups, Tasks} {
		node := lookup(section, name)
		if !isNull(node) && node.Kind != yaml.MappingNode {
			return nil, &SyntaxError{Line: node.Line, Message: `"results.` + name + `" is not a mapping`}
		}
		r.Scores = appendNamed(r.Scores, name, node, "", "/results/"+name)
	}
	r.Scores = dropRepeats(r.Scores)
	return r, nil
}

// appendNamed decodes {name: {metrics: …, groups: <the same>}}.
func appendNamed(scores []Score, section string, node *yaml.Node, outer, pointer string) []Score {
	for key, value := range entries(node) {
		name := outer + key.Value
		at := pointer + "/" + escapePointer(key.Value)
		scores = appendMetrics(scores, section, name, lookup(value, "metrics"), at+"/metrics")
		if section == Groups {
			scores = appendNamed(scores, section, lookup(value, "groups"), name+"/", at+"/groups")
		}
	}
	return scores
}

func appendMetrics(scores []Score, section, name string, metrics *yaml.Node, pointer string) []Score {
	for metric, body := range entries(metrics) {
		at := pointer + "/" + escapePointer(metric.Value) + "/scores"
		for score, leaf := range entries(lookup(body, "scores")) {
			s := Score{
				Section: section, Name: name, Metric: metric.Value, Score: score.Value,
				Pointer: at + "/" + escapePointer(score.Value) + "/value",
				Line:    score.Line,
			}
			value := lookup(leaf, "value")
			if value != nil {
				s.Line = value.Line
			}
			s.Value, s.Invalid = number(value)
			stats := lookup(leaf, "stats")
			s.Stats = Stats{
				Count:    statistic(stats, "count"),
				Mean:     statistic(stats, "mean"),
				Variance: statistic(stats, "variance"),
				Stddev:   statistic(stats, "stddev"),
			}
			s.Stats.Stderr, s.Stats.StderrInvalid = standardError(lookup(stats, "stderr"))
			scores = append(scores, s)
		}
	}
	return scores
}

func statistic(stats *yaml.Node, key string) *decimal.Decimal {
	value, _ := number(lookup(stats, key))
	return value
}

// standardError reads a standard error. Words such as lm-eval's "N/A" say that
// there is none, which is not the same as one that cannot be.
func standardError(node *yaml.Node) (value *decimal.Decimal, invalid bool) {
	value, why := number(node)
	if value != nil && value.Sign() < 0 {
		return nil, true
	}
	return value, why == "nan" || why == "infinite"
}

// number reads a scalar as harnesses write numbers: plain, quoted, an integer,
// a boolean (which the exporter, too, takes for 1 and 0), or one of YAML's and
// Python's non-finite words.
func number(node *yaml.Node) (value *decimal.Decimal, invalid string) {
	if node == nil {
		return nil, "absent"
	}
	if isNull(node) {
		return nil, "null"
	}
	if node.Kind != yaml.ScalarNode {
		return nil, "not_a_number"
	}
	text := strings.TrimSpace(node.Value)
	if node.Tag == "!!bool" {
		if strings.EqualFold(text, "true") {
			text = "1"
		} else {
			text = "0"
		}
	}
	return parseNumber(text)
}

// parseNumber reads a number, or one of the words for those that are none.
func parseNumber(text string) (value *decimal.Decimal, invalid string) {
	if d, err := decimal.Parse(text); err == nil {
		return &d, ""
	}
	switch strings.TrimLeft(strings.ToLower(text), "+-.") {
	case "nan":
		return nil, "nan"
	case "inf", "infinity":
		return nil, "infinite"
	}
	return nil, "not_a_number"
}

// dropRepeats keeps the last of equal keys, as a YAML parser with maps would, and
// leaves out of tasks what groups say with the same value.
func dropRepeats(scores []Score) []Score {
	type place struct{ name, metric, score string }
	last := map[string]int{}
	for i, s := range scores {
		last[s.Key()] = i
	}
	seen := map[place]Score{}
	kept := scores[:0]
	for i, s := range scores {
		if last[s.Key()] != i {
			continue
		}
		at := place{s.Name, s.Metric, s.Score}
		if s.Section == Groups {
			seen[at] = s
		} else if group, ok := seen[at]; ok && sameNumber(group.Value, s.Value) && group.Invalid == s.Invalid {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

func sameNumber(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// escapePointer escapes one token of a JSON Pointer (RFC 6901 §3).
func escapePointer(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

// MarkPlaceholders turns the zeros that HELM writes for "no data" (value 0.0
// without stats; a real 0.0 has a stddev) into Scores without a value.
func (r *Results) MarkPlaceholders(harness string) {
	if harness != "helm" {
		return
	}
	for i, s := range r.Scores {
		if s.Value != nil && s.Value.Sign() == 0 && s.Stats.empty() {
			r.Scores[i].Value, r.Scores[i].Invalid = nil, "no_data"
		}
	}
}
