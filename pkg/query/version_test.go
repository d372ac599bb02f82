package query_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/pkg/query"
)

// What MLflow's own client makes of the same texts is compared in
// TestVersionsAreReadAsMLflowReadsThem (package rest).
func TestParseVersion(t *testing.T) {
	for _, test := range []struct {
		text string
		want query.Version
	}{
		{"models:/falcon/3", query.Version{Name: "falcon", Number: 3}},
		{"models:/falcon/007", query.Version{Name: "falcon", Number: 7}},
		{"models:/falcon@champion", query.Version{Name: "falcon", Alias: "champion"}},
		{"models:/a@b@c", query.Version{Name: "a@b", Alias: "c"}},
		{"models:/a@b/3", query.Version{Name: "a@b", Number: 3}},
		{"models:/falcon/PRODUCTION", query.Version{Name: "falcon", Stage: "production"}},
		{"models:/falcon/none", query.Version{Name: "falcon", Stage: "none"}},
		{"models:/falcon/Latest", query.Version{Name: "falcon", Stage: "latest"}},
		{"models:/falcon@latest", query.Version{Name: "falcon", Stage: "latest"}},
		{"models:/my falcon%20x/1", query.Version{Name: "my falcon%20x", Number: 1}},
		{`models:/a\,b=c/1`, query.Version{Name: "a,b=c", Number: 1}},
	} {
		selector, err := query.ParseSelector("x=" + test.text)
		if err != nil || selector.Label != "x" || len(selector.Sources) != 1 {
			t.Errorf("%s: %+v, %v", test.text, selector, err)
			continue
		}
		source := selector.Sources[0]
		if source.Kind != query.ByVersion || source.Version != test.want || source.Chooses() {
			t.Errorf("%s: %+v, want %+v", test.text, source, test.want)
		}
	}
	for _, test := range []struct{ text, says string }{
		{"models:falcon/3", "no name"},
		{"models:", "no name"},
		{"models:/", "names no version"},
		{"models://profile/falcon/3", "no name"},
		{"models:/falcon", "names no version"},
		{"models:/falcon/", "names no version"},
		{"models:/falcon@", "names no alias"},
		{"models:/@champion", "no name"},
		{"models:/ /3", "no name"},
		{"models:/a/b/3", "a slash too many"},
		{"models:/a%2Fb/3", "no slash and no colon"},
		{"models:/a:b/3", "no slash and no colon"},
		{"models:/falcon/0", "no version number"},
		{"models:/falcon/99999999999999999999", "no version number"},
		{"models:/falcon/champion", "models:/falcon@champion"},
	} {
		_, err := query.ParseSelector(test.text)
		if !query.HasCode(err, query.Usage) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.text, err, test.says)
		}
	}
}

// shelf is a store with a registry in memory.
type shelf struct {
	*memory

	models   []query.RegisteredModel
	versions map[string][]query.ModelVersion
	err      error // of Model and Versions
}

func (s shelf) Models(context.Context) ([]query.RegisteredModel, error) { return s.models, nil }

func (s shelf) Model(_ context.Context, name string) (query.RegisteredModel, error) {
	at := slices.IndexFunc(s.models, func(m query.RegisteredModel) bool { return m.Name == name })
	switch {
	case s.err != nil:
		return query.RegisteredModel{}, s.err
	case at < 0:
		return query.RegisteredModel{}, &query.Error{Code: query.NotFound, Message: "no such model"}
	}
	return s.models[at], nil
}

func (s shelf) Versions(_ context.Context, name string) ([]query.ModelVersion, error) {
	return s.versions[name], s.err
}

// atHand is a registry in files.
type atHand struct {
	shelf

	uri string
}

func (a atHand) URI() string  { return a.uri }
func (a atHand) Remote() bool { return false }

// onShelf makes every selector find this store.
type onShelf struct {
	stores
	store query.Store
}

func (s onShelf) Default(context.Context) (query.Store, error) { return s.store, nil }

func version(number int, stage, tag string) query.ModelVersion {
	v := query.ModelVersion{Version: number, Stage: stage, Tags: map[string]string{}}
	if tag != "" {
		v.Tags[query.TagInvocation] = tag
	}
	return v
}

const (
	other = "bbbb2222bbbb2222"
	older = "cccc3333"
)

