"""What a segment costs: twice the negative log-likelihood of its counts at one level."""

from __future__ import annotations

import numpy as np

TINY = 1e-12


def sums(counts: np.ndarray) -> np.ndarray:
    """Sums of all periods before each: ``(…, periods, classes)`` -> ``(…, periods + 1, classes)``."""
    before = np.zeros((*counts.shape[:-2], counts.shape[-2] + 1, counts.shape[-1]), dtype=counts.dtype)
    np.cumsum(counts, axis=-2, out=before[..., 1:, :])
    return before


def multinomial_cost(total: np.ndarray) -> np.ndarray:
    """−2 log-likelihood of a segment's counts at its own shares: ``(…, classes)`` -> ``(…,)``.

    −2 Σ S log(S / N), without the part that no segmentation changes. Counts may be fractions: weighted by the inverse
    of the over-dispersion this is the quasi-likelihood (McCullagh & Nelder 1989, chapter 9).
    """
    size = np.maximum(total.sum(axis=-1, keepdims=True), TINY)
    return -2 * (total * np.log(np.maximum(total, TINY) / size)).sum(axis=-1)


def split_gains(before: np.ndarray, *, shortest: int, lengths: np.ndarray | int | None = None) -> np.ndarray:
    """How much one split lowers the cost: the likelihood ratio of two levels against one.

    Args:
        before: ``(…, periods + 1, classes)``: `sums` of weighted counts.
        shortest: least periods on either side.
        lengths: ``(…,)``: periods that count; all of them without.

    Returns:
        ``(…, periods + 1)``: at index s the gain of a new level from period s on; −inf where no split may be.
    """
    periods = before.shape[-2] - 1
    ends = np.asarray(periods if lengths is None else lengths)
    everything = before[..., -1:, :]
    level = everything / np.maximum(everything.sum(axis=-1, keepdims=True), TINY)
    gain = _against(before, level) + _against(everything - before, level)
    at = np.arange(periods + 1)
    return np.where((at >= shortest) & (at <= ends[..., None] - shortest), gain, -np.inf)


def _against(total: np.ndarray, level: np.ndarray) -> np.ndarray:
    """2 Σ S log(S / (N level)): small numbers, so that single precision is enough."""
    classes = range(total.shape[-1])  # one after the other: sums over so short an axis are slow
    size = sum(total[..., k] for k in classes)
    gain = np.zeros_like(size)
    for k in classes:
        ratio = np.maximum(total[..., k], TINY) / np.maximum(size * level[..., k], TINY)
        gain += total[..., k] * np.log(ratio)
    return 2 * gain
