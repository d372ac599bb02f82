package rundir

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// RunIndexDir is where nel-next keeps a folder for each of its runs, below
// XDG_DATA_HOME, which is .local/share in the user's home unless set.
const RunIndexDir = "nel/runs"

// runFile is what nel-next writes into that folder, and into the run's output
// directory (nemo_evaluator/run_store.py).
const runFile = "nel_run.json"

// OpenRunIndex returns the store of the bundles of all runs that nel-next's index
// of runs lists and whose output is on this machine. The error is NotFound if
// there is no such directory.
func OpenRunIndex(dir string) (*Store, error) {
	return openRecords(dir, "nel", func(name string) records { return runIndex{name} })
}

// runIndex is nel-next's index of runs, a folder a run.
type runIndex struct {
	dir string // in the file system
}

// nelRun is a nel_run.json.
type nelRun struct {
	ID        string `json:"run_id"` // <YYYYmmdd>_<HHMMSS>_<8 digits>
	Executor  string `json:"executor"`
	OutputDir string `json:"output_dir"`
	Details   struct {
		Host      string `json:"hostname"`
		RemoteDir string `json:"remote_dir"`
	} `json:"details"`
}

// jobs finds the bundles of every run, each once: several runs may have written into
// one directory, or into one below another's.
func (x runIndex) jobs(ctx context.Context, t tree, search query.Search, aside *asideLog) ([]job, error) {
	if inInvocation(search.Filter) || len(search.Any) > 0 && !slices.ContainsFunc(search.Any, func(f query.Filter) bool { return !inInvocation(f) }) {
		return nil, query.Stopped(ctx)
	}
	folders, err := t.folders(x.dir)
	if err != nil {
		return nil, err
	}
	var all []job
	seen := map[string]bool{}
	for _, folder := range folders {
		if err := query.Stopped(ctx); err != nil {
			return nil, err
		}
		name := path.Join(x.dir, folder, runFile)
		run, err := t.nelRun(name)
		if query.HasCode(err, query.NotFound) {
			continue
		}
		if err != nil {
			aside.noteUnreadable(t.show(name), err)
			continue
		}
		dir, bundles, err := t.bundlesOf(run)
		switch {
		case err != nil:
			aside.noteElsewhere(run.ID, run.where()+": "+err.Error())
		case dir == "":
			aside.noteElsewhere(run.ID, run.where())
		}
		for _, bundle := range bundles {
			if file := path.Join(bundle.dir, bundle.bundle); !seen[file] {
				seen[file] = true
				all = append(all, bundle)
			}
		}
	}
	return all, nil
}

// inInvocation reports whether a filter asks for runs of an invocation, which those
// of nel-next never are.
func inInvocation(f query.Filter) bool {
	return slices.ContainsFunc(f, func(c query.Condition) bool {
		return c.Entity == query.Tag && c.Key == query.TagInvocation && c.Op != query.Absent
	})
}

// where is the place of a run's output for a person.
func (r nelRun) where() string {
	where := cmp.Or(r.OutputDir, r.Details.RemoteDir, "no directory is recorded")
	if r.Details.Host != "" {
		where = r.Details.Host + ":" + where
	}
	return cmp.Or(r.Executor, "unknown executor") + ", " + where
}

// nelRun reads a nel_run.json.
func (t tree) nelRun(name string) (nelRun, error) {
	var run nelRun
	data, err := t.readRecords(name)
	if err != nil {
		return run, err
	}
	if err = json.Unmarshal(data, &run); err == nil && run.ID == "" {
		err = errors.New("it has no run_id")
	}
	return run, err
}

// bundlesOf lists the bundles of a run and the directory that they are in; "" if
// that is not here. A run that has not finished has none.
func (t tree) bundlesOf(run nelRun) (dir string, bundles []job, err error) {
	for _, dir := range []string{run.OutputDir, run.Details.RemoteDir} {
		name, ok := t.name(dir)
		if !ok {
			continue
		}
		folders, err := t.folders(name)
		if query.HasCode(err, query.NotFound) {
			continue
		}
		if err == nil {
			bundles, err = t.bundlesBelow(name, folders)
		}
		return name, bundles, err
	}
	return "", nil, nil
}

// indexed is the place of the run that a nel_run.json in a directory of the index
// is about; false if there is none, or no bundle of it is here.
func (t tree) indexed(dir string) (place, bool, error) {
	run, err := t.nelRun(path.Join(dir, runFile))
	if query.HasCode(err, query.NotFound) {
		return place{}, false, nil
	}
	if err != nil {
		return place{}, false, runfolder.Failure(err, t.show(path.Join(dir, runFile)))
	}
	at, bundles, err := t.bundlesOf(run)
	if err != nil || len(bundles) > 0 {
		return place{bundles: bundles}, err == nil, err
	}
	message := "the output of run " + run.ID + " is not on this machine: " + run.where()
	if at != "" {
		message = "run " + run.ID + " has no bundle in " + t.show(at) + ": it has not finished a benchmark"
	}
	return place{}, false, &query.Error{Code: query.NotFound, Message: message}
}
