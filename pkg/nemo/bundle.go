package nemo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Benchmark is the section of scores that were read from a nel-next bundle.
const Benchmark = "benchmark"

// Bundle is a decoded eval-<time>-<benchmark>.json, which nel-next writes for each
// benchmark that it finished (N:engine/artifacts.py, HEAD). Texts are "" and
// numbers nil where the file has none.
type Bundle struct {
	RunID      string // "eval-<YYYYmmddTHHMMSSZ>-<safe benchmark>"
	Benchmark  string
	Model      string
	ConfigHash string
	SDKVersion string
	Timestamp  time.Time // when it was written; zero if unknown
	Problems   *decimal.Decimal

	// Scores are in the section Benchmark, named by the benchmark, and those of its
	// categories and breakdowns "<benchmark>/<category>". All are rounded to four
	// decimals. Score and Metric are the key: "pass@1", "mean_reward", "scorer:judge".
	Scores  []Score
	Runtime *RuntimeStats // nil if not recorded
	Failed  *decimal.Decimal
	Steps   *decimal.Decimal

	config any
}

// SafeBenchmark is a benchmark's name in paths and ids of nel-next.
func SafeBenchmark(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			return r
		default:
			return '_'
		}
	}, name)
}

// ParseBundle decodes a bundle. The error is a [*SyntaxError].
func ParseBundle(data []byte) (*Bundle, error) {
	value, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	root, _ := value.(map[string]any)
	benchmark := object(root, "benchmark")
	if benchmark == nil {
		return nil, &SyntaxError{Line: 1, Message: `not a bundle of nel-next: no object "benchmark"`}
	}
	config := object(root, "config")
	b := &Bundle{
		RunID: jsonText(root, "run_id"), ConfigHash: jsonText(root, "config_hash"), SDKVersion: jsonText(root, "sdk_version"),
		Benchmark: jsonText(benchmark, "name"), Model: jsonText(config, "model"),
		Problems: jsonNumber(benchmark, "samples"),
		config:   root["config"],
	}
	if b.Benchmark == "" {
		return nil, &SyntaxError{Line: 1, Message: "not a bundle of nel-next: its benchmark has no name"}
	}
	if at, err := time.Parse(time.RFC3339, jsonText(root, "timestamp")); err == nil {
		b.Timestamp = at
	}
	// Without repeats a count of rows is one of problems.
	repeated := false
	if n := first(jsonNumber(benchmark, "repeats"), jsonNumber(config, "repeats")); n != nil {
		repeated = !n.Equal(decimal.FromInt(1))
	}
	scores := object(benchmark, "scores")
	b.appendScores(scores, repeated)
	for _, category := range slices.Sorted(maps.Keys(object(benchmark, "categories"))) {
		place := "/benchmark/categories/" + escapePointer(category)
		b.appendPart(category, object(benchmark, "categories")[category], place, repeated)
	}
	b.appendBreakdowns(object(benchmark, "breakdowns"), "/benchmark/breakdowns", repeated)
	b.appendBreakdowns(object(scores, "breakdowns"), "/benchmark/scores/breakdowns", repeated)
	b.Runtime = bundleRuntime(object(scores, "runtime"))
	failures := object(scores, "failures")
	b.Failed, b.Steps = jsonNumber(failures, "total_failures"), jsonNumber(failures, "total_steps")
	return b, nil
}

// appendScores reads benchmark.scores: {value, …} or, in fixtures, bare numbers.
// summary, runtime and failures have no value and are no scores.
func (b *Bundle) appendScores(scores map[string]any, repeated bool) {
	for _, key := range slices.Sorted(maps.Keys(scores)) {
		s := Score{
			Section: Benchmark, Name: b.Benchmark, Metric: key, Score: key, Rounded: true,
			Pointer: "/benchmark/scores/" + escapePointer(key),
		}
		value := scores[key]
		if body, isObject := value.(map[string]any); isObject {
			inner, has := body["value"]
			if !has {
				continue
			}
			value = inner
			s.Pointer += "/value"
			if !repeated {
				s.Stats.Count = jsonNumber(body, "total")
			}
		}
		if key == "mean_reward" || strings.HasPrefix(key, "pass@") {
			s.Stats.Count = b.Problems
		}
		s.Value, s.Invalid = jsonScore(value)
		b.Scores = append(b.Scores, s)
	}
}

// appendPart reads the mean reward of a part of the problems.
func (b *Bundle) appendPart(name string, body any, place string, repeated bool) {
	part, _ := body.(map[string]any)
	value, has := part["mean_reward"]
	if !has {
		return
	}
	s := Score{
		Section: Benchmark, Name: b.Benchmark + "/" + name, Metric: "mean_reward", Score: "mean_reward", Rounded: true,
		Pointer: place + "/mean_reward",
	}
	if !repeated {
		s.Stats.Count = jsonNumber(part, "n")
	}
	s.Value, s.Invalid = jsonScore(value)
	b.Scores = append(b.Scores, s)
}

// appendBreakdowns reads {field: [{group, n, mean_reward, …}]}.
func (b *Bundle) appendBreakdowns(breakdowns map[string]any, place string, repeated bool) {
	for _, field := range slices.Sorted(maps.Keys(breakdowns)) {
		groups, _ := breakdowns[field].([]any)
		for i, body := range groups {
			part, _ := body.(map[string]any)
			name := field + "=" + jsonText(part, "group")
			b.appendPart(name, body, place+"/"+escapePointer(field)+"/"+itoa(i), repeated)
		}
	}
}

