package main

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// parseSelectors reads the words of a command line.
func parseSelectors(words []string) ([]query.Selector, error) {
	selectors := make([]query.Selector, len(words))
	for i, word := range words {
		var err error
		if selectors[i], err = query.ParseSelector(word); err != nil {
			return nil, err
		}
	}
	return selectors, nil
}

// loadSides takes words to sides: query → artifacts. Nothing is fetched before
// every word was understood.
func (a *app) loadSides(ctx context.Context, global *globalFlags, words []string) ([]compare.Side, error) {
	return a.readSides(ctx, global, words, (*artifacts.Fetcher).Load)
}

// loader is what is read of the runs behind each side.
type loader func(*artifacts.Fetcher, context.Context, []query.Resolution) ([]nemo.Evaluation, error)

// readSides is loadSides with what is to be read of each run.
func (a *app) readSides(ctx context.Context, global *globalFlags, words []string, load loader) ([]compare.Side, error) {
	resolutions, err := a.resolve(ctx, global, words)
	if err != nil {
		return nil, err
	}
	sides, err := a.sidesOf(ctx, global, resolutions, load)
	for i, side := range sides {
		if slices.ContainsFunc(side.Jobs, func(job nemo.Job) bool { return job.Results != nil }) || len(side.Jobs) == 0 {
			sides[i].Warnings = append(side.Warnings, changedBaselines(resolutions[i], side.Evaluation, side.Label)...)
		}
	}
	return sides, err
}

// modelSides makes a side of each model that the filters leave.
func (a *app) modelSides(ctx context.Context, global *globalFlags) ([]compare.Side, []nemo.Warning, error) {
	resolver, done, err := a.resolver(global)
	if err != nil {
		return nil, nil, err
	}
	resolutions, warnings, err := resolver.ByModel(ctx)
	done()
	noteOffline(resolutions)
	if err != nil {
		return nil, nil, err
	}
	sides, err := a.sidesOf(ctx, global, resolutions, (*artifacts.Fetcher).Load)
	return sides, warnings, err
}

// sidesOf reads the files behind resolutions.
func (a *app) sidesOf(ctx context.Context, global *globalFlags, resolutions []query.Resolution, load loader) ([]compare.Side, error) {
	fetcher, bar, err := a.fetcher(global)
	if err != nil {
		return nil, err
	}
	defer bar.done()
	evaluations, err := load(fetcher, ctx, resolutions)
	if err = lacking(global, err); err != nil {
		return nil, err
	}
	labels := sideLabels(resolutions)
	sides := make([]compare.Side, len(evaluations))
	for i, evaluation := range evaluations {
		evaluation.Warnings = append(evaluation.Warnings, resolutions[i].Warnings(labels[i])...)
		sides[i] = compare.Side{Label: labels[i], Evaluation: evaluation}
		for _, source := range resolutions[i].Selector.Sources {
			sides[i].Selectors = append(sides[i].Selectors, source.Text)
		}
	}
	return sides, nil
}

// sideLabels names the sides: as the user did, else by the first 8 digits of the
// id, more where that tells two apart.
func sideLabels(resolutions []query.Resolution) []string {
	cut := func(digits int) (labels []string, distinct int) {
		used := map[string]bool{}
		for _, resolution := range resolutions {
			label := resolution.Selector.Label
			if label == "" {
				label = defaultLabel(resolution, digits)
			}
			labels = append(labels, label)
			used[label] = true
		}
		return labels, len(used)
	}
	_, most := cut(32)
	labels, distinct := cut(8)
	for digits := 9; distinct < most; digits++ {
		labels, distinct = cut(digits)
	}
	used := map[string]int{}
	for i, label := range labels {
		used[label]++
		if n := used[label]; n > 1 {
			labels[i] = label + "#" + strconv.Itoa(n)
		}
	}
	return labels
}

func defaultLabel(resolution query.Resolution, digits int) string {
	first := resolution.Found[0]
	cut := func(id string) string { return id[:min(len(id), digits)] }
	var label string
	by := first.Source.Kind
	if resolution.Selector.Sources[0].Kind == query.ByVersion { // whatever its runs were found by
		by = query.ByVersion
	}
	switch by {
	case query.ByRun:
		label = cut(first.Source.ID)
	case query.ByPage:
		label = cut(first.Source.ID)
	case query.ByModel:
		label = first.Runs[0].Model
		label = label[strings.LastIndex(label, "/")+1:]
	case query.ByVersion:
		label = strings.TrimPrefix(first.Source.Text, "models:/")
	case query.ByBaseline:
		label = first.Source.Baseline
	case query.ByBundle:
		label = strings.TrimPrefix(first.Source.ID, "eval-")
	case query.ByJob:
		label = cut(invocationOf(first)) + "." + strconv.Itoa(first.Source.Job)
	case query.ByPath, query.ByInvocation, query.ByLatest:
		label = cut(invocationOf(first))
		if label == "" {
			label = filepath.Base(strings.TrimSuffix(first.Source.Path, "/results.yml"))
		}
	}
	if more := len(resolution.Selector.Sources) - 1; more > 0 {
		label += "+" + strconv.Itoa(more)
	}
	return label
}

func invocationOf(found query.Found) string {
	if len(found.Runs) == 0 {
		return found.Source.ID
	}
	return found.Runs[0].InvocationID()
}

var _ artifacts.Progress = (*progress)(nil)
