"""What shows a shift: typical passages before and after, the words that changed, and what topics have to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ..finding import Interval, Shift
from ..prevalence.questions import Question
from ..scores import Scores
from ..settings import ShiftSettings
from .nearby import TEXT, gather
from .topics import article_topics, decompose
from .typical import Passage, typical_passages
from .words import Word, changed_words

BOUNDS = (0.025, 0.975)
MOSTLY = 0.5
"""Of a change, the part that other topics have to bring for it to be called a change of the topic mix."""
LEAST_FALL = 0.02


@dataclass(frozen=True)
class Side:
    """Typical passages and words of one side, and the label that the passages were chosen by (`not X`: without it)."""

    label: str
    passages: tuple[Passage, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Evidence:
    """Both sides of a shift."""

    before: Side
    after: Side


def show(
    shifts: Sequence[Shift],
    *,
    scores: Scores,
    narratives: Sequence[Question],
    settings: ShiftSettings,
) -> list[tuple[Shift, Evidence]]:
    """Each shift, told apart from a change of the topic mix where topics are known, with its evidence."""
    if not shifts:
        return []
    rows = gather(scores, shifts=shifts, narratives=narratives, settings=settings)
    own_rows = _of_each(rows, len(shifts))
    topics: dict[str, pl.DataFrame | None] = {}
    shown = []
    for shift, own in zip(shifts, own_rows, strict=True):
        if shift.by not in topics:
            every = [rows for other, rows in zip(shifts, own_rows, strict=True) if other.by == shift.by]
            topics[shift.by] = article_topics(pl.concat(every), seed=settings.seed)
        told = _by_topics(shift, rows=own, topics=topics[shift.by], settings=settings)
        shown.append((told, _evidence(told, rows=own, settings=settings)))
    return shown


def _of_each(rows: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    own = {key[0]: table for key, table in rows.partition_by("shift", as_dict=True, maintain_order=True).items()}
    return [own.get(index, rows.head(0)) for index in range(count)]


def _by_topics(shift: Shift, *, rows: pl.DataFrame, topics: pl.DataFrame | None, settings: ShiftSettings) -> Shift:
    if topics is None or rows["after"].n_unique() < 2:
        return shift
    values = rows.group_by("article", "after").agg(pl.col(shift.column).mean().alias("value"))
    articles = values.join(topics, on="article")
    articles = articles.sort("article")
    mix = decompose(
        articles["value"].to_numpy().astype(float),
        topics=articles["topic_number"].to_numpy().astype(int),
        after=articles["after"].to_numpy(),
        replicates=settings.replicates,
        rng=np.random.default_rng(settings.seed),
    )
    total = mix.by_topics + mix.within
    if not total:
        return shift
    scale = shift.change.value / total  # of mean probabilities; the change is corrected
    low, high = np.sort(scale * np.quantile(mix.replicates[:, 0], BOUNDS))
    within_low, within_high = np.quantile(mix.replicates[:, 1], BOUNDS)
    mostly = mix.by_topics / total > MOSTLY and within_low <= 0 <= within_high
    return replace(
        shift,
        by_topics=Interval(scale * mix.by_topics, float(low), float(high)),
        kind="topic mix" if mostly else shift.kind,
    )


def _evidence(shift: Shift, *, rows: pl.DataFrame, settings: ShiftSettings) -> Evidence:
    before, after = rows.filter(~pl.col("after")), rows.filter("after")
    gone: tuple[Word, ...] = ()
    come: tuple[Word, ...] = ()
    if TEXT in rows.columns and settings.words:
        one, other = changed_words(
            rows.select("after", "article", pl.col(TEXT).fill_null("").alias("text")), most=settings.words
        )
        gone, come = tuple(one), tuple(other)
    (left, left_on), (right, right_on) = _labels(shift, before=before, after=after)

    def side(table: pl.DataFrame, column: str, present: bool, words: tuple[Word, ...]) -> Side:
        found = typical_passages(table, column=column, present=present, most=settings.passages)
        return Side(column if present else f"not {column}", tuple(found), words)

    return Evidence(side(before, left, left_on, gone), side(after, right, right_on, come))


def _labels(shift: Shift, *, before: pl.DataFrame, after: pl.DataFrame) -> tuple[tuple[str, bool], tuple[str, bool]]:
    """By which label passages of each side are chosen, and whether they have it.

    The label that rose stands for after, and the one of its task that fell most for before; and the other way round.
    Where no other label moved against it, its absence stands for the other side.
    """
    own = shift.column
    if not len(before) or not len(after):
        return (own, True), (own, True)
    rivals = [c for c in before.columns if c.startswith(f"{shift.task}.") and c != own]
    moved = {c: float(after[c].to_numpy().mean() - before[c].to_numpy().mean()) for c in rivals}
    rose = shift.change.value > 0
    against = min(moved, key=lambda c: moved[c] if rose else -moved[c]) if moved else None
    enough = against is not None and (moved[against] < -LEAST_FALL if rose else moved[against] > LEAST_FALL)
    other = (against, True) if enough and against is not None else (own, False)
    return (other, (own, True)) if rose else ((own, True), other)
