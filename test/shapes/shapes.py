"""Fill an MLflow server with runs of every shape that exporters ever made.

    python shapes.py TRACKING_URI KEY

The server must be empty. KEY becomes a JSON file: the ids of the runs by name, and
the answers that evalctl must give about them, computed from the digits that are
written here. Run it with the Python of an environment made from requirements.txt.
"""

import json
import sys
from fractions import Fraction

from answers import Key, Task
from exporters import Digits, Job, Launch, Leaf, Server

D = Digits
MICRO = ("score", "micro")


def both(name, metric, score, value, **stats):
    """What a harness says under groups and again under tasks."""
    return [Leaf(section, name, metric, score, value, stats) for section in ("groups", "tasks")]


def mgsm(value, **fields):
    """A task of simple_evals, which launchers know by a dotted name."""
    return Job("simple_evals.mgsm", "simple_evals", "mgsm", both("mgsm", "score", "micro", D(value), stderr=D("0.0123")), **fields)


def arc(value, normal="0.5", **fields):
    """A listed task of lm-evaluation-harness: its launcher name has no dot."""
    leaves = both("arc_challenge", "acc", "acc", D(value), stderr=D("0.011")) + \
        both("arc_challenge", "acc_norm", "acc_norm", D(normal), stderr=D("0.012"))
    return Job("arc_challenge", "lm-evaluation-harness", "arc_challenge", leaves, **fields)


def gpqa(value, repeats=16, name="gpqa_diamond", **fields):
    """nemo_skills: percent, groups only, a key of its own choice, seconds beside scores."""
    metric = f"pass@1[avg-of-{repeats}]"
    leaves = [Leaf("groups", "gpqa", metric, "symbolic_correct", D(value), {"count": 198}),
              Leaf("groups", "gpqa", metric, "gen_seconds", D("812"), {"count": 198}),
              Leaf("groups", "gpqa", "majority@8", "symbolic_correct", D("61.5"), {"count": 198})]
    return Job(name, "nemo_skills", name, leaves, **fields)


def mgsm_task(job, **fields):
    return Task(job, "mgsm", ("groups", "mgsm", *MICRO), **fields)


def arc_task(job, **fields):
    return Task(job, "arc_challenge", ("groups", "arc_challenge", "acc", "acc"), **fields)


def gpqa_task(job, **fields):
    metric = job.leaves[0].metric
    return Task(job, job.type, ("groups", "gpqa", metric, "symbolic_correct"), "percent", same="gpqa_diamond", **fields)


def standard(jobs):
    """Tasks of jobs made by the three functions above, in their order."""
    kinds = {"mgsm": mgsm_task, "arc_challenge": arc_task, "gpqa_diamond": gpqa_task}
    return [kinds[job.type](job) for job in jobs]


def first_launchers(server, key):
    """0.1.0 to 0.1.12: ids of eight digits, folders named like the task, config.yaml."""
    base = Launch("1a2b3c4d", "0.1.5", [arc("0.4513651877133106"), mgsm("0.7")], ["hle"])
    cand = Launch("5e6f7a8b", "0.1.12", [arc("0.44"), mgsm("0.62384")], ["hle"])
    for launch in (base, cand):
        server.export_jobs(launch, "first")
    no_hle = [(side, "hle", f"{launch.id}.2", "no_run") for side, launch in (("base", base), ("cand", cand))]
    key.expect("first launchers", (base.id, standard(base.jobs)), (cand.id, standard(cand.jobs)), missing=no_hle,
               models=[["acme/heron-8b"], ["acme/heron-8b"]])
    key.expect("first launchers, one job", ("1a2b.1", [mgsm_task(base.jobs[1])]), (cand.id + ".1", [mgsm_task(cand.jobs[1])]))
    key.expect("ids in capitals", (base.id.upper(), standard(base.jobs)), (cand.id, standard(cand.jobs)), missing=no_hle)
    return base


