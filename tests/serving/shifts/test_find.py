"""From a score folder to findings: what a user gets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from narrashift import UserError
from narrashift.cli import app
from narrashift.seeds import seed_file
from narrashift.serving.shifts.find import Found, find_shifts
from narrashift.serving.shifts.output import shifts_table, write_found
from narrashift.serving.shifts.settings import ShiftSettings
from narrashift.terminal.scores import print_shifts

from .folders import BEGIN, row, turning_rows

TURN = BEGIN + timedelta(weeks=20)


def find(folder: Path, tmp_path: Path, **settings) -> Found:
    with seed_file("narratives.toml") as narratives:
        return find_shifts([folder], settings=ShiftSettings(**settings), narratives=narratives, folder=tmp_path / "out")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Found:
    """One source that turns in week 20 and one that never does."""
    from .folders import write_scores

    calm = turning_rows(source="calm.com", turn=99, seed=1)
    folder = write_scores(tmp_path_factory.mktemp("turn") / "scores", turning_rows() + calm, parts=3)
    return find(folder, folder.parent)


def test_the_week_and_the_direction_of_a_turn_are_found_and_a_calm_source_has_none(found):
    labels = {(s.by, s.task, s.label): s for s, _ in found.shifts}
    assert {by for by, _, _ in labels} == {"x.com"}
    for name, rises in (("gains_russia", False), ("losses_russia", True), ("losses", True)):
        shift = labels["x.com", "frame", name]
        assert abs((shift.date - TURN).days) <= 7 and shift.earliest <= shift.date <= shift.latest
        assert (shift.change.value > 0.3) if rises else (shift.change.value < -0.3)
        assert shift.change.low <= shift.change.value <= shift.change.high and shift.q_value <= 0.05


def test_the_table_sets_what_was_decided_beside_each_share_and_marks_the_unsupported(found, capsys):
    (first, evidence), *rest = found.shifts
    shifts = [(replace(first, supported=False), evidence), *rest]
    print_shifts(replace(found, shifts=shifts), out=Path("out"))
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if "x.com" in line]
    for (shift, _), line in zip(shifts, rows, strict=True):
        assert f"│ {shift.raw_before:.0%} → {shift.raw_after:.0%}{'' if shift.supported else ' *'} │" in " ".join(
            line.split()
        )
    assert sum(line.startswith("* ") for line in lines) == 1
    print_shifts(found, out=Path("out"))
    assert not any(line.startswith("* ") for line in capsys.readouterr().out.splitlines())


def test_a_composite_narrative_is_followed_too(found):
    assert "russia_told_to_gain" in {s.label for s, _ in found.shifts if s.task == "narrative"}


def test_evidence_shows_the_old_story_before_and_the_new_one_after(found):
    shift, evidence = next((s, e) for s, e in found.shifts if s.label == "losses_russia")
    assert all(p.day < shift.date for p in evidence.before.passages)
    assert all(p.day >= shift.date for p in evidence.after.passages)
    assert evidence.after.label == "frame.losses_russia" and evidence.before.label == "frame.gains_russia"
    assert all("retreat" in p.text for p in evidence.after.passages)
    assert {w.word for w in evidence.after.words} >= {"retreat", "abandoned"}
    assert {w.word for w in evidence.before.words} >= {"advance", "captured"}


def test_the_series_hold_shares_with_intervals_for_every_label_and_week(found):
    table = found.table
    assert set(table["by"]) == {"x.com", "calm.com"} and table.filter(pl.col("label") == "losses").height == 80
    assert table.filter((pl.col("low") > pl.col("share")) | (pl.col("high") < pl.col("share"))).height == 0
    stance = table.filter(pl.col("task") == "stance").group_by("by", "period").agg(pl.col("share").sum())
    assert stance["share"].to_numpy() == pytest.approx(1, abs=1e-3)


def test_files_hold_what_was_found(found, tmp_path):
    write_found(found, tmp_path)
    content = json.loads((tmp_path / "shifts.json").read_text("utf-8"))
    assert [s["id"] for s in content["shifts"]] == pl.read_parquet(tmp_path / "shifts.parquet")["id"].to_list()
    assert content["shifts"][0]["evidence"]["after"]["passages"][0]["id"].startswith("x.com")
    assert len(content["series"]) == len(found.series) and content["settings"]["every"] == "week"
    assert pl.read_parquet(tmp_path / "series.parquet").equals(found.table)
    assert shifts_table(found).schema["date"] == pl.Date


def test_scores_without_a_bundles_answers_are_counted_raw_and_that_is_said(found):
    assert any("uncorrected" in note for note in found.notes)


def test_a_short_series_is_insufficient_and_says_what_it_would_take(scored, tmp_path):
    few = find(scored(turning_rows(each=1, turn=99)), tmp_path)
    assert few.shifts == []
    lacking = {one.asked.question.name: one.searched for one in few.series if one.searched.verdict != "no shift"}
    assert {"frame.gains_russia", "narrative.russia_told_to_gain"} <= set(lacking)
    assert {own.verdict for own in lacking.values()} == {"insufficient data"}
    assert all(own.articles_needed is None or own.articles_needed > 1 for own in lacking.values())


def test_a_change_of_volume_is_told_apart(scored, tmp_path):
    rows = turning_rows(turn=99, each=30, weeks=20)
    later = [
        {**r, "date": str(date.fromisoformat(r["date"]) + timedelta(weeks=20))} for r in rows if r["id"][-1] == "0"
    ]
    found = find(scored(rows + later), tmp_path)
    assert [(v.by, abs((v.date - TURN).days) <= 7) for v in found.volume] == [("x.com", True)]
    assert found.volume[0].after < found.volume[0].before / 3
    assert found.shifts == []


def test_other_topics_are_no_other_story(scored, tmp_path):
    """Each rubric is told as ever; there is more of the war's from week 20 on."""
    rng = np.random.default_rng(0)
    rows = []
    for r in turning_rows(turn=99, each=40):
        late, number = r["date"] >= str(TURN), int(r["id"].rsplit("-", 1)[1])
        war = number % 10 < (8 if late else 2)
        gains = (0.9 if war else 0.02) + 0.01 * rng.random()  # not alike to the last bit, as reprints are
        rows.append({**r, "rubric": "war" if war else "sport", "frame.gains_russia": gains})
    mixed = find(scored(rows), tmp_path, topic="rubric")
    shift = next(s for s, _ in mixed.shifts if s.label == "gains_russia")
    assert shift.kind == "topic mix" and shift.by_topics.value > 0.3


