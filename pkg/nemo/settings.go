package nemo

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Setting is the value of one key of a job's configuration.
type Setting struct {
	State State
	Value string // text for Set: a scalar as written, else compact JSON
	Text  bool   // a string in the file: the release "1.10" is not 1.1
	Path  string // the file that told
}

// Same reports whether two settings are equal; numbers are as numbers (0.60 and
// 0.6), also where one of the two is quoted.
func (s Setting) Same(other Setting) bool {
	if s.State != other.State {
		return false
	}
	if s.Value == other.Value {
		return true
	}
	x, errX := decimal.Parse(s.Value)
	y, errY := decimal.Parse(other.Value)
	return !(s.Text && other.Text) && errX == nil && errY == nil && x.Equal(y)
}

// State of a [Setting].
type State int

// States. Unknown is the zero value: a key that no file was read for.
const (
	Unknown State = iota
	NotSet
	Set
)

// Settings maps comparability keys (docs/comparability.md) to settings. A key
// that is not in the map is NotSet if Complete, else Unknown.
type Settings struct {
	Values map[string]Setting
	// Complete says that the file holds effective values, so that a key which is
	// not there was not set. Core before 0.1.40 wrote only what the user gave.
	Complete bool
	// Seed is the sampling seed as written, "" where none is known. It is no
	// comparability key.
	Seed string
}

// Get returns the setting of a key.
func (s Settings) Get(key string) Setting {
	if value, ok := s.Values[key]; ok {
		return value
	}
	if s.Complete {
		return Setting{State: NotSet}
	}
	return Setting{}
}

// Keys returns the keys with a value or known to be unset, sorted.
func (s Settings) Keys() []string { return slices.Sorted(maps.Keys(s.Values)) }

// Comparability keys that more than one package names.
const (
	KeyLimitSamples     = "limit_samples"
	KeyTemperature      = "temperature"
	KeyTopP             = "top_p"
	KeyMaxNewTokens     = "max_new_tokens"
	KeyNumRepeats       = "num_repeats"
	KeyContainer        = "container"
	KeyEvaluatorVersion = "evaluator_version"
	KeyHarness          = "harness"
	KeySystemMessage    = "system_message"
	KeyReasoning        = "reasoning"
	KeyEndpointType     = "endpoint_type"
)

// paramKeys is the table of config.params: the key in the files and the key of
// the contract. Keys that are not listed become "params.<key>".
var paramKeys = map[string]string{
	"limit_samples":  KeyLimitSamples,
	"temperature":    KeyTemperature,
	"top_p":          KeyTopP,
	"max_new_tokens": KeyMaxNewTokens,
	"task":           "params.task",
}

// extraKeys is the same for config.params.extra, where harnesses keep their own.
// Keys that are not listed become "extra.<key>".
var extraKeys = map[string]string{
	"n_samples":          "n_samples",
	"num_repeats":        KeyNumRepeats,
	"n_repeats":          KeyNumRepeats, // BYOB
	"num_fewshot":        "num_fewshot",
	"downsampling_ratio": "downsampling_ratio",
	"dataset_split":      "dataset_split",
	"subtasks":           "subtasks",
	"release_version":    "release_version",
	"start_date":         "start_date",
	"end_date":           "end_date",
	"system_message":     KeySystemMessage,
	"prompt_config":      "prompt_config",
}

