package artifacts

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// jobs reads one run: a job, or, of a whole-invocation run of launcher 0.1.x, one
// for each results.yml in it. The likely folder is tried first; correctness
// rests on the listing.
func (d *folder) jobs(ctx context.Context) ([]nemo.Job, error) {
	if d.isBundle() {
		return d.bundles(ctx)
	}
	if !d.isWholeInvocation() {
		job, err := d.job(ctx, d.run.Folder)
		if err == nil {
			return []nemo.Job{job}, nil
		}
		if !query.HasCode(err, query.NotFound) {
			return asList(d.withoutResults(ctx, d.run.Folder, err))
		}
	}
	tree, err := d.walk(ctx)
	if err != nil {
		return asList(d.withoutResults(ctx, "", err))
	}
	dirs := resultsFolders(tree)
	if len(dirs) > 1 && d.run.JobID() != "" {
		job := d.newJob("")
		named := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool {
			_, task := nameOfFolder(dir)
			return task != nemo.Text(job.Run.Task)
		})
		if len(named) != 1 {
			job.Reason = nemo.ReasonUnreadable
			job.Problem = "the run is of one job and has results in " + strings.Join(dirs, ", ")
			return []nemo.Job{job}, nil
		}
		dirs = named
	}
	if len(dirs) == 0 && len(bundleFiles(tree)) > 0 {
		return d.bundlesOf(ctx, tree)
	}
	if len(dirs) == 0 && d.metricsStand() {
		return asList(d.fromMetrics(ctx, tree))
	}
	if len(dirs) == 0 {
		return asList(d.withoutResults(ctx, "", &query.Error{Code: query.NotFound, Message: "the run has no " + resultsName}))
	}
	jobs := make([]nemo.Job, len(dirs))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, dir := range dirs {
		group.Go(func() (err error) {
			jobs[i], err = d.job(groupCtx, dir)
			if query.HasCode(err, query.NotFound) {
				err = undeliverable(path.Join(dir, resultsName), err)
			}
			if err != nil {
				jobs[i], err = d.withoutResults(groupCtx, dir, err)
			}
			return err
		})
	}
	return jobs, group.Wait()
}

func asList(job nemo.Job, err error) ([]nemo.Job, error) {
	if err != nil {
		return nil, err
	}
	return []nemo.Job{job}, nil
}

// withoutResults is the job of a run whose results are not there. An error that
// is not about their absence fails the command, unless the run is not finished:
// then nothing was promised.
func (d *folder) withoutResults(ctx context.Context, dir string, cause error) (nemo.Job, error) {
	if ctx.Err() != nil || d.finished() && !query.HasCode(cause, query.NotFound) {
		return nemo.Job{}, cause
	}
	job := d.newJob(dir)
	job.Problem = cause.Error()
	switch d.run.Status {
	case query.StatusFailed, query.StatusKilled:
		job.Reason = nemo.ReasonFailed
	case query.StatusRunning, query.StatusScheduled:
		job.Reason = nemo.ReasonRunning
	default:
		job.Reason = nemo.ReasonNoResults
	}
	return job, nil
}

// newJob is a job of the run, with nothing read. What tags do not tell of its name
// the folder of its files may.
func (d *folder) newJob(dir string) nemo.Job {
	job := nemo.Job{Run: query.Describe(d.store, d.run), Index: -1, Logged: d.run.Metrics}
	if index, ok := nemo.JobIndex(d.run.JobID()); ok {
		job.Index = index
	}
	harness, task := nameOfFolder(dir)
	if job.Run.Task == nil {
		job.Run.Task = nemo.Optional(task)
	}
	if job.Run.Harness == nil {
		job.Run.Harness = nemo.Optional(harness)
	}
	return job
}

// job reads the files beside one results.yml. The error is NotFound if there is
// none.
func (d *folder) job(ctx context.Context, dir string) (nemo.Job, error) {
	job := d.newJob(dir)
	name := path.Join(dir, resultsName)
	var results Blob
	var tooLarge error
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		results, err = d.read(groupCtx, name)
		if errors.Is(err, errTooLarge) {
			tooLarge, err = err, nil
		}
		return err
	})
	group.Go(func() error { return d.readRuntime(groupCtx, &job, path.Join(dir, runtimeName)) })
	if err := group.Wait(); err != nil {
		return nemo.Job{}, err
	}
	if tooLarge != nil {
		job.Reason, job.Problem = nemo.ReasonUnreadable, tooLarge.Error()
		return job, nil
	}
	job.ResultsFile = nemo.File{Path: results.Path, SHA256: results.SHA256()}
	decoded, err := nemo.ParseResults(results.Content)
	if err != nil {
		job.Reason = nemo.ReasonUnreadable
		job.Problem = fmt.Sprintf("%s: %v", results.Path, err)
		return job, nil
	}
	d.warnUnfinished(&job)
	d.describe(&job, decoded)
	if err := d.readScoreFile(ctx, &job, decoded, dir); err != nil {
		return nemo.Job{}, err
	}
	job.Results = decoded
	if len(decoded.Scores) == 0 {
		job.Results, job.Reason, job.Problem = nil, nemo.ReasonNoResults, results.Path+" holds no scores"
	}
	job.Settings = decoded.Settings(results.Path)
	if !job.Settings.Complete {
		config, err := d.read(ctx, path.Join(dir, runConfigName))
		switch {
		case err == nil:
			if settings, parseErr := nemo.ParseSettings(config.Content, config.Path); parseErr == nil {
				job.Settings = job.Settings.Over(settings)
			}
		case ctx.Err() != nil || d.finished() && !query.HasCode(err, query.NotFound) && !errors.Is(err, errTooLarge):
			return nemo.Job{}, err
		}
	}
	err = d.readSamples(ctx, &job, dir)
	return job, err
}

// warnUnfinished says that a job's results are those of a run that did not end well.
func (d *folder) warnUnfinished(job *nemo.Job) {
	if d.finished() {
		return
	}
	warn(job, "RUN_NOT_FINISHED", "the run is "+d.run.Status+"; its results may not be whole")
}

// warn adds a warning about a job.
func warn(job *nemo.Job, code, message string) {
	job.Warnings = append(job.Warnings, nemo.Warning{
		Code: code, Message: message, Task: nemo.Text(job.Run.Task), RunIDs: []string{job.Run.RunID},
	})
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

// readRuntime fills in the job's runtime statistics. Not every version writes
// them: a missing file is no statistics, and nothing more. A damaged one is a
// warning, as is any error of a run that is not finished.
func (d *folder) readRuntime(ctx context.Context, job *nemo.Job, name string) error {
	if d.withoutRuntime {
		return nil
	}
	blob, err := d.read(ctx, name)
	if query.HasCode(err, query.NotFound) {
		return nil
	}
	if err != nil && (ctx.Err() != nil || d.finished() && !errors.Is(err, errTooLarge)) {
		return err
	}
	if err == nil {
		job.Runtime, err = nemo.ParseRuntimeStats(blob.Content)
	}
	if err != nil {
		warn(job, "RUNTIME_UNREADABLE", fmt.Sprintf("%s: %v", name, err))
	}
	return nil
}
