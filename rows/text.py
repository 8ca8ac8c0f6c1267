"""Plain text and web pages: a file is a row."""

from __future__ import annotations

from collections.abc import Iterator

from . import bounds
from .encodings import encoding_reason
from .inputs import Input
from .page import page_columns
from .row import BadRow, Row
from .stream import open_stream


def read_text(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """The file as one row: its name as `id`, and `text`."""
    if skip:
        return
    content = _content(source, most=bounds.LONGEST_LINE)
    if isinstance(content, BadRow):
        yield content
        return
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
        yield Row(source.name, 1, {"id": source.name, "text": text}, "file")
    except UnicodeDecodeError as error:
        yield BadRow(source.name, 1, encoding_reason(encoding, error.start), "file")


def read_html(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """The page as one row: its name as `id`, and what `page_columns` finds."""
    if skip:
        return
    content = _content(source, most=bounds.LONGEST_PAGE)
    if isinstance(content, BadRow):
        yield content
        return
    columns = page_columns(content, encoding=encoding)
    if isinstance(columns, str):
        yield BadRow(source.name, 1, columns, "file")
    else:
        yield Row(source.name, 1, {"id": source.name, **columns}, "file")


def _content(source: Input, *, most: int) -> bytes | BadRow:
    with open_stream(source) as file:
        content = file.read(most + 1)
    if len(content) > most:
        return BadRow(source.name, 1, f"longer than {most >> 20} MiB", "file")
    return content
