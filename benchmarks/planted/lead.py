"""Sources that have nothing to do with each other, and sources of which one repeats another: who is told to lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit

from narrashift.serving.shifts.changes.dispersion import estimate_dispersion
from narrashift.serving.shifts.changes.stacked import stacked
from narrashift.serving.shifts.relations.lead import Told, find_leads

SOURCES = 12
SHARE, SWAY = 0.3, 0.6
"""The label's usual share, and the standard deviation of its logit from week to week."""
LATER = 2
"""Weeks after which one source repeats another."""
FALSE_DISCOVERIES = 0.1
KINDS = ("calm", "lasting", "bursts", "new levels", "trend", "volumes")


@dataclass(frozen=True)
class Table:
    """Pairs of one run; the planted one is s00 before s01."""

    rows: pl.DataFrame

    @property
    def found(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("q_value") <= FALSE_DISCOVERIES)

    @property
    def planted(self) -> pl.DataFrame:
        return self.rows.filter(
            (pl.min_horizontal("ahead", "behind") == "s00") & (pl.max_horizontal("ahead", "behind") == "s01")
        )


def independent(kind: str, *, weeks: int, articles: int, repeats: int) -> Iterator[Table]:
    """Runs of sources that move by themselves.

    `calm`: neighbouring weeks alike by 0.3; the others as well, and besides `lasting` by 0.8; `bursts` of three weeks,
    now and then; a `new level` in every source, in a week of its own; the same `trend` in all; `volumes` that all
    sources raise thirtyfold in the same weeks.
    """
    for repeat in range(repeats):
        rng = np.random.default_rng([repeat, weeks, articles, KINDS.index(kind)])
        level = _swaying(rng, sources=SOURCES, weeks=weeks, alike=0.8 if kind == "lasting" else 0.3)
        volume = np.full((SOURCES, weeks), float(articles))
        if kind == "bursts":
            for row in level:
                for week in rng.integers(0, weeks, size=weeks // 15):
                    row[week : week + 3] += 3
        if kind == "new levels":
            level += 2 * (np.arange(weeks) >= rng.integers(8, weeks - 8, size=(SOURCES, 1)))
        if kind == "trend":
            level += np.linspace(-2, 2, weeks)
        if kind == "volumes":
            volume[:, weeks // 3 : weeks // 2] *= 30
        yield _run(rng, level, volume)


def repeated(*, weeks: int, articles: int, alike: float, repeats: int) -> Iterator[Table]:
    """Runs in which s01 does two weeks later what s00 did, with this correlation, among ten other sources."""
    for repeat in range(repeats):
        rng = np.random.default_rng([repeat, weeks, articles, int(100 * alike)])
        level = _swaying(rng, sources=SOURCES, weeks=weeks + LATER, alike=0.3)
        level[1, LATER:] = alike * level[0, :-LATER] + np.sqrt(1 - alike**2) * level[1, LATER:]
        yield _run(rng, level[:, LATER:], np.full((SOURCES, weeks), float(articles)))


def cost(*, sources: int, weeks: int, labels: int) -> Callable[[], None]:
    """A run of so many sources, to be timed."""
    rng = np.random.default_rng(0)
    volume = rng.poisson(25, size=(sources, weeks)).astype(float) + 1
    told = [
        Told("frame", f"l{k}", rng.binomial(volume.astype(int), 0.2).astype(float), np.full(sources, 0.01))
        for k in range(labels)
    ]
    names = [f"s{k:03d}" for k in range(sources)]

    def run() -> None:
        find_leads(told, articles=volume, names=names, every="week", false_discoveries=FALSE_DISCOVERIES, seed=0)

    return run


def _swaying(rng: np.random.Generator, *, sources: int, weeks: int, alike: float) -> np.ndarray:
    """AR(1) of variance 1: ``(sources, weeks)``."""
    level = rng.normal(size=(sources, weeks + 50))
    for week in range(1, weeks + 50):
        level[:, week] = alike * level[:, week - 1] + np.sqrt(1 - alike**2) * level[:, week]
    return level[:, 50:]


def _run(rng: np.random.Generator, level: np.ndarray, volume: np.ndarray) -> Table:
    articles = rng.poisson(volume) + 1
    sums = rng.binomial(articles, expit(logit(SHARE) + SWAY * level)).astype(float)
    spread = estimate_dispersion(stacked(np.stack([articles - sums, sums], axis=2))).spread
    found = find_leads(
        [Told("frame", "label", sums, spread)],
        articles=articles.astype(float),
        names=[f"s{k:02d}" for k in range(len(sums))],
        every="week",
        false_discoveries=FALSE_DISCOVERIES,
        seed=0,
    )
    return Table(found.table)
