package mlruns_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
)

// runsAnExperiment is how many runs [grow] puts in one.
const runsAnExperiment = 1000

// grow makes a file store of many small runs, the newest last, an invocation each.
func grow(tb testing.TB, runs int) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "mlruns")
	write := func(name, text string) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		err := os.WriteFile(name, []byte(text), 0o644)
		if os.IsNotExist(err) {
			if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
				err = os.WriteFile(name, []byte(text), 0o644)
			}
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i := range runs {
		experiment := i/runsAnExperiment + 1
		if i%runsAnExperiment == 0 {
			write(fmt.Sprintf("%d/meta.yaml", experiment), fmt.Sprintf("experiment_id: '%d'\nlifecycle_stage: active\nname: e%d\n", experiment, experiment))
		}
		id := fmt.Sprintf("%032x", i)
		run := fmt.Sprintf("%d/%s/", experiment, id)
		write(run+"meta.yaml", strings.Join([]string{
			"artifact_uri: file:///somewhere/mlruns/" + run + "artifacts", fmt.Sprintf("end_time: %d", 1_800_000_000_000+i+1),
			"entry_point_name: ''", fmt.Sprintf("experiment_id: '%d'", experiment), "lifecycle_stage: active", "run_id: " + id,
			"run_name: eval-" + id, "source_name: ''", "source_type: 4", "source_version: ''", fmt.Sprintf("start_time: %d", 1_800_000_000_000+i),
			"status: 3", "tags: []", "user_id: me", "",
		}, "\n"))
		write(run+"tags/invocation_id", fmt.Sprintf("%016x", i))
		write(run+"tags/job_id", fmt.Sprintf("%016x.0", i))
		write(run+"tags/task_name", "h.t")
		write(run+"params/p", "1")
		write(run+"metrics/m", fmt.Sprintf("1800000000000 0.%d 0\n", i))
	}
	return dir
}

func BenchmarkSearch(b *testing.B) {
	const runs = 10_000
	dir := grow(b, runs)
	for name, search := range map[string]query.Search{
		"one invocation":       {Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: fmt.Sprintf("%016x", runs/2)}}},
		"newest 20":            {Limit: 20},
		"newest 20 with a tag": {Limit: 20, Filter: query.Filter{{Entity: query.Tag, Key: query.TagTask, Op: query.HasPrefix}}},
		"a metric":             {Raw: "metrics.m > 0.9999"},
		"all":                  {},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := query.All(opened(b, dir).Search(b.Context(), search)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
