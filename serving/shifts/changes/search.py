"""When a source changed its story: change points of many series, tested, dated, and compared with chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np

from ....model.cores import usable_cores
from .believed import Believed, Believer
from .cost import split_gains, sums
from .discovery import q_values
from .dispersion import Dispersion, estimate_dispersion, weights
from .outliers import drawn_in
from .permute import block_length, permutation_p_value
from .power import ENOUGH, articles_needed, detection_power
from .segment import partition
from .stacked import Stacked, stacked

Sensitivity = Literal["low", "medium", "high"]
FALSE_ALARMS: dict[Sensitivity, float] = {"low": 0.01, "medium": 0.05, "high": 0.2}
"""False alarms a source and year, all its series together."""
Verdict = Literal["shift", "no shift", "insufficient data"]

SHORTEST = 4
PERMUTATIONS = 299
LEVEL = 0.95
OBVIOUS = 30.0
"""Gain at which a change is taken out of the noise that is estimated first."""
CANDIDATE = 10.0
"""Gain at which a change is weighed; what is believed in the end has more."""
COMMON, STEEPNESS = 2.6, 1.4
"""Of series without a shift, one in exp(`COMMON` + `STEEPNESS` b) has a log Bayes factor of b or more: measured on
simulated series of 10 to 200 articles a period that are twice as restless as the most restless of nine real outlets
(spread 0.01, correlation 0.3); quieter ones, and streams of starter passages, have fewer. Markov's inequality has one
in exp(b).
"""

T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """A new level in a series.

    Attributes:
        period: its first period; `low` to `high` are those that it may have begun in, with 95 % confidence.
        begins: first period of the level before; `ends`: the one after the last of the new level.
        before: shares of every class, uncorrected, over the whole level before; `after`: over the new one.
        log_bayes_factor: of this change against none, on the scale of `Searched.threshold`.
        p_value: by block permutation; `q_value`: adjusted for all series of the run.
    """

    period: int
    low: int
    high: int
    begins: int
    ends: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    log_bayes_factor: float
    p_value: float
    q_value: float = 1.0


@dataclass(frozen=True)
class Searched:
    """What was found in one series, and what could have been.

    Attributes:
        changes: in the order of time.
        verdict: `shift` with a change; without one `insufficient data` where `power` is under 0.8.
        power: probability that a shift of the smallest size of interest in the middle would have been found.
        articles_needed: articles a period that it would take; None where no number would do, because the series is
            too short or too restless from period to period.
        threshold: log Bayes factor that a change must have at the asked rate of false alarms; infinite where the
            series is too short.
        spread: intra-period correlation of the articles; `correlation`: of neighbouring periods.
    """

    changes: tuple[Change, ...]
    verdict: Verdict
    power: float
    articles_needed: float | None
    threshold: float
    spread: float
    correlation: float


def find_changes(
    *,
    counts: np.ndarray,
    squares: np.ndarray | None = None,
    source: np.ndarray,
    periods_per_year: float,
    false_alarms: float = FALSE_ALARMS["medium"],
    smallest: np.ndarray | float = 0.2,
    shortest: int = SHORTEST,
    seed: int = 0,
    threads: int | None = None,
) -> list[Searched]:
    """Changes of every series of a run.

    Optimal partitioning of a quasi-multinomial likelihood proposes them, in which a period counts by what its volume
    and the series' over-dispersion leave it. Believed are those whose Bayes factor chance reaches as seldom as the rate
    of false alarms allows, and they are dated by their posterior.

    Args:
        counts: ``(series, periods, classes)``: per class the sum of its articles' values in 0..1, whose total over the
            classes is the number of articles. A series with fewer classes has zeros in the others. Binary series have
            two, off and on.
        squares: sums of the values' squares, in the same shape; without, values are taken to be 0 or 1.
        source: ``(series,)`` int: series of one source share a number, and the source's rate of false alarms.
        periods_per_year: 52.18 for weeks.
        false_alarms: asked for, a source and year, all its series together; above 0.
        smallest: smallest shift of interest, in shares as the classifier gives them; ``(series,)`` or one for all.
        shortest: periods that a level lasts at least.

    Returns:
        one a series, in order. The same whatever other sources there are, but for `q_value`.
    """
    series = stacked(counts, squares)
    if len(series) == 0:
        return []
    dispersion = _dispersion(series, shortest=shortest)
    calm = drawn_in(series, dispersion, shortest=shortest)
    weighted = calm.counts * weights(series, dispersion)[:, :, None]
    _, where, members = np.unique(source, return_inverse=True, return_counts=True)
    rate = false_alarms * series.lengths / periods_per_year / members[where]
    searchable = (series.lengths >= 2 * shortest) & ((series.levels > 0).sum(axis=1) > 1)
    bounds = np.where(searchable, np.maximum((-np.log(np.maximum(rate, 1e-9)) - COMMON) / STEEPNESS, 0), np.inf)
    proposed = partition(weighted, penalty=np.full(len(series), CANDIDATE), shortest=shortest, lengths=series.lengths)
    believer = Believer(calm, shortest=shortest, level=LEVEL, threads=threads)
    believed = believer.believed(proposed, bounds=bounds)

    def described(row: int) -> list[Change]:
        return _described(series, weighted[row], dispersion, row, believed[row], shortest=shortest, seed=seed)

    changed = [row for row in range(len(series)) if believed[row]]
    changes = dict(zip(changed, _each(described, changed, threads=threads), strict=True))
    tests = int(searchable.sum()) + sum(len(found) - 1 for found in changes.values())
    _adjust(changes, tests=tests)
    power = detection_power(series, dispersion, bound=bounds, smallest=smallest, shortest=shortest)
    needed = articles_needed(series, dispersion, bound=bounds, smallest=smallest, shortest=shortest)
    return [
        Searched(
            changes=tuple(changes.get(row, ())),
            verdict="shift" if row in changes else "no shift" if power[row] >= ENOUGH else "insufficient data",
            power=float(power[row]),
            articles_needed=float(needed[row]) if np.isfinite(needed[row]) else None,
            threshold=float(bounds[row]),
            spread=float(dispersion.spread[row]),
            correlation=float(dispersion.correlation[row]),
        )
        for row in range(len(series))
    ]


def _dispersion(series: Stacked, *, shortest: int) -> Dispersion:
    """The noise of each series, estimated twice: a large shift that the first estimate shows is not in the second."""
    first = estimate_dispersion(series)
    calm = drawn_in(series, first, shortest=shortest).counts * weights(series, first)[:, :, None]
    splits = partition(calm, penalty=np.full(len(series), OBVIOUS), shortest=shortest, lengths=series.lengths)
    begins = np.zeros(series.articles.shape, dtype=np.intp)
    for row, found in enumerate(splits):
        begins[row, found] = 1
    return estimate_dispersion(series, segments=begins.cumsum(axis=1))


def _described(
    series: Stacked, weighted: np.ndarray, dispersion: Dispersion, row: int, believed: list[Believed],
    *, shortest: int, seed: int,
) -> list[Change]:  # fmt: skip
    """The changes of one series, each tested between its neighbours."""
    length = int(series.lengths[row])
    edges = [0, *(one.split for one in believed), length]
    present = series.levels[row] > 0
    spread = dispersion.spread[row]
    alike = dispersion.correlation[row] * spread / (spread + np.median(1 / series.articles[row, :length]))
    at = series.periods[row]
    found = []
    for one, start, split, end in zip(believed, edges, edges[1:], edges[2:], strict=False):
        counts = weighted[start:end, present]
        gains = split_gains(sums(counts), shortest=shortest)
        p_value = permutation_p_value(
            counts, gain=float(gains[max(one.low - start, 0) : one.high - start + 1].max()), split=split - start,
            shortest=shortest, block=block_length(correlation=alike), permutations=PERMUTATIONS, seed=seed,
        )  # fmt: skip
        shares = [
            tuple((s / s.sum()).tolist())
            for s in (series.counts[row, start:split].sum(axis=0), series.counts[row, split:end].sum(axis=0))
        ]
        found.append(
            Change(
                period=int(at[split]), low=int(at[one.low]), high=int(at[one.high]),
                begins=int(at[start]), ends=int(at[end - 1]) + 1,
                before=shares[0], after=shares[1], log_bayes_factor=one.log_bayes_factor, p_value=p_value,
            )
        )  # fmt: skip
    return found


def _adjust(changes: dict[int, list[Change]], *, tests: int) -> None:
    """Give every change its q-value."""
    every = [(row, i) for row, found in changes.items() for i in range(len(found))]
    adjusted = q_values(np.array([changes[row][i].p_value for row, i in every]), tests=tests)
    for (row, i), q_value in zip(every, adjusted.tolist(), strict=True):
        changes[row][i] = replace(changes[row][i], q_value=q_value)


def _each(function: Callable[[int], T], rows: Iterable[int], *, threads: int | None) -> list[T]:
    """The function of every row, on every core: NumPy lets go of the interpreter in its loops."""
    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        return list(pool.map(function, rows))
