"""MLflow's own client on a file store.

    python client.py write DIR     make a store of odd runs in DIR
    python client.py search DIR    answer filters with MLflow's client

search reads a JSON list of [filter, view] from standard input and prints a list
with, for each, the ids of the runs that are found, or null where MLflow refuses.
"""

import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType

NAN, INF = float("nan"), float("inf")

# tags, params, metrics (a list of values by step), status
RUNS = [
    ({"task_name": "arith", "a b": "x", "p/q": "1", "p/r/s": "2"}, {"lr": "0.1"}, {"acc": [0.5]}, "FINISHED"),
    ({"task_name": "Arith", "a-b": "it's"}, {"lr": "1e-1", "deep/er": "v"}, {"acc": [0.25, 0.75]}, "FINISHED"),
    ({"task_name": "arith_2", "quote": 'say "no"'}, {"lr": "null"}, {"acc": [NAN]}, "FAILED"),
    ({"task_name": "", "lines": "one\ntwo\n"}, {"note": "a\nb"}, {"acc": [INF]}, "FINISHED"),
    ({"task_name": "ärith", "percent": "50%"}, {}, {"acc": [-INF], "loss/val": [1.5]}, "KILLED"),
    ({"under": "a_b"}, {"lr": "0.10"}, {"acc": [0.5, NAN]}, "RUNNING"),
    ({"under": "axb", "ÄB": "Ünïcode"}, {"empty": ""}, {"acc": [NAN, 0.5]}, "SCHEDULED"),
    ({"task_name": "ARITH", "1.x": "n"}, {"config.tasks.0.name": "t"}, {"loss": [1e-07], "big": [1e308]}, "FINISHED"),
    ({}, {}, {}, "FINISHED"),
    ({"task_name": "arith", "backslash": "a\\b"}, {"lr": "0.1"}, {"acc": [0.5], "steps": [3, 2, 1]}, "FINISHED"),
    ({"task_name": "arith", "İ": "ıI"}, {"lr": "0.1"}, {"acc": [0.1 + 0.2]}, "FINISHED"),
]


def write(uri: str) -> None:
    client = MlflowClient(uri)
    experiments = [client.create_experiment("first"), client.create_experiment("acme/second")]
    gone = client.create_experiment("gone")
    made = []
    for i, (tags, params, metrics, status) in enumerate(RUNS * 2):
        named = {} if i % 3 else {"mlflow.runName": f"run {i}"}
        run = client.create_run(experiments[i % 2], start_time=1_700_000_000_000 + 1000 * (i // 2), tags={**tags, **named})
        made.append(run.info.run_id)
        client.log_batch(
            made[-1],
            metrics=[Metric(k, v, 1_700_000_000_000 + s, s) for k, vs in metrics.items() for s, v in enumerate(vs)],
            params=[Param(k, v) for k, v in params.items()],
            tags=[RunTag("n", str(i))],
        )
        if i % 4 == 0:
            data = Dataset(f"set{i % 3}", f"d{i}", "local", "{}")
            client.log_inputs(made[-1], [DatasetInput(data, [InputTag("mlflow.data.context", "eval" if i % 8 else "train")])])
        if status == "SCHEDULED":
            client.update_run(made[-1], status)
        elif status != "RUNNING":
            client.set_terminated(made[-1], status, end_time=1_700_000_100_000 + i)
    client.set_tag(made[2], "task_name", "changed")
    client.delete_tag(made[5], "under")
    for run in (made[3], made[12]):
        client.delete_run(run)
    client.create_run(gone)
    client.delete_experiment(gone)


def search(uri: str) -> None:
    client = MlflowClient(uri)
    ids = [e.experiment_id for e in client.search_experiments(view_type=ViewType.ALL)]
    active = [e.experiment_id for e in client.search_experiments()]
    answers = []
    for text, view in json.load(sys.stdin):
        try:
            everything = view == "all"
            runs = client.search_runs(
                ids if everything else active, text, ViewType.ALL if everything else ViewType.ACTIVE_ONLY, max_results=1000)
            answers.append([r.info.run_id for r in runs])
        except Exception:
            answers.append(None)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    {"write": write, "search": search}[sys.argv[1]]("file://" + sys.argv[2])
