"""How often chance alone splits so well: periods put in another order, blocks of them together."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from .cost import split_gains, sums
from .tail import exceedance

SMALLEST = 1e-9


def block_length(*, correlation: float) -> int:
    """Periods that are moved together, so that neighbours which resemble each other stay neighbours."""
    return int(np.ceil((1 + correlation) / (1 - correlation) - 1e-9))


def permutation_p_value(
    counts: np.ndarray, *, gain: float, split: int, shortest: int, block: int, permutations: int, seed: int
) -> float:
    """P-value of a split among all splits of its two segments, by block permutation (Kirch 2007).

    In every permutation the best split counts, as it did in the data. Beyond the tail's beginning the p-value is read
    off an exponential fitted to it (Knijnenburg et al. 2009), but is no smaller than one in the number of ways to
    choose the blocks on the left.

    Args:
        counts: ``(periods, classes)``, weighted.
        gain: what the split gained, or the best within its date's interval.
        split: first period of the new level.
        block: periods that are moved together.
    """
    periods = len(counts)
    blocks = -(-periods // block)
    rng = np.random.default_rng(seed)
    order = rng.random((permutations, blocks)).argsort(axis=1)
    turn = rng.integers(periods, size=(permutations, 1))
    at = (order[:, :, None] * block + np.arange(block)).reshape(permutations, -1)
    inside = at[at < periods].reshape(permutations, periods)
    permuted = np.moveaxis(counts.T[:, (inside + turn) % periods], 0, -1)  # classes far apart, so that sums are quick
    largest = np.append(split_gains(sums(permuted), shortest=shortest).max(axis=1), gain)
    left = split / block
    ways = gammaln(blocks + 1) - gammaln(left + 1) - gammaln(max(blocks - left, 0) + 1)
    return float(max(exceedance(largest, gain=gain), np.exp(-ways), SMALLEST))
