"""Rows of table files, one at a time, each with its place; what cannot be read is handed on with the reason.

JSONL, CSV, TSV and Parquet, plain text (a file is a row), all also gzipped. Shared by training and serving.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .model.errors import UserError

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer line of JSONL or plain text is refused instead of filling the memory."""

READ_ERRORS = (OSError, EOFError, zlib.error)


@dataclass(frozen=True)
class Row:
    """A row that could be read. `number` counts from 1; in CSV and TSV the header is row 1."""

    file: str
    number: int
    values: dict[str, Any]
    unit: str = "row"

    @property
    def place(self) -> str:
        return f"{self.file}, {self.unit} {self.number}"


@dataclass(frozen=True)
class BadRow:
    """A row, or with `number` None the rest of a file, that could not be read, and why."""

    file: str
    number: int | None
    reason: str
    unit: str = "row"

    @property
    def place(self) -> str:
        return self.file if self.number is None else f"{self.file}, {self.unit} {self.number}"


def file_format(path: Path) -> str | None:
    """The reader's name by the file's ending, `.gz` aside; None for what is no table or text."""
    return FORMATS.get(Path(path.name.removesuffix(".gz")).suffix.lower())


def find_files(inputs: Iterable[Path]) -> list[Path]:
    """Files named, and the readable ones of folders named (sorted, at any depth, hidden ones left out).

    Raises:
        UserError: an input is missing, a file has an unknown ending, or nothing is left.
    """
    files: list[Path] = []
    for path in inputs:
        if not os.access(path, os.R_OK) and path.exists():
            raise UserError(f"{path}: may not be read")
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
            found = [p for p in inside if file_format(p)]
            if not found:
                raise UserError(f"{path}: no file to read in this folder (looked for {_endings()})")
            files += found
        elif not path.exists():
            raise UserError(f"{path}: no such file or folder")
        elif file_format(path) is None:
            raise UserError(f"{path}: unknown file type {path.suffix!r} (readable: {_endings()}, also with .gz)")
        else:
            files.append(path)
    if not files:
        raise UserError(f"no input. Name files or folders ({_endings()})")
    return list({path.resolve(): path for path in reversed(files)}.values())[::-1]  # a file named twice is one


def file_names(files: list[Path]) -> list[str]:
    """What to call each file: its own name, or its path below the folder they share where names repeat."""
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        shared = Path(os.path.commonpath([file.resolve().parent for file in files]))
        names = [file.resolve().relative_to(shared).as_posix() for file in files]
    return [os.fsencode(name).decode("utf-8", "replace") for name in names]


def read_rows(path: Path, *, name: str | None = None, encoding: str = "utf-8", skip: int = 0) -> Iterator[Row | BadRow]:
    """Every row of a file, in order, in constant memory.

    Args:
        path: a file that `find_files` gave.
        name: how to call the file in places; its own name by default.
        encoding: of JSONL, CSV, TSV and text.
        skip: rows up to this number are passed over, as cheaply as the format allows.

    Yields:
        `Row`, or `BadRow` where a row (or the rest of the file) cannot be read. Never raises for content.
    """
    check_encoding(encoding)
    label = name or path.name
    reader = READERS[file_format(path) or "text"]
    number = skip
    try:
        for row in reader(path, label, encoding, skip):
            number = row.number or number
            yield row
    except UnicodeError:
        yield BadRow(label, None, f"unreadable after row {number}: {_encoding_reason(encoding)}")
    except READ_ERRORS as error:
        reason = "the gzip data end early" if isinstance(error, EOFError) else str(error)
        yield BadRow(label, None, f"unreadable after row {number}: {reason}")


def check_encoding(encoding: str) -> None:
    """Raise a `UserError` for what is no encoding of text."""
    try:
        if codecs.lookup(encoding)._is_text_encoding:
            return
    except LookupError:
        pass
    raise UserError(f"--encoding {encoding}: no such encoding (utf-8, cp1251, koi8-u, latin-1, utf-16, …)")


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Lines without their end; None for one that is too long."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line.rstrip(b"\r\n")


