package nemo

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// skillsSamples are the outputs of nemo_skills, <benchmark>/output.jsonl or, one
// file for each repeat, <benchmark>/output-rs<n>.jsonl
// (nemo_skills/evaluation/metrics in NVIDIA-NeMo/Skills: math_metrics.py,
// code_metrics.py, base.py, utils.py). A question's pass@1 is the mean of its
// repeats, also under the name pass@1[avg-of-N]; pass@k and majority@k of more have
// no single answers.
type skillsSamples struct{}

func (skillsSamples) find(files []string) []string {
	return append(matching(files, "output.jsonl"), matching(files, "output-rs*.jsonl")...)
}

// skillsRepeat is the number in a file's name; ok is false if the name has more,
// such as a part that was left over.
func skillsRepeat(file string) (repeat int, ok bool) {
	digits := between(file, "output", ".jsonl")
	if digits == "" {
		return 0, true
	}
	repeat, err := strconv.Atoi(strings.TrimPrefix(digits, "-rs"))
	return repeat, err == nil && repeat >= 0
}

func (skillsSamples) decode(in *sampleReader, to *outcomeSet) error {
	byFolder := map[string][]string{}
	var folders []string
	for _, file := range in.files {
		if _, ok := skillsRepeat(file); !ok {
			continue
		}
		folder := path.Dir(file)
		if byFolder[folder] == nil {
			folders = append(folders, folder)
		}
		byFolder[folder] = append(byFolder[folder], file)
	}
	benchmarks := map[string]bool{}
	for _, folder := range folders {
		benchmark := path.Base(folder)
		if benchmarks[benchmark] { // before and after a judge, for one
			for _, name := range skillsNames(to, benchmark, len(byFolder[folder])) {
				to.exclude(name, "several folders have outputs of %s", benchmark)
			}
			continue
		}
		benchmarks[benchmark] = true
		if err := skillsBenchmark(in, byFolder[folder], benchmark, to); err != nil {
			return err
		}
	}
	return nil
}

// skillsNames are the scores of a benchmark that are means over so many repeats.
func skillsNames(to *outcomeSet, benchmark string, repeats int) []scoreName {
	averaged := "pass@1[avg-of-" + strconv.Itoa(repeats) + "]"
	return to.names(func(name scoreName) bool {
		return name.name == benchmark && (name.metric == "pass@1" || name.metric == averaged)
	})
}

// skillsBenchmark reads the repeats of one benchmark.
func skillsBenchmark(in *sampleReader, files []string, benchmark string, to *outcomeSet) error {
	names := skillsNames(to, benchmark, len(files))
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(files, func(a, b string) int {
		first, _ := skillsRepeat(a)
		second, _ := skillsRepeat(b)
		return cmp.Or(cmp.Compare(first, second), cmp.Compare(a, b))
	})
	rules := answerRules{scale: 100}
	var question skillsQuestion
	for repeat, file := range files {
		err := in.records(file, func(r *record) error {
			question.read(r)
			if r.fault != "" {
				return nil
			}
			joinedBy, parts := question.identity()
			if joinedBy == "" {
				return problemf("a record without an id and without a question")
			}
			if rules.joinedBy == "" {
				rules.joinedBy, rules.twins = joinedBy, joinedBy != "id"
			}
			if rules.joinedBy != joinedBy {
				return problemf("some records have an id and some have none")
			}
			id := to.id(append([][]byte{[]byte(benchmark)}, parts...)...)
			for _, name := range names {
				to.of(name, rules).add(id, int32(repeat), question.score(name.score))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// skillsQuestion is what a record tells of one answer.
type skillsQuestion struct {
	id, problem, expected []byte
	judged                bool
	scores                map[string]scalar
}

// read walks a record.
func (q *skillsQuestion) read(r *record) {
	q.id, q.problem, q.expected, q.judged = q.id[:0], q.problem[:0], q.expected[:0], false
	if q.scores == nil {
		q.scores = map[string]scalar{}
	}
	clear(q.scores)
	r.object(func(key []byte) bool {
		switch string(key) {
		case "id", "task_id", "question_id":
			q.id = append(q.id[:0], r.canonical()...)
		case "problem", "question", "prompt":
			text, _ := r.text()
			q.problem = append(q.problem[:0], text...)
		case "expected_answer":
			q.expected = append(q.expected[:0], r.canonical()...)
		case "symbolic_correct":
			q.scores["symbolic_correct"] = r.measure()
		case "judgement":
			text, ok := r.text()
			if ok {
				q.scores["judge_correct"] = scalar{ofNumber, judgement(text)}
			}
		case "is_correct":
			value := r.measure()
			q.scores["accuracy"], q.scores["passing_base_tests"] = value, value
		case "is_correct-plus":
			q.scores["passing_plus_tests"] = r.measure()
		case "passed":
			q.scores["accuracy"] = r.measure()
		case "graded_list":
			if r.peek() != '[' {
				return false
			}
			first := true
			r.array(func() {
				if value := r.measure(); first {
					q.scores["accuracy"], first = value, false
				}
			})
		case "strict_eval", "loose_eval":
			mode := strings.TrimSuffix(string(key), "_eval")
			if !r.isObject() {
				return false
			}
			r.object(func(key []byte) bool {
				if string(key) != "follow_all_instructions" {
					return false
				}
				q.scores["prompt_"+mode+"_accuracy"] = r.measure()
				return true
			})
		default:
			return false
		}
		return true
	})
}

// identity is what the question is known by.
func (q *skillsQuestion) identity() (joinedBy string, parts [][]byte) {
	switch {
	case len(q.id) > 0:
		return "id", [][]byte{q.id}
	case len(q.problem) > 0:
		return "question+answer", [][]byte{q.problem, q.expected}
	}
	return "", nil
}

// score is the value under a score's name.
func (q *skillsQuestion) score(name string) scalar {
	symbolic, judge := q.scores["symbolic_correct"], q.scores["judge_correct"]
	both := symbolic.kind == ofNumber && judge.kind == ofNumber
	switch {
	case name == "both_correct" && both:
		return scalar{ofNumber, min(symbolic.value, judge.value)}
	case name == "any_correct" && both:
		return scalar{ofNumber, max(symbolic.value, judge.value)}
	}
	return q.scores[name]
}

// judgement is 1 if a judge's text says "Judgement: yes", whatever its letters and
// asterisks; anything else counts as wrong.
func judgement(text []byte) float64 {
	lower := bytes.ToLower(text)
	for {
		at := bytes.Index(lower, []byte("judgement"))
		if at < 0 {
			return 0
		}
		lower = lower[at+len("judgement"):]
		verdict := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimPrefix(lower, []byte("*")), []byte("*")), " \t\r\n")
		if verdict, ok := bytes.CutPrefix(verdict, []byte(":")); ok {
			if bytes.HasPrefix(bytes.TrimSpace(verdict), []byte("yes")) {
				return 1
			}
			return 0
		}
	}
}
