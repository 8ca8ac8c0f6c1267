"""The page's text, before any browser reads it."""

from __future__ import annotations

import base64
import json
import re
import zlib

import polars as pl
import pytest
from typer.testing import CliRunner

from narrashift.cli import app
from narrashift.model.errors import UserError
from narrashift.serving.reports.figures import write_figures
from narrashift.serving.reports.page import report_page
from narrashift.serving.reports.shift_folder import open_shift_folder
from narrashift.serving.reports.visible import clean, visible

from .folders import make_folder
from .hostile import make_hostile

BLOCK = re.compile(r'<script type="application/octet-stream" id="([\w-]+)">([^<]*)</script>')


def blocks(page):
    return {name: json.loads(zlib.decompress(base64.b64decode(text))) for name, text in BLOCK.findall(page)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("made") / "shifts")


def test_a_page_holds_the_figures_of_its_folder(folder):
    opened = open_shift_folder(folder)
    held = blocks(report_page(opened))
    summary = held["data-page"]
    by, (task, label) = summary["sources"][1], summary["columns"][4]
    rows = opened.series.filter(by=by, task=task, label=label).sort("period")
    raw, share, low, high = held["source-1"]["series"][4]
    assert held["source-1"]["periods"] == [str(day) for day in rows["period"]]
    for kept, column in ((raw, "raw"), (share, "share"), (low, "low"), (high, "high")):
        assert [figure / 1000 for figure in kept] == pytest.approx(rows[column].to_list(), abs=5.1e-4)
    shift = summary["shifts"][2]
    assert (shift["id"], summary["sources"][shift["source"]], shift["source"]) == ("s0002", "south.example", 1)
    assert held["source-1"]["evidence"]["s0002"]["after"]["passages"][0]["link"] == "https://north.example/1"
    assert set("".join(summary["verdicts"])) == {"s", "n", "i"}


def test_a_period_that_a_label_lacks_is_a_gap(folder):
    opened = open_shift_folder(folder)
    day = opened.series["period"].unique().sort()[3]
    lacking = (pl.col("label") == "call") & (pl.col("period") == day)
    thinned = type(opened)(opened.path, opened.content, opened.series.filter(~lacking), opened.shifts)
    held = blocks(report_page(thinned))
    column = held["data-page"]["columns"].index(["technique", "call"])
    share = held["source-0"]["series"][column][1]
    assert share[3] is None and None not in share[:3] + share[4:]
    assert len(share) == len(held["source-0"]["periods"]) == 40


def test_nothing_of_a_hostile_folder_stands_in_the_page_as_markup(tmp_path):
    page = report_page(open_shift_folder(make_hostile(tmp_path / "hostile")))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    outside = BLOCK.sub("", page)
    for script in scripts:
        outside = outside.replace(script, "")
    assert "<b onclick" not in outside and "<img" not in outside and "hacked='toml'</script>" not in outside
    assert "hacked" not in "".join(scripts)
    page.encode("utf-8")


def test_a_run_without_a_shift_still_makes_a_page_and_its_figures_are_none(tmp_path):
    made = make_folder(tmp_path / "quiet", sources=["only.example"], weeks=4)
    held = blocks(report_page(open_shift_folder(made)))
    assert held["data-page"]["shifts"] == [] and len(held["source-0"]["periods"]) == 4
    assert write_figures(made, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – текст\n\t.", "plain – текст\n\t."),
        ("\u202eevil\u2069", "⟨U+202E⟩evil⟨U+2069⟩"),
        ("a\x00b\x1b[1m\x7f", "a⟨U+0000⟩b⟨U+001B⟩[1m⟨U+007F⟩"),
        ("\ud800 alone", "\ufffd alone"),
    ],
)
def test_what_steers_or_hides_text_can_be_seen(text, shown):
    assert visible(text) == shown
    assert clean({text: [(text, 1, None)]}) == {shown: [[shown, 1, None]]}


def test_figures_are_the_same_files_each_time_also_of_hostile_names(tmp_path):
    made = make_hostile(tmp_path / "hostile")
    kept = json.loads((made / "shifts.json").read_text("utf-8"))
    kept["shifts"] = kept["shifts"][:2]
    kept["shifts"][0]["by"] = kept["shifts"][1]["by"] = "$x_{"
    (made / "shifts.json").write_text(json.dumps(kept), "utf-8")
    series = pl.read_parquet(made / "series.parquet")
    series.with_columns(by=pl.col("by").replace({series["by"][0]: "$x_{"})).write_parquet(made / "series.parquet")
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files = write_figures(made, tmp_path / name)
        written.append({file.name: file.read_bytes() for file in files})
    assert written[0] == written[1]
    assert [name for name in written[0] if name.startswith("overview")] == ["overview.png", "overview.svg"]
    assert len(written[0]) == 6


def test_the_command_writes_page_and_figures_and_replaces_them_only_when_told(folder, tmp_path):
    page = tmp_path / "page.html"
    command = ["report", str(folder), "--out", str(page)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, UserError) and "--overwrite" in str(refused.exception)
    assert CliRunner().invoke(app, [*command, "--overwrite"]).exit_code == 0


def test_a_folder_that_no_shift_run_wrote_is_refused_with_the_way_out(tmp_path, folder):
    with pytest.raises(UserError, match=r"no shifts\.json in it\. Name a folder that `narrashift shift"):
        open_shift_folder(tmp_path)
    for name in ("series.parquet", "shifts.parquet", "shifts.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "series.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(UserError, match=r"series\.parquet: not a Parquet file"):
        open_shift_folder(tmp_path)
    (tmp_path / "shifts.json").write_text("{")
    with pytest.raises(UserError, match=r"shifts\.json: not JSON"):
        open_shift_folder(tmp_path)
