package main

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/pkg/query"
)

func newCompletion(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:     "completion SHELL",
		Short:   "The completion script of a shell",
		GroupID: groupOther,
		Long: `completion prints the script that makes a shell complete evalctl's commands, flags
and invocation ids: bash, zsh, fish or powershell.

` + exitStatusesHelp,
		Example: `  evalctl completion bash > /etc/bash_completion.d/evalctl
  evalctl completion zsh > "${fpath[1]}/_evalctl"
  evalctl completion fish > ~/.config/fish/completions/evalctl.fish
  evalctl completion powershell | Out-String | Invoke-Expression`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			var script bytes.Buffer
			var err error
			switch root := cmd.Root(); args[0] {
			case "bash":
				err = root.GenBashCompletionV2(&script, true)
			case "zsh":
				err = root.GenZshCompletion(&script)
			case "fish":
				err = root.GenFishCompletion(&script, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(&script)
			default:
				return &usageError{message: "no completion for " + strconv.Quote(args[0]), hint: "one of " + strings.Join(shells, ", ")}
			}
			if err == nil {
				_, err = a.stdout.Write(script.Bytes())
			}
			return a.written(err)
		},
	}
}

// completionTimeout bounds what a press of the Tab key may wait for.
const completionTimeout = 2 * time.Second

// completeSelectors offers invocation ids of the tracking store: those that begin
// like the word, with their models beside them. Paths complete as files.
func (a *app) completeSelectors(global *globalFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		if before, model, found := strings.Cut(word, "model:"); found && (before == "" || strings.HasSuffix(before, "=")) {
			names, directive := a.completeModels(global)(cmd, nil, model)
			for i, name := range names {
				names[i] = before + "model:" + name
			}
			return names, directive
		}
		if before, name, found := strings.Cut(word, "models:/"); found && (before == "" || strings.HasSuffix(before, "=")) {
			names, directive := a.completeVersions(cmd, global, name)
			for i, name := range names {
				names[i] = before + "models:/" + name
			}
			return names, directive
		}
		if strings.ContainsAny(word, `/\.~`) {
			return nil, cobra.ShellCompDirectiveDefault
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		label, rest, labelled := strings.Cut(word, "=")
		if !labelled {
			label, rest = "", word
		} else {
			label += "="
		}
		prefix, wanted := "", rest
		if after, isDemo := strings.CutPrefix(rest, "demo:"); isDemo {
			prefix, wanted = "demo:", after
		}
		if strings.HasPrefix(rest, "@") {
			offers := []string{label + "@latest", label + "@latest~1"}
			for _, name := range a.baselineNames() {
				offers = append(offers, label+"@"+name)
			}
			return offers, cobra.ShellCompDirectiveNoFileComp
		}
		global.quiet = true // nothing may come between the words
		opened := a.stores(global)
		open := opened.Default
		if prefix != "" {
			open = opened.Demo
		}
		store, err := open(ctx)
		if err != nil {
			return []string{"demo:"}, cobra.ShellCompDirectiveNoSpace
		}
		filter := query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix, Value: strings.ToLower(wanted)}}
		runs, err := query.All(store.Search(ctx, query.Search{Filter: filter, Limit: 200}))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for _, run := range runs {
			completion := label + prefix + run.InvocationID()
			if run.Model != "" {
				completion += "\t" + run.Model
			}
			if !slices.ContainsFunc(found, func(known string) bool {
				return strings.HasPrefix(known, label+prefix+run.InvocationID())
			}) {
				found = append(found, completion)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeModels offers the models of the newest runs.
func (a *app) completeModels(global *globalFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeFromStore(cmd, global, func(ctx context.Context, store query.Store) ([]string, error) {
			const newest = 200
			runs, err := query.All(store.Search(ctx, query.Search{
				Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}, Limit: newest,
			}))
			var models []string
			for _, run := range runs {
				if strings.HasPrefix(run.Model, word) {
					models = append(models, run.Model)
				}
			}
			return models, err
		})
	}
}

// completeVersions offers registered models, and of one that is named in full its
// aliases and versions.
func (a *app) completeVersions(cmd *cobra.Command, global *globalFlags, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.completeRegistered(cmd, global, word)
	if len(names) > 0 && !slices.Equal(names, []string{word}) {
		return names, directive | cobra.ShellCompDirectiveNoSpace
	}
	return a.completeFromStore(cmd, global, func(ctx context.Context, store query.Store) ([]string, error) {
		registry, err := query.RegistryOf(store)
		if err != nil {
			return nil, err
		}
		name := word
		if at := strings.LastIndexAny(word, "/@"); at >= 0 {
			name = word[:at]
		}
		model, err := registry.Model(ctx, name)
		if err != nil {
			return nil, err
		}
		versions, err := registry.Versions(ctx, name)
		var names []string
		for alias := range model.Aliases {
			names = append(names, name+"@"+alias)
		}
		for _, v := range versions {
			names = append(names, name+"/"+strconv.Itoa(v.Version))
		}
		return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, word) }), err
	})
}

// completeRegistered offers the names of registered models.
func (a *app) completeRegistered(cmd *cobra.Command, global *globalFlags, word string) ([]string, cobra.ShellCompDirective) {
	return a.completeFromStore(cmd, global, func(ctx context.Context, store query.Store) ([]string, error) {
		registry, err := query.RegistryOf(store)
		if err != nil {
			return nil, err
		}
		models, err := registry.Models(ctx)
		var names []string
		for _, m := range models {
			if strings.HasPrefix(m.Name, word) {
				names = append(names, m.Name)
			}
		}
		return names, err
	})
}

// completeExperiments offers the names of experiments.
func (a *app) completeExperiments(global *globalFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeFromStore(cmd, global, func(ctx context.Context, store query.Store) ([]string, error) {
			experiments, err := store.Experiments(ctx, query.Active)
			var names []string
			for _, e := range experiments {
				if strings.HasPrefix(e.Name, word) {
					names = append(names, e.Name)
				}
			}
			return names, err
		})
	}
}

// completeFromStore offers what the tracking store has: nothing, if it does not
// answer soon.
func (a *app) completeFromStore(cmd *cobra.Command, global *globalFlags, list func(context.Context, query.Store) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	global.quiet = true
	store, err := a.stores(global).Default(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := list(ctx, store)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}
