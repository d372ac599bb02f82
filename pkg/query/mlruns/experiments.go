package mlruns

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// experiment is a folder of runs.
type experiment struct {
	query.Experiment
	folder string // below the root
}

// Experiments lists the experiments, by id: shorter ids first, so that numbers are
// in order.
func (s *Store) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	found, err := s.experiments(ctx, view, nil)
	if err != nil {
		return nil, err
	}
	list := make([]query.Experiment, len(found))
	for i, e := range found {
		list[i] = e.Experiment
	}
	return list, nil
}

// experiments reads the experiments with these ids, all if ids is nil.
func (s *Store) experiments(ctx context.Context, view query.View, ids []string) ([]experiment, error) {
	folders, err := s.experimentFolders(ctx, view == query.WithDeleted)
	if err != nil {
		return nil, err
	}
	if ids != nil {
		folders = slices.DeleteFunc(folders, func(folder string) bool { return !slices.Contains(ids, idOf(folder)) })
	}
	read := make([]*experiment, len(folders))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, folder := range folders {
		group.Go(func() (err error) {
			if err = query.Stopped(ctx); err == nil {
				read[i], err = s.experiment(ctx, folder)
			}
			return s.damage.takeExperiment(folder, err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []experiment
	for _, e := range read {
		if e != nil && (view == query.WithDeleted || !e.Deleted) {
			found = append(found, *e)
		}
	}
	slices.SortFunc(found, func(a, b experiment) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return found, nil
}

// idOf is the id of the experiment or run in a folder.
func idOf(folder string) string { return folder[strings.LastIndex(folder, "/")+1:] }

// experimentFolders lists what may be experiments. Of one that is also in the
// trash, what is not there counts, as in MLflow.
func (s *Store) experimentFolders(ctx context.Context, withTrash bool) ([]string, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	names, err := s.folders(".")
	if err != nil {
		return nil, s.rootError(err)
	}
	var folders []string
	for _, name := range names {
		if name != registryFolder && name[0] != '.' {
			folders = append(folders, name)
		}
	}
	if !withTrash {
		return folders, nil
	}
	deleted, err := s.folders(trashFolder)
	if err != nil && !runfolder.Absent(err) {
		if err := s.damage.takeExperiment(trashFolder, unreadable(trashFolder, err)); err != nil {
			return nil, err
		}
	}
	for _, name := range deleted {
		if !slices.Contains(folders, name) {
			folders = append(folders, join(trashFolder, name))
		}
	}
	return folders, nil
}

// experiment reads the experiment in a folder; nil if that is none.
func (s *Store) experiment(ctx context.Context, folder string) (*experiment, error) {
	name := join(folder, metaFile)
	e := &experiment{folder: folder}
	found, err := s.readMeta(ctx, name, func(data []byte) error {
		values, err := parseScalars(data, []string{"experiment_id", "name", "lifecycle_stage"})
		if err != nil {
			return err
		}
		e.ID, e.Name = values["experiment_id"], values["name"]
		if e.Deleted, err = isDeleted(values); err == nil && e.Name == "" {
			err = errors.New("it has no name")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, s.orphaned(folder)
	case e.ID != idOf(folder):
		return nil, damaged(name, "is that of the experiment %s", quoted(e.ID))
	}
	e.Deleted = e.Deleted || strings.HasPrefix(folder, trashFolder+"/")
	return e, nil
}

// orphaned is the error for a folder without meta.yaml that holds runs. Without
// any it is no experiment: a store in a database keeps its artifacts so.
func (s *Store) orphaned(folder string) error {
	names, err := s.folders(folder)
	if err != nil {
		if runfolder.Absent(err) {
			return nil // deleted meanwhile
		}
		return unreadable(folder, err)
	}
	for _, name := range names {
		info, err := s.root.Stat(join(folder, name, metaFile))
		if err == nil && info.Mode().IsRegular() && !isReserved(name) {
			return damaged(join(folder, metaFile), "missing, and there are runs")
		}
	}
	return nil
}

// isReserved reports whether a folder of an experiment is something else than a
// run.
func isReserved(name string) bool {
	return name == tagsFolder || name == datasetsFolder || name == tracesFolder || name == registryFolder
}
