package mlruns_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/test/untouched"
)

// runID is the id of a run that [grow] made.
func runID(i int) string { return fmt.Sprintf("%032x", i) }

// site is a small file store: six runs in the experiment 1.
type site struct {
	t   *testing.T
	dir string
}

const siteRuns = 6

func newSite(t *testing.T) site { return site{t, grow(t, siteRuns)} }

func (s site) path(name string) string {
	name = strings.ReplaceAll(name, "RUN", "1/"+runID(2))
	return filepath.Join(s.dir, filepath.FromSlash(name))
}

func (s site) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s site) write(name, text string) {
	s.t.Helper()
	s.ok(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.ok(os.WriteFile(s.path(name), []byte(text), 0o644))
}

func (s site) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	s.ok(err)
	return string(text)
}

// edit replaces a part of a file.
func (s site) edit(name, old, new string) {
	s.t.Helper()
	text := s.read(name)
	if !strings.Contains(text, old) {
		s.t.Fatalf("%s has no %q", name, old)
	}
	s.write(name, strings.Replace(text, old, new, 1))
}

func (s site) remove(name string) { s.t.Helper(); s.ok(os.RemoveAll(s.path(name))) }

func (s site) link(target, name string) { s.t.Helper(); s.ok(os.Symlink(target, s.path(name))) }

// ids searches.
func ids(t *testing.T, store *mlruns.Store, search query.Search) []string {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), search))
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	return ids
}

// others are the runs of a site, newest first, but the one that is damaged.
func others() []string {
	var ids []string
	for i := siteRuns - 1; i >= 0; i-- {
		if i != 2 {
			ids = append(ids, runID(i))
		}
	}
	return ids
}

func withTag(key, value string) query.Search {
	return query.Search{Filter: query.Filter{{Entity: query.Tag, Key: key, Op: query.Equal, Value: value}}}
}

