package mlruns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// Models lists the registered models, by name.
func (s *Store) Models(ctx context.Context) ([]query.RegisteredModel, error) {
	names, err := s.folders(registryFolder)
	if runfolder.Absent(err) {
		return []query.RegisteredModel{}, nil // MLflow makes the folder when it is first used
	}
	if err != nil {
		return nil, runfolder.Failure(err, s.show(registryFolder))
	}
	read := make([]*query.RegisteredModel, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, name := range names {
		group.Go(func() (err error) {
			if err = query.Stopped(ctx); err == nil {
				read[i], err = s.registered(ctx, name)
			}
			return s.damage.takeModel(name, err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	models := make([]query.RegisteredModel, 0, len(read))
	for _, model := range read {
		if model != nil && !isPrompt(model.Tags) {
			models = append(models, *model)
		}
	}
	return models, nil
}

// Model returns the registered model of this name.
func (s *Store) Model(ctx context.Context, name string) (query.RegisteredModel, error) {
	model, err := s.modelNamed(ctx, name)
	if found, ok := asDamageOf(err); ok {
		return query.RegisteredModel{}, s.wholeModel(name, found)
	}
	if err == nil && (model == nil || isPrompt(model.Tags)) {
		err = &query.Error{Code: query.NotFound, Message: "no registered model " + quoted(name) + " in " + s.uri}
	}
	if err != nil {
		return query.RegisteredModel{}, err
	}
	return *model, nil
}

// wholeModel turns a damage of a model that was asked for by its name into an error.
func (s *Store) wholeModel(name string, found *damage) error {
	return &query.Error{Code: query.Corrupt, Message: "the registered model " + quoted(name) + " cannot be read: " + s.show(found.path), Err: found.err}
}

func isPrompt(tags map[string]string) bool { return tags[query.TagPrompt] == "true" }

// modelNamed reads the registered model of a name that anybody may have typed; nil if
// there is none.
func (s *Store) modelNamed(ctx context.Context, name string) (*query.RegisteredModel, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	// MLflow refuses these names too; what is no name of a file is no model.
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/:\x00") || strings.ContainsRune(name, filepath.Separator) {
		return nil, nil
	}
	model, err := s.registered(ctx, name)
	if _, ok := asDamageOf(err); ok && !s.isListed(name) {
		return nil, nil // it is too long, or the file system does not know upper and lower case
	}
	return model, err
}

// isListed reports whether the registry has a folder of exactly this name, or may
// have one.
func (s *Store) isListed(name string) bool {
	all, err := runfolder.Entries(s.root, registryFolder)
	if err != nil {
		return true
	}
	for _, entry := range all {
		if entry.Name() == name {
			return true
		}
	}
	return false
}

// modelFolder is that of a registered model.
func modelFolder(name string) string { return registryFolder + "/" + name }

// registered reads the registered model in the folder of this name; nil if it has
// none.
func (s *Store) registered(ctx context.Context, name string) (*query.RegisteredModel, error) {
	folder := modelFolder(name)
	model := &query.RegisteredModel{Aliases: map[string]int{}, Tags: map[string]string{}}
	metaName := join(folder, metaFile)
	found, err := s.readMeta(ctx, metaName, func(data []byte) error {
		values, err := parseScalars(data, []string{"name", "description", "creation_timestamp", "last_updated_timestamp"})
		if err != nil {
			return err
		}
		model.Name, model.Description = values["name"], values["description"]
		if model.Name == "" {
			return errors.New("it has no name")
		}
		model.CreatedAt, model.UpdatedAt, err = registryMoments(values)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, s.headless(folder)
	case model.Name != name:
		return nil, damaged(metaName, "is that of the registered model %s", quoted(model.Name))
	}
	if err := s.tags(ctx, join(folder, tagsFolder), model.Tags); err != nil {
		return nil, err
	}
	base := join(folder, aliasesFolder)
	err = s.walk(base, func(alias string) error {
		// MLflow writes in place: for a moment the file is empty.
		found, err := s.readMeta(ctx, join(base, alias), func(data []byte) (err error) {
			model.Aliases[alias], err = versionNumber(strings.TrimSpace(string(data)))
			return err
		})
		if err == nil && !found {
			err = s.notThere(join(base, alias))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return model, nil
}

// headless is the error for a folder without meta.yaml that has versions. Without
// any it is no model.
func (s *Store) headless(folder string) error {
	numbers, err := s.versionFolders(folder)
	if err == nil && len(numbers) > 0 {
		err = damaged(join(folder, metaFile), "missing, and there are versions")
	}
	return err
}

// registryMoments are the times of a meta.yaml in the registry.
func registryMoments(values scalars) (created, updated time.Time, err error) {
	if created, err = moment(values, "creation_timestamp"); err == nil {
		updated, err = moment(values, "last_updated_timestamp")
	}
	return created, updated, err
}

// tags reads the tags of a registered model or of a version.
func (s *Store) tags(ctx context.Context, folder string, into map[string]string) error {
	return s.walk(folder, func(key string) (err error) {
		into[key], err = s.present(ctx, join(folder, key))
		return err
	})
}

// versionNumber reads the number of a version as MLflow writes it.
func versionNumber(text string) (int, error) {
	if text == "" {
		return 0, errEmpty
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || strconv.Itoa(n) != text {
		return 0, fmt.Errorf("%s is no version", quoted(text))
	}
	return n, nil
}

// versionFolders lists the folders of versions below that of a registered model,
// without their prefix.
func (s *Store) versionFolders(folder string) ([]string, error) {
	names, err := s.folders(folder)
	if runfolder.Absent(err) {
		return nil, nil // deleted meanwhile
	}
	if err != nil {
		return nil, unreadable(folder, err)
	}
	var numbers []string
	for _, name := range names {
		if number, ok := strings.CutPrefix(name, versionPrefix); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers, nil
}

// Versions lists the versions of a registered model, the highest first.
func (s *Store) Versions(ctx context.Context, name string) ([]query.ModelVersion, error) {
	model, err := s.modelNamed(ctx, name)
	var numbers []string
	if err == nil && model != nil {
		numbers, err = s.versionFolders(modelFolder(name))
	}
	if found, ok := asDamageOf(err); ok {
		return nil, s.wholeModel(name, found)
	}
	if err != nil {
		return nil, err
	}
	read := make([]*query.ModelVersion, len(numbers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, number := range numbers {
		group.Go(func() error {
			err := query.Stopped(ctx)
			var version query.ModelVersion
			if err == nil {
				version, err = s.version(ctx, name, number)
			}
			if err == nil && version.Stage != stageDeleted && !isPrompt(version.Tags) {
				read[i] = &version
			}
			return s.damage.takeVersion(name+"/"+number, err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	versions := make([]query.ModelVersion, 0, len(read))
	for _, version := range read {
		if version != nil {
			versions = append(versions, *version)
		}
	}
	slices.SortFunc(versions, func(a, b query.ModelVersion) int { return cmp.Compare(b.Version, a.Version) })
	return versions, nil
}

// stageDeleted is the stage of a version that was deleted; its files stay.
const stageDeleted = "Deleted_Internal"

// version reads the version in a folder that ends in number.
func (s *Store) version(ctx context.Context, name, number string) (query.ModelVersion, error) {
	folder := join(modelFolder(name), versionPrefix+number)
	version := query.ModelVersion{Tags: map[string]string{}}
	var written, of string
	metaName := join(folder, metaFile)
	found, err := s.readMeta(ctx, metaName, func(data []byte) error {
		values, err := parseScalars(data, []string{
			"name", "version", "current_stage", "status", "description", "creation_timestamp", "last_updated_timestamp", "run_id", "source",
		})
		if err != nil {
			return err
		}
		of, written = values["name"], values["version"]
		version.Stage, version.Status, version.Description = values["current_stage"], values["status"], values["description"]
		version.RunID, version.Source = values["run_id"], values["source"]
		if version.Version, err = versionNumber(written); err != nil {
			return fmt.Errorf("version: %w", err)
		}
		if version.Stage != stageDeleted && !slices.Contains(query.Stages(), version.Stage) {
			return fmt.Errorf("current_stage is %s", quoted(version.Stage))
		}
		version.CreatedAt, version.UpdatedAt, err = registryMoments(values)
		return err
	})
	switch {
	case err != nil:
		return version, err
	case !found:
		return version, damaged(metaName, "missing")
	case of != name:
		return version, damaged(metaName, "names the registered model %s", quoted(of))
	case written != number:
		return version, damaged(metaName, "is that of the version %s", quoted(written))
	}
	return version, s.tags(ctx, join(folder, tagsFolder), version.Tags)
}
