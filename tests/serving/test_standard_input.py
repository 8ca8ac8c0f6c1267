"""Standard input is kept in the score folder, so that a run can be gone on with."""

from __future__ import annotations

import gzip
import io
import json

import pytest
import zstandard

import narrashift
from narrashift import UserError
from narrashift.serving.settings import ScoreSettings

LINES = "".join(json.dumps({"id": n, "text": f"Kyiv holds, day {n}."}) + "\n" for n in range(5)).encode()


class Piped(io.StringIO):
    """A standard input that is no terminal."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.buffer = io.BytesIO(content)


@pytest.fixture
def score_piped(tmp_path, tiny_bundle, read_folder, monkeypatch):
    def score(content, out="scores", format="jsonl", **chosen):
        monkeypatch.setattr("sys.stdin", Piped(content))
        settings = ScoreSettings(input_format=format, **chosen)
        scored = narrashift.score(["-"], model=tiny_bundle, out=tmp_path / out, settings=settings)
        return read_folder(tmp_path / out, scored)

    return score


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_what_is_piped_in_is_scored_packed_or_not(score_piped, score_dump, tmp_path, pack):
    (tmp_path / "dump.jsonl").write_bytes(LINES)
    piped = score_piped(pack(LINES)).table.drop_columns("file")
    assert piped.equals(
        score_dump(tmp_path / "dump.jsonl", out="other", input_format="jsonl").table.drop_columns("file")
    )


def test_the_same_again_does_nothing_and_another_is_refused(score_piped, tmp_path):
    first = score_piped(LINES)
    again = score_piped(LINES)
    assert (first.scored.passages_now, again.scored.passages_now) == (5, 0)
    with pytest.raises(UserError, match="holds another run"):
        score_piped(LINES + b"{}\n")
    assert (tmp_path / "scores" / "stdin.jsonl").read_bytes() == LINES
    assert score_piped(LINES).scored.passages_now == 0


def test_what_failed_before_a_part_was_written_binds_nobody(score_piped):
    with pytest.raises(UserError, match="no column 'text'"):
        score_piped(b'{"body": "Kyiv holds."}\n')
    assert len(score_piped(LINES).rows) == 5


def test_a_format_has_to_be_named_and_something_piped_in(tmp_path, tiny_bundle, monkeypatch):
    with pytest.raises(UserError, match="--input-format"):
        narrashift.score(["-"], model=tiny_bundle, out=tmp_path / "scores")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UserError, match="standard input is a terminal"):
        narrashift.score(["-"], model=tiny_bundle, out=tmp_path / "scores", settings=ScoreSettings(input_format="csv"))


def test_a_folder_that_is_none_of_ours_is_left_alone(score_piped, tmp_path):
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "mine.txt").touch()
    with pytest.raises(UserError, match="no score folder"):
        score_piped(LINES)
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["mine.txt"]


def test_what_was_piped_in_is_no_input_of_a_run_over_the_folder_around_it(score_piped, score_dump, tmp_path):
    score_piped(LINES, out="dump/scores")
    (tmp_path / "dump" / "a.jsonl").write_bytes(LINES)
    with pytest.raises(UserError, match="holds another run"):
        score_dump(tmp_path / "dump", out="dump/scores")
    assert len(score_dump(tmp_path / "dump" / "a.jsonl", out="fresh").rows) == 5
