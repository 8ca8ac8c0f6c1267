"""A score folder that many processes write at once: a part for each stretch, in any order.

The parts are the checkpoints. Ray Data's own (2.60) note the ids of single rows beside a write of Ray's: an article
with two passages has two rows, which may end up in two files, and the files are in no order of the input.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from ...model.errors import UserError, first_line
from ...model.folders import whole_file
from ..articles import Position, Refused
from ..folder import ERROR_FILE, ERROR_PARTS, PARTS, PROGRESS, Counts, ScoreFolder
from ..table import ERRORS, errors_table, with_metadata
from .stretches import Shard

OPEN_FILES = 16
"""Parts looked into at a time when a run is gone on with."""
TOLD_EVERY = 1.0
"""Seconds between two states of `progress.json`."""


@dataclass(frozen=True)
class Written:
    """What a part says of itself: its counts, the last row in it, and whether its shard ends there."""

    counts: Counts
    position: Position
    last: bool

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Written:
        """The inverse of `dataclasses.asdict`."""
        return cls(Counts(**said["counts"]), Position(**said["position"]), said["last"])


class StretchFolder(ScoreFolder):
    """The driver's view of the folder. A stretch is done when its part is there, and its errors, if it has any.

    Attributes:
        written: name of the stretch -> what its part says.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        super().__init__(path, fingerprint)
        self.written: dict[str, Written] = {}
        self.told = 0.0

    def _resume(self, present: set[str]) -> None:
        for leftover in (self.path / PARTS).glob(".*.tmp"):
            leftover.unlink()
        progress = self.path / PROGRESS
        state = json.loads(progress.read_text("utf-8")) if progress.exists() else {}
        self.seconds_before = float(state.get("seconds", 0.0))
        names = sorted(name.removesuffix(".parquet") for name in present)
        self.done = bool(state.get("done")) and state.get("parts") == len(names)
        with ThreadPoolExecutor(OPEN_FILES) as pool:
            for name, found in zip(names, pool.map(lambda name: read_written(self.path, name), names), strict=True):
                if found is not None and (self.done or self._has_errors(name, found)):
                    self.add(name, found)
                else:
                    (self.path / PARTS / f"{name}.parquet").unlink()
        if not self.done:
            self._progress(done=False)

    @property
    def part_files(self) -> list[Path]:
        """The parts written so far, in the order of the input."""
        return [self.path / PARTS / f"{name}.parquet" for name in sorted(self.written)]

    def _has_errors(self, name: str, found: Written) -> bool:
        return not found.counts.refused or (self.path / ERROR_PARTS / f"{name}.parquet").exists()

    def add(self, name: str, found: Written) -> None:
        """Count a stretch whose part is there; again makes no difference."""
        if name not in self.written:
            self.written[name] = found
            self.counts, self.parts = self.counts + found.counts, len(self.written)
            if time.monotonic() - self.told >= TOLD_EVERY:
                self._progress(done=self.done)
                self.told = time.monotonic()

    def open_shards(self, shards: Sequence[Shard]) -> list[Shard]:
        """The shards that are not all written, each with what is."""
        of_shard: dict[int, dict[int, Written]] = {}
        for name, found in self.written.items():
            of, number = map(int, name.split("-"))
            of_shard.setdefault(of, {})[number] = found
        left = []
        for shard in shards:
            written = of_shard.get(shard.index, {})
            number = next(n for n in range(len(written) + 1) if n not in written)
            if number == 0:
                left.append(replace(shard, written=frozenset(written)))
            elif not written[number - 1].last:
                after = written[number - 1].position
                left.append(replace(shard, after=after, number=number, written=frozenset(written)))
        return left

    def finish(self) -> None:
        """Join the errors to `errors.parquet` and mark the run as done."""
        refused = [name for name in sorted(self.written) if self.written[name].counts.refused]
        with whole_file(self.path / ERROR_FILE) as temporary, pq.ParquetWriter(temporary, ERRORS) as writer:
            for name in refused:
                writer.write_table(pq.read_table(self.path / ERROR_PARTS / f"{name}.parquet", schema=ERRORS))
        self._progress(done=True)
        self.done = True
        shutil.rmtree(self.path / ERROR_PARTS, ignore_errors=True)


def write_stretch(
    folder: Path,
    name: str,
    table: pa.Table,
    refused: Sequence[Refused],
    *,
    articles: int,
    position: Position,
    last: bool,
) -> Written:
    """Write a stretch: first its errors, if it has any, then, by one rename, its scores."""
    written = Written(Counts(len(refused) + articles, articles, len(table), len(refused)), position, last)
    if refused:
        _write(errors_table(refused), folder / ERROR_PARTS / f"{name}.parquet")
    schema = with_metadata(table.schema, stretch=asdict(written))
    _write(table.cast(schema), folder / PARTS / f"{name}.parquet")
    return written


def read_written(folder: Path, name: str) -> Written | None:
    """What the part of a stretch says of itself; None where there is none.

    Raises:
        UserError: it is broken.
    """
    path = folder / PARTS / f"{name}.parquet"
    try:
        return Written.from_json(json.loads(pq.read_schema(path).metadata[b"narrashift.stretch"]))
    except FileNotFoundError:
        return None
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: broken ({first_line(error)}). Delete it, and start again") from None


def _write(table: pa.Table, path: Path) -> None:
    """Write under a name of its own: a worker that was given up may still live and write the same."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:12]}.tmp")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
