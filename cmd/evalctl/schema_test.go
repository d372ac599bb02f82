package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
)

// schemaOf asks for a schema as users do.
func schemaOf(tb testing.TB, name string) *jsonschema.Resolved {
	tb.Helper()
	var schema jsonschema.Schema
	if err := json.Unmarshal([]byte(process{}.answer(tb, "schema", name)), &schema); err != nil {
		tb.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		tb.Fatalf("schema %s: %v", name, err)
	}
	return resolved
}

// parse reads JSON as what the validator knows.
func parse(tb testing.TB, text string) any {
	tb.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		tb.Fatalf("%v in %.300s", err, text)
	}
	return value
}

// answers are calls of every verb that prints JSON, by what is special about
// them. SERVER stands for options that name the real server, OUTPUT for those that
// name the directories, DIR for a new folder.
var answers = []struct{ kind, line string }{
	{kind.Comparison, "demo"},
	{kind.Comparison, "demo --scores all"},
	{kind.Comparison, "compare c0bd961e 81308fe0 OUTPUT"},                       // nothing comparable
	{kind.Comparison, "compare c0bd961e 5262219b OUTPUT --scores all"},          // variants
	{kind.Comparison, "compare 5262219b c0bd961e 7a217bdc OUTPUT --scores all"}, // two candidates
	{kind.Comparison, "compare c0bd,f565,722c ce96,03f4,3926 OUTPUT"},           // repeats
	{kind.Comparison, "compare c0bd961e 768a79ce OUTPUT"},                       // a side without results
	{kind.Comparison, "compare 768a79ce 503b4564 OUTPUT"},                       // none with
	{kind.Comparison, "compare c0bd961e 81308fe0 OUTPUT --allow limit_samples,n --strict --on-missing refuse"},
	{kind.Comparison, "compare c0bd961e ce963eed SERVER"},
	{kind.Comparison, "compare f5653898 2c7c6119 SERVER --scores all"}, // duplicates, an unlisted task
	{kind.Evaluation, "show demo:c0bd961e"},
	{kind.Evaluation, "show 7a217bdc OUTPUT"}, // reasoning
	{kind.Evaluation, "show 5262219b OUTPUT"},
	{kind.Evaluation, "show 4a14e92a OUTPUT"}, // two runs inside
	{kind.Evaluation, "show 768a79ce OUTPUT"}, // died before it began
	{kind.Evaluation, "show 503b4564 OUTPUT"},
	{kind.Evaluation, "show 3926748888ebfa54 SERVER"},
	{kind.Evaluation, "show 2c7c61198ad8e9c8 SERVER"},
	{kind.Averages, "average demo:c0bd961e"},
	{kind.Averages, "average c0bd,f565,722c ce96,03f4,3926 81308fe0 OUTPUT"},
	{kind.Averages, "average 768a79ce OUTPUT"},
	{kind.Averages, "average --by model --tracking-uri demo:"},
	{kind.Comparison, "compare model:acme/falcon-8b-bf16 model:acme/falcon-8b-nvfp4 SERVER"},
	{kind.Evaluation, "show @latest --model *condor* SERVER"},
	{kind.Averages, "average c0bd961e.0 5262219b 7a217bdc OUTPUT"}, // micro, and variants
	{kind.Averages, "average c0bd961e,7a217bdc OUTPUT --overlap latest"},
	{kind.Comparison, "compare c0bd961e c0bd961e,7a217bdc OUTPUT --overlap repeat"},
	{kind.Baseline, "baseline ls"}, // of testdata/settings
	{kind.Baseline, "baseline show main"},
	{kind.Context, "context ls"},
	{kind.Cache, "cache ls"},
	{kind.Cache, "cache clear"},
	{kind.Comparison, "compare @main demo:ce963eed"},
	{kind.Config, "config show demo:c0bd961e"},
	{kind.Config, "config show 768a79ce OUTPUT"},
	{kind.Config, "config show 7a217bdc OUTPUT --unresolved"},
	{kind.Config, "config show 3926748888ebfa54 SERVER --unresolved"},
	{kind.ConfigDiff, "config diff demo:c0bd961e demo:7a217bdc"},
	{kind.ConfigDiff, "config diff c0bd,f565 7a217bdc 5262219b OUTPUT --all"},
	{kind.ConfigDiff, "config diff 7a217bdc 4a14e92a OUTPUT --unresolved"},
	{kind.ConfigDiff, "config diff c0bd961e ce963eed SERVER"},
	{kind.Gate, "gate demo:c0bd961e demo:ce963eed --policy testdata/policies/pass.yml --explain"},
	{kind.Gate, "gate ce963eed OUTPUT --policy testdata/policies/bounds.yml"},
	{kind.Invocations, "invocations --tracking-uri demo:"},
	{kind.Invocations, "invocations SERVER --model /falcon/ --sort-by jobs --limit 2"},
	{kind.Invocations, "invocations SERVER --count"},
	{kind.Runs, "runs SERVER --task arith --status FINISHED --tag temperature --count --limit 2"},
	{kind.Runs, "runs SERVER --model acme/* --count"},
	{kind.Runs, "runs SERVER --model *nvfp4 --deep --limit 0"},
	{kind.Invocations, "invocations SERVER --limit 0"},
	{kind.Invocations, "invocations SERVER --limit 2"},
	{kind.Models, "models SERVER"},
	{kind.Models, "models falcon-* --limit 2 --sort-by version SERVER"},
	{kind.Comparison, "compare models:/falcon-8b@champion models:/falcon-8b-nvfp4/1 SERVER"},
	{kind.Runs, "runs demo:c0bd961e"},
	{kind.Runs, "runs OUTPUT --limit 0"},
	{kind.Runs, "runs SERVER --limit 0"},
	{kind.Runs, "runs SERVER --limit 3"},
	{kind.Runs, "runs f5653898c9278eb6 SERVER"},
	{kind.Artifacts, "artifacts ls demo:c0bd961e"},
	{kind.Artifacts, "artifacts ls ce963eed SERVER"},
	{kind.Doctor, "doctor --tracking-uri demo:"},
	{kind.Doctor, "doctor OUTPUT"},
	{kind.Doctor, "doctor SERVER"},
	{kind.Downloads, "artifacts get demo:c0bd961e results.yml --dir DIR"},
	{kind.Downloads, "artifacts get 81308fe0 SERVER --dir DIR"},
	{kind.Stat, "stat tango --n 164 --base-only 17 --cand-only 9"},
	{kind.Stat, "stat holm --p 0.01,0.04"},
	{kind.Stat, "stat tango --n 5 --base-only 17 --cand-only 9"}, // undefined
	{kind.Stats, "stat"},
	{kind.Version, "version"},
}

