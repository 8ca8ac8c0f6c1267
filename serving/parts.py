"""What a part of a score folder holds: the rows of its chunks, and beside them what finds copies later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from ..model.bundle import Bundle
from ..model.classifier import Logits
from ..model.progress import Progress
from .articles import Columns
from .chunks import Chunk
from .duplicates import write_duplicates
from .origin import origin_columns
from .plan import Plan
from .settings import ScoreSettings
from .sketches import SKETCHES, write_sketches
from .table import score_table


def keep_sketches(folder: Path, name: str, read: Sequence[Chunk], *, columns: Columns, settings: ScoreSettings) -> None:
    """Sketch the articles of a part, before the part: what a part holds is always sketched."""
    if settings.duplicates:
        articles = [article for chunk in read for article in chunk.articles]
        write_sketches(
            folder / SKETCHES / f"{name}.parquet",
            [reading.sketch for chunk in read for reading in chunk.readings],
            ids=pa.array([article.carried[0] for article in articles], type=next(iter(columns.types.values()))),
            places=[(article.at.file, article.at.row) for article in articles],
        )


def mark_duplicates(plan: Plan, *, articles: int, progress: Progress) -> None:
    """Write which of the articles repeat an earlier one, when all parts are there."""
    if plan.settings.duplicates:
        progress("looking for duplicates", articles, articles)
        write_duplicates(plan.out, names=[entry.name for entry in plan.inputs], articles=articles)


def chunk_table(
    chunk: Chunk,
    logits: Logits,
    *,
    schema: pa.Schema,
    columns: Columns,
    bundle: Bundle,
    settings: ScoreSettings,
    names: Sequence[str],
    evidence: pa.Array | None = None,
) -> pa.Table:
    """The score table of a chunk, in the order of its articles.

    Args:
        names: of the input files.
        evidence: a cell a passage, where the settings ask for it.
    """
    further = origin_columns(chunk.articles, chunk.spans, chunk.readings, names=names, settings=settings)
    return score_table(
        chunk.articles,
        chunk.spans,
        logits=logits.tasks,
        truncated=logits.truncated,
        schema=schema,
        columns=columns,
        bundle=bundle,
        abstain=settings.abstain,
        student=logits.student if settings.cascade is not None else None,
        origin=further if evidence is None else {**further, "evidence": evidence},
    )
