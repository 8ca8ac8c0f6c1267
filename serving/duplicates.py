"""`duplicates.parquet`: the articles of a run that repeat an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..model.errors import UserError
from ..model.folders import whole_file
from .near_copies import find_copies
from .sketches import SKETCHES, read_sketches

DUPLICATES = "duplicates.parquet"
NO_ROWS = pa.schema([("id", pa.string()), ("file", pa.int32()), ("row", pa.int64())]).empty_table()


def write_duplicates(folder: Path, *, names: Sequence[str], articles: int) -> int:
    """Find the copies among the sketches of a score folder, and write which article each repeats.

    Columns: `id`, `file` and `row` of the copy; `of`, `of_file`, `of_row`, the same of the first article of its group;
    `kind`, `exact` or `near`; `similarity`, of the words' runs of three (Jaccard), estimated where not exact.

    Args:
        names: of the input files.
        articles: how many the run has scored.

    Returns:
        Number of copies.

    Raises:
        UserError: sketches of some articles are missing.
    """
    parts = sorted((folder / SKETCHES).glob("*.parquet"))
    sketched = read_sketches(parts)
    if len(sketched.digests) != articles:
        raise UserError(
            f"{folder / SKETCHES}: holds {len(sketched.digests)} articles, {articles} were scored. "
            "Score again into another --out"
        )
    copies = find_copies(sketched)
    places = np.unique(np.concatenate([copies.article, copies.of]))
    rows = _rows(parts, places)
    files = pa.array([*names], pa.string())
    copy = rows.take(pa.array(np.searchsorted(places, copies.article)))
    first = rows.take(pa.array(np.searchsorted(places, copies.of)))
    columns = {
        "id": copy["id"],
        "file": files.take(copy["file"]),
        "row": copy["row"],
        "of": first["id"],
        "of_file": files.take(first["file"]),
        "of_row": first["row"],
        "kind": pa.array(["exact" if exact else "near" for exact in copies.exact.tolist()], pa.string()),
        "similarity": pa.array(copies.similarity, pa.float32()),
    }
    with whole_file(folder / DUPLICATES) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")
    return len(copies.article)


def _rows(parts: Sequence[Path], places: np.ndarray) -> pa.Table:
    """Id, file and row of the articles with these numbers, rising."""
    found, start = [NO_ROWS], 0
    for part in parts:
        table = pq.read_table(part, columns=["id", "file", "row"])
        inside = places[(places >= start) & (places < start + len(table))] - start
        if len(inside):
            found.append(table.take(pa.array(inside)))
        start += len(table)
    return pa.concat_tables(found[1:] or found).combine_chunks()
