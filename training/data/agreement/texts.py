"""Texts for rows of labels that only name their passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ....model.errors import UserError
from ....rows import Row
from ..corpus import OPTIONAL, Readable
from ..sources import rows_of_files

CARRIED = tuple(name for name in OPTIONAL if name not in ("id", "annotator"))


def add_texts(read: Readable, *, texts: Iterable[Path | str], encoding: str = "utf-8") -> Readable:
    """The rows with the text, source, date, … of the passage that has their id.

    Raises:
        UserError: ids of rows that no passage has.
    """
    passages = {
        str(row.values.get("id")): row.values
        for row in rows_of_files(texts, encoding=encoding)
        if isinstance(row, Row) and isinstance(row.values.get("text"), str)
    }
    ids = read.corpus.column("id")
    unknown = [
        f"{place}, id: {identity!r} is no passage of --texts"
        for place, identity in zip(read.places, ids, strict=True)
        if identity not in passages
    ]
    if unknown:
        raise UserError(unknown, consequence="nothing was compared")
    found = [passages[str(identity)] for identity in ids]
    columns = dict(read.corpus.columns)
    for name in CARRIED:
        values = [None if row.get(name) in (None, "") else str(row[name]) for row in found]
        if name not in columns and any(value is not None for value in values):
            columns[name] = values
    corpus = replace(read.corpus, texts=[str(row["text"]) for row in found], columns=columns)
    return replace(read, corpus=corpus)