// runDamages are what can be wrong with a run, and what is said of it.
func runDamages() map[string]struct {
	do   func(site)
	said string
} {
	edit := func(old, new string) func(site) {
		return func(s site) { s.edit("RUN/meta.yaml", old, new) }
	}
	meta := func(text string) func(site) {
		return func(s site) { s.write("RUN/meta.yaml", text) }
	}
	return map[string]struct {
		do   func(site)
		said string
	}{
		"meta missing":       {func(s site) { s.remove("RUN/meta.yaml") }, "meta.yaml: missing"},
		"meta empty":         {meta(""), "meta.yaml: empty"},
		"meta cut in a line": {func(s site) { s.write("RUN/meta.yaml", s.read("RUN/meta.yaml")[:300]) }, "meta.yaml: cut short: its last line has no end"},
		"meta cut at a line": {
			func(s site) {
				text, _, _ := strings.Cut(s.read("RUN/meta.yaml"), "status:")
				s.write("RUN/meta.yaml", text)
			}, "meta.yaml: cut short: it has neither status nor user_id",
		},
		"meta no YAML":           {meta("a: [\n"), "meta.yaml: no YAML"},
		"meta a list":            {meta("- a\n"), "meta.yaml: no mapping"},
		"meta a text":            {meta("hello\n"), "meta.yaml: no mapping"},
		"meta only a comment":    {meta("# nothing\n"), "meta.yaml: no mapping"},
		"meta a folder":          {func(s site) { s.remove("RUN/meta.yaml"); s.write("RUN/meta.yaml/x", "") }, "meta.yaml: missing"},
		"status unknown":         {edit("status: 3", "status: 9"), `status is "9"`},
		"status a list":          {edit("status: 3", "status: [3]"), "status is no single value"},
		"status a mapping":       {edit("status: 3", "status: {a: 1}"), "status is no single value"},
		"start no number":        {edit("start_time: 18", "start_time: x18"), "not a number of milliseconds"},
		"start a fraction":       {edit("start_time: 1800000000002", "start_time: 1.8e12"), "not a number of milliseconds"},
		"start beyond calendars": {edit("start_time: 1", "start_time: 999999"), "not a number of milliseconds"},
		"end before time":        {edit("end_time: 1", "end_time: -1"), "not a number of milliseconds"},
		"stage unknown":          {edit("lifecycle_stage: active", "lifecycle_stage: gone"), `lifecycle_stage is "gone"`},
		"another run's":          {edit("run_id: "+runID(2), "run_id: "+runID(3)), "is that of the run"},
		"no run's":               {edit("run_id: "+runID(2)+"\n", ""), `is that of the run ""`},
		"another experiment's":   {edit("experiment_id: '1'", "experiment_id: '2'"), `names the experiment "2"`},
		"tag no UTF-8":           {func(s site) { s.write("RUN/tags/invocation_id", "a\xff") }, "tags/invocation_id: not UTF-8"},
		"tag a link to itself": {
			func(s site) { s.remove("RUN/tags/invocation_id"); s.link("invocation_id", "RUN/tags/invocation_id") },
			"tags/invocation_id: too many levels of symbolic links",
		},
		"tag links in a circle": {
			func(s site) { s.link("a", "RUN/tags/b"); s.link("b", "RUN/tags/a") }, "tags/a: too many levels of symbolic links",
		},
		"tag a link that leads out": {
			func(s site) { s.link("/etc/hostname", "RUN/tags/secret") }, "tags/secret: a symbolic link leads out of the store",
		},
		"tag a link up and out": {
			func(s site) { s.write("../outside", "x"); s.link("../../../../outside", "RUN/tags/secret") },
			"tags/secret: a symbolic link leads out of the store",
		},
		"tag a link to nothing": {func(s site) { s.link("nothing", "RUN/tags/broken") }, "tags/broken: a symbolic link to nothing"},
		"tags a link that leads out": {
			func(s site) { s.remove("RUN/tags"); s.link("/etc", "RUN/tags") }, "a symbolic link leads out of the store",
		},
		"tags a file":            {func(s site) { s.remove("RUN/tags"); s.write("RUN/tags", "x") }, "/tags: not a folder"},
		"tags a link to nothing": {func(s site) { s.remove("RUN/tags"); s.link("nothing", "RUN/tags") }, "/tags: a symbolic link to nothing"},
		"params a file":          {func(s site) { s.remove("RUN/params"); s.write("RUN/params", "x") }, "/params: not a folder"},
		"metrics a file":         {func(s site) { s.remove("RUN/metrics"); s.write("RUN/metrics", "x") }, "/metrics: not a folder"},
		"metrics a link to a file": {
			func(s site) { s.remove("RUN/metrics"); s.link("meta.yaml", "RUN/metrics") }, "/metrics: not a folder",
		},
		"invocation empty": {func(s site) { s.write("RUN/tags/invocation_id", "") }, "tags/invocation_id: empty"},
		"invocation a folder": {
			func(s site) {
				s.remove("RUN/tags/invocation_id")
				s.ok(os.Mkdir(s.path("RUN/tags/invocation_id"), 0o755))
			},
			"tags/invocation_id: is a folder",
		},
		"invocation a folder of tags": {
			func(s site) { s.remove("RUN/tags/invocation_id"); s.write("RUN/tags/invocation_id/x", "x") }, "tags/invocation_id: is a folder",
		},
		"invocation a link to nothing": {
			func(s site) { s.remove("RUN/tags/invocation_id"); s.link("nothing", "RUN/tags/invocation_id") },
			"tags/invocation_id: a symbolic link to nothing",
		},
		"invocation a link to a folder": {
			func(s site) { s.remove("RUN/tags/invocation_id"); s.link("../params", "RUN/tags/invocation_id") },
			"tags/invocation_id: is a folder",
		},
		"param no UTF-8":       {func(s site) { s.write("RUN/params/p", "\xff") }, "params/p: not UTF-8"},
		"metric empty":         {func(s site) { s.write("RUN/metrics/m", "") }, "metrics/m: empty"},
		"metric of four words": {func(s site) { s.write("RUN/metrics/a/b", "1 2 3 4\n") }, "metrics/a/b: line 1 has 4 words"},
		"metric a blank line":  {func(s site) { s.write("RUN/metrics/m", "1 2 3\n\n") }, "metrics/m: line 2 has 1 words"},
		"metric no number":     {func(s site) { s.write("RUN/metrics/m", "1 0x10 3\n") }, `metrics/m: line 1 has the value "0x10"`},
		"metric no time":       {func(s site) { s.write("RUN/metrics/m", "now 1 3\n") }, "metrics/m: line 1 begins with"},
		"metric no step":       {func(s site) { s.write("RUN/metrics/m", "1 1 x\n") }, "metrics/m: line 1 has the step"},
		"metric's end cut off": {func(s site) { s.write("RUN/metrics/m", "1 0.25 0\n2 0.2") }, "metrics/m: cut short"},
		"metric's last step cut off": {
			func(s site) { s.write("RUN/metrics/m", "1000 0.5 5\n2000 0.75 1") }, "metrics/m: cut short", // of step 12
		},
		"metric of a dataset cut off": {func(s site) { s.write("RUN/metrics/m", "1 0.5 7 name dig") }, "metrics/m: cut short"},
		"folder a link to another run": {
			func(s site) { s.remove("RUN"); s.link(runID(3), "RUN") }, "is that of the run",
		},
		"folder a link that leads out": {
			func(s site) { s.remove("RUN"); s.link(s.t.TempDir(), "RUN") }, "a symbolic link leads out of the store",
		},
	}
}

