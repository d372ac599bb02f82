package main

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// verdictError turns a finding into an exit status. The answer is on stdout already.
type verdictError struct {
	message string
	status  int // exitFailed or exitInconclusive
}

func (e *verdictError) Error() string { return e.message }

func demandNames() []string {
	var names []string
	for _, demand := range compare.Demands() {
		names = append(names, string(demand))
	}
	return names
}

// checkAssertion validates --assert before anything is fetched.
func checkAssertion(name string, options compare.Options) error {
	if !slices.Contains(compare.Demands(), compare.Demand(name)) {
		return usagef("--assert is one of %s, not %q", strings.Join(demandNames(), ", "), name)
	}
	if compare.Demand(name) == compare.AllEquivalent && options.Margin == nil && len(options.Margins) == 0 {
		return &usageError{
			message: "--assert equivalent needs a margin",
			hint:    "--margin 0.01 calls differences within one point equivalent",
		}
	}
	return nil
}

// asserted makes an error of what a comparison lacks of a demand; "" demands nothing.
func asserted(name string, c compare.Comparison, rows []compare.Assessed, options compare.Options) error {
	if name == "" {
		return nil
	}
	unmet := compare.Demand(name).Check(c, rows, options)
	switch {
	case len(unmet.Broken) > 0:
		return &verdictError{"--assert " + name + " failed: " + strings.Join(unmet.Broken, ", "), exitFailed}
	case len(unmet.Open) > 0:
		return &verdictError{"--assert " + name + " is inconclusive: " + strings.Join(unmet.Open, ", "), exitInconclusive}
	}
	return nil
}

// onPinned makes an error of a demand that was checked against other numbers than a
// baseline was pinned to.
func onPinned(name string, sides []compare.Side) error {
	if changed := notAsPinned(sides); name != "" && len(changed) > 0 {
		return &verdictError{"--assert " + name + " is inconclusive: " + changed[0] + " has other numbers than were pinned", exitInconclusive}
	}
	return nil
}

// notAsPinned are the sides of which a baseline has other numbers now.
func notAsPinned(sides []compare.Side) []string {
	var labels []string
	for _, side := range sides {
		if slices.ContainsFunc(side.Warnings, func(w nemo.Warning) bool { return w.Code == codeBaselineChanged }) {
			labels = append(labels, side.Label)
		}
	}
	return labels
}
