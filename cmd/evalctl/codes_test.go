package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/nemo"
	written "github.com/evalctl/evalctl/test/shapes"
	"github.com/evalctl/evalctl/test/stack"
)

// moduleRoot is the module's root, seen from this package.
const moduleRoot = "../.."

// notCodes are words in the source that look like a warning's code.
var notCodes = []string{
	// Variables of the environment; others are told by their prefix.
	"NO_COLOR", "CLICOLOR_FORCE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "NEMO_EVALUATOR_EXEC_DB_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "LC_ALL", "LC_CTYPE",
	// MLflow's.
	"ACTIVE_ONLY", "ENDPOINT_NOT_FOUND", "FEATURE_DISABLED", "INTERNAL_ERROR",
	// A status of nel gate.
	"INSUFFICIENT_EVIDENCE",
}

// literals calls visit with each string literal of the Go files below the folders,
// tests or all others.
func literals(t *testing.T, tests bool, visit func(file, text string), folders ...string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(moduleRoot, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") != tests {
				return err
			}
			file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(node ast.Node) bool {
				if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == gotoken.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						visit(path, text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// codesInSource are all words of the source that can be a warning's code: whatever
// way it takes into a warning, it begins as a literal.
func codesInSource(t *testing.T) []string {
	t.Helper()
	code := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	found := map[string]bool{}
	literals(t, false, func(_, text string) {
		if code.MatchString(text) && !slices.Contains(notCodes, text) &&
			!strings.HasPrefix(text, "EVALCTL_") && !strings.HasPrefix(text, "MLFLOW_") {
			found[text] = true
		}
	}, "pkg", "cmd")
	return slices.Sorted(maps.Keys(found))
}

// codesInDocs are the rows of the table of warnings.
func codesInDocs(t *testing.T) []string {
	t.Helper()
	var codes []string
	for _, found := range regexp.MustCompile("(?m)^\\| `([A-Z0-9_]+)` \\| (row|envelope)").FindAllStringSubmatch(jsonPage(t), -1) {
		if slices.Contains(codes, found[1]) {
			t.Errorf("docs/json.md has two rows for %s", found[1])
			continue
		}
		codes = append(codes, found[1])
	}
	slices.Sort(codes)
	return codes
}

func jsonPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(moduleRoot, "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// producers is how each code comes about: a call whose answer has it. Where no verb
// leads there yet, a test of a package does.
var producers = map[string]producer{
	"BASELINE_CHANGED":       {on: onExamples, args: "show @stale"}, // of testdata/settings
	"BASELINE_REEXPORTED":    {test: "pkg/query/baseline_test.go TestBaselines"},
	"CONFIG_DIFFERS":         {on: onExamples, args: "compare A1 THINK"},
	"CONFIG_NOT_FOUND":       {on: onExamples, args: "config show A1 --unresolved"},
	"CONFIG_UNKNOWN":         {on: onShapes, args: "compare 5e6f7a8b 8899aabbccddeeff"},
	"DUPLICATE_RUNS":         {on: onExamples, args: "runs B3"},
	"FROM_CACHE":             {test: "cmd/evalctl/cache_test.go TestOfflineIsSaid"},
	"SHORT_ID_OFFLINE":       {test: "pkg/artifacts/offline_test.go TestOfflineIsNeverWrong"},
	"LEFT_OUT_OFFLINE":       {test: "cmd/evalctl/cache_test.go TestOfflineIsSaid"},
	"FAILED_STEPS":           {on: onShapes, args: "show eval-20260716T033320Z-mmlu_pro"},
	"FILTERED_LOCALLY":       {on: onExamples, args: "runs --model /falcon/"},
	"INVOCATION_TAG_DIFFERS": {on: onShapes, args: "runs d4e5f60718293a4b"},
	"METRIC_STANDS_IN":       {on: onExamples, args: "gate A1 B1 --policy POLICY"},
	"MODEL_RUNS":             {on: onExamples, args: "compare model:acme/falcon-8b-bf16 model:acme/falcon-8b-nvfp4 --experiment acme/*"},
	"MODEL_UNKNOWN":          {on: onExamples, args: "runs --limit 0"},
	"NO_INVOCATION":          {on: onShapes, args: "invocations --limit 0"},
	"NOT_JUDGED":             {on: onExamples, args: "gate A1 B1 --policy POLICY"},
	"NOT_A_NUMBER":           {on: onShapes, args: "compare 33445566778899aa 34445566778899aa --scores all"},
	"NO_PRIMARY_SCORE":       {on: onExamples, args: "compare A1 B1"},
	"NO_SCORE_MATCHES":       {on: onExamples, args: "compare A1 B1 --scores nothing*"},
	"OVERLAP_LATEST":         {on: onExamples, args: "compare s=A1,A2 B1 --overlap latest"},
	"OVERLAP_REPEAT":         {on: onExamples, args: "compare s=A1,THINK B1 --overlap repeat"},
	"REWARDS_UNUSABLE":       {on: onShapes, args: "show eval-20260716T033320Z-mmlu_pro"},
	"RUNTIME_UNREADABLE":     {on: onShapes, args: "show 0718293a4b5c6d7e"},
	"RUN_NOT_FINISHED":       {on: onShapes, args: "show 0718293a4b5c6d7e"},
	"SCORES_FROM_METRICS":    {on: onShapes, args: "show 5c6d7e8f90011223"},
	"SCORE_FILE_MISSING":     {on: onShapes, args: "show bb02bbccddeeff00"},
	"SCORE_FILE_UNREADABLE":  {on: onShapes, args: "show bb03bbccddeeff00"},
	"SCORE_ROUNDED":          {on: onShapes, args: "show eval-20260715T033320Z-mmlu_pro"},
	"STDERR_OF_REPEATS":      {on: onExamples, args: "compare A1 THINK"},
	"RUN_DELETED":            {on: onShapes, args: "runs 293a4b5c6d7e8f90 --include-deleted"},
	"TASKS_UNKNOWN":          {on: onShapes, args: "show 55667788990abbcc"},

	"EXPERIMENTS_UNREADABLE": {on: onFiles, args: "runs --limit 0"},
	"FROM_RECORDS":           {on: onFiles, args: "runs c0bd961e.0"},
	"OUTPUT_ELSEWHERE":       {on: onFiles, args: "runs --tracking-uri launcher:"},
	"RECORDS_UNREADABLE":     {on: onFiles, args: "runs --tracking-uri launcher:"},
	"RUNS_UNREADABLE":        {on: onFiles, args: "runs --limit 0"},

	"MODEL_EVALUATION_NOT_FOUND": {on: onExamples, args: "models"},
	"MODELS_UNREADABLE":          {on: onFiles, args: "models"},
	"MODEL_VERSIONS_UNREADABLE":  {on: onFiles, args: "models"},
	"MODEL_VERSION":              {on: onExamples, args: "show models:/falcon-8b@champion"},
	"MODEL_VERSION_UNTAGGED":     {on: onExamples, args: "show models:/falcon-8b-nvfp4/1"},

	"LOW_DF":              {on: onValues, args: "compare b=VALUE1,VALUE2 c=VALUE3,VALUE4"},
	"OPTION_UNUSED":       {on: onExamples, args: "compare A1 B1 --n nosuch=5"},
	"SCALE_MISMATCH":      {on: onValues, args: "compare a=PERCENT b=PERCENT2"},
	"SEEDS_NOT_PAIRED":    {on: onValues, args: "compare b=VALUE1,VALUE2 c=VALUE3,VALUE4 --pair-by seed"},
	"SMALL_N":             {on: onValues, args: "compare a=FEW b=FEW2"},
	"STDERR_INVALID":      {on: onValues, args: "compare NEGATIVE VALUE1"},
	"STDERR_TOO_LARGE":    {on: onValues, args: "compare a=LARGE b=LARGE2"},
	"STDERR_ZERO":         {on: onValues, args: "compare ZERO VALUE1"},
	"TESTS_DISAGREE":      {on: onValues, args: "compare b=VALUE1,VALUE2,VALUE3,VALUE4 c=FAR1,FAR2,FAR3,FAR4"},
	"UNPAIRED_SAME_ITEMS": {on: onExamples, args: "compare A1 B1"},
	"ZERO_SEED_VARIANCE":  {on: onValues, args: "compare b=VALUE1,SAME1 c=SAME2,SAME3"},

	"JOINED_BY_POSITION": {test: "pkg/compare/inference_test.go TestUnansweredQuestions"},
	"LOW_COVERAGE":       {test: "pkg/compare/inference_test.go TestUnansweredQuestions"},
	"SAMPLES_DISAGREE":   {test: "pkg/compare/inference_test.go TestUnansweredQuestions"},
	"SAMPLES_NOT_FINITE": {test: "pkg/compare/inference_test.go TestQuestionsWithoutAFiniteValue"},
	"SAMPLES_NOT_JOINED": {test: "pkg/compare/inference_test.go TestUnansweredQuestions"},
}

type producer struct {
	on   place
	args string // words; ids of invocations by name
	test string // file and function, in place of the two
}

// place is where a call looks for its runs.
type place int

const (
	onExamples place = iota // test/data on a server
	onShapes                // test/shapes on a server
	onValues                // one task with a value and a standard error, in directories
	onFiles                 // a file store and a launcher's records, both odd
)

// values are invocations of one score: value, statistics.
var values = map[string][2]string{
	"VALUE1": {"0.5", "{}"}, "VALUE2": {"0.51", "{}"}, "VALUE3": {"0.52", "{}"}, "VALUE4": {"0.53", "{}"}, "SAME1": {"0.5", "{}"}, "SAME2": {"0.5", "{}"}, "SAME3": {"0.5", "{}"},
	"FAR1": {"0.54", "{}"}, "FAR2": {"0.55", "{}"}, "FAR3": {"0.56", "{}"}, "FAR4": {"0.99", "{}"}, // one is far off
	"NEGATIVE": {"0.5", "{stderr: -0.1}"},
	"ZERO":     {"0.5", "{stderr: 0}"},
	"LARGE":    {"0.505", "{stderr: 0.3, count: 201}"},
	"LARGE2":   {"0.505", "{stderr: 0.3, count: 201}"},
	"PERCENT":  {"0.505", "{stderr: 3.5, count: 201}"},
	"PERCENT2": {"0.505", "{stderr: 3.5, count: 201}"},
	"FEW":      {"0.5", "{count: 20}"},
	"FEW2":     {"0.5", "{count: 20}"},
}

// Every code is documented and comes about: a code without either, and a row of the
// documentation or of the table above without a code, fails.
func TestEveryWarningIsDocumentedAndProduced(t *testing.T) {
	t.Parallel()
	codes := codesInSource(t)
	if got := codesInDocs(t); !slices.Equal(codes, got) {
		t.Errorf("codes in the source and in docs/json.md differ, or it is a word for notCodes:\nsource only %v\ndocs only   %v", less(codes, got), less(got, codes))
	}
	if got := slices.Sorted(maps.Keys(producers)); !slices.Equal(codes, got) {
		t.Errorf("codes in the source that no call produces: %v\ncalls for codes that are not in the source: %v", less(codes, got), less(got, codes))
	}
	odd, _ := written.Start(t, stack.MLflow3)
	ids := map[string]string{}
	for name, invocation := range invocations(t) {
		ids[name] = invocation.ID
	}
	dir := t.TempDir()
	for i, name := range slices.Sorted(maps.Keys(values)) {
		ids[name] = fmt.Sprintf("%016x", 0xabc0+i)
		writeValue(t, dir, ids[name], values[name])
	}
	ids["POLICY"] = filepath.Join(t.TempDir(), "policy.yml")
	write(t, ids["POLICY"], "version: 1\ndefaults: {metric: mean_reward}\n")
	local := t.TempDir()
	below := func(dir string) func(name, text string) {
		return func(name, text string) { write(t, filepath.Join(local, dir, filepath.FromSlash(name)), text) }
	}
	oddFileStore(below("mlruns"))
	oddRecords(output(t), filepath.Join(local, "out"), below("home"))
	at := map[place]process{
		onFiles:    {env: map[string]string{"MLFLOW_TRACKING_URI": filepath.Join(local, "mlruns"), "HOME": filepath.Join(local, "home")}},
		onExamples: server(t, t.TempDir()),
		onShapes:   {env: map[string]string{"MLFLOW_TRACKING_URI": odd.URL, "EVALCTL_CACHE_DIR": t.TempDir()}},
		onValues:   {env: map[string]string{"MLFLOW_TRACKING_URI": dir}},
	}
	name := regexp.MustCompile(`[A-Z]+[0-9]?`)
	for code, by := range producers {
		t.Run(code, func(t *testing.T) {
			if by.test != "" {
				mentions(t, by.test, code)
				return
			}
			words := strings.Fields(by.args)
			for i, word := range words {
				words[i] = name.ReplaceAllStringFunc(word, func(name string) string {
					if id, ok := ids[name]; ok {
						return id
					}
					return name
				})
			}
			got := at[by.on].run(t, append(words, "-o", "json")...)
			if got.status != exitOK && got.status != exitFailed && got.status != exitInconclusive {
				t.Fatalf("evalctl %s: status %d: %s", by.args, got.status, got.stderr)
			}
			said := warningsOf(t, got.stdout)
			if !slices.Contains(said, code) {
				t.Errorf("evalctl %s warns of %v", by.args, said)
			}
		})
	}
}

// warningsOf are the codes of the envelope, which has those of the rows too.
func warningsOf(t *testing.T, answer string) []string {
	t.Helper()
	var codes []string
	for _, w := range decode[struct{ Warnings []nemo.Warning }](t, answer).Warnings {
		if w.Message == "" {
			t.Errorf("%s has no message", w.Code)
		}
		codes = append(codes, w.Code)
	}
	return codes
}

// mentions asserts that a test is there and asks for a word.
func mentions(t *testing.T, where, word string) {
	t.Helper()
	path, name, _ := strings.Cut(where, " ")
	file, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join(moduleRoot, path), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, declared := range file.Decls {
		if function, ok := declared.(*ast.FuncDecl); ok && function.Name.Name == name {
			ast.Inspect(function, func(node ast.Node) bool {
				literal, ok := node.(*ast.BasicLit)
				found = found || ok && strings.Contains(literal.Value, word)
				return true
			})
		}
	}
	if !found {
		t.Errorf("%s is no test that asks for %s", where, word)
	}
}

func writeValue(t *testing.T, dir, id string, value [2]string) {
	t.Helper()
	job := filepath.Join(dir, "20260101_000000-"+id, "lm-evaluation-harness.arc.0", "artifacts")
	write(t, filepath.Join(job, "run_config.yml"), "config: {type: arc}\nframework_name: lm-evaluation-harness\n")
	write(t, filepath.Join(job, "results.yml"), "config: {type: arc, params: {temperature: 0.6}}\n"+
		"metadata: {versioning: {nemo_evaluator: 0.2.8}}\n"+
		"results: {groups: {arc: {metrics: {acc: {scores: {acc: {value: "+value[0]+", stats: "+value[1]+"}}}}}}}\n"+
		"target: {api_endpoint: {model_id: m}}\n")
}

func less(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// Every reason for a missing task is documented, comes about on a real server, and
// is said by its constant only.
func TestEveryMissingReasonIsDocumentedAndProduced(t *testing.T) {
	t.Parallel()
	declared := missingReasons(t)
	literals(t, false, func(file, text string) {
		if slices.Contains(declared, text) && strings.Contains(text, "_") && filepath.Base(file) != "job.go" {
			t.Errorf("%s says %q, where there is a constant", file, text)
		}
	}, "pkg/query", "pkg/artifacts", "pkg/compare")
	_, after, found := strings.Cut(jsonPage(t), "`missing[]` names")
	paragraph, _, _ := strings.Cut(after, "\n")
	if !found {
		t.Fatal("docs/json.md does not explain missing[]")
	}
	odd, _ := written.Start(t, stack.MLflow3)
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": odd.URL}}
	var produced []string
	for _, words := range [][]string{{"18293a4b5c6d7e8f", "0718293a4b5c6d7e"}, {"a1b2c3d4e5f60718", "b2c3d4e5f6071829"}} {
		for _, m := range p.compare(t, words...).Missing {
			if !slices.Contains(produced, m.Reason) {
				produced = append(produced, m.Reason)
			}
		}
	}
	slices.Sort(produced)
	if !slices.Equal(declared, produced) {
		t.Errorf("declared %v, produced %v", declared, produced)
	}
	for _, reason := range declared {
		if !strings.Contains(paragraph, "`"+reason+"`") {
			t.Errorf("docs/json.md does not say what %s means", reason)
		}
	}
}

// missingReasons are the values of the constants Reason… of package nemo.
func missingReasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join(moduleRoot, "pkg", "nemo", "job.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				reasons = append(reasons, text)
			}
		}
		return true
	})
	slices.Sort(reasons)
	if len(reasons) < 6 {
		t.Fatalf("reasons %v", reasons)
	}
	return reasons
}
