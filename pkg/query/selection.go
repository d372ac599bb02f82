package query

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Selection says which evaluations are meant; what is not set leaves all of them.
type Selection struct {
	Model, Task, Harness, User Pattern
	Tags                       []TagPattern // all must match
	Statuses                   []string     // one of these
	Since, Until               time.Time    // Since ≤ start < Until
	Experiments                []Pattern    // a name or an id that one of these matches
	Raw                        string       // see [Search.Raw]
	View                       View
	Deep                       bool // models are read from files where nothing else tells them
}

// TagPattern asks for a tag and what it says.
type TagPattern struct {
	Key   string
	Value Pattern
}

// Statuses lists every status that MLflow has.
func Statuses() []string {
	return []string{StatusFinished, StatusFailed, StatusRunning, StatusScheduled, StatusKilled}
}

// Narrows reports whether anything is left out that deletion does not.
func (s Selection) Narrows() bool {
	return s.Model.IsSet() || s.Task.IsSet() || s.Harness.IsSet() || s.User.IsSet() || len(s.Tags) > 0 ||
		len(s.Statuses) > 0 || !s.Since.IsZero() || !s.Until.IsZero() || len(s.Experiments) > 0 || s.Raw != ""
}

// tagUser is what MLflow's client sets to the name of who made a run.
const tagUser = "mlflow.user"

// search is the selection as far as a store can evaluate it: it finds what is
// selected, and may find more.
func (s Selection) search() Search {
	search := Search{Any: s.alternatives(), Raw: s.Raw, View: s.View}
	add := func(c Condition, ok bool) {
		if ok {
			search.Filter = append(search.Filter, c)
		}
	}
	add(s.Harness.condition(Tag, TagHarness))
	add(s.User.condition(Tag, tagUser))
	for _, tag := range s.Tags {
		if c, ok := tag.Value.condition(Tag, tag.Key); ok {
			add(c, true)
		} else {
			add(Condition{Tag, tag.Key, HasPrefix, ""}, true)
		}
	}
	add(Condition{Attribute, "start_time", AtLeast, strconv.FormatInt(s.Since.UnixMilli(), 10)}, !s.Since.IsZero())
	add(Condition{Attribute, "start_time", Before, strconv.FormatInt(s.Until.UnixMilli(), 10)}, !s.Until.IsZero())
	if len(s.Statuses) == 1 {
		add(Condition{Attribute, "status", Equal, s.Statuses[0]}, true)
		return search
	}
	for _, status := range Statuses() { // there is no OR, and every run has one
		add(Condition{Attribute, "status", NotEqual, status}, len(s.Statuses) > 0 && !slices.Contains(s.Statuses, status))
	}
	return search
}

// alternatives are the kinds of runs that are evaluations (nemo-formats §3.3), so
// that few are found twice: with the tag of an invocation; with its parameter
// only; of nel-next. A task is told by one of two tags. Of runs with another model
// in their tag none is found, of those without one all: a parameter or a file may
// tell.
func (s Selection) alternatives() []Filter {
	tagged := Condition{Tag, TagInvocation, HasPrefix, ""}
	untagged := Condition{Tag, TagInvocation, Absent, ""}
	kinds := []Filter{
		{tagged},
		{Condition{Param, ParamInvocation, HasPrefix, ""}, untagged},
		{Condition{Tag, TagJob, HasPrefix, bundlePrefix}, untagged},
	}
	if task, ok := s.taskCondition(TagTask); ok {
		benchmark, _ := s.taskCondition(TagBenchmark)
		kinds[0], kinds[1] = append(kinds[0], task), append(kinds[1], task)
		kinds[2] = append(kinds[2], benchmark)
		kinds = append(kinds, Filter{tagged, Condition{Tag, TagTask, Absent, ""}, benchmark})
	}
	if !s.Model.IsSet() || s.Model.IsExpression() {
		return kinds
	}
	model, _ := s.Model.condition(Tag, TagModel)
	for i := range kinds {
		kinds[i] = append(kinds[i], Condition{Tag, TagModel, Absent, ""})
	}
	return append([]Filter{{model}}, kinds...)
}

// taskCondition asks for a task with or without its harness in front.
func (s Selection) taskCondition(tag string) (Condition, bool) {
	if !s.Task.IsSet() || s.Task.IsExpression() {
		return Condition{}, false
	}
	return Condition{Tag, tag, Like, "*" + s.Task.String()}, true
}

// match decides everything on a run but its model and the raw filter.
func (s Selection) match(run Run) bool {
	tag, tagged := run.Tags[TagInvocation]
	if !tagged && run.Params[ParamInvocation] == "" && !strings.HasPrefix(run.JobID(), bundlePrefix) || tagged && tag == "" && run.InvocationID() == "" {
		return false // no evaluation
	}
	if s.Task.IsSet() {
		short, long := taskNames(run)
		if long == "" || !s.Task.Match(short) && !s.Task.Match(long) {
			return false
		}
	}
	for _, t := range append([]TagPattern{{TagHarness, s.Harness}, {tagUser, s.User}}, s.Tags...) {
		value, found := run.Tags[t.Key]
		if (t.Value.IsSet() || !slices.Contains([]string{TagHarness, tagUser}, t.Key)) && !found || !t.Value.Match(value) {
			return false
		}
	}
	return true
}

