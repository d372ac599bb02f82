package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// searchFlags choose evaluations: what a list has, and what model: and @latest
// choose from.
type searchFlags struct {
	model, task, harness, user, since, until, filter string
	tags, statuses, experiments                      []string
	includeDeleted, deep                             bool

	given []string // the flags that were set, as "--model"
}

// patternHelp explains what filters take.
const patternHelp = `A filter's value is a glob: * stands for any characters, ? for one. Between
slashes it is a regular expression (RE2) that may match anywhere in the value:
--model '/falcon-[0-9]+b/'. MLflow has none, so those are evaluated here, and a
warning says so. Both know upper and lower case.`

// timeHelp explains --since and --until.
const timeHelp = `--since and --until are about when a run started in the tracking store, which
is its export: 30min, 12h, 3d or 2w ago, a date (UTC; --until includes it), or
RFC 3339.`

// chooserHelp explains the filters of verbs that take selectors.
const chooserHelp = `--model, --experiment, --tag, --since and --until say what model:NAME and @latest
choose from, and nothing else: an id is what it is. A run without its model in a
tag or parameter is found with --deep only. --include-deleted holds for every
selector.`

// registerChooser adds the flags that say what selectors choose from.
func (f *searchFlags) registerChooser(cmd *cobra.Command, a *app, global *globalFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "", "of this model (a glob, or /regex/)")
	flags.StringArrayVar(&f.experiments, "experiment", nil, "in this experiment, by name (a glob, or /regex/) or id; repeatable, any of them")
	flags.StringArrayVar(&f.tags, "tag", nil, "with the tag KEY=VALUE (a glob, or /regex/) or KEY; repeatable, all of them")
	flags.StringVar(&f.since, "since", "", "started since: 30min, 12h, 3d, 2w, 2026-10-01, or RFC 3339")
	flags.StringVar(&f.until, "until", "", "started until, as in --since; a date is included")
	flags.BoolVar(&f.includeDeleted, "include-deleted", false, "look at deleted runs and experiments too")
	flags.BoolVar(&f.deep, "deep", false, "fetch files of runs whose model is not known without")
	_ = cmd.RegisterFlagCompletionFunc("model", a.completeModels(global))
	_ = cmd.RegisterFlagCompletionFunc("experiment", a.completeExperiments(global))
	for _, name := range []string{"since", "until"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions([]string{"12h", "1d", "3d", "1w", "2w"}, cobra.ShellCompDirectiveNoFileComp))
	}
	_ = cmd.RegisterFlagCompletionFunc("tag", cobra.NoFileCompletions)
	f.recordGiven(cmd)
}

// registerList adds all flags, for a verb that lists what there is.
func (f *searchFlags) registerList(cmd *cobra.Command, a *app, global *globalFlags) {
	flags := cmd.Flags()
	f.registerChooser(cmd, a, global)
	flags.StringVar(&f.task, "task", "", "of this task, with or without its harness in front (a glob, or /regex/)")
	flags.StringVar(&f.harness, "harness", "", "of this harness (a glob, or /regex/)")
	flags.StringArrayVar(&f.statuses, "status", nil, "with this status; repeatable, any of them: "+strings.Join(query.Statuses(), ", "))
	flags.StringVar(&f.user, "user", "", "exported by this user (a glob, or /regex/)")
	flags.StringVar(&f.filter, "filter", "", "a filter in MLflow's language, for a server, a database or a file store of MLflow")
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(query.Statuses(), cobra.ShellCompDirectiveNoFileComp))
	for _, name := range []string{"task", "harness", "user", "filter"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// choosing are the flags that leave runs out, and so mean nothing where nothing is
// chosen.
var choosing = [...]string{"model", "experiment", "tag", "since", "until", "task", "harness", "status", "user", "filter"}

// recordGiven notes which flags are set before the verb runs.
func (f *searchFlags) recordGiven(cmd *cobra.Command) {
	inner := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		f.given = nil
		for _, name := range choosing {
			if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
				f.given = append(f.given, "--"+name)
			}
		}
		if inner != nil {
			return inner(cmd, args)
		}
		return nil
	}
}

// selection reads the flags. The error is about usage.
func (f *searchFlags) selection(now func() time.Time) (query.Selection, error) {
	var s query.Selection
	for _, pattern := range []struct {
		flag, text string
		to         *query.Pattern
	}{{"model", f.model, &s.Model}, {"task", f.task, &s.Task}, {"harness", f.harness, &s.Harness}, {"user", f.user, &s.User}} {
		if pattern.text == "" {
			if slices.Contains(f.given, "--"+pattern.flag) {
				return s, usagef("--%s has no value", pattern.flag)
			}
			continue
		}
		var err error
		if *pattern.to, err = query.ParsePattern(pattern.text); err != nil {
			return s, err
		}
	}
	for _, text := range f.tags {
		tag, err := parseTag(text)
		if err != nil {
			return s, err
		}
		s.Tags = append(s.Tags, tag)
	}
	for _, text := range f.experiments {
		if text == "" {
			return s, usagef("--experiment has no value")
		}
		pattern, err := query.ParsePattern(text)
		if err != nil {
			return s, err
		}
		s.Experiments = append(s.Experiments, pattern)
	}
	for _, text := range f.statuses {
		status := strings.ToUpper(text)
		if !slices.Contains(query.Statuses(), status) {
			return s, usagef("--status is one of %s, not %q", strings.Join(query.Statuses(), ", "), text)
		}
		s.Statuses = append(s.Statuses, status)
	}
	var err error
	if s.Since, err = parseMoment("since", f.since, now, false); err != nil {
		return s, err
	}
	if s.Until, err = parseMoment("until", f.until, now, true); err != nil {
		return s, err
	}
	if !s.Since.IsZero() && !s.Until.IsZero() && !s.Since.Before(s.Until) {
		return s, usagef("--since %s is not before --until %s", f.since, f.until)
	}
	s.Raw = strings.TrimSpace(f.filter)
	for _, flag := range [...]struct{ name, text string }{{"--since", f.since}, {"--until", f.until}, {"--filter", s.Raw}} {
		if flag.text == "" && slices.Contains(f.given, flag.name) {
			return s, usagef("%s has no value", flag.name)
		}
	}
	s.Deep = f.deep
	if f.includeDeleted {
		s.View = query.WithDeleted
	}
	return s, nil
}

