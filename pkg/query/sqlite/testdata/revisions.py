"""Databases of older MLflow versions, made by MLflow's own migrations.

    python revisions.py FILLED DIR REVISION...

makes DIR/REVISION.db for each revision of the schema, in the order in which MLflow
had them, with the rows of the database FILLED as far as there are tables and columns
for them.
"""

import shutil
import sqlite3
import sys

import sqlalchemy
from alembic import command
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base

filled, folder, *revisions = sys.argv[1:]
base = f"{folder}/base.db"
engine = sqlalchemy.create_engine(f"sqlite:///{base}")
Base.metadata.create_all(engine)
for revision in revisions:
    with engine.begin() as connection:
        config = _get_alembic_config(f"sqlite:///{base}")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    copy = f"{folder}/{revision}.db"
    shutil.copyfile(base, copy)
    into = sqlite3.connect(copy)
    into.execute("ATTACH ? AS filled", (filled,))
    for table in ("experiments", "runs", "tags", "params", "metrics", "latest_metrics", "registered_models", "registered_model_tags",
                  "registered_model_aliases", "model_versions", "model_version_tags"):
        theirs = {row[1] for row in into.execute(f"PRAGMA filled.table_info({table})")}
        columns = ", ".join(f'"{row[1]}"' for row in into.execute(f"PRAGMA main.table_info({table})") if row[1] in theirs)
        into.execute(f"DELETE FROM main.{table}")
        into.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM filled.{table}")
    into.commit()
    into.close()
