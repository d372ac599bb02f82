package nemo

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Free reads what results.yml says of the job's configuration and comparability
// does not look at, under dotted keys: addresses, seeds, caching, the model.
func (r *Results) Free(path string) map[string]Setting {
	return freeOf(r.root, path, effectiveValues(r.EvaluatorVersion))
}

// ParseFree is [Results.Free] of run_config.yml. The error is a [*SyntaxError].
func ParseFree(data []byte, path string) (map[string]Setting, error) {
	root, err := parseMapping(data)
	if err != nil {
		return nil, err
	}
	return freeOf(root, path, true), nil
}

// freeOf lists what [settingsOf] leaves out, in the same walk, and the parts of
// the file that it does not enter.
func freeOf(root *yaml.Node, path string, complete bool) map[string]Setting {
	free := map[string]Setting{}
	settingsOf(root, path, complete, free)
	r := reader{&Settings{Complete: complete}, path, free}
	for key, value := range entries(root) {
		switch key.Value {
		case "results", "target", "metadata", "config":
		default:
			r.skip(key.Value, value)
		}
	}
	r.skipRest("config", lookup(root, "config"), "params")
	endpoint := lookup(root, "target", "api_endpoint")
	r.skipRest("target", lookup(root, "target"), "api_endpoint")
	r.skipRest("target.api_endpoint", endpoint, "type", "adapter_config")
	r.skipRest("adapter_config", lookup(endpoint, "adapter_config"),
		"interceptors", "custom_system_prompt", "use_system_prompt", "process_reasoning_traces", "use_reasoning",
		"params_to_add", "params_to_remove", "params_to_rename")
	r.skipRest("versioning", lookup(root, "metadata", "versioning"), "nemo_evaluator")
	return free
}

// LauncherFree reads of metadata.yaml, or of a root config, how the job at this
// index of the task list was run: deployment, execution, export, and the task's
// own entry. What the launcher passes on to the evaluation is left out: the job's
// own files have it resolved. The error is a [*SyntaxError].
func LauncherFree(data []byte, path string, index int) (map[string]Setting, error) {
	root, err := parseMapping(data)
	if err != nil {
		return nil, err
	}
	r := reader{&Settings{Complete: true}, path, map[string]Setting{}}
	resolved := root
	if inner := lookup(root, "launcher_resolved_config"); !isNull(inner) {
		resolved = inner
		r.skipRest("versioning", lookup(root, "versioning"), "nemo_evaluator")
		for key, value := range entries(root) {
			if key.Value != "launcher_resolved_config" && key.Value != "versioning" {
				r.skip(key.Value, value)
			}
		}
	}
	r.skipRest("launcher", resolved, "evaluation", "target", "export")
	if export := lookup(resolved, "export"); !isNull(export) {
		r.free["launcher.export"] = r.setting("launcher.export", export) // one value: it is not shown
	}
	evaluation := lookup(resolved, "evaluation")
	r.skipRest("launcher.evaluation", evaluation, "tasks", "nemo_evaluator_config", "overrides")
	if tasks := lookup(evaluation, "tasks"); tasks != nil && tasks.Kind == yaml.SequenceNode && index >= 0 && index < len(tasks.Content) {
		r.skipRest("launcher.task", tasks.Content[index], "container", "nemo_evaluator_config", "overrides")
	}
	return r.free, nil
}

// ParseLeaves reads every value of a YAML file under its dotted path, as the
// user wrote launcher_unresolved_config.yaml. The error is a [*SyntaxError].
func ParseLeaves(data []byte, path string) (map[string]Setting, error) {
	root, err := parseMapping(data)
	if err != nil {
		return nil, err
	}
	r := reader{&Settings{Complete: true}, path, map[string]Setting{}}
	r.skipRest("", root)
	return r.free, nil
}

// skipRest records the values of a mapping that have no other place.
func (r reader) skipRest(prefix string, node *yaml.Node, except ...string) {
	if prefix != "" {
		prefix += "."
	}
	for key, value := range entries(node) {
		if !slices.Contains(except, key.Value) {
			r.skip(prefix+key.Value, value)
		}
	}
}

// skip records a value that comparability does not look at: the leaves of
// mappings, and of lists of mappings, under dotted keys.
func (r reader) skip(key string, value *yaml.Node) {
	if r.free == nil || value == nil {
		return
	}
	isMapping := func(node *yaml.Node) bool { return node.Kind == yaml.MappingNode && len(node.Content) > 0 }
	switch {
	case isMapping(value):
		for k, v := range entries(value) {
			r.skip(key+"."+k.Value, v)
		}
	case value.Kind == yaml.SequenceNode && slices.ContainsFunc(value.Content, isMapping):
		for i, v := range value.Content {
			r.skip(key+"."+itoa(i), v)
		}
	default:
		r.free[key] = r.setting(key, value)
	}
}
