"""Encodings of Russian, Ukrainian and western text, told from the first bytes."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.rows.detect import HEAD, detect_encoding
from narrashift.rows.page import page_text

from ..conftest import SHARED

RUSSIAN = "Министерство обороны сообщило, что освобождён ещё один населённый пункт."
UKRAINIAN = "Збройні сили України відбили атаку ворога та звільнили ще одне село."
FRENCH = "L'armée a repris un village situé à l'est, a déclaré le président."
WRITTEN = [
    *((RUSSIAN, page) for page in ("cp1251", "koi8-r", "koi8-u", "cp866", "utf-8", "utf-16-le", "utf-16-be")),
    *((UKRAINIAN, page) for page in ("cp1251", "koi8-u", "cp1125", "utf-8", "utf-16-le", "utf-16-be")),
    *((FRENCH, page) for page in ("cp1252", "latin-1", "utf-8", "utf-16-le")),
    *((text, page) for text in (RUSSIAN, FRENCH) for page in ("utf-8-sig", "utf-16", "utf-32")),
]


@pytest.mark.parametrize(("text", "page"), WRITTEN)
def test_text_comes_out_as_it_was_written(text, page):
    content = text.encode(page)
    assert content.decode(detect_encoding(content)).lstrip("\ufeff") == text


@pytest.mark.parametrize("page", ["cp1251", "koi8-u", "cp1252", "utf-8"])
@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "txt", "json"])
def test_every_text_format_is_read_in_any_encoding(read_file, ending, page):
    text = FRENCH if page == "cp1252" else UKRAINIAN
    content = {
        "jsonl": json.dumps({"text": text}, ensure_ascii=False),
        "json": json.dumps([{"text": text}], ensure_ascii=False),
        "csv": f'text\n"{text}"\n',
        "tsv": f"text\n{text}\n",
        "txt": text,
    }[ending]
    assert [row.values["text"] for row in read_file(f"old.{ending}", content.encode(page))] == [text]


def test_one_stray_byte_does_not_turn_a_utf8_file_into_another(read_file):
    good = [json.dumps({"text": UKRAINIAN}, ensure_ascii=False).encode() for _ in range(3)]
    rows = read_file("stray.jsonl", b"\n".join([good[0], b'{"text": "\xff"}', *good[1:]]))
    assert [getattr(row, "reason", "")[:9] for row in rows] == ["", "not UTF-8", "", ""]


def test_noise_is_no_text_in_any_code_page():
    assert detect_encoding(b"\xff\xfe\x81\x8d\x00\x1f\x90\x9d" * 20) in ("utf-8", "utf-16")
    assert detect_encoding(b"a\x98\x98b\x81\x8dc\x90\x9d") == "utf-8"


def test_a_character_cut_at_the_end_of_what_is_looked_at_is_no_stray_byte():
    assert detect_encoding(b"a" + ("щ" * HEAD).encode()) == "utf-8"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(content=st.binary(max_size=300))
def test_any_bytes_have_an_encoding_that_python_knows(content):
    assert isinstance(content.decode(detect_encoding(content), "replace"), str)
    assert isinstance(page_text(content), str)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("lang", "page"), [("ru", "cp1251"), ("ru", "koi8-r"), ("ru", "cp866"), ("uk", "cp1251"), ("uk", "koi8-u")]
)
def test_thirty_characters_of_a_real_post_are_enough(lang, page):
    with gzip.open(SHARED / "data" / "unlp2025_manipulation" / "folds.jsonl.gz", "rt", encoding="utf-8") as file:
        posts = [row["text"] for row in map(json.loads, file) if row["lang"] == lang][:300]
    right = total = 0
    for post in posts:
        content = post.encode(page, "ignore")[:30]
        if sum(byte > 127 for byte in content) >= 10:
            total += 1
            right += content.decode(detect_encoding(content)) == content.decode(page)
    assert total > 200
    assert right / total > 0.99
