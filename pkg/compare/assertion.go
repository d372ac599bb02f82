package compare

import (
	"fmt"
	"slices"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Demand is what a comparison is asserted to be. It is judged strictly: what could
// not be decided, or is missing, does not meet it.
type Demand string

// The demands, on every headline of every candidate.
const (
	// NoRegression: improved, equivalent, or shown not to be worse than the margin.
	NoRegression Demand = "no-regression"
	// AllEquivalent: the interval lies inside the margin.
	AllEquivalent Demand = "equivalent"
	// AllImproved: improved.
	AllImproved Demand = "improved"
)

// Demands returns the demands there are.
func Demands() []Demand { return []Demand{NoRegression, AllEquivalent, AllImproved} }

// Unmet is what keeps a demand from being met, each named for a person and sorted:
// Broken contradicts it, Open cannot tell. Both empty is met.
type Unmet struct {
	Broken []string
	Open   []string
}

// Check judges a comparison and its rows, as [Assess] returns them, by the demand.
// Missing results, a task without headline, and a comparison of nothing are open.
func (d Demand) Check(c Comparison, rows []Assessed, options Options) Unmet {
	var unmet Unmet
	several := len(c.Sides) > 2
	for _, row := range rows {
		if !row.Primary {
			continue
		}
		name := row.Task
		if row.Variant != nil {
			name += " " + *row.Variant
		}
		if several {
			name += " on " + row.Cand.Side
		}
		switch d.of(row, options.MarginOn(row.Scale)) {
		case infer.GateFail:
			unmet.Broken = append(unmet.Broken, name+" "+string(row.Verdict))
		case infer.GateInconclusive:
			unmet.Open = append(unmet.Open, name+" "+string(row.Verdict))
		case infer.GatePass:
		}
	}
	for _, m := range c.Missing {
		unmet.Open = append(unmet.Open, fmt.Sprintf("%s missing on %s", nemo.Text(m.Task), m.Side))
	}
	if n := c.Counts.NoPrimary; n > 0 {
		unmet.Open = append(unmet.Open, fmt.Sprintf("without headline: %d", n))
	}
	if c.Counts.Matched == 0 {
		unmet.Open = append(unmet.Open, "nothing was compared")
	}
	slices.Sort(unmet.Broken)
	slices.Sort(unmet.Open)
	return unmet
}

// of judges one headline.
func (d Demand) of(row Assessed, margin *decimal.Decimal) infer.GateResult {
	g, ok := row.Goodness()
	switch row.Verdict {
	case NotComparable, NoInference, InsufficientData, Increased, Decreased:
		return infer.GateInconclusive
	}
	if !ok || g.CI == nil {
		return infer.GateInconclusive
	}
	if slices.Contains(row.Reasons, reasonMissingItems) || slices.Contains(row.Reasons, reasonTestsDisagree) {
		return infer.GateInconclusive
	}
	result := d.decide(row, g, margin)
	if filled, open := row.Unanswered(); open && (filled.CI == nil || d.decide(row, filled, margin) != result) {
		return infer.GateInconclusive // it would be another with unanswered questions as wrong
	}
	return result
}

// decide judges a headline on one estimate of its change.
func (d Demand) decide(row Assessed, g infer.Estimate, margin *decimal.Decimal) infer.GateResult {
	switch {
	case d == AllImproved && row.Verdict == Improved:
		return infer.GatePass
	case d == AllImproved && row.Verdict == Inconclusive:
		return infer.GateInconclusive
	case d == AllImproved:
		return infer.GateFail
	case d == AllEquivalent && margin != nil:
		return within(*g.CI, *margin)
	case d == NoRegression && (row.Verdict == Improved || row.Verdict == Equivalent):
		return infer.GatePass
	case d == NoRegression && row.Direction == catalog.UnknownDirection:
		// Nobody says which way is worse, so neither may be by more than the margin.
		if margin == nil {
			return infer.GateInconclusive
		}
		return within(*g.CI, *margin)
	case d == NoRegression && margin != nil && infer.Gate(g.CI, *margin) == infer.GatePass:
		return infer.GatePass // worse, if at all, by less than matters
	case d == NoRegression && row.Verdict == Regressed:
		return infer.GateFail
	}
	return infer.GateInconclusive
}

// within reports whether an interval lies inside ±margin: fail if it lies outside.
func within(ci infer.Interval, margin decimal.Decimal) infer.GateResult {
	m := margin.Float64()
	switch {
	case !(ci.Hi > ci.Lo):
		return infer.GateInconclusive
	case -m < ci.Lo && ci.Hi < m:
		return infer.GatePass
	case ci.Lo > m || ci.Hi < -m:
		return infer.GateFail
	}
	return infer.GateInconclusive
}
