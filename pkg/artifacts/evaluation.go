package artifacts

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// Names of the files that a comparison reads (nemo-evaluator-launcher; where
// they lie differs from version to version).
const (
	resultsName   = "results.yml"
	runtimeName   = "eval_factory_metrics.json"
	runConfigName = "run_config.yml"
	metadataName  = "metadata.yaml"
)

// Load reads what a comparison needs of the runs behind each selector: results
// and runtime statistics of every run, one file an invocation that lists the
// configured tasks, and run_config.yml where results.yml cannot tell a setting. A
// run that several selectors name is read once.
//
// With [Fetcher.Samples] it reads each job's per-sample files too.
//
// Content that cannot be used is a value: a job without results and the reason.
// The error is for what failed: a file of a FINISHED run that could not be
// fetched.
func (f *Fetcher) Load(ctx context.Context, resolutions []query.Resolution) ([]nemo.Evaluation, error) {
	evaluations, err := f.each(ctx, resolutions, loader{read: load})
	if err != nil {
		return nil, err
	}
	for i, resolution := range resolutions {
		tasksUnknown(&evaluations[i], resolution)
	}
	return evaluations, nil
}

// tasksUnknown says, once a side, that nothing lists the tasks that it should have:
// no file does, or its runs were chosen by model.
func tasksUnknown(evaluation *nemo.Evaluation, resolution query.Resolution) {
	const code = "TASKS_UNKNOWN"
	warning := nemo.Warning{Code: code, Message: "no file lists the configured tasks, so one without a run cannot be seen missing"}
	first := slices.IndexFunc(evaluation.Warnings, func(w nemo.Warning) bool { return w.Code == code })
	if slices.ContainsFunc(resolution.Found, func(f query.Found) bool { return f.Source.Kind == query.ByModel }) {
		warning.Message = "nothing lists the tasks that a model should have, so one without a run cannot be seen missing"
	} else if first < 0 {
		return
	}
	evaluation.Warnings = slices.DeleteFunc(evaluation.Warnings, func(w nemo.Warning) bool { return w.Code == code })
	if first < 0 {
		first = len(evaluation.Warnings)
	}
	evaluation.Warnings = slices.Insert(evaluation.Warnings, first, warning)
}

// loader reads the runs of one source. Two sources with one run share its folder.
type loader struct {
	read           func(ctx context.Context, found query.Found, folders []*folder) (nemo.Evaluation, error)
	withoutRuntime bool // statistics are not asked for
}

// each calls a loader for every source of every side, and joins what it returns.
func (f *Fetcher) each(ctx context.Context, resolutions []query.Resolution, loader loader) ([]nemo.Evaluation, error) {
	type place struct{ store, run string }
	folders := map[place]*folder{}
	parts := make([][]nemo.Evaluation, len(resolutions))
	group, ctx := errgroup.WithContext(ctx)
	for _, resolution := range resolutions {
		for _, found := range resolution.Found {
			for _, run := range found.Runs {
				at := place{found.Store.URI(), run.ID}
				if folders[at] == nil {
					folders[at] = f.folder(found.Store, run)
					folders[at].withoutRuntime = loader.withoutRuntime
				}
				folders[at].fresh = folders[at].fresh || found.Fresh
			}
		}
	}
	for i, resolution := range resolutions {
		parts[i] = make([]nemo.Evaluation, len(resolution.Found))
		for k, found := range resolution.Found {
			source := make([]*folder, len(found.Runs))
			for n, run := range found.Runs {
				source[n] = folders[place{found.Store.URI(), run.ID}]
			}
			group.Go(func() (err error) {
				parts[i][k], err = loader.read(ctx, found, source)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	evaluations := make([]nemo.Evaluation, len(resolutions))
	for i, sources := range parts {
		for k, source := range sources {
			for n := range source.Jobs {
				source.Jobs[n].SourceIndex = k
			}
			evaluations[i].Jobs = append(evaluations[i].Jobs, source.Jobs...)
			evaluations[i].Launches = append(evaluations[i].Launches, source.Launches...)
			evaluations[i].Warnings = append(evaluations[i].Warnings, source.Warnings...)
		}
	}
	if f.Samples == SamplesAlways {
		if err := requireSamples(evaluations); err != nil {
			return nil, err
		}
	}
	return evaluations, nil
}

// load reads the runs of one source.
func load(ctx context.Context, found query.Found, folders []*folder) (nemo.Evaluation, error) {
	if len(folders) == 0 {
		return nemo.Evaluation{}, nil
	}
	jobs := make([][]nemo.Job, len(folders))
	var config *nemo.LauncherConfig
	var configPath string
	group, ctx := errgroup.WithContext(ctx)
	for i, d := range folders {
		group.Go(func() (err error) {
			jobs[i], err = d.jobs(ctx)
			return err
		})
	}
	group.Go(func() (err error) {
		config, configPath, err = launcherConfig(ctx, folders)
		return err
	})
	if err := group.Wait(); err != nil {
		return nemo.Evaluation{}, err
	}
	var evaluation nemo.Evaluation
	evaluation.Jobs, evaluation.Warnings = onePerTask(folders, jobs)
	launch := nemo.Launch{InvocationID: found.Runs[0].InvocationID()}
	if config != nil {
		numberJobs(evaluation.Jobs, launch, config.Tasks)
		for i := range evaluation.Jobs {
			describeLaunch(&evaluation.Jobs[i], *config)
		}
		// Runs that were chosen by model are no part of what was configured.
		launch.Known = found.Source.Kind != query.ByModel
		for _, task := range config.Tasks {
			if found.Whole || slices.ContainsFunc(evaluation.Jobs, func(job nemo.Job) bool { return job.Index == task.Index }) {
				launch.Tasks = append(launch.Tasks, task)
			}
		}
	}
	if !launch.Known && found.Whole {
		evaluation.Warnings = append(evaluation.Warnings, nemo.Warning{
			Code:    "TASKS_UNKNOWN",
			Message: "no file lists the configured tasks, so one without a run cannot be seen missing",
		})
	}
	for i := range evaluation.Jobs {
		recordRun(&evaluation.Jobs[i], configPath)
	}
	slices.SortStableFunc(evaluation.Jobs, func(a, b nemo.Job) int { return cmp.Compare(a.Index, b.Index) })
	evaluation.Launches = []nemo.Launch{launch}
	return evaluation, nil
}
