package query_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// memory is a store that holds runs in memory. Unlike a good store it does not
// filter on its own side more than the contract demands, and it writes down what
// it was asked.
type memory struct {
	uri  string
	runs []query.Run
	err  error // of Search, after all runs

	mu       sync.Mutex
	searches []string
}

func (m *memory) URI() string { return m.uri }

func (m *memory) Experiments(context.Context, query.View) ([]query.Experiment, error) {
	return nil, nil
}

func (m *memory) Search(_ context.Context, search query.Search) iter.Seq2[query.Run, error] {
	m.mu.Lock()
	m.searches = append(m.searches, search.Filter.String())
	m.mu.Unlock()
	return func(yield func(query.Run, error) bool) {
		runs := slices.SortedFunc(slices.Values(m.runs), func(a, b query.Run) int {
			return cmp.Or(b.StartTime.Compare(a.StartTime), cmp.Compare(a.ID, b.ID))
		})
		for _, run := range runs {
			if search.Match(run) && !yield(run, nil) {
				return
			}
		}
		if m.err != nil {
			yield(query.Run{}, m.err)
		}
	}
}

func (m *memory) Run(_ context.Context, id string) (query.Run, error) {
	for _, run := range m.runs {
		if run.ID == id {
			return run, nil
		}
	}
	if m.err != nil {
		return query.Run{}, m.err
	}
	return query.Run{}, &query.Error{Code: query.NotFound, Message: "no such run"}
}

func (m *memory) List(context.Context, query.Run, string) ([]query.File, error) { return nil, nil }

func (m *memory) Open(context.Context, query.Run, string) (query.Content, error) {
	return query.Content{}, &query.Error{Code: query.NotFound}
}

func (m *memory) Remote() bool { return true }

func (m *memory) RunURL(query.Run) string { return "" }

// stores hands out the same few stores.
type stores struct {
	server, demo *memory
	paths        map[string]*memory
	servers      map[string]*memory // by address and workspace
}

func (s stores) Default(context.Context) (query.Store, error) { return s.server, nil }

func (s stores) Demo(context.Context) (query.Store, error) { return s.demo, nil }

func (s stores) Path(_ context.Context, path string) (query.Store, error) {
	if store, ok := s.paths[path]; ok {
		return store, nil
	}
	return nil, &query.Error{Code: query.NotFound, Message: "no such path"}
}

func (s stores) Server(_ context.Context, address, workspace string) (query.Store, error) {
	if store, ok := s.servers[address+workspace]; ok {
		return store, nil
	}
	return nil, &query.Error{Code: query.Unreachable, Message: "no such server"}
}

// job is a finished run of one job, started at the given minute.
func job(runID, invocation string, index, minute int) query.Run {
	return query.Run{
		ID: runID, Status: query.StatusFinished, StartTime: time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC),
		Tags: map[string]string{query.TagInvocation: invocation, query.TagJob: fmt.Sprintf("%s.%d", invocation, index)},
	}
}

func with(run query.Run, change func(*query.Run)) query.Run {
	change(&run)
	return run
}

const (
	inv  = "aaaa1111aaaa1111"
	hex1 = "11111111111111111111111111111111"
	hexA = "abcdefabcdefabcdefabcdefabcdefab"
)

func resolveAll(t *testing.T, from stores, words ...string) ([]query.Resolution, error) {
	t.Helper()
	selectors := make([]query.Selector, len(words))
	for i, word := range words {
		var err error
		if selectors[i], err = query.ParseSelector(word); err != nil {
			t.Fatal(err)
		}
	}
	return query.Resolve(t.Context(), from, selectors)
}

// found resolves one selector and lists its runs, source by source.
func found(t *testing.T, from stores, word string) ([][]string, []query.Found) {
	t.Helper()
	resolutions, err := resolveAll(t, from, word)
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	ids := [][]string{}
	for _, f := range resolutions[0].Found {
		ids = append(ids, runIDs(f.Runs))
	}
	return ids, resolutions[0].Found
}

