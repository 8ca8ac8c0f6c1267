"""Which changes to believe: those that make a series likelier, by enough, than one level in restless noise does."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ....model.cores import usable_cores
from .dispersion import CELLS, prior
from .marginal import marginal, standardized
from .stacked import Stacked

TOGETHER = 300_000
"""Numbers that one step works on, so that they stay near the core."""
NEAR = (0.8, 1.0, 0.8)
"""What a date is worth that misses by one period, by none, by one: a week is nearly as near as a reader needs."""


@dataclass(frozen=True)
class Believed:
    """A change in a series.

    Attributes:
        split: first period of the new level, by `best_date`.
        log_bayes_factor: of a change somewhere between its neighbours against none there.
        low, high: first and last period of the smallest set that holds it with the asked probability.
    """

    split: int
    log_bayes_factor: float
    low: int
    high: int


@dataclass(frozen=True)
class _Part:
    """Periods of one series in which one change is looked for."""

    row: int
    start: int
    end: int


@dataclass(frozen=True)
class _Weighed:
    """The change's Bayes factor, and with which probability it is where: ``(periods,)``."""

    log_bayes_factor: float
    where: np.ndarray


class Believer:
    """Weighs changes of many series.

    A change's Bayes factor (Kass & Raftery 1995) compares all its possible dates and sizes with none, both under every
    spread and correlation of the noise, as their prior and the series make them likely. So what is not known about the
    noise counts against a change, and a series that wanders has to move further.

    Args:
        series: with wild periods drawn in.
        shortest: periods that a level lasts at least.
        level: probability that a date's set holds it.
        threads: all cores without.
    """

    def __init__(self, series: Stacked, *, shortest: int, level: float, threads: int | None = None) -> None:
        self._series = series
        self._shortest = shortest
        self._level = level
        self._threads = threads
        self._prior = prior()
        self._values = [
            standardized(series.counts[row, :length], levels=series.levels[row], within=float(series.within[row]))
            for row, length in enumerate(series.lengths.tolist())
        ]

    def believed(self, candidates: Sequence[Sequence[int] | np.ndarray], *, bounds: np.ndarray) -> list[list[Believed]]:
        """Of each series' candidate splits those whose log Bayes factor reaches its bound.

        Backward elimination: of a series' candidates, those that are weaker than their neighbours and too weak go
        first, and what is left is weighed anew, each between its neighbours. A change that is alone is looked for in
        the whole series. Several have to be believed together against none, too: between changes that were chosen to
        make noise small it seems small.

        Args:
            candidates: per series first periods of new levels, ascending, `shortest` apart.
            bounds: ``(series,)``; infinite where nothing can be found.
        """
        rows = np.flatnonzero(np.isfinite(bounds)).tolist()
        whole = self._weighed([_Part(row, 0, int(self._series.lengths[row])) for row in rows])
        found: list[list[Believed]] = [[] for _ in bounds]
        left: dict[int, list[int]] = {}
        alone = {row: one.log_bayes_factor for row, one in zip(rows, whole, strict=True)}
        for row, one in zip(rows, whole, strict=True):
            if len(candidates[row]) > 1:
                left[row] = [int(split) for split in candidates[row]]
            if one.log_bayes_factor >= bounds[row]:
                found[row] = [self._change(one, start=0)]
        while left:
            parts = [
                _Part(row, start, end)
                for row, splits in left.items()
                for (start, _), (_, end) in pairwise(_segments(splits, int(self._series.lengths[row])))
            ]
            weighed = iter(self._weighed(parts))
            starts = iter(parts)
            for row, splits in list(left.items()):
                own = [next(weighed) for _ in splits]
                begins = [next(starts).start for _ in splits]
                kept = _stronger(splits, [one.log_bayes_factor for one in own], bound=float(bounds[row]))
                weakest = min(one.log_bayes_factor for one in own)
                if len(kept) == len(splits) and max(alone[row], (alone[row] + weakest) / 2) >= bounds[row]:
                    found[row] = self._dated(own, begins, splits)
                if len(kept) == len(splits) or len(kept) < 2:
                    del left[row]
                else:
                    left[row] = kept
        return found

    def _dated(self, own: Sequence[_Weighed], begins: Sequence[int], splits: Sequence[int]) -> list[Believed]:
        """Every change at its own date, unless that is too near its neighbours."""
        changes = [self._change(one, start=start) for one, start in zip(own, begins, strict=True)]
        at = [0, *(change.split for change in changes), 1 << 30]
        if min(np.diff(at)) >= self._shortest:
            return changes
        return [
            Believed(split, change.log_bayes_factor, min(change.low, split), max(change.high, split))
            for split, change in zip(splits, changes, strict=True)
        ]

    def _change(self, one: _Weighed, *, start: int) -> Believed:
        order = np.argsort(-one.where)
        held = order[: int(np.searchsorted(np.cumsum(one.where[order]), self._level)) + 1]
        split, low, high = best_date(one.where), int(held.min()), int(held.max())
        return Believed(start + split, one.log_bayes_factor, start + min(low, split), start + max(high, split))

    def _weighed(self, parts: Sequence[_Part]) -> list[_Weighed]:
        """Each of the parts, many of like length and dimensions at once."""
        found: dict[int, _Weighed] = {}
        widths = [self._values[part.row].shape[1] for part in parts]
        order = sorted(range(len(parts)), key=lambda i: (widths[i], parts[i].end - parts[i].start))
        blocks: list[list[int]] = []
        for i in order:
            size = (parts[i].end - parts[i].start) * widths[i] * len(CELLS)
            if not blocks or widths[blocks[-1][0]] != widths[i] or (len(blocks[-1]) + 1) * size > TOGETHER:
                blocks.append([])
            blocks[-1].append(i)

        def weigh(block: list[int]) -> list[_Weighed]:
            return self._block([parts[i] for i in block])

        with ThreadPoolExecutor(self._threads or usable_cores()) as pool:  # NumPy lets go of the interpreter
            for block, some in zip(blocks, pool.map(weigh, blocks), strict=True):
                found |= dict(zip(block, some, strict=True))
        return [found[i] for i in range(len(parts))]

    def _block(self, parts: Sequence[_Part]) -> list[_Weighed]:
        longest = max(part.end - part.start for part in parts)
        values = np.zeros((len(parts), longest, self._values[parts[0].row].shape[1]))
        articles = np.zeros((len(parts), longest))
        for i, part in enumerate(parts):
            own = slice(part.start, part.end)
            values[i, : part.end - part.start] = self._values[part.row][own]
            articles[i, : part.end - part.start] = self._series.articles[part.row, own]
        both = marginal(values, articles)
        return [self._one(part, both.level[i], both.step[i]) for i, part in enumerate(parts)]

    def _one(self, part: _Part, level: np.ndarray, step: np.ndarray) -> _Weighed:
        length = part.end - part.start
        at = slice(self._shortest, length - self._shortest + 1)
        where = np.zeros(length)
        if length < 2 * self._shortest:
            return _Weighed(-np.inf, where)
        none = level + self._prior
        likelihood = none[:, None] + step[:, at]
        most = likelihood.max()
        each = np.exp(likelihood - most).sum(axis=0)
        where[at] = each / each.sum()
        # a change may begin in any period of the series alike, so that a short stretch is not searched at less cost
        places = int(self._series.lengths[part.row]) - 2 * self._shortest + 1
        base = none.max()
        against = np.log(np.exp(none - base).sum()) + base + np.log(places)
        return _Weighed(float(np.log(each.sum()) + most - against), where)


def best_date(where: np.ndarray) -> int:
    """The period that is worth most by `NEAR`, of those that may hold the change: from ``(periods,)`` probabilities."""
    return int(np.where(where > 0, np.convolve(where, NEAR, "same"), 0).argmax())


def _segments(splits: Sequence[int], length: int) -> list[tuple[int, int]]:
    edges = [0, *splits, length]
    return list(pairwise(edges))


def _stronger(splits: Sequence[int], factors: Sequence[float], *, bound: float) -> list[int]:
    """Without those below the bound that no neighbour is weaker than."""
    padded = [np.inf, *factors, np.inf]
    weakest = [padded[i + 1] < bound and padded[i + 1] <= min(padded[i], padded[i + 2]) for i in range(len(splits))]
    return [split for split, weak in zip(splits, weakest, strict=True) if not weak]
