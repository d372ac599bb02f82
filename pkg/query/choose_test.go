package query_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
)

// of gives a job a model and a task.
func of(model, task string, run query.Run) query.Run {
	run.Model = model
	run.Tags[query.TagTask] = task
	return run
}

func pattern(t *testing.T, text string) query.Pattern {
	t.Helper()
	p, err := query.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// resolver resolves one word, with what it may choose from.
func choose(t *testing.T, from stores, selection query.Selection, word string) ([]query.Found, error) {
	t.Helper()
	selector, err := query.ParseSelector(word)
	if err != nil {
		t.Fatal(err)
	}
	resolutions, err := query.Resolver{Stores: from, Selection: selection}.Resolve(t.Context(), []query.Selector{selector})
	if err != nil {
		return nil, err
	}
	return resolutions[0].Found, nil
}

// lines are the runs of each source and the warnings about them.
func lines(found []query.Found) []string {
	var all []string
	for _, f := range found {
		all = append(all, strings.Join(runIDs(f.Runs), " "))
		for _, w := range (query.Resolution{Found: []query.Found{f}}).Warnings("") {
			all = append(all, w.Code+": "+w.Message+" "+strings.Join(w.RunIDs, " "))
		}
	}
	return all
}

const (
	inv2 = "bbbb2222bbbb2222"
	inv3 = "cccc3333cccc3333"
)

func TestModelIsTheNewestFinishedRunOfEachTask(t *testing.T) {
	unfinished := func(r *query.Run) { r.Status = query.StatusRunning }
	whole := query.Run{
		ID: "w", Status: query.StatusFinished, StartTime: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Model: "m",
		Tags: map[string]string{query.TagInvocation: "dddd4444dddd4444"}, Params: map[string]string{query.ParamJobs: "2"},
	}
	for name, test := range map[string]struct {
		runs []query.Run
		word string
		want []string
	}{
		"of two invocations": {
			[]query.Run{
				of("m", "a", job("a1", inv, 0, 1)), of("m", "b", job("b1", inv, 1, 2)), of("m", "c", job("c1", inv, 2, 3)),
				of("m", "a", job("a2", inv2, 0, 5)), of("other", "a", job("a3", inv3, 0, 9)),
			},
			"model:m",
			[]string{"a2", "MODEL_RUNS: model:m stands for the newest finished run of each task: 3 runs; 1 older run is left out a2 b1 c1", "b1 c1"},
		},
		"a newer run that is not finished": {
			[]query.Run{of("m", "a", job("a1", inv, 0, 1)), with(of("m", "a", job("a2", inv2, 0, 2)), unfinished), with(of("m", "b", job("b2", inv2, 1, 2)), unfinished)},
			"model:?",
			[]string{"a1", "MODEL_RUNS: model:? stands for the newest finished run of each task: 1 run; of b no run is finished a1"},
		},
		"exported twice": {
			[]query.Run{of("m", "a", job("a1", inv, 0, 1)), of("m", "a", job("a2", inv, 0, 2))},
			"model:m",
			[]string{"a2", "MODEL_RUNS: model:m stands for the newest finished run of each task: 1 run; 1 older run is left out a2"},
		},
		"with and without the harness in front": {
			[]query.Run{
				with(of("m", "h.a", job("a1", inv, 0, 1)), func(r *query.Run) { r.Tags[query.TagHarness] = "h" }),
				of("m", "a", job("a2", inv2, 0, 2)),
			},
			"model:m",
			[]string{"a2", "MODEL_RUNS: model:m stands for the newest finished run of each task: 1 run; 1 older run is left out a2"},
		},
		"beside a whole invocation": {
			[]query.Run{of("m", "a", job("a1", inv, 0, 1)), whole},
			"model:m",
			[]string{"a1", "MODEL_RUNS: model:m stands for the newest finished run of each task: 1 run; 1 run of a whole invocation does not, as its tasks are in its files only a1"},
		},
		"a whole invocation alone": {
			[]query.Run{whole},
			"model:m",
			[]string{"w", "MODEL_RUNS: model:m stands for the newest finished run, which is of a whole invocation w"},
		},
		"beside runs without a known model": {
			[]query.Run{of("m", "a", job("a1", inv, 0, 1)), of("", "a", job("a2", inv2, 0, 2))},
			"model:m",
			[]string{
				"a1", "MODEL_RUNS: model:m stands for the newest finished run of each task: 1 run a1",
				"MODEL_UNKNOWN: left out, as no tag or parameter tells the model: 1 run; --deep fetches the files that tell it ",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := choose(t, server(test.runs...), query.Selection{}, test.word)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(test.want, lines(found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, f := range found {
				if f.Whole {
					t.Error("a model's runs name no whole invocation")
				}
			}
		})
	}
}

// What is at hand on one machine chooses no runs; what was fetched to know does.
func TestFilesChooseOnlyIfFetched(t *testing.T) {
	from := server(of("m", "a", job("a1", inv, 0, 1)), of("", "a", job("a2", inv2, 0, 2)))
	files := func(_ context.Context, _ query.Store, runs []query.Run) ([]string, error) {
		return slices.Repeat([]string{"m"}, len(runs)), nil
	}
	for deep, want := range map[bool]string{false: "a1", true: "a2"} {
		r := query.Resolver{Stores: from, Models: files, Selection: query.Selection{Deep: deep}}
		sides, _, err := r.ByModel(t.Context())
		if err != nil || len(sides) != 1 || sides[0].Found[0].Runs[0].ID != want {
			t.Errorf("deep %v: each model's sides %v, %v; want %s", deep, sides, err, want)
		}
		for word, model := range map[string]string{"model:m": "", "@latest": "m"} {
			if model != "" {
				r.Selection.Model = pattern(t, model)
			}
			selector, err := query.ParseSelector(word)
			if err != nil {
				t.Fatal(err)
			}
			found, err := r.Resolve(t.Context(), []query.Selector{selector})
			if err != nil || found[0].Found[0].Runs[0].ID != want {
				t.Errorf("deep %v: %s is %v, %v; want %s", deep, word, found, err, want)
			}
		}
	}
}

func TestModelErrors(t *testing.T) {
	from := server(
		of("m-1", "a", job("a1", inv, 0, 1)), of("m-2", "a", job("a2", inv2, 0, 2)),
		with(of("n", "a", job("a3", inv3, 0, 3)), func(r *query.Run) { r.Status = query.StatusFailed }),
	)
	for word, want := range map[string]struct {
		code query.Code
		text string
	}{
		"model:m*":    {query.Ambiguous, `"model:m*" names 2 models`},
		"model:none":  {query.NotFound, "no run of a model none in http://server"},
		"model:n":     {query.NotFound, "no finished run of n: 1 run is not finished"},
		"model:/m-(/": {query.Usage, "is no regular expression"},
	} {
		if _, err := choose(t, from, query.Selection{}, word); !query.HasCode(err, want.code) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", word, err)
		}
	}
	if _, err := choose(t, from, query.Selection{Since: from.server.runs[1].StartTime}, "model:m-1"); !query.HasCode(err, query.NotFound) ||
		!strings.Contains(err.Error(), "among those that the filters leave") {
		t.Errorf("a model that the filters leave out: %v", err)
	}
	found, err := choose(t, from, query.Selection{Model: pattern(t, "*2")}, "model:m*")
	if err != nil || len(found) != 1 || found[0].Runs[0].ID != "a2" {
		t.Errorf("a model and a filter on it: %v, %v", found, err)
	}
}

func TestLatest(t *testing.T) {
	bundle := query.Run{
		ID: "n1", Status: query.StatusFinished, StartTime: time.Date(2026, 1, 1, 0, 7, 0, 0, time.UTC),
		Tags: map[string]string{query.TagJob: "eval-20260101T000700Z-mmlu", query.TagBenchmark: "mmlu"},
	}
	from := server(
		of("m", "a", job("a1", inv, 0, 1)), of("m", "b", job("b1", inv, 1, 9)), // one job was exported again
		of("n", "a", job("a2", inv2, 0, 8)), of("m", "b", job("b2", inv2, 1, 2)),
		bundle,
		// An export that failed makes no invocation the newest.
		with(of("m", "c", job("c2", inv2, 2, 50)), func(r *query.Run) { r.Status = query.StatusFailed }),
		with(of("o", "c", job("a3", inv3, 0, 51)), func(r *query.Run) { r.Status = query.StatusRunning }),
		query.Run{ID: "x", StartTime: time.Date(2026, 1, 1, 0, 59, 0, 0, time.UTC), Tags: map[string]string{query.TagJob: "4711"}}, // no evaluation
	)
	for _, test := range []struct {
		word      string
		selection query.Selection
		want      []string // nil: there is none
	}{
		{"@latest", query.Selection{}, []string{"a1", "b1"}},
		{"@latest~1", query.Selection{}, []string{"a2", "b2", "c2"}},
		{"@latest~2", query.Selection{}, []string{"n1"}},
		{"@latest~3", query.Selection{}, nil},
		// The filters find the invocation, which is then whole.
		{"@latest", query.Selection{Model: pattern(t, "n")}, []string{"a2", "b2", "c2"}},
		{"@latest~1", query.Selection{Model: pattern(t, "n")}, nil},
		{"@latest", query.Selection{Task: pattern(t, "mmlu")}, []string{"n1"}},
		{"@latest", query.Selection{Until: time.Date(2026, 1, 1, 0, 2, 0, 0, time.UTC)}, []string{"a1", "b1"}},
	} {
		found, err := choose(t, from, test.selection, test.word)
		if test.want == nil {
			if !query.HasCode(err, query.NotFound) {
				t.Errorf("%s: %v", test.word, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.word, err)
			continue
		}
		if got := runIDs(found[0].Runs); !slices.Equal(got, test.want) || found[0].Whole != (test.want[0] != "n1") {
			t.Errorf("%s: %s, whole %v; want %s", test.word, got, found[0].Whole, test.want)
		}
	}
}

func TestByModelMakesOneOfEach(t *testing.T) {
	from := server(
		of("m", "a", job("a1", inv, 0, 1)), of("n", "a", job("a2", inv2, 0, 2)), of("", "a", job("a3", inv3, 0, 3)),
		with(of("o", "a", job("a4", "dddd4444dddd4444", 0, 4)), func(r *query.Run) { r.Status = query.StatusKilled }),
	)
	resolutions, warnings, err := query.Resolver{Stores: from}.ByModel(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range resolutions {
		got = append(got, r.Selector.Text+" "+strings.Join(runIDs(r.Found[0].Runs), " "))
	}
	for _, w := range warnings {
		got = append(got, w.Code+" "+w.Message)
	}
	if diff := gocmp.Diff([]string{
		"model:m a1", "model:n a2", "MODEL_RUNS no finished run of o: 1 run is not finished",
		"MODEL_UNKNOWN left out, as no tag or parameter tells the model: 1 run; --deep fetches the files that tell it",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	selection := query.Selection{Model: pattern(t, "none")}
	if _, _, err := (query.Resolver{Stores: from, Selection: selection}).ByModel(t.Context()); !query.HasCode(err, query.NotFound) {
		t.Errorf("of no model: %v", err)
	}
}

// A run whose tag was replaced is found by the parameter.
func TestInvocationByParameter(t *testing.T) {
	replaced := with(job("r", inv, 0, 1), func(r *query.Run) {
		r.Tags[query.TagInvocation] = "nightly"
		r.Params = map[string]string{query.ParamInvocation: inv}
	})
	for _, word := range []string{inv, "aaaa", inv + ".0", "aaaa.0"} {
		ids, found := found(t, server(replaced), word)
		if diff := gocmp.Diff([][]string{{"r"}}, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
		if got := lines(found); len(got) != 2 || !strings.HasPrefix(got[1], "INVOCATION_TAG_DIFFERS: the tag invocation_id of 1 run (nightly)") {
			t.Errorf("%s: %q", word, got)
		}
		if id := found[0].Runs[0].InvocationID(); id != inv {
			t.Errorf("%s: of invocation %q", word, id)
		}
	}
	// What a tag says is not doubted where it can be the launcher's.
	stale := with(job("s", inv2, 0, 1), func(r *query.Run) { r.Params = map[string]string{query.ParamInvocation: inv} })
	from := server(stale, job("t", inv, 0, 1))
	if ids, _ := found(t, from, inv); !slices.Equal(ids[0], []string{"t"}) {
		t.Errorf("%s is %s", inv, ids)
	}
	// Of one invocation some runs may have it in the tag and some in the parameter.
	other := with(job("o", inv, 1, 2), func(r *query.Run) {
		r.Tags[query.TagInvocation] = "nightly"
		r.Params = map[string]string{query.ParamInvocation: inv}
	})
	both := server(job("t", inv, 0, 1), other, stale)
	for _, word := range []string{inv, "aaaa1111"} {
		if ids, _ := found(t, both, word); !slices.Equal(ids[0], []string{"o", "t"}) && !slices.Equal(ids[0], []string{"t", "o"}) {
			t.Errorf("%s is %s", word, ids)
		}
	}
	elsewhere := with(job("e", "aaaa3333aaaa3333", 0, 2), func(r *query.Run) {
		r.Tags[query.TagInvocation] = "nightly"
		r.Params = map[string]string{query.ParamInvocation: "aaaa3333aaaa3333"}
	})
	_, err := resolveAll(t, server(job("t", inv, 0, 1), elsewhere), "aaaa")
	if !query.HasCode(err, query.Ambiguous) {
		t.Errorf("a prefix of an id in a tag and of one in a parameter: %v", err)
	}
}

func TestPageOpensItsServer(t *testing.T) {
	other := &memory{uri: "http://other", runs: []query.Run{with(job(hexA, inv, 0, 1), func(r *query.Run) { r.Deleted = true })}}
	from := server()
	from.servers = map[string]*memory{"http://other/prefix": other, "http://other/prefixteam": {uri: "http://team"}}
	_, found := found(t, from, "http://other/prefix/#/experiments/1/runs/"+hexA)
	want := []string{hexA, "RUN_DELETED: 1 run is deleted in the tracking store " + hexA}
	if diff := gocmp.Diff(want, lines(found)); diff != "" || found[0].Store != query.Store(other) {
		t.Errorf("from %s (-want +got):\n%s", found[0].Store.URI(), diff)
	}
	_, err := resolveAll(t, from, "http://other/prefix/#/experiments/1/runs/"+hexA+"?workspace=team")
	if !query.HasCode(err, query.NotFound) || !strings.Contains(err.Error(), "http://team") {
		t.Errorf("another workspace: %v", err)
	}
}

// Models are asked for as far as needed, in the order of the search.
func TestFindAsksForModelsAsNeeded(t *testing.T) {
	var runs []query.Run
	for i := range 100 {
		runs = append(runs, of("", "a", job(string(rune('A'+i/26))+string(rune('a'+i%26)), inv, i, 100-i)))
	}
	asked := 0
	models := func(_ context.Context, _ query.Store, runs []query.Run) ([]string, error) {
		asked += len(runs)
		names := make([]string, len(runs))
		for i, run := range runs {
			if strings.HasSuffix(run.ID, "c") {
				names[i] = "m"
			}
		}
		return names, nil
	}
	tally := query.Tally{}
	var got []string
	for run, err := range query.Find(t.Context(), server(runs...).server, query.Selection{Model: pattern(t, "m")}, 2, models, &tally) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, run.ID+" "+run.Model); len(got) == 2 {
			break
		}
	}
	if !slices.Equal(got, []string{"Ac m", "Bc m"}) || tally.Unknown != 27 || asked != 32 {
		t.Errorf("found %q, %d unknown, %d asked for", got, tally.Unknown, asked)
	}
}
