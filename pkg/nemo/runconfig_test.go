package nemo_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

const exampleTree = "../../test/data/launcher-output"

// examples returns the files of one name in the artifacts of the example jobs.
func examples(t testing.TB, invocation, name string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(exampleTree, "*-"+invocation, "*", "artifacts", name))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s of invocation %s: %v", name, invocation, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(filepath.Dir(filepath.Dir(name)))] = data
	}
	return files
}

func TestParseRunConfigExamples(t *testing.T) {
	got := map[string]nemo.RunConfig{}
	for _, invocation := range []string{"c0bd961e50124ab3", "2c7c61198ad8e9c8"} {
		for job, data := range examples(t, invocation, "run_config.yml") {
			config, err := nemo.ParseRunConfig(data)
			if err != nil {
				t.Errorf("%s: %v", job, err)
			}
			got[job] = config
		}
	}
	want := map[string]nemo.RunConfig{
		"byob_arith.arith.0":            {"byob_arith", "byob_arith.arith", "acme/falcon-8b-bf16"},
		"lm-evaluation-harness.story.1": {"lm-evaluation-harness", "lm-evaluation-harness.story", "acme/falcon-8b-bf16"},
		"bfcl.bfclv2_ast.2":             {"bfcl", "bfcl.bfclv2_ast", "acme/falcon-8b-bf16"},
		"ifbench.ifbench.3":             {"ifbench", "ifbench.ifbench", "acme/falcon-8b-bf16"},
		"bfclv2_ast.0":                  {"bfcl", "bfclv2_ast", "acme/falcon-8b-nvfp4"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseRunConfig(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       nemo.RunConfig
	}{
		{
			"texts that look like numbers stay as they are",
			"framework_name: 12345e67\nconfig: {type: 0x1F}\ntarget: {api_endpoint: {model_id: 1_000.50}}",
			nemo.RunConfig{FrameworkName: "12345e67", Type: "0x1F", ModelID: "1_000.50"},
		},
		{"null and absent", "framework_name: null\nconfig: {type: ~}\ntarget: {api_endpoint:}", nemo.RunConfig{}},
		{"nothing of interest", "{}", nemo.RunConfig{}},
		{"not nested as expected", "config: text\ntarget: [1]", nemo.RunConfig{}},
		{"the last of two equal keys counts", "framework_name: a\nframework_name: b", nemo.RunConfig{FrameworkName: "b"}},
		{"aliases", "config: &c {type: t}\nframework_name: &n x\npkg_name: *n\ntarget: {api_endpoint: {model_id: *n}}", nemo.RunConfig{FrameworkName: "x", Type: "t", ModelID: "x"}},
		{"JSON", `{"framework_name": "simple_evals", "config": {"type": "mmlu"}}`, nemo.RunConfig{FrameworkName: "simple_evals", Type: "mmlu"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := nemo.ParseRunConfig([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// lineError is what a [nemo.SyntaxError] must say.
type lineError struct {
	text string
	line int
}

func TestParseRunConfigErrors(t *testing.T) {
	for _, test := range []lineError{
		{"- a\n- b", 1},
		{"just text", 1},
		{"framework_name: x\nconfig:\n  type: [a]\n", 3},
		{"framework_name: x\n\nconfig: {type: {a: b}}\n", 3},
		{"a: b\nc: [\n", 2},
		{"a: b\n\tc: d\n", 2},
		{"", 0},
		{"# nothing but a comment\n", 0},
	} {
		config, err := nemo.ParseRunConfig([]byte(test.text))
		checkLine(t, test, err)
		if config != (nemo.RunConfig{}) {
			t.Errorf("%q: a value %v beside the error", test.text, config)
		}
	}
}

func checkLine(t *testing.T, test lineError, err error) {
	t.Helper()
	syntax, ok := errors.AsType[*nemo.SyntaxError](err)
	if !ok {
		t.Errorf("%q: %v is not a SyntaxError", test.text, err)
	} else if syntax.Line != test.line {
		t.Errorf("%q: line %d, want %d: %v", test.text, syntax.Line, test.line, err)
	}
}

func FuzzParseRunConfig(f *testing.F) {
	for _, data := range examples(f, "c0bd961e50124ab3", "run_config.yml") {
		f.Add(data)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("{framework_name: 12345e67, config: {<<: &x {type: t}, type: *x}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := nemo.ParseRunConfig(data)
		again, errAgain := nemo.ParseRunConfig(data)
		if config != again || (err == nil) != (errAgain == nil) {
			t.Errorf("%v, %v; then %v, %v", config, err, again, errAgain)
		}
		if _, ok := errors.AsType[*nemo.SyntaxError](err); err != nil && !ok {
			t.Errorf("%T: %v", err, err)
		}
	})
}
