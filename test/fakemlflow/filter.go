package fakemlflow

import (
	"regexp"
	"strconv"
	"strings"
)

// comparison is one clause of MLflow's filter language: a field, an operator, and
// a quoted value or, of a time, a number.
var comparison = regexp.MustCompile(`^\s*(tags|params|attributes)\.(\w[\w.]*|` + "`[^`]+`" + `|"[^"]+")\s*(=|!=|LIKE|IS NULL|>=|<)\s*('[^']*'|"[^"]*"|\d+|)\s*`)

// parseFilter makes a predicate of comparisons joined by AND; wrong is what could
// not be read, if anything.
func parseFilter(text string) (matches func(Run) bool, wrong string) {
	var all []func(Run) bool
	for rest := text; rest != ""; {
		m := comparison.FindStringSubmatch(rest)
		if m == nil {
			return nil, rest
		}
		op, value := m[3], m[4]
		isNumber := value != "" && value[0] >= '0' && value[0] <= '9'
		if (op == "IS NULL") != (value == "") || isNumber != (op == ">=" || op == "<") {
			return nil, rest
		}
		if value != "" && !isNumber {
			value = value[1 : len(value)-1]
		}
		all = append(all, compare(m[1], strings.Trim(m[2], "`\""), op, value))
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
			if at, isTime := map[string]int64{"start_time": run.StartTime, "end_time": run.EndTime}[key]; isTime {
				bound, err := strconv.ParseInt(value, 10, 64)
				return err == nil && at > 0 && (at < bound) == (op == "<")
			}
		}
		return found == (op != "IS NULL") && (!found || holds(got))
	}
}
