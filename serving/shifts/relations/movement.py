"""What a series' shares do from period to period, without levels and trends, by how well they are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMOOTHING = 8.0
"""Standard deviation, in periods, of the kernel whose moving mean is taken off."""
WILDEST = 3.0
"""Standard deviations that one period counts at most: a single event that all report is no association."""


@dataclass(frozen=True)
class Movements:
    """Movements of one label in several sources.

    Attributes:
        values: ``(series, periods)``: deviations from the moving mean in standard errors, of mean square 1; 0 where a
            period has no article.
        weights: ``(series, periods)``: roots of what a period counts, of mean square 1 over those with an article.
        freedom: ``(series,)``: the part of the degrees of freedom that is left after what was taken off.
    """

    values: np.ndarray
    weights: np.ndarray
    freedom: np.ndarray

    def weighted(self, row: int) -> np.ndarray:
        """Movements of a series by weight, ``(periods,)``: what is multiplied period by period."""
        return self.values[row] * self.weights[row]


def movements(sums: np.ndarray, *, articles: np.ndarray, spread: np.ndarray) -> Movements:
    """Deviations of each period's share from the source's own moving mean.

    A trend, or a new level, that two sources have both is taken out, since it is there once and proves nothing; and so
    is what follows from the period before, since two series that both stay away long meet by chance.

    Args:
        sums: ``(series, periods)``: sums of the articles' values of a label.
        articles: ``(series, periods)``: their number.
        spread: ``(series,)``: intra-period correlation: a period with ten times the articles does not say ten times as
            much.
    """
    there = articles > 0
    shares = np.where(there, sums / np.where(there, articles, 1), 0)
    known = np.where(there, articles / (1 + articles * spread[:, None]), 0)
    at = np.arange(sums.shape[1])
    kernel = np.exp(-0.5 * ((at[:, None] - at) / SMOOTHING) ** 2)
    shares = shares - _line(shares, known=known, at=at - at.mean())  # at the ends a moving mean lags behind a trend
    near = np.maximum(known @ kernel, 1e-300)
    usual = (known * shares) @ kernel / near
    values = (shares - usual) * np.sqrt(known)
    values = _standard(_fresh(_standard(values, there), there), there)
    weights = np.sqrt(known)
    # of a smoother S tr(2S − SSᵀ) (Hastie & Tibshirani 1990), one for the slope, one for the AR(1)
    taken = (2 * known / near - (known**2 @ kernel**2) / near**2).sum(axis=1) + 2
    freedom = np.clip(1 - taken / np.maximum(there.sum(axis=1), 1), 0.1, 1)
    return Movements(values, weights / np.maximum(_root_mean_square(weights, there), 1e-12), freedom)


def _line(shares: np.ndarray, *, known: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The straight line through each series, by weighted least squares: ``(series, periods)``."""
    total = np.maximum(known.sum(axis=1, keepdims=True), 1e-300)
    middle, level = (known @ at)[:, None] / total, (known * shares).sum(axis=1, keepdims=True) / total
    away = at - middle
    slope = (known * away * (shares - level)).sum(axis=1) / np.maximum((known * away**2).sum(axis=1), 1e-300)
    return level + slope[:, None] * away


def _fresh(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """What does not follow from the period before: each series' own AR(1) taken off (Box & Jenkins's prewhitening)."""
    before = np.where(there[:, 1:], values[:, :-1], 0)
    follows = (values[:, 1:] * before).sum(axis=1) / np.maximum((before**2).sum(axis=1), 1e-12)
    fresh = values.copy()
    fresh[:, 1:] -= np.clip(follows, 0, 0.9)[:, None] * before
    return fresh


def _standard(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Of mean square 1, without wild ones."""
    for _ in range(2):
        values = values / np.maximum(_root_mean_square(values, there), 1e-12)
        values = np.clip(values, -WILDEST, WILDEST)
    return values


def _root_mean_square(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    return np.sqrt((values**2).sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1))