func library() shelf {
	of := func(model, task string) func(*query.Run) {
		return func(r *query.Run) {
			r.Model, r.Tags[query.TagModel], r.Tags[query.TagTask] = model, model, task
		}
	}
	return shelf{
		memory: &memory{uri: "http://mlflow", runs: []query.Run{
			with(job("1", inv, 0, 1), of("acme/falcon", "gsm8k")),
			with(job("2", inv, 1, 2), of("acme/falcon", "mmlu")),
			with(job("3", other, 0, 3), of("acme/falcon", "gsm8k")),
			with(job("4", older, 0, 0), of("acme/falcon", "gsm8k")),
			with(job("5", "dddd4444dddd4444", 0, 4), of("twins/a", "gsm8k")),
			with(job("6", "eeee5555eeee5555", 0, 5), of("x/twins", "gsm8k")),
			with(job("7", "ffff6666ffff6666", 0, 6), of("y/twins", "gsm8k")),
			with(job("8", "abcd7777abcd7777", 0, 7), of("exact", "gsm8k")),
			with(job("9", "abcd8888abcd8888", 0, 8), of("z/exact", "gsm8k")),
			{ID: "10", Status: query.StatusFinished, Tags: map[string]string{query.TagModel: "exact"}}, // no evaluation
			with(job("11", "abcd9999abcd9999", 0, 9), of("other/a*b", "gsm8k")),
			with(job("12", "abcdaaaaabcdaaaa", 0, 9), of("other/axxb", "gsm8k")),
		}},
		models: []query.RegisteredModel{
			{Name: "a b"},
			{Name: "a*b"},
			{Name: "exact"},
			{Name: "falcon", Aliases: map[string]int{"champion": 2, "dangling": 9}},
			{Name: "none yet"},
			{Name: "quoted%20name"},
			{Name: "twins"},
		},
		versions: map[string][]query.ModelVersion{
			"a b":           {version(1, "None", inv)},
			"a*b":           {version(1, "None", "")},
			"exact":         {version(1, "None", "")},
			"quoted%20name": {version(1, "None", other)},
			"twins":         {version(1, "None", "")},
			"falcon": {
				version(8, "None", inv+".7"),
				version(7, "None", inv[:6]),
				version(6, "None", ""),
				version(5, "Archived", "00000000deadbeef,"+inv),
				version(4, "Production", strings.ToUpper(inv)+".1 , 00000000000000000000000000000000"),
				version(3, "Production", older),
				version(2, "Staging", inv+","+other+"\n"+inv),
				version(1, "Staging", inv),
			},
		},
	}
}

func resolveVersion(t *testing.T, store query.Store, word string, near func(string, []string) []string) (query.Resolution, error) {
	t.Helper()
	selector, err := query.ParseSelector(word)
	if err != nil {
		t.Fatal(err)
	}
	resolutions, err := query.Resolver{Stores: onShelf{store: store}, Near: near}.Resolve(t.Context(), []query.Selector{selector})
	if err != nil {
		return query.Resolution{}, err
	}
	return resolutions[0], nil
}