// TestDamagedRun checks that a run that cannot be read is left out of every search
// with a warning that names it, that all others are found, and that asking for it
// by its id is an error.
func TestDamagedRun(t *testing.T) {
	for name, test := range runDamages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			test.do(s)
			before := untouched.Take(t, s.dir)
			byInvocation := query.Search{Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix, Value: "0"}}}
			for _, search := range []query.Search{{}, {Expected: 1}, {Raw: "metrics.m >= 0"}, byInvocation, {Raw: "params.p != 'x'"}} {
				store := opened(t, s.dir)
				if got := ids(t, store, search); !slices.Equal(got, others()) {
					t.Errorf("search %+v: %s", search, got)
				}
				warnings := store.Warnings()
				if len(warnings) != 1 || warnings[0].Code != "RUNS_UNREADABLE" || !slices.Equal(warnings[0].RunIDs, []string{runID(2)}) ||
					!strings.Contains(warnings[0].Message, "1 run of "+s.dir+" cannot be read and is left out: 1/"+runID(2)) || !strings.Contains(warnings[0].Message, test.said) {
					t.Errorf("warnings after %+v: %+v", search, warnings)
				}
				ids(t, store, search)
				if again := store.Warnings(); len(again) != 1 || again[0].Message != warnings[0].Message {
					t.Errorf("warnings after the same again: %v", again)
				}
			}
			store := opened(t, s.dir)
			_, err := store.Run(t.Context(), runID(2))
			if !query.HasCode(err, query.Corrupt) || !strings.Contains(err.Error(), s.dir) || !strings.Contains(err.Error(), test.said) {
				t.Errorf("run by its id: %v", err)
			}
			if run, err := store.Run(t.Context(), runID(3)); err != nil || run.ID != runID(3) {
				t.Errorf("another run by its id: %v, %v", run.ID, err)
			}
			before.Check(t)
		})
	}
}

// TestDamagedExperiment does the same for an experiment.
func TestDamagedExperiment(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(site)
		said string
	}{
		"meta missing":    {func(s site) { s.remove("1/meta.yaml") }, "1/meta.yaml: missing, and there are runs"},
		"meta empty":      {func(s site) { s.write("1/meta.yaml", "") }, "1/meta.yaml: empty"},
		"meta cut":        {func(s site) { s.write("1/meta.yaml", "experiment_id: '1'\nname: e") }, "1/meta.yaml: cut short"},
		"no name":         {func(s site) { s.write("1/meta.yaml", "experiment_id: '1'\n") }, "1/meta.yaml: it has no name"},
		"another's":       {func(s site) { s.write("1/meta.yaml", "experiment_id: '2'\nname: e\n") }, `1/meta.yaml: is that of the experiment "2"`},
		"name a list":     {func(s site) { s.write("1/meta.yaml", "experiment_id: '1'\nname: [e]\n") }, "1/meta.yaml: name is no single value"},
		"a link out":      {func(s site) { s.remove("1"); s.link("/etc", "1") }, "1/meta.yaml: a symbolic link leads out of the store"},
		"a link to above": {func(s site) { s.remove("1"); s.link("..", "1") }, "1/meta.yaml: a symbolic link leads out of the store"},
		"a circle":        {func(s site) { s.remove("1"); s.link("1", "1") }, "1/meta.yaml: too many levels of symbolic links"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.write("2/meta.yaml", "experiment_id: '2'\nname: two\n")
			s.write("2/"+runID(9)+"/meta.yaml", "experiment_id: '2'\nrun_id: "+runID(9)+"\nstatus: 4\nuser_id: me\n")
			test.do(s)
			store := opened(t, s.dir)
			experiments, err := store.Experiments(t.Context(), query.Active)
			if err != nil || len(experiments) != 1 || experiments[0].ID != "2" {
				t.Errorf("experiments %v, %v", experiments, err)
			}
			if got := ids(t, store, query.Search{}); !slices.Equal(got, []string{runID(9)}) {
				t.Errorf("runs %s", got)
			}
			warnings := store.Warnings()
			if len(warnings) != 1 || warnings[0].Code != "EXPERIMENTS_UNREADABLE" || !slices.Equal(warnings[0].Keys, []string{"1"}) ||
				!strings.Contains(warnings[0].Message, test.said) {
				t.Errorf("warnings %+v", warnings)
			}
		})
	}
}

