"""`narrashift watch` as it is called: lines, JSON, one look or many, and a kill while a report is on its way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from narrashift import UserError
from narrashift.cli import app
from narrashift.serving.shifts.watching.arrivals import default_state, score_folders
from narrashift.serving.shifts.watching.follow import follow, seconds_of

from ..folders import write_scores
from .nights import HISTORY, monday, turning

SINCE = str(monday(HISTORY))


@pytest.fixture(scope="module")
def scores(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("command")
    write_scores(root / "scores" / "one", [r for r in turning() if r["source"] == "x.com"])
    return root / "scores"


def run(*arguments: object):
    return CliRunner().invoke(app, ["watch", *map(str, arguments)])


def test_reports_are_lines_and_told_once(scores):
    told = run(scores, "--once", "--since", SINCE)
    assert told.exit_code == 0, told.output
    lines = told.stdout.strip().splitlines()
    assert any("x.com  frame losses_russia" in line and "each 20 source-years" in line for line in lines), told.output
    assert "1 new parts, 680 new articles" in told.stderr and (scores / "watch.state").exists()
    again = run(scores, "--once")
    assert again.stdout == "" and "0 new shifts" in again.stderr


def test_json_is_a_line_a_report_with_its_evidence(scores, tmp_path):
    told = run(scores, "--once", "--since", SINCE, "--json", "--state", tmp_path / "state", "--sensitivity", "low")
    reports = [json.loads(line) for line in told.stdout.splitlines()]
    assert {report["source_years_between_false_alarms"] for report in reports} == {100.0}
    report = next(report for report in reports if report["label"] == "losses_russia")
    assert "retreat" in report["evidence"]["after"]["passages"][0]["text"] and report["model"]["bundle"] == "b" * 16
    assert date.fromisoformat(report["date"]) and report["before"]["articles"] > 400


def test_killed_while_a_webhook_answers_it_sends_the_report_again_by_the_same_name(scores, tmp_path, receiver):
    """`kill -9` after the receiver has the report and before the watch knows."""
    call = [str(scores), "--once", "--since", SINCE, "--state", str(tmp_path / "state"), "--webhook", receiver.url]
    first = subprocess.Popen([sys.executable, "-m", "narrashift", "watch", *call], stdout=subprocess.PIPE, text=True)
    receiver.before_answer = lambda: first.kill() if len(receiver.got) == 1 else None
    lines = first.communicate(timeout=120)[0].splitlines()
    assert first.returncode == -signal.SIGKILL
    second = run(*call)
    assert second.exit_code == 0 and second.stdout == ""  # the lines were told before
    keys = [key for key, _ in receiver.got]
    assert keys[0] == keys[1] and len(set(keys)) == len(keys) - 1 == len(lines)
    assert [body["attempt"] for _, body in receiver.got] == [1, 2] + [1] * (len(keys) - 2)


def test_following_ends_at_ctrl_c_and_outlives_a_look_that_fails():
    class Looking:
        def __init__(self) -> None:
            self.said: list[str] = []
            self.looks = 0

        def look(self) -> str:
            self.looks += 1
            if self.looks == 2:
                raise UserError("one folder is gone")
            return "looked"

        def say(self, words: str) -> None:
            self.said.append(words)

    class Seen:
        parts = reports = 1

    watch, told = Looking(), []
    watch.look = lambda own=watch.look: own() and Seen  # type: ignore[method-assign]

    def sleep(seconds: float) -> None:
        assert seconds == 60
        if watch.looks == 3:
            raise KeyboardInterrupt

    follow(watch, interval=60, tell=told.append, sleep=sleep)  # type: ignore[arg-type]
    assert told == [Seen, Seen] and watch.said == ["one folder is gone"]


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("5m", 300), ("1.5h", 5400), ("90", 90)])
def test_an_interval_is_a_time_with_its_unit(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["0s", "-1m", "soon", "", "9999999h", "1 year"])
def test_another_interval_is_refused(text):
    with pytest.raises(UserError, match="--interval"):
        seconds_of(text)


def test_what_is_wrong_in_a_call_is_said(scores, tmp_path):
    for arguments, said in (
        ([], "name a score folder"),
        ([tmp_path / "nowhere", "--once"], "no such folder"),
        ([scores, "--interval", "soon"], "--interval"),
        ([scores, "--webhook", "x", "--once"], "--webhook"),
        ([scores, "--every", "year"], "--every"),
    ):
        with pytest.raises(UserError, match=said):
            raise run(*arguments).exception
    assert "grace = 3" in run("--print-config", "--since", "2022-01-01").stdout


def test_folders_are_found_at_any_depth_and_the_state_lies_beside_them(tmp_path):
    for name in ("2026/11/23", "2026/11/24"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").write_text("{}")
    found = score_folders([tmp_path, tmp_path / "2026" / "11" / "24"])
    assert [folder.name for folder in found] == ["23", "24"]
    assert default_state([tmp_path]) == tmp_path.resolve() / "watch.state"
    assert default_state([tmp_path / "a", tmp_path / "b"]) == tmp_path.resolve() / "watch.state"
