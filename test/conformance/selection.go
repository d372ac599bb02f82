package conformance

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// searchOperators holds every operator to what [query.Filter.Match] says of the
// runs that a search without a filter finds.
func (s suite) searchOperators(t *testing.T, store query.Store) {
	all := search(t, store)
	middle := strconv.FormatInt(all[len(all)/2].StartTime.UnixMilli(), 10)
	task := func(op query.Op, value string) query.Filter { return query.Filter{tag(query.TagTask, op, value)} }
	start := func(op query.Op) query.Filter {
		return query.Filter{{Entity: query.Attribute, Key: "start_time", Op: op, Value: middle}}
	}
	other := query.Condition{Entity: query.Attribute, Key: "status", Op: query.NotEqual, Value: query.StatusFailed}
	for _, filter := range []query.Filter{
		task(query.Like, "*.arith"),
		task(query.Like, "*arit?"),
		task(query.Like, "lm-*-harness.*"),
		task(query.Like, "LM-*"),   // upper and lower case differ
		task(query.Like, "bfcl_*"), // "_" is itself
		task(query.Absent, ""),
		{tag("no_such_tag", query.Absent, ""), tag(query.TagHarness, query.Equal, "bfcl")},
		{{Entity: query.Param, Key: "no_such_param", Op: query.Absent}, tag(query.TagHarness, query.Like, "b*")},
		{other},
		{other, tag(query.TagTask, query.Like, "*story")},
		start(query.AtLeast),
		start(query.Before),
		slices.Concat(start(query.AtLeast), task(query.Like, "*arith")),
	} {
		s.checkSearch(t, store, all, query.Search{Filter: filter})
	}
}

// searchAny holds alternatives to the same: each run once, in the one order.
func (s suite) searchAny(t *testing.T, store query.Store) {
	all := search(t, store)
	arith, story := tag(query.TagTask, query.Like, "*arith"), tag(query.TagTask, query.Like, "*story")
	bfcl := tag(query.TagHarness, query.Equal, "bfcl")
	nothing := tag(query.TagInvocation, query.Equal, "00000000deadbeef")
	for _, of := range []query.Search{
		{Any: []query.Filter{{arith}, {story}}},
		{Any: []query.Filter{{arith}, {bfcl}, {arith, tag(query.TagInvocation, query.HasPrefix, "7")}}}, // overlapping
		{Any: []query.Filter{{nothing}, {story}}},
		{Any: []query.Filter{{nothing}}},
		{Any: []query.Filter{{nothing}, {}}}, // an empty filter is met by every run
		{Any: []query.Filter{{arith}, {tag(query.TagTask, query.Absent, "")}}, Filter: query.Filter{tag(query.TagInvocation, query.HasPrefix, "7")}},
	} {
		s.checkSearch(t, store, all, of)
	}
}

