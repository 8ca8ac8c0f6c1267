"""Records of files, whatever their ending: layouts that call JSON `.txt` are read as what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .....model.errors import UserError
from .....rows import LABELLED, BadRow, Input, Row, find_files, name_inputs, read_rows
from .annotated import Broken, Found, Reading

HEAD = 4096


def records(paths: Sequence[Path], *, reading: Reading) -> Iterator[Row | BadRow]:
    """Every record of the files and folders, in order; files without any are said to be empty.

    Raises:
        UserError: a path is missing, or there is nothing to read.
    """
    inputs = [known for entry in name_inputs(find_files(paths)) if (known := _as_records(entry))]
    if not inputs:
        raise UserError(f"{paths[0]}: no records in it (JSON, JSONL, CSV, TSV, Parquet)")
    for entry in inputs:
        empty = True
        for row in read_rows(entry, encoding=reading.encoding):
            empty = False
            yield row
        if empty:
            yield BadRow(entry.name, None, "empty: there is no passage in it")


def row_by_row(rows: Iterable[Row | BadRow], *, read: Callable[[Row], Iterable[Found]]) -> Iterator[Found]:
    """What each row holds; one that is broken comes as a `BadRow` with its reason, and the others are read."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            yield from read(row)
        except Broken as broken:
            yield BadRow(row.file, row.number, str(broken), row.unit)


def _as_records(entry: Input) -> Input | None:
    """The input with the format that its content has; None for notes beside the data."""
    if entry.refused is not None:
        return entry
    if entry.format == "telegram":  # somebody's result.json
        return replace(entry, format="json")
    if entry.format != "text":
        return entry if entry.format in LABELLED else None
    if entry.member is not None or entry.packing is not None:
        return None
    try:
        with entry.path.open("rb") as file:
            start = file.read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return entry
    return replace(entry, format={b"[": "json", b"{": "jsonl"}[start[:1]]) if start[:1] in (b"[", b"{") else None


def read_lines(path: Path, *, encoding: str) -> list[str]:
    """Lines of a text file, without their ends.

    Raises:
        Broken: it cannot be read, or is of another encoding.
    """
    return read_whole(path, encoding=encoding).splitlines()


def read_whole(path: Path, *, encoding: str) -> str:
    """A text file with the line ends that it has, so that characters are counted as its annotators did.

    Raises:
        Broken: it cannot be read, or is of another encoding.
    """
    from .....rows.detect import detect_encoding
    from .....rows.encodings import AUTO, encoding_reason

    try:
        content = path.read_bytes()
    except OSError as error:
        raise Broken(f"unreadable: {error.strerror}") from None
    name = detect_encoding(content) if encoding == AUTO else encoding
    try:
        return content.decode(name).removeprefix("\ufeff")
    except UnicodeError as error:
        raise Broken(encoding_reason(name, getattr(error, "start", None))) from None


def find_texts(paths: Sequence[Path]) -> list[Path]:
    """All files of these folders, and the files named, hidden ones left out; in the order of their names.

    Raises:
        UserError: a path is missing.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            within = (file for file in sorted(path.rglob("*")) if file.is_file())
            found += [file for file in within if not any(p.startswith(".") for p in file.relative_to(path).parts)]
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"{path}: no such file or folder")
    return list(dict.fromkeys(found))
