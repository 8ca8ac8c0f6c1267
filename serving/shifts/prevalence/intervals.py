"""Shares with their intervals: the bootstrap over articles and over the labelled passages at once.

Resampling is linear around each cell's estimate (the one-step bootstrap), so that a hundred thousand cells take
seconds: what an article adds to the shares is worked out once, and a resample is a weighted sum of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .articles import Articles
from .confusion import Confusion
from .influence import influences
from .quantify import BY_STATE, DEFAULT, Method, class_shares, shares, shrunk_shares, state_shares

REPLICATES = 200
VIRTUAL = 1.0
"""Virtual articles of each class that intervals, not estimates, see beside a cell's own (as Agresti & Coull 1998): few
articles that happen to agree do not prove the rest of them."""
BLOCK = 1 << 22
"""Numbers worked on at once."""
KEPT = 500
"""Articles of a cell up to which its weights are kept for the next of as many."""


@dataclass(frozen=True)
class ShareIntervals:
    """Shares of the classes a cell, ``(cells, K)`` each; NaN where a cell has no article."""

    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray


def share_intervals(
    articles: Articles,
    confusion: Confusion,
    *,
    method: Method = DEFAULT,
    replicates: int = REPLICATES,
    level: float = 0.95,
    seed: int = 0,
) -> ShareIntervals:
    """Shares in each cell with percentile intervals.

    Args:
        articles: every article has a passage at least.
        replicates: at most as many as the confusion has resamples.
        level: of the intervals, 0..1.
    """
    counts = articles.counts(confusion.rates.shape[1])
    estimates = shares(counts, confusion, method=method)
    classes = estimates.shape[1]
    padded = counts + VIRTUAL * confusion.rates.sum(axis=0)
    states = state_shares(padded, confusion, method=method)
    centres = class_shares(states, padded, confusion, method=method)
    doubted = None
    if method == "shrunk":
        own = shrunk_shares(states, padded, confusion)
        doubted = own.apart, own.doubts(replicates, seed=seed)
    found = influences(states, confusion, method=method, articles=padded.sum(axis=1))
    slopes, through = found.answers.astype(np.float32), found.confusion.astype(np.float32)
    low, high = np.full_like(estimates, np.nan), np.full_like(estimates, np.nan)
    for k in range(1 if classes == 2 else classes):
        slope = slopes[:, k]
        added = articles.means(slope)
        virtual = np.broadcast_to(slope @ confusion.rates.T.astype(np.float32), (len(counts), classes))
        for cells, drawn in _resampled(articles, added, virtual, replicates=replicates, seed=seed):
            drawn += centres[cells, k, None]
            of_rates = through[cells if len(through) > 1 else slice(None), k]
            drawn -= _confusion_errors(of_rates, states[cells], confusion, method, replicates)
            if doubted:
                apart, doubts = doubted
                drawn += apart[cells, k, None] * doubts[cells]
            bounds = np.clip(_quantiles(drawn, ((1 - level) / 2, (1 + level) / 2)), 0, 1)
            low[cells, k] = np.minimum(bounds[0], estimates[cells, k])
            high[cells, k] = np.maximum(bounds[1], estimates[cells, k])
    if classes == 2:
        low[:, 1], high[:, 1] = 1 - high[:, 0], 1 - low[:, 0]
    return ShareIntervals(estimates, low, high)


def _resampled(
    articles: Articles, added: np.ndarray, virtual: np.ndarray, *, replicates: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """How far each cell's share is from its centre where its articles are drawn anew, with Poisson weights.

    Cells of as many articles share their weights: one matrix product for all of them.

    Args:
        added: ``(articles,)``, what each adds to the share.
        virtual: ``(cells, K)``, what a virtual article of each class adds.

    Yields:
        Indices of some cells, and ``(those, replicates)`` float32.
    """
    sizes = articles.sizes
    for size in np.unique(sizes[sizes > 0]):
        number = int(size) + virtual.shape[1]
        weights = _kept_weights if number <= KEPT else _weights
        drawn = weights(int(size), number, replicates, seed)
        every = np.flatnonzero(sizes == size)
        for cells in np.array_split(every, 1 + len(every) * max(number, replicates) // BLOCK):
            inside = added[articles.cells[cells, None] + np.arange(size)]
            rows = np.concatenate([inside, VIRTUAL * virtual[cells]], axis=1)
            rows -= rows.mean(axis=1, keepdims=True)
            yield cells, rows @ drawn


def _weights(size: int, number: int, replicates: int, seed: int) -> np.ndarray:
    """Poisson weights of so many articles, virtual ones among them: ``(number, replicates)`` float32."""
    rng = np.random.default_rng([seed, size])
    weights = rng.poisson(1.0, size=(number, replicates)).astype(np.float32)
    weights *= np.sqrt(number / (number - 1)) / np.maximum(weights.sum(axis=0), 1)
    return weights


_kept_weights = lru_cache(maxsize=256)(_weights)  # every question of every source draws the same


def _confusion_errors(
    slope: np.ndarray, shares: np.ndarray, confusion: Confusion, method: Method, replicates: int
) -> np.ndarray:
    """What the resampled confusions would make of these shares too much: ``(cells, replicates)``."""
    if not slope.any():
        return np.zeros((1, replicates), dtype=np.float32)
    errors = confusion.state_errors if method in BY_STATE else confusion.class_errors
    errors = errors[np.arange(replicates) % len(errors)].reshape(replicates, -1)
    products = shares.astype(np.float32)[:, :, None] * slope[:, None, :]
    return products.reshape(len(shares), -1) @ errors.T


def _quantiles(values: np.ndarray, levels: tuple[float, float]) -> np.ndarray:
    """Of each row, by partial sorting: ``(2, rows)``."""
    positions = [level * (values.shape[1] - 1) for level in levels]
    below = [int(position) for position in positions]
    values.partition(sorted({i for b in below for i in (b, min(b + 1, values.shape[1] - 1))}), axis=1)
    found = []
    for position, b in zip(positions, below, strict=True):
        above = min(b + 1, values.shape[1] - 1)
        found.append(values[:, b] + (position - b) * (values[:, above] - values[:, b]))
    return np.stack(found)