def versions(server, key, early):
    """One task exported by every generation: names of folders, configurations and
    metrics differ, the comparison does not."""
    key_change = Launch("66778899aabbccdd", "0.1.20", [arc("0.451"), mgsm("0.71")])
    server.export_jobs(key_change, "by version")
    later = Launch("778899aabbccddee", "0.1.60", [arc("0.452"), mgsm("0.72")])
    server.export_jobs(later, "by version", logs={"client_stdout.log": "done\n", "stdout.log": ""})
    new = Launch("8899aabbccddeeff", "0.2.6", [arc("0.453"), mgsm("0.73")])
    server.export_jobs(new, "by version")
    no_hle = [("base", "hle", early.id + ".2", "no_run")]
    for launch in (key_change, later, new):
        key.expect(f"0.1.5 against {launch.launcher}", (early.id, standard(early.jobs)), (launch.id, standard(launch.jobs)),
                   missing=no_hle)
    key.expect("0.1.20 against 0.1.60: keys of metrics changed", (key_change.id, standard(key_change.jobs)),
               (later.id, standard(later.jobs)))


def whole_invocations(server, key):
    """One run for a whole invocation: no job ids, several folders, jobs_count."""
    base = Launch("a1b2c3d4e5f60718", "0.1.60", [mgsm("0.81"), arc("0.55"), gpqa("71.2")], ["simple_evals.humaneval"])
    cand = Launch("4021957730268115", "0.1.93", [gpqa("70.95"), mgsm("0.8"), arc("0.56")])
    for launch in (base, cand):
        server.export_whole(launch, "whole")
    key.expect("whole invocations", (base.id, standard(base.jobs)), (cand.id, standard(cand.jobs)),
               missing=[("base", "humaneval", base.id + ".3", "no_run")])
    # A job of it has no run of its own and so cannot be asked for by its id.
    key.expect_runs("the run of a whole invocation", [base.id], [base.id])

    beside = Launch("b2c3d4e5f6071829", "0.1.60", [mgsm("0.82"), arc("0.57")])
    server.export_jobs(beside, "whole")
    server.export_whole(beside, "whole", after=2)
    key.expect("a whole run beside those of its jobs", (base.id, standard(base.jobs)), (beside.id, standard(beside.jobs)),
               missing=[("base", "humaneval", base.id + ".3", "no_run"), ("cand", "gpqa_diamond", None, "absent_on_side")],
               aside=[beside.id])

    again = Launch("c3d4e5f60718293a", "0.1.60", [mgsm("0.1"), arc("0.2")])
    server.export_whole(again, "whole", name="older whole run")
    again.jobs = [mgsm("0.83"), arc("0.58")]
    server.export_whole(again, "whole elsewhere", after=5)
    key.expect("a whole invocation exported twice", (beside.id, standard(beside.jobs)), (again.id, standard(again.jobs)),
               aside=[beside.id, "older whole run"])


def root_configurations(server, key):
    """The launcher's configuration at the root of a run goes by three names."""
    launches = [Launch(f"aa0{i}aabbccddeeff", "0.1.60", [mgsm(f"0.3{i}")], ["hle"]) for i in range(3)]
    for launch, root in zip(launches, ("config.yaml", "config.yml", "run_config.yml")):
        server.export_jobs(launch, "roots", root=root)
    no_hle = [(side, "hle", launch.id + ".1", "no_run") for side, launch in zip(("base", "cand", "cand"), launches)]
    for i in (1, 2):
        key.expect(f"root configuration, {i}", (launches[0].id, standard(launches[0].jobs)),
                   (launches[i].id, standard(launches[i].jobs)), missing=[no_hle[0], no_hle[i]])


def digits_only(server, key):
    """Ids that look like numbers, one of them the beginning of another."""
    short = Launch("20250918", "0.1.5", [arc("0.31")])
    long = Launch("2025091812345678", "0.2.6", [arc("0.32")])
    other = Launch("71828182", "0.1.5", [arc("0.33")])
    for launch in (short, long, other):
        server.export_jobs(launch, "digits")
    key.expect("an id of digits that another one begins with", (short.id, standard(short.jobs)), (other.id, standard(other.jobs)))
    key.expect("sixteen digits", (long.id, standard(long.jobs)), ("7182", standard(other.jobs)))
    key.expect_refusal("two ids begin so", ["compare", "2025", other.id], 2, "ambiguous")


