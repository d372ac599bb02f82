package artifacts

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// rootConfigs are the names of an invocation's configuration at the root of a
// run, beside or, before launcher 0.2.0, instead of metadata.yaml (nemo-formats
// §5). The last one is also what each job's own configuration is called.
var rootConfigs = []string{"config.yml", "config.yaml", runConfigName}

// launcherConfig reads the first file of an invocation's runs that lists its
// tasks, and says which; nil if none does. Finished runs come first.
func launcherConfig(ctx context.Context, folders []*folder) (*nemo.LauncherConfig, string, error) {
	// nel-next has no invocations, and so no file that lists their tasks.
	ordered := slices.DeleteFunc(slices.Clone(folders), (*folder).isBundle)
	slices.SortStableFunc(ordered, func(a, b *folder) int { return falseFirst(!a.finished(), !b.finished()) })
	for _, d := range ordered {
		config, file, err := d.launcherConfig(ctx)
		switch {
		case config != nil:
			return config, file, nil
		case err != nil && (d.finished() || ctx.Err() != nil):
			return nil, "", err
		}
	}
	return nil, "", nil
}

// launcherConfig looks where metadata.yaml most likely is, then in a listing.
func (d *folder) launcherConfig(ctx context.Context) (*nemo.LauncherConfig, string, error) {
	likely := ""
	if !d.isWholeInvocation() {
		likely = path.Join(d.run.Folder, metadataName)
		config, err := d.parseConfig(ctx, likely)
		if config != nil || err != nil && !query.HasCode(err, query.NotFound) {
			return config, likely, err
		}
	}
	files, err := d.survey(ctx)
	if err != nil {
		return nil, "", err
	}
	var candidates []string
	for _, file := range files {
		if !file.IsDir && path.Base(file.Path) == metadataName && file.Path != likely {
			candidates = append(candidates, file.Path)
		}
	}
	for _, name := range rootConfigs {
		if slices.ContainsFunc(files, func(f query.File) bool { return f.Path == name && !f.IsDir }) {
			candidates = append(candidates, name)
		}
	}
	for _, name := range candidates {
		config, err := d.parseConfig(ctx, name)
		if query.HasCode(err, query.NotFound) {
			err = undeliverable(name, err)
		}
		if config != nil || err != nil {
			return config, name, err
		}
	}
	return nil, "", nil
}

// survey lists the likely folder and the root if the results are where they were
// thought to be, else the whole tree.
func (d *folder) survey(ctx context.Context) ([]query.File, error) {
	if d.isWholeInvocation() {
		return d.walk(ctx)
	}
	files, err := d.list(ctx, d.run.Folder)
	if err != nil {
		return nil, err
	}
	results := path.Join(d.run.Folder, resultsName)
	if !slices.ContainsFunc(files, func(f query.File) bool { return f.Path == results }) {
		return d.walk(ctx)
	}
	root, err := d.list(ctx, "")
	return slices.Concat(files, root), err
}

// parseConfig reads one file; nil if that lists no tasks: then the next may, and
// without any the launch is not known.
func (d *folder) parseConfig(ctx context.Context, name string) (*nemo.LauncherConfig, error) {
	blob, err := d.read(ctx, name)
	if errors.Is(err, errTooLarge) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if config, err := nemo.ParseLauncherConfig(blob.Content); err == nil {
		return &config, nil
	}
	return nil, nil
}

// describeLaunch fills in of a job what only the launcher's configuration knows.
func describeLaunch(job *nemo.Job, config nemo.LauncherConfig) {
	model := config.ModelID
	for _, task := range config.Tasks {
		if task.Index == job.Index {
			job.Run.Container = nemo.Optional(task.Container)
			model = cmp.Or(task.ModelID, model)
		}
	}
	if job.Run.LauncherVersion == nil {
		job.Run.LauncherVersion = nemo.Optional(config.LauncherVersion)
	}
	if job.Run.EvaluatorVersion == nil {
		job.Run.EvaluatorVersion = nemo.Optional(config.EvaluatorVersion)
	}
	if job.Run.Model == nil {
		job.Run.Model = nemo.Optional(model)
	}
}

// recordRun adds to a job's settings what is not in its configuration files: the
// image it ran in and the core's version. Not recorded is not the same as unset.
func recordRun(job *nemo.Job, configPath string) {
	if job.Settings.Values == nil {
		return
	}
	record := func(key string, value *string, file string) {
		setting := nemo.Setting{State: nemo.Unknown}
		if value != nil {
			setting = nemo.Setting{State: nemo.Set, Value: *value, Text: true, Path: file}
		}
		job.Settings.Values[key] = setting
	}
	record(nemo.KeyContainer, job.Run.Container, configPath)
	if job.Results != nil && job.Results.EvaluatorVersion != "" {
		configPath = job.ResultsFile.Path
	}
	record(nemo.KeyEvaluatorVersion, job.Run.EvaluatorVersion, configPath)
}
