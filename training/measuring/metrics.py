"""The figures of a model on labelled passages, as functions of passage weights.

With weights of one they are the usual estimates; with the counts of a bootstrap resample they are that
resample's. So every figure is written once, and a thousand resamples are a few matrix products.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...model.codebook import Task

BINS = 10


def task_figures(
    weights: np.ndarray, *, name: str, task: Task, truth: np.ndarray, probs: np.ndarray, on: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Every figure of one task as (name, values), a value for each row of weights.

    Args:
        weights: ``(resamples, passages)``, how often each passage counts.
        truth: ``(passages, leaves)`` bool, the true labels.
        probs: ``(passages, leaves)``, calibrated probabilities.
        on: ``(passages, leaves)`` bool, the decided labels.

    Yields:
        `macro_f1/<task>` (mean over leaves that occur), `accuracy` (single) or `micro_f1` (multi), `ece`,
        `brier` of the task; `f1`, `average_precision`, `ece`, `brier` as `<figure>/<task>/<label>` for
        leaves and parents. NaN where undefined: the label does not occur and is never decided.
    """
    f1_leaves = [f1(weights, truth[:, i], on[:, i]) for i in range(len(task.leaves))]
    occurring = [values for i, values in enumerate(f1_leaves) if truth[:, i].any()]
    yield f"macro_f1/{name}", nanmean(occurring, like=weights)
    if task.kind == "single":
        yield f"accuracy/{name}", _share(weights, (truth & on).any(axis=1))
        yield f"ece/{name}", calibration_error(weights, (truth & on).any(axis=1), np.where(on, probs, 0).max(axis=1))
        yield f"brier/{name}", _share(weights, ((probs - truth) ** 2).sum(axis=1))
    else:
        yield f"micro_f1/{name}", _micro_f1(weights, truth, on)
        errors = [calibration_error(weights, truth[:, i], probs[:, i]) for i in range(len(task.leaves))]
        yield f"ece/{name}", np.mean(errors, axis=0)
        yield f"brier/{name}", _share(weights, ((probs - truth) ** 2).mean(axis=1))
    columns = task.with_parents(probs)
    truths = task.with_parents(truth.astype(float))
    decided = task.with_parents(on.astype(float))
    for label in columns:
        y, p = truths[label] > 0, columns[label]
        yield f"f1/{name}/{label}", f1(weights, y, decided[label] > 0)
        yield f"average_precision/{name}/{label}", average_precision(weights, y, p)
        yield f"ece/{name}/{label}", calibration_error(weights, y, p)
        yield f"brier/{name}/{label}", _share(weights, (p - y) ** 2)


def f1(weights: np.ndarray, truth: np.ndarray, on: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN), NaN where all three are 0: ``(resamples,)``."""
    return _ratio(2 * weights @ (truth & on), weights @ truth.astype(float) + weights @ on.astype(float))


def _micro_f1(weights: np.ndarray, truth: np.ndarray, on: np.ndarray) -> np.ndarray:
    hits, true, decided = ((x.sum(axis=1).astype(float)) for x in (truth & on, truth, on))
    return _ratio(2 * weights @ hits, weights @ (true + decided))


def average_precision(weights: np.ndarray, truth: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Area under the precision–recall steps; equal probabilities are one step: ``(resamples,)``."""
    order = np.argsort(-probs, kind="stable")
    ranked = probs[order]
    w = weights[:, order]
    hits = w * truth[order]
    last_of_tie = np.searchsorted(-ranked, -ranked, side="right") - 1
    precision = _ratio(np.cumsum(hits, axis=1), np.cumsum(w, axis=1))[:, last_of_tie]
    return _ratio((hits * np.nan_to_num(precision)).sum(axis=1), hits.sum(axis=1))


def calibration_error(weights: np.ndarray, truth: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015): ``(resamples,)``."""
    bins = np.minimum((probs * BINS).astype(int), BINS - 1)
    gaps = np.zeros(len(weights))
    for b in np.unique(bins):
        inside = bins == b
        gaps += np.abs(weights[:, inside] @ (truth[inside].astype(float) - probs[inside]))
    return _ratio(gaps, weights.sum(axis=1))


def nanmean(values: list[np.ndarray], *, like: np.ndarray) -> np.ndarray:
    """Mean over labels for each resample, leaving out undefined ones; NaN where none is defined."""
    if not values:
        return np.full(len(like), np.nan)
    stacked = np.stack(values)
    defined = ~np.isnan(stacked)
    return _ratio(np.nansum(stacked, axis=0), defined.sum(axis=0))


def _share(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _ratio(weights @ values.astype(float), weights.sum(axis=1))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    below = np.asarray(below, dtype=float)
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)
