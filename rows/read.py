"""Read an input row by row, whatever its format; what cannot be read is handed on with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from .columnar import read_arrow, read_parquet
from .detect import HEAD, detect_encoding
from .encodings import AUTO, check_encoding, encoding_reason
from .inputs import Input, file_input
from .jsonfile import read_json, read_telegram
from .jsonl import read_jsonl
from .row import BadRow, Row
from .separated import read_csv, read_tsv
from .stream import open_stream
from .text import read_html, read_text
from .warc import read_warc

Reader = Callable[[Input, str, int], Iterator[Row | BadRow]]
READERS: dict[str, Reader] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": read_parquet,
    "arrow": read_arrow,
    "json": read_json,
    "telegram": read_telegram,
    "text": read_text,
    "html": read_html,
    "warc": read_warc,
}
OF_THEIR_OWN = frozenset({"parquet", "arrow", "html", "warc"})
"""Formats without an encoding, or with one a page."""


def read_rows(
    source: Path | Input, *, name: str | None = None, encoding: str = "utf-8", skip: int = 0
) -> Iterator[Row | BadRow]:
    """Every row of an input, in order, in bounded memory (`rows/bounds.py`).

    Args:
        source: an input that `name_inputs` gave, or a file that `find_files` gave (no zip file).
        name: how to call a file in places; its own name by default.
        encoding: of JSON, JSONL, CSV, TSV and text, and of pages that declare none; `auto` detects it.
        skip: rows up to this number are passed over, as cheaply as the format allows.

    Yields:
        `Row`, or `BadRow` where a row (or the rest of the file) cannot be read. Never raises for content.
    """
    check_encoding(encoding)
    entry = file_input(source, name=name) if isinstance(source, Path) else source
    if entry.refused is not None:
        yield BadRow(entry.name, None, entry.refused)
        return
    number, settled = skip, encoding
    try:
        settled = settled_encoding(entry, encoding)
        for row in READERS[entry.format](entry, settled, skip):
            number = row.number or number
            yield row
    except UnicodeError:
        yield BadRow(entry.name, None, f"unreadable after row {number}: {encoding_reason(settled)}")
    except OSError as error:
        yield BadRow(entry.name, None, f"unreadable after row {number}: {error.strerror or error}")


def settled_encoding(source: Input, encoding: str) -> str:
    """The encoding, or, where it is `auto`, the one that the input's first bytes are in.

    Pages keep `auto`: each says or shows its own.
    """
    if encoding != AUTO or source.format in OF_THEIR_OWN or source.refused is not None:
        return encoding
    head = b""
    try:
        with open_stream(source) as stream:
            while len(head) < HEAD and (block := stream.read(HEAD - len(head))):
                head += block
    except OSError:  # said where the rows are read
        pass
    return detect_encoding(head)
