package artifacts_test

import (
	"context"
	"iter"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
)

// shelf is a server of records.
type shelf struct {
	memory
	runs  []query.Run
	asked int
}

func (s *shelf) Search(_ context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		s.asked++
		for _, run := range s.runs {
			if search.Match(run) && !yield(run, nil) {
				return
			}
		}
	}
}

func (s *shelf) Run(_ context.Context, id string) (query.Run, error) {
	s.asked++
	for _, run := range s.runs {
		if run.ID == id {
			return run, nil
		}
	}
	return query.Run{}, &query.Error{Code: query.NotFound, Message: "none"}
}

func jobOf(id, invocation, job string) query.Run {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return query.Run{
		ID: id, ExperimentID: "1", Experiment: "e", Status: query.StatusFinished, StartTime: start, EndTime: start.Add(time.Hour),
		Tags:   map[string]string{"invocation_id": invocation, "job_id": invocation + "." + job, "api_key": "hunter2"},
		Params: map[string]string{"config.token": "hunter2", "p": "Bearer abcdefghij0123456789"},
		Metrics: map[string]float64{
			"a": 0.1 + 0.2, "nan": math.NaN(), "inf": math.Inf(-1),
		},
	}
}

func byTag(key string, op query.Op, value string) query.Search {
	return query.Search{Filter: query.Filter{{Entity: query.Tag, Key: key, Op: op, Value: value}}}
}

// After a search, which other searches are answered without the server.
func TestWhatTheCacheAnswers(t *testing.T) {
	a0, a1, b0 := jobOf("a0", "aaaa1111aaaa1111", "0"), jobOf("a1", "aaaa1111aaaa1111", "1"), jobOf("b0", "aaaa2222aaaa2222", "0")
	whole := byTag("invocation_id", query.Equal, "aaaa1111aaaa1111")
	status := query.Condition{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished}
	since := func(ms string) query.Search {
		return query.Search{Filter: query.Filter{{Entity: query.Attribute, Key: "start_time", Op: query.AtLeast, Value: ms}}}
	}
	parameter := func(op query.Op, value string) query.Condition {
		return query.Condition{Entity: query.Param, Key: query.ParamInvocation, Op: op, Value: value}
	}
	evaluations := query.Search{Any: []query.Filter{
		{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}},
		{parameter(query.HasPrefix, ""), {Entity: query.Tag, Key: query.TagInvocation, Op: query.Absent}},
	}}
	for _, test := range []struct {
		name  string
		asked query.Search
		then  query.Search
		want  string // ids, or "lacks"
	}{
		{"the same", whole, whole, "a0 a1"},
		{"a job of it", whole, byTag("job_id", query.Equal, "aaaa1111aaaa1111.1"), "a1"},
		{"a longer id", byTag("invocation_id", query.HasPrefix, "aaaa"), whole, "a0 a1"},
		{"a shorter id, of which the parameter was not asked", whole, byTag("invocation_id", query.HasPrefix, "aaaa1"), "lacks"},
		{"no such job", whole, byTag("job_id", query.Equal, "aaaa1111aaaa1111.7"), ""},
		{"another id", whole, byTag("invocation_id", query.Equal, "bbbb1111bbbb1111"), "lacks"},
		{"another shorter id", whole, byTag("invocation_id", query.HasPrefix, "bbbb"), "lacks"},
		{"one more condition", whole, query.Search{Filter: append(query.Filter{status}, whole.Filter...)}, "a0 a1"},
		{"one condition less", query.Search{Filter: append(query.Filter{status}, whole.Filter...)}, whole, "lacks"},
		{"everything", query.Search{}, whole, "a0 a1"},
		{"all evaluations, then one by its tag", evaluations, whole, "a0 a1"},
		{"all evaluations, then one that is not among them", evaluations, byTag("invocation_id", query.Equal, "bbbb1111bbbb1111"), "lacks"},
		{"all evaluations, then one by its parameter", evaluations, query.Search{Filter: query.Filter{parameter(query.Equal, "aaaa1111aaaa1111")}}, ""},
		{"those with the parameter alone, then all with it", query.Search{Any: evaluations.Any[1:]}, query.Search{Filter: query.Filter{parameter(query.Equal, "aaaa1111aaaa1111")}}, "lacks"},
		{"a list from one invocation", whole, query.Search{}, "lacks"},
		{"another view", whole, query.Search{Filter: whole.Filter, View: query.WithDeleted}, "lacks"},
		{"in an experiment", whole, query.Search{Filter: whole.Filter, Experiments: []string{"1"}}, "a0 a1"},
		{"in another experiment", whole, query.Search{Filter: whole.Filter, Experiments: []string{"2"}}, ""},
		{"a filter of the server's", query.Search{}, query.Search{Raw: "metrics.a > 0"}, "lacks"},
		{"later", since("5"), since("7"), "a0 a1 b0"},
		{"earlier", since("7"), since("5"), "lacks"},
		{"at most", query.Search{}, query.Search{Limit: 1}, "a0"},
	} {
		server := &shelf{runs: []query.Run{a0, a1, b0}}
		cache := artifacts.OpenCache(t.TempDir())
		if _, err := query.All(cache.Record(server, "w").Search(t.Context(), test.asked)); err != nil {
			t.Fatal(err)
		}
		server.asked = 0
		for workspace, want := range map[string]string{"w": test.want, "other": "lacks"} {
			offline := cache.Offline()
			runs, err := query.All(offline.Store(server, workspace).Search(t.Context(), test.then))
			var ids []string
			for _, run := range runs {
				ids = append(ids, run.ID)
			}
			got := strings.Join(ids, " ")
			if lacks, _ := offline.Lacks(); query.HasCode(err, query.Offline) && len(lacks) == 1 {
				got = "lacks"
			} else if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if got != want || server.asked > 0 {
				t.Errorf("%s, workspace %s: %q, want %q; the server was asked %d times", test.name, workspace, got, want, server.asked)
			}
		}
	}
}

