package query

import "strings"

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
	Attribute Entity = "attributes" // status, run_name, run_id
)

// Op compares a field with a value.
type Op string

// Operators. HasPrefix is LIKE with one trailing wildcard: MLflow's LIKE has no
// escape, so a "_" or "%" inside the value matches more on the server and the
// client drops what is too much.
const (
	Equal     Op = "="
	HasPrefix Op = "prefix"
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
func (c Condition) String() string {
	field := string(c.Entity) + "." + c.Key
	if strings.Trim(strings.ToLower(c.Key), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		field = string(c.Entity) + ".`" + c.Key + "`"
	}
	op, value := " = ", c.Value
	if c.Op == HasPrefix {
		op, value = " LIKE ", strings.ReplaceAll(c.Value, `\`, "_")+"%"
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
// none on it.
func (f Filter) Match(run Run) bool {
	for _, c := range f {
		value, ok := c.field(run)
		if !ok {
			return false
		}
		switch c.Op {
		case HasPrefix:
			ok = strings.HasPrefix(value, c.Value)
		default:
			ok = value == c.Value
		}
		if !ok {
			return false
		}
	}
	return true
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
		}
		return "", false
	}
}