def _read_jsonl(path: Path, label: str, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    with _open(path) as file:
        lines = _lines(file)
        if "\n".encode(encoding) != b"\n":  # UTF-16, UTF-32: a line does not end with one byte
            lines = (line.encode(encoding) for line in io.TextIOWrapper(file, encoding=encoding, newline="\n"))
        for number, line in enumerate(lines, start=1):
            if number <= skip:
                continue
            if line is None:
                yield BadRow(label, number, f"longer than {LONGEST_LINE >> 20} MiB", "line")
                continue
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                values = json.loads(line.decode(encoding))
            except UnicodeDecodeError as error:
                yield BadRow(label, number, _encoding_reason(encoding, error.start), "line")
                continue
            except (ValueError, RecursionError) as error:
                at = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
                reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                yield BadRow(label, number, f"broken JSON{at}: {reason}", "line")
                continue
            if isinstance(values, dict):
                yield Row(label, number, values, "line")
            else:
                yield BadRow(label, number, f"a JSON object is expected, here is {str(values)[:40]!r}", "line")


def _read_separated(path: Path, label: str, encoding: str, skip: int, *, separator: str) -> Iterator[Row | BadRow]:
    csv.field_size_limit(LONGEST_LINE)
    with _open(path) as raw:
        with_mark = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        text = io.TextIOWrapper(raw, encoding=with_mark, errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=separator, strict=True)
        try:
            header = next(reader, None)
        except csv.Error as error:
            yield BadRow(label, None, f"broken header: {error}")
            return
        if not header:
            yield BadRow(label, None, "empty: there is no header row")
            return
        header[0] = header[0].removeprefix("\ufeff")
        if any(map(_escaped, header)):
            yield BadRow(label, None, f"the header is {_encoding_reason(encoding)}")
            return
        if len(set(header)) < len(header):
            yield BadRow(label, None, _twice(header))
            return
        number = 1
        while True:
            number += 1
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
            elif any(_escaped(field) for field in fields):
                column = next(c for c, field in zip(header, fields, strict=True) if _escaped(field))
                yield BadRow(label, number, f"column {column}: {_encoding_reason(encoding)}")
            else:
                yield Row(label, number, dict(zip(header, fields, strict=True)))


def _read_parquet(path: Path, label: str, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        source: Any = path
        if path.name.endswith(".gz"):
            with _open(path) as packed:
                source = pa.BufferReader(packed.read())
        with pq.ParquetFile(source) as table:
            names = table.schema_arrow.names
            if len(set(names)) < len(names):
                yield BadRow(label, None, _twice(names))
                return
            number = 0
            for batch in table.iter_batches(batch_size=1_000):
                if number + len(batch) <= skip:
                    number += len(batch)
                    continue
                for values in _batch_values(batch):
                    number += 1
                    if number <= skip:
                        continue
                    if isinstance(values, dict):
                        yield Row(label, number, values)
                    else:
                        yield BadRow(label, number, f"holds a value that cannot be read: {values}")
    except (pa.ArrowException, UnicodeDecodeError) as error:
        yield BadRow(label, None, f"not a readable Parquet file: {str(error).splitlines()[0]}")


def _batch_values(batch: Any) -> Iterator[dict[str, Any] | str]:
    """Rows of an Arrow batch; where one holds what Python cannot (no UTF-8, no date), the reason in its place."""
    import pyarrow as pa

    try:
        yield from batch.to_pylist()
        return
    except (ValueError, OverflowError, pa.ArrowException):
        pass
    for index in range(len(batch)):
        try:
            yield batch.slice(index, 1).to_pylist()[0]
        except (ValueError, OverflowError, pa.ArrowException) as error:
            yield str(error).splitlines()[0]


def _read_text(path: Path, label: str, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    if skip:
        return
    with _open(path) as file:
        content = file.read(LONGEST_LINE + 1)
    if len(content) > LONGEST_LINE:
        yield BadRow(label, 1, f"longer than {LONGEST_LINE >> 20} MiB", "file")
        return
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
        yield Row(label, 1, {"id": label, "text": text}, "file")
    except UnicodeDecodeError as error:
        yield BadRow(label, 1, _encoding_reason(encoding, error.start), "file")


def _twice(names: list[str]) -> str:
    return f"the header names column {next(name for name in names if names.count(name) > 1)!r} twice"


def _encoding_reason(encoding: str, byte: int | None = None) -> str:
    at = "" if byte is None else f" at byte {byte}"
    return f"not {encoding.upper()}{at}. Save it as UTF-8, or name its encoding: --encoding cp1251"


def _escaped(field: str) -> bool:
    return not field.isascii() and any("\udc80" <= c <= "\udcff" for c in field)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _endings() -> str:
    return " ".join(FORMATS)


FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
}
Reader = Callable[[Path, str, str, int], Iterator[Row | BadRow]]
READERS: dict[str, Reader] = {
    "jsonl": _read_jsonl,
    "csv": lambda *args: _read_separated(*args, separator=","),
    "tsv": lambda *args: _read_separated(*args, separator="\t"),
    "parquet": _read_parquet,
    "text": _read_text,
}
