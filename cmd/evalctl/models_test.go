package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// registerOnce is for the server that all tests share.
var registerOnce sync.Once

// change is a call that writes to the registry.
type change struct {
	method string
	args   map[string]any
}

// registerModels fills the registry of the shared server.
func registerModels(tb testing.TB, url string) {
	tb.Helper()
	var err error
	registerOnce.Do(func() {
		ids := map[string]string{}
		for _, invocation := range stack.Invocations(tb) {
			ids[invocation.Name] = invocation.ID
		}
		for _, call := range []change{
			{"registered-models/create", map[string]any{"name": "falcon-8b"}},
			{"registered-models/create", map[string]any{"name": "falcon-8b-nvfp4"}},
			{"registered-models/create", map[string]any{"name": `condor 70b, "née"`}},
			{"registered-models/create", map[string]any{"name": "heron"}},
			{"registered-models/create", map[string]any{"name": "unevaluated"}},
			versionOf("falcon-8b", ids["A1"]),
			versionOf("falcon-8b", ids["A1"]+", "+ids["A2"]+","+ids["A3"]),
			versionOf("falcon-8b", "ffffffffffffffff,"+ids["A1"]),
			versionOf("falcon-8b-nvfp4", ""),
			versionOf(`condor 70b, "née"`, ids["B1"]+".0"),
			versionOf("unevaluated", ""),
			{"registered-models/alias", map[string]any{"name": "falcon-8b", "alias": "champion", "version": "2"}},
			{"registered-models/alias", map[string]any{"name": "falcon-8b", "alias": "prod-eu", "version": "2"}},
			{"model-versions/transition-stage", map[string]any{"name": "falcon-8b", "version": "1", "stage": "Production"}},
		} {
			if err = post(tb, url+"/api/2.0/mlflow/"+call.method, call.args); err != nil {
				return
			}
		}
	})
	if err != nil {
		tb.Fatalf("register models: %v", err)
	}
}

// versionOf is a call that makes a version with a tag, or without.
func versionOf(name, ids string) change {
	args := map[string]any{"name": name, "source": "s3://models/" + name}
	if ids != "" {
		args["tags"] = []map[string]string{{"key": "invocation_id", "value": ids}}
	}
	return change{"model-versions/create", args}
}

