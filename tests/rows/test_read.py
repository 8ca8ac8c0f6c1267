from __future__ import annotations

import csv
import gzip
import io
import json
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.rows import BadRow, Row, find_files, read_rows

QUICK = settings(max_examples=50, deadline=None, derandomize=True)
ENDINGS = [".jsonl", ".csv", ".tsv", ".txt", ".parquet"]
ENCODINGS = ["utf-8", "cp1251", "koi8-u", "latin-1", "utf-16", "utf-7", "shift_jis"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@pytest.fixture(scope="session")
def parquet_bytes() -> bytes:
    table = pa.table(
        {"id": [1, 2, 3], "text": ["a", "bb", "щ"], "date": pa.array([1, 2, 3], pa.date32()), "tags": [["x"], [], None]}
    )
    file = io.BytesIO()
    pq.write_table(table, file, compression="none")
    return file.getvalue()


def read(folder: Path, name: str, content: bytes, **options) -> list[Row | BadRow]:
    path = folder / name
    path.write_bytes(content)
    return list(read_rows(path, **options))


def check_places(rows: list[Row | BadRow]) -> None:
    """Numbers rise, only the last row may have none, and what is wrong is said in words that can be stored."""
    numbers = [row.number for row in rows]
    assert None not in numbers[:-1]
    known = [number for number in numbers if number is not None]
    assert known == sorted(set(known))
    assert all(row.reason.encode("utf-8") for row in rows if isinstance(row, BadRow))


@QUICK
@given(ending=st.sampled_from(ENDINGS), encoding=st.sampled_from(ENCODINGS), content=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(scratch, ending, encoding, content):
    check_places(read(scratch, f"any{ending}", content, encoding=encoding))
    check_places(read(scratch, f"any{ending}.gz", content, encoding=encoding))
    check_places(read(scratch, f"packed{ending}.gz", gzip.compress(content), encoding=encoding))


@QUICK
@given(
    ending=st.sampled_from([".csv", ".tsv", ".jsonl"]),
    head=st.sampled_from(["", "id,text\n", "id\ttext\n", "текст,id\n", '"id","text"\n']),
    body=st.text(st.sampled_from(list('a1,\t"\r\n{}[]:\\\0щ\u2028\ufeff')), max_size=60),
    written=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    read_as=st.sampled_from(ENCODINGS),
)
def test_texts_in_any_encoding_never_raise(scratch, ending, head, body, written, read_as):
    check_places(read(scratch, f"text{ending}", (head + body).encode(written), encoding=read_as))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_damaged_parquet_never_raises(scratch, parquet_bytes, data):
    damaged = bytearray(parquet_bytes)
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=5)):
        damaged[place] = data.draw(st.integers(0, 255))
    check_places(read(scratch, "damaged.parquet", bytes(damaged)))


def test_parquet_with_text_that_is_no_utf8_refuses_that_row_alone(tmp_path):
    texts = pa.StringArray.from_buffers(
        3, pa.py_buffer(struct.pack("<iiii", 0, 2, 4, 6)), pa.py_buffer(b"ok\xff\xfeok")
    )
    pq.write_table(pa.table({"text": texts}), tmp_path / "bad.parquet")
    rows = list(read_rows(tmp_path / "bad.parquet"))
    assert [(type(row), row.number) for row in rows] == [(Row, 1), (BadRow, 2), (Row, 3)]


def test_parquet_with_a_date_that_no_calendar_has_refuses_that_row_alone(tmp_path):
    dates = pa.array([1, 10**9, 2], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"text": ["a", "b", "c"], "date": dates}), tmp_path / "far.parquet")
    rows = list(read_rows(tmp_path / "far.parquet"))
    assert [(type(row), row.number) for row in rows] == [(Row, 1), (BadRow, 2), (Row, 3)]


def test_parquet_cut_short_is_refused_as_a_file(tmp_path, parquet_bytes):
    (bad,) = read(tmp_path, "short.parquet", parquet_bytes[:-40])
    assert bad.number is None
    assert bad.place == "short.parquet"
    assert "not a readable Parquet file" in bad.reason


@QUICK
@given(rows=st.lists(st.dictionaries(WORDS, JSON, max_size=4), max_size=6), packed=st.booleans())
def test_jsonl_round_trips(scratch, rows, packed):
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    name, content = ("round.jsonl.gz", gzip.compress(content)) if packed else ("round.jsonl", content)
    assert read(scratch, name, content) == [Row(name, n, row, "line") for n, row in enumerate(rows, start=1)]


