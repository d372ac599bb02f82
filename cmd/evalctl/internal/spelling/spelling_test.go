package spelling_test

import (
	"slices"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
)

func TestNear(t *testing.T) {
	known := []string{"limit_samples", "temperature", "top_p", "judge.model_id", "judge.temperature", "n"}
	for _, test := range []struct {
		word string
		want []string
	}{
		{"limit_sample", []string{"limit_samples"}},
		{"limitsamples", []string{"limit_samples"}},
		{"TEMPERATUR", []string{"temperature", "judge.temperature"}},
		{"judge", []string{"judge.model_id", "judge.temperature"}},
		{"top-p", []string{"top_p"}},
		{"m", []string{"n"}},
		{"nothing_like_it", []string{}},
		{"", []string{"n"}},
	} {
		if got := spelling.Near(test.word, known); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.word, got, test.want)
		}
	}
}
