"""Thresholds of a multi task: each label's own, drawn to one for all labels where few passages tell."""

from __future__ import annotations

from typing import Literal

import numpy as np

Goal = Literal["macro", "micro"]
RESAMPLES = 200
COMMON = 20
"""Positive passages of a label that its own threshold needs to count as much as the common one."""
GRID = np.linspace(0.02, 0.98, 97)


def fit_thresholds(
    probs: np.ndarray,
    truth: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    goal: Goal = "macro",
    seed: int = 0,
) -> np.ndarray:
    """Thresholds with the highest F1, steadied by bagging and by shrinkage.

    The best threshold of one small sample is noisy and hugs its extremes (Lipton et al. 2014, "Thresholding classifiers
    to maximize F1"); the median of the best over bootstrap resamples is not. A label with n positive passages counts n
    against 20 of the common threshold, the one with the highest macro-F1. For micro-F1 the common threshold, that with
    the highest micro-F1, is all: calibrated probabilities have one best threshold whatever the label.

    Args:
        probs: ``(passages, leaves)``, 0..1.
        truth: the same shape, bool.
        weights: ``(passages,)``, how much each counts; the same without.
        goal: which F1 is to be high.

    Returns:
        ``(leaves,)``, 0.02..0.98; 0.5 where no passage has any label.
    """
    passages, leaves = probs.shape
    if not truth.any():
        return np.full(leaves, 0.5)
    drawn = np.random.default_rng(seed).multinomial(passages, np.full(passages, 1 / passages), size=RESAMPLES)
    counted = drawn * (1.0 if weights is None else weights)
    hits, sizes = np.empty((2, leaves, RESAMPLES, len(GRID)))
    for leaf in range(leaves):
        on, true = probs[:, [leaf]] >= GRID, truth[:, [leaf]]
        hits[leaf] = counted @ (on & true)
        sizes[leaf] = counted @ on + counted @ true
    if goal == "micro":
        return np.full(leaves, _best(_f1(hits.sum(axis=0), sizes.sum(axis=0))))
    f1, positives = _f1(hits, sizes), truth.sum(axis=0)
    seen = positives > 0
    common = _best(f1[seen].mean(axis=0))
    own = np.array([_best(f1[leaf]) if seen[leaf] else common for leaf in range(leaves)])
    return (positives * own + COMMON * common) / (positives + COMMON)


def _f1(hits: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """F1 from the true positives, and the sum of what was given and what is true."""
    return 2 * hits / np.maximum(sizes, 1e-9)


def _best(f1: np.ndarray) -> float:
    """The threshold that is best in the median resample, each plateau by its middle: from ``(resamples, grid)``."""
    best = np.where(f1 >= f1.max(axis=1, keepdims=True) - 1e-9, GRID, np.nan)
    return float(np.median(np.nanmean(best, axis=1)))
