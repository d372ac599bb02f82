package artifacts_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/stack"
)

func realStore(t *testing.T) *rest.Store {
	t.Helper()
	store, err := rest.New(rest.Options{URI: stack.MLflow(t)})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// What the launcher exported is what it left in its directory.
func TestRealServerAndDirectoriesAgree(t *testing.T) {
	store, cache := realStore(t), artifacts.OpenCache(t.TempDir())
	for _, invocation := range stack.Invocations(t) {
		if !invocation.Exported {
			continue
		}
		t.Run(invocation.Name, func(t *testing.T) {
			local := mustLoad(t, nil, invocation.Dir)[0]
			for range 2 { // cold, then warm
				evaluations, err := artifacts.NewFetcher(cache, nil, 0).Load(t.Context(), resolve(t, store, invocation.ID))
				if err != nil {
					t.Fatal(err)
				}
				remote := evaluations[0]
				if diff := cmp.Diff(local.Launches, remote.Launches); diff != "" || !remote.Launches[0].Known {
					t.Errorf("launches (-directory +server):\n%s", diff)
				}
				scored := map[string]nemo.Job{}
				for _, job := range local.Jobs {
					if job.Results != nil {
						scored[nemo.Text(job.Run.JobID)] = job
					}
				}
				if len(remote.Jobs) != len(scored) {
					t.Errorf("%d jobs, want %d", len(remote.Jobs), len(scored))
				}
				for _, job := range remote.Jobs {
					want := scored[nemo.Text(job.Run.JobID)]
					if job.Results == nil || want.Results == nil {
						t.Errorf("%s: %s %s", nemo.Text(job.Run.JobID), job.Reason, job.Problem)
						continue
					}
					if diff := cmp.Diff(want.Results.Scores, job.Results.Scores); diff != "" {
						t.Errorf("scores (-directory +server):\n%s", diff)
					}
					if diff := cmp.Diff(want.Runtime, job.Runtime); diff != "" {
						t.Errorf("runtime (-directory +server):\n%s", diff)
					}
					if diff := cmp.Diff(values(want.Settings), values(job.Settings)); diff != "" {
						t.Errorf("settings (-directory +server):\n%s", diff)
					}
					if got := nemo.Text(job.Run.Harness) + "/" + nemo.Text(job.Run.Task); got != nemo.Text(want.Run.Harness)+"/"+nemo.Text(want.Run.Task) {
						t.Errorf("%s is %s", nemo.Text(job.Run.JobID), got)
					}
				}
			}
		})
	}
}

// values are settings without the file that told.
func values(settings nemo.Settings) map[string]string {
	all := map[string]string{}
	for key, setting := range settings.Values {
		all[key] = setting.Value
	}
	return all
}

// A run whose artifact store cannot be written is FAILED and holds no files. Its
// metrics are the scores of the job's other run.
func TestRealRunWithoutFiles(t *testing.T) {
	store := realStore(t)
	runs, err := query.All(store.Search(t.Context(), query.Search{
		Filter: query.Filter{{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFailed}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 {
		t.Fatalf("%d failed runs", len(runs))
	}
	bare := mustLoad(t, store, runs[0].ID)[0].Jobs[0]
	if bare.Results == nil || bare.HasResultsFile() || bare.Reason != "" {
		t.Fatalf("reason %q: %s", bare.Reason, bare.Problem)
	}
	if len(bare.Warnings) != 1 || bare.Warnings[0].Code != "RUN_NOT_FINISHED" {
		t.Errorf("warnings %v", bare.Warnings)
	}
	for _, job := range mustLoad(t, store, invocation(t, "A2").ID)[0].Jobs {
		if nemo.Text(job.Run.JobID) != nemo.Text(bare.Run.JobID) {
			continue
		}
		wantMetrics(t, job, bare.Results.Scores)
		return
	}
	t.Error("no other run of the job")
}

// Every metric that the launcher's exporter made is found by its key, with the
// value of results.yml, and no key stands for two scores.
func TestFact06RealMetricsAreTheResults(t *testing.T) {
	store := realStore(t)
	checked := 0
	for _, invocation := range stack.Invocations(t) {
		if !invocation.Exported {
			continue
		}
		resolutions := resolve(t, store, invocation.ID)
		jobs := map[string]nemo.Job{}
		for _, job := range mustLoad(t, store, invocation.ID)[0].Jobs {
			jobs[job.Run.RunID] = job
		}
		for _, run := range resolutions[0].Found[0].Runs {
			wantMetrics(t, jobs[run.ID], nemo.MetricScores("", run.Metrics))
			checked += len(run.Metrics)
		}
	}
	if checked < 100 {
		t.Errorf("%d metrics", checked)
	}
}

// wantMetrics asserts that the metrics of a run are the results of a job.
func wantMetrics(t *testing.T, job nemo.Job, metrics []nemo.Score) {
	t.Helper()
	keys := make([]string, len(metrics))
	for i, m := range metrics {
		keys[i] = m.Metric
	}
	keysOf, scoresOf := nemo.MatchKeys(job.Results.Scores, keys)
	for i, s := range job.Results.Scores {
		if len(keysOf[i]) != 1 || len(scoresOf[keysOf[i][0]]) != 1 {
			t.Errorf("%s %s %s: keys %v", s.Name, s.Metric, s.Score, keysOf[i])
			continue
		}
		if m := metrics[keysOf[i][0]]; !m.Value.Equal(*s.Value) {
			t.Errorf("%s: %s, the file says %s", m.Metric, m.Value, s.Value)
		}
	}
	if len(keys) != len(job.Results.Scores) {
		t.Errorf("%d keys of %d scores: %q", len(keys), len(job.Results.Scores), keys)
	}
}

func TestRealTreeIsSaved(t *testing.T) {
	store := realStore(t)
	invocation := invocation(t, "THINK")
	found := resolve(t, store, invocation.ID)[0].Found[0]
	root, dir := openRoot(t)
	fetcher := artifacts.NewFetcher(nil, nil, 0)
	for _, run := range found.Runs {
		files, err := fetcher.Tree(t.Context(), store, run)
		if err != nil {
			t.Fatal(err)
		}
		saved := 0
		for _, file := range files {
			if file.IsDir {
				continue
			}
			if _, err := fetcher.Save(t.Context(), store, run, file, root, path.Join(run.JobID(), file.Path), false); err != nil {
				t.Fatal(err)
			}
			saved++
		}
		if saved < 10 {
			t.Errorf("%d files of %s", saved, run.JobID())
		}
		job := filepath.Join(invocation.Dir, run.Tags[query.TagTask]+"."+run.JobID()[len(invocation.ID)+1:])
		for _, name := range []string{resultsYML, "report.html"} {
			want, err := os.ReadFile(filepath.Join(job, "artifacts", name))
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, filepath.Join(dir, run.JobID(), filepath.FromSlash(run.Folder), name), string(want))
		}
	}
}

// A server gives the samples that the directory has, cold, warm and without a
// cache; where the exporter left them behind, the reason.
func TestRealSamplesAgree(t *testing.T) {
	store, cache := realStore(t), artifacts.OpenCache(t.TempDir())
	load := func(cache *artifacts.Cache, resolutions []query.Resolution) map[string]nemo.Job {
		t.Helper()
		fetcher := artifacts.NewFetcher(cache, nil, 0)
		fetcher.Samples = artifacts.SamplesAuto
		evaluations, err := fetcher.Load(t.Context(), resolutions)
		if err != nil {
			t.Fatal(err)
		}
		jobs := map[string]nemo.Job{}
		for _, job := range evaluations[0].Jobs {
			if job.Results != nil {
				jobs[nemo.Text(job.Run.JobID)] = job
			}
		}
		return jobs
	}
	for name, exportedWhole := range map[string]bool{"A1": false, "B1": true, "THINK": true, "B2": true} {
		invocation := invocation(t, name)
		local := load(nil, resolve(t, nil, invocation.Dir))
		for title, cache := range map[string]*artifacts.Cache{"cold or warm": cache, "warm": cache, "no cache": nil} {
			for id, job := range load(cache, resolve(t, store, invocation.ID)) {
				want := local[id]
				if !exportedWhole {
					if job.Samples != nil || job.SamplesReason != "the required files only were exported (only_required=true)" {
						t.Errorf("%s %s: %v %q", name, id, job.Samples, job.SamplesReason)
					}
					continue
				}
				if (want.Samples == nil) != strings.HasPrefix(want.SamplesReason, "no file says which answers are wrong") {
					t.Errorf("%s %s: %s", name, id, want.SamplesReason)
				}
				if diff := cmp.Diff(withoutFolder(want.Samples), withoutFolder(job.Samples)); diff != "" || want.SamplesReason != job.SamplesReason {
					t.Errorf("%s %s, %s: %q (-directory +server):\n%s", name, id, title, job.SamplesReason, diff)
				}
			}
		}
	}
}

// withoutFolder takes the job's folder off the paths of files: a run holds it, a
// directory is it.
func withoutFolder(samples *nemo.Samples) *nemo.Samples {
	if samples == nil {
		return nil
	}
	same := *samples
	same.Files = nil
	for _, file := range samples.Files {
		_, file.Path, _ = strings.Cut(file.Path, "artifacts/")
		same.Files = append(same.Files, file)
	}
	return &same
}
