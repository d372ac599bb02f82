package gate

import (
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Result is what the gate says of one row, one bound, or, but for the last two, the
// whole.
type Result string

// The results.
const (
	Pass          Result = "pass"
	Fail          Result = "fail"
	Inconclusive  Result = "inconclusive"
	Missing       Result = "missing"
	NotComparable Result = "not_comparable"
)

// Answer is the value of the kind "gate".
type Answer struct {
	Verdict      Result                `json:"verdict"`
	Reasons      []string              `json:"reasons"` // for a person: what kept it from passing
	Policy       PolicyFile            `json:"policy"`
	Sides        []compare.SideSummary `json:"sides"` // one without a baseline
	Rows         []Row                 `json:"rows"`
	Bounds       []BoundResult         `json:"bounds"`
	Missing      []compare.Missing     `json:"missing"`
	NotJudged    []NotJudged           `json:"not_judged"` // tasks that no rule was applied to
	Counts       Counts                `json:"counts"`
	Settings     Settings              `json:"settings"`
	Notes        []string              `json:"notes"`
	Explanations []Explanation         `json:"explanations"` // empty unless they were asked for
}

// Doubt makes an answer that would pass inconclusive, for a reason that is not in the
// numbers: they are not those that were meant. A failure stays one.
func (a *Answer) Doubt(reason string) {
	if a.Verdict == Pass {
		a.Verdict = Inconclusive
	}
	if a.Verdict == Inconclusive {
		a.Reasons = append(a.Reasons, reason)
	}
}

// PolicyFile says which policy decided.
type PolicyFile struct {
	Path    string `json:"path"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
}

// Settings are the settings of the decision, as used.
type Settings struct {
	Decision   string          `json:"decision"` // "ci" or "point"
	Confidence decimal.Decimal `json:"confidence"`
	Allow      []string        `json:"allow"`
	Seed       int64           `json:"seed"`
}

// Row is a row of the comparison and what the policy makes of it.
type Row struct {
	compare.Row
	Rule     *string  `json:"rule"` // that decided; nil where none could be applied
	Tier     Tier     `json:"tier"`
	Required bool     `json:"required"`
	Result   Result   `json:"result"`
	Detail   *string  `json:"detail"` // for a person, where the result needs one
	Rules    []Ruling `json:"rules"`  // every rule that was applied

	listed bool // by the policy
}

// Ruling is the answer of one rule. Numbers are of the goodness change: positive is
// better. Those of max_relative_drop are shares of the baseline's value.
type Ruling struct {
	Rule   string           `json:"rule"`
	Margin *decimal.Decimal `json:"margin"` // in the scale of the row, or a share; nil where the scale has none
	Change *decimal.Decimal `json:"change"` // 12 digits where relative
	Lo     *decimal.Decimal `json:"lo"`
	Hi     *decimal.Decimal `json:"hi"`
	Basis  *string          `json:"basis"` // "ci", "point_estimate"; nil where neither could decide
	Result Result           `json:"result"`
	Reason *string          `json:"reason"`
}

// BoundResult is one bound on one value.
type BoundResult struct {
	Measure  string            `json:"measure"`
	Task     *string           `json:"task"`  // nil of the whole
	Value    *decimal.Decimal  `json:"value"` // in Unit
	Bound    string            `json:"bound"` // operator and limit, in Unit
	Unit     *string           `json:"unit"`  // %, ms, s, tokens; nil for the measure's own
	Required bool              `json:"required"`
	Result   Result            `json:"result"`
	CI       *compare.Interval `json:"ci"` // in Unit
	Variant  *string           `json:"variant"`
	JobID    *string           `json:"job_id"`
	Tier     Tier              `json:"tier"`
	Method   *string           `json:"method"` // of the interval
	Basis    *string           `json:"basis"`  // "ci", "point_estimate"; nil where there is no value
	Reason   *string           `json:"reason"`
	Detail   *string           `json:"detail"` // for a person
}

// Counts are the totals of required rows and bounds, and how many others there are.
type Counts struct {
	Required      int `json:"required"`
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Inconclusive  int `json:"inconclusive"`
	Missing       int `json:"missing"`
	NotComparable int `json:"not_comparable"`
	Advisory      int `json:"advisory"`
	NoPrimary     int `json:"no_primary"` // tasks without headline
	NotJudged     int `json:"not_judged"` // tasks that no rule was applied to
}

// NotJudged is a task, or a variant of one, that the policy does not list and that no
// rule could be applied to. One without headline has an inconclusive row besides, if
// the defaults require it.
type NotJudged struct {
	Harness *string `json:"harness"`
	Task    string  `json:"task"`
	Variant *string `json:"variant"`
	Reason  string  `json:"reason"` // no_headline, no_results or absent_on_side
	Detail  string  `json:"detail"` // for a person
}

// Explanation is one place where the decision, or what it rests on, is another than
// nel gate's on the same files.
type Explanation struct {
	Task *string `json:"task"` // nil of the whole
	Code string  `json:"code"`
	Text string  `json:"text"`
}

// Reasons of rulings and bounds, beside those of package compare.
const (
	reasonDirectionUnknown = "direction_unknown"
	reasonNoUncertainty    = "no_uncertainty" // no interval, or one of zero width
	reasonTooFewPairs      = "too_few_pairs"  // below the floor of paired questions
	reasonCIStraddles      = "ci_straddles"   // the interval has the margin or the bound inside
	reasonMissingItems     = "missing_items"  // another result with unanswered questions as wrong
	reasonHolm             = "not_significant_after_holm"
	reasonMarginUnit       = "margin_unit_unknown" // the scale has no width, and the policy no margin in its unit
	reasonBaseZero         = "base_zero"
	reasonScaleMismatch    = "scale_mismatch"
	reasonNotRecorded      = "not_recorded"
	reasonOnlyAverages     = "only_averages_recorded"
	reasonTasksUnknown     = "tasks_unknown"
	reasonNoSuchScore      = "no_such_score"
	reasonAmbiguous        = "ambiguous"
	reasonNoSuchTask       = "no_such_task"
	reasonNoHeadline       = "no_headline"
	reasonNotANumber       = "not_a_number"
)

const (
	basisCI    = "ci"
	basisPoint = "point_estimate"
)

// severity orders results: the worst of several counts.
func severity(r Result) int {
	switch r {
	case Fail:
		return 4
	case Missing:
		return 3
	case NotComparable:
		return 2
	case Inconclusive:
		return 1
	}
	return 0
}

func ptr[T any](x T) *T { return &x }