def replaced_tags(server, key):
    """0.2.x lets users' tags replace its own; the parameter keeps the id."""
    base = Launch("d4e5f60718293a4b", "0.2.6", [mgsm("0.41"), arc("0.42")])
    cand = Launch("e4e5f60718293a4b", "0.2.6", [mgsm("0.43"), arc("0.44")])
    server.export_jobs(base, "replaced", tags={"invocation_id": "nightly-7"})
    server.export_jobs(cand, "replaced", tags={"model": "acme/heron-8b", "temperature": "1.0"})
    key.expect("an invocation_id that a user's tag replaced", (base.id, standard(base.jobs)), (cand.id, standard(cand.jobs)))
    key.expect("a job whose invocation_id a user's tag replaced", (base.id + ".0", [mgsm_task(base.jobs[0])]),
               (cand.id + ".0", [mgsm_task(cand.jobs[0])]))


def duplicates(server, key):
    """The same job in several experiments, with equal tags; the newest finished run counts."""
    launch = Launch("e5f60718293a4b5c", "0.2.6", [mgsm("0.11"), arc("0.12")])
    server.export_job(launch, 0, "team a", name="copy in team a")
    server.export_job(launch, 1, "team a", name="arc in team a")
    launch.jobs[0] = mgsm("0.13")
    server.export_job(launch, 0, "team b", name="copy in team b", after=3)
    server.export_job(launch, 0, "team b", name="second copy in team b", after=1)
    launch.jobs[0] = mgsm("0.99")
    server.export_job(launch, 0, "team c", name="failed copy", after=9, status="FAILED")
    launch.jobs[0] = mgsm("0.13")
    other = Launch("e6f60718293a4b5c", "0.2.6", [mgsm("0.23"), arc("0.12")])
    server.export_jobs(other, "team a")
    key.expect("duplicates over experiments", (launch.id, standard(launch.jobs)), (other.id, standard(other.jobs)),
               aside=["copy in team a", "second copy in team b", "failed copy"])
    key.expect_runs("which of the duplicates count", [launch.id], ["copy in team b", "arc in team a"],
                    aside=["copy in team a", "second copy in team b", "failed copy"])


def exported_again(server, key):
    """0.2.x resumes a run: new tags, files and metrics, old parameters, cut at 250."""
    old, new = mgsm("0.21", params={"temperature": D("0.0")}), mgsm("0.61", params={"temperature": D("0.6")})
    launch = Launch("f60718293a4b5c6d", "0.2.6", [new])
    stale = {"config.evaluation.nemo_evaluator_config.config.params.temperature": "0.0",
             "config.deployment.extra_args": ("--rope-scaling " * 40)[:250], "config.evaluation.tasks.0.name": "simple_evals.mgsm"}
    server.export_job(launch, 0, "again", params=stale, tags={"temperature": "0.0"},
                      metrics=[{"mgsm_score_micro": 0.21}, {"mgsm_score_micro": 0.61}])
    other = Launch("f70718293a4b5c6d", "0.2.6", [mgsm("0.5", params={"temperature": D("0.6")})])
    server.export_jobs(other, "again")
    key.expect("exported again, with stale parameters", (launch.id, standard(launch.jobs)), (other.id, standard(other.jobs)))
    assert old.leaves[0].value == "0.21"


def named(task, value):
    """A task of simple_evals by any name."""
    return Job("simple_evals." + task, "simple_evals", task, both(task, "score", "micro", D(value)))


def named_task(job):
    return Task(job, job.type, ("groups", job.type, *MICRO))


def statuses(server, key):
    """Presence is no success: what FAILED, RUNNING and KILLED runs leave."""
    names = ["fine", "failed", "running", "killed", "nothing", "cut", "failed_late", "empty", "damaged_runtime"]
    base = Launch("18293a4b5c6d7e8f", "0.2.6", [named(name, f"0.{i + 1}1") for i, name in enumerate(names)], ["simple_evals.never"])
    server.export_jobs(base, "statuses")
    cand = Launch("0718293a4b5c6d7e", "0.2.6", [named(name, f"0.{i + 1}2") for i, name in enumerate(names)], ["simple_evals.never"])
    at = {name: i for i, name in enumerate(names)}
    cand.jobs[at["cut"]].results = base.jobs[at["cut"]].text("0.2.6")[:-180]
    cand.jobs[at["empty"]].results = "results: {}\n"
    nothing = {"files": {}, "metrics": {}}
    for name, options in {
        "fine": {}, "failed": {"status": "FAILED", **nothing}, "running": {"status": "RUNNING", **nothing},
        "killed": {"status": "KILLED", **nothing}, "nothing": nothing, "cut": {"metrics": {}},
        "failed_late": {"status": "FAILED"}, "empty": {"metrics": {}},
        "damaged_runtime": {"files": {
            "simple_evals.damaged_runtime/artifacts/results.yml": cand.jobs[at["damaged_runtime"]].text("0.2.6"),
            "simple_evals.damaged_runtime/artifacts/run_config.yml": cand.jobs[at["damaged_runtime"]].run_config(),
            "simple_evals.damaged_runtime/artifacts/eval_factory_metrics.json": '{"response_stats": {"count": 1'}},
    }.items():
        server.export_job(cand, at[name], "statuses", **options)
    there = ["fine", "failed_late", "damaged_runtime"]
    reasons = {"failed": "failed", "running": "running", "killed": "failed", "nothing": "no_results", "cut": "unreadable",
               "empty": "no_results"}
    key.expect("what statuses say",
               (base.id, [named_task(job) for job in base.jobs]),
               (cand.id, [named_task(cand.jobs[at[name]]) for name in there]),
               missing=[("base", "never", base.id + ".9", "no_run"),
                        *(("cand", name, f"{cand.id}.{at[name]}", reasons[name]) for name in names if name in reasons),
                        ("cand", "never", cand.id + ".9", "no_run")],
               warnings=["RUNTIME_UNREADABLE", "RUN_NOT_FINISHED"])