// parseTag reads KEY=VALUE or KEY. A key may hold no "="; a value may.
func parseTag(text string) (query.TagPattern, error) {
	key, value, found := strings.Cut(text, "=")
	if key == "" || strings.Contains(key, "`") {
		return query.TagPattern{}, usagef("--tag is KEY=VALUE or KEY, not %q", text)
	}
	tag := query.TagPattern{Key: key}
	if !found {
		return tag, nil
	}
	var err error
	tag.Value, err = query.ParsePattern(value)
	return tag, err
}

// parseMoment reads a point in time; the zero time of "". A date is a day in UTC:
// its end, if that is asked for.
func parseMoment(flag, text string, now func() time.Time, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	const century = 100 * 366 * 24 * 60 // minutes
	const minute = "min"
	number, unit := text[:len(text)-1], text[len(text)-1:]
	if count, ok := strings.CutSuffix(text, minute); ok {
		number, unit = count, minute
	}
	minutes := map[string]int{minute: 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}[unit]
	n, err := strconv.Atoi(number)
	if err != nil || minutes == 0 || n < 0 || n > century/minutes || text[0] == '+' || text[0] == '-' {
		return time.Time{}, &usageError{
			message: fmt.Sprintf("--%s %q is no point in time", flag, text),
			hint:    "30min, 12h, 3d or 2w ago, a date such as 2026-10-01, or a time such as 2026-10-01T12:00:00Z",
		}
	}
	return now().Add(-time.Duration(n*minutes) * time.Minute), nil
}

// resolve finds the runs behind words. Nothing is asked for before every word and
// flag was understood.
func (a *app) resolve(ctx context.Context, global *globalFlags, words []string) ([]query.Resolution, error) {
	selectors, err := parseSelectors(words)
	if err != nil {
		return nil, err
	}
	resolver, done, err := a.resolver(global)
	if err != nil {
		return nil, err
	}
	defer done()
	chooses := slices.ContainsFunc(selectors, func(s query.Selector) bool { return slices.ContainsFunc(s.Sources, query.Source.Chooses) })
	if given := global.search.given; len(given) > 0 && !chooses {
		return nil, &usageError{
			message: strings.Join(given, ", ") + ": nothing is chosen here",
			hint:    "filters are for model:NAME and @latest; an id is what it is",
		}
	}
	resolutions, err := resolver.Resolve(ctx, selectors)
	noteOffline(resolutions)
	return resolutions, err
}

// noteOffline says of the runs that a cache told of that it did.
func noteOffline(resolutions []query.Resolution) {
	for _, resolution := range resolutions {
		for k, found := range resolution.Found {
			ids := make([]string, len(found.Runs))
			for i, run := range found.Runs {
				ids[i] = run.ID
			}
			resolution.Found[k].Notes = append(found.Notes, offlineNotes(found.Store, ids)...)
		}
	}
}

// resolver finds runs as the flags say; done ends its progress.
func (a *app) resolver(global *globalFlags) (r query.Resolver, done func(), err error) {
	selection, err := global.search.selection(a.now)
	if err != nil {
		return r, nil, err
	}
	stores := a.stores(global)
	if len(selection.Experiments) == 0 {
		where, err := stores.where()
		if err != nil {
			return r, nil, err
		}
		if selection.Experiments, err = where.usualExperiments(); err != nil {
			return r, nil, err
		}
	}
	models, done, err := a.models(global)
	if err != nil {
		return r, nil, err
	}
	return query.Resolver{Stores: stores, Selection: selection, Models: models, Near: spelling.Near, Baselines: stores.baseline}, done, nil
}

// models tells the models that no tag or parameter does: from the cache, with
// --deep from the runs' files.
func (a *app) models(global *globalFlags) (models query.Models, done func(), err error) {
	fetcher, bar, err := a.fetcher(global)
	if err != nil {
		return nil, nil, err
	}
	if global.search.deep {
		return fetcher.FetchModels, bar.done, nil
	}
	return fetcher.CachedModels, bar.done, nil
}

// filteredHere warns of what no server evaluates.
func filteredHere(store query.Store, s query.Selection) []nemo.Warning {
	var flags []string
	for _, f := range []struct {
		flag    string
		pattern query.Pattern
	}{{"--model", s.Model}, {"--task", s.Task}, {"--harness", s.Harness}, {"--user", s.User}} {
		if f.pattern.IsExpression() {
			flags = append(flags, f.flag)
		}
	}
	for _, tag := range s.Tags {
		if tag.Value.IsExpression() {
			flags = append(flags, "--tag "+tag.Key)
		}
	}
	if len(flags) == 0 || !store.Remote() {
		return nil
	}
	return []nemo.Warning{{
		Code:    "FILTERED_LOCALLY",
		Message: "MLflow has no regular expressions: " + strings.Join(flags, ", ") + " was evaluated here, on every run that the other filters leave",
		Keys:    flags,
	}}
}
