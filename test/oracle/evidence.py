"""The evidence in a comparison of two invocations, computed from the harnesses' own
files and independently of evalctl.

    python evidence.py ROOT BASE CANDIDATE

ROOT holds launcher output; BASE and CANDIDATE are names of directories in it. Both
hold byob_arith.arith, lm-evaluation-harness.story and bfcl.bfclv2_ast. Prints

    {"rows": {"SECTION NAME METRIC SCORE": {"paired": {...}, "unpaired": {...}}},
     "mean": {"paired": {...}, "unpaired": {...}}}

with numbers in the scale of the row. "paired" answers by the same questions, "unpaired"
as if the sides had answered different ones.
"""

import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats import contingency_tables, multitest, proportion

import methods

CONFIDENCE = "0.95"
SUM_OF_QUANTILES = stats.norm.isf(0.025) + stats.norm.isf(0.2)

HEADLINES = (
    "tasks arith pass@1 correct",
    "groups story exact_match__strict-match exact_match__strict-match",
)

# What bfcl calls a category in its files, and in results.yml.
BFCL = {
    "multiple": "multiple_ast_non_live",
    "parallel": "parallel_ast_non_live",
    "live_parallel": "python_parallel_ast_live",
    "live_parallel_multiple": "python_parallel_multiple_ast_live",
}


def lines(path):
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def only(paths):
    (path,) = paths
    return path


def answers(invocation: Path) -> dict:
    """Maps a row to its answers, {question: value}, by the ids that the authors of the
    benchmarks gave to their questions."""
    rows = {}

    def add(row, question, value):
        assert question not in rows.setdefault(row, {}), question
        rows[row][question] = Fraction(value)

    for record in lines(only(invocation.glob("byob_*/artifacts/*/byob_predictions.jsonl"))):
        for score, value in record["scores"].items():
            add(f"tasks arith pass@1 {score}", record["metadata"]["id"], int(value))
    for path in invocation.glob("lm-evaluation-harness.story.*/artifacts/*/samples_*.jsonl"):
        subtask = path.name.removeprefix("samples_").rpartition("_")[0]
        for record in lines(path):
            score = "exact_match__" + record["filter"]
            for row in (f"tasks {subtask} {score} {score}", f"groups story {score} {score}"):
                add(row, record["doc"]["id"], int(record["exact_match"]))
    for path in invocation.glob("bfcl.*/artifacts/result/*/BFCL_v3_*_result.json"):
        category = path.name.removeprefix("BFCL_v3_").removesuffix("_result.json")
        scores = path.parents[2] / "score" / path.parent.name / f"BFCL_v3_{category}_score.json"
        if not scores.exists():  # not kept of every invocation
            continue
        wrong = {record["id"] for record in lines(scores)[1:]}
        for record in lines(path):
            add(f"groups bfcl {BFCL[category]} {BFCL[category]}", record["id"], int(record["id"] not in wrong))
    return rows


def flips(x, y):
    """Evidence of two columns of zeros and ones."""
    both, base_only, cand_only, neither = (
        sum((i, j) == cell for i, j in zip(x, y)) for cell in ((1, 1), (1, 0), (0, 1), (0, 0)))
    n, differing = len(x), base_only + cand_only
    lo, hi = methods.limits(
        lambda delta: methods.score_paired(base_only, cand_only, n, delta), (cand_only - base_only) / n, methods.critical(CONFIDENCE))
    table = [[both, base_only], [cand_only, neither]]
    se = math.sqrt(differing) / n
    constant = len(set(x)) == 1 or len(set(y)) == 1
    return {
        "method": "tango", "n": n, "both": both, "base_only": base_only, "cand_only": cand_only, "neither": neither,
        "p_exact": contingency_tables.mcnemar(table, exact=True).pvalue,
        "correlation": None if constant else np.corrcoef(floats(x), floats(y))[0, 1],
        "stat": (cand_only - base_only) / math.sqrt(differing) if differing else None,
        "p": contingency_tables.mcnemar(table, exact=False, correction=False).pvalue if differing else 1.0,
        "lo": lo, "hi": hi, "se": se, "mde": SUM_OF_QUANTILES * se if differing else None,
        "delta": (cand_only - base_only) / n,
    }


def floats(values):
    return [float(v) for v in values]


