"""The tables and the JSON line of `training.py`, from cells that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from narrashift.training.measuring.bootstrap import Figure

from .cell import OURS, Result
from .score import Cells, difference, mean_score

Results = Mapping[tuple[int, int], Result]
"""Of one system on one data set, by fold and seed."""


@dataclass(frozen=True)
class Row:
    """A system on a data set.

    Attributes:
        score: mean over cells, with its interval over test passages.
        deviation: standard deviation over cells; NaN for one.
        seconds, wall_seconds, peak_mb: means over cells.
    """

    system: str
    cells: int
    score: Figure
    deviation: float
    seconds: float
    wall_seconds: float
    peak_mb: float


def row(system: str, results: Results, *, metric: str) -> Row:
    """One line of a table."""
    figure, deviation = mean_score(answers_of(results), metric=metric)
    means = {
        name: float(np.mean([getattr(r, name) for r in results.values()]))
        for name in ("seconds", "wall_seconds", "peak_mb")
    }
    return Row(system=system, cells=len(results), score=figure, deviation=deviation, **means)


def answers_of(results: Results) -> Cells:
    """The answers alone."""
    return {key: result.answers for key, result in results.items()}


def table(data: str, systems: Mapping[str, Results], *, metric: str) -> str:
    """All systems on one data set as Markdown, and how far this system is ahead of the best peer."""
    rows = [row(name, results, metric=metric) for name, results in systems.items() if results]
    lines = [
        f"| {data}, {metric} | cells | score [95 %] | ± sd | processor s | clock s | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in sorted(rows, key=lambda r: -r.score.value):
        name = f"**{one.system}**" if one.system == OURS else one.system
        deviation = "–" if np.isnan(one.deviation) else f"{one.deviation:.3f}"
        lines.append(
            f"| {name} | {one.cells} | {one.score} | {deviation} | {one.seconds:.0f} | {one.wall_seconds:.0f} "
            f"| {one.peak_mb:,.0f} |"
        )
    return "\n".join([*lines, *ahead(systems, metric=metric)])


def ahead(systems: Mapping[str, Results], *, metric: str) -> list[str]:
    """A sentence on the difference to the best peer over the cells that both have; none where nothing is common."""
    ours = systems.get(OURS) or {}
    peers = [name for name, results in systems.items() if name != OURS and any(key in ours for key in results)]
    if not peers:
        return []

    def common(name: str) -> float:
        return mean_score(answers_of({k: r for k, r in systems[name].items() if k in ours}), metric=metric)[0].value

    best = max(peers, key=common)
    figure, cells = difference(answers_of(ours), answers_of(systems[best]), metric=metric)
    says = f"{figure.value:+.3f} [{figure.lo:+.3f}, {figure.hi:+.3f}]"
    return ["", f"{OURS} − {best}, the best peer: {says} over {cells} cell{'s' if cells != 1 else ''} that both have."]


def curve(data: str, by_size: Mapping[int, Mapping[str, Results]], *, metric: str) -> str:
    """Learning curves as Markdown: a column a number of passages a label."""
    names = list(dict.fromkeys(name for systems in by_size.values() for name, results in systems.items() if results))
    lines = [
        f"| {data}, {metric}, passages a label | " + " | ".join(map(str, by_size)) + " |",
        "|---" * (len(by_size) + 1) + "|",
    ]
    for name in names:
        cells = [_cell(systems.get(name) or {}, metric=metric) for systems in by_size.values()]
        lines.append(f"| {f'**{name}**' if name == OURS else name} | " + " | ".join(cells) + " |")
    for size, systems in by_size.items():
        lines += [f"\n{size} a label: {line}" for line in ahead(systems, metric=metric)[1:]]
    return "\n".join(lines)


def _cell(results: Results, *, metric: str) -> str:
    if not results:
        return "–"
    one = row("", results, metric=metric)
    deviation = "" if np.isnan(one.deviation) else f" ± {one.deviation:.3f}"
    return f"{one.score.value:.3f}{deviation} ({one.seconds:.0f} s, {one.cells})"


def flat(data: str, systems: Mapping[str, Results], *, metric: str, per_label: int | None = None) -> dict[str, float]:
    """`score/<data>/<system>` and so on; with some passages a label, `<data>@<passages>`."""
    place = f"{data}@{per_label}" if per_label else data
    values = {}
    for name, results in systems.items():
        if results:
            one = row(name, results, metric=metric)
            figures = {
                "score": one.score.value, "score_lo": one.score.lo, "score_hi": one.score.hi, "seconds": one.seconds,
                "peak_mb": one.peak_mb, "cells": one.cells,
            }  # fmt: skip
            values |= {f"{figure}/{place}/{name}": round(value, 4) for figure, value in figures.items()}
    return values
