package artifacts

import (
	"context"
	"errors"
	"path"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// metricsStand reports whether the metrics of a run without a results.yml can
// stand for its scores: an export under way has its metrics before its files, and
// those of a whole-invocation run belong to several tasks, of which equal keys
// overwrote each other.
func (d *folder) metricsStand() bool {
	return len(d.run.Metrics) > 0 && !d.isWholeInvocation() &&
		d.run.Status != query.StatusRunning && d.run.Status != query.StatusScheduled
}

// fromMetrics is the job of a run that was listed and has no results.yml: its
// scores are the store's metrics, its statistics and settings those of the files
// that it does have.
func (d *folder) fromMetrics(ctx context.Context, tree []query.File) (nemo.Job, error) {
	job := d.newJob("")
	job.Results = &nemo.Results{Scores: nemo.MetricScores(nemo.Text(job.Run.Task), d.run.Metrics)}
	job.Settings = nemo.Settings{Values: map[string]nemo.Setting{}}
	d.warnUnfinished(&job)
	if name := onlyFile(tree, runtimeName); name != "" {
		if err := d.readRuntime(ctx, &job, name); err != nil {
			return nemo.Job{}, err
		}
	}
	name := onlyFile(tree, runConfigName)
	if name == "" || path.Dir(name) == "." { // at the root it is the launcher's
		return job, nil
	}
	config, err := d.read(ctx, name)
	switch {
	case err == nil:
		if settings, parseErr := nemo.ParseSettings(config.Content, name); parseErr == nil {
			job.Settings = settings
		}
	case ctx.Err() != nil || d.finished() && !errors.Is(err, errTooLarge):
		return nemo.Job{}, err
	}
	return job, nil
}

// onlyFile is the path of the one file of this name; "" if there is none or more.
func onlyFile(tree []query.File, name string) string {
	found := ""
	for _, file := range tree {
		if file.IsDir || path.Base(file.Path) != name {
			continue
		}
		if found != "" {
			return ""
		}
		found = file.Path
	}
	return found
}
