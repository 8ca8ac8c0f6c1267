from __future__ import annotations

import json
import re
import resource
import shutil
import sys
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift import cli

ROWS = [{"id": 1, "url": "u", "outlet": "o", "text": "Kyiv holds."}, {"id": 2, "text": ""}]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, write_dump):
    """`narrashift score …` in a folder with `dump.jsonl`: exit code, standard output, lines of standard error."""
    write_dump(ROWS)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["narrashift", "score", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        said = capsys.readouterr()
        return exit_.value.code or 0, said.out, said.err.strip().splitlines()

    return command


def test_a_dump_is_scored_and_summed_up(run, tiny_bundle):
    code, out, _ = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    assert code == 0
    assert "2 rows: 1 scored as 1 passages, 1 refused" in out
    assert f"refused rows with their reasons: {Path('scores/errors.parquet')}" in out
    assert pq.read_table("scores/parts")["id"].to_pylist() == [1]


def test_the_same_command_again_does_nothing_and_says_the_same(run, tiny_bundle):
    command = ("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    _, first, _ = run(*command)
    code, again, _ = run(*command)
    assert code == 0
    assert again.splitlines()[0] == first.splitlines()[0]
    assert "passages in" not in again


def test_flags_decide_columns(run, tiny_bundle):
    code, _, _ = run(
        "dump.jsonl", "--model", tiny_bundle, "--out", "scores", "--column", "id=url", "--carry", "source=outlet",
        "--carry", "id", "--as-text", "id", "--cut", "none",
    )  # fmt: skip
    assert code == 0
    (row,) = pq.read_table("scores/parts").to_pylist()
    assert list(row.items())[:3] == [("url", "u"), ("source", "o"), ("id", "1")]


def test_a_bundle_of_long_texts_reads_whole_articles_and_says_so(run, tiny_bundle, write_dump, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "long")
    config = json.loads((bundle / "config.json").read_text())
    (bundle / "config.json").write_text(json.dumps(config | {"windows": 4}))
    (bundle / "held_out.parquet").unlink()
    write_dump([{"id": 1, "text": "the " * 200}, {"id": 2, "text": "the " * 300}])
    code, _, said = run("dump.jsonl", "--model", bundle, "--out", "whole", "--cut", "none")
    assert (code, [line for line in said if line.startswith("note")]) == (0, [])
    rows = pq.read_table("whole/parts").to_pylist()
    assert [row["truncated"] for row in rows] == [False, True]
    alone = narrashift.load(bundle).predict(["the " * 200])[0].probabilities["stance"]["neutral"]
    assert rows[0]["stance.neutral"] == pytest.approx(alone, abs=1e-4)
    _, _, said = run("dump.jsonl", "--model", bundle, "--out", "cut")
    [note] = [line for line in said if line.startswith("note")]
    assert "4 windows of 64 tokens" in note and "--cut none" in note


def test_print_config_prints_what_would_be_run(run):
    code, out, _ = run("--carry", "source=outlet", "--part", "7", "--set", "passage_tokens=99", "--print-config")
    assert code == 0
    printed = tomllib.loads(out)
    assert (printed["carry"], printed["part"], printed["passage_tokens"]) == ({"source": "outlet"}, 7, 99)
    assert printed["engine"] == "auto"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jsonl"], "missing.jsonl: no such file or folder"),
        (["dump.jsonl", "--model", "nowhere"], "nowhere: no bundle here"),
        (["dump.jsonl", "--model", ""], "name the dump and the model"),
        ([], "name the dump and the model"),
        (["dump.jsonl", "--column", "text"], "NAME=COLUMN is expected"),
        (["dump.jsonl", "--column", "stance=x"], "score takes text=NAME and id=NAME"),
        (["dump.jsonl", "--column", "text=body"], "no column 'body'"),
        (["dump.jsonl", "--carry", "publisher"], "no column 'publisher'"),
        (["dump.jsonl", "--carry", "stance=url"], "'stance' is also a column of the scores"),
        (["dump.jsonl", "--carry", "source="], "--carry source="),
        (["dump.jsonl", "--carry", "a=url", "--carry", "a=outlet"], "'?a'?"),
        (["dump.jsonl", "--encoding", "klingon"], "--encoding klingon: no such encoding"),
        (["dump.jsonl", "--encoding", "rot13"], "--encoding rot13: no such encoding"),
        (["dump.jsonl", "--encoding", ""], "encoding"),
        (["dump.jsonl", "--cut", "words"], "--cut: 'words'"),
        (["dump.jsonl", "--part", "0"], "--part: 0"),
        (["dump.jsonl", "--engine", "tensorrt"], "--engine: 'tensorrt'"),
        (["dump.jsonl", "--engine", "onnx"], "not exported for onnx. Do so with: narrashift export"),
        (["dump.jsonl", "--engine", "onnx-int8", "--device", "cuda"], "runs on the CPU, not on 'cuda'"),
        (["dump.jsonl", "--threads", "0"], "--threads: 0"),
        (["dump.jsonl", "--device", "warp"], "warp"),
        (["dump.jsonl", "--set", "nothing=3"], "nothing: no such setting"),
        (["dump.jsonl", "--set", "part"], "KEY=VALUE is expected"),
        (["dump.jsonl", "--set", "passage_tokens=3"], r"passage.tokens.*3"),
        (["dump.jsonl", "--config", "missing.toml"], "missing.toml: No such file"),
        (["dump.jsonl", "--out", "dump.jsonl"], "dump.jsonl: exists and is no score folder"),
        (["dump.jsonl", "--out", "dump.jsonl/scores"], "dump.jsonl/scores: Not a directory"),
        (["dump.jsonl", "--out", "."], "exists and is no score folder"),
        (["dump.jsonl", "--out", "broken"], r"broken/run\.json"),
    ],
)
def test_what_the_user_can_put_right_is_one_line_and_exit_code_2(run, tiny_bundle, arguments, message):
    Path("broken").mkdir()
    Path("broken/run.json").write_text("[]", "utf-8")
    model = [] if "--model" in arguments or not arguments else ["--model", tiny_bundle]
    code, out, err = run(*arguments, *model)
    assert (code, out) == (2, "")
    *progress, line = err
    assert progress in ([], ["reading the input through …"])
    assert re.search(message, line)