func TestResolveVersion(t *testing.T) {
	store := library()
	store.runs = append(store.runs, with(job("00000000000000000000000000000000", "abcdbbbbabcdbbbb", 0, 1), func(*query.Run) {}))
	for _, test := range []struct {
		word     string
		runs     []string
		whole    bool
		warnings []string
	}{
		{"models:/falcon/1", []string{"1", "2"}, true, nil},
		{"models:/falcon/2", []string{"1", "2", "3"}, true, nil},
		{"models:/falcon@champion", []string{"1", "2", "3"}, true, []string{"MODEL_VERSION models:/falcon@champion is version 2"}},
		{"models:/falcon/staging", []string{"1", "2", "3"}, true, []string{"MODEL_VERSION models:/falcon/staging is version 2"}},
		{"models:/falcon/Production", []string{"2", "00000000000000000000000000000000"}, false, []string{"MODEL_VERSION models:/falcon/Production is version 4"}},
		{"models:/falcon/3", []string{"4"}, true, nil},
		{"models:/falcon/6", []string{"2", "3"}, false, []string{
			"MODEL_RUNS models:/falcon/6 stands for the newest finished run of each task: 2 runs; 2 older runs are left out",
			"MODEL_VERSION_UNTAGGED models:/falcon/6 has no tag invocation_id: runs with the tag model acme/falcon stand for it, which may be of another version",
		}},
		{"models:/exact/latest", []string{"8"}, false, []string{
			"MODEL_RUNS models:/exact/latest stands for the newest finished run of each task: 1 run",
			"MODEL_VERSION models:/exact/latest is version 1",
			"MODEL_VERSION_UNTAGGED models:/exact/1 has no tag invocation_id: runs with the tag model exact stand for it, which may be of another version",
		}},
		{"models:/a*b/1", []string{"11"}, false, []string{
			"MODEL_RUNS models:/a*b/1 stands for the newest finished run of each task: 1 run",
			"MODEL_VERSION_UNTAGGED models:/a*b/1 has no tag invocation_id: runs with the tag model other/a*b stand for it, which may be of another version",
		}},
		{"models:/a%20b/1", []string{"1", "2"}, true, nil},
		{"models:/quoted%20name/1", []string{"3"}, true, nil},
	} {
		resolution, err := resolveVersion(t, store, test.word, nil)
		if err != nil {
			t.Errorf("%s: %v", test.word, err)
			continue
		}
		var runs, warnings []string
		kind := query.ByVersion
		for _, w := range resolution.Warnings("") {
			warnings = append(warnings, w.Code+" "+w.Message)
			if w.Code == "MODEL_VERSION_UNTAGGED" {
				kind = query.ByModel
			}
		}
		for _, found := range resolution.Found {
			for _, run := range found.Runs {
				runs = append(runs, run.ID)
			}
			if found.Source.Text != test.word || found.Whole != test.whole || found.Source.Kind != kind {
				t.Errorf("%s: found of %s, kind %d, whole %v", test.word, found.Source.Text, found.Source.Kind, found.Whole)
			}
		}
		slices.Sort(runs)
		slices.Sort(warnings)
		slices.Sort(test.runs)
		if diff := gocmp.Diff(test.runs, runs); diff != "" {
			t.Errorf("%s: runs (-want +got):\n%s", test.word, diff)
		}
		if diff := gocmp.Diff(test.warnings, warnings); diff != "" {
			t.Errorf("%s: warnings (-want +got):\n%s", test.word, diff)
		}
	}
}

func TestResolveVersionFails(t *testing.T) {
	nearest := func(word string, known []string) []string {
		return slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k[:1] != word[:1] })
	}
	for _, test := range []struct {
		word, says, hints string
		code              query.Code
		candidates        []string
	}{
		{"models:/fulcon/1", "no registered model fulcon in http://mlflow", "evalctl models", query.NotFound, []string{"falcon"}},
		{"models:/zebra/1", "no registered model zebra", "evalctl models", query.NotFound, []string{"a b", "a*b", "exact", "falcon", "none yet", "quoted%20name", "twins"}},
		{"models:/falcon/9", "falcon in http://mlflow has no version 9", "evalctl models 'falcon'", query.NotFound, []string{
			"models:/falcon@champion", "models:/falcon@dangling", "models:/falcon/8", "models:/falcon/7", "models:/falcon/6",
			"models:/falcon/5", "models:/falcon/4", "models:/falcon/3", "models:/falcon/2", "models:/falcon/1",
		}},
		{"models:/falcon@chmpion", "has no alias chmpion", "", query.NotFound, []string{
			"models:/falcon@champion", "models:/falcon/8", "models:/falcon/7", "models:/falcon/6",
			"models:/falcon/5", "models:/falcon/4", "models:/falcon/3", "models:/falcon/2", "models:/falcon/1",
		}},
		{"models:/falcon@dangling", "is of version 9, which is not there", "", query.NotFound, nil},
		{"models:/exact/Production", "no version of exact in http://mlflow is in the stage production", "", query.NotFound, []string{"models:/exact/1"}},
		{"models:/none yet/latest", "none yet in http://mlflow has no version", "", query.NotFound, []string{}},
		{"models:/falcon/5", "no invocation 00000000deadbeef in http://mlflow, which the tag invocation_id of models:/falcon/5 names", "launcher", query.NotFound, nil},
		{"models:/falcon/8", "no job aaaa1111aaaa1111.7 in http://mlflow, which the tag invocation_id of models:/falcon/8 names", "", query.NotFound, nil},
		{"models:/falcon/7", `the tag invocation_id of models:/falcon/7 holds "aaaa11", which is no id`, "8 or 16 digits", query.NotFound, nil},
		{
			"models:/twins/1", "models:/twins/1 has no tag invocation_id, and its name is that of 2 models",
			`python -c 'import mlflow; mlflow.MlflowClient().set_model_version_tag("twins", "1", "invocation_id", "ID")'`, query.Ambiguous,
			[]string{"x/twins", "y/twins"},
		},
	} {
		_, err := resolveVersion(t, library(), test.word, nearest)
		e, ok := errors.AsType[*query.Error](err)
		if !ok || e.Code != test.code || !strings.Contains(e.Message, test.says) || !strings.Contains(e.Hint, test.hints) {
			t.Errorf("%s: %#v", test.word, err)
			continue
		}
		if test.candidates == nil {
			continue
		}
		if diff := gocmp.Diff(test.candidates, e.Candidates, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: candidates (-want +got):\n%s", test.word, diff)
		}
	}
	unnamed := library()
	unnamed.runs = nil
	unnamed.versions["exact"][0].Version = 12
	unnamed.models[2].Name, unnamed.versions["it's"] = "it's", unnamed.versions["exact"]
	_, err := resolveVersion(t, unnamed, "models:/it's/12", nil)
	e, ok := errors.AsType[*query.Error](err)
	want := "the tag says which evaluations are of a version:\n" +
		`python -c 'import mlflow; mlflow.MlflowClient().set_model_version_tag("it'\''s", "12", "invocation_id", "ID")'`
	if !ok || e.Code != query.NotFound || e.Hint != want {
		t.Errorf("no runs: %#v", err)
	}
	for uri, environment := range map[string]string{
		"sqlite:////srv/my evals.db": `MLFLOW_TRACKING_URI='sqlite:////srv/my evals.db' `,
		"file:///srv/mlruns":         `MLFLOW_ALLOW_FILE_STORE=true MLFLOW_TRACKING_URI='file:///srv/mlruns' `,
	} {
		_, err = resolveVersion(t, atHand{unnamed, uri}, "models:/it's/12", nil)
		_, command, _ := strings.Cut(want, "\n")
		if e, ok := errors.AsType[*query.Error](err); !ok || !strings.HasSuffix(e.Hint, "\n"+environment+command) {
			t.Errorf("in %s: %#v", uri, err)
		}
	}
	_, err = resolveVersion(t, &memory{uri: "demo:"}, "models:/x/1", nil)
	if !query.HasCode(err, query.Usage) || err.Error() != "demo: has no model registry" {
		t.Errorf("a store without: %v", err)
	}
	failing := library()
	failing.err = &query.Error{Code: query.Forbidden, Message: "no"}
	if _, err := resolveVersion(t, failing, "models:/falcon/1", nil); !query.HasCode(err, query.Forbidden) {
		t.Errorf("a store that fails: %v", err)
	}
}

