package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

var _ query.Registry = (*Store)(nil)

// registryColumns are those of the model registry that are read, by table
// (mlflow/store/model_registry/dbmodels). Aliases came with MLflow 2.3.
func registryColumns() [][2]string {
	return [][2]string{
		{"registered_models", "name description creation_time last_updated_time"},
		{"registered_model_tags", "name key value"},
		{"model_versions", "name version current_stage status description creation_time last_updated_time run_id source"},
		{"model_version_tags", "name version key value"},
	}
}

// inspectRegistry says what the tables of the model registry are like.
func (s *schema) inspectRegistry(has map[string]string) {
	for _, table := range registryColumns() {
		for column := range strings.FieldsSeq(table[1]) {
			if !strings.Contains(has[table[0]], " "+column+" ") {
				s.registryLacks = lacking(has, table[0], column)
				return
			}
		}
	}
	s.aliases = has["registered_model_aliases"] != ""
	s.registryWorkspaces = strings.Contains(has["registered_models"], " workspace ")
}

// Models lists the registered models, by name.
func (s *Store) Models(ctx context.Context) ([]query.RegisteredModel, error) {
	return s.models(ctx, clauses{})
}

// Model returns the registered model of this name.
func (s *Store) Model(ctx context.Context, name string) (query.RegisteredModel, error) {
	var named clauses
	named.add("m.name = ?", name)
	models, err := s.models(ctx, named)
	if err == nil && len(models) == 0 {
		err = &query.Error{Code: query.NotFound, Message: "no registered model " + strconv.Quote(clip(name)) + " in " + s.URI()}
	}
	if err != nil {
		return query.RegisteredModel{}, err
	}
	return models[0], nil
}

