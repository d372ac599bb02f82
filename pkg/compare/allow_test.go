package compare_test

import (
	"slices"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestAllowsNothing(t *testing.T) {
	sides := []compare.Side{side("a", byob("a.0", "x", "0.5", "{extra: {shots: 3}}").job(t)), side("b")}
	for _, test := range []struct {
		glob string
		ok   bool
	}{
		{"limit_samples", true},
		{"n", true},
		{"scale", true},
		{"metric_name", true},
		{"harness", true},
		{"judge*", true},
		{"judge.*", true},
		{"dataset*", true},
		{"extra.*", true},
		{"extra.shots", true},
		{"*", true},
		{"limit_sample", false},
		{"extra.shot", false},
		{"extra.x", false},
		{"samples*", false},
	} {
		glob, known := compare.AllowsNothing(sides, []string{"temperature", test.glob})
		if test.ok != (glob == "") || !test.ok && glob != test.glob {
			t.Errorf("%s: %q", test.glob, glob)
		}
		if !test.ok && (!slices.Contains(known, "extra.shots") || !slices.Contains(known, nemo.KeyLimitSamples)) {
			t.Errorf("%s: known keys %q", test.glob, known)
		}
	}
	if glob, _ := compare.AllowsNothing([]compare.Side{side("a")}, []string{"nosuch"}); glob != "" {
		t.Error("a side without settings knows no keys")
	}
}