func TestLinks(t *testing.T) {
	store := library()
	resolver := query.Resolver{Stores: onShelf{store: store}}
	for _, test := range []struct {
		model string
		want  []query.Link
	}{
		{"falcon", []query.Link{
			{By: "invocation_id", Unknown: []string{inv + ".7"}},
			{By: "invocation_id", Unknown: []string{inv[:6]}},
			{By: "model", IDs: []string{other, inv, older}},
			{By: "invocation_id", IDs: []string{inv}, Unknown: []string{"00000000deadbeef"}},
			{By: "invocation_id", IDs: []string{strings.ToUpper(inv) + ".1"}, Unknown: []string{"00000000000000000000000000000000"}},
			{By: "invocation_id", IDs: []string{older}},
			{By: "invocation_id", IDs: []string{inv, other}},
			{By: "invocation_id", IDs: []string{inv}},
		}},
		{"twins", []query.Link{{}}},
		{"none yet", []query.Link{}},
	} {
		got, err := resolver.Links(t.Context(), store, test.model, store.versions[test.model])
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.model, diff)
		}
	}
	store.memory.err = &query.Error{Code: query.Unreachable, Message: "gone"}
	for _, v := range []query.ModelVersion{version(1, "", ""), version(1, "", "00000000deadbeef")} {
		if _, err := resolver.Links(t.Context(), store, "falcon", []query.ModelVersion{v}); !query.HasCode(err, query.Unreachable) {
			t.Errorf("tag %q on a server that is gone: %v", v.Tags[query.TagInvocation], err)
		}
	}
}

func TestAliasesOf(t *testing.T) {
	model := query.RegisteredModel{Aliases: map[string]int{"b": 2, "a": 2, "c": 1}, UpdatedAt: time.Time{}}
	if got := fmt.Sprint(model.AliasesOf(2), model.AliasesOf(1), model.AliasesOf(3)); got != "[a b] [c] []" {
		t.Error(got)
	}
}