func runIDs(runs []query.Run) []string {
	ids := []string{}
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	return ids
}

func server(runs ...query.Run) stores {
	return stores{server: &memory{uri: "http://server", runs: runs}, demo: &memory{uri: "demo:"}}
}

func TestResolve(t *testing.T) {
	from := server(
		job("r2", inv, 2, 0), job("r0", inv, 0, 1), job("r10", inv, 10, 2),
		job("s0", "aaaa2222aaaa2222", 0, 3),
		// Eight digits that are an id and the beginning of another.
		job("short0", "bbbb1111", 0, 4), job("long0", "bbbb1111cccc0000", 0, 5), job("long1", "bbbb1111cccc0000", 1, 5),
		job("digits0", "12345678", 0, 6), job("digits1", "1234567800000000", 0, 6),
		job(hex1, "dddd0000dddd0000", 0, 7), job(hexA, "dddd0000dddd0000", 1, 7),
	)
	from.demo.runs = []query.Run{job("demo0", "c0bd961e50124ab3", 0, 0)}
	for _, test := range []struct {
		word  string
		want  [][]string
		whole bool
	}{
		{inv, [][]string{{"r0", "r2", "r10"}}, true},
		{strings.ToUpper(inv), [][]string{{"r0", "r2", "r10"}}, true},
		{"aaaa1", [][]string{{"r0", "r2", "r10"}}, true},
		{"AAAA1", [][]string{{"r0", "r2", "r10"}}, true},
		{"aaaa1111", [][]string{{"r0", "r2", "r10"}}, true},
		{"bbbb1111", [][]string{{"short0"}}, true},
		{"bbbb1111c", [][]string{{"long0", "long1"}}, true},
		{"bbbb1111cccc0000", [][]string{{"long0", "long1"}}, true},
		{"12345678", [][]string{{"digits0"}}, true},
		{"123456780", [][]string{{"digits1"}}, true},
		{inv + ".2", [][]string{{"r2"}}, false},
		{inv + ".10", [][]string{{"r10"}}, false},
		{"aaaa1.0", [][]string{{"r0"}}, false},
		{"bbbb1111.0", [][]string{{"short0"}}, false},
		{"bbbb1111c.1", [][]string{{"long1"}}, false},
		{hex1, [][]string{{hex1}}, false},
		{strings.ToUpper(hexA), [][]string{{hexA}}, false},
		{"demo:c0bd", [][]string{{"demo0"}}, true},
		{"aaaa1,aaaa2", [][]string{{"r0", "r2", "r10"}, {"s0"}}, true},
		{"x=aaaa2,demo:c0bd", [][]string{{"s0"}, {"demo0"}}, true},
	} {
		ids, sources := found(t, from, test.word)
		if diff := gocmp.Diff(test.want, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.word, diff)
		}
		if sources[0].Whole != test.whole {
			t.Errorf("%s: whole is %v", test.word, sources[0].Whole)
		}
	}
}

