"""`narrashift distill`, from the command line."""

from __future__ import annotations

import json

import pytest

TINY = ["--set", "dimensions=8", "--set", "filters=8", "--set", "hidden=8", "--set", "held_out=0.5"]


@pytest.fixture
def dump(tmp_path, texts):
    path = tmp_path / "dump.jsonl"
    path.write_text("".join(json.dumps({"body": text}) + "\n" for text in texts), "utf-8")
    return path


def test_a_dump_makes_a_student_that_score_can_use(command, bundle, dump, tmp_path):
    done = command("distill", bundle, dump, "--column", "text=body", "--epochs", 1, "--passages", 150, *TINY)
    assert done.code == 0, done.err
    assert "0.01" in done.out
    assert "calibrated on" in done.out
    assert (bundle / "student" / "student.safetensors").exists()
    scored = command(
        "score", dump, "--model", bundle, "--column", "text=body", "--cascade", 0.5, "--out", tmp_path / "out"
    )
    assert scored.code == 0, scored.err
    assert "answered by the student" in scored.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "narrashift distill BUNDLE DUMP"),
        (["--column", "id=x"], "distill takes text=NAME"),
        (["--passages", "5"], "--passages: '5'|--passages: 5"),
        (["--cut", "words"], "--cut"),
        (["--encoding", "klingon"], "no such encoding"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(command, bundle, dump, arguments, words):
    done = command("distill", *([bundle, dump] if arguments else []), *arguments)
    assert done.code == 2
    assert len(done.lines) == 1
    assert any(word in done.err for word in words.split("|"))
    assert not (bundle / "student").exists()


def test_the_settings_can_be_printed_and_read_back(command, tmp_path):
    printed = command("distill", "--print-config", "--passages", 1_000, "--seed", 3)
    (tmp_path / "settings.toml").write_text(printed.out, "utf-8")
    assert command("distill", "--print-config", "--config", tmp_path / "settings.toml").out == printed.out
    assert "passages = 1000" in printed.out
