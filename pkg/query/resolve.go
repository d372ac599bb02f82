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
}

// Resolution is the runs behind a selector.
type Resolution struct {
	Selector Selector
	Found    []Found // one a source
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
}

// Duplicate is the runs of one job of which only one was kept.
type Duplicate struct {
	JobID string
	Kept  Run
	Aside []Run
}

// Resolve finds the runs of every selector, the selectors side by side. Errors
// have code NotFound, Ambiguous (with candidates), or what the store reports.
func Resolve(ctx context.Context, stores Stores, selectors []Selector) ([]Resolution, error) {
	resolutions := make([]Resolution, len(selectors))
	group, ctx := errgroup.WithContext(ctx)
	for i, selector := range selectors {
		resolutions[i] = Resolution{Selector: selector, Found: make([]Found, len(selector.Sources))}
		for k, source := range selector.Sources {
			group.Go(func() error {
				found, err := resolve(ctx, stores, source)
				resolutions[i].Found[k] = found
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range resolutions {
		dropRepeatedRuns(resolutions[i].Found)
	}
	return resolutions, nil
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

func resolve(ctx context.Context, stores Stores, source Source) (Found, error) {
	store, err := open(ctx, stores, source)
	if err != nil {
		return Found{}, err
	}
	found := Found{Source: source, Store: store}
	var runs []Run
	switch source.Kind {
	case ByRun:
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
		if runs, err = oneInvocation(source, runs, ""); err != nil {
			return Found{}, err
		}
		found.Whole = !namesOneJob(store, runs)
	default:
		runs, err = All(store.Search(ctx, Search{Filter: invocationFilter(source)}))
		if err != nil {
			return Found{}, err
		}
		if runs, err = oneInvocation(source, runs, source.ID); err != nil {
			return Found{}, err
		}
		found.Whole = source.Kind == ByInvocation
	}
	if source.Kind == ByJob {
		runs = slices.DeleteFunc(runs, func(run Run) bool {
			n, ok := nemo.JobIndex(run.JobID())
			return !ok || n != source.Job
		})
	}
	if len(runs) == 0 {
		return Found{}, notFound(source, store)
	}
	found.Runs, found.SetAside = OnePerJob(runs)
	return found, nil
}

func open(ctx context.Context, stores Stores, source Source) (Store, error) {
	switch {
	case source.Demo:
		return stores.Demo(ctx)
	case source.Kind == ByPath:
		return stores.Path(ctx, source.Path)
	default:
		return stores.Default(ctx)
	}
}

// invocationFilter asks for a full id exactly and for anything shorter as a
// prefix. Eight digits can be either.
func invocationFilter(source Source) Filter {
	op := HasPrefix
	if len(source.ID) == longInvocation {
		op = Equal
	}
	filter := Filter{{Tag, TagInvocation, op, source.ID}}
	if source.Kind == ByJob && op == Equal {
		filter = Filter{{Tag, TagJob, Equal, source.ID + "." + strconv.Itoa(source.Job)}}
	}
	return filter
}

// namesOneJob reports whether a store was opened at one job's directory or below
// it: the job lies at or above the place that the store's URI names.
func namesOneJob(store Store, runs []Run) bool {
	opened, err := url.Parse(store.URI())
	return err == nil && len(runs) == 1 && runs[0].ArtifactURI != "" && strings.Contains(opened.Path+"/", runs[0].ArtifactURI+"/")
}

// oneInvocation keeps the runs of the invocation that is meant: the one whose id
// is exactly id, else the only one there is.
func oneInvocation(source Source, runs []Run, id string) ([]Run, error) {
	byID := map[string][]Run{}
	for _, run := range runs {
		invocation := strings.ToLower(run.InvocationID())
		byID[invocation] = append(byID[invocation], run)
	}
	if exact, ok := byID[id]; ok && id != "" {
		return exact, nil
	}
	if len(byID) <= 1 {
		return runs, nil
	}
	what := fmt.Sprintf("%q is the beginning of %d invocation ids", source.Text, len(byID))
	hint := "name one with more digits"
	if source.Kind == ByPath {
		what = fmt.Sprintf("%s holds %d invocations", source.Path, len(byID))
		hint = "name one folder, or give --tracking-uri " + source.Path + " and ids"
	}
	return nil, &Error{Code: Ambiguous, Message: what, Hint: hint, Candidates: sortedKeys(byID)}
}

func notFound(source Source, store Store) error {
	what := "invocation " + source.ID
	switch {
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

func byJobIndex(a, b Run) int {
	first, _ := nemo.JobIndex(a.JobID())
	second, _ := nemo.JobIndex(b.JobID())
	return cmp.Or(
		cmp.Compare(a.InvocationID(), b.InvocationID()),
		cmp.Compare(first, second),
		cmp.Compare(a.ID, b.ID),
	)
}

// Warnings names the duplicates that were set aside, one warning a source, and
// which run was kept.
func (f Found) Warnings(side string) []nemo.Warning {
	if len(f.SetAside) == 0 {
		return nil
	}
	aside := 0
	ids := make([]string, 0, len(f.SetAside))
	for _, duplicate := range f.SetAside {
		aside += len(duplicate.Aside)
		for _, run := range duplicate.Aside {
			ids = append(ids, run.ID)
		}
	}
	slices.Sort(ids)
	return []nemo.Warning{{
		Code: "DUPLICATE_RUNS",
		Message: fmt.Sprintf("%s exported more than once; the newest finished run of each counts, %s set aside",
			plural(len(f.SetAside), "job was", "jobs were"), plural(aside, "run is", "runs are")),
		Side: side, RunIDs: ids,
	}}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