// A server is asked for no more than is meant: by tag, and by parameter where a
// user's own tag took its place.
func TestResolveAsksForWhatIsMeant(t *testing.T) {
	for word, want := range map[string][]string{
		inv:         {"params.invocation_id = 'aaaa1111aaaa1111'", "tags.invocation_id = 'aaaa1111aaaa1111'"},
		"AAAA1":     {"params.invocation_id LIKE 'aaaa1%'", "tags.invocation_id LIKE 'aaaa1%'"},
		"aaaa1111":  {"params.invocation_id LIKE 'aaaa1111%'", "tags.invocation_id LIKE 'aaaa1111%'"},
		inv + ".0":  {"params.invocation_id = 'aaaa1111aaaa1111'", "tags.job_id = 'aaaa1111aaaa1111.0'"},
		"aaaa1.0":   {"params.invocation_id LIKE 'aaaa1%'", "tags.invocation_id LIKE 'aaaa1%'"},
		hex1:        nil,
		"demo:c0bd": nil,
	} {
		from := server(job(hex1, inv, 0, 0))
		from.demo.runs = []query.Run{job("demo0", "c0bd961e50124ab3", 0, 0)}
		found(t, from, word)
		slices.Sort(from.server.searches) // they are asked at once
		if diff := gocmp.Diff(want, from.server.searches); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	from := server(
		job("r0", inv, 0, 0), job("s0", "aaaa2222aaaa2222", 0, 0), job("t0", "aaaa11112222", 0, 0),
		job("e0", "bbbb1111cccc0000", 0, 0), job("e1", "bbbb1111dddd0000", 0, 0),
	)
	from.paths = map[string]*memory{
		"./two":   {uri: "file:///two", runs: []query.Run{job("p", "cccc0000", 0, 0), job("q", "dddd0000", 0, 0)}},
		"./empty": {uri: "file:///empty"},
	}
	for _, test := range []struct {
		word       string
		code       query.Code
		message    string
		hint       string
		candidates []string
	}{
		{"ffff", query.NotFound, "no invocation that begins with ffff in http://server", "never exported", nil},
		{"ffff0000", query.NotFound, "no invocation ffff0000 in http://server", "nemo-evaluator-launcher status ffff0000", nil},
		{"ffff0000ffff0000", query.NotFound, "no invocation ffff0000ffff0000 in", "evalctl invocations", nil},
		{inv + ".9", query.NotFound, "no job aaaa1111aaaa1111.9 in http://server", "never exported", nil},
		{"aaaa2.1", query.NotFound, "no job aaaa2.1 in", "never exported", nil},
		{hex1, query.NotFound, "no run " + hex1 + " in http://server", "evalctl runs", nil},
		{"demo:c0bd", query.NotFound, "in demo:", "", nil},
		{"aaaa", query.Ambiguous, `"aaaa" is the beginning of 3 invocation ids`, "more digits", []string{"aaaa11112222", inv, "aaaa2222aaaa2222"}},
		{"aaaa1111", query.Ambiguous, "2 invocation ids", "more digits", []string{"aaaa11112222", inv}},
		// Eight digits that begin two ids and are none.
		{"bbbb1111", query.Ambiguous, "2 invocation ids", "more digits", []string{"bbbb1111cccc0000", "bbbb1111dddd0000"}},
		{"BBBB1111.0", query.Ambiguous, `"BBBB1111.0" is the beginning`, "more digits", []string{"bbbb1111cccc0000", "bbbb1111dddd0000"}},
		{"./none", query.NotFound, "no such path", "", nil},
		{"./empty", query.NotFound, "no evaluation in ./empty", "artifacts/results.yml", nil},
		{"./two", query.Ambiguous, "./two holds 2 invocations", "--tracking-uri ./two", []string{"cccc0000", "dddd0000"}},
		{"aaaa2,ffff", query.NotFound, "begins with ffff", "", nil},
	} {
		_, err := resolveAll(t, from, test.word)
		failure, ok := errors.AsType[*query.Error](err)
		if !ok {
			t.Errorf("%s: %v", test.word, err)
			continue
		}
		if failure.Code != test.code || !strings.Contains(failure.Message, test.message) || !strings.Contains(failure.Hint, test.hint) {
			t.Errorf("%s: %s %q, hint %q", test.word, failure.Code, failure.Message, failure.Hint)
		}
		slices.Sort(test.candidates)
		if diff := gocmp.Diff(test.candidates, failure.Candidates); diff != "" {
			t.Errorf("%s: candidates (-want +got):\n%s", test.word, diff)
		}
	}
}

func TestResolvePassesOnWhatAStoreReports(t *testing.T) {
	broken := &query.Error{Code: query.Unreachable, Message: "no server"}
	from := server(job("r0", inv, 0, 0))
	from.server.err = broken
	for _, word := range []string{inv, "aaaa", inv + ".0", hex1} {
		if _, err := resolveAll(t, from, word); !errors.Is(err, broken) {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestResolveSeveralSides(t *testing.T) {
	from := server(job("r0", inv, 0, 0), job("s0", "aaaa2222aaaa2222", 0, 0))
	resolutions, err := resolveAll(t, from, "b=aaaa2", "aaaa1", "aaaa2,aaaa1")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, r := range resolutions {
		line := r.Selector.Label
		for _, f := range r.Found {
			line += " " + strings.Join(runIDs(f.Runs), "+")
		}
		got = append(got, line)
	}
	if diff := gocmp.Diff([]string{"b s0", " r0", " s0 r0"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of a job that was exported more than once, FINISHED counts before any other
// status, then the newest start, then the smallest run id.
func TestOnePerJob(t *testing.T) {
	failed := func(r *query.Run) { r.Status = query.StatusFailed }
	for name, test := range map[string]struct {
		runs []query.Run
		want string
	}{
		"one":                       {[]query.Run{job("a", inv, 0, 0)}, "a"},
		"newest":                    {[]query.Run{job("a", inv, 0, 1), job("b", inv, 0, 3), job("c", inv, 0, 2)}, "b"},
		"finished before newer":     {[]query.Run{job("a", inv, 0, 1), with(job("b", inv, 0, 3), failed)}, "a"},
		"newest of unfinished":      {[]query.Run{with(job("a", inv, 0, 1), failed), with(job("b", inv, 0, 3), failed)}, "b"},
		"running and failed alike":  {[]query.Run{with(job("a", inv, 0, 2), failed), with(job("b", inv, 0, 1), func(r *query.Run) { r.Status = query.StatusRunning })}, "a"},
		"run id where times are as": {[]query.Run{job("b", inv, 0, 1), job("a", inv, 0, 1), job("c", inv, 0, 1)}, "a"},
		"no start time is oldest":   {[]query.Run{job("b", inv, 0, 0), with(job("a", inv, 0, 1), func(r *query.Run) { r.StartTime = time.Time{} })}, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			for range len(test.runs) {
				test.runs = append(test.runs[1:], test.runs[0])
				kept, duplicates := query.OnePerJob(slices.Clone(test.runs))
				if got := strings.Join(runIDs(kept), " "); got != test.want {
					t.Errorf("kept %s, want %s", got, test.want)
				}
				if len(test.runs) == 1 {
					if len(duplicates) != 0 {
						t.Errorf("duplicates %v", duplicates)
					}
					continue
				}
				if len(duplicates) != 1 || duplicates[0].Kept.ID != test.want || len(duplicates[0].Aside) != len(test.runs)-1 {
					t.Errorf("duplicates %+v", duplicates)
				}
			}
		})
	}
}

func TestOnePerJobOrderAndRunsWithoutJob(t *testing.T) {
	bare := func(id string) query.Run { return query.Run{ID: id, Tags: map[string]string{query.TagInvocation: inv}} }
	kept, duplicates := query.OnePerJob([]query.Run{
		job("b10", inv, 10, 0), job("b2", inv, 2, 0), job("a1", "0000", 1, 0), bare("z"), bare("y"), job("b2x", inv, 2, 1), job("b10x", inv, 10, 1),
	})
	if diff := gocmp.Diff([]string{"a1", "y", "z", "b2x", "b10x"}, runIDs(kept)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(duplicates) != 2 || duplicates[0].JobID != inv+".2" || duplicates[1].JobID != inv+".10" {
		t.Errorf("duplicates %+v", duplicates)
	}
	if kept, duplicates := query.OnePerJob(nil); len(kept)+len(duplicates) != 0 {
		t.Errorf("of nothing: %v %v", kept, duplicates)
	}
}

// A job is no repeat of itself, however often and in whatever store a side names
// it.
func TestResolveCountsAJobOnce(t *testing.T) {
	from := server(job("r0", inv, 0, 0), job("r1", inv, 1, 0), job(hex1, inv, 0, 5), job("s0", "aaaa2222aaaa2222", 0, 0))
	from.paths = map[string]*memory{"./a": {uri: "file:///a", runs: []query.Run{job(inv+".1", inv, 1, 9)}}}
	for _, test := range []struct {
		word  string
		want  [][]string
		aside [][]string // run ids set aside, by source
	}{
		{"aaaa1,aaaa1", [][]string{{hex1, "r1"}, {}}, [][]string{{"r0"}, {"r0"}}},
		{"aaaa1.1,aaaa1", [][]string{{"r1"}, {hex1}}, [][]string{{}, {"r0"}}},
		{hex1 + ",aaaa1.0", [][]string{{hex1}, {}}, [][]string{{}, {"r0"}}},
		{"aaaa1,aaaa2", [][]string{{hex1, "r1"}, {"s0"}}, [][]string{{"r0"}, {}}},
		{"aaaa1.1,./a", [][]string{{}, {inv + ".1"}}, [][]string{{"r1"}, {}}},
		{"./a,./a", [][]string{{inv + ".1"}, {}}, [][]string{{}, {}}},
	} {
		ids, sources := found(t, from, test.word)
		if diff := gocmp.Diff(test.want, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.word, diff)
		}
		aside := [][]string{}
		for _, f := range sources {
			ids := []string{}
			for _, d := range f.SetAside {
				ids = append(ids, runIDs(d.Aside)...)
			}
			aside = append(aside, ids)
		}
		if diff := gocmp.Diff(test.aside, aside); diff != "" {
			t.Errorf("%s, set aside (-want +got):\n%s", test.word, diff)
		}
	}
}

// Sides are not each other's repeats: a run may be compared with itself.
func TestResolveKeepsARunOnEverySide(t *testing.T) {
	from := server(job("r0", inv, 0, 0))
	resolutions, err := resolveAll(t, from, inv, inv)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range resolutions {
		if got := runIDs(r.Found[0].Runs); !slices.Equal(got, []string{"r0"}) {
			t.Errorf("side %d: %v", i, got)
		}
	}
}

func TestResolvePath(t *testing.T) {
	at := func(uri string) func(*query.Run) { return func(r *query.Run) { r.ArtifactURI = uri } }
	from := server()
	other := func(id string) query.Run {
		return query.Run{ID: id, ExperimentID: "1", Status: query.StatusFinished}
	}
	from.paths = map[string]*memory{
		"./mlruns":  {uri: "file:///x/mlruns", runs: []query.Run{other("z0"), job("p0", inv, 0, 0), other("z1")}},
		"./others":  {uri: "file:///x/others", runs: []query.Run{other("z0")}},
		"./inv":     {uri: "file:///x/inv", runs: []query.Run{with(job("p0", inv, 0, 0), at("/x/inv/a.0")), with(job("p1", inv, 1, 0), at("/x/inv/b.1"))}},
		"./single":  {uri: "file:///x/inv", runs: []query.Run{with(job("p0", inv, 0, 0), at("/x/inv/a.0"))}},
		"./inv/a.0": {uri: "file:///x/inv/a.0", runs: []query.Run{with(job("p0", inv, 0, 0), at("/x/inv/a.0"))}},
		"./inv/a.0/artifacts/results.yml": {
			uri: "file:///x/inv/a.0/artifacts/results.yml", runs: []query.Run{with(job("p0", inv, 0, 0), at("/x/inv/a.0"))},
		},
	}
	for path, want := range map[string]struct {
		runs  []string
		whole bool
	}{
		"./mlruns":                        {[]string{"p0"}, true}, // what other programs logged is no invocation
		"./others":                        {[]string{"z0"}, true},
		"./inv":                           {[]string{"p0", "p1"}, true},
		"./single":                        {[]string{"p0"}, true},
		"./inv/a.0":                       {[]string{"p0"}, false},
		"./inv/a.0/artifacts/results.yml": {[]string{"p0"}, false},
	} {
		ids, sources := found(t, from, path)
		if diff := gocmp.Diff([][]string{want.runs}, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if sources[0].Whole != want.whole {
			t.Errorf("%s: whole is %v", path, sources[0].Whole)
		}
	}
}

func TestResolutionWarnings(t *testing.T) {
	if got := (query.Resolution{}).Warnings("a"); got != nil {
		t.Errorf("without duplicates: %v", got)
	}
	from := server(
		job("r3", inv, 0, 0), job("r2", inv, 0, 1), job("r1", inv, 0, 2), job("q1", inv2, 0, 3), job("q2", inv2, 0, 4),
	)
	for word, want := range map[string]nemo.Warning{
		inv: {
			RunIDs: []string{"r2", "r3"}, Message: "1 job was exported more than once; the newest finished run of each counts, 2 runs are set aside",
		},
		// Once a side, not once a source; a job that two sources name is one job.
		inv + "," + inv2 + "," + inv + ".0": {
			RunIDs: []string{"q1", "r2", "r3"}, Message: "2 jobs were exported more than once; the newest finished run of each counts, 3 runs are set aside",
		},
	} {
		resolutions, err := resolveAll(t, from, word)
		if err != nil {
			t.Fatal(err)
		}
		want.Code, want.Side = "DUPLICATE_RUNS", "a"
		if diff := gocmp.Diff([]nemo.Warning{want}, resolutions[0].Warnings("a")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

func TestDescribe(t *testing.T) {
	store := &memory{uri: "http://server"}
	run := query.Run{
		ID: "r", ExperimentID: "7", Experiment: "acme/falcon", Status: query.StatusFinished, Model: "acme/falcon-8b",
		StartTime: time.UnixMilli(1_700_000_000_123), EndTime: time.UnixMilli(1_700_000_002_000),
		Tags: map[string]string{
			query.TagInvocation: inv, query.TagJob: inv + ".3", query.TagHarness: "byob_arith", query.TagTask: "byob_arith.arith",
			query.TagBenchmark: "other", query.TagExecutor: "local", "stage": "x",
		},
	}
	got := query.Describe(store, run)
	if nemo.Text(got.Task) != "arith" || nemo.Text(got.Harness) != "byob_arith" || nemo.Text(got.JobID) != inv+".3" || nemo.Text(got.Executor) != "local" {
		t.Errorf("%+v", got)
	}
	if got.DurationSeconds.String() != "1.877" || got.StartedAt.String() != "2023-11-14T22:13:20.123Z" || got.EndedAt.String() != "2023-11-14T22:13:22Z" {
		t.Errorf("%s from %s to %s", got.DurationSeconds, got.StartedAt, got.EndedAt)
	}
	got.Tags["stage"] = "changed"
	if run.Tags["stage"] != "x" {
		t.Error("the store's tags were written to")
	}

	bare := query.Describe(store, query.Run{ID: "r", Status: query.StatusRunning, StartTime: time.UnixMilli(1)})
	if bare.Task != nil || bare.Harness != nil || bare.InvocationID != nil || bare.Model != nil || bare.EndedAt != nil || bare.DurationSeconds != nil || bare.URL != nil || bare.Tags == nil {
		t.Errorf("%+v", bare)
	}
	unknown := query.Describe(store, query.Run{Tags: map[string]string{query.TagHarness: "unknown", query.TagBenchmark: "gpqa"}})
	if unknown.Harness != nil || nemo.Text(unknown.Task) != "gpqa" {
		t.Errorf("%+v", unknown)
	}
}
