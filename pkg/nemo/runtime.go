package nemo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// RuntimeStats is a decoded eval_factory_metrics.json: how the requests of one
// job went and what they cost. Any section of the file can be missing; nil is
// "not recorded", never 0.
//
// Averages are inexact: the core rounds them to two decimals at every request
// (E:adapters/interceptors/response_stats_interceptor.py). Where the file has
// totals, they are preferred and the averages are computed from them.
type RuntimeStats struct {
	Responses             *decimal.Decimal            `json:"responses"`  // not cached; attempts that were retried count
	Successful            *decimal.Decimal            `json:"successful"` // HTTP 200 and JSON
	InferenceSeconds      *decimal.Decimal            `json:"inference_seconds"`
	ScoringSeconds        *decimal.Decimal            `json:"scoring_seconds"`
	RuntimeSeconds        *decimal.Decimal            `json:"runtime_seconds"` // the last 5-second checkpoint
	Runs                  *decimal.Decimal            `json:"runs"`
	AvgLatencyMS          *decimal.Decimal            `json:"avg_latency_ms"`
	MaxLatencyMS          *decimal.Decimal            `json:"max_latency_ms"`
	AvgPromptTokens       *decimal.Decimal            `json:"avg_prompt_tokens"`
	AvgCompletionTokens   *decimal.Decimal            `json:"avg_completion_tokens"`
	AvgTotalTokens        *decimal.Decimal            `json:"avg_total_tokens"`
	TotalPromptTokens     *decimal.Decimal            `json:"total_prompt_tokens"`
	TotalCompletionTokens *decimal.Decimal            `json:"total_completion_tokens"`
	ToolCalls             *decimal.Decimal            `json:"tool_calls"`
	Retries               *decimal.Decimal            `json:"retries"`
	PeakMemoryBytes       *decimal.Decimal            `json:"peak_memory_bytes"`
	PeakTreeMemoryBytes   *decimal.Decimal            `json:"peak_tree_memory_bytes"` // the client container's, not a GPU's
	FinishReasons         map[string]decimal.Decimal  `json:"finish_reasons"`
	StatusCodes           map[string]decimal.Decimal  `json:"status_codes"`
	Reasoning             map[string]*decimal.Decimal `json:"reasoning"`
}

// ParseRuntimeStats decodes eval_factory_metrics.json. The error is a
// [*SyntaxError]. Unknown keys and values of an unexpected type are passed over:
// files in the wild hold junk.
func ParseRuntimeStats(data []byte) (*RuntimeStats, error) {
	if len(data) > MaxFileBytes {
		return nil, &SyntaxError{Message: "larger than what is read"}
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var file map[string]any
	if err := decoder.Decode(&file); err != nil {
		return nil, jsonError(data, err, decoder.InputOffset())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, jsonError(data, errors.New("more than one JSON value"), decoder.InputOffset())
	}
	if file == nil {
		return nil, &SyntaxError{Line: 1, Message: "not runtime statistics: a JSON object is expected"}
	}
	responses, evaluation := object(file, "response_stats"), object(file, "evaluation")
	usage := object(evaluation, "token_usage") // core 0.1.0 and 0.1.1
	s := &RuntimeStats{
		Responses:             jsonNumber(responses, "count"),
		Successful:            jsonNumber(responses, "successful_count"),
		InferenceSeconds:      first(jsonNumber(evaluation, "inference_time_seconds"), jsonNumber(responses, "inference_time")),
		ScoringSeconds:        jsonNumber(evaluation, "scoring_time_seconds"),
		RuntimeSeconds:        jsonNumber(evaluation, "runtime_seconds"),
		Runs:                  jsonNumber(evaluation, "total_runs"),
		AvgLatencyMS:          jsonNumber(responses, "avg_latency_ms"),
		MaxLatencyMS:          jsonNumber(responses, "max_latency_ms"),
		TotalPromptTokens:     first(jsonNumber(responses, "total_prompt_tokens"), jsonNumber(usage, "prompt_tokens")),
		TotalCompletionTokens: first(jsonNumber(responses, "total_completion_tokens"), jsonNumber(usage, "completion_tokens")),
		ToolCalls:             jsonNumber(responses, "tool_calls_count"),
		Retries:               jsonNumber(responses, "retry_count"),
		PeakMemoryBytes:       jsonNumber(evaluation, "peak_memory_bytes"),
		PeakTreeMemoryBytes:   jsonNumber(evaluation, "peak_tree_memory_bytes"),
		FinishReasons:         counts(object(responses, "finish_reason")),
		StatusCodes:           counts(object(responses, "status_codes")),
		Reasoning:             map[string]*decimal.Decimal{},
	}
	s.AvgPromptTokens = average(responses, usage, "prompt_tokens", s.Successful)
	s.AvgCompletionTokens = average(responses, usage, "completion_tokens", s.Successful)
	s.AvgTotalTokens = average(responses, usage, "total_tokens", s.Successful)
	for key, value := range object(file, "reasoning") {
		number, isNumber := value.(json.Number)
		if value == nil {
			s.Reasoning[key] = nil
		} else if isNumber {
			s.Reasoning[key] = parsed(number)
		}
	}
	return s, nil
}

// average prefers an exact total to the drifted average. Totals of token_usage
// are of the answers in the cache, and serve only where those are as many as the
// successful responses.
func average(responses, usage map[string]any, measure string, successful *decimal.Decimal) *decimal.Decimal {
	total := jsonNumber(responses, "total_"+measure)
	if cached := jsonNumber(usage, "total_cached_requests"); total == nil && cached != nil && successful != nil && cached.Equal(*successful) {
		total = jsonNumber(usage, measure)
	}
	if total != nil && successful != nil {
		if mean, ok := total.Quo(*successful); ok {
			return &mean
		}
	}
	return jsonNumber(responses, "avg_"+measure)
}

func object(parent map[string]any, key string) map[string]any {
	child, _ := parent[key].(map[string]any)
	return child
}

func jsonNumber(parent map[string]any, key string) *decimal.Decimal {
	number, ok := parent[key].(json.Number)
	if !ok {
		return nil
	}
	return parsed(number)
}

func parsed(number json.Number) *decimal.Decimal {
	d, err := decimal.Parse(number.String())
	if err != nil {
		return nil
	}
	return &d
}

func first(values ...*decimal.Decimal) *decimal.Decimal {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

func counts(values map[string]any) map[string]decimal.Decimal {
	counted := map[string]decimal.Decimal{}
	for key := range values {
		if n := jsonNumber(values, key); n != nil {
			counted[key] = *n
		}
	}
	return counted
}

func jsonError(data []byte, err error, offset int64) error {
	message := strings.TrimPrefix(err.Error(), "json: ")
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		message = "not runtime statistics: a JSON object is expected"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, message = int64(len(data)), "the file ends too early"
	}
	offset = min(max(offset, 0), int64(len(data)))
	return &SyntaxError{Line: 1 + bytes.Count(data[:offset], []byte("\n")), Message: message}
}
