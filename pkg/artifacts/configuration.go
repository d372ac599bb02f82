package artifacts

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// unresolvedName is the configuration as the user wrote it. Launcher 0.1.69 and
// later keep it beside the results; an export of required files only leaves it out.
const unresolvedName = "launcher_unresolved_config.yaml"

// Configurations reads what [Fetcher.Load] does of the configuration of runs, and
// nothing of their runtime; each job has [nemo.Job.Free] too. A job without results
// has the settings of its run_config.yml, where there is one.
func (f *Fetcher) Configurations(ctx context.Context, resolutions []query.Resolution) ([]nemo.Evaluation, error) {
	return f.each(ctx, resolutions, loader{read: loadConfiguration, withoutRuntime: true})
}

// Unresolved reads launcher_unresolved_config.yaml of each run: a job for each
// file, whose values are all in [nemo.Job.Free]. The error is for what failed; a
// run without the file has a job without values.
func (f *Fetcher) Unresolved(ctx context.Context, resolutions []query.Resolution) ([]nemo.Evaluation, error) {
	return f.each(ctx, resolutions, loader{read: loadUnresolved})
}

func loadConfiguration(ctx context.Context, found query.Found, folders []*folder) (nemo.Evaluation, error) {
	evaluation, err := load(ctx, found, folders)
	if err != nil {
		return nemo.Evaluation{}, err
	}
	_, launcherPath, err := launcherConfig(ctx, folders) // what load has read
	if err != nil {
		return nemo.Evaluation{}, err
	}
	var launcher []byte
	for _, d := range folders {
		if launcherPath == "" || launcher != nil {
			break
		}
		if blob, err := d.read(ctx, launcherPath); err == nil {
			launcher = blob.Content
		}
	}
	for i := range evaluation.Jobs {
		job := &evaluation.Jobs[i]
		at := slices.IndexFunc(folders, func(d *folder) bool { return d.run.ID == job.Run.RunID })
		if err := folders[at].configure(ctx, job); err != nil {
			return nemo.Evaluation{}, err
		}
		if job.Results == nil {
			recordRun(job, launcherPath)
		}
		if free, err := nemo.LauncherFree(launcher, launcherPath, job.Index); launcher != nil && err == nil {
			job.Free = over(job.Free, free)
		}
	}
	return evaluation, nil
}

// configure adds to a job what its own files say beyond its settings.
func (d *folder) configure(ctx context.Context, job *nemo.Job) error {
	dir := d.run.Folder
	if job.ResultsFile.Path != "" {
		dir = path.Dir(job.ResultsFile.Path)
	}
	if job.Results != nil {
		job.Free = job.Results.Free(job.ResultsFile.Path)
	}
	if job.Settings.Complete {
		return nil
	}
	config, err := d.read(ctx, path.Join(dir, runConfigName))
	if err != nil {
		if ctx.Err() != nil || d.finished() && !query.HasCode(err, query.NotFound) && !errors.Is(err, errTooLarge) {
			return err
		}
		return nil
	}
	if job.Results == nil {
		if settings, err := nemo.ParseSettings(config.Content, config.Path); err == nil {
			job.Settings = settings
		}
	}
	if free, err := nemo.ParseFree(config.Content, config.Path); err == nil {
		job.Free = over(job.Free, free)
	}
	return nil
}

// over is first, with what only second has.
func over(first, second map[string]nemo.Setting) map[string]nemo.Setting {
	merged := maps.Clone(second)
	if merged == nil {
		merged = map[string]nemo.Setting{}
	}
	maps.Copy(merged, first)
	return merged
}

func loadUnresolved(ctx context.Context, found query.Found, folders []*folder) (nemo.Evaluation, error) {
	var evaluation nemo.Evaluation
	if len(found.Runs) > 0 {
		evaluation.Launches = []nemo.Launch{{InvocationID: found.Runs[0].InvocationID()}}
	}
	for _, d := range folders {
		names, err := d.unresolved(ctx)
		if err != nil {
			return nemo.Evaluation{}, err
		}
		if len(names) == 0 {
			evaluation.Jobs = append(evaluation.Jobs, d.newJob(d.run.Folder))
		}
		for _, name := range names {
			job := d.newJob(path.Dir(name))
			blob, err := d.read(ctx, name)
			if err != nil && !errors.Is(err, errTooLarge) {
				return nemo.Evaluation{}, err
			}
			if err == nil {
				job.Free, err = nemo.ParseLeaves(blob.Content, name)
			}
			if err != nil {
				job.Reason, job.Problem = nemo.ReasonUnreadable, name+": "+err.Error()
			}
			evaluation.Jobs = append(evaluation.Jobs, job)
		}
	}
	slices.SortStableFunc(evaluation.Jobs, func(a, b nemo.Job) int { return a.Index - b.Index })
	return evaluation, nil
}

// unresolved finds the files of that name: where a job's files most likely are,
// else by a listing.
func (d *folder) unresolved(ctx context.Context) ([]string, error) {
	if !d.isWholeInvocation() {
		likely := path.Join(d.run.Folder, unresolvedName)
		_, err := d.read(ctx, likely)
		if err == nil || errors.Is(err, errTooLarge) {
			return []string{likely}, nil
		}
		if !query.HasCode(err, query.NotFound) {
			return nil, err
		}
	}
	tree, err := d.walk(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range tree {
		if !file.IsDir && path.Base(file.Path) == unresolvedName {
			names = append(names, file.Path)
		}
	}
	return names, nil
}