def unlisted(server, key):
    """A run without any configuration: what was configured is not known."""
    base = Launch("55667788990abbcc", "0.1.20", [mgsm("0.3")])
    text = base.jobs[0].text(base.launcher)
    server.export_job(base, 0, "unlisted", files={"simple_evals.mgsm/artifacts/results.yml": text})
    cand = Launch("56667788990abbcc", "0.1.20", [mgsm("0.4")])
    server.export_jobs(cand, "unlisted")
    key.expect("no configuration", (base.id, standard(base.jobs)), (cand.id, standard(cand.jobs)), warnings=["TASKS_UNKNOWN"])


def deleted(server, key):
    """Deleted runs and experiments are not there unless they are asked for."""
    gone = Launch("293a4b5c6d7e8f90", "0.2.6", [mgsm("0.51")])
    server.export_jobs(gone, "deletions")
    server.client.delete_run(server.runs[gone.id + ".0"])
    half = Launch("3a4b5c6d7e8f9001", "0.2.6", [mgsm("0.52")])
    server.export_job(half, 0, "deletions", name="kept")
    half_later = Launch(half.id, "0.2.6", [mgsm("0.98")])
    server.export_job(half_later, 0, "deletions", name="deleted copy", after=4)
    server.client.delete_run(server.runs["deleted copy"])
    buried = Launch("4b5c6d7e8f900112", "0.2.6", [mgsm("0.53")])
    server.export_jobs(buried, "buried")
    server.client.delete_experiment(server.experiments["buried"])
    other = Launch("4c5c6d7e8f900112", "0.2.6", [mgsm("0.54")])
    server.export_jobs(other, "deletions")
    key.expect("a newer copy was deleted", (half.id, standard(half.jobs)), (other.id, standard(other.jobs)))
    key.expect("deleted runs that are asked for", (gone.id, standard(gone.jobs)), (other.id, standard(other.jobs)),
               args=["--include-deleted"])
    key.expect("a deleted experiment that is asked for", (buried.id, standard(buried.jobs)), (other.id, standard(other.jobs)),
               args=["--include-deleted"])
    # A run that was kept counts before one that was thrown away, though that is newer.
    key.expect_runs("a deleted copy", [half.id, "--include-deleted"], ["kept"], aside=["deleted copy"])
    key.expect_refusal("a deleted run", ["compare", gone.id, other.id], 5, "not_found")
    key.expect_refusal("a deleted experiment", ["show", buried.id], 5, "not_found")


def metrics_only(server, key):
    """0.1.x without the required files: metrics, and nothing to read them from."""
    old = Launch("5c6d7e8f90011223", "0.1.20", [arc("0.45"), mgsm("0.75")])
    new = Launch("445566778899aabb", "0.1.60", [arc("0.46"), mgsm("0.76")])
    full = Launch("9d6d7e8f90011223", "0.1.60", [arc("0.47"), mgsm("0.77")])
    for launch in (old, new):
        server.export_jobs(launch, "metrics only", files={})
    server.export_jobs(full, "metrics only")
    for launch in (old, new):
        key.expect(f"metrics of {launch.launcher} against results", (launch.id, standard(launch.jobs)), (full.id, standard(full.jobs)),
                   warnings=["SCORES_FROM_METRICS", "TASKS_UNKNOWN"])