@QUICK
@given(
    rows=st.lists(st.tuples(WORDS, WORDS), max_size=6),
    ending=st.sampled_from([".csv", ".tsv"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_csv_and_tsv_round_trip(scratch, rows, ending, quoting, newline, bom):
    if any("\r" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # with other line ends the writer leaves a lone \r bare, which no reader can tell
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter="\t" if ending == ".tsv" else ",", quoting=quoting, lineterminator=newline)
    writer.writerows([("id", "text"), *rows])
    got = read(scratch, f"round{ending}", file.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    assert got == [Row(f"round{ending}", n, {"id": a, "text": b}) for n, (a, b) in enumerate(rows, start=2)]


@QUICK
@given(rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), WORDS, st.dates()), max_size=6))
def test_parquet_round_trips(scratch, rows):
    names = ("id", "text", "date")
    values = [dict(zip(names, row, strict=True)) for row in rows]
    types = [pa.int64(), pa.string(), pa.date32()]
    table = pa.Table.from_pylist(values, schema=pa.schema(list(zip(names, types, strict=True))))
    pq.write_table(table, scratch / "round.parquet", row_group_size=2)
    assert [row.values for row in read_rows(scratch / "round.parquet")] == values


@QUICK
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50).filter(lambda t: not t.startswith("\ufeff")))
def test_a_text_file_is_one_row_named_after_itself(scratch, text):
    (row,) = read(scratch, "note.txt", text.encode())
    assert row.values == {"id": "note.txt", "text": text}


@QUICK
@given(
    lines=st.lists(st.sampled_from(['{"a": 1}', '{"a"', "[1]", "", "   ", "\0", '{"a": "\\ud800"}', "nan"]), max_size=8)
)
def test_jsonl_numbers_are_the_lines_of_the_file(scratch, lines):
    rows = read(scratch, "lines.jsonl", "\n".join(lines).encode())
    expected = [(n, line.startswith('{"a":')) for n, line in enumerate(lines, start=1) if line.strip()]
    assert [(row.number, isinstance(row, Row)) for row in rows] == expected


@QUICK
@given(data=st.data(), ending=st.sampled_from([".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet"]))
def test_skip_gives_exactly_the_tail(scratch, data, ending):
    lines = ['{"a": 1}', "", "1,2", '1,"2\n3"', "1\t2", "1,2,3", "\udcff,1", "x" * 30]
    chosen = data.draw(st.lists(st.sampled_from(lines), max_size=12))
    content = "\n".join(["a,b" if ending == ".csv" else "a\tb", *chosen]).encode("utf-8", "surrogateescape")
    path = scratch / f"tail{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table({"a": range(len(chosen))}), path)
    else:
        path.write_bytes(gzip.compress(content)[:-9] if ending.endswith(".gz") else content)
    rows = list(read_rows(path))
    skip = data.draw(st.integers(0, max((row.number or 0 for row in rows), default=0)))
    assert list(read_rows(path, skip=skip)) == [row for row in rows if row.number is None or row.number > skip]


def test_rows_before_the_break_of_a_gzip_file_are_read(tmp_path):
    whole = b"".join(b'{"n": %d, "noise": "%s"}\n' % (n, str(n**99).encode()) for n in range(5_000))
    *rows, bad = read(tmp_path, "cut.jsonl.gz", gzip.compress(whole)[:-20_000])
    assert [row.values["n"] for row in rows] == list(range(len(rows)))
    assert len(rows) > 1_000
    assert (bad.number, bad.reason) == (None, f"unreadable after row {len(rows)}: the gzip data end early")


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_line_of_70_megabytes_is_refused_and_the_next_one_read(tmp_path, ending):
    long = b"x" * (70 << 20)
    lines = [b'{"t": "a"}', b'{"t": "%s"}' % long, b'{"t": "b"}'] if ending == ".jsonl" else [b"t", b"a", long, b"b"]
    first, bad, last = read(tmp_path, f"long{ending}", b"\n".join(lines))
    assert (first.values["t"], last.values["t"]) == ("a", "b")
    assert isinstance(bad, BadRow)
    assert last.number == first.number + 2


def test_a_csv_header_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("narrashift.rows.bounds.LONGEST_LINE", 100)
    (bad,) = read(tmp_path, "head.csv", b"id," + b"x" * 200 + b"\n1,a\n")
    assert isinstance(bad, BadRow)


