package sqlite

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
)

// clauses are conditions in SQL that must all hold, of a run r in an experiment e,
// and the values of their parameters.
type clauses struct {
	text   []string
	values []any
}

func (c *clauses) add(text string, values ...any) {
	c.text = append(c.text, text)
	c.values = append(c.values, values...)
}

// String is the clauses joined; 1 is what always holds.
func (c *clauses) String() string {
	if len(c.text) == 0 {
		return "1"
	}
	return "(" + strings.Join(c.text, ") AND (") + ")"
}

// mostAlternatives keeps a statement well within the depth of expressions that SQLite
// takes (sqlite.org/limits.html), 1000.
const mostAlternatives = 500

// alternatives adds filters, one of which must hold; none is no condition. Those that
// ask for one value of the same tag or parameter are one list, however long, so that
// the values of all runs are gone through once.
func (c *clauses) alternatives(filters []query.Filter) error {
	type field struct {
		entity query.Entity
		key    string
	}
	var fields []field
	lists := map[field][]string{}
	var each []clauses
	for _, filter := range filters {
		if of, ok := listed(filter); ok {
			f := field{of.Entity, of.Key}
			if lists[f] == nil {
				fields = append(fields, f)
			}
			lists[f] = append(lists[f], of.Value)
			continue
		}
		var one clauses
		for _, of := range filter {
			one.condition(of)
		}
		each = append(each, one)
	}
	for _, f := range fields {
		values, err := json.Marshal(lists[f])
		if err != nil {
			return err
		}
		var one clauses
		one.keyed(f.entity, f.key, "ifnull(value, '') IN (SELECT value FROM json_each(?))", string(values))
		each = append(each, one)
	}
	if len(each) == 0 || len(each) > mostAlternatives { // too many: [query.Search.Match] decides
		return nil
	}
	var texts []string
	var values []any
	for _, one := range each {
		texts = append(texts, one.String())
		values = append(values, one.values...)
	}
	c.add("("+strings.Join(texts, ") OR (")+")", values...)
	return nil
}

// listed is the one condition of a filter, if that is for a value of a tag or a
// parameter which a list in JSON can hold as it is.
func listed(filter query.Filter) (query.Condition, bool) {
	if len(filter) != 1 {
		return query.Condition{}, false
	}
	of := filter[0]
	return of, of.Op == query.Equal && of.Entity != query.Attribute && utf8.ValidString(of.Value)
}

// keyed adds a test of the value of a tag or a parameter: the few runs that have it
// are found first.
func (c *clauses) keyed(entity query.Entity, key, test string, values ...any) {
	c.add(`r.run_uuid IN (SELECT run_uuid FROM `+table(entity)+` WHERE "key" = ? AND `+test+`)`, append([]any{key}, values...)...)
}

// table of a key and a value.
func table(entity query.Entity) string {
	if entity == query.Param {
		return "params"
	}
	return "tags"
}

// runName is what a run is called: those of MLflow up to 1.29 have the tag only.
const runName = `ifnull(nullif(r.name, ''), ifnull((SELECT value FROM tags WHERE "key" = 'mlflow.runName' AND run_uuid = r.run_uuid), ''))`

// condition adds one. [query.Search.Match] has the last word, so what cannot be
// said in SQL may be left out.
func (c *clauses) condition(of query.Condition) {
	if of.Entity != query.Attribute {
		exists := `EXISTS (SELECT 1 FROM ` + table(of.Entity) + ` WHERE "key" = ? AND run_uuid = r.run_uuid)`
		test, values := compareText("ifnull(value, '')", of.Op, of.Value)
		switch {
		case of.Op == query.Absent:
			c.add("NOT "+exists, of.Key)
		case test == "": // each run is looked up
			c.add(exists, of.Key)
		default:
			c.keyed(of.Entity, of.Key, test, values...)
		}
		return
	}
	column := ""
	switch of.Key {
	case "run_id":
		column = "r.run_uuid"
	case "run_name":
		column = runName
	case "status":
		column = "ifnull(r.status, '')"
	case "start_time", "end_time":
		column = "r." + of.Key
		if of.Op == query.AtLeast || of.Op == query.Before {
			c.add(column+" "+string(of.Op)+" CAST(? AS INTEGER)", of.Value)
		}
		return
	}
	if test, values := compareText(column, of.Op, of.Value); column != "" && test != "" {
		c.add(test, values...)
	}
}