def repeated_tasks(server, key):
    """One benchmark twice in an invocation: with other settings, and with the same."""
    plain = Launch("7e8f900112233445", "0.2.6", [mgsm("0.60", params={"temperature": D("0.0")})])
    twice = Launch("6d7e8f9001122334", "0.2.6", [mgsm("0.61", params={"temperature": D("0.0")}),
                                                   mgsm("0.64", params={"temperature": D("0.6")})])
    same = Launch("8f90011223344556", "0.2.6", [mgsm("0.6", params={"temperature": D("0.0")}),
                                                  mgsm("0.7", params={"temperature": D("0.0")}),
                                                  mgsm("0.7", params={"temperature": D("0.0")})])
    for launch in (plain, twice, same):
        server.export_jobs(launch, "twice")
    variants = [mgsm_task(twice.jobs[0], variant="temperature=0.0"), mgsm_task(twice.jobs[1], variant="temperature=0.6")]
    key.expect("a task at two temperatures", (plain.id, standard(plain.jobs)), (twice.id, variants))
    key.expect("a task three times with one setting", (plain.id, standard(plain.jobs)), (same.id, standard(same.jobs)))
    key.expect("the other temperature", (plain.id, standard(plain.jobs)), (twice.id + ".1", [mgsm_task(twice.jobs[1])]))


def odd_folders(server, key):
    """None.<task>, <harness>.<harness>.<task>, and empty logs."""
    none = Launch("9001122334455667", "0.2.6", [Job("custom", None, "custom", [Leaf("tasks", "custom", "accuracy", "accuracy", D("0.5"))])])
    other = Launch("9101122334455667", "0.2.6", [Job("custom", None, "custom", [Leaf("tasks", "custom", "accuracy", "accuracy", D("0.75"))])])
    for launch in (none, other):
        server.export_jobs(launch, "folders")
    task = [Task(launch.jobs[0], "custom", ("tasks", "custom", "accuracy", "accuracy"), "unknown", "unknown") for launch in (none, other)]
    key.expect("a harness that nothing names", (none.id, task[:1]), (other.id, task[1:]))

    listed = Launch("0112233445566778", "0.2.6", [mgsm("0.66")])
    server.export_jobs(listed, "folders", logs={"stdout.log": "", "client_stdout.log": "Loading\n"})
    dotted = Launch("1122334455667789", "0.2.6", [Job("simple_evals.mgsm", "simple_evals", "simple_evals.mgsm", mgsm("0.68").leaves)])
    server.export_jobs(dotted, "folders")
    key.expect("a task under its own name and its harness's", (listed.id, standard(listed.jobs)),
               (dotted.id, [mgsm_task(dotted.jobs[0])]))
    key.listed.append({"run": f"{listed.id}.0", "sizes": {
        "simple_evals.mgsm/logs/stdout.log": 0, "simple_evals.mgsm/logs/client_stdout.log": 8}})


def names_of_one_task(server, key):
    """The launcher's, MLflow's and results.yml's names of one benchmark."""
    base = Launch("2233445566778899", "0.2.6", [gpqa("64.5")])
    cand = Launch("2333445566778899", "0.2.6", [gpqa("64.25", name="ns_gpqa")])
    for launch in (base, cand):
        server.export_jobs(launch, "names")
    key.expect("one benchmark under two names", (base.id, [gpqa_task(base.jobs[0])]), (cand.id, [gpqa_task(cand.jobs[0])]))


