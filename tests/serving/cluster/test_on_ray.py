"""Real Ray on this machine: its processes are killed while they score."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import narrashift
from narrashift.serving.settings import ScoreSettings

DRIVER = """
import sys
import narrashift
from narrashift.serving.settings import ScoreSettings

model, out, *dump = sys.argv[1:]
narrashift.score(dump, model=model, out=out, settings=ScoreSettings(part=1, engine="onnx-int8", on="ray", workers=2))
"""
ROWS = 160


@pytest.fixture
def dump(write_dump, articles) -> list[Path]:
    """160 rows in two files, some refused."""
    rows = [{**articles[n % 30], "id": n, "text": f"{articles[n % 30]['text']} ({n})"} for n in range(ROWS - 4)]
    half = len(rows) // 2
    return [write_dump([*rows[:half], "{", '{"id": 7}'], "a.jsonl"), write_dump(["{", '"x"', *rows[half:]], "b.jsonl")]


def written(out: Path) -> int:
    return len([*(out / "parts").glob("*.parquet")])


def kill_everything(driver: subprocess.Popen) -> None:
    """The driver first, so that it can end nothing in order; then what Ray started for it."""
    below = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    for process in below:
        if process.is_running():
            process.kill()
    driver.wait()
    psutil.wait_procs(below, timeout=20)


@pytest.mark.slow
def test_killed_as_a_whole_and_then_one_of_its_two_workers_ray_writes_the_table_of_this_machine(
    dump, exported_bundle, tmp_path, read_folder
):
    local, out = tmp_path / "local", tmp_path / "ray"
    narrashift.score(dump, model=exported_bundle, out=local, settings=ScoreSettings(engine="onnx-int8"))

    command = [sys.executable, "-c", DRIVER, str(exported_bundle), str(out), *map(str, dump)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as driver:
        try:
            deadline = time.monotonic() + 120
            while written(out) < 3 and driver.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            kill_everything(driver)
    before = written(out)
    assert 3 <= before < ROWS // 2
    assert json.loads((out / "progress.json").read_text("utf-8"))["done"] is False

    killed: list[psutil.Process] = []

    def kill_one(what: str, done: float, total: float) -> None:
        if what.startswith("scoring") and done > before and not killed:
            below = psutil.Process().children(recursive=True)
            workers = [process for process in below if "ScoreWorker" in "".join(process.cmdline())]
            assert len(workers) == 2
            workers[0].kill()
            killed.append(workers[0])
            assert written(out) < ROWS, "the run was over before the worker was killed"

    settings = ScoreSettings(part=1, engine="onnx-int8", on="ray", workers=2, format="csv")
    scored = narrashift.score(dump, model=exported_bundle, out=out, settings=settings, progress=kill_one)

    assert killed and not killed[0].is_running()
    ours, calm = read_folder(out), read_folder(local)
    assert ours.same_data(calm)
    assert (out / "scores.csv").read_bytes().count(b"\n") > ours.table.num_rows
    assert scored.parts == ROWS and scored.counts.rows == ROWS and scored.counts.refused == 4
    assert before <= scored.counts.passages - scored.passages_now < scored.counts.passages
    assert not [*out.rglob("*.tmp")]
    assert json.loads((out / "progress.json").read_text("utf-8"))["done"] is True