def test_an_unknown_flag_is_refused_with_exit_code_2(run, tiny_bundle):
    code, _, err = run("dump.jsonl", "--model", tiny_bundle, "--bundel", "x")
    assert code == 2
    assert "No such option" in err[-1]


def test_another_run_in_the_folder_is_refused_with_exit_code_2(run, tiny_bundle):
    run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    Path("dump.jsonl").write_text(json.dumps(ROWS[0]), "utf-8")
    code, out, err = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    assert (code, out) == (2, "")
    assert "scores: holds another run" in err[-1]


def test_a_full_disk_is_one_line_and_exit_code_2(run, tiny_bundle, monkeypatch):
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("narrashift.serving.folder.pq.write_table", full)
    code, out, err = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    assert (code, out) == (2, "")
    assert "the disk is full" in err[-1]
    monkeypatch.undo()


def test_a_limit_on_the_size_of_files_is_one_line_and_exit_code_2(run, tiny_bundle):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        code, out, err = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, out) == (2, "")
    assert "a file grew beyond what this user may write" in err[-1]
    assert [*Path("scores").rglob("*.tmp")] == []
    assert run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")[0] == 0


def test_ctrl_c_says_how_to_go_on(run, tiny_bundle, monkeypatch):
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("narrashift.serving.folder.pq.write_table", interrupt)
    code, _, err = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores")
    assert code == 130
    assert "goes on" in err[-1]


def test_a_bundle_that_does_not_know_its_risks_leaves_nothing_undecided(run, without_risks, tmp_path):
    code, _, said = run("dump.jsonl", "--model", without_risks, "--out", "scores", "--abstain", 0.1)
    assert (code, len(said)) == (2, 1)
    assert "decision.json does not say how wrong the bundle's answers are" in said[0]
    assert not (tmp_path / "scores").exists()


def test_it_is_said_before_scoring_where_every_passage_will_be_left_undecided(run, tiny_bundle):
    code, _, said = run("dump.jsonl", "--model", tiny_bundle, "--out", "scores", "--abstain", 1e-6)
    assert code == 0
    assert said[0].startswith("note: --abstain 1e-06: every passage is left undecided in stance")
    assert pq.read_table("scores/parts")["stance"].to_pylist() == [None]


def test_the_commands_of_the_pages_that_run_on_ray_are_understood(run):
    page = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text("utf-8")
    commands = re.findall(r"^narrashift score (.* --on ray.*)$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        code, out, _ = run(*command.split(), "--print-config")
        assert code == 0
        assert tomllib.loads(out)["on"] == "ray"
    assert tomllib.loads(out)["workers"] == 500 and tomllib.loads(out)["ray_address"] == "auto"