def test_the_same_run_again_finds_the_same(scored, tmp_path):
    folder = scored(turning_rows(weeks=24, turn=12))
    one, other = find(folder, tmp_path), find(folder, tmp_path)
    assert one.shifts == other.shifts and one.table.equals(other.table)


def run(*arguments: object):
    return CliRunner().invoke(app, ["shift", *map(str, arguments)])


def test_the_command_prints_findings_and_writes_the_folder(scored, tmp_path):
    out = tmp_path / "shifts"
    told = run(scored(turning_rows(weeks=24, turn=12)), "--out", out)
    assert told.exit_code == 0, told.output
    assert "frame losses_russia" in told.output and "x.com" in told.output
    files = {"series.parquet", "shifts.json", "shifts.parquet", "report.html"}
    assert {file.name for file in out.iterdir()} == files
    assert isinstance(run(scored([row()], "b"), "--out", out).exception, UserError)


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([row(date="soon")], [], "no article has a date.*'soon'.*--date"),
        ([row(source=None)], [], "column 'source' is empty.*--by all"),
        ([row()], ["--by", "outlet"], "no column 'outlet'.*--by"),
        ([row()], ["--where", "passage > 5"], "no passage is left.*--where"),
        ([row()], ["--every", "year"], "--every"),
        ([row()], ["--labelled", "x.csv"], "--labelled DATA and --model BUNDLE go together"),
    ],
)
def test_what_cannot_be_counted_is_said_and_nothing_is_written(scored, tmp_path, rows, options, said):
    told = run(scored(rows), "--out", tmp_path / "shifts", *options)
    with pytest.raises(UserError, match=said):
        raise told.exception
    assert not (tmp_path / "shifts").exists()


def test_a_labelled_sample_corrects_what_a_bundle_gets_wrong(tiny_bundle, small_rows, tmp_path):
    import narrashift

    dump, sample = tmp_path / "dump.jsonl", tmp_path / "sample.jsonl"
    dump.write_text(
        "".join(
            json.dumps({"id": i, "source": "a", "date": str(BEGIN + timedelta(days=i % 90)), "text": r["text"]}) + "\n"
            for i, r in enumerate(small_rows)
        )
    )
    sample.write_text("".join(json.dumps({k: v for k, v in r.items() if k != "split"}) + "\n" for r in small_rows))
    narrashift.score([dump], model=tiny_bundle, out=tmp_path / "scores")
    with_sample = run(
        tmp_path / "scores", "--out", tmp_path / "one", "--every", "month", "--labelled", sample, "--model", tiny_bundle
    )
    without = run(tmp_path / "scores", "--out", tmp_path / "two", "--every", "month")
    assert with_sample.exit_code == without.exit_code == 0
    one, two = (pl.read_parquet(tmp_path / name / "series.parquet") for name in ("one", "two"))
    assert one["raw"].equals(two["raw"]) and not one["share"].equals(two["share"])
    said = [json.loads((tmp_path / name / "shifts.json").read_text())["method"]["shares"] for name in ("one", "two")]
    corrected = [{how["method"] for how in shares.values()} for shares in said]
    # confusions of the dump's own passages are its own: the correction is whole
    assert "matching" in corrected[0] and "shrunk" not in corrected[0]
    assert "shrunk" in corrected[1] and "matching" not in corrected[1]
