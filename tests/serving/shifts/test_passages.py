from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from narrashift import UserError
from narrashift.serving.shifts import passages as module
from narrashift.serving.shifts.passages import Skipped, Source, first_and_last, gather_sources, sources
from narrashift.serving.shifts.periods import first_day
from narrashift.serving.shifts.scores import open_scores
from narrashift.serving.shifts.settings import ShiftSettings

from .folders import row, turning_rows


def read(folder: Path, tmp_path: Path, *, skipped: Skipped | None = None, **settings) -> list[Source]:
    scores = open_scores([folder])
    out = tmp_path / f"passages-{folder.name}"
    out.mkdir()
    chosen = ShiftSettings(**settings)
    files = gather_sources(scores, settings=chosen, skipped=skipped or Skipped(), folder=out)
    if not files:
        return []
    first, last = first_and_last(files)
    return [s for file in files for s in sources(file, codebook=scores.codebook, first=first, last=last)]


def test_a_source_has_its_passages_by_article_and_its_articles_by_period(scored, tmp_path):
    rows = [row(date="2022-01-12"), row(**{"stance.pro_russia": 0.5}), row(passage=1), row(id="b", date="2022-01-26")]
    [source] = read(scored(rows), tmp_path)
    assert source.name == "x.com"
    assert source.articles.tolist() == [0, 2, 3, 4]  # of the first week, the second, and the fourth
    assert source.periods.tolist() == [0, 1, 2, 2, 3]
    assert source.leaves["stance"].shape == (4, 3) and source.leaves["stance"][0, 1] == np.float32(0.5)


def test_articles_of_one_id_are_still_two(scored, tmp_path):
    [source] = read(scored([row(), row(), row(passage=1)]), tmp_path)
    assert source.articles.tolist() == [0, 1, 3]


def test_articles_without_a_date_or_a_source_are_counted_and_left_out(scored, tmp_path):
    skipped = Skipped()
    rows = [row(), row(date="soon"), row(date="soon", passage=1), row(date=None), row(source=None)]
    [source] = read(scored(rows), tmp_path, skipped=skipped)
    assert len(source.articles) == 2
    assert skipped == Skipped(undated=2, nameless=1, example="soon")


def test_where_says_which_passages_count(scored, tmp_path):
    rows = [row(), row(passage=1, **{"stance.pro_russia": 0.9}), row(id="b", source="y.com")]
    [source] = read(scored(rows), tmp_path, where="source = 'x.com' AND passage > 0")
    assert source.leaves["stance"][:, 1].tolist() == pytest.approx([0.9])


@pytest.mark.parametrize("where", ["nothing = 1", "source ==== 'x'", "; DROP", "source + 1"])
def test_a_where_that_cannot_be_understood_is_refused_in_one_line(scored, tmp_path, where):
    with pytest.raises(UserError) as told:
        read(scored([row()]), tmp_path, where=where)
    assert str(told.value).startswith(f"--where {where}: ") and "\n" not in str(told.value)


def test_all_articles_can_be_one_source(scored, tmp_path):
    [source] = read(scored([row(), row(source="y.com"), row(source=None)]), tmp_path, by="all")
    assert source.name == "all" and len(source.articles) == 4


def test_the_same_sources_come_of_many_parts_and_small_buckets(scored, tmp_path, monkeypatch):
    rows = [r for name in "abcde" for r in turning_rows(source=name, weeks=6, each=5)]
    whole = {source.name: source for source in read(scored(rows), tmp_path)}
    monkeypatch.setattr(module, "AT_ONCE", 20)
    monkeypatch.setattr(module, "BUCKET", 40)
    pieces = read(scored(rows, "pieces", parts=9), tmp_path)
    assert len([*(tmp_path / "passages-pieces").iterdir()]) > 1
    assert sorted(source.name for source in pieces) == sorted(whole)
    for source in pieces:
        assert np.array_equal(source.leaves["frame"], whole[source.name].leaves["frame"])
        assert np.array_equal(source.periods, whole[source.name].periods)


def test_a_column_that_holds_no_dates_is_refused(scored, tmp_path):
    with pytest.raises(UserError, match=r"not dates.*--date"):
        read(scored([row()]), tmp_path, date="passage")


def test_a_period_without_an_article_is_not_forgotten(scored, tmp_path):
    [source] = read(scored([row(), row(date="2022-03-07")]), tmp_path, every="month")
    assert np.diff(source.periods).tolist() == [1, 0, 1]
    assert first_day(first_and_last([*(tmp_path / "passages-scores").iterdir()])[0], "month") == date(2022, 1, 1)


def test_an_article_printed_again_in_its_period_is_known_by_its_probabilities():
    leaves = np.random.default_rng(0).random((9, 3), dtype=np.float32)
    leaves[[3, 4]] = leaves[[0, 1]]  # two passages, printed again in the same period
    leaves[7] = leaves[6]  # one, printed again in the same period, and once more in the next
    leaves[8] = leaves[6]
    source = Source(
        name="x",
        leaves={"stance": leaves[:, :2], "frame": leaves[:, 2:]},
        articles=np.array([0, 2, 3, 5, 6, 7, 8, 9]),
        periods=np.array([0, 4, 4, 6, 7]),
    )
    assert source.first_prints.tolist() == [True, True, False, True, True, False, True]
