package nemo

import (
	"path"
	"strings"
)

// bfclSamples are the files of the Berkeley Function Calling Leaderboard, two for
// each category: BFCL_v3_<category>_result.json has every question, and
// BFCL_v3_<category>_score.json a line of totals and then the wrong ones
// (bfcl/eval_checker/eval_runner.py in nvidia-bfcl 26.3). What the score file does
// not list was counted as right, also where the request failed.
type bfclSamples struct{}

const (
	bfclPattern = "BFCL_v?*_?*_"
	bfclResult  = "_result.json"
	bfclScore   = "_score.json"
	bfclGroup   = "bfcl"
)

func (bfclSamples) find(files []string) []string {
	found := matching(files, bfclPattern+"result.json")
	if len(found) == 0 {
		return nil
	}
	return append(found, matching(files, bfclPattern+"score.json")...)
}

func (bfclSamples) decode(in *sampleReader, to *outcomeSet) error {
	scoreFiles := map[string][]string{}
	for _, file := range matching(in.files, "*"+bfclScore) {
		category := bfclCategory(file, bfclScore)
		scoreFiles[category] = append(scoreFiles[category], file)
	}
	met := map[string]bool{}
	for _, file := range matching(in.files, "*"+bfclResult) {
		category := bfclCategory(file, bfclResult)
		metric := bfclMetric(category)
		for _, name := range to.names(func(name scoreName) bool { return name == scoreName{bfclGroup, metric, metric} }) {
			switch scores := scoreFiles[category]; {
			case met[category] || len(scores) > 1:
				to.exclude(name, "several files of category %s", category)
			case len(scores) == 0:
				to.exclude(name, "no file says which answers are wrong (BFCL_…_%s%s)", category, bfclScore)
			default:
				if err := bfclCategoryAnswers(in, file, scores[0], category, name, to); err != nil {
					return err
				}
			}
			met[category] = true
		}
	}
	return nil
}

// bfclCategory reads the category from a file's name.
func bfclCategory(file, suffix string) string {
	_, category, _ := strings.Cut(between(file, "BFCL_v", suffix), "_")
	return category
}

// bfclMetric is what results.yml calls the score of a category: the column of the
// leaderboard's table in lower case (bfcl/eval_checker/eval_runner_helper.py,
// core_evals/bfcl/output.py).
func bfclMetric(category string) string {
	live, isLive := strings.CutPrefix(category, "live_")
	if isLive {
		switch live {
		case "relevance", "irrelevance":
			return live + "_detection_live"
		}
		return "python_" + live + "_ast_live"
	}
	if turn, ok := strings.CutPrefix(category, "multi_turn_"); ok {
		return turn
	}
	if executed, ok := strings.CutPrefix(category, "exec_"); ok {
		if executed == "simple" {
			executed = "python_simple"
		}
		return executed + "_exec_non_live"
	}
	switch category {
	case "rest":
		return "rest_simple_exec_non_live"
	case "irrelevance":
		return "irrelevance_detection_non_live"
	case "simple":
		return "python_simple_ast_non_live"
	case "java", "javascript":
		return category + "_simple_ast_non_live"
	}
	return category + "_ast_non_live"
}

// bfclCategoryAnswers joins the two files of a category and holds them against the
// totals.
func bfclCategoryAnswers(in *sampleReader, resultFile, scoreFile, category string, name scoreName, to *outcomeSet) error {
	wrong := map[[16]byte]bool{} // true once the result file has it too
	var total, correct scalar
	lines := 0
	err := in.records(scoreFile, func(r *record) error {
		var hash [16]byte
		found := false
		r.object(func(key []byte) bool {
			switch string(key) {
			case "id":
				if id, ok := r.text(); ok {
					hash, found = to.id([]byte(category), id), true
				}
			case "total_count":
				total = r.measure()
			case "correct_count":
				correct = r.measure()
			default:
				return false
			}
			return true
		})
		lines++
		_, twice := wrong[hash]
		switch {
		case r.fault != "" || !found && lines == 1:
			return nil
		case !found:
			return problemf("a record without id")
		case twice:
			return problemf("a question is there a second time")
		}
		wrong[hash] = false
		return nil
	})
	if err != nil {
		return err
	}
	rules := answerRules{joinedBy: "id", rounding: 0.005, scale: 100}
	collected := to.of(name, rules)
	right := 0
	err = in.records(resultFile, func(r *record) error {
		var hash [16]byte
		found := false
		r.object(func(key []byte) bool {
			if string(key) != "id" {
				return false
			}
			if id, ok := r.text(); ok {
				hash, found = to.id([]byte(category), id), true
			}
			return true
		})
		if r.fault != "" {
			return nil
		}
		if !found {
			return problemf("a record without id")
		}
		value := scalar{ofNumber, 1}
		if _, isWrong := wrong[hash]; isWrong {
			value.value, wrong[hash] = 0, true
		} else {
			right++
		}
		collected.add(hash, 0, value)
		return nil
	})
	if err != nil {
		return err
	}
	for _, there := range wrong {
		if !there {
			to.exclude(name, "%s has wrong answers that %s has not", path.Base(scoreFile), path.Base(resultFile))
		}
	}
	if total.value != float64(collected.count) || correct.value != float64(right) {
		to.exclude(name, "%s counts %v right of %v, the files have %d of %d", path.Base(scoreFile), correct.value, total.value, right, collected.count)
	}
	return nil
}
