package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Place is where something stands in a policy file; line and column count from 1.
type Place struct {
	Line, Column int
}

// Mistake is one thing that is wrong with a policy, and where.
type Mistake struct {
	Place
	Message string
}

// PolicyError is everything that is wrong with a policy, in the order of the file.
type PolicyError struct {
	Path     string
	Mistakes []Mistake
}

// Error has a line for each mistake: "policy.yml:4:13: …".
func (e *PolicyError) Error() string { return strings.Join(e.Lines(), "\n") }

// Lines are the mistakes, each with its place as compilers write it.
func (e *PolicyError) Lines() []string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.Path, m.Line, m.Column, m.Message)
	}
	return lines
}

// policyError is nil where nothing is wrong.
func policyError(path string, mistakes []Mistake) error {
	if len(mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &PolicyError{Path: path, Mistakes: mistakes}
}
