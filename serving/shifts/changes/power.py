"""Could this series have shown a shift at all? And with how many articles would it?"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from .dispersion import Dispersion
from .stacked import Stacked

ENOUGH = 0.8
"""Probability of finding the smallest shift of interest that counts as enough data."""
MOST = 1e7
"""Times the present volume; what this does not show, no volume shows."""


def detection_power(
    series: Stacked,
    dispersion: Dispersion,
    *,
    threshold: np.ndarray,
    smallest: np.ndarray | float,
    times: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Probability that a shift in the middle of the series would have been found: ``(series,)``.

    The root of a split's gain is about normal: its mean is the shift over the standard error of the two levels, its
    standard deviation above 1 where neighbouring periods are alike.

    Args:
        threshold: ``(series,)``: gain that a change must have; infinite where the series is too short.
        smallest: the shift, as a difference of shares as the classifier gives them, 0..1.
        times: with so many times the articles.
    """
    n = series.articles * np.asarray(times).reshape(-1, 1)
    there = n > 0
    noise = np.where(there, 1 / np.where(there, n, 1) + dispersion.spread[:, None], np.inf)
    longest = (1 + dispersion.correlation) / (1 - dispersion.correlation)
    lasting = np.where(there, 1 / np.where(there, n, 1) + (dispersion.spread * longest)[:, None], 0)
    known = np.cumsum(1 / noise, axis=1)
    every = known[:, -1]
    left = np.take_along_axis(known, np.maximum(series.lengths // 2 - 1, 0)[:, None], axis=1)[:, 0]
    half = left * (every - left) / np.maximum(every, 1e-300)
    inflation = np.sqrt((lasting / noise**2).sum(axis=1, where=there) / np.maximum(every, 1e-300))
    nearest = np.abs(series.levels - 0.5)
    level = np.take_along_axis(series.levels, nearest.argmin(axis=1)[:, None], axis=1)[:, 0]
    middle = level + np.where(level < 0.5, 0.5, -0.5) * smallest
    variance = series.within * np.clip(middle * (1 - middle), 1e-4, None)
    mean = np.asarray(smallest) * np.sqrt(half / variance)
    return norm.sf((np.sqrt(threshold) - mean) / np.maximum(inflation, 1))


def articles_needed(
    series: Stacked, dispersion: Dispersion, *, threshold: np.ndarray, smallest: np.ndarray | float
) -> np.ndarray:
    """Articles a period with which the shift would be found with probability `ENOUGH`: ``(series,)``.

    Infinite where the series is too short, or so restless from period to period that no volume would do. The series is
    taken to stay as long and as restless as it is.
    """
    low, high = np.full(len(series), -10.0), np.full(len(series), np.log(MOST))
    for _ in range(40):
        middle = (low + high) / 2
        found = detection_power(series, dispersion, threshold=threshold, smallest=smallest, times=np.exp(middle))
        low, high = np.where(found < ENOUGH, middle, low), np.where(found < ENOUGH, high, middle)
    typical = series.articles.sum(axis=1) / np.maximum(series.lengths, 1)
    return np.where(high > np.log(MOST) - 0.01, np.inf, np.exp(high) * typical)
