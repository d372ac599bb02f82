package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"

	"github.com/evalctl/evalctl/pkg/query"
)

// remembered holds which runs have which value of a tag. No index of MLflow's is
// about values, so that finding one reads that tag of every run; a list of
// invocations asks twenty times. What is remembered holds until the file changes.
type remembered struct {
	mu    sync.Mutex
	asked map[string]int // by key
	keys  map[string]valuesOf
}

// valuesOf is the ids of runs by the value of one tag; nil if there are too many.
type valuesOf struct {
	runs map[string][]string
	when state
}

// mostRemembered bounds what is held of one tag, to some 50 MB.
const mostRemembered = 200_000

// runsWith returns the ids of the runs with a value of a tag; false where that is
// not worth remembering: the first time that a tag is asked for.
func (s *Store) runsWith(ctx context.Context, key, value string) ([]string, bool, error) {
	s.remembered.mu.Lock()
	defer s.remembered.mu.Unlock()
	if s.remembered.asked == nil {
		s.remembered.asked, s.remembered.keys = map[string]int{}, map[string]valuesOf{}
	}
	if s.remembered.asked[key]++; s.remembered.asked[key] == 1 {
		return nil, false, nil
	}
	now, err := s.look()
	if err != nil {
		return nil, false, nil // the search says what is wrong
	}
	of, known := s.remembered.keys[key]
	if !known || !of.when.same(now) {
		of = valuesOf{when: now}
		if of.runs, err = s.valuesOf(ctx, key); err != nil {
			return nil, false, err
		}
		if after, err := s.look(); err != nil || !after.same(now) {
			return nil, false, nil
		}
		s.remembered.keys[key] = of
	}
	return of.runs[value], of.runs != nil, nil
}

// valuesOf reads one tag of every run; nil if there are too many.
func (s *Store) valuesOf(ctx context.Context, key string) (map[string][]string, error) {
	var runs map[string][]string
	err := s.read(ctx, func(tx *sql.Tx) error {
		runs = map[string][]string{}
		count := 0
		rows, err := tx.QueryContext(ctx, `SELECT ifnull(value, ''), run_uuid FROM tags WHERE "key" = ? LIMIT ?`, key, mostRemembered+1)
		err = each(rows, err, func() error {
			var value, id string
			if err := rows.Scan(&value, &id); err != nil {
				return s.wrong("tags", id, err)
			}
			count++
			runs[value] = append(runs[value], id)
			return nil
		})
		if count > mostRemembered {
			runs = nil
		}
		return err
	})
	return runs, err
}

// equalities replaces the conditions of a filter that are answered by what is
// remembered, by the runs that they are met by.
func (s *Store) equalities(ctx context.Context, filter query.Filter, where *clauses) (query.Filter, error) {
	var rest query.Filter
	for _, c := range filter {
		if c.Entity == query.Tag && c.Op == query.Equal {
			ids, ok, err := s.runsWith(ctx, c.Key, c.Value)
			if err != nil {
				return nil, err
			}
			if ok {
				encoded, err := json.Marshal(append([]string{}, ids...))
				if err != nil {
					return nil, err
				}
				where.add("r.run_uuid IN (SELECT value FROM json_each(?))", string(encoded))
				continue
			}
		}
		rest = append(rest, c)
	}
	return rest, nil
}