def test_a_csv_row_with_too_many_or_too_few_fields_is_refused(tmp_path):
    rows = read(tmp_path, "wide.csv", b"id,text\n1,a,b\n2\n3,c\n")
    assert [row.place for row in rows] == ["wide.csv, row 2", "wide.csv, row 3", "wide.csv, row 4"]
    assert [row.reason for row in rows[:2]] == ["has 3 fields, the header has 2", "has 1 fields, the header has 2"]
    assert rows[2].values == {"id": "3", "text": "c"}


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_behind_it_in_silence(tmp_path, ending):
    content = 'id,text\n1,"a quote that nobody closed\n2,b\n3,c\n'
    rows = read(tmp_path, f"quote{ending}", content.replace(",", "\t" if ending == ".tsv" else ",").encode())
    assert any(isinstance(row, BadRow) for row in rows)


@pytest.mark.parametrize("header", ["id,text", '"id","text"'])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path, header):
    (row,) = read(tmp_path, "excel.csv", f"{header}\r\n1,a\r\n".encode("utf-8-sig"))
    assert row.values == {"id": "1", "text": "a"}


def test_a_byte_order_mark_before_json_is_passed_over(tmp_path):
    (row,) = read(tmp_path, "bom.jsonl", b'\xef\xbb\xbf{"a": 1}\n')
    assert row.values == {"a": 1}


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".txt"])
def test_utf16_is_read_when_it_is_named(tmp_path, ending):
    """It is one of the encodings that the command's own error message offers."""
    content = {".jsonl": '{"text": "щ"}\n{"text": "щ"}\n', ".csv": "text\nщ\nщ\n", ".txt": "щ"}[ending]
    rows = read(tmp_path, f"wide{ending}", content.encode("utf-16"), encoding="utf-16")
    assert [row.values["text"] for row in rows if isinstance(row, Row)] == ["щ"] * (1 if ending == ".txt" else 2)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-u"])
@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv", ".txt"])
def test_a_wrong_encoding_is_named_with_the_way_out(tmp_path, ending, encoding):
    content = {".jsonl": '{"text": "Київ"}\n', ".csv": "text\nКиїв\n", ".tsv": "text\nКиїв\n", ".txt": "Київ"}[ending]
    (bad,) = read(tmp_path, f"old{ending}", content.encode(encoding))
    assert "not UTF-8" in bad.reason
    assert "--encoding" in bad.reason
    (row,) = read(tmp_path, f"old{ending}", content.encode(encoding), encoding=encoding)
    assert row.values["text"] == "Київ"


def test_a_header_in_a_wrong_encoding_is_named_with_the_way_out(tmp_path):
    rows = read(tmp_path, "header.csv", "номер,текст\n1,a\n".encode("cp1251"))
    assert [type(row) for row in rows] == [BadRow]
    assert "--encoding" in rows[0].reason


def test_a_header_that_names_a_column_twice_is_refused(tmp_path):
    (bad,) = read(tmp_path, "twice.csv", b"id,text,id\n1,a,2\n")
    assert "'id' twice" in bad.reason


def test_parquet_that_names_a_column_twice_is_refused(tmp_path):
    pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), tmp_path / "twice.parquet")
    (bad,) = read_rows(tmp_path / "twice.parquet")
    assert isinstance(bad, BadRow)
    assert "'text' twice" in bad.reason


def test_nul_bytes_are_characters_like_others(tmp_path):
    (row,) = read(tmp_path, "nul.csv", b"id,text\n1,a\0b\n")
    assert row.values["text"] == "a\0b"
    (row,) = read(tmp_path, "nul.jsonl", b'{"text": "a\\u0000b"}')
    assert row.values["text"] == "a\0b"


def test_json_that_is_nested_without_end_is_refused(tmp_path):
    bad, row = read(tmp_path, "deep.jsonl", b'{"a": ' + b"[" * 100_000 + b'\n{"a": 1}\n')
    assert "broken JSON" in bad.reason
    assert row.values == {"a": 1}


def test_folders_are_searched_at_any_depth_and_hidden_files_left_out(tmp_path):
    for name in ("b.jsonl", "a/c.csv.gz", "a/.hidden.jsonl", ".git/d.jsonl", "a/readme.md", "a/e.TXT"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in find_files([tmp_path])] == [
        "a/c.csv.gz",
        "a/e.TXT",
        "b.jsonl",
    ]


def test_a_file_named_twice_is_read_once(tmp_path):
    (tmp_path / "a.jsonl").touch()
    assert find_files([tmp_path, tmp_path / "a.jsonl", tmp_path / "." / "a.jsonl"]) == [tmp_path / "a.jsonl"]


@pytest.mark.parametrize("name", ["missing.jsonl", "paper.pdf", "noending", "empty", "broken.xml.gz"])
def test_an_input_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "empty").mkdir()
    for there in ("paper.pdf", "noending", "broken.xml.gz"):
        (tmp_path / there).touch()
    with pytest.raises(UserError, match=name):
        find_files([tmp_path / name])
