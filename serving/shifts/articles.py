"""Articles with their mean answers, a table of whole sources at a time: the sample that everything is computed from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ...model.errors import UserError
from .narratives import Narrative
from .periods import day_of, period_of
from .scores import Scores
from .settings import EVERYTHING, ShiftSettings

AT_ONCE = 500_000
"""Passages read together."""
BUCKET = 5_000_000
"""Passages whose articles are held in memory together; of larger scores, articles wait on the disk by source."""
BY, PERIOD, DAY, PASSAGES, ARTICLE = "by", "period", "day", "passages", "article"


@dataclass
class Skipped:
    """Articles that could not be counted: without a readable date, or without a source."""

    undated: int = 0
    nameless: int = 0
    example: str | None = field(default=None)


def narrative_column(name: str) -> str:
    """Where a composite narrative's probability stands."""
    return f"narrative.{name}"


def answers(scores: Scores, *, narratives: Mapping[str, Narrative]) -> dict[str, pl.Expr]:
    """Column name -> each label's probability, and each narrative's: the product over its tasks."""
    columns = {
        f"{task}.{label}": pl.col(f"{task}.{label}") for task, about in scores.tasks.items() for label in about.labels
    }
    for name, narrative in narratives.items():
        told: pl.Expr = pl.lit(1.0)
        for task, labels in narrative.conditions.items():
            told = told * pl.max_horizontal(*(pl.col(f"{task}.{label}") for label in labels))
        columns[narrative_column(name)] = told.cast(pl.Float32)
    return columns


def located(scores: Scores, *, settings: ShiftSettings, parts: Sequence[Path] | None = None) -> pl.LazyFrame:
    """Passages that count, with `by`, `day` (null where it cannot be read), `period`, and `article` in their parts.

    Raises:
        UserError: a column that the settings name is not there, or `where` cannot be understood.
    """
    rows = scores.scan(parts)
    kind = rows.collect_schema()[scores.need(settings.date, flag="--date")]
    if not (kind == pl.String or kind.is_temporal()):
        raise UserError(f"column {settings.date!r} holds {kind}, and not dates. Name another with --date")
    source = pl.lit(EVERYTHING) if settings.by == EVERYTHING else pl.col(scores.need(settings.by, flag="--by"))
    day = day_of(settings.date, kind)
    rows = rows.with_columns(
        (pl.col("passage") == 0).cum_sum().alias(ARTICLE),
        source.cast(pl.String).alias("__by"),
        day.alias("__day"),
    )
    if settings.where:
        try:
            rows = rows.filter(pl.sql_expr(settings.where))
            rows.collect_schema()
        except pl.exceptions.PolarsError as error:
            raise UserError(
                f"--where {settings.where}: {str(error).splitlines()[0]}. SQL over the columns of the scores is "
                "expected, as in: date >= '2022-01-01' AND source <> 'x'"
            ) from None
    return rows.with_columns(period_of(pl.col("__day"), settings.every).alias("__period"))


def read_articles(
    scores: Scores, *, settings: ShiftSettings, narratives: Mapping[str, Narrative], skipped: Skipped, folder: Path
) -> list[Path]:
    """Write the articles of each source to one of several files in a folder, and tell which files.

    Columns: `by`, `period`, `day`, `passages`, and a mean probability for each label and narrative.

    Args:
        skipped: is filled.
    """
    buckets = -(-scores.passages // BUCKET)
    written: list[list[Path]] = [[] for _ in range(buckets)]
    for number, parts in enumerate(batches(scores)):
        table = _articles(scores, parts=parts, settings=settings, narratives=narratives)
        _count_skipped(table, skipped)
        table = table.drop_nulls([BY, PERIOD])
        for bucket in range(buckets):
            own = table.filter(pl.col(BY).hash(seed=0) % buckets == bucket) if buckets > 1 else table
            if len(own):
                path = folder / f"{bucket:05d}-{number:05d}.parquet"
                own.write_parquet(path)
                written[bucket].append(path)
    files = []
    for bucket, paths in enumerate(written):
        if paths:
            path = folder / f"{bucket:05d}.parquet"
            pl.read_parquet(paths).sort(BY, PERIOD, maintain_order=True).write_parquet(path)
            files.append(path)
            for old in paths:
                old.unlink()
    return files


def batches(scores: Scores) -> Iterator[list[Path]]:
    """Parts read together. Where there are many, each is small and so is a batch."""
    each = max(1, round(AT_ONCE / max(scores.passages / len(scores.parts), 1)))
    for start in range(0, len(scores.parts), each):
        yield list(scores.parts[start : start + each])


def _articles(
    scores: Scores, *, parts: list[Path], settings: ShiftSettings, narratives: Mapping[str, Narrative]
) -> pl.DataFrame:
    means = [expression.mean().alias(name) for name, expression in answers(scores, narratives=narratives).items()]
    return (
        located(scores, settings=settings, parts=parts)
        .group_by(ARTICLE, maintain_order=True)
        .agg(
            pl.col("__by").first().alias(BY),
            pl.col("__period").first().alias(PERIOD),
            pl.col("__day").first().alias(DAY),
            pl.col(settings.date).first().cast(pl.String).alias("said"),
            pl.len().alias(PASSAGES),
            *means,
        )
        .collect()
        .drop(ARTICLE)
    )


def _count_skipped(table: pl.DataFrame, skipped: Skipped) -> None:
    undated = table.filter(pl.col(PERIOD).is_null())
    skipped.undated += len(undated)
    skipped.nameless += table.filter(pl.col(BY).is_null() & pl.col(PERIOD).is_not_null()).height
    if skipped.example is None and len(undated):
        skipped.example = next((said for said in undated["said"].to_list() if said is not None), None)


def scratch(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder beside the result for articles on their way; gone when its context ends."""
    return tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent)
