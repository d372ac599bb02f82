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
