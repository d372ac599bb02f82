package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/pkg/query"
)

// completionTimeout bounds what a press of the Tab key may wait for.
const completionTimeout = 2 * time.Second

// completeSelectors offers invocation ids of the tracking store: those that begin
// like the word, with their models beside them. Paths complete as files.
func (a *app) completeSelectors(global *globalFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
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
