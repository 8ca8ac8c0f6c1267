"""How likely a series is with one level, and with a new one from each period on, whatever its noise may be.

A period's deviation from the level is that of sampling, fresh every period, and that of the source, which lasts: white
noise and an AR(1) process. Levels are integrated out, over a flat prior the first, over a normal one the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dispersion import CELLS

STEP = 0.3
"""Standard deviation of the prior for a step, in standard deviations of one article's value."""
QUIET = 1e-7
"""Stands for a spread of 0, whose covariance matrix has no inverse."""


@dataclass(frozen=True)
class Marginal:
    """Log marginal likelihoods, but for what is the same in all of a series' models.

    Attributes:
        level: ``(series, cells)``: with one level, for the noise of each of `dispersion.CELLS`.
        step: ``(series, cells, periods)``: how much larger it is with another level from a period on.
    """

    level: np.ndarray
    step: np.ndarray


def marginal(values: np.ndarray, articles: np.ndarray) -> Marginal:
    """Both, in time that grows with the periods: the covariance's inverse is applied by a tridiagonal elimination.

    With N the articles and P the precision of the AR(1) process, the inverse of the covariance is
    N − N (P + N)⁻¹ N, and P + N is tridiagonal (Rue & Held 2005, "Gaussian Markov Random Fields", section 2.3).

    Args:
        values: ``(series, periods, dimensions)``: deviations of shares from any level, of variance
            1 / articles + spread and uncorrelated across dimensions; `standardized` makes them.
        articles: ``(series, periods)``; 0 where a series has no such period.
    """
    spread = np.maximum(CELLS[:, 0], QUIET)
    correlation = np.where(CELLS[:, 0] > 0, CELLS[:, 1], 0)
    own = _Elimination.of(articles, spread=spread, correlation=correlation)
    known = own.applied(np.ones((*articles.shape, 1)))[..., 0]  # (series, cells, periods)
    whitened = own.applied(values)
    every = known.sum(axis=2)
    total = whitened.sum(axis=2)
    squares = np.einsum("sckd,skd->sc", whitened, values)
    dimensions = values.shape[2]
    fit = (total**2).sum(axis=2) / every
    level = -0.5 * (dimensions * (own.log_determinant + np.log(every)) + squares - fit)
    after = _suffixes(known)
    information = np.maximum(own.suffix_forms() - after**2 / every[..., None], 0)
    score = _suffixes(whitened) - (after / every[..., None])[..., None] * total[:, :, None, :]
    gained = STEP**2 * information
    step = 0.5 * STEP**2 * (score**2).sum(axis=3) / (1 + gained) - 0.5 * dimensions * np.log1p(gained)
    return Marginal(level, step)


def standardized(counts: np.ndarray, *, levels: np.ndarray, within: float) -> np.ndarray:
    """Shares as deviations from levels in uncorrelated dimensions: ``(periods, classes that occur − 1)``.

    Args:
        counts: ``(periods, classes)``; every period has an article.
        levels: ``(classes,)``, sums to 1.
    """
    there = levels > 0
    own = levels[there]
    variances, axes = np.linalg.eigh(np.diag(own) - np.outer(own, own))
    scale = axes[:, 1:] / np.sqrt(np.maximum(variances[1:], 1e-12) * within)
    return (counts[:, there] / counts.sum(axis=1, keepdims=True) - own) @ scale


def _suffixes(values: np.ndarray) -> np.ndarray:
    """Sums from each period to the last: axis 2."""
    return np.flip(np.cumsum(np.flip(values, axis=2), axis=2), axis=2)


@dataclass(frozen=True)
class _Elimination:
    """P + N = U D Uᵀ of every series and cell, from the last period to the first: ``(periods, series, cells)``."""

    articles: np.ndarray
    pivots: np.ndarray
    above: np.ndarray
    log_determinant: np.ndarray

    @classmethod
    def of(cls, articles: np.ndarray, *, spread: np.ndarray, correlation: np.ndarray) -> _Elimination:
        series, periods = articles.shape
        precision = 1 / (spread * (1 - correlation**2))
        inner, outer = precision * (1 + correlation**2), precision
        beside = -precision * correlation
        n = articles.T[:, :, None]
        pivots = np.empty((periods, series, len(spread)))
        above = np.zeros_like(pivots)
        pivots[-1] = outer + n[-1]
        for t in range(periods - 2, -1, -1):
            above[t] = beside / pivots[t + 1]
            pivots[t] = (inner if t else outer) + n[t] - above[t] * beside
        determinant = (
            np.log(pivots).sum(axis=0) + periods * np.log(spread) + (periods - 1) * np.log1p(-(correlation**2))
        )
        return cls(articles, pivots, above, determinant)

    def applied(self, values: np.ndarray) -> np.ndarray:
        """The covariance's inverse times values: ``(series, cells, periods, dimensions)``."""
        weighted = (self.articles[:, :, None] * values).transpose(1, 0, 2)[:, :, None, :]
        periods = len(self.pivots)
        solved = np.empty((*self.pivots.shape, values.shape[2]))
        solved[-1] = weighted[-1]
        for t in range(periods - 2, -1, -1):
            solved[t] = weighted[t] - self.above[t, :, :, None] * solved[t + 1]
        solved /= self.pivots[..., None]
        for t in range(1, periods):
            solved[t] -= self.above[t - 1, :, :, None] * solved[t - 1]
        smoothed = solved.transpose(1, 2, 0, 3)
        return self.articles[:, None, :, None] * (values[:, None] - smoothed)

    def suffix_forms(self) -> np.ndarray:
        """hᵀ V⁻¹ h for every h that is 0 before a period and 1 from it on: ``(series, cells, periods)``."""
        n = self.articles.T[:, :, None]
        periods = len(self.pivots)
        left = np.empty_like(self.pivots)
        left[-1] = n[-1]
        for t in range(periods - 2, -1, -1):
            left[t] = n[t] - self.above[t] * left[t + 1]
        inside = np.flip(np.cumsum(np.flip(left**2 / self.pivots, axis=0), axis=0), axis=0)
        outside = np.zeros_like(self.pivots)
        for t in range(1, periods):
            outside[t] = self.above[t - 1] ** 2 * (1 / self.pivots[t - 1] + outside[t - 1])
        total = np.flip(np.cumsum(np.flip(n, axis=0), axis=0), axis=0)
        return (total - inside - left**2 * outside).transpose(1, 2, 0)
