package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// modelOrders are the keys of models --sort-by.
var modelOrders = [...]string{"name", "version", "stage", "created_at", "updated_at"}

func newModels(a *app, global *globalFlags) *cobra.Command {
	list := &listFlags{natural: "name"}
	cmd := &cobra.Command{
		Use:     "models [NAME]",
		Short:   "List registered models with their evaluations",
		GroupID: groupAnswer,
		Long: `models lists the versions in MLflow's model registry, by name and with the highest
version first: their aliases, stages and evaluations. NAME is a glob, or a regular
expression between slashes. MLflow's servers, database files and file stores have a
registry, launcher output directories have none. Each version is a selector of the
other commands:

  models:/NAME/VERSION   a version
  models:/NAME@ALIAS     the version that has an alias
  models:/NAME/STAGE     the highest version in a stage
  models:/NAME/latest    the highest version

The tag invocation_id of a version says which evaluations are its own: invocation
ids with commas between them, or ids of jobs or runs. Whoever registers a model
sets it:

  python -c 'import mlflow; mlflow.MlflowClient().set_model_version_tag(
      "NAME", "VERSION", "invocation_id", "ID,ID")'

Without the tag, runs whose tag "model" is the name, or ends in a slash and the
name, stand for the version, whichever it is, and a warning says so.

` + exitStatusesHelp,
		Example: `  evalctl models
  evalctl models 'falcon-*'
  evalctl models --tracking-uri ./mlruns
  evalctl models falcon-8b --limit 0 -o wide
  evalctl models --sort-by -created_at --limit 5
  evalctl models --jq '.data.models[] | select(.linked_by == null) | .name'
  evalctl compare models:/falcon-8b@champion models:/falcon-8b/7`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := list.check(cmd, "versions", modelOrders[:], global.output.elementsOnly()); err != nil {
				return err
			}
			value, warnings, err := a.registeredModels(cmd.Context(), global, strings.Join(args, ""), list)
			if err != nil {
				return err
			}
			return a.print(cmd.Context(), kind.ModelsDocument(value, warnings), global.output)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 || strings.ContainsAny(word, "/@") {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names, _ := a.completeRegistered(cmd, global, word)
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	list.register(cmd, modelOrders[:])
	global.output.register(cmd, kind.Models)
	return cmd
}

// registeredModels lists the versions of the models whose names match; name "" is
// all of them.
func (a *app) registeredModels(ctx context.Context, global *globalFlags, name string, list *listFlags) (value kind.ModelsValue, warnings []nemo.Warning, err error) {
	resolver, done, err := a.resolver(global)
	if err != nil {
		return value, nil, err
	}
	defer done()
	store, err := resolver.Stores.Default(ctx)
	if err != nil {
		return value, nil, err
	}
	registry, err := query.RegistryOf(store)
	if err != nil {
		return value, nil, err
	}
	models, err := namedModels(ctx, store, registry, resolver, name)
	if err != nil {
		return value, nil, err
	}
	versions, complete, err := versionsOf(ctx, registry, models, list.wants())
	if err != nil {
		return value, nil, err
	}
	sortBy(versions, list.sortBy, compareModels())
	value.Listing = list.cut(len(versions), complete)
	versions = versions[:value.Shown]
	links, err := linksOf(ctx, store, resolver, versions)
	if err != nil {
		return value, nil, err
	}
	value.Models = []kind.ModelVersion{}
	for i, v := range versions {
		value.Models = append(value.Models, v.described(links[i]))
	}
	return value, slices.Concat(linkWarnings(value.Models), query.WarningsOf(store)), nil
}

// namedModels are the registered models whose names match. That there is none is an
// error where the name is one.
func namedModels(ctx context.Context, store query.Store, registry query.Registry, resolver query.Resolver, name string) ([]query.RegisteredModel, error) {
	all, err := registry.Models(ctx)
	if err != nil || name == "" {
		return all, err
	}
	pattern, err := query.ParsePattern(name)
	if err != nil {
		return nil, err
	}
	models := slices.DeleteFunc(slices.Clone(all), func(m query.RegisteredModel) bool { return m.Name != name && !pattern.Match(m.Name) })
	if len(models) == 0 && !pattern.IsExpression() && !strings.ContainsAny(name, "*?") {
		return nil, resolver.NoModel(store.URI(), name, all)
	}
	return models, nil
}

// registered is one version of a model; its number is 0 where the model has none.
type registered struct {
	model   query.RegisteredModel
	version query.ModelVersion
}

// versionsOf lists the versions of models, at least so many if there are; 0 is all
// of them. complete says that there are no others.
func versionsOf(ctx context.Context, registry query.Registry, models []query.RegisteredModel, wanted int) (all []registered, complete bool, err error) {
	for some := range slices.Chunk(models, artifacts.DefaultParallel) {
		if wanted > 0 && len(all) >= wanted {
			return all, false, nil
		}
		lists := make([][]query.ModelVersion, len(some))
		group, ctx := errgroup.WithContext(ctx)
		for i, model := range some {
			group.Go(func() (err error) {
				lists[i], err = registry.Versions(ctx, model.Name)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, false, err
		}
		for i, model := range some {
			if len(lists[i]) == 0 {
				all = append(all, registered{model: model})
			}
			for _, version := range lists[i] {
				all = append(all, registered{model, version})
			}
		}
	}
	return all, true, nil
}

// linksOf finds the evaluations of versions, several models at a time.
func linksOf(ctx context.Context, store query.Store, resolver query.Resolver, versions []registered) ([]query.Link, error) {
	byModel := map[string][]int{}
	for i, v := range versions {
		if v.version.Version > 0 {
			byModel[v.model.Name] = append(byModel[v.model.Name], i)
		}
	}
	links := make([]query.Link, len(versions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(artifacts.DefaultParallel)
	for name, at := range byModel {
		group.Go(func() error {
			of := make([]query.ModelVersion, len(at))
			for k, i := range at {
				of[k] = versions[i].version
			}
			found, err := resolver.Links(ctx, store, name, of)
			if err != nil {
				return err
			}
			for k, i := range at {
				links[i] = found[k]
			}
			return nil
		})
	}
	return links, group.Wait()
}

// described turns a store's record into the contract's.
func (v registered) described(link query.Link) kind.ModelVersion {
	described := kind.ModelVersion{
		Name: v.model.Name, Aliases: []string{}, Tags: map[string]string{},
		Evaluations: append([]string{}, link.IDs...), NotFound: append([]string{}, link.Unknown...), LinkedBy: nemo.Optional(link.By),
	}
	if v.version.Version == 0 {
		described.CreatedAt, described.UpdatedAt = nemo.NewTime(v.model.CreatedAt), nemo.NewTime(v.model.UpdatedAt)
		return described
	}
	described.Version = &v.version.Version
	described.Aliases = append(described.Aliases, v.model.AliasesOf(v.version.Version)...)
	if v.version.Stage != query.StageNone {
		described.Stage = nemo.Optional(v.version.Stage)
	}
	described.Status = nemo.Optional(v.version.Status)
	described.CreatedAt, described.UpdatedAt = nemo.NewTime(v.version.CreatedAt), nemo.NewTime(v.version.UpdatedAt)
	described.RunID = nemo.Optional(v.version.RunID)
	if len(v.version.Tags) > 0 {
		described.Tags = v.version.Tags
	}
	return described
}

// linkWarnings say which evaluations may be of another version, and which are not
// there.
func linkWarnings(models []kind.ModelVersion) []nemo.Warning {
	var warnings []nemo.Warning
	untagged := 0
	var unknown []string
	for _, m := range models {
		if nemo.Text(m.LinkedBy) == query.TagModel && len(m.Evaluations) > 0 {
			untagged++
		}
		unknown = append(unknown, m.NotFound...)
	}
	if untagged > 0 {
		warnings = append(warnings, nemo.Warning{
			Code: "MODEL_VERSION_UNTAGGED",
			Message: countOf(untagged, "version") + " without the tag invocation_id: shown are all evaluations of the model of that name, " +
				"which may be of another version",
		})
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		unknown = slices.Compact(unknown)
		warnings = append(warnings, nemo.Warning{
			Code: "MODEL_EVALUATION_NOT_FOUND", Keys: unknown,
			Message: "the tags invocation_id of model versions name what no run has: " + strings.Join(unknown, ", "),
		})
	}
	return warnings
}

// compareModels are the orders of [modelOrders].
func compareModels() map[string]order[registered] {
	return map[string]order[registered]{
		"name": {compare: func(a, b registered) int { return cmp.Compare(a.model.Name, b.model.Name) }},
		"version": {
			func(v registered) bool { return v.version.Version > 0 },
			func(a, b registered) int { return cmp.Compare(a.version.Version, b.version.Version) },
		},
		"stage": {
			func(v registered) bool { return v.version.Stage != "" && v.version.Stage != query.StageNone },
			func(a, b registered) int { return cmp.Compare(a.version.Stage, b.version.Stage) },
		},
		"created_at": byTime(func(v registered) *nemo.Time { return v.described(query.Link{}).CreatedAt }),
		"updated_at": byTime(func(v registered) *nemo.Time { return v.described(query.Link{}).UpdatedAt }),
	}
}