func post(tb testing.TB, address string, args map[string]any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func TestModels(t *testing.T) {
	p := server(t, t.TempDir())
	for _, test := range []struct {
		args string
		want string
	}{
		{"models -o csv --columns name,version,aliases,stage,linked_by,evaluations,not_found --no-headers", `
"condor 70b, ""née""",1,,,invocation_id,B1.0,
falcon-8b,3,,,invocation_id,A1,ffffffffffffffff
falcon-8b,2,champion prod-eu,,invocation_id,A1 A2 A3,
falcon-8b,1,,Production,invocation_id,A1,
falcon-8b-nvfp4,1,,,model,TWICE B3 B1 B2,
heron,,,,,,
unevaluated,1,,,,,
`},
		{"models falcon-8b", `
model      version  aliases            stage       evaluations                     created
falcon-8b        3  —                  —           A1, ffffffffffffffff (not found)  TIME
falcon-8b        2  champion, prod-eu  —           A1, A2, A3                      TIME
falcon-8b        1  —                  Production  A1                              TIME

3 model versions.

¹ the tags invocation_id of model versions name what no run has: ffffffffffffffff
`},
		{"models f*nvfp4 -o brief", `
1 model version
models:/falcon-8b-nvfp4/1: TWICE, B3, B1, B2 (of the model of that name)
`},
		{"models --limit 2 -o name", "\nmodels:/condor 70b\\, \"née\"/1\nmodels:/falcon-8b/3\n"},
		{"models --count", "\n7 model versions.\n"},
		{"models /^h/ --jq .data", `
{"models":[{"aliases":[],"created_at":"TIME","evaluations":[],"linked_by":null,"name":"heron","not_found":[],"run_id":null,"stage":null,"status":null,"tags":{},"updated_at":"TIME","version":null}],"more":false,"shown":1,"total":1}
`},
		{"models nothing*", "\nNo model versions.\n"},
		{"models --sort-by -version --limit 2 -o name", "\nmodels:/falcon-8b/3\nmodels:/falcon-8b/2\n"},
		{"models --sort-by stage --limit 1 --jq .data.models[].version,.data.total", "\n1\n7\n"},
	} {
		if diff := cmp.Diff(squeezed(test.want), squeezed("\n"+named(t, p.answer(t, strings.Fields(test.args)...)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.args, diff)
		}
	}
	got := p.run(t, "models", "falkon-8b", "-o", "json")
	if want := `"candidates":["falcon-8b"]`; got.status != exitNotFound || !strings.Contains(got.stderr, want) {
		t.Errorf("an unknown name: %+v", got)
	}
}

// squeezed is text whose blanks do not count.
func squeezed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}

var times = regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?`)

// named writes the names of invocations for their ids, and TIME for times.
func named(t *testing.T, text string) string {
	t.Helper()
	for _, invocation := range stack.Invocations(t) {
		text = strings.ReplaceAll(text, invocation.ID, invocation.Name)
	}
	return times.ReplaceAllString(text, "TIME")
}

// A version stands for its evaluations: the answer is that of their ids.
func TestVersionsAsSides(t *testing.T) {
	p, ids := server(t, t.TempDir()), invocations(t)
	plain := []string{"--scores", "all", "--samples", "never"}
	for _, test := range []struct{ word, ids string }{
		{"models:/falcon-8b/1", ids["A1"].ID},
		{"models:/falcon-8b@champion", ids["A1"].ID + "," + ids["A2"].ID + "," + ids["A3"].ID},
		{"models:/falcon-8b/production", ids["A1"].ID},
		{`models:/condor%2070b%2C "née"/latest`, ids["B1"].ID + ".0"},
		{"models:/falcon-8b-nvfp4@latest", "model:acme/falcon-8b-nvfp4"},
	} {
		got := p.compare(t, append(plain, "a="+strings.ReplaceAll(test.word, ",", `\,`), "b="+ids["B2"].ID)...)
		want := p.compare(t, append(plain, "a="+test.ids, "b="+ids["B2"].ID)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-ids +version):\n%s", test.word, diff)
		}
	}
	got := p.answer(t, "compare", "models:/falcon-8b@champion", "models:/falcon-8b-nvfp4/1", "-o", "json", "--samples", "never")
	type sided struct {
		Data struct {
			Sides []struct {
				Label     string
				Selectors []string
			}
		}
		Warnings []struct{ Code, Side string }
	}
	answer := decode[sided](t, got)
	var said []string
	for _, w := range answer.Warnings {
		if strings.HasPrefix(w.Code, "MODEL_") {
			said = append(said, w.Side+" "+w.Code)
		}
	}
	if diff := cmp.Diff([]string{"falcon-8b-nvfp4/1 MODEL_RUNS", "falcon-8b@champion MODEL_VERSION", "falcon-8b-nvfp4/1 MODEL_VERSION_UNTAGGED"}, said); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if sides := answer.Data.Sides; sides[0].Selectors[0] != "models:/falcon-8b@champion" || sides[1].Label != "falcon-8b-nvfp4/1" {
		t.Errorf("%+v", sides)
	}
	for _, test := range []struct {
		word   string
		status int
		says   string
	}{
		{"models:/falcon/1", exitNotFound, "no registered model falcon in"},
		{"models:/falcon-8b/9", exitNotFound, "has no version 9"},
		{"models:/falcon-8b@champ", exitNotFound, "  models:/falcon-8b@champion\n"},
		{"models:/falcon-8b/staging", exitNotFound, "is in the stage staging"},
		{"models:/falcon-8b/3", exitNotFound, "no invocation ffffffffffffffff in"},
		{"models:/a/b/3", exitUsage, "a slash too many"},
	} {
		if got := p.run(t, "show", test.word); got.status != test.status || got.stdout != "" || !strings.Contains(got.stderr, test.says) {
			t.Errorf("%s: %+v", test.word, got)
		}
	}
}

// registries are stores of each kind that has a registry, with the same evaluations
// and the same content in it, by MLflow's own client.
func registries(t *testing.T) map[string]process {
	t.Helper()
	server := stack.Serve(t, stack.Setup{})
	database := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	files := stack.FileStore(t)
	stack.Registry(t, stack.MLflow3, server.URL, filepath.Join(server.Dir, "mlflow.db"))
	stack.Registry(t, stack.MLflow3, "sqlite:///"+database, database)
	stack.Registry(t, stack.MLflow3, "file://"+files, "")
	stores := map[string]process{}
	for kind, uri := range map[string]string{"server": server.URL, "database": "sqlite:///" + database, "files": "file://" + files} {
		stores[kind] = process{env: map[string]string{"MLFLOW_TRACKING_URI": uri}}
	}
	return stores
}

// A registry gives the same answers wherever it is, apart from what a store invents:
// run ids, times, its own name, and which of the evaluations that were exported at
// the same time is the newest.
func TestRegistriesGiveTheSame(t *testing.T) {
	t.Parallel()
	ids, stores := invocations(t), registries(t)
	said := func(p process, args ...string) string {
		got := p.run(t, args...)
		text := fmt.Sprintf("%d\n%s%s", got.status, got.stdout, got.stderr)
		text = strings.ReplaceAll(text, p.env["MLFLOW_TRACKING_URI"], "STORE")
		return regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(named(t, text), "RUN")
	}
	const some = "/^[^%5F]/" // the others are names that a file store refuses
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"models", some, "--limit", "0", "-o", "csv", "--columns", "name,version,aliases,stage,linked_by,not_found,status"}, "falcon-8b,2,champion prod-eu,,invocation_id,,READY"},
		{[]string{"models", some, "--limit", "0", "--jq", ".data.models[] | [.name, .version, .tags, (.evaluations | sort)]"}, `"described as nothing",2,{"a b.c-d:e":"y","deep/er/key":"x",`},
		{[]string{"models", some, "--limit", "7", "--sort-by", "-version", "-o", "name"}, "0\nmodels:/many/1203\nmodels:/many/1202\n"},
		{[]string{"models", some, "--count"}, "0\n12"},
		{[]string{"models", "falcon-8b"}, "4 model versions."},
		{[]string{"models", "condor-70"}, "5\nevalctl: no registered model condor-70 in STORE\n  condor-70b\n"},
		{[]string{"models", "a-prompt"}, "no registered model a-prompt in STORE"},
		{[]string{"show", "models:/falcon-8b@champion", "-o", "csv"}, "arith"},
		{[]string{"show", "models:/falcon-8b/1", "-o", "csv"}, "arith"},
		{[]string{"show", "models:/falcon-8b/production", "-o", "brief"}, "models:/falcon-8b/production is version 3"},
		{[]string{"show", "models:/falcon-8b/latest", "-o", "brief"}, "models:/falcon-8b/latest is version 4"},
		{[]string{"show", "models:/falcon-8b-nvfp4@latest", "--jq", ".warnings[] | [.code, .message]"}, "models:/falcon-8b-nvfp4/1 has no tag invocation_id"},
		{[]string{"compare", "models:/falcon-8b/1", "models:/condor-70b/1", "--samples", "never", "-o", "csv"}, "arith"},
		{[]string{"compare", "a=models:/falcon-8b@prod-eu", "models:/falcon-8b/staging", ids["B2"].ID, "--samples", "never", "--scores", "all", "-o", "csv"}, "arith"},
		{[]string{"show", "models:/falcon-8b/5"}, "falcon-8b in STORE has no version 5"},
		{[]string{"show", "models:/falcon-8b@gone"}, "has no alias gone\n  models:/falcon-8b@champion"},
		{[]string{"show", "models:/falcon-8b/archived"}, "is in the stage archived"},
		{[]string{"show", "models:/all versions deleted/latest"}, "has no version"},
		{[]string{"show", "models:/a-prompt/1"}, "no registered model a-prompt in STORE"},
		{[]string{"show", "models:/two%0Alines/1", "-o", "json"}, "it has no tag invocation_id"},
	} {
		answers := map[string]string{}
		for kind, p := range stores {
			answers[kind] = said(p, test.args...)
		}
		for _, kind := range []string{"database", "files"} {
			if diff := cmp.Diff(withoutCommand(answers["server"]), withoutCommand(answers[kind])); diff != "" {
				t.Errorf("%q (-server +%s):\n%s", test.args, kind, diff)
			}
		}
		if !strings.Contains(answers["server"], test.says) {
			t.Errorf("%q does not say %q:\n%s", test.args, test.says, answers["server"])
		}
	}
	for kind, p := range stores {
		t.Run(kind, func(t *testing.T) {
			environment := "http://127.0.0.1:9" // of files the command itself says where they are
			if kind == "server" {
				environment = p.env["MLFLOW_TRACKING_URI"]
			}
			link(t, p, "after", ids["A1"].ID, environment)
		})
	}
}

// withoutCommand leaves out where the store is of the command that links a version.
func withoutCommand(text string) string {
	return regexp.MustCompile(`(MLFLOW_[A-Z_]+=\S+ )+python`).ReplaceAllString(text, "python")
}

// What the error tells to do is done as it stands, by MLflow's own client.
func TestTheCommandThatLinksAVersion(t *testing.T) {
	p, ids := server(t, t.TempDir()), invocations(t)
	defer func() { // other tests know it without
		args := map[string]any{"name": "unevaluated", "version": "1", "key": "invocation_id", "value": ""}
		if err := post(t, p.env["MLFLOW_TRACKING_URI"]+"/api/2.0/mlflow/model-versions/set-tag", args); err != nil {
			t.Error(err)
		}
	}()
	link(t, p, "unevaluated", ids["A1"].ID, p.env["MLFLOW_TRACKING_URI"])
}

// link does what the error for the first version of a model tells to do.
func link(t *testing.T, p process, name, id, environment string) {
	t.Helper()
	failed := p.run(t, "show", "models:/"+name+"/1")
	_, hint, found := strings.Cut(failed.stderr, "hint: the tag says which evaluations are of a version:\n")
	if failed.status != exitNotFound || !found {
		t.Fatalf("%+v", failed)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(hint, `"ID"`, `"`+id+`"`))
	command.Env = append(os.Environ(), "MLFLOW_TRACKING_URI="+environment,
		"PATH="+filepath.Dir(stack.Python(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if got := p.answer(t, "models", name, "--jq", ".data.models[] | select(.version == 1) | .evaluations[]"); got != id+"\n" {
		t.Errorf("then it has %s", got)
	}
}

func TestVersionsComplete(t *testing.T) {
	p := server(t, t.TempDir())
	for _, test := range []struct{ words, want string }{
		{"compare models:/fal", "models:/falcon-8b\nmodels:/falcon-8b-nvfp4\n:6\n"},
		{"compare x=models:/falcon-8b@", "x=models:/falcon-8b@champion\nx=models:/falcon-8b@prod-eu\n:4\n"},
		{"show models:/falcon-8b/", "models:/falcon-8b/1\nmodels:/falcon-8b/2\nmodels:/falcon-8b/3\n:4\n"},
		{"show models:/heron", ":4\n"},
		{"show models:/unevaluated", "models:/unevaluated/1\n:4\n"},
		{"models un", "unevaluated\n:4\n"},
		{"models heron un", ":4\n"},
	} {
		got := p.run(t, append([]string{"__complete"}, strings.Fields(test.words)...)...)
		if diff := cmp.Diff(test.want, got.stdout); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.words, diff)
		}
	}
}
