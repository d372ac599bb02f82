package artifacts

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/evalctl/evalctl/pkg/query"
)

// knowledge is what the answers of a store tell of its runs without it:
//
//   - a run is as it was last seen, whichever answer had it;
//   - a search is answered by an answer that covers it, unless something that was
//     seen since says that there is another answer by now;
//   - the beginning of an id is answered if of every id known that begins so there
//     is an answer of its own.
type knowledge struct {
	records []searchRecord // oldest first
	runs    map[string]sighting
}

// sighting is a run as it was last seen.
type sighting struct {
	run    query.Run
	record runRecord
	at     int  // which of the records
	lost   bool // a later answer should have had it and did not: how it is now is not known
}

// learn makes sense of answers.
func learn(answers []remembered) *knowledge {
	slices.SortStableFunc(answers, func(a, b remembered) int { return a.Seen.Compare(b.Seen) })
	k := &knowledge{runs: map[string]sighting{}}
	for _, answer := range answers {
		runs, ok := runsOf(*answer.Search)
		if !ok || len(runs) == 0 && !answer.Search.Complete {
			continue
		}
		at, there := len(k.records), map[string]bool{}
		k.records = append(k.records, *answer.Search)
		for i, run := range runs {
			there[run.ID] = true
			k.runs[run.ID] = sighting{run: run, record: answer.Search.Runs[i], at: at}
		}
		for id, s := range k.runs {
			if !there[id] && !s.lost && expects(*answer.Search, s) {
				s.lost = true
				k.runs[id] = s
			}
		}
	}
	return k
}

// runsOf are the runs of a record; false if it is damaged.
func runsOf(record searchRecord) ([]query.Run, bool) {
	runs := make([]query.Run, len(record.Runs))
	for i, r := range record.Runs {
		var err error
		if runs[i], err = r.run(); err != nil {
			return nil, false
		}
	}
	return runs, true
}

// expects reports whether a record has a run that is as it was last seen.
func expects(record searchRecord, s sighting) bool {
	switch {
	case record.RunID != "":
		return record.RunID == s.run.ID
	case !record.Complete || record.Raw != "":
		return false
	}
	matches, _ := s.matches(record.search())
	return matches
}

// search is what was asked.
func (r searchRecord) search() query.Search {
	return query.Search{Filter: r.Filter, Any: r.Any, Raw: r.Raw, Experiments: r.Experiments, View: r.View}
}

// matches reports whether a run is what a search is for, as far as can be told from
// its record; it is not certain if that hangs on a value that is not kept.
func (s sighting) matches(search query.Search) (matches, certain bool) {
	if search.View == query.Active && s.run.Deleted || len(search.Experiments) > 0 && !slices.Contains(search.Experiments, s.run.ExperimentID) {
		return false, true
	}
	redacted := func(c query.Condition) bool {
		return c.Op != query.Absent && slices.Contains(s.record.Redacted, field(c.Entity, c.Key))
	}
	kept := func(f query.Filter) query.Filter { return slices.DeleteFunc(slices.Clone(f), redacted) }
	wide := query.Search{Filter: kept(search.Filter)}
	for _, alternative := range search.Any {
		wide.Any = append(wide.Any, kept(alternative))
	}
	if !wide.Match(s.run) {
		return false, true
	}
	whole := func(f query.Filter) bool { return !slices.ContainsFunc(f, redacted) }
	certain = whole(search.Filter) && (len(search.Any) == 0 ||
		slices.ContainsFunc(search.Any, func(f query.Filter) bool { return whole(f) && f.Match(s.run) }))
	return true, certain
}

// known is an answer: the first runs of a search, or all of them.
type known struct {
	runs     []query.Run // newest first
	complete bool
}

