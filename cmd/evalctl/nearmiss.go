package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// hintNearMiss says on stderr, where a search by model or task found nothing, which
// there are among the newest runs that the other filters leave. The answer stands
// without it: what fails here is not said.
func (a *app) hintNearMiss(ctx context.Context, store query.Store, resolver query.Resolver) {
	wanted := resolver.Selection
	if !wanted.Model.IsSet() && !wanted.Task.IsSet() {
		return
	}
	const newest = 200
	others := wanted
	others.Model, others.Task, others.Deep = query.Pattern{}, query.Pattern{}, false
	var runs []query.Run
	for run, err := range query.Find(ctx, store, others, newest, nil, &query.Tally{}) {
		if err != nil || len(runs) == newest {
			break
		}
		runs = append(runs, run)
	}
	var models, tasks []string
	for _, run := range runs {
		described := query.Describe(store, run)
		models, tasks = append(models, nemo.Text(described.Model)), append(tasks, nemo.Text(described.Task))
	}
	for _, filter := range []struct {
		flag    string
		pattern query.Pattern
		known   []string
	}{{"--model", wanted.Model, models}, {"--task", wanted.Task, tasks}} {
		if hint := nearMiss(filter.flag, filter.pattern, filter.known); hint != "" {
			fmt.Fprintf(a.stderr, "hint: %s\n", render.Sanitize(hint))
		}
	}
}

// nearMiss says what is near to a pattern that none of the known values matches, or
// what there is; "" if one matches or nothing is known.
func nearMiss(flag string, pattern query.Pattern, known []string) string {
	known = slices.Clone(known)
	slices.Sort(known)
	known = slices.DeleteFunc(slices.Compact(known), func(value string) bool { return value == "" })
	if !pattern.IsSet() || len(known) == 0 || slices.ContainsFunc(known, pattern.Match) {
		return ""
	}
	text := pattern.String()
	if !pattern.IsExpression() {
		if near := spelling.Near(strings.Trim(text, "*"), known); len(near) > 0 {
			hint := fmt.Sprintf("nothing is %s %s; there is %s", flag, text, strings.Join(near, ", "))
			if glob := text + "*"; slices.ContainsFunc(known, func(value string) bool { return strings.HasPrefix(value, text) }) {
				hint += fmt.Sprintf("; a whole name is matched: %s '%s'", flag, glob)
			}
			return hint
		}
	}
	const most = 10
	more := ""
	if len(known) > most {
		more = fmt.Sprintf(", and %d more", len(known)-most)
		known = known[:most]
	}
	return fmt.Sprintf("nothing is %s %s; of the newest runs there is %s%s", flag, text, strings.Join(known, ", "), more)
}
