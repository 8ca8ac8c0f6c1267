"""An input that is not what it was: between two starts, and while it is scored; or that cannot be read at all."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import narrashift
from narrashift import UserError
from narrashift.serving.folder import ScoreFolder
from narrashift.serving.settings import ScoreSettings

LINES = [json.dumps({"id": n, "text": f"Village {n} was retaken."}) + "\n" for n in range(24)]
BROKEN_DISK = Path("/proc/self/mem")
"""A file whose reading fails with an I/O error, also for root."""


@pytest.fixture
def dump(tmp_path) -> Path:
    """A folder of three files of eight rows."""
    folder = tmp_path / "dump"
    folder.mkdir()
    for index, name in enumerate(("a", "b", "c")):
        (folder / f"{name}.jsonl").write_text("".join(LINES[8 * index : 8 * index + 8]), "utf-8")
    return folder


@pytest.fixture
def score(dump, tmp_path, exported_bundle, read_folder, small_parts):
    """Score the dump into a folder of that name, in parts of four rows; call something at the first tick."""

    def run(out: str = "scores", *, inputs: list[Path] | None = None, meanwhile: Callable[[], object] | None = None):
        waiting = [meanwhile] if meanwhile else []

        def listen(what: str, done: float, total: float) -> None:
            if what.startswith("scoring") and waiting:
                waiting.pop()()

        settings = ScoreSettings(part=1, engine="onnx", device="cpu")
        narrashift.score(
            inputs or [dump], model=exported_bundle, out=tmp_path / out, settings=settings, progress=listen
        )
        return read_folder(tmp_path / out)

    return run


def same_size(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("retaken", "flooded"), "utf-8")


CHANGES = {
    "input b.jsonl has changed: other content of the same size": lambda d: same_size(d / "b.jsonl"),
    r"input b.jsonl has changed: \d+ bytes there, \d+ here": lambda d: (d / "b.jsonl").write_text(LINES[0]),
    "input c.jsonl is missing here": lambda d: (d / "c.jsonl").unlink(),
    "input aa.jsonl was not there": lambda d: (d / "aa.jsonl").write_text(LINES[0]),
    "input c.jsonl is called x.jsonl here": lambda d: (d / "c.jsonl").rename(d / "x.jsonl"),
}


@pytest.mark.parametrize("said", CHANGES)
def test_an_input_that_changed_between_starts_is_refused_with_what_changed(score, dump, tmp_path, said):
    score()
    CHANGES[said](dump)
    with pytest.raises(UserError, match=rf"^{tmp_path}/scores: holds another run \({said}\). Choose another --out$"):
        score()


def test_files_in_another_order_are_refused(score, dump):
    """The place where a killed run goes on is the number of a file."""
    files = sorted(dump.iterdir())
    score(inputs=files)
    with pytest.raises(UserError, match="the input files come in another order"):
        score(inputs=files[::-1])


def append(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(LINES[0])


def replace(path: Path) -> None:
    path.with_name("new").write_text(path.read_text("utf-8").replace("retaken", "flooded"), "utf-8")
    path.with_name("new").replace(path)


@pytest.mark.parametrize("name", ["a.jsonl", "c.jsonl"])
@pytest.mark.parametrize("change", [append, same_size, replace, lambda p: os.truncate(p, len(LINES[0])), Path.unlink])
def test_an_input_that_changes_while_it_is_scored_ends_the_run_and_spoils_nothing(score, dump, change, name, tmp_path):
    calm, path = score("calm"), dump / name
    before = path.read_bytes()
    with pytest.raises(UserError, match=rf"^{name}: (changed|unreadable).*at the start") as refused:
        score(meanwhile=lambda: change(path))
    assert "the same command goes on" in str(refused.value) or "start the same command again" in str(refused.value)
    assert not (tmp_path / "scores" / "errors.parquet").exists(), "not done"
    path.write_bytes(before)
    assert score().same_data(calm)


def test_an_input_that_grows_behind_its_last_part_does_not_end_as_done(score, dump, monkeypatch):
    calm, write_part = score("calm"), ScoreFolder.write_part

    def write_and_grow(folder: ScoreFolder, *args: object, **options: object) -> None:
        write_part(folder, *args, **options)
        if folder.counts.rows == len(LINES):
            append(dump / "c.jsonl")

    with monkeypatch.context() as patch:
        patch.setattr(ScoreFolder, "write_part", write_and_grow)
        with pytest.raises(UserError, match=r"c\.jsonl: changed while it was being scored"):
            score()
    os.truncate(dump / "c.jsonl", (dump / "c.jsonl").stat().st_size - len(LINES[0]))
    assert score().same_data(calm)


def test_an_input_that_is_only_touched_is_the_same(score, dump):
    calm = score("calm")
    assert score(meanwhile=lambda: os.utime(dump / "c.jsonl", (1, 1))).same_data(calm)


def test_a_disk_that_fails_meanwhile_loses_no_row(score, dump):
    """Read to its end before, a file whose rows break off now is no bad input: the rest must not be set aside."""
    calm = score("calm")
    (dump / "c.jsonl").rename(dump.parent / "c")
    (dump / "c.jsonl").symlink_to(dump.parent / "c")

    def fail() -> None:
        (dump / "c.jsonl").unlink()
        (dump / "c.jsonl").symlink_to(BROKEN_DISK)

    with pytest.raises(UserError, match=r"c\.jsonl: unreadable: Input/output error, although it could be read"):
        score(meanwhile=fail)
    (dump / "c.jsonl").unlink()
    (dump / "c.jsonl").symlink_to(dump.parent / "c")
    assert score().same_data(calm)


def test_what_cannot_be_read_in_the_middle_is_set_aside_with_its_reason(score, dump):
    (dump / "a1.jsonl").symlink_to(BROKEN_DISK)
    (dump / "a2.jsonl").symlink_to(dump / "nowhere")
    (dump / "a3.jsonl").mkdir()
    (dump / "a3.jsonl" / "inner.jsonl").write_text(LINES[0])
    (dump / "a4.jsonl.gz").write_bytes(gzip.compress("".join(LINES * 9).encode())[:-50])
    found = score()
    reasons = {row["file"]: row["reason"] for row in found.refused}
    assert sorted(reasons) == ["a1.jsonl", "a2.jsonl", "a4.jsonl.gz"]
    assert "Input/output error" in reasons["a1.jsonl"]
    assert "No such file" in reasons["a2.jsonl"]
    assert "gzip" in reasons["a4.jsonl.gz"]
    assert set(range(24)) <= set(found.table["id"].to_pylist())
    assert score().same_data(found)
    (dump / "a1.jsonl").unlink()
    (dump / "a1.jsonl").write_text(LINES[0])
    with pytest.raises(UserError, match=r"input a1\.jsonl has changed"):
        score()
