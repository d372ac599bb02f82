package artifacts

import (
	"cmp"
	"context"
	"errors"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// CachedModels tells the models of runs by what is in the cache; nothing is
// fetched.
func (f *Fetcher) CachedModels(_ context.Context, store query.Store, runs []query.Run) ([]string, error) {
	models := make([]string, len(runs))
	for i, run := range runs {
		content, ok := f.cache.get(store, run, path.Join(run.Folder, resultsName))
		if !ok {
			continue
		}
		if results, err := nemo.ParseResults(content); err == nil {
			models[i] = results.ModelID
		}
	}
	return models, nil
}

// FetchModels tells the models of runs by their files, several runs at a time:
// results.yml, else what lists the invocation's tasks. The error is for a file of
// a FINISHED run that could not be fetched.
func (f *Fetcher) FetchModels(ctx context.Context, store query.Store, runs []query.Run) ([]string, error) {
	models := make([]string, len(runs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(f.slots))
	for i, run := range runs {
		group.Go(func() (err error) {
			d := f.folder(store, run)
			models[i], err = d.model(ctx)
			if err != nil && ctx.Err() == nil && !d.finished() {
				err = nil // nothing was promised
			}
			return err
		})
	}
	return models, group.Wait()
}

// model is the one that the run's results are of; "" if no file tells, or several
// tell different ones.
func (d *folder) model(ctx context.Context) (string, error) {
	model, err := d.resultsModel(ctx, d.run.Folder)
	if d.isWholeInvocation() || query.HasCode(err, query.NotFound) {
		tree, err := d.walk(ctx)
		if err != nil {
			return "", err
		}
		model = ""
		for _, dir := range resultsFolders(tree) {
			other, err := d.resultsModel(ctx, dir)
			if err != nil {
				return "", err
			}
			if model != "" && other != model {
				return "", nil
			}
			model = other
		}
	} else if err != nil {
		return "", err
	}
	if model != "" {
		return model, nil
	}
	config, _, err := launcherConfig(ctx, []*folder{d})
	if config == nil || err != nil {
		return "", err
	}
	index, numbered := nemo.JobIndex(d.run.JobID())
	for _, task := range config.Tasks {
		if numbered && task.Index == index {
			model = task.ModelID
		}
	}
	return cmp.Or(model, config.ModelID), nil
}

// resultsModel reads the model of one results.yml; "" of a damaged one. The error
// is NotFound if there is none.
func (d *folder) resultsModel(ctx context.Context, dir string) (string, error) {
	blob, err := d.read(ctx, path.Join(dir, resultsName))
	if errors.Is(err, errTooLarge) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if results, err := nemo.ParseResults(blob.Content); err == nil {
		return results.ModelID, nil
	}
	return "", nil
}
