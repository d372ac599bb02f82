package nemo

// ifbenchSamples are the eval_results_strict.jsonl and eval_results_loose.jsonl of
// nvidia-ifbench 26.3 (ifbench/run_eval.py, evaluation_lib.py): per prompt, whether
// all its instructions were followed. The scores of single instructions have no
// prompt of their own and so no outcomes.
type ifbenchSamples struct{}

func (ifbenchSamples) find(files []string) []string {
	return append(matching(files, "eval_results_strict.jsonl"), matching(files, "eval_results_loose.jsonl")...)
}

func (ifbenchSamples) decode(in *sampleReader, to *outcomeSet) error {
	for _, file := range in.files {
		metric := between(file, "eval_results_", ".jsonl") + ":prompt-level"
		for _, name := range to.names(func(name scoreName) bool { return name.metric == metric }) {
			if to.scores[name] != nil {
				to.exclude(name, "several files have its answers")
				continue
			}
			collected := to.of(name, answerRules{joinedBy: "prompt", scale: 1})
			err := in.records(file, func(r *record) error {
				var id [16]byte
				var value scalar
				found := false
				r.object(func(key []byte) bool {
					switch string(key) {
					case "prompt":
						if text, ok := r.text(); ok {
							id, found = to.id([]byte("ifbench"), text), true
						}
					case "follow_all_instructions":
						value = r.measure()
					default:
						return false
					}
					return true
				})
				if r.fault == "" && !found {
					return problemf("a record without prompt")
				}
				collected.add(id, 0, value)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
