package filterlang_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
)

func field(entity filterlang.Entity, key string) filterlang.Field {
	return filterlang.Field{Entity: entity, Key: key}
}

func text(entity filterlang.Entity, key string, op filterlang.Op, value string) filterlang.Comparison {
	return filterlang.Comparison{Field: field(entity, key), Op: op, Text: value}
}

func number(entity filterlang.Entity, key string, op filterlang.Op, value float64, integer ...int64) filterlang.Comparison {
	n := filterlang.Number{Float: value}
	if len(integer) > 0 {
		n.Int, n.IsInt = integer[0], true
	}
	return filterlang.Comparison{Field: field(entity, key), Op: op, Number: n}
}

// What MLflow 3.17.2 makes of the same texts was looked up; the oracle test of
// pkg/query/sqlite asks it.
func TestParse(t *testing.T) {
	const (
		metric, param, tag = filterlang.Metric, filterlang.Param, filterlang.Tag
		attribute, dataset = filterlang.Attribute, filterlang.Dataset
	)
	aOne := number(metric, "a", ">", 1, 1)
	bX := text(param, "b", "=", "x")
	for filter, want := range map[string]filterlang.Filter{
		"":                                        nil,
		"AND":                                     nil,
		"metrics.a>1":                             {aOne},
		"AND metrics.a > 1 AND":                   {aOne},
		"metrics.a > 1 params.b = 'x'":            {aOne, bX},
		"metrics.a > 1 and AND parameter.b='x'":   {aOne, bX},
		"metrics.a = -1":                          {number(metric, "a", "=", -1, -1)},
		"metrics.a >-.5":                          {number(metric, "a", ">", -.5)},
		"metrics.a < 5.":                          {number(metric, "a", "<", 5)},
		"metrics.a != 1.5E-3":                     {number(metric, "a", "!=", 1.5e-3)},
		"metrics.a <= 00012":                      {number(metric, "a", "<=", 12, 12)},
		"metrics.a.b.c >= 1":                      {number(metric, "a.b.c", ">=", 1, 1)},
		"metrics.`a b/c-1` = 1":                   {number(metric, "a b/c-1", "=", 1, 1)},
		`metrics."a b" = 1`:                       {number(metric, "a b", "=", 1, 1)},
		"metrics.'a b' = 1":                       {number(metric, "a b", "=", 1, 1)},
		"`metrics`.`a\"b` = 1":                    {number(metric, `a"b`, "=", 1, 1)},
		"tags.\"`a`\" = 'x'":                      {text(tag, "a", "=", "x")},
		"tags.`a``b` = 'x'":                       {text(tag, "a``b", "=", "x")},
		"metrics.1a = 1":                          {number(metric, "1a", "=", 1, 1)},
		"metrics._1.é.日本 = 1":                     {number(metric, "_1.é.日本", "=", 1, 1)},
		"metrics.order.by.and.null = 1":           {number(metric, "order.by.and.null", "=", 1, 1)},
		"tag.mlflow.runName = 'x'":                {text(tag, "mlflow.runName", "=", "x")},
		"params.a = \"it's\"":                     {text(param, "a", "=", "it's")},
		"params.a = 'it''s'":                      {text(param, "a", "=", "it''s")},
		`params.a = 'it\'s'`:                      {text(param, "a", "=", `it\'s`)},
		`params.a = 'dir\' AND tags.b = "c"`:      {text(param, "a", "=", `dir\`), text(tag, "b", "=", "c")},
		"params.a = ''":                           {text(param, "a", "=", "")},
		"params.a\n!=\t'li\nne'":                  {text(param, "a", "!=", "li\nne")},
		"params.a like 'x%' AND tags.b ILike '_'": {text(param, "a", "LIKE", "x%"), text(tag, "b", "ILIKE", "_")},
		"tags.a IS NULL tags.b is not null AND metrics.a > 1": {text(tag, "a", "IS NULL", ""), text(tag, "b", "IS NOT NULL", ""), aOne},
		"run_id = 'a' AND run.run_id != 'a' AND attr.run_id LIKE 'a'": {
			text(attribute, "run_id", "=", "a"), text(attribute, "run_id", "!=", "a"), text(attribute, "run_id", "LIKE", "a"),
		},
		"run_id in('a', \"B\",)":          {{Field: field(attribute, "run_id"), Op: "IN", List: []string{"a", "B"}}},
		"attributes.run_id not  IN ('1')": {{Field: field(attribute, "run_id"), Op: "NOT IN", List: []string{"1"}}},
		"`run name` = 'x'":                {text(attribute, "run_name", "=", "x")},
		"attributes.\"Run Name\" = 'x'":   {text(attribute, "run_name", "=", "x")},
		"status='FINISHED' artifact_uri LIKE 'x' AND user_id = ''": {
			text(attribute, "status", "=", "FINISHED"), text(attribute, "artifact_uri", "LIKE", "x"), text(attribute, "user_id", "=", ""),
		},
		"created > 1 AND Created < 1.5 AND end_time = 1e3": {
			number(attribute, "start_time", ">", 1, 1), number(attribute, "start_time", "<", 1.5), number(attribute, "end_time", "=", 1000),
		},
		"start_time < 99999999999999999999999": {number(attribute, "start_time", "<", 99999999999999999999999)},
		"datasets.name IN ('x', 'Y') AND dataset.digest LIKE '1%' AND dataset.context = 'eval'": {
			{Field: field(dataset, "name"), Op: "IN", List: []string{"x", "Y"}}, text(dataset, "digest", "LIKE", "1%"), text(dataset, "context", "=", "eval"),
		},
	} {
		got, err := filterlang.Parse(filter)
		if err != nil {
			t.Errorf("%q: %v", filter, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", filter, diff)
		}
	}
}

// TestParseShowsThePlace has what is refused, with what the caret is below.
func TestParseShowsThePlace(t *testing.T) {
	for _, test := range []struct{ filter, at, says string }{
		{" ", "", "blank"},
		{"metrics.a", "", "operator"},
		{"metrics.a >", "", "number"},
		{"metrics.a > 1 OR metrics.b > 1", "OR", "no OR"},
		{"NOT metrics.a > 1", "NOT", "no OR, NOT"},
		{"(metrics.a > 1)", "(", "parentheses"},
		{"metrics.a > '1'", "'1'", "number"},
		{"metrics.a > 1a", "1a", "number"},
		{"metrics.a > +1", "+1", "number"},
		{"metrics.a > 0x1F", "0x1F", "number"},
		{"metrics.a > 1e+5", "1e+5", "number"},
		{"metrics.a > 1_000", "1_000", "number"},
		{"metrics.a > 1AND tags.b = 'x'", "1AND", "number"},
		{"metrics.a > nan", "nan", "number"},
		{"metrics.a <> 1", "<>", "no operator"},
		{"metrics.a == 1", "==", "no operator"},
		{"metrics.a < = 1", "= 1", "number"},
		{"metrics.a LIKE '1'", "LIKE", "cannot be compared with LIKE"},
		{"metrics.a IS NULL", "IS", "cannot be compared with IS NULL"},
		{"metrics.a BETWEEN 1 AND 2", "BETWEEN", "no operator"},
		{"metrics.a-b > 1", "-b", "without quotes"},
		{"metrics.a b > 1", "b >", "no operator"},
		{"metrics.a/b > 1", "/b", "without quotes"},
		{"metrics.a:b > 1", ":b", "without quotes"},
		{"metrics.in > 1", "in >", "without quotes"},
		{"metrics.a.0.b > 1", "0.b", "without quotes"},
		{"metrics.12a > 1", "12a", "without quotes"},
		{"metrics.1e5 > 1", "1e5", "without quotes"},
		{"metrics.`a`.b > 1", ".b", "behind its quotes"},
		{"metrics.`a`b > 1", "b >", "behind its quotes"},
		{"metrics . a > 1", ". a", "no space"},
		{"metrics. a > 1", ". a", "no space"},
		{"metrics. > 1", ". >", "no space"},
		{"metrics..a > 1", ".a", "the key is missing"},
		{"METRICS.a > 1", "METRICS", "no entity"},
		{`"metrics".a > 1`, `"metrics"`, "no entity"},
		{"`metrics.a` > 1", "`metrics.a`", "no attribute"},
		{"foo = 'x'", "foo", "no attribute"},
		{"attributes.experiment_id = '1'", "experiment_id", "no attribute"},
		{"'run name' = 'x'", "'run name'", "begins with a field"},
		{"1 < metrics.a", "1 <", "begins with a field"},
		{"params.a = 1", "1", "in quotes"},
		{"params.a = x", "x", "in quotes"},
		{"params.a = `x`", "`x`", "in quotes"},
		{"params.a = 'x", "'x", "no end"},
		{"params.`a = 'x'", "`a", "no end"},
		{"params.a > 'x'", ">", "cannot be compared with >"},
		{"params.a NOT LIKE 'x'", "NOT", "no operator"},
		{"params.a IN ('x')", "IN", "cannot be compared with IN"},
		{"params.a = 'x' 'y'", "'y'", "begins with a field"},
		{"params.a = 'x' AND", "no", ""}, // a last AND is fine
		{"params.a = 'x';", ";", "begins with a field"},
		{"params.a = 'x' -- y", "-- y", "no comments"},
		{"params.a = 'x' tags.b IS NULL", "tags.b", "AND is missing"},
		{"params.a = 'x' run_id IN ('y')", "run_id", "AND is missing"},
		{"params.a IS 'x'", "'x'", "NULL is missing"},
		{"status IN ('FINISHED')", "IN", "cannot be compared with IN"},
		{"start_time > '1'", "'1'", "number"},
		{"start_time IN ('1')", "IN", "cannot be compared with IN"},
		{"run_id = ('a')", "('a'", "in quotes"},
		{"run_id IN 'a'", "'a'", "parentheses"},
		{"run_id IN ()", ")", "in quotes"},
		{"run_id IN (1)", "1)", "in quotes"},
		{"run_id IN ('a' 'b')", "'b'", "no end"},
		{"run_id IN ('a'", "", "no end"},
		{`run_id IN ('a\n')`, `'a\n'`, "backslash"},
		{"run_id IN ('it''s')", "'it", "doubled"},
		{"datasets.foo = 'x'", "foo", "datasets have no foo"},
		{"datasets.name > 'x'", ">", "cannot be compared"},
		{"tags.日本 = 1", "1", "in quotes"}, // the caret counts columns
	} {
		_, err := filterlang.Parse(test.filter)
		if test.says == "" {
			if err != nil {
				t.Errorf("%q: %v", test.filter, err)
			}
			continue
		}
		e, ok := errors.AsType[*query.Error](err)
		if !ok || e.Code != query.Usage || !strings.Contains(e.Message, test.says) {
			t.Errorf("%q: %v, want one about %q", test.filter, err, test.says)
			continue
		}
		lines := strings.Split(e.Hint, "\n")
		before := strings.TrimSuffix(lines[1], "^")
		// Two columns a character, and one: enough for the one wide text here.
		at := len(before)
		if strings.Contains(test.filter, "日本") {
			at += len("日本") - 4
		}
		if lines[0] != test.filter || !strings.HasPrefix(test.filter[at:], test.at) || test.at == "" && at != len(test.filter) {
			t.Errorf("%q: the caret is not below %q:\n%s\n%s", test.filter, test.at, lines[0], lines[1])
		}
	}
}

func TestParseShowsPartOfALongText(t *testing.T) {
	filter := strings.Repeat("tags.a = 'x' AND ", 40) + "tags.b ~ 'x'" + strings.Repeat(" AND tags.a = 'x'", 40)
	_, err := filterlang.Parse(filter)
	e, ok := errors.AsType[*query.Error](err)
	if !ok {
		t.Fatal(err)
	}
	lines := strings.Split(e.Hint, "\n")
	place := strings.Index(lines[1], "^")
	if runes := []rune(lines[0]); len(runes) > 100 || runes[place] != '~' || runes[0] != '…' || runes[len(runes)-1] != '…' {
		t.Errorf("shown as\n%s\n%s", lines[0], lines[1])
	}
}

func TestParseOrder(t *testing.T) {
	got, err := filterlang.ParseOrder([]string{
		"metrics.a", "params.`a b` DESC", `tags."it's" asc`, "start_time", "Created DESC", " end_time  desc ", "run_name ASC",
	})
	want := []filterlang.Order{
		{Field: field(filterlang.Metric, "a")},
		{Field: field(filterlang.Param, "a b"), Descending: true},
		{Field: field(filterlang.Tag, "it's")},
		{Field: field(filterlang.Attribute, "start_time")}, // a second time has no effect
		{Field: field(filterlang.Attribute, "end_time"), Descending: true},
		{Field: field(filterlang.Attribute, "run_name")},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, clause := range []string{
		"", " ", "metrics.a b", "metrics.a-b", "metrics.a DESC ASC", "metrics.a, metrics.b", "metrics.a ASC NULLS LAST",
		"`run name`", "experiment_id", "lifecycle_stage", "foo", "datasets.name", "metrics", "metrics.1", "1", "'a'", "metrics.a;", "metrics.a ASC -- x",
	} {
		if _, err := filterlang.ParseOrder([]string{clause}); !query.HasCode(err, query.Usage) {
			t.Errorf("%q: %v", clause, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"metrics.a > 1 AND tags.`b c` LIKE 'x%'", "run_id IN ('a',\"b\")", "tags.a IS NOT NULL", "a\\'\"`.-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := filterlang.Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*query.Error](err); !ok || strings.Count(e.Hint, "\n") < 1 || len(e.Message) == 0 {
				t.Fatalf("%q: %#v", text, err)
			}
		}
		filter.Match(filterlang.Record{})
		if again, _ := filterlang.Parse(text + " AND "); err == nil && text != "" && len(again) != len(filter) {
			t.Errorf("%q: a last AND makes %d comparisons of %d", text, len(again), len(filter))
		}
		_, _ = filterlang.ParseOrder([]string{text})
	})
}
