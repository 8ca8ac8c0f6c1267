from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from narrashift.serving.shifts.finding import Interval, Shift, Stretch
from narrashift.serving.shifts.scores import open_scores
from narrashift.serving.shifts.settings import ShiftSettings
from narrashift.serving.shifts.showing import nearby

from ..folders import BEGIN, row, turning_rows

TURN = BEGIN + timedelta(weeks=20)


def shift(by: str = "x.com", *, start: date = BEGIN, end: date = BEGIN + timedelta(weeks=40)) -> Shift:
    size = Interval(0.1, 0.0, 0.2)
    return Shift(
        id="1", by=by, task="frame", label="losses_russia", kind="narrative", date=TURN, earliest=TURN, latest=TURN,
        before=Stretch(start, TURN, 1), after=Stretch(TURN, end, 1),
        share_before=size, share_after=size, change=size, raw_before=0.1, raw_after=0.2, p_value=0.01, q_value=0.02,
    )  # fmt: skip


def gather(folder, shifts, **settings) -> pl.DataFrame:
    return nearby.gather(open_scores([folder]), shifts=shifts, narratives=[], settings=ShiftSettings(**settings))


def test_both_sides_of_a_shift_and_no_other_source_are_gathered(scored):
    folder = scored(turning_rows(each=3) + turning_rows(source="y.com", each=3), parts=4)
    found = gather(folder, [shift()])
    assert len(found) == 120 and set(found["shift"]) == {0}
    assert found.filter("after")["day"].min() >= TURN > found.filter(~pl.col("after"))["day"].max()
    assert found["id"].str.starts_with("x.com").all() and "text" in found.columns


def test_a_passage_near_two_shifts_is_there_for_both(scored):
    found = gather(scored(turning_rows(each=2)), [shift(), shift(start=BEGIN + timedelta(weeks=10))])
    assert found.group_by("shift").len().sort("shift")["len"].to_list() == [80, 60]


def test_the_nearest_articles_are_kept_with_all_their_passages(scored, monkeypatch):
    monkeypatch.setattr(nearby, "MOST", 2)
    monkeypatch.setattr(nearby, "PRUNE", 5)
    rows = [r for day in range(9) for r in (row(id=str(day), date=str(TURN + timedelta(days=day))), row(passage=1))]
    rows[1::2] = [{**first, "passage": 1} for first in rows[::2]]
    found = gather(scored(rows, parts=3), [shift()])
    assert found["id"].to_list() == ["0", "0", "1", "1"] and found["passage"].to_list() == [0, 1, 0, 1]


def test_links_and_topics_come_along_where_there_are_such(scored):
    rows = [row(url="https://x/1", rubric="war", date=str(TURN))]
    found = gather(scored(rows), [shift()], topic="rubric")
    assert found["link"].to_list() == ["https://x/1"] and found["topic"].to_list() == ["war"]
    assert not {"link", "topic", "text"} & set(gather(scored([row(date=str(TURN))], "plain"), [shift()]).columns)


def test_a_passage_is_cut_out_where_scores_carry_the_whole_article(scored):
    article = "First passage. Second one."
    rows = [
        row(id="a", date=str(TURN), text=article, start=0, end=14),
        row(id="a", date=str(TURN), text=article, passage=1, start=15, end=26),
        row(id="b", date=str(TURN), text="Its own.", start=40, end=48),
    ]
    assert gather(scored(rows), [shift()])["text"].to_list() == ["First passage.", "Second one.", "Its own."]
