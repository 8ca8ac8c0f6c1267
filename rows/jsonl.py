"""JSON Lines: a line is a row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import IO, Any

from . import bounds
from .encodings import encoding_reason
from .inputs import Input
from .nesting import too_deep
from .row import BadRow, Row
from .stream import open_stream

MARK = b"\xef\xbb\xbf"


def read_jsonl(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Rows with the number of their line; empty lines are no rows."""
    with open_stream(source) as file:
        for number, line in enumerate(_lines(file, encoding), start=1):
            if number <= skip:
                continue
            if line is None:
                yield BadRow(source.name, number, f"longer than {bounds.LONGEST_LINE >> 20} MiB", "line")
                continue
            if number == 1:
                line = line.removeprefix(MARK)
            if not line.strip():
                continue
            try:
                values = _parsed(line.decode(encoding))
            except UnicodeDecodeError as error:
                yield BadRow(source.name, number, encoding_reason(encoding, error.start), "line")
                continue
            if isinstance(values, dict):
                yield Row(source.name, number, values, "line")
            else:
                yield BadRow(source.name, number, values, "line")


def _parsed(line: str) -> dict[str, Any] | str:
    """The object in a line, or what is wrong with it."""
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        return f"broken JSON at column {error.colno}: {error.msg}"
    except (ValueError, RecursionError) as error:
        return f"broken JSON: {error}"
    if too_deep(line, values):
        return f"broken JSON: nested in more than {bounds.DEEPEST} levels"
    return values if isinstance(values, dict) else f"a JSON object is expected, here is {line[:40]!r}"


def _lines(file: IO[bytes], encoding: str) -> Iterator[bytes | None]:
    """Lines without their end, in the encoding; None for one that is too long."""
    if "\n".encode(encoding) == b"\n":
        for line in _bounded(file, b"\n"):
            yield None if line is None else line.rstrip(b"\r\n")
    else:  # UTF-16, UTF-32: a line does not end with one byte
        for text in _bounded(io.TextIOWrapper(file, encoding=encoding, newline="\n"), "\n"):
            yield None if text is None else text.encode(encoding)


def _bounded(file: Any, end: Any) -> Iterator[Any]:
    """Lines of bytes or text; None for one that is too long."""
    while line := file.readline(bounds.LONGEST_LINE):
        if len(line) == bounds.LONGEST_LINE and not line.endswith(end):
            while (rest := file.readline(bounds.LONGEST_LINE)) and not rest.endswith(end):
                pass
            yield None
        else:
            yield line
