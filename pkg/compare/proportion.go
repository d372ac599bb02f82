package compare

import (
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Where the number of questions of a side is known from.
const (
	nSourceReported = "reported"
	nSourceFlag     = "flag"
	nSourceDerived  = "derived"
)

// questionsOf is the number of questions behind one run: as the user says, as the
// harness reports, or worked out from the value and its standard error. certain is
// false for one that was worked out and could not be verified.
func questionsOf(c *cell, options Options) (n int, source string, certain bool) {
	given, named, ok := options.questions(c.task)
	if named {
		return given, nSourceFlag, true
	}
	if c.n != nil {
		if n, ok := c.n.Int64(); ok && n >= 1 {
			return int(n), nSourceReported, true
		}
	}
	if ok && !(c.derived.Verified && c.repeats == 1) {
		return given, nSourceFlag, true
	}
	if c.derived.N != nil && c.repeats == 1 {
		return int(*c.derived.N), nSourceDerived, c.derived.Verified
	}
	return 0, "", false
}

// sizeOf is what can be said of the size of one side without samples.
func sizeOf(c *cell, options Options) measuredSide {
	n, source, _ := questionsOf(c, options)
	if n == 0 {
		return measuredSide{}
	}
	side := measuredSide{n: &n, nSource: source}
	if k, ok := rightAnswers(c, n, options); ok {
		side.k = &k
		if w, ok := width(c.scale); ok {
			side.ci, side.method = scaledInterval(infer.Wilson(k, n, options.level()), w.Float64()), "wilson"
		}
	}
	return side
}

// rightAnswers returns k = v·n where the value is a proportion: one run, k whole
// within the rounding of v, and a metric that counts right answers, by its name or
// because value and standard error prove it (§4 rule 4, §7b). A mean over repeats of
// each question is no such share.
func rightAnswers(c *cell, n int, options Options) (k int, ok bool) {
	v, isShare := share(*c.value, c.scale)
	if !isShare || c.repeats != 1 || c.repeated || n < 1 {
		return 0, false
	}
	k, whole, inRange := infer.CountOf(v, n)
	proven := c.derived.Verified && c.derived.N != nil && int(*c.derived.N) == n
	if !inRange || !whole || !proven && !countsAnswers(c.metric, c.score) && !options.wants(MethodMiettinenNurminen) {
		return 0, false
	}
	return k, true
}

// countsAnswers reports whether a score is of the accuracy, exact-match or pass@1
// family, so that it is the share of right answers. BYOB puts every key of its
// scorer under the metric pass@1, so there the score decides.
func countsAnswers(metric, score string) bool {
	name, _, _ := strings.Cut(score, "__")
	name = strings.ToLower(name)
	switch name {
	case "acc", "accuracy", "exact_match", "em", "correct", "pass@1", "acc_norm", "resolved":
		return true
	}
	for _, sign := range []string{"_acc", "_accuracy", "_correct", "exact_match"} {
		if strings.HasSuffix(name, sign) {
			return !strings.Contains(metric, "avg-of-")
		}
	}
	return false
}

// derivedSize works out how many questions are behind a value, from its standard
// error, or for a group from those of its members: the harness's own pooled error
// is not that of the group's value (lm-evaluation-harness, pooled_sample_stderr).
func (t *task) derivedSize(c *cell) infer.DerivedN {
	if c.section == nemo.Groups {
		if size, ok := t.sizeFromMembers(c); ok {
			return size
		}
	}
	v, ok := share(*c.value, c.scale)
	if !ok || c.stderr == nil || c.repeats != 1 || c.repeated {
		return infer.DerivedN{}
	}
	se, _ := share(*c.stderr, c.scale)
	return infer.DeriveN(v, se, infer.SampleConvention)
}

// sizeFromMembers adds up the sizes of a group's members, which are the other tasks
// with this score, if they are proven and the group is their mean.
func (t *task) sizeFromMembers(group *cell) (infer.DerivedN, bool) {
	var n, k int64
	members := 0
	for i := range t.cells {
		member := &t.cells[i]
		if member.section != nemo.Tasks || member.name == group.name ||
			member.metric != group.metric || member.score != group.score {
			continue
		}
		if member.value == nil || member.stderr == nil {
			return infer.DerivedN{}, false
		}
		v, ok := share(*member.value, group.scale)
		if !ok {
			return infer.DerivedN{}, false
		}
		se, _ := share(*member.stderr, group.scale)
		size := infer.DeriveN(v, se, infer.SampleConvention)
		if !size.Verified {
			return infer.DerivedN{}, false
		}
		members++
		n, k = n+*size.N, k+*size.K
	}
	if members < 2 {
		return infer.DerivedN{}, false
	}
	proportion, _ := decimal.FromInt(k).Quo(decimal.FromInt(n))
	v, ok := share(*group.value, group.scale)
	if !ok || v.Sub(proportion).Abs().Cmp(decimal.MustParse("0.000000001")) > 0 {
		return infer.DerivedN{}, false
	}
	return infer.DerivedN{N: &n, K: &k, Verified: true}, true
}

// assessProportions compares shares of right answers of known numbers of questions
// as independent (§7b), or, where the values lie in [0, 1] and are no such share,
// with the largest standard errors that they can have.
func assessProportions(base, cand *cell, row Row, options Options) (assessment, bool) {
	if base.repeats != 1 || cand.repeats != 1 {
		return assessment{}, false
	}
	w, ok := width(row.Scale)
	nBase, _, certainBase := questionsOf(base, options)
	nCand, _, certainCand := questionsOf(cand, options)
	if !ok || !certainBase || !certainCand {
		return assessment{}, false
	}
	a := assessment{
		evidence: EvidenceProportion, scope: ScopeItemPopulation, questions: min(nBase, nCand), described: noInference(),
		warnings: append(unpaired(base, cand, nBase, nCand, row), smallN(min(nBase, nCand))...),
		base:     sizeOf(base, options), cand: sizeOf(cand, options),
	}
	for _, w := range append(stderrWarnings(base, nBase), stderrWarnings(cand, nCand)...) {
		a.warnings = addWarning(a.warnings, w)
	}
	kBase, okBase := rightAnswers(base, nBase, options)
	kCand, okCand := rightAnswers(cand, nCand, options)
	if okBase && okCand {
		a.method = MethodMiettinenNurminen
		counts := infer.TwoProportions{X1: kCand, N1: nCand, X2: kBase, N2: nBase}
		a.estimate = scaled(infer.MiettinenNurminen(counts, options.level()), w)
		if row.Direction == catalog.Lower {
			counts = infer.TwoProportions{X1: kBase, N1: nBase, X2: kCand, N2: nCand}
		}
		a.shifted = func(margin decimal.Decimal) infer.MarginTest {
			m, _ := margin.Quo(w)
			return infer.MiettinenNurminenMargin(counts, m)
		}
		return a, true
	}
	if usableStderr(base, nBase) != nil && usableStderr(cand, nCand) != nil {
		return assessment{}, false // a standard error says more than the bound
	}
	x, _ := share(*base.value, row.Scale)
	y, _ := share(*cand.value, row.Scale)
	a.method = MethodZStderr
	a.estimate = scaled(infer.FromBounds(x, y, nBase, nCand, options.level()), w)
	if a.estimate.DF != nil {
		a.method = MethodWelchStderr
	}
	a.described.Flags = append(a.described.Flags, flagIndependentErrors, flagBoundedSE)
	return a, a.estimate.CI != nil
}

// unpaired warns that questions which both sides answered are analysed as if they
// were different ones, and says why they were not paired.
func unpaired(base, cand *cell, nBase, nCand int, row Row) []nemo.Warning {
	if nBase != nCand || nBase == 0 {
		return nil
	}
	why, label := base.noOutcomes, row.Base.Side
	if why == "" {
		why, label = cand.noOutcomes, row.Cand.Side
	}
	message := "the same questions are analysed as independent; per-sample data would tighten this"
	if why != "" {
		message += ": " + label + ": " + why
	}
	return []nemo.Warning{{Code: "UNPAIRED_SAME_ITEMS", Message: message}}
}
