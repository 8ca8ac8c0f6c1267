"""What a watch remembers of its sources: counts by period, and where each series' detector stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .calibration import Tail


@dataclass(frozen=True)
class SeriesState:
    """Where the detector of one series stands.

    Attributes:
        start: first period of the present level, as far as known.
        until: last period that the fit holds for; −1 before the first.
        values: ``(B, K)``, what each answer counts.
        spread: intra-period correlation of the articles.
        tail: of the gains that chance reaches; None where it cannot be known.
    """

    start: int
    until: int = -1
    values: np.ndarray | None = None
    spread: float = 0.0
    tail: Tail | None = None

    def fitted(self, *, until: int, values: np.ndarray, spread: float, tail: Tail | None) -> SeriesState:
        """The same with a new fit."""
        return SeriesState(self.start, until, values, spread, tail)

    def begun_anew(self, start: int) -> SeriesState:
        """The state after a reported shift: the new level is learnt from this period on."""
        return SeriesState(start)

    def to_json(self) -> str:
        """As the state file keeps it."""
        values = None if self.values is None else self.values.tolist()
        tail = None if self.tail is None else [self.tail.start, self.tail.excess]
        return json.dumps([self.start, self.until, values, self.spread, tail])

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        start, until, values, spread, tail = json.loads(text)
        return cls(start, until, None if values is None else np.array(values), spread, Tail(*tail) if tail else None)


@dataclass(frozen=True)
class SourceCounts:
    """One source's articles by answer.

    Attributes:
        first: number of the first period.
        counts: ``(periods, size)``: articles by answer, all questions side by side; an article of several passages
            is divided among theirs.
        squares: ``(size, size)``: sums over its articles of the products of an article's parts.
    """

    name: str
    first: int
    counts: np.ndarray
    squares: np.ndarray

    def between(self, first: int, last: int) -> np.ndarray:
        """Counts of periods `first` to `last`, both in it; zeros where nothing is known: ``(periods, size)``."""
        found = np.zeros((max(last - first + 1, 0), self.counts.shape[1]))
        low, high = max(first, self.first), min(last, self.first + len(self.counts) - 1)
        if low <= high:
            found[low - first : high - first + 1] = self.counts[low - self.first : high - self.first + 1]
        return found


@dataclass(frozen=True)
class SourceState:
    """One source as the state file has it.

    Attributes:
        tested: last period that its detectors have seen; None before the first.
        grew: whether articles have come for periods up to that one since.
        series: question -> state.
    """

    name: str
    tested: int | None
    grew: bool
    series: dict[str, SeriesState]

    def with_series(self, series: dict[str, SeriesState], *, tested: int) -> SourceState:
        """The same after a look."""
        return replace(self, series=series, tested=tested, grew=False)
