"""Zip files: their members are inputs, nothing is ever unpacked to a member's path, and what is odd is set aside."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.rows import BadRow, Row, bounds, find_files, name_inputs, read_rows

LINE = '{"text": "Kyiv holds."}\n'


@pytest.fixture
def zipped(tmp_path):
    """Write a zip file of (name or ZipInfo, content); its inputs."""

    def write(*members, method=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "dump.zip", "w", method) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return name_inputs([tmp_path / "dump.zip"])

    return write


def rows_of(inputs) -> list[Row | BadRow]:
    return [row for entry in inputs for row in read_rows(entry)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_inputs_with_names_of_their_own(zipped, method):
    inputs = zipped(("b/one.jsonl", LINE * 2), ("a.csv", "text\nKyiv\n"), ("photo.jpg", "x"), ("b/", ""), method=method)
    assert [entry.name for entry in inputs] == ["dump.zip/b/one.jsonl", "dump.zip/a.csv"]
    assert [row.place for row in rows_of(inputs)] == [
        "dump.zip/b/one.jsonl, line 1", "dump.zip/b/one.jsonl, line 2", "dump.zip/a.csv, row 2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../../up.jsonl", "/up.jsonl", "..\\up.jsonl", "./../x/../up.jsonl"])
def test_a_path_that_climbs_out_is_a_name_and_no_more(zipped, tmp_path, name):
    before = sorted(tmp_path.parent.rglob("*"))
    inputs = zipped((name, LINE))
    assert ".." not in inputs[0].name.split("/")
    assert [row.values for row in rows_of(inputs)] == [{"text": "Kyiv holds."}]
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, tmp_path / "dump.zip"])


def test_two_members_of_one_name_are_told_apart(zipped):
    with pytest.warns(UserWarning, match="Duplicate"):
        inputs = zipped(("a.jsonl", LINE), ("../a.jsonl", LINE), ("a.jsonl", LINE))
    assert len({entry.name for entry in inputs}) == 3


def test_a_link_is_set_aside(zipped):
    link = zipfile.ZipInfo("link.jsonl")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (bad,) = rows_of(zipped((link, "/etc/passwd")))
    assert (bad.place, bad.reason) == ("dump.zip/link.jsonl", "a link, which is not followed inside a zip file")


def test_a_zip_inside_a_zip_is_set_aside_and_the_others_read(zipped):
    bad, row = rows_of(zipped(("inner.zip", b"PK"), ("a.jsonl", LINE)))
    assert "a zip file inside a zip file" in bad.reason
    assert row.values == {"text": "Kyiv holds."}


def test_an_encrypted_member_is_set_aside(zipped, tmp_path):
    zipped(("a.jsonl", LINE))
    content = bytearray((tmp_path / "dump.zip").read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "dump.zip").write_bytes(content)
    (bad,) = rows_of(name_inputs([tmp_path / "dump.zip"]))
    assert "encrypted. Unpack the zip file first" in bad.reason


def test_a_member_packed_in_an_unknown_way_is_set_aside(zipped):
    (bad,) = rows_of(zipped(("a.jsonl", LINE), method=zipfile.ZIP_LZMA))
    assert "packed by zip method 14" in bad.reason


def test_a_damaged_member_is_told_by_its_checksum(zipped, tmp_path):
    zipped(("a.jsonl", LINE), method=zipfile.ZIP_STORED)
    content = (tmp_path / "dump.zip").read_bytes().replace(b"Kyiv", b"Lviv")
    (tmp_path / "dump.zip").write_bytes(content)
    _, bad = rows_of(name_inputs([tmp_path / "dump.zip"]))
    assert "checksum" in bad.reason


def test_members_that_lie_over_each_other_are_a_bomb(zipped, tmp_path):
    zipped(*((f"{n}.csv", "x" * 2_000) for n in range(9)), method=zipfile.ZIP_STORED)
    with zipfile.ZipFile(tmp_path / "dump.zip", "a") as archive:
        for info in archive.infolist():
            info.header_offset, info.compress_size = 0, 9_000
        archive.writestr("last.csv", "x")
    (bad,) = rows_of(name_inputs([tmp_path / "dump.zip"]))
    assert "lie over each other" in bad.reason


def test_a_list_of_members_that_is_too_long_is_not_read(zipped, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_DIRECTORY", 100)
    (bad,) = rows_of(zipped(*((f"{n}.csv", "") for n in range(9))))
    assert "list of members" in bad.reason


def test_a_broken_zip_file_stops_nothing(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 and no more")
    (tmp_path / "whole.jsonl").write_text(LINE, "utf-8")
    bad, row = rows_of(name_inputs(find_files([tmp_path])))
    assert (bad.place, bad.number) == ("broken.zip", None)
    assert "not a readable zip file" in bad.reason
    assert isinstance(row, Row)


def test_a_zip_file_without_anything_to_read_says_so(zipped):
    (bad,) = rows_of(zipped(("photo.jpg", "x"), ("__MACOSX/a.jsonl", LINE), (".hidden.jsonl", LINE)))
    assert "no file to read in this zip file" in bad.reason


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_damage_anywhere_in_a_zip_file_never_raises(scratch, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", LINE * 3)
        archive.writestr("é/b.csv", "text\nKyiv\n")
    content = bytearray(file.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    (scratch / "damaged.zip").write_bytes(content[: data.draw(st.integers(0, len(content)))] or content)
    for row in rows_of(name_inputs([scratch / "damaged.zip"])):
        row.place.encode()
