"""Which layout some files have, where that is plain from their names or their first record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from ....model.errors import UserError
from ....rows import Row
from ..sources import is_saved_dataset
from .readers.annotated import Reading
from .readers.columns import label_columns
from .readers.doccano import FIELDS
from .readers.records import find_texts, records
from .readers.semeval2023_task3 import TABLE as LABELS_2023
from .readers.semeval2025_task10 import TABLE as LABELS_2025
from .table import LAYOUTS

LOOKED_AT = 50
"""Records by which a layout is told."""


def guess_layout(paths: Sequence[Path], *, reading: Reading) -> str:
    """The layout's name.

    Raises:
        UserError: it cannot be told; the names that may be given.
    """
    found = _by_names(paths) or _by_records(paths, reading=reading)
    if found is None:
        raise UserError(f"{paths[0]}: its layout cannot be told. Name it with --layout ({', '.join(LAYOUTS)})")
    return found


def _by_names(paths: Sequence[Path]) -> str | None:
    if any(is_saved_dataset(path) for path in paths):
        return "datasets"
    files = find_texts(paths)
    if any(LABELS_2025.search(file.name) for file in files):
        return "semeval2025-task10"
    if any(LABELS_2023.search(file.name) for file in files):
        return "semeval2023-task3"
    if any(file.suffix == ".labels" for file in files):
        return "semeval2020-task11"
    return None


def _by_records(paths: Sequence[Path], *, reading: Reading) -> str | None:
    rows = [row for row in islice(records(paths, reading=reading), LOOKED_AT) if isinstance(row, Row)]
    if not rows:
        return None
    first = rows[0]
    keys, ending = set(first.values), Path(first.file).name.lower()
    labels = first.values.get("labels", first.values.get("techniques"))
    if {"data", "annotations"} <= keys or {"data", "completions"} <= keys or "annotation_id" in keys:
        return "label-studio"
    if {"trigger_words", "manipulative"} & keys:
        return "unlp2025"
    if isinstance(labels, list) and ("techniques" in keys or first.unit == "record"):
        return "semeval2021-task6"
    if set(FIELDS) & keys and ".jsonl" in ending:
        return "doccano"
    if ending.endswith((".parquet", ".arrow")) and ({"label", "labels"} | set(reading.tasks)) & keys:
        return "datasets"
    return "columns" if reading.label_columns or label_columns(rows, reading=reading) else None
