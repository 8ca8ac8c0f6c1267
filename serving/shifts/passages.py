"""Scored passages of whole sources, source by source: what shares and shifts are computed from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from ...model.codebook import Codebook
from ...model.errors import UserError, first_line
from .periods import day_of, period_of
from .scores import Scores
from .settings import EVERYTHING, ShiftSettings

AT_ONCE = 500_000
"""Passages read together."""
BUCKET = 5_000_000
"""Passages held in memory together; of larger scores they wait on the disk by source."""
BY, DAY, PERIOD, ARTICLE = "__by", "__day", "__period", "__article"


@dataclass
class Skipped:
    """Articles that could not be counted: without a readable date (one of them), or without a source."""

    undated: int = 0
    nameless: int = 0
    example: str | None = None


@dataclass(frozen=True)
class Source:
    """The passages of a source, article by article, period by period.

    Attributes:
        leaves: task -> ``(passages, leaves)`` probabilities.
        articles: ``(articles + 1,)``, where in the passages each article begins.
        periods: ``(periods + 1,)``, where in the articles each period of the run begins.
    """

    name: str
    leaves: dict[str, np.ndarray]
    articles: np.ndarray
    periods: np.ndarray

    @cached_property
    def first_prints(self) -> np.ndarray:
        """``(articles,)`` bool: False for an article all of whose probabilities another of its period has had.

        Different passages never get the same probabilities to the last bit; the same passage always does.
        """
        every = np.concatenate([np.asarray(leaves, dtype=np.float32) for leaves in self.leaves.values()], axis=1)
        passage = pl.from_numpy(every).hash_rows(seed=0).to_numpy()
        passages = np.diff(self.articles)
        place = np.arange(len(passage)) - np.repeat(self.articles[:-1], passages)
        article = np.add.reduceat(passage * (2 * place + 1).astype(np.uint64), self.articles[:-1])
        period = np.repeat(np.arange(len(self.periods) - 1), np.diff(self.periods))
        table = pl.DataFrame({"period": period, "article": article})  # sums wrap around: hashes of whole articles
        return table.select(pl.struct("period", "article").is_first_distinct()).to_series().to_numpy()


def located(scores: Scores, *, settings: ShiftSettings, parts: Sequence[Path]) -> pl.LazyFrame:
    """Passages that count, with source, day and period (null where they cannot be read), and their article's number.

    Raises:
        UserError: a column that the settings name is not there, or `where` cannot be understood.
    """
    rows = scores.scan(parts)
    kind = rows.collect_schema()[scores.need(settings.date, flag="--date")]
    if not (kind == pl.String or kind.is_temporal()):
        raise UserError(f"column {settings.date!r} holds {kind}, and not dates. Name another with --date")
    source = pl.lit(EVERYTHING) if settings.by == EVERYTHING else pl.col(scores.need(settings.by, flag="--by"))
    rows = rows.with_columns(
        (pl.col("passage") == 0).cum_sum().cast(pl.Int64).alias(ARTICLE),
        source.cast(pl.String).alias(BY),
        day_of(settings.date, kind).alias(DAY),
    )
    if settings.where:
        try:
            rows = rows.filter(pl.sql_expr(settings.where))
            rows.collect_schema()
        except pl.exceptions.PolarsError as error:
            raise UserError(
                f"--where {settings.where}: {first_line(error)}. SQL over the columns of the scores is "
                "expected, as in: date >= '2022-01-01' AND source <> 'x'"
            ) from None
    return rows.with_columns(period_of(pl.col(DAY), settings.every).alias(PERIOD))


def batches(scores: Scores) -> Iterator[list[Path]]:
    """Parts read together. Where there are many, each is small and so is a batch."""
    each = max(1, round(AT_ONCE / max(scores.passages / len(scores.parts), 1)))
    for start in range(0, len(scores.parts), each):
        yield list(scores.parts[start : start + each])


def gather_sources(scores: Scores, *, settings: ShiftSettings, skipped: Skipped, folder: Path) -> list[Path]:
    """Write the passages of each source to one of several files in a folder, in the order of periods.

    Args:
        skipped: is filled.

    Returns:
        The files; none where nothing can be counted.
    """
    buckets = -(-scores.passages // BUCKET)
    waiting: list[list[Path]] = [[] for _ in range(buckets)]
    columns = [f"{name}.{leaf}" for name, task in scores.codebook.tasks.items() for leaf in task.leaves]
    for number, parts in enumerate(batches(scores)):
        rows = located(scores, settings=settings, parts=parts)
        table = rows.select(BY, PERIOD, pl.col(ARTICLE) + (number << 40), settings.date, *columns).collect()
        _count_skipped(table, skipped, date=settings.date)
        table = table.drop(settings.date).drop_nulls([BY, PERIOD])
        for bucket in range(buckets):
            own = table.filter(pl.col(BY).hash(seed=0) % buckets == bucket) if buckets > 1 else table
            if len(own):
                waiting[bucket].append(folder / f"{bucket:05d}-{number:05d}.parquet")
                own.write_parquet(waiting[bucket][-1])
    files = []
    for bucket, paths in enumerate(waiting):
        if paths:
            files.append(folder / f"{bucket:05d}.parquet")
            pl.read_parquet(paths).sort(BY, PERIOD, ARTICLE, maintain_order=True).write_parquet(files[-1])
            for path in paths:
                path.unlink()
    return files


def _count_skipped(table: pl.DataFrame, skipped: Skipped, *, date: str) -> None:
    undated = table.filter(pl.col(PERIOD).is_null())
    skipped.undated += undated[ARTICLE].n_unique()
    skipped.nameless += table.filter(pl.col(BY).is_null() & pl.col(PERIOD).is_not_null())[ARTICLE].n_unique()
    if skipped.example is None and len(undated):
        skipped.example = next((str(said) for said in undated[date].to_list() if said is not None), None)


def first_and_last(files: Sequence[Path]) -> tuple[int, int]:
    """Numbers of the first and the last period of the run."""
    low, high = (
        pl.scan_parquet(list(files)).select(pl.col(PERIOD).min().alias("a"), pl.col(PERIOD).max()).collect().row(0)
    )
    return low, high


def sources(file: Path, *, codebook: Codebook, first: int, last: int) -> Iterator[Source]:
    """The sources of a file, by name, each over all periods from the first to the last."""
    for (name,), table in pl.read_parquet(file).group_by(BY, maintain_order=True):
        article = table[ARTICLE].to_numpy()
        begins = np.flatnonzero(np.diff(article, prepend=-1))
        period = table[PERIOD].to_numpy()[begins]
        yield Source(
            name=str(name),
            leaves={
                task: table.select(f"{task}.{leaf}" for leaf in about.leaves).to_numpy()
                for task, about in codebook.tasks.items()
            },
            articles=np.append(begins, len(article)),
            periods=np.searchsorted(period, np.arange(first, last + 2)),
        )


def scratch(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder beside the result for passages on their way; gone when its context ends."""
    return tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent)
