package query

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Stores opens tracking stores as selectors need them. Opening does no I/O that
// a source does not ask for.
type Stores interface {
	Default(ctx context.Context) (Store, error)
	Demo(ctx context.Context) (Store, error)
	Path(ctx context.Context, path string) (Store, error)
	// Server opens the MLflow server at an address, without credentials that are
	// meant for another; workspace "" is the one of the settings, or the server's.
	Server(ctx context.Context, address, workspace string) (Store, error)
}

// Records are [Stores] that also know what launchers wrote down, on this machine, of
// where their output is.
type Records interface {
	// Records opens the store that may know a source which the default store does
	// not; nil if there is none.
	Records(ctx context.Context, source Source) (Store, error)
}

// Resolution is the runs behind a selector.
type Resolution struct {
	Selector Selector
	Found    []Found // one a source; of a model, one an invocation; of a version, one an id
}

// Found is the runs behind one source: one run a job.
type Found struct {
	Source   Source
	Store    Store
	Runs     []Run       // by job index, then run id
	SetAside []Duplicate // other runs of the same jobs
	// Whole says that the source names whole invocations, so that a configured
	// task without a run is missing; a job or run selector configures only itself.
	Whole bool
	// Digests are those that the runs of a baseline were pinned with, by run id.
	Digests map[string]string
	// Fresh says that the numbers of the runs are to be those that the store has now,
	// whatever was kept of them.
	Fresh bool
	// Notes say how the runs were chosen; [Resolution.Warnings] has them too.
	Notes []nemo.Warning
}

// Duplicate is the runs of one job of which only one was kept.
type Duplicate struct {
	JobID string
	Kept  Run
	Aside []Run
}

// Resolver finds the runs behind selectors.
type Resolver struct {
	Stores Stores
	// Selection is what sources that choose ([Source.Chooses]) choose from. Its
	// View holds for all sources.
	Selection Selection
	// Models may be nil. Sources choose by it only if the selection is Deep; a list
	// may show what it tells.
	Models Models
	// Near returns those of the known words that may be meant by one that is not
	// known; may be nil.
	Near func(word string, known []string) []string
	// Baselines finds what @NAME is pinned to; nil knows no baseline.
	Baselines Baselines
}

// Resolve finds the runs of every selector, as [Resolver.Resolve] does, with
// nothing to choose from left out.
func Resolve(ctx context.Context, stores Stores, selectors []Selector) ([]Resolution, error) {
	return Resolver{Stores: stores}.Resolve(ctx, selectors)
}

