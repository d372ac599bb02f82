"""Fill an MLflow server with the runs that the tests expect.

    python load.py TRACKING_URI DATA

DATA is test/data. Every run is made by the launcher's own exporter, so tags,
params, metrics and artifact paths are what a team would have on its server.
The server must be empty; afterwards it holds 32 runs in 7 experiments, which is
checked. Run it with the Python of an environment made from requirements.txt.
"""

import calendar
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_EXPERIMENT = "nemo-evaluator-launcher"  # the exporter's own choice
UNWRITABLE = "broken-store"

SAMPLING = {"framework": "vllm", "temperature": "0.6", "top_p": "0.95", "max_new_tokens": "512"}
FALCON_BF16 = {**SAMPLING, "model": "acme/falcon-8b-bf16"}
FALCON_NVFP4 = {**SAMPLING, "model": "acme/falcon-8b-nvfp4"}
CONDOR = {"model": "acme/condor-70b-bf16"}
EVERYTHING = {"only_required": False, "copy_logs": True}


@dataclass
class Export:
    """One call of the exporter. `jobs` are names of truths.json, `NAME.2` for a
    single job; `exported` is how many of them must succeed."""

    jobs: list[str]
    experiment: str
    exported: int
    options: dict = field(default_factory=dict)
    blind: bool = False  # cannot see earlier exports of the same job


EXPORTS = [
    # One job of A1 and one of B1 failed and has no results to export.
    Export(["A1", "A2", "A3"], "acme/falcon-8b", 9, {"tags": FALCON_BF16}),
    Export(["B1", "B2", "B3"], "acme/falcon-8b", 9, {"tags": FALCON_NVFP4, **EVERYTHING}),
    # A second run for a job that has one, tags and experiment alike.
    Export(["B3.0"], "acme/falcon-8b", 1, {"tags": FALCON_NVFP4}, blind=True),
    # The same jobs once more in another experiment, which the exporter never looks at.
    Export(["A1"], "acme/release-candidates", 3, {"tags": {**FALCON_BF16, "stage": "candidate"}}),
    Export(["LIMIT"], "smoke", 3, {"run_name": "smoke-test"}),
    Export(["TWICE"], "sweeps", 2,
           {"tags": {"model": "acme/falcon-8b-nvfp4"}, "log_config_params": True, **EVERYTHING}),
    Export(["CACHED"], "sweeps", 1, {"tags": CONDOR}),
    Export(["LISTED"], DEFAULT_EXPERIMENT, 1),
    Export(["THINK"], "nightly/condor", 2,
           {"tags": {**CONDOR, "framework": "vllm", "temperature": "1.0", "top_p": "0.95"},
            "description": "Nightly run of the reasoning model",
            "extra_metadata": {"owner": "evals", "cluster": "lab"},
            "log_config_params": True, **EVERYTHING}),
    # The artifacts cannot be written: what stays is a FAILED run without files.
    Export(["A2.0"], UNWRITABLE, 0, {"tags": FALCON_BF16}),
]
RUNS = sum(e.exported for e in EXPORTS) + 1


def copy_trees(data: Path, to: Path) -> None:
    """Copies the launcher's output and gives each invocation's directory the time
    in its name: the exporter logs that time as param `timestamp`."""
    shutil.copytree(data / "launcher-output", to)
    for tree in to.iterdir():
        started = calendar.timegm(time.strptime(tree.name[:15], "%Y%m%d_%H%M%S"))
        os.utime(tree, (started, started))


@contextlib.contextmanager
def without_pandas():
    """The exporter looks for an earlier run of a job through pandas, swallows
    the error where there is none (as with mlflow-skinny), and makes a twin."""
    import pandas

    sys.modules["pandas"] = None
    try:
        yield
    finally:
        sys.modules["pandas"] = pandas


def export(uri: str, trees: Path, ids: dict[str, str], step: Export) -> None:
    from nemo_evaluator_launcher.api.functional import export_results

    jobs = []
    for job in step.jobs:
        name, dot, number = job.partition(".")
        jobs.append(ids[name] + dot + number)
    config = {"tracking_uri": uri, "experiment_name": step.experiment,
              "job_dirs": [str(trees)], **step.options}
    with without_pandas() if step.blind else contextlib.nullcontext():
        answer = export_results(jobs, "mlflow", config)["metadata"]
    if answer.get("successful_jobs") != step.exported:
        sys.exit(f"load: {' '.join(step.jobs)} to {step.experiment}: "
                 f"expected {step.exported} exports, the exporter says {answer}")


def check(uri: str) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    names = {e.experiment_id: e.name for e in client.search_experiments()}
    runs = client.search_runs(list(names), max_results=1000)
    filled = {names[run.info.experiment_id] for run in runs}
    if len(runs) != RUNS or filled != {e.experiment for e in EXPORTS}:
        sys.exit(f"load: {len(runs)} runs in {sorted(filled)} instead of {RUNS}: was the server empty?")
    failed = [names[r.info.experiment_id] for r in runs if r.info.status == "FAILED"]
    if failed != [UNWRITABLE]:
        sys.exit(f"load: FAILED runs in {failed} instead of one in {UNWRITABLE}")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    uri, data = sys.argv[1].rstrip("/"), Path(sys.argv[2]).resolve()
    truths = json.loads((data / "truths.json").read_text())
    ids = {name: entry["invocation_id"] for name, entry in truths["invocations"].items()}

    with tempfile.TemporaryDirectory(prefix="evalctl-load-") as scratch:
        # The launcher reads and writes its own records in HOME, found at import.
        os.environ["HOME"] = scratch
        os.environ["NEMO_EVALUATOR_TELEMETRY_LEVEL"] = "0"
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
        trees = Path(scratch) / "results"
        copy_trees(data, trees)

        from mlflow import MlflowClient

        MlflowClient(uri).create_experiment(UNWRITABLE, artifact_location="file:///dev/null/nowhere")
        for step in EXPORTS:
            export(uri, trees, ids, step)
        check(uri)


if __name__ == "__main__":
    main()
