from __future__ import annotations

import errno
import json
import re
import shutil

import pyarrow.parquet as pq
import pytest

from narrashift import UserError
from narrashift.serving.folder import ScoreFolder

TEXT = "Ukrainian troops retook the village."
ROWS = [{"id": number, "text": TEXT} for number in range(12)]


@pytest.fixture
def finished(score_dump, small_parts):
    """A finished run of three parts, and how to start it again."""

    def again():
        return score_dump(ROWS, part=1)

    return again(), again


def test_a_run_can_be_listed(finished):
    outcome, _ = finished
    files = [path.relative_to(outcome.folder).as_posix() for path in outcome.folder.rglob("*") if path.is_file()]
    parts = [f"parts/0000{index}.parquet" for index in range(3)]
    sketches = [f"sketches/0000{index}.parquet" for index in range(3)]
    tables = ["duplicates.parquet", "errors.parquet", "held_out.parquet", "languages.json"]
    assert sorted(set(files) - {".lock"}) == [*tables, *parts, "progress.json", "run.json", *sketches]
    progress = json.loads((outcome.folder / "progress.json").read_text("utf-8"))
    assert (progress["done"], progress["parts"], progress["rows"]) == (True, 3, 12)


def test_a_finished_run_started_again_changes_nothing(finished):
    outcome, again = finished
    times = {path: path.stat().st_mtime_ns for path in outcome.folder.rglob("*.*") if path.name != ".lock"}
    repeated = again()
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert repeated.scored.passages_now == 0
    assert repeated.scored.counts == outcome.scored.counts


@pytest.mark.parametrize("left", [[".lock"], [".lock", "run.json.tmp"]])
def test_a_run_killed_before_it_wrote_what_it_does_starts_over(tmp_path, score_dump, left):
    (tmp_path / "scores").mkdir()
    for name in left:
        (tmp_path / "scores" / name).touch()
    assert score_dump(ROWS).scored.counts.articles == 12


@pytest.mark.parametrize("name", ["notes.txt", ".git", "parts"])
def test_a_folder_of_something_else_is_refused(tmp_path, score_dump, name):
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / name).touch()
    with pytest.raises(UserError, match="exists and is no score folder"):
        score_dump(ROWS)
    assert [path.name for path in (tmp_path / "scores").iterdir()] == [name]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, score_dump):
    (tmp_path / "scores").touch()
    with pytest.raises(UserError, match="exists and is no score folder"):
        score_dump(ROWS)


@pytest.mark.parametrize(
    ("key", "before", "now"),
    [("part", 1, 2), ("passage_sentences", 6, 3), ("precision", "auto", "bf16"), ("cut", "sentences", "none")],
)
def test_other_settings_are_refused_by_their_name(finished, score_dump, key, before, now):
    with pytest.raises(UserError, match="holds another run") as refused:
        score_dump(ROWS, **{"part": 1, key: now})
    _, _, difference = str(refused.value).partition("holds another run")
    assert re.search(rf"{key}.*{before}.*{now}", difference)


def test_another_input_is_refused_by_its_name(score_dump, write_dump):
    files = [write_dump(ROWS[:2], f"{name}.jsonl") for name in ("first", "second", "third")]
    score_dump(*files)
    write_dump(ROWS[:3], "third.jsonl")
    with pytest.raises(UserError, match=r"holds another run.*third\.jsonl"):
        score_dump(*files)


def test_another_model_is_refused(finished, score_dump, tiny_bundle, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tiny_bundle, other)
    decision = json.loads((other / "decision.json").read_text("utf-8"))
    decision["tasks"]["stance"]["temperature"] = 9.0
    (other / "decision.json").write_text(json.dumps(decision), "utf-8")
    with pytest.raises(UserError, match="holds another run.*bundle.*decision"):
        score_dump(ROWS, part=1, model=other)


def test_a_copy_of_the_model_elsewhere_is_the_same_model(finished, score_dump, tiny_bundle, tmp_path):
    shutil.copytree(tiny_bundle, tmp_path / "copy")
    assert score_dump(ROWS, part=1, model=tmp_path / "copy").same_data(finished[0])


def test_a_second_scorer_in_the_folder_is_refused(finished):
    outcome, again = finished
    identity = json.loads((outcome.folder / "run.json").read_text("utf-8"))
    with ScoreFolder(outcome.folder, identity), pytest.raises(UserError, match="another process is scoring into it"):
        again()
    assert again().same_data(outcome)


def test_a_file_system_without_locks_is_refused_with_the_way_out(score_dump, monkeypatch):
    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(UserError, match="its file system has no locks. Choose an --out on another"):
        score_dump(ROWS)


def test_a_lost_part_of_a_finished_run_is_written_again(finished):
    """The message about a broken part says to delete it and to start again."""
    outcome, again = finished
    for name in ("00001", "00002"):
        (outcome.folder / "parts" / f"{name}.parquet").unlink()
    repeated = again()
    assert repeated.same_data(outcome)
    assert repeated.scored.counts.rows == 12


@pytest.mark.parametrize("lost", ["00000", "00001"])
def test_a_gap_in_the_parts_is_refused_and_nothing_is_mixed(finished, score_dump, lost):
    """A later part may be another stretch of the input than the one that would follow."""
    outcome, again = finished
    (outcome.folder / "parts" / f"{lost}.parquet").unlink()
    with pytest.raises(UserError, match=rf"{lost}\.parquet: missing, but later parts are there"):
        again()
    with pytest.raises(UserError, match="holds another run"):
        score_dump(ROWS, part=2)


def test_a_broken_part_is_named_with_the_way_out(finished):
    outcome, again = finished
    (outcome.folder / "parts" / "00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"00001\.parquet: broken.*Delete it and those after it"):
        again()


def test_a_part_that_another_program_wrote_is_named(finished):
    outcome, again = finished
    part = outcome.folder / "parts" / "00001.parquet"
    pq.write_table(pq.read_table(part).replace_schema_metadata(None), part)
    with pytest.raises(UserError, match=r"00001\.parquet"):
        again()


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_run_file_is_named(finished, content):
    outcome, again = finished
    (outcome.folder / "run.json").write_text(content, "utf-8")
    with pytest.raises(UserError, match=r"run\.json"):
        again()


def test_a_score_folder_inside_the_dump_is_no_input(tmp_path, score_dump, write_dump):
    (tmp_path / "dump").mkdir()
    write_dump(ROWS, "dump/a.jsonl")
    first = score_dump(tmp_path / "dump", out="dump/scores")
    assert score_dump(tmp_path / "dump", out="dump/scores").same_data(first)


def test_a_start_that_failed_does_not_block_the_right_one(score_dump):
    with pytest.raises(Exception, match="warp"):
        score_dump(ROWS, device="warp")
    assert score_dump(ROWS, device="cpu").scored.counts.articles == 12
