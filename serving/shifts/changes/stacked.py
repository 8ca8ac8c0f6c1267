"""Many series side by side: periods without an article left out, one width for all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Stacked:
    """Series of counts, each with its own periods in front and zeros behind.

    Attributes:
        counts: ``(series, periods, classes)``: sums of the articles' values. Classes that a series does not have are 0.
        articles: ``(series, periods)``: the sum of `counts` over the classes.
        periods: ``(series, periods)`` int: which of the caller's periods stands here; -1 behind a series' end.
        lengths: ``(series,)`` int: periods with an article.
        classes: ``(series,)`` int: classes that occur, at least 1.
        levels: ``(series, classes)``: shares of the whole series.
        within: ``(series,)``: variance of one article's value, as a multiple of that of a 0/1 value with the same
            mean; 1 for decided labels of one passage, less for probabilities.
    """

    counts: np.ndarray
    articles: np.ndarray
    periods: np.ndarray
    lengths: np.ndarray
    classes: np.ndarray
    levels: np.ndarray
    within: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    def some(self, which: slice | np.ndarray) -> Stacked:
        """A part of the series."""
        return replace(self, **{name: value[which] for name, value in vars(self).items()})


def stacked(counts: np.ndarray, squares: np.ndarray | None = None) -> Stacked:
    """Series as they are searched for changes.

    Args:
        counts: ``(series, periods, classes)``, at least 0: per class the sum of its articles' values, whose total over
            the classes is the number of articles.
        squares: the same for the values' squares; without, values are taken to be 0 or 1.

    Raises:
        ValueError: another shape, or numbers that cannot be sums of values in 0..1 and of their squares.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 3 or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(f"need counts of series × periods × classes, finite and at least 0, got {counts.shape}")
    squares = counts if squares is None else np.asarray(squares, dtype=np.float64)
    if squares.shape != counts.shape or not (squares >= 0).all() or (squares > counts * (1 + 1e-6) + 1e-6).any():
        raise ValueError("a sum of squares is above the sum of its values, which lie in 0..1, or of another shape")
    articles = counts.sum(axis=2)
    order = np.argsort(articles <= 0, axis=1, kind="stable")
    lengths = (articles > 0).sum(axis=1)
    behind = np.arange(counts.shape[1]) >= lengths[:, None]
    counts = np.take_along_axis(counts, order[:, :, None], axis=1)
    squares = np.take_along_axis(squares, order[:, :, None], axis=1)
    articles = np.take_along_axis(articles, order, axis=1)
    total = counts.sum(axis=1)
    return Stacked(
        counts=counts,
        articles=articles,
        periods=np.where(behind, -1, order),
        lengths=lengths,
        classes=np.maximum((total > 0).sum(axis=1), 1),
        levels=total / np.maximum(total.sum(axis=1, keepdims=True), 1e-300),
        within=_within(counts, squares, articles),
    )


def _within(counts: np.ndarray, squares: np.ndarray, articles: np.ndarray) -> np.ndarray:
    """Variance between the articles of one period over that of 0/1 values: ``(series,)`` in 0.01..1.

    Classes count by the inverse of their share, as in Pearson's statistic. An article alone in its period says nothing.
    """
    n = articles[:, :, None]
    shares = counts / np.maximum(n, 1e-300)
    rarity = 1 / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    several = n > 1.5
    seen = ((squares - counts * shares) * rarity * several).sum(axis=(1, 2))
    found = np.ones(len(counts))
    for _ in range(3):
        own = found[:, None, None]
        binary = (n - 1) * n / np.maximum(n - own, 0.5) * shares * (1 - shares)
        expected = (binary * rarity * several).sum(axis=(1, 2))
        found = np.where(expected > 0, seen / np.where(expected > 0, expected, 1), 1.0).clip(0.01, 1.0)
    return found
