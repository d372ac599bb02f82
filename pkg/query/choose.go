package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// latest turns @latest~N into the id of an invocation, or of a nel-next run. The
// selection finds it; what it consists of is then looked up as if its id had been
// typed. An invocation is as new as its newest finished run, so that a failed export
// of an old one does not make it the newest.
func (r Resolver) latest(ctx context.Context, store Store, source Source) (Source, error) {
	const jobs = 20 // of an invocation, or fewer
	seen := map[string]bool{}
	tally := Tally{}
	selection := r.Selection
	if len(selection.Statuses) == 0 {
		selection.Statuses = []string{StatusFinished}
	}
	for run, err := range Find(ctx, store, selection, jobs*(source.Back+1), r.chooser(), &tally) {
		if err != nil {
			return Source{}, err
		}
		invocation, bundle := run.InvocationID(), run.BundleID()
		id := cmp.Or(invocation, bundle)
		if id == "" || seen[id] {
			continue
		}
		if seen[id] = true; len(seen) <= source.Back {
			continue
		}
		source.Kind, source.ID = ByInvocation, strings.ToLower(invocation)
		if invocation == "" {
			source.Kind, source.ID = ByBundle, bundle
		}
		return source, nil
	}
	message := fmt.Sprintf("no %s in %s: it holds ", source.Text, store.URI())
	if r.Selection.Narrows() {
		message = strings.TrimSuffix(message, "it holds ") + "the filters leave "
	}
	message += plural(len(seen), "invocation with a finished run", "invocations with a finished run")
	return Source{}, &Error{Code: NotFound, Message: message, Hint: tally.hint("evalctl invocations   lists what there is")}
}

// chooser tells models where runs are chosen: from files only if that was asked
// for, since what happens to be cached on one machine must not choose other runs
// there than elsewhere.
func (r Resolver) chooser() Models {
	if r.Selection.Deep {
		return r.Models
	}
	return nil
}

// hint says, beside a hint, what could not be looked at.
func (t Tally) hint(hint string) string {
	if t.Unknown == 0 {
		return hint
	}
	return t.warning().Message + "\n" + hint
}

// model finds the runs behind model:NAME.
func (r Resolver) model(ctx context.Context, store Store, source Source) ([]Found, error) {
	selection := r.Selection
	var err error
	if selection.Model, err = ParsePattern(source.Model); err != nil {
		return nil, err
	}
	tally := Tally{}
	runs, err := All(Find(ctx, store, selection, 0, r.chooser(), &tally))
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(run Run) bool { return !r.Selection.Model.Match(run.Model) })
	models := map[string]bool{}
	for _, run := range runs {
		models[run.Model] = true
	}
	switch len(models) {
	case 0:
		message := fmt.Sprintf("no run of a model %s in %s", source.Model, store.URI())
		if r.Selection.Narrows() {
			message += " among those that the filters leave"
		}
		return nil, &Error{Code: NotFound, Message: message, Hint: tally.hint("evalctl runs   lists the newest runs with their models")}
	case 1:
	default:
		return nil, &Error{
			Code: Ambiguous, Message: fmt.Sprintf("%q names %d models", source.Text, len(models)),
			Hint:       "name one; evalctl average --by model --model '" + source.Model + "' shows them side by side",
			Candidates: sortedKeys(models),
		}
	}
	found, err := newestOfEachTask(store, source, runs)
	if err == nil && tally.Unknown > 0 {
		found[0].Notes = append(found[0].Notes, tally.warning())
	}
	return found, err
}

// warning says how many runs a search for a model could not decide on.
func (t Tally) warning() nemo.Warning {
	sources, more := "tag or parameter", "; --deep fetches the files that tell it"
	switch {
	case t.deep:
		sources, more = "tag, parameter or file", ""
	case t.files:
		sources = "tag, parameter or cached file"
	}
	return nemo.Warning{Code: "MODEL_UNKNOWN", Message: "left out, as no " + sources + " tells the model: " + plural(t.Unknown, "run", "runs") + more}
}

// Warnings say what a search for a model could not decide.
func (t Tally) Warnings() []nemo.Warning {
	if t.Unknown == 0 {
		return nil
	}
	return []nemo.Warning{t.warning()}
}

