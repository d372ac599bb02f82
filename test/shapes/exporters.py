"""What each generation of the launcher's exporter leaves on an MLflow server.

Written after the exporters' sources of 0.1.0 to 0.2.6 and of nel-next 0.4.0: the
tags, parameters, metric keys and artifact paths of each. The exporter that can be
installed makes only its own; see ../load for that one.
"""

import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

HOUR = 3_600_000
ERA = {  # when a version was in use, in ms: runs of one store then sort like history
    "0.1.5": 1_758_700_000_000,
    "0.1.12": 1_759_900_000_000,
    "0.1.20": 1_761_100_000_000,
    "0.1.60": 1_766_000_000_000,
    "0.1.93": 1_770_000_000_000,
    "0.2.6": 1_778_000_000_000,
    "0.4.0": 1_784_000_000_000,
}


class Digits(str):
    """A number of results.yml with exactly these digits."""


def _digits(dumper, text):
    tag = "int" if re.fullmatch(r"-?[0-9]+", text) else "float"
    return dumper.represent_scalar("tag:yaml.org,2002:" + tag, str(text))


class Dumper(yaml.SafeDumper):
    """PyYAML as the core uses it, with numbers as they are given."""

    def ignore_aliases(self, data):
        return True


Dumper.add_representer(Digits, _digits)


def to_yaml(value):
    return yaml.dump(value, Dumper=Dumper, sort_keys=True)


@dataclass
class Leaf:
    """One number of results.yml."""

    section: str
    name: str  # of nested groups joined by "/"
    metric: str
    score: str
    value: object  # Digits, or what a harness writes in a number's place
    stats: dict = field(default_factory=dict)


@dataclass
class Job:
    """One task of an invocation, as configured and as it came out."""

    name: str  # in the launcher's configuration
    harness: str | None
    type: str  # config.type of run_config.yml
    leaves: list[Leaf] = field(default_factory=list)
    params: dict = field(default_factory=dict)
    model: str = "acme/heron-8b"
    git_hash: object = ""
    results: str | None = None  # the text of results.yml, where it is not made from leaves
    empty: str | None = None  # a section that is there without content: "groups" or "tasks"

    def text(self, launcher):
        """results.yml as the core of the launcher's time writes it."""
        if self.results is not None:
            return self.results
        new = generation(launcher) == "0.2"
        params = {"limit_samples": None, "temperature": None, "top_p": None, "max_new_tokens": None,
                  "parallelism": 4, "extra": {}} | self.params
        if new:  # core 0.1.40 and later drop what is not set
            params = {k: v for k, v in params.items() if v is not None}
        endpoint = {"model_id": self.model, "type": "chat", "url": "http://model.example/v1/chat/completions"}
        endpoint |= {"api_key_name": "API_KEY"} if new else {"api_key": "API_KEY", "stream": None, "adapter_config": None}
        document = {
            "command": "evaluate --output_path /results ",
            "config": {"output_dir": "/results", "params": params, "type": self.type},
            "git_hash": self.git_hash,
            "results": self.sections(),
            "target": {"api_endpoint": endpoint},
        }
        if new:
            document["metadata"] = {"versioning": {"nemo_evaluator": "0.2.8", "nemo_evaluator_launcher": launcher}}
        else:
            document["config"]["supported_endpoint_types"] = None
        return to_yaml(document)

    def sections(self):
        found = {}
        for leaf in self.leaves:
            if leaf.section not in ("groups", "tasks"):
                continue  # that is in another file
            at = found.setdefault(leaf.section, {})
            outer, *inner = leaf.name.split("/") if leaf.section == "groups" else [leaf.name]
            at = at.setdefault(outer, {"metrics": {}})
            for name in inner:
                at = at.setdefault("groups", {}).setdefault(name, {"metrics": {}})
            scores = at["metrics"].setdefault(leaf.metric, {"scores": {}})["scores"]
            scores[leaf.score] = {"stats": leaf.stats, "value": leaf.value}
        if self.empty:
            found[self.empty] = None
        return found

    def run_config(self):
        params = {"limit_samples": None, "temperature": None, "top_p": None, "max_new_tokens": None,
                  "parallelism": 4, "extra": {}} | self.params
        return to_yaml({
            "command": "evaluate --output_path {{config.output_dir}}",
            "config": {"output_dir": "/results", "params": params, "type": self.type},
            "framework_name": self.harness, "pkg_name": self.harness,
            "target": {"api_endpoint": {"model_id": self.model, "type": "chat", "stream": None, "api_key_name": "API_KEY",
                                        "url": "http://model.example/v1/chat/completions"}},
        })

    def benchmark(self, launcher):
        """The tag task_name."""
        if generation(launcher) == "0.2":
            return self.type
        return self.name.split(".", 1)[-1]

    def folder(self, launcher):
        """Where the job's files are, from the root of its run."""
        if before(launcher, "0.1.13"):
            return self.name
        if generation(launcher) == "0.2":
            return f"{self.harness}.{self.type}/artifacts"
        return f"{self.harness or 'unknown'}.{self.benchmark(launcher)}/artifacts"


