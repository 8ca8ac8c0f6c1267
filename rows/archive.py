"""The members of a zip file. Nothing is ever unpacked to where a member's name says."""

from __future__ import annotations

import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import bounds

HEADER = struct.Struct("<4s22xHH")
"""A member's local header: its signature, and the lengths of name and extra field behind it."""

ENCRYPTED = 1


@dataclass(frozen=True)
class Member:
    """A member: where it lies in the file (bytes), how it is packed, and why it is not read, if so.

    `name` is for display and for the ending: without drive, leading slash and `..`.
    """

    name: str
    offset: int
    packed: int
    method: int
    checksum: int
    refused: str | None = None


def list_members(path: Path) -> list[Member] | str:
    """Files in a zip file in its own order, hidden ones left out; or why it cannot be read."""
    try:
        with path.open("rb") as file:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # else a hostile list fills the memory
            if end and end[zipfile._ECD_SIZE] > bounds.MOST_DIRECTORY:  # type: ignore[attr-defined]
                return f"its list of members is longer than {bounds.MOST_DIRECTORY >> 20} MiB. Unpack it first"
            with zipfile.ZipFile(file) as archive:
                infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
                size = file.seek(0, 2)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, struct.error) as error:
        return f"not a readable zip file: {getattr(error, 'strerror', None) or error}"
    if sum(info.compress_size for info in infos) > size:
        return "its members lie over each other, as in a decompression bomb"
    members = [_member(info) for info in infos]
    return [member for member in members if not _hidden(member.name)]


def find_data(file: IO[bytes], member: Member) -> int:
    """Where the member's packed bytes begin.

    Raises:
        OSError: there is no member at its place.
    """
    file.seek(member.offset)
    header = file.read(HEADER.size)
    if len(header) < HEADER.size:
        raise OSError("the zip data end early")
    signature, name, extra = HEADER.unpack(header)
    if signature != b"PK\3\4":
        raise OSError("the zip file's list of members does not fit its content")
    return member.offset + HEADER.size + name + extra


def _member(info: zipfile.ZipInfo) -> Member:
    refused = None
    if stat.S_ISLNK(info.external_attr >> 16):
        refused = "a link, which is not followed inside a zip file"
    elif info.flag_bits & ENCRYPTED:
        refused = "encrypted. Unpack the zip file first"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refused = f"packed by zip method {info.compress_type}; stored and deflated members are read. Unpack it first"
    return Member(_plain(info.filename), info.header_offset, info.compress_size, info.compress_type, info.CRC, refused)


def _plain(name: str) -> str:
    parts = name.encode("utf-8", "replace").decode().replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "unnamed"


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
