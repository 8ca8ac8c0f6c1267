"""Could this series have shown a shift at all? And with how many articles would it?"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from .dispersion import Dispersion
from .marginal import STEP
from .stacked import Stacked

ENOUGH = 0.8
"""Probability of finding the smallest shift of interest that counts as enough data."""
MOST = 1e7
"""Times the present volume; what this does not show, no volume shows."""
NEIGHBOURS = 3.0
"""Periods beside the true one that are about as likely, and bring a change's Bayes factor as much as it does."""


def detection_power(
    series: Stacked,
    dispersion: Dispersion,
    *,
    bound: np.ndarray,
    smallest: np.ndarray | float,
    shortest: int,
    times: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Probability that a shift in the middle of the series would have been found: ``(series,)``.

    A change's Bayes factor is that of a normal estimate of its size, whose precision is what the two levels are known
    with; neighbouring periods that are alike count for less.

    Args:
        bound: ``(series,)``: log Bayes factor that a change must have; infinite where the series is too short.
        smallest: the shift, as a difference of shares as the classifier gives them, 0..1.
        times: with so many times the articles.
    """
    n = series.articles * np.asarray(times).reshape(-1, 1)
    there = n > 0
    longest = (1 + dispersion.correlation) / (1 - dispersion.correlation)
    noise = np.where(there, 1 / np.where(there, n, 1) + (dispersion.spread * longest)[:, None], np.inf)
    known = np.cumsum(1 / noise, axis=1)
    every = known[:, -1]
    left = np.take_along_axis(known, np.maximum(series.lengths // 2 - 1, 0)[:, None], axis=1)[:, 0]
    information = np.maximum(left * (every - left) / np.maximum(every, 1e-300), 1e-9)
    nearest = np.abs(series.levels - 0.5)
    level = np.take_along_axis(series.levels, nearest.argmin(axis=1)[:, None], axis=1)[:, 0]
    middle = level + np.where(level < 0.5, 0.5, -0.5) * smallest
    size = np.asarray(smallest) / np.sqrt(series.within * np.clip(middle * (1 - middle), 1e-4, None))
    gained = STEP**2 * information
    places = np.maximum(series.lengths - 2 * shortest + 1, 1)
    dimensions = np.maximum(series.classes - 1, 1)
    needed = bound + np.log(np.maximum(places / NEIGHBOURS, 1)) + 0.5 * dimensions * np.log1p(gained)
    needed = 2 * np.maximum(needed, 0) * (1 + gained) / gained
    return norm.sf(np.sqrt(needed) - size * np.sqrt(information))


def articles_needed(
    series: Stacked, dispersion: Dispersion, *, bound: np.ndarray, smallest: np.ndarray | float, shortest: int
) -> np.ndarray:
    """Articles a period with which the shift would be found with probability `ENOUGH`: ``(series,)``.

    Infinite where the series is too short, or so restless from period to period that no volume would do. The series is
    taken to stay as long and as restless as it is.
    """
    low, high = np.full(len(series), -10.0), np.full(len(series), np.log(MOST))
    for _ in range(40):
        middle = (low + high) / 2
        found = detection_power(
            series, dispersion, bound=bound, smallest=smallest, shortest=shortest, times=np.exp(middle)
        )
        low, high = np.where(found < ENOUGH, middle, low), np.where(found < ENOUGH, high, middle)
    typical = series.articles.sum(axis=1) / np.maximum(series.lengths, 1)
    return np.where(high > np.log(MOST) - 0.01, np.inf, np.exp(high) * typical)
