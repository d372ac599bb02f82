package compare

import (
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Evidence is the level of the evidence behind an inference, best first.
const (
	EvidencePairedItems   = "paired_items"     // the same questions on both sides
	EvidenceRepeatedRuns  = "repeated_runs"    // two runs or more a side
	EvidenceProportion    = "proportion_n"     // right answers of a known number of questions
	EvidenceReportedError = "aggregate_stderr" // standard errors that the harness reports
	EvidenceValueOnly     = "value_only"       // exact difference, no inference
)

// Scope is the question that an inference answers.
const (
	ScopeFixedItems     = "fixed_items"     // would a re-run of this benchmark differ?
	ScopeItemPopulation = "item_population" // would new questions of the kind show it?
	ScopeFixedTasks     = "fixed_tasks"     // of an average: these tasks, each in its rows' scope
)

// Methods, by the names that Options.Method takes too.
const (
	MethodTango             = "tango"               // paired, all values 0 or 1
	MethodPairedT           = "paired_t"            // paired, other values or repeats
	MethodFixedItems        = "paired_fixed_items"  // paired repeats, these questions again
	MethodRunPairs          = "paired_runs_t"       // runs paired by seed
	MethodPrediction        = "prediction_interval" // one run against several: no test
	MethodWelch             = "welch_t"             // repeated runs
	MethodMiettinenNurminen = "miettinen_nurminen"  // two proportions
	MethodWelchStderr       = "welch_stderr"        // two standard errors, small n
	MethodZStderr           = "z_stderr"            // two standard errors
	MethodCorrelatedZ       = "z_correlated"        // the same under an assumed correlation
	MethodMacroZ            = "macro_z"             // a mean of tasks that all have a standard error
	MethodMicroZ            = "micro_z"             // the same of a mean over questions, stratified
)

// Inference is the evidence behind a verdict, as statistics call it in the field
// and section 16 of the contract's statistics names it. Every key is nil, or empty,
// where none was made. Numbers have at most 12 significant digits; the interval and
// the test are of candidate − baseline, in the scale of the row.
type Inference struct {
	Evidence      *string          `json:"evidence"`
	Scope         *string          `json:"scope"`
	Method        *string          `json:"method"`
	SE            *decimal.Decimal `json:"se"`
	DF            *decimal.Decimal `json:"df"` // nil for a normal or score method
	CI            *Interval        `json:"ci"`
	Test          *Test            `json:"test"`
	Paired        *Paired          `json:"paired"`
	Effect        *Effect          `json:"effect"`
	MDE           *Detectable      `json:"mde"`
	Margin        *MarginKept      `json:"margin"`
	DecisionBasis *string          `json:"decision_basis"` // "ci"

	// Of repeated runs.
	KBase          *int64           `json:"k_base"`
	KCand          *int64           `json:"k_cand"`
	SDBase         *decimal.Decimal `json:"sd_base"`
	SDCand         *decimal.Decimal `json:"sd_cand"`
	PPermutation   *decimal.Decimal `json:"p_permutation"` // also of paired values other than 0 and 1: sign flips
	PMannWhitney   *decimal.Decimal `json:"p_mann_whitney"`
	MinAttainableP *decimal.Decimal `json:"min_attainable_p"`

	// Of unpaired standard errors: the standard error if the sides' errors had a
	// correlation of ½.
	SERhoHalf *decimal.Decimal `json:"se_rho_half"`

	Flags []string `json:"flags"` // independent_errors, bounded_se, identical_outcomes, exploratory
}

// Flags of an inference.
const (
	flagIndependentErrors = "independent_errors"
	flagBoundedSE         = "bounded_se"
	flagIdentical         = "identical_outcomes"
	flagExploratory       = "exploratory" // no headline: adjusted within its task alone
)

// Interval is a confidence interval.
type Interval struct {
	Level decimal.Decimal  `json:"level"`
	Lo    *decimal.Decimal `json:"lo"`
	Hi    *decimal.Decimal `json:"hi"`
}

// Test is a two-sided test of no difference, with the adjustment of its p-value for
// the family that it was made in.
type Test struct {
	Stat   *decimal.Decimal `json:"stat"` // z or t; nil where 0/0
	P      *decimal.Decimal `json:"p"`
	PAdj   *decimal.Decimal `json:"p_adj"`
	Adjust string           `json:"adjust"` // holm, bh, none
	Family int              `json:"family"` // how many p-values were adjusted together
	Sided  int              `json:"sided"`
}

// Paired describes outcomes on the same questions. The cells are nil unless every
// value is 0 or 1, once for each question.
type Paired struct {
	N           int64            `json:"n"` // questions on both sides
	Both        *int64           `json:"both"`
	BaseOnly    *int64           `json:"base_only"`
	CandOnly    *int64           `json:"cand_only"`
	Neither     *int64           `json:"neither"`
	PExact      *decimal.Decimal `json:"p_exact"`     // McNemar's
	Coverage    *decimal.Decimal `json:"coverage"`    // n / the larger side's questions
	Correlation *decimal.Decimal `json:"correlation"` // nil where a side is constant
	Delta       *decimal.Decimal `json:"delta"`       // over the paired questions, in the scale of the row
	NBase       int64            `json:"n_base"`
	NCand       int64            `json:"n_cand"`
	RepeatsBase int64            `json:"repeats_base"` // the most answers that a question has
	RepeatsCand int64            `json:"repeats_cand"`
	NonFinite   int64            `json:"n_nonfinite"` // questions left out on both sides, in none of the others
	JoinedBy    string           `json:"joined_by"`
	Files       []nemo.Source    `json:"files"` // key is empty: the whole file
}

// Effect holds effect sizes on a scale of their own. They are never compared with a
// margin.
type Effect struct {
	DZ         *decimal.Decimal `json:"d_z"`         // paired: mean / sd of the differences
	HedgesG    *decimal.Decimal `json:"hedges_g"`    // runs
	CliffDelta *decimal.Decimal `json:"cliff_delta"` // runs
}

// Detectable is what such a comparison can see: the smallest true difference that
// it finds with this power at level alpha, in the scale of the row, and how many
// questions, or runs a side, would find a difference as large as the one seen.
type Detectable struct {
	Power        decimal.Decimal  `json:"power"`
	Alpha        decimal.Decimal  `json:"alpha"`
	Value        *decimal.Decimal `json:"value"`
	NRequired    *decimal.Decimal `json:"n_required"`
	RunsRequired *decimal.Decimal `json:"runs_required"`
}

// MarginKept places the interval of the goodness change against a margin, which is
// in the scale of the row.
type MarginKept struct {
	Kind                string           `json:"kind"` // absolute, relative
	Value               decimal.Decimal  `json:"value"`
	Position            *string          `json:"position"`             // of a regression: beyond, within, straddles
	PNI                 *decimal.Decimal `json:"p_ni"`                 // one-sided, of a change worse than the margin
	SmallestCertifiable *decimal.Decimal `json:"smallest_certifiable"` // margin that this standard error can show
	NRequired           *decimal.Decimal `json:"n_required"`           // questions that would show it kept, if nothing changed
}

// noInference is the inference of a row about which none can be made.
func noInference() Inference { return Inference{Flags: []string{}} }

// derived turns a computed float into a number of the contract: 12 significant
// digits; nil stays nil.
func derived(x *float64) *decimal.Decimal {
	if x == nil {
		return nil
	}
	d, err := decimal.FromFloat(*x)
	if err != nil {
		return nil
	}
	d = d.RoundSignificant(derivedDigits)
	return &d
}

// derivedExact cuts an exact number that need not end to 12 significant digits.
func derivedExact(d decimal.Decimal) *decimal.Decimal {
	d = d.RoundSignificant(derivedDigits)
	return &d
}

// intervalOf rounds the limits of an interval for the answer; the verdict was made
// on the unrounded ones.
func intervalOf(ci *infer.Interval, level decimal.Decimal) *Interval {
	if ci == nil {
		return nil
	}
	return &Interval{Level: level, Lo: derived(&ci.Lo), Hi: derived(&ci.Hi)}
}
