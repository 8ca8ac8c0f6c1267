"""An input as a stream of its own, unpacked bytes."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from . import bounds
from .archive import find_data
from .inputs import Input
from .unpack import Checked, Section, Unpacked, Unreadable

BLOCK = 1 << 20


@contextlib.contextmanager
def open_stream(source: Input) -> Iterator[io.BufferedReader]:
    """The input's bytes, unpacked, in bounded memory.

    Raises (also on reading):
        OSError: not there, broken, or a decompression bomb (`rows/bounds.py`).
    """
    with source.path.open("rb") as file:
        yield io.BufferedReader(_unpacked(source, file), BLOCK)


@contextlib.contextmanager
def seekable(source: Input) -> Iterator[Path | IO[bytes]]:
    """The file itself, or, where the input is packed, a temporary file of what it unpacks to.

    Raises:
        OSError: as `open_stream`, and where it unpacks to more than `MOST_SPOOLED`.
    """
    if source.member is None and source.packing is None:
        yield source.path
        return
    with tempfile.TemporaryFile() as spool, open_stream(source) as stream:
        while block := stream.read(BLOCK):
            if spool.tell() > bounds.MOST_SPOOLED:
                raise Unreadable(f"unpacks to more than {bounds.MOST_SPOOLED >> 30} GiB. Unpack it first")
            spool.write(block)
        spool.seek(0)
        yield spool


def _unpacked(source: Input, file: IO[bytes]) -> io.RawIOBase:
    member = source.member
    if member is None:
        section = Section(file)
        stream: io.RawIOBase = section
    else:
        stream = section = Section(file, start=find_data(file, member), length=member.packed)
        if member.method == zipfile.ZIP_DEFLATED:
            stream = Unpacked(stream, kind="deflate", read=section)
        stream = Checked(stream, checksum=member.checksum, read=section)
    return stream if source.packing is None else Unpacked(stream, kind=source.packing, read=section)
