"""From a rate of false alarms to the gain that a change must have, and back: the tail of simulated maxima."""

from __future__ import annotations

import numpy as np

TAIL = 0.15
"""Share of the simulated maxima that the tail is fitted to."""


def tail_fit(largest: np.ndarray) -> tuple[float, float]:
    """Where the tail of the maxima begins, and its mean excess: an exponential beyond the 1 − `TAIL` quantile.

    A maximum of likelihood ratios has an exponential tail (Gumbel's domain), so that rates far below one in the number
    of replicates can be read off it.
    """
    start = float(np.quantile(largest, 1 - TAIL))
    over = largest[largest > start]  # none where a class is so rare that all maxima are alike
    return start, max(float((over - start).mean()), 1e-6) if len(over) else 1e-6


def threshold(largest: np.ndarray, *, probability: np.ndarray | float) -> np.ndarray:
    """The gain that a series without a shift exceeds with this probability."""
    probability = np.asarray(probability)
    start, excess = tail_fit(largest)
    inside = np.quantile(largest, np.clip(1 - probability, 0, 1))
    return np.where(probability < TAIL, start + excess * np.log(TAIL / np.maximum(probability, 1e-300)), inside)


def exceedance(largest: np.ndarray, *, gain: np.ndarray | float) -> np.ndarray:
    """Probability that a series without a shift reaches a gain: `threshold` the other way round."""
    start, excess = tail_fit(largest)
    inside = (np.asarray(gain)[..., None] <= largest).mean(axis=-1)
    return np.where(gain > start, TAIL * np.exp(-(np.asarray(gain) - start) / excess), inside)