@dataclass
class Launch:
    """One invocation."""

    id: str
    launcher: str
    jobs: list[Job]
    configured: list[str] = field(default_factory=list)  # tasks without a job, after the jobs

    def config(self):
        names = [job.name for job in self.jobs] + self.configured
        return {
            "deployment": {"type": "none"},
            "execution": {"type": "local", "output_dir": "/evals"},
            "evaluation": {"tasks": [{"name": name} for name in names]},
            "target": {"api_endpoint": {"model_id": self.jobs[0].model, "api_key_name": "API_KEY"}},
        }


def version(text):
    return [int(part) for part in text.split(".")]


def before(launcher, other):
    return version(launcher) < version(other)


def generation(launcher):
    return "0.1" if before(launcher, "0.2.0") else "0.2"


def sanitise(key):
    key = re.sub(r"[^/\w.\- ]", "_", key.replace("pass@", "pass_at_"))
    return re.sub(r"_+", "_", key).strip()[:250] or "key"


OLD_METRICS = ("acc", "accuracy", "score", "exact_match", "f1", "em", "pass@1", "pass@k")


def metric_keys(job, launcher):
    """The MLflow metrics of a job, by the rules of its exporter."""
    found = {}
    for leaf in job.leaves:
        if leaf.section not in ("groups", "tasks"):
            continue
        try:
            value = float(leaf.value)
        except (TypeError, ValueError):
            continue
        name = leaf.name.replace("/", "_")
        if before(launcher, "0.1.27"):
            if "/" in leaf.name or not any(word in leaf.metric for word in OLD_METRICS):
                continue
            key = f"{name}_{leaf.metric}_{leaf.score}"
        elif leaf.metric == leaf.score:
            key = f"{name}_{leaf.metric}"
        else:
            key = f"{name}_{leaf.metric}_{leaf.score}"
        found[key if before(launcher, "0.1.15") else sanitise(key)] = value
    return found


