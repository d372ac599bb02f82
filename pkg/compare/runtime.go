package compare

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// RuntimeChange is one runtime measure of one task on both sides.
type RuntimeChange struct {
	Task    string           `json:"task"`
	Variant *string          `json:"variant"`
	Measure string           `json:"measure"`
	Base    RuntimeValue     `json:"base"`
	Cand    RuntimeValue     `json:"cand"`
	Delta   *decimal.Decimal `json:"delta"`
	Ratio   *decimal.Decimal `json:"ratio"` // cand / base, 12 digits; nil if base is 0
}

// RuntimeValue is one side of a [RuntimeChange]; over repeats, their mean.
type RuntimeValue struct {
	Side  string           `json:"side"`
	Value *decimal.Decimal `json:"value"`
}

func itoa(n int) string { return strconv.Itoa(n) }

// measure is a number of the runtime statistics and its name.
type measure struct {
	name  string
	value func(*nemo.RuntimeStats) *decimal.Decimal
}

// measures lists the numbers of the runtime statistics in the contract's order.
func measures() []measure {
	return []measure{
		{"responses", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.Responses }},
		{"successful", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.Successful }},
		{"inference_seconds", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.InferenceSeconds }},
		{"scoring_seconds", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.ScoringSeconds }},
		{"runtime_seconds", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.RuntimeSeconds }},
		{"runs", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.Runs }},
		{"avg_latency_ms", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.AvgLatencyMS }},
		{"max_latency_ms", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.MaxLatencyMS }},
		{"avg_prompt_tokens", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.AvgPromptTokens }},
		{"avg_completion_tokens", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.AvgCompletionTokens }},
		{"avg_total_tokens", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.AvgTotalTokens }},
		{"total_prompt_tokens", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.TotalPromptTokens }},
		{"total_completion_tokens", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.TotalCompletionTokens }},
		{"tool_calls", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.ToolCalls }},
		{"retries", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.Retries }},
		{"peak_memory_bytes", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.PeakMemoryBytes }},
		{"peak_tree_memory_bytes", func(s *nemo.RuntimeStats) *decimal.Decimal { return s.PeakTreeMemoryBytes }},
	}
}

// RuntimeMeasures returns the names of the numbers of the runtime statistics, as
// comparisons name them.
func RuntimeMeasures() []string {
	var names []string
	for _, m := range measures() {
		names = append(names, m.name)
	}
	return names
}

// RuntimeNumber returns one of [RuntimeMeasures]; nil if it was not recorded.
func RuntimeNumber(stats *nemo.RuntimeStats, name string) *decimal.Decimal {
	i := slices.IndexFunc(measures(), func(m measure) bool { return m.name == name })
	if i < 0 || stats == nil {
		return nil
	}
	return measures()[i].value(stats)
}

// runtimeChanges compares the runtime measures of each pair that some side
// recorded.
func runtimeChanges(pairs []pair, baseLabel, candLabel string) []RuntimeChange {
	var changes []RuntimeChange
	for _, p := range pairs {
		for _, m := range measures() {
			base, cand := p.base.runtime(m), p.cand.runtime(m)
			if base == nil && cand == nil {
				continue
			}
			change := RuntimeChange{
				Task: p.name(), Variant: nemo.Optional(p.variant), Measure: m.name,
				Base: RuntimeValue{baseLabel, base}, Cand: RuntimeValue{candLabel, cand},
			}
			if base != nil && cand != nil {
				delta := cand.Sub(*base)
				change.Delta = &delta
				if ratio, ok := cand.Quo(*base); ok {
					ratio = ratio.RoundSignificant(derivedDigits)
					change.Ratio = &ratio
				}
			}
			changes = append(changes, change)
		}
	}
	return changes
}

func (p pair) name() string {
	if p.base != nil {
		return p.base.name
	}
	return p.cand.name
}

// runtime is the mean of a measure over a task's repeats; nil if not all of them
// recorded it.
func (t *task) runtime(m measure) *decimal.Decimal {
	if t == nil {
		return nil
	}
	var values []decimal.Decimal
	for _, job := range t.jobs {
		if job.Runtime == nil {
			return nil
		}
		value := m.value(job.Runtime)
		if value == nil {
			return nil
		}
		values = append(values, *value)
	}
	mean, ok := decimal.Mean(values)
	if !ok {
		return nil
	}
	return &mean
}

// JobRuntime is the runtime statistics of one job of an evaluation.
type JobRuntime struct {
	Task  *string `json:"task"`
	JobID *string `json:"job_id"`
	nemo.RuntimeStats
}

// runtimes lists the runtime statistics of every job that has some, by task.
func runtimes(jobs []nemo.Job) []JobRuntime {
	list := []JobRuntime{}
	for _, job := range jobs {
		if job.Runtime != nil {
			list = append(list, JobRuntime{Task: job.Run.Task, JobID: job.Run.JobID, RuntimeStats: *job.Runtime})
		}
	}
	slices.SortStableFunc(list, func(a, b JobRuntime) int {
		return cmp.Or(cmp.Compare(nemo.Text(a.Task), nemo.Text(b.Task)), cmp.Compare(nemo.Text(a.JobID), nemo.Text(b.JobID)))
	})
	return list
}
