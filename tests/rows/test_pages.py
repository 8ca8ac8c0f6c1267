"""Web pages and archives of them: the article, what is said about it, and the encodings that pages are in."""

from __future__ import annotations

import gzip
import zlib

import pytest

from narrashift.rows import BadRow, bounds

from .conftest import TEXTS, page, record

LONG = (
    "The mayor of the city said on Tuesday that the defence of its northern districts would go on, whatever the cost. "
)


def test_a_page_is_its_article_without_what_stands_around_it(read_file):
    body = "".join(f"<p>{n}. {LONG}</p>" for n in range(8))
    menu = "".join(f'<li><a href="/{n}">Section {n}</a></li>' for n in range(9))
    content = f"<html><body><nav><ul>{menu}</ul></nav><article>{body}</article><footer>Imprint</footer></body></html>"
    (row,) = read_file("page.html", content.encode())
    assert row.values["text"].split("\n") == [f"{n}. {LONG.strip()}" for n in range(8)]


def test_a_page_says_title_author_date_and_address(read_file):
    (row,) = read_file("page.html", page(TEXTS[0]))
    assert row.values == {
        "id": "page.html", "text": TEXTS[0], "title": "The city", "date": "2022-03-01", "url": "https://a.org/b",
        "source": "a.org", "author": "Jane Doe",
    }  # fmt: skip


def test_paragraphs_that_pages_share_are_kept_in_each(read_file):
    first, second = (read_file(f"{n}.html", page(TEXTS[0]))[0].values["text"] for n in range(2))
    assert first == second == TEXTS[0]


@pytest.mark.parametrize(
    ("declared", "written"),
    [("windows-1251", "cp1251"), ("koi8-u", "koi8-u"), ("", "cp1251"), ("utf-8", "cp1251"), ("no-such", "koi8-u")],
)
def test_a_page_is_read_as_declared_or_as_its_letters_say(read_file, declared, written):
    content = (
        page(TEXTS[1]).decode().replace('<meta charset="utf-8">', f'<meta charset="{declared}">' if declared else "")
    )
    (row,) = read_file("old.html", content.encode(written))
    assert row.values["text"] == TEXTS[1]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"<html></html>", b"<html><body><script>1</script></body></html>"]
)
def test_a_page_without_text_is_set_aside(read_file, content):
    (bad,) = read_file("empty.html", content)
    assert isinstance(bad, BadRow)


def test_a_page_nested_without_end_ends(read_file):
    assert len(read_file("deep.html", b"<div>" * 100_000 + b"text")) == 1


def test_a_page_of_too_many_tags_or_bytes_is_set_aside(read_file, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_TAGS", 100)
    (bad,) = read_file("tags.html", b"<p>text</p>" * 100)
    assert bad.reason == "a page of more than 100 tags"
    monkeypatch.setattr(bounds, "LONGEST_PAGE", 1_000)
    (bad,) = read_file("bytes.html", b"<p>" + b"text " * 1_000)
    assert bad.reason == "longer than 0 MiB"


def test_a_record_says_where_and_when_it_was_crawled(read_file):
    (row,) = read_file("crawl.warc", record(page(TEXTS[0])))
    assert row.values == {
        "id": "urn:uuid:7", "date": "2022-03-02T10:00:00+00:00", "url": "https://a.org/b", "source": "a.org",
        "text": TEXTS[0], "title": "The city", "author": "Jane Doe", "published": "2022-03-01",
    }  # fmt: skip


def test_only_pages_and_texts_that_were_answered_with_are_rows(read_file):
    others = [
        record(b"x", kind="request"), record(b"x", kind="warcinfo"), record(b"x", kind="revisit"),
        record(page(TEXTS[0]), status=404), record(b"\x89PNG", media="image/png"),
    ]  # fmt: skip
    rows = read_file("mixed.warc", b"".join([*others, record(TEXTS[1].encode(), media="text/plain; charset=utf-8")]))
    assert [(row.number, row.values["text"]) for row in rows] == [(6, TEXTS[1])]


def test_a_record_is_unpacked_as_http_says(read_file):
    content = page(TEXTS[1])
    chunked = f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"
    answers = [
        record(gzip.compress(content), http="Content-Encoding: gzip\r\n"),
        record(zlib.compress(content), http="Content-Encoding: deflate\r\n"),
        record(chunked, http="Transfer-Encoding: chunked\r\n"),
    ]
    assert [row.values["text"] for row in read_file("http.warc", b"".join(answers))] == [TEXTS[1]] * 3


def test_a_records_charset_goes_before_the_pages_own(read_file):
    content = page(TEXTS[1]).decode().encode("koi8-u")
    (row,) = read_file("charset.warc", record(content, media="text/html; charset=koi8-u"))
    assert row.values["text"] == TEXTS[1]


def test_each_record_of_a_gzipped_archive_may_be_packed_alone(read_file):
    rows = read_file("crawl.warc.gz", b"".join(gzip.compress(record(page(text))) for text in TEXTS))
    assert [row.values["text"] for row in rows] == TEXTS


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"rubbish\r\nmore rubbish\r\n", "here no record begins"),
        (record(page(TEXTS[0])).replace(b"Content-Length", b"Content-Lenght"), "no Content-Length"),
        (record(b"zz", http="Content-Encoding: gzip\r\n"), "broken record"),
        (record(b"zz\r\nabc", http="Transfer-Encoding: chunked\r\n"), "broken record"),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000, "header has no end"),
    ],
)
def test_a_broken_record_is_set_aside_and_the_next_one_read(read_file, broken, reason):
    bad, row = read_file("broken.warc", broken + record(page(TEXTS[1])))
    assert reason in bad.reason
    assert row.values["text"] == TEXTS[1]


def test_a_record_that_ends_early_is_told(read_file):
    _, bad = read_file("short.warc", record(page(TEXTS[0])) + record(page(TEXTS[1]))[:-50])
    assert (bad.number, bad.reason) == (2, "broken WARC: the file ends before the record does")


def test_a_record_that_is_too_long_or_unpacks_to_too_much_is_set_aside(read_file, monkeypatch):
    monkeypatch.setattr(bounds, "LONGEST_PAGE", 10_000)
    much = record(page("x" * 20_000)) + record(gzip.compress(bytes(1 << 20)), http="Content-Encoding: gzip\r\n")
    long, bomb, row = read_file("long.warc", much + record(page(TEXTS[0])))
    assert long.reason == bomb.reason == "longer than 0 MiB"
    assert row.values["text"] == TEXTS[0]
