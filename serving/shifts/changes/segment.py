"""Where the levels of many series change: exact optimal partitioning, all series at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ....model.cores import usable_cores
from .cost import TINY, sums

TOGETHER = 300_000
"""Numbers that one step works on, so that they stay near the core."""


def partition(
    counts: np.ndarray, *, penalty: np.ndarray, shortest: int, lengths: np.ndarray | None = None
) -> list[np.ndarray]:
    """First periods of every new level, in the segmentation whose cost plus penalty a change is least.

    The optimum that PELT finds (Killick, Fearnhead & Eckley 2012), by the recursion of optimal partitioning (Jackson
    et al. 2005), which needs no pruning to be quick where thousands of short series go through each step together.

    Args:
        counts: ``(series, periods, classes)``, weighted.
        penalty: ``(series,)``, what a change has to lower the cost by.
        shortest: least periods of a segment.
        lengths: ``(series,)``: periods that count; all of them without.

    Returns:
        per series ``(changes,)`` int, ascending.
    """
    series, periods, classes = counts.shape
    lengths = np.full(series, periods) if lengths is None else lengths
    step = max(1, TOGETHER // max(1, (periods + 1) * classes))
    parts = [slice(start, start + step) for start in range(0, series, step)]

    def of(part: slice) -> list[np.ndarray]:
        return _partition(sums(counts[part]), np.asarray(penalty)[part], shortest, lengths[part])

    if len(parts) == 1:
        return of(parts[0])
    with ThreadPoolExecutor(usable_cores()) as pool:  # NumPy lets go of the interpreter in its loops
        return [found for some in pool.map(of, parts) for found in some]


def _partition(before: np.ndarray, penalty: np.ndarray, shortest: int, lengths: np.ndarray) -> list[np.ndarray]:
    series, ends, _ = before.shape
    best = np.full((series, ends), np.inf)
    best[:, 0] = -penalty
    last = np.zeros((series, ends), dtype=np.intp)
    rows = np.arange(series)
    for end in range(shortest, ends):
        starts = slice(0, end - shortest + 1)
        total = before[:, end, None, :] - before[:, starts, :]
        size = total.sum(axis=-1, keepdims=True)
        np.maximum(total, TINY, out=total)
        cost = -2 * np.einsum("stk,stk->st", total, np.log(total / np.maximum(size, TINY)))
        cost += best[:, starts]
        last[:, end] = cost.argmin(axis=1)
        best[:, end] = cost[rows, last[:, end]] + penalty
    return [_traced(last[row], int(lengths[row])) for row in range(series)]


def _traced(last: np.ndarray, end: int) -> np.ndarray:
    changes = []
    while (end := int(last[end])) > 0:
        changes.append(end)
    return np.array(changes[::-1], dtype=np.intp)
