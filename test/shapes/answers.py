"""The answers that evalctl must give, computed from the digits that were written.

Nothing here looks at a server: what a run scores is what the generator meant it to
score, and sums are fractions.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from exporters import Digits, Job


@dataclass
class Task:
    """What one job of a side stands for in a comparison."""

    job: Job
    name: str  # as shown
    headline: tuple | None = None  # section, name, metric, score
    scale: str = "fraction"
    direction: str = "higher"
    variant: str | None = None
    same: str | None = None  # the name that it is joined by, if not its own
    comparable: bool = True

    @property
    def key(self):
        return self.same or self.name


def exact(number):
    """A fraction as the contract prints it, and whether that is all of it."""
    if number is None:
        return None, None
    denominator = number.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator == 1:
        digits = 0
        while (number * 10**digits).denominator != 1:
            digits += 1
        text = f"{Decimal(int(number * 10**digits)).scaleb(-digits):f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return ("0" if text == "-0" else text), True
    context = Context(prec=34, rounding=ROUND_HALF_UP)
    return f"{context.divide(Decimal(number.numerator), Decimal(number.denominator)):f}", False


def number(value):
    """The number that stands in a leaf; None if it is none."""
    if isinstance(value, (bool, Fraction)):
        return Fraction(value)
    try:
        return Fraction(Decimal(str(value)))
    except (ArithmeticError, ValueError):  # no number, not a finite one
        return None


def distinct(leaves):
    """Leaves by key; what both sections say with the same number is said once."""
    found = {}
    for leaf in leaves:
        found[(leaf.section, leaf.name, leaf.metric, leaf.score)] = number(leaf.value)
    return {key: value for key, value in found.items()
            if not (key[0] == "tasks" and ("groups", *key[1:]) in found and found[("groups", *key[1:])] == value)}


def pooled(tasks):
    """The scores of repeats: means of what each has."""
    parts = [distinct(task.job.leaves) for task in tasks]
    means = {}
    for key in {key: None for part in parts for key in part}:
        values = [part[key] for part in parts if key in part]
        means[key] = None if None in values else sum(values, Fraction(0)) / len(values)
    return means


def by_variant(tasks):
    groups = {}
    for task in tasks:
        groups.setdefault(task.variant, []).append(task)
    return groups


def joined(base, cand):
    """Pairs of repeats: a task without variants goes with each variant of the other side."""
    for key in sorted({task.key for task in base + cand}):
        left = by_variant([task for task in base if task.key == key])
        right = by_variant([task for task in cand if task.key == key])
        if set(left) == {None} and right:
            yield from ((variant, left[None], right[variant]) for variant in sorted(right, key=str))
        elif set(right) == {None} and left:
            yield from ((variant, left[variant], right[None]) for variant in sorted(left, key=str))
        else:
            for variant in sorted(set(left) | set(right), key=str):
                yield variant, left.get(variant, []), right.get(variant, [])


def text(number):
    return exact(number)[0]


def difference(base, cand):
    return None if base is None or cand is None else cand - base


def comparison(base, cand):
    """Primary rows, all scores, and averages."""
    rows, scores, groups = [], [], {}
    for variant, left, right in joined(base, cand):
        first = (left or right)[0]
        ours, theirs = pooled(left), pooled(right)
        for key in sorted(set(ours) | set(theirs)):
            scores.append({"task": first.name, "variant": variant, "score": " ".join(key), "base": text(ours.get(key)),
                           "cand": text(theirs.get(key)), "delta": text(difference(ours.get(key), theirs.get(key)))})
        if not any(task.headline for task in left + right):
            continue
        x = ours.get(left[0].headline) if left else None
        y = theirs.get(right[0].headline) if right else None
        comparable = all(task.comparable for task in left + right) and x is not None and y is not None
        rows.append({"task": first.name, "variant": variant, "score": " ".join(first.headline), "scale": first.scale,
                     "direction": first.direction, "base": text(x), "cand": text(y), "delta": text(difference(x, y)),
                     "comparable": comparable})
        if first.scale != "unknown":
            groups.setdefault((first.scale, first.direction), []).append((x, y) if comparable else None)
    averages = []
    for (scale, direction), pairs in sorted(groups.items()):
        counted = [pair for pair in pairs if pair]
        means = [sum(side, Fraction(0)) / len(counted) for side in zip(*counted)] or [None, None]
        (x, x_exact), (y, y_exact) = map(exact, means)
        delta, delta_exact = exact(difference(*means))
        averages.append({"scale": scale, "direction": direction, "tasks": len(counted), "of": len(pairs), "base": x,
                         "base_exact": x_exact, "cand": y, "cand_exact": y_exact, "delta": delta, "exact": delta_exact})
    return {"rows": rows, "scores": scores, "averages": averages}


@dataclass
class Key:
    """Collects what is expected of each shape."""

    compare: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    listed: list = field(default_factory=list)

    def expect(self, name, base, cand, *, missing=(), warnings=(), aside=(), models=None, args=()):
        """A comparison of two selectors, each with the tasks that it must have.

        missing: (side, task, job id, reason). aside: names of runs that are set
        aside, of both sides. warnings: those codes of the envelope that are about
        runs and files, besides DUPLICATE_RUNS, which follows from aside.
        """
        (base_words, base_tasks), (cand_words, cand_tasks) = base, cand
        self.compare.append({
            "name": name, "args": ["base=" + base_words, "cand=" + cand_words, *args],
            **comparison(base_tasks, cand_tasks),
            "missing": [dict(zip(("side", "task", "job_id", "reason"), entry)) for entry in missing],
            "warnings": sorted([*warnings, *(["DUPLICATE_RUNS"] if aside else [])]),
            "aside": list(aside), "models": models,
        })

    def expect_refusal(self, name, args, status, code):
        self.refused.append({"name": name, "args": args, "status": status, "code": code})

    def expect_runs(self, name, args, runs, aside=()):
        """The runs that a selector or a search leaves: names of runs."""
        self.runs.append({"name": name, "args": args, "runs": list(runs), "aside": list(aside)})


def leaf_numbers(**values):
    """Digits of keyword arguments, for short tables."""
    return {key: Digits(value) for key, value in values.items()}
