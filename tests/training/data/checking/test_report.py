"""`narrashift data check`: every fault of a file in one report, as text, page and JSON, with an exit code."""

from __future__ import annotations

import json
import re

import pytest

import narrashift
from narrashift.training.data.checking.check import check_data
from narrashift.training.data.checking.checks import CHECKS
from narrashift.training.data.checking.page import html_page

FAULTY = [
    '{"id": "1", "text": "They took the hill.", "stance": "pro_rusia", "frame": ["gains_russia"]}',
    '{"id": "2", "text": "", "stance": "neutral"}',
    '{"id": "3", "text": "<script>alert(1)</script> is what it said", "stance": "neutral", "date": "yesterday"}',
    "nonsense",
    '{"id": "5", "text": "They held the town.", "stance": "pro_rusia", "frame": []}',
]


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(FAULTY) + "\n", "utf-8")
    return path


def test_all_faults_are_told_and_the_check_goes_on_with_what_could_be_read(faulty, codebook):
    checked = check_data([faulty], codebook=codebook)
    assert checked.passages == 3
    assert list(checked.found) == list(CHECKS)
    schema = [one.text for one in checked.found["rows and columns"]]
    assert schema[0].startswith("c.jsonl, line 1 (and 1 more), stance: 'pro_rusia' is no label of this codebook")
    assert schema[0].endswith("did you mean pro_russia?)")
    assert schema[1] == "c.jsonl, line 2, text: the text is empty"
    assert schema[2].startswith("c.jsonl, line 3, date: 'yesterday' is no ISO date")
    assert schema[3].startswith("c.jsonl, line 4: ")
    assert schema[4].startswith("5 faults in 5 rows or files")
    assert [spot.place for spot in checked.found["rows and columns"][0].spots] == ["c.jsonl, line 1", "c.jsonl, line 5"]
    [table] = [one for one in checked.found["labels"] if hasattr(one, "rows")]
    assert ("stance", "(not labelled)", 2, None) in table.rows, "a wrong label is none"


def test_the_page_stands_alone_and_runs_nothing_that_a_passage_says(faulty, codebook):
    page = html_page(check_data([faulty], codebook=codebook), title="data check: <c>")
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page
    assert "default-src 'none'; style-src 'sha256-" in page
    assert not re.search(r"""(src|href)=|url\(|@import|\sstyle=""", page)
    assert "data check: &lt;c&gt;" in page


def test_a_file_in_another_encoding_is_read_in_it_and_named(tmp_path, codebook):
    path = tmp_path / "old.csv"
    said = "Президент сообщил что это не так и что он был на месте"
    path.write_bytes(f"text,stance\n{said},neutral\n{said} снова,neutral\n".encode("cp1251"))
    checked = check_data([path], codebook=codebook)
    first = checked.found["rows and columns"][0]
    assert first.text == "old.csv: is in CP1251, not in UTF-8, and was read so"
    assert first.way_out.endswith("--encoding cp1251")
    assert checked.passages == 2
    named = check_data([path], codebook=codebook, encoding="cp1251")
    assert named.found["rows and columns"] == []


def test_data_without_a_readable_passage_are_an_error_with_all_its_faults(tmp_path, codebook):
    path = tmp_path / "c.csv"
    path.write_text("body,stance\na,neutral\n", "utf-8")
    with pytest.raises(narrashift.UserError, match="no column 'text' among body, stance. Name it with --column text"):
        check_data([path], codebook=codebook)


def test_the_command_writes_page_and_json_and_ends_with_what_it_found(faulty, command, tmp_path):
    html, found = tmp_path / "r.html", tmp_path / "r.json"
    ended = command("data", "check", faulty, "--html", html, "--json", found)
    assert ended.code == 0, ended.err
    assert "wrong: c.jsonl, line 2, text: the text is empty" in ended.out
    assert re.match(r"0 dishonest, [1-9]\d* wrong, \d+ doubtful, \d+ note", ended.lines[-1])
    report = json.loads(found.read_text("utf-8"))
    assert (report["passages"], report["dishonest"]) == (3, False)
    assert report["findings"][0]["severity"] == "wrong"
    assert html.read_text("utf-8").startswith("<!doctype html>")
    again = command("data", "check", faulty, "--html", html)
    assert again.code == 2 and "exists already" in again.err


def test_label_errors_are_looked_for_where_asked_and_said_where_not(faulty, codebook):
    [finding] = check_data([faulty], codebook=codebook, label_errors=False).found["likely label errors"]
    assert finding.text == "not looked for, as --no-label-errors says"
