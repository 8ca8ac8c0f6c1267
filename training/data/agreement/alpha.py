"""Krippendorff's alpha: how far annotators agree beyond what chance would bring."""

from __future__ import annotations

import numpy as np

from ...measuring.bootstrap import RESAMPLES, Figure, interval


def count_values(values: np.ndarray, *, kinds: int) -> np.ndarray:
    """How often each passage was given each value.

    Args:
        values: ``(annotators, passages)`` int, below `kinds`, -1 where missing.

    Returns:
        ``(passages, kinds)`` float.
    """
    return (values[:, :, None] == np.arange(kinds)).sum(axis=0).astype(float)


def nominal(kinds: int) -> np.ndarray:
    """The distance of values that are alike or not: ``(kinds, kinds)``, 0 on the diagonal, else 1."""
    return 1.0 - np.eye(kinds)


def masi(sets: np.ndarray) -> np.ndarray:
    """The distance of sets of labels: 1 less Jaccard similarity times monotonicity (Passonneau 2006, "Measuring
    Agreement on Set-valued Items (MASI)").

    Args:
        sets: ``(sets, labels)`` bool.

    Returns:
        ``(sets, sets)``, 0 where they are equal, 1 where they share nothing; two empty sets are equal.
    """
    shared = (sets[:, None] & sets[None]).sum(axis=-1)
    either = (sets[:, None] | sets[None]).sum(axis=-1)
    least = np.minimum.outer(sets.sum(axis=1), sets.sum(axis=1))
    monotonicity = np.select([shared == either, shared == least, shared > 0], [1.0, 2 / 3, 1 / 3], default=0.0)
    monotonicity[(shared == 0) & (either > 0)] = 0.0
    return 1.0 - np.where(either == 0, 1.0, shared / np.maximum(either, 1) * monotonicity)


def alpha(counts: np.ndarray, *, distance: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Krippendorff's alpha, 1 less observed over expected disagreement; any number of annotators, some missing.

    Krippendorff 2019, "Content Analysis", chapter 12. Passages with fewer than two values do not count.

    Args:
        counts: ``(passages, kinds)``, how often each passage was given each value.
        distance: ``(kinds, kinds)``, symmetric, 0 on the diagonal.
        weights: ``(resamples, passages)``, how often each passage counts; once by default.

    Returns:
        ``(resamples,)``; NaN where all values are alike, so that nothing can be told.
    """
    weights = np.ones((1, len(counts))) if weights is None else weights
    several = counts.sum(axis=1) >= 2
    counts, weights = counts[several], weights[:, several]
    within = np.einsum("uc,cd,ud->u", counts, distance, counts) / np.maximum(counts.sum(axis=1) - 1, 1)
    values = weights @ counts
    total = values.sum(axis=1)
    across = np.einsum("rc,cd,rd->r", values, distance, values)
    observed = weights @ within
    return 1 - np.divide(observed * (total - 1), across, out=np.full(len(weights), np.nan), where=across > 0)


def alpha_with_interval(
    counts: np.ndarray, *, distance: np.ndarray, resamples: int = RESAMPLES, seed: int = 0
) -> Figure:
    """Alpha and its 95 % percentile bootstrap interval over passages.

    Passages with the same counts are drawn together, which is the same draw: their number is multinomial.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return Figure(value=np.nan, lo=np.nan, hi=np.nan)
    alike, number = np.unique(counts, axis=0, return_counts=True)
    value = float(alpha(alike, distance=distance, weights=number[None].astype(float))[0])
    draws = np.random.default_rng(seed).multinomial(len(counts), number / len(counts), size=resamples)
    return interval(value, alpha(alike, distance=distance, weights=draws.astype(float)))
