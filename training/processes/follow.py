"""A command in the first of several processes, and the others at hand wherever it fine-tunes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...model.errors import Interrupted, UserError
from ...model.progress import silent
from ..learning.fine_tune import fine_tune
from .job import Job, read_job
from .team import Left, Lost, Team, current_team, joined

END = "end"
"""Word that carries the exit code, when there is nothing more to do."""


def in_step(command: Callable[[], None]) -> None:
    """Run a command in the process that leads. All processes end with its exit code.

    Raises:
        UserError: the processes do not find each other; and whatever the command raises.
        SystemExit: where the command ends so.
    """
    with joined() as all_of_us:
        if all_of_us.leads:
            return _lead(all_of_us, command)
        code = _follow(all_of_us)
    sys.stderr.flush()
    os._exit(code)  # without a word: the leader has said everything


def _lead(ours: Team, command: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, _stop)  # torchrun's way to say that another process has ended
    code = 1
    try:
        command()
        code = 0
    except BaseException as error:
        code = _exit_code(error)
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is about to end, and has words to say
        _end(ours, code)


def _follow(ours: Team) -> int:
    """Take part in one fine-tuning after the other; the exit code that the leader sends in the end."""
    try:
        while True:
            words, tensors = ours.receive()
            if END in words:
                return int(words[END])
            try:
                _take_part(read_job(words, tensors))
            except (Left, Interrupted):  # the leader says what comes next
                continue
    except KeyboardInterrupt:
        return 130
    except Lost:
        if ours.rank == 1:  # one line is enough
            print("another process of this command has gone. The same command with --resume goes on", file=sys.stderr)
        return 1


def _take_part(job: Job) -> None:
    fine_tune(
        job.network,
        job.tokenizer,
        train=job.train,
        validation=job.train,
        settings=job.settings,
        work=Path(),
        position=job.position,
        progress=silent,
        on_epoch=lambda measured: None,
        state=job.state,
    )


def _end(ours: Team, code: int) -> None:
    if ours.others == "lost":
        return
    if code == 0 and not ours.jobs:
        print("note: one process did all the work; only what fine-tunes is shared out", file=sys.stderr)
    try:
        ours.send({END: code})
    except Lost:
        ours.others = "lost"


def _exit_code(error: BaseException) -> int:
    """What the command line makes of it."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, Interrupted | KeyboardInterrupt):
        return 130
    return 2 if isinstance(error, UserError) else 1


def _stop(number: int, frame: Any) -> None:
    if current_team().others != "lost":  # else this process is about to end with more to say
        raise KeyboardInterrupt
