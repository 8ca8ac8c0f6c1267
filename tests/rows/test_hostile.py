"""Lines and records without measure, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from narrashift.rows import BadRow, Row, bounds, read_rows

MOST = 12
"""Times the longest line that reading may take of memory at most: bytes, characters, and what was read ahead."""


@pytest.mark.parametrize(
    ("name", "start", "unit", "end", "encoding"),
    [
        ("line.jsonl", '{"text": "a"}\n{"text": "', "x", '"}\n{"text": "b"}\n', "utf-8"),
        ("line.jsonl", '{"text": "a"}\n{"text": "', "щ", '"}\n{"text": "b"}\n', "utf-16"),
        ("line.csv", "text\na\n", "x", "\nb\n", "utf-8"),
        ("line.csv", "text\na\n", "x", "\nb\n", "utf-16"),
        ("fields.csv", "text\na\n", "x,", "\nb\n", "utf-8"),
        ("line.json", '[{"text": "a"},{"text": "', "x", '"},{"text": "b"}]', "utf-8"),
        ("result.json", '{"messages":[{"text": "a"},{"x": "', "x", '"},{"text": "b"}]}', "utf-8"),
    ],
)
def test_a_line_of_100_times_the_longest_is_set_aside_and_the_next_read(
    scratch, monkeypatch, name, start, unit, end, encoding
):
    """In proportion to a 100 MB line where 1 MB is the longest."""
    monkeypatch.setattr(bounds, "LONGEST_LINE", 1 << 16)
    content = (start + unit * (100 * bounds.LONGEST_LINE // len(unit)) + end).encode(encoding)
    (scratch / name).write_bytes(content)
    del content
    tracemalloc.start()
    try:
        rows = list(read_rows(scratch / name, encoding=encoding))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [row.values["text"] for row in rows if isinstance(row, Row)] == ["a", "b"]
    assert [type(row) for row in rows] == [Row, BadRow, Row]
    assert peak < MOST * bounds.LONGEST_LINE + (4 << 20)


def test_a_quoted_record_over_many_lines_is_bounded_too(scratch, monkeypatch):
    monkeypatch.setattr(bounds, "LONGEST_LINE", 10_000)
    (scratch / "quoted.csv").write_bytes(b'text\na\n"' + b'","\n' * 6_000)
    tracemalloc.start()
    try:
        bad = sum(isinstance(row, BadRow) for row in read_rows(scratch / "quoted.csv"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert bad > 0
    assert peak < 5 << 20


def test_a_line_of_100_megabytes_is_set_aside_and_the_next_read(scratch):
    with (scratch / "hundred.jsonl").open("wb") as file:
        file.write(b'{"text": "a"}\n{"text": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"text": "b"}\n')
    first, bad, last = read_rows(scratch / "hundred.jsonl")
    assert (first.values["text"], last.values["text"]) == ("a", "b")
    assert bad.reason == "longer than 16 MiB"


@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize("name", ["deep.jsonl", "deep.json"])
def test_json_nested_too_deeply_is_set_aside_and_the_next_read(scratch, name, depth):
    inner = '{"text": "a", "deep": ' + "[" * depth + "]" * depth + "}"
    separator = "\n" if name == "deep.jsonl" else ","
    content = separator.join(['{"text": "a"}', inner, '{"text": "b"}'])
    (scratch / name).write_text(content if name == "deep.jsonl" else f"[{content}]", "utf-8")
    rows = list(read_rows(scratch / name))
    assert [type(row) for row in rows] == [Row, BadRow, Row]


def test_a_table_that_holds_one_long_value_a_million_times_is_a_bomb(scratch):
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), pa.array(["x" * 3_000_000]))
    pq.write_table(pa.table({"text": values}), scratch / "repeated.parquet")
    *_, bad = read_rows(scratch / "repeated.parquet")
    assert "a decompression bomb" in bad.reason


def test_a_table_of_zeros_is_a_bomb_by_its_own_account(scratch):
    table = pa.table({"text": ["x" * 17_000_000]})
    pq.write_table(table, scratch / "zeros.parquet", compression="zstd", use_dictionary=False)
    with pa.ipc.new_file(
        scratch / "zeros.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")
    ) as w:
        w.write_table(table)
    for name in ("zeros.parquet", "zeros.arrow"):
        (bad,) = read_rows(scratch / name)
        assert "a decompression bomb" in bad.reason


def test_a_table_that_claims_more_rows_than_it_has_room_for_is_a_bomb(scratch):
    pq.write_table(pa.table({"text": pa.nulls(3_000_000)}), scratch / "nulls.parquet")
    (bad,) = read_rows(scratch / "nulls.parquet")
    assert "3,000,000 rows in" in bad.reason


def test_a_value_that_is_too_long_is_set_aside_alone(scratch, monkeypatch):
    monkeypatch.setattr(bounds, "LONGEST_LINE", 1_000)
    table = pa.table({"text": ["a", "x" * 2_000, "b"], "tag": pa.array(["t" * 900] * 3).dictionary_encode()})
    pq.write_table(table, scratch / "long.parquet")
    rows = list(read_rows(scratch / "long.parquet"))
    assert [type(row) for row in rows] == [Row, BadRow, Row]
