"""How far two labelling passes over the same passages agree: Krippendorff's alpha of every label.

    python benchmarks/corpus_agreement.py [seeds/languages_annotations.csv] [--json]

`seeds/annotations.csv`, or the file that is named, has both passes over every passage, before adjudication. A label of
a multi task is one binary item a passage; a single task is one nominal item. Intervals: 2.5 and 97.5 percentiles over
bootstrap resamples of passages. Alpha: Krippendorff 2019, "Content Analysis", chapter 12.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd

from narrashift.model.codebook import Codebook, read_codebook

SEEDS = Path(__file__).parent.parent / "seeds"
RESAMPLES = 200


def ratings(table: pd.DataFrame, *, codebook: Codebook) -> dict[str, np.ndarray]:
    """Name of a task or label -> ``(2 annotators, passages)`` of small integers."""
    passes = [part.set_index("id") for _, part in table.groupby("annotator", sort=True)]
    ids = passes[0].index
    found = {}
    for name, task in codebook.tasks.items():
        columns = [part.loc[ids, name].fillna("") for part in passes]
        if task.kind == "single":
            found[name] = np.array([[task.leaves.index(value) for value in column] for column in columns])
            continue
        for leaf in task.leaves:
            found[f"{name}/{leaf}"] = np.array([[leaf in value.split("|") for value in c] for c in columns], dtype=int)
    return found


def alpha(values: np.ndarray) -> float:
    """Krippendorff's alpha, nominal, of ``(annotators, passages)``."""
    return float(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))


def agreement(table: pd.DataFrame, *, codebook: Codebook, resamples: int = RESAMPLES) -> list[dict]:
    """A row for each task or label: how often each pass gave it, how often they differ, alpha and its interval."""
    rng = np.random.default_rng(0)
    rows = []
    for name, values in ratings(table, codebook=codebook).items():
        count = values.shape[1]
        spread = [alpha(values[:, rng.integers(0, count, count)]) for _ in range(resamples)]
        low, high = np.percentile(spread, [2.5, 97.5])
        given = (values > 0).sum(axis=1).tolist() if "/" in name else [count, count]
        differ = int((values[0] != values[1]).sum())
        rows.append({"label": name, "given": given, "differ": differ, "alpha": alpha(values), "lo": low, "hi": high})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("annotations", type=Path, nargs="?", default=SEEDS / "annotations.csv")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    table = pd.read_csv(arguments.annotations, keep_default_na=False)
    rows = agreement(table, codebook=read_codebook())
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"{table['id'].nunique()} passages, annotators {', '.join(sorted(table['annotator'].unique()))}\n")
    print(f"{'label':36}{'given':>14}{'differ':>8}{'alpha':>8}  95 % interval")
    for row in rows:
        given = " / ".join(map(str, row["given"]))
        print(f"{row['label']:36}{given:>14}{row['differ']:>8}{row['alpha']:>8.3f}  {row['lo']:.3f} to {row['hi']:.3f}")


if __name__ == "__main__":
    main()
