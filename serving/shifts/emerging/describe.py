"""What a cluster is about and who tells it: its words, typical passages, sources by the day they began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ..showing.typical import Passage, typical_passages
from ..showing.words import LEAST_Z, WORD, Word, log_odds

LEAST_ARTICLES = 2
"""Of a cluster that a word stands in, to be named."""


@dataclass(frozen=True)
class Carrier:
    """A source that tells of a cluster: in how many articles, and since when. Near-copies count here."""

    source: str
    articles: int
    first: date


def cluster_words(rows: pl.DataFrame, *, clusters: Sequence[int], most: int) -> dict[int, tuple[Word, ...]]:
    """The words that tell each cluster from all other passages of the sample, the strongest first.

    Log-odds with an informative Dirichlet prior, as between the two sides of a shift (`showing.words`).

    Args:
        rows: `cluster`, `article`, `text`.
    """
    uses = (
        rows.lazy()
        .select("cluster", "article", pl.col("text").str.to_lowercase().str.replace_all("’", "'").alias("text"))
        .select("cluster", "article", pl.col("text").str.extract_all(WORD).alias("word"))
        .explode("word")
        .drop_nulls("word")
        .unique(["cluster", "article", "word"])
        .group_by("word", "cluster")
        .len()
        .collect()
    )
    every = uses.group_by("word").agg(pl.col("len").sum().alias("all")).sort("word")
    found: dict[int, tuple[Word, ...]] = {}
    for number in clusters:
        own = every.join(uses.filter(pl.col("cluster") == number), on="word", how="left").sort("word")
        inside = own["len"].fill_null(0).to_numpy().astype(float)
        outside = own["all"].to_numpy().astype(float) - inside
        if not inside.sum() or not outside.sum():
            found[number] = ()
            continue
        z = np.where(inside >= LEAST_ARTICLES, log_odds(outside, inside), 0.0)
        names = own["word"].to_list()
        best = sorted(np.flatnonzero(z > LEAST_Z), key=lambda i: (-z[i], names[i]))[:most]
        found[number] = tuple(
            Word(word=names[i], before=int(outside[i]), after=int(inside[i]), z=float(z[i])) for i in best
        )
    return found


def carriers(rows: pl.DataFrame) -> tuple[Carrier, ...]:
    """The sources of a cluster's passages, the first to tell of it first.

    Args:
        rows: `by`, `article`, `day`, near-copies among them.
    """
    told = rows.group_by("by").agg(pl.col("article").n_unique().alias("articles"), pl.col("day").min())
    return tuple(Carrier(*row) for row in told.sort("day", "by").select("by", "articles", "day").iter_rows())


def shown_passages(rows: pl.DataFrame, *, begins: date, ends: date, most: int) -> list[Passage]:
    """Passages near the middle of a cluster, from the stretch in which it grew or near it, unlike each other.

    Args:
        rows: of one cluster, with `closeness`, the cosine to its middle.
        begins, ends: first day of the stretch, and the day behind it.
    """
    outside = pl.max_horizontal(
        (pl.lit(begins) - pl.col("day")).dt.total_days(), (pl.col("day") - pl.lit(ends)).dt.total_days() + 1, 0
    )
    return typical_passages(rows.with_columns(outside.alias("away")), column="closeness", present=True, most=most)
