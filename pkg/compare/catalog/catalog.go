// Package catalog knows benchmarks: which of a task's scores is its headline, on
// which scale scores are and whether more is better, and under which other names
// a task goes. Nothing is ever concluded from the size of a value: 0.8 may be
// 0.8 of 1 or 0.8 percent.
package catalog

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Scale is the range that a score is on.
type Scale string

// Scales, as the contract names them.
const (
	Fraction     Scale = "fraction" // 0 to 1
	Percent      Scale = "percent"  // 0 to 100
	Rating10     Scale = "rating_10"
	Signed100    Scale = "signed_100"
	Elo          Scale = "elo"
	Ratio        Scale = "ratio"
	Seconds      Scale = "seconds"
	Milliseconds Scale = "milliseconds"
	Tokens       Scale = "tokens"
	Count        Scale = "count"
	UnknownScale Scale = "unknown"
)

// Scales returns the scales, in the order of the contract.
func Scales() []Scale {
	return []Scale{Fraction, Percent, Rating10, Signed100, Elo, Ratio, Seconds, Milliseconds, Tokens, Count, UnknownScale}
}

// Known reports whether the text names a scale.
func (s Scale) Known() bool { return slices.Contains(Scales(), s) }

// Direction says whether more is better.
type Direction string

// Directions, as the contract names them.
const (
	Higher           Direction = "higher"
	Lower            Direction = "lower"
	UnknownDirection Direction = "unknown"
)

// Task is what the catalog knows of one benchmark.
type Task struct {
	Name      string    `yaml:"-"`
	Aliases   []string  `yaml:"aliases"`
	Harness   string    `yaml:"harness"` // "" applies to every harness
	Primary   []string  `yaml:"primary"` // METRIC[/SCORE], N for a number, in order
	Scale     Scale     `yaml:"scale"`
	Direction Direction `yaml:"direction"`

	overridden bool // by [Catalog.With]
	strict     bool // Primary or nothing
}

// Catalog is a set of known tasks.
type Catalog struct {
	tasks   map[string]Task
	aliases map[string]string // any name to the task's own
	scales  map[string]Scale  // of all scores of a task, whatever else says; of "", where nothing else does

	directions map[string]Direction // the same
}

//go:embed tasks.yaml
var builtin []byte

// Default returns the built-in catalog.
func Default() (*Catalog, error) { return Parse(builtin) }

