"""Which files are meant by the paths that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..model.errors import UserError
from .formats import endings, readable


def find_files(inputs: Iterable[Path], *, format: str | None = None) -> list[Path]:
    """Files named, and the readable ones of folders named (sorted, at any depth, hidden ones left out).

    In folders, links to files are followed and links to folders are not, so that none is walked in a circle.

    Args:
        format: take every file, whatever its ending: all are read so.

    Raises:
        UserError: an input is missing, a file has an unknown ending, or nothing is left.
    """
    files: list[Path] = []
    for path in inputs:
        if not os.access(path, os.R_OK) and path.exists():
            raise UserError(f"{path}: may not be read")
        if path.is_dir():
            found = sorted(file for file in _walk(path) if format or readable(file))
            if not found:
                raise UserError(f"{path}: no file to read in this folder (looked for {endings()})")
            files += found
        elif not path.exists():
            raise UserError(f"{path}: no such file or folder")
        elif not path.is_file():
            raise UserError(f"{path}: a pipe or device. Save it as a file, or give it to score as standard input (-)")
        elif format is None and not readable(path):
            raise UserError(f"{path}: unknown file type {path.suffix!r} (readable: {endings()})")
        else:
            files.append(path)
    if not files:
        raise UserError(f"no input. Name files or folders ({endings()})")
    return list({os.path.realpath(path): path for path in reversed(files)}.values())[::-1]  # a file named twice is one


def _walk(folder: Path) -> Iterator[Path]:
    """Files at any depth, and links that lead nowhere, which are then set aside with that reason."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(here, name)
            if not name.startswith(".") and (path.is_file() or (path.is_symlink() and not path.exists())):
                yield path
