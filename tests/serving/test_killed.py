"""SIGKILL: at random moments, before every step that a run takes in its folder, and of a whole command."""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PROGRAM = Path(__file__).parent / "kill_scorers.py"
ROWS_OF_A_PART = 256


@pytest.fixture
def dump(write_dump, tmp_path, articles) -> list[Path]:
    """Articles, reprints of them and refused rows in four files, one of them cut short."""
    noise = random.Random(0)
    rows = [*articles[:6], "{", "", *articles[6:9], {"id": 99, "text": ""}, *articles[:9]]
    whole = "".join(json.dumps({"id": 100 + n, "text": noise.randbytes(50).hex()}) + "\n" for n in range(40))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(whole.encode())[:900])
    (tmp_path / "c.csv").write_text("id,text\n1,Kyiv holds.,extra\n2,\n", "utf-8")
    pq.write_table(pa.table({"id": range(200, 205), "text": ["Kyiv holds."] * 5}), tmp_path / "d.parquet")
    return [write_dump(rows, "a.jsonl"), *(tmp_path / name for name in ("b.jsonl.gz", "c.csv", "d.parquet"))]


def same_bytes(folder: Path, other: Path) -> bool:
    """Whether parts and errors of two score folders are the same, byte by byte."""
    names = sorted(path.relative_to(other) for path in other.rglob("*.parquet"))
    return names == sorted(path.relative_to(folder) for path in folder.rglob("*.parquet")) and all(
        (folder / name).read_bytes() == (other / name).read_bytes() for name in names
    )


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "kills"), [("torch", 6), ("onnx-int8", 50)])
def test_a_killed_scorer_goes_on_to_the_same_data(dump, exported_bundle, tmp_path, engine, kills):
    out = tmp_path / "out"
    (out / "steps").mkdir(parents=True)
    command = [sys.executable, str(PROGRAM), str(exported_bundle), engine, str(kills), str(out), *map(str, dump)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    told = json.loads(ran.stdout)
    met = [kill["parts"] for kill in told["met"]]
    assert len(met) == kills
    assert met.count(0) >= kills // 10, "killed before the first part"
    assert met.count(told["parts"]) >= kills // 10, "killed after the last part"
    assert len(met) - met.count(0) - met.count(told["parts"]) >= kills // 10, "killed in between"
    if kills >= 50:
        assert any(kill["torn"] for kill in told["met"]), "killed while a file was written"
        assert len(set(met)) >= 6
        assert len([*out.glob("steps/step-*")]) >= 10
    for folder in [*out.glob("killed-*"), *out.glob("steps/step-*")]:
        assert same_bytes(folder, folder.parent / "calm"), folder.name
        assert not [*folder.rglob("*.tmp")]


@pytest.fixture
def command(write_dump, exported_bundle, articles) -> list[str]:
    """`narrashift score` over 1,280 rows, in five parts."""
    texts = [article["text"] for article in articles]
    rows = [{"id": n, "text": f"{texts[n % 30]} {n % 700}"} for n in range(5 * ROWS_OF_A_PART)]
    own = ["--model", str(exported_bundle), "--engine", "onnx", "--part", "1", "--out"]
    return [sys.executable, "-m", "narrashift", "score", str(write_dump(rows)), *own]


def parts_of(folder: Path) -> Iterator[Path]:
    return folder.glob("parts/*.parquet")


@pytest.mark.slow
def test_a_second_scorer_is_refused_while_the_first_lives_and_not_when_it_was_killed(command, tmp_path):
    """The first is stopped in its tracks, so that it surely holds the folder, and then killed."""
    assert subprocess.run([*command, str(tmp_path / "calm")], capture_output=True, timeout=120).returncode == 0
    out = tmp_path / "out"
    with subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        while first.poll() is None and len([*parts_of(out)]) < 2:
            time.sleep(0.001)
        first.send_signal(signal.SIGSTOP)
        second = subprocess.run([*command, str(out)], capture_output=True, text=True, timeout=120)
        first.kill()
    assert first.returncode == -signal.SIGKILL
    assert second.returncode == 2
    assert second.stderr.splitlines()[-1].startswith(f"{out}: another process is scoring into it. Wait for it")
    assert 2 <= len([*parts_of(out)]) < 5, "killed in the middle"
    third = subprocess.run([*command, str(out)], capture_output=True, text=True, timeout=120)
    assert third.returncode == 0, third.stderr[-2_000:]
    assert same_bytes(out, tmp_path / "calm")
