package artifacts

import (
	"context"
	"fmt"
	"path"
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
// configured tasks, and run_config.yml where results.yml cannot tell a setting.
//
// Content that cannot be used is a value: a job without results and the reason.
// The error is for what failed: a file of a FINISHED run that could not be
// fetched.
func (f *Fetcher) Load(ctx context.Context, resolutions []query.Resolution) ([]nemo.Evaluation, error) {
	parts := make([][]nemo.Evaluation, len(resolutions))
	group, ctx := errgroup.WithContext(ctx)
	for i, resolution := range resolutions {
		parts[i] = make([]nemo.Evaluation, len(resolution.Found))
		for k, found := range resolution.Found {
			group.Go(func() (err error) {
				parts[i][k], err = f.load(ctx, found)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, transferError(err)
	}
	evaluations := make([]nemo.Evaluation, len(resolutions))
	for i, sources := range parts {
		for _, source := range sources {
			evaluations[i].Jobs = append(evaluations[i].Jobs, source.Jobs...)
			evaluations[i].Launches = append(evaluations[i].Launches, source.Launches...)
			evaluations[i].Warnings = append(evaluations[i].Warnings, source.Warnings...)
		}
	}
	return evaluations, nil
}

// load reads the runs of one source.
func (f *Fetcher) load(ctx context.Context, found query.Found) (nemo.Evaluation, error) {
	if len(found.Runs) == 0 {
		return nemo.Evaluation{}, nil
	}
	folders := make([]*folder, len(found.Runs))
	for i, run := range found.Runs {
		folders[i] = f.folder(found.Store, run)
	}
	if f.progress != nil {
		f.progress.Want(2*len(folders) + 1)
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
	evaluation := nemo.Evaluation{Jobs: slices.Concat(jobs...)}
	launch := nemo.Launch{InvocationID: found.Runs[0].InvocationID()}
	if config != nil {
		launch.Known, launch.Tasks = true, config.Tasks
		if !found.Whole {
			launch.Tasks = slices.DeleteFunc(launch.Tasks, func(task nemo.ConfiguredTask) bool {
				return !slices.ContainsFunc(evaluation.Jobs, func(job nemo.Job) bool { return job.Index == task.Index })
			})
		}
		for i := range evaluation.Jobs {
			describeLaunch(&evaluation.Jobs[i], *config)
		}
	}
	for i := range evaluation.Jobs {
		recordRun(&evaluation.Jobs[i], configPath)
	}
	evaluation.Launches = []nemo.Launch{launch}
	return evaluation, nil
}

// describeLaunch fills in of a job what only the launcher's configuration knows.
func describeLaunch(job *nemo.Job, config nemo.LauncherConfig) {
	for _, task := range config.Tasks {
		if task.Index == job.Index && task.Container != "" {
			job.Run.Container = nemo.Optional(task.Container)
		}
	}
	if job.Run.LauncherVersion == nil {
		job.Run.LauncherVersion = nemo.Optional(config.LauncherVersion)
	}
	if job.Run.EvaluatorVersion == nil {
		job.Run.EvaluatorVersion = nemo.Optional(config.EvaluatorVersion)
	}
	if job.Run.Model == nil {
		job.Run.Model = nemo.Optional(config.ModelID)
	}
}

// recordRun adds to a job's settings what is not in its configuration files: the
// image it ran in and the core's version. Not recorded is not the same as unset.
func recordRun(job *nemo.Job, path string) {
	if job.Results == nil {
		return
	}
	for key, value := range map[string]*string{
		nemo.KeyContainer:        job.Run.Container,
		nemo.KeyEvaluatorVersion: job.Run.EvaluatorVersion,
	} {
		setting := nemo.Setting{State: nemo.Unknown}
		if value != nil {
			setting = nemo.Setting{State: nemo.Set, Value: *value, Path: path}
		}
		job.Settings.Values[key] = setting
	}
}

// launcherConfig reads the first file of an invocation's runs that lists its
// tasks; nil if none does. It looks at the likely places of every run before it
// lists any, and finished runs come first.
func launcherConfig(ctx context.Context, folders []*folder) (config *nemo.LauncherConfig, file string, err error) {
	finished := func(d *folder) bool { return d.run.Status == query.StatusFinished }
	ordered := slices.Clone(folders)
	slices.SortStableFunc(ordered, func(a, b *folder) int {
		switch {
		case finished(a) == finished(b):
			return 0
		case finished(a):
			return -1
		default:
			return 1
		}
	})
	for _, d := range ordered {
		// metadata.yaml exists since launcher 0.2.0; before, and beside it, the
		// root of a run has the configuration under one of two names.
		for _, name := range []string{path.Join(d.run.Folder, metadataName), "config.yaml", "config.yml"} {
			blob, err := d.read(ctx, name)
			switch {
			case err == nil:
				if parsed, parseErr := nemo.ParseLauncherConfig(blob.Content); parseErr == nil {
					return &parsed, name, nil
				}
			case query.HasCode(err, query.NotFound):
			case finished(d) || ctx.Err() != nil:
				return nil, "", err
			}
		}
	}
	return nil, "", nil
}

// jobs reads one run: a job, or, of a whole-invocation run of launcher 0.1.x, one
// for each results.yml in it. The likely folder is tried first; correctness
// rests on the listing.
func (d *folder) jobs(ctx context.Context) ([]nemo.Job, error) {
	if d.run.Folder != "" && d.run.JobID() != "" {
		job, err := d.job(ctx, d.run.Folder)
		if err == nil {
			return []nemo.Job{job}, nil
		}
		if !query.HasCode(err, query.NotFound) {
			return d.withoutResults(ctx, err)
		}
	}
	tree, err := d.walk(ctx)
	if err != nil {
		return d.withoutResults(ctx, err)
	}
	var jobs []nemo.Job
	for _, file := range tree {
		if file.IsDir || path.Base(file.Path) != resultsName {
			continue
		}
		dir := path.Dir(file.Path)
		if dir == "." {
			dir = ""
		}
		job, err := d.job(ctx, dir)
		if err != nil {
			return d.withoutResults(ctx, err)
		}
		jobs = append(jobs, job)
	}
	if len(jobs) == 0 {
		return d.withoutResults(ctx, &query.Error{Code: query.NotFound, Message: "the run has no " + resultsName})
	}
	return jobs, nil
}

// withoutResults is the job of a run whose results are not there. An error that
// is not about their absence fails the command, unless the run is not finished:
// then nothing was promised.
func (d *folder) withoutResults(ctx context.Context, cause error) ([]nemo.Job, error) {
	unfinished := d.run.Status != query.StatusFinished
	if ctx.Err() != nil || !unfinished && !query.HasCode(cause, query.NotFound) {
		return nil, cause
	}
	job := d.newJob()
	job.Problem = cause.Error()
	switch d.run.Status {
	case query.StatusFailed, query.StatusKilled:
		job.Reason = nemo.ReasonFailed
	case query.StatusRunning, query.StatusScheduled:
		job.Reason = nemo.ReasonRunning
	default:
		job.Reason = nemo.ReasonNoResults
	}
	return []nemo.Job{job}, nil
}

func (d *folder) newJob() nemo.Job {
	job := nemo.Job{Run: query.Describe(d.store, d.run), Index: -1}
	if index, ok := nemo.JobIndex(d.run.JobID()); ok {
		job.Index = index
	}
	return job
}

// job reads the files beside one results.yml. The error is NotFound if there is
// none.
func (d *folder) job(ctx context.Context, dir string) (nemo.Job, error) {
	job := d.newJob()
	var results, runtime Blob
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		results, err = d.read(groupCtx, path.Join(dir, resultsName))
		return err
	})
	group.Go(func() (err error) {
		runtime, err = d.read(groupCtx, path.Join(dir, runtimeName))
		if query.HasCode(err, query.NotFound) || err != nil && d.run.Status != query.StatusFinished {
			return nil // not every version writes it; nil is "not recorded"
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return nemo.Job{}, err
	}
	job.ResultsFile = nemo.File{Path: results.Path, SHA256: results.SHA256()}
	d.decodeRuntime(&job, runtime)
	decoded, err := nemo.ParseResults(results.Content)
	if err != nil {
		job.Reason = nemo.ReasonUnreadable
		job.Problem = fmt.Sprintf("%s: %v", results.Path, err)
		return job, nil
	}
	if d.run.Status != query.StatusFinished {
		job.Warnings = append(job.Warnings, nemo.Warning{
			Code: "RUN_NOT_FINISHED", Message: "the run is " + d.run.Status + "; its results may not be whole",
			Task: nemo.Text(job.Run.Task), RunIDs: []string{d.run.ID},
		})
	}
	d.describe(&job, decoded)
	job.Results = decoded
	if len(decoded.Scores) == 0 {
		job.Results, job.Reason, job.Problem = nil, nemo.ReasonNoResults, results.Path+" holds no scores"
	}
	job.Settings = decoded.Settings(results.Path)
	if !job.Settings.Complete {
		config, err := d.read(ctx, path.Join(dir, runConfigName))
		if err == nil {
			if settings, parseErr := nemo.ParseSettings(config.Content, config.Path); parseErr == nil {
				job.Settings = job.Settings.Over(settings)
			}
		} else if !query.HasCode(err, query.NotFound) && d.run.Status == query.StatusFinished {
			return nemo.Job{}, err
		}
	}
	return job, nil
}

// describe fills in of a run what its results.yml knows.
func (d *folder) describe(job *nemo.Job, results *nemo.Results) {
	run := &job.Run
	if run.Task == nil {
		run.Task = nemo.Optional(nemo.TaskName(nemo.Text(run.Harness), results.Type))
	}
	if run.Model == nil {
		run.Model = nemo.Optional(results.ModelID)
	}
	run.EvaluatorVersion = nemo.Optional(results.EvaluatorVersion)
	run.LauncherVersion = nemo.Optional(results.LauncherVersion)
	run.GitHash = nemo.Optional(results.GitHash)
	results.MarkPlaceholders(nemo.Text(run.Harness))
}

func (d *folder) decodeRuntime(job *nemo.Job, blob Blob) {
	if blob.Content == nil {
		return
	}
	decoded, err := nemo.ParseRuntimeStats(blob.Content)
	if err != nil {
		job.Warnings = append(job.Warnings, nemo.Warning{
			Code: "RUNTIME_UNREADABLE", Message: fmt.Sprintf("%s: %v", blob.Path, err),
			Task: nemo.Text(job.Run.Task), RunIDs: []string{job.Run.RunID},
		})
		return
	}
	job.Runtime = decoded
}
