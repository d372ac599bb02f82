package compare

import (
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// assessReportedStderrs compares two values by the standard errors that their
// harness reports, as independent (§7a).
func assessReportedStderrs(base, cand *cell, row Row, options Options) (assessment, bool) {
	if base.repeats != 1 || cand.repeats != 1 {
		return assessment{}, false
	}
	a := assessment{evidence: EvidenceReportedError, scope: ScopeItemPopulation, described: noInference()}
	nBase, _, _ := questionsOf(base, options)
	nCand, _, _ := questionsOf(cand, options)
	for _, side := range []struct {
		cell *cell
		n    int
	}{{base, nBase}, {cand, nCand}} {
		for _, w := range stderrWarnings(side.cell, side.n) {
			a.warnings = addWarning(a.warnings, w)
		}
	}
	x, y := usableStderr(base, nBase), usableStderr(cand, nCand)
	if x == nil || y == nil {
		return a, false
	}
	a.questions = min(nBase, nCand)
	a.base, a.cand = sizeOf(base, options), sizeOf(cand, options)
	of := func(c *cell, se decimal.Decimal, n int) infer.Reported {
		return infer.Reported{Value: *c.value, Stderr: se, N: n}
	}
	reported, other := of(base, *x, nBase), of(cand, *y, nCand)
	a.estimate = infer.FromStderrs(reported, other, options.level())
	a.method = MethodZStderr
	if a.estimate.DF != nil {
		a.method = MethodWelchStderr
	}
	if options.AssumeCorrelation != nil {
		a.method = MethodCorrelatedZ
		a.estimate = infer.CorrelatedZ(reported, other, *options.AssumeCorrelation, options.level())
	}
	a.described.SERhoHalf = derived(infer.CorrelatedSE(*x, *y, decimal.MustParse("0.5")))
	if options.AssumeCorrelation == nil {
		a.described.Flags = append(a.described.Flags, flagIndependentErrors)
	}
	if options.AssumeCorrelation == nil {
		for _, w := range unpaired(base, cand, nBase, nCand, row) {
			a.warnings = addWarning(a.warnings, w)
		}
	}
	if a.questions > 0 {
		a.warnings = append(a.warnings, smallN(a.questions)...)
	}
	return a, true
}

// usableStderr is the standard error of one run after the checks of §4, nil where
// it is none to reckon with: absent, zero, of another scale than its value, or one
// that takes repeats of a question for different questions.
func usableStderr(c *cell, n int) *decimal.Decimal {
	if c.stderr == nil || c.stderr.Sign() <= 0 || c.value == nil || c.repeated {
		return nil
	}
	if bound, ok := stderrBound(c, n); ok && bound == infer.BoundPercent || isHundredth(c, n) {
		return nil
	}
	se := *c.stderr
	if places, ends := se.Places(); ends && places <= 4 {
		se = infer.StderrOfRounded(se)
	}
	return &se
}

// stderrBound checks a standard error against the largest that its value allows.
func stderrBound(c *cell, n int) (infer.Bound, bool) {
	if c.stderr == nil || c.value == nil || n < 2 {
		return "", false
	}
	v, ok := share(*c.value, c.scale)
	if !ok {
		return "", false
	}
	se, _ := share(*c.stderr, c.scale)
	return infer.CheckBound(v, se, n)
}

// isHundredth reports whether the standard error of a percent score of right answers
// is that of the fraction: a hundredth of what so many questions give, to 2 %.
func isHundredth(c *cell, n int) bool {
	if c.scale != catalog.Percent || n < 2 || c.stderr == nil || c.value == nil || !countsAnswers(c.metric, c.score) {
		return false
	}
	v, _ := share(*c.value, c.scale)
	expected := infer.BoundedStderr(v, n)
	if expected == nil || *expected == 0 {
		return false
	}
	ratio := c.stderr.Float64() / *expected // as fractions both
	return ratio > 0.98 && ratio < 1.02
}

// stderrWarnings says what is odd about a reported standard error.
func stderrWarnings(c *cell, n int) []nemo.Warning {
	var warnings []nemo.Warning
	if c.stderr != nil && c.stderr.Sign() == 0 {
		warnings = append(warnings, nemo.Warning{Code: "STDERR_ZERO", Message: "a standard error of 0 is no evidence and was left out"})
	}
	if isHundredth(c, n) {
		warnings = append(warnings, nemo.Warning{Code: "SCALE_MISMATCH", Message: "a standard error that is a fraction beside a value in percent was left out"})
	}
	switch bound, _ := stderrBound(c, n); bound {
	case infer.BoundPercent:
		warnings = append(warnings, nemo.Warning{Code: "SCALE_MISMATCH", Message: "a standard error in percent beside a value that is a fraction was left out"})
	case infer.BoundExceeded:
		warnings = append(warnings, nemo.Warning{Code: "STDERR_TOO_LARGE", Message: "a standard error above what so many independent questions can have: clustered, between seeds, or another n"})
	case infer.BoundKept:
	}
	return warnings
}