// models reads the registered models m that meet conditions.
func (s *Store) models(ctx context.Context, where clauses) ([]query.RegisteredModel, error) {
	if err := s.inRegistry(&where, "m"); err != nil {
		return nil, err
	}
	where.add(`NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.name = m.name AND p."key" = ? AND p.value = 'true'`+
		s.sameWorkspace("p", "m")+")", query.TagPrompt)
	var models []query.RegisteredModel
	err := s.read(ctx, func(tx *sql.Tx) error {
		models = []query.RegisteredModel{}
		at := map[string]int{}
		rows, err := tx.QueryContext(ctx, `SELECT m.name, m.description, m.creation_time, m.last_updated_time FROM registered_models m
			WHERE `+where.String()+` ORDER BY m.name`, where.values...)
		err = each(rows, err, func() error {
			var name string
			var description sql.NullString
			var created, updated sql.NullInt64
			if err := rows.Scan(&name, &description, &created, &updated); err != nil {
				return s.wrongModel("registered_models", name, err)
			}
			if _, twice := at[name]; twice {
				return s.severalModels(name)
			}
			at[name] = len(models)
			models = append(models, query.RegisteredModel{
				Name: name, Description: description.String,
				CreatedAt: milliseconds(created.Int64), UpdatedAt: milliseconds(updated.Int64),
				Aliases: map[string]int{}, Tags: map[string]string{},
			})
			return nil
		})
		if err != nil {
			return err
		}
		const of = ` FROM registered_models m JOIN `
		rows, err = tx.QueryContext(ctx, `SELECT m.name, t."key", t.value`+of+`registered_model_tags t
			ON t.name = m.name`+s.sameWorkspace("t", "m")+` WHERE `+where.String(), where.values...)
		err = each(rows, err, func() error {
			var name, key string
			var value sql.NullString
			if err := rows.Scan(&name, &key, &value); err != nil {
				return s.wrongModel("registered_model_tags", name, err)
			}
			models[at[name]].Tags[key] = value.String
			return nil
		})
		if err != nil || !s.schema.aliases {
			return err
		}
		rows, err = tx.QueryContext(ctx, `SELECT m.name, a.alias, a.version`+of+`registered_model_aliases a
			ON a.name = m.name`+s.sameWorkspace("a", "m")+` WHERE `+where.String(), where.values...)
		return each(rows, err, func() error {
			var name, alias string
			var version int
			if err := rows.Scan(&name, &alias, &version); err != nil {
				return s.wrongModel("registered_model_aliases", name, err)
			}
			models[at[name]].Aliases[alias] = version
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return models, nil
}

// stageDeleted is the stage of a version that was deleted.
const stageDeleted = "Deleted_Internal"

// Versions lists the versions of a registered model, the highest first. Of a model
// with a version that is a prompt there are none, as MLflow has it.
func (s *Store) Versions(ctx context.Context, name string) ([]query.ModelVersion, error) {
	var where clauses
	where.add("v.name = ?", name)
	if err := s.inRegistry(&where, "v"); err != nil {
		return nil, err
	}
	where.add("v.current_stage IS NOT ?", stageDeleted)
	where.add(`NOT EXISTS (SELECT 1 FROM model_version_tags p WHERE p.name = v.name AND p."key" = ? AND p.value = 'true'`+
		s.sameWorkspace("p", "v")+")", query.TagPrompt)
	var versions []query.ModelVersion
	err := s.read(ctx, func(tx *sql.Tx) error {
		versions = []query.ModelVersion{}
		at := map[int]int{}
		if s.schema.registryWorkspaces && s.options.Workspace == "" {
			var workspaces int
			err := tx.QueryRowContext(ctx, "SELECT count(DISTINCT workspace) FROM model_versions WHERE name = ?", name).Scan(&workspaces)
			if err == nil && workspaces > 1 {
				err = s.severalModels(name)
			}
			if err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, `SELECT v.version, v.current_stage, v.status, v.description, v.creation_time, v.last_updated_time, v.run_id, v.source
			FROM model_versions v WHERE `+where.String()+` ORDER BY v.version DESC`, where.values...)
		err = each(rows, err, func() error {
			var version int
			var stage, status, description, run, source sql.NullString
			var created, updated sql.NullInt64
			if err := rows.Scan(&version, &stage, &status, &description, &created, &updated, &run, &source); err != nil {
				return s.wrongModel("model_versions", name, err)
			}
			if version < 1 {
				return s.wrongModel("model_versions", name, errors.New("its version is "+strconv.Itoa(version)))
			}
			at[version] = len(versions)
			versions = append(versions, query.ModelVersion{
				Version: version, Stage: stage.String, Status: status.String, Description: description.String,
				CreatedAt: milliseconds(created.Int64), UpdatedAt: milliseconds(updated.Int64),
				RunID: run.String, Source: source.String, Tags: map[string]string{},
			})
			return nil
		})
		if err != nil {
			return err
		}
		rows, err = tx.QueryContext(ctx, `SELECT v.version, t."key", t.value FROM model_versions v JOIN model_version_tags t
			ON t.name = v.name AND t.version = v.version`+s.sameWorkspace("t", "v")+` WHERE `+where.String(), where.values...)
		return each(rows, err, func() error {
			var version int
			var key string
			var value sql.NullString
			if err := rows.Scan(&version, &key, &value); err != nil {
				return s.wrongModel("model_version_tags", name, err)
			}
			versions[at[version]].Tags[key] = value.String
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

// inRegistry restricts rows of a table of the registry to the workspace. The error
// is that the database has none of these tables, or not as they are known.
func (s *Store) inRegistry(where *clauses, table string) error {
	if s.schema.registryLacks != "" {
		return &query.Error{
			Code: query.Usage, Message: s.path + " has no model registry that can be read: it lacks " + s.schema.registryLacks,
			Hint: "of an older MLflow: make a copy, and bring that up to date with mlflow db upgrade sqlite:///COPY",
		}
	}
	if s.options.Workspace != "" && s.schema.registryWorkspaces {
		where.add(table+".workspace = ?", s.options.Workspace)
	}
	return nil
}

// sameWorkspace is the end of a condition that joins two tables of the registry.
func (s *Store) sameWorkspace(a, b string) string {
	if !s.schema.registryWorkspaces {
		return ""
	}
	return " AND " + a + ".workspace = " + b + ".workspace"
}

// severalModels is the error for a name that models in several workspaces have:
// names in the registry are one workspace's.
func (s *Store) severalModels(name string) error {
	return &query.Error{
		Code: query.Ambiguous, Message: fmt.Sprintf("%s has a registered model %s in more than one workspace", s.path, strconv.Quote(clip(name))),
		Hint: "MLFLOW_WORKSPACE says which workspace is meant; MLflow's own is called default",
	}
}

// wrongModel is the error for a row of the registry that cannot be read.
func (s *Store) wrongModel(table, name string, err error) error {
	return &query.Error{
		Code: query.Corrupt, Message: fmt.Sprintf("%s: a row of the registered model %s in the table %s cannot be read", s.path, strconv.Quote(clip(name)), table), Err: err,
	}
}
