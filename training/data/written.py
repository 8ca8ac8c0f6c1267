"""Write labelled passages with the split that was drawn for them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.folders import check_free, write_whole
from ...rows import Row
from .corpus import SPLITS, read_corpus
from .drawing import draw_split
from .sources import rows_of_files

DELIMITERS = {".csv": ",", ".tsv": "\t"}


def write_split(
    data: Iterable[Path | str],
    *,
    out: Path,
    kind: str,
    codebook: Codebook,
    seed: int = 0,
    column: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> dict[str, int]:
    """The rows of `data` as they were, each with its part in the column `split`.

    Args:
        out: `.jsonl`, `.csv` (labels joined by `|`) or `.tsv`.
        kind: as in `draw_split`.

    Returns:
        Passages of each part; under the empty name those that were left out.

    Raises:
        UserError: as `read_corpus` and `draw_split`; `out` exists or has another ending.
    """
    check_table(out, overwrite=overwrite)
    data = list(data)
    corpus = read_corpus(data, codebook=codebook, column=column, encoding=encoding)
    assigned = draw_split(corpus, kind=kind, parts=list(SPLITS[1:]), seed=seed)
    missing = [part for part in SPLITS if not np.any(assigned == part)]
    if missing:
        raise UserError(f"--kind {kind}: {' and '.join(missing)} would be empty; {len(corpus)} passages are too few")
    name = (column or {}).get("split", "split")
    rows = [row.values for row in rows_of_files(data, encoding=encoding) if isinstance(row, Row)]
    kept = [values | {name: str(part)} for values, part in zip(rows, assigned, strict=True) if part]
    write_table(out, kept, tasks=[(column or {}).get(task, task) for task in codebook.tasks])
    return dict(Counter(str(part) for part in assigned))


def check_table(out: Path, *, overwrite: bool) -> None:
    """Raise a `UserError` where `out` is no JSONL, CSV or TSV, or exists and may not be replaced."""
    if out.suffix not in (".jsonl", *DELIMITERS):
        raise UserError(f"{out}: .jsonl, .csv or .tsv is expected")
    check_free(out, overwrite=overwrite)


def write_table(out: Path, rows: list[dict[str, Any]], *, tasks: Collection[str] = ()) -> None:
    """Write rows whole or not at all, as the ending says.

    In CSV and TSV lists are joined by `|`, and `?` says in the columns of `tasks` that a passage is not labelled: an
    empty cell would say that no label holds.
    """
    try:
        if out.suffix == ".jsonl":
            write_whole(out, _jsonl(rows))
        else:
            write_whole(out, _table(rows, delimiter=DELIMITERS[out.suffix], tasks=tasks))
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror}") from None


def _jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


def _table(rows: list[dict[str, Any]], *, delimiter: str, tasks: Collection[str]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, delimiter=delimiter, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        cells = {name: "|".join(value) if isinstance(value, list) else value for name, value in row.items()}
        writer.writerow(cells | {name: "?" for name in tasks if name in columns and row.get(name) is None})
    return written.getvalue()
