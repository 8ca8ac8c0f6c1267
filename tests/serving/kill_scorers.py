"""Score a dump again and again, and kill the scorer: a program for test_killed.py.

One process imports the package and forks a scorer for each run, which saves each its seconds of imports. It prints what
each kill met, as JSON. Called with bundle, engine, kills, folder and the files of the dump.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pandas  # noqa: F401  Arrow imports it, and the next, when they are first used
import pyarrow.dataset  # noqa: F401

import narrashift
import narrashift.model.onnx_classifier
import narrashift.serving.score
from narrashift.serving import chunks
from narrashift.serving.settings import ScoreSettings

LOOK = 0.001
"""Seconds between two looks at a scorer."""
WRITING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")


def fork(folder: Path, *, die_before: int = 0) -> int:
    """Start a scorer; it may kill itself before the step of that number in its folder. Its process id."""
    pid = os.fork()
    if pid:
        return pid
    steps = 0

    def audit(event: str, args: tuple) -> None:
        nonlocal steps
        opens = event == "open" and isinstance(args[1], str) and "w" in args[1]
        if (event in WRITING or opens) and str(args[0]).startswith(str(folder)):
            steps += 1
            if steps == die_before:
                os.kill(os.getpid(), signal.SIGKILL)

    if die_before:
        sys.addaudithook(audit)
    try:
        narrashift.score(dump, model=model, out=folder, settings=ScoreSettings(part=1, engine=engine, device="cpu"))
        os._exit(0)
    except BaseException as error:
        print(f"{folder.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def parts_in(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return sum(part.suffix == ".parquet" for part in (folder / "parts").iterdir())
    return 0


def ended(pid: int) -> int:
    """Wait; the exit code, negative if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def used(pid: int) -> float | None:
    """Seconds of processor time of a scorer, which other work on the machine does not shift; None when it has ended."""
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        return None
    return time.clock_gettime((~pid << 3) | 2)  # Linux: the clock of another process


def watched(folder: Path) -> tuple[int, float, float, float]:
    """An undisturbed run: its parts, and the processor time to the first, to the last, and to the end."""
    pid, moments = fork(folder), []
    while (now := used(pid)) is not None:
        moments += [now] * (parts_in(folder) - len(moments))
        end = now
        time.sleep(LOOK)
    assert ended(pid) == 0
    return parts_in(folder), moments[0], moments[-1], end


def at_random(out: Path, *, kills: int) -> None:
    """Kill at random moments of three stretches in turn: up to the first part, up to the last, and after it."""
    parts, first, last, end = watched(out / "calm")
    rng, folders, met = random.Random(3), 0, []
    while len(met) < kills:
        assert folders < 5 * kills, f"only {len(met)} of {kills} kills met a scorer"
        folder, stretch = out / f"killed-{folders:02d}", len(met) % 3
        after = (0.0, first, 0.0)[stretch]
        moment = after + rng.random() * (first, last - first, end - last)[stretch]
        pid = fork(folder)
        while (now := used(pid)) is not None:
            if stretch == 2 and not after and parts_in(folder) == parts:
                after, moment = now, now + moment
            if now >= moment and (stretch < 2 or after):
                break
            time.sleep(LOOK)
        os.kill(pid, signal.SIGKILL)
        code = ended(pid)
        if code == -signal.SIGKILL:
            met.append({"parts": parts_in(folder), "torn": folder.exists() and any(folder.rglob("*.tmp"))})
        if code == 0 or parts_in(folder) == parts:  # the next kills meet a new folder
            assert ended(fork(folder)) == 0
            folders += 1
    assert ended(fork(out / f"killed-{folders:02d}")) == 0
    print(json.dumps({"parts": parts, "met": met}))


def at_every_step(out: Path) -> None:
    """Kill before each opening, renaming and removing in the folder, one run after the other."""
    assert ended(fork(out / "calm")) == 0
    for step in range(1, 200):
        folder = out / f"step-{step:03d}"
        if ended(fork(folder, die_before=step)) == 0:
            return
        assert ended(fork(folder)) == 0


if __name__ == "__main__":
    model, engine, kills, place, *names = sys.argv[1:]
    if engine == "torch":
        import torch

        torch.set_num_threads(1)
        narrashift.load(model)
    dump = [Path(name) for name in names]
    chunks.ROWS_AT_ONCE = 4
    os.fsync = lambda descriptor: None  # a killed process loses no more without it, and a run takes half the time
    at_random(Path(place), kills=int(kills))
    if engine != "torch":
        dump = dump[2:]
        at_every_step(Path(place) / "steps")