// taskNames is a run's task less its harness, and as the tag has it; "" if no tag
// tells.
func taskNames(run Run) (short, long string) {
	harness, task := run.Tags[TagHarness], run.Tags[TagTask]
	if task == "" {
		task = run.Tags[TagBenchmark]
	}
	return nemo.TaskName(harness, task), task
}

// onClient reports whether a store's answer to search may be wider than the
// selection.
func (s Selection) onClient() bool {
	expression := slices.ContainsFunc(s.Tags, func(t TagPattern) bool { return t.Value.IsExpression() })
	return s.Model.IsSet() || s.Task.IsSet() || s.Harness.IsExpression() || s.User.IsExpression() || expression
}

// Models tells the models of runs whose records do not: from files that are at
// hand, or by fetching some. The answer has one for each run, "" where it is not
// known.
type Models func(ctx context.Context, store Store, runs []Run) ([]string, error)

// Tally counts what a selection could not decide.
type Tally struct {
	Unknown int // runs that were left out as nothing tells their model

	files bool // files that were at hand were looked at
	deep  bool // and fetched
}

// atOnce is how many runs' models are asked for together.
const atOnce = 32

// Find yields the evaluations that are selected, newest start first. expected is
// about how many of them will be taken, 0 is all. models may be nil; tally counts
// up to the run that was yielded last.
func Find(ctx context.Context, store Store, selection Selection, expected int, models Models, tally *Tally) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		tally.files, tally.deep = models != nil, selection.Deep
		search := selection.search()
		var err error
		if search.Experiments, err = experimentIDs(ctx, store, selection); err != nil {
			yield(Run{}, err)
			return
		}
		if search.Expected = expected; expected > 0 && selection.onClient() {
			const several = 50
			search.Expected = max(2*expected, several)
		}
		selected := func(yield func(Run, error) bool) {
			for run, err := range store.Search(ctx, search) {
				if (err != nil || selection.match(run)) && !yield(run, err) {
					return
				}
			}
		}
		if !selection.Model.IsSet() {
			selected(yield)
			return
		}
		for some, err := range chunks(selected, atOnce) {
			if err == nil {
				err = DescribeModels(ctx, store, some, models)
			}
			if err != nil {
				yield(Run{}, err)
				return
			}
			for _, run := range some {
				switch {
				case run.Model == "":
					tally.Unknown++
				case selection.Model.Match(run.Model) && !yield(run, nil):
					return
				}
			}
		}
	}
}

// DescribeModels fills in the models that the runs' records do not tell; models may
// be nil.
func DescribeModels(ctx context.Context, store Store, runs []Run, models Models) error {
	if models == nil {
		return nil
	}
	var unknown []Run
	var at []int
	for i, run := range runs {
		if run.Model == "" {
			unknown, at = append(unknown, run), append(at, i)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	names, err := models(ctx, store, unknown)
	if err != nil {
		return err
	}
	for k, i := range at {
		runs[i].Model = names[k]
	}
	return nil
}

// chunks groups a search; an error comes alone, as the last element.
func chunks(runs iter.Seq2[Run, error], size int) iter.Seq2[[]Run, error] {
	return func(yield func([]Run, error) bool) {
		var some []Run
		for run, err := range runs {
			if err != nil {
				yield(nil, err)
				return
			}
			if some = append(some, run); len(some) == size {
				if !yield(some, nil) {
					return
				}
				some = nil
			}
		}
		if len(some) > 0 {
			yield(some, nil)
		}
	}
}

// experimentIDs are the experiments that are selected; nil is all.
func experimentIDs(ctx context.Context, store Store, selection Selection) ([]string, error) {
	if len(selection.Experiments) == 0 {
		return nil, nil
	}
	all, err := store.Experiments(ctx, selection.View)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, pattern := range selection.Experiments {
		before := len(ids)
		for _, e := range all {
			if pattern.Match(e.Name) || pattern.String() == e.ID {
				ids = append(ids, e.ID)
			}
		}
		if len(ids) == before {
			return nil, noExperiment(store, pattern, all)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func noExperiment(store Store, pattern Pattern, all []Experiment) error {
	if len(all) == 0 {
		return &Error{Code: NotFound, Message: "no experiment " + pattern.String() + ": " + store.URI() + " has none"}
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	slices.Sort(names)
	const most = 10
	more := ""
	if len(names) > most {
		more = ", and " + strconv.Itoa(len(names)-most) + " more"
		names = names[:most]
	}
	return &Error{
		Code: NotFound, Message: "no experiment " + pattern.String() + " in " + store.URI(),
		Hint: "there are " + strings.Join(names, ", ") + more,
	}
}
