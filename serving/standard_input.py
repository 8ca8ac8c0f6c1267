"""Standard input as a file of the score folder: a run has to be able to read it again."""

from __future__ import annotations

import filecmp
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ..model.errors import UserError
from ..model.folders import whole_file
from ..rows import FORMATS
from .folder import PARTS, is_score_folder

NAME = "-"
SPOOL = "stdin"
MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip"}
BLOCK = 1 << 20


def with_standard_input(inputs: Iterable[Path | str], *, out: Path, format: str | None) -> list[Path]:
    """The inputs, `-` replaced by `OUT/stdin.FORMAT`, into which standard input is written first.

    Raises:
        UserError: no format was named, nothing is piped in, or another standard input is being scored there.
    """
    paths = [Path(path) for path in inputs]
    if Path(NAME) not in paths:
        return paths
    if format is None:
        raise UserError(f"-: name the format of standard input with --input-format ({', '.join(FORMATS)})")
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError("-: standard input is a terminal. Pipe a dump into it: zcat dump.gz | narrashift score - …")
    spooled = _spool(sys.stdin.buffer, out=out, format=format)
    return [spooled if path == Path(NAME) else path for path in paths]


def spooled_in(out: Path) -> set[Path]:
    """Files of a score folder that standard input was written to: no input of another kind."""
    return {path.resolve() for path in out.glob(f"{SPOOL}.*")}


def _spool(stream: IO[bytes], *, out: Path, format: str) -> Path:
    if out.exists() and not is_score_folder(out):
        raise UserError(f"{out}: exists and is no score folder. Choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    block = stream.read(BLOCK)
    ending = next((ending for magic, ending in MAGIC.items() if block.startswith(magic)), "")
    path = out / f"{SPOOL}.{format}{ending}"
    with whole_file(path) as temporary:
        with temporary.open("wb") as file:
            while block:
                file.write(block)
                block = stream.read(BLOCK)
            file.flush()
            os.fsync(file.fileno())
        if any((out / PARTS).glob("*.parquet")) and not (path.exists() and filecmp.cmp(path, temporary, shallow=False)):
            raise UserError(f"{out}: holds another run (standard input differs). Choose another --out")
    return path