// TestWritten has files that look odd and are whole.
func TestWritten(t *testing.T) {
	for name, do := range map[string]func(site){
		"a number for the experiment": func(s site) { s.edit("RUN/meta.yaml", "experiment_id: '1'", "experiment_id: 1") },
		"status by name":              func(s site) { s.edit("RUN/meta.yaml", "status: 3", "status: FINISHED") },
		"no lifecycle stage":          func(s site) { s.edit("RUN/meta.yaml", "lifecycle_stage: active\n", "") },
		"run_uuid alone":              func(s site) { s.edit("RUN/meta.yaml", "run_id:", "run_uuid:") },
		"quotes, comments, order": func(s site) {
			s.edit("RUN/meta.yaml", "status: 3\n", "")
			s.edit("RUN/meta.yaml", "run_name: ", "# by hand\n\"status\":   3\nrun_name: ")
		},
		"a flow mapping": func(s site) {
			s.write("RUN/meta.yaml", "{run_id: "+runID(2)+", experiment_id: '1', status: 3, start_time: 1800000000002, user_id: me}\n")
		},
		"a name of several lines":     func(s site) { s.edit("RUN/meta.yaml", "run_name: ", "run_name: a long\n  name that goes on\n  ") },
		"an end without time":         func(s site) { s.edit("RUN/meta.yaml", "end_time: 1800000000003", "end_time: null") },
		"folders of other things":     func(s site) { s.write("1/traces/t/tags/x", ""); s.write("1/datasets/d/meta.yaml", "a: b\n") },
		"artifacts beside the runs":   func(s site) { s.write("1/plots/a.png", ""); s.write("notes/readme", "") },
		"a registry":                  func(s site) { s.write("models/m/meta.yaml", "name: m\n") },
		"hidden folders":              func(s site) { s.write(".git/HEAD", ""); s.write("1/.ipynb_checkpoints/x", "") },
		"artifacts of another store":  func(s site) { s.write("77/"+runID(5)+"/artifacts/x", "") },
		"a link to a folder of tags":  func(s site) { s.link(".", "RUN/tags/loop") },
		"a link to a tag":             func(s site) { s.link("invocation_id", "RUN/tags/alias") },
		"a run deleted meanwhile":     func(s site) { s.write("1/"+runID(8)+"/artifacts/x", "") },
		"metric of the first MLflows": func(s site) { s.write("RUN/metrics/old", "1 0.5\n2 0.25\n") },
		"metric of a dataset":         func(s site) { s.write("RUN/metrics/old", "1 0.5 7 name digest\n") },
		"not a number":                func(s site) { s.write("RUN/metrics/old", "1 nan 0\n2 -inf 0\n3 1e-07 0\n4 1e999 0\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			do(s)
			store := opened(t, s.dir)
			if got := ids(t, store, query.Search{}); len(got) != siteRuns || got[3] != runID(2) {
				t.Errorf("runs %s", got)
			}
			run, err := store.Run(t.Context(), runID(2))
			if err != nil || run.Status != query.StatusFinished || run.InvocationID() != fmt.Sprintf("%016x", 2) || run.ExperimentID != "1" {
				t.Errorf("run %+v, %v", run, err)
			}
			if warnings := store.Warnings(); len(warnings) > 0 {
				t.Errorf("warnings %v", warnings)
			}
		})
	}
}

// TestReadsNoMore damages what a search has no reason to read: it cannot complain.
func TestReadsNoMore(t *testing.T) {
	s := newSite(t)
	oldest, newest := runID(0), runID(siteRuns-1)
	for i := range siteRuns {
		if i != siteRuns-1 {
			s.write("1/"+runID(i)+"/params/p", "\xff")
			s.write("1/"+runID(i)+"/metrics/m", "")
			s.write("1/"+runID(i)+"/tags/other", "\xff")
		}
	}
	s.write("2/meta.yaml", "")
	quiet := func(what string, search query.Search, want ...string) {
		t.Helper()
		store := opened(t, s.dir)
		if got := ids(t, store, search); !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
		for _, w := range store.Warnings() {
			if w.Code == "RUNS_UNREADABLE" {
				t.Errorf("%s: %s", what, w.Message)
			}
		}
	}
	quiet("the newest", query.Search{Limit: 1}, newest)
	tagged := withTag(query.TagTask, "h.t")
	tagged.Limit = 1
	quiet("the newest with a tag", tagged, newest)
	quiet("one invocation", withTag(query.TagInvocation, fmt.Sprintf("%016x", siteRuns-1)), newest)
	quiet("none", withTag(query.TagInvocation, "0123456789abcdef"))
	quiet("by id", query.Search{Filter: query.Filter{{Entity: query.Attribute, Key: "run_id", Op: query.Equal, Value: newest}}}, newest)

	store := opened(t, s.dir)
	if got := ids(t, store, query.Search{Experiments: []string{"1"}, Limit: 1}); !slices.Equal(got, []string{newest}) || len(store.Warnings()) > 0 {
		t.Errorf("in one experiment: %s, %v", got, store.Warnings())
	}
	// A tag that decides is read before the rest: the folder of a run that does not
	// match may even lack its meta.yaml.
	s.remove("1/" + oldest + "/meta.yaml")
	finished := withTag(query.TagInvocation, fmt.Sprintf("%016x", siteRuns-1))
	quiet("one invocation", finished, newest)
	finished.Filter = append(query.Filter{{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished}}, finished.Filter...)
	quiet("one invocation, finished", finished, newest)
}

