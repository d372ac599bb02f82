// Package conformance checks the contract of [query.Store] on any store that
// holds the example evaluations of test/data: a tracking server, a database or a file
// store filled by the launcher's exporter, the directories themselves, or the
// reference, test/memstore.
package conformance

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/pkg/query"
)

// Options say in which permitted ways a store differs from a directory of all
// the example invocations.
type Options struct {
	// Invocations are the ids that the store holds; nil is all of them.
	Invocations []string

	// OnlyFinished: jobs without results have no run, since the exporter makes
	// none for them.
	OnlyFinished bool

	// Copies counts the runs of jobs that were exported more than once, by job
	// id; all other jobs have one.
	Copies map[string]int

	// Broken are the ids of jobs that have a copy with another status than the
	// job's and without files.
	Broken []string

	// Unsure: the server answers the same for a file that is not there and one that
	// it cannot read, as MLflow does of files in S3 and MLflow 2 of all, and may call a
	// folder an empty file.
	Unsure bool

	// Language: the store evaluates filters in MLflow's language; others refuse them.
	Language bool

	// Parts are the names of what is checked; nil is everything.
	Parts []string

	// Tree is the launcher's output directory, to compare contents with; nil
	// leaves that out.
	Tree fs.FS
}

// Run checks the store that open returns, which may be the same at each call.
func Run(t *testing.T, open func(t *testing.T) query.Store, options Options) {
	s := suite{options: options, jobs: options.expected(), open: open}
	if len(s.jobs) < 4 {
		t.Fatalf("%d jobs are too few to check an order or a limit", len(s.jobs))
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T, query.Store)
	}{
		{"URI", s.uri},
		{"SearchAll", s.searchAll},
		{"SearchInvocation", s.searchInvocation},
		{"SearchPrefix", s.searchPrefix},
		{"SearchJob", s.searchJob},
		{"SearchStatus", s.searchStatus},
		{"SearchNothing", s.searchNothing},
		{"SearchOperators", s.searchOperators},
		{"SearchAny", s.searchAny},
		{"SearchLanguage", s.searchLanguage},
		{"Find", s.find},
		{"SearchLimit", s.searchLimit},
		{"SearchStopsEarly", s.searchStopsEarly},
		{"SearchConcurrently", s.searchConcurrently},
		{"Experiments", s.experiments},
		{"Run", s.run},
		{"UnknownRun", s.unknownRun},
		{"List", s.list},
		{"ListNothing", s.listNothing},
		{"Open", s.openFile},
		{"OpenMissing", s.openMissing},
		{"OpenOutside", s.openOutside},
		{"Cancelled", s.cancelled},
		{"CancelledMidway", s.cancelledMidway},
	} {
		if options.Parts != nil && !slices.Contains(options.Parts, part.name) {
			continue
		}
		t.Run(part.name, func(t *testing.T) { part.run(t, open(t)) })
	}
}

type suite struct {
	options Options
	jobs    []Job
	open    func(t *testing.T) query.Store
}

// expected is the jobs that a store has a run of.
func (o Options) expected() []Job {
	return slices.DeleteFunc(Jobs(), func(j Job) bool {
		return o.Invocations != nil && !slices.Contains(o.Invocations, j.Invocation) ||
			o.OnlyFinished && j.Status != query.StatusFinished
	})
}

// copies is how many runs of a job there are.
func (o Options) copies(job string) int { return cmp.Or(o.Copies[job], 1) }

func tag(key string, op query.Op, value string) query.Condition {
	return query.Condition{Entity: query.Tag, Key: key, Op: op, Value: value}
}

func search(t *testing.T, store query.Store, conditions ...query.Condition) []query.Run {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), query.Search{Filter: conditions}))
	if err != nil {
		t.Fatalf("search %q: %v", query.Filter(conditions), err)
	}
	return runs
}