// bundleRuntime reads scores.runtime as far as it says what RuntimeStats says; a
// step there can be many requests, so it has neither responses nor averages.
func bundleRuntime(runtime map[string]any) *RuntimeStats {
	if runtime == nil {
		return nil
	}
	return &RuntimeStats{
		RuntimeSeconds:        jsonNumber(runtime, "elapsed_seconds"),
		TotalPromptTokens:     jsonNumber(runtime, "total_prompt_tokens"),
		TotalCompletionTokens: jsonNumber(runtime, "total_completion_tokens"),
		Retries:               jsonNumber(runtime, "total_retries"),
		FinishReasons:         counts(object(runtime, "finish_reason_counts")),
		StatusCodes:           map[string]decimal.Decimal{},
		Reasoning:             map[string]*decimal.Decimal{},
	}
}

// Refine replaces the rounded mean_reward or pass@1 of a bundle by the exact mean
// of its results.jsonl where that rounds to the same four decimals, and reports
// whether it does. If not, the rows are not those that the bundle is of, and the
// scores stay as they are.
func (b *Bundle) Refine(r *Rewards, from File) bool {
	agree := true
	for i := range b.Scores {
		s := &b.Scores[i]
		means := []decimal.Decimal{r.Mean, r.ProblemMean}
		switch {
		case s.Name != b.Benchmark || s.Value == nil:
			continue
		case s.Metric == "pass@1": // a mean over problems, should some have more rows
			slices.Reverse(means)
		case s.Metric != "mean_reward":
			continue
		}
		k := slices.IndexFunc(means, func(mean decimal.Decimal) bool { return roundsTo(mean, *s.Value) })
		if k < 0 {
			agree = false
			continue
		}
		n := decimal.FromInt(int64(r.Problems))
		s.Value, s.Rounded, s.Stats.Count, s.File, s.Pointer = &means[k], false, &n, from, ""
	}
	return agree
}

// roundsTo reports whether a number is another one to four decimals: within half
// of the last, which Python's rounding of binary floats can end on either side of.
func roundsTo(exact, rounded decimal.Decimal) bool {
	return exact.Sub(rounded).Abs().Cmp(decimal.MustParse("0.0000500000001")) <= 0
}

// Results returns what a bundle and a results.yml both say.
func (b *Bundle) Results() *Results {
	return &Results{Scores: b.Scores, Type: b.Benchmark, ModelID: b.Model, EvaluatorVersion: b.SDKVersion}
}

// Settings reads the bundle's configuration; path names the file.
func (b *Bundle) Settings(path string) Settings {
	unknown := Settings{Values: map[string]Setting{}}
	text, err := json.Marshal(b.config)
	if err != nil {
		return unknown
	}
	// What json.Marshal writes is YAML too; nodes are what settings are read from.
	root, err := parseYAML(text)
	if err != nil {
		return unknown
	}
	return bundleSettings(root, path)
}

// parseJSON decodes one JSON document, its numbers as their text. Python also
// writes NaN, Infinity and -Infinity: they become texts.
func parseJSON(data []byte) (any, error) {
	if len(data) > MaxFileBytes {
		return nil, &SyntaxError{Message: "larger than what is read"}
	}
	value, err := decodeJSON(data)
	if err != nil {
		if quoted := quoteNonFinite(data); quoted != nil {
			if value, err := decodeJSON(quoted); err == nil {
				return value, nil
			}
		}
		return nil, err
	}
	return value, nil
}

func decodeJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, jsonError(data, err, decoder.InputOffset())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, jsonError(data, errors.New("more than one JSON value"), decoder.InputOffset())
	}
	return value, nil
}

// quoteNonFinite puts the words that Python writes for numbers that are none in
// quotes, outside of texts; nil if there are none.
func quoteNonFinite(data []byte) []byte {
	var out []byte
	changed, inText := false, false
	for i := 0; i < len(data); i++ {
		if inText {
			out = append(out, data[i])
			switch data[i] {
			case '\\':
				if i++; i < len(data) {
					out = append(out, data[i])
				}
			case '"':
				inText = false
			}
			continue
		}
		word := ""
		for _, w := range []string{"-Infinity", "Infinity", "NaN"} {
			if bytes.HasPrefix(data[i:], []byte(w)) {
				word = w
				break
			}
		}
		if word != "" {
			changed = true
			out = append(append(append(out, '"'), word...), '"')
			i += len(word) - 1
			continue
		}
		inText = data[i] == '"'
		out = append(out, data[i])
	}
	if !changed {
		return nil
	}
	return out
}

// jsonScore reads a number as harnesses write them; see number.
func jsonScore(value any) (d *decimal.Decimal, invalid string) {
	var text string
	switch v := value.(type) {
	case nil:
		return nil, "null"
	case bool:
		text = "0"
		if v {
			text = "1"
		}
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	default:
		return nil, "not_a_number"
	}
	return parseNumber(text)
}

// jsonText is a text of an object; "" if it is absent or another kind of value.
func jsonText(parent map[string]any, key string) string {
	text, _ := parent[key].(string)
	return text
}
