package nemo

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// lmEvalSamples are lm-evaluation-harness's samples_<task>_<time>.jsonl, one record
// for each question and filter, and the results_<time>.json beside them, which says
// what groups are made of (lm_eval/loggers/evaluation_tracker.py and evaluator.py
// in nvidia-lm-eval 26.3).
type lmEvalSamples struct{}

const (
	lmEvalPrefix  = "samples_"
	lmEvalSummary = "results_"
)

// find takes the files of the latest evaluation in the folder: its time, which
// orders as text, is in their names.
func (lmEvalSamples) find(files []string) []string {
	latest := ""
	var found []string
	for _, file := range matching(files, lmEvalPrefix+"?*_????-??-??T*.jsonl") {
		_, time := lmEvalName(file)
		if time > latest {
			latest, found = time, nil
		}
		if time == latest {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	summary := path.Join(path.Dir(found[0]), lmEvalSummary+latest+".json")
	if slices.Contains(files, summary) {
		found = append(found, summary)
	}
	return found
}

// lmEvalName reads task and time from a file's name.
func lmEvalName(file string) (task, time string) {
	name := between(file, lmEvalPrefix, ".jsonl")
	cut := strings.LastIndexByte(name, '_')
	return name[:cut], name[cut+1:]
}

// lmEvalKey is a metric as lm-eval knows it: results.yml calls it metric, or
// metric__filter.
type lmEvalKey struct{ metric, filter string }

func (k lmEvalKey) name() string {
	if k.filter == "none" {
		return k.metric
	}
	return k.metric + "__" + k.filter
}

func (lmEvalSamples) decode(in *sampleReader, to *outcomeSet) error {
	members := map[string][]string{}
	for _, file := range matching(in.files, lmEvalSummary+"*.json") {
		var err error
		if members, err = lmEvalMembers(in, file); err != nil {
			return err
		}
	}
	byTask := map[string]map[lmEvalKey]*answers{}
	for _, file := range matching(in.files, lmEvalPrefix+"*.jsonl") {
		task, _ := lmEvalName(file)
		if byTask[task] != nil {
			return inFile(file, 0, problemf("another file has the samples of %s too", task))
		}
		wanted := map[string]bool{}
		for _, name := range to.names(func(name scoreName) bool {
			return name.name == task || slices.Contains(members[name.name], task)
		}) {
			wanted[name.metric] = true
		}
		if byTask[task] = map[lmEvalKey]*answers{}; len(wanted) == 0 {
			continue
		}
		var err error
		if byTask[task], err = lmEvalTask(in, file, task, wanted, to); err != nil {
			return err
		}
	}
	for _, name := range to.names(func(name scoreName) bool { return name.metric == name.score }) {
		if _, isTask := byTask[name.name]; isTask {
			if collected := lmEvalAnswers(byTask[name.name], name.metric); collected != nil {
				to.scores[name] = collected
			}
			continue
		}
		lmEvalGroup(name, members[name.name], byTask, to)
	}
	return nil
}

// lmEvalAnswers are the answers of a metric by its name in results.yml. "x__f" may be
// x under filter f or x__f under no filter: the one that has more values, of equals
// the one with the longer metric; nil if neither was met.
func lmEvalAnswers(byKey map[lmEvalKey]*answers, name string) *answers {
	var found *answers
	metric := ""
	for key, collected := range byKey {
		switch {
		case key.name() != name:
		case found == nil, collected.count > found.count, collected.count == found.count && len(key.metric) > len(metric):
			found, metric = collected, key.metric
		}
	}
	return found
}

// lmEvalGroup puts the answers of a group's members together. The harness weights
// members by their questions only where a group says so; where it does not the mean
// will not be the group's value.
func lmEvalGroup(name scoreName, members []string, byTask map[string]map[lmEvalKey]*answers, to *outcomeSet) {
	for _, task := range members {
		byKey, ok := byTask[task]
		if !ok {
			to.exclude(name, "no samples of its member %s", task)
			return
		}
		if collected := lmEvalAnswers(byKey, name.metric); collected != nil && collected.count > 0 {
			to.of(name, collected.answerRules).addAll(collected)
		}
	}
	if len(members) == 0 {
		to.exclude(name, "no file says which tasks it is made of")
	}
}

// lmEvalMembers reads the tasks of each group; groups in groups are resolved.
func lmEvalMembers(in *sampleReader, file string) (map[string][]string, error) {
	subtasks := map[string][]string{}
	err := in.object(file, func(r *record, key []byte) bool {
		if string(key) != "group_subtasks" {
			return false
		}
		r.object(func(key []byte) bool {
			group := string(key)
			r.array(func() {
				if task, ok := r.text(); ok {
					subtasks[group] = append(subtasks[group], string(task))
				}
			})
			return true
		})
		return true
	})
	if err != nil {
		return nil, err
	}
	members := map[string][]string{}
	for group := range subtasks {
		tasks := map[string]bool{}
		pending, met := []string{group}, map[string]bool{}
		for len(pending) > 0 {
			next := pending[0]
			pending = pending[1:]
			switch inner := subtasks[next]; {
			case met[next]:
			case len(inner) > 0:
				pending = append(pending, inner...)
			default:
				tasks[next] = true
			}
			met[next] = true
		}
		delete(tasks, group) // a group without members is a task
		members[group] = slices.Sorted(maps.Keys(tasks))
	}
	return members, nil
}

// lmEvalTask reads the samples of one task.
func lmEvalTask(in *sampleReader, file, task string, wanted map[string]bool, to *outcomeSet) (map[lmEvalKey]*answers, error) {
	// A wanted "x__f" is x under filter f, or the metric x__f under no filter.
	var metrics []string
	for name := range wanted {
		metrics = append(metrics, name)
		if cut := strings.LastIndex(name, "__"); cut > 0 {
			metrics = append(metrics, name[:cut])
		}
	}
	slices.Sort(metrics)
	metrics = slices.Compact(metrics)
	rules := answerRules{joinedBy: "doc_hash", scale: 1, twins: true}
	byFilter := map[string][]*answers{} // in the order of metrics; nil is not wanted
	met := map[string]*seen{}
	values := make([]scalar, len(metrics))
	taskName := []byte(task)
	var filter, hash []byte
	collected := map[lmEvalKey]*answers{}
	err := in.records(file, func(r *record) error {
		clear(values)
		filter, hash = append(filter[:0], "none"...), hash[:0]
		doc := scalar{}
		r.object(func(key []byte) bool {
			switch string(key) {
			case "filter":
				if text, ok := r.text(); ok {
					filter = append(filter[:0], text...)
				}
			case "doc_hash":
				text, _ := r.text()
				hash = append(hash[:0], text...)
			case "doc_id":
				doc = r.place()
			default:
				for i, metric := range metrics {
					if string(key) == metric {
						values[i] = lmEvalValue(r)
						return true
					}
				}
				return false
			}
			return true
		})
		if r.fault != "" {
			return nil
		}
		if len(hash) == 0 {
			return problemf("a record without doc_hash")
		}
		slots, ok := byFilter[string(filter)]
		if !ok {
			slots = make([]*answers, len(metrics))
			for i, metric := range metrics {
				if key := (lmEvalKey{metric, string(filter)}); wanted[key.name()] {
					slots[i] = &answers{answerRules: rules}
					collected[key] = slots[i]
				}
			}
			byFilter[string(filter)], met[string(filter)] = slots, &seen{}
		}
		if doc.kind == ofAbsent || doc.kind == ofNull {
			return problemf("a record without doc_id")
		}
		place, ok := doc.whole(maxSeen - 1)
		if !ok {
			return cannotBe("doc_id", doc)
		}
		if !met[string(filter)].note(place) {
			return problemf("doc_id %d is there a second time for filter %s", place, filter)
		}
		id := to.id(taskName, hash)
		for i, slot := range slots {
			if slot != nil {
				slot.add(id, 0, values[i])
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return collected, nil
}

// lmEvalValue reads a metric of a question. The harness writes as text what its
// encoder does not know, such as NumPy's booleans and single floats.
func lmEvalValue(r *record) scalar {
	if r.fault != "" || r.peek() != '"' {
		return r.measure()
	}
	text, _ := r.text()
	switch string(text) {
	case "True":
		return scalar{ofNumber, 1}
	case "False":
		return scalar{ofNumber, 0}
	}
	var value record
	value.reset(text)
	if got := value.measure(); value.fault == "" && value.pos == len(text) && (got.kind == ofNumber || got.kind == ofNonFinite) {
		return got
	}
	return scalar{kind: ofOther}
}
