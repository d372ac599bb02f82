package nemo

import "strconv"

// byobSamples are the byob_predictions.jsonl of nemo-evaluator's own benchmarks,
// one record for each question and repeat
// (E:contrib/byob/runner.py, eval_logic.py and aggregation.py, core 0.2.8).
//
// sample_id is a place, k·n + i for repeat k of question i. The question is known
// by its prompt and target, which stay when the data set is put in another order.
type byobSamples struct{}

const (
	byobName   = "byob_predictions.jsonl"
	byobMetric = "pass@1" // aggregation.py knows no other
)

func (byobSamples) find(files []string) []string { return matching(files, byobName) }

func (byobSamples) decode(in *sampleReader, to *outcomeSet) error {
	for _, file := range in.files {
		if err := byobBenchmark(in, file, to); err != nil {
			return err
		}
	}
	return nil
}

// byobBenchmark reads one benchmark, which the folder of its predictions is named
// after.
func byobBenchmark(in *sampleReader, file string, to *outcomeSet) error {
	benchmark := parent(file)
	names := to.names(func(name scoreName) bool { return name.name == benchmark && name.metric == byobMetric })
	if len(names) == 0 {
		return nil
	}
	rules := answerRules{joinedBy: "prompt+target", rounding: 0.00005, scale: 1, twins: true}
	values := make([]scalar, len(names))
	unscored := 0
	var met seen
	var position, decided bool
	var prompt, target []byte
	err := in.records(file, func(r *record) error {
		clear(values)
		prompt, target = prompt[:0], target[:0]
		var sample, repeat scalar
		scored := true
		r.object(func(key []byte) bool {
			switch string(key) {
			case "sample_id":
				sample = r.place()
			case "prompt":
				text, _ := r.text()
				prompt = append(prompt, text...)
			case "target":
				target = append(target, r.canonical()...)
			case "status":
				status, _ := r.text()
				scored = string(status) == "scored"
			case "metadata":
				if !r.isObject() {
					return false
				}
				r.object(func(key []byte) bool {
					if string(key) != "_repeat" {
						return false
					}
					repeat = r.place()
					return true
				})
			case "scores":
				if !r.isObject() {
					return false
				}
				r.object(func(key []byte) bool {
					for i, name := range names {
						if string(key) == name.score {
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
		if sample.kind == ofAbsent || sample.kind == ofNull {
			return problemf("a record without sample_id")
		}
		place, ok := sample.whole(maxSeen - 1)
		if !ok {
			return cannotBe("sample_id", sample)
		}
		if !met.note(place) {
			return problemf("sample_id %d is there a second time", place)
		}
		nth, err := repeatOf("_repeat", repeat)
		if err != nil {
			return err
		}
		if !scored {
			unscored++
			return nil
		}
		// A benchmark that scores given responses has no prompts.
		if !decided {
			if position, decided = len(prompt) == 0, true; position {
				rules.joinedBy = JoinPosition
			}
		}
		if position != (len(prompt) == 0) {
			return problemf("some records have a prompt and some have none")
		}
		id := to.id([]byte(benchmark), prompt, target)
		if position {
			if repeat.kind == ofNumber {
				return problemf("repeats without prompts cannot be told apart")
			}
			id = to.id([]byte(benchmark), strconv.AppendInt(nil, place, 10))
		}
		for i, name := range names {
			to.of(name, rules).add(id, nth, values[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		to.of(name, rules).unscored += unscored
	}
	return nil
}
