package artifacts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

const (
	gymFolder = "nemo_gym.nemo_gym/artifacts/"
	aggregate = gymFolder + "evaluator_rollouts_aggregate_metrics.json"
	rollouts  = gymFolder + "evaluator_rollouts.jsonl"
)

// gym is a run of NeMo Gym whose results.yml has these metrics.
func gym(metrics string, files map[string]string) fakemlflow.Run {
	run := fakemlflow.Run{
		Tags:    map[string]string{query.TagInvocation: a1, query.TagJob: a1 + ".0", query.TagTask: "nemo_gym", query.TagHarness: "nemo_gym"},
		Metrics: map[string]float64{"nemo_gym_x": 1},
		Files:   map[string]string{gymFolder + resultsYML: "results: {groups: {nemo_gym: {metrics: {" + metrics + "}}}}"},
	}
	for name, text := range files {
		run.Files[name] = text
	}
	return run
}

const (
	mrcrTelemetry   = "mrcr_n3_1m_benchmark_simple_agent/key_metrics/mean/tokens: {scores: {mrcr_n3_1m_benchmark_simple_agent/key_metrics/mean/tokens: {value: 5}}}"
	gdpvalTelemetry = "gdpval_stirrup_agent/key_metrics/mean/tokens: {scores: {gdpval_stirrup_agent/key_metrics/mean/tokens: {value: 5}}}"
	gdpvalElo       = "gdpval_stirrup_agent/comparison/normalized_elo: {scores: {gdpval_stirrup_agent/comparison/normalized_elo: {value: 0.5}}}"
)

func TestScoresOutsideResults(t *testing.T) {
	agents := map[string]string{aggregate: `[{"agent_metrics": {"pass@1/accuracy": 26.91}}]`}
	rewards := map[string]string{rollouts: "{\"task_id\": 1, \"reward\": 0.1}\n{\"task_id\": 2, \"reward\": 0.2}\n"}
	for _, test := range []struct {
		name    string
		metrics string
		files   map[string]string
		scores  []string // "key value path" of what is not in results.yml
		codes   []string
		reason  string
		fetched int // files beside results.yml, statistics and configuration
	}{
		{"MRCR", mrcrTelemetry, agents, []string{"pass@1/accuracy 26.91 " + aggregate}, []string{}, "", 1},
		{"MRCR, whose results.yml can be empty", "", agents, []string{"pass@1/accuracy 26.91 " + aggregate}, []string{}, "", 1},
		{"GDPVal by a rubric", gdpvalTelemetry, rewards, []string{"reward 0.15 " + rollouts}, []string{}, "", 1},
		{"GDPVal by comparison", gdpvalElo, rewards, nil, []string{}, "", 0},
		{"not exported", mrcrTelemetry, nil, nil, []string{"SCORE_FILE_MISSING"}, "", 0},
		{"not exported, and nothing else", "", nil, nil, []string{"SCORE_FILE_MISSING"}, nemo.ReasonNoResults, 0},
		{"damaged", mrcrTelemetry, map[string]string{aggregate: "[{"}, nil, []string{"SCORE_FILE_UNREADABLE"}, "", 1},
		{"another task", "tau3/pass@1: {scores: {tau3/pass@1: {value: 1}}}", agents, nil, []string{}, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, gym(test.metrics, test.files))
			job := mustLoad(t, open(t, server), a1)[0].Jobs[0]
			var got []string
			if job.Results != nil {
				for _, s := range job.Results.Scores {
					if s.Section == nemo.Rollouts {
						source := job.Source(s)
						got = append(got, s.Metric+" "+s.Value.String()+" "+source.Path)
						if len(source.SHA256) != 64 || source.SHA256 == job.ResultsFile.SHA256 {
							t.Errorf("source %+v", source)
						}
					}
				}
			}
			if diff := cmp.Diff(test.scores, got); diff != "" || job.Reason != test.reason {
				t.Errorf("reason %q %s", job.Reason, diff)
			}
			if diff := cmp.Diff(test.codes, codesOf(job.Warnings)); diff != "" {
				t.Error(diff)
			}
			files, _ := asked(t, server)
			fetched := 0
			for _, name := range files {
				if strings.Contains(name, "evaluator_rollouts") {
					fetched++
				}
			}
			if fetched != test.fetched {
				t.Errorf("fetched %q", files)
			}
		})
	}
}

// A file that is listed and does not come fails the command, unless the run is not
// finished; one that is too large is no headline.
func TestScoreFileThatDoesNotCome(t *testing.T) {
	run := gym(mrcrTelemetry, map[string]string{aggregate: `[{"agent_metrics": {"pass@1/accuracy": 26.91}}]`})
	for _, fault := range []fakemlflow.Fault{internal, notFound} {
		server := serve(t, run)
		server.Fault(at(fault, "aggregate_metrics"))
		_, err := load(t, open(t, server), a1)
		wantCode(t, err, query.Unreachable, "cannot deliver")
	}
	failed := run
	failed.Status = query.StatusFailed
	server := serve(t, failed)
	server.Fault(at(internal, "aggregate_metrics"))
	job := mustLoad(t, open(t, server), a1)[0].Jobs[0]
	if diff := cmp.Diff([]string{"RUN_NOT_FINISHED", "SCORE_FILE_UNREADABLE"}, codesOf(job.Warnings)); diff != "" {
		t.Error(diff)
	}
	large := gym(mrcrTelemetry, map[string]string{aggregate: strings.Repeat(" ", 4096)})
	fetcher := artifacts.NewFetcher(nil, nil, 0)
	fetcher.SetMaxFile(2048)
	evaluation, err := loadRun(t, fetcher, serve(t, large))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"SCORE_FILE_UNREADABLE"}, codesOf(evaluation.Jobs[0].Warnings)); diff != "" {
		t.Error(diff)
	}
}
