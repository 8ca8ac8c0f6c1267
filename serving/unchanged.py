"""Whether the input is still what the run began with.

A part is written only after the files that it was read from were found unchanged, so that every part is of the
content in the fingerprint, whatever happens to the files meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..model.errors import UserError
from ..rows import Input
from .fingerprint import read_through

State = tuple[int, int] | None
"""Size and time of a file's last change; None where it is not there."""


def file_states(inputs: Sequence[Input]) -> list[State]:
    """How the files look from outside. Take it before the fingerprint, so that a change in between shows."""
    return [_state(entry.path) for entry in inputs]


def check_unchanged(
    inputs: Sequence[Input],
    *,
    states: list[State],
    files: Sequence[dict[str, Any]],
    first: int,
    last: int,
    doubted: Collection[int] = (),
) -> None:
    """Raise where a file is no longer what the fingerprint is of.

    Args:
        states: of `file_states`; brought up to date where a file was touched but is the same.
        files: the fingerprint's `input`.
        first, last: the files to look at, both included.
        doubted: of them, those whose rows broke off: they are read once more, for they may have broken off because
            the disk or the network did.

    Raises:
        UserError: a file has changed, is gone, or cannot be read any more.
    """
    for index in range(first, last + 1):
        entry, now = inputs[index], _state(inputs[index].path)
        if now == states[index] and index not in doubted:
            continue
        _, digest = read_through(entry.path)
        if digest == files[index]["sha256"]:
            states[index] = now
            continue
        if digest.startswith("unreadable"):
            raise UserError(
                f"{entry.name}: {digest}, although it could be read at the start. What is written so far is whole; "
                "the same command goes on when it can be read again"
            )
        sizes = f"{files[index]['bytes']} bytes at the start, {now[0] if now else 0} now"
        raise UserError(
            f"{entry.name}: changed while it was being scored ({sizes}). What is written is of its content at the "
            "start: put that back and start the same command again, or choose another --out for the new one"
        )


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
