package nemo

import (
	"strconv"
	"strings"
)

// nextSamples are the results.jsonl of nel-next (nemo-formats §11.2), one record
// for each problem and repeat; the last record of a pair counts, as for
// `nel compare`. The bundle's scores have four decimals.
type nextSamples struct{}

const nextScorer = "scorer:"

func (nextSamples) find(files []string) []string { return matching(files, "results.jsonl") }

func (nextSamples) decode(in *sampleReader, to *outcomeSet) error {
	rules := answerRules{joinedBy: "problem_idx", rounding: 0.00005, scale: 1, lastWins: true}
	names := to.names(func(name scoreName) bool {
		return name.metric == "mean_reward" || name.metric == "pass@1" || strings.HasPrefix(name.metric, nextScorer)
	})
	if len(names) == 0 {
		return nil
	}
	if len(in.files) > 1 {
		for _, name := range names {
			to.exclude(name, "several files are called results.jsonl")
		}
		return nil
	}
	values := make([]scalar, len(names))
	return in.records(in.files[0], func(r *record) error {
		clear(values)
		var problem, repeat, reward scalar
		r.object(func(key []byte) bool {
			switch string(key) {
			case "problem_idx":
				problem = r.place()
			case "repeat":
				repeat = r.place()
			case "reward":
				reward = r.measure()
			case "scorer_rewards":
				if !r.isObject() {
					return false
				}
				r.object(func(key []byte) bool {
					for i, name := range names {
						if scorer, ok := strings.CutPrefix(name.metric, nextScorer); ok && string(key) == scorer {
							values[i] = r.measure()
							return true
						}
					}
					return false
				})
			default:
				return false
			}
			return true
		})
		if r.fault != "" {
			return nil
		}
		if problem.kind == ofAbsent || problem.kind == ofNull {
			return problemf("a record without problem_idx")
		}
		place, ok := problem.whole(maxPlace)
		if !ok {
			return cannotBe("problem_idx", problem)
		}
		nth, err := repeatOf("repeat", repeat)
		if err != nil {
			return err
		}
		id := to.id(strconv.AppendInt(nil, place, 10))
		for i, name := range names {
			if !strings.HasPrefix(name.metric, nextScorer) {
				values[i] = reward
			}
			to.of(name, rules).add(id, nth, values[i])
		}
		return nil
	})
}
