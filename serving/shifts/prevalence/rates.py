"""How often each state gives each answer, where few passages of most states were seen."""

from __future__ import annotations

import numpy as np

SMOOTHING = 0.5
"""Added to each answer's count of a class, so that none is impossible."""
BACK_OFF = 30.0
"""Passages that what is expected of a state counts for, beside its own."""


def state_rates(counts: np.ndarray) -> np.ndarray:
    """Rates of the answers of each class in each context, shrunk to what class and context alone let expect.

    Expected is the log-linear model without interaction: the observed context depends on the class and on the true
    context, each for itself, and so does the certainty on the true and on the observed context within a class.

    Args:
        counts: ``(…, K, V, V, A)``, passages by class, true context, observed context and plain answer.

    Returns:
        ``(…, K, V, V * A)``, rows sum to 1.
    """
    by_context = counts.sum(axis=-1)  # (…, K, V, V)
    some = _normed(by_context.sum(axis=(-3, -2)) + SMOOTHING)[..., None, :]
    of_class = _normed(by_context.sum(axis=-2) + 2 * some)  # (…, K, V)
    of_context = _normed(by_context.sum(axis=-3) + 2 * some)  # (…, V, V)
    expected = _normed(of_class[..., :, None, :] * of_context[..., None, :, :] / some[..., None, :, :])
    observed = _normed(by_context + BACK_OFF * expected)

    plain = _normed(counts.sum(axis=(-3, -2)) + SMOOTHING)[..., None, :]  # (…, K, 1, A)
    true = _normed(counts.sum(axis=-2) + BACK_OFF * plain)  # (…, K, V, A)
    seen = _normed(counts.sum(axis=-3) + BACK_OFF * plain)
    expected = _normed(true[..., :, None, :] * seen[..., None, :, :] / plain[..., None, :, :])
    rates = _normed(counts + BACK_OFF * expected) * observed[..., None]
    return rates.reshape(*rates.shape[:-2], -1)


def _normed(counts: np.ndarray) -> np.ndarray:
    return counts / counts.sum(axis=-1, keepdims=True)
