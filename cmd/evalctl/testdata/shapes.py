"""Log runs of shapes that other exporters and users make to an MLflow server.

    python shapes.py TRACKING_URI
"""

import sys

from mlflow import MlflowClient

DAY = 24 * 60 * 60 * 1000
FIRST = 1775001600000  # 2026-04-01T00:00:00Z


def run(client, experiment, day, status="FINISHED", params=(), metrics=(), **tags):
    tags = {"a.b-c/d" if key == "dotted" else "mlflow.user" if key == "user" else key: value for key, value in tags.items()}
    info = client.create_run(experiment, start_time=FIRST + day * DAY, tags=tags).info
    for key, value in dict(params).items():
        client.log_param(info.run_id, key, value)
    for key, value in dict(metrics).items():
        client.log_metric(info.run_id, key, value)
    client.set_terminated(info.run_id, status, end_time=FIRST + day * DAY + 1000)
    return info.run_id


def job(invocation, task="gsm8k"):
    return {"invocation_id": invocation, "job_id": invocation + ".0", "task_name": task, "benchmark": task,
            "harness": "simple_evals"}


def main():
    client = MlflowClient(sys.argv[1])
    shapes, gone, training = (client.create_experiment(name) for name in ("shapes", "gone", "training"))
    # An id of digits only, from launcher 0.1.x.
    run(client, shapes, 0, metrics={"gsm8k_acc": 0.7}, user="alice", note="it's \"so\"",
        params={"invocation_id": "12345678"}, model="acme/eagle-1", **job("12345678"))
    # A user's tag in the place of the id.
    run(client, shapes, 1, metrics={"gsm8k_acc": 0.9}, note="100%_", params={"invocation_id": "bbbb2222bbbb2222"},
        **{**job("bbbb2222bbbb2222"), "invocation_id": "nightly"})
    # No tag with the id, and the model in a parameter.
    tags = job("cccc3333cccc3333")
    del tags["invocation_id"]
    run(client, shapes, 2, dotted="x", params={"invocation_id": "cccc3333cccc3333",
                                              "config.target.api_endpoint.model_id": "acme/eagle-1"}, **tags)
    # A whole invocation, as launcher 0.1.x exports it.
    run(client, shapes, 3, params={"invocation_id": "dddd4444dddd4444", "jobs_count": 2},
        invocation_id="dddd4444dddd4444", model="acme/eagle-2")
    # nel-next.
    run(client, shapes, 4, job_id="eval-20260401T000000Z-mmlu_pro", benchmark="mmlu_pro", config_hash="sha256:1")
    # Deleted: a run, and an experiment with its run.
    client.delete_run(run(client, shapes, 5, status="FAILED", **job("eeee5555")))
    run(client, gone, 6, **job("ffff6666"))
    client.delete_experiment(gone)
    # No evaluation.
    run(client, training, 7, model="acme/eagle-1", job_id="4711")


main()
