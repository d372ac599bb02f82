package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/stack"
)

// TestManyAlternatives asks for more alternatives than an expression of SQL may have,
// and for values that are not everywhere what they are.
func TestManyAlternatives(t *testing.T) {
	path := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	odd := []string{"", "a\x00b", "\xff\xfe", "\ufffd", `"<&>\`, "\u2028é", "1", "1.0", "null"}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range odd {
		id := fmt.Sprintf("%032d", i)
		for _, insert := range []struct {
			sql    string
			values []any
		}{
			{"INSERT INTO runs (run_uuid, name, status, lifecycle_stage, experiment_id) VALUES (?, ?, 'FINISHED', 'active', 1)", []any{id, fmt.Sprint(i)}},
			{"INSERT INTO tags (key, value, run_uuid) VALUES ('odd', ?, ?)", []any{value, id}},
			{"INSERT INTO params (key, value, run_uuid) VALUES ('odd', ?, ?)", []any{value, id}},
		} {
			if _, err := db.ExecContext(t.Context(), insert.sql, insert.values...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}

	const many = 3000
	equal := func(entity query.Entity, key, value string) query.Condition {
		return query.Condition{Entity: entity, Key: key, Op: query.Equal, Value: value}
	}
	var listed, others, odds []query.Filter
	for i := range many {
		id := fmt.Sprintf("%016x", i)
		for _, run := range all {
			if tag := run.Tags[query.TagInvocation]; i == many/2 && tag != "" {
				id = tag
				break
			}
		}
		listed = append(listed, query.Filter{equal(query.Tag, query.TagInvocation, id)}, query.Filter{equal(query.Param, query.ParamInvocation, id)})
		others = append(others, query.Filter{equal(query.Tag, query.TagInvocation, id), equal(query.Attribute, "status", "FINISHED")})
	}
	for _, value := range odd {
		odds = append(odds, query.Filter{equal(query.Tag, "odd", value)})
	}
	for name, search := range map[string]query.Search{
		"of two fields":      {Any: listed},
		"of two conditions":  {Any: others},
		"of both":            {Any: append(listed[:200:200], others...), Limit: 1},
		"odd values":         {Any: odds},
		"a value with a NUL": {Any: odds[1:2]},
		"odd or a parameter": {Any: []query.Filter{{equal(query.Tag, "odd", "1")}, {equal(query.Param, "odd", "1.0")}, {equal(query.Attribute, "run_name", "4")}}},
		"anything":           {Any: []query.Filter{{equal(query.Tag, "odd", "1")}, {}}},
	} {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for _, run := range all {
				if search.Match(run) && (search.Limit == 0 || len(want) < search.Limit) {
					want = append(want, run.ID)
				}
			}
			for run, err := range store.Search(t.Context(), search) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, run.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
				t.Errorf("%d runs (-want +got):\n%s", len(got), diff)
			}
		})
	}

	// The tags and the parameters of all runs are gone through once, not for each value.
	where, err := store.where(t.Context(), query.Search{Any: listed})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(where.String(), "SELECT run_uuid FROM"); n != 2 {
		t.Errorf("%d times through tags and parameters for %d alternatives", n, len(listed))
	}
}