func ids(runs []query.Run) []string {
	ids := make([]string, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	return ids
}

// count counts runs by job.
func count(runs []query.Run) map[string]int {
	jobs := map[string]int{}
	for _, run := range runs {
		jobs[run.JobID()]++
	}
	return jobs
}

// checkJobs compares found runs with the jobs that select keeps.
func (s suite) checkJobs(t *testing.T, runs []query.Run, keep func(Job) bool) {
	t.Helper()
	want := map[string]int{}
	for _, job := range s.jobs {
		if keep(job) {
			want[job.ID] = s.options.copies(job.ID)
		}
	}
	if diff := gocmp.Diff(want, count(runs)); diff != "" {
		t.Errorf("runs by job (-want +got):\n%s", diff)
	}
}

// finished returns a run that has results, and its job.
func (s suite) finished(t *testing.T, store query.Store) (query.Run, Job) {
	t.Helper()
	for _, job := range s.jobs {
		if job.Status != query.StatusFinished || slices.Contains(s.options.Broken, job.ID) {
			continue
		}
		if runs := search(t, store, tag(query.TagJob, query.Equal, job.ID)); len(runs) > 0 {
			return runs[0], job
		}
	}
	t.Fatal("the store has no finished job")
	return query.Run{}, Job{}
}

func (s suite) uri(t *testing.T, store query.Store) {
	if uri := store.URI(); uri == "" || uri != s.open(t).URI() {
		t.Errorf("URI %q, and %q when opened again", uri, s.open(t).URI())
	}
}

func (s suite) searchAll(t *testing.T, store query.Store) {
	runs := search(t, store)
	s.checkJobs(t, runs, func(Job) bool { return true })
	seen := map[string]bool{}
	for i, run := range runs {
		if run.ID == "" || seen[run.ID] {
			t.Errorf("run id %q is empty or there twice", run.ID)
		}
		seen[run.ID] = true
		if i > 0 && order(runs[i-1], run) >= 0 {
			t.Errorf("%s at %s comes before %s at %s", runs[i-1].ID, runs[i-1].StartTime, run.ID, run.StartTime)
		}
	}
	if again := search(t, store); !slices.Equal(ids(runs), ids(again)) {
		t.Error("the same search gave another answer")
	}
}

// order is the contract's: newest start first, then by run id.
func order(a, b query.Run) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime), strings.Compare(a.ID, b.ID))
}

func (s suite) searchInvocation(t *testing.T, store query.Store) {
	byID := map[string]Job{}
	for _, job := range s.jobs {
		byID[job.ID] = job
	}
	for invocation := range s.invocations() {
		runs := search(t, store, tag(query.TagInvocation, query.Equal, invocation))
		s.checkJobs(t, runs, func(j Job) bool { return j.Invocation == invocation })
		for _, run := range runs {
			s.checkRun(t, run, byID[run.JobID()])
		}
	}
}

// checkRun compares what the exporter's tags say of a run with the job.
func (s suite) checkRun(t *testing.T, run query.Run, job Job) {
	t.Helper()
	got := Job{
		Invocation: run.InvocationID(), ID: run.JobID(), Harness: run.Tags[query.TagHarness],
		Task: run.Tags[query.TagTask], Status: run.Status, directory: job.directory,
	}
	if slices.Contains(s.options.Broken, job.ID) {
		got.Status = job.Status
	}
	if diff := gocmp.Diff(job, got, gocmp.AllowUnexported(Job{})); diff != "" {
		t.Errorf("run %s (-want +got):\n%s", run.ID, diff)
	}
	if benchmark := run.Tags[query.TagBenchmark]; benchmark != job.Task {
		t.Errorf("run %s: benchmark %q, want %q", run.ID, benchmark, job.Task)
	}
	// A job that died before metadata.yaml was written does not know its executor.
	if executor, known := run.Tags[query.TagExecutor]; known && executor != "local" {
		t.Errorf("run %s: executor %q", run.ID, executor)
	}
	if run.StartTime.IsZero() || run.EndTime.Before(run.StartTime) {
		t.Errorf("run %s: from %s to %s", run.ID, run.StartTime, run.EndTime)
	}
	if run.Deleted {
		t.Errorf("run %s is deleted", run.ID)
	}
}

func (s suite) invocations() map[string]bool {
	all := map[string]bool{}
	for _, job := range s.jobs {
		all[job.Invocation] = true
	}
	return all
}

func (s suite) searchPrefix(t *testing.T, store query.Store) {
	for invocation := range s.invocations() {
		for _, length := range []int{4, 8, 15, 16} {
			prefix := invocation[:length]
			runs := search(t, store, tag(query.TagInvocation, query.HasPrefix, prefix))
			s.checkJobs(t, runs, func(j Job) bool { return strings.HasPrefix(j.Invocation, prefix) })
		}
	}
	// "7" begins two of the ids, and "_" is a wildcard in MLflow's LIKE, not here.
	runs := search(t, store, tag(query.TagInvocation, query.HasPrefix, "7"))
	s.checkJobs(t, runs, func(j Job) bool { return strings.HasPrefix(j.Invocation, "7") })
	if runs := search(t, store, tag(query.TagInvocation, query.HasPrefix, "_")); len(runs) != 0 {
		t.Errorf("the prefix _ matched %s", ids(runs))
	}
}

