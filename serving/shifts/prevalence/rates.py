"""How often each state gives each answer, where few passages of most states were seen."""

from __future__ import annotations

import numpy as np

SMOOTHING = 0.5
"""Added to each answer's count of a class, so that none is impossible."""
BACK_OFF = 30.0
"""Passages that what is expected of a state counts for, beside its own."""


def state_rates(counts: np.ndarray) -> np.ndarray:
    """Rates of the answers of each class in each context, shrunk to what class and context alone let expect.

    Expected is that the observed context depends on the true one, and beside that on the class; the certainty, within
    a class, on the true context and beside that on the observed one: log-linear models without interaction.

    Args:
        counts: ``(…, K, V, V, A)``, passages by class, true context, observed context and plain answer.

    Returns:
        ``(…, K, V, V * A)``, rows sum to 1.
    """
    by_context = counts.sum(axis=-1)  # (…, K, V, V)
    some = _normed(by_context.sum(axis=(-3, -2)) + SMOOTHING)[..., None, :]
    of_class = _normed(by_context.sum(axis=-2) + 2 * some)[..., None, :]  # (…, K, 1, V)
    of_context = _normed(by_context.sum(axis=-3) + 2 * some)[..., None, :, :]  # (…, 1, V, V)
    make_up = _normed(by_context.sum(axis=-1) + 1e-9)[..., None, :]  # (…, K, 1, V)
    expected = _normed(of_context * of_class / (make_up @ of_context))
    observed = _normed(by_context + BACK_OFF * expected)

    plain = _normed(counts.sum(axis=(-3, -2)) + SMOOTHING)[..., None, :]  # (…, K, 1, A)
    true = _normed(counts.sum(axis=-2) + BACK_OFF * plain)  # (…, K, V, A)
    seen = _normed(counts.sum(axis=-3) + BACK_OFF * plain)
    behind = _normed(by_context.swapaxes(-1, -2) + 1e-9)  # (…, K, V, V): true contexts of an observed one
    expected = _normed(true[..., :, None, :] * (seen / (behind @ true))[..., None, :, :])
    rates = _normed(counts + BACK_OFF * expected) * observed[..., None]
    return rates.reshape(*rates.shape[:-2], -1)


def _normed(counts: np.ndarray) -> np.ndarray:
    return counts / counts.sum(axis=-1, keepdims=True)
