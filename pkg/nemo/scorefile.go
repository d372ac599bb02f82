package nemo

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Rollouts is the section of scores that NeMo Gym leaves beside results.yml, in
// files of its own.
const Rollouts = "rollouts"

// ScoreFile is a file beside results.yml that holds the headline of a task whose
// results.yml does not.
type ScoreFile struct {
	Name  string // in the folder of results.yml
	Parse func(io.Reader, File) ([]Score, error)
}

// ScoreFileOf returns the file that has the headline of a task, if its results.yml
// cannot: for MRCR the aggregate metrics, for GDPVal judged by a rubric the rewards
// of its rollouts (NVIDIA Model-Optimizer's recipes gym/mrcr.md and gym/gdpval.md).
// Both are tasks called nemo_gym, which the names of their metrics tell apart.
func ScoreFileOf(harness, task string, scores []Score) (ScoreFile, bool) {
	is := func(benchmark string) bool {
		return strings.HasPrefix(task, benchmark) ||
			slices.ContainsFunc(scores, func(s Score) bool { return strings.HasPrefix(s.Metric, benchmark) })
	}
	mrcr, gdpval := is("mrcr"), is("gdpval")
	if harness != "nemo_gym" && task != "nemo_gym" && !mrcr && !gdpval {
		return ScoreFile{}, false
	}
	telemetryOnly := true
	for _, s := range scores {
		switch {
		case strings.HasSuffix(s.Metric, "/normalized_elo") && !strings.Contains(s.Metric, "/stage_0/"),
			strings.HasSuffix(s.Metric, "pass@1/accuracy"):
			return ScoreFile{}, false
		case !IsTelemetry(s.Metric):
			telemetryOnly = false
		}
	}
	switch {
	case gdpval:
		return ScoreFile{"evaluator_rollouts.jsonl", parseRolloutRewards}, true
	case mrcr || telemetryOnly:
		return ScoreFile{"evaluator_rollouts_aggregate_metrics.json", parseAggregateMetrics}, true
	default:
		return ScoreFile{}, false
	}
}

// IsTelemetry reports whether a metric of NeMo Gym counts tokens and the like.
func IsTelemetry(metric string) bool { return strings.Contains(metric, "key_metrics/mean/") }

// parseAggregateMetrics reads [{"agent_metrics": {key: number}}]: the first agent's
// numbers, by key ("pass@1/accuracy", "n_needles=2/pass@1/accuracy").
func parseAggregateMetrics(r io.Reader, file File) ([]Score, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, err
	}
	value, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	var metrics map[string]any
	if agents, ok := value.([]any); ok && len(agents) > 0 {
		agent, _ := agents[0].(map[string]any)
		metrics = object(agent, "agent_metrics")
	}
	if metrics == nil {
		return nil, &SyntaxError{Line: 1, Message: "no agent_metrics: a list of objects with them is expected"}
	}
	var scores []Score
	for _, key := range slices.Sorted(maps.Keys(metrics)) {
		s := Score{
			Section: Rollouts, Name: "agent_metrics", Metric: key, Score: key, File: file,
			Pointer: "/0/agent_metrics/" + escapePointer(key),
		}
		switch metrics[key].(type) {
		case json.Number, string, nil:
			s.Value, s.Invalid = jsonScore(metrics[key])
		default:
			continue
		}
		if s.Invalid == "not_a_number" {
			continue // a text
		}
		scores = append(scores, s)
	}
	return scores, nil
}

// parseRolloutRewards reads the mean reward over all rollouts.
func parseRolloutRewards(r io.Reader, file File) ([]Score, error) {
	rewards, err := ParseRollouts(r)
	if err != nil {
		return nil, err
	}
	n := decimal.FromInt(int64(rewards.Problems))
	s := Score{Section: Rollouts, Name: "evaluator_rollouts", Metric: "reward", Score: "reward", File: file, Value: &rewards.Mean}
	s.Stats.Count = &n
	return []Score{s}, nil
}
