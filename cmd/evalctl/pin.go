package main

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// pin finds the runs behind a selector and takes the digests of their numbers.
func (a *app) pin(ctx context.Context, global *globalFlags, place settings.Place, name, word string) (settings.Baseline, []nemo.Warning, error) {
	baseline := settings.Baseline{Place: place, Name: name, Selector: word}
	resolutions, err := a.resolve(ctx, global, []string{word})
	if err != nil {
		return baseline, nil, err
	}
	for k := range resolutions[0].Found {
		resolutions[0].Found[k].Fresh = true
	}
	evaluation, warnings, err := a.loadOne(ctx, global, resolutions, name)
	if err != nil {
		return baseline, nil, err
	}
	results := 0
	for k, found := range resolutions[0].Found {
		if len(found.Runs) == 0 {
			continue
		}
		source := settings.BaselineSource{Store: storedAs(found.Store, place.File), Whole: found.Whole, Workspace: a.workspaceOf(found, global)}
		for _, run := range found.Runs {
			if run.Status == query.StatusRunning || run.Status == query.StatusScheduled {
				return baseline, nil, &query.Error{
					Code: query.Usage, Message: "run " + run.ID + " is " + run.Status + ": its numbers may still change",
					Hint: "pin it when it is FINISHED",
				}
			}
			jobs := jobsOf(evaluation, k, run.ID)
			for _, job := range jobs {
				if job.Results != nil {
					results += len(job.Results.Scores)
				}
			}
			described := query.Describe(found.Store, run)
			source.Runs = append(source.Runs, settings.BaselineRun{
				ID: pinnedAs(found.Store, run.ID), Job: nemo.Text(described.JobID), Task: nemo.Text(described.Task), SHA256: nemo.ScoreDigest(jobs),
			})
		}
		baseline.Sources = append(baseline.Sources, source)
	}
	if results == 0 {
		return baseline, nil, &query.Error{
			Code: query.NotFound, Message: word + " has no results that could be pinned", Hint: "evalctl show '" + word + "'   says what is missing",
		}
	}
	return baseline, warnings, nil
}

// loadOne reads the results of one side, and says what there is to say of them.
func (a *app) loadOne(ctx context.Context, global *globalFlags, resolutions []query.Resolution, label string) (nemo.Evaluation, []nemo.Warning, error) {
	fetcher, bar, err := a.fetcher(global)
	if err != nil {
		return nemo.Evaluation{}, nil, err
	}
	defer bar.done()
	evaluations, err := fetcher.Load(ctx, resolutions)
	if err = lacking(global, err); err != nil {
		return nemo.Evaluation{}, nil, err
	}
	return evaluations[0], append([]nemo.Warning{}, resolutions[0].Warnings(label)...), nil
}

// jobsOf are the jobs of a run of one source.
func jobsOf(evaluation nemo.Evaluation, source int, runID string) []nemo.Job {
	var jobs []nemo.Job
	for _, job := range evaluation.Jobs {
		if job.SourceIndex == source && job.Run.RunID == runID {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// workspaceOf is the workspace in which a run was found, which its id needs; "" for
// the server's own.
func (a *app) workspaceOf(found query.Found, global *globalFlags) string {
	if found.Source.Workspace != "" || !found.Store.Remote() {
		return found.Source.Workspace
	}
	return a.stores(global).workspace(found.Store.URI())
}

// storedAs is how a settings file names a store: a directory or a database below the
// file's folder by its path from there, so that the file can be shared.
func storedAs(store query.Store, file string) string {
	path := storePath(store)
	if path == "" {
		return store.URI()
	}
	base := filepath.Dir(file)
	if real, err := filepath.EvalSymlinks(base); err == nil {
		base = real
	}
	if relative, err := filepath.Rel(base, path); err == nil && filepath.IsLocal(relative) {
		return "./" + filepath.ToSlash(relative)
	}
	return path
}

// storePath is where a directory or a database is; "" for what has no path.
func storePath(store query.Store) string {
	uri := store.URI()
	path, isDatabase := strings.CutPrefix(uri, databaseScheme)
	if u, err := url.Parse(uri); !isDatabase {
		if err != nil || u.Scheme != "file" {
			return ""
		}
		path = withoutSlash(u.Path)
	}
	return filepath.FromSlash(path)
}

// pinnedAs is how a settings file names a run. One of a directory that tells no id
// has its path for one, and there the path from the store: "." or "./sub/dir".
func pinnedAs(store query.Store, id string) string {
	path := storePath(store)
	if path == "" || !filepath.IsAbs(id) {
		return id
	}
	relative, err := filepath.Rel(path, filepath.FromSlash(id))
	if err != nil {
		return id
	}
	if relative = filepath.ToSlash(relative); relative != "." && relative != ".." && !strings.HasPrefix(relative, "../") {
		relative = "./" + relative
	}
	return relative
}

// pinnedID is the id of a run that [pinnedAs] named.
func pinnedID(store query.Store, named string) string {
	path := storePath(store)
	if path == "" || named != "." && named != ".." && !strings.HasPrefix(named, "./") && !strings.HasPrefix(named, "../") {
		return named
	}
	return filepath.ToSlash(filepath.Join(path, filepath.FromSlash(named)))
}

// baseline finds what @NAME is pinned to.
func (s *stores) baseline(ctx context.Context, name string) ([]query.Pinned, error) {
	read, err := s.app.settings()
	if err != nil {
		return nil, err
	}
	b, ok := read.Baseline(name)
	if !ok {
		return nil, noBaseline(name, read)
	}
	var pinned []query.Pinned
	for _, source := range b.Sources {
		store, err := s.named(ctx, source.Store, source.Workspace, b.Place.File)
		if err != nil {
			return nil, err
		}
		p := query.Pinned{Store: store, Whole: source.Whole}
		for _, run := range source.Runs {
			p.Runs = append(p.Runs, query.PinnedRun{ID: pinnedID(store, run.ID), Digest: run.SHA256})
		}
		pinned = append(pinned, p)
	}
	return pinned, nil
}

// named opens a store that a settings file names.
func (s *stores) named(ctx context.Context, uri, workspace, file string) (query.Store, error) {
	if isServer(uri) {
		return s.Server(ctx, uri, workspace)
	}
	return s.at(ctx, anchored(uri, filepath.Dir(file)), workspace)
}

// changedBaselines warns of the pinned runs of a side that have other numbers now.
func changedBaselines(resolution query.Resolution, evaluation nemo.Evaluation, label string) []nemo.Warning {
	var warnings []nemo.Warning
	changed := map[string][]string{}
	for k, found := range resolution.Found {
		for _, run := range found.Runs {
			if digest := found.Digests[run.ID]; digest != "" && nemo.ScoreDigest(jobsOf(evaluation, k, run.ID)) != digest {
				changed[found.Source.Baseline] = append(changed[found.Source.Baseline], run.ID)
			}
		}
	}
	for _, source := range resolution.Selector.Sources {
		ids := changed[source.Baseline]
		if len(ids) == 0 {
			continue
		}
		slices.Sort(ids)
		delete(changed, source.Baseline)
		warnings = append(warnings, nemo.Warning{
			Code: codeBaselineChanged, Side: label, RunIDs: ids,
			Message: source.Text + " has other numbers than were pinned, in " + countOf(len(ids), "run") +
				"; evalctl baseline show " + source.Baseline + " says which",
		})
	}
	return warnings
}

const codeBaselineChanged = "BASELINE_CHANGED"
