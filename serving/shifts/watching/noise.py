"""Periods as they would come without a shift: drawn anew from a series' own levels, volumes and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..changes.dispersion import CELLS, CORRELATIONS

TINY = np.float32(1e-12)


@dataclass(frozen=True)
class Noise:
    """Random numbers that all series share: what is found in one does not depend on which others there are.

    Attributes:
        white: ``(classes, replicates, periods)`` float32, standard normal.
        lasting: ``(correlations, replicates, classes, periods)``: AR(1) with variance 1, for each of `CORRELATIONS`.
        rank: ``(replicates,)`` in 0..1: which cell of its posterior a replicate takes.
    """

    white: np.ndarray
    lasting: np.ndarray
    rank: np.ndarray


def draw_noise(*, replicates: int, periods: int, classes: int, seed: int) -> Noise:
    """Random numbers for so many replicates of series that have at most so many periods and classes."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((classes, replicates, periods), dtype=np.float32)
    steps = rng.standard_normal((replicates, classes, periods), dtype=np.float32)
    lasting = np.empty((len(CORRELATIONS), *steps.shape), dtype=np.float32)
    lasting[..., 0] = steps[..., 0]
    for which, correlation in enumerate(CORRELATIONS):
        fresh = np.float32(np.sqrt(1 - correlation**2))
        for period in range(1, periods):
            lasting[which, ..., period] = correlation * lasting[which, ..., period - 1] + fresh * steps[..., period]
    return Noise(white, lasting, rng.permutation((np.arange(replicates) + 0.5) / replicates))


@dataclass(frozen=True)
class Null:
    """One series as its noise is understood.

    Attributes:
        articles: ``(periods,)``, above 0.
        within: variance of one article's value over that of a 0/1 value with the same mean.
        weights: ``(periods,)``: what an article counts.
        posterior: ``(cells,)``: probability of each of `dispersion.CELLS`.
    """

    articles: np.ndarray
    within: float
    weights: np.ndarray
    posterior: np.ndarray


def simulate(levels: np.ndarray, *, null: Null, noise: Noise) -> np.ndarray:
    """Weighted counts of periods with these levels: ``(classes, replicates, periods)`` float32.

    Each period is a draw from a Dirichlet distribution with the variance that sampling and over-dispersion give it, in
    every replicate with another spread and correlation from their posterior, so that what is not known about the noise
    makes the tail longer. Gammas come by Wilson and Hilferty's cube of a normal, so that periods can be correlated.

    Args:
        levels: ``(classes,)`` or ``(classes, periods)``: expected shares, above 0.
    """
    cell = np.minimum(np.searchsorted(np.cumsum(null.posterior), noise.rank), len(CELLS) - 1)
    kinds, kind = np.unique(CELLS[cell, 0], return_inverse=True)  # few: what depends on the spread is worked out once
    spread, which = kinds.astype(np.float32)[:, None], cell % len(CORRELATIONS)
    classes, periods = len(levels), len(null.articles)
    levels = levels.reshape(classes, 1, -1).astype(np.float32)
    sampling = (1 / null.articles).astype(np.float32)
    both = sampling + spread
    total = 1 / np.minimum(null.within * both, np.float32(0.9)) - 1
    fresh, lasting = np.sqrt(sampling / both), np.sqrt(spread / both)
    replicate = np.arange(len(cell))
    size = (null.weights * null.articles).astype(np.float32)

    def gamma(k: int) -> np.ndarray:
        shape = np.maximum(levels[k] * total, np.float32(1e-4))
        root = 1 / (3 * np.sqrt(shape))
        normal = (fresh * root)[kind]
        normal *= noise.white[k, :, :periods]
        slow = (lasting * root)[kind]
        slow *= noise.lasting[which, replicate, k, :periods]
        normal += slow
        normal += (1 - root * root)[kind]
        np.maximum(normal, np.float32(1e-3), out=normal)
        cube = normal * normal
        cube *= normal
        cube *= shape[kind]
        return cube

    drawn = np.stack([gamma(k) for k in range(classes)])
    drawn *= size / drawn.sum(axis=0)
    return drawn


def all_gains(drawn: np.ndarray, *, shortest: int) -> np.ndarray:
    """The gain of every split of simulated series, as `cost.split_gains` has it: ``(replicates, splits)``.

    Column j is the split after `shortest` + j periods.
    """
    before = drawn.cumsum(axis=2)
    everything = before[:, :, -1:]
    left = before[:, :, shortest - 1 : drawn.shape[2] - shortest]
    size_left = left.sum(axis=0)
    size = everything.sum(axis=0)
    log_left, log_right = np.log(size_left), np.log(size - size_left)
    gain = np.zeros_like(size_left)
    for k in range(len(drawn)):
        log_level = np.log(np.maximum(everything[k] / size, TINY))
        for part, log_size in ((left[k], log_left), (everything[k] - left[k], log_right)):
            ratio = np.log(np.maximum(part, TINY))
            ratio -= log_size
            ratio -= log_level
            ratio *= part
            gain += ratio
    gain *= 2
    return gain
