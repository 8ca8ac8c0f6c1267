"""Passages of the articles before and after each shift, the nearest ones, gathered in one reading of the scores."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ..finding import Shift
from ..passages import ARTICLE, BY, DAY, batches, located
from ..prevalence.questions import Question
from ..scores import Scores
from ..settings import ShiftSettings

MOST = 1_000
"""Articles kept on each side of a shift."""
PRUNE = 2_000_000
"""Rows gathered before the far ones are dropped."""
LINKS = ("url", "link")
TEXT = "text"


def gather(
    scores: Scores, *, shifts: Sequence[Shift], narratives: Sequence[Question], settings: ShiftSettings
) -> pl.DataFrame:
    """A row for each passage: `shift` (its place in the list), `after` (or before it), `away` (days from it).

    Further columns: `article`, `id`, `day`, `link`, `passage`, `start`, `end`, `topic` and `text` where the scores
    have them, and the probability of each label and narrative. Of each side the nearest articles, 1,000 at most.
    """
    sides = pl.DataFrame(
        [
            {"shift": index, "after": after, "by_": shift.by, "from": side.start, "until": side.end, "at": shift.date}
            for index, shift in enumerate(shifts)
            for after, side in ((False, shift.before), (True, shift.after))
        ],
        schema={
            "shift": pl.Int64, "after": pl.Boolean, "by_": pl.String,
            "from": pl.Date, "until": pl.Date, "at": pl.Date,
        },
    )  # fmt: skip
    wanted = _columns(scores, settings=settings)
    found: list[pl.DataFrame] = []
    for number, parts in enumerate(batches(scores)):
        rows = (
            located(scores, settings=settings, parts=parts)
            .join(sides.lazy(), left_on=BY, right_on="by_")
            .filter(pl.col(DAY) >= pl.col("from"), pl.col(DAY) < pl.col("until"))
            .select(
                "shift",
                "after",
                (pl.col(DAY) - pl.col("at")).dt.total_days().abs().alias("away"),
                (pl.col(ARTICLE) + (number << 40)).alias("article"),
                pl.col(DAY).alias("day"),
                "passage",
                "start",
                "end",
                *(pl.col(name).cast(pl.String).alias(new) for new, name in wanted.items()),
                *([passage_text().alias(TEXT)] if TEXT in scores.columns else []),
                *_probabilities(scores, narratives=narratives),
            )
            .collect()
        )
        found.append(rows)
        if sum(map(len, found)) > PRUNE:
            found = [_nearest(found)]
    return _nearest(found)


def passage_text() -> pl.Expr:
    """A passage's own text, also where scores carry the whole article's: then it is cut out of it."""
    text, length = pl.col(TEXT).cast(pl.String), pl.col("end") - pl.col("start")
    carried = (text.str.len_chars() > length) & (text.str.len_chars() >= pl.col("end"))
    return pl.when(carried).then(text.str.slice(pl.col("start"), length)).otherwise(text)


def _columns(scores: Scores, *, settings: ShiftSettings) -> dict[str, str]:
    """Our name -> the column, of those that the scores have."""
    link = settings.link and scores.need(settings.link, flag="--link")
    columns = {
        "id": scores.id,
        "link": link or next((name for name in LINKS if name in scores.columns), None),
        "topic": settings.topic and scores.need(settings.topic, flag="--topic"),
    }
    return {new: name for new, name in columns.items() if name}


def _nearest(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    every = pl.concat(tables)
    articles = every.unique(["shift", "after", "article"]).sort("away", "article")
    kept = articles.group_by("shift", "after", maintain_order=True).head(MOST).select("shift", "after", "article")
    return every.join(kept, on=["shift", "after", "article"], how="semi").sort("shift", "after", "article", "passage")


def _probabilities(scores: Scores, *, narratives: Sequence[Question]) -> list[pl.Expr]:
    """Each label's column, and for each narrative the product of its labels'."""
    tasks = scores.codebook.tasks
    labels = [pl.col(f"{name}.{label}") for name, task in tasks.items() for label in (*task.leaves, *task.parents)]
    together = []
    for narrative in narratives:
        told: pl.Expr = pl.lit(1.0)
        for task, label in narrative.parts:
            told = told * pl.col(f"{task}.{label}")
        together.append(told.cast(pl.Float32).alias(narrative.name))
    return [*labels, *together]
