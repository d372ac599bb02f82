package nemo_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

const (
	aggregate = "evaluator_rollouts_aggregate_metrics.json"
	rollouts  = "evaluator_rollouts.jsonl"
)

func TestFact11WhichFileHasTheHeadline(t *testing.T) {
	for _, test := range []struct{ harness, task, metrics, want string }{
		{"nemo_gym", "nemo_gym", "mrcr_n3_1m_benchmark_simple_agent/key_metrics/mean/input_tokens", aggregate},
		{"nemo_gym", "nemo_gym", "", aggregate},
		{"", "mrcr", "x", aggregate},
		{"nemo_gym", "nemo_gym", "gdpval_stirrup_agent/key_metrics/mean/total_tokens", rollouts},
		{"nemo_gym", "gdpval", "", rollouts},
		{"nemo_gym", "nemo_gym", "gdpval_stirrup_agent/comparison/stage_0/normalized_elo gdpval_stirrup_agent/comparison/win_rate", rollouts},
		{"nemo_gym", "nemo_gym", "gdpval_stirrup_agent/comparison/stage_1/normalized_elo", ""},
		{"nemo_gym", "nemo_gym", "gdpval_stirrup_agent/comparison/normalized_elo", ""},
		{"nemo_gym", "nemo_gym", "mrcr_benchmark_simple_agent/pass@1/accuracy", ""},
		{"nemo_gym", "nemo_gym", "tau3/pass@1 tau3/key_metrics/mean/tokens", ""},
		{"nemo_skills", "ns_gpqa", "pass@1", ""},
		{"", "x", "", ""},
	} {
		var scores []nemo.Score
		for _, metric := range strings.Fields(test.metrics) {
			scores = append(scores, nemo.Score{Section: nemo.Groups, Name: "nemo_gym", Metric: metric, Score: metric})
		}
		file, ok := nemo.ScoreFileOf(test.harness, test.task, scores)
		if file.Name != test.want || ok != (test.want != "") {
			t.Errorf("%s %s %s: %q, want %q", test.harness, test.task, test.metrics, file.Name, test.want)
		}
	}
}

func parseScoreFile(t *testing.T, task, text string) ([]nemo.Score, error) {
	t.Helper()
	file, ok := nemo.ScoreFileOf("nemo_gym", task, nil)
	if !ok {
		t.Fatal("no file")
	}
	return file.Parse(strings.NewReader(text), nemo.File{Path: file.Name})
}

func TestAggregateMetrics(t *testing.T) {
	scores, err := parseScoreFile(t, "mrcr", `[{"agent_ref": {"name": "a"}, "agent_metrics": {"pass@1/accuracy": 26.910000000000004, "n_needles=2/pass@1/accuracy": 36.81,
		"mean/reward": NaN, "gone": null, "name": "simple", "list": [1], "flag": true}}, {"agent_metrics": {"pass@1/accuracy": 1}}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"rollouts agent_metrics gone null n=- /0/agent_metrics/gone",
		"rollouts agent_metrics mean/reward nan n=- /0/agent_metrics/mean~1reward",
		"rollouts agent_metrics n_needles=2/pass@1/accuracy 36.81 n=- /0/agent_metrics/n_needles=2~1pass@1~1accuracy",
		"rollouts agent_metrics pass@1/accuracy 26.910000000000004 n=- /0/agent_metrics/pass@1~1accuracy",
	}
	if diff := cmp.Diff(want, scoreLines(scores)); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "[]", "{}", `[{"agent_metrics": null}]`, `[{"agent_metrics": {}`, "[1]"} {
		if _, err := parseScoreFile(t, "mrcr", text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestRolloutRewards(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{`{"task_id": "a", "reward": 0.1}`, `{"task_id": "a", "reward": 0.2}`, `{"task_id": "b", "reward": 0.3}`}, "rollouts evaluator_rollouts reward 0.2 n=2 "},
		{[]string{`{"task_id": "a", "reward": 0.1}`, `{"reward": 0.2}`, `{"task_id": "b", "reward": null}`, `{"task_id": "b"}`}, "rollouts evaluator_rollouts reward 0.15 n=2 "},
	} {
		scores, err := parseScoreFile(t, "gdpval", strings.Join(test.lines, "\n"))
		if got := fmt.Sprint(err, scoreLines(scores)); got != "<nil> ["+test.want+"]" {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
	for _, text := range []string{"", `{"reward": null}`, "{", "[1]"} {
		if _, err := parseScoreFile(t, "gdpval", text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// The file is read as it comes: what it needs does not grow with it.
func TestRewardsOfALongFile(t *testing.T) {
	line := `{"task_id": "a", "reward": 1, "messages": "` + strings.Repeat("x", 1<<16) + "\"}\n"
	reader := &repeated{text: line, times: 2000, high: new(uint64)}
	r, err := nemo.ParseRollouts(reader)
	if err != nil || r.Rows != 2000 || r.Mean.String() != "1" {
		t.Errorf("%+v, %v", r, err)
	}
	if *reader.high > 32<<20 {
		t.Errorf("%d bytes in use while reading %d", *reader.high, 2000*len(line))
	}
}

// repeated reads a text so often.
type repeated struct {
	text  string
	times int
	at    int
	high  *uint64 // the most that was in use after a collection, now and then
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.times == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		if r.at, r.times = 0, r.times-1; r.times%400 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			*r.high = max(*r.high, m.HeapAlloc)
		}
	}
	return n, nil
}
