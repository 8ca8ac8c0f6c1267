"""A watch over folders that come night after night: what it tells, and that it tells it once."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from narrashift import UserError
from narrashift.serving.shifts.watching.store import Store, unpacked

from ..folders import row, write_scores
from .nights import HISTORY, TURN, WEEKS, Kept, look, monday, rows_between, turning, write_nights

SINCE = monday(HISTORY).isoformat()


def counts_of(state: Path) -> dict[tuple[str, int], np.ndarray]:
    with Store(state) as store:
        rows = store.connection.execute("SELECT source, period, counts FROM counted").fetchall()
        return {(source, period): unpacked(counts) for source, period, counts in rows}


@pytest.fixture(scope="module")
def nightly(tmp_path_factory) -> tuple[Path, list[tuple[int, dict]]]:
    """Looked at after every night: the state, and each report with the week after which it came."""
    root = tmp_path_factory.mktemp("nightly")
    nights = write_nights(root / "all", turning())
    (root / "scores").mkdir()
    reports = []
    for week, night in enumerate(nights, start=HISTORY - 1):
        night.rename(root / "scores" / night.name)
        _, told = look([root / "scores"], root / "state")
        reports += [(week, report) for report in told]
    return root, reports


@pytest.fixture(scope="module")
def at_once(tmp_path_factory) -> tuple[Path, Kept]:
    """The same articles in one folder, looked at once."""
    root = tmp_path_factory.mktemp("once")
    write_scores(root / "scores", turning())
    _, told = look([root / "scores"], root / "state", since=SINCE)
    return root, told


def test_a_turn_is_reported_soon_and_each_label_of_it_once(nightly):
    _, reports = nightly
    told = {(report["task"], report["label"]): (week, report) for week, report in reports}
    assert len(told) == len(reports) == len({report["id"] for _, report in reports})
    assert {report["by"] for _, report in reports} == {"x.com"}
    for label, rises in (("gains_russia", False), ("losses_russia", True), ("losses", True)):
        week, report = told["frame", label]
        assert abs((date.fromisoformat(report["date"]) - monday(TURN)).days) <= 7
        assert TURN + 2 <= week <= TURN + 6  # never after one week of the new level alone
        assert (report["change"]["value"] > 0.3) == rises
        assert report["change"]["low"] <= report["change"]["value"] <= report["change"]["high"]
        assert report["earliest"] <= report["date"] <= report["latest"]
        assert report["source_years_between_false_alarms"] == 20 and 0 <= report["chance"]["value"] <= 0.15


def test_a_report_shows_the_old_story_and_the_new_one(nightly):
    report = next(report for _, report in nightly[1] if report["label"] == "losses_russia")
    before, after = report["evidence"]["before"], report["evidence"]["after"]
    assert all("retreat" in p["text"] and p["day"] >= report["date"] for p in after["passages"]) and after["passages"]
    assert all("advance" in p["text"] and p["day"] < report["date"] for p in before["passages"])


def test_how_often_one_looks_changes_nothing(nightly, at_once):
    assert {report["id"] for _, report in nightly[1]} == {report["id"] for report in at_once[1]}
    one, other = counts_of(nightly[0] / "state"), counts_of(at_once[0] / "state")
    assert one.keys() == other.keys() and all(np.allclose(one[key], other[key]) for key in one)


def test_a_look_at_nothing_new_tells_nothing(nightly):
    looked, told = look([nightly[0] / "scores"], nightly[0] / "state")
    assert (looked.parts, looked.articles, looked.reports, list(told)) == (0, 0, 0, [])
    assert looked.sources == 2 and looked.until == monday(WEEKS - 1) - timedelta(days=1)


def test_dumps_that_overlap_and_late_articles_count_once(tmp_path, at_once):
    """Each night brings the two weeks before again; every seventh article comes a fortnight late."""
    rows = turning()
    late = {r["id"] for i, r in enumerate(rows) if i % 7 == 0}
    nights = []
    for week in range(HISTORY - 1, WEEKS + 1):
        again = rows_between(rows, 0 if week < HISTORY else week - 2, min(week, WEEKS - 1))
        own = [r for r in again if r["id"] not in late or r["date"] < str(monday(week - 1))]
        nights.append(write_scores(tmp_path / "scores" / f"{week:02d}", own))
        if week in (TURN, TURN + 4, WEEKS):
            look([tmp_path / "scores"], tmp_path / "state", since=SINCE)
    _, told = look([tmp_path / "scores"], tmp_path / "state")
    assert list(told) == []
    write_scores(tmp_path / "scores" / "rest", [r for r in rows if r["id"] in late])
    look([tmp_path / "scores"], tmp_path / "state")
    one, other = counts_of(tmp_path / "state"), counts_of(at_once[0] / "state")
    assert one.keys() == other.keys() and all(np.allclose(one[key], other[key]) for key in one)


def test_a_run_that_goes_on_is_followed_part_by_part(tmp_path, at_once):
    whole = write_scores(tmp_path / "whole", sorted(turning(), key=lambda r: r["date"]), parts=4)
    growing = tmp_path / "growing"
    shutil.copytree(whole, growing)
    (growing / "progress.json").write_text('{"done": false}')
    for part in (growing / "parts").iterdir():
        part.unlink()
    told = []
    for part in sorted((whole / "parts").iterdir()):
        shutil.copy(part, growing / "parts")
        looked, now = look([growing], growing / "watch.state", since=SINCE)
        told += now
        assert looked.parts == 1
    assert sorted(r["id"] for r in told) == sorted(r["id"] for r in at_once[1])


def test_scores_of_another_model_are_left_out_in_a_line_and_the_others_go_on(tmp_path):
    rows = turning()
    write_scores(tmp_path / "scores" / "a", rows_between(rows, 0, 10))
    write_scores(tmp_path / "scores" / "b", rows_between(rows, 11, 12), bundle="c" * 16)
    write_scores(tmp_path / "scores" / "c", rows_between(rows, 13, 14))
    said: list[str] = []
    looked, _ = look([tmp_path / "scores"], tmp_path / "state", say=said.append)
    assert looked.parts == 2 and len(said) == 1
    assert "/b: scored by another model" in said[0] and "--state" in said[0] and "\n" not in said[0]


def test_a_broken_part_is_said_and_read_when_it_is_whole(tmp_path):
    rows = turning()
    write_scores(tmp_path / "scores" / "a", rows_between(rows, 0, 10))
    late = write_scores(tmp_path / "scores" / "b", rows_between(rows, 11, 12))
    [part] = (late / "parts").iterdir()
    content = part.read_bytes()
    part.write_bytes(content[:-100])
    said: list[str] = []
    looked, _ = look([tmp_path / "scores"], tmp_path / "state", say=said.append)
    assert looked.parts == 1 and "broken" in said[0]
    part.write_bytes(content)
    assert look([tmp_path / "scores"], tmp_path / "state")[0].parts == 1


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ([row()], {"by": "outlet"}, "no column 'outlet'.*--by"),
        ([row()], {"where": "nothing > 1"}, "--where"),
    ],
)
def test_what_cannot_be_counted_is_said_and_binds_the_state_to_nothing(tmp_path, rows, settings, said):
    folder = write_scores(tmp_path / "scores", rows)
    with pytest.raises(UserError, match=said):
        look([folder], tmp_path / "state", **settings)
    assert look([folder], tmp_path / "state")[0].articles == 1
    with pytest.raises(UserError, match="every: week there, day here.*--state"):
        look([folder], tmp_path / "state", every="day")


def test_one_wrong_date_ends_no_week(tmp_path):
    rows = rows_between(turning(), 0, 12)
    write_scores(tmp_path / "scores", [*rows, row(id="wrong", date="2024-01-01"), row(id="to come", date="2031-01-01")])
    assert look([tmp_path / "scores"], tmp_path / "state")[0].until == monday(12) - timedelta(days=1)