// searchLanguage asks in MLflow's language for what [query.Filter] can say too, and
// for the one thing that it cannot, a metric. A store that does not know the language
// says so, and does not answer with everything.
func (s suite) searchLanguage(t *testing.T, store query.Store) {
	refused := []string{"tags.harness = ", "OR", "no words"}
	if !s.options.Language {
		refused = append(refused, "tags.harness = 'bfcl'")
	}
	for _, raw := range refused {
		if runs, err := query.All(store.Search(t.Context(), query.Search{Raw: raw})); !query.HasCode(err, query.Usage) {
			t.Errorf("search %q: %s, %v; want an error of usage", raw, ids(runs), err)
		}
	}
	if !s.options.Language {
		return
	}
	all := search(t, store)
	raw := func(raw string, meets func(query.Run) bool) {
		t.Helper()
		for name, of := range map[string]query.Search{
			"alone":             {},
			"with a filter":     {Filter: query.Filter{tag(query.TagInvocation, query.HasPrefix, "7")}},
			"with alternatives": {Any: []query.Filter{{tag(query.TagTask, query.Like, "*arith")}, {tag(query.TagTask, query.Like, "*story")}}},
		} {
			of.Raw = raw
			var want []string
			for _, run := range all {
				if meets(run) && of.Match(run) {
					want = append(want, run.ID)
				}
			}
			for _, of.Limit = range []int{0, 2} {
				if of.Limit > 0 {
					want = want[:min(of.Limit, len(want))]
				}
				got, err := query.All(store.Search(t.Context(), of))
				if err != nil || !slices.Equal(ids(got), want) {
					t.Errorf("%s, %s, limit %d: %s, %v; want %s", raw, name, of.Limit, ids(got), err, want)
				}
			}
		}
	}
	raw("tags.harness = 'bfcl'", func(run query.Run) bool { return run.Tags[query.TagHarness] == "bfcl" })
	raw("tags.harness != 'bfcl'", func(run query.Run) bool { harness, ok := run.Tags[query.TagHarness]; return ok && harness != "bfcl" })
	raw("tags.`task_name` LIKE '%.arith' AND attributes.status = 'FINISHED'", func(run query.Run) bool {
		return strings.HasSuffix(run.Tags[query.TagTask], ".arith") && run.Status == query.StatusFinished
	})
	raw("params.no_such_param = '1'", func(query.Run) bool { return false })
	const metric = "arith_pass_at_1_correct"
	has := func(run query.Run) bool { _, ok := run.Metrics[metric]; return ok }
	if s.options.OnlyFinished && !slices.ContainsFunc(all, has) {
		t.Errorf("no run has the metric %s, which the exporter writes", metric)
	}
	raw("metrics.`"+metric+"` > 0.5", func(run query.Run) bool { return run.Metrics[metric] > 0.5 })
}

// checkSearch compares a search, whole and cut at any length, with the runs that
// match among all.
func (s suite) checkSearch(t *testing.T, store query.Store, all []query.Run, of query.Search) {
	t.Helper()
	want := slices.DeleteFunc(slices.Clone(all), func(run query.Run) bool { return !of.Match(run) })
	for _, limit := range []int{0, 1, len(want) + 1} {
		of.Limit = limit
		got, err := query.All(store.Search(t.Context(), of))
		if err != nil {
			t.Fatalf("search %v: %v", of, err)
		}
		expected := want
		if limit > 0 {
			expected = want[:min(limit, len(want))]
		}
		if !slices.Equal(ids(got), ids(expected)) {
			t.Errorf("search %v: %s, want %s", of, ids(got), ids(expected))
		}
	}
	of.Limit, of.Expected = 0, 2 // a hint that is wrong costs pages, no runs
	got, err := query.All(store.Search(t.Context(), of))
	if err != nil || !slices.Equal(ids(got), ids(want)) {
		t.Errorf("search %v: %s, %v; want %s", of, ids(got), err, ids(want))
	}
}