// Resolve finds the runs of every selector, the selectors side by side. Errors
// have code NotFound, Ambiguous (with candidates), or what the store reports.
func (r Resolver) Resolve(ctx context.Context, selectors []Selector) ([]Resolution, error) {
	found := make([][][]Found, len(selectors))
	group, ctx := errgroup.WithContext(ctx)
	for i, selector := range selectors {
		found[i] = make([][]Found, len(selector.Sources))
		for k, source := range selector.Sources {
			group.Go(func() (err error) {
				found[i][k], err = r.source(ctx, source)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	resolutions := make([]Resolution, len(selectors))
	for i, selector := range selectors {
		resolutions[i] = Resolution{Selector: selector, Found: slices.Concat(found[i]...)}
		dropRepeatedRuns(resolutions[i].Found)
	}
	noteWarnings(resolutions)
	return resolutions, nil
}

// noteWarnings hands on what the stores could not read, that of each store once.
func noteWarnings(resolutions []Resolution) {
	noted := map[string]bool{} // by URI
	for _, resolution := range resolutions {
		for i, found := range resolution.Found {
			if uri := found.Store.URI(); !noted[uri] {
				noted[uri] = true
				resolution.Found[i].Notes = append(found.Notes, WarningsOf(found.Store)...)
			}
		}
	}
}

// source finds the runs behind one source.
func (r Resolver) source(ctx context.Context, source Source) ([]Found, error) {
	if source.Kind == ByBaseline {
		return r.baseline(ctx, source)
	}
	store, err := r.open(ctx, source)
	if err != nil {
		return nil, err
	}
	switch source.Kind {
	case ByModel:
		found, err := r.model(ctx, store, source)
		return found, unread(err, store)
	case ByVersion:
		found, err := r.version(ctx, store, source)
		return found, unread(err, store)
	case ByLatest:
		if source, err = r.latest(ctx, store, source); err != nil {
			return nil, unread(err, store)
		}
	case ByInvocation, ByJob, ByRun, ByPath, ByBundle, ByPage, ByBaseline:
	}
	found, err := r.named(ctx, store, source)
	if HasCode(err, NotFound) {
		found, err = r.recorded(ctx, store, source, unread(err, store))
	}
	if err != nil {
		return nil, err
	}
	return []Found{found}, nil
}

// recorded looks for an id that the default store does not have in what launchers
// wrote down on this machine: output that was not exported, or not there.
func (r Resolver) recorded(ctx context.Context, asked Store, source Source, missing error) (Found, error) {
	all, ok := r.Stores.(Records)
	if !ok || source.Demo || source.Kind != ByInvocation && source.Kind != ByJob && source.Kind != ByBundle {
		return Found{}, missing
	}
	store, err := all.Records(ctx, source)
	if err != nil || store == nil || store == asked {
		return Found{}, missing // the records are an extra
	}
	found, err := r.named(ctx, store, source)
	switch {
	case HasCode(err, NotFound):
		return Found{}, unread(missing, store)
	case err != nil:
		return Found{}, err
	}
	found.Notes = append(found.Notes, nemo.Warning{
		Code:    "FROM_RECORDS",
		Message: source.Text + " is not in " + asked.URI() + "; its output on this machine was read, which " + store.URI() + " names",
		RunIDs:  runIDs(found.Runs),
	})
	return found, nil
}

// dropRepeatedRuns counts a job that several sources of one side name once: a run
// is no repeat of itself, nor is another run of its job, which is the same
// evaluation exported twice. Of different runs the preferred one counts, and the
// others are set aside.
func dropRepeatedRuns(found []Found) {
	kept := map[string]Run{}
	for _, f := range found {
		for _, run := range f.Runs {
			at := evaluationOf(f.Store, run)
			if other, ok := kept[at]; !ok || preferred(run, other) < 0 {
				kept[at] = run
			}
		}
	}
	counted := map[string]bool{}
	for i, f := range found {
		found[i].Runs = slices.DeleteFunc(f.Runs, func(run Run) bool {
			at := evaluationOf(f.Store, run)
			if run.ID != kept[at].ID {
				found[i].SetAside = append(found[i].SetAside, Duplicate{JobID: run.JobID(), Kept: kept[at], Aside: []Run{run}})
				return true
			}
			again := counted[at]
			counted[at] = true
			return again
		})
	}
}

// evaluationOf identifies what a run is a record of: its job, in whatever store;
// without a job id, the run itself.
func evaluationOf(store Store, run Run) string {
	switch {
	case run.JobID() != "":
		return run.JobID()
	case !store.Remote() && run.ArtifactURI != "":
		// Each path into a tree is a store of its own; the run's folder is the
		// same whichever was given.
		return run.ArtifactURI
	default:
		return store.URI() + "\x00" + run.ID
	}
}

// named finds the runs of a source that has a name of its own.
func (r Resolver) named(ctx context.Context, store Store, source Source) (Found, error) {
	found := Found{Source: source, Store: store}
	var runs []Run
	var err error
	switch source.Kind {
	case ByRun, ByPage:
		run, err := store.Run(ctx, source.ID)
		if HasCode(err, NotFound) {
			return Found{}, &Error{
				Code: NotFound, Message: fmt.Sprintf("no run %s in %s", source.ID, store.URI()),
				Hint: "evalctl runs   lists the newest runs",
			}
		}
		if err != nil {
			return Found{}, err
		}
		runs = []Run{run}
	case ByPath:
		runs, err = All(store.Search(ctx, Search{}))
		if err != nil {
			return Found{}, err
		}
		if runs, err = oneOf(source, evaluationsOf(runs), Run.InvocationID); err != nil {
			return Found{}, err
		}
		found.Whole = !namesOneJob(store, runs)
	case ByBundle:
		runs, err = All(store.Search(ctx, Search{Filter: Filter{{Tag, TagJob, HasPrefix, source.ID}}, View: r.Selection.View}))
		if err != nil {
			return Found{}, err
		}
		if runs, err = oneOf(source, runs, Run.JobID); err != nil {
			return Found{}, err
		}
	case ByInvocation, ByJob, ByModel, ByLatest, ByVersion, ByBaseline:
		if runs, err = r.invocation(ctx, store, source); err != nil {
			return Found{}, err
		}
		found.Whole = source.Kind != ByJob
	}
	if len(runs) == 0 {
		return Found{}, r.notFound(ctx, source, store)
	}
	found.Runs, found.SetAside = OnePerJob(runs)
	return found, nil
}

// invocation finds the runs of an invocation, or of one of its jobs: those with its
// id in the tag, and those with it in the parameter where a user's own tag took the
// place of the exporter's, which need not be all. A tag that can be the launcher's
// is believed before a parameter, which stays as it was when a run is exported
// again; only if nothing else has the id, the parameter alone tells.
func (r Resolver) invocation(ctx context.Context, store Store, source Source) ([]Run, error) {
	op := HasPrefix // eight digits can be a whole id, too
	if len(source.ID) == longInvocation {
		op = Equal
	}
	byParam := Search{Filter: Filter{{Param, ParamInvocation, op, source.ID}}, View: r.Selection.View}
	byTag := Search{Filter: Filter{{Tag, TagInvocation, op, source.ID}}, View: r.Selection.View}
	if source.Kind == ByJob && op == Equal {
		byTag.Filter = Filter{{Tag, TagJob, Equal, source.ID + "." + strconv.Itoa(source.Job)}}
	}
	runs, err := searchBoth(ctx, store, byTag, byParam)
	if err != nil {
		return nil, err
	}
	idOf := Run.InvocationID
	told := slices.DeleteFunc(slices.Clone(runs), func(run Run) bool {
		return !strings.HasPrefix(strings.ToLower(run.InvocationID()), source.ID)
	})
	if len(told) == 0 {
		told, idOf = runs, func(run Run) string { return run.Params[ParamInvocation] }
	}
	if runs, err = oneOf(source, told, idOf); err != nil {
		return nil, err
	}
	if source.Kind == ByJob {
		runs = slices.DeleteFunc(runs, func(run Run) bool {
			n, ok := nemo.JobIndex(run.JobID())
			return !ok || n != source.Job
		})
	}
	return runs, nil
}

// searchBoth yields what either search finds, each run once, in the order of a
// search.
func searchBoth(ctx context.Context, store Store, searches ...Search) ([]Run, error) {
	found := make([][]Run, len(searches))
	group, ctx := errgroup.WithContext(ctx)
	for i, search := range searches {
		group.Go(func() (err error) {
			found[i], err = All(store.Search(ctx, search))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	runs := slices.Concat(found...)
	slices.SortFunc(runs, NewestFirst)
	return slices.CompactFunc(runs, func(a, b Run) bool { return a.ID == b.ID }), nil
}

// Launch finds every run of the invocation with this id, newest start first.
func (r Resolver) Launch(ctx context.Context, store Store, id string) ([]Run, error) {
	launches, err := r.Launches(ctx, store, []string{id})
	return launches[id], err
}

// Launches is [Resolver.Launch] for several invocations at once, for stores that go
// through all runs to find those of one.
func (r Resolver) Launches(ctx context.Context, store Store, ids []string) (map[string][]Run, error) {
	byTag, byParam := Search{View: r.Selection.View}, Search{View: r.Selection.View}
	launches := make(map[string][]Run, len(ids))
	switch len(ids) {
	case 0:
		return launches, nil
	case 1: // as a selector asks
		byTag.Filter = Filter{{Tag, TagInvocation, Equal, ids[0]}}
		byParam.Filter = Filter{{Param, ParamInvocation, Equal, ids[0]}}
	default:
		for _, id := range ids {
			byTag.Any = append(byTag.Any, Filter{{Tag, TagInvocation, Equal, id}})
			byParam.Any = append(byParam.Any, Filter{{Param, ParamInvocation, Equal, id}})
		}
	}
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	runs, err := searchBoth(ctx, store, byTag, byParam)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if id := run.InvocationID(); asked[id] {
			launches[id] = append(launches[id], run)
		}
	}
	return launches, nil
}

func (r Resolver) open(ctx context.Context, source Source) (Store, error) {
	switch {
	case source.Demo:
		return r.Stores.Demo(ctx)
	case source.Kind == ByPath:
		return r.Stores.Path(ctx, source.Path)
	case source.Kind == ByPage:
		return r.Stores.Server(ctx, source.Server, source.Workspace)
	default:
		return r.Stores.Default(ctx)
	}
}

// namesOneJob reports whether a store was opened at one job's directory or below
// it: the job lies at or above the place that the store's URI names.
func namesOneJob(store Store, runs []Run) bool {
	opened, err := url.Parse(store.URI())
	return err == nil && len(runs) == 1 && runs[0].ArtifactURI != "" && strings.Contains(opened.Path+"/", runs[0].ArtifactURI+"/")
}

// evaluationsOf leaves out what other programs logged beside evaluations: the runs of
// experiments that are in no invocation. If none is in one, they are all there is.
func evaluationsOf(runs []Run) []Run {
	evaluations := slices.DeleteFunc(slices.Clone(runs), func(run Run) bool { return run.InvocationID() == "" && run.ExperimentID != "" })
	if len(evaluations) == 0 {
		return runs
	}
	return evaluations
}

// oneOf keeps the runs of the one invocation, or of the one bundle, that is meant:
// whose id is exactly the source's, else the only one there is.
func oneOf(source Source, runs []Run, idOf func(Run) string) ([]Run, error) {
	byID := map[string][]Run{}
	for _, run := range runs {
		id := idOf(run)
		if source.Kind != ByBundle {
			id = strings.ToLower(id)
		}
		byID[id] = append(byID[id], run)
	}
	if exact, ok := byID[source.ID]; ok && source.ID != "" {
		return exact, nil
	}
	if len(byID) <= 1 {
		return runs, nil
	}
	ids := "invocation ids"
	if source.Kind == ByBundle {
		ids = "run ids"
	}
	what := fmt.Sprintf("%q is the beginning of %d %s", source.Text, len(byID), ids)
	hint := "name one with more digits"
	if source.Kind == ByPath {
		what = fmt.Sprintf("%s holds %d invocations", source.Path, len(byID))
		hint = "--tracking-uri " + source.Path + " and an id names one, and so does the folder of one"
	}
	return nil, &Error{Code: Ambiguous, Message: what, Hint: hint, Candidates: sortedKeys(byID)}
}

func (r Resolver) notFound(ctx context.Context, source Source, store Store) error {
	what := "invocation " + source.ID
	switch {
	case source.Kind == ByBundle:
		return &Error{
			Code: NotFound, Message: fmt.Sprintf("no run of nel-next %s in %s", source.ID, store.URI()),
			Hint: "evalctl runs   lists the newest runs",
		}
	case source.Kind == ByPath:
		return &Error{
			Code: NotFound, Message: "no evaluation in " + source.Path,
			Hint: "a launcher output directory has <time>-<invocation id>/<task>.<n>/artifacts/results.yml",
		}
	case source.Kind == ByJob:
		what = fmt.Sprintf("job %s.%d", source.ID, source.Job)
	case len(source.ID) != longInvocation && len(source.ID) != shortInvocation:
		what = "invocation that begins with " + source.ID
	}
	if r.Selection.View == Active {
		all := r
		all.Selection.View = WithDeleted
		if runs, err := all.invocation(ctx, store, source); err == nil && len(runs) > 0 {
			return &Error{
				Code: NotFound, Message: fmt.Sprintf("%s in %s is deleted", what, store.URI()),
				Hint: "--include-deleted reads what was deleted and not yet purged",
			}
		}
	}
	if !store.Remote() {
		return &Error{
			Code: NotFound, Message: fmt.Sprintf("no %s in %s", what, store.URI()),
			Hint: "evalctl invocations --tracking-uri " + store.URI() + "   lists what there is",
		}
	}
	return &Error{
		Code:    NotFound,
		Message: fmt.Sprintf("no %s in %s", what, store.URI()),
		Hint: "pending, running and failed jobs are never exported to MLflow;\n" +
			"nemo-evaluator-launcher status " + source.ID + "   asks the launcher\n" +
			"evalctl invocations   lists what there is",
	}
}

// OnePerJob keeps one run for each job id: FINISHED before any other status, then
// the newest start, then the smallest run id. Runs without a job id are all kept.
// Runs come back by job index, then run id.
func OnePerJob(runs []Run) ([]Run, []Duplicate) {
	byJob := map[string][]Run{}
	var kept []Run
	for _, run := range runs {
		if run.JobID() == "" {
			kept = append(kept, run)
			continue
		}
		byJob[run.JobID()] = append(byJob[run.JobID()], run)
	}
	var duplicates []Duplicate
	for _, job := range sortedKeys(byJob) {
		same := byJob[job]
		slices.SortFunc(same, preferred)
		kept = append(kept, same[0])
		if len(same) > 1 {
			duplicates = append(duplicates, Duplicate{JobID: job, Kept: same[0], Aside: same[1:]})
		}
	}
	slices.SortFunc(kept, byJobIndex)
	slices.SortFunc(duplicates, func(a, b Duplicate) int { return byJobIndex(a.Kept, b.Kept) })
	return kept, duplicates
}

func preferred(a, b Run) int {
	return cmp.Or(
		cmp.Compare(unfinished(a), unfinished(b)),
		cmp.Compare(deleted(a), deleted(b)),
		b.StartTime.Compare(a.StartTime),
		cmp.Compare(a.ID, b.ID),
	)
}

func unfinished(run Run) int {
	if run.Status == StatusFinished {
		return 0
	}
	return 1
}

// deleted puts what someone threw away behind what they kept.
func deleted(run Run) int {
	if run.Deleted {
		return 1
	}
	return 0
}

func byJobIndex(a, b Run) int {
	first, _ := nemo.JobIndex(a.JobID())
	second, _ := nemo.JobIndex(b.JobID())
	return cmp.Or(
		cmp.Compare(a.InvocationID(), b.InvocationID()),
		cmp.Compare(first, second),
		cmp.Compare(a.ID, b.ID),
	)
}

// Warnings say how the runs behind a side were chosen: which duplicates were set
// aside, what is deleted, and whose tag is not the launcher's. Each is said once,
// of all sources together.
func (r Resolution) Warnings(side string) []nemo.Warning {
	var warnings []nemo.Warning
	var runs []Run
	var aside []string
	jobs := map[string]bool{}
	for _, f := range r.Found {
		warnings = append(warnings, f.Notes...)
		runs = append(runs, f.Runs...)
		for _, duplicate := range f.SetAside {
			jobs[cmp.Or(duplicate.JobID, duplicate.Kept.ID)] = true
			aside = append(aside, runIDs(duplicate.Aside)...)
		}
	}
	if len(jobs) > 0 {
		slices.Sort(aside)
		aside = slices.Compact(aside)
		warnings = append(warnings, nemo.Warning{
			Code: "DUPLICATE_RUNS",
			Message: fmt.Sprintf("%s exported more than once; the newest finished run of each counts, %s set aside",
				plural(len(jobs), "job was", "jobs were"), plural(len(aside), "run is", "runs are")),
			RunIDs: aside,
		})
	}
	var deleted, other []Run
	for _, run := range runs {
		if run.Deleted {
			deleted = append(deleted, run)
		}
		if tag, param := run.Tags[TagInvocation], run.Params[ParamInvocation]; tag != "" && param != "" && tag != param {
			other = append(other, run)
		}
	}
	if len(deleted) > 0 {
		warnings = append(warnings, nemo.Warning{
			Code: "RUN_DELETED", Message: plural(len(deleted), "run is", "runs are") + " deleted in the tracking store",
			RunIDs: runIDs(deleted),
		})
	}
	if len(other) > 0 {
		warnings = append(warnings, nemo.Warning{
			Code: "INVOCATION_TAG_DIFFERS",
			Message: fmt.Sprintf("the tag invocation_id of %s (%s) is not the launcher's id in the parameter (%s)",
				plural(len(other), "run", "runs"), other[0].Tags[TagInvocation], other[0].Params[ParamInvocation]),
			RunIDs: runIDs(other),
		})
	}
	for i := range warnings {
		warnings[i].Side = side
	}
	return warnings
}

func runIDs(runs []Run) []string {
	ids := make([]string, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	slices.Sort(ids)
	return ids
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
