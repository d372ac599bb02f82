package fakemlflow

import (
	"regexp"
	"strings"
)

// comparison is one clause of MLflow's filter language, without numbers: a
// field, an operator, a quoted value.
var comparison = regexp.MustCompile(`^\s*(tags|params|attributes)\.(\w[\w.]*|` + "`[^`]+`" + `|"[^"]+")\s*(=|!=|LIKE)\s*('[^']*'|"[^"]*")\s*`)

// parseFilter makes a predicate of comparisons joined by AND; wrong is what could
// not be read, if anything.
func parseFilter(text string) (matches func(Run) bool, wrong string) {
	var all []func(Run) bool
	for rest := text; rest != ""; {
		m := comparison.FindStringSubmatch(rest)
		if m == nil {
			return nil, rest
		}
		all = append(all, compare(m[1], strings.Trim(m[2], "`\""), m[3], m[4][1:len(m[4])-1]))
		if rest = rest[len(m[0]):]; rest == "" {
			break
		}
		after, found := strings.CutPrefix(rest, "AND ")
		if !found {
			return nil, rest
		}
		rest = after
	}
	return func(run Run) bool {
		for _, holds := range all {
			if !holds(run) {
				return false
			}
		}
		return true
	}, ""
}

// compare makes one predicate; a run without the key meets none.
func compare(entity, key, op, value string) func(Run) bool {
	holds := func(got string) bool { return got == value }
	switch op {
	case "!=":
		holds = func(got string) bool { return got != value }
	case "LIKE":
		pattern := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(value))
		holds = regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString
	}
	return func(run Run) bool {
		var got string
		var found bool
		switch entity {
		case "tags":
			got, found = run.Tags[key]
			if key == "mlflow.runName" {
				got, found = run.Name, true
			}
		case "params":
			got, found = run.Params[key]
		default:
			got, found = map[string]string{"status": run.Status, "run_id": run.ID, "run_name": run.Name}[key]
		}
		return found && holds(got)
	}
}