func words(t *testing.T, line string) []string {
	t.Helper()
	if strings.Contains(line, "SERVER") {
		line = strings.ReplaceAll(line, "SERVER", "--tracking-uri "+server(t, "").env["MLFLOW_TRACKING_URI"])
	}
	line = strings.ReplaceAll(line, "OUTPUT", "--tracking-uri "+output(t))
	return strings.Fields(strings.ReplaceAll(line, "DIR", t.TempDir()))
}

func TestEveryAnswerValidatesAgainstItsSchema(t *testing.T) {
	tested := map[string]bool{kind.Error: true} // below
	for _, test := range answers {
		tested[test.kind] = true
		t.Run(test.line, func(t *testing.T) {
			text := process{}.answer(t, append(words(t, test.line), "-o", "json")...)
			checkEnvelope(t, test.kind, text)
			value := parse(t, text)
			schema := schemaOf(t, test.kind)
			if err := schema.Validate(value); err != nil {
				t.Fatalf("not valid: %v\n%.500s", err, text)
			}
			checkSpoiltAreRefused(t, schema, value)
		})
	}
	for _, k := range kind.All() {
		if !tested[k.Name] {
			t.Errorf("no answer of kind %s was validated", k.Name)
		}
	}
}

// checkEnvelope looks at what every answer shares: one object on one line, its
// keys in order, lists never null.
func checkEnvelope(t *testing.T, name, text string) {
	t.Helper()
	if want := `{"kind":"` + name + `","schema_version":1,"data":{`; !strings.HasPrefix(text, want) {
		t.Errorf("begins with %.80s, want %s", text, want)
	}
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "}\n") {
		t.Error("not one line")
	}
	if !strings.Contains(text, `,"warnings":[`) {
		t.Error("no list of warnings")
	}
}

// mayLack reports whether an answer may lack a key of the object at a path: of
// warnings, which say only what applies, and where keys are data.
func mayLack(at, key string) bool {
	optional := strings.HasSuffix(at, "warnings[]") && key != "code" && key != "message"
	return optional || keysAreData(at)
}

func keysAreData(at string) bool {
	return slices.Contains([]string{"tags", "statuses", "finish_reasons", "status_codes", "reasoning", "values", "inputs"}, at[strings.LastIndexByte(at, '.')+1:])
}

