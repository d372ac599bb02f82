"""Fill a model registry with MLflow's own client, and print what that finds there.

    python registry.py URI DATABASE ID ID ID ID

URI is a server's, a database's or a file store's. DATABASE is the file behind it, or
"" for a file store. The IDs are of invocations, which the tags of versions name.

What is printed is JSON: {"models": [...], "versions": {NAME: [...]}, "prompts": [...]},
in the order in which MLflow lists them.
"""

import json
import pathlib
import sqlite3
import sys
import urllib.parse

import mlflow
from mlflow import MlflowClient

MANY = 1203  # versions: more than a server lists at once

uri, database, *ids = sys.argv[1:]
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient(tracking_uri=uri, registry_uri=uri)


def model(name, versions=0, **more):
    client.create_registered_model(name, **more)
    for n in range(versions):
        client.create_model_version(name, f"s3://models/{n}")


def link(name, version, value):
    client.set_model_version_tag(name, str(version), "invocation_id", value)


def evaluated():
    """What the tests of the program ask for."""
    model("falcon-8b", 6, tags={"team": "evals", "a/b": "1"}, description="the small one\nof two: 'falcons'")
    link("falcon-8b", 1, ids[0])
    link("falcon-8b", 2, ", ".join(ids[:3]))
    link("falcon-8b", 3, ids[0] + ".0")
    link("falcon-8b", 4, ids[3])
    link("falcon-8b", 5, ids[3])
    client.update_model_version("falcon-8b", "2", "said of a version: # no comment\n\nsecond")
    client.set_registered_model_alias("falcon-8b", "champion", "2")
    client.set_registered_model_alias("falcon-8b", "prod-eu", "2")
    client.set_registered_model_alias("falcon-8b", "gone", "6")
    for version, stage in (("1", "Production"), ("3", "Production"), ("4", "Staging"), ("5", "Archived")):
        client.transition_model_version_stage("falcon-8b", version, stage)
    client.delete_model_version("falcon-8b", "5")
    client.delete_model_version("falcon-8b", "6")  # the highest, and its alias with it
    model("falcon-8b-nvfp4", 1)
    model("condor-70b", 1)
    link("condor-70b", 1, ids[3])


def odd():
    names = ["a b", "ünï 模型🙂", "a@b", "'single'", '"double"', "back\\slash", "two\nlines", "null", "123", "1e3", "tags", "version-1",
             "aliases", ".hidden", "x.y", "#", "- a", "true", "*", "[x]", "a,b", "n" * 200]
    if database:  # a file store refuses these names, or is on a file system that cannot tell cases apart
        names += ["50%", "50%25", "%20", "Falcon-8b", "FALCON-8B"]
    for i, name in enumerate(names):
        model(name, 1 + i % 3, tags={"name": name}, description=name)
        client.set_registered_model_alias(name, "Älias_1", "1")
        client.set_model_version_tag(name, "1", "of", name)
    model("described as nothing", 2, description="")
    client.update_model_version("described as nothing", "1", "")
    for key, value in {"empty": "", "spaces": "  ", "lines": "one\n\ntwo\n", "deep/er/key": "x", "a b.c-d:e": "y", "unicode": "é🙂", "long": "v" * 3000, "null": "null"}.items():
        client.set_registered_model_tag("described as nothing", key, value)
        client.set_model_version_tag("described as nothing", "2", key, value)
    client.set_registered_model_tag("described as nothing", "removed", "x")
    client.delete_registered_model_tag("described as nothing", "removed")
    client.set_registered_model_alias("described as nothing", "moved", "1")
    client.set_registered_model_alias("described as nothing", "moved", "2")
    client.set_registered_model_alias("described as nothing", "removed", "2")
    client.delete_registered_model_alias("described as nothing", "removed")
    model("without versions")
    model("all versions deleted", 2)
    client.delete_model_version("all versions deleted", "1")
    client.delete_model_version("all versions deleted", "2")
    model("deleted", 2)
    client.delete_registered_model("deleted")
    model("before", 2, tags={"kept": "yes"})
    client.rename_registered_model("before", "after")
    experiments = [e.experiment_id for e in client.search_experiments()]
    run = client.search_runs(experiments, max_results=1)[0].info.run_id
    model("of a run")
    client.create_model_version("of a run", f"runs:/{run}/model" if uri.startswith("http") else "s3://x", run_id=run)
    prompt = getattr(getattr(mlflow, "genai", mlflow), "register_prompt", None) or mlflow.register_prompt
    prompt(name="a-prompt", template="say {{this}}")
    prompt(name="a-prompt", template="do not say {{this}}")


def many():
    """Versions that are copies of the first: MLflow takes minutes to make them."""
    model("many", 1, tags={"n": str(MANY)})
    client.set_model_version_tag("many", "1", "n", "all")
    if database:
        with sqlite3.connect(database, timeout=60) as rows:
            for table in ("model_versions", "model_version_tags"):
                columns = [row[1] for row in rows.execute(f"PRAGMA table_info({table})")]
                listed = ", ".join(f'"{c}"' for c in columns)
                copied = ", ".join("?" if c == "version" else f'"{c}"' for c in columns)
                rows.executemany(f"INSERT INTO {table} ({listed}) SELECT {copied} FROM {table} WHERE name = 'many' AND version = 1",
                                 [(n,) for n in range(2, MANY + 1)])
        return
    root = pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(uri).path)) / "models" / "many"
    meta = (root / "version-1" / "meta.yaml").read_text()
    for n in range(2, MANY + 1):
        tags = root / f"version-{n}" / "tags"
        tags.mkdir(parents=True)
        (tags / "n").write_text("all")
        (tags.parent / "meta.yaml").write_text(meta.replace("\nversion: 1\n", f"\nversion: {n}\n"))


def pages(search, **arguments):
    token = None
    while True:
        page = search(page_token=token, **arguments)
        yield from page
        token = page.token
        if not token:
            return


def said():
    models = [{
        "name": m.name, "description": m.description or "", "tags": m.tags, "aliases": {alias: int(v) for alias, v in m.aliases.items()},
        "created": m.creation_timestamp, "updated": m.last_updated_timestamp,
    } for m in pages(client.search_registered_models, max_results=100, order_by=["name ASC"])]
    versions = {m["name"]: [] for m in models}
    for v in pages(client.search_model_versions, max_results=5000, order_by=["name ASC", "version_number DESC"]):
        if v.current_stage == "Deleted_Internal":  # which a file store lists
            continue
        versions[v.name].append({
            "version": int(v.version), "stage": v.current_stage, "status": v.status, "description": v.description or "", "tags": v.tags,
            "created": v.creation_timestamp, "updated": v.last_updated_timestamp, "run_id": v.run_id or "", "source": v.source,
        })
    return {"models": models, "versions": versions, "prompts": ["a-prompt"]}


evaluated()
odd()
many()
json.dump(said(), sys.stdout)
