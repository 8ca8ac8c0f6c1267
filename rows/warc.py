"""WARC: web pages as crawlers archive them; a record that holds a page or text is a row.

Records are framed here, because fastwarc wants a stream that can be rewound and ends at the first broken record;
fastwarc then reads each record: its headers, HTTP, and how the content is packed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import bounds
from .inputs import Input
from .page import page_columns, page_text
from .row import BadRow, Row
from .stream import open_stream

MOST_HEADER = 1 << 16
"""Bytes of a record's header."""
BEGIN = re.compile(rb"WARC/\d\.\d\s*$")
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r?$", re.I | re.M)
TYPE = re.compile(rb"^warc-type:[ \t]*(\w+)", re.I | re.M)
KINDS = {b"response", b"resource", b"conversion"}
PAGES = {"text/html", "application/xhtml+xml"}
TEXT = "text/plain"


@dataclass(frozen=True)
class _Frame:
    """A record's bytes, or what is wrong with it."""

    number: int
    content: bytes = b""
    wrong: str | None = None


def read_warc(source: Input, encoding: str, skip: int) -> Iterator[Row | BadRow]:
    """Pages and texts that a server answered with (HTTP 200), and records of text (WET); others are passed over.

    Columns: `id` (of the record), `date` (of the crawl), `url`, `source` (host), `text`, and of pages `title`,
    `author` and `published` (the date that the page names). Numbers count all records.
    """
    with open_stream(source) as file:
        for frame in _frames(file, skip):
            found = frame.wrong or _values(frame.content, encoding)
            if isinstance(found, str):
                yield BadRow(source.name, frame.number, found, "record")
            elif found is not None:
                yield Row(source.name, frame.number, found, "record")


def _frames(file: io.BufferedReader, skip: int) -> Iterator[_Frame]:
    """Records that may hold a page, behind number `skip`."""
    number, lost = 0, False
    while line := file.readline(MOST_HEADER):
        if not BEGIN.match(line):
            if line.strip() and not lost:  # until the next record begins
                lost, number = True, number + 1
                if number > skip:
                    yield _Frame(number, wrong="broken WARC: here no record begins, though the one before has ended")
            continue
        lost, number = False, number + 1
        header, ended = _header(file)
        length, kind = LENGTH.search(header), TYPE.search(header)
        if not ended or length is None:
            if number > skip:
                yield _Frame(number, wrong="broken WARC: the record's header has no end or no Content-Length")
            lost = True
            continue
        size = int(length[1])
        wanted = number > skip and kind is not None and kind[1].lower() in KINDS
        content = b"".join(_pieces(file, size, keep=wanted and size <= bounds.LONGEST_PAGE))
        if not wanted:
            continue
        if size > bounds.LONGEST_PAGE:
            yield _Frame(number, wrong=f"longer than {bounds.LONGEST_PAGE >> 20} MiB")
        elif len(content) < size:
            yield _Frame(number, wrong="broken WARC: the file ends before the record does")
        else:
            yield _Frame(number, b"WARC/1.1\r\n" + header + content + b"\r\n\r\n")


def _header(file: io.BufferedReader) -> tuple[bytes, bool]:
    """A record's header with the empty line behind it, and whether it came to an end."""
    lines: list[bytes] = []
    size = 0
    while size < MOST_HEADER and (line := file.readline(MOST_HEADER)):
        size += len(line)
        if not line.strip():
            return b"".join(lines) + b"\r\n", True
        lines.append(line.rstrip(b"\r\n") + b"\r\n")
    return b"".join(lines), False


def _pieces(file: io.BufferedReader, size: int, *, keep: bool) -> Iterator[bytes]:
    """The next bytes of the file; read, but not kept, where they are not wanted."""
    while size and (piece := file.read(min(size, 1 << 20))):
        size -= len(piece)
        if keep:
            yield piece


def _values(record: bytes, encoding: str) -> dict[str, Any] | str | None:
    """Columns of a record; None where it is no page, or a reason."""
    from fastwarc.warc import WarcRecord

    try:
        found = WarcRecord.from_bytes(record)
        kind = found.headers.get("Content-Type") or ""
        is_http = kind.startswith("application/http")
        if is_http:
            found.parse_http(auto_decode="all")
            if found.http_headers is None or found.http_headers.status_code != 200:
                return None
        media = (found.http_content_type if is_http else kind.partition(";")[0].strip().lower()) or ""
        if media not in PAGES and media != TEXT:
            return None
        content = found.reader.read(bounds.LONGEST_PAGE + 1)
        charset = found.http_charset if is_http else None
        address = _clean(found.headers.get("WARC-Target-URI"))
        crawled, identity = found.record_date, _clean(found.record_id)
    except (OSError, ValueError) as error:
        return f"broken record: {_clean(str(error))}"
    if len(content) > bounds.LONGEST_PAGE:
        return f"longer than {bounds.LONGEST_PAGE >> 20} MiB"
    about = {"id": identity, "date": crawled.isoformat() if crawled else None, "url": address}
    if media == TEXT:
        text = page_text(content, encoding=encoding, charset=charset)
        return {**about, "source": _host(address), "text": text, "title": None, "author": None, "published": None}
    page = page_columns(content, encoding=encoding, url=address, charset=charset)
    if isinstance(page, str):
        return page
    return {**about, "source": _host(address) or page["source"], "text": page["text"], "title": page["title"],
            "author": page["author"], "published": page["date"]}  # fmt: skip


def _host(address: str | None) -> str | None:
    from urllib.parse import urlsplit

    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _clean(text: str | None) -> str | None:
    """A header as text that can be stored; what brackets an address is left out."""
    return None if text is None else text.encode("utf-8", "replace").decode().strip().strip("<>")
