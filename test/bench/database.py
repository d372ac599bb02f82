"""A database of MLflow with many runs, and the question that is asked of it.

    python database.py make DATABASE RUNS     adds runs to a database of MLflow
    python database.py ask DATABASE ID        finds the runs of an invocation, all of it
"""

import sqlite3
import sys

PAIRS = 10, 12, 6  # tags, parameters and metrics of a run


def make(connection: sqlite3.Connection, runs: int) -> None:
    tags, params, metrics = PAIRS
    script = f"""
    INSERT OR IGNORE INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
      WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1199)
      SELECT i, 'bench ' || i, 'mlflow-artifacts:/' || i, 'active', 1, 1 FROM n;
    CREATE TEMP TABLE made AS
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {runs} - 1)
      SELECT i, lower(hex(randomblob(16))) AS id, printf('%016x', 1 + i / 4 * 2654435761) AS invocation FROM n;
    INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id)
      SELECT id, 'eval-' || i, 'UNKNOWN', 'bench', 'FINISHED', 1600000000000 + i * 1000, 1600000060000 + i * 1000, 'active',
             'mlflow-artifacts:/' || (1000 + i % 200) || '/' || id || '/artifacts', 1000 + i % 200 FROM made;
    INSERT INTO tags (key, value, run_uuid)
      WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {tags})
      SELECT CASE k WHEN 1 THEN 'invocation_id' WHEN 2 THEN 'job_id' WHEN 3 THEN 'task_name' ELSE 'tag_' || k END,
             CASE k WHEN 1 THEN invocation WHEN 2 THEN invocation || '.' || (i % 4) WHEN 3 THEN 'task_' || (i % 4) ELSE 'the value ' || (i * k % 997) END,
             id FROM made CROSS JOIN n;
    INSERT INTO params (key, value, run_uuid)
      WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {params})
      SELECT 'config.parameter_' || k, 'value ' || (i * k % 997), id FROM made CROSS JOIN n;
    INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
      WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {metrics})
      SELECT 'score_' || k, (i * k % 997) / 997.0, 1, 0, 0, id FROM made CROSS JOIN n;
    """
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;" + script)
    print(connection.execute("SELECT invocation FROM made WHERE i = ?", (runs // 2,)).fetchone()[0])


def ask(connection: sqlite3.Connection, invocation: str) -> None:
    runs = connection.execute("""
        SELECT r.* FROM runs r
        JOIN (SELECT run_uuid FROM tags WHERE key = 'invocation_id' AND value = ?) t ON t.run_uuid = r.run_uuid
        WHERE r.lifecycle_stage = 'active' AND r.experiment_id IN (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active')
        ORDER BY r.start_time DESC, r.run_uuid""", (invocation,)).fetchall()
    for table in ("tags", "params", "latest_metrics"):
        for run in runs:
            connection.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", (run[0],)).fetchall()
    print(len(runs))


if __name__ == "__main__":
    verb, path, argument = sys.argv[1:]
    opened = sqlite3.connect(path)
    if verb == "make":
        make(opened, int(argument))
        opened.commit()
    else:
        ask(opened, argument)
