package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Reading is what an MLflow metric key stands for, if it is the headline's: keys
// cannot be taken apart, but those that a headline can have are known.
type Reading struct {
	Metric, Score string
}

// primaryKey finds the headline among a run's MLflow metrics: the first of the
// scores that Primary would choose, under any name of the task and in any format
// of the exporter; else the only one.
func (c *Catalog) primaryKey(harness, task string, scores []nemo.Score) (index int, reading Reading, ok bool) {
	entry, known := c.task(harness, task)
	strict := known && entry.strict
	for _, pattern := range nelNextScores() { // which has no names before them
		if strict {
			break
		}
		if i := slices.IndexFunc(scores, func(s nemo.Score) bool { return s.Metric == nemo.SanitizeKey(pattern) }); i >= 0 {
			return i, Reading{pattern, pattern}, true
		}
	}
	for _, pattern := range c.keyPatterns(harness, task) {
		best, highest := -1, -1
		for _, name := range c.keyNames(harness, task) {
			for i, s := range scores {
				if n, matched := matchKey(name, pattern, s.Metric); matched && n > highest {
					best, highest = i, n
				}
			}
		}
		if best >= 0 {
			return best, pattern.withNumber(highest), true
		}
	}
	if harness == "bfcl" || strict {
		return 0, Reading{}, false
	}
	only := -1
	for i, s := range scores {
		if rest := c.withoutName(harness, task, s.Metric); isTiming(nemo.Score{Metric: rest, Score: rest}) || nemo.IsTelemetry(rest) {
			continue
		}
		if only >= 0 {
			return 0, Reading{}, false
		}
		only = i
	}
	return max(only, 0), Reading{}, only >= 0
}

// ReadKey says what the headline's MLflow key stands for; ok is false if that is
// not known, as of a key that is the headline because there is no other.
func (c *Catalog) ReadKey(harness, task, key string) (Reading, bool) {
	_, reading, ok := c.primaryKey(harness, task, []nemo.Score{{Section: nemo.Metrics, Metric: key, Score: key}})
	return reading, ok && reading != Reading{}
}

// keyPatterns lists the metric and score names that a headline can have, in the
// order in which Primary prefers them.
func (c *Catalog) keyPatterns(harness, task string) []Reading {
	var patterns []Reading
	if entry, known := c.task(harness, task); known {
		for _, pattern := range entry.Primary {
			patterns = append(patterns, Reading{pattern, pattern})
			// Where METRIC ends cannot be seen: names contain "/" too.
			for i, r := range pattern {
				if r == '/' {
					patterns = append(patterns, Reading{pattern[:i], pattern[i+1:]})
				}
			}
		}
		if entry.strict {
			return patterns
		}
	}
	switch harness {
	case "bfcl":
		return patterns
	case "nemo_skills":
		for _, score := range nemoSkillsScores() {
			for _, metric := range nemoSkillsMetrics() {
				patterns = append(patterns, Reading{metric, score})
			}
		}
	case "simple_evals":
		patterns = append(patterns, Reading{"score", "micro_avg_of_N"}, Reading{"score", "micro"})
	}
	for _, word := range headlineOrder {
		for _, filter := range filterOrder {
			if name := strings.TrimSuffix(word+"__"+filter, "__"); name != "" {
				patterns = append(patterns, Reading{name, name})
			}
		}
		for _, metric := range []string{"pass@1[avg-of-N]", "pass@1", "score"} {
			patterns = append(patterns, Reading{metric, word})
		}
	}
	return patterns
}

// keyNames lists the names under which results.yml can have a task.
func (c *Catalog) keyNames(harness, task string) []string {
	names := []string{task, strings.TrimPrefix(task, "ns_")}
	if entry, known := c.task(harness, task); known {
		names = append(append(names, entry.Name), entry.Aliases...)
	}
	if harness != "" {
		names = append(names, harness) // nemo_gym
	}
	var distinct []string
	for _, name := range names {
		if !slices.Contains(distinct, name) {
			distinct = append(distinct, name)
		}
	}
	return distinct
}

// matchKey reports whether a key is that of a score under a name, in any format;
// N stands for a number.
func matchKey(name string, pattern Reading, key string) (n int, ok bool) {
	s := nemo.Score{Name: name, Metric: pattern.Metric, Score: pattern.Score}
	for _, format := range nemo.KeyFormats() {
		if expected, made := format.MetricKey(s); made {
			if n, ok := matchNumber(expected, key); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// withNumber puts the number in the place of N.
func (r Reading) withNumber(n int) Reading {
	if n == 0 {
		return r
	}
	fill := func(name string) string {
		for _, sign := range []string{"-of-N", "_of_N"} {
			name = strings.ReplaceAll(name, sign, sign[:len(sign)-1]+strconv.Itoa(n))
		}
		return name
	}
	return Reading{fill(r.Metric), fill(r.Score)}
}

// withoutName is a key less the name that it begins with, if that is the task's.
func (c *Catalog) withoutName(harness, task, key string) string {
	for _, name := range c.keyNames(harness, task) {
		if rest, found := strings.CutPrefix(key, nemo.SanitizeKey(name)+"_"); found {
			return rest
		}
	}
	return key
}

// keyScale is the scale of a score that is known by its MLflow key: what the
// key stands for if it is the headline's, else what its end tells.
func (c *Catalog) keyScale(harness, task, key string, primary bool) (Scale, Direction) {
	if slices.ContainsFunc(nelNextScores(), func(name string) bool { return nemo.SanitizeKey(name) == key }) {
		return byNelNext("pass@1")
	}
	if primary {
		if reading, ok := c.ReadKey(harness, task, key); ok {
			return c.ScaleOf(harness, task, nemo.Score{Metric: reading.Metric, Score: reading.Score}, true)
		}
	}
	rest := c.withoutName(harness, task, key)
	return byHarness(harness, rest, rest)
}
