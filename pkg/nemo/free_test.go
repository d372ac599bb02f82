package nemo_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestFree(t *testing.T) {
	const file = `
command: run
framework_name: byob_x
config:
  output_dir: /results
  params:
    temperature: 0.6
    parallelism: 8
    max_retries: null
    extra: {judge: {url: "http://j", model_id: m}, eval_seed: 3, deep: {seed: 1, a: 2}}
target:
  api_endpoint:
    url: http://h
    model_id: m
    type: chat
    adapter_config:
      mode: server
      post_eval_hooks: [{name: report, config: {size: 5}}]
      interceptors:
      - {name: caching, config: {reuse: true}}
      - {name: reasoning, config: {end_reasoning_token: x, cache_dir: /c}}
      - {name: other, enabled: false, config: {a: 1}}
      - {name: payload_modifier, config: {params_to_add: {seed: 1, top_k: 5}}}
`
	free, err := nemo.ParseFree([]byte(file), "run_config.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"command": "run", "framework_name": "byob_x", "config.output_dir": "/results",
		"params.parallelism": "8", "params.max_retries": "-", "judge.url": "http://j", "extra.eval_seed": "3", "extra.deep.seed": "1",
		"target.api_endpoint.url": "http://h", "target.api_endpoint.model_id": "m", "adapter_config.mode": "server",
		"adapter_config.post_eval_hooks.0.name": "report", "adapter_config.post_eval_hooks.0.config.size": "5",
		"interceptors.caching.reuse": "true", "interceptors.reasoning.cache_dir": "/c", "interceptors.other.enabled": "false",
		"params_to_add.seed": "1",
	}
	if diff := cmp.Diff(want, told(nemo.Settings{Values: free})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	settings := parseSettings(t, file)
	for key := range free {
		if settings.Get(key).State == nemo.Set {
			t.Errorf("%s is free and is not", key)
		}
	}
}

func TestLauncherFree(t *testing.T) {
	const file = `
launcher_command: run
versioning: {nemo_evaluator: 1, nemo_evaluator_launcher: 2}
launcher_resolved_config:
  deployment: {type: vllm, image: i}
  target: {api_endpoint: {url: u}}
  export: {mlflow: {tracking_uri: "http://u:p@h"}}
  evaluation:
    env_vars: {A: "lit:b"}
    nemo_evaluator_config: {config: {params: {temperature: 1}}}
    tasks:
    - {name: a, container: c, nemo_evaluator_config: {}, pre_cmd: x}
    - {name: b, dataset_dir: d}
`
	for index, want := range []map[string]string{
		{"launcher.task.name": "a", "launcher.task.pre_cmd": "x"},
		{"launcher.task.name": "b", "launcher.task.dataset_dir": "d"},
		{},
	} {
		want["launcher_command"], want["versioning.nemo_evaluator_launcher"] = "run", "2"
		want["launcher.deployment.type"], want["launcher.deployment.image"], want["launcher.evaluation.env_vars.A"] = "vllm", "i", "lit:b"
		want["launcher.export"] = `{"mlflow":{"tracking_uri":"http://u:p@h"}}`
		free, err := nemo.LauncherFree([]byte(file), "metadata.yaml", index)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, told(nemo.Settings{Values: free})); diff != "" {
			t.Errorf("task %d (-want +got):\n%s", index, diff)
		}
	}
}

// Nothing that a job's configuration says is lost between what comparability reads
// and what is free.
func TestEveryLeafIsASettingOrFree(t *testing.T) {
	files, err := filepath.Glob("../../test/data/launcher-output/*/*/artifacts/run_config.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		leaves, err := nemo.ParseLeaves(data, file)
		if err != nil {
			t.Fatal(err)
		}
		settings := parseSettings(t, string(data))
		free, err := nemo.ParseFree(data, file)
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for _, values := range []map[string]nemo.Setting{settings.Values, free} {
			for _, value := range values {
				kept = append(kept, value.Value, nemo.Redact("", value.Value)) // which writes "<" as it is
			}
		}
		for key, leaf := range leaves {
			isFrame := strings.Contains(key, ".interceptors.") && (strings.HasSuffix(key, ".name") || strings.HasSuffix(key, ".enabled"))
			if !isFrame && !slices.ContainsFunc(kept, func(value string) bool { return strings.Contains(value, leaf.Value) }) {
				t.Errorf("%s: %s = %q is nowhere", file, key, leaf.Value)
			}
		}
	}
}

func FuzzLeaves(f *testing.F) {
	f.Add([]byte("config: {params: {temperature: 1}}\nlauncher_resolved_config: {evaluation: {tasks: [{name: a}]}}"))
	f.Add([]byte("a: [{b: c}, {d: [1, 2]}]\nmetadata: {versioning: {x: y}}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		for _, parse := range []func([]byte, string) (map[string]nemo.Setting, error){
			nemo.ParseLeaves, nemo.ParseFree,
			func(data []byte, path string) (map[string]nemo.Setting, error) {
				return nemo.LauncherFree(data, path, 0)
			},
		} {
			leaves, err := parse(data, "f")
			if err != nil {
				continue
			}
			for key, leaf := range leaves {
				nemo.Redact(key, leaf.Value)
			}
		}
	})
}
