"""Coverage-guided fuzzing of every reader of dumps, with atheris (libFuzzer).

    python benchmarks/fuzz.py --seconds 600

What is fuzzed is what `narrashift score` does with a file before the model sees a text: expand zip files, detect the
encoding, read rows, settle columns, take articles. It must never raise anything but a `UserError`, never end the
process, and stay below 2 GiB; places must rise, reasons must be storable, and going on behind a row must give the rest.
The bounds of `rows/bounds.py` are lowered, so that small inputs reach them. Prints libFuzzer's own lines; a finding is
written to the current folder as `crash-…` and ends the run with a failure.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["narrashift.rows", "narrashift.serving.articles", "json", "csv", "zipfile"]):
    import json.decoder
    import json.scanner

    from narrashift.model.errors import UserError
    from narrashift.rows import FORMATS, bounds, estimate_rows, name_inputs, read_rows
    from narrashift.serving.articles import Article, Position, Refused, plan_columns, read_articles
    from narrashift.serving.settings import ScoreSettings

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

ENCODINGS = ("auto", "utf-8", "auto", "cp1251", "utf-16", "auto", "koi8-u", "utf-8")
PACKED = ("", "", "", ".gz", ".zst", ".zip", "gzip", "zstd", "zip", "zip.gz")
"""Endings of raw bytes that are to be unpacked, and ways in which we pack the bytes ourselves."""
SCRATCH = Path(tempfile.mkdtemp(prefix="fuzz-"))


def main() -> None:
    """Fuzz for some time from small valid files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="keep what was learnt here, and begin with it")
    options = parser.parse_args()
    bounds.LONGEST_LINE, bounds.LONGEST_PAGE, bounds.RATIO_FROM = 2_000, 2_000, 1 << 16
    corpus = options.corpus or SCRATCH / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:03d}").write_bytes(seed)
    limits = ["-max_len=4096", "-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-max_total_time={options.seconds}", f"-seed={options.seed}", *limits], read
    )
    atheris.Fuzz()


def read(data: bytes) -> None:
    """Read a file as the scorer does. The first four bytes choose format, packing, encoding and place to go on."""
    if len(data) < 4:
        return
    chosen, packing = FORMATS[data[0] % len(FORMATS)], PACKED[data[1] % len(PACKED)]
    encoding, place, content = ENCODINGS[data[2] % len(ENCODINGS)], data[3], data[4:]
    ending = {"gzip": ".gz", "zstd": ".zst", "zip": ".zip", "zip.gz": ".zip"}.get(packing, packing)
    path = SCRATCH / f"input.any{ending}"
    path.write_bytes(packed(content, packing))
    inputs = name_inputs([path], format=chosen)
    for entry in inputs:
        estimate_rows(entry)
        rows = list(read_rows(entry, encoding=encoding))
        numbers = [row.number for row in rows]
        assert None not in numbers[:-1], "a row behind the end of the file"
        known = [number for number in numbers if number is not None]
        assert known == sorted(set(known)), "places do not rise"
        skip = known[place % len(known)] if known else 0
        behind = [row.number for row in read_rows(entry, encoding=encoding, skip=skip)]
        assert behind == [number for number in numbers if number is None or number > skip], "not the rest"
    settings = ScoreSettings(encoding=encoding, format=chosen)
    try:
        columns = plan_columns(inputs, settings=settings, taken=())
    except UserError as error:
        str(error).encode()
        return
    for found in read_articles(inputs, columns=columns, settings=settings, after=Position()):
        if isinstance(found, Refused):
            f"{found.file}{found.id}{found.reason}".encode()
        else:
            assert isinstance(found, Article)
            found.text.encode()
            for value, kind in zip(found.carried, columns.types.values(), strict=True):
                pa.scalar(value, kind)


def packed(content: bytes, packing: str) -> bytes:
    """The bytes as they are, or packed."""
    if packing == "gzip":
        return gzip.compress(content, 1, mtime=0)
    if packing == "zstd":
        return zstandard.compress(content, 1)
    if packing.startswith("zip"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            inner = gzip.compress(content, 1, mtime=0) if packing == "zip.gz" else content
            archive.writestr("../a.jsonl" + (".gz" if packing == "zip.gz" else ""), inner)
        return file.getvalue()
    return content


def seeds() -> list[bytes]:
    """Small valid files of every format, alone and packed in every way."""
    found = []
    for index, name in enumerate(FORMATS):
        for content in valid(name):
            for way, packing in enumerate(PACKED):
                if packing != "" or way == 0:
                    raw = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}.get(packing)
                    found.append(bytes([index, way, 0, 1]) + (packed(content, raw) if raw else content))
    return found


def valid(name: str) -> list[bytes]:
    """Files of a format."""
    rows = [{"id": "1", "text": "Київ тримається.", "date": "2022-03-01"}, {"id": "2", "text": "“Kyiv holds.”"}]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    table = pa.Table.from_pylist(rows)
    file = io.BytesIO()
    page = (
        '<html><head><meta charset="utf-8"><title>Kyiv</title><meta name="author" content="A. B."></head><body>'
        "<article><h1>Kyiv</h1><p>Kyiv holds, says the mayor of the city, and so it does.</p></article></body></html>"
    )
    match name:
        case "jsonl":
            return [lines.encode(), lines.encode("utf-16"), lines.encode("cp1251", "replace")]
        case "csv":
            return ['id,text\n1,"Kyiv\nholds"\n2,Київ\n'.encode(), "id,text\r\n1,Київ\r\n".encode("cp1251")]
        case "tsv":
            return [b"id\ttext\n1\tKyiv\n"]
        case "parquet":
            pq.write_table(table, file, compression="none")
            return [file.getvalue()]
        case "arrow":
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            stream = io.BytesIO()
            with pa.ipc.new_stream(stream, table.schema) as writer:
                writer.write_table(table)
            return [file.getvalue(), stream.getvalue()]
        case "json":
            return [json.dumps(rows).encode(), json.dumps({"a": rows[0], "n": 2, "list": rows}).encode()]
        case "telegram":
            pieces = ["Kyiv ", {"type": "bold", "text": "holds"}]
            messages = [{"id": 1, "type": "service"}, {"id": 2, "date": "2022-03-01T00:00:00", "text": pieces}]
            chat = {"name": "A", "type": "public_channel", "id": 5, "messages": messages}
            return [json.dumps(chat).encode(), json.dumps({"about": "…", "chats": {"list": [chat, chat]}}).encode()]
        case "html":
            return [page.encode()]
        case "warc":
            body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page.encode()
            head = (
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.org/b\r\n"
                "WARC-Date: 2022-03-01T10:00:00Z\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            return [(head.encode() + body + b"\r\n\r\n") * 2]
        case _:
            return [b"Kyiv holds."]


if __name__ == "__main__":
    main()
