"""When the new level began: the first period, and the periods between which it lies."""

from __future__ import annotations

import numpy as np

from ..changes.cost import split_gains, sums
from .noise import Noise, Null, all_gains, simulate


def date_interval(
    counts: np.ndarray, *, null: Null, noise: Noise, split: int, shortest: int, level: float
) -> tuple[int, int]:
    """First and last period at which the new level may have begun.

    All splits whose gain falls short of the best by no more than the true split does in so many of the series simulated
    at the two levels found: a likelihood-ratio set with its bound from a parametric bootstrap (Hušková & Kirch 2008).

    Args:
        counts: ``(periods, classes)``, weighted, of the two segments beside the change.
        split: first period of the new level, `shortest` or more from either end.
        level: coverage, 0..1.
    """
    gains = split_gains(sums(counts), shortest=shortest)
    shares = [part.sum(axis=0) / part.sum() for part in (counts[:split], counts[split:])]
    levels = np.repeat(np.array(shares).T, [split, len(counts) - split], axis=1)
    drawn = all_gains(simulate(np.maximum(levels, 1e-6), null=null, noise=noise), shortest=shortest)
    short = drawn.max(axis=1) - drawn[:, split - shortest]
    near = np.flatnonzero(gains >= gains[split] - np.quantile(short, level))
    return int(near[0]), int(near[-1])
