"""Every format, alone and packed in every way: the same rows from all, and no damage raises anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.rows import FORMATS, BadRow, Input, Row, file_format, read_rows

from .conftest import ROWS, TEXTS, VALID, check_places, packed

QUICK = settings(max_examples=50, deadline=None, derandomize=True)
WAYS = ["", ".gz", ".zst", ".zip"]
each_way = pytest.mark.parametrize("way", WAYS)


def test_there_is_a_valid_file_of_every_format():
    assert {file_format(name) for name in VALID} == set(FORMATS)


@each_way
@pytest.mark.parametrize("name", VALID)
def test_every_format_gives_the_same_texts_however_it_is_packed(read_file, name, way):
    rows = read_file(*packed(name, VALID[name], way))
    assert [row.values["text"] for row in rows if isinstance(row, Row)] == TEXTS[: len(rows)]
    assert len(rows) == (1 if name in ("a.html", "a.txt") else 2)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.parquet", "a.arrow", "a.feather", "a.json"])
def test_tables_keep_their_columns(read_file, name):
    assert [row.values for row in read_file(name, VALID[name])] == ROWS


@pytest.mark.parametrize("name", VALID)
def test_a_format_can_be_named_whatever_the_ending(scratch, name):
    path = scratch / "dump.of-something"
    path.write_bytes(VALID[name])
    entry = Input(path, "dump", format=file_format(name))
    assert [row.values["text"] for row in read_rows(entry)] == TEXTS[: 1 if name in ("a.html", "a.txt") else 2]


@QUICK
@given(
    name=st.sampled_from(list(VALID)), way=st.sampled_from([*WAYS, "gz", "zst", "zip"]), content=st.binary(max_size=200)
)
def test_arbitrary_bytes_never_raise(read_file, name, way, content):
    """Also where they say that they are packed."""
    check_places(read_file(*packed(name, content, way)) if way in WAYS else read_file(f"{name}.{way}", content))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data(), name=st.sampled_from([n for n in VALID if n != "a.parquet"]), way=st.sampled_from(WAYS))
def test_damaged_files_never_raise(read_file, data, name, way):
    """Bytes that flipped, then a cut; inside the packing or of the packed bytes. Parquet has a test of its own."""
    inside = data.draw(st.booleans())
    content = VALID[name]
    called, whole = packed(name, content, way)
    damaged = bytearray(content if inside else whole)
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    damaged = bytes(damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged)
    rows = read_file(*packed(name, damaged, way)) if inside else read_file(called, damaged)
    check_places(rows)


@QUICK
@given(
    name=st.sampled_from([n for n in VALID if n not in ("a.html", "a.txt")]), way=st.sampled_from(WAYS), cut=st.data()
)
def test_going_on_behind_a_row_gives_exactly_the_rest(read_file, name, way, cut):
    called, whole = packed(name, VALID[name], way)
    if cut.draw(st.booleans()) and way != ".zip":
        whole = whole[: -cut.draw(st.integers(1, len(whole)))]
    rows = read_file(called, whole)
    skip = cut.draw(st.sampled_from([0, *(row.number for row in rows if row.number)]))
    assert read_file(called, whole, skip=skip)[-1:] == [r for r in rows if r.number is None or r.number > skip][-1:]
    behind = [row.number for row in read_file(called, whole, skip=skip)]
    assert behind == [row.number for row in rows if row.number is None or row.number > skip]


@pytest.mark.parametrize("name", [n for n in VALID if n not in ("a.txt", "a.html", "a.csv", "a.tsv")])
def test_half_a_file_says_so(read_file, name):
    """Of CSV, text and pages nobody can tell that they were longer."""
    content = VALID[name]
    last = read_file(name, content[: len(content) // 2 + 7])[-1]
    assert isinstance(last, BadRow)
