"""The script that people write today: joins the sample files of two evaluations.

    python pairs.py BASE_DIRECTORY CANDIDATE_DIRECTORY

Prints how many questions both, only the first, only the second and neither side
got right, after the tests that decide between them.
"""

import glob
import math
import sys

import pandas as pd


def load(directory):
    (name,) = glob.glob(f"{directory}/*/artifacts/*/samples_*.jsonl")
    parts = pd.read_json(name, lines=True, chunksize=50_000, dtype={"doc_hash": str})
    return pd.concat([part[["doc_hash", "exact_match"]] for part in parts])


def main():
    base, cand = (load(directory) for directory in sys.argv[1:])
    pairs = base.merge(cand, on="doc_hash", suffixes=("_base", "_cand"), validate="one_to_one")
    table = pd.crosstab(pairs.exact_match_base, pairs.exact_match_cand)
    both, base_only, cand_only, neither = (int(table.loc[i, j]) for i, j in ((1, 1), (1, 0), (0, 1), (0, 0)))
    z = (cand_only - base_only) / math.sqrt(base_only + cand_only)
    math.erfc(abs(z) / math.sqrt(2))
    print(both, base_only, cand_only, neither, sep="\t")


if __name__ == "__main__":
    main()
