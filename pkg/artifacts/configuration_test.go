package artifacts_test

import (
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func configurations(t *testing.T, words ...string) []nemo.Evaluation {
	t.Helper()
	evaluations, err := artifacts.NewFetcher(nil, nil, 0).Configurations(t.Context(), resolve(t, nil, words...))
	if err != nil {
		t.Fatal(err)
	}
	return evaluations
}

// A job has its settings as a comparison reads them, and what that does not read,
// each with the file that told.
func TestConfigurations(t *testing.T) {
	dir := invocation(t, "A1").Dir
	loaded := mustLoad(t, nil, dir)[0]
	got := configurations(t, dir)[0]
	for i, job := range got.Jobs {
		if job.Runtime != nil {
			t.Errorf("%s: runtime statistics were read", nemo.Text(job.Run.JobID))
		}
		if job.Results == nil {
			continue
		}
		for _, key := range loaded.Jobs[i].Settings.Keys() {
			if want := loaded.Jobs[i].Settings.Get(key); job.Settings.Get(key) != want {
				t.Errorf("%s: %s is %+v, want %+v", nemo.Text(job.Run.JobID), key, job.Settings.Get(key), want)
			}
		}
	}
	for _, test := range []struct {
		job              int
		key, value, file string
	}{
		{0, "params_to_add.seed", "1", "results.yml"},
		{0, "target.api_endpoint.model_id", "acme/falcon-8b-bf16", "results.yml"},
		{0, "launcher.task.name", "byob_arith.arith", "metadata.yaml"},
		{2, "launcher.task.name", "bfcl.bfclv2_ast", "metadata.yaml"},
		{3, "framework_name", "ifbench", "run_config.yml"}, // failed: no results
		{3, "launcher.task.name", "ifbench.ifbench", "metadata.yaml"},
	} {
		setting := got.Jobs[test.job].Free[test.key]
		if setting.Value != test.value || path.Base(setting.Path) != test.file {
			t.Errorf("job %d: %s is %+v, want %q of %s", test.job, test.key, setting, test.value, test.file)
		}
	}
	failed := got.Jobs[3]
	if failed.Results != nil || failed.Settings.Get(nemo.KeyTemperature).Value != "0.6" || failed.Settings.Get(nemo.KeyContainer).State != nemo.Set {
		t.Errorf("the failed job: %+v", failed.Settings)
	}
}

func TestUnresolved(t *testing.T) {
	unresolved := func(word string) nemo.Evaluation {
		t.Helper()
		evaluations, err := artifacts.NewFetcher(nil, nil, 0).Unresolved(t.Context(), resolve(t, nil, word))
		if err != nil {
			t.Fatal(err)
		}
		return evaluations[0]
	}
	got := unresolved(invocation(t, "THINK").Dir)
	if len(got.Jobs) != 2 {
		t.Fatalf("%d jobs", len(got.Jobs))
	}
	for _, job := range got.Jobs {
		setting := job.Free["evaluation.nemo_evaluator_config.config.params.temperature"]
		if setting.Value != "1.0" || path.Base(setting.Path) != "launcher_unresolved_config.yaml" || len(job.Settings.Values) > 0 {
			t.Errorf("%s: %+v", nemo.Text(job.Run.JobID), setting)
		}
	}
}

// Only the files that are needed are asked for, each once.
func TestConfigurationsCostFewRequests(t *testing.T) {
	server := serve(t, exported(t, "A1")...)
	found := resolve(t, open(t, server), a1)
	server.ForgetRequests()
	if _, err := artifacts.NewFetcher(nil, nil, 0).Configurations(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	files, listings := asked(t, server)
	want := []string{
		"1:byob_arith.byob_arith.arith/artifacts/" + metadataYAML,
		"1:byob_arith.byob_arith.arith/artifacts/" + resultsYML,
		"2:lm-evaluation-harness.lm-evaluation-harness.story/artifacts/" + resultsYML,
		"3:bfcl.bfcl.bfclv2_ast/artifacts/" + resultsYML,
	}
	if diff := cmp.Diff(want, files); diff != "" || len(listings) > 0 {
		t.Errorf("listed %q, files (-want +got):\n%s", listings, diff)
	}
	// An export of required files has no other configuration; that is no error.
	unresolved, err := artifacts.NewFetcher(nil, nil, 0).Unresolved(t.Context(), found)
	if err != nil || len(unresolved[0].Jobs) != 3 || unresolved[0].Jobs[0].Free != nil {
		t.Errorf("%+v, %v", unresolved, err)
	}
}