// A record is the run, but for its secrets.
func TestRecordedRuns(t *testing.T) {
	server := &shelf{runs: []query.Run{jobOf("a0", "aaaa1111aaaa1111", "0")}}
	dir := t.TempDir()
	cache := artifacts.OpenCache(dir)
	if _, err := cache.Record(server, "").Run(t.Context(), "a0"); err != nil {
		t.Fatal(err)
	}
	got, err := cache.Offline().Store(server, "").Run(t.Context(), "a0")
	if err != nil {
		t.Fatal(err)
	}
	want := jobOf("a0", "aaaa1111aaaa1111", "0")
	want.Tags["api_key"], want.Params["config.token"], want.Params["p"] = "<redacted>", "<redacted>", got.Params["p"]
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, name := range entries(t, dir) {
		content, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(content), "hunter2") || strings.Contains(string(content), "abcdefghij") {
			t.Errorf("%s holds a secret, %v", name, err)
		}
	}
}

// What was RUNNING is not told of: of an id it is lacking, a list leaves it out.
func TestUnfinishedRunsAreNotTrusted(t *testing.T) {
	running := jobOf("a1", "aaaa1111aaaa1111", "1")
	running.Status, running.EndTime = query.StatusRunning, time.Time{}
	at := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	server := &shelf{runs: []query.Run{jobOf("a0", "aaaa1111aaaa1111", "0"), running}}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: t.TempDir(), Now: at.time})
	recorded := cache.Record(server, "")
	whole := byTag("invocation_id", query.Equal, "aaaa1111aaaa1111")
	for _, search := range []query.Search{{}, whole} {
		if _, err := query.All(recorded.Search(t.Context(), search)); err != nil {
			t.Fatal(err)
		}
	}
	offline := cache.Offline()
	store := offline.Store(server, "")
	if _, err := query.All(store.Search(t.Context(), whole)); !query.HasCode(err, query.Offline) || !strings.Contains(err.Error(), "run a1 ended, which was RUNNING") {
		t.Errorf("of an id: %v", err)
	}
	if _, err := store.Run(t.Context(), "a1"); !query.HasCode(err, query.Offline) {
		t.Errorf("the run: %v", err)
	}
	runs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil || len(runs) != 1 || strings.Join(offline.LeftOut(), " ") != "a1" {
		t.Errorf("a list: %v, %v, left out %q", runs, err, offline.LeftOut())
	}
	// Seen again at its end, it counts, whichever answer had it.
	server.runs[1] = jobOf("a1", "aaaa1111aaaa1111", "1")
	at.wait(time.Minute)
	if _, err := recorded.Run(t.Context(), "a1"); err != nil {
		t.Fatal(err)
	}
	if run, err := cache.Offline().Store(server, "").Run(t.Context(), "a1"); err != nil || run.Status != query.StatusFinished {
		t.Errorf("%v, %v", run.Status, err)
	}
}