def shapes_of_results(values):
    """Jobs whose results.yml are of every shape that parsers wrote."""
    a, b, c, d, e, f, g = (D(value) for value in values)
    return [
        # No groups at all, and a name with a dot.
        Job("garak.dan", "garak", "dan", [Leaf("tasks", "dan.Dan_11_0", "pass_rate", "pass_rate", a, {"count": 256})]),
        # Groups that are null.
        Job("simple_evals.mgsm", "simple_evals", "mgsm", [Leaf("tasks", "mgsm", "score", "micro", b)], empty="groups"),
        # Groups within groups, and members under tasks that are others.
        Job("simple_evals.mmlu", "simple_evals", "mmlu", [
            Leaf("groups", "mmlu", "score", "micro", c), Leaf("groups", "mmlu/stem", "score", "micro", D("0.4")),
            Leaf("groups", "mmlu/stem/physics", "score", "micro", D("0.3")), Leaf("tasks", "mmlu_law", "score", "micro", D("0.2"))]),
        # A numeric string, and names with everything in them.
        Job("lm-evaluation-harness.gsm8k", "lm-evaluation-harness", "gsm8k", [
            Leaf("groups", "gsm8k", "exact_match__strict-match", "exact_match__strict-match", str(d), {"stderr": "N/A"}),
            Leaf("groups", "gsm8k", "loose:prompt-level, (a|b) [c]/d%", "x = 'y' @ \"z\"", D("0.125")),
            # MLflow has one key for these two.
            Leaf("groups", "gsm8k", "a__b", "a__b", D("0.25")), Leaf("groups", "gsm8k", "a_b", "a_b", D("0.375"))]),
        # The judge in the name, a rating from 1 to 10, and an integer.
        Job("mtbench.mtbench", "mtbench", "mtbench", [
            Leaf("groups", "mtbench:gpt-4", "average_score", "average_score", e),
            Leaf("tasks", "writing", "average_score", "average_score", D("8.25"))]),
        # From -100 to 100; a hash that YAML 1.2 reads as a number.
        Job("omniscience", "nemo_skills", "omniscience", [
            Leaf("groups", "omniscience", "pass@1[avg-of-4]", "judge_omni_index", f, {"count": 600}),
            Leaf("groups", "omniscience", "pass@1[avg-of-4]", "judge_omni_hallucination", D("35.5"), {"count": 600})],
            git_hash="12345e67"),
        # Not a number, null, and infinity beside a score.
        Job("bigcode.mbpp", "bigcode", "mbpp", [
            Leaf("tasks", "mbpp", "pass@1", "pass@1", g), Leaf("tasks", "mbpp", "pass@10", "pass@10", float("nan")),
            Leaf("tasks", "mbpp", "pass@100", "pass@100", None), Leaf("tasks", "mbpp", "perplexity", "perplexity", float("inf"))]),
        # Scores, and none that stands for the task.
        Job("simple_evals.odd", "simple_evals", "odd", [
            Leaf("tasks", "odd", "alpha", "left", D("0.1")), Leaf("tasks", "odd", "beta", "right", D("0.2"))]),
    ]


def results(server, key):
    base = Launch("33445566778899aa", "0.2.6", shapes_of_results(["0.93", "0.7", "0.61", "0.5", "7.9", "-12.5", "1"]))
    cand = Launch("34445566778899aa", "0.2.6", shapes_of_results(["0.90625", "0.6", "0.62", "0.75", "8", "3.25", "0"]))
    tasks = []
    for launch in (base, cand):
        server.export_jobs(launch, "results")
        job = launch.jobs
        tasks.append([
            Task(job[0], "dan", ("tasks", "dan.Dan_11_0", "pass_rate", "pass_rate")),
            Task(job[1], "mgsm", ("tasks", "mgsm", *MICRO)),
            Task(job[2], "mmlu", ("groups", "mmlu", *MICRO)),
            Task(job[3], "gsm8k", ("groups", "gsm8k", "exact_match__strict-match", "exact_match__strict-match")),
            Task(job[4], "mtbench", ("groups", "mtbench:gpt-4", "average_score", "average_score"), "rating_10"),
            Task(job[5], "omniscience", ("groups", "omniscience", "pass@1[avg-of-4]", "judge_omni_index"), "signed_100"),
            Task(job[6], "mbpp", ("tasks", "mbpp", "pass@1", "pass@1")),
            Task(job[7], "odd"),
        ])
    key.expect("shapes of results.yml", (base.id, tasks[0]), (cand.id, tasks[1]), warnings=["NO_PRIMARY_SCORE"])


def bundle(name, stamp, scores, *, samples=40, repeats=1):
    return {
        "run_id": f"eval-{stamp}-{name}", "config_hash": "sha256:0123", "sdk_version": "0.4.0", "timestamp": "2026-07-14T03:33:20+00:00",
        "config": {"benchmark": name, "model": "acme/heron-8b", "base_url": "http://model.example/v1", "repeats": repeats,
                   "max_problems": None, "scorers": []},
        "benchmark": {"name": name, "samples": samples, "repeats": repeats, "scores": scores},
        "n_results": samples * repeats,
    }