class Server:
    """Writes runs to a tracking server and remembers them by name."""

    def __init__(self, uri):
        self.client = MlflowClient(uri)
        self.experiments = {}
        self.runs = {}
        self.count = 0

    def experiment(self, name):
        if name not in self.experiments:
            self.experiments[name] = self.client.create_experiment(name)
        return self.experiments[name]

    def run(self, name, experiment, start, tags, params, metrics, files, status="FINISHED", run_name=None):
        """Makes a run. `metrics` are dictionaries that were logged one after the other."""
        run = self.client.create_run(self.experiment(experiment), start_time=start, run_name=run_name)
        run_id = run.info.run_id
        batches = metrics if isinstance(metrics, list) else [metrics]
        for step, batch in enumerate(batches):
            self.client.log_batch(run_id, [Metric(k, v, start + 1000 * (step + 1), 0) for k, v in batch.items()])
        self.client.log_batch(run_id, [], [Param(k, v) for k, v in params.items()], [RunTag(k, v) for k, v in tags.items()])
        if files:
            with tempfile.TemporaryDirectory(prefix="evalctl-shapes-") as scratch:
                for path, text in files.items():
                    target = Path(scratch) / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
                self.client.log_artifacts(run_id, scratch)
        if status != "RUNNING":
            self.client.set_terminated(run_id, status=status, end_time=start + 60_000)
        self.runs[name] = run_id
        self.count += 1
        return run_id

    def export_job(self, launch, index, experiment, *, name=None, tags=None, params=None, after=0, status="FINISHED",
                   files=None, metrics=None, logs=None, root="config.yaml",
                   beside=None):
        """A job's run, as all of 0.2.x, and 0.1.x for single jobs, export it."""
        job, launcher = launch.jobs[index], launch.launcher
        new = generation(launcher) == "0.2"
        benchmark = job.benchmark(launcher)
        built_in = {
            "invocation_id": launch.id, "job_id": f"{launch.id}.{index}", "task_name": benchmark, "benchmark": benchmark,
            "harness": job.harness or ("" if new else "unknown"), "executor": "local",
        }
        own = tags or {}
        every = built_in | own if new else own | built_in
        start = ERA[launcher] + after * HOUR + index * 1000
        folder = job.folder(launcher)
        if files is None:
            files = {f"{folder}/results.yml": job.text(launcher),
                     f"{folder}/eval_factory_metrics.json": json.dumps({"response_stats": {"count": 10, "successful_count": 10}})}
            if new:
                files[f"{folder}/run_config.yml"] = job.run_config()
                files[f"{folder}/metadata.yaml"] = to_yaml({
                    "launcher_resolved_config": launch.config(),
                    "versioning": {"nemo_evaluator": "0.2.8", "nemo_evaluator_launcher": launcher}})
            files[root] = to_yaml(launch.config())
        for file, text in (beside or {}).items():  # only_required=false
            files[f"{folder}/{file}"] = text
        for log, text in (logs or {}).items():
            files[f"{folder.removesuffix('/artifacts')}/logs/{log}"] = text
        return self.run(
            name or f"{launch.id}.{index}", experiment, start, {k: v for k, v in every.items() if v},
            {"invocation_id": launch.id, "executor": "local", "timestamp": f"{start / 1000}"} | (params or {}),
            metric_keys(job, launcher) if metrics is None else metrics, files, status, f"eval-{launch.id}-{benchmark}")

    def export_jobs(self, launch, experiment, **options):
        for index in range(len(launch.jobs)):
            self.export_job(launch, index, experiment, **options)

    def export_whole(self, launch, experiment, *, name=None, tags=None, after=0):
        """One run for an invocation: 0.1.x, given an invocation's id."""
        launcher = launch.launcher
        assert generation(launcher) == "0.1"
        start = ERA[launcher] + after * HOUR
        metrics, files = {}, {"config.yaml": to_yaml(launch.config())}
        for job in launch.jobs:
            metrics |= metric_keys(job, launcher)
            files[f"{job.folder(launcher)}/results.yml"] = job.text(launcher)
            files[f"{job.folder(launcher)}/eval_factory_metrics.json"] = "{}"
        return self.run(
            name or launch.id, experiment, start, {"invocation_id": launch.id} | (tags or {}),
            {"invocation_id": launch.id, "executor": "local", "timestamp": f"{start / 1000}", "jobs_count": str(len(launch.jobs))},
            metrics, files, run_name=f"eval-{launch.id}")

    def export_bundle(self, bundle, *, after=0, tags=None, results=None, experiment="nemo-evaluator"):
        """A nel-next bundle's run."""
        run_id, benchmark = bundle["run_id"], bundle["benchmark"]["name"]
        folder = re.sub(r"[^a-zA-Z0-9_.-]", "_", benchmark)
        metrics = {}
        for key, score in bundle["benchmark"]["scores"].items():
            value = score.get("value") if isinstance(score, dict) else score
            if value is not None:
                metrics[sanitise(key)] = float(value)
        files = {f"{folder}/{run_id}.json": json.dumps(bundle, indent=2)}
        if results is not None:
            files[f"{folder}/results.jsonl"] = results
        shared = {"benchmark": benchmark, "config_hash": bundle["config_hash"], "sdk_version": bundle["sdk_version"]}
        return self.run(
            run_id, experiment, ERA["0.4.0"] + after * HOUR, {"job_id": run_id} | shared | (tags or {}),
            {"run_id": run_id, "timestamp": bundle["timestamp"], "n_results": str(bundle["n_results"])} | shared,
            metrics, files, run_name=f"eval-{run_id}")
