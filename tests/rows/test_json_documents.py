"""JSON documents: read piece by piece they give what reading them whole gives; exports of Telegram."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.rows import BadRow, Row, bounds, jsonstream

from .conftest import telegram

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
QUICK = settings(max_examples=50, deadline=None, derandomize=True)
INNER = '{"a": [1, "]}\\"", {"b": -1.5e3}], "c": "\\\\"}'


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(jsonstream, "CHUNK", 3)


@QUICK
@given(
    rows=st.lists(st.dictionaries(WORDS, VALUES, max_size=4), max_size=6),
    indent=st.sampled_from([None, 1]),
    chunk=st.sampled_from([1, 2, 7, 1000]),
)
def test_a_list_gives_its_objects(read_file, rows, indent, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonstream, "CHUNK", chunk)
        found = read_file("list.json", json.dumps(rows, ensure_ascii=False, indent=indent).encode(), encoding="utf-8")
    assert found == [Row("list.json", n, row, "record") for n, row in enumerate(rows, start=1)]


def test_an_object_gives_its_objects_and_those_of_its_lists(read_file):
    content = {"count": 3, "first": {"text": "a"}, "articles": [{"text": "b"}, {"text": "c", "id": 9}], "end": None}
    rows = read_file("object.json", json.dumps(content).encode())
    assert [row.values for row in rows] == [{"id": "first", "text": "a"}, {"text": "b"}, {"text": "c", "id": 9}]


def test_what_is_no_object_is_set_aside(read_file):
    rows = read_file("mixed.json", b'[{"a": 1}, 5, "x", null, [2], {"a": 2}]')
    assert [isinstance(row, Row) for row in rows] == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "  ",
        "5",
        '"text"',
        "[",
        "[{",
        '[{"a": 1}',
        '[{"a": 1},',
        '{"a": {}',
        "[1 2]",
        "[{}]x",
        '{"a" 1}',
        "{1: 2}",
        '[{"a": nul}]',
        '[{"a": "\\x"}]',
    ],
)
def test_a_document_that_is_none_or_breaks_off_is_told(read_file, small_chunks, content):
    *_, bad = read_file("broken.json", content.encode())
    assert bad.number is None
    assert "broken JSON at character" in bad.reason


@pytest.mark.parametrize(
    "inner",
    [
        '"' + "x" * 500 + '"',
        "[" * 200 + "]" * 200,
        "1" * 5_000,
        "[" * 5_000 + "]" * 5_000,
        f"[{','.join([INNER] * 20)}]",
    ],
)
def test_a_record_too_long_or_too_deep_is_set_aside_and_the_next_read(read_file, monkeypatch, small_chunks, inner):
    monkeypatch.setattr(bounds, "LONGEST_LINE", 300)
    content = f'[{{"a": 1}}, {{"a": {inner}, "b": [{INNER}]}}, {{"a": 2}}]'
    first, bad, last = read_file("long.json", content.encode(), encoding="utf-8")
    assert (first.values, last.values) == ({"a": 1}, {"a": 2})
    assert isinstance(bad, BadRow)


def test_a_byte_that_is_no_character_spoils_its_record_alone(read_file):
    content = b'[{"text": "a"}, {"text": "\xff"}, {"text": "b"}]'
    rows = read_file("stray.json", content, encoding="utf-8")
    assert [row.values["text"] for row in rows] == ["a", "\udcff", "b"]


@QUICK
@given(content=st.text(st.sampled_from(list('{}[]":,\\ u1eatf\n')), max_size=60), telegrams=st.booleans())
def test_any_brackets_and_quotes_end(read_file, content, telegrams):
    for row in read_file("result.json" if telegrams else "any.json", content.encode(), encoding="utf-8"):
        row.place.encode()


def test_a_post_is_joined_from_its_pieces(read_file):
    pieces = ["Kyiv ", {"type": "bold", "text": "holds"}, ", says ", {"type": "link", "text": "a.org"}]
    (row,) = read_file("result.json", json.dumps(telegram([pieces])).encode())
    assert row.values == {
        "id": "77/1", "date": "2022-03-01T00:00:00", "source": "News", "text": "Kyiv holds, says a.org",
        "url": "https://t.me/c/77/1", "forwarded_from": None,
    }  # fmt: skip


def test_all_chats_of_an_account_are_read(read_file):
    content = {
        "about": "Here is the data you requested.", "personal_information": {"user_id": 1},
        "contacts": {"about": "", "list": [{"text": "no message"}]},
        "chats": {"about": "", "list": [telegram(["a"]), {**telegram(["b", "c"]), "name": "More", "id": 78}]},
        "left_chats": {"about": "", "list": [telegram(["d"])]},
    }  # fmt: skip
    for name in ("result.json", "renamed.json"):
        rows = read_file(name, json.dumps(content).encode())
        assert [(row.values["source"], row.values["text"]) for row in rows] == [
            ("News", "a"), ("More", "b"), ("More", "c"), ("News", "d"),
        ]  # fmt: skip
        assert [row.number for row in rows] == [2, 4, 5, 7]  # service messages count, but are no rows


def test_a_message_whose_text_is_none_is_set_aside(read_file):
    rows = read_file("result.json", json.dumps(telegram([5, ["a", 6], "b", {"text": "c"}])).encode())
    assert [isinstance(row, Row) for row in rows] == [False, False, True, False]


def test_an_export_cut_short_gives_the_messages_before(read_file):
    content = json.dumps(telegram([f"message {n}" for n in range(50)])).encode()
    *rows, bad = read_file("result.json", content[: len(content) // 2])
    assert len(rows) > 20
    assert (bad.number, "broken JSON" in bad.reason) == (None, True)
