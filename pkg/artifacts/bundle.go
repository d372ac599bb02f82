package artifacts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// rewardsName is the file beside a nel-next bundle that has a reward a line.
const rewardsName = "results.jsonl"

// isBundle reports whether the run is one of nel-next: it has no invocation, and
// its job id is the bundle's run id (nemo-formats §11.3).
func (d *folder) isBundle() bool {
	return d.run.Bundle != "" || d.run.BundleID() != ""
}

// bundleFiles lists the paths of what is named like a bundle.
func bundleFiles(tree []query.File) []string {
	var names []string
	for _, file := range tree {
		if base := path.Base(file.Path); !file.IsDir && nemo.IsBundleID(base) && path.Ext(base) == ".json" {
			names = append(names, file.Path)
		}
	}
	return names
}

// bundles reads a run of nel-next. The likely folder is tried first.
func (d *folder) bundles(ctx context.Context) ([]nemo.Job, error) {
	likely := d.run.Bundle
	if likely == "" {
		likely = path.Join(nemo.SafeBenchmark(d.run.Tags[query.TagBenchmark]), d.run.JobID()+".json")
	}
	files, err := d.list(ctx, path.Dir(likely))
	if err == nil && !slices.ContainsFunc(files, func(f query.File) bool { return f.Path == likely && !f.IsDir }) {
		files, err = d.walk(ctx)
	}
	if err != nil {
		return asList(d.withoutResults(ctx, "", err))
	}
	if slices.ContainsFunc(files, func(f query.File) bool { return f.Path == likely }) {
		return asList(d.bundle(ctx, likely, files))
	}
	return d.bundlesOf(ctx, files)
}

// bundlesOf reads the bundles of a run that was listed.
func (d *folder) bundlesOf(ctx context.Context, tree []query.File) ([]nemo.Job, error) {
	names := bundleFiles(tree)
	switch {
	case len(names) == 0 && d.metricsStand():
		return asList(d.fromMetrics(ctx, tree))
	case len(names) == 0:
		return asList(d.withoutResults(ctx, "", &query.Error{Code: query.NotFound, Message: "the run has no bundle (eval-*.json)"}))
	}
	jobs := make([]nemo.Job, len(names))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, name := range names {
		group.Go(func() (err error) {
			jobs[i], err = d.bundle(groupCtx, name, tree)
			return err
		})
	}
	return jobs, group.Wait()
}

// bundle reads one bundle and, to have exact means, the rewards beside it.
func (d *folder) bundle(ctx context.Context, name string, files []query.File) (nemo.Job, error) {
	job := d.newJob("")
	blob, err := d.read(ctx, name)
	switch {
	case errors.Is(err, errTooLarge):
		job.Reason, job.Problem = nemo.ReasonUnreadable, err.Error()
		return job, nil
	case query.HasCode(err, query.NotFound):
		return d.withoutResults(ctx, "", undeliverable(name, err))
	case err != nil:
		return d.withoutResults(ctx, "", err)
	}
	job.ResultsFile = nemo.File{Path: blob.Path, SHA256: blob.SHA256()}
	bundle, err := nemo.ParseBundle(blob.Content)
	if err != nil {
		job.Reason, job.Problem = nemo.ReasonUnreadable, fmt.Sprintf("%s: %v", name, err)
		return job, nil
	}
	d.warnUnfinished(&job)
	if err := d.refine(ctx, bundle, &job, path.Join(path.Dir(name), rewardsName), files); err != nil {
		return nemo.Job{}, err
	}
	if job.Run.Task == nil {
		job.Run.Task = nemo.Optional(bundle.Benchmark)
	}
	job.Results, job.Runtime, job.Settings = bundle.Results(), bundle.Runtime, bundle.Settings(name)
	d.describe(&job, job.Results)
	if len(bundle.Scores) == 0 {
		job.Results, job.Reason, job.Problem = nil, nemo.ReasonNoResults, name+" holds no scores"
	}
	if err := d.readSamples(ctx, &job, path.Dir(name)); err != nil {
		return nemo.Job{}, err
	}
	if bundle.Failed != nil && bundle.Failed.Sign() > 0 {
		steps := ""
		if bundle.Steps != nil {
			steps = " of " + bundle.Steps.String()
		}
		warn(&job, "FAILED_STEPS", bundle.Failed.String()+steps+" steps failed; nel-next counts them as wrong answers, with a reward of 0")
	}
	return job, nil
}

// refine makes a bundle's means exact from the rewards beside it, if those are
// there, are readable, and are the bundle's.
func (d *folder) refine(ctx context.Context, bundle *nemo.Bundle, job *nemo.Job, name string, files []query.File) error {
	i := slices.IndexFunc(files, func(f query.File) bool { return f.Path == name && !f.IsDir })
	if i < 0 {
		return nil
	}
	unusable := func(why string) {
		warn(job, "REWARDS_UNUSABLE", name+" "+why+"; the scores are those of the bundle, to 4 decimals")
	}
	if files[i].Size > d.maxFile {
		unusable(fmt.Sprintf("has more than %d bytes", d.maxFile))
		return nil
	}
	var rewards *nemo.Rewards
	sum, err := d.pour(ctx, files[i], func(r io.Reader) (err error) {
		rewards, err = nemo.ParseRewards(r)
		return err
	})
	if damage, ok := errors.AsType[*nemo.SyntaxError](err); ok {
		unusable("is damaged (" + damage.Error() + ")")
		return nil
	}
	if err != nil {
		if d.finished() || ctx.Err() != nil {
			return err
		}
		unusable("could not be fetched (" + err.Error() + ")")
		return nil
	}
	if !bundle.Refine(rewards, nemo.File{Path: name, SHA256: sum}) {
		unusable(fmt.Sprintf("has %d rows whose mean is another one than the bundle's", rewards.Rows))
	}
	return nil
}
