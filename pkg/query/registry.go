package query

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Registry is a [Store] that keeps MLflow's model registry too: names, each with
// numbered versions. Prompts, which MLflow keeps in the same place under the tag
// mlflow.prompt.is_prompt, are none of them. Errors are as [Store] says, and
// Ambiguous where workspaces have models of one name. What a [Warner] cannot read is
// in no list, and Corrupt where its name was asked for.
type Registry interface {
	// Models lists the registered models, by name.
	Models(ctx context.Context) ([]RegisteredModel, error)

	// Model returns the registered model of exactly this name; the error is
	// NotFound if there is none.
	Model(ctx context.Context, name string) (RegisteredModel, error)

	// Versions lists the versions of the registered model of exactly this name, the
	// highest first, deleted ones not among them; of an unknown name there are none.
	Versions(ctx context.Context, name string) ([]ModelVersion, error)
}

// RegistryOf is the model registry of a store; the error has code Usage if it has
// none.
func RegistryOf(store Store) (Registry, error) {
	if registry, ok := store.(Registry); ok {
		return registry, nil
	}
	return nil, &Error{
		Code: Usage, Message: store.URI() + " has no model registry",
		Hint: "MLflow's servers, databases and file stores have one, output directories have none: --tracking-uri or MLFLOW_TRACKING_URI names the store",
	}
}

// RegisteredModel is a name in a model registry.
type RegisteredModel struct {
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Aliases     map[string]int // to version numbers
	Tags        map[string]string
}

// ModelVersion is one version of a registered model.
type ModelVersion struct {
	Version     int    // 1 and up
	Stage       string // one of Stages; MLflow advises against them since 2.9
	Status      string // READY, PENDING_REGISTRATION, FAILED_REGISTRATION
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RunID       string // of the run that logged the model, which is no evaluation; "" if none
	Source      string // where its files are
	Tags        map[string]string
}

// Stages lists the stages that MLflow knows. A deleted version has another, which
// no [Registry] shows.
func Stages() []string { return []string{StageNone, "Staging", "Production", "Archived"} }

// StageNone is the stage of a version that was put into none.
const StageNone = "None"

// TagPrompt marks what is a prompt and no model, if its value is "true".
const TagPrompt = "mlflow.prompt.is_prompt"

// AliasesOf lists the aliases of one version, sorted.
func (m RegisteredModel) AliasesOf(version int) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.Aliases)), func(alias string) bool { return m.Aliases[alias] != version })
}