// compareText is a comparison of a text; "" if all that can be said is that there is
// one.
func compareText(column string, op query.Op, value string) (string, []any) {
	switch op {
	case query.Equal:
		return column + " = ?", []any{value}
	case query.NotEqual:
		return column + " != ?", []any{value}
	case query.HasPrefix:
		if value != "" {
			return column + " GLOB ?", []any{strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(value) + "*"}
		}
	case query.Like:
		return column + " GLOB ?", []any{strings.ReplaceAll(value, "[", "[[]")}
	case query.Absent, query.AtLeast, query.Before:
	}
	return "", nil
}

// language adds a comparison of MLflow's language, as MLflow's own store does
// (mlflow/store/tracking/sqlalchemy_store.py): each is a join, so that a run without
// the key is never found.
func (c *clauses) language(of filterlang.Comparison) {
	field := of.Field
	switch {
	case field.Entity == filterlang.Dataset:
		c.dataset(of)
	case field.Entity == filterlang.Metric:
		// A value of NaN is kept as 0, and is unequal to everything.
		test := "value " + string(of.Op) + " ? AND NOT is_nan"
		if of.Op == filterlang.NotEqual {
			test = "(value != ? OR is_nan)"
		}
		c.add(`r.run_uuid IN (SELECT run_uuid FROM latest_metrics WHERE "key" = ? AND `+test+`)`, field.Key, of.Number.Float)
	case field.Entity == filterlang.Param || field.Entity == filterlang.Tag || field.Key == filterlang.RunName:
		from, key := "tags", field.Key
		if field.Entity == filterlang.Param {
			from = "params"
		}
		if field.Entity == filterlang.Attribute {
			key = "mlflow.runName"
		}
		switch of.Op {
		case filterlang.IsNull, filterlang.NotNull:
			not := map[bool]string{true: "NOT "}[of.Op == filterlang.IsNull]
			c.add(not+`EXISTS (SELECT 1 FROM `+from+` WHERE "key" = ? AND run_uuid = r.run_uuid)`, key)
		default:
			test, values := textOf(of, "value")
			c.add(`r.run_uuid IN (SELECT run_uuid FROM `+from+` WHERE "key" = ? AND `+test+`)`, append([]any{key}, values...)...)
		}
	case field.Key == filterlang.StartTime || field.Key == filterlang.EndTime:
		var value any = of.Number.Float
		if of.Number.IsInt {
			value = of.Number.Int
		}
		c.add("r."+field.Key+" "+string(of.Op)+" ?", value)
	default:
		column := map[string]string{filterlang.RunID: "run_uuid"}[field.Key]
		if column == "" {
			column = field.Key // status, artifact_uri, user_id: from a closed list
		}
		test, values := textOf(of, "r."+column)
		c.add(test, values...)
	}
}

// dataset adds a comparison of the datasets that a run was given.
func (c *clauses) dataset(of filterlang.Comparison) {
	const inputs = `r.run_uuid IN (SELECT i.destination_id FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id `
	if of.Field.Key == filterlang.DatasetContext {
		test, values := textOf(of, "t.value")
		c.add(inputs+`JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context' WHERE `+test+`)`, values...)
		return
	}
	test, values := textOf(of, "d."+of.Field.Key) // name or digest
	c.add(inputs+`WHERE `+test+`)`, values...)
}

// textOf is a comparison of a column that holds text. LIKE tells cases apart, since
// the connection says so.
func textOf(of filterlang.Comparison, column string) (string, []any) {
	switch of.Op {
	case filterlang.ILike:
		return "lower(" + column + ") LIKE lower(?)", []any{of.Text}
	case filterlang.In, filterlang.NotIn:
		values := make([]any, len(of.List))
		for i, v := range of.List {
			values[i] = v
		}
		return column + " " + string(of.Op) + " (?" + strings.Repeat(", ?", len(values)-1) + ")", values
	default:
		return column + " " + string(of.Op) + " ?", []any{of.Text}
	}
}
