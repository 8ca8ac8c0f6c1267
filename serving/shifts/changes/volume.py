"""When a source began to publish more, or less: a change of volume is no change of narrative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from .dispersion import CORRELATIONS
from .segment import partition
from .tail import exceedance, threshold

REPLICATES = 300
LAGS = (1, 2, 4, 8)
CLIP = 20.0
LEAST_SIZE, MOST_SIZE = 0.5, 1e4
"""Bounds of the negative binomial's size: variance of a period's articles = mean + mean² / size."""


@dataclass(frozen=True)
class VolumeChange:
    """A new level of articles a period.

    Attributes:
        period: its first period.
        before, after: mean articles a period on either side, up to the neighbouring changes.
        p_value: probability of such a gain in a series of this length and noise without a change.
    """

    period: int
    before: float
    after: float
    p_value: float


def find_volume_changes(
    articles: np.ndarray, *, periods_per_year: float, false_alarms: float = 0.05, shortest: int = 4, seed: int = 0
) -> list[tuple[VolumeChange, ...]]:
    """Changes in the number of articles, source by source.

    Negative-binomial segments of one size: their cost is that of the articles against `size` others in each period, so
    that the recursion for shares finds them. The penalty is simulated from correlated gamma periods.

    Args:
        articles: ``(sources, periods)``, at least 0, from the source's first period to its last. Zeros are periods
            without an article.
        false_alarms: a source and year.

    Returns:
        one a source.
    """
    articles = np.asarray(articles, dtype=np.float64)
    if articles.ndim != 2 or not (articles >= 0).all():
        raise ValueError(f"need articles of sources × periods, at least 0, got {articles.shape}")
    sources, periods = articles.shape
    if periods < 2 * shortest:
        return [()] * sources
    size, correlation = _noise(articles)
    steps = np.random.default_rng(seed).standard_normal((REPLICATES, periods))
    rate = min(false_alarms * periods / periods_per_year, 0.5)
    largest = [_maxima(articles[i].mean(), size[i], correlation[i], steps, shortest) for i in range(sources)]
    bounds = np.array([float(threshold(drawn, probability=rate)) for drawn in largest])
    counts = np.stack([articles, np.broadcast_to(size[:, None], articles.shape)], axis=2)
    found = partition(counts, penalty=bounds, shortest=shortest)
    return [_described(articles[i], size[i], largest[i], found[i]) for i in range(sources)]


def _noise(articles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Size and lag-one correlation of each source, from clipped squared differences of log volume at several lags."""
    log = np.log(articles + 0.5)
    half = np.stack([_clipped_half_square(log, lag) for lag in LAGS], axis=1)
    sampling = 1 / np.maximum(articles.mean(axis=1), 0.5)
    excess = np.maximum(half - sampling[:, None], 0)
    shapes = 1 - CORRELATIONS[:, None] ** np.array(LAGS)
    level = (excess @ shapes.T) / (shapes**2).sum(axis=1)
    misfit = ((excess[:, None, :] - level[:, :, None] * shapes) ** 2).sum(axis=2)
    best = misfit.argmin(axis=1)
    variance = np.take_along_axis(level, best[:, None], axis=1)[:, 0]
    return np.clip(1 / np.maximum(variance, 1e-9), LEAST_SIZE, MOST_SIZE), CORRELATIONS[best]


def _clipped_half_square(values: np.ndarray, lag: int) -> np.ndarray:
    """Mean of half the squared differences, each at most `CLIP` times the typical one: ``(sources,)``."""
    half = (values[:, lag:] - values[:, :-lag]) ** 2 / 2
    typical = np.median(half, axis=1, keepdims=True) / 0.455  # the median of chi-squared with one degree of freedom
    return np.minimum(half, CLIP * typical).mean(axis=1)


def _maxima(mean: float, size: float, correlation: float, steps: np.ndarray, shortest: int) -> np.ndarray:
    """Largest gain of a split in each simulated series without a change: ``(replicates,)``.

    What is not known about the noise makes the tail longer: in every second replicate the correlation is a step higher,
    and each has a size from the chi-squared distribution of its estimate.
    """
    higher = min(correlation + CORRELATIONS[1] - CORRELATIONS[0], CORRELATIONS[-1])
    own = np.where(np.arange(len(steps)) % 2, higher, correlation)
    normal = steps.copy()
    for period in range(1, normal.shape[1]):
        normal[:, period] = own * normal[:, period - 1] + np.sqrt(1 - own**2) * steps[:, period]
    freedom = steps.shape[1] / 2
    sizes = size * chi2.ppf((np.arange(len(steps)) + 0.5) / len(steps), freedom) / freedom
    shape = 1 / (1 / max(mean, 1e-3) + 1 / sizes[:, None])
    root = 1 / (3 * np.sqrt(shape))
    drawn = np.maximum(1 - root**2 + root * normal, 0) ** 3 * mean
    total = np.zeros((len(drawn), drawn.shape[1] + 1))
    np.cumsum(drawn, axis=1, out=total[:, 1:])
    return _gains(total, size)[:, shortest : drawn.shape[1] - shortest + 1].max(axis=1)


def _gains(total: np.ndarray, size: float) -> np.ndarray:
    """Gain of every split: ``(…, periods + 1)`` sums of articles before each -> the same shape."""
    at = np.arange(total.shape[-1]) * size
    every = total[..., -1:]

    def fit(articles: np.ndarray, others: np.ndarray) -> np.ndarray:
        both = np.maximum(articles + others, 1e-12)
        return articles * np.log(np.maximum(articles, 1e-12) / both) + others * np.log(np.maximum(others, 1e-12) / both)

    return 2 * (fit(total, at) + fit(every - total, at[-1] - at) - fit(every, at[-1:]))


def _described(articles: np.ndarray, size: float, largest: np.ndarray, splits: np.ndarray) -> tuple[VolumeChange, ...]:
    edges = [0, *splits.tolist(), len(articles)]
    changes = []
    for start, split, end in zip(edges, edges[1:], edges[2:], strict=False):
        total = np.append(0.0, np.cumsum(articles[start:end]))
        gain = _gains(total, size)[split - start]
        before, after = float(articles[start:split].mean()), float(articles[split:end].mean())
        changes.append(VolumeChange(split, before, after, float(exceedance(largest, gain=gain))))
    return tuple(changes)
