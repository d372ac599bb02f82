package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// schema is what differs between databases.
type schema struct {
	workspaces bool // MLflow 3.10 and later
	datasets   bool // 2.4 and later

	// Of the model registry: what it lacks to be read, "" if nothing.
	registryLacks      string
	registryWorkspaces bool
	aliases            bool // 2.3 and later
}

// columns that are read, by table. Those of runs that are not here are not needed.
func columns() [][2]string {
	return [][2]string{
		{"experiments", "experiment_id name lifecycle_stage"},
		{"runs", "run_uuid name status start_time end_time lifecycle_stage artifact_uri experiment_id user_id"},
		{"tags", "key value run_uuid"},
		{"params", "key value run_uuid"},
		{"latest_metrics", "key value is_nan run_uuid"},
	}
}

// revisions are those of MLflow's schema (mlflow/store/db_migrations) from the one
// that made latest_metrics to MLflow 3.17. MLflow 2.9 has acf3f17fdcc7.
const revisions = `89d4b8295536 2b4d017a5e9b cfd24bdc0731 0a8213491aaa 728d730b5ebd 27a6a02d2cf1
84291f40a231 a8c4a736bde6 39d1c3be5f05 c48cb773bb87 bd07f7e963c5 0c779009ac13 cc1f77228345
97727af70f4d 3500859a5d39 7f2a7d5fae7d 2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c
4465047574b1 f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 bda7b8c39065 cbc13b556ace
770bee3ae1dd a1b2c3d4e5f6 de4033877273 1a0cddfcaa16 534353b11cbc 71994744cf8e 3da73c924c2f
bf29a5ff90ea 1bd49d398cd23 b7c8d9e0f1a2 5d2d30f0abce c9d4e5f6a7b8 2c33131f4dae d3e4f5a6b7c8
d0e1f2a3b4c5 c8d9e0f1a2b3 1b5f0d9ad7c1 e1f2a3b4c5d6 76601a5f987d c3d6457b6d8a a5b4c3d2e1f0
ae8bbe7743c9 7d34483879f0 da6fb0208061 89d3d66ed43f b7e4c1a90f23 a8b9c0d1e2f3 c1d2e3f4a5b6
c3d9e7f1a2b4 6f8d9c3b2a1e 1971f2d9a75b 17e22815139b b7e2c1a4d9f3 75868b020152 dc11669786a5`

// inspect checks that the database is MLflow's and has what is read.
func (s *Store) inspect(ctx context.Context) error {
	return s.read(ctx, func(tx *sql.Tx) error {
		s.notes = nil
		has := map[string]string{}
		rows, err := tx.QueryContext(ctx, `SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'`)
		if err != nil {
			return err
		}
		defer rows.Close() // its error is that of Err
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			has[table] += " " + column + " "
		}
		if err := rows.Err(); err != nil {
			return err
		}
		var revision sql.NullString
		if has["alembic_version"] != "" {
			err := tx.QueryRowContext(ctx, "SELECT max(version_num) FROM alembic_version").Scan(&revision)
			if err != nil {
				return err
			}
		}
		known := revision.String != "" && strings.Contains(" "+strings.ReplaceAll(revisions, "\n", " ")+" ", " "+revision.String+" ")
		for _, table := range columns() {
			for column := range strings.FieldsSeq(table[1]) {
				if !strings.Contains(has[table[0]], " "+column+" ") {
					return s.unfit(has, table[0], column, revision.String)
				}
			}
		}
		if !known {
			s.notes = append(s.notes, fmt.Sprintf("%s has the schema %q, which is newer than MLflow 3.17's; what is read of it is there", s.path, revision.String))
		}
		s.schema = schema{
			workspaces: strings.Contains(has["experiments"], " workspace "),
			datasets:   has["datasets"] != "" && has["inputs"] != "" && has["input_tags"] != "",
		}
		s.schema.inspectRegistry(has)
		if s.options.Workspace != "" && !s.schema.workspaces {
			return &query.Error{Code: query.Usage, Message: s.path + " has no workspaces", Hint: "unset MLFLOW_WORKSPACE"}
		}
		return nil
	})
}

// unfit is the error for a database without something that is read.
func (s *Store) unfit(has map[string]string, table, column, revision string) error {
	what := lacking(has, table, column)
	if has["runs"] == "" || has["experiments"] == "" {
		return &query.Error{
			Code: query.Usage, Message: s.path + " is no MLflow tracking database: it lacks " + what,
			Hint: hintKinds,
		}
	}
	if revision == "" {
		revision = "none"
	}
	return &query.Error{
		Code:    query.Usage,
		Message: fmt.Sprintf("the schema of %s (%s) is none of MLflow 2.9 to 3.17: it lacks %s", s.path, revision, what),
		Hint:    "of an older MLflow: make a copy, and bring that up to date with mlflow db upgrade sqlite:///COPY",
	}
}

// lacking names what is not there: the column, or the whole table.
func lacking(has map[string]string, table, column string) string {
	if has[table] == "" {
		return "the table " + table
	}
	return "the column " + table + "." + column
}
