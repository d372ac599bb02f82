package nemo_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestParseLauncherConfigExamples(t *testing.T) {
	want := nemo.LauncherConfig{
		Tasks: []nemo.ConfiguredTask{
			{Index: 0, Name: "byob_arith.arith", Harness: "byob_arith", Task: "arith", Container: "registry.example/evals/byob-arith:1.0"},
			{Index: 1, Name: "lm-evaluation-harness.story", Harness: "lm-evaluation-harness", Task: "story", Container: "registry.example/evals/lm-evaluation-harness:26.03"},
			{Index: 2, Name: "bfcl.bfclv2_ast", Harness: "bfcl", Task: "bfclv2_ast", Container: "registry.example/evals/bfcl:26.03"},
			{Index: 3, Name: "ifbench.ifbench", Harness: "ifbench", Task: "ifbench", Container: "registry.example/evals/ifbench:26.03"},
		},
		ModelID: "acme/falcon-8b-bf16", ExecutionType: "local", LauncherVersion: "0.2.6", EvaluatorVersion: "0.2.8",
	}
	for job, data := range examples(t, "c0bd961e50124ab3", "metadata.yaml") {
		got, err := nemo.ParseLauncherConfig(data)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", job, err, diff)
		}
	}
	for job, data := range examples(t, "2c7c61198ad8e9c8", "metadata.yaml") {
		got, err := nemo.ParseLauncherConfig(data)
		if diff := cmp.Diff([]nemo.ConfiguredTask{{Name: "bfclv2_ast", Task: "bfclv2_ast"}}, got.Tasks); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", job, err, diff)
		}
	}

	// The launcher keeps the same configuration, without versions, in its home;
	// the exporter stores it as the root config.
	data, err := os.ReadFile("../../test/data/launcher-home/run_configs/c0bd961e50124ab3_config.yml")
	if err != nil {
		t.Fatal(err)
	}
	want.LauncherVersion, want.EvaluatorVersion = "", ""
	got, err := nemo.ParseLauncherConfig(data)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("root config: %v (-want +got):\n%s", err, diff)
	}
}

func TestParseLauncherConfig(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       nemo.LauncherConfig
	}{
		{
			"names",
			"evaluation: {tasks: [{name: a.b.c}, {name: .x}, {name: x.}, plain, {name: 12345e67, container: 1.10}]}",
			nemo.LauncherConfig{Tasks: []nemo.ConfiguredTask{
				{Index: 0, Name: "a.b.c", Harness: "a", Task: "b.c"},
				{Index: 1, Name: ".x", Task: ".x"},
				{Index: 2, Name: "x.", Task: "x."},
				{Index: 3, Name: "plain", Task: "plain"},
				{Index: 4, Name: "12345e67", Task: "12345e67", Container: "1.10"},
			}},
		},
		{"no tasks are a list too", "evaluation: {tasks: []}", nemo.LauncherConfig{Tasks: []nemo.ConfiguredTask{}}},
		{
			"the target's model before the evaluation's before the deployment's",
			"target: {api_endpoint: {model_id: a}}\n" +
				"evaluation: {tasks: [], nemo_evaluator_config: {target: {api_endpoint: {model_id: b}}}}\n" +
				"deployment: {served_model_name: c}",
			nemo.LauncherConfig{Tasks: []nemo.ConfiguredTask{}, ModelID: "a"},
		},
		{
			"a null target does not count, a model of a task is its own",
			"target: {api_endpoint: {model_id: null}}\ndeployment: {served_model_name: c}\n" +
				"evaluation: {tasks: [{name: t, nemo_evaluator_config: {target: {api_endpoint: {model_id: d}}}}]}",
			nemo.LauncherConfig{Tasks: []nemo.ConfiguredTask{{Name: "t", Task: "t", ModelID: "d"}}, ModelID: "c"},
		},
		{
			"metadata.yaml of another version",
			"versioning: {nemo_evaluator_launcher: 0.10, nemo_evaluator: 1e3, git-hash: x}\nextra: 1\n" +
				"launcher_resolved_config: {evaluation: {tasks: [{name: t}]}, execution: {type: slurm}}",
			nemo.LauncherConfig{
				Tasks: []nemo.ConfiguredTask{{Name: "t", Task: "t"}}, ExecutionType: "slurm",
				LauncherVersion: "0.10", EvaluatorVersion: "1e3",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := nemo.ParseLauncherConfig([]byte(test.text))
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseLauncherConfigErrors(t *testing.T) {
	for _, test := range []lineError{
		{"", 0},
		{"[]", 1},
		{"\nframework_name: x\nconfig: {type: y}\n", 2}, // a run_config.yml
		{"evaluation:\n  tasks: null\n", 1},
		{"launcher_resolved_config:\n  execution: {}\n", 2},
		{"launcher_resolved_config: null\nversioning: {}\n", 1},
		{"evaluation:\n  tasks:\n    name: x\n", 3},
		{"evaluation:\n  tasks:\n    - name: x\n    - container: y\n", 4},
		{"evaluation:\n  tasks:\n    - name: x\n    - [y]\n", 4},
		{"evaluation:\n  tasks:\n    - name: x\n    -\n", 4},
		{"evaluation:\n  tasks:\n    - name: [x]\n", 3},
		{"evaluation:\n  tasks: []\nexecution:\n  type: {a: b}\n", 4},
		{"evaluation: {tasks: [\n", 1},
	} {
		config, err := nemo.ParseLauncherConfig([]byte(test.text))
		checkLine(t, test, err)
		if diff := cmp.Diff(nemo.LauncherConfig{}, config); diff != "" {
			t.Errorf("%q: a value beside the error:\n%s", test.text, diff)
		}
	}
	_, err := nemo.ParseLauncherConfig([]byte("execution: {type: local}"))
	if err == nil || !strings.Contains(err.Error(), "no evaluation.tasks") {
		t.Errorf("%v does not say what is missing", err)
	}
}

func FuzzParseLauncherConfig(f *testing.F) {
	for _, data := range examples(f, "c0bd961e50124ab3", "metadata.yaml") {
		f.Add(data)
	}
	f.Add([]byte("evaluation: {tasks: &t [{name: a.b}, *t]}"))
	f.Add([]byte("launcher_resolved_config: &c {evaluation: {tasks: [x]}, launcher_resolved_config: *c}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := nemo.ParseLauncherConfig(data)
		if err != nil {
			if _, ok := errors.AsType[*nemo.SyntaxError](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if config.Tasks == nil {
			t.Error("no error and no tasks")
		}
		for i, task := range config.Tasks {
			name := task.Task
			if task.Harness != "" {
				name = task.Harness + "." + task.Task
			}
			if task.Index != i || task.Name == "" || name != task.Name {
				t.Errorf("task %s: %+v", strconv.Itoa(i), task)
			}
		}
	})
}
