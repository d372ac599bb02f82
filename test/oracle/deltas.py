"""Every exact difference between two invocations, computed independently of evalctl.

    python deltas.py ROOT [BASE CANDIDATE]

ROOT holds launcher output; BASE and CANDIDATE are names of directories in it.
Prints a JSON list with one object for each score that both sides have:
    {task, section, name, metric, score, base, cand, delta, base_job, cand_job}
Without BASE and CANDIDATE, a list of {base_dir, cand_dir, rows} for every ordered
pair of directories, each with itself too.

Values are the decimal text of results.yml taken as fractions, never floats, and
are printed in full, in plain notation. Jobs are matched by task; where a side has
a task more than once there is a row for each combination of jobs.
"""

import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import yaml

# A plain scalar that YAML reads as a finite number.
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


def read(path: Path):
    """Reads YAML with every scalar left as its text."""
    with path.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def plain(value: Fraction) -> str:
    """Prints a fraction whose decimal expansion ends, in full."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = digits[:-places] + "." + digits[-places:] if places else digits
    return "-" + text if value < 0 else text


def walk(section: dict, prefix: str = ""):
    """Yields (name, metric, score, value) of a section; groups nest."""
    for key, entry in (section or {}).items():
        name = prefix + key
        for metric, content in (entry.get("metrics") or {}).items():
            for score, leaf in content["scores"].items():
                if NUMBER.fullmatch(leaf["value"]):
                    yield name, metric, score, Fraction(leaf["value"])
        yield from walk(entry.get("groups"), name + "/")


def scores(results: dict) -> dict:
    """Maps (section, name, metric, score) to a value. What tasks repeat of groups,
    value for value, is left out."""
    found = {("groups", *key): value for *key, value in walk(results.get("groups"))}
    for *key, value in walk(results.get("tasks")):
        if found.get(("groups", *key)) != value:
            found["tasks", *key] = value
    return found


def jobs(invocation: Path) -> list:
    """Lists (job id, task, scores) of the jobs that have results, by job number."""
    found = []
    for results in invocation.glob("*/artifacts/results.yml"):
        config = read(results.with_name("run_config.yml"))
        task = config["config"]["type"].removeprefix(config["framework_name"] + ".")
        number = int(results.parts[-3].rpartition(".")[2])
        job = f"{invocation.name.partition('-')[2]}.{number}"
        found.append((number, job, task, scores(read(results)["results"])))
    return [entry[1:] for entry in sorted(found, key=lambda entry: entry[0])]


def deltas(base: list, cand: list) -> list:
    rows = []
    for base_job, task, base_scores in base:
        for cand_job, cand_task, cand_scores in cand:
            if task != cand_task:
                continue
            for key in sorted(base_scores.keys() & cand_scores.keys()):
                section, name, metric, score = key
                rows.append({
                    "task": task, "section": section, "name": name, "metric": metric, "score": score,
                    "base": plain(base_scores[key]), "cand": plain(cand_scores[key]),
                    "delta": plain(cand_scores[key] - base_scores[key]),
                    "base_job": base_job, "cand_job": cand_job,
                })
    return rows


def main() -> None:
    match sys.argv[1:]:
        case [root, base, cand]:
            answer = deltas(jobs(Path(root, base)), jobs(Path(root, cand)))
        case [root]:
            sides = {d.name: jobs(d) for d in sorted(Path(root).iterdir()) if d.is_dir()}
            answer = [{"base_dir": a, "cand_dir": b, "rows": deltas(sides[a], sides[b])}
                      for a in sides for b in sides]
        case _:
            sys.exit(__doc__)
    json.dump(answer, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
