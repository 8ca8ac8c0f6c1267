"""SIGKILL: at random moments, and before every step that a run takes in its folder.

One process imports the package and forks a scorer again and again, which saves each its seconds of imports.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift import UserError
from narrashift.serving.settings import ScoreSettings

SCORER = """
import json, os, random, signal, sys, time
from pathlib import Path
import onnxruntime, pandas, torch  # Arrow imports pandas when it is first used
import narrashift
import narrashift.serving.windows as windows
from narrashift.serving.settings import ScoreSettings

windows.ROWS_AT_ONCE = 4
torch.set_num_threads(1)
model, engine, out, *dump = sys.argv[1:]
narrashift.load(model)

def fork(folder, inputs, die_before=0):
    pid = os.fork()
    if pid:
        return pid
    steps = 0
    def audit(event, args):
        nonlocal steps
        writes = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir") or (
            event == "open" and isinstance(args[1], str) and "w" in args[1]
        )
        if writes and str(args[0]).startswith(str(folder)):
            steps += 1
            if steps == die_before:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(audit)
    try:
        narrashift.score(inputs, model=model, out=folder, settings=ScoreSettings(part=1, engine=engine))
        os._exit(0)
    except BaseException as error:
        print(f"{folder.name}: {type(error).__name__}: {error}", flush=True)
        os._exit(1)

def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def at_random(out):
    began = time.monotonic()
    assert ended(fork(out / "calm", dump)) == 0
    usual = time.monotonic() - began
    rng, killed, folder = random.Random(3), 0, out / "killed"
    while killed < 6:
        pid = fork(folder, dump)
        time.sleep(rng.uniform(0.1, 0.9) * usual)
        os.kill(pid, signal.SIGKILL)
        if ended(pid) == -signal.SIGKILL:
            killed += 1
        else:  # it was quicker: a folder is finished, and the next kills meet a new one
            folder = out / f"killed-{killed}"
    ended(fork(folder, dump))

def at_every_step(out):
    assert ended(fork(out / "calm", dump[2:])) == 0
    for step in range(1, 100):
        folder = out / f"killed-{step:02d}"
        if ended(fork(folder, dump[2:], die_before=step)) == 0:
            break
        ended(fork(folder, dump[2:]))

at_random(Path(out) / "random")
at_every_step(Path(out) / "steps")
"""

HOLDER = """
import sys, time
import narrashift

def hold(what, done, total):
    if what.startswith("scoring"):
        print("scoring", flush=True)
        time.sleep(600)

narrashift.score(sys.argv[3:], model=sys.argv[1], out=sys.argv[2], progress=hold)
"""


@pytest.fixture
def dump(write_dump, tmp_path, articles) -> list[Path]:
    """Articles and refused rows in four files, one of them cut short."""
    noise = random.Random(0)
    files = [write_dump([*articles[:6], "{", "", *articles[6:9], {"id": 99, "text": ""}], "a.jsonl")]
    whole = "".join(json.dumps({"id": 100 + n, "text": noise.randbytes(50).hex()}) + "\n" for n in range(40))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(whole.encode())[:900])
    (tmp_path / "c.csv").write_text("id,text\n1,Kyiv holds.,extra\n2,\n", "utf-8")
    pq.write_table(pa.table({"id": range(200, 205), "text": ["Kyiv holds."] * 5}), tmp_path / "d.parquet")
    return [*files, tmp_path / "b.jsonl.gz", tmp_path / "c.csv", tmp_path / "d.parquet"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "onnx-int8"])
def test_a_killed_scorer_goes_on_to_the_same_data(dump, exported_bundle, tmp_path, read_folder, engine):
    for how in ("random", "steps"):
        (tmp_path / how).mkdir()
    command = [sys.executable, "-c", SCORER, str(exported_bundle), engine, str(tmp_path), *map(str, dump)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr[-2_000:]
    for how, fewest in (("random", 1), ("steps", 10)):
        calm = read_folder(tmp_path / how / "calm")
        assert len(list((calm.folder / "parts").iterdir())) >= 2
        killed = sorted((tmp_path / how).glob("killed*"))
        assert len(killed) >= fewest
        for folder in killed:
            assert read_folder(folder).same_data(calm), folder.name
            assert not list(folder.rglob("*.tmp"))


@pytest.mark.slow
def test_a_folder_is_held_while_its_scorer_lives(write_dump, tiny_bundle, tmp_path, articles, read_folder):
    dump, out = write_dump(articles), tmp_path / "out"
    command = [sys.executable, "-c", HOLDER, str(tiny_bundle), str(out), str(dump)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "scoring\n"
            with pytest.raises(UserError, match="another process is scoring into it"):
                narrashift.score([dump], model=tiny_bundle, out=out)
        finally:
            holder.kill()
    scored = narrashift.score([dump], model=tiny_bundle, out=out, settings=ScoreSettings())
    assert scored.counts.articles == len(articles)
