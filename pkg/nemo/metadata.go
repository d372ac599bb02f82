package nemo

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// LauncherConfig is what the launcher's resolved configuration says about an
// invocation. Every job's metadata.yaml holds it whole, so one job's file tells
// which tasks its invocation was asked to run. Texts are as written; "" is
// absent or null.
type LauncherConfig struct {
	Tasks []ConfiguredTask // evaluation.tasks, in order

	// ModelID is the model of the invocation: target.api_endpoint.model_id, the
	// same below evaluation.nemo_evaluator_config, or
	// deployment.served_model_name. A task can name its own.
	ModelID       string
	ExecutionType string // execution.type: local, slurm, lepton

	// Versions of the launcher that started the invocation and of the core in
	// the benchmark container; only metadata.yaml has them.
	LauncherVersion  string
	EvaluatorVersion string
}

// ConfiguredTask is one entry of evaluation.tasks.
type ConfiguredTask struct {
	Index     int    // from 0; the n of the job id "<invocation id>.<n>"
	Name      string // as configured: "byob_arith.arith", "bfclv2_ast"
	Harness   string // what stands before the first dot of the name; "" without a dot
	Task      string // the name without its leading "<harness>."
	Container string // "" unless the configuration sets one
	ModelID   string // "" unless the task sets its own
}

// ParseLauncherConfig decodes metadata.yaml, or a root config (config.yml,
// config.yaml), whose top level is the same configuration. The error is a
// [*SyntaxError]: not YAML, no evaluation.tasks, or a field that is not of its
// kind.
func ParseLauncherConfig(data []byte) (LauncherConfig, error) {
	root, err := parseMapping(data)
	if err != nil {
		return LauncherConfig{}, err
	}
	resolved := root
	if inner := lookup(root, "launcher_resolved_config"); !isNull(inner) {
		resolved = inner
	}
	var config LauncherConfig
	if config.Tasks, err = configuredTasks(resolved); err != nil {
		return LauncherConfig{}, err
	}
	var target, evaluation, served string
	if err := firstError(
		textInto(&target, resolved, "target", "api_endpoint", "model_id"),
		textInto(&evaluation, resolved, "evaluation", "nemo_evaluator_config", "target", "api_endpoint", "model_id"),
		textInto(&served, resolved, "deployment", "served_model_name"),
		textInto(&config.ExecutionType, resolved, "execution", "type"),
		textInto(&config.LauncherVersion, root, "versioning", "nemo_evaluator_launcher"),
		textInto(&config.EvaluatorVersion, root, "versioning", "nemo_evaluator"),
	); err != nil {
		return LauncherConfig{}, err
	}
	for _, model := range []string{target, evaluation, served} {
		if config.ModelID == "" {
			config.ModelID = model
		}
	}
	return config, nil
}

func configuredTasks(resolved *yaml.Node) ([]ConfiguredTask, error) {
	list := lookup(resolved, "evaluation", "tasks")
	if isNull(list) {
		return nil, &SyntaxError{Line: resolved.Line, Message: "no evaluation.tasks"}
	}
	if list.Kind != yaml.SequenceNode {
		return nil, &SyntaxError{Line: list.Line, Message: "evaluation.tasks is not a list"}
	}
	tasks := make([]ConfiguredTask, 0, len(list.Content))
	for i, entry := range list.Content {
		task, err := configuredTask(entry)
		if err != nil {
			return nil, err
		}
		task.Index = i
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// configuredTask reads one entry of evaluation.tasks: a mapping, or the bare
// name, which the launcher takes too.
func configuredTask(entry *yaml.Node) (ConfiguredTask, error) {
	task := ConfiguredTask{Name: scalarText(entry)}
	if task.Name == "" {
		if err := firstError(
			textInto(&task.Name, entry, "name"),
			textInto(&task.Container, entry, "container"),
			textInto(&task.ModelID, entry, "nemo_evaluator_config", "target", "api_endpoint", "model_id"),
		); err != nil {
			return ConfiguredTask{}, err
		}
	}
	if task.Name == "" {
		return ConfiguredTask{}, &SyntaxError{Line: entry.Line, Message: "a task without a name"}
	}
	task.Harness, task.Task = splitTaskName(task.Name)
	return task, nil
}

// splitTaskName takes a launcher task name apart: "byob_arith.arith" is task
// arith of harness byob_arith, "bfclv2_ast" a task whose harness the name does
// not tell.
func splitTaskName(name string) (harness, task string) {
	harness, task, found := strings.Cut(name, ".")
	if !found || harness == "" || task == "" {
		return "", name
	}
	return harness, task
}

// textInto stores the scalar at a path of mapping keys as it is written; an
// absent one leaves the target alone.
func textInto(target *string, node *yaml.Node, path ...string) error {
	found := lookup(node, path...)
	if isNull(found) {
		return nil
	}
	if found.Kind != yaml.ScalarNode {
		return &SyntaxError{Line: found.Line, Message: strings.Join(path, ".") + " is not a plain value"}
	}
	*target = found.Value
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