// An answer of which only the beginning was read does not look like all of it.
func TestAnswersThatWereNotReadToTheEnd(t *testing.T) {
	server := &shelf{runs: []query.Run{jobOf("a0", "aaaa1111aaaa1111", "0"), jobOf("b0", "bbbb1111bbbb1111", "0"), jobOf("c0", "cccc1111cccc1111", "0")}}
	cache := artifacts.OpenCache(t.TempDir())
	n := 0
	for _, err := range cache.Record(server, "").Search(t.Context(), query.Search{}) {
		if n++; err != nil || n == 2 {
			break
		}
	}
	store := cache.Offline().Store(server, "")
	if runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 2})); err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if _, err := query.All(store.Search(t.Context(), query.Search{})); !query.HasCode(err, query.Offline) || !strings.Contains(err.Error(), "after the newest 2") {
		t.Errorf("%v", err)
	}
}

// Which files there are, and are not, is known of FINISHED runs; what is not known
// is named.
func TestFilesOffline(t *testing.T) {
	server := &shelf{memory: memory{files: map[string]string{"d/f": "content", "d/g": "more"}}}
	cache := artifacts.OpenCache(t.TempDir())
	recorded := cache.Record(server, "")
	run := finished()
	if _, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), recorded, run, "d/f"); err != nil {
		t.Fatal(err)
	}
	if _, err := recorded.List(t.Context(), run, "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := recorded.Open(t.Context(), run, "nowhere"); err == nil {
		t.Fatal("a file that is not there")
	}
	offline := cache.Offline()
	store, fetcher := offline.Store(server, ""), artifacts.NewFetcher(cache, nil, 0)
	if blob, err := fetcher.Read(t.Context(), store, run, "d/f"); err != nil || string(blob.Content) != "content" {
		t.Errorf("%q, %v", blob.Content, err)
	}
	for name, code := range map[string]query.Code{"d/x": query.NotFound, "nowhere": query.NotFound, "d/g": query.Offline, "e/f": query.Offline} {
		if _, err := store.Open(t.Context(), run, name); !query.HasCode(err, code) {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	if _, err := store.List(t.Context(), run, "e"); !query.HasCode(err, query.Offline) {
		t.Errorf("a list: %v", err)
	}
	all, files := offline.Lacks()
	if len(all) != 3 || !cmp.Equal(all, files) {
		t.Errorf("lacks %q, of which files %q", all, files)
	}
	// Another export of the run is another run.
	run.EndTime = run.EndTime.Add(time.Second)
	if _, err := fetcher.Read(t.Context(), store, run, "d/f"); !query.HasCode(err, query.Offline) {
		t.Errorf("after another export: %v", err)
	}
}

// What the store turns out not to have any more is not taken from the cache either;
// what it has again is.
func TestWhatIsGoneIsForgotten(t *testing.T) {
	for _, server := range []string{"says so", "cannot tell", "lists"} {
		dir, run := t.TempDir(), finished()
		store := &memory{files: map[string]string{"d/f": "content", "d/g": "more"}}
		cache := artifacts.OpenCache(dir)
		recorded := cache.Record(store, "")
		read := func(refresh bool) (artifacts.Blob, error) {
			cache := artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Refresh: refresh})
			return artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), cache.Record(store, ""), run, "d/f")
		}
		list := func() {
			if _, err := recorded.List(t.Context(), run, "d"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := read(false); err != nil {
			t.Fatal(err)
		}
		list()
		switch server {
		case "says so":
			delete(store.files, "d/f")
		case "cannot tell":
			store.hidden = map[string]bool{"d/f": true}
			store.open = func(context.Context, string, string) (query.Content, error) {
				return query.Content{}, &query.Error{Code: query.Uncertain, Message: "500"}
			}
		case "lists":
			delete(store.files, "d/f")
			list()
		}
		if server != "lists" {
			if _, err := read(true); !query.HasCode(err, query.NotFound) {
				t.Fatalf("%s: with refresh: %v", server, err)
			}
		}
		if blob, err := read(false); !query.HasCode(err, query.NotFound) {
			t.Errorf("%s: then %q, %v", server, blob.Content, err)
		}
		if blob, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), cache.Offline().Store(store, ""), run, "d/f"); !query.HasCode(err, query.NotFound) {
			t.Errorf("%s: offline %q, %v", server, blob.Content, err)
		}
		store.files["d/f"], store.hidden, store.open = "again", nil, nil
		if _, err := read(true); err != nil {
			t.Fatal(err)
		}
		if blob, err := artifacts.NewFetcher(cache, nil, 0).Read(t.Context(), cache.Offline().Store(store, ""), run, "d/f"); err != nil || string(blob.Content) != "again" {
			t.Errorf("%s: offline again %q, %v", server, blob.Content, err)
		}
	}
}

// asking fills a cache by searches and runs, in this order, and knows what it says.
type asking struct {
	t        *testing.T
	server   *shelf
	cache    *artifacts.Cache
	recorded query.Store
}