func (s suite) searchJob(t *testing.T, store query.Store) {
	for _, job := range s.jobs {
		runs := search(t, store, tag(query.TagJob, query.Equal, job.ID))
		s.checkJobs(t, runs, func(j Job) bool { return j == job })
	}
	first := s.jobs[0]
	runs := search(t, store, tag(query.TagJob, query.HasPrefix, first.Invocation[:8]))
	s.checkJobs(t, runs, func(j Job) bool { return strings.HasPrefix(j.ID, first.Invocation[:8]) })

	runs = search(t, store,
		tag(query.TagInvocation, query.Equal, first.Invocation), tag(query.TagTask, query.Equal, first.Task))
	s.checkJobs(t, runs, func(j Job) bool { return j.Invocation == first.Invocation && j.Task == first.Task })
}

func (s suite) searchStatus(t *testing.T, store query.Store) {
	for _, status := range []string{query.StatusFinished, query.StatusFailed, query.StatusRunning} {
		runs := search(t, store, query.Condition{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: status})
		for _, run := range runs {
			if run.Status != status {
				t.Errorf("run %s is %s, asked for %s", run.ID, run.Status, status)
			}
		}
		if status != query.StatusRunning {
			continue
		}
		if len(runs) != 0 {
			t.Errorf("running: %s", ids(runs))
		}
	}
	runs := search(t, store,
		tag(query.TagInvocation, query.Equal, s.jobs[0].Invocation),
		query.Condition{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished})
	s.checkJobs(t, runs, func(j Job) bool {
		return j.Invocation == s.jobs[0].Invocation && j.Status == query.StatusFinished
	})
}

func (s suite) searchNothing(t *testing.T, store query.Store) {
	known := s.jobs[0].Invocation
	for _, filter := range []query.Filter{
		{tag(query.TagInvocation, query.Equal, "00000000deadbeef")},
		{tag(query.TagInvocation, query.Equal, known[:8])},              // a prefix is not equal
		{tag(query.TagInvocation, query.Equal, strings.ToUpper(known))}, // ids are compared as they are
		{tag(query.TagJob, query.Equal, known+".99")},
		{tag(query.TagJob, query.Equal, known)},
		{tag("no_such_tag", query.Equal, "")},
		{tag(query.TagTask, query.Equal, `it's a "task"`)},
		{{Entity: query.Param, Key: "no_such_param", Op: query.Equal, Value: "1"}},
		{tag(query.TagInvocation, query.Equal, known), tag(query.TagInvocation, query.Equal, "00000000deadbeef")},
	} {
		if runs := search(t, store, filter...); len(runs) != 0 {
			t.Errorf("search %q found %s", filter, ids(runs))
		}
	}
}

func (s suite) searchLimit(t *testing.T, store query.Store) {
	all := search(t, store)
	some := query.Filter{tag(query.TagHarness, query.Equal, "byob_arith")}
	filtered := search(t, store, some...)
	for _, limit := range []int{1, 2, 3, len(all) - 1, len(all), len(all) + 10} {
		got, err := query.All(store.Search(t.Context(), query.Search{Limit: limit}))
		if err != nil {
			t.Fatal(err)
		}
		if want := ids(all[:min(limit, len(all))]); !slices.Equal(ids(got), want) {
			t.Errorf("limit %d: %s, want %s", limit, ids(got), want)
		}
		got, err = query.All(store.Search(t.Context(), query.Search{Limit: limit, Filter: some}))
		if err != nil {
			t.Fatal(err)
		}
		if want := ids(filtered[:min(limit, len(filtered))]); !slices.Equal(ids(got), want) {
			t.Errorf("limit %d with a filter: %s, want %s", limit, ids(got), want)
		}
	}
}

func (s suite) searchStopsEarly(t *testing.T, store query.Store) {
	all := ids(search(t, store))
	for stop := 1; stop <= 3; stop++ {
		var got []string
		for run, err := range store.Search(t.Context(), query.Search{}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, run.ID); len(got) == stop {
				break // a store that yields again panics
			}
		}
		if !slices.Equal(got, all[:stop]) {
			t.Errorf("the first %d: %s, want %s", stop, got, all[:stop])
		}
	}
	// The sequence can be ranged over again.
	sequence := store.Search(t.Context(), query.Search{Limit: 2})
	for range 2 {
		if got, err := query.All(sequence); err != nil || !slices.Equal(ids(got), all[:2]) {
			t.Errorf("ranging again: %s, %v", ids(got), err)
		}
	}
}

