// Package infer holds the statistical methods of evalctl, on plain numbers: it
// knows no tasks, runs or files. docs/statistics.md says which question each
// method answers; the doc comments give formulas and their sources.
//
// Observed values come as exact decimals, counts as integers. Differences, means,
// variances and the comparison of outcomes "at least as extreme" are exact
// rational arithmetic; what a square root or a distribution gives is float64.
// gonum serves probability distributions only. Products are wrapped in float64()
// so that no compiler fuses them into a following addition, and sums of floats
// are exact, so results do not depend on order or platform beyond the last digits,
// which display and JSON cut off (see [Derived]).
//
// What cannot be computed is nil and has a [Reason]; no result is NaN or infinite,
// and no input makes a method panic. A standard error of exactly 0 is reported but
// nothing is inferred from it.
//
// [Functions] lists the methods by name, with inputs that a person can type.
package infer

// Reason says why a result is undefined.
type Reason string

// The reasons. The empty one stands beside results that are all defined.
const (
	ReasonBaseZero         Reason = "base_zero"          // a relative change of 0
	ReasonZeroVariance     Reason = "zero_variance"      // a standard error of exactly 0
	ReasonTooFew           Reason = "too_few_values"     // below the minimum of the method
	ReasonOutOfRange       Reason = "out_of_range"       // an argument outside what the formula is defined for
	ReasonNonPositive      Reason = "non_positive"       // a logarithm of a value <= 0
	ReasonLessThanK        Reason = "n_less_than_k"      // pass@k from fewer than k samples
	ReasonTooLarge         Reason = "too_large"          // exact enumeration would take too long
	ReasonMissing          Reason = "missing_values"     // an argument is itself undefined
	ReasonStderrInvalid    Reason = "stderr_invalid"     // a reported standard error is negative
	ReasonNoInterval       Reason = "no_finite_interval" // too few values for the confidence
	ReasonUndefinedDraws   Reason = "undefined_resamples"
	ReasonCIIncludesZero   Reason = "ci_includes_zero"
	ReasonNotSignificant   Reason = "not_significant_after_holm"
	ReasonNoUncertainty    Reason = "no_uncertainty"
	reasonNonPositiveError        = "non_positive_value"
)
