"""The script that people write today: compares two invocations with MLflow's client.

    python compare.py TRACKING_URI BASE CANDIDATE
"""

import json
import sys
import tempfile
from decimal import Decimal

import yaml
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts


def load(client, experiments, invocation, scratch):
    runs = {}
    for run in client.search_runs(experiments, f"tags.invocation_id = '{invocation}'", order_by=["start_time DESC"]):
        if run.info.status == "FINISHED":
            runs.setdefault(run.data.tags["job_id"], run)
    scores, runtime = {}, {}
    for run in runs.values():
        tags = run.data.tags
        folder = f"{tags['harness']}.{tags['benchmark']}/artifacts"
        files = [download_artifacts(run_id=run.info.run_id, artifact_path=f"{folder}/{name}", dst_path=scratch)
                 for name in ("results.yml", "eval_factory_metrics.json")]
        with open(files[0]) as stream:
            results = yaml.load(stream, Loader=yaml.BaseLoader)["results"]
        with open(files[1]) as stream:
            runtime[tags["task_name"]] = json.load(stream)
        for section, entries in results.items():
            for name, entry in entries.items():
                for metric, content in entry["metrics"].items():
                    for score, leaf in content["scores"].items():
                        scores[tags["task_name"], section, name, metric, score] = Decimal(leaf["value"])
    return scores, runtime


def main():
    uri, base, cand = sys.argv[1:]
    client = MlflowClient(uri)
    import mlflow

    mlflow.set_tracking_uri(uri)
    experiments = [e.experiment_id for e in client.search_experiments()]
    with tempfile.TemporaryDirectory() as scratch:
        before, _ = load(client, experiments, base, scratch)
        after, _ = load(client, experiments, cand, scratch)
    for key in sorted(before.keys() & after.keys()):
        print(*key, before[key], after[key], after[key] - before[key])


if __name__ == "__main__":
    main()
