"""How much a source's shares vary from period to period without a shift, and for how long they stay away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .stacked import Stacked

LAGS = (1, 2, 3, 5, 8)
SPREADS = np.array([0.0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32])
CORRELATIONS = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
TYPICAL_SPREAD = 0.01
"""Where the prior for the spread has its middle: above most real outlets, to be on the careful side."""
SPREAD_WIDTH = 1.5
"""Standard deviation of the prior in log spread."""
CORRELATION_PRIOR = np.array([0.22, 0.25, 0.25, 0.20, 0.08])
CLIP = 20.0
"""A squared difference counts at most as this many times its expectation: a shift or a single wild week is no noise."""
TEMPER = 3.0
"""Differences at several lags overlap: together they weigh this many times the differences at one."""


@dataclass(frozen=True)
class Dispersion:
    """What is known about the noise of each series: a posterior on a grid, and its middle.

    A period's shares vary about their level with the variance of one article's value times (1 / articles + spread); the
    part that is `spread` is correlated from one period to the next as an AR(1) process.

    Attributes:
        posterior: ``(series, spreads × correlations)``, rows sum to 1; cells in the order of `CELLS`.
        spread: ``(series,)``: intra-period correlation of the articles, at least 0; geometric mean.
        correlation: ``(series,)``: 0..1, of neighbouring periods' deviations; mean.
    """

    posterior: np.ndarray
    spread: np.ndarray
    correlation: np.ndarray


CELLS = np.array([(spread, correlation) for spread in SPREADS for correlation in CORRELATIONS])
"""``(cells, 2)``: spread and correlation of every cell of the grid."""


def prior() -> np.ndarray:
    """Log prior of every cell: ``(cells,)``."""
    middle, width = np.log(TYPICAL_SPREAD), SPREAD_WIDTH
    at = np.log(np.maximum(SPREADS, SPREADS[1] / 2))
    spread = np.exp(-0.5 * ((at - middle) / width) ** 2)
    return np.log(np.outer(spread / spread.sum(), CORRELATION_PRIOR).ravel())


def estimate_dispersion(series: Stacked, *, segments: np.ndarray | None = None) -> Dispersion:
    """Over-dispersion and autocorrelation from differences of shares at several lags.

    Levels cancel in differences, so that a shift touches only the few that straddle it, and those are clipped. At lag l
    the expected squared difference grows with spread (1 − correlation^l), the variogram of an AR(1) process. Its
    composite likelihood (Varin, Reid & Firth 2011) is tempered, because differences overlap. Other series of the source
    are not asked: pooled with them, a restless label among quiet ones was taken for quiet, and gave false alarms.

    Args:
        segments: ``(series, periods)`` int: differences between periods of different segments are left out.
    """
    log_posterior = _log_likelihood(series, segments) + prior()
    posterior = np.exp(log_posterior - log_posterior.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    least = SPREADS[1] / 4  # so that a spread of 0 has a logarithm
    spread = np.exp(posterior @ np.log(CELLS[:, 0] + least)) - least
    return Dispersion(posterior, spread=np.maximum(spread, 0), correlation=posterior @ CELLS[:, 1])


def weights(series: Stacked, dispersion: Dispersion) -> np.ndarray:
    """What an article of each period counts: ``(series, periods)``, so that the weighted counts vary as a multinomial.

    One over within × (1 + articles × spread): a period with ten times the articles does not say ten times as much.
    """
    return 1 / (series.within[:, None] * (1 + series.articles * dispersion.spread[:, None]))


def _log_likelihood(series: Stacked, segments: np.ndarray | None) -> np.ndarray:
    """Of every cell of the grid: ``(series, cells)``."""
    n = np.maximum(series.articles, 1e-9)
    shares = series.counts / n[:, :, None]
    rarity = 1 / np.maximum(series.levels, 1e-4)
    freedom = np.maximum(series.classes - 1, 1)
    found = np.zeros((len(series), len(CELLS)))
    for lag in LAGS:
        if series.articles.shape[1] <= lag:
            continue
        difference = shares[:, lag:] - shares[:, :-lag]
        squared = (difference**2 * rarity[:, None, :]).sum(axis=2) / (2 * freedom * series.within)[:, None]
        sampling = (1 / n[:, lag:] + 1 / n[:, :-lag]) / 2
        there = np.arange(lag, n.shape[1]) < series.lengths[:, None]
        if segments is not None:
            there &= segments[:, lag:] == segments[:, :-lag]
        scale = TEMPER / len(LAGS) * freedom / 2
        for cell, (spread, correlation) in enumerate(CELLS):
            if spread == 0 and correlation:
                found[:, cell] = found[:, 0]
                continue
            expected = sampling + spread * (1 - correlation**lag)
            loss = np.minimum(squared / expected, CLIP) + np.log(expected)
            found[:, cell] -= scale * np.where(there, loss, 0).sum(axis=1)
    zero = CELLS[:, 0] == 0
    found[:, zero] = found[:, :1]
    return found