// checkSpoiltAreRefused takes every key of the value away and gives every value
// another type, one at a time: a schema that allows this would check nothing.
func checkSpoiltAreRefused(t *testing.T, schema *jsonschema.Resolved, value any) {
	t.Helper()
	tried := map[string]bool{} // paths without the indices of lists
	spoil(value, "", tried, func(path, how string) {
		if schema.Validate(value) == nil {
			t.Errorf("valid with %s %s", path, how)
		}
	})
	if len(tried) < 5 {
		t.Errorf("only %d keys were tried", len(tried))
	}
}

// spoil calls check for each change, while it is made.
func spoil(value any, at string, tried map[string]bool, check func(path, how string)) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			spoil(element, at+"[]", tried, check)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			path := at + "." + key
			was := value[key]
			spoil(was, path, tried, check)
			if tried[path] {
				continue
			}
			tried[path] = true
			anything := path == ".data.outputs[].value" || at == ".data.values" || at == ".data.inputs" // of stat
			if path != ".data.configured" && !anything {                                                // the one list that may be null
				value[key] = wrong(was)
				check(path, "of another type")
				if _, list := was.([]any); list {
					value[key] = nil
					check(path, "null in place of a list")
				}
			}
			delete(value, key)
			if !mayLack(at, key) {
				check(path, "missing")
			}
			value[key] = was
		}
		if key := at + ".unknown"; !tried[key] && !keysAreData(at) {
			tried[key] = true
			value["unknown"] = nil
			check(key, "that the contract does not know")
			delete(value, "unknown")
		}
	}
}

// wrong is a value of a type that the key cannot have.
func wrong(value any) any {
	if _, list := value.([]any); list {
		return map[string]any{}
	}
	return []any{1}
}

func TestEveryErrorValidatesAgainstItsSchema(t *testing.T) {
	schema := schemaOf(t, kind.Error)
	for _, test := range []struct{ line, code string }{
		{"show 00000000 OUTPUT", "not_found"},
		{"compare 0000 demo:c0bd961e OUTPUT", "not_found"},
		{"show 7 OUTPUT", "usage"},
		{"show zzz OUTPUT", "usage"},
		{"show c0bd961e", "usage"},
		{"show", "usage"},
		{"compare demo:c0bd961e", "usage"},
		{"compare demo:c0bd961e demo:ce963eed --on-missing never", "usage"},
		{"compare c0bd,f565,81308fe0 ce963eed OUTPUT", "usage"}, // repeats that are none
		{"runs --nothing", "usage"},
		{"nothing", "usage"},
		{"show " + "./nowhere", "not_found"},
		{"runs --tracking-uri http://127.0.0.1:1", "unreachable"},
	} {
		t.Run(test.line, func(t *testing.T) {
			got := process{}.run(t, append(words(t, test.line), "-o", "json")...)
			if got.stdout != "" {
				t.Errorf("stdout %.100q", got.stdout)
			}
			value := parse(t, got.stderr)
			if err := schema.Validate(value); err != nil {
				t.Fatalf("not valid: %v\n%s", err, got.stderr)
			}
			object := decode[struct {
				Error struct {
					Code   string
					Status int `json:"exit_status"`
				}
			}](t, got.stderr).Error
			if object.Code != test.code || object.Status != got.status {
				t.Errorf("code %s, exit_status %d of status %d; want %s", object.Code, object.Status, got.status, test.code)
			}
			checkSpoiltAreRefused(t, schema, value)
		})
	}
}

// JSON Lines: every line is an object with its kind, closed by a summary.
func TestEveryAnswerParsesAsJSONLines(t *testing.T) {
	for _, test := range answers {
		if test.kind == kind.Version { // has no list
			continue
		}
		t.Run(test.line, func(t *testing.T) {
			args := words(t, test.line)
			text := process{}.answer(t, append(args, "-o", "jsonl")...)
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			kinds := map[string]int{}
			for i, line := range lines {
				object, ok := parse(t, line).(map[string]any)
				if !ok {
					t.Fatalf("line %d is no object: %s", i+1, line)
				}
				name, _ := object["kind"].(string)
				kinds[name]++
				if last := i == len(lines)-1; last != (name == "summary") {
					t.Errorf("line %d of %d is %q", i+1, len(lines), name)
				} else if _, told := object["warnings"].([]any); last && !told {
					t.Errorf("the summary has no warnings: %s", line)
				}
				if !strings.HasPrefix(line, `{"kind":`) {
					t.Errorf("line %d begins with %.30s", i+1, line)
				}
				if margins := strings.Count(line, `"margin":{"kind":`); strings.Count(line, `"kind":`) > 1+margins {
					t.Errorf("line %d has two kinds: %.200s", i+1, line)
				}
			}
			if len(kinds) > 2 {
				t.Errorf("kinds of lines: %v", kinds)
			}
		})
	}
}
