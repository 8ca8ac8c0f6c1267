"""Passages that no label of the story's task explains: a bounded sample of each period, drawn in one reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ....model.codebook import Codebook
from ....model.errors import UserError, suggestion
from ..passages import ARTICLE, BY, DAY, PERIOD, batches, located
from ..scores import Scores
from ..settings import ShiftSettings
from ..showing.nearby import LINKS, TEXT, passage_text

MOST = 20_000
"""Passages of a run, in equal parts for its periods."""
LEAST_EACH = 25
LEAST_CHARACTERS = 40
"""A shorter passage ("Thank you.") tells no story."""
PLAIN = ("neutral", "none", "other", "no", "unclear")
"""Labels of a single task that explain nothing."""


@dataclass(frozen=True)
class Sample:
    """Unexplained passages, and how many articles they were drawn from.

    Attributes:
        task: whose labels explain a passage.
        rows: `article`, `id`, `by`, `day`, `period` (from 0), `link`, `passage`, `start`, `end`, `text`; by day.
        sources: names, in the order of rows of `articles`.
        articles: ``(sources, periods)``, all that count.
        kept: ``(periods,)``, the share of the unexplained articles that were drawn; 1 where there are none.
        unexplained: passages before the draw.
        first: number of the first period.
    """

    task: str
    rows: pl.DataFrame
    sources: tuple[str, ...]
    articles: np.ndarray
    kept: np.ndarray
    unexplained: int
    first: int


def story_task(codebook: Codebook, *, named: str | None) -> str:
    """The task whose labels are stories: the one that is named, or the first of kind `multi`, or the first.

    Raises:
        UserError: no such task.
    """
    tasks = codebook.tasks
    if named is None:
        return next((name for name, task in tasks.items() if task.kind == "multi"), next(iter(tasks)))
    if named not in tasks:
        raise UserError(f"story {named!r}: no task of the codebook {suggestion(named, list(tasks))}")
    return named


def need_text(scores: Scores) -> None:
    """Raise a `UserError` where the scores hold no text."""
    if TEXT not in scores.columns:
        raise UserError(
            f"{scores.folders[0]}: holds no text, and stories are found in texts. Score again with --keep-text"
        )


def draw_sample(scores: Scores, *, settings: ShiftSettings, most: int = MOST) -> Sample:
    """Unexplained passages by whole articles, those with the smallest hash of their id first.

    Raises:
        UserError: the scores hold no text.
    """
    need_text(scores)
    task = story_task(scores.codebook, named=settings.story)
    counted: list[pl.DataFrame] = []
    totals: list[pl.DataFrame] = []
    drawn: list[pl.DataFrame] = []
    waiting = unexplained = 0
    for number, parts in enumerate(batches(scores)):
        rows = located(scores, settings=settings, parts=parts).drop_nulls([BY, PERIOD])
        rows = rows.with_columns(pl.col(ARTICLE) + (number << 40))
        counted.append(rows.group_by(BY, PERIOD).agg(pl.col(ARTICLE).n_unique().alias("articles")).collect())
        found = _unexplained(rows, scores=scores, task=task, settings=settings)
        unexplained += len(found)
        totals.append(found.group_by("period").agg(pl.col("article").n_unique().alias("articles")))
        drawn.append(found)
        waiting += len(found)
        if waiting > 10 * most:
            drawn = [_smallest(drawn, each=most)]
            waiting = len(drawn[0])
    counts = pl.concat(counted).group_by(BY, PERIOD).agg(pl.col("articles").sum())
    first, last = int(counts[PERIOD].min()), int(counts[PERIOD].max())  # type: ignore[arg-type]
    periods = last - first + 1
    chosen = _smallest(drawn, each=max(most // periods, LEAST_EACH))
    sources = tuple(sorted(counts[BY].unique()))
    places = {name: row for row, name in enumerate(sources)}
    articles = np.zeros((len(sources), periods), dtype=np.int64)
    for by, period, many in counts.select(BY, PERIOD, "articles").iter_rows():
        articles[places[by], period - first] = many
    before, after = np.zeros(periods), np.zeros(periods)
    for period, many in pl.concat(totals).group_by("period").agg(pl.col("articles").sum()).iter_rows():
        before[period - first] = many
    for period, many in chosen.group_by("period").agg(pl.col("article").n_unique()).iter_rows():
        after[period - first] = many
    kept = np.divide(after, before, out=np.ones(periods), where=before > 0)
    ordered = chosen.with_columns(pl.col("period") - first).sort("day", "article", "passage").drop("hash")
    return Sample(task, ordered, sources, articles, kept, unexplained, first)


def _unexplained(rows: pl.LazyFrame, *, scores: Scores, task: str, settings: ShiftSettings) -> pl.DataFrame:
    decided = pl.col(task)
    if scores.codebook.tasks[task].kind == "multi":
        explained = decided.list.len().fill_null(0) > 0
    else:
        explained = decided.is_not_null() & ~decided.is_in(PLAIN)
    link = settings.link or next((name for name in LINKS if name in scores.columns), None)
    return (
        rows.filter(~explained)
        .select(
            pl.col(ARTICLE).alias("article"),
            pl.col(scores.id).cast(pl.String).alias("id"),
            pl.col(BY).alias("by"),
            pl.col(DAY).alias("day"),
            pl.col(PERIOD).alias("period"),
            (pl.col(link).cast(pl.String) if link else pl.lit(None, dtype=pl.String)).alias("link"),
            "passage",
            "start",
            "end",
            passage_text().fill_null("").str.strip_chars().alias(TEXT),
            pl.col(scores.id).cast(pl.String).hash(seed=settings.seed).alias("hash"),
        )
        .filter(pl.col(TEXT).str.len_chars() >= LEAST_CHARACTERS)
        .collect()
    )


def _smallest(tables: list[pl.DataFrame], *, each: int) -> pl.DataFrame:
    """Of each period the articles with the smallest hash, until they have `each` passages; one at least."""
    every = pl.concat(tables)
    articles = (
        every.group_by("period", "article")
        .agg(pl.col("hash").first(), pl.len().alias("passages"))
        .sort("period", "hash", "article")
        .with_columns(pl.col("passages").cum_sum().over("period").alias("so_far"))
        .filter((pl.col("so_far") <= each) | (pl.col("so_far") == pl.col("passages")))
    )
    return every.join(articles.select("period", "article"), on=["period", "article"], how="semi")
