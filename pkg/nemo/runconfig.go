package nemo

import "go.yaml.in/yaml/v3"

// RunConfig is what run_config.yml says about one job's identity. The core
// writes that file into the container before the evaluation starts; the
// launcher's exporter (0.2.x) takes the tags task_name, benchmark and harness
// from it. Fields are the text as written; "" is absent or null.
type RunConfig struct {
	FrameworkName string // framework_name: the harness
	Type          string // config.type: "gpqa_diamond", or "<harness>.<task>" for a task that the launcher does not list
	ModelID       string // target.api_endpoint.model_id
}

// ParseRunConfig decodes run_config.yml. The error is a [*SyntaxError]: not
// YAML, not a mapping, or one of the fields is not a plain value.
func ParseRunConfig(data []byte) (RunConfig, error) {
	root, err := parseMapping(data)
	if err != nil {
		return RunConfig{}, err
	}
	var config RunConfig
	if err := firstError(
		textInto(&config.FrameworkName, root, "framework_name"),
		textInto(&config.Type, root, "config", "type"),
		textInto(&config.ModelID, root, "target", "api_endpoint", "model_id"),
	); err != nil {
		return RunConfig{}, err
	}
	return config, nil
}

// parseMapping reads a document whose top level is a mapping.
func parseMapping(data []byte) (*yaml.Node, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, &SyntaxError{Line: root.Line, Message: "not a mapping"}
	}
	return root, nil
}
