"""CSV and TSV: a header, then a record a row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from . import bounds
from .encodings import encoding_reason, escaped
from .inputs import Input
from .row import BadRow, Row
from .stream import open_stream


def read_csv(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Rows of a table with commas; the header is row 1."""
    yield from _read(source, encoding, skip, separator=",")


def read_tsv(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Rows of a table with tabs; the header is row 1."""
    yield from _read(source, encoding, skip, separator="\t")


def _read(source: Input, encoding: str, skip: int, *, separator: str) -> Iterator[Row | BadRow]:
    csv.field_size_limit(bounds.LONGEST_LINE)
    label = source.name
    with open_stream(source) as raw:
        with_mark = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        lines = _Lines(io.TextIOWrapper(raw, encoding=with_mark, errors="surrogateescape", newline=""))
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            header = next(reader, None)
        except csv.Error as error:
            yield BadRow(label, None, f"broken header: {error}")
            return
        if not header:
            yield BadRow(label, None, "empty: there is no header row")
            return
        header[0] = header[0].removeprefix("\ufeff")
        if any(map(escaped, header)):
            yield BadRow(label, None, f"the header is {encoding_reason(encoding)}")
            return
        if len(set(header)) < len(header):
            yield BadRow(label, None, named_twice(header))
            return
        number = 1
        while True:
            number += 1
            lines.length = 0
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if number > skip:
                    yield BadRow(label, number, f"broken {'CSV' if separator == ',' else 'TSV'}: {error}")
                continue
            if number <= skip or not fields:
                continue
            if len(fields) != len(header):
                yield BadRow(label, number, f"has {len(fields)} fields, the header has {len(header)}")
            elif any(escaped(field) for field in fields):
                column = next(c for c, field in zip(header, fields, strict=True) if escaped(field))
                yield BadRow(label, number, f"column {column}: {encoding_reason(encoding)}")
            else:
                yield Row(label, number, dict(zip(header, fields, strict=True)))


def named_twice(names: list[str]) -> str:
    """Why a header is refused that has a name twice."""
    return f"the header names column {next(name for name in names if names.count(name) > 1)!r} twice"


class _Lines:
    """Lines of text, in bounded memory: a record of more than the longest line is an error of its own.

    Attributes:
        length: characters since the record began; whoever reads records sets it to 0 before each.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.length = text, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.text.readline(bounds.LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length > bounds.LONGEST_LINE:
            while line and not line.endswith(("\n", "\r")):
                line = self.text.readline(bounds.LONGEST_LINE)
            raise csv.Error(f"longer than {bounds.LONGEST_LINE >> 20} MiB")
        return line
