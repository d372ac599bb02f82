package query

import (
	"strconv"
	"strings"
	"time"
)

// Filter is a conjunction of conditions on runs. Its text is in MLflow's filter
// language (mlflow.org, "Search Runs"), so that a server can do the filtering;
// [Filter.Match] decides the same on the client, which never trusts a server to
// have done so.
type Filter []Condition

// Condition compares one string field of a run.
type Condition struct {
	Entity Entity
	Key    string // of a tag or param; an attribute's name
	Op     Op
	Value  string
}

// Entity says where a condition's key is looked up.
type Entity string

// Entities that a condition can name.
const (
	Tag       Entity = "tags"
	Param     Entity = "params"
	Attribute Entity = "attributes" // status, run_name, run_id, start_time, end_time
)

// Op compares a field with a value.
type Op string

// Operators. HasPrefix and Like become MLflow's LIKE, which has no escape: a "_"
// or "%" inside the value matches more on the server and the client drops what is
// too much. A run without the field meets Absent and no other.
const (
	Equal     Op = "="
	NotEqual  Op = "!="
	HasPrefix Op = "prefix"
	Like      Op = "like"   // the value is a glob of "*" and "?", as in [Pattern]
	Absent    Op = "absent" // the run has no such tag or param; the value means nothing
	AtLeast   Op = ">="     // start_time and end_time: milliseconds since 1970
	Before    Op = "<"      // the same
)

// String returns the filter in MLflow's language; "" matches everything.
func (f Filter) String() string {
	parts := make([]string, len(f))
	for i, c := range f {
		parts[i] = c.String()
	}
	return strings.Join(parts, " AND ")
}

// String returns the condition in MLflow's language. Values there cannot be
// escaped, so one that holds both kinds of quotes is sent as a LIKE pattern with
// "_" for the single ones, which matches more; Match is exact. So is a backslash
// in any pattern: some databases (PostgreSQL, MySQL) take it for an escape.
// NotEqual is for values that are known to have no quotes.
func (c Condition) String() string {
	field := string(c.Entity) + "." + c.Key
	if strings.Trim(strings.ToLower(c.Key), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		field = string(c.Entity) + ".`" + c.Key + "`"
	}
	op, value := " = ", c.Value
	switch c.Op {
	case Absent:
		return field + " IS NULL" // MLflow 3.11 and later
	case AtLeast, Before:
		return field + " " + string(c.Op) + " " + c.Value
	case HasPrefix:
		op, value = " LIKE ", strings.ReplaceAll(c.Value, `\`, "_")+"%"
	case Like:
		op, value = " LIKE ", strings.NewReplacer(`\`, "_", "*", "%", "?", "_").Replace(c.Value)
	case NotEqual:
		op = " != "
	case Equal:
	}
	switch {
	case !strings.Contains(value, "'"):
		return field + op + "'" + value + "'"
	case !strings.Contains(value, `"`):
		return field + op + `"` + value + `"`
	default:
		return field + " LIKE '" + strings.NewReplacer("'", "_", `\`, "_").Replace(value) + "'"
	}
}

// Match reports whether run meets every condition. A run without the key meets
// none on it but Absent.
func (f Filter) Match(run Run) bool {
	for _, c := range f {
		if !c.match(run) {
			return false
		}
	}
	return true
}

func (c Condition) match(run Run) bool {
	value, ok := c.field(run)
	if c.Op == Absent || !ok {
		return c.Op == Absent && !ok
	}
	switch c.Op {
	case HasPrefix:
		return strings.HasPrefix(value, c.Value)
	case Like:
		return matchGlob(c.Value, value)
	case NotEqual:
		return value != c.Value
	case AtLeast, Before:
		have, err := strconv.ParseInt(value, 10, 64)
		bound, boundErr := strconv.ParseInt(c.Value, 10, 64)
		return err == nil && boundErr == nil && (have < bound) == (c.Op == Before)
	case Equal, Absent:
	}
	return value == c.Value
}

func (c Condition) field(run Run) (string, bool) {
	switch c.Entity {
	case Tag:
		value, ok := run.Tags[c.Key]
		return value, ok
	case Param:
		value, ok := run.Params[c.Key]
		return value, ok
	default:
		switch c.Key {
		case "status":
			return run.Status, true
		case "run_id":
			return run.ID, true
		case "run_name":
			return run.Name, true
		case "start_time":
			return milliseconds(run.StartTime)
		case "end_time":
			return milliseconds(run.EndTime)
		}
		return "", false
	}
}

// milliseconds is a time as MLflow's filters have it; false if there is none.
func milliseconds(t time.Time) (string, bool) {
	return strconv.FormatInt(t.UnixMilli(), 10), !t.IsZero()
}
