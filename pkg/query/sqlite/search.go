package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
)

// Experiments lists the experiments, by id.
func (s *Store) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	var list []query.Experiment
	err := s.read(ctx, func(tx *sql.Tx) error {
		list = []query.Experiment{}
		var where clauses
		s.visible(&where, view)
		rows, err := tx.QueryContext(ctx, `SELECT e.experiment_id, e.name, ifnull(e.lifecycle_stage, '') FROM experiments e
			WHERE `+where.String()+` ORDER BY e.experiment_id`, where.values...)
		return each(rows, err, func() error {
			var e query.Experiment
			var stage string
			err := rows.Scan(&e.ID, &e.Name, &stage)
			e.Deleted = stage == "deleted"
			list = append(list, e)
			return err
		})
	})
	return list, err
}

// visible restricts experiments to the view and the workspace.
func (s *Store) visible(where *clauses, view query.View) {
	if view != query.WithDeleted {
		where.add("e.lifecycle_stage IS NOT 'deleted'")
	}
	if s.options.Workspace != "" {
		where.add("e.workspace = ?", s.options.Workspace)
	}
}

// place is a run's in the order of a search.
type place struct {
	started int64 // milliseconds since 1970; 0 if it has no start
	id      string
}

// started is the first key of that order.
const started = "ifnull(max(r.start_time, 0), 0)"

// aTime is how many runs are read at once.
const aTime = 200

// Search yields the runs that match, as [query.Store] says. The ids come first, in
// order and no more than are asked for; the runs themselves follow by the hundred,
// each time in a transaction of its own, so that no writer has to wait for whoever
// takes them.
func (s *Store) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		where, err := s.where(ctx, search)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		var last *place
		size := cmp.Or(max(search.Limit, 0), search.Expected)
		for yielded := 0; ; {
			places, err := s.places(ctx, where, last, size)
			if err != nil {
				yield(query.Run{}, err)
				return
			}
			for some := range slices.Chunk(places, aTime) {
				runs, err := s.runs(ctx, some)
				if err != nil {
					yield(query.Run{}, err)
					return
				}
				for _, run := range runs {
					if run.Deleted && search.View != query.WithDeleted || !search.Match(run) {
						continue
					}
					if !yield(run, nil) {
						return
					}
					if yielded++; yielded == search.Limit {
						return
					}
				}
			}
			if size <= 0 || len(places) < size {
				return
			}
			last = &places[len(places)-1]
			if search.Limit <= 0 {
				size = 0 // more than expected: all of them
			}
		}
	}
}

// where is a search in SQL. The error is Usage if a filter in MLflow's language is
// none.
func (s *Store) where(ctx context.Context, search query.Search) (clauses, error) {
	var where clauses
	s.visible(&where, search.View)
	if search.View != query.WithDeleted {
		where.add("r.lifecycle_stage IS NOT 'deleted'")
	}
	if search.Experiments != nil {
		ids, err := json.Marshal(search.Experiments)
		if err != nil {
			return clauses{}, err
		}
		where.add("CAST(r.experiment_id AS TEXT) IN (SELECT value FROM json_each(?))", string(ids))
	}
	filter, err := s.equalities(ctx, search.Filter, &where)
	if err != nil {
		return clauses{}, err
	}
	for _, c := range filter {
		where.condition(c)
	}
	if err := where.alternatives(search.Any); err != nil {
		return clauses{}, err
	}
	raw, err := filterlang.Parse(search.Raw)
	if err != nil {
		return clauses{}, err
	}
	for _, c := range raw {
		if c.Field.Entity == filterlang.Dataset && !s.schema.datasets {
			where.add("0") // of a version that had none
			continue
		}
		where.language(c)
	}
	return where, nil
}

// places finds the runs behind the last one, at most size; 0 is all.
func (s *Store) places(ctx context.Context, where clauses, last *place, size int) ([]place, error) {
	if last != nil {
		where = clauses{slices.Clone(where.text), slices.Clone(where.values)}
		where.add(started+" < ? OR "+started+" = ? AND r.run_uuid > ?", last.started, last.started, last.id)
	}
	limit := -1
	if size > 0 {
		limit = size
	}
	var places []place
	err := s.read(ctx, func(tx *sql.Tx) error {
		places = nil
		rows, err := tx.QueryContext(ctx, `SELECT r.run_uuid, `+started+` FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
			WHERE `+where.String()+` ORDER BY 2 DESC, 1 LIMIT ?`, append(slices.Clone(where.values), limit)...)
		return each(rows, err, func() error {
			var p place
			if err := rows.Scan(&p.id, &p.started); err != nil {
				return s.wrong("runs", p.id, err)
			}
			places = append(places, p)
			return nil
		})
	})
	return places, err
}

