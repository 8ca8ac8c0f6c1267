"""A table with one column of 0 and 1 a label."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from .....model.codebook import Codebook
from .....model.errors import UserError
from .....model.folders import write_whole
from .exported import Outgoing

DELIMITERS = {".csv": ",", ".tsv": "\t"}


def write_columns(passages: Sequence[Outgoing], *, codebook: Codebook, out: Path, overwrite: bool) -> list[Path]:
    """`stance.neutral` and so on: 1 where the passage has the label, 0 where not, empty where it is not labelled."""
    if out.suffix not in DELIMITERS:
        raise UserError(f"{out}: .csv or .tsv is expected")
    others = list(dict.fromkeys(name for passage in passages for name in passage.columns))
    labels = [(name, leaf) for name, task in codebook.tasks.items() for leaf in task.leaves]
    written = io.StringIO()
    table = csv.writer(written, delimiter=DELIMITERS[out.suffix], lineterminator="\r\n")
    table.writerow(["text", *others, *(f"{name}.{leaf}" for name, leaf in labels)])
    for passage in passages:
        cells = [passage.columns.get(name, "") for name in others]
        flags = [_flag(passage.labels.get(name), leaf) for name, leaf in labels]
        table.writerow([passage.text, *cells, *flags])
    write_whole(out, written.getvalue())
    return [out]


def _flag(labels: Sequence[str] | None, leaf: str) -> str:
    return "" if labels is None else str(int(leaf in labels))
