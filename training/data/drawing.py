"""Draw a split of a kind: what stays together, what is left out, and how even the parts are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...model.errors import UserError
from .corpus import SPLITS, Corpus
from .duplicates import Pair, clusters, near_duplicates

Kind = Literal["random", "group", "source", "time"]
KINDS: tuple[str, ...] = get_args(Kind)
SHARE = 0.15
"""Of the passages, for validation and for test."""
TRIES = 100


def draw_split(
    corpus: Corpus, *, kind: str, parts: list[str], seed: int, fold: tuple[int, int] | None = None
) -> np.ndarray:
    """`train` or one of `parts` for each passage; `future` behind a fold by time; empty for one that is left out."""
    if kind not in KINDS:
        raise UserError(f"--split {kind}: one of {', '.join(KINDS)} is expected")
    needed = {"group": "group", "source": "source", "time": "date"}.get(kind)
    if needed and needed not in corpus.columns:
        raise UserError(f"--split {kind}: the data have no column {needed}. Name it with --column {needed}=NAME")
    if needed in ("source", "date"):
        missing = sum(value is None for value in corpus.column(needed))
        if missing:
            raise UserError(f"--split {kind}: {missing} passages have no {needed}. Fill it in, or leave them out")
    pairs = near_duplicates(corpus.texts)
    if kind == "time":
        assigned = _by_time(corpus, parts=parts, fold=fold)
    else:
        units = _united(corpus, column=needed) if needed else np.arange(len(corpus))
        if kind != "source":
            units = _joined(units, clusters(len(corpus), pairs))
        assigned = _by_units(corpus, units=units, parts=parts, seed=seed, fold=fold)
    order = {name: i for i, name in enumerate(SPLITS)}
    for pair in pairs:  # only splits by source and time separate any
        if assigned[pair.first] in order and assigned[pair.second] in order:
            earlier, later = sorted((pair.first, pair.second), key=lambda i: order[str(assigned[i])])
            if assigned[earlier] != assigned[later]:
                assigned[earlier] = ""
    return assigned


def _by_units(
    corpus: Corpus, *, units: np.ndarray, parts: list[str], seed: int, fold: tuple[int, int] | None
) -> np.ndarray:
    if fold is None:
        shares = {"train": 1 - SHARE * len(parts)} | dict.fromkeys(parts, SHARE)
        return _draw(corpus, units=units, shares=shares, seed=seed)
    number, count = fold
    if len(np.unique(units)) < count + 1:
        raise UserError(f"--folds {count}: {len(np.unique(units))} groups or passages are too few")
    folds = _draw(corpus, units=units, shares={str(k): 1 / count for k in range(count)}, seed=seed)
    assigned = np.where(folds == str(number), "test", "train").astype("<U10")
    rest = np.flatnonzero(assigned == "train")
    if "validation" in parts:
        inside = _draw(
            corpus.select(rest), units=units[rest], shares={"train": 1 - SHARE, "validation": SHARE}, seed=seed
        )
        assigned[rest] = inside
    return assigned


def _by_time(corpus: Corpus, *, parts: list[str], fold: tuple[int, int] | None) -> np.ndarray:
    """The newest for test, the newest of the rest for validation; passages of one day are never divided."""
    dates = np.array([str(value)[:10] for value in corpus.column("date")])
    assigned = np.full(len(corpus), "train", dtype="<U10")
    upto = np.sort(dates)
    if fold is not None:
        number, count = fold
        edges = [upto[min(len(upto) - 1, round(len(upto) * k / (count + 1)))] for k in range(1, count + 1)]
        assigned[dates >= edges[number]] = "test"
        if number + 1 < count:
            assigned[dates >= edges[number + 1]] = "future"
    elif "test" in parts:
        assigned[dates >= upto[min(len(upto) - 1, round(len(upto) * (1 - SHARE)))]] = "test"
    before = np.sort(dates[assigned == "train"])
    if "validation" in parts and len(before):
        share = SHARE / (1 - SHARE) if "test" in parts else SHARE
        assigned[(assigned == "train") & (dates >= before[round((len(before) - 1) * (1 - share))])] = "validation"
    return assigned


def units_of(corpus: Corpus, *, pairs: Sequence[Pair]) -> np.ndarray:
    """A number for each passage, shared by those of its group and by what nearly repeats one of them."""
    units = _united(corpus, column="group") if "group" in corpus.columns else np.arange(len(corpus))
    return _joined(units, clusters(len(corpus), pairs))


def _united(corpus: Corpus, *, column: str) -> np.ndarray:
    """A number for each value of a column; passages without one stand alone."""
    values = [value if value is not None else f"\0{i}" for i, value in enumerate(corpus.column(column))]
    return np.unique(values, return_inverse=True)[1]


def _joined(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Units that keep together what either of two partitions keeps together."""
    offset = one.max() + 1
    graph = coo_matrix((np.ones(len(one)), (one, offset + other)), shape=(offset + other.max() + 1,) * 2)
    return connected_components(graph, directed=False)[1][one]


def _draw(corpus: Corpus, *, units: np.ndarray, shares: dict[str, float], seed: int) -> np.ndarray:
    """A part's name for each passage; of several random draws of whole units, the most even in labels and size."""
    names, members = np.unique(units, return_inverse=True)
    features = _indicators(corpus)
    target = features.mean(axis=0)
    rng = np.random.default_rng(seed)
    best, least = np.full(len(corpus), next(iter(shares)), dtype="<U10"), np.inf
    for _ in range(TRIES):
        unit_part = rng.choice(list(shares), p=list(shares.values()), size=len(names))
        assigned = unit_part[members]
        uneven = 0.0
        for part, share in shares.items():
            inside = assigned == part
            if not inside.any():
                uneven = np.inf
                break
            uneven += abs(inside.mean() - share) * 5 + np.abs(features[inside].mean(axis=0) - target).mean()
        if uneven < least:
            best, least = assigned.astype("<U10"), uneven
    return best


def _indicators(corpus: Corpus) -> np.ndarray:
    """``(passages, all leaves)``: 1 where a label is on."""
    blocks = []
    for name, task in corpus.codebook.tasks.items():
        values = corpus.targets[name]
        blocks.append(
            (values[:, None] == np.arange(len(task.leaves))).astype(float)
            if task.kind == "single"
            else np.nan_to_num(values)
        )
    return np.concatenate(blocks, axis=1)
