"""The size of a change: shares after it less shares before it, corrected, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .confusion import Confusion
from .intervals import REPLICATES, VIRTUAL
from .mixture import mixture_shares
from .quantify import BY_STATE, DEFAULT, Method, make_up_of, shares, shrunk_shares
from .shrinkage import doubtful

FEWEST_PERIODS = 6
"""Periods of a stretch from which on whole periods are resampled; below it, single articles."""


@dataclass(frozen=True)
class Difference:
    """Shares of the classes before and after and what lies between them, ``(K,)``; their bounds, ``(2, K)`` each."""

    before: np.ndarray
    after: np.ndarray
    change: np.ndarray
    before_bounds: np.ndarray
    after_bounds: np.ndarray
    bounds: np.ndarray

    @property
    def low(self) -> np.ndarray:
        """Lower bound of the change."""
        return self.bounds[0]

    @property
    def high(self) -> np.ndarray:
        """Upper bound of the change."""
        return self.bounds[1]


def difference(
    before: np.ndarray,
    after: np.ndarray,
    confusion: Confusion,
    *,
    method: Method = DEFAULT,
    replicates: int = REPLICATES,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """How far shares moved between two stretches of a series, with a percentile bootstrap interval.

    Each replicate draws the periods of either stretch anew, so that what sways a source from week to week is in the
    interval (of short stretches articles instead, which leaves that out), and takes one resampled confusion matrix
    for both.

    Args:
        before, after: ``(periods, B)``, articles by answer.

    Returns:
        NaN throughout where a stretch has no article.
    """
    totals = np.stack([before.sum(axis=0), after.sum(axis=0)])
    estimates = shares(totals, confusion, method=method)
    if np.isnan(estimates).any():
        nothing = np.full((2, estimates.shape[1]), np.nan)
        return Difference(estimates[0], estimates[1], nothing[0], nothing, nothing, nothing)
    rng = np.random.default_rng(seed)
    drawn = [_drawn(stretch, confusion, replicates=replicates, rng=rng) for stretch in (before, after)]
    first, second = (_replicated(counts, confusion, method=method, seed=seed) for counts in drawn)
    change = estimates[1] - estimates[0]

    def bounds(drawn: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return np.stack([np.minimum(low, estimate), np.maximum(high, estimate)])

    return Difference(
        before=estimates[0],
        after=estimates[1],
        change=change,
        before_bounds=bounds(first, estimates[0]),
        after_bounds=bounds(second, estimates[1]),
        bounds=bounds(second - first, change),
    )


def _drawn(stretch: np.ndarray, confusion: Confusion, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Resampled totals of a stretch: ``(replicates, B)``."""
    filled = stretch[stretch.sum(axis=1) > 0]
    periods = len(filled)
    if periods >= FEWEST_PERIODS:
        times = rng.multinomial(periods, np.full(periods, 1 / periods), size=replicates)
        # percentiles of so few are too near each other by this factor
        spread = 1 + (times - 1) * np.sqrt(periods / (periods - 1))
        return np.maximum(spread @ filled, 0)
    seen = filled.sum(axis=0) + VIRTUAL * confusion.rates.sum(axis=0)
    return rng.multinomial(max(round(filled.sum()), 1), seen / seen.sum(), size=replicates).astype(np.float64)


def _replicated(counts: np.ndarray, confusion: Confusion, *, method: Method, seed: int) -> np.ndarray:
    """Shares from each replicate's counts and its own confusion matrix: ``(replicates, K)``."""
    rates = confusion.resampled[np.arange(len(counts)) % len(confusion.resampled)]
    if method in BY_STATE:
        states = mixture_shares(counts, rates, make_up=make_up_of(confusion))
        if method == "matching":
            return states @ confusion.members
        own = shrunk_shares(states, counts, confusion)
        return own.decided + own.apart * (doubtful(len(counts), seed=seed) < own.trust)[:, None]
    if method in ("adjusted", "probabilistic"):
        pairs = zip(counts, rates, strict=True)
        return np.concatenate([shares(own[None], confusion.replaced(rate), method=method) for own, rate in pairs])
    return shares(counts, confusion, method=method)
