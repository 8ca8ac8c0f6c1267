"""Which format a file has, by its name."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Literal, get_args

ENDINGS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".json": "json",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
}
Format = Literal["jsonl", "csv", "tsv", "parquet", "arrow", "json", "telegram", "text", "html", "warc"]
FORMATS: tuple[str, ...] = get_args(Format)
LABELLED = frozenset({"jsonl", "csv", "tsv", "parquet", "arrow", "json"})
"""Formats with columns of one's own, which can hold labels."""

PACKINGS = {".gz": "gzip", ".zst": "zstd"}
ARCHIVE = ".zip"
TELEGRAM = "result.json"
"""What Telegram Desktop calls an export."""


def packing(name: str) -> str | None:
    """`gzip` or `zstd` by the ending, or None."""
    return PACKINGS.get(PurePosixPath(name).suffix.lower())


def is_archive(name: str | Path) -> bool:
    """Whether this is a zip file, which holds files."""
    return PurePosixPath(name).suffix.lower() == ARCHIVE


def file_format(path: str | Path) -> str | None:
    """The format by the file's ending, `.gz` and `.zst` aside; None for what is no table, text or page."""
    inner = PurePosixPath(PurePosixPath(path).name)
    if packing(inner.name):
        inner = inner.with_suffix("")
    return "telegram" if inner.name.lower() == TELEGRAM else ENDINGS.get(inner.suffix.lower())


def readable(path: str | Path) -> bool:
    """Whether a file of this name can be read, or may hold files that can."""
    return is_archive(path) or file_format(path) is not None


def endings() -> str:
    """The endings, for messages."""
    return f"{' '.join(ENDINGS)}, also with {' '.join(PACKINGS)}; {ARCHIVE}"