func newAsking(t *testing.T, runs ...query.Run) *asking {
	t.Helper()
	a := &asking{t: t, server: &shelf{runs: runs}, cache: artifacts.OpenCache(t.TempDir())}
	a.recorded = a.cache.Record(a.server, "")
	return a
}

func (a *asking) search(search query.Search) {
	a.t.Helper()
	n := 0
	for _, err := range a.recorded.Search(a.t.Context(), search) {
		if n++; err != nil {
			a.t.Fatal(err)
		}
		if n == search.Limit {
			break
		}
	}
}

// invocation asks as a selector does: for the tag and for the parameter.
func (a *asking) invocation(id string) {
	a.t.Helper()
	a.search(byTag("invocation_id", query.Equal, id))
	a.search(query.Search{Filter: query.Filter{{Entity: query.Param, Key: "invocation_id", Op: query.Equal, Value: id}}})
}

// offline is what the cache answers: ids and statuses of runs, or "lacks", and the
// warnings.
func (a *asking) offline(search query.Search) string {
	store := a.cache.Offline().Store(a.server, "")
	runs, err := query.All(store.Search(a.t.Context(), search))
	if query.HasCode(err, query.Offline) {
		return "lacks"
	}
	if err != nil {
		a.t.Fatal(err)
	}
	var said []string
	for _, run := range runs {
		said = append(said, run.ID+"="+run.Tags["v"])
	}
	for _, warning := range query.WarningsOf(store) {
		said = append(said, warning.Code)
	}
	return strings.Join(said, " ")
}

func version(run query.Run, v string) query.Run {
	run.Tags = maps.Clone(run.Tags)
	run.Tags["v"] = v
	return run
}

