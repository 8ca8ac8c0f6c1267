"""A table with one column of 0 and 1 a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .....rows import Row
from ...corpus import OPTIONAL
from ...labels import is_missing
from .annotated import Annotated, Answer, Broken, Found, Reading, shown, text_of
from .records import records, row_by_row

ON = frozenset({"1", "1.0", "true", "yes"})
OFF = frozenset({"0", "0.0", "false", "no"})


def read_columns(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each row. Columns with nothing but 0, 1 and empty cells are labels.

    `stance.neutral` is the label neutral of the question stance; a column without a dot is a question of its own,
    with the one label that it names. Where all cells of a question are empty it was not answered.
    """
    rows = list(records(paths, reading=reading))
    labels = set(reading.label_columns) or label_columns([r for r in rows if isinstance(r, Row)], reading=reading)

    def read(row: Row) -> Iterator[Annotated]:
        columns = {key: value for key, value in row.values.items() if key not in labels and key != reading.text}
        text = text_of(row.values, reading=reading)
        yield Annotated(row.file, row.number, row.unit, text, _answers(row, labels=labels), columns)

    return row_by_row(rows, read=read)


def label_columns(rows: Sequence[Row], *, reading: Reading) -> set[str]:
    """Columns that have nothing but 0, 1 and empty cells, and those that a task of the codebook begins."""
    fits: dict[str, bool] = {}
    filled: set[str] = set()
    for row in rows:
        for name, value in row.values.items():
            cell = _cell(value)
            fits[name] = fits.get(name, True) and (cell is None or cell in ON | OFF)
            if cell is not None:
                filled.add(name)
    own = {name for name in fits if name.partition(".")[0] in reading.tasks and "." in name}
    flags = {name for name, good in fits.items() if good and name in filled}
    return (own | flags) - {reading.text, *OPTIONAL}


def _answers(row: Row, *, labels: set[str]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for name, value in row.values.items():
        if name not in labels:
            continue
        question, dot, label = name.partition(".")
        question, label = (question, label) if dot and question and label else (name, name)
        cell = _cell(value)
        answers.setdefault(question, None)
        if cell is None:
            continue
        if cell not in ON | OFF:
            raise Broken(f"{name}: 0 or 1 is expected, here is {shown(value)}")
        answers[question] = [*(answers[question] or []), *([label] if cell in ON else [])]
    return answers


def _cell(value: Any) -> str | None:
    """What a cell says, None where it is empty."""
    text = "" if is_missing(value) else str(value).strip().lower()
    return text or None