// find holds a selection to the jobs that it describes.
func (s suite) find(t *testing.T, store query.Store) {
	all := search(t, store)
	pattern := func(text string) query.Pattern {
		p, err := query.ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	short := func(j Job) string { return strings.TrimPrefix(j.Task, j.Harness+".") }
	for name, test := range map[string]struct {
		selection query.Selection
		keep      func(Job) bool
	}{
		"everything":     {query.Selection{}, func(Job) bool { return true }},
		"a task":         {query.Selection{Task: pattern("arith")}, func(j Job) bool { return short(j) == "arith" }},
		"with harness":   {query.Selection{Task: pattern("byob_arith.arith")}, func(j Job) bool { return short(j) == "arith" }},
		"not its end":    {query.Selection{Task: pattern("rith")}, func(Job) bool { return false }},
		"tasks":          {query.Selection{Task: pattern("*t*")}, func(j Job) bool { return strings.Contains(j.Task, "t") }},
		"an expression":  {query.Selection{Task: pattern("/^(arith|story)$/")}, func(j Job) bool { return short(j) == "arith" || short(j) == "story" }},
		"a harness":      {query.Selection{Harness: pattern("b*")}, func(j Job) bool { return strings.HasPrefix(j.Harness, "b") }},
		"/harness/":      {query.Selection{Harness: pattern("/^b/")}, func(j Job) bool { return strings.HasPrefix(j.Harness, "b") }},
		"a tag":          {query.Selection{Tags: []query.TagPattern{{Key: query.TagInvocation, Value: pattern("7*")}}}, func(j Job) bool { return j.Invocation[0] == '7' }},
		"a tag there is": {query.Selection{Tags: []query.TagPattern{{Key: query.TagTask}}}, func(Job) bool { return true }},
		"none there is":  {query.Selection{Tags: []query.TagPattern{{Key: "no_such_tag"}}}, func(Job) bool { return false }},
		"a tag and task": {
			query.Selection{Task: pattern("story"), Tags: []query.TagPattern{{Key: query.TagInvocation, Value: pattern("/^7/")}}},
			func(j Job) bool { return j.Invocation[0] == '7' && short(j) == "story" },
		},
	} {
		runs, err := query.All(query.Find(t.Context(), store, test.selection, 0, nil, &query.Tally{}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Run(name, func(t *testing.T) { s.checkJobs(t, runs, test.keep) })
	}
	newest := all[0]
	for name, selection := range map[string]query.Selection{
		"since the newest":  {Since: newest.StartTime},
		"until it":          {Until: newest.StartTime},
		"finished":          {Statuses: []string{query.StatusFinished}},
		"finished, running": {Statuses: []string{query.StatusFinished, query.StatusRunning}},
		"failed or killed":  {Statuses: []string{query.StatusKilled, query.StatusFailed}},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(run query.Run) bool {
			return run.StartTime.Before(selection.Since) || !selection.Until.IsZero() && !run.StartTime.Before(selection.Until) ||
				len(selection.Statuses) > 0 && !slices.Contains(selection.Statuses, run.Status)
		})
		got, err := query.All(query.Find(t.Context(), store, selection, 0, nil, &query.Tally{}))
		if err != nil || !slices.Equal(ids(got), ids(want)) {
			t.Errorf("%s: %s, %v; want %s", name, ids(got), err, ids(want))
		}
	}
	if runs, err := query.All(query.Find(t.Context(), store, query.Selection{Since: newest.StartTime.Add(time.Second)}, 0, nil, &query.Tally{})); err != nil || len(runs) > 0 {
		t.Errorf("after the newest: %s, %v", ids(runs), err)
	}
	s.findModels(t, store, all)
}

// findModels checks that each run is found by the model that the store knows, and
// counted if it knows none.
func (s suite) findModels(t *testing.T, store query.Store, all []query.Run) {
	byModel := map[string][]string{}
	for _, run := range all {
		byModel[run.Model] = append(byModel[run.Model], run.ID)
	}
	if len(byModel) == 0 || len(byModel[""]) == len(all) {
		t.Fatalf("no run has a model")
	}
	for model, want := range byModel {
		if model == "" {
			continue
		}
		for _, text := range []string{model, model[:len(model)-1] + "?", "*" + model[2:], "/^" + model + "$/"} {
			pattern, err := query.ParsePattern(text)
			if err != nil {
				t.Fatal(err)
			}
			tally := query.Tally{}
			runs, err := query.All(query.Find(t.Context(), store, query.Selection{Model: pattern}, 0, nil, &tally))
			if err != nil || !slices.Equal(ids(runs), want) {
				t.Errorf("model %s: %s, %v; want %s", text, ids(runs), err, want)
			}
			if tally.Unknown != len(byModel[""]) {
				t.Errorf("model %s: %d runs without a known one, want %d", text, tally.Unknown, len(byModel[""]))
			}
		}
	}
}
