package artifacts

import (
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// covers reports whether every run of a search is among those of a record.
func covers(record searchRecord, search query.Search) bool {
	if !record.Complete || record.RunID != "" || record.View != search.View || record.Raw != search.Raw {
		return false
	}
	if len(record.Experiments) > 0 {
		wanted := func(id string) bool { return slices.Contains(record.Experiments, id) }
		if len(search.Experiments) == 0 || slices.ContainsFunc(search.Experiments, func(id string) bool { return !wanted(id) }) {
			return false
		}
	}
	alternatives := search.Any
	if len(alternatives) == 0 {
		alternatives = []query.Filter{nil}
	}
	for _, alternative := range alternatives {
		if narrow := slices.Concat(search.Filter, alternative); !coversFilter(record, narrow) && !coversByCases(record, narrow) {
			return false
		}
	}
	return true
}

// coversFilter reports whether each run that meets a filter meets what a record is
// of, in one and the same of its alternatives.
func coversFilter(record searchRecord, narrow query.Filter) bool {
	wider := func(wide query.Filter) bool { return impliesAll(narrow, wide) }
	return wider(record.Filter) && (len(record.Any) == 0 || slices.ContainsFunc(record.Any, wider))
}

// coversByCases is coversFilter where some of the runs meet one alternative and some
// another: those that have a field, and those that do not. A list of all evaluations
// is of the runs with the tag of an invocation, and of those with its parameter and
// without the tag; so it is of all that have the parameter.
func coversByCases(record searchRecord, narrow query.Filter) bool {
	for _, absent := range slices.Concat(record.Any...) {
		if absent.Op != query.Absent {
			continue
		}
		present := absent
		present.Op, present.Value = query.HasPrefix, ""
		if coversFilter(record, append(slices.Clone(narrow), absent)) && coversFilter(record, append(slices.Clone(narrow), present)) {
			return true
		}
	}
	return false
}

// impliesAll reports whether each run that meets one filter meets another.
func impliesAll(narrow, wide query.Filter) bool {
	for _, w := range wide {
		if !slices.ContainsFunc(narrow, func(n query.Condition) bool { return implies(n, w) || implies(invocationOf(n), w) }) {
			return false
		}
	}
	return true
}

// invocationOf is what a condition for one job of a launcher says of its invocation:
// the id of the job begins with that. Any other condition says what it says.
func invocationOf(c query.Condition) query.Condition {
	id, _, found := strings.Cut(c.Value, ".")
	if !found || c.Entity != query.Tag || c.Key != query.TagJob || c.Op != query.Equal || !isDigest(id, 8) && !isDigest(id, 16) {
		return c
	}
	return query.Condition{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: id}
}

// implies reports whether each run that meets one condition meets another.
func implies(narrow, wide query.Condition) bool {
	if narrow == wide {
		return true
	}
	if narrow.Entity != wide.Entity || narrow.Key != wide.Key || narrow.Op == query.Absent {
		return false
	}
	switch wide.Op {
	case query.HasPrefix:
		// Whatever is said of a field, it is there.
		return wide.Value == "" || (narrow.Op == query.Equal || narrow.Op == query.HasPrefix) && strings.HasPrefix(narrow.Value, wide.Value)
	case query.AtLeast, query.Before:
		n, nErr := strconv.ParseInt(narrow.Value, 10, 64)
		w, wErr := strconv.ParseInt(wide.Value, 10, 64)
		return nErr == nil && wErr == nil && narrow.Op == wide.Op && (wide.Op == query.AtLeast && n >= w || wide.Op == query.Before && n <= w)
	case query.Equal, query.NotEqual, query.Like, query.Absent:
	}
	return false
}

// namesRuns reports whether a search is for an invocation, a job or a bundle by the
// beginning of its id.
func namesRuns(search query.Search) bool {
	if len(search.Filter) != 1 || len(search.Any) > 0 || search.Raw != "" {
		return false
	}
	c := search.Filter[0]
	id := c.Key == query.TagInvocation || c.Entity == query.Tag && c.Key == query.TagJob
	return id && (c.Op == query.Equal || c.Op == query.HasPrefix && len(c.Value) >= query.MinPrefix)
}

// namesInvocation reports whether a search is for an invocation by its tag.
func namesInvocation(search query.Search) bool {
	return namesRuns(search) && search.Filter[0].Entity == query.Tag && search.Filter[0].Key == query.TagInvocation
}

func describeSearch(search query.Search) string {
	if namesRuns(search) {
		return "the runs of " + search.Filter[0].Value
	}
	what, alternatives := "runs", []string(nil)
	for _, filter := range search.Any {
		// How evaluations of odd shapes are told from other runs is many words.
		odd := slices.ContainsFunc(filter, func(c query.Condition) bool { return c.Op == query.Absent })
		if tagged := slices.Equal(filter, query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix}}); odd || tagged {
			what = "evaluations"
		} else {
			alternatives = append(alternatives, filter.String())
		}
	}
	var parts []string
	for _, part := range []string{search.Filter.String(), strings.Join(alternatives, " OR "), search.Raw} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "a list of all " + what
	}
	return "a list of the " + what + " with " + strings.Join(parts, " AND ")
}
