package nemo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// digested makes a job of a results.yml.
func digested(t *testing.T, task, yml string) nemo.Job {
	t.Helper()
	job := nemo.Job{Run: nemo.Run{RunID: "1", Harness: nemo.Optional("h"), Task: nemo.Optional(task)}}
	if yml == "" {
		job.Reason = nemo.ReasonFailed
		return job
	}
	var err error
	if job.Results, err = nemo.ParseResults([]byte(yml)); err != nil {
		t.Fatal(err)
	}
	return job
}

// The form that evalctl baseline show --help promises.
func TestScoreDigest(t *testing.T) {
	jobs := []nemo.Job{
		digested(t, "b", `results: {tasks: {b: {metrics: {acc: {scores: {acc: {value: 0.50, stats: {count: 200, stderr: 1.0e-2}}, "a\"b": {value: .nan}}}}}}}`),
		digested(t, "a", ""),
	}
	const text = "evalctl scores 1\n" +
		`"h" "a" "failed"` + "\n" +
		`"h" "b" "tasks" "b" "acc" "a\"b" "! nan" "" "" "" "" ""` + "\n" +
		`"h" "b" "tasks" "b" "acc" "acc" "0.5" "200" "" "" "" "0.01"` + "\n"
	sum := sha256.Sum256([]byte(text))
	want := hex.EncodeToString(sum[:])
	if got := nemo.ScoreDigest(jobs); got != want {
		t.Errorf("%s, want that of\n%s", got, text)
	}
	slices.Reverse(jobs)
	jobs[0].Run.RunID, jobs[0].Index = "2", 7
	if nemo.ScoreDigest(jobs) != want {
		t.Error("the order or an id is in the digest")
	}
	for _, other := range []string{"0.500000000000000000000000000000000000001", "0.5, stats: {count: 200}"} {
		yml := `results: {tasks: {b: {metrics: {acc: {scores: {acc: {value: ` + other + `}, "a\"b": {value: .nan}}}}}}}`
		if nemo.ScoreDigest([]nemo.Job{jobs[0], digested(t, "b", yml)}) == want {
			t.Errorf("%s has the same digest", other)
		}
	}
}
