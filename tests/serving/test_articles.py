from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from narrashift import UserError
from narrashift.rows import name_inputs
from narrashift.serving.articles import Article, Position, Refused, plan_columns, read_articles
from narrashift.serving.settings import ScoreSettings

ROW = {"id": 7, "url": "u", "source": "outlet", "date": "2022-03-01", "text": "Kyiv holds."}
TAKEN = ["passage", "start", "end", "stance", "stance.pro_ukraine", "truncated"]


def plan(*files: Path, **settings):
    return plan_columns(name_inputs(list(files)), settings=ScoreSettings(**settings), taken=TAKEN)


def read(*files: Path, after: Position | None = None, **settings) -> list[Article | Refused]:
    inputs, chosen = name_inputs(list(files)), ScoreSettings(**settings)
    columns = plan_columns(inputs, settings=chosen, taken=TAKEN)
    return list(read_articles(inputs, columns=columns, settings=chosen, after=after or Position()))


def test_id_source_and_date_are_carried_by_default(write_dump):
    columns = plan(write_dump([ROW]))
    assert columns.carried == {"id": "id", "source": "source", "date": "date"}
    assert columns.types == {"id": pa.int64(), "source": pa.string(), "date": pa.string()}


def test_the_id_comes_first_under_its_own_name(write_dump):
    columns = plan(write_dump([ROW]), id="url", carry={"id": "id", "outlet": "source"})
    assert list(columns.carried.items()) == [("url", "url"), ("id", "id"), ("outlet", "source")]


def test_without_an_id_column_the_id_is_file_and_row(write_dump):
    first = write_dump(["", {"text": "One."}, "", {"text": "Two."}], "a.jsonl")
    second = write_dump([{"text": "Three."}], "b.jsonl")
    assert [article.carried for article in read(first, second)] == [("a.jsonl:2",), ("a.jsonl:4",), ("b.jsonl:1",)]


def test_ids_tell_files_of_the_same_name_apart(tmp_path, write_dump):
    files = []
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        files.append(write_dump([{"text": "One."}], f"{day}/dump.jsonl"))
    names = [entry.name for entry in name_inputs(files)]
    assert names == ["monday/dump.jsonl", "tuesday/dump.jsonl"]


def test_the_article_may_stand_in_a_column_of_another_name(write_dump):
    (article,) = read(write_dump([{"id": 1, "body": "Kyiv holds."}]), text="body")
    assert article.text == "Kyiv holds."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text": "body"}, "no column 'body' .*--column text=NAME"),
        ({"text": "txt"}, "did you mean text"),
        ({"id": "link"}, "no column 'link'"),
        ({"carry": {"outlet": "publisher"}}, "no column 'publisher'"),
        ({"carry": {"stance": "source"}}, "'stance' is also a column of the scores.*--carry NAME=source"),
        ({"carry": {"start": "date"}}, "'start' is also a column of the scores"),
        ({"carry": {"id": "url"}}, "'id'"),
        ({"carry": {"address": ""}}, "address"),
        ({"as_text": ("sauce",)}, "sauce"),
    ],
)
def test_a_column_that_cannot_be_carried_is_refused(write_dump, settings, message):
    with pytest.raises(UserError, match=message):
        plan(write_dump([ROW]), **settings)


def test_an_id_named_like_a_column_of_the_scores_has_a_way_out_that_works(write_dump):
    """`--carry` does not rename the id, and `--column id=` names what is there."""
    with pytest.raises(UserError) as refused:
        plan(write_dump([{"passage": 1, "text": "Kyiv holds."}]), id="passage")
    assert "--carry" not in str(refused.value)


def test_a_missing_column_is_sought_in_the_file_that_lacks_it(write_dump):
    broken, lacking = write_dump(["{"], "broken.jsonl"), write_dump([{"body": "Kyiv holds."}], "lacking.jsonl")
    with pytest.raises(UserError, match="lacking.jsonl: no column 'text'"):
        plan(broken, lacking)


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_dump_without_rows_is_refused(write_dump, lines):
    with pytest.raises(UserError, match=r"dump.jsonl: empty"):
        plan(write_dump(lines))


def test_a_dump_of_broken_rows_alone_is_refused_with_the_first_reason(write_dump):
    with pytest.raises(UserError, match="dump.jsonl, line 1: broken JSON at column 2"):
        plan(write_dump(["{", "["]))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "broken JSON"),
        ({"id": 2}, "no column 'text'"),
        ({"id": 2, "text": None}, "the text is missing"),
        ({"id": 2, "text": 5}, "'5' is no text"),
        ({"id": 2, "text": " \n\u00a0"}, "the text is empty"),
        ({"id": 2, "text": "half \ud83d"}, "surrogate"),
        ({"id": "two", "text": "Kyiv holds."}, "column id: 'two' is no int64 .*--as-text id"),
        ({"id": 2.5, "text": "Kyiv holds."}, "column id: '2.5' is no int64"),
        ({"id": True, "text": "Kyiv holds."}, "column id: 'True' is no int64"),
        ({"id": 2**70, "text": "Kyiv holds."}, "column id: '1180591620717411303424' is no int64"),
    ],
)
def test_a_row_that_cannot_be_scored_is_set_aside_with_its_place_and_reason(write_dump, row, reason, small_sample):
    dump = write_dump([{"id": 1, "text": "Kyiv holds."}] * small_sample + [row, {"id": 3, "text": "Kyiv holds."}])
    *_, refused, last = read(dump)
    assert isinstance(refused, Refused)
    assert (refused.file, refused.row, refused.at) == ("dump.jsonl", small_sample + 1, Position(0, small_sample + 1))
    assert re.search(reason, refused.reason)
    assert last.carried == (3,)


def test_a_refused_row_keeps_its_id(write_dump):
    _, refused = read(write_dump([{"id": 1, "text": "Kyiv holds."}, {"id": 2, "text": ""}]))
    assert refused.id == "2"


@pytest.mark.parametrize(
    "position", [Position(0, 0), Position(0, 2), Position(0, 3), Position(0, None), Position(1, 1)]
)
def test_reading_goes_on_behind_a_position(write_dump, position):
    rows = [{"id": number, "text": "Kyiv holds."} for number in (1, 2, 3)]
    files = write_dump([rows[0], "{", rows[1]], "a.jsonl"), write_dump([rows[2]], "b.jsonl")
    behind = [
        item
        for item in read(*files)
        if (item.at.file, item.at.row) > (position.file, 99 if position.row is None else position.row)
    ]
    assert read(*files, after=position) == behind