// Parse reads a catalog: a mapping "tasks" of names to [Task].
func Parse(data []byte) (*Catalog, error) {
	var file struct {
		Tasks map[string]Task `yaml:"tasks"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c := &Catalog{tasks: map[string]Task{}, aliases: map[string]string{}}
	for name, task := range file.Tasks {
		task.Name = name
		c.tasks[name] = task
		for _, alias := range task.Aliases {
			c.aliases[alias] = name
		}
	}
	return c, nil
}

// WithScale returns a catalog that also says on which scale all scores of a task are,
// or, for the task "", those of which nothing else tells.
func (c *Catalog) WithScale(task string, scale Scale) *Catalog {
	scales := maps.Clone(c.scales)
	if scales == nil {
		scales = map[string]Scale{}
	}
	if task != "" {
		task = c.Canonical(task)
	}
	scales[task] = scale
	changed := *c
	changed.scales = scales
	return &changed
}

// WithDirection is [Catalog.WithScale] for the direction.
func (c *Catalog) WithDirection(task string, direction Direction) *Catalog {
	directions := maps.Clone(c.directions)
	if directions == nil {
		directions = map[string]Direction{}
	}
	directions[c.Canonical(task)] = direction
	changed := *c
	changed.directions = directions
	return &changed
}

// Told returns the tasks of which [Catalog.WithScale] was told, sorted.
func (c *Catalog) Told() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.scales)) {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Canonical returns the name under which a task is joined with itself: the
// catalog's for a known task or alias, else the name as it is.
func (c *Catalog) Canonical(task string) string {
	if name, ok := c.aliases[task]; ok {
		return name
	}
	return task
}

// task returns the entry for a task of a harness.
func (c *Catalog) task(harness, task string) (Task, bool) {
	entry, ok := c.tasks[c.Canonical(task)]
	if !ok || entry.Harness != "" && harness != "" && entry.Harness != harness {
		return Task{}, false
	}
	return entry, true
}

// headlineOrder is the choice among the scores of a task that neither the catalog
// nor its harness decides: the design's list. A name matches a metric or a score,
// without its filter ("exact_match__strict-match" is exact_match).
var headlineOrder = []string{
	"correct", "symbolic_correct", "judge_correct", "accuracy", "acc", "exact_match",
	"pass@1", "micro", "macro", "f1",
}

// filterOrder prefers strict answers; other filters follow by name.
var filterOrder = []string{"", "strict-match", "strict", "flexible-extract", "flexible"}

// timings are parts of names that no headline has (nel-next's reports/eval.py).
var timings = []string{"gen_seconds", "latency", "duration", "tokens", "time_ms", "_time", "_ms"}

// Primary returns the index of the task's headline among its scores, or false if
// it has none.
func (c *Catalog) Primary(harness, task string, scores []nemo.Score) (int, bool) {
	if len(scores) > 0 && !slices.ContainsFunc(scores, func(s nemo.Score) bool { return s.Section != nemo.Metrics }) {
		i, _, ok := c.primaryKey(harness, task, scores)
		return i, ok
	}
	name, ok := c.headlineName(task, scores)
	if !ok {
		return 0, false
	}
	var candidates []int
	for i, s := range scores {
		if s.Name == name.name && s.Section == name.section && !isTiming(s) && !nemo.IsTelemetry(s.Metric) {
			candidates = append(candidates, i)
		}
	}
	if entry, known := c.task(harness, task); known && len(entry.Primary) > 0 {
		if entry.strict {
			candidates = nil // timings too, if that is what was asked for
			for i, s := range scores {
				if s.Name == name.name && s.Section == name.section {
					candidates = append(candidates, i)
				}
			}
		}
		for _, pattern := range entry.Primary {
			if i, found := bestMatch(pattern, scores, candidates); found {
				return i, true
			}
		}
		if entry.strict {
			return 0, false
		}
	}
	if name.section == nemo.Benchmark {
		for _, pattern := range nelNextScores() {
			if i, found := bestMatch(pattern, scores, candidates); found {
				return i, true
			}
		}
	}
	switch harness {
	case "bfcl":
		return bfclHeadline(scores, candidates)
	case "mtbench":
		if i, found := bestMatch("average_score", scores, candidates); found {
			return i, true
		}
	case "nemo_skills":
		for _, score := range nemoSkillsScores() {
			for _, metric := range nemoSkillsMetrics() {
				if i, found := bestMatch(metric+"/"+score, scores, candidates); found {
					return i, true
				}
			}
		}
	case "simple_evals":
		for _, pattern := range []string{"score/micro_avg_of_N", "score/micro"} {
			if i, found := bestMatch(pattern, scores, candidates); found {
				return i, true
			}
		}
	}
	if len(candidates) == 1 {
		return candidates[0], true
	}
	return firstInOrder(scores, candidates)
}

// The headlines of nemo_skills, in order.
func nemoSkillsScores() []string  { return []string{"symbolic_correct", "judge_correct", "accuracy"} }
func nemoSkillsMetrics() []string { return []string{"pass@1[avg-of-N]", "pass@1"} }

// nelNextScores are the headlines of nel-next: rewards that are all 0 or 1 give
// pass@1, others mean_reward.
func nelNextScores() []string { return []string{"pass@1", "mean_reward"} }

type place struct{ section, name string }

// headlineName picks the name within results.yml that stands for the task: a
// group for its members, else the only name, else the one called like the task. A
// file of rollouts was read only because results.yml has no headline.
func (c *Catalog) headlineName(task string, scores []nemo.Score) (place, bool) {
	for _, section := range []string{nemo.Rollouts, nemo.Groups, nemo.Tasks, nemo.Benchmark} {
		var names []string
		for _, s := range scores {
			if s.Section == section && !slices.Contains(names, s.Name) && !isNested(section, s.Name, names) {
				names = append(names, s.Name)
			}
		}
		if len(names) == 1 {
			return place{section, names[0]}, true
		}
		for _, name := range names {
			if name == task || c.Canonical(name) == c.Canonical(task) {
				return place{section, name}, true
			}
		}
		if len(names) > 0 {
			return place{}, false
		}
	}
	return place{}, false
}

// isNested reports whether a group's name lies below another one's, or names a part
// of a benchmark.
func isNested(section, name string, names []string) bool {
	return section != nemo.Tasks && slices.ContainsFunc(names, func(outer string) bool {
		return strings.HasPrefix(name, outer+"/")
	})
}

func isTiming(s nemo.Score) bool {
	return slices.ContainsFunc(timings, func(part string) bool {
		return strings.Contains(s.Metric, part) || strings.Contains(s.Score, part)
	})
}

// bestMatch finds the candidate that a METRIC[/SCORE] pattern names; with N in
// it, the one with the highest number.
func bestMatch(pattern string, scores []nemo.Score, candidates []int) (int, bool) {
	best, highest := -1, -1
	for _, i := range candidates {
		n, ok := MatchName(pattern, scores[i].Metric, scores[i].Score)
		if ok && n > highest {
			best, highest = i, n
		}
	}
	return best, best >= 0
}

func firstInOrder(scores []nemo.Score, candidates []int) (int, bool) {
	for _, wanted := range headlineOrder {
		best := -1
		for _, i := range candidates {
			if matches(scores[i], wanted) && (best < 0 || rank(scores[i]) < rank(scores[best])) {
				best = i
			}
		}
		if best >= 0 {
			return best, true
		}
	}
	return 0, false
}

func matches(s nemo.Score, wanted string) bool {
	metric, _, _ := strings.Cut(s.Metric, "__")
	score, _, _ := strings.Cut(s.Score, "__")
	return score == wanted || metric == wanted && s.Metric == s.Score
}

// rank orders scores that match the same word: by filter, then by metric, the
// highest pass@1[avg-of-N] first, then pass@1, before pass@8 and majority@8.
func rank(s nemo.Score) string {
	_, filter, _ := strings.Cut(s.Score, "__")
	i := slices.Index(filterOrder, filter)
	if i < 0 {
		i = len(filterOrder)
	}
	aggregation := maxNumber + 1
	if s.Metric == "pass@1" {
		aggregation = maxNumber
	} else if n, ok := matchNumber("pass@1[avg-of-N]", s.Metric); ok {
		aggregation = maxNumber - n
	}
	return fmt.Sprintf("%d\x00%s\x00%010d\x00%s\x00%s", i, filter, aggregation, s.Metric, s.Score)
}

// MatchName reports whether METRIC[/SCORE] names this score. Without /SCORE the
// score is called like the metric. N stands for a number, which is returned; 0
// without one.
func MatchName(pattern, metric, score string) (n int, ok bool) {
	// Metric names may contain "/" themselves (nemo_gym), so the whole is tried.
	if full := metric + "/" + score; full != pattern {
		if metric == score {
			if n, ok := matchNumber(pattern, metric); ok {
				return n, true
			}
		}
		return matchNumber(pattern, full)
	}
	return 0, true
}

// The longest number that a name can have for N, and the largest.
const (
	maxDigits = 9
	maxNumber = 999_999_999
)

// matchNumber matches text against a pattern in which the one letter N standing
// alone between signs means digits.
func matchNumber(pattern, text string) (n int, ok bool) {
	if pattern == text {
		return 0, true
	}
	for _, sign := range []string{"-of-N", "_of_N"} {
		before, after, found := strings.Cut(pattern, sign)
		if !found {
			continue
		}
		rest, found := strings.CutPrefix(text, before+sign[:len(sign)-1])
		if !found {
			continue
		}
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if digits == "" || rest[len(digits):] != after || len(digits) > maxDigits {
			continue
		}
		for _, d := range digits {
			n = 10*n + int(d-'0')
		}
		return n, true
	}
	return 0, false
}

// ScaleOf returns the scale and direction of one score: the catalog's for a known
// task's headline, else what the harness says by the score's name, else unknown.
// What [Catalog.WithScale] and [Catalog.WithDirection] were told comes first.
func (c *Catalog) ScaleOf(harness, task string, s nemo.Score, primary bool) (Scale, Direction) {
	scale, direction := c.scaleOf(harness, task, s, primary)
	if told, ok := c.directions[c.Canonical(task)]; ok {
		direction = told
	} else if told, ok := c.directions[""]; ok && direction == UnknownDirection {
		direction = told
	}
	if told, ok := c.scales[c.Canonical(task)]; ok {
		return told, direction
	}
	if told, ok := c.scales[""]; ok && scale == UnknownScale {
		return told, direction
	}
	return scale, direction
}

func (c *Catalog) scaleOf(harness, task string, s nemo.Score, primary bool) (Scale, Direction) {
	if s.Section == nemo.Metrics {
		return c.keyScale(harness, task, s.Metric, primary)
	}
	scale, direction := byName(harness, s)
	entry, known := c.task(harness, task)
	if !known || !primary || !entry.names(s) {
		return scale, direction
	}
	switch {
	case entry.overridden:
		return cmp.Or(entry.Scale, scale), cmp.Or(entry.Direction, direction)
	case entry.Scale != "":
		return entry.Scale, cmp.Or(entry.Direction, UnknownDirection)
	default:
		return scale, direction
	}
}

// byName is the scale that follows from a score's name and what wrote it.
func byName(harness string, s nemo.Score) (Scale, Direction) {
	switch s.Section {
	case nemo.Benchmark:
		return byNelNext(s.Metric)
	case nemo.Rollouts:
		return byNemoGym(s.Metric)
	}
	return byHarness(harness, s.Metric, s.Score)
}

// byNemoGym is the scale of the scores of NeMo Gym's agents, whose names are paths.
func byNemoGym(metric string) (Scale, Direction) {
	switch {
	case metric == "pass@1/accuracy", strings.HasSuffix(metric, "/pass@1/accuracy"):
		return Percent, Higher
	case metric == "reward", metric == "mean/reward":
		return Fraction, Higher
	case strings.Contains(metric, "/stage_0/"): // an early estimate
	case strings.HasSuffix(metric, "comparison/normalized_elo"), strings.HasSuffix(metric, "comparison/stage_1/normalized_elo"):
		return Fraction, Higher
	case strings.HasSuffix(metric, "/eval_elo"):
		return Elo, Higher
	}
	return UnknownScale, UnknownDirection
}

// byNelNext is the scale of the scores that nel-next computes itself: its rewards
// and all thresholds on them are of the 0–1 scale. Those that it took over from a
// harness keep that one's scale, which the bundle does not tell.
func byNelNext(metric string) (Scale, Direction) {
	if metric == "mean_reward" || strings.HasPrefix(metric, "pass@") || strings.HasPrefix(metric, "scorer:") {
		return Fraction, Higher
	}
	return UnknownScale, UnknownDirection
}

// names reports whether the entry's scale is about this score: a headline that was
// found by another rule, because the one it knows was not there, may be on another.
func (t Task) names(s nemo.Score) bool {
	return len(t.Primary) == 0 || slices.ContainsFunc(t.Primary, func(pattern string) bool {
		_, ok := MatchName(pattern, s.Metric, s.Score)
		return ok
	})
}

// byHarness is the table of NeMo Evaluator's harnesses: scales and directions
// that follow from the names that a harness gives its scores.
func byHarness(harness, metric, score string) (Scale, Direction) {
	base, _, _ := strings.Cut(score, "__")
	switch {
	case strings.HasPrefix(harness, "byob_"):
		if score == "correct" {
			return Fraction, Higher
		}
	case harness == "lm-evaluation-harness":
		switch {
		case strings.HasPrefix(base, "acc"), strings.HasSuffix(base, "_acc"), strings.HasPrefix(base, "exact_match"):
			return Fraction, Higher
		case strings.HasSuffix(base, "perplexity"), base == "bits_per_byte":
			return UnknownScale, Lower
		}
	case harness == "bfcl":
		return Percent, Higher
	case harness == "simple_evals":
		if metric == "score" {
			return Fraction, Higher
		}
	case harness == "nemo_skills":
		switch {
		case score == "gen_seconds":
			return Seconds, Lower
		case strings.Contains(score, "hallucination"):
			return Percent, Lower
		case strings.HasSuffix(score, "omni_index"):
			return Signed100, Higher
		case strings.HasSuffix(score, "_correct"), strings.HasSuffix(score, "accuracy"):
			return Percent, Higher
		case strings.Contains(score, "tokens"):
			return Tokens, UnknownDirection
		}
	case harness == "bigcode" || harness == "bigcode-evaluation-harness" || harness == "tau2_bench":
		if strings.HasPrefix(metric, "pass@") {
			return Fraction, Higher
		}
	case harness == "mtbench":
		switch score {
		case "average_score":
			return Rating10, Higher
		case "num_missing":
			return Count, Lower
		}
	case harness == "garak":
		if metric == "pass_rate" {
			return Fraction, Higher
		}
	case harness == "safety_eval":
		if metric == "safety_rate" {
			return Fraction, Higher
		}
	case harness == "nemo_gym":
		return byNemoGym(metric)
	case harness == "genai_perf_eval":
		if strings.Contains(metric, "latency") {
			return UnknownScale, Lower
		}
	case harness == "ifbench":
		if strings.HasSuffix(score, ":prompt-level") || strings.HasSuffix(score, ":inst-level") {
			return Fraction, Higher
		}
	}
	return UnknownScale, UnknownDirection
}
