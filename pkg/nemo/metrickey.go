package nemo

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Metrics is the section of scores that were read from a run's MLflow metrics,
// because the run has no results.yml. Such a score has the task as Name and the
// MLflow key as Metric and Score: a key is "<name>_<metric>_<score>" with signs
// replaced, and cannot be taken apart again.
const Metrics = "metrics"

// KeyFormat is how a release of the launcher's exporter makes MLflow keys.
type KeyFormat int

// Formats, newest first (L:exporters/utils.py and mlflow.py).
const (
	Keys127 KeyFormat = iota // since 0.1.27: a score called like its metric is not named twice
	Keys115                  // 0.1.15 to 0.1.26: always all three names; nothing nested; few metrics
	Keys100                  // before 0.1.15: as those, and not sanitised
)

// KeyFormats lists every format, newest first.
func KeyFormats() []KeyFormat { return []KeyFormat{Keys127, Keys115, Keys100} }

// MetricKey is the MLflow key that an exporter of this format gives a score of
// results.yml; ok is false if it leaves the score out.
func (f KeyFormat) MetricKey(s Score) (key string, ok bool) {
	if s.Section == Benchmark { // nel-next has the score alone
		return SanitizeKey(s.Metric), !strings.Contains(s.Pointer, "/categories/") && !strings.Contains(s.Pointer, "/breakdowns/")
	}
	names := nesting(s)
	if f == Keys127 {
		key = strings.Join(names, "_") + "_" + s.Metric
		if s.Score != s.Metric {
			key += "_" + s.Score
		}
		return SanitizeKey(key), true
	}
	if len(names) > 1 || !looksLikeScore(s.Metric) {
		return "", false
	}
	key = names[0] + "_" + s.Metric + "_" + s.Score
	if f == Keys115 {
		key = SanitizeKey(key)
	}
	return key, true
}

// looksLikeScore is the filter of launchers before 0.1.27, on the metric's name.
func looksLikeScore(metric string) bool {
	metric = strings.ToLower(metric)
	return slices.ContainsFunc(
		[]string{"acc", "accuracy", "score", "exact_match", "f1", "em", "pass@1", "pass@k"},
		func(part string) bool { return strings.Contains(metric, part) },
	)
}

// nesting is the names of the groups that a score lies in, outermost first: Name
// joins them by "/", which a name can contain itself, so the score's place tells.
func nesting(s Score) []string {
	tokens := strings.Split(s.Pointer, "/")
	if len(tokens) < 5 || tokens[1] != "results" {
		return []string{s.Name}
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	var names []string
	// "", "results", section, name, ("groups", name)…, "metrics", …
	for i := 3; i+1 < len(tokens); i += 2 {
		names = append(names, unescape.Replace(tokens[i]))
		if tokens[i+1] != Groups {
			break
		}
	}
	return names
}

// maxKey is the longest key that the exporter leaves alone, in characters.
const maxKey = 250

// SanitizeKey makes a key that MLflow accepts, as launchers since 0.1.15 and
// nel-next do (mlflow_sanitize in L:exporters/utils.py). Different texts can
// become equal.
func SanitizeKey(raw string) string {
	var out strings.Builder
	last := rune(0)
	for _, r := range strings.ReplaceAll(raw, "pass@", "pass_at_") {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("/_.- ", r) {
			r = '_'
		}
		if r != '_' || last != '_' {
			out.WriteRune(r)
		}
		last = r
	}
	key := []rune(strings.Trim(out.String(), " "))
	if len(key) == 0 {
		return "key"
	}
	return string(key[:min(len(key), maxKey)])
}

// MetricScores makes scores of a run's MLflow metrics, by key: the section is
// [Metrics], the value the shortest decimal that is the same float64, and there
// is neither n nor a standard error, which never reach MLflow.
func MetricScores(task string, metrics map[string]float64) []Score {
	scores := make([]Score, 0, len(metrics))
	for _, key := range slices.Sorted(maps.Keys(metrics)) {
		s := Score{Section: Metrics, Name: task, Metric: key, Score: key, Pointer: key}
		switch value := metrics[key]; {
		case math.IsNaN(value):
			s.Invalid = "nan"
		case math.IsInf(value, 0):
			s.Invalid = "infinite"
		default:
			d, err := decimal.FromFloat(value)
			if err != nil {
				s.Invalid = "not_a_number"
				break
			}
			s.Value = &d
		}
		scores = append(scores, s)
	}
	return scores
}

// MatchKeys joins the scores of results.yml with the MLflow keys of another run.
// The result has, for each score, the indices of the keys that stand for it, and
// for each key those of the scores that it can stand for; one to one is a match,
// anything else ambiguous. All keys of a run were made in one format: the one
// that explains most of them.
func MatchKeys(scores []Score, keys []string) (keysOf, scoresOf [][]int) {
	index := make(map[string]int, len(keys))
	for i, key := range keys {
		index[key] = i
	}
	type link struct{ score, key int }
	var best []link
	most := 0
	for _, format := range KeyFormats() {
		var links []link
		explained := map[int]bool{}
		for i, s := range scores {
			if key, ok := format.MetricKey(s); ok {
				if k, ok := index[key]; ok {
					links = append(links, link{i, k})
					explained[k] = true
				}
			}
		}
		switch {
		case len(explained) > most:
			best, most = links, len(explained)
		case len(explained) == most:
			best = append(best, links...)
		}
	}
	keysOf, scoresOf = make([][]int, len(scores)), make([][]int, len(keys))
	for _, l := range best {
		if !slices.Contains(keysOf[l.score], l.key) {
			keysOf[l.score] = append(keysOf[l.score], l.key)
			scoresOf[l.key] = append(scoresOf[l.key], l.score)
		}
	}
	return keysOf, scoresOf
}
