package artifacts

import (
	"context"
	"fmt"

	"github.com/evalctl/evalctl/pkg/query"
)

// registryRecord is an answer of a model registry.
type registryRecord struct {
	Models   []query.RegisteredModel
	Versions []query.ModelVersion
}

// What a model registry is asked.
const modelsAsked = "registered models"

func modelAsked(name string) string    { return "registered model " + name }
func versionsAsked(name string) string { return "versions of registered model " + name }

var (
	_ query.Registry = (*recorder)(nil)
	_ query.Registry = (*replay)(nil)
)

// Models is as [query.Registry] says; so are Model and Versions.
func (r *recorder) Models(ctx context.Context) ([]query.RegisteredModel, error) {
	registry, err := query.RegistryOf(r.Store)
	if err != nil {
		return nil, err
	}
	models, err := registry.Models(ctx)
	if err == nil {
		kept := make([]query.RegisteredModel, len(models))
		for i, model := range models {
			kept[i] = publicModel(model)
		}
		r.remember(modelsAsked, registryRecord{Models: kept})
	}
	return models, err
}

func (r *recorder) Model(ctx context.Context, name string) (query.RegisteredModel, error) {
	registry, err := query.RegistryOf(r.Store)
	if err != nil {
		return query.RegisteredModel{}, err
	}
	model, err := registry.Model(ctx, name)
	if err == nil {
		r.remember(modelAsked(name), registryRecord{Models: []query.RegisteredModel{publicModel(model)}})
	}
	return model, err
}

func (r *recorder) Versions(ctx context.Context, name string) ([]query.ModelVersion, error) {
	registry, err := query.RegistryOf(r.Store)
	if err != nil {
		return nil, err
	}
	versions, err := registry.Versions(ctx, name)
	if err == nil {
		kept := make([]query.ModelVersion, len(versions))
		for i, version := range versions {
			version.Tags = withoutSecrets(version.Tags)
			kept[i] = version
		}
		r.remember(versionsAsked(name), registryRecord{Versions: kept})
	}
	return versions, err
}

func publicModel(model query.RegisteredModel) query.RegisteredModel {
	model.Tags = withoutSecrets(model.Tags)
	return model
}

func (r *replay) Models(context.Context) ([]query.RegisteredModel, error) {
	record, err := r.registry(modelsAsked, "the registered models of "+r.URI())
	return record.Models, err
}

func (r *replay) Model(_ context.Context, name string) (query.RegisteredModel, error) {
	what := fmt.Sprintf("the registered model %s of %s", name, r.URI())
	record, err := r.registry(modelAsked(name), what)
	if err == nil && len(record.Models) != 1 {
		err = r.offline.lack(r.offline.searches, what)
	}
	if err != nil {
		return query.RegisteredModel{}, err
	}
	return record.Models[0], nil
}

func (r *replay) Versions(_ context.Context, name string) ([]query.ModelVersion, error) {
	record, err := r.registry(versionsAsked(name), fmt.Sprintf("the versions of the registered model %s of %s", name, r.URI()))
	return record.Versions, err
}

func (r *replay) registry(asked, what string) (registryRecord, error) {
	var record registryRecord
	if !r.recall(asked, &record) {
		return record, r.offline.lack(r.offline.searches, what)
	}
	return record, nil
}
