package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// assessRepeatedRuns compares the means of several runs a side (§7c), for the
// question whether a re-run would differ, or, where every run has a standard error
// and Options asks, whether new questions would.
func assessRepeatedRuns(base, cand *cell, row Row, options Options) (assessment, bool) {
	if base.repeats < 2 && cand.repeats < 2 {
		return assessment{}, false
	}
	if options.asks(ScopeItemPopulation) {
		return assessRunStderrs(base, cand, options)
	}
	a := assessment{
		evidence: EvidenceRepeatedRuns, scope: ScopeFixedItems, method: MethodWelch,
		runs: min(base.repeats, cand.repeats), described: noInference(),
	}
	a.describeRuns(base, cand, options)
	if base.repeats < 2 || cand.repeats < 2 {
		a.oneAgainstSeveral(base, cand, options)
		return a, true
	}
	x, y := infer.MomentsOf(base.values), infer.MomentsOf(cand.values)
	a.estimate = infer.Welch(x, y, options.level())
	if a.estimate.Reason == infer.ReasonZeroVariance {
		a.settled = NoInference
		a.reasons = []string{reasonIdentical}
		if a.estimate.Value.Sign() != 0 {
			a.reasons = []string{reasonChangedExactly}
		}
		a.warnings = append(a.warnings, nemo.Warning{Code: "ZERO_SEED_VARIANCE", Message: "all runs of a side have the same value, on both sides"})
		return a, true
	}
	if a.runs == 2 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "LOW_DF", Message: "only two runs on a side"})
	}
	effects := infer.IndependentEffects(base.values, cand.values)
	a.described.Effect = &Effect{HedgesG: derived(effects.HedgesG), CliffDelta: derived(effects.CliffDelta)}
	permuted := infer.Permutation(base.values, cand.values, uint64(options.Seed)) //nolint:gosec // any bits make a seed
	least := infer.MinAttainableP(base.repeats, cand.repeats)
	a.described.PPermutation = derived(permuted.TwoSided)
	a.described.PMannWhitney = derived(infer.MannWhitneyExact(base.values, cand.values).TwoSided)
	a.described.MinAttainableP = derived(least)
	// Below 4 runs a side no such test reaches 0.05, so its silence says nothing.
	if least != nil && *least <= options.alpha() {
		a.confirm = permuted.TwoSided
		a.disagreeing(permuted.TwoSided, options)
	}
	return a, true
}

// describeRuns fills in what is known of each side's runs.
func (a *assessment) describeRuns(base, cand *cell, options Options) {
	x, y := infer.Summarize(base.values, options.level()), infer.Summarize(cand.values, options.level())
	a.described.KBase, a.described.KCand = ptr(int64(base.repeats)), ptr(int64(cand.repeats))
	a.described.SDBase, a.described.SDCand = derived(x.SD), derived(y.SD)
	a.base, a.cand = sizeOf(base, options), sizeOf(cand, options)
	a.base.ci, a.base.method = x.CI, "student_t"
	a.cand.ci, a.cand.method = y.CI, "student_t"
}

// oneAgainstSeveral places a single run in the prediction interval of the other
// side's. That is no comparison of means and gives no verdict.
func (a *assessment) oneAgainstSeveral(base, cand *cell, options Options) {
	single, several := base, cand
	if base.repeats > 1 {
		single, several = cand, base
	}
	a.settled, a.method = NoInference, MethodPrediction
	prediction := infer.Summarize(several.values, options.level()).Prediction
	switch {
	case prediction == nil:
		a.reasons = []string{string(infer.ReasonZeroVariance)}
	case single.value.Float64() >= prediction.Lo && single.value.Float64() <= prediction.Hi:
		a.reasons = []string{reasonWithinRunNoise}
	default:
		a.reasons = []string{reasonOutsideRunNoise}
	}
}

// assessRunStderrs compares means of runs that each have a standard error, for new
// questions of the kind.
func assessRunStderrs(base, cand *cell, options Options) (assessment, bool) {
	x, okX := stderrOfRuns(base)
	y, okY := stderrOfRuns(cand)
	if !okX || !okY {
		return assessment{}, false
	}
	a := assessment{
		evidence: EvidenceRepeatedRuns, scope: ScopeItemPopulation, method: MethodZStderr,
		runs: min(base.repeats, cand.repeats), described: noInference(),
	}
	a.describeRuns(base, cand, options)
	a.base.ci, a.cand.ci = nil, nil // they are of the runs, for the other scope
	a.estimate = infer.ZFromStderrs(x, y, options.level())
	a.described.Flags = append(a.described.Flags, flagIndependentErrors)
	return a, true
}

// stderrOfRuns is the mean of a side with its standard error for new questions.
func stderrOfRuns(c *cell) (infer.Reported, bool) {
	if len(c.stderrs) != c.repeats || c.value == nil || c.repeated {
		return infer.Reported{}, false
	}
	squares := make([]decimal.Decimal, len(c.stderrs))
	for i, se := range c.stderrs {
		if se.Sign() <= 0 {
			return infer.Reported{}, false
		}
		if places, ends := se.Places(); ends && places <= 4 {
			se = infer.StderrOfRounded(se)
		}
		squares[i] = se.Mul(se)
	}
	meanSquare, _ := decimal.Mean(squares)
	sd := decimal.Decimal{}
	if s := infer.Summarize(c.values, 0.95).SD; s != nil {
		sd, _ = decimal.FromFloat(*s)
	}
	se := infer.MeanStderrOfRuns(meanSquare, sd, c.repeats)
	if se == nil {
		return infer.Reported{}, false
	}
	stderr, err := decimal.FromFloat(*se)
	return infer.Reported{Value: *c.value, Stderr: stderr}, err == nil
}

// assessRunPairs compares runs that share a seed, where Options asks for it: the
// seed must fix something that both sides share, such as the few-shot draw.
func assessRunPairs(base, cand *cell, row Row, options Options) (assessment, bool) {
	if options.PairBy != PairBySeed {
		return assessment{}, false
	}
	var changes []decimal.Decimal
	for i, seed := range base.seeds {
		at := slices.Index(cand.seeds, seed)
		if seed != "" && at >= 0 && slices.Index(base.seeds, seed) == i {
			changes = append(changes, cand.values[at].Sub(base.values[i]))
		}
	}
	a := assessment{
		evidence: EvidenceRepeatedRuns, scope: ScopeFixedItems, method: MethodRunPairs,
		runs: len(changes), described: noInference(),
	}
	if len(changes) < max(len(base.seeds), len(cand.seeds)) || len(changes) < 2 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "SEEDS_NOT_PAIRED", Message: "not every run has a seed that one run of the other side has too"})
		return a, false
	}
	a.describeRuns(base, cand, options)
	a.estimate = infer.PairedT(infer.MomentsOf(changes), options.level())
	if a.runs == 2 {
		a.warnings = append(a.warnings, nemo.Warning{Code: "LOW_DF", Message: "only two runs on a side"})
	}
	return a, true
}