// What answers is about what was asked, and nothing that the cache saw since
// contradicts it.
func TestOfflineIsNeverWrong(t *testing.T) {
	const inv, other = "aaaa1111aaaa1111", "aaaa2222aaaa2222"
	a0, a1, b0 := version(jobOf("a0", inv, "0"), "1"), version(jobOf("a1", inv, "1"), "1"), version(jobOf("b0", other, "0"), "1")
	whole, job := byTag("invocation_id", query.Equal, inv), byTag("job_id", query.Equal, inv+".0")
	short := byTag("invocation_id", query.HasPrefix, "aaaa")
	tagged := func(v string) query.Search { return byTag("v", query.Equal, v) }
	for name, test := range map[string]func() (got, want string){
		"a job is no invocation": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(job)
			return a.offline(whole), "lacks"
		},
		"nor by the beginning of its id": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(job)
			return a.offline(short), "lacks"
		},
		"the beginning of one known id": func() (string, string) {
			a := newAsking(t, a0, a1, b0)
			a.invocation(inv)
			return a.offline(short), "a0=1 a1=1 SHORT_ID_OFFLINE"
		},
		"the parameter of one known id": func() (string, string) {
			p0 := version(jobOf("p0", "mine", "0"), "1")
			p0.Params["invocation_id"] = inv
			a := newAsking(t, a0, a1, p0)
			a.invocation(inv)
			param := query.Search{Filter: query.Filter{{Entity: query.Param, Key: "invocation_id", Op: query.HasPrefix, Value: "aaaa"}}}
			return a.offline(short) + ", " + a.offline(param), "a0=1 a1=1 SHORT_ID_OFFLINE, p0=1 SHORT_ID_OFFLINE"
		},
		"an id of which the tag alone was asked": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(whole)
			return a.offline(short), "lacks"
		},
		"of two, one of them in part": func() (string, string) {
			a := newAsking(t, a0, a1, b0)
			a.invocation(inv)
			a.search(byTag("job_id", query.Equal, other+".0"))
			return a.offline(short), "lacks"
		},
		"of two": func() (string, string) {
			a := newAsking(t, a0, a1, b0)
			a.invocation(inv)
			a.invocation(other)
			return a.offline(short), "a0=1 a1=1 b0=1 SHORT_ID_OFFLINE"
		},
		"what was deleted does not come back": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(job)
			a.search(whole)
			a.server.runs = nil
			a.invocation(inv)
			return a.offline(short) + ", " + a.offline(whole) + ", " + a.offline(job), "lacks, , "
		},
		"nor of it what another answer lacks": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(whole)
			a.server.runs = []query.Run{a1}
			a.search(job)
			return a.offline(whole), "lacks"
		},
		"nor a run that is gone": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(whole)
			a.server.runs = []query.Run{a1}
			_, _ = a.recorded.Run(t.Context(), "a0")
			return a.offline(whole), "lacks"
		},
		"a run as it was last seen": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(whole)
			a.server.runs = []query.Run{version(a0, "2"), a1}
			_, _ = a.recorded.Run(t.Context(), "a0")
			return a.offline(whole), "a0=2 a1=1"
		},
		"and what it is no more": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(tagged("1"))
			a.server.runs = []query.Run{version(a0, "2"), a1}
			a.search(whole)
			return a.offline(tagged("1")) + ", " + a.offline(tagged("2")), "a1=1, lacks"
		},
		"a run that there was not": func() (string, string) {
			a := newAsking(t, a0)
			a.search(whole)
			a.server.runs = []query.Run{a0, a1}
			_, _ = a.recorded.Run(t.Context(), "a1")
			return a.offline(whole), "lacks"
		},
		"the server's own filter over a run that changed": func() (string, string) {
			a := newAsking(t, a0, a1)
			raw := query.Search{Raw: "metrics.a > 0"}
			a.search(raw)
			before := a.offline(raw)
			a.server.runs = []query.Run{version(a0, "2"), a1}
			a.search(whole)
			return before + ", " + a.offline(raw), "a0=1 a1=1, lacks"
		},
		"a shorter list beside a longer": func() (string, string) {
			a := newAsking(t, a0, a1, b0)
			a.search(query.Search{})
			a.search(query.Search{Limit: 1})
			return a.offline(query.Search{}), "a0=1 a1=1 b0=1"
		},
		"a list of alternatives has each": func() (string, string) {
			a := newAsking(t, a0, a1, b0)
			a.search(query.Search{Any: []query.Filter{{{Entity: query.Tag, Key: "x", Op: query.Absent}}, {{Entity: query.Tag, Key: "invocation_id", Op: query.HasPrefix}}}})
			return a.offline(whole) + ", " + a.offline(tagged("1")), "a0=1 a1=1, lacks"
		},
		"a value that is not kept": func() (string, string) {
			a := newAsking(t, a0, a1)
			a.search(query.Search{})
			return a.offline(byTag("api_key", query.Equal, "hunter2")) + ", " + a.offline(byTag("api_key", query.HasPrefix, "")), "lacks, lacks"
		},
		"a search for a credential": func() (string, string) {
			a := newAsking(t, a0, a1)
			search := byTag("api_token", query.Equal, "x")
			a.search(search)
			raw := query.Search{Raw: "tags.`api_token` = 'x'"}
			a.search(raw)
			return a.offline(search) + ", " + a.offline(raw), "lacks, lacks"
		},
		"words like credentials": func() (string, string) {
			run := jobOf("a0", inv, "0")
			run.Tags["stage"], run.Tags["model"], run.Tags["task_name"] = "desk-assistant-2026", "acme/sk-multitask0finetuned1llama", "multitask-storytelling"
			a := newAsking(t, run)
			a.search(query.Search{})
			return a.offline(byTag("stage", query.Equal, run.Tags["stage"])) + a.offline(byTag("model", query.Equal, run.Tags["model"])) +
				a.offline(byTag("task_name", query.Equal, run.Tags["task_name"])), "a0=a0=a0="
		},
	} {
		if got, want := test(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A clock that is set back does not make what is older newer.
func TestClockSetBack(t *testing.T) {
	at := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	server := &shelf{runs: []query.Run{version(jobOf("a0", "aaaa1111aaaa1111", "0"), "1")}}
	cache := artifacts.NewCache(artifacts.CacheOptions{Dir: t.TempDir(), Now: at.time})
	if _, err := cache.Record(server, "").Run(t.Context(), "a0"); err != nil {
		t.Fatal(err)
	}
	at.wait(-48 * time.Hour)
	server.runs[0] = version(server.runs[0], "2")
	if _, err := query.All(cache.Record(server, "").Search(t.Context(), query.Search{})); err != nil {
		t.Fatal(err)
	}
	if run, err := cache.Offline().Store(server, "").Run(t.Context(), "a0"); err != nil || run.Tags["v"] != "2" {
		t.Errorf("%v, %v", run.Tags["v"], err)
	}
}

// Nothing that logs in stays in a record.
func TestRecordsLogNobodyIn(t *testing.T) {
	run := jobOf("a0", "aaaa1111aaaa1111", "0")
	run.ArtifactURI = "ftp://alice:geheim@h/1?sig=geheim"
	a := newAsking(t, run)
	a.search(query.Search{})
	got, err := a.cache.Offline().Store(a.server, "").Run(t.Context(), "a0")
	if err != nil || got.ArtifactURI != "ftp://h/1" {
		t.Errorf("%q, %v", got.ArtifactURI, err)
	}
}