def nel_next(server, key):
    """nel-next: no invocation, keys without prefix, four decimals."""
    def scores(value, key):
        return {key: {"value": value, "ci_lower": value - 0.05, "ci_upper": value + 0.05},
                "summary": {"mean": value, "std": 0.4, "min": 0, "max": 1, "median": 1, "n": 40},
                "runtime": {"total_steps": 40, "total_tokens": 400, "elapsed_seconds": 12.5, "model_errors": 0}}

    def task(value):
        leaf = Leaf("benchmark", "mmlu_pro", "pass@1", "pass@1", value)
        return Task(Job("", None, "", [leaf]), "mmlu_pro", ("benchmark", "mmlu_pro", "pass@1", "pass@1"))

    # 20 of 30 are right, which the bundle rounds; the last row of a problem counts.
    rewards = [float(i % 3 > 0) for i in range(30)]
    rows = "".join(json.dumps({"problem_idx": i, "repeat": 0, "reward": reward}) + "\n"
                   for i, reward in [(0, 1.0), *enumerate(rewards)])
    server.export_bundle(bundle("mmlu_pro", "20260714T033320Z", scores(0.6667, "pass@1"), samples=30), results=rows)
    server.export_bundle(bundle("mmlu_pro", "20260715T033320Z", scores(0.7, "pass@1"), samples=30), after=24,
                         tags={"model": "acme/heron-8b-fp8"})
    key.expect("two bundles of nel-next", ("eval-20260714T033320Z-mmlu_pro", [task(Fraction(20, 30))]),
               ("eval-20260715T033320Z-mmlu_pro", [task(D("0.7"))]), warnings=["SCORE_ROUNDED"])
    failed = scores(0.6667, "pass@1") | {"failures": {"total_steps": 30, "total_failures": 4, "failure_rate": 0.1333, "categories": {}}}
    server.export_bundle(bundle("mmlu_pro", "20260716T033320Z", failed, samples=30), after=48, results=rows[:200])
    server.export_bundle(bundle("swe bench/lite", "20260714T043320Z", scores(0.3333, "mean_reward")) | {
        "run_id": "eval-20260714T043320Z-swe_bench_lite"}, after=1)


def rollouts(server, key):
    """MRCR: the headline is not in results.yml but in a file beside it, if that was exported."""
    def mrcr(value):
        return Job("mrcr", "nemo_gym", "mrcr", [
            Leaf("groups", "nemo_gym", "mrcr/key_metrics/mean/total_tokens", "mrcr/key_metrics/mean/total_tokens", D("512.5")),
            Leaf("rollouts", "agent_metrics", "pass@1/accuracy", "pass@1/accuracy", D(value))])

    def task(job):
        return Task(job, "mrcr", ("rollouts", "agent_metrics", "pass@1/accuracy", "pass@1/accuracy"), "percent")

    name = "evaluator_rollouts_aggregate_metrics.json"
    launches = [Launch(f"bb0{i}bbccddeeff00", "0.2.6", [mrcr(value)]) for i, value in enumerate(("61.25", "58.5", "50", "50"))]
    for launch, text in zip(launches, (None, None, None, '[{"agent_metrics": {')):
        if launch in launches[:2]:
            value = launch.jobs[0].leaves[1].value
            text = '[{"agent_metrics": {"pass@1/accuracy": ' + value + "}}]"
        server.export_jobs(launch, "rollouts", beside={name: text} if text else None)
    key.expect("a headline beside results.yml", (launches[0].id, [task(launches[0].jobs[0])]), (launches[1].id, [task(launches[1].jobs[0])]))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    server, key = Server(sys.argv[1].rstrip("/")), Key()
    if server.client.search_experiments(filter_string="name != 'Default'"):
        sys.exit("shapes: the server is not empty")
    early = first_launchers(server, key)
    versions(server, key, early)
    for fill in (whole_invocations, root_configurations, digits_only, replaced_tags, duplicates, exported_again, statuses, unlisted, deleted,
                 metrics_only, repeated_tasks, odd_folders, names_of_one_task, results, rollouts, nel_next):
        fill(server, key)
    with open(sys.argv[2], "w") as out:
        json.dump({"runs": server.runs, "count": server.count, "compare": key.compare, "refused": key.refused,
                   "selected": key.runs, "listed": key.listed}, out, indent=1)


if __name__ == "__main__":
    main()