// newestOfEachTask takes the newest finished run of each task from the runs of one
// model, which are newest first, and says what it left. The tasks of a run of a
// whole invocation (launcher 0.1.x) are in its files only: it counts where there
// is nothing else.
func newestOfEachTask(store Store, source Source, runs []Run) ([]Found, error) {
	var kept, whole []Run
	tasks, unfinished := map[string]bool{}, map[string]bool{}
	older := 0
	for _, run := range runs {
		task, _ := taskNames(run)
		switch {
		case run.Status != StatusFinished:
			unfinished[cmp.Or(task, run.ID)] = true
		case task == "":
			whole = append(whole, run)
		case tasks[task]:
			older++
		default:
			tasks[task] = true
			kept = append(kept, run)
		}
	}
	for task := range tasks {
		delete(unfinished, task)
	}
	model := runs[0].Model
	note := nemo.Warning{Code: "MODEL_RUNS", Keys: sortedKeys(unfinished)}
	var said []string
	switch {
	case len(kept) > 0:
		said = append(said, fmt.Sprintf("%s stands for the newest finished run of each task: %s", source.Text, plural(len(kept), "run", "runs")))
		if len(whole) > 0 {
			said = append(said, plural(len(whole), "run of a whole invocation does not, as its tasks are in its files only",
				"runs of whole invocations do not, as their tasks are in their files only"))
		}
	case len(whole) > 0:
		kept, older = whole[:1], len(whole)-1
		said = append(said, source.Text+" stands for the newest finished run, which is of a whole invocation")
	default:
		return nil, &Error{
			Code: NotFound, Message: fmt.Sprintf("no finished run of %s: %s not finished", model, plural(len(runs), "run is", "runs are")),
			Hint: "evalctl runs --model '" + model + "'   lists them",
		}
	}
	if older > 0 {
		said = append(said, plural(older, "older run is", "older runs are")+" left out")
	}
	if len(unfinished) > 0 {
		said = append(said, "of "+strings.Join(note.Keys, ", ")+" no run is finished")
	}
	note.Message, note.RunIDs = strings.Join(said, "; "), runIDs(kept)
	found := byInvocation(store, source, kept)
	found[0].Notes = []nemo.Warning{note}
	return found, nil
}

// byInvocation groups runs, since what was configured is known an invocation.
func byInvocation(store Store, source Source, runs []Run) []Found {
	var found []Found
	for _, run := range runs {
		key := cmp.Or(run.InvocationID(), run.ID)
		i := slices.IndexFunc(found, func(f Found) bool { return cmp.Or(f.Runs[0].InvocationID(), f.Runs[0].ID) == key })
		if i < 0 {
			found = append(found, Found{Source: source, Store: store})
			i = len(found) - 1
		}
		found[i].Runs = append(found[i].Runs, run)
	}
	for i := range found {
		slices.SortFunc(found[i].Runs, byJobIndex)
	}
	return found
}

// ByModel makes a resolution of each model that the selection leaves in the
// default store, by name: what model:NAME is for each. The error is NotFound if
// there is none; models of which no run is finished are in the warnings, as are
// runs whose model is not known.
func (r Resolver) ByModel(ctx context.Context) ([]Resolution, []nemo.Warning, error) {
	store, err := r.Stores.Default(ctx)
	if err != nil {
		return nil, nil, err
	}
	selection := r.Selection
	if !selection.Model.IsSet() {
		selection.Model, _ = ParsePattern("*") // never fails for a glob
	}
	tally := Tally{}
	byModel := map[string][]Run{}
	for run, err := range Find(ctx, store, selection, 0, r.chooser(), &tally) {
		if err != nil {
			return nil, nil, err
		}
		byModel[run.Model] = append(byModel[run.Model], run)
	}
	var resolutions []Resolution
	var warnings []nemo.Warning
	for _, model := range sortedKeys(byModel) {
		text := "model:" + model
		source := Source{Text: text, Kind: ByModel, Model: model}
		found, err := newestOfEachTask(store, source, byModel[model])
		if HasCode(err, NotFound) {
			warnings = append(warnings, nemo.Warning{Code: "MODEL_RUNS", Message: err.Error(), RunIDs: runIDs(byModel[model])})
			continue
		}
		resolutions = append(resolutions, Resolution{Selector: Selector{Text: text, Sources: []Source{source}}, Found: found})
	}
	if len(resolutions) == 0 {
		return nil, nil, unread(&Error{
			Code: NotFound, Message: "no finished run of a known model in " + store.URI(),
			Hint: tally.hint("evalctl runs   lists the newest runs with their models"),
		}, store)
	}
	return resolutions, slices.Concat(warnings, tally.Warnings(), WarningsOf(store)), nil
}
