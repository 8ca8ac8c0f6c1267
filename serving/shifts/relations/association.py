"""Which sources moved together, and by how many periods one is ahead: lagged association of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .movement import Movements

BANDWIDTH = 8
"""Lags over which a series' own correlation is taken into account when pairs are chosen."""


@dataclass(frozen=True)
class Candidates:
    """Pairs of series that look most like moving together.

    Attributes:
        one, other: ``(pairs,)`` int, rows of the movements.
        evidence: ``(pairs,)``: the largest lagged product over its standard deviation without an association.
        tested: pairs with enough periods in common.
        short: pairs without.
    """

    one: np.ndarray
    other: np.ndarray
    evidence: np.ndarray
    tested: int
    short: int


def candidates(moved: Movements, *, lags: int, fewest: int, most: int) -> Candidates:
    """The pairs with the most evidence, by matrix products over all of them.

    Without an association a lagged product varies with the product of both series' autocovariances (Bartlett 1946).

    Args:
        lags: largest lag that is looked at, either way.
        fewest: periods that both must have an article in.
        most: pairs handed back at most.
    """
    weighted, there = moved.values * moved.weights, (moved.weights > 0).astype(np.float64)
    common = there @ there.T
    periods = weighted.shape[1]
    largest = np.zeros(common.shape)
    for lag in range(lags + 1):
        product = np.abs(weighted[:, : periods - lag] @ weighted[:, lag:].T)
        largest = np.maximum(largest, np.maximum(product, product.T))
    own = np.stack([_autocovariance(weighted, lag) for lag in range(min(BANDWIDTH, periods - 1) + 1)], axis=1)
    deviation = np.sqrt(np.maximum(own[:, :1] @ own[:, :1].T + 2 * own[:, 1:] @ own[:, 1:].T, 1e-300) / periods)
    one, other = np.triu_indices(len(common), k=1)
    enough = common[one, other] >= fewest
    evidence = (largest / deviation)[one, other]
    kept = np.flatnonzero(enough)
    if len(kept) > most:
        kept = np.sort(kept[np.argpartition(-evidence[kept], most)[:most]])
    return Candidates(one[kept], other[kept], evidence[kept], int(enough.sum()), int((~enough).sum()))


def _autocovariance(weighted: np.ndarray, lag: int) -> np.ndarray:
    return (weighted[:, : weighted.shape[1] - lag] * weighted[:, lag:]).sum(axis=1)


def lagged(series: np.ndarray, *, lags: int) -> np.ndarray:
    """The series moved by each lag: ``(periods, 2 lags + 1)``; column l has period t + l − lags, 0 beyond the ends."""
    padded = np.zeros(len(series) + 2 * lags)
    padded[lags : lags + len(series)] = series
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * lags + 1)


def correlations(moved: Movements, *, one: int, other: int, lags: int) -> np.ndarray:
    """Weighted correlation at each lag from −lags to lags: ``(2 lags + 1,)``; at lag l, `one` is l periods ahead."""
    first, second = moved.weighted(one), moved.weighted(other)
    weight_one, weight_other = (moved.weights[row] for row in (one, other))
    product = first @ lagged(second, lags=lags)
    # each product of two weighted values has the weight of both: w x · v y over √(Σ w v x² · Σ w v y²)
    square_one = (first * moved.values[one]) @ lagged(weight_other, lags=lags)
    square_other = weight_one @ lagged(second * moved.values[other], lags=lags)
    return np.clip(product / np.maximum(np.sqrt(square_one * square_other), 1e-12), -1, 1)