// TestBeingWritten reads a file that is empty when it is first looked at, as
// MLflow's are for a moment.
func TestBeingWritten(t *testing.T) {
	for _, name := range []string{"RUN/meta.yaml", "RUN/tags/invocation_id"} {
		s := newSite(t)
		whole := s.read(name)
		s.write(name, "")
		synctest.Test(t, func(t *testing.T) {
			time.AfterFunc(75*time.Millisecond, func() {
				if err := os.WriteFile(s.path(name), []byte(whole), 0o644); err != nil {
					t.Error(err)
				}
			})
			store := opened(t, s.dir)
			search := withTag(query.TagInvocation, fmt.Sprintf("%016x", 2))
			if got := ids(t, store, search); !slices.Equal(got, []string{runID(2)}) || len(store.Warnings()) > 0 {
				t.Errorf("%s: runs %s, warnings %v", name, got, store.Warnings())
			}
		})
	}
}

// TestMetricBeingWritten reads a metric while its last line is half there.
func TestMetricBeingWritten(t *testing.T) {
	for name, search := range map[string]query.Search{"in full": {}, "to decide": {Raw: "metrics.m > 0.7"}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.write("RUN/metrics/m", "1000 0.5 5\n2000 0.75 1")
			synctest.Test(t, func(t *testing.T) {
				time.AfterFunc(75*time.Millisecond, func() {
					if err := os.WriteFile(s.path("RUN/metrics/m"), []byte("1000 0.5 5\n2000 0.75 12\n"), 0o644); err != nil {
						t.Error(err)
					}
				})
				store := opened(t, s.dir)
				runs, err := query.All(store.Search(t.Context(), search))
				if err != nil || len(store.Warnings()) > 0 {
					t.Errorf("%v, warnings %v", err, store.Warnings())
				}
				if !slices.ContainsFunc(runs, func(run query.Run) bool { return run.ID == runID(2) && run.Metrics["m"] == 0.75 }) {
					t.Errorf("runs %v", runs)
				}
			})
		})
	}
}

// TestMany has ten thousand entries in a folder.
func TestMany(t *testing.T) {
	const many = 10_000
	s := newSite(t)
	s.ok(os.MkdirAll(s.path("RUN/tags/many"), 0o755))
	for i := range many {
		s.ok(os.Mkdir(filepath.Join(s.dir, "1", fmt.Sprintf("empty%d", i)), 0o755))
		s.ok(os.WriteFile(s.path(fmt.Sprintf("RUN/tags/many/%d", i)), []byte{'x'}, 0o644))
	}
	store := opened(t, s.dir)
	runs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil || len(runs) != siteRuns || len(runs[3].Tags) != many+3 || runs[3].Tags["many/9999"] != "x" {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if got := ids(t, store, withTag("many/77", "x")); !slices.Equal(got, []string{runID(2)}) {
		t.Errorf("runs by a nested tag: %s", got)
	}
	if warnings := store.Warnings(); len(warnings) > 0 {
		t.Errorf("warnings %v", warnings)
	}
}

// TestManyDamages keeps a warning short, and says how many there are.
func TestManyDamages(t *testing.T) {
	s := newSite(t)
	var want []string
	for i := range 5 {
		s.write("1/"+runID(i)+"/meta.yaml", "")
		want = append(want, runID(i))
	}
	store := opened(t, s.dir)
	ids(t, store, query.Search{})
	warnings := store.Warnings()
	if len(warnings) != 1 || !slices.Equal(warnings[0].RunIDs, want) || strings.Count(warnings[0].Message, "empty") != 3 ||
		!strings.HasPrefix(warnings[0].Message, "5 runs of ") || !strings.HasSuffix(warnings[0].Message, "; and 2 more") {
		t.Errorf("warnings %+v", warnings)
	}
}