def changes(x, y):
    """Evidence of two columns of other numbers."""
    found = stats.ttest_rel(floats(y), floats(x))
    ci = found.confidence_interval(float(Fraction(CONFIDENCE)))
    se = np.std(np.array(floats(y)) - np.array(floats(x)), ddof=1) / math.sqrt(len(x))
    return {
        "method": "paired_t", "n": len(x), "both": None, "base_only": None, "cand_only": None, "neither": None, "p_exact": None,
        "correlation": np.corrcoef(floats(x), floats(y))[0, 1], "stat": found.statistic, "p": found.pvalue,
        "lo": ci.low, "hi": ci.high, "se": se, "mde": SUM_OF_QUANTILES * se, "delta": float(methods.mean(y) - methods.mean(x)),
    }


def shares(x, y):
    """Evidence of how many were right on each side."""
    (kb, nb), (kc, nc) = ((int(sum(side)), len(side)) for side in (x, y))
    lo, hi = methods.limits(lambda delta: methods.score_two(kc, nc, kb, nb, delta), kc / nc - kb / nb, methods.critical(CONFIDENCE))
    test = proportion.test_proportions_2indep(kc, nc, kb, nb, value=0, method="score", compare="diff", correction=True)
    se = math.sqrt(sum(k / n * (1 - k / n) / (n - 1) for k, n in ((kb, nb), (kc, nc))))
    wilson = [proportion.proportion_confint(k, n, alpha=0.05, method="wilson") for k, n in ((kb, nb), (kc, nc))]
    return {
        "method": "miettinen_nurminen", "n_base": nb, "k_base": kb, "n_cand": nc, "k_cand": kc,
        "base_lo": wilson[0][0], "base_hi": wilson[0][1], "cand_lo": wilson[1][0], "cand_hi": wilson[1][1],
        "lo": lo, "hi": hi, "stat": test.statistic, "p": test.pvalue, "se": se, "mde": SUM_OF_QUANTILES * se, "delta": kc / nc - kb / nb,
    }


SCALED = ("lo", "hi", "se", "mde", "delta", "base_lo", "base_hi", "cand_lo", "cand_hi")


def mean(rows):
    """The mean of the headlines, these tasks."""
    delta = sum(r["delta"] for r in rows) / len(rows)
    se = math.sqrt(sum(r["se"] ** 2 for r in rows)) / len(rows)
    lo, hi = stats.norm.interval(float(Fraction(CONFIDENCE)), delta, se)
    return {"delta": delta, "se": se, "lo": lo, "hi": hi, "stat": delta / se, "p": 2 * stats.norm.sf(abs(delta / se)), "mde": SUM_OF_QUANTILES * se}


def adjust(rows, kind, names, method):
    for name, p in zip(names, multitest.multipletests([rows[n][kind]["p"] for n in names], method=method)[1]):
        rows[name][kind] |= {"p_adj": p, "family": len(names), "adjust": "holm" if method == "holm" else "bh"}


def task(row):
    return row.split()[1].partition("_")[0]


def evidence(base, cand):
    rows = {}
    for row in sorted(base.keys() & cand.keys()):
        shared = sorted(base[row].keys() & cand[row].keys())
        x, y = [base[row][q] for q in shared], [cand[row][q] for q in shared]
        binary = all(v in (0, 1) for v in x + y)
        rows[row] = {"paired": flips(x, y) if binary else changes(x, y)}
        if binary:
            rows[row]["unpaired"] = shares(base[row].values(), cand[row].values())
        if row.startswith("groups bfcl"):  # reported in percent
            for found in rows[row].values():
                for name in SCALED:
                    if found.get(name) is not None:
                        found[name] *= 100
    for kind in ("paired", "unpaired"):
        adjust(rows, kind, HEADLINES, "holm")
    for name in {task(r) for r in rows}:
        adjust(rows, "paired", [r for r in rows if task(r) == name and r not in HEADLINES], "fdr_bh")
    return {"rows": rows, "mean": {kind: mean([rows[r][kind] for r in HEADLINES]) for kind in ("paired", "unpaired")}}


def main():
    root, base, cand = sys.argv[1:]
    found = evidence(answers(Path(root, base)), answers(Path(root, cand)))
    json.dump(found, sys.stdout, indent=1, default=float)
    print()


if __name__ == "__main__":
    main()
