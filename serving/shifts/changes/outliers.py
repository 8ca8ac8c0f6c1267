"""One wild week is no new level: shares far from their neighbours' median are drawn in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .dispersion import Dispersion
from .stacked import Stacked

FAR = 2.5
"""Standard deviations that a period's shares may lie from the running median."""


def drawn_in(series: Stacked, dispersion: Dispersion, *, shortest: int) -> Stacked:
    """The series with every period's shares at most `FAR` standard deviations from the running median.

    The median runs over 2 · `shortest` − 1 periods, so that a level which lasts as long as a segment must is its own
    median, and a shift keeps its edge (Fearnhead & Rigaill 2019 bound the loss to the same end).
    """
    n = np.maximum(series.articles, 1e-9)[:, :, None]
    shares = series.counts / n
    median = _running_median(shares, series.lengths, reach=shortest - 1)
    total = median.sum(axis=2, keepdims=True)
    median = np.where(total > 0, median / np.where(total > 0, total, 1), series.levels[:, None, :])
    away = shares - median
    middle = (median + series.levels[:, None, :]) / 2
    distance = (away**2 / np.maximum(middle, 1 / (n + 1))).sum(axis=2) / np.maximum(series.classes - 1, 1)[:, None]
    variance = series.within[:, None] * (1 / n[:, :, 0] + dispersion.spread[:, None])
    part = np.minimum(1, FAR * np.sqrt(variance / np.maximum(distance, 1e-12)))[:, :, None]
    counts = np.where(series.articles[:, :, None] > 0, (median + part * away) * n, 0)
    return replace(series, counts=counts)


def _running_median(shares: np.ndarray, lengths: np.ndarray, *, reach: int) -> np.ndarray:
    """Median of each class over a window that stays inside the series at both ends."""
    periods = shares.shape[1]
    if reach == 0 or periods <= 2 * reach:
        return shares
    at = np.arange(periods)
    middle = np.clip(at, reach, np.maximum(lengths[:, None] - 1 - reach, reach))
    windows = np.lib.stride_tricks.sliding_window_view(shares, 2 * reach + 1, axis=1)
    medians = np.median(windows, axis=-1)
    return np.take_along_axis(medians, np.minimum(middle - reach, medians.shape[1] - 1)[:, :, None], axis=1)
