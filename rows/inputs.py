"""Inputs: what is read as one stream of rows, a file or a member of a zip file, and what it is called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .archive import Member, list_members
from .formats import endings, file_format, is_archive, packing


@dataclass(frozen=True)
class Input:
    """A file, or a member of a zip file.

    Attributes:
        name: what it is called in places.
        format: the reader's name.
        packing: `gzip` or `zstd`, or None.
        refused: why it is set aside instead of being read.
    """

    path: Path
    name: str
    format: str = "text"
    packing: str | None = None
    member: Member | None = None
    refused: str | None = None


def file_input(path: Path, *, name: str | None = None, format: str | None = None) -> Input:
    """A file that is no zip, by its ending or read as `format`."""
    return Input(path, name or _decodable(path.name), format or file_format(path) or "text", packing(path.name))


def name_inputs(files: Iterable[Path], *, format: str | None = None) -> list[Input]:
    """Files as inputs, with the names by which their rows are told apart; a zip file becomes its members.

    Args:
        format: read every file so, whatever its ending.
    """
    files = list(files)
    inputs: list[Input] = []
    for path, name in zip(files, file_names(files), strict=True):
        if is_archive(path):
            inputs += _members(path, name, format)
        else:
            inputs.append(file_input(path, name=name, format=format))
    return inputs


def file_names(files: list[Path]) -> list[str]:
    """What to call each file: its own name, or its path below the folder they share where names repeat."""
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        real = [Path(os.path.realpath(file)) for file in files]  # unlike `resolve`, also of a link to itself
        shared = os.path.commonpath([file.parent for file in real])
        names = [file.relative_to(shared).as_posix() for file in real]
    return [_decodable(name) for name in names]


def _members(path: Path, name: str, format: str | None) -> Iterator[Input]:
    """Members that can be read, and those (or the whole file) that are set aside. Other endings are left out."""
    members = list_members(path)
    if isinstance(members, str):
        yield Input(path, name, refused=members)
        return
    empty, seen = True, dict[str, int]()
    for member in members:
        kind = format or file_format(member.name)
        if kind is None and not is_archive(member.name):
            continue
        empty = False
        seen[member.name] = seen.get(member.name, 0) + 1
        label = f"{name}/{member.name}" + (f" ({seen[member.name]})" if seen[member.name] > 1 else "")
        refused = member.refused
        if is_archive(member.name):
            refused = "a zip file inside a zip file is not opened. Unpack it first"
        yield Input(path, label, kind or "text", packing(member.name), member, refused)
    if empty:
        yield Input(path, name, refused=f"no file to read in this zip file (looked for {endings()})")


def _decodable(name: str) -> str:
    """A file name as text: bytes of it that are no UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")
