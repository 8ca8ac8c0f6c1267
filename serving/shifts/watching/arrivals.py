"""Which parts of which score folders have come since the last look."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....model.errors import UserError
from ...folder import PARTS, RUN


@dataclass(frozen=True)
class Arrival:
    """A score folder with the parts of it that are new, and what each is known by."""

    folder: Path
    parts: dict[Path, str]


def score_folders(roots: Sequence[Path]) -> list[Path]:
    """Every score folder among these or below them, by name, each once.

    Raises:
        UserError: one of them is no folder.
    """
    found: dict[Path, None] = {}
    for root in roots:
        if not root.is_dir():
            raise UserError(f"{root}: no such folder. Name a score folder, or a folder of score folders")
        for path, inside, files in os.walk(root):
            if RUN in files:
                found[Path(path).resolve()] = None
                inside.clear()
            inside[:] = sorted(name for name in inside if not name.startswith("."))
    return list(found)


def default_state(roots: Sequence[Path]) -> Path:
    """Where the state lies without `--state`: in the one folder that is watched, or beside the first of several."""
    first = roots[0].resolve()
    return (first if len(roots) == 1 else first.parent) / "watch.state"


def arrivals(folders: Sequence[Path], *, known: dict[tuple[str, str], str]) -> Iterator[Arrival]:
    """Folders with parts that are not known. A part is there as a whole, as it takes its name when it is complete.

    Args:
        known: folder and name -> what a part was known by: size and time of its last change.
    """
    for folder in folders:
        parts = {}
        for part in sorted((folder / PARTS).glob("*.parquet")):
            try:
                about = part.stat()
            except FileNotFoundError:  # taken away meanwhile
                continue
            mark = f"{about.st_size} {about.st_mtime_ns}"
            if known.get((str(folder), part.name)) != mark:
                parts[part] = mark
        if parts:
            yield Arrival(folder, parts)
