"""From scores to camps, divergence and lead: what a user gets."""

from __future__ import annotations

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from narrashift import UserError
from narrashift.cli import app
from narrashift.serving.reports.page import SECTIONS
from narrashift.serving.reports.sections import divergence, lead
from narrashift.serving.reports.shift_folder import open_shift_folder

from ..folders import turning_rows, write_scores


def run(*arguments: object):
    return CliRunner().invoke(app, ["shift", *map(str, arguments)])


def leaning(source: str, *, side: str, each: int = 12, seed: int = 0) -> list[dict]:
    """A source of 24 weeks that takes a side; of a country."""
    other = {"pro_russia": "pro_ukraine", "pro_ukraine": "pro_russia"}[side]
    rows = turning_rows(source=source, weeks=24, turn=12 if side == "pro_russia" else 99, each=each, seed=seed)
    stance = {f"stance.{side}": 0.8, f"stance.{other}": 0.1, "stance.neutral": 0.1}
    return [{**row, **stance, "country": side[-3:]} for row in rows]


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    rows = [
        row
        for seed, (source, side) in enumerate([("a.ru", "pro_russia"), ("b.ru", "pro_russia"), ("c.ua", "pro_ukraine")])
        for row in leaning(source, side=side, seed=seed)
    ]
    return write_scores(tmp_path_factory.mktemp("relations") / "scores", rows)


@pytest.fixture(scope="module")
def out(dump):
    out = dump.parent / "shifts"
    told = run(dump, "--out", out)
    assert told.exit_code == 0, told.output
    assert "divergence of pro-Russian and pro-Ukrainian, bits: stance" in told.output and "lead: of" in told.output
    return out


def test_sources_are_grouped_by_their_own_stance_and_that_is_said(out):
    content = json.loads((out / "shifts.json").read_text("utf-8"))
    assert content["divergence"]["camps"] == {
        "origin": "stance", "members": {"pro-Russian": ["a.ru", "b.ru"], "pro-Ukrainian": ["c.ua"]}, "left_out": [],
    }  # fmt: skip
    assert content["lead"]["tests"] > 0 and content["lead"]["lags"] == 4


def test_camps_drift_apart_in_the_week_in_which_one_turns(out):
    table = pl.read_parquet(out / "divergence.parquet")
    frame = table.filter(pl.col("task") == "frame", pl.col("period").is_not_null())
    total = frame.filter(pl.col("label").is_null()).sort("period")
    assert len(total) == 24 and (total["low"] <= total["divergence"]).all()
    early, late = total[:12], total[12:]
    assert early["divergence"].median() < 0.02 and early["high"].min() > 0 and late["low"].min() > 0.02
    assert early["high"].mean() < late["divergence"].mean()
    labels = frame.filter(pl.col("label").is_not_null())
    parts = labels.group_by("period").agg(pl.col("divergence").sum()).sort("period")
    assert parts["divergence"].to_list() == pytest.approx(total["divergence"].to_list(), abs=1e-6)
    assert set(frame["label"].drop_nulls()) == {"gains_russia", "losses_russia", "losses_ukraine"}  # no parents
    stance = table.filter(pl.col("task") == "stance", pl.col("period").is_null(), pl.col("label").is_null())
    assert stance["divergence"][0] == pytest.approx(1, abs=1e-3) and stance["articles_one"][0] == 576


def test_the_page_shows_both_and_a_folder_without_them_has_neither(out, tmp_path):
    folder = open_shift_folder(out)
    [pair] = divergence.section(folder).data
    assert [task["task"] for task in pair["tasks"]] == ["stance", "frame", "narrative"]
    assert len(pair["tasks"][1]["days"]) == 24 and len(pair["tasks"][1]["labels"]) == 3
    assert "inferred from the very labels" in divergence.section(folder).body
    assert len(lead.section(folder).data["pairs"]) == len(pl.read_parquet(out / "lead.parquet"))
    assert divergence.section in SECTIONS and 'id="lead"' in (out / "report.html").read_text("utf-8")
    folder.content.pop("divergence"), folder.content.pop("lead")
    assert divergence.section(folder) is None and lead.section(folder) is None


def test_camps_come_from_a_column_or_a_file(dump, tmp_path):
    assert run(dump, "--out", tmp_path / "column", "--camps", "column:country").exit_code == 0
    column = json.loads((tmp_path / "column" / "shifts.json").read_text("utf-8"))["divergence"]["camps"]
    assert column["members"] == {"sia": ["a.ru", "b.ru"], "ine": ["c.ua"]} and column["origin"] == "column"
    camps = tmp_path / "camps.toml"
    camps.write_text('[camps.x]\nsources = ["a.ru"]\n[camps.y]\nsources = ["b.ru"]\n')
    assert run(dump, "--out", tmp_path / "file", "--camps", camps).exit_code == 0
    named = json.loads((tmp_path / "file" / "shifts.json").read_text("utf-8"))["divergence"]["camps"]
    assert named == {"origin": "file", "members": {"x": ["a.ru"], "y": ["b.ru"]}, "left_out": ["c.ua"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[camps.x]\nsources = ["a.ru"]', r"at least two tables \[camps.NAME\]"),
        ('[camps.x]\nsources = ["a.rus"]\n[camps.y]\nsources = ["c.ua"]', r"camps.x: no source 'a.rus'.*a.ru"),
        ('[camps.x]\nsources = ["a.ru"]\n[camps.y]\nsources = ["a.ru"]', "'a.ru' is named 2 times"),
        ('[camps.x]\nsource = ["a.ru"]\n[camps.y]\nsources = ["c.ua"]', r"camps.x.source"),
        ("[camps", "not TOML"),
    ],
)
def test_a_file_of_camps_that_cannot_be_used_is_refused(dump, tmp_path, text, said):
    camps = tmp_path / "camps.toml"
    camps.write_text(text)
    with pytest.raises(UserError, match=said):
        raise run(dump, "--out", tmp_path / "out", "--camps", camps).exception
    assert not (tmp_path / "out").exists()
