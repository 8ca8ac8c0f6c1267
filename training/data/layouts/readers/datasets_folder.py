"""Hugging Face `datasets`: a folder that `save_to_disk` wrote, or one of Parquet files as on the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .....rows import BadRow, Row
from ...labels import is_missing
from ...sources import class_names, is_saved_dataset, named_class, rows_of_files
from .annotated import Annotated, Answer, Found, Reading, labels_of, text_of
from .records import records, row_by_row

USUAL = ("label", "labels", "techniques")
SPLIT = re.compile(r"(train|validation|valid|val|dev|test)(?![a-z])")


def read_datasets(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each row. Labels are in columns of the codebook's tasks, of class labels, or called `label`.

    Class labels count by their names; the split is the part's, or what a file's name begins with.
    """
    for path in paths:
        rows = list(_rows(path, reading=reading))
        good = [row for row in rows if isinstance(row, Row)]
        chosen = _label_columns(path, good, reading=reading)
        yield from row_by_row(rows, read=partial(_passage, chosen=chosen, reading=reading))


def _passage(row: Row, *, chosen: Sequence[str], reading: Reading) -> Iterator[Annotated]:
    text = text_of(row.values, reading=reading)
    answers = {name: _answer(row.values[name], what=name) for name in chosen if name in row.values}
    columns = {key: value for key, value in row.values.items() if key not in {reading.text, *chosen}}
    yield Annotated(row.file, row.number, row.unit, text, answers, columns)


def _rows(path: Path, *, reading: Reading) -> Iterator[Row | BadRow]:
    if is_saved_dataset(path):
        yield from rows_of_files([path], encoding=reading.encoding)
        return
    classes = _hub_classes(path)
    for row in records([path], reading=reading):
        if isinstance(row, Row):
            split = SPLIT.match(Path(row.file).name.lower())
            values = {key: named_class(value, classes.get(key)) for key, value in row.values.items()}
            row = Row(row.file, row.number, ({"split": split[1]} if split else {}) | values, row.unit)
        yield row


def _hub_classes(path: Path) -> dict[str, list[str]]:
    """Column -> names of its classes, as the Parquet files' metadata give them."""
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, list[str]] = {}
    for file in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
        try:
            found |= class_names(datasets.Features.from_arrow_schema(pq.read_schema(file)))
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a broken file is said where its rows are read
    return found


def _label_columns(path: Path, rows: Sequence[Row], *, reading: Reading) -> list[str]:
    if reading.label_columns:
        return list(reading.label_columns)
    names = list(dict.fromkeys(key for row in rows for key in row.values))
    own = [name for name in names if name in reading.tasks]
    if own:
        return own
    classes = _saved_classes(path) if is_saved_dataset(path) else set(_hub_classes(path))
    return [name for name in names if name in classes] or [name for name in USUAL if name in names]


def _saved_classes(path: Path) -> set[str]:
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
    except Exception:  # whatever a broken folder raises; it is said where its rows are read
        return set()
    parts = loaded.values() if isinstance(loaded, dict) else [loaded]
    return {name for part in parts for name in class_names(part.features)}


def _answer(value: Any, *, what: str) -> Answer:
    if is_missing(value) or value in ("", "?"):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        value = [str(one) for one in value]
    return labels_of(value, what=what)
