"""A field's metric over cells of one system, with intervals over test passages that pair one system with another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from narrashift.training.measuring.bootstrap import Figure, interval
from narrashift.training.measuring.metrics import f1, nanmean

RESAMPLES = 1_000


def score(truth: np.ndarray, on: np.ndarray, *, metric: str, weights: np.ndarray | None = None) -> np.ndarray:
    """Macro-F1 over the labels that occur, or micro-F1, for each row of weights: ``(resamples,)``.

    Args:
        truth, on: ``(passages, leaves)`` bool.
        weights: ``(resamples, passages)``, how often each passage counts; once each without.
    """
    weights = np.ones((1, len(truth))) if weights is None else weights
    if metric == "micro_f1":
        hits, named = (truth & on).sum(axis=1), truth.sum(axis=1) + on.sum(axis=1)
        return 2 * (weights @ hits) / np.maximum(weights @ named, 1)
    each = [f1(weights, truth[:, i], on[:, i]) for i in range(truth.shape[1]) if truth[:, i].any()]
    return nanmean(each, like=weights)


@dataclass(frozen=True)
class Answers:
    """What a system said of the test passages of a fold.

    Attributes:
        truth, on: ``(passages, leaves)`` bool.
    """

    fold: int
    truth: np.ndarray
    on: np.ndarray


Cells = Mapping[tuple[int, int], Answers]
"""By fold and seed."""


def resampled(cells: Cells, *, metric: str, resamples: int = RESAMPLES) -> tuple[float, np.ndarray]:
    """Mean score over cells, and in each resample of the test passages: a float, ``(resamples,)``.

    A fold's draws depend on the fold only: all seeds and all systems are scored on the same resample, which is what
    pairs them.
    """
    values, draws = [], []
    for cell in cells.values():
        count = len(cell.truth)
        rng = np.random.default_rng((cell.fold, count))
        weights = rng.multinomial(count, np.full(count, 1 / count), size=resamples).astype(float)
        values.append(float(score(cell.truth, cell.on, metric=metric)[0]))
        draws.append(score(cell.truth, cell.on, metric=metric, weights=weights))
    return float(np.mean(values)), np.mean(draws, axis=0)


def mean_score(cells: Cells, *, metric: str) -> tuple[Figure, float]:
    """Mean over cells with its 95 % interval over test passages, and the standard deviation over cells."""
    each = [float(score(cell.truth, cell.on, metric=metric)[0]) for cell in cells.values()]
    deviation = float(np.std(each, ddof=1)) if len(each) > 1 else float("nan")
    return interval(*resampled(cells, metric=metric)), deviation


def difference(ours: Cells, theirs: Cells, *, metric: str) -> tuple[Figure, int]:
    """Ours minus theirs over the folds and seeds that both have, with its 95 % interval, and how many those are."""
    both = [key for key in ours if key in theirs]
    if not both:
        return Figure(float("nan"), float("nan"), float("nan")), 0
    (mine, my_draws), (its, its_draws) = (
        resampled({key: cells[key] for key in both}, metric=metric) for cells in (ours, theirs)
    )
    return interval(mine - its, my_draws - its_draws), len(both)