func (s suite) searchConcurrently(t *testing.T, store query.Store) {
	const callers = 4
	answers := make(chan error, callers)
	job := s.jobs[0]
	for range callers {
		go func() {
			filter := query.Filter{tag(query.TagInvocation, query.Equal, job.Invocation)}
			runs, err := query.All(store.Search(t.Context(), query.Search{Filter: filter}))
			for _, run := range runs {
				if err == nil {
					_, err = store.List(t.Context(), run, run.Folder)
				}
			}
			if err == nil && len(runs) == 0 {
				err = errors.New("no runs")
			}
			answers <- err
		}()
	}
	for range callers {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

func (s suite) experiments(t *testing.T, store query.Store) {
	experiments, err := store.Experiments(t.Context(), query.Active)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"": ""} // of a store without experiments
	if len(experiments) > 0 {
		names = map[string]string{}
	}
	for _, experiment := range experiments {
		if experiment.ID == "" || names[experiment.ID] != "" {
			t.Errorf("experiment id %q is empty or there twice", experiment.ID)
		}
		names[experiment.ID] = experiment.Name
	}
	all := search(t, store)
	within := 0
	for _, run := range all {
		if name, ok := names[run.ExperimentID]; !ok || name != run.Experiment {
			t.Errorf("run %s is in experiment %q %q, which is not listed so", run.ID, run.ExperimentID, run.Experiment)
		}
	}
	for id := range names {
		runs, err := query.All(store.Search(t.Context(), query.Search{Experiments: []string{id}}))
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range runs {
			if run.ExperimentID != id {
				t.Errorf("run %s of experiment %q was found in %q", run.ID, run.ExperimentID, id)
			}
		}
		within += len(runs)
	}
	if within != len(all) {
		t.Errorf("%d runs one experiment at a time, %d at once", within, len(all))
	}
}

func (s suite) run(t *testing.T, store query.Store) {
	for i, found := range search(t, store) {
		if i%5 != 0 {
			continue // one call each: enough
		}
		run, err := store.Run(t.Context(), found.ID)
		if err != nil {
			t.Errorf("run %s: %v", found.ID, err)
			continue
		}
		if diff := gocmp.Diff(found, run, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("run %s differs from what the search found (-search +run):\n%s", found.ID, diff)
		}
	}
}

func (s suite) unknownRun(t *testing.T, store query.Store) {
	for _, id := range []string{
		"00000000000000000000000000000000", "00000000deadbeef.0", s.jobs[0].Invocation + ".99", "no such run",
	} {
		run, err := store.Run(t.Context(), id)
		if !query.HasCode(err, query.NotFound) {
			t.Errorf("run %q: %v, error %v; want NotFound", id, run.ID, err)
		}
	}
}

func (s suite) list(t *testing.T, store query.Store) {
	run, _ := s.finished(t, store)
	folders, files := []string{""}, 0
	for depth := 0; depth < 4 && len(folders) > 0; depth++ {
		var below []string
		for _, folder := range folders {
			entries, err := store.List(t.Context(), run, folder)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSortedFunc(entries, func(a, b query.File) int { return strings.Compare(a.Path, b.Path) }) {
				t.Errorf("%q is not sorted: %v", folder, entries)
			}
			for _, entry := range entries {
				if parent := path.Dir(entry.Path); parent != cmp.Or(folder, ".") {
					t.Errorf("listing %q gave %q", folder, entry.Path)
				}
				if entry.IsDir {
					below = append(below, entry.Path)
				} else {
					files++
				}
			}
		}
		folders = below
	}
	if files == 0 {
		t.Error("no files")
	}
	entries, err := store.List(t.Context(), run, run.Folder)
	if err != nil {
		t.Fatal(err)
	}
	results := path.Join(run.Folder, "results.yml")
	if !slices.ContainsFunc(entries, func(f query.File) bool { return f.Path == results && !f.IsDir && f.Size > 0 }) {
		t.Errorf("%s is not where Folder says: %v", results, entries)
	}
}

func (s suite) listNothing(t *testing.T, store query.Store) {
	run, _ := s.finished(t, store)
	for _, dir := range []string{path.Join(run.Folder, "results.yml"), "no/such/folder", path.Join(run.Folder, "results.yml", "below")} {
		entries, err := store.List(t.Context(), run, dir)
		if err != nil || len(entries) != 0 {
			t.Errorf("listing %q: %v, %v", dir, entries, err)
		}
	}
}

func read(ctx context.Context, store query.Store, run query.Run, name string) (data []byte, size int64, err error) {
	content, err := store.Open(ctx, run, name)
	if err != nil {
		return nil, 0, err
	}
	data, err = io.ReadAll(content)
	return data, content.Size, errors.Join(err, content.Close())
}

func (s suite) openFile(t *testing.T, store query.Store) {
	for _, job := range s.jobs {
		if job.Status != query.StatusFinished || slices.Contains(s.options.Broken, job.ID) {
			continue
		}
		for _, run := range search(t, store, tag(query.TagJob, query.Equal, job.ID)) {
			if err := s.checkResults(t.Context(), store, run, job); err != nil {
				t.Errorf("run %s of job %s: %v", run.ID, job.ID, err)
			}
		}
	}
}

// checkResults reads a run's results and compares them with their listing and
// with the file that the launcher wrote.
func (s suite) checkResults(ctx context.Context, store query.Store, run query.Run, job Job) error {
	name := path.Join(run.Folder, "results.yml")
	data, size, err := read(ctx, store, run, name)
	if err != nil {
		return err
	}
	if size != -1 && size != int64(len(data)) {
		return fmt.Errorf("%s: size %d promised, %d bytes read", name, size, len(data))
	}
	entries, err := store.List(ctx, run, run.Folder)
	if err != nil {
		return err
	}
	if !slices.Contains(entries, query.File{Path: name, Size: int64(len(data))}) {
		return fmt.Errorf("%d bytes of %s, listed as %v", len(data), name, entries)
	}
	if s.options.Tree == nil {
		return nil
	}
	want, err := fs.ReadFile(s.options.Tree, path.Join(job.directory, "artifacts/results.yml"))
	if err == nil && !bytes.Equal(data, want) {
		err = fmt.Errorf("%s is not what the launcher wrote", name)
	}
	return err
}

func (s suite) openMissing(t *testing.T, store query.Store) {
	run, _ := s.finished(t, store)
	for _, name := range []string{
		path.Join(run.Folder, "no-such-file.yml"), "no/such/folder/results.yml", path.Join(run.Folder, "results.yml", "below"),
	} {
		_, _, err := read(t.Context(), store, run, name)
		if !query.HasCode(err, query.NotFound) && !(s.options.Unsure && query.HasCode(err, query.Uncertain)) {
			t.Errorf("opening %q: %v", name, err)
		}
	}
	if data, _, err := read(t.Context(), store, run, run.Folder); err == nil && !(s.options.Unsure && len(data) == 0) {
		t.Errorf("the folder %q was read as a file of %d bytes", run.Folder, len(data))
	}
}

func (s suite) openOutside(t *testing.T, store query.Store) {
	run, _ := s.finished(t, store)
	for _, name := range []string{"..", "../", "../results.yml", "/etc/passwd", run.Folder + "/../../results.yml", "a/./b", ""} {
		if _, _, err := read(t.Context(), store, run, name); err == nil {
			t.Errorf("%q was read", name)
		}
	}
	for _, dir := range []string{"..", "../..", "/etc", run.Folder + "/../.."} {
		if entries, err := store.List(t.Context(), run, dir); err == nil && len(entries) > 0 {
			t.Errorf("%q was listed: %v", dir, entries)
		}
	}
}

func (s suite) cancelled(t *testing.T, store query.Store) {
	run, _ := s.finished(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Experiments is not among them: a store may remember those.
	calls := map[string]func() error{
		"Search": func() error { _, err := query.All(store.Search(ctx, query.Search{})); return err },
		"Run":    func() error { _, err := store.Run(ctx, run.ID); return err },
		"List":   func() error { _, err := store.List(ctx, run, run.Folder); return err },
		"Open": func() error {
			_, _, err := read(ctx, store, run, path.Join(run.Folder, "results.yml"))
			return err
		},
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		err := calls[name]()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v", name, err)
		}
		if _, ok := errors.AsType[*query.Error](err); !ok {
			t.Errorf("%s: %T is not a *query.Error", name, err)
		}
	}
}

// cancelledMidway ends the context between two runs and between two reads.
func (s suite) cancelledMidway(t *testing.T, store query.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	yielded, failed := 0, 0
	for _, err := range store.Search(ctx, query.Search{}) {
		if err != nil {
			if failed++; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			continue
		}
		if failed > 0 {
			t.Error("a run after an error")
		}
		yielded++
		cancel()
	}
	if yielded == 0 || failed > 1 {
		t.Errorf("%d runs and %d errors; want at least one run and at most one error", yielded, failed)
	}

	run, _ := s.finished(t, store)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	content, err := store.Open(ctx, run, path.Join(run.Folder, "results.yml"))
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	cancel()
	if _, err := io.ReadAll(content); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("reading after the end of the context: %v", err)
	}
}
