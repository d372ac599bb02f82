package gate_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// job is one task of one side as its files would say: a BYOB job, whose headline is
// the fraction pass@1/correct.
type job struct {
	task    string
	value   string
	stats   string // of the score, in YAML
	params  string // of config.params, in YAML
	answers []float64
	runtime *nemo.RuntimeStats
	logged  map[string]float64
	results string // in place of those; a harness without a known scale
}

func (j job) nemo(t testing.TB, side string, index int) nemo.Job {
	t.Helper()
	harness := "byob_" + j.task
	results := fmt.Sprintf("{groups: {}, tasks: {%s: {metrics: {pass@1: {scores: {correct: {value: %s, stats: {%s}}}}}}}}", j.task, j.value, j.stats)
	if j.results != "" {
		harness, results = "other", j.results
	}
	text := fmt.Sprintf("metadata: {versioning: {nemo_evaluator: 0.2.8}}\nconfig: {params: {%s}}\ntarget: {api_endpoint: {adapter_config: {}}}\nresults: %s\n", j.params, results)
	parsed, err := nemo.ParseResults([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	id := fmt.Sprintf("%s.%d", side, index)
	decoded := nemo.Job{
		Index: index, Results: parsed, ResultsFile: nemo.File{Path: j.task + "/results.yml", SHA256: "digest"},
		Runtime: j.runtime, Logged: j.logged, Settings: parsed.Settings("results.yml"),
		Run: nemo.Run{
			RunID: "run " + id, InvocationID: &side, JobID: &id, Harness: &harness, Task: &j.task, Tags: map[string]string{},
		},
	}
	if j.answers != nil {
		outcomes := nemo.Outcomes{Name: j.task, Metric: "pass@1", Score: "correct", JoinedBy: "id"}
		for i, value := range j.answers {
			answer := nemo.Answer{Value: value}
			binary.BigEndian.PutUint64(answer.ID[:], uint64(i))
			outcomes.Answers = append(outcomes.Answers, answer)
		}
		decoded.Samples = &nemo.Samples{Outcomes: []nemo.Outcomes{outcomes}}
	}
	return decoded
}

func sideOf(t testing.TB, label string, jobs ...job) compare.Side {
	t.Helper()
	side := compare.Side{Label: label, Selectors: []string{label}}
	for i, j := range jobs {
		side.Jobs = append(side.Jobs, j.nemo(t, label, i))
	}
	side.Launches = []nemo.Launch{{InvocationID: label}}
	return side
}

// flips makes n questions of which both sides answer 80 % right, but for those that
// turned wrong and those that turned right.
func flips(n, wrong, right int) (base, cand job) {
	base, cand = job{task: "quiz"}, job{task: "quiz"}
	var ofBase, ofCand int
	for i := range n {
		b, c := 0.0, 0.0
		switch {
		case i < wrong:
			b = 1
		case i < wrong+right:
			c = 1
		case (i-wrong-right)*5 < (n-wrong-right)*4:
			b, c = 1, 1
		}
		base.answers, cand.answers = append(base.answers, b), append(cand.answers, c)
		ofBase, ofCand = ofBase+int(b), ofCand+int(c)
	}
	base.value, cand.value = quotient(ofBase, n), quotient(ofCand, n)
	return base, cand
}

// quotient is k/n as a harness would write it.
func quotient(k, n int) string { return fmt.Sprintf("%.16g", float64(k)/float64(n)) }

func options(t testing.TB) compare.Options {
	t.Helper()
	known, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	return compare.Options{Knobs: compare.DefaultKnobs(), Catalog: known}
}

func policy(t testing.TB, text string) *gate.Policy {
	t.Helper()
	p, err := gate.Parse("policy.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func judge(t testing.TB, text string, sides ...compare.Side) gate.Answer {
	t.Helper()
	answer, _, err := gate.Judge(sides, policy(t, text), options(t))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// sketch is an answer in a few words: the verdict, then each row and bound with what
// decided it.
func sketch(a gate.Answer) string {
	parts := []string{string(a.Verdict)}
	for _, row := range a.Rows {
		rule := "-"
		if row.Rule != nil {
			rule = *row.Rule
		}
		parts = append(parts, strings.Join(append([]string{row.Task, rule, string(row.Result)}, row.Reasons...), " "))
	}
	for _, b := range a.Bounds {
		part := b.Measure + " " + nemo.Text(b.Task) + " " + string(b.Result)
		if b.Value != nil {
			part += " " + b.Value.String()
		}
		if b.Reason != nil {
			part += " " + *b.Reason
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
