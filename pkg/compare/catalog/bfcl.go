package catalog

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// bfclTotal is one of BFCL's totals and the parts that it is the mean of
// (nvidia-bfcl 26.3, eval_checker/eval_runner_helper.py). A category that was not
// run counts as 0 in it and is left out of results.yml.
type bfclTotal struct {
	metric string
	parts  []string
}

func bfclTotals() []bfclTotal {
	return []bfclTotal{
		{"non_live_overall_acc", []string{
			"simple_ast_non_live", "multiple_ast_non_live", "parallel_ast_non_live", "parallel_multiple_ast_non_live",
			"simple_exec_non_live", "multiple_exec_non_live", "parallel_exec_non_live", "parallel_multiple_exec_non_live",
			"irrelevance_detection_non_live",
		}},
		{"live_overall_acc", []string{
			"python_simple_ast_live", "python_multiple_ast_live", "python_parallel_ast_live", "python_parallel_multiple_ast_live",
			"irrelevance_detection_live", "relevance_detection_live",
		}},
		{"multi_turn_overall_acc", []string{"base", "miss_func", "miss_param", "long_context"}},
	}
}

// bfclHeadline is the one total of which anything was run, if all of it was: no
// total covers the parts of another.
func bfclHeadline(scores []nemo.Score, candidates []int) (int, bool) {
	index := func(metric string) int {
		return slices.IndexFunc(candidates, func(i int) bool { return scores[i].Metric == metric })
	}
	headline := -1
	for _, total := range bfclTotals() {
		missing := 0
		for _, part := range total.parts {
			if index(part) < 0 {
				missing++
			}
		}
		at := index(total.metric)
		switch {
		case missing == len(total.parts):
		case missing > 0 || at < 0 || headline >= 0:
			return 0, false
		default:
			headline = candidates[at]
		}
	}
	return max(headline, 0), headline >= 0
}

// IsTotal reports whether a metric of a harness is a mean in which parts that were not
// run count as 0: BFCL's totals.
func IsTotal(harness, metric string) bool {
	return harness == "bfcl" && slices.ContainsFunc(bfclTotals(), func(total bfclTotal) bool { return total.metric == metric })
}