// each calls f for every row.
func each(rows *sql.Rows, err error, f func() error) error {
	if err != nil {
		return err
	}
	defer rows.Close() // its error is that of Err
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Run returns the run with this id, deleted or not.
func (s *Store) Run(ctx context.Context, id string) (query.Run, error) {
	runs, err := s.runs(ctx, []place{{id: id}})
	if err == nil && len(runs) == 0 {
		err = &query.Error{Code: query.NotFound, Message: "no run " + strconv.Quote(clip(id)) + " in " + s.URI()}
	}
	if err != nil {
		return query.Run{}, err
	}
	return runs[0], nil
}

// clip shortens what a message quotes.
func clip(s string) string { return s[:min(len(s), 80)] }

// runs reads runs, in the order of the places; those that are gone are left out.
func (s *Store) runs(ctx context.Context, places []place) ([]query.Run, error) {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	encoded, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*query.Run, len(ids))
	err = s.read(ctx, func(tx *sql.Tx) error {
		clear(byID)
		return s.load(ctx, tx, string(encoded), byID)
	})
	if err != nil {
		return nil, err
	}
	runs := make([]query.Run, 0, len(ids))
	for _, id := range ids {
		run, ok := byID[id]
		if !ok {
			continue
		}
		if run.Name == "" {
			run.Name = run.Tags["mlflow.runName"] // all that MLflow up to 1.29 keeps
		}
		run.Folder = folder(run.Tags)
		run.Model = query.ModelOf(run.Tags, run.Params)
		runs = append(runs, *run)
	}
	return runs, nil
}

// load reads runs with everything that is theirs. ids is a list in JSON.
func (s *Store) load(ctx context.Context, tx *sql.Tx, ids string, byID map[string]*query.Run) error {
	const these = "IN (SELECT value FROM json_each(?))"
	where := ""
	values := []any{ids}
	if s.options.Workspace != "" {
		where = " AND e.workspace = ?"
		values = append(values, s.options.Workspace)
	}
	rows, err := tx.QueryContext(ctx, `SELECT r.run_uuid, r.name, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, r.experiment_id, e.name
		FROM runs r LEFT JOIN experiments e ON e.experiment_id = r.experiment_id WHERE r.run_uuid `+these+where, values...)
	err = each(rows, err, func() error {
		var id string
		var name, status, stage, uri, experimentID, experiment sql.NullString
		var start, end sql.NullInt64
		if err := rows.Scan(&id, &name, &status, &start, &end, &stage, &uri, &experimentID, &experiment); err != nil {
			return s.wrong("runs", id, err)
		}
		byID[id] = &query.Run{
			ID: id, Name: name.String, ExperimentID: experimentID.String, Experiment: experiment.String, Status: status.String,
			StartTime: milliseconds(start.Int64), EndTime: milliseconds(end.Int64), ArtifactURI: uri.String, Deleted: stage.String == "deleted",
			Tags: map[string]string{}, Params: map[string]string{}, Metrics: map[string]float64{},
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, from := range []string{"tags", "params"} {
		rows, err := tx.QueryContext(ctx, `SELECT run_uuid, "key", value FROM `+from+` WHERE run_uuid `+these, ids)
		err = each(rows, err, func() error {
			var id, key string
			var value sql.NullString
			if err := rows.Scan(&id, &key, &value); err != nil {
				return s.wrong(from, id, err)
			}
			if run := byID[id]; run != nil && from == "tags" {
				run.Tags[key] = value.String
			} else if run != nil {
				run.Params[key] = value.String
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	rows, err = tx.QueryContext(ctx, `SELECT run_uuid, "key", value, is_nan FROM latest_metrics WHERE run_uuid `+these, ids)
	return each(rows, err, func() error {
		var id, key string
		var value sql.NullFloat64
		var isNaN bool
		if err := rows.Scan(&id, &key, &value, &isNaN); err != nil {
			return s.wrong("latest_metrics", id, err)
		}
		if run := byID[id]; run != nil && (value.Valid || isNaN) {
			run.Metrics[key] = metric(value.Float64, isNaN)
		}
		return nil
	})
}

// metric is a value as it was logged: the database keeps NaN as 0 with a mark, and
// an infinity as the largest number.
func metric(value float64, isNaN bool) float64 {
	switch {
	case isNaN:
		return math.NaN()
	case value >= math.MaxFloat64:
		return math.Inf(1)
	case value <= -math.MaxFloat64:
		return math.Inf(-1)
	}
	return value
}

// wrong is the error for a row with a value of another type.
func (s *Store) wrong(table, id string, err error) error {
	return &query.Error{Code: query.Corrupt, Message: fmt.Sprintf("%s: a row of run %q in the table %s cannot be read", s.path, clip(id), table), Err: err}
}

// milliseconds is a time since 1970; the zero time where there is none, or none
// that a calendar has.
func milliseconds(ms int64) time.Time {
	const lastOf9999 = 253402300799999
	if ms <= 0 || ms > lastOf9999 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// folder is where the launcher's exporter puts a job's files (0.1.13 and later).
func folder(tags map[string]string) string {
	harness, task := tags[query.TagHarness], tags[query.TagTask]
	guess := harness + "." + task + "/artifacts"
	if harness == "" || task == "" || !validPath(guess) || strings.ContainsAny(guess, `\#`) {
		return ""
	}
	return guess
}
