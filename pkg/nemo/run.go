package nemo

import (
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Run is one evaluation run as the contract shows it. Pointers are nil where
// neither the store nor a file that was read tells.
type Run struct {
	RunID            string            `json:"run_id"`
	InvocationID     *string           `json:"invocation_id"`
	JobID            *string           `json:"job_id"`
	ExperimentID     *string           `json:"experiment_id"`
	Experiment       *string           `json:"experiment"`
	Harness          *string           `json:"harness"`
	Task             *string           `json:"task"`
	Model            *string           `json:"model"`
	Status           string            `json:"status"`
	StartedAt        *Time             `json:"started_at"`
	EndedAt          *Time             `json:"ended_at"`
	DurationSeconds  *decimal.Decimal  `json:"duration_seconds"`
	Executor         *string           `json:"executor"`
	Container        *string           `json:"container"`
	EvaluatorVersion *string           `json:"evaluator_version"`
	LauncherVersion  *string           `json:"launcher_version"`
	GitHash          *string           `json:"git_hash"`
	Tags             map[string]string `json:"tags"`
	Store            string            `json:"store"`
	URL              *string           `json:"url"`
}

// Time is an instant that prints as RFC 3339 in UTC, with milliseconds only
// where there are any: the resolution of MLflow.
type Time struct{ time.Time }

// NewTime returns t to the millisecond in UTC, or nil for the zero time.
func NewTime(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t.UTC().Truncate(time.Millisecond)}
}

// String prints the time as the contract does.
func (t Time) String() string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// MarshalJSON writes [Time.String].
func (t Time) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(t.String())), nil }

// Seconds is the time from start to end, exact to the millisecond; nil if either
// is not known.
func Seconds(start, end time.Time) *decimal.Decimal {
	if start.IsZero() || end.IsZero() {
		return nil
	}
	seconds, _ := decimal.FromInt(end.Sub(start).Milliseconds()).Quo(decimal.FromInt(1000))
	return &seconds
}

// Optional returns nil for an empty text, which stands for "not known".
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Text is the inverse of [Optional].
func Text(optional *string) string {
	if optional == nil {
		return ""
	}
	return *optional
}

// TaskName is the task without its leading harness: byob_arith.arith of harness
// byob_arith is arith (nemo-evaluator-launcher names tasks it does not list
// "<harness>.<task>").
func TaskName(harness, task string) string {
	if harness == "" {
		return task
	}
	return strings.TrimPrefix(task, harness+".")
}

// IsBundleID reports whether an id is one that nel-next gives: a bundle's run id,
// "eval-<YYYYmmddTHHMMSSZ>-<safe benchmark>", which its exporter makes the job id.
func IsBundleID(id string) bool { return strings.HasPrefix(id, "eval-") }

// JobIndex is the position of a job in its invocation's task list, the n of
// "<invocation id>.<n>"; ok is false if the id has no such form. The run ids of
// nel-next, which are job ids too, can end in a number after a dot.
func JobIndex(jobID string) (index int, ok bool) {
	_, digits, found := strings.Cut(jobID, ".")
	if !found || IsBundleID(jobID) || strings.Trim(digits, "0123456789") != "" { // Atoi takes signs
		return 0, false
	}
	index, err := strconv.Atoi(digits)
	if err != nil {
		return 0, false
	}
	return index, true
}
