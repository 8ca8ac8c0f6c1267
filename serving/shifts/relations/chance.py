"""How often chance makes two series move together so well, and how sure the lag is: block permutation and bootstrap."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..changes.permute import block_length
from ..changes.tail import exceedance
from .association import lagged
from .movement import Movements

PERMUTATIONS = 499
RESAMPLES = 299
LONGEST = 6
"""A block is at most this part of a series, so that there are ways enough to order them."""
SHORTEST = 2
LEVEL = 0.95
AT_ONCE = 50
"""Other series whose products are worked out together."""


def p_values(
    moved: Movements, *, one: int, others: np.ndarray, lags: int, seed: int, permutations: int = PERMUTATIONS
) -> np.ndarray:
    """P-value of one series' association with each of others: ``(others,)``.

    The periods of `one` are put in another order, blocks of them together, so that its own correlation stays; weights
    stay where they are, so that weeks in which everybody writes much are not taken for an association. The largest
    lagged product of all lags counts, as in the data; beyond the tail's beginning an exponential is fitted to it.
    """
    there = np.flatnonzero(moved.weights[one] > 0)
    own = moved.values[one, there]
    orders = _orders(len(there), block=_block(own), permutations=permutations, seed=seed)
    permuted = np.zeros((permutations, moved.weights.shape[1]))
    permuted[:, there] = own[orders] * moved.weights[one, there]
    found: list[np.ndarray] = []
    for some in np.array_split(others, -(-len(others) // AT_ONCE)):
        moved_on = np.concatenate([lagged(moved.weighted(other), lags=lags) for other in some.tolist()], axis=1)
        # in another order the values are free again where both series' moving means were taken off: chance seems less
        freedom = np.sqrt(np.maximum(moved.freedom[one], moved.freedom[some]))
        seen = freedom * np.abs(moved.weighted(one) @ moved_on).reshape(len(some), -1).max(axis=1)
        largest = np.abs(permuted @ moved_on).reshape(permutations, len(some), -1).max(axis=2)
        with np.errstate(over="ignore"):  # of a tail's formula where it does not hold
            pairs = zip(largest.T, seen, strict=True)
            # a series that never moves is associated with nothing
            found += [exceedance(np.append(own, gain), gain=gain) if gain > 0 else np.ones(()) for own, gain in pairs]
    return np.array(found, dtype=np.float64)


def _block(own: np.ndarray) -> int:
    together = float((own[1:] * own[:-1]).sum() / max(float((own**2).sum()), 1e-12))
    return int(
        np.clip(block_length(correlation=min(max(together, 0.0), 0.8)) + 1, SHORTEST, max(len(own) // LONGEST, 1))
    )


@lru_cache(maxsize=64)
def _orders(length: int, *, block: int, permutations: int, seed: int) -> np.ndarray:
    """Random orders of blocks, beginning anywhere: ``(permutations, length)`` int."""
    rng = np.random.default_rng([seed, length, block])
    blocks = -(-length // block)
    order = rng.random((permutations, blocks)).argsort(axis=1)
    at = (order[:, :, None] * block + np.arange(block)).reshape(permutations, -1)
    inside = at[at < length].reshape(permutations, length)
    return (inside + rng.integers(length, size=(permutations, 1))) % length


def lag_interval(
    moved: Movements, *, one: int, other: int, lags: int, best: int, seed: int, level: float = LEVEL
) -> tuple[int, int, float]:
    """The lags that resamples of the periods, blocks of them together, find: bounds, and the share that finds `best`.

    Args:
        best: the lag that was found, −lags..lags.
    """
    products = moved.weighted(one)[:, None] * lagged(moved.weighted(other), lags=lags)
    sign = np.sign(products[:, best + lags].sum())
    periods = len(products)
    block = max(_block(moved.values[one]), _block(moved.values[other]), 2 * lags)
    rng = np.random.default_rng(seed)
    number = -(-periods // block)
    starts = rng.integers(periods, size=(RESAMPLES, number))
    at = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLES, -1)[:, :periods] % periods
    times = np.bincount((np.arange(RESAMPLES)[:, None] * periods + at).ravel(), minlength=RESAMPLES * periods)
    times = times.reshape(RESAMPLES, periods).astype(np.float64)
    found = (sign * (times @ products)).argmax(axis=1) - lags
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return min(int(low), best), max(int(high), best), float((found == best).mean())
