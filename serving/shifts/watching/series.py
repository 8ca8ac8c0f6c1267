"""One source's series as the detector sees them: answers turned into values, weighted by what a period can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..changes.cost import sums
from ..changes.dispersion import Dispersion, estimate_dispersion, weights
from ..changes.outliers import drawn_in
from ..changes.stacked import Stacked, stacked
from ..prevalence.quantify import mixture_rates, state_shares
from ..series import Asked
from .calibration import HORIZON, MEMORY, calibrate
from .detector import LEARN, SHORTEST, latest_gains
from .noise import Noise
from .state import SeriesState, SourceCounts

UNSEEN = 0.5
"""Articles of each class that are taken to have been seen beside those that were (Jeffreys), where chance is drawn."""


@dataclass(frozen=True)
class Layout:
    """The questions of a watch, and where in a row of counts the answers to each lie."""

    asked: Sequence[Asked]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Layout:
        """One after the other."""
        return cls(asked, tuple(np.cumsum([one.space.size for one in asked]).tolist()))

    @property
    def size(self) -> int:
        """Numbers in a row of counts."""
        return self.ends[-1]

    def part(self, number: int) -> slice:
        """The answers to one question."""
        return slice(self.ends[number] - self.asked[number].space.size, self.ends[number])


def answer_values(counts: np.ndarray, asked: Asked) -> np.ndarray:
    """What each answer counts for each class, ``(B, K)``: its probability at the shares that these counts show.

    Args:
        counts: ``(B,)``.
    """
    if asked.method == "count":
        return asked.space.decided
    rates = mixture_rates(asked.confusion, method=asked.method)
    joint = np.maximum(state_shares(counts[None], asked.confusion, method=asked.method)[0], 1e-4)[:, None] * rates
    joint = asked.confusion.members.T @ joint
    return (joint / joint.sum(axis=0)).T


def stack(source: SourceCounts, *, part: slice, values: np.ndarray, first: int, last: int) -> Stacked:
    """A series of one source from period `first` to `last`, both in it; periods without an article left out."""
    counts = source.between(first, last)[:, part] @ values
    total = (source.counts[:, part] @ values).sum(axis=0)
    moments = source.squares[part, part]
    squared = np.minimum(((moments @ values) * values).sum(axis=0) / np.maximum(total, 1e-300), 1.0)
    return stacked(counts[None], (counts * squared)[None])


def calibrated(
    source: SourceCounts, *, state: SeriesState, asked: Asked, part: slice, now: int, noise: Noise
) -> SeriesState:
    """The series with its detector fitted to all that is known of it up to a period; not so where that is too little.

    Fitted are the values of answers, the restlessness of the periods, and the tail of what chance would reach.
    """
    answers = source.between(state.start, now)[:, part]
    if (answers.sum(axis=1) > 0).sum() < LEARN:
        return state
    values = answer_values(answers.sum(axis=0), asked)
    run = stack(source, part=part, values=values, first=max(state.start, now - MEMORY + 1), last=now)
    dispersion = dispersion_of(source, state=state, part=part, values=values, now=now)
    total = run.counts[0].sum(axis=0) + UNSEEN  # a label that was never told may come, and that is news
    tail = calibrate(
        total / total.sum(), articles=run.articles[0, : run.lengths[0]], within=float(run.within[0]),
        spread=float(dispersion.spread[0]), posterior=dispersion.posterior[0], noise=noise,
    )  # fmt: skip
    return state.fitted(until=now + HORIZON, values=values, spread=float(dispersion.spread[0]), tail=tail)


def dispersion_of(source: SourceCounts, *, state: SeriesState, part: slice, values: np.ndarray, now: int) -> Dispersion:
    """The restlessness of a series, from its past before the last change too."""
    past = stack(source, part=part, values=values, first=max(source.first, now - MEMORY + 1), last=now)
    periods = past.periods + max(source.first, now - MEMORY + 1)
    return estimate_dispersion(past, segments=(periods >= state.start).astype(np.int64))


@dataclass(frozen=True)
class Run:
    """Periods since the last change.

    Attributes:
        series: as they are; `weighted`: ``(periods, classes)``, wild periods drawn in.
        weights: ``(periods,)``, what an article counts.
        first: number of the first period that `series.periods` counts from.
    """

    series: Stacked
    weighted: np.ndarray
    weights: np.ndarray
    first: int

    @property
    def gain(self) -> float:
        """The detector's, at the end of the run."""
        length = int(self.series.lengths[0])
        return float(latest_gains(sums(self.weighted), ends=np.array([length]))[0])


def run_of(source: SourceCounts, *, state: SeriesState, part: slice, now: int) -> Run:
    """The run of a calibrated series up to a period."""
    assert state.values is not None
    first = max(state.start, now - MEMORY + 1)
    series = stack(source, part=part, values=state.values, first=first, last=now)
    weighted, weight = calmed(series, spread=np.array([state.spread]))
    length = int(series.lengths[0])
    return Run(series, weighted[0, :length], weight[0, :length], first)


def calmed(series: Stacked, *, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted counts, wild periods drawn in, ``(series, periods, classes)``, and what an article of each counts."""
    known = Dispersion(np.ones((len(series), 1)), spread, np.zeros(len(series)))
    weight = weights(series, known)
    return drawn_in(series, known, shortest=SHORTEST).counts * weight[:, :, None], weight
