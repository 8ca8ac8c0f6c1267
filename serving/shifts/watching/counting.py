"""Articles of new parts by source, period and answer: each counted once, whichever dumps it comes in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from ..passages import ARTICLE, BY, DAY, PERIOD, located
from ..scores import Scores
from ..settings import ShiftSettings
from .series import Layout


@dataclass(frozen=True)
class Counted:
    """Articles of one source: counts by period, ``(size,)`` each, and their products, ``(size, size)``."""

    source: str
    periods: dict[int, np.ndarray]
    squares: np.ndarray


@dataclass(frozen=True)
class Passages:
    """Passages of a part that can be counted, article by article; `skipped` articles have no date or no source."""

    table: pl.DataFrame
    skipped: int

    def __len__(self) -> int:
        return len(self.table)


def read_part(part: Path, *, scores: Scores, settings: ShiftSettings) -> Passages:
    """The passages of a part, in the order of sources and periods.

    Raises:
        UserError: a column that the settings name is not there, or holds no dates.
        OSError, polars.exceptions.PolarsError: the part is broken.
    """
    leaves = [f"{name}.{leaf}" for name, task in scores.codebook.tasks.items() for leaf in task.leaves]
    rows = located(scores, settings=settings, parts=[part])
    identity = pl.col(scores.id).cast(pl.String).alias("__id")
    table = rows.select(BY, DAY, PERIOD, ARTICLE, identity, "end", *leaves).collect()
    counted = table.drop_nulls([BY, PERIOD])
    skipped = table[ARTICLE].n_unique() - counted[ARTICLE].n_unique()
    return Passages(counted.sort(BY, PERIOD, ARTICLE, maintain_order=True), skipped)


def article_hashes(passages: Passages, *, leaves: Sequence[str]) -> np.ndarray:
    """What each article is known by, whichever dump brings it: ``(articles,)`` int64.

    Source, day, id, length, and its probabilities to two digits: ids alone may be row numbers, which another dump
    gives to other articles.
    """
    articles = passages.table.group_by(ARTICLE, maintain_order=True).agg(
        pl.col(BY, DAY, "__id").first(), pl.col("end").max(), pl.col(*leaves).mean()
    )
    rounded = np.round(articles.select(leaves).to_numpy() * 100).astype(np.int8)
    keys = articles.select(BY, DAY, "__id", "end").iter_rows()
    return np.array(
        [
            int.from_bytes(hashlib.blake2b(repr(key).encode() + own.tobytes(), digest_size=8).digest(), signed=True)
            for key, own in zip(keys, rounded, strict=True)
        ],
        dtype=np.int64,
    )


def count(
    passages: Passages, *, layout: Layout, scores: Scores, new: Callable[[Sequence[int]], set[int]]
) -> tuple[list[Counted], dict[int, int]]:
    """Count the articles of a part that were not known.

    Args:
        new: of articles' hashes, tells and keeps those that were not known.

    Returns:
        What comes to each source, and articles by day (days since 1970).
    """
    tasks = scores.codebook.tasks
    table = passages.table
    if not len(table):
        return [], {}
    hashes = article_hashes(passages, leaves=[f"{name}.{leaf}" for name, t in tasks.items() for leaf in t.leaves])
    fresh = new(hashes.tolist())
    keep, used = np.zeros(len(hashes), dtype=bool), set[int]()
    for i, one in enumerate(hashes.tolist()):
        keep[i] = one in fresh and one not in used
        used.add(one)
    table = table.filter(pl.Series(np.repeat(keep, np.diff(_borders(table[ARTICLE].to_numpy())))))
    if not len(table):
        return [], {}
    probs = {name: table.select(f"{name}.{leaf}" for leaf in task.leaves).to_numpy() for name, task in tasks.items()}
    answers = np.stack(
        [
            asked.space.answers(probs).astype(np.int64) + layout.part(number).start
            for number, asked in enumerate(layout.asked)
        ],
        axis=1,
    )
    articles = table.unique(ARTICLE, maintain_order=True)
    days = articles[DAY].cast(pl.Int32).value_counts().rows()
    return list(_by_source(table, answers, layout=layout)), {int(day): int(number) for day, number in days}


def _borders(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins, and the end."""
    return np.append(np.flatnonzero(np.diff(values, prepend=values[0] - 1)), len(values))


def _by_source(table: pl.DataFrame, answers: np.ndarray, *, layout: Layout) -> Iterator[Counted]:
    begins = 0
    of = np.repeat(np.arange(len(layout.asked)), [asked.space.size for asked in layout.asked])
    same = of[:, None] == of  # products of answers to different questions are never asked for
    for (name,), own in table.group_by(BY, maintain_order=True):
        rows = answers[begins : begins + len(own)]
        begins += len(own)
        borders = _borders(own[ARTICLE].to_numpy())
        passages = np.diff(borders)
        article = np.repeat(np.arange(len(passages)), passages)
        parts = np.zeros((len(passages), layout.size))
        np.add.at(parts, (article[:, None], rows), 1 / passages[article, None])
        period = own[PERIOD].to_numpy()[borders[:-1]]
        cuts = _borders(period)
        yield Counted(
            str(name),
            {int(period[a]): parts[a:b].sum(axis=0) for a, b in pairwise(cuts)},
            (parts.T @ parts) * same,
        )
