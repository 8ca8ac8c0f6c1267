"""Articles out of a dump: rows with their text, id and carried columns, or the reason why not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ..model.errors import UserError, suggestion
from ..model.passages import unusable_text
from ..rows import BadRow, Input, Row, check_encoding, read_rows
from .settings import ScoreSettings

SAMPLE = 1_000
CARRIED_BY_DEFAULT = ("source", "date")


@dataclass(frozen=True)
class Position:
    """The last row that was read: index of the input, number of the row (None: the input is done)."""

    file: int = 0
    row: int | None = 0


@dataclass(frozen=True)
class Article:
    """A row to be scored; `carried` holds the id first."""

    text: str
    carried: tuple[Any, ...]
    at: Position


@dataclass(frozen=True)
class Refused:
    """A row that is set aside, with its place and the reason."""

    file: str
    row: int | None
    id: str | None
    reason: str
    at: Position


@dataclass(frozen=True)
class Columns:
    """Which columns go where: the text's, and the carried ones (id first) with their Arrow types.

    `id_from` is None where the dump has no id column; ids are then `<file>:<row>`.
    """

    text: str
    id_from: str | None
    carried: dict[str, str]
    types: dict[str, pa.DataType]


def plan_columns(inputs: list[Input], *, settings: ScoreSettings, taken: Iterable[str]) -> Columns:
    """Look at the first rows of the dump and settle columns and types.

    Args:
        taken: column names of the score table that a carried column may not have.

    Raises:
        UserError: no readable row at all, no text column, a column asked for that is not there, a clash.
    """
    check_encoding(settings.encoding)
    rows = _sample(inputs, settings=settings)
    present = list(dict.fromkeys(column for row in rows for column in row.values))
    if settings.text not in present:
        columns = list(rows[0].values)
        raise UserError(
            f"{rows[0].file}: no column {settings.text!r} {suggestion(settings.text, columns)}. "
            "Name the article's column with --column text=NAME"
        )
    carried = _carried_columns(present, settings=settings, file=rows[0].file, taken=set(taken))
    types = {
        new: _column_type([row.values.get(old) for row in rows], as_text=new in settings.as_text or not old)
        for new, old in carried.items()
    }
    id_from = next(iter(carried.values())) or None
    return Columns(text=settings.text, id_from=id_from, carried=carried, types=types)


def _sample(inputs: list[Input], *, settings: ScoreSettings) -> list[Row]:
    """The first rows of the dump that can be read, a thousand at most."""
    rows, first_bad = [], None
    for entry in inputs:
        for row in itertools.islice(read_rows(entry, encoding=settings.encoding), SAMPLE):
            if isinstance(row, Row):
                rows.append(row)
            else:
                first_bad = first_bad or row
        if len(rows) >= SAMPLE:
            break
    if not rows:
        raise UserError(
            f"{first_bad.place}: {first_bad.reason}" if first_bad else f"{inputs[0].name}: empty: there is no row in it"
        )
    return rows


def _carried_columns(present: list[str], *, settings: ScoreSettings, file: str, taken: set[str]) -> dict[str, str]:
    """New name -> column, the id first; its column is empty where the dump has none."""
    id_from = settings.id or ("id" if "id" in present else "")
    id_name = id_from or "id"
    if id_name in taken:
        raise UserError(
            f"{file}: the id {id_name!r} is also a column of the scores. Rename it in the dump, "
            "or name another id with --column id=NAME"
        )
    wanted = settings.carry if settings.carry is not None else {c: c for c in CARRIED_BY_DEFAULT if c in present}
    for new, old in {id_name: id_from, **wanted}.items():
        if old not in present and (new != id_name or old):
            raise UserError(f"{file}: no column {old!r} to carry as {new!r} {suggestion(old, present)}")
        if new in taken:
            raise UserError(
                f"column {new!r} is also a column of the scores. Carry it under another: --carry NAME={old}"
            )
        if new == id_name and old != id_from:
            raise UserError(
                f"{new!r} is the name of the id. Carry {old!r} by another, or make it the id: --column id={old}"
            )
    carried = {id_name: id_from, **wanted}
    for name in settings.as_text:
        if name not in carried:
            raise UserError(f"--as-text {name}: no carried column {suggestion(name, list(carried))}")
    return carried


def read_articles(
    inputs: list[Input], *, columns: Columns, settings: ScoreSettings, after: Position
) -> Iterator[Article | Refused]:
    """Every row behind a position, as an article or refused; nothing is passed over in silence."""
    for index in range(after.file, len(inputs)):
        if index == after.file and after.row is None:
            continue
        skip = (after.row or 0) if index == after.file else 0
        for row in read_rows(inputs[index], encoding=settings.encoding, skip=skip):
            yield _article(row, columns=columns, at=Position(index, row.number))


def _article(row: Row | BadRow, *, columns: Columns, at: Position) -> Article | Refused:
    if isinstance(row, BadRow):
        return Refused(row.file, row.number, None, row.reason, at)
    values = row.values
    identity = values.get(columns.id_from) if columns.id_from else f"{row.file}:{row.number}"
    shown = None if identity is None else str(identity)

    def refuse(reason: str) -> Refused:
        return Refused(row.file, row.number, _storable(shown), reason, at)

    if columns.text not in values:
        return refuse(f"no column {columns.text!r}")
    reason = unusable_text(values[columns.text])
    if reason:
        return refuse(reason)
    carried = []
    for new, old in columns.carried.items():
        value = values.get(old) if old else identity
        fitted, wrong = _fitted(value, columns.types[new], name=new)
        if wrong:
            return refuse(f"column {new}: {wrong}")
        carried.append(fitted)
    return Article(text=values[columns.text], carried=tuple(carried), at=at)


def _column_type(values: list[Any], *, as_text: bool) -> pa.DataType:
    """The Arrow type that a column's first values have in common; text where they have none."""
    known = [value for value in values if value is not None]
    if as_text or not known or len({isinstance(value, bool) for value in known}) > 1:
        return pa.string()
    for kind in (None, pa.uint64()):
        try:
            found = pa.array(known, type=kind).type
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            continue
        return pa.string() if pa.types.is_nested(found) or pa.types.is_null(found) else found
    return pa.string()


def _fitted(value: Any, kind: pa.DataType, *, name: str) -> tuple[Any, str | None]:
    """The value as its column stores it, or what is wrong with it."""
    if value is None:
        return None, None
    if pa.types.is_string(kind):
        text = _as_text(value)
        return text, None if _storable(text) is text else "half a character (a lone surrogate): broken Unicode"
    misfit = f"{str(value)[:40]!r} is no {kind} as in the first rows; carry it as text with --as-text {name}"
    if isinstance(value, bool) != pa.types.is_boolean(kind):
        return None, misfit
    try:
        stored = pa.scalar(value, type=kind).as_py()
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None, misfit
    return (stored, None) if stored == value or value != value else (None, misfit)


def _as_text(value: Any) -> str:
    """What a person would write: a list or object as JSON, anything else as it prints."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _storable(text: str | None) -> str | None:
    """The text, with what UTF-8 cannot hold replaced."""
    if text is None or text.isascii():
        return text
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return text if clean == text else clean