// KnownKeys are the keys that have a name of their own, sorted.
func KnownKeys() []string {
	keys := []string{KeyContainer, KeyEvaluatorVersion, KeyHarness, KeySystemMessage, KeyReasoning, KeyEndpointType, "params_to_remove", "params_to_rename"}
	for _, table := range []map[string]string{paramKeys, extraKeys} {
		keys = slices.AppendSeq(keys, maps.Values(table))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// bundleKeys is the same for the configuration in a nel-next bundle. Keys that are
// not listed become "extra.<key>"; the names of model and benchmark are no settings.
var bundleKeys = map[string]string{
	"max_problems":  KeyLimitSamples,
	"repeats":       KeyNumRepeats,
	"temperature":   KeyTemperature,
	"top_p":         KeyTopP,
	"max_tokens":    KeyMaxNewTokens,
	"system_prompt": KeySystemMessage,
	"model":         "", "benchmark": "", "name": "", "model_url": "", "base_url": "", "output_dir": "",
}

// freeKeys are free wherever they stand, in params, extra, judge and user: they
// say how fast a model is asked and how it is reached, not which one or what.
var freeKeys = map[string]bool{
	"url": true, "api_key": true, "api_key_name": true, "parallelism": true,
	"request_timeout": true, "max_retries": true, "max_concurrent_requests": true,
}

// isFree reports whether a key is one of freeKeys or a seed.
func isFree(key string) bool { return freeKeys[key] || isSeed(key) }

func isSeed(key string) bool { return key == "seed" || strings.HasSuffix(key, "_seed") }

// freeInterceptors neither change requests nor scored text.
var freeInterceptors = map[string]bool{
	"caching": true, "endpoint": true, "response_stats": true, "progress_tracking": true,
	"request_logging": true, "response_logging": true, "raise_client_errors": true,
}

// freeReasoning are settings of the reasoning interceptor that scores cannot see.
var freeReasoning = map[string]bool{
	"cache_dir": true, "logging_aggregated_stats_interval": true, "save_individuals": true,
	"stats_file_saving_interval": true, "enable_reasoning_tracking": true, "enable_caching": true,
}

// Settings reads what results.yml says of the job's configuration.
func (r *Results) Settings(path string) Settings {
	return settingsOf(r.root, path, effectiveValues(r.EvaluatorVersion), nil)
}

// effectiveValues reports whether a core of this version wrote effective values
// to results.yml: since 0.1.40 (commit dec21fcf).
func effectiveValues(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 3 {
		return false
	}
	var numbers [3]int
	for i, part := range parts {
		end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(part)
		}
		n, err := strconv.Atoi(part[:end])
		if err != nil {
			return false
		}
		numbers[i] = n
	}
	return slices.Compare(numbers[:], []int{0, 1, 40}) >= 0
}

// ParseSettings reads the configuration part (config and target) of
// run_config.yml, which has effective values with nulls for what is not set.
// The error is a [*SyntaxError].
func ParseSettings(data []byte, path string) (Settings, error) {
	root, err := parseYAML(data)
	if err != nil {
		return Settings{}, err
	}
	if root.Kind != yaml.MappingNode {
		return Settings{}, &SyntaxError{Line: root.Line, Message: "not a run configuration: a mapping is expected"}
	}
	return settingsOf(root, path, true, nil), nil
}

// Over returns s with what it does not know filled from other: the first source
// that has a key wins.
func (s Settings) Over(other Settings) Settings {
	merged := Settings{Values: maps.Clone(other.Values), Complete: s.Complete || other.Complete, Seed: cmp.Or(s.Seed, other.Seed)}
	if merged.Values == nil {
		merged.Values = map[string]Setting{}
	}
	if s.Complete {
		// Nothing that s does not name was set.
		merged.Values = map[string]Setting{}
	}
	for key, value := range s.Values {
		_, told := merged.Values[key]
		if value.State != Unknown || !told && !other.Complete {
			merged.Values[key] = value
		}
	}
	return merged
}

// bundleSettings reads the configuration in a nel-next bundle. It has what the user
// gave and defaults alike, but not everything.
func bundleSettings(config *yaml.Node, path string) Settings {
	r := reader{settings: &Settings{Values: map[string]Setting{}, Seed: scalarText(lookup(config, "seed"))}, path: path}
	for key, value := range entries(config) {
		name, known := bundleKeys[key.Value]
		switch {
		case known && name == "":
		case known:
			r.put(name, value)
		case key.Value == "shuffle_seed" && !isNull(lookup(config, "max_problems")):
			r.put("dataset_shuffle_seed", value) // it decides which problems are taken
		case !isFree(key.Value):
			r.flatten("extra."+key.Value, value)
		}
	}
	return *r.settings
}

// reader collects settings of one file, and, if free is not nil, what is free.
type reader struct {
	settings *Settings
	path     string
	free     map[string]Setting
}

func settingsOf(root *yaml.Node, path string, complete bool, free map[string]Setting) Settings {
	r := reader{&Settings{Values: map[string]Setting{}, Complete: complete}, path, free}
	params := lookup(root, "config", "params")
	for key, value := range entries(params) {
		if key.Value == "extra" {
			continue
		}
		if isFree(key.Value) {
			r.skip("params."+key.Value, value)
			continue
		}
		name, known := paramKeys[key.Value]
		if !known {
			name = "params." + key.Value
		}
		r.put(name, value)
	}
	for key, value := range entries(lookup(params, "extra")) {
		if isFree(key.Value) {
			r.skip("extra."+key.Value, value)
			continue
		}
		r.extra(key.Value, value)
	}
	endpoint := lookup(root, "target", "api_endpoint")
	r.put(KeyEndpointType, lookup(endpoint, "type"))
	r.adapter(lookup(endpoint, "adapter_config"))
	return *r.settings
}

// put records a value under a key. A null in a file that holds
// only what the user gave says nothing of the default, except that without a
// limit all samples are meant.
func (r reader) put(key string, value *yaml.Node) {
	if value != nil {
		r.settings.Values[key] = r.setting(key, value)
	}
}

func (r reader) setting(key string, value *yaml.Node) Setting {
	setting := Setting{State: Set, Path: r.path}
	switch {
	case !isNull(value):
		setting.Value, setting.Text = canonical(value), value.Tag == "!!str"
	case r.settings.Complete || key == KeyLimitSamples:
		setting.State = NotSet
	default:
		setting.State = Unknown
	}
	return setting
}

func (r reader) extra(key string, value *yaml.Node) {
	name, known := extraKeys[key]
	switch {
	case known:
		r.put(name, value)
	case key == "judge" || key == "user":
		if value.Kind != yaml.MappingNode {
			r.put(key, value)
		}
		for k, v := range entries(value) {
			if isFree(k.Value) {
				r.skip(key+"."+k.Value, v)
				continue
			}
			r.flatten(key+"."+k.Value, v)
		}
	case strings.HasPrefix(key, "dataset"):
		r.flatten(key, value)
	default:
		r.flatten("extra."+key, value)
	}
}

// flatten records the leaves of a mapping under dotted keys, less seeds.
func (r reader) flatten(key string, value *yaml.Node) {
	if value.Kind != yaml.MappingNode || len(value.Content) == 0 {
		r.put(key, value)
		return
	}
	for k, v := range entries(value) {
		if isSeed(k.Value) {
			r.skip(key+"."+k.Value, v)
			continue
		}
		r.flatten(key+"."+k.Value, v)
	}
}

// adapter records the interceptors that change requests or scored text, whether
// they are written as interceptors or as the switches of the launcher's
// configuration.
func (r reader) adapter(config *yaml.Node) {
	if list := lookup(config, "interceptors"); list != nil && list.Kind == yaml.SequenceNode {
		for _, interceptor := range list.Content {
			name := scalarText(lookup(interceptor, "name"))
			if isBool(lookup(interceptor, "enabled"), false) {
				r.skip("interceptors."+name+".enabled", lookup(interceptor, "enabled"))
				continue
			}
			r.interceptor(name, lookup(interceptor, "config"))
		}
	}
	// The switches are off by default (E:adapters/adapter_config.py).
	if prompt := lookup(config, "custom_system_prompt"); !isNull(prompt) && isBool(lookup(config, "use_system_prompt"), true) {
		r.put(KeySystemMessage, prompt)
	}
	if isBool(lookup(config, "process_reasoning_traces"), true) || isBool(lookup(config, "use_reasoning"), true) {
		r.settings.Values[KeyReasoning] = Setting{State: Set, Value: "{}", Path: r.path}
	}
	r.payload(config)
}

func (r reader) interceptor(name string, config *yaml.Node) {
	switch {
	case freeInterceptors[name] || name == "":
		r.skip("interceptors."+name, config)
	case name == "system_message":
		for k, v := range entries(config) {
			if k.Value == "system_message" {
				r.put(KeySystemMessage, v)
				continue
			}
			r.flatten("interceptors.system_message."+k.Value, v) // where it is put
		}
	case name == "payload_modifier":
		r.payload(config)
	case name == "reasoning":
		kept := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for k, v := range entries(config) {
			if freeReasoning[k.Value] {
				r.skip("interceptors.reasoning."+k.Value, v)
				continue
			}
			kept.Content = append(kept.Content, k, v)
		}
		r.put(KeyReasoning, kept)
	case isNull(config):
		r.settings.Values["interceptors."+name] = Setting{State: Set, Value: "{}", Path: r.path}
	default:
		r.put("interceptors."+name, config)
	}
}

// payload records what is added to, removed from or renamed in each request. A
// sampling seed exists nowhere else and is free.
func (r reader) payload(config *yaml.Node) {
	for key, value := range entries(lookup(config, "params_to_add")) {
		switch {
		case key.Value == "seed":
			r.settings.Seed = scalarText(value)
			r.skip("params_to_add.seed", value)
		case isFree(key.Value):
			r.skip("params_to_add."+key.Value, value)
		case key.Value == "chat_template_kwargs":
			r.flatten(key.Value, value)
		default:
			r.flatten("params_to_add."+key.Value, value)
		}
	}
	for _, key := range []string{"params_to_remove", "params_to_rename"} {
		if value := lookup(config, key); !isNull(value) && len(value.Content) > 0 {
			r.put(key, value)
		}
	}
}

// canonical is the text of a setting: a scalar as written, anything else as
// compact JSON with sorted keys, so that equal settings have equal texts.
func canonical(node *yaml.Node) string {
	if node.Kind == yaml.ScalarNode && node.Tag != "!!bool" {
		return node.Value
	}
	var out strings.Builder
	writeJSON(&out, node)
	return out.String()
}

func writeJSON(out *strings.Builder, node *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		values := map[string]*yaml.Node{}
		for key, value := range entries(node) {
			values[key.Value] = value
		}
		out.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(values)) {
			if i > 0 {
				out.WriteByte(',')
			}
			writeString(out, key)
			out.WriteByte(':')
			writeJSON(out, values[key])
		}
		out.WriteByte('}')
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, value := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSON(out, value)
		}
		out.WriteByte(']')
	default:
		switch node.Tag {
		case "!!null":
			out.WriteString("null")
		case "!!bool":
			out.WriteString(strings.ToLower(node.Value))
		case "!!int", "!!float":
			if d, err := decimal.Parse(node.Value); err == nil {
				out.WriteString(d.String())
				return
			}
			writeString(out, node.Value)
		default:
			writeString(out, node.Value)
		}
	}
}

func writeString(out *strings.Builder, text string) {
	encoded, err := json.Marshal(text)
	if err != nil {
		encoded = []byte(`""`)
	}
	out.Write(encoded)
}

// repeats reads num_repeats; 1 where it is not a positive whole number.
func repeats(settings Settings) int64 {
	setting := settings.Get(KeyNumRepeats)
	if setting.State != Set {
		return 1
	}
	d, err := decimal.Parse(setting.Value)
	if err != nil {
		return 1
	}
	if n, ok := d.Int64(); ok && n > 0 {
		return n
	}
	return 1
}
