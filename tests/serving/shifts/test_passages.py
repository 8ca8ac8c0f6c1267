from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from narrashift import UserError
from narrashift.serving.shifts import articles as module
from narrashift.serving.shifts.articles import Skipped, read_articles
from narrashift.serving.shifts.narratives import Narrative
from narrashift.serving.shifts.periods import first_day
from narrashift.serving.shifts.scores import open_scores
from narrashift.serving.shifts.settings import ShiftSettings

from .folders import row, turning_rows

NARRATIVES = {"admits": Narrative(when={"stance": "pro_russia", "frame": ("losses_russia", "losses_ukraine")})}


def read(folder, tmp_path, *, skipped: Skipped | None = None, **settings) -> pl.DataFrame:
    scores = open_scores([folder])
    out = tmp_path / "articles"
    out.mkdir()
    files = read_articles(
        scores, settings=ShiftSettings(**settings), narratives=NARRATIVES, skipped=skipped or Skipped(), folder=out
    )
    return pl.concat([pl.read_parquet(file) for file in files])


def test_an_article_is_the_mean_of_its_passages_and_a_narrative_the_product_of_its_tasks(scored, tmp_path):
    found = read(
        scored(
            [
                row(**{"frame.losses_russia": 0.4, "stance.pro_russia": 0.5}),
                row(passage=1, **{"frame.losses_ukraine": 0.8, "stance.pro_russia": 1.0}),
                row(id="b"),
            ]
        ),
        tmp_path,
    )
    assert found["passages"].to_list() == [2, 1]
    assert found["frame.losses_russia"].to_list() == pytest.approx([0.2, 0.0])
    assert found["narrative.admits"].to_list() == pytest.approx([(0.4 * 0.5 + 0.8 * 1.0) / 2, 0.0])
    assert first_day(found["period"][0], "week") == date(2022, 1, 3)


def test_articles_of_one_id_are_still_two(scored, tmp_path):
    assert len(read(scored([row(), row(), row(passage=1)]), tmp_path)) == 2


def test_articles_without_a_date_or_a_source_are_counted_and_left_out(scored, tmp_path):
    skipped = Skipped()
    rows = [row(), row(date="soon"), row(date=None), row(source=None)]
    assert len(read(scored(rows), tmp_path, skipped=skipped)) == 1
    assert skipped == Skipped(undated=2, nameless=1, example="soon")


def test_where_says_which_passages_count(scored, tmp_path):
    rows = [row(), row(passage=1, **{"stance.pro_russia": 0.9}), row(id="b", source="y.com")]
    found = read(scored(rows), tmp_path, where="source = 'x.com' AND passage > 0")
    assert found["passages"].to_list() == [1]
    assert found["stance.pro_russia"].to_list() == pytest.approx([0.9])


@pytest.mark.parametrize("where", ["nothing = 1", "source ==== 'x'", "; DROP", "source + 1"])
def test_a_where_that_cannot_be_understood_is_refused_in_one_line(scored, tmp_path, where):
    with pytest.raises(UserError) as told:
        read(scored([row()]), tmp_path, where=where)
    assert str(told.value).startswith(f"--where {where}: ") and "\n" not in str(told.value)


def test_all_articles_can_be_one_source(scored, tmp_path):
    assert set(read(scored([row(), row(source="y.com"), row(source=None)]), tmp_path, by="all")["by"]) == {"all"}


def test_the_same_articles_come_of_many_parts_and_small_buckets(scored, tmp_path, monkeypatch):
    rows = [r for name in "abcde" for r in turning_rows(source=name, weeks=6, each=5)]
    whole = read(scored(rows), tmp_path)
    monkeypatch.setattr(module, "AT_ONCE", 20)
    monkeypatch.setattr(module, "BUCKET", 40)
    (tmp_path / "articles").rename(tmp_path / "whole")
    pieces = read(scored(rows, "pieces", parts=9), tmp_path)
    assert len(list((tmp_path / "articles").iterdir())) > 1
    assert pieces.sort("by", "period", maintain_order=True).equals(whole)


def test_a_source_is_never_in_two_files(scored, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BUCKET", 20)
    rows = [r for name in "abcdefgh" for r in turning_rows(source=name, weeks=3, each=4)]
    read(scored(rows, parts=5), tmp_path)
    files = [set(pl.read_parquet(file)["by"]) for file in (tmp_path / "articles").iterdir()]
    assert sum(map(len, files)) == len(set().union(*files)) == 8


def test_a_column_that_holds_no_dates_is_refused(scored, tmp_path):
    with pytest.raises(UserError, match="not dates.*--date"):
        read(scored([row()]), tmp_path, date="passage")
