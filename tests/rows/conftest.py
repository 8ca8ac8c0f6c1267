"""Small valid files of every format, all with the same rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from narrashift.rows import BadRow, Row, find_files, name_inputs, read_rows

TEXTS = ["Kyiv holds, says the mayor of the city, and so it does.", "Київ тримається, каже мер міста, і так воно є."]
ROWS = [{"id": str(n), "text": text, "date": "2022-03-01"} for n, text in enumerate(TEXTS, start=1)]


def page(text: str) -> bytes:
    """A web page with this text as its article."""
    return (
        '<html><head><meta charset="utf-8"><title>The city</title><meta name="author" content="Jane Doe">'
        '<meta property="article:published_time" content="2022-03-01"><link rel="canonical" href="https://a.org/b"></head>'
        f"<body><article><p>{text}</p></article></body></html>"
    ).encode()


def record(
    body: bytes, *, kind: str = "response", media: str = "text/html", status: int = 200, http: str = ""
) -> bytes:
    """A WARC record of an answer to a request."""
    answer = f"HTTP/1.1 {status} OK\r\nContent-Type: {media}\r\n{http}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://a.org/b\r\nWARC-Date: 2022-03-02T10:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:7>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n"
    )
    return head.encode() + answer + b"\r\n\r\n"


def telegram(texts: list) -> dict:
    """A chat as Telegram Desktop exports it."""
    service = {"id": 0, "type": "service", "action": "create_channel", "text": ""}
    messages = [
        {"id": n, "type": "message", "date": "2022-03-01T00:00:00", "text": text}
        for n, text in enumerate(texts, start=1)
    ]
    return {"name": "News", "type": "public_channel", "id": 77, "messages": [service, *messages]}


def valid_files() -> dict[str, bytes]:
    """A file of each format by its ending; `.html` and `.txt` hold the first text alone."""
    table = pa.Table.from_pylist(ROWS)
    parquet, arrow, feather, text = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.StringIO()
    pq.write_table(table, parquet, compression="none")
    with pa.ipc.new_stream(arrow, table.schema) as writer:
        writer.write_table(table)
    with pa.ipc.new_file(feather, table.schema) as writer:
        writer.write_table(table)
    separated = csv.DictWriter(text, list(ROWS[0]))
    separated.writeheader()
    separated.writerows(ROWS)
    tabs = "".join("\t".join(row.values()) + "\n" for row in [dict.fromkeys(ROWS[0], ""), *ROWS])
    return {
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode(),
        "a.csv": text.getvalue().encode(),
        "a.tsv": ("\t".join(ROWS[0]) + tabs.lstrip("\t")).encode(),
        "a.parquet": parquet.getvalue(),
        "a.arrow": arrow.getvalue(),
        "a.feather": feather.getvalue(),
        "a.json": json.dumps(ROWS, ensure_ascii=False, indent=1).encode(),
        "result.json": json.dumps(telegram(TEXTS), ensure_ascii=False).encode(),
        "a.warc": b"".join(record(page(text)) for text in TEXTS),
        "a.html": page(TEXTS[0]),
        "a.txt": TEXTS[0].encode(),
    }


VALID = valid_files()


def packed(name: str, content: bytes, way: str) -> tuple[str, bytes]:
    """A file, packed as `.gz`, `.zst` or `.zip` or left as it is."""
    if way == ".gz":
        return name + way, gzip.compress(content)
    if way == ".zst":
        return name + way, zstandard.compress(content)
    if way == ".zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return "packed.zip", file.getvalue()
    return name, content


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def read_file(scratch: Path) -> Callable[..., list[Row | BadRow]]:
    """Write a file and read all its rows, as the scorer does."""

    def read(name: str, content: bytes, *, encoding: str = "auto", skip: int = 0) -> list[Row | BadRow]:
        (scratch / name).write_bytes(content)
        return [
            row
            for entry in name_inputs(find_files([scratch / name]))
            for row in read_rows(entry, encoding=encoding, skip=skip)
        ]

    return read


def check_places(rows: list[Row | BadRow]) -> None:
    """Numbers rise, only the last row may have none, and what is wrong is said in words that can be stored."""
    numbers = [row.number for row in rows]
    assert None not in numbers[:-1]
    known = [number for number in numbers if number is not None]
    assert known == sorted(set(known))
    assert all(row.reason.encode("utf-8") for row in rows if isinstance(row, BadRow))
