"""MLflow's own answers to filters and orders.

    python oracle.py DATABASE

Fills DATABASE through MLflow's client, prints a line with what the runs were given
that a tracking store does not tell, and then answers each line of JSON
{"filter", "order_by"} with one: "sql" is what MLflow's client finds in the
database, "memory" what MLflow's file store would find among the same runs. Both are
lists of run ids, or null if MLflow refuses.
"""

import json
import math
import sys

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient
from mlflow.utils.search_utils import SearchUtils

LARGEST = sys.float_info.max


def fill(client: MlflowClient) -> list[str]:
    experiments = [client.create_experiment(name) for name in ("one", "two")]
    values = ["x", "X", "xyz", "x_z", "x%z", "5", "it's", 'say "x"', "", " ", "straße", "STRAẞE", "日本", "a\nb", "x\n", "back\\slash"]
    numbers = [0.5, -1.0, 0.0, math.nan, math.inf, -math.inf, 1e-7, 12, 0.1 + 0.2, 1e300]
    for n in range(48):
        run = client.create_run(experiments[n % 2], start_time=1_700_000_000_000 + 1000 * (n // 3),
                                run_name=["swift-owl", "Swift-Owl", f"run {n}"][n % 3])
        metrics = [Metric(key, numbers[(n + i) % len(numbers)], 1 + n, 0)
                   for i, key in enumerate(["acc", "a b", "a/b-c", "1a", "deep.er"]) if (n + i) % 4]
        metrics += [Metric("steps", 3, 1, 1), Metric("steps", n, 2, 2)]
        params = [Param(key, values[(n * 3 + i) % len(values)]) for i, key in enumerate(["p", "p q", "p:r/s"]) if (n + i) % 5]
        params = [p for p in params if p.value != ""]
        tags = [RunTag(key, values[(n * 5 + i) % len(values)]) for i, key in enumerate(["t", "select", "a:b/c d", "config.0.name"]) if (n + i) % 3]
        client.log_batch(run.info.run_id, metrics=metrics, params=params, tags=tags)
        if n % 4 == 0:
            client.log_inputs(run.info.run_id, [
                DatasetInput(Dataset(["squad", "Arc"][n % 8 // 4], f"d{n % 3}", "local", "{}"), [InputTag("mlflow.data.context", ["eval", "train"][n % 8 // 4])]),
                DatasetInput(Dataset("other", "d9", "local", "{}"), []),
            ])
        if n % 7:
            client.set_terminated(run.info.run_id, ["FINISHED", "FAILED", "KILLED"][n % 3], end_time=1_700_000_100_000 + 1000 * (n % 5))
    return experiments


def attempt(find):
    try:
        return [run.info.run_id for run in find()]
    except Exception:
        return None


def main() -> None:
    client = MlflowClient(f"sqlite:///{sys.argv[1]}")
    experiments = fill(client)
    runs = client.search_runs(experiments, max_results=1000)
    for run in runs:
        for key, value in run.data.metrics.items():
            if abs(value) == LARGEST:  # as a file store keeps it
                run.data._metrics[key] = math.copysign(math.inf, value)
    print(json.dumps({run.info.run_id: {
        "user_id": run.info.user_id,
        "inputs": [{"name": i.dataset.name, "digest": i.dataset.digest,
                    "contexts": [t.value for t in i.tags if t.key == "mlflow.data.context"]} for i in run.inputs.dataset_inputs],
    } for run in runs}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        text, order = asked["filter"], asked["order_by"]
        print(json.dumps({
            "sql": attempt(lambda: client.search_runs(experiments, text, order_by=order, max_results=1000)),
            "memory": attempt(lambda: SearchUtils.sort(SearchUtils.filter(runs, text), order)),
        }), flush=True)


if __name__ == "__main__":
    main()