// answer answers a search by the newest record that can. If none can, why says what
// stands against the newest one that there is, after the words for what is lacking.
func (k *knowledge) answer(search query.Search) (answer known, why string, ok bool) {
	exactly := func(record searchRecord) bool { return same(record, search) }
	enough := func(record searchRecord) bool {
		return covers(record, search) || exactly(record) && search.Limit > 0 && len(record.Runs) >= search.Limit
	}
	for _, suffices := range []func(searchRecord) bool{enough, exactly} {
		at := len(k.records) - 1
		for at >= 0 && !suffices(k.records[at]) {
			at--
		}
		if at < 0 {
			continue
		}
		runs, since := k.amended(at, search)
		if len(runs) == 0 && namesInvocation(search) && !namesRuns(k.records[at].search()) {
			continue // that a list does not have it is no answer to who asks for it by name
		}
		if since == "" {
			return known{runs, k.records[at].Complete}, "", true
		}
		why = cmp.Or(why, since)
	}
	return known{}, why, false
}

// same reports whether a record is of just this search.
func same(record searchRecord, search query.Search) bool {
	asked := askedBy(search)
	return record.RunID == "" && record.Raw == asked.Raw && record.View == asked.View && slices.Equal(record.Filter, asked.Filter) &&
		slices.Equal(record.Experiments, asked.Experiments) && slices.EqualFunc(record.Any, asked.Any, slices.Equal)
}

// amended are the runs of a record that a search is about, each as it was last seen;
// why says what was seen since that the record cannot be reconciled with.
func (k *knowledge) amended(at int, search query.Search) (runs []query.Run, why string) {
	base, had := k.records[at], map[string]bool{}
	beyond := func(run query.Run) bool { // where the record does not reach
		return !base.Complete && query.NewestFirst(run, base.Runs[len(base.Runs)-1].Run) > 0
	}
	for _, r := range base.Runs {
		s := k.runs[r.ID]
		had[r.ID] = true
		matches, certain := s.matches(search)
		switch {
		case s.lost:
			return nil, ": run " + r.ID + " was not found since"
		case search.Raw != "" && !reflect.DeepEqual(s.record, r) || beyond(s.run):
			return nil, ": run " + r.ID + " changed since"
		case !certain:
			return nil, ": what run " + r.ID + " says of it is not kept"
		case matches:
			runs = append(runs, s.run)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(k.runs)) {
		s := k.runs[id]
		if had[id] || s.at <= at || beyond(s.run) {
			continue
		}
		if matches, _ := s.matches(search); matches {
			return nil, " with run " + id + ", which was seen since"
		}
	}
	slices.SortFunc(runs, query.NewestFirst)
	return runs, ""
}

// byBeginning answers a search for the beginning of an id by what is known of each
// id that begins so. That there are others is not known. The id of an invocation is
// in a tag or in a parameter: it is known if both were asked for.
func (k *knowledge) byBeginning(search query.Search) (answer known, ok bool) {
	asked := search.Filter[0]
	fields := []query.Condition{asked}
	if asked.Key == query.TagInvocation {
		other := asked
		if other.Entity = query.Tag; asked.Entity == query.Tag {
			other.Entity = query.Param
		}
		fields = append(fields, other)
	}
	with := func(field query.Condition) query.Search {
		one := search
		one.Filter = query.Filter{field}
		return one
	}
	ids := map[string]bool{}
	for _, s := range k.runs {
		for _, field := range fields {
			if matches, _ := s.matches(with(field)); matches {
				ids[valueOf(s.run, field)] = true
			}
		}
	}
	found := false
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		for _, field := range fields {
			field.Op, field.Value = query.Equal, id
			one, _, ok := k.answer(with(field))
			if !ok || !one.complete {
				return known{}, false
			}
			found = found || len(one.runs) > 0
			if field.Entity == asked.Entity {
				answer.runs = append(answer.runs, one.runs...)
			}
		}
	}
	slices.SortFunc(answer.runs, query.NewestFirst)
	answer.complete = true
	return answer, found
}

func valueOf(run query.Run, c query.Condition) string {
	if c.Entity == query.Param {
		return run.Params[c.Key]
	}
	return run.Tags[c.Key]
}

// beginsID reports whether a search is for what an id begins with.
func beginsID(search query.Search) bool {
	return namesRuns(search) && search.Filter[0].Op == query.HasPrefix
}
