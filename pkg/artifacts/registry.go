package artifacts

import (
	"context"
	"fmt"

	"github.com/evalctl/evalctl/pkg/nemo"
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
		r.remember(modelsAsked, remembered{Registry: &registryRecord{Models: kept}})
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
		r.remember(modelAsked(name), remembered{Registry: &registryRecord{Models: []query.RegisteredModel{publicModel(model)}}})
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
			version.Tags, _ = withoutSecrets(query.Tag, version.Tags)
			version.Source = withoutLogin(version.Source)
			version.Description = nemo.Redact("description", version.Description)
			kept[i] = version
		}
		r.remember(versionsAsked(name), remembered{Registry: &registryRecord{Versions: kept}})
	}
	return versions, err
}

func publicModel(model query.RegisteredModel) query.RegisteredModel {
	model.Tags, _ = withoutSecrets(query.Tag, model.Tags)
	model.Description = nemo.Redact("description", model.Description)
	return model
}

func (r *replay) Models(context.Context) ([]query.RegisteredModel, error) {
	record, err := r.registry(modelsAsked, "the registered models of "+r.URI())
	return record.Models, err
}

// Model is told by whichever answer is newer, that about the model or the list of
// all.
func (r *replay) Model(_ context.Context, name string) (query.RegisteredModel, error) {
	one, known := r.recall(modelAsked(name))
	all, listed := r.recall(modelsAsked)
	if listed && all.Registry != nil && (!known || all.Seen.After(one.Seen)) {
		one = all
	}
	if one.Registry != nil {
		for _, model := range one.Registry.Models {
			if model.Name == name {
				return model, nil
			}
		}
	}
	return query.RegisteredModel{}, r.offline.lack(r.offline.searches, fmt.Sprintf("the registered model %s of %s", name, r.URI()))
}

func (r *replay) Versions(_ context.Context, name string) ([]query.ModelVersion, error) {
	record, err := r.registry(versionsAsked(name), fmt.Sprintf("the versions of the registered model %s of %s", name, r.URI()))
	return record.Versions, err
}

func (r *replay) registry(asked, what string) (registryRecord, error) {
	answer, ok := r.recall(asked)
	if !ok || answer.Registry == nil {
		return registryRecord{}, r.offline.lack(r.offline.searches, what)
	}
	return *answer.Registry, nil
}
