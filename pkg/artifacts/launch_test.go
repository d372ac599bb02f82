package artifacts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// rootConfig is a launcher configuration with two tasks.
const rootConfig = `
target: {api_endpoint: {model_id: m}}
evaluation:
  tasks:
    - name: byob_arith.arith
      container: image:1
    - name: other
`

// taskNames are the configured tasks of a launch; nil if it is not known.
func taskNames(launch nemo.Launch) []string {
	if !launch.Known {
		return nil
	}
	names := []string{}
	for _, task := range launch.Tasks {
		names = append(names, task.Name)
	}
	return names
}

func TestFact04WhereTasksAreListed(t *testing.T) {
	fromRoot := []string{"byob_arith.arith", "other"}
	fromMetadata := []string{"byob_arith.arith", "lm-evaluation-harness.story", "bfcl.bfclv2_ast", "ifbench.ifbench"}
	for name, tt := range map[string]struct {
		change func(*fakemlflow.Run, string)
		want   []string
	}{
		"metadata.yaml": {func(*fakemlflow.Run, string) {}, fromMetadata},
		"config.yaml": {func(r *fakemlflow.Run, at string) {
			delete(r.Files, at)
			r.Files["config.yaml"] = rootConfig
		}, fromRoot},
		"config.yml": {func(r *fakemlflow.Run, at string) {
			delete(r.Files, at)
			delete(r.Files, "config.yaml")
			r.Files["config.yml"] = rootConfig
		}, fromRoot},
		"run_config.yml at the root": {func(r *fakemlflow.Run, at string) {
			delete(r.Files, at)
			delete(r.Files, "config.yaml")
			r.Files[runConfigYML] = rootConfig
		}, fromRoot},
		"damaged metadata.yaml": {func(r *fakemlflow.Run, at string) {
			r.Files[at] = "launcher_resolved_config: ["
			r.Files["config.yaml"] = rootConfig
		}, fromRoot},
		"damaged first root": {func(r *fakemlflow.Run, at string) {
			delete(r.Files, at)
			r.Files["config.yml"] = "evaluation: 7"
			r.Files["config.yaml"] = rootConfig
		}, fromRoot},
		"nowhere": {func(r *fakemlflow.Run, at string) {
			delete(r.Files, at)
			delete(r.Files, "config.yaml")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			run := exported(t, "A1")[0]
			tt.change(&run, folderOf(run)+"/"+metadataYAML)
			evaluation := mustLoad(t, open(t, serve(t, run)), a1)[0]
			if diff := cmp.Diff(tt.want, taskNames(evaluation.Launches[0])); diff != "" {
				t.Errorf("tasks (-want +got):\n%s", diff)
			}
			job := evaluation.Jobs[0]
			if len(tt.want) == 2 && nemo.Text(job.Run.Container) != "image:1" {
				t.Errorf("container %v", job.Run.Container)
			}
			container := job.Settings.Values[nemo.KeyContainer]
			if known := tt.want != nil; known != (container.State == nemo.Set) {
				t.Errorf("container setting %+v", container)
			}
			// The core's version is what results.yml says, wherever else it stands.
			version := job.Settings.Values[nemo.KeyEvaluatorVersion]
			if version.Value != "0.2.8" || version.Path != folderOf(run)+"/"+resultsYML {
				t.Errorf("version setting %+v", version)
			}
		})
	}
}

// One file tells of all jobs of an invocation: the next run is asked only where
// the first has none.
func TestTasksOfTheNextRun(t *testing.T) {
	runs := exported(t, "A1")
	delete(runs[0].Files, folderOf(runs[0])+"/"+metadataYAML)
	delete(runs[0].Files, "config.yaml")
	server := serve(t, runs...)
	evaluation := mustLoad(t, open(t, server), a1)[0]
	if got := taskNames(evaluation.Launches[0]); len(got) != 4 {
		t.Errorf("tasks %q", got)
	}
	files, listings := asked(t, server)
	if ends(files, metadataYAML) != 2 || len(listings) != 2 {
		t.Errorf("asked for %q, listed %q", files, listings)
	}
}

func TestListedConfigurationThatDoesNotCome(t *testing.T) {
	run := exported(t, "A1")[0]
	delete(run.Files, folderOf(run)+"/"+metadataYAML)
	for _, fault := range []fakemlflow.Fault{internal, notFound} {
		server := serve(t, run)
		server.Fault(at(fault, "config.yaml"))
		_, err := load(t, open(t, server), a1)
		wantCode(t, err, query.Unreachable, "config.yaml")
	}
}

// A single job, however it is named, is all that is configured.
func TestTasksOfAJob(t *testing.T) {
	server := serve(t, exported(t, "A1")...)
	run := strings.Repeat("0", 31) + "2"
	for _, word := range []string{a1 + ".1", run} {
		launch := mustLoad(t, open(t, server), word)[0].Launches[0]
		if diff := cmp.Diff([]string{"lm-evaluation-harness.story"}, taskNames(launch)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

// A task's own model goes before the invocation's.
func TestModelOfATask(t *testing.T) {
	run := exported(t, "A1")[0]
	run.Files = map[string]string{
		folderOf(run) + "/" + resultsYML: "[",
		folderOf(run) + "/" + metadataYAML: `launcher_resolved_config:
  target: {api_endpoint: {model_id: all}}
  evaluation: {tasks: [{name: byob_arith.arith, nemo_evaluator_config: {target: {api_endpoint: {model_id: own}}}}]}`,
	}
	job := mustLoad(t, open(t, serve(t, run)), a1)[0].Jobs[0]
	if nemo.Text(job.Run.Model) != "own" {
		t.Errorf("model %v", job.Run.Model)
	}
}
