"""How much a source's shares vary from period to period without a shift, and for how long they stay away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .stacked import Stacked

LAGS = (1, 2, 4)
SPREADS = np.array([0.0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32])
CORRELATIONS = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
TYPICAL_SPREAD = 0.006
"""Where the prior for the spread has its middle: real outlets lie about it (benchmarks/README.md)."""
SPREAD_WIDTH = 1.5
"""Standard deviation of the prior in log spread."""
CORRELATION_PRIOR = np.array([0.30, 0.30, 0.22, 0.13, 0.05])
OTHERS = 5.0
"""How many series' worth the other series of a source say about one."""
CLIP = 8.0
"""A squared difference counts at most as this many times its expectation: a shift or a single wild week is no noise."""
TEMPER = 1.2
"""Differences at several lags overlap: together they weigh this many times the differences at one."""


@dataclass(frozen=True)
class Dispersion:
    """What is known about the noise of each series: a posterior on a grid, and its means.

    A period's shares vary about their level with the variance of one article's value times (1 / articles + spread); the
    part that is `spread` is correlated from one period to the next as an AR(1) process.

    Attributes:
        posterior: ``(series, spreads × correlations)``, rows sum to 1; cells in the order of `CELLS`.
        spread: ``(series,)``: intra-period correlation of the articles, at least 0.
        correlation: ``(series,)``: 0..1, of neighbouring periods' deviations.
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


def estimate_dispersion(series: Stacked, *, source: np.ndarray) -> Dispersion:
    """Over-dispersion and autocorrelation from differences of shares at several lags.

    Levels cancel in differences, so that a shift touches only the few that straddle it, and those are clipped. At lag l
    the expected squared difference grows with spread (1 − correlation^l), the variogram of an AR(1) process. Its
    composite likelihood (Varin, Reid & Firth 2011) is tempered for overlap; the other series of a source enter as a
    power prior (Ibrahim & Chen 2000), worth `OTHERS` series.

    Args:
        source: ``(series,)`` int: series of one source share a number.
    """
    own = _log_likelihood(series)
    _, where = np.unique(source, return_inverse=True)
    members = np.bincount(where)
    pooled = np.zeros((len(members), own.shape[1]))
    np.add.at(pooled, where, own)
    others = (pooled[where] - own) * (OTHERS / np.maximum(members[where] - 1, OTHERS))[:, None]
    log_posterior = own + others + prior()
    posterior = np.exp(log_posterior - log_posterior.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    return Dispersion(posterior, spread=posterior @ CELLS[:, 0], correlation=posterior @ CELLS[:, 1])


def weights(series: Stacked, dispersion: Dispersion) -> np.ndarray:
    """What an article of each period counts: ``(series, periods)``, so that the weighted counts vary as a multinomial.

    One over within × (1 + articles × spread): a period with ten times the articles does not say ten times as much.
    """
    return 1 / (series.within[:, None] * (1 + series.articles * dispersion.spread[:, None]))


def _log_likelihood(series: Stacked) -> np.ndarray:
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
